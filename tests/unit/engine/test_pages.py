from __future__ import annotations

import pytest

from vodkit.core.media import Media
from vodkit.engine.pages import with_page

SERVICE = "http://127.0.0.1:8600"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("http://h:1/v/toy/space/a%20b.mp4", "http://h:1/watch/v/toy/space/a%20b.mp4"),
        ("https://h/below/v/toy/s/k?expires=1&signature=x", "https://h/below/watch/v/toy/s/k?expires=1&signature=x"),
        ("http://h/v/s/1-x/toy/s/k.m3u8", "http://h/watch/v/s/1-x/toy/s/k.m3u8"),
        ("http://h/v/other/s/k", ""),
        ("http://h/videos/toy/k", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_page_of_a_media_on_a_service(url: str, page: str) -> None:
    assert with_page(Media("toy", "1", url=url), SERVICE).watch_url == page


def test_a_vendors_cloud_has_no_such_page() -> None:
    assert with_page(Media("toy", "1", url="http://h/v/toy/space/k"), None).watch_url == ""


def test_what_the_provider_tells_wins() -> None:
    media = Media("toy", "1", url="http://h/v/toy/space/k", watch_url="http://h/else")
    assert with_page(media, SERVICE).watch_url == "http://h/else"
