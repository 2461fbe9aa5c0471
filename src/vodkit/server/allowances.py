"""What accounts may, as people write it: in ``accounts.toml`` and for ``vodkit accounts set``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vodkit.core.config import convert
from vodkit.core.errors import ConfigError
from vodkit.core.registry import Setting

ALLOWANCES = {
    setting.name: setting
    for setting in (
        Setting("quota", "Bytes that it may store, such as 10GiB", kind="size"),
        Setting("max_seconds", "The longest media that is processed", kind="float"),
        Setting("concurrency", "Tasks of it that run at once", kind="int"),
        Setting("procedure", "What is made of an upload that does not say; empty for nothing"),
        Setting("private_targets", "Whether callbacks and pulls may reach private addresses", kind="bool"),
    )
}
"""By name; the fields of :class:`vodkit.server.nouns.AccountSettings`."""


def allowed(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The allowances among some values, in their own types.

    Raises:
        ConfigError: one of them cannot be; ``where`` begins the message.
    """
    found = {
        name: convert(ALLOWANCES[name], value, where) for name, value in values.items() if name in ALLOWANCES
    }
    if found.get("concurrency", 1) < 1:
        raise ConfigError(
            f"{where}: concurrency cannot be {found['concurrency']}", advice="It takes 1 or more"
        )
    return found
