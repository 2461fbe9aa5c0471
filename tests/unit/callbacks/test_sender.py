"""Sending what is due, to receivers that behave and receivers that do not."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import OperationalError

from vodkit.server.catalog.tables import receivers
from vodkit.server.deliveries import deliver, rows
from vodkit.server.deliveries.sender import AT_ONCE
from vodkit.server.procedures import change_settings
from vodkit.server.targets import Bounds

from ..transport.wire import Peer
from .desk import Desk, opened
from .receiver import receiving, status


def test_an_event_goes_to_its_receiver_once(desk: Desk) -> None:
    with receiving() as receiver:
        id = desk.happens(receiver.url, payload={"n": 1})
        desk.send()
        desk.send()
    [got] = receiver.got
    assert (got.path, got.body) == ("/hook", b"{'n': 1}")
    assert (got.headers["x-account"], got.headers["x-vodkit-event"]) == ("client", id)
    [row] = desk.rows()
    assert (row.state, row.attempts, row.status, row.error) == ("done", 1, 200, "")


def test_a_receiver_that_fails_twice_gets_it_at_the_styles_times(desk: Desk) -> None:
    with receiving(status("500 Oops", "404 Not Found", "200 OK")) as receiver:
        id = desk.happens(receiver.url)
        for expected in (1, 2, 3):
            desk.send()
            assert len(receiver.got) == expected
            desk.clock.ahead += 4.0
            desk.send()
            assert len(receiver.got) == expected
            desk.clock.ahead += 1.1
        assert set(receiver.ids) == {id}
    [row] = desk.rows()
    assert (row.state, row.attempts, row.status) == ("done", 3, 200)


def test_after_the_last_try_it_is_dead_and_can_be_replayed(desk: Desk) -> None:
    with receiving(status("500 Oops")) as receiver:
        id = desk.happens(receiver.url)
        for _ in range(6):
            desk.send()
            desk.clock.ahead += 6.0
        assert receiver.ids == [id] * 3
        [row] = desk.rows()
        assert (row.state, row.status, row.error) == ("dead", 500, "the receiver answered 500")
        receiver.answer = lambda peer, number: peer.answer()
        now = desk.service.now()
        assert desk.catalog.write_now(lambda conn: rows.replay(conn, now, dead=True)) == 1
        desk.send()
    assert receiver.ids == [id] * 4
    assert desk.states == ["done"]


def _hang(peer: Peer, number: int) -> None:
    peer.read_body(1)


def _garbage(peer: Peer, number: int) -> None:
    peer.sock.sendall(b"\0\1\2 garbage\r\n\r\n")


def _huge(peer: Peer, number: int) -> None:
    peer.sock.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 100000000000\r\n\r\n")
    while True:
        peer.sock.sendall(bytes(65536))


def _drip(peer: Peer, number: int) -> None:
    while True:
        peer.sock.sendall(b"H")
        threading.Event().wait(0.05)


UNHURRIED = Bounds(connect=60.0, read=60.0, total=60.0)


@pytest.mark.parametrize(
    ("answer", "bounds", "code", "reason"),
    [
        (_hang, replace(UNHURRIED, read=0.3), None, "nothing moved in time"),
        (_garbage, UNHURRIED, None, "no answer"),
        (_huge, UNHURRIED, 500, "answered 500"),
        (_drip, replace(UNHURRIED, total=0.6), None, "longer than"),
        (lambda peer, number: None, UNHURRIED, None, "no answer"),
        (status("302 Found"), UNHURRIED, 302, "answered 302"),
        (status("503 Later"), UNHURRIED, 503, "answered 503"),
    ],
    ids=["hang", "garbage", "huge", "drip", "close", "redirect", "busy"],
)
def test_what_goes_wrong_is_noted_and_tried_again(
    desk: Desk, answer: Any, bounds: Bounds, code: int | None, reason: str
) -> None:
    with receiving(answer) as receiver:
        desk.happens(receiver.url)
        desk.send(bounds)
        [row] = desk.rows()
        assert (row.state, row.attempts, row.status) == ("waiting", 1, code)
        assert reason in row.error
        receiver.answer = status("200 OK")
        desk.clock.ahead += 6.0
        desk.send()
    assert desk.states == ["done"]


def test_nobody_there(desk: Desk) -> None:
    with receiving() as receiver:
        pass
    desk.happens(receiver.url)
    desk.send()
    [row] = desk.rows()
    assert (row.state, row.attempts, row.status) == ("waiting", 1, None)
    assert "connection" in row.error


def test_private_receivers_need_leave_of_the_service_or_for_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, monkeypatch, private=False) as desk, receiving() as receiver:
        desk.happens(receiver.url)
        desk.send()
        assert not receiver.got
        [row] = desk.rows()
        assert row.state == "waiting"
        assert "private address" in row.error
        desk.catalog.write_now(lambda conn: change_settings(conn, desk.account.id, private_targets=True))
        desk.clock.ahead += 6.0
        desk.send()
        assert len(receiver.got) == 1


def test_receivers_that_are_down_hold_up_nobody_else(desk: Desk) -> None:
    """More of them than there are tries at once, with more messages each."""
    with ExitStack() as stack:
        dead = [stack.enter_context(receiving(_hang)) for _ in range(AT_ONCE + 2)]
        healthy = stack.enter_context(receiving())
        for _ in range(3):
            desk.happens(*(receiver.url for receiver in dead))
        left = [0] * 2 * len(dead)
        ids = [desk.happens(healthy.url) for _ in range(5)]
        desk.send(Bounds(connect=3.0, read=2.0, total=3.0))
        assert healthy.ids == ids
    assert [len(receiver.got) for receiver in dead] == [1] * len(dead)
    assert sorted(row.attempts for row in desk.rows() if row.state == "waiting") == [
        *left,
        *([1] * len(dead)),
    ]


def test_those_that_were_down_take_no_more_than_their_share(desk: Desk) -> None:
    def wait(peer: Peer, number: int) -> None:
        if number:
            healthy_is_told.wait(20)
        peer.answer(status="503 Later")

    healthy_is_told = threading.Event()

    def well(peer: Peer, number: int) -> None:
        peer.answer()
        healthy_is_told.set()

    with ExitStack() as stack:
        down = [stack.enter_context(receiving(wait)) for _ in range(AT_ONCE)]
        healthy = stack.enter_context(receiving(well))
        desk.happens(*(receiver.url for receiver in down))
        desk.send()
        desk.clock.ahead += 6.0
        desk.happens(healthy.url)
        desk.send(Bounds(connect=1.0, read=30.0, total=30.0))
        assert len(healthy.got) == 1
        assert healthy_is_told.is_set()
    assert {len(receiver.got) for receiver in down} == {2}


def test_what_waits_for_a_receiver_that_is_down_is_left_as_it_is(desk: Desk) -> None:
    """However much it is, a failure writes one row of it, and each in its turn is tried."""
    with receiving(status("503 Later")) as receiver:
        ids = [desk.happens(receiver.url) for _ in range(30)]
        before = {row.id: row for row in desk.rows()}
        desk.send()
        assert receiver.ids == ids[:1]
        assert sum(row != before[row.id] for row in desk.rows()) == 1
        for pause in (1.0, 2.0, 4.0):
            desk.clock.ahead += pause - 0.1
            desk.send()
            desk.clock.ahead += 0.2
            desk.send()
        assert receiver.ids == [*ids[:4]]
        receiver.answer = lambda peer, number: peer.answer()
        desk.clock.ahead += 60.0
        desk.send()
    assert set(desk.states) == {"done"}
    assert set(receiver.ids[4:]) == set(ids)


def test_a_replay_does_not_wait_for_a_receiver_that_was_down(desk: Desk) -> None:
    with receiving(status("503 Later")) as receiver:
        id = desk.happens(receiver.url)
        for _ in range(5):
            desk.send()
            desk.clock.ahead += 30.0
        assert desk.states == ["dead"]
        desk.happens(receiver.url)
        desk.send()
        receiver.answer = lambda peer, number: peer.answer()
        desk.catalog.write_now(lambda conn: rows.replay(conn, desk.service.now(), ids=[id]))
        desk.send()
        assert receiver.ids[-1] == id


def test_no_query_reads_all_deliveries(desk: Desk) -> None:
    seen: set[tuple[str, tuple[Any, ...]]] = set()

    def note(conn: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if "deliveries" in statement and not statement.startswith("INSERT"):
            seen.add((statement, tuple(values)))

    for engine in desk.catalog.engines:
        event.listen(engine, "before_cursor_execute", note)
    with receiving(status("503 Later", "200 OK")) as receiver:
        desk.happens(receiver.url)
        desk.send()
        desk.clock.ahead += 6.0
        deliver(desk.service, threading.Event())
    now = desk.service.now()
    desk.catalog.write_now(lambda conn: rows.replay(conn, now, ids=["x"]))
    desk.catalog.write_now(lambda conn: rows.replay(conn, now, dead=True))
    desk.catalog.write_now(lambda conn: desk.service.events.expire(conn, now))
    desk.catalog.read_now(lambda conn: rows.listed(conn))
    for engine in desk.catalog.engines:
        event.remove(engine, "before_cursor_execute", note)
    steps = [
        f"{step[3]}: {statement}"
        for statement, values in seen
        for step in desk.catalog.read_now(
            lambda conn, s=statement, v=values: conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", v).all()
        )
    ]
    assert len(seen) > 8
    unbounded = [step for step in steps if step.startswith("SCAN deliveries") and "LIMIT" not in step]
    assert not unbounded
    assert not [step for step in steps if "TEMP B-TREE FOR ORDER BY" in step]


def test_one_bad_message_does_not_hold_up_the_next(desk: Desk) -> None:
    with receiving(status("500 Oops", "200 OK")) as receiver:
        first, second = desk.happens(receiver.url), desk.happens(receiver.url)
        desk.send()
        assert receiver.ids == [first, second]
    assert desk.states == ["waiting", "done"]


def test_a_receiver_gets_its_messages_in_order_and_one_by_one(desk: Desk) -> None:
    with receiving() as one, receiving() as other:
        ids = [desk.happens(one.url, other.url) for _ in range(12)]
        desk.send()
    assert one.ids == other.ids == ids
    assert one.busiest == other.busiest == 1


def test_two_senders_at_once_send_everything_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    with ExitStack() as stack:
        desk = stack.enter_context(opened(tmp_path, monkeypatch, database=database))
        beside = stack.enter_context(
            opened(tmp_path, monkeypatch, worker=True, clock=desk.clock, database=database)
        )
        receivers = [stack.enter_context(receiving()) for _ in range(4)]
        ids = [desk.happens(*(receiver.url for receiver in receivers)) for _ in range(10)]
        threads = [threading.Thread(target=each.send) for each in (desk, beside)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [receiver.ids for receiver in receivers] == [ids] * 4
        assert {receiver.busiest for receiver in receivers} == {1}
        assert set(desk.states) == {"done"}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_senders_that_meet_at_a_receiver_keep_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    lease, taken = rows._lease, []

    def late(conn: Connection, receiver: str, now: float) -> bool:
        """Another sender comes in between."""
        monkeypatch.setattr(rows, "_lease", lease)
        taken.extend(desk.catalog.write_now(lambda other: rows.claim(other, now, turns)))
        return lease(conn, receiver, now)

    with opened(tmp_path, monkeypatch, database=database) as desk:
        first, _ = [desk.happens("http://127.0.0.1:9/") for _ in range(2)]
        now = desk.service.now()
        turns = desk.catalog.read_now(lambda conn: rows.turns(conn, now))
        monkeypatch.setattr(rows, "_lease", late)
        assert desk.catalog.write_now(lambda conn: rows.claim(conn, now, turns)) == []
        assert [one.event.id for one in taken] == [first]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_settles_locks_the_receiver_first_as_who_claims_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    settle, locked = rows.settle, []

    def watched(conn: Connection, delivery: rows.Delivery, now: float, **values: Any) -> bool:
        theirs = select(receivers).with_for_update(nowait=True)
        with pytest.raises(OperationalError, match="could not obtain lock"):
            desk.catalog.write_now(lambda other: other.execute(theirs) and None)
        locked.append(delivery.receiver)
        return settle(conn, delivery, now, **values)

    with opened(tmp_path, monkeypatch, database=database) as desk, receiving() as receiver:
        desk.happens(receiver.url)
        monkeypatch.setattr(rows, "settle", watched)
        desk.send()
        assert len(locked) == 1
        assert desk.states == ["done"]


def test_every_database_keeps_deliveries_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    with opened(tmp_path, monkeypatch, database=database) as desk:
        with receiving(status("503 Later")) as down, receiving() as fine:
            desk.webhook(f"{fine.url}/%5F_100%")
            held = [desk.happens(down.url) for _ in range(3)]
            desk.send()
            assert (down.ids, fine.ids) == (held[:1], held)
            assert [row.attempts for row in desk.rows() if row.style == "plain"] == [1, 0, 0]
            now = desk.service.now()
            assert all(row.next > now for row in desk.catalog.read_now(rows.listed) if row.style == "plain")
            down.answer = status("200 OK")
            desk.clock.ahead += 6.0
            desk.send()
            assert sorted(down.ids) == sorted([*held, held[0]])
            replayed = desk.catalog.write_now(
                lambda conn: rows.replay(conn, desk.service.now(), ids=held[:1])
            )
            assert replayed == 2
            desk.send()
        found = desk.catalog.read_now(
            lambda conn: rows.listed(conn, account=desk.account.id, states=["done"])
        )
        assert [row.event for row in found] == sorted(held * 2, reverse=True)


def test_a_try_that_is_under_way_belongs_to_one_sender(desk: Desk) -> None:
    with receiving() as receiver:
        desk.happens(receiver.url)
        now = desk.service.now()
        turns = desk.catalog.read_now(lambda conn: rows.turns(conn, now))
        [taken] = desk.catalog.write_now(lambda conn: rows.claim(conn, now, turns))
        assert not desk.catalog.write_now(lambda conn: rows.claim(conn, now, turns))
        desk.send()
        assert not receiver.got
        desk.clock.ahead += rows.LEASE + 1
        desk.send()
        assert len(receiver.got) == 1
    late = desk.catalog.write_now(lambda conn: rows.settle(conn, taken, now, state="dead"))
    assert not late
    assert desk.states == ["done"]


def test_stopping_ends_tries_at_once_and_does_not_count_them(desk: Desk) -> None:
    stop = threading.Event()

    def answer(peer: Peer, number: int) -> None:
        stop.set()
        peer.read_body(1)

    with receiving(answer) as receiver:
        desk.happens(receiver.url)
        deliver(desk.service, stop)
        assert len(receiver.got) == 1
    [row] = desk.rows()
    assert (row.state, row.attempts) == ("waiting", 0)
    assert row.due <= desk.service.now()


def test_when_to_look_again(desk: Desk) -> None:
    assert deliver(desk.service, threading.Event()) == 1.0
    with receiving(status("500 Oops")) as receiver:
        desk.happens(receiver.url)
        desk.send()
    assert deliver(desk.service, threading.Event()) == 1.0
    desk.clock.ahead += 4.5
    assert 0.0 <= deliver(desk.service, threading.Event()) <= 0.5


def test_without_a_thread_it_comes_back_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with receiving() as receiver:
        id = desk.happens(receiver.url)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", none)
            with pytest.raises(RuntimeError, match="new thread"):
                desk.send()
        desk.send()
        assert not receiver.got
        desk.clock.ahead += rows.LEASE + 1
        desk.send()
        assert receiver.ids == [id]


def test_styles_and_accounts_that_are_gone(desk: Desk) -> None:
    with receiving() as receiver:
        desk.happens(receiver.url)
        del desk.service.rooms["toy"]
        desk.send()
        assert not receiver.got
    [row] = desk.rows()
    assert (row.state, row.error) == ("dead", "there are no callbacks of the style plain")
