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
    covers = {
        "test_the_second_process_is_told_so": ("youku D-4",),
        "test_a_file_that_changed_meanwhile_begins_anew": ("youku 10-37", "youku D-5", "youku D-6"),
        "test_a_state_folder_that_cannot_be_is_a_warning": ("youku 10-38", "youku D-7", "youku D-8"),
        "test_the_ledger_is_for_its_owner_only": ("youku D-9",),
        "test_an_aborted_upload_starts_from_nothing": ("youku D-20",),
        "test_progress_rises_to_the_total": ("youku 10-43", "youku D-24"),
        "test_size": ("youku D-39",),
        "test_crash_upon_crash": ("youku 10-20",),
    }
