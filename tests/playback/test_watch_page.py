"""The watch page in Chromium."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import progress
from tests.waiting import until
from vodkit.server.access import sealed_password
from vodkit.server.contract import MediaRecord, Settings
from vodkit.server.media.encode import SOUND
from vodkit.server.media.facts import Facts, Stream
from vodkit.server.service import tools

from .conftest import SECONDS, Cloud
from .publish import Made, change, publish

TALL = Facts("mp4", 4.0, 0.0, 0, (Stream(0, "video", "h264", 4.0, width=300, height=400),))
CHINESE = "长江三峡：轻舟已过万重山"
HOSTILE = (
    '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> \'" &amp; \u202e'
)


@dataclasses.dataclass
class World:
    """A service, its media by a name of ours."""

    cloud: Cloud
    media: dict[str, MediaRecord]

    def open(self, page: Page, name: str) -> None:
        page.goto(self.cloud.watch(self.media[name]))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, made: Made) -> Iterator[World]:
    data = tmp_path_factory.mktemp("watch") / "data"
    bare = dataclasses.replace(made, steps=[])
    picture = next(files[0] for kind, _, files in made.steps if kind == "cover")
    streams = next(files for kind, _, files in made.steps if kind == "streams")
    sound = next(file for file in streams if file.name == f"{SOUND}.mp4")
    wanted: dict[str, tuple[Made, str, dict[str, Any]]] = {
        "chinese": (made, "影片.mp4", {"title": CHINESE}),
        "hostile": (made, "a.mp4", {"title": HOSTILE}),
        "file": (bare, "b.mp4", {"title": "One file"}),
        "bare": (bare, "m.mp4", {"title": "Without scripts"}),
        "tall": (bare, "l.mp4", {"title": "Tall"}),
        "secret": (made, "c.mp4", {"title": "Secret", "access": "password", "password": "芝麻开门"}),
        "changed": (made, "d.mp4", {"title": "Changed", "access": "password", "password": "old"}),
        "private": (made, "e.mp4", {"title": "Private", "access": "private"}),
        "working": (made, "f.mp4", {"title": "Working", "status": "processing"}),
        "leaving": (made, "n.mp4", {"title": "Leaving", "status": "processing"}),
        "failing": (made, "g.mp4", {"title": "Failing", "status": "processing"}),
        "picture": (dataclasses.replace(bare, source=picture), "h.jpg", {"kind": "image", "title": CHINESE}),
        "sound": (dataclasses.replace(bare, source=sound), "i.m4a", {"kind": "audio", "title": "Sound"}),
        "text": (dataclasses.replace(bare, source=picture), "j.bin", {"kind": "file", "title": "Text"}),
        "odd": (dataclasses.replace(bare, source=picture), "k.mp4", {"title": "Not really a film"}),
    }
    records = publish(data, *wanted.values())
    cloud = Cloud(data)
    yield World(cloud, dict(zip(wanted, records, strict=True)))
    code, said = cloud.running.stop()
    assert code == 0
    assert "芝麻" not in said and "%E8%8A%9D" not in said


@pytest.fixture
def page(page: Page, world: World) -> Iterator[Page]:
    """A page that asks nobody but the service, and has nothing to complain of."""
    seen: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None,
    )
    yield page
    assert seen
    assert {url for url in seen if not url.startswith(("blob:", f"{world.cloud.url}/"))} == set()
    assert problems == []


def begin(page: Page) -> dict[str, Any]:
    page.get_by_role("button", name="Play").first.click()
    found = progress(page, 1.2)
    assert found["failed"] is None
    return found


def choose_quality(page: Page, label: str, width: int) -> None:
    """From the beginning, as the clip is short."""
    page.evaluate("() => { video.currentTime = 0; video.play(); }")
    page.get_by_label("Quality").select_option(label=label)
    page.wait_for_function("width => document.querySelector('video').videoWidth === width", arg=width)


def test_streams_play_in_the_sizes_of_their_renditions(world: World, page: Page) -> None:
    world.open(page, "chinese")
    expect(page.get_by_role("heading")).to_have_text(CHINESE)
    assert page.title() == CHINESE
    expect(page.locator("#whole")).to_have_text(f"0:0{SECONDS}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    found = begin(page)
    assert abs(found["duration"] - SECONDS) < 0.1
    assert (found["width"], found["height"]) in ((640, 360), (320, 180))
    assert any(url.endswith(f"/{SOUND}.mp4") for url in asked), "sound is a stream of its own"
    choose_quality(page, "180p", 320)
    choose_quality(page, "360p", 640)
    assert page.evaluate("document.querySelector('video').error") is None
    until(lambda: world.cloud.views(world.media["chinese"]) == 1)


def test_the_poster_is_the_cover_and_the_time_line_shows_pictures(world: World, page: Page) -> None:
    world.open(page, "chinese")
    size = """async (url) => { const image = new Image(); image.src = url; await image.decode();
        return [image.naturalWidth, image.naturalHeight]; }"""
    assert page.evaluate(size, page.locator("video").get_attribute("poster")) == [640, 360]
    begin(page)
    box = page.locator("#timeline").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 8)
    expect(page.locator("#preview")).to_be_visible()
    expect(page.locator("#at")).to_have_text("0:02")
    shown = page.locator("#tile").evaluate("tile => getComputedStyle(tile)")
    sheet = re.search(r'url\("(.*)"\)', shown["background"] or shown["backgroundImage"])
    assert sheet is not None
    assert page.evaluate(size, sheet[1]) == [640, 360]
    assert "-320px 0px" in page.locator("#tile").evaluate("tile => tile.style.backgroundPosition")
    page.mouse.move(box["x"], box["y"] - 300)
    expect(page.locator("#preview")).to_be_hidden()


def test_the_keyboard_plays_and_seeks(world: World, page: Page) -> None:
    world.open(page, "chinese")
    page.keyboard.press("k")
    progress(page, 0.5)
    page.keyboard.press("k")
    assert page.evaluate("video.paused")
    page.get_by_label("Position").focus()
    page.keyboard.press("End")
    page.wait_for_function("at => video.currentTime > at", arg=SECONDS - 0.5)
    assert page.get_by_label("Position").get_attribute("aria-valuetext") == f"0:0{SECONDS} of 0:0{SECONDS}"
    page.keyboard.press("m")
    assert page.evaluate("video.muted")


def test_a_telephone_shows_every_control(world: World, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    world.open(page, "chinese")
    begin(page)
    page.locator("#player").hover()
    controls = [page.get_by_role("button", name=name) for name in ("Pause", "Mute", "Full screen")]
    for control in (*controls, page.get_by_label("Quality")):
        box = control.bounding_box()
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    choose_quality(page, "180p", 320)


def test_the_player_has_the_shape_of_the_picture(world: World, page: Page) -> None:
    change(world.cloud.data, world.media["tall"], facts=TALL.as_dict())
    page.set_viewport_size({"width": 360, "height": 740})
    world.open(page, "tall")
    box = page.locator("video").bounding_box()
    assert box is not None
    assert abs(box["height"] / box["width"] - 4 / 3) < 0.01


def test_a_plain_file_plays_and_seeks_by_ranges(world: World, page: Page) -> None:
    answers: list[tuple[int, str]] = []
    page.on(
        "response",
        lambda answer: (
            answers.append((answer.status, answer.request.headers.get("range", "")))
            if answer.url.partition("?")[0].endswith(".mp4")
            else None
        ),
    )
    world.open(page, "file")
    found = begin(page)
    assert (found["width"], found["height"]) == (640, 360)
    page.evaluate("video.currentTime = 3")
    page.wait_for_function("() => video.currentTime > 3.2 && !video.seeking")
    assert answers
    assert all(status == 206 and wanted.startswith("bytes=") for status, wanted in answers)


def test_without_scripts_a_browser_plays_by_itself_and_is_counted(world: World, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with page.expect_response(lambda answer: answer.request.resource_type == "media") as got:
        world.open(page, "bare")
    assert got.value.status == 206
    expect(page.locator("video[controls]")).to_be_visible()
    context.close()
    until(lambda: world.cloud.views(world.media["bare"]) == 1)


def test_a_title_is_text_whatever_it_holds(world: World, page: Page) -> None:
    world.open(page, "hostile")
    assert page.get_by_role("heading").text_content() == HOSTILE
    assert page.locator("main img").count() == 0
    begin(page)
    assert page.evaluate("window.hacked") is None


def test_a_password_is_asked_for_and_remembered(world: World, page: Page, browser: Browser) -> None:
    world.open(page, "secret")
    assert "Secret" not in page.content()
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Watch").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the password.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Password").fill("芝麻开门")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Secret")
    begin(page)
    assert page.url == world.cloud.watch(world.media["secret"])
    assert not any("%E8%8A%9D" in url or "芝" in url for url in asked)
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    assert cookie["path"] == urlsplit(page.url).path
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("Secret")

    stranger = browser.new_context().new_page()
    stranger.goto(page.url)
    expect(stranger.get_by_label("Password")).to_be_visible()
    stranger.context.close()


def test_a_changed_password_is_asked_for_again(world: World, page: Page) -> None:
    world.open(page, "changed")
    page.get_by_label("Password").fill("old")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Changed")
    with tools(Settings(data=str(world.cloud.data))) as parts:
        fresh = sealed_password(parts.vault, "new")
    change(world.cloud.data, world.media["changed"], password_sealed=fresh)
    page.reload()
    expect(page.get_by_label("Password")).to_be_visible()


def test_a_private_media_plays_by_a_signed_address(world: World, page: Page) -> None:
    world.open(page, "private")
    expect(page.get_by_role("heading")).to_have_text("This cannot be shown")
    assert page.locator("video").count() == 0
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto(world.cloud.watch(world.media["private"], lifetime=60))
    begin(page)
    page.locator("#timeline").hover()
    played = [path for path in asked if path.startswith("/v/")]
    assert played and all(path.startswith("/v/s/") for path in played)
    page.goto(world.cloud.watch(world.media["private"], lifetime=-1))
    expect(page.get_by_role("heading")).to_have_text("This cannot be shown")


def test_a_media_that_is_being_processed_shows_itself_once_it_is_ready(world: World, page: Page) -> None:
    world.open(page, "working")
    expect(page.get_by_role("progressbar")).to_be_visible()
    change(world.cloud.data, world.media["working"], status="ready")
    begin(page)


def test_a_media_that_goes_while_it_is_processed_says_so(world: World, page: Page) -> None:
    world.open(page, "leaving")
    expect(page.get_by_role("progressbar")).to_be_visible()
    change(world.cloud.data, world.media["leaving"], expires=1.0)
    expect(page.get_by_role("heading")).to_have_text("Not found")


def test_a_media_that_failed_says_so(world: World, page: Page) -> None:
    world.open(page, "failing")
    change(world.cloud.data, world.media["failing"], status="failed")
    expect(page.get_by_text("This media could not be processed.")).to_be_visible()
    expect(page.get_by_role("heading")).to_have_text("Failing")


def test_pictures_sound_and_other_files(world: World, page: Page) -> None:
    world.open(page, "picture")
    assert (
        page.locator("img.picture").evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    )
    assert page.locator("img.picture").get_attribute("alt") == CHINESE
    world.open(page, "sound")
    begin(page)
    world.open(page, "text")
    with page.expect_download() as got:
        page.get_by_role("link", name="Download").click()
    assert Path(got.value.path()).stat().st_size == world.media["text"].size


def test_a_file_that_no_browser_plays_says_so(world: World, page: Page) -> None:
    world.open(page, "odd")
    expect(page.get_by_role("alert")).to_have_text("This media cannot be played in this browser.")
