"""Sending what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from vodkit.core.callbacks import EVENT_ID

from .. import logs, targets
from ..errors import Postponed, Undeliverable
from ..procedures import settings_of
from ..processing import CallbackStyle, Message
from . import rows, webhooks
from .own import OwnStyle
from .rows import Delivery

if TYPE_CHECKING:
    from ..service import Service

AT_ONCE = 16
"""Tries under way at a time, each to another receiver."""

FAILING = AT_ONCE // 2
"""How many of them may be to receivers that were down the last time: others must not wait for them."""

LATEST_LOOK = 1.0
"""Seconds after which to look again for what was added meanwhile."""

HOLD_OFF = 60.0
"""The longest that a receiver which is down is left in peace, in seconds: twice as long each time."""

_DOWN = (429, 502, 503, 504)
"""Answers that speak of the receiver, not of the message."""

_GONE = 410
_LOOK = 0.1
_LONGEST_REASON = 300
_log = logs.get("deliveries")


class Sender:
    """Sends what is due, until nothing is.

    Receivers do not wait for each other: each has at most one message at a time, and one that is down is left
    in peace for a while.

    Args:
        service: The parts.
        bounds: Of each try; in all less than :data:`rows.LEASE`.
    """

    def __init__(self, service: Service, bounds: targets.Bounds | None = None) -> None:
        self._service = service
        self._bounds = bounds or targets.Bounds()
        self._tries: dict[str, _Try] = {}
        self._changed = threading.Event()
        self._own = OwnStyle(service)

    def run(self, stop: threading.Event) -> float:
        """Send until nothing is due and nothing under way; how many seconds later to look again."""
        try:
            while not stop.is_set():
                # Asked first: a try that ends meanwhile makes room for what its receiver is due.
                idle = not self._tries
                if not self._begin() and idle:
                    break
                self._changed.wait(_LOOK)
                self._changed.clear()
        finally:
            for each in list(self._tries.values()):
                each.cutter.cut()
            for each in list(self._tries.values()):
                each.thread.join()
        due = self._service.catalog.read_now(rows.next_turn)
        return LATEST_LOOK if due is None else min(LATEST_LOOK, max(0.0, due - self._service.now()))

    def once(self, delivery: Delivery, cutter: targets.Cutter) -> End:
        """Make a try that was taken for whoever calls, record how it ended, and tell."""
        end = self._judge(delivery, cutter)
        self._settle(delivery, end)
        return end

    def _begin(self) -> bool:
        """Begin as many tries as may be under way; whether any began."""
        now, busy = self._service.now(), [each.delivery for each in list(self._tries.values())]
        room, failing = AT_ONCE - len(busy), FAILING - sum(bool(one.failures) for one in busy)
        if room <= 0:
            return False
        told = {one.receiver for one in busy}
        found = self._service.catalog.read_now(lambda conn: rows.turns(conn, now))
        free = [turn for turn in found if turn.receiver not in told]
        doubtful = [turn for turn in free if turn.failures][:failing]
        chosen = [turn for turn in free if not turn.failures or turn in doubtful][:room]
        if not chosen:
            return False
        taken = self._service.catalog.write_now(lambda conn: rows.claim(conn, now, chosen))
        for delivery in taken:
            one = self._tries[delivery.receiver] = _Try(delivery, self._attempt)
            try:
                one.thread.start()
            except RuntimeError:
                # No thread can be had now: what was taken comes back by itself.
                del self._tries[delivery.receiver]
                raise
        return bool(taken)

    def _attempt(self, one: _Try) -> None:
        """Make one try and record how it ended. Runs in a thread of its own."""
        try:
            self._settle(one.delivery, self._judge(one.delivery, one.cutter))
        except Exception:
            # The row comes back by itself when the try's time is over.
            _log.exception("a delivery could not be recorded", delivery=one.delivery.id)
        finally:
            self._tries.pop(one.delivery.receiver, None)
            self._changed.set()

    def _judge(self, delivery: Delivery, cutter: targets.Cutter) -> End:
        read = self._service.catalog.read_now
        try:
            style = self._style(delivery)
            message, private = read(lambda conn: self._render(conn, style, delivery))
        except Undeliverable as reason:
            return End(dead=True, error=str(reason))
        except Postponed as reason:
            return End(later=reason.seconds, error=str(reason))
        except Exception:
            _log.exception(
                "an event could not be put into words", delivery=delivery.id, style=delivery.address.style
            )
            return End(error="an internal error; the service's log says more")
        try:
            answer = targets.send(
                message.url,
                method=message.method,
                headers={EVENT_ID: delivery.event.id, **message.headers},
                body=message.body,
                private=private,
                bounds=self._bounds,
                cutter=cutter,
            )
        except targets.TargetRefused as reason:
            return End(error=str(reason))
        except targets.TargetFailed as reason:
            return End(error=str(reason), down=True, cut=cutter.was_cut)
        if style.accepted(answer.status, answer.body):
            return End(done=True, status=answer.status, answer=answer.body)
        return End(
            status=answer.status,
            error=f"the receiver answered {answer.status}",
            down=answer.status in _DOWN,
            dead=answer.status == _GONE and delivery.address.style == webhooks.STYLE,
        )

    def _style(self, delivery: Delivery) -> CallbackStyle:
        """The one that the delivery was added for.

        Raises:
            Undeliverable: its room has it no more.
        """
        name = delivery.address.style
        if name == webhooks.STYLE:
            return self._own
        styles = getattr(self._service.rooms.get(delivery.event.provider), "callbacks", {})
        if name not in styles:
            raise Undeliverable(f"there are no callbacks of the style {name}")
        style: CallbackStyle = styles[name]
        return style

    def _render(self, conn: Connection, style: CallbackStyle, delivery: Delivery) -> tuple[Message, bool]:
        account = self._service.accounts.known(conn, delivery.account)
        if account is None:
            raise Undeliverable("the account does not count any more")
        message = style.message(conn, delivery.event, delivery.address, account)
        allowed = self._service.settings.private_targets or settings_of(conn, account.id).private_targets
        return message, allowed

    def _settle(self, delivery: Delivery, end: End) -> None:
        now = self._service.now()
        values: dict[str, Any] = {"status": end.status, "error": end.error[:_LONGEST_REASON]}
        delay = None if end.done or end.dead else self._delay(delivery)
        if end.cut or end.later is not None:
            values |= {"attempts": delivery.attempt - 1, "due": now + (end.later or 0.0)}
        elif end.done:
            values["state"] = "done"
        elif delay is None:
            values["state"] = "dead"
        else:
            values["due"] = now + delay

        def record(conn: Connection) -> None:
            if delivery.failures is not None:
                rows.hold(conn, delivery.receiver)
            if not rows.settle(conn, delivery, now, **values):
                return
            if delivery.failures is not None:
                self._release(conn, delivery.receiver, delivery.failures, end, now)
            if end.status == _GONE and end.dead:
                webhooks.switch(conn, delivery.address.attrs["webhook"], on=False)

        self._service.catalog.write_now(record)
        told: dict[str, Any] = {
            "delivery": delivery.id,
            "id": delivery.event.id,
            "style": delivery.address.style,
        }
        told |= {"host": urlsplit(delivery.address.target).hostname, "attempt": delivery.attempt}
        if end.done:
            _log.info("delivered", status=end.status, **told)
        elif not end.cut and end.later is None:
            _log.warning("not delivered", reason=end.error, again_in=delay, **told)

    @staticmethod
    def _release(conn: Connection, receiver: str, failures: int, end: End, now: float) -> None:
        """Let a receiver be told the next thing: at once, or after a while if it was down."""
        if end.cut or end.later is not None:
            rows.release(conn, receiver, now, failures)
        elif end.down:
            rows.release(conn, receiver, now + min(HOLD_OFF, 2.0 ** min(failures, 10)), failures + 1)
        else:
            rows.release(conn, receiver, now, 0)

    def _delay(self, delivery: Delivery) -> float | None:
        try:
            return self._style(delivery).delay(delivery.attempt)
        except Undeliverable:
            return None


@dataclass(frozen=True, slots=True)
class End:
    """How a try ended.

    Attributes:
        done: The receiver took the event.
        dead: No further try.
        cut: The try was ended by this side, and does not count.
        later: It was no try: another event goes first. Seconds after which to look again.
        down: Nothing else should go to the receiver for a while.
        status: HTTP status of the answer.
        error: Why it failed, for the owner of the media.
        answer: What the receiver that took it said.
    """

    done: bool = False
    dead: bool = False
    cut: bool = False
    later: float | None = None
    down: bool = False
    status: int | None = None
    error: str = ""
    answer: bytes = b""


@dataclass(slots=True)
class _Try:
    """A try under way, in a thread that ends with the process."""

    delivery: Delivery
    work: Callable[[_Try], None]
    cutter: targets.Cutter = field(default_factory=targets.Cutter)
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self.work, args=(self,), name="vodkit-deliver", daemon=True)
