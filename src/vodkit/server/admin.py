"""What ``vodkit accounts`` does, on a data folder, whether a service runs on it or not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from vodkit.core import registry
from vodkit.core.config import suggestion
from vodkit.core.errors import ConfigError, NotFound, UnsupportedOption

from . import accounts
from .accounts_file import Entry, entry_of, generate
from .allowances import ALLOWANCES, allowed
from .contract import Account, Settings
from .nouns import AccountSettings
from .procedures import ProcedureTable, change_settings
from .quota import usage_of
from .service import Tools, room_kinds, tools

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


def set_allowances(
    settings: Settings, provider: str, key: str, given: Mapping[str, str], unset: Iterable[str] = ()
) -> dict[str, Any]:
    """Change what an account may; all of that as it is then. A running service follows within seconds.

    Args:
        given: Values by name, as text.
        unset: Names of those that are to be as if they had never been set.

    Raises:
        NotFound: there is no such account.
        ConfigError: there is no such allowance, or its text cannot be, or no procedure of that name.
    """
    registry.descriptor(provider)
    for name in (*given, *unset):
        if name not in ALLOWANCES:
            raise ConfigError(
                f"there is no allowance {name!r}", advice=suggestion(name, ALLOWANCES, "There is")
            )
    usual = asdict(AccountSettings())
    values = {**{name: usual[name] for name in unset}, **allowed(given, f"{provider} account {key!r}")}

    def change(conn: Connection) -> AccountSettings:
        id = accounts.id_of(conn, provider, key)
        if id is None:
            raise _unknown(provider, key)
        if values.get("procedure"):
            _check_procedure(conn, provider, id, values["procedure"])
        return change_settings(conn, id, **values)

    with tools(settings) as parts:
        return asdict(parts.catalog.write_now(change))


def usage(settings: Settings, provider: str | None = None) -> list[dict[str, Any]]:
    """What all accounts store, or a room's, in bytes, and what they may."""

    def sum_up(conn: Connection) -> list[dict[str, Any]]:
        found = []
        for account in accounts.listed(conn, provider):
            used = usage_of(conn, account["id"])
            who = {"provider": account["provider"], "key": account["key"]}
            found.append({**who, **asdict(used), "used": used.used})
        return found

    if provider is not None:
        registry.descriptor(provider)
    with tools(settings) as parts:
        return parts.catalog.read_now(sum_up)


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


def account_named(parts: Tools, text: str) -> str:
    """Our id of the account that ``PROVIDER:ID`` names.

    Raises:
        ConfigError: the text has another form, or there is no such provider.
        NotFound: there is no such account.
    """
    provider, colon, key = text.partition(":")
    if not colon:
        raise ConfigError(f"{text!r} is not of the form PROVIDER:ID", advice="See: vodkit accounts list")
    registry.descriptor(provider)
    id = parts.catalog.read_now(lambda conn: accounts.id_of(conn, provider, key))
    if id is None:
        raise _unknown(provider, key)
    return id


def _check_procedure(conn: Connection, provider: str, account: str, name: str) -> None:
    """Refuse what no upload of an account could be made into. Raises ConfigError."""
    theirs = getattr(room_kinds().get(provider), "knows_procedure", None)
    if ProcedureTable("", time.time).resolve(conn, account, name) is not None:
        return
    if theirs is None or not theirs(conn, account, name):
        raise ConfigError(
            f"there is no procedure {name!r} for this account",
            advice="Add it first: vodkit procedures add; those there are: vodkit procedures list",
        )


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
