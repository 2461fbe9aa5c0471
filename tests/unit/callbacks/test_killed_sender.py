"""kill -9 of whoever sends, at every moment of a try: nothing is lost, and one message may come twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from vodkit.server.deliveries import rows

from ..transport.wire import Peer
from .desk import Desk
from .receiver import receiving

CHILD = """\
import asyncio, sys, threading
from types import SimpleNamespace
from tests.unit.callbacks.desk import Plain
from vodkit.server.contract import Settings
from vodkit.server.deliveries import deliver
from vodkit.server.service import Service

async def main():
    async with Service.open(Settings(data=sys.argv[1], private_targets=True), worker=True) as service:
        service.rooms["toy"] = SimpleNamespace(callbacks={"plain": Plain()})
        await asyncio.to_thread(deliver, service, threading.Event())

asyncio.run(main())
"""
ROOT = Path(__file__).parents[3]

Moment = Callable[[Peer, Callable[[], None]], None]


def _before_the_answer(peer: Peer, kill: Callable[[], None]) -> None:
    kill()


def _after_the_answer(peer: Peer, kill: Callable[[], None]) -> None:
    peer.answer()
    kill()


def _within_the_answer(peer: Peer, kill: Callable[[], None]) -> None:
    peer.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{")
    kill()


@pytest.mark.parametrize("moment", [_before_the_answer, _within_the_answer, _after_the_answer])
def test_a_killed_sender_loses_nothing(desk: Desk, tmp_path: Path, moment: Moment) -> None:
    children: list[subprocess.Popen[bytes]] = []
    begun = threading.Event()

    def kill() -> None:
        assert begun.wait(60)
        children[0].send_signal(signal.SIGKILL)

    def answer(peer: Peer, number: int) -> None:
        moment(peer, kill) if number == 0 else peer.answer()

    with receiving(answer) as receiver:
        ids = [desk.happens(receiver.url) for _ in range(3)]
        paths = [str(ROOT / "src"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        children.append(
            subprocess.Popen(
                [sys.executable, "-c", CHILD, str(tmp_path / "data")],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
        )
        begun.set()
        assert children[0].wait(timeout=60) == -signal.SIGKILL
        desk.send()
        # The child's clock went on meanwhile.
        desk.clock.ahead += rows.LEASE + 600
        desk.send()
    assert desk.states == ["done"] * 3
    assert set(receiver.ids) == set(ids)
    # Only the one that was under way may have come twice.
    assert len(receiver.ids) <= len(ids) + 1
