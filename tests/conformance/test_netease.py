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
    covers = {
        "test_size": ("netease 13-49", "netease D-1"),
        "test_an_empty_file_is_accepted_when_allowed": ("netease 13-49", "netease D-3"),
        "test_a_name": ("netease D-5", "netease D-25"),
        "test_two_files_of_one_name_and_size_and_time_are_two_media": ("netease 13-57", "netease D-10"),
        "test_a_gateway_that_fails_once_per_request": ("netease 13-51", "netease D-7"),
        "test_a_cut_connection": ("netease 13-27", "netease 13-51"),
        "test_what_arrives_twice_is_stored_once": ("netease 13-26",),
        "test_a_file_that_changes_while_it_is_sent": ("netease 13-58", "netease D-22"),
        "test_the_ledger_is_for_its_owner_only": ("netease 13-56", "netease D-24"),
    }
