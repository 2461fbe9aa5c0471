"""The Youku room, held to the common behaviours."""

from vodkit.testing.conformance import Conformance


class TestYouku(Conformance):
    provider = "youku"
    samples = {
        "title": "A title",
        "description": "What it is about",
        "tags": "one,two",
        "category": "Music",
        "copyright_type": "reproduced",
        "public_type": "friend",
        "watch_password": "open sesame",
        "latitude": 0,
        "longitude": -0.5,
        "shoot_time": "2020-01-31 12:00:00",
        "deshake": True,
    }
