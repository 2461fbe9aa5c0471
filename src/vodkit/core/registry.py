"""Finding provider rooms without knowing them.

A room is a package under ``vodkit.providers`` (or one named by the entry-point group
``vodkit.providers``) with a ``DESCRIPTOR``. Importing a room's package imports neither its client nor its
server: the descriptor names them and they are loaded on first use.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from .capabilities import Capabilities
from .errors import UnknownProvider, UnsupportedOption


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a room wants to know, for connecting or for an account of the service.

    Attributes:
        name: Keyword of ``connect``, key of a profile, ``VODKIT_<PROVIDER>_<NAME>`` in the environment.
        help: One line of documentation.
        required: Whether it must be given.
        secret: Whether it must never be shown.
        kind: ``str``, ``int``, ``float``, ``bool``, ``list`` or ``size`` (bytes, such as ``8M``).
        default: Value when not given.
    """

    name: str
    help: str
    required: bool = False
    secret: bool = False
    kind: str = "str"
    default: Any = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A provider room, as data.

    Attributes:
        name: The room's name: folder, profile value, first argument of ``connect``.
        title: The vendor's name for people.
        client: ``module:Class`` of the typed constructor, a :class:`vodkit.engine.vod.Vod`.
        server: ``module:Class`` of the service's room, or ``None``.
        settings: What ``connect`` takes.
        account: What an account of the service holds beside ``id`` and ``secret``.
        account_id: The setting that carries the account's public id (``secret_id``, ``app_key`` ...).
        account_secret: The setting that carries its secret.
        capabilities: What the provider can do.
        callbacks: ``module:Class`` of its :class:`vodkit.core.callbacks.CallbackReader`, or ``None`` where
            the vendor calls nobody back.
        hosts: Host names, or suffixes beginning with a dot, that belong to the vendor: the sandbox
            answers for them.
        defaults: Settings that the embedded service and the demo connect with.
    """

    name: str
    title: str
    client: str
    server: str | None
    settings: tuple[Setting, ...]
    capabilities: Capabilities
    account_id: str
    account_secret: str
    account: tuple[Setting, ...] = ()
    hosts: tuple[str, ...] = ()
    defaults: Mapping[str, Any] | None = None
    callbacks: str | None = None


@cache
def names() -> tuple[str, ...]:
    """The names of all rooms, sorted. Imports none of them."""
    return tuple(sorted(_modules()))


@cache
def _modules() -> dict[str, str]:
    package = importlib.import_module("vodkit.providers")
    found = {m.name: f"vodkit.providers.{m.name}" for m in pkgutil.iter_modules(package.__path__) if m.ispkg}
    for point in entry_points(group="vodkit.providers"):
        found.setdefault(point.name, point.value)
    return found


@cache
def descriptor(name: str) -> Descriptor:
    """The descriptor of one room.

    Raises:
        UnknownProvider: no room has this name; the message lists those there are.
    """
    module = _modules().get(name)
    if module is None:
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names())}"
        raise UnknownProvider(f"there is no provider {name!r}", advice=hint)
    found = importlib.import_module(module).DESCRIPTOR
    if not isinstance(found, Descriptor):
        raise TypeError(f"{module}.DESCRIPTOR is not a Descriptor")
    return found


def load(reference: str) -> Any:
    """The object that ``module:name`` refers to."""
    module, _, attribute = reference.partition(":")
    return getattr(importlib.import_module(module), attribute)


def check_settings(descriptor: Descriptor, given: Mapping[str, Any], shared: frozenset[str]) -> None:
    """Refuse settings that neither the room nor every room (``shared``) knows.

    Raises:
        UnsupportedOption: for the first such name, with the nearest one that would work.
    """
    known = {setting.name for setting in descriptor.settings} | shared
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It takes: {', '.join(sorted(known))}"
            raise UnsupportedOption(f"no setting {name!r}", provider=descriptor.name, advice=hint)
