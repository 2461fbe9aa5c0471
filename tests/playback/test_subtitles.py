"""Subtitles: brought by the owner, told to players in the lists, and shown."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import click.testing
import pytest
import urllib3
from playwright.sync_api import Page, expect

from tests.browser import play, progress
from vodkit.cli.main import cli
from vodkit.core.errors import InvalidRequest, NotFound
from vodkit.server.contract import MediaRecord, Settings
from vodkit.server.subtitles import add, listed, remove

from ..unit.service.conftest import Running
from .conftest import Cloud
from .publish import Made, change, publish

SRT = "1\n00:00:00,000 --> 00:00:03,500\n轻舟已过 <b>万重山</b> & <x>\n"
HTTP = urllib3.PoolManager(retries=False)


@dataclasses.dataclass
class World:
    cloud: Cloud
    media: MediaRecord
    bare: MediaRecord
    srt: Path

    @property
    def settings(self) -> Settings:
        return Settings(data=str(self.cloud.data))

    @property
    def running(self) -> Running:
        return self.cloud.running

    def page(self) -> str:
        return HTTP.request("GET", self.cloud.watch(self.media)).data.decode()

    def list(self, name: str) -> str:
        """Address of the master playlist or the manifest."""
        found = re.search(r'"hls": "\.\.(/v/[^"?]+/)master.m3u8', self.page())
        assert found is not None
        return f"{self.cloud.url}{found[1]}{name}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, made: Made) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("subtitles")
    bare = dataclasses.replace(made, steps=[])
    media, file = publish(folder / "data", (made, "a.mp4", {"title": "Streams"}), (bare, "b.mp4", {}))
    srt = folder / "中文.srt"
    srt.write_text(SRT, encoding="gb18030")
    cloud = Cloud(folder / "data")
    yield World(cloud, media, file, srt)
    cloud.running.stop()


def test_from_the_shell_to_the_players(world: World, page: Page) -> None:
    plain = HTTP.request("GET", world.list("master.m3u8"))
    assert b"SUBTITLES" not in plain.data
    data = ["--data", str(world.cloud.data)]
    arguments = ["media", "subtitles", "add", world.media.remote_id, str(world.srt), "--lang", "zh-CN"]
    shell = click.testing.CliRunner()
    done = shell.invoke(cli, [*arguments, "--title", '中 "文"', *data], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    track = done.output.strip()
    shown = shell.invoke(cli, ["media", "subtitles", "list", world.media.id, *data]).output
    assert track in shown and "zh-CN" in shown

    page.goto(world.cloud.watch(world.media))
    page.get_by_label("Subtitles").select_option(label='中 "文"')
    page.get_by_role("button", name="Play").first.click()
    progress(page, 0.5)
    page.evaluate("video.pause()")
    expect(page.locator("#words")).to_have_text("轻舟已过 万重山 & <x>")
    expect(page.locator("#words b")).to_have_text("万重山")
    page.wait_for_function(
        """() => { const [text, bar] = ["#words p", "#timeline"].map(
        name => document.querySelector(name).getBoundingClientRect()); return text.bottom <= bar.top; }"""
    )
    page.get_by_label("Subtitles").select_option(label="No subtitles")
    expect(page.locator("#words")).to_be_empty()
    expect(page.locator("track")).to_have_attribute("srclang", "zh-CN")

    later = HTTP.request("GET", world.list("master.m3u8"), headers={"If-None-Match": plain.headers["etag"]})
    assert later.status == 200
    text = later.data.decode()
    assert text.count("#EXT-X-MEDIA:TYPE=SUBTITLES") == 1
    assert 'NAME="中  文 "' in text and 'LANGUAGE="zh-CN"' in text
    assert all('SUBTITLES="subtitles"' in line for line in text.splitlines() if "STREAM-INF" in line)
    manifest = HTTP.request("GET", world.list("manifest.mpd")).data
    space = "{urn:mpeg:dash:schema:mpd:2011}"
    sets = ElementTree.fromstring(manifest).findall(
        f"{space}Period/{space}AdaptationSet[@contentType='text']"
    )
    assert [found.get("lang") for found in sets] == ["zh-CN"]

    removed = shell.invoke(cli, ["media", "subtitles", "remove", world.media.id, track, *data])
    assert removed.exit_code == 0, removed.output
    assert listed(world.settings, world.media.id) == []


def test_other_players_find_them(world: World, page: Page) -> None:
    track = add(world.settings, world.media.id, world.srt, language="zh-CN")
    page.goto(f"{world.cloud.url}/health")
    play(page, "hls.js", world.list("master.m3u8"))
    progress(page, 1.0)
    # Until its text tracks are there, hls.js takes a choice back when they come.
    page.wait_for_function(
        """() => { if (player.subtitleTrack !== 0) player.subtitleTrack = 0;
        return [...document.querySelector('video').textTracks].some(t => t.cues?.length); }"""
    )
    assert page.evaluate("player.subtitleTracks.map(track => track.lang)") == ["zh-CN"]
    remove(world.settings, world.media.id, track.id)


def test_a_plain_file_has_them_too(world: World, page: Page) -> None:
    add(world.settings, world.bare.id, world.srt, language="en", title="English")
    page.goto(world.cloud.watch(world.bare))
    page.get_by_label("Subtitles").select_option(label="English")
    page.wait_for_function("() => video.textTracks[0].cues?.length === 1")


def test_what_cannot_be_used(world: World, tmp_path: Path) -> None:
    bad = tmp_path / "bad.srt"
    bad.write_text("no subtitles at all")
    with pytest.raises(InvalidRequest, match="bad"):
        add(world.settings, world.media.id, bad, language="en")
    with pytest.raises(InvalidRequest, match="no language"):
        add(world.settings, world.media.id, world.srt, language='en"')
    change(world.cloud.data, world.bare, kind="image")
    with pytest.raises(InvalidRequest, match="is an image"):
        add(world.settings, world.bare.id, world.srt, language="en")
    change(world.cloud.data, world.bare, kind="video")
    with pytest.raises(NotFound):
        add(world.settings, "nobody", world.srt, language="en")
    with pytest.raises(NotFound):
        remove(world.settings, world.media.id, "nothing")
