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
    }
    unavailable = {
        "callback_url": "ftp://127.0.0.1/callback",
        "callback_body": "a=b",
        "callback_body_type": "application/json",
    }
    covers = {
        "test_a_stream_of_unknown_length": ("ucloud D-14",),
        "test_a_stream_survives_a_cut_connection": ("ucloud O-5", "ucloud 12-57"),
        "test_download_goes_on_after_a_break": ("ucloud D-10",),
        "test_a_service_that_is_gone_is_an_error_and_the_upload_can_go_on": ("ucloud D-9", "ucloud D-23"),
        "test_an_aborted_upload_starts_from_nothing": ("ucloud 12-39",),
    }
