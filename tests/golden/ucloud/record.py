"""Record what the unmodified ``ufile`` package sends, as the golden transcripts beside this.

Run it with the interpreter of an environment that has the vendor's package::

    VENDOR_ENV/bin/python tests/golden/ucloud/record.py

The package speaks through an HTTP proxy on loopback that answers every call itself, knows just enough to be
talked to and nothing of vodkit, and writes every request down.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

OUT = Path(__file__).parent
PUBLIC = "ucloudsomeone@example.com1296235120854146120"
PRIVATE = "46f09bb9fab4f12dfc160dae12273d5332b5debe"
BUCKET, UPLOAD_ID = "myspace", "a40a5f4c-7b1e-4f3b-8a53-9b16a1f3a3f1"
SMALL = 4096
BLOCK = 4 << 20


class Stub(BaseHTTPRequestHandler):
    """Answers as the specification says, and writes down every request."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, Any]] = []

    def _any(self) -> None:
        self._take()
        url = urlsplit(self.path)
        answer: dict[str, Any] = {}
        if url.netloc == "api.ucloud.cn":
            answer = {"RetCode": 0, "Action": "Response", "DataSet": []}
        elif url.query.startswith("uploads"):
            answer = {"UploadId": UPLOAD_ID, "BlkSize": BLOCK, "Bucket": BUCKET, "Key": "k"}
        elif "partNumber" in url.query:
            answer = {"PartNumber": 0}
        elif url.query.startswith("list"):
            answer = {"DataSet": [], "Contents": []}
        document = json.dumps(answer).encode() if answer else b""
        self.send_response(204 if self.command == "DELETE" else 200)
        self.send_header("ETag", '"AQAAAKr0xh3cxeii2r7eDztILNmuqUNN"')
        self.send_header("Content-Type", "application/json" if answer else "video/mp4")
        if self.command != "DELETE":
            self.send_header("Content-Length", str(len(document)))
        self.end_headers()
        if self.command not in ("HEAD", "DELETE"):
            self.wfile.write(document)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _any

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
        url = urlsplit(self.path)
        target = url.path + (f"?{url.query}" if url.query else "")
        small = len(body) <= SMALL
        type(self).seen.append(
            {
                "method": self.command,
                "target": target,
                "headers": [pair for pair in self.headers.items() if pair[0] != "User-Agent"],
                "body": body.decode("latin-1")
                if small
                else {"size": len(body), "md5": hashlib.md5(body).hexdigest()},
            }
        )
        return body


def scenarios(folder: Path) -> dict[str, Callable[[], object]]:
    """What to record, by name."""
    from ufile import bucketmanager, config, filemanager, multipartuploadufile

    files = filemanager.FileManager(PUBLIC, PRIVATE)
    buckets = bucketmanager.BucketManager(PUBLIC, PRIVATE)
    hello, empty, long = folder / "hello.mp4", folder / "empty.mp4", folder / "long.mp4"
    hello.write_bytes(b"hello")
    empty.write_bytes(b"")
    long.write_bytes((b"vodkit" * (BLOCK // 3))[: BLOCK + 7])

    def put() -> None:
        files.putfile(BUCKET, "dir/demo.mp4", str(hello))
        files.putfile(BUCKET, "视频/第一集.mp4", str(hello))
        meta = {"X-Ufile-Meta-Owner": "me", "X-Ufile-Storage-Class": "IA"}
        files.putfile(BUCKET, "dir/meta.mp4", str(hello), header=meta)
        files.putstream(BUCKET, "dir/stream", io.BytesIO(b"hello"))
        config.set_default(md5=True)
        files.putfile(BUCKET, "dir/demo.mp4", str(hello))
        config.set_default(md5=False)

    def multipart() -> None:
        parts = multipartuploadufile.MultipartUploadUFile(PUBLIC, PRIVATE)
        parts.uploadfile(BUCKET, "dir/long.mp4", str(long), maxthread=1)
        parts.get_multi_upload_part(BUCKET, UPLOAD_ID, max_parts=10, part_number_marker=1)

    def copies() -> None:
        files.copy(BUCKET, "dir/copy.mp4", BUCKET, "dir/demo.mp4")
        parts = multipartuploadufile.MultipartUploadUFile(PUBLIC, PRIVATE)
        parts.init_multipart_upload(BUCKET, "dir/parts.mp4")
        parts.upload_part_copy(BUCKET, "dir/demo.mp4", "video/mp4", 0, 5, 0)
        parts.finish_upload()

    def downloads() -> None:
        target = str(folder / "back")
        files.download_file(BUCKET, "dir/demo.mp4", target, isprivate=True, expires=10**9)
        files.download_file(BUCKET, "dir/demo.mp4", target, isprivate=False)
        files.download_file(BUCKET, "dir/demo.mp4", target, isprivate=False, content_range=(0, 3))

    def lists() -> None:
        files.getfilelist(BUCKET, prefix="dir/", marker="dir/a b", limit=10)
        files.listobjects(BUCKET, prefix="dir/", marker="", maxkeys=100, delimiter="/")

    def manage() -> None:
        buckets.createbucket("myspace", "cn-bj", "private", ["v.example.com"], projectid="org-abc")
        buckets.describebucket("myspace")
        buckets.updatebucket("myspace", "public")
        buckets.getfilelist("myspace")
        buckets.deletebucket("myspace")

    def changes() -> None:
        files.head_file(BUCKET, "dir/demo.mp4")
        files.opMeta(BUCKET, "dir/demo.mp4", "mimetype", "video/webm")
        files.restore_file(BUCKET, "dir/demo.mp4")
        files.class_switch_file(BUCKET, "dir/demo.mp4", "IA")
        files.deletefile(BUCKET, "dir/demo.mp4")

    return {
        "put": put,
        "put-empty": lambda: files.putfile(BUCKET, "dir/empty.mp4", str(empty)),
        "post": lambda: files.postfile(BUCKET, "dir/form.mp4", str(hello)),
        "multipart": multipart,
        "copies": copies,
        "downloads": downloads,
        "lists": lists,
        "manage": manage,
        "changes": changes,
    }


def main() -> None:
    """Record every scenario."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("no_proxy", "NO_PROXY"):
        os.environ.pop(name, None)
    os.environ["http_proxy"] = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        from ufile import __version__

        for name, run in scenarios(Path(folder)).items():
            Stub.seen = []
            run()
            record = {
                "client": f"ufile {__version__}",
                "public_key": PUBLIC,
                "private_key": PRIVATE,
                "requests": Stub.seen,
            }
            text = json.dumps(record, indent=1, ensure_ascii=False)
            (OUT / f"{name}.json").write_text(text + "\n")
            print(name, len(Stub.seen))
    server.shutdown()


if __name__ == "__main__":
    main()
