"""A COS store on a real socket over a real data folder, and a raw client for it."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

import uvicorn

from vodkit.core.contract import Reply
from vodkit.providers.tencent.cos import sign, wire
from vodkit.providers.tencent.cos.server import Access, Cos
from vodkit.server.catalog import SqlCatalog
from vodkit.server.contract import Settings
from vodkit.server.limits import connection_class
from vodkit.server.storage import Storage

MIB = 1024 * 1024

KEYS = {
    "temp": ("temp-secret", "temp-token"),
    "root": ("root-secret", ""),
    "other": ("other-secret", ""),
    "open": ("", ""),
    "late": ("late-secret", ""),
}
UPLOADER = {
    "PutObject",
    "InitiateMultipartUpload",
    "ListMultipartUploads",
    "ListParts",
    "UploadPart",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "HeadObject",
}


def _uploads(operation, key):
    """What keys of an upload allow."""
    return operation in UPLOADER and key.startswith("dir/")


class Service:
    """As much of the service as the store uses."""

    def __init__(self, data):
        self.offset = 0.0
        self.settings = Settings(str(data))
        data.mkdir()
        self.catalog = SqlCatalog("", data, ())
        self.storage = Storage(self.settings, self.catalog, self.now)
        self.uploads = self.storage.uploads
        self.objects = self.storage.objects

    def now(self):
        return time.time() + self.offset


class Store:
    """The store, running in a thread of its own.

    Attributes:
        bucket: The only one that requests may go to; a new and empty one after :meth:`fresh`.
    """

    def __init__(self, data, *, min_part=1, public=False):
        self.service = Service(data)
        self.cos = Cos(self.service, self._resolve, public=lambda bucket: public)
        self.min_part = min_part
        self.spaces = 0
        self.fresh()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(
            self.cos,
            http=connection_class(64 * 1024, 60.0),
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            server_header=False,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.thread.start()

    def fresh(self):
        """Turn to a new bucket, and to the true time."""
        self.spaces += 1
        self.bucket = f"vodkit-{1500000000 + self.spaces}"
        self.host = wire.host(self.bucket, "ap-chongqing")
        self.service.offset = 0.0

    async def _run(self):
        await self.server.serve(sockets=[self.socket])
        await self.service.storage.close()

    def stop(self):
        self.server.should_exit = True
        self.thread.join(30)

    async def _resolve(self, key, token, bucket):
        if key not in KEYS:
            return None
        secret, expected = KEYS[key]
        if token != expected:
            raise sign.Refused("AccessDenied", "the token is not this key's")
        account = "b" if key == "other" else "a"
        shared = {"min_part": self.min_part, "bucket_exists": bucket == self.bucket}
        if key == "temp":
            return Access(account, secret, _uploads, **shared)
        expires = self.service.now() - 1 if key == "late" else None
        return Access(account, secret, lambda op, name: True, expires, key == "open", **shared)

    def call(self, method, key="", query=(), headers=None, body=None, *, by="temp", host=None, path=None):
        """One request, signed by a key of :data:`KEYS` (or not at all), and its answer."""
        target = (path or wire.encode_path(key)) + (f"?{wire.encode_query(query)}" if query else "")
        sent = {"host": host or self.host, **(headers or {})}
        if by:
            secret, token = KEYS.get(by, ("nothing", ""))
            if token:
                sent[sign.TOKEN] = token
            now = int(time.time())
            signed = list(sent.items())
            fields = sign.sign(
                by,
                secret or "wrong",
                method,
                wire.decode_path(path or wire.encode_path(key)),
                query,
                signed,
                sign.Window(now - 60, now + 600),
            )
            sent["authorization"] = sign.authorization(fields)
        return self.raw(method, target, sent, body)

    def raw(self, method, target, headers, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if body is not None and "transfer-encoding" not in headers:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders()
            for piece in [body] if isinstance(body, bytes) else body or ():
                connection.send(piece)
            answer = connection.getresponse()
            lower = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, lower, answer.read())
        finally:
            connection.close()

    def exchange(self, method, url, *, headers=None, body=None, timeout=None):
        """The contract's exchange, with every host name leading here."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        data = body if body is None or isinstance(body, bytes) else b"".join(bytes(piece) for piece in body)
        return self.raw(method, target, {"host": parts.netloc, **(headers or {})}, data)

    def code(self, *args, **options):
        """Status and error code of a refusal, whose form is checked."""
        reply = self.call(*args, **options)
        fault = wire.read_fault(reply.body)
        assert all((fault.code, fault.message, fault.resource, fault.request_id)), fault
        assert reply.headers["content-type"] == "application/xml"
        assert reply.headers[wire.REQUEST_ID] == fault.request_id
        return reply.status, fault.code

    def initiate(self, key="dir/f.mp4", **options):
        reply = self.call("POST", key, [("uploads", "")], body=b"", **options)
        assert reply.status == 200, reply.body
        return wire.read_initiated(reply.body)

    def part(self, upload, number, data, key="dir/f.mp4", **options):
        query = [("partNumber", str(number)), ("uploadId", upload)]
        return self.call("PUT", key, query, body=data, **options)

    def complete(self, upload, parts, key="dir/f.mp4", **options):
        body = wire.write_completion(parts)
        return self.call("POST", key, [("uploadId", upload)], body=body, **options)
