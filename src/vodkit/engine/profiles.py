"""Profiles: named sets of settings in the user's ``config.toml``, and the choice among them.

::

    [profiles.work]
    provider = "PROVIDER"
    region = "…"

The file is ``$VODKIT_CONFIG``, or ``vodkit/config.toml`` in the user's configuration directory.
"""

from __future__ import annotations

import os
import stat
import tomllib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vodkit.core import registry
from vodkit.core.config import misspelt_variables, resolve, suggestion
from vodkit.core.errors import ConfigError, UnknownProvider

HOW_TO_START = (
    "Try it without an account: vodkit demo. Run your own service: vodkit serve. "
    'Or name a provider, connect("PROVIDER", …), or a profile, or set VODKIT_PROVIDER'
)


class ConfigWarning(UserWarning):
    """Something about the configuration that works, and should not stay so."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One table of the file.

    Attributes:
        name: Its name.
        provider: Name of the room.
        values: The rest, as it stands in the file.
    """

    name: str
    provider: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)


def config_path(environment: Mapping[str, str] | None = None) -> Path:
    """Where the profiles are."""
    environment = os.environ if environment is None else environment
    if named := environment.get("VODKIT_CONFIG"):
        return Path(named).expanduser()
    from platformdirs import user_config_dir

    return Path(user_config_dir("vodkit", appauthor=False)) / "config.toml"


def load_profiles(path: Path) -> dict[str, Profile]:
    """The profiles of a file by name; none if there is no file.

    Warns (:class:`ConfigWarning`) when others than the owner can read it.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or a profile is not one.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is not UTF-8"
        raise ConfigError(f"{path} is not valid TOML: {reason}") from None
    for name in data:
        if name != "profiles":
            raise ConfigError(
                f"{path}: there is no section {name!r}", advice="Profiles are tables named [profiles.NAME]"
            )
    tables = data.get("profiles", {})
    if tables and mode & (stat.S_IRGRP | stat.S_IROTH):
        warnings.warn(f"{path} can be read by others; do: chmod 600 {path}", ConfigWarning, stacklevel=3)
    if not isinstance(tables, dict):
        raise ConfigError(f"{path}: profiles is not a table", advice="Write [profiles.NAME]")
    return {name: _profile(path, name, table) for name, table in tables.items()}


def choose(
    name: str | None, options: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> tuple[registry.Descriptor, dict[str, Any]]:
    """The room to connect to and the arguments of its constructor.

    Without a name: ``VODKIT_PROFILE``, then ``VODKIT_PROVIDER``, then the profile ``default``, then the
    only profile there is. A name is a profile's before it is a provider's.

    Raises:
        ConfigError: nothing is configured, or something is wrong; says what to do.
    """
    environment = os.environ if environment is None else environment
    for line in misspelt_variables(environment):
        warnings.warn(line, ConfigWarning, stacklevel=3)
    path = config_path(environment)
    profiles = load_profiles(path)
    profile = _pick(name, profiles, environment, path)
    descriptor = registry.descriptor(profile.provider)
    arguments = resolve(
        descriptor, options, profile.values, environment, profile_name=profile.name or profile.provider
    )
    return descriptor, arguments


def _pick(
    name: str | None, profiles: Mapping[str, Profile], environment: Mapping[str, str], path: Path
) -> Profile:
    if name is None and (wanted := environment.get("VODKIT_PROFILE")):
        if wanted not in profiles:
            there = suggestion(wanted, profiles, "There are") if profiles else f"Write one into {path}"
            raise ConfigError(f"VODKIT_PROFILE names {wanted!r}, and there is no such profile", advice=there)
        return profiles[wanted]
    if name is None:
        name = environment.get("VODKIT_PROVIDER") or None
    if name is None:
        if "default" in profiles:
            return profiles["default"]
        if len(profiles) == 1:
            return next(iter(profiles.values()))
        if profiles:
            raise ConfigError(
                f"{path} holds several profiles and none is called 'default'",
                advice=f"Name one of: {', '.join(sorted(profiles))}",
            )
        raise ConfigError("no provider is configured", advice=HOW_TO_START)
    if name in profiles:
        return profiles[name]
    if name in registry.names():
        return Profile("", name)
    raise UnknownProvider(
        f"there is no provider and no profile {name!r}",
        advice=suggestion(name, {*profiles, *registry.names()}, "There are"),
    )


def _profile(path: Path, name: str, table: Any) -> Profile:
    if not isinstance(table, dict) or not isinstance(table.get("provider"), str):
        raise ConfigError(
            f"{path}: the profile {name!r} does not say its provider",
            advice=f'Add a line to [profiles.{name}]: provider = "…"',
        )
    return Profile(name, table["provider"], {key: value for key, value in table.items() if key != "provider"})
