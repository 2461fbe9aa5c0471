"""Runs in the vendor's environment: does what it is told on stdin with ``ufile``.

One JSON document per line in, one out. ``{"do": "FileManager.putfile", "args": [...], "kwargs": {...}}``
calls a method of one of the package's three classes; ``"streams"`` names arguments that are streams, and the
files whose bytes they hold. The answer holds what the method returned and the public fields of its response.
"""

import io
import json
import os
import sys
import traceback

from ufile import bucketmanager, config, filemanager, multipartuploadufile

KEYS = ("ucloudsomeone@example.com1296235120854146120", "46f09bb9fab4f12dfc160dae12273d5332b5debe")
CLASSES = {
    "FileManager": filemanager.FileManager,
    "MultipartUploadUFile": multipartuploadufile.MultipartUploadUFile,
    "BucketManager": bucketmanager.BucketManager,
}
KEPT = {}


def call(job):
    kind, method = job["do"].split(".")
    keys = tuple(job.get("keys") or KEYS)
    name = (kind, keys)
    if job.get("fresh") or name not in KEPT:
        KEPT[name] = CLASSES[kind](*keys)
    kwargs = dict(job.get("kwargs") or {})
    if "content_range" in kwargs:
        kwargs["content_range"] = tuple(kwargs["content_range"])
    for argument, path in (job.get("streams") or {}).items():
        with open(path, "rb") as file:
            kwargs[argument] = io.BytesIO(file.read())
    found = getattr(KEPT[name], method)(*(job.get("args") or ()), **kwargs)
    if not isinstance(found, tuple):
        return {"returned": found}
    ret, resp = found
    fields = ("status_code", "error", "ret_code", "x_session_id", "etag", "content_type", "content_length")
    answer = {field: getattr(resp, field, None) for field in fields}
    answer["x_ufile_restore"] = getattr(resp, "x_ufile_restore", None)
    return {"ret": ret, **answer, "ok": resp.ok()}


def configure(job):
    config.set_default(**job["kwargs"])
    return {}


def attributes(job):
    """Attributes of the object that made the last calls."""
    found = KEPT[job["of"], tuple(job.get("keys") or KEYS)]
    return {name: getattr(found, name) for name in job["names"]}


def service(job):
    """Where the sandbox's service answers."""
    return {"url": os.environ["VODKIT_SERVICE"]}


def attempt(job):
    work = {"configure": configure, "attributes": attributes, "service": service}.get(job["do"], call)
    try:
        return work(job)
    except Exception as error:
        traceback.print_exc()
        return {"raised": type(error).__name__, "text": str(error)}


# The package logs every request to stdout's neighbours; answers keep stdout for themselves.
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    print(json.dumps(attempt(json.loads(line)), default=str), file=out, flush=True)
