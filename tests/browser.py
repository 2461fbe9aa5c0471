"""Chromium for tests: what a page shows, and what the well-known players make of our streams."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PLAYERS = Path(__file__).parents[1] / ".venvs" / "players" / "node_modules"

_SCRIPTS = {
    "hls.js": "hls.js/dist/hls.min.js",
    "dash.js": "dashjs/dist/modern/umd/dash.all.min.js",
    "shaka": "shaka-player/dist/shaka-player.compiled.js",
}
_STARTS = {
    "hls.js": """(url) => { const hls = new Hls(); window.player = hls;
        hls.on(Hls.Events.ERROR, (_, e) => { if (e.fatal) window.failed = e.details; });
        hls.loadSource(url); hls.attachMedia(video); }""",
    "dash.js": """(url) => { const dash = dashjs.MediaPlayer().create(); window.player = dash;
        dash.on("error", e => { window.failed = JSON.stringify(e.error); });
        dash.initialize(video, url, true); }""",
    "shaka": """async (url) => { const shown = new shaka.Player(); window.player = shown;
        await shown.attach(video);
        shown.addEventListener("error", e => { window.failed = String(e.detail); });
        shown.load(url).catch(e => { window.failed = `shaka ${e.code} ${e.data}`; }); }""",
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window. Skips the test where there is none."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("there is no chromium on this machine (scripts/system installs it)")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required"]
        browser = playwright.chromium.launch(executable_path=found, args=options)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module's tests; import this fixture by name."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own, with nothing remembered."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def play(page: Page, player: str, url: str) -> None:
    """Begin to play ``url`` on an empty page with a player as it is: ``hls.js``, ``dash.js``, ``shaka``."""
    script = PLAYERS / _SCRIPTS[player]
    if not script.exists():
        pytest.skip("the players are not installed (scripts/vendor-env players)")
    page.set_content("<video id=video muted autoplay width=640></video>")
    page.add_script_tag(path=str(script))
    page.evaluate(_STARTS[player], url)


def progress(page: Page, seconds: float, timeout: float = 30.0) -> dict[str, Any]:
    """Wait until the page's video has played ``seconds``; its state then.

    Returns:
        ``time``, ``duration``, ``width`` and ``height`` of the picture, ``paused``, and ``failed`` (the
        player's fatal error, or ``None``).
    """
    page.wait_for_function(
        "seconds => window.failed || document.querySelector('video').currentTime >= seconds",
        arg=seconds,
        timeout=timeout * 1000,
    )
    found: dict[str, Any] = page.evaluate(
        """() => { const v = document.querySelector('video'); return {
        time: v.currentTime, duration: v.duration, width: v.videoWidth, height: v.videoHeight,
        paused: v.paused, failed: window.failed || null }; }"""
    )
    return found
