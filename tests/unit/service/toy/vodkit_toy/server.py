"""Answers what it saw, as JSON, for hosts ending in ``.toy`` and paths under ``/toy``; stores and plays."""

import asyncio
import hashlib
import math
from pathlib import Path
from urllib.parse import parse_qs, unquote

from vodkit.server.access import sealed_password
from vodkit.server.app import send_json
from vodkit.server.contract import MediaRecord
from vodkit.server.dispatch import head_of
from vodkit.server.errors import TooLarge, Truncated
from vodkit.server.incoming import Body


class ToyRoom:
    def __init__(self, service):
        self.service = service

    def claims(self, head):
        return head.host.endswith(".toy") or head.path.startswith("/toy")

    def check_play(self, head, found, media):
        return {"toy=yes": math.inf, "toy=no": 0.0}.get(head.query)

    @staticmethod
    def mint(service, account, *, lifetime):
        return {"key": account.key, "lifetime": lifetime}

    async def sweep(self, now):
        (self._folder() / "swept").write_text(str(now))

    async def __call__(self, scope, receive, send):
        head = head_of(scope)
        body = Body(scope, receive)
        if head.path.startswith("/toy/put/"):
            return await self._put(head, body, send)
        if head.path == "/toy/media":
            return await self._media(head, send)
        if head.path == "/toy/account":
            return await self._account(head, send)
        if head.path == "/toy/link":
            query = {name: values[0] for name, values in parse_qs(head.query).items()}
            url = self.service.play_url("toy", query["space"], query["key"])
            signed = self.service.sign_url(url, float(query.get("lifetime", "60")), query.get("folder", ""))
            return await send_json(send, 200, {"url": url, "signed": signed})
        if head.query == "fail":
            raise RuntimeError("on purpose")
        if head.query == "refuse":
            return await send_json(send, 403, {"error": "refused unread"})
        return await self._echo(head, body, send)

    async def _echo(self, head, body, send):
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
                    if head.query == "note":
                        (self._folder() / "begun").write_text(str(size))
        except asyncio.CancelledError:
            (self._folder() / "refused").write_text("cancelled")
            raise
        except (Truncated, TooLarge) as problem:
            (self._folder() / "refused").write_text(type(problem).__name__)
            return await send_json(send, 400, {"error": type(problem).__name__})
        seen = {"method": head.method, "authority": head.authority, "path": head.path, "query": head.query}
        return await send_json(send, 200, {**seen, "size": size, "md5": digest.hexdigest()}, head.method)

    async def _put(self, head, body, send):
        space, key = (unquote(part) for part in head.path.split("/", 4)[3:])
        service = self.service
        where = {"account": "somebody", "provider": "toy", "space": space, "key": key}
        upload = await service.catalog.write(lambda conn: service.uploads.create(conn, **where))
        await service.uploads.receive(upload, 1, body, offset=0)

        def finish(conn):
            blob = service.uploads.complete(conn, upload.id)
            kind = head.headers.get("content-type", "")
            return service.objects.put(conn, **where, blob=blob, content_type=kind, etag="tag")

        stored = await service.catalog.write(finish)
        return await send_json(send, 200, {"size": stored.blob.size})

    async def _media(self, head, send):
        given = {name: values[0] for name, values in parse_qs(head.query).items()}
        now = self.service.now()
        record = MediaRecord(
            id=given["id"],
            provider="toy",
            account="somebody",
            remote_id=given["id"],
            kind="video",
            title="",
            status=given.get("status", "ready"),
            space=given["space"],
            key=given["key"],
            cover_key=given.get("cover", ""),
            size=0,
            attrs={},
            created=now,
            updated=now,
            expires=now + float(given["expires"]) if "expires" in given else None,
            folder=given.get("folder", ""),
            access=given.get("access", "all"),
            password_sealed=sealed_password(self.service.vault, given.get("password", "")),
        )
        await self.service.catalog.write(lambda conn: self.service.media.add(conn, record))
        return await send_json(send, 200, {})

    async def _account(self, head, send):
        account = await self.service.accounts.find("toy", unquote(head.query))
        if account is None:
            return await send_json(send, 404, {})
        again = await self.service.accounts.get(account.id)
        facts = {"key": account.key, "secret": account.secret, "attrs": account.attrs, "open": account.open}
        return await send_json(send, 200, {**facts, "same": again == account, "repr": repr(account)})

    def _folder(self):
        return Path(self.service.settings.data)
