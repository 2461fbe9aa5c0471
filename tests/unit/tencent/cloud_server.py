"""The cloud in memory behind a real socket, for tests that go through the whole engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.loopback import Handler, Server
from vodkit.core.errors import TransferError

from .fake_cloud import FakeCloud


@contextmanager
def serving(cloud: FakeCloud, before: Callable[[str, str], None] | None = None) -> Iterator[str]:
    """Serve ``cloud`` on loopback; yields the base address for ``service``.

    Args:
        cloud: What answers; its clock is set to now.
        before: Called with method and path of every request before it is answered, from several threads.
    """
    cloud.now = time.time()

    class Answering(Handler):
        def _answer(self) -> None:
            body = self.received()
            if before is not None:
                before(self.command, self.path)
            target = self.path.partition("://")[2].partition("/")[2] if "://" in self.path else self.path[1:]
            try:
                reply = cloud(
                    self.command,
                    f"https://{self.headers['Host']}/{target}",
                    headers=dict(self.headers.items()),
                    body=body,
                )
            except TransferError:
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if "content-length" not in reply.headers and reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer

    with Server(Answering) as server:
        yield server.base
