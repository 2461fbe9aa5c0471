"""Records what the vendor's own Python SDK sends to the API, for the tests that read the files beside this.

Run it in an environment that has vod-python-sdk: ``python tests/golden/tencent/record.py``. The SDK speaks
through a proxy on loopback that answers every call itself and keeps the bytes.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.vod.v20180717 import models, vod_client

SECRET_ID, SECRET_KEY, TOKEN = "Your SecretId", "Your SecretKey", "session token 123"
SENT: list[dict[str, Any]] = []
MANIFEST = "#EXTM3U\n#EXTINF:10,\nfirst.ts\n#EXTINF:5,中文 +&=\nsecond.ts\n#EXT-X-ENDLIST\n"
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    (
        "ApplyUpload",
        {
            "MediaType": "mp4",
            "MediaName": "野生动物 +&=",
            "CoverType": "png",
            "Procedure": "QCVB_SimpleProcessFile(1, 1)",
            "ExpireTime": "2030-01-31T12:00:00Z",
            "StorageRegion": "ap-chongqing",
            "ClassId": 7,
            "SourceContext": "line one\nline two",
            "SubAppId": 1500000001,
        },
    ),
    ("CommitUpload", {"VodSessionKey": "k+/=中", "SubAppId": 1500000001}),
    ("ParseStreamingManifest", {"MediaManifestContent": MANIFEST, "ManifestType": "m3u8"}),
    (
        "SearchMedia",
        {
            "ClassIds": [1, 2],
            "Tags": ["a", "b c"],
            "CreateTime": {"After": "2025-01-01T00:00:00Z"},
            "Sort": {"Field": "CreateTime", "Order": "Asc"},
            "Offset": 0,
            "Limit": 10,
        },
    ),
]
KINDS: dict[str, dict[str, Any]] = {
    "tc3": {},
    "tc3-token": {"token": TOKEN},
    "tc3-get": {"method": "GET"},
    "v1-sha1": {"sign": "HmacSHA1"},
    "v1-sha256": {"sign": "HmacSHA256", "token": TOKEN},
    "v1-get": {"sign": "HmacSHA256", "method": "GET"},
}


class Listener(BaseHTTPRequestHandler):
    """Answers everything with an empty success."""

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        SENT.append(
            {
                "method": self.command,
                "target": self.path.removeprefix("http://vod.tencentcloudapi.com"),
                "headers": {
                    name.lower(): value for name, value in self.headers.items() if name != "Proxy-Connection"
                },
                "body": body.decode(),
            }
        )
        answer = b'{"Response": {"RequestId": "r"}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _take

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def client(
    port: int, *, method: str = "POST", sign: str = "TC3-HMAC-SHA256", token: str | None = None
) -> Any:
    """The SDK's API client, behind the proxy."""
    http = HttpProfile(protocol="http", proxy=f"127.0.0.1:{port}", reqMethod=method)
    keys = credential.Credential(SECRET_ID, SECRET_KEY, token)
    return vod_client.VodClient(keys, "ap-guangzhou", ClientProfile(signMethod=sign, httpProfile=http))


def main() -> None:
    """Record everything into JSON files beside this one."""
    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for kind, how in KINDS.items():
        api = client(server.server_address[1], **how)
        found = []
        for action, fields in REQUESTS:
            request = getattr(models, f"{action}Request")()
            request.from_json_string(json.dumps(fields))
            getattr(api, action)(request)
            found.append({"action": action, "fields": fields, **SENT.pop()})
        record = {
            "secret_id": SECRET_ID,
            "secret_key": SECRET_KEY,
            "token": how.get("token", ""),
            "requests": found,
        }
        text = json.dumps(record, indent=1, ensure_ascii=False)
        Path(__file__).with_name(f"{kind}.json").write_text(text + "\n", encoding="utf-8")
    server.shutdown()


if __name__ == "__main__":
    main()
