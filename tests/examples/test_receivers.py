"""The receivers of examples/, run as they say, told by a real service of what really happened."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.processes import child
from tests.waiting import until

import vodkit
from vodkit import webhooks
from vodkit.sandbox.listen import Arrival, Judge, listening
from vodkit.server.contract import Settings
from vodkit.server.deliveries.admin import add_webhook, keys_of, remove_webhook, try_webhook

ROOT = Path(__file__).parents[2]
STARTS = {
    "fastapi": ("-m", "uvicorn", "fastapi_callbacks:app", "--log-level", "warning", "--port", "{port}"),
    "flask": ("-m", "flask", "--app", "flask_callbacks", "run", "--port", "{port}"),
    "django": ("django_callbacks.py", "runserver", "--noreload", "{port}"),
}


@pytest.fixture(scope="module")
def service() -> Iterator[vodkit.EmbeddedService]:
    """A service that may call this machine back."""
    with vodkit.embedded(private_targets=True) as found:
        yield found


class Example:
    """An example that runs.

    Attributes:
        url: Of its own webhooks.
        lines: What it has printed of callbacks.
    """

    def __init__(self, port: int, process: subprocess.Popen[str]) -> None:
        self.url = f"http://127.0.0.1:{port}/callbacks/vodkit"
        self.lines: list[str] = []
        self._process = process
        self._came = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._came:
                self.lines.append(line.rstrip())
                self._came.notify_all()

    def until(self, text: str) -> str:
        """The line that holds this."""

        def found() -> str | None:
            return next((line for line in self.lines if text in line), None)

        with self._came:
            assert self._came.wait_for(found, timeout=60), self.lines
            return found() or ""


@contextmanager
def running(name: str, secret: str, port: int) -> Iterator[Example]:
    command = [word.format(port=port) for word in STARTS[name]]
    with child(
        [sys.executable, *command],
        cwd=ROOT / "examples",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "VODKIT_WEBHOOK_SECRET": secret,
            "VODKIT_CALLBACK_KEY_NETEASE": "vcloud",
            "VODKIT_CALLBACK_KEY_TENCENT": "SignKeyExample1",
        },
    ) as process:
        until(lambda: process.poll() is not None or listens(port))
        assert process.poll() is None, "the example ended at once"
        yield Example(port, process)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def uploaded(file: str) -> bytes:
    """What the vendor itself pushes: without an id of the message."""
    ends = str(int(time.time()) + 600)
    signature = hashlib.md5(f"SignKeyExample1{ends}".encode(), usedforsecurity=False).hexdigest()
    event = {"EventType": "NewFileUpload", "FileUploadEvent": {"FileId": file}}
    return json.dumps({**event, "T": int(ends), "Sign": signature}).encode()


def post(url: str, body: bytes) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=60) as answer:
        assert answer.status == 200


def refused(url: str, body: bytes, **headers: str) -> int:
    request = urllib.request.Request(url, body, {name.replace("_", "-"): v for name, v in headers.items()})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    caught.value.close()
    return caught.value.code


def test_a_listener_on_the_services_folder_knows_the_keys_that_accounts_have_set(tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(os.urandom(1000))
    came: list[Arrival] = []
    url = f"http://127.0.0.1:{free_port()}/"
    with vodkit.embedded(private_targets=True) as service:
        for name, key in (("tencent", "KeyOfTencent1"), ("netease", "KeyOfNetEase1")):
            with service.connect(name) as vod:
                vod.callbacks.set(url, sign_key=key)
        judge = Judge("", keys_of(Settings(data=str(service.data))))
        with listening(url.removeprefix("http://").rstrip("/"), judge, came.append):
            for name in ("tencent", "netease"):
                with service.connect(name) as vod:
                    vod.upload(source)
            until(lambda: len(came) >= 2)
    assert {(each.style, each.type, each.verified) for each in came} == {
        ("tencent", "media.uploaded", True),
        ("netease", "media.uploaded", True),
    }


@pytest.mark.parametrize("name", STARTS)
def test_an_example_is_told_of_uploads_and_deletions(
    service: vodkit.EmbeddedService, name: str, tmp_path: Path
) -> None:
    port = free_port()
    settings = Settings(data=str(service.data))
    url = f"http://127.0.0.1:{port}/callbacks"
    hook = add_webhook(settings, f"{url}/vodkit", "", ["media.uploaded", "media.deleted"])
    with running(name, hook["secret"], port) as example:
        tried = try_webhook(settings, hook["id"])
        assert (tried["accepted"], tried["status"]) == (True, 200)
        example.until("vodkit webhook.test")

        source = tmp_path / "film.mp4"
        source.write_bytes(os.urandom(1000))
        with service.connect("youku") as vod:
            media = vod.upload(source, title="视频")
            told = example.until(f"vodkit media.uploaded {media.id} ")
            vod.media.delete(media.id)
            example.until(f"vodkit media.deleted {media.id} ")
        with service.connect("netease") as vod:
            media = vod.upload(source, upload_callback=f"{url}/netease")
            for style in ("netease", "vodkit"):
                example.until(f"{style} media.uploaded {media.id} ")

        for file in ("1001", "1002"):
            post(f"{url}/tencent", uploaded(file))
            example.until(f"tencent media.uploaded {file}")

        before = list(example.lines)
        id, body, at = told.split()[-1], b'{"type":"media.deleted","data":{"id":"all"}}', int(time.time())
        forged = webhooks.sign(webhooks.new_secret(), id, at, body)
        headers = {"webhook_id": id, "webhook_timestamp": str(at)}
        assert refused(f"{url}/vodkit", body, webhook_signature=forged, **headers) == 400
        old = webhooks.sign(hook["secret"], id, at - 3600, body)
        late = {**headers, "webhook_timestamp": str(at - 3600)}
        assert refused(f"{url}/vodkit", body, webhook_signature=old, **late) == 400
        assert refused(f"{url}/netease", b'{"type":"upload","vid":1}', sign="0" * 32) == 400
        assert refused(f"{url}/nobody", b"{}") == 400
        assert example.lines == before
    remove_webhook(settings, hook["id"])
