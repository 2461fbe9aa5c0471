"""What `connect` and profiles may say, and how text becomes values; reading them is the engine's."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .errors import ConfigError, MissingCredentials
from .registry import Descriptor, Setting, check_settings

SHARED: Final = (
    Setting("service", "Base address of a vodkit service to speak to instead of the vendor's hosts"),
    Setting("proxy", "Address of an HTTP proxy; empty for none, default from the environment"),
    Setting("ca_file", "PEM file of trusted certificate authorities"),
    Setting("state_dir", "Folder for the record of uploads"),
    Setting("parallel", "Parts in flight at once, 1 to 16", kind="int"),
    Setting("bandwidth", "Most bytes per second, such as 2M", kind="size"),
    Setting("timeout", "Seconds to wait for an answer", kind="float"),
    Setting("connect_timeout", "Seconds to wait for a connection", kind="float"),
    Setting("stall_timeout", "Seconds without a byte moving before a transfer counts as stuck", kind="float"),
    Setting("part_tries", "How often one part is tried", kind="int"),
    Setting("upload_tries", "How many failures one upload survives in all", kind="int"),
)
"""What every provider's constructor takes beside its own settings."""

SHARED_NAMES: Final = frozenset(setting.name for setting in SHARED)

# Variables that are no setting of a connection.
_OTHER_VARIABLES: Final = frozenset({"VODKIT_PROVIDER", "VODKIT_PROFILE", "VODKIT_CONFIG", "VODKIT_DEBUG"})

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\Z", re.I)
_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})


def convert(setting: Setting, value: Any, where: str) -> Any:
    """A setting's value in its own type; values that come as text are read by :attr:`Setting.kind`.

    ``size`` takes bytes, or a number with K, M, G or T (powers of 1024); ``list`` takes text separated by
    commas. Callables pass: a room may take one for credentials that it renews.

    Raises:
        ConfigError: the value is not of that kind; ``where`` says where it came from. Its text is not
            shown when the setting is secret.
    """
    if value is None or callable(value):
        return value
    try:
        return _CONVERTERS[setting.kind](os.fspath(value) if isinstance(value, os.PathLike) else value)
    except (TypeError, ValueError):
        shown = "it" if setting.secret else repr(value)
        raise ConfigError(
            f"{where}: {setting.name} cannot be {shown}", advice=f"It takes {_KINDS[setting.kind]}"
        ) from None


def resolve(
    descriptor: Descriptor,
    options: Mapping[str, Any],
    profile: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    profile_name: str = "",
) -> dict[str, Any]:
    """The arguments of a room's constructor.

    An option wins over the profile, the profile over the environment, that over the default: what was
    named more closely counts, so a variable left in a shell never redirects a named profile.

    Args:
        descriptor: The room.
        options: Keywords of ``connect``.
        profile: The profile's table without ``provider``; empty for none.
        environment: ``VODKIT_<PROVIDER>_<SETTING>`` and, for shared settings, ``VODKIT_<SETTING>``.
        profile_name: For messages.

    Raises:
        UnsupportedOption: an option that nobody knows.
        ConfigError: the same in the profile or the environment, or a value of the wrong kind.
        MissingCredentials: something required is nowhere.
    """
    settings = {setting.name: setting for setting in (*descriptor.settings, *SHARED)}
    check_settings(descriptor, options, SHARED_NAMES)
    where = f"profile {profile_name!r}"
    _refuse_unknown(profile, settings, where)
    prefix = f"VODKIT_{descriptor.name.upper()}_"
    _refuse_unknown(
        [name.removeprefix(prefix).lower() for name in environment if name.startswith(prefix)],
        settings,
        f"environment variables {prefix}…",
    )
    values: dict[str, Any] = {}
    for name, setting in settings.items():
        for variable in (f"VODKIT_{name.upper()}" if name in SHARED_NAMES else "", prefix + name.upper()):
            if variable in environment:
                values[name] = convert(setting, environment[variable], f"environment variable {variable}")
        if name in profile:
            values[name] = convert(setting, profile[name], where)
        if name in options:
            values[name] = convert(setting, options[name], "connect")
    missing = [s for s in descriptor.settings if s.required and values.get(s.name) in (None, "")]
    if missing:
        named = ", ".join(f"{s.name} ({s.help})" for s in missing)
        raise MissingCredentials(
            f"missing: {named}",
            provider=descriptor.name,
            advice=f"Pass {missing[0].name}=…, set {prefix}{missing[0].name.upper()}, or write a profile",
        )
    return values


def misspelt_variables(environment: Iterable[str]) -> list[str]:
    """One line for each ``VODKIT_`` variable that looks like a misspelt one."""
    known = _OTHER_VARIABLES | {f"VODKIT_{name.upper()}" for name in SHARED_NAMES}
    lines = []
    for name in sorted(environment):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        if name.startswith("VODKIT_") and name not in known and near:
            lines.append(f"the environment variable {name} means nothing here; did you mean {near[0]}?")
    return lines


def suggestion(name: str, known: Iterable[str], otherwise: str = "It takes") -> str:
    """A sentence that names the nearest of ``known``, or all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"{otherwise}: {', '.join(known)}"


def _refuse_unknown(names: Iterable[str], known: Iterable[str], where: str) -> None:
    known = set(known)
    for name in names:
        if name not in known:
            raise ConfigError(f"{where}: there is no setting {name!r}", advice=suggestion(name, known))


def _text(value: Any) -> str:
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return str(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool | float):
        raise TypeError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise ValueError
    return text in _TRUE


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        return [piece.strip() for piece in value.split(",") if piece.strip()]
    return [_text(piece) for piece in value]


def _size(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    match = _SIZE.match(str(value).strip())
    if match is None:
        raise ValueError
    size = int(float(match.group(1)) * _UNITS[match.group(2).upper()])
    if size <= 0:
        raise ValueError
    return size


_CONVERTERS: Final = {
    "str": _text,
    "int": _integer,
    "float": _number,
    "bool": _flag,
    "list": _list,
    "size": _size,
}
_KINDS: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number above zero",
    "bool": "true or false",
    "list": "a list, or text separated by commas",
    "size": "bytes above zero, such as 65536, 8M or 1.5G",
}
