"""Runs in the vendor's environment: does what it is told on stdin with Tencent's public Python API.

One JSON document per line in, one out. ``{"do": "upload", "client": {...}, "region": ..., "fields": {...}}``
answers the fields of the response; ``{"do": "call", ...}`` calls any action of the cloud API. An exception is
answered by its class and its public attributes.
"""

import importlib
import json
import subprocess
import sys
import threading
import traceback

from qcloud_cos import CosConfig, CosS3Client
from qcloud_vod.model import VodUploadRequest
from qcloud_vod.vod_upload_client import VodUploadClient
from tencentcloud.common import credential


def upload(job):
    request = VodUploadRequest()
    for name, value in job["fields"].items():
        setattr(request, name, value)
    client = VodUploadClient(**job["client"])
    if not job.get("progress"):
        return members(client.upload(job["region"], request))
    seen = []
    response = client.upload(job["region"], request, lambda done, total: seen.append([done, total]))
    return {**members(response), "progress": seen}


def uploads(job):
    """Several uploads at once, each in a thread of its own; a list of their answers."""
    answers = [None] * len(job["jobs"])

    def one(number, part):
        answers[number] = attempt(upload, part)

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(job["jobs"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"answers": answers}


def call(job):
    """One action of the cloud API, by its own client."""
    package = f"tencentcloud.{job['service']}.{job['version']}"
    module = importlib.import_module(f"{package}.{job['service']}_client")
    models = importlib.import_module(f"{package}.models")
    keys = job["client"]
    key = credential.Credential(keys["secret_id"], keys["secret_key"], keys.get("token"))
    client = getattr(module, f"{job['service'].capitalize()}Client")(key, job["region"])
    request = getattr(models, f"{job['action']}Request")()
    request.from_json_string(json.dumps(job["fields"]))
    return json.loads(getattr(client, job["action"])(request).to_json_string())


def presign(job):
    """A link for one request to the media's place in the store, by the vendor's storage library."""
    applied = job["applied"]
    keys = applied["TempCertificate"]
    config = CosConfig(
        Region=applied["StorageRegion"],
        SecretId=keys["SecretId"],
        SecretKey=keys["SecretKey"],
        Token=keys["Token"],
    )
    url = CosS3Client(config).get_presigned_url(
        Bucket=applied["StorageBucket"],
        Key=applied["MediaStoragePath"].lstrip("/"),
        Method=job["method"],
        Params={"x-cos-security-token": keys["Token"]},
    )
    return {"url": url}


def run(job):
    """Another program, in the same sandbox."""
    done = subprocess.run(job["command"], capture_output=True, text=True)
    return {"code": done.returncode, "output": done.stdout, "errors": done.stderr}


def members(response):
    return {name: getattr(response, name) for name in ("FileId", "MediaUrl", "CoverUrl", "RequestId")}


def attempt(work, job):
    try:
        return work(job)
    except Exception as error:
        traceback.print_exc()
        getters = {name: getattr(error, name, None) for name in ("code", "message", "requestId")}
        kind = type(error)
        return {"raised": f"{kind.__module__}.{kind.__qualname__}", **getters, "text": str(error)}


WORK = {"upload": upload, "uploads": uploads, "call": call, "presign": presign, "run": run}

for line in sys.stdin:
    task = json.loads(line)
    print(json.dumps(attempt(WORK[task["do"]], task), default=str), flush=True)
