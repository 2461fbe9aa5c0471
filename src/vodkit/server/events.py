"""What happened, written in the transaction that made it happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from vodkit.core.events import Event

from . import logs
from .catalog.tables import deliveries, events
from .deliveries import facts, rows, webhooks
from .media_catalog import MediaTable
from .names import new_id
from .nouns import MediaRecord
from .outputs import OutputTable
from .processing import ENDED, Address, Notice, Task

LIFETIME = 30 * 24 * 3600.0
"""Seconds that an event is kept, and its deliveries."""


class EventTable:
    """Implements :class:`vodkit.server.contract.Events`.

    Args:
        media, outputs: What webhooks tell of.
        now: The clock.
    """

    def __init__(self, media: MediaTable, outputs: OutputTable, now: Callable[[], float]) -> None:
        self._media = media
        self._outputs = outputs
        self._now = now

    def add(
        self,
        conn: Connection,
        *,
        type: str,
        provider: str,
        account: str,
        media: MediaRecord | None,
        payload: Mapping[str, Any],
        queue: str = "",
        deliver: Sequence[Address] = (),
        task: Task | None = None,
    ) -> str:
        """See :meth:`contract.Events.add`."""
        notice = Notice(payload, queue, [*deliver, *self._own(conn, account, type, media, task)])
        return self._record(conn, type, provider, account, media.id if media else "", notice)

    def _record(
        self, conn: Connection, type: str, provider: str, account: str, media: str, notice: Notice
    ) -> str:
        """Write an event and its deliveries, to nobody else."""
        id, now = new_id(), self._now()
        conn.execute(
            insert(events).values(
                id=id,
                type=type,
                provider=provider,
                account=account,
                media=media,
                at=now,
                payload=dict(notice.payload),
                queue=notice.queue,
                visible=0.0,
                confirmed=False,
            )
        )
        for address in notice.deliver:
            conn.execute(
                insert(deliveries).values(
                    id=new_id(),
                    event=id,
                    provider=provider,
                    account=account,
                    style=address.style,
                    target=address.target,
                    receiver=rows.receiver_of(address.target),
                    attrs=dict(address.attrs),
                    state="waiting",
                    attempts=0,
                    due=now,
                    error="",
                    created=now,
                    updated=now,
                )
            )
        return id

    def task_changed(self, conn: Connection, room: object, task: Task) -> None:
        """Record that a procedure began or ended, or that a pull ended: one event, whatever the room says.

        Args:
            room: Of the task's provider; asked for its vendor's :class:`Notice`. If it fails, its own rows
                are undone and the event goes without a notice.
            task: As it is now.
        """
        if task.kind == "pull" and task.state not in ENDED:
            return
        notice = self._noticed(conn, room, "task_changed", task)
        self.add(
            conn,
            type="media.pulled" if task.kind == "pull" else "procedure.changed",
            provider=task.provider,
            account=task.account,
            media=self._media.by_id(conn, task.media) if task.media else None,
            payload=notice.payload,
            queue=notice.queue,
            deliver=notice.deliver,
            task=task,
        )

    def step_failed(self, conn: Connection, room: object, task: Task, name: str) -> None:
        """Record that a step of a procedure failed while the rest goes on, if the room says something of it.

        Args:
            room: Of the task's provider; asked for its vendor's :class:`Notice` as for tasks.
            task: As it is now.
            name: Of the step.
        """
        step = next(step for step in task.steps if step.name == name)
        notice = self._noticed(conn, room, "step_failed", task, step)
        if notice.queue or notice.deliver:
            self._record(conn, "procedure.changed", task.provider, task.account, task.media, notice)

    def expired(self, conn: Connection, room: object, media: MediaRecord) -> None:
        """Record that a media is deleted because its time is over.

        Args:
            room: Of the media's provider; asked for its vendor's :class:`Notice` as for tasks.
            media: As it is, before it goes.
        """
        notice = self._noticed(conn, room, "expired", media)
        self.add(
            conn,
            type="media.deleted",
            provider=media.provider,
            account=media.account,
            media=media,
            payload=notice.payload,
            queue=notice.queue,
            deliver=notice.deliver,
        )

    def _noticed(
        self, conn: Connection, room: object, name: str, noun: Task | MediaRecord, *more: object
    ) -> Notice:
        """What a room says of a change, by the method of this name; nothing where it has none, or fails."""
        ask: Callable[..., Notice | None] | None = getattr(room, name, None)
        if ask is not None:
            try:
                with conn.begin_nested():
                    return ask(conn, noun, *more) or Notice({})
            except Exception:
                log = logs.get("events")
                log.exception("the room failed to take note of a change", room=noun.provider, change=name)
        return Notice({})

    def _own(
        self, conn: Connection, account: str, type: str, media: MediaRecord | None, task: Task | None
    ) -> list[Address]:
        """The account's own webhooks that want to hear of this."""
        listening = webhooks.listening(conn, account, type)
        if not listening:
            return []
        present = self._media.by_id(conn, media.id) if media else None
        found = facts.gather(conn, present or media, task, self._outputs)
        return [Address(webhooks.STYLE, url, {"webhook": id, "facts": found}) for id, url in listening]

    def pending(
        self,
        conn: Connection,
        account: str,
        *,
        limit: int,
        hide: float,
        queue: str = "",
        since: float = 0.0,
    ) -> list[Event]:
        """See :meth:`contract.Events.pending`."""
        now = self._now()
        rows = conn.execute(
            select(events)
            .where(
                events.c.account == account,
                events.c.queue == queue,
                events.c.confirmed.is_(False),
                events.c.visible <= now,
                events.c.at >= since,
            )
            .order_by(events.c.seq)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        shown = [row.seq for row in rows]
        conn.execute(update(events).where(events.c.seq.in_(shown)).values(visible=now + hide))
        return [
            Event(row.id, row.type, row.provider, row.account, row.media, row.at, row.payload) for row in rows
        ]

    def confirm(self, conn: Connection, account: str, ids: Sequence[str]) -> int:
        """See :meth:`contract.Events.confirm`."""
        which = events.c.account == account, events.c.id.in_(ids), events.c.confirmed.is_(False)
        return conn.execute(update(events).where(*which).values(confirmed=True)).rowcount

    def expire(self, conn: Connection, now: float) -> int:
        """Forget events older than :data:`LIFETIME`, and their deliveries; how many events."""
        old = events.c.at < now - LIFETIME
        rows.forget(conn, now - LIFETIME)
        conn.execute(delete(deliveries).where(deliveries.c.event.in_(select(events.c.id).where(old))))
        return conn.execute(delete(events).where(old)).rowcount
