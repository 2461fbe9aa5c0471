"""The NetEase room, held to the common behaviours."""

from vodkit.testing.conformance import Conformance


class TestNetEase(Conformance):
    provider = "netease"
    samples = {
        "title": "A title",
        "description": "A description",
        "category": 0,
        "procedure": 0,
        "user_defined": "用" * 256,
        "upload_callback": "http://127.0.0.1/uploaded",
        "transcode_callback": "http://127.0.0.1/transcoded",
        "trans_offset": 1,
        "trans_duration": 2,
    }
    unavailable = {"watermark": 7}
