"""Runs in the vendor's environment: does what it is told on stdin with Youku's public Python client.

One JSON document per line in, one out. ``{"do": "upload", "file": ..., "params": {...}}`` answers the video's
id; ``{"do": "call", "class": "YoukuVideos", "method": ..., "args": [...], "named": {...}}`` calls any method.
An exception is answered by its class and its public attributes.
"""

import json
import os
import re
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
import youku


def upload(job):
    client = youku.YoukuUpload(job["client_id"], job["access_token"], job["file"])
    return {"id": client.upload(dict(job["params"])), "percent": client.transferred}


def die(job):
    """Begin an upload in a process of its own, which kills itself when it has been handed slice ``at``."""
    task = json.dumps({**job, "do": "dying"})
    done = subprocess.run([sys.executable, __file__], input=task, capture_output=True, text=True)
    return {"code": done.returncode, "errors": done.stderr}


def dying(job):
    client = youku.YoukuUpload(job["client_id"], job["access_token"], job["file"])
    client.create(client.prepare_video_params(**job["params"]))
    client.create_file()
    client.new_slice()
    while client.slice_task_id != job["at"]:
        client.upload_slice()
    os.kill(os.getpid(), signal.SIGKILL)


def cancel(job):
    """An upload that is given up half-way: what cancel answers, and whether state is left."""
    client = youku.YoukuUpload(job["client_id"], job["access_token"], job["file"])
    client.create(client.prepare_video_params())
    client.create_file()
    client.new_slice()
    client.upload_slice()
    token = client.upload_token
    return {"same": client.cancel() == token, "left": Path(job["file"] + ".upload").exists()}


def call(job):
    made = getattr(youku, job["class"])(*job["init"])
    return {"answer": getattr(made, job["method"])(*job.get("args", ()), **job.get("named", {}))}


def authorize(job):
    """Log in on the page, as a person would; the code that the application gets."""
    url = youku.YoukuOauth(job["client_id"], job["client_secret"], job["redirect_uri"]).authorize_url("st")
    page = requests.get(url).text
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    answer = requests.post(
        url.partition("?")[0],
        data={**fields, "username": job["user"], "password": job["password"], "agree": "yes"},
        allow_redirects=False,
    )
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {"code": query["code"][0], "state": query["state"][0], "location": answer.headers["Location"]}


def attempt(work, job):
    try:
        return work(job)
    except Exception as error:
        traceback.print_exc()
        kind = type(error)
        known = {name: getattr(error, name, None) for name in ("code", "type", "description", "status_code")}
        return {"raised": f"{kind.__module__}.{kind.__qualname__}", **known, "text": str(error)}


WORK = {"upload": upload, "die": die, "dying": dying, "cancel": cancel, "call": call, "authorize": authorize}

for line in sys.stdin:
    task = json.loads(line)
    print(json.dumps(attempt(WORK[task["do"]], task), default=str), flush=True)
