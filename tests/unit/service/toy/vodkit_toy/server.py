"""Answers what it saw, as JSON, for hosts that end in ``.toy`` and paths under ``/toy``."""

import asyncio
import hashlib

from vodkit.server.app import send_json
from vodkit.server.dispatch import head_of
from vodkit.server.errors import TooLarge, Truncated
from vodkit.server.incoming import Body


class ToyRoom:
    def __init__(self, service):
        self.service = service

    def claims(self, head):
        return head.host.endswith(".toy") or head.path.startswith("/toy")

    async def sweep(self, now):
        (self._folder() / "swept").write_text(str(now))

    async def __call__(self, scope, receive, send):
        head = head_of(scope)
        if head.query == "fail":
            raise RuntimeError("on purpose")
        if head.query == "refuse":
            return await send_json(send, 403, {"error": "refused unread"})
        body = Body(scope, receive)
        digest = hashlib.md5()
        size = 0
        try:
            if head.query == "small":
                piece = await body.read(1000)
                size += len(piece)
                digest.update(piece)
            else:
                async for piece in body:
                    size += len(piece)
                    digest.update(piece)
                    if head.query == "slow":
                        await asyncio.sleep(0.01)
        except (Truncated, TooLarge) as problem:
            (self._folder() / "refused").write_text(type(problem).__name__)
            return await send_json(send, 400, {"error": type(problem).__name__})
        seen = {"method": head.method, "authority": head.authority, "path": head.path, "query": head.query}
        return await send_json(send, 200, {**seen, "size": size, "md5": digest.hexdigest()}, head.method)

    def _folder(self):
        from pathlib import Path

        return Path(self.service.settings.data)
