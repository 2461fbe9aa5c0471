"""An account's own webhooks: where they go, what for, and the secrets that sign them.

The account ``""`` stands for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from ..catalog.tables import webhooks
from ..names import new_id

if TYPE_CHECKING:
    from ..contract import Vault

STYLE = "webhook"
"""The style of deliveries to them; no room's is called so."""


def listening(conn: Connection, account: str, type: str) -> list[tuple[str, str]]:
    """Id and URL of the webhooks that want an account's events of a type."""
    query = select(webhooks.c.id, webhooks.c.url, webhooks.c.types).where(
        webhooks.c.account.in_((account, "")), webhooks.c.disabled.is_(False)
    )
    rows = conn.execute(query.order_by(webhooks.c.created, webhooks.c.id)).all()
    return [(row.id, row.url) for row in rows if not row.types or type in row.types]


def add(
    conn: Connection, account: str, url: str, secret_sealed: str, types: Sequence[str], now: float
) -> str:
    """A new webhook; returns its id.

    Args:
        account: Whose events it hears of; ``""`` for all.
        url: Checked by the caller.
        secret_sealed: By the vault.
        types: Of the events it wants; none for all.
    """
    id = f"wh_{new_id()}"
    conn.execute(
        insert(webhooks).values(
            id=id,
            account=account,
            url=url,
            secret_sealed=secret_sealed,
            old_secret_sealed="",
            old_until=0.0,
            types=list(types),
            disabled=False,
            created=now,
        )
    )
    return id


def one(conn: Connection, id: str) -> Row[tuple[object, ...]] | None:
    """A webhook by its id."""
    return conn.execute(select(webhooks).where(webhooks.c.id == id)).first()


def every(conn: Connection) -> Sequence[Row[tuple[object, ...]]]:
    """All webhooks, oldest first."""
    return conn.execute(select(webhooks).order_by(webhooks.c.created, webhooks.c.id)).all()


def remove(conn: Connection, id: str) -> bool:
    """Forget a webhook; whether there was one. What is on its way to it is given up."""
    return conn.execute(delete(webhooks).where(webhooks.c.id == id)).rowcount > 0


def rotate(conn: Connection, id: str, secret_sealed: str, until: float) -> bool:
    """Give a webhook a new secret; the one that it had signs as well until then. Whether there is one."""
    values = {
        "old_secret_sealed": webhooks.c.secret_sealed,
        "old_until": until,
        "secret_sealed": secret_sealed,
    }
    return conn.execute(update(webhooks).where(webhooks.c.id == id).values(values)).rowcount > 0


def secrets_of(row: Any, vault: Vault, now: float) -> list[str]:
    """What a webhook's messages are signed with, the newest secret first; none if it was sealed otherwise."""
    sealed = [row.secret_sealed, *([row.old_secret_sealed] if row.old_until > now else [])]
    return [secret.decode() for each in sealed if (secret := vault.unseal(each)) is not None]


def switch(conn: Connection, id: str, *, on: bool) -> bool:
    """Let a webhook hear of what happens from now on, or not any more; whether there is one."""
    return conn.execute(update(webhooks).where(webhooks.c.id == id).values(disabled=not on)).rowcount > 0
