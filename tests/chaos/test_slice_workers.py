"""kill -9 of one of several workers that send slices of one file, while the others go on."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from .rig import Service, assert_same_bytes, trials

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

SLICE = 256 * 1024
COUNT = 24
WORKER = """
import http.client, json, os, sys, time, urllib.parse
port, token, path, stop = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
wire = http.client.HTTPConnection("127.0.0.1", port)
def ask(method, verb, body=None, **query):
    wire.putrequest(method, f"/gupload/{verb}?" + urllib.parse.urlencode({"upload_token": token, **query}))
    wire.putheader("Content-Length", str(len(body or b"")))
    wire.endheaders()
    if body:
        half = len(body) // 2
        wire.send(body[:half])
        if query["slice_task_id"] >= stop:
            print("holding", query["slice_task_id"], flush=True)
            time.sleep(600)
        wire.send(body[half:])
    return json.loads(wire.getresponse().read())
with open(path, "rb") as file:
    given = ask("GET", "new_slice")
    while given["slice_task_id"]:
        file.seek(given["offset"])
        place = {name: given[name] for name in ("slice_task_id", "offset", "length")}
        given = ask("POST", "upload_slice", file.read(given["length"]), **place)
"""


@pytest.mark.covers("youku 10-18")
@pytest.mark.parametrize("seed", trials(sample=2))
def test_a_killed_worker_costs_its_slice_only(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    file = tmp_path / "video.mp4"
    file.write_bytes(dice.randbytes(COUNT * SLICE - dice.randrange(SLICE)))
    service = Service(tmp_path / "data").start()
    try:
        account = service.account("youku")

        def call(path: str, host: str = "api.youku.com", **fields: Any) -> dict[str, Any]:
            url = f"http://127.0.0.1:{service.port}/{path}"
            request = urllib.request.Request(url, urlencode(fields).encode(), {"Host": host})
            with urllib.request.urlopen(request) as answer:
                found = json.load(answer)
            assert isinstance(found, dict)
            return found

        mine = {"client_id": account["id"]}
        secret = {"client_secret": account["secret"], "grant_type": "client_credentials"}
        mine["access_token"] = call("oauth2/token.json", **mine, **secret)["access_token"]
        size, md5 = file.stat().st_size, hashlib.md5(file.read_bytes()).hexdigest()
        about = {"title": "chaos", "tags": "one", "file_name": file.name, "file_size": size, "file_md5": md5}
        created = call("uploads/create.json", **mine, **about)
        token = created["upload_token"]
        plan = {"upload_token": token, "file_size": size, "ext": "mp4", "slice_length": SLICE // 1024}
        call("gupload/create_file", "upload", **plan)

        command = [sys.executable, "-c", WORKER, str(service.port), token, str(file)]
        dying = subprocess.Popen(
            [*command, str(dice.randrange(1, COUNT // 2))], stdout=subprocess.PIPE, text=True
        )
        assert dying.stdout is not None
        assert dying.stdout.readline().startswith("holding")
        with ThreadPoolExecutor(3) as pool:
            others = [pool.submit(subprocess.run, [*command, "inf"], timeout=120) for _ in range(3)]
            dying.kill()
            dying.wait()
            assert [other.result().returncode for other in others] == [0, 0, 0]
        dying.stdout.close()
        committed = call("uploads/commit.json", **mine, upload_token=token)
        assert committed["video_id"] == created["video_id"]
        shown = call("videos/show.json", **mine, video_id=created["video_id"])
        assert_same_bytes(shown["original"]["url"], file)
    finally:
        service.kill()
