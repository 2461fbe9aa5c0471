"""What tests ask of the service behind the drop-in's back."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

from vodkit.providers.tencent import Tencent
from vodkit.providers.tencent.sign import sign_tc3
from vodkit.server.embedded import EmbeddedService

KEYS = {"secret_id": "your secretId", "secret_key": "your secretKey"}
_POLICY = '{"version": "2.0", "statement": [{"effect": "allow", "action": "*", "resource": "*"}]}'


def fetch(where: str | urllib.request.Request) -> bytes:
    """What an address answers, whatever proxies the environment names."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(where, timeout=60) as answer:
        body: bytes = answer.read()
    return body


def describe(service: EmbeddedService, file_id: str, sub_app: int | None = None) -> dict[str, Any]:
    """The service's basic facts about a media."""
    with Tencent(**KEYS, service=service.url, sub_app=sub_app) as vod:
        (media,) = vod.describe(file_id)
    info: dict[str, Any] = media["BasicInfo"]
    return info


def make_procedure(service: EmbeddedService, name: str) -> None:
    """Keep a procedure template, as somebody has who names it in an upload."""
    task = {"CoverBySnapshotTaskSet": [{"Definition": 10, "PositionType": "Time", "PositionValue": 0}]}
    with Tencent(**KEYS, service=service.url) as vod:
        vod.call("CreateProcedureTemplate", Name=name, MediaProcessTask=task)


def temporary_keys(service: EmbeddedService, seconds: int = 1800) -> dict[str, str]:
    """``TmpSecretId``, ``TmpSecretKey`` and ``Token``, as the vendor's GetFederationToken hands them out."""
    host, now = "sts.tencentcloudapi.com", int(time.time())
    body = json.dumps({"Name": "example", "Policy": _POLICY, "DurationSeconds": seconds}).encode()
    signature = sign_tc3(
        **KEYS, host=host, content_type="application/json", payload=body, timestamp=now, service="sts"
    )
    headers = {
        "Host": host,
        "Content-Type": "application/json",
        "Authorization": signature,
        "X-TC-Action": "GetFederationToken",
        "X-TC-Version": "2018-08-13",
        "X-TC-Timestamp": str(now),
        "X-TC-Region": "ap-guangzhou",
    }
    answer = json.loads(fetch(urllib.request.Request(service.url, body, headers)))
    keys: dict[str, str] = answer["Response"]["Credentials"]
    return keys
