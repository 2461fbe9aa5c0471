"""What ``vodkit callbacks`` does, on a data folder, whether a service runs on it or not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from vodkit import webhooks as signing
from vodkit.core.errors import ConfigError, NotFound
from vodkit.core.events import TYPES
from vodkit.transport.hooks import redact

from .. import accounts, targets
from ..admin import account_named
from ..contract import Settings
from ..names import new_id
from ..service import Tools, room_kinds, tools
from . import facts, rows, webhooks
from .own import signed

TEST = "webhook.test"
"""The type of the message that tries a webhook out."""

OVERLAP = 24 * 3600.0
"""Seconds that messages are signed with a webhook's old secret as well as with its new one."""

_PRIVATE = (
    "this is a private address: events are sent there only if the service runs with --private-targets,"
    " or the account may (vodkit accounts set PROVIDER ID private_targets=true)"
)


def add_webhook(settings: Settings, url: str, account: str, types: Sequence[str]) -> dict[str, Any]:
    """Have events told to a URL from now on; the webhook with its secret, which is shown this once.

    Args:
        account: As ``PROVIDER:ID``; ``""`` for all accounts.
        types: Of the events; none for all.

    Raises:
        ConfigError: the URL cannot be called, or there is no such type.
        NotFound: there is no such account.
    """
    try:
        url = targets.check(url).url
    except targets.TargetRefused as reason:
        raise ConfigError(str(reason), advice="Write it as in https://example.com/callbacks") from reason
    for type in types:
        if type not in TYPES:
            near = difflib.get_close_matches(type, TYPES, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(TYPES)}"
            raise ConfigError(f"there is no event type {type!r}", advice=hint)
    secret = signing.new_secret()
    with tools(settings) as parts:
        id, sealed = _account(parts, account), parts.vault.seal(secret.encode())
        hook = parts.catalog.write_now(lambda conn: webhooks.add(conn, id, url, sealed, types, parts.now()))
    return {"id": hook, "url": url, "account": account, "types": list(types), "secret": secret}


def list_webhooks(settings: Settings) -> list[dict[str, Any]]:
    """All webhooks, without their secrets."""
    with tools(settings) as parts:
        found: Sequence[Any] = parts.catalog.read_now(webhooks.every)
        names = _names(parts)
    return [
        {
            "id": row.id,
            "url": redact(row.url),
            "account": names.get(row.account, row.account),
            "types": row.types,
            "disabled": row.disabled,
            "created": facts.moment(row.created),
        }
        for row in found
    ]


def rotate_webhook(settings: Settings, id: str) -> dict[str, Any]:
    """Give a webhook a new secret, which is shown this once. The old one signs as well for
    :data:`OVERLAP`.

    Raises:
        NotFound: there is no such webhook.
    """
    secret = signing.new_secret()
    with tools(settings) as parts:
        sealed, until = parts.vault.seal(secret.encode()), parts.now() + OVERLAP
        if not parts.catalog.write_now(lambda conn: webhooks.rotate(conn, id, sealed, until)):
            raise _unknown(id)
    return {"id": id, "secret": secret, "old_until": facts.moment(until)}


def remove_webhook(settings: Settings, id: str) -> None:
    """Tell a webhook nothing any more, not even what is on its way.

    Raises:
        NotFound: there is no such webhook.
    """
    _change(settings, id, lambda conn: webhooks.remove(conn, id))


def enable_webhook(settings: Settings, id: str) -> None:
    """Tell a webhook again of what happens, whose receiver had said that it is gone (410).

    Raises:
        NotFound: there is no such webhook.
    """
    _change(settings, id, lambda conn: webhooks.switch(conn, id, on=True))


def _change(settings: Settings, id: str, work: Callable[[Connection], bool]) -> None:
    with tools(settings) as parts:
        if not parts.catalog.write_now(work):
            raise _unknown(id)


def try_webhook(settings: Settings, id: str) -> dict[str, Any]:
    """Send a message of the type :data:`TEST` now, and see what the receiver says.

    Whoever runs a command on this machine may call what this machine can reach, so private addresses are
    called too.

    Returns:
        ``url``, ``status`` (``None`` if there was no answer), ``accepted``, ``error`` and ``remark``, what
        else there is to know.

    Raises:
        NotFound: there is no such webhook.
    """
    with tools(settings) as parts:
        row: Any = parts.catalog.read_now(lambda conn: webhooks.one(conn, id))
        if row is None:
            raise _unknown(id)
        now = parts.now()
        secrets = _secrets(parts, row, now)
    message = signed(row.url, secrets, f"test_{new_id()}", TEST, now, {"webhook": id}, now)
    end = {"url": redact(row.url), "status": None, "accepted": False, "error": "", "remark": ""}
    try:
        end["remark"] = _PRIVATE if targets.leads_inside(targets.check(row.url)) else ""
        answer = targets.send(message.url, headers=message.headers, body=message.body, private=True)
    except (targets.TargetRefused, targets.TargetFailed) as reason:
        return {**end, "error": str(reason)}
    return {**end, "status": answer.status, "accepted": 200 <= answer.status < 300}


def keys_of(settings: Settings) -> dict[str, list[str]]:
    """What the callbacks of the service on this folder are signed with, by style."""
    with tools(settings) as parts:

        def read(conn: Connection) -> dict[str, list[str]]:
            askers = {name: getattr(kind, "callback_keys", None) for name, kind in room_kinds().items()}
            theirs = {name: list(ask(parts.vault, conn)) for name, ask in askers.items() if ask is not None}
            own = [secret for row in webhooks.every(conn) for secret in _secrets(parts, row, parts.now())]
            return {signing.OWN: own, **theirs}

        return parts.catalog.read_now(read)


def list_deliveries(
    settings: Settings, account: str, states: Sequence[str], limit: int
) -> list[dict[str, Any]]:
    """The newest deliveries of all styles.

    Args:
        account: As ``PROVIDER:ID``; ``""`` for all.
        states: Of ``waiting``, ``done`` and ``dead``; none for all.
        limit: How many at most.

    Raises:
        NotFound: there is no such account.
    """
    with tools(settings) as parts:
        id = _account(parts, account)
        found = parts.catalog.read_now(
            lambda conn: rows.listed(conn, account=id or None, states=states or None, limit=limit)
        )
        names = _names(parts)
    return [_delivery(row, names) for row in found]


def _delivery(row: Any, names: Mapping[str, str]) -> dict[str, Any]:
    waits = row.state == "waiting"
    return {
        "id": row.id,
        "event": row.event,
        "type": row.type,
        "at": facts.moment(row.at),
        "account": names.get(row.account, row.account),
        "style": row.style,
        "target": redact(row.target),
        "state": row.state,
        "attempts": row.attempts,
        "status": row.status,
        "error": row.error,
        "due": facts.moment(row.next) if waits else None,
    }


def replay(settings: Settings, ids: Sequence[str], *, dead: bool, since: float | None, account: str) -> int:
    """Have deliveries done again; a running service does so within seconds. How many.

    Args:
        ids: Of deliveries or of events.
        dead: Those that were given up.
        since: Those that ended, of events of so many seconds ago or less.
        account: As ``PROVIDER:ID``; ``""`` for all.

    Raises:
        NotFound: there is none of these ids, or no such account.
    """
    with tools(settings) as parts:
        id, now = _account(parts, account), parts.now()
        begin = None if since is None else now - since
        count: int = parts.catalog.write_now(
            lambda conn: rows.replay(conn, now, ids=ids, dead=dead, since=begin, account=id or None)
        )
    if ids and not count:
        raise NotFound("there is no such delivery or event", advice="See: vodkit callbacks deliveries")
    return count


def seconds(text: str) -> float:
    """A duration such as ``90s``, ``30m``, ``12h`` or ``7d``.

    Raises:
        ConfigError: it is none.
    """
    found = re.fullmatch(r"(\d{1,9})([smhd])", text.strip())
    if found is None:
        raise ConfigError(f"{text!r} is not a duration", advice="Write 90s, 30m, 12h or 7d")
    return int(found[1]) * {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}[found[2]]


def _account(parts: Tools, text: str) -> str:
    """Our id of the account called ``PROVIDER:ID``, ``""`` for all."""
    return account_named(parts, text) if text else ""


def _names(parts: Tools) -> dict[str, str]:
    """``PROVIDER:ID`` of all accounts, by our ids."""
    return {row["id"]: f"{row['provider']}:{row['key']}" for row in parts.catalog.read_now(accounts.listed)}


def _secrets(parts: Tools, row: Any, now: float) -> list[str]:
    found = webhooks.secrets_of(row, parts.vault, now)
    if not found:
        raise ConfigError(
            f"the secret of the webhook {row.id} was sealed with other keys",
            advice="Restore the data folder's file 'keys' from the same backup as the database",
        )
    return found


def _unknown(id: str) -> NotFound:
    return NotFound(f"there is no webhook {id!r}", advice="See: vodkit callbacks list")
