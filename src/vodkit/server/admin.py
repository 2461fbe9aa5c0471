"""What ``vodkit accounts`` does, on a data folder, whether a service runs on it or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vodkit.core import registry
from vodkit.core.errors import ConfigError, NotFound, UnsupportedOption

from . import accounts
from .accounts_file import Entry, entry_of, generate
from .contract import Account, Settings
from .service import room_kinds, tools

_WORDS = {"true": True, "yes": True, "false": False, "no": False}


def list_accounts(settings: Settings, provider: str | None) -> list[dict[str, Any]]:
    """All accounts, or a room's, without their secrets."""
    if provider is not None:
        registry.descriptor(provider)
    with tools(settings) as parts:
        return parts.catalog.read_now(lambda conn: accounts.listed(conn, provider))


def add_account(
    settings: Settings, provider: str, key: str | None, secret: str | None, facts: Mapping[str, str]
) -> Entry:
    """Add or change an account; keys that are not given are made.

    Args:
        facts: What the room declares beside the keys, as text.

    Raises:
        ConfigError: the room declares no such fact, or its text is not of its type.
    """
    descriptor = registry.descriptor(provider)
    made = generate(descriptor)
    kinds = {setting.name: setting.kind for setting in descriptor.account}
    typed = {name: _typed(text, kinds.get(name, "str")) for name, text in facts.items()}
    values = {
        **made.attrs,
        **typed,
        "provider": provider,
        "id": made.key if key is None else key,
        "secret": made.secret if secret is None else secret,
    }
    entry = entry_of(values, f"{provider} account")
    with tools(settings) as parts:
        parts.catalog.write_now(lambda conn: parts.accounts.store(conn, [entry]))
    return entry


def disable_account(settings: Settings, provider: str, key: str) -> None:
    """Let an account sign no more; a running service follows within seconds.

    Raises:
        NotFound: there is no such account.
    """
    registry.descriptor(provider)
    with tools(settings) as parts:
        if not parts.catalog.write_now(lambda conn: accounts.disable(conn, provider, key)):
            raise _unknown(provider, key)


def mint(settings: Settings, provider: str, key: str | None, lifetime: float) -> dict[str, Any]:
    """Temporary credentials of an account; of the room's only one when no key is given.

    Raises:
        UnsupportedOption: the provider knows no temporary credentials.
        NotFound: there is no such account.
        ConfigError: no key is given and there are several accounts.
    """
    registry.descriptor(provider)
    minter = getattr(room_kinds().get(provider), "mint", None)
    if minter is None:
        raise UnsupportedOption("there are no temporary credentials", provider=provider)
    with tools(settings) as parts:
        found = parts.catalog.read_now(lambda conn: parts.accounts.all(conn, provider))
        return dict(minter(parts, _chosen(found, provider, key), lifetime=lifetime))


def _chosen(found: list[Account], provider: str, key: str | None) -> Account:
    chosen = found if key is None else [account for account in found if account.key == key]
    if not chosen:
        raise _unknown(provider, key)
    if len(chosen) > 1:
        raise ConfigError(
            "there are several accounts",
            provider=provider,
            advice="Name one by its id; see: vodkit accounts list",
        )
    return chosen[0]


def _unknown(provider: str, key: str | None) -> NotFound:
    which = "no account" if key is None else f"no account {key!r}"
    return NotFound(f"there is {which}", provider=provider, advice="See: vodkit accounts list")


def _typed(text: str, kind: str) -> Any:
    """A value as TOML would have it; text that does not fit stays text and is refused by its type later."""
    if kind == "int":
        return int(text) if text.lstrip("-").isdigit() else text
    if kind == "bool":
        return _WORDS.get(text.lower(), text)
    if kind == "list":
        return [int(item) if item.isdigit() else item for item in text.split(",") if item]
    return text
