"""Runs in the vendor's environment: uploads one file with vod-python-sdk at its defaults, in plain http.

Usage: tencent_sdk.py HOST PORT SECRET_ID SECRET_KEY FILE
"""

import functools
import sys

from qcloud_vod import vod_upload_client
from qcloud_vod.model import VodUploadRequest
from tencentcloud.common.profile.http_profile import HttpProfile

host, port, secret_id, secret_key, path = sys.argv[1:]

# The SDK offers no way to its transport settings, so its defaults are replaced: nothing else is touched.
HttpProfile.__init__.__defaults__ = ("http", f"{host}:{port}", *HttpProfile.__init__.__defaults__[2:])
vod_upload_client.CosConfig = functools.partial(
    vod_upload_client.CosConfig, Scheme="http", IP=host, Port=int(port)
)

request = VodUploadRequest()
request.MediaFilePath = path
client = vod_upload_client.VodUploadClient(secret_id, secret_key)
print(client.upload("ap-guangzhou", request).MediaUrl)
