"""Procedures by name: the built-in ones, everybody's, and accounts' own; and what each account may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select, update

from . import logs
from .catalog.tables import account_settings, procedures
from .names import check_name
from .nouns import AccountSettings

if TYPE_CHECKING:
    from .media.procedure import Procedure

EVERYBODY = ""
_KNOWN = tuple(field.name for field in fields(AccountSettings))
_log = logs.get("procedures")


class ProcedureTable:
    """Implements :class:`vodkit.server.processing.Procedures`.

    Args:
        default: Name of what is made of uploads that do not say; ``""`` for nothing.
        now: The clock.
    """

    def __init__(self, default: str, now: Callable[[], float]) -> None:
        self._default = default
        self._now = now

    def default(self, conn: Connection, account: str) -> str:
        """See :meth:`processing.Procedures.default`."""
        own = settings_of(conn, account).procedure
        return self._default if own is None else own

    def resolve(self, conn: Connection, account: str, name: str) -> Procedure | None:
        """See :meth:`processing.Procedures.resolve`."""
        from .media.procedure import BUILT_IN, Procedure

        for owner in (account, EVERYBODY):
            query = select(procedures.c.spec).where(procedures.c.account == owner, procedures.c.name == name)
            spec = conn.scalar(query)
            if spec is not None:
                return Procedure.from_dict(spec)
        return BUILT_IN.get(name)

    def chosen(self, conn: Connection, account: str, name: str) -> Procedure | None:
        """See :meth:`processing.Procedures.chosen`."""
        wanted = name or self.default(conn, account)
        found = self.resolve(conn, account, wanted) if wanted else None
        if wanted and found is None:
            if name:
                raise LookupError(f"there is no procedure {name!r}")
            _log.error("the default procedure is gone; nothing is made", procedure=wanted, account=account)
        return found

    def owned(self, conn: Connection, account: str) -> list[Procedure]:
        """The procedures that an account (or :data:`EVERYBODY`) has made, by name."""
        from .media.procedure import Procedure

        query = select(procedures.c.spec).where(procedures.c.account == account)
        return [Procedure.from_dict(spec) for spec in conn.scalars(query.order_by(procedures.c.name))]

    def put(self, conn: Connection, account: str, procedure: Procedure) -> None:
        """Keep a procedure under its name, in place of the earlier one of that name."""
        values = {"spec": procedure.as_dict(), "updated": self._now()}
        name = check_name(procedure.name)
        here = (procedures.c.account == account, procedures.c.name == name)
        if not conn.execute(update(procedures).where(*here).values(values)).rowcount:
            conn.execute(insert(procedures).values(account=account, name=name, created=self._now(), **values))

    def remove(self, conn: Connection, account: str, name: str) -> bool:
        """Forget a procedure; whether there was one."""
        here = (procedures.c.account == account, procedures.c.name == name)
        return bool(conn.execute(delete(procedures).where(*here)).rowcount)


def settings_of(conn: Connection, account: str) -> AccountSettings:
    """What an account may."""
    query = select(account_settings.c.settings).where(account_settings.c.account == account)
    found = conn.scalar(query) or {}
    return AccountSettings(**{name: value for name, value in found.items() if name in _KNOWN})


def change_settings(conn: Connection, account: str, **values: object) -> AccountSettings:
    """Change some settings of an account; the settings as they are then."""
    changed = replace(settings_of(conn, account), **values)  # type: ignore[arg-type]
    conn.execute(delete(account_settings).where(account_settings.c.account == account))
    conn.execute(insert(account_settings).values(account=account, settings=asdict(changed)))
    return changed
