"""Record what the unmodified cos-python-sdk-v5 sends, as the golden transcripts in ``tencent_cos/``.

Run it with the interpreter of an environment that has the vendor's package::

    VENDOR_ENV/bin/python tests/golden/record_tencent_cos.py

It plays a store of its own that knows just enough to be talked to, and nothing of vodkit.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from qcloud_cos import CosConfig, CosS3Client
from qcloud_cos.version import __version__

OUT = Path(__file__).parent / "tencent_cos"
ID, KEY, TOKEN = "AKIDEXAMPLEtempid", "exampletempkey", "costoken456"
BUCKET, REGION = "vodkit-1500000001", "ap-chongqing"
UPLOAD_ID = "1735689600abc+/="
SMALL = 4096
MIB = 1024 * 1024


class Stub(BaseHTTPRequestHandler):
    """Answers as the specification says, and writes down every request."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, Any]]
    pending: bool

    def do_PUT(self) -> None:
        body = self._take()
        etag = hashlib.md5(body).hexdigest()
        self._answer(200, headers={"ETag": f'"{etag}"'})

    def do_POST(self) -> None:
        self._take()
        if "uploads" in self.path:
            self._answer(
                200, wrap("InitiateMultipartUploadResult", Bucket=BUCKET, Key="k", UploadId=UPLOAD_ID)
            )
        else:
            self._answer(200, wrap("CompleteMultipartUploadResult", Location="l", Key="k", ETag='"0-1"'))

    def do_GET(self) -> None:
        self._take()
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "uploads" in query:
            upload = wrap("Upload", Key=query["prefix"][0], UploadId=UPLOAD_ID) if self.pending else ""
            self._answer(200, wrap("ListMultipartUploadsResult", upload, IsTruncated="false"))
        elif "uploadId" in query:
            etag = hashlib.md5(content(MIB)).hexdigest()
            part = wrap("Part", PartNumber="1", ETag=f'"{etag}"', Size=str(MIB))
            self._answer(200, wrap("ListPartsResult", part, IsTruncated="false"))
        else:
            self._answer(200, "hello")

    def do_HEAD(self) -> None:
        self._take()
        self._answer(200)

    def do_DELETE(self) -> None:
        self._take()
        self._answer(204)

    def log_message(self, *_: object) -> None:
        pass

    def _take(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        type(self).seen.append(entry(self.command, self.path, list(self.headers.items()), body))
        return body

    def _answer(self, status: int, body: str = "", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"x-cos-request-id": "r", **(headers or {})}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())


def wrap(name: str, inner: str = "", **leaves: str) -> str:
    """An XML element."""
    body = "".join(f"<{leaf}>{text}</{leaf}>" for leaf, text in leaves.items())
    return f"<{name}>{body}{inner}</{name}>"


def content(size: int) -> bytes:
    """Bytes that anybody can make again."""
    return (b"vodkit" * (size // 6 + 1))[:size]


def entry(method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """A request as a transcript holds it; a large body as its facts."""
    small = len(body) <= SMALL
    facts = {"size": len(body), "md5": hashlib.md5(body).hexdigest()}
    return {
        "method": method,
        "target": target,
        "headers": headers,
        "body": body.decode() if small else facts,
    }


def scenarios(client: CosS3Client, folder: Path, handler: type[Stub]) -> dict[str, Any]:
    """What to record, by name."""

    def upload(size: int, key: str = "dir/f0.mp4", **options: Any) -> None:
        path = folder / "file"
        path.write_bytes(b"hello" if size == 5 else content(size))
        client.upload_file(Bucket=BUCKET, Key=key, LocalFilePath=str(path), **options)

    def resume() -> None:
        handler.pending = True
        upload(MIB + 1)

    def presigned() -> None:
        by_name = CosS3Client(CosConfig(Region=REGION, SecretId=ID, SecretKey=KEY, Scheme="http"))
        for method in ("GET", "PUT"):
            url = by_name.get_presigned_url(
                Bucket=BUCKET, Key="dir/f0 中.mp4", Method=method, Params={"x-cos-security-token": TOKEN}
            )
            parts = urlsplit(url)
            Stub.seen.append(entry(method, f"{parts.path}?{parts.query}", [("Host", parts.netloc)], b""))

    def tools() -> None:
        at = {"Bucket": BUCKET, "Key": "dir/f0.mp4"}
        client.head_object(**at)
        client.get_object(**at, Range="bytes=1-3")
        client.list_parts(**at, UploadId=UPLOAD_ID, MaxParts=2, PartNumberMarker=1)
        client.abort_multipart_upload(**at, UploadId=UPLOAD_ID)
        client.delete_object(**at)

    return {
        "put": lambda: upload(5),
        "put-empty": lambda: upload(0),
        "put-odd-key": lambda: upload(5, "dir/./中 文+&=%.mp4"),
        "put-headers": lambda: client.put_object(
            Bucket=BUCKET,
            Key="dir/f0.mp4",
            Body=b"hello",
            EnableMD5=True,
            ContentType="video/mp4",
            CacheControl="max-age=60",
            StorageClass="STANDARD_IA",
            Metadata={"x-cos-meta-a": "1", "x-cos-meta": "2"},
        ),
        "multipart": lambda: upload(MIB + 1),
        "multipart-md5": lambda: upload(MIB + 1, "dir/f0 中.mp4", EnableMD5=True),
        "resume": resume,
        "presigned": presigned,
        "tools": tools,
    }


def main() -> None:
    """Write one transcript per scenario."""
    OUT.mkdir(exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = CosConfig(
        Region=REGION,
        SecretId=ID,
        SecretKey=KEY,
        Token=TOKEN,
        Scheme="http",
        IP="127.0.0.1",
        Port=server.server_port,
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, run in scenarios(CosS3Client(config), Path(folder), Stub).items():
            Stub.seen, Stub.pending = [], False
            run()
            record = {
                "client": f"cos-python-sdk-v5 {__version__}",
                "secret_id": ID,
                "secret_key": KEY,
                "token": TOKEN,
                "requests": Stub.seen,
            }
            text = json.dumps(record, ensure_ascii=False, indent=1)
            pairs = re.compile(r"\[\n\s+(\"[^\n]*),\n\s+(\"[^\n]*)\n\s+\]")
            (OUT / f"{name}.json").write_text(pairs.sub(r"[\1, \2]", text) + "\n")
    server.shutdown()


if __name__ == "__main__":
    main()
