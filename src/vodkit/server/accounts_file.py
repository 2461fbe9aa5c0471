"""``accounts.toml``: the accounts of a service, as people write them.

::

    [[account]]
    provider = "…"              # name of a provider's room
    id = "…"                    # its public key
    secret = "…"
    region = "…"                # whatever else the room declares for accounts
    quota = "10GiB"             # what it may: see the allowances
"""

from __future__ import annotations

import difflib
import json
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vodkit.core import registry
from vodkit.core.errors import ConfigError, UnknownProvider
from vodkit.core.registry import Descriptor, Setting

from .allowances import ALLOWANCES, allowed

_KINDS: dict[str, type] = {"str": str, "int": int, "bool": bool, "list": list}
_COMMON = ("provider", "id", "secret")
_GENERATED = "# Keys that this service made for itself. Whoever can read them can upload.\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``[[account]]``.

    Attributes:
        provider: Name of the room.
        key: Public id.
        secret: Never part of the repr.
        attrs: What the room's ``Descriptor.account`` declares, with its defaults; never part of the repr.
        allowances: What it may, as far as that is said; see :mod:`vodkit.server.allowances`.
    """

    provider: str
    key: str
    secret: str = field(repr=False)
    attrs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    allowances: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path) -> list[Entry]:
    """The accounts of a file.

    Raises:
        ConfigError: it cannot be read, or says something that it may not; the account is named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"cannot read the accounts in {path}: {reason}") from problem
    return parse(text, str(path))


def parse(text: str, where: str = "accounts.toml") -> list[Entry]:
    """The accounts of a file's text; see :func:`load`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{where} is not TOML: {problem}") from None
    blocks = document.pop("account", [])
    if document or not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise ConfigError(
            f"{where}: only [[account]] blocks are known", advice="Begin each account with [[account]]"
        )
    entries: list[Entry] = []
    for number, block in enumerate(blocks, 1):
        entry = entry_of(block, f"{where}: account {number}{_label(block)}")
        if any((other.provider, other.key) == (entry.provider, entry.key) for other in entries):
            raise ConfigError(f"{where}: account {number}{_label(block)} is there twice")
        entries.append(entry)
    return entries


def entry_of(values: Mapping[str, Any], where: str) -> Entry:
    """One account from its keys and values.

    Raises:
        ConfigError: a key is unknown or missing, or a value has the wrong type; ``where`` begins the message.
    """
    for name in _COMMON:
        if not isinstance(values.get(name), str) or not values[name]:
            raise ConfigError(f"{where}: {name!r} is missing or not text")
    try:
        descriptor = registry.descriptor(values["provider"])
    except UnknownProvider as problem:
        raise ConfigError(f"{where}: {problem.message}", advice=problem.advice) from None
    declared = {setting.name: setting for setting in descriptor.account}
    for name in values:
        if name not in declared and name not in _COMMON and name not in ALLOWANCES:
            known = [*_COMMON, *declared, *ALLOWANCES]
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It takes: {', '.join(known)}"
            raise ConfigError(f"{where}: no key {name!r}", advice=hint)
    attrs = {setting.name: _value(setting, values, where) for setting in descriptor.account}
    given = {name: value for name, value in attrs.items() if value is not None}
    return Entry(values["provider"], values["id"], values["secret"], given, allowed(values, where))


def generate(descriptor: Descriptor) -> Entry:
    """An account with fresh random keys for a room."""
    needed = [setting for setting in descriptor.account if setting.required and setting.default is None]
    values = {setting.name: _generated(setting) for setting in needed}
    common = {"provider": descriptor.name, "id": secrets.token_hex(16), "secret": secrets.token_hex(20)}
    return entry_of({**common, **values}, "generated account")


def defaults(descriptor: Descriptor) -> dict[str, Any]:
    """What an account of a room holds when nothing is said about it."""
    return {s.name: s.default for s in descriptor.account if s.default is not None}


def format_entries(entries: Iterable[Entry]) -> str:
    """The text of a file with these accounts, which :func:`parse` reads back."""
    blocks = [_GENERATED]
    for entry in entries:
        usual = defaults(registry.descriptor(entry.provider))
        said = {name: value for name, value in entry.attrs.items() if usual.get(name) != value}
        said |= entry.allowances
        values = {"provider": entry.provider, "id": entry.key, "secret": entry.secret, **said}
        lines = [f"{name} = {_toml(value)}" for name, value in values.items()]
        blocks.append("\n".join(["[[account]]", *lines]) + "\n")
    return "\n".join(blocks)


def _value(setting: Setting, values: Mapping[str, Any], where: str) -> Any:
    value = values.get(setting.name, setting.default)
    if value is None:
        if setting.required:
            raise ConfigError(f"{where}: {setting.name!r} is missing", advice=setting.help)
        return None
    kind = _KINDS[setting.kind]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ConfigError(f"{where}: {setting.name!r} must be of type {setting.kind}", advice=setting.help)
    return value


def _generated(setting: Setting) -> Any:
    made = {"str": secrets.token_hex(8), "int": 10**9 + secrets.randbelow(10**9), "bool": False, "list": []}
    return made[setting.kind]


def _label(block: Mapping[str, Any]) -> str:
    provider, key = block.get("provider"), block.get("id")
    return f" ({provider}, id {key!r})" if key is not None else f" ({provider})" if provider else ""


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # Booleans, integers and escaped text look the same in TOML and in JSON; DEL is TOML's one exception.
    return json.dumps(value).replace("\x7f", "\\u007f")
