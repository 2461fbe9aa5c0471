"""The Tencent room, held to the common behaviours."""

from vodkit.testing.conformance import Conformance


class TestTencent(Conformance):
    provider = "tencent"
    samples = {
        "title": "A title",
        "category": 0,
        "procedure": "QCVB_SimpleProcessFile(1, 1)",
        "expires": "2099-01-01T00:00:00Z",
        "media_type": "mov",
        "cover_type": "png",
        "source_context": "context",
        "session_context": "context",
        "storage_region": "ap-chongqing",
        "ext_info": "{}",
    }
    unavailable = {"storage_path": "/folder/video.mp4", "sub_app": 999}
