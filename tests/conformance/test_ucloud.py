"""The UCloud room, held to the common behaviours."""

from vodkit.testing.conformance import Conformance


class TestUCloud(Conformance):
    provider = "ucloud"
    samples = {
        "key": "folder/视频 1.mp4",
        "space": "vodkit-demo",
        "content_type": "video/quicktime",
        "storage_class": "IA",
        "metadata": {"owner": "me"},
        "instant": True,
        "callback_url": "http://127.0.0.1:9/callback",
    }
    unavailable = {"callback_body": "a=b", "callback_body_type": "application/json"}
