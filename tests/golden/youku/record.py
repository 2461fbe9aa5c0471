"""Records what the vendor's own Python client sends, for the tests that read the files beside this.

Run it in an environment that has youku: ``python tests/golden/youku/record.py``. The client is as published;
what ``requests`` would put on the wire is kept and answered here. Words in capitals stand for what a server
hands out, and are replaced when a transcript is replayed.
"""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import HTTPAdapter
from youku import YoukuUpload

SLICE = 2048 * 1024
SIZE = 2 * SLICE + 5
TITLE = "python transcript"
SENT: list[dict[str, Any]] = []


class Cloud:
    """Just enough of the platform for one upload."""

    def __init__(self, handed_out: int) -> None:
        self.handed_out = handed_out
        self.received = handed_out

    def assignment(self) -> dict[str, Any]:
        offset = self.handed_out * SLICE
        if offset >= SIZE:
            return {"slice_task_id": 0, "offset": 0, "length": 0, "transferred": SIZE, "finished": True}
        self.handed_out += 1
        length = min(SLICE, SIZE - offset)
        return {
            "slice_task_id": self.handed_out,
            "offset": offset,
            "length": length,
            "transferred": offset,
            "finished": False,
        }

    def answer(self, name: str) -> tuple[int, dict[str, Any]]:
        match name:
            case "create.json":
                created = {"video_id": "VIDEOID", "upload_token": "UPLOADTOKEN"}
                return 201, {**created, "upload_server_uri": "127.0.0.1", "instant_upload_ok": "no"}
            case "create_file":
                return 201, {}
            case "new_slice":
                return 201, self.assignment()
            case "upload_slice":
                self.received += 1
                return 201, self.assignment()
            case "check":
                done = self.received * SLICE >= SIZE
                return 200, {"status": 1 if done else 4, "upload_server_ip": "127.0.0.1", "finished": done}
        return 200, {"video_id": "VIDEOID"}


def keep(cloud: Cloud, request: requests.PreparedRequest) -> requests.Response:
    parts = urlsplit(str(request.url))
    name = parts.path.rpartition("/")[2]
    status, data = cloud.answer(name)
    entry: dict[str, Any] = {
        "method": request.method,
        "target": parts.path + (f"?{parts.query}" if parts.query else ""),
        "headers": {"Host": parts.netloc, **request.headers},
    }
    if name == "upload_slice":
        query = parse_qs(parts.query)
        entry["slice"] = [int(query["offset"][0]), int(query["length"][0])]
    elif request.body:
        entry["body"] = request.body if isinstance(request.body, str) else request.body.decode()
    SENT.append({**entry, "status": status})
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(data).encode()
    return response


def main() -> None:
    """Record everything into JSON files beside this one."""
    for kind, received in (("python", 0), ("python-resume", 1)):
        cloud = Cloud(received)
        HTTPAdapter.send = lambda self, request, cloud=cloud, **_: keep(cloud, request)  # type: ignore[method-assign]
        with tempfile.TemporaryDirectory() as folder:
            video = Path(folder) / "movie.mp4"
            video.write_bytes(random.Random(TITLE).randbytes(SIZE))
            if received:
                state = {"upload_token": "UPLOADTOKEN", "upload_server_ip": "127.0.0.1"}
                video.with_name("movie.mp4.upload").write_text(json.dumps(state))
            client = YoukuUpload("CLIENTID", "ACCESSTOKEN", str(video))
            client.upload({"title": TITLE, "tags": "other", "description": "a video"})
        record = {"sdk": "youku 0.1.1", "content": TITLE, "size": SIZE, "received": received}
        text = json.dumps({**record, "requests": SENT}, indent=1, ensure_ascii=False)
        Path(__file__).with_name(f"{kind}.json").write_text(text + "\n", encoding="utf-8")
        SENT.clear()


if __name__ == "__main__":
    main()
