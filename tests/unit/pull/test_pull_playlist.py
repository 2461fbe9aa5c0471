"""HLS playlists come with everything they name, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from vodkit.server.pull import playlist as module
from vodkit.server.workflow.contract import Fetched, WorkFailed

from .conftest import Puller
from .source import Source

MEDIA = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{0}\n#EXTINF:4,\n{1}\n#EXT-X-ENDLIST\n"
MASTER = (
    "#EXTM3U\n"
    '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="zh",URI="subs/zh.m3u8"\n'
    "#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow/index.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=2000\nhigh/index.m3u8?token=x\n"
)


def serve(source: Source, **files: str) -> None:
    for path, text in files.items():
        source.files["/" + path.replace("__", "/").replace("_", ".")] = text.encode()


def folder(source: Source) -> None:
    """A master playlist over three media playlists of two segments each."""
    serve(source, v__master_m3u8=MASTER)
    for name in ("subs/zh", "low/index", "high/index"):
        source.files[f"/v/{name}.m3u8"] = MEDIA.format("a.ts", "b%20b.ts").encode()
        for segment in ("a.ts", "b%20b.ts"):
            path = f"/v/{name.partition('/')[0]}/{segment}"
            source.files[path] = path.encode()


def beside(pull: Puller, fetched: Fetched) -> dict[str, bytes]:
    return {key: pull.read(file) for key, file in fetched.beside.items()}


def test_a_master_playlist_and_all_below_it(pull: Puller, source: Source) -> None:
    folder(source)
    fetched = pull(source.url("/v/master.m3u8"), key="x/y/m.m3u8")
    assert pull.read(fetched.file) == MASTER.encode()
    found = beside(pull, fetched)
    names = ("subs", "zh"), ("low", "index"), ("high", "index")
    assert set(found) == {
        f"x/y/{place}/{name}" for place, list_ in names for name in (f"{list_}.m3u8", "a.ts", "b b.ts")
    }
    assert found["x/y/low/b b.ts"] == b"/v/low/b%20b.ts"
    assert ("/v/high/index.m3u8?token=x", "") in source.asked
    assert pull.shares[-1] == 1.0


def test_what_it_names_is_relative_to_where_it_came_from(pull: Puller, source: Source) -> None:
    folder(source)

    def onward(handler: Any) -> bool:
        if handler.path == "/short.m3u8":
            handler.send(302, {"Location": "/v/low/index.m3u8", "Content-Length": "0"}, b"")
        return bool(handler.path == "/short.m3u8")

    source.before = onward
    found = beside(pull, pull(source.url("/short.m3u8"), key="m.m3u8"))
    assert found == {"a.ts": b"/v/low/a.ts", "b b.ts": b"/v/low/b%20b.ts"}


@pytest.mark.parametrize(
    "name",
    [
        "../a.ts",
        "sub/../../a.ts",
        "%2e%2e/a.ts",
        "/etc/passwd",
        "//127.0.0.1/a.ts",
        "http://127.0.0.1/a.ts",
        "file:///etc/passwd",
        "a\\b.ts",
        "sub/",
    ],
)
def test_names_outside_its_folder_are_refused(pull: Puller, source: Source, name: str) -> None:
    serve(source, v__m_m3u8=MEDIA.format(name, "b.ts"))
    with pytest.raises(WorkFailed, match="the playlist names"):
        pull(source.url("/v/m.m3u8"), key="m.m3u8")
    assert source.asked == [("/v/m.m3u8", "")]


def test_a_segment_that_leads_elsewhere_is_refused(pull: Puller, source: Source) -> None:
    folder(source)

    def onward(handler: Any) -> bool:
        if handler.path.endswith("a.ts"):
            handler.send(302, {"Location": "file:///etc/passwd", "Content-Length": "0"}, b"")
        return bool(handler.path.endswith("a.ts"))

    source.before = onward
    with pytest.raises(WorkFailed, match="http"):
        pull(source.url("/v/low/index.m3u8"), key="m.m3u8")


def test_a_segment_that_is_missing_fails_all(pull: Puller, source: Source) -> None:
    folder(source)
    del source.files["/v/low/a.ts"]
    with pytest.raises(WorkFailed, match="answers 404"):
        pull(source.url("/v/low/index.m3u8"), key="m.m3u8")


def test_live_streams_are_refused(pull: Puller, source: Source) -> None:
    serve(source, m_m3u8=MEDIA.format("a.ts", "b.ts").replace("#EXT-X-ENDLIST\n", ""))
    with pytest.raises(WorkFailed, match="live"):
        pull(source.url("/m.m3u8"), key="m.m3u8")


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("hello", "m.m3u8", "no HLS playlist"),
        ("#EXTM3U\n", "m.m3u8", "no file"),
        ("#EXTM3U\n#EXTINF:4,\na.ts\n#EXT-X-ENDLIST\n", "m.mp4", "does not tell"),
        (MEDIA.format("a.ts?1", "a.ts?2"), "m.m3u8", "cannot tell apart"),
    ],
)
def test_what_is_not_what_it_should_be(
    pull: Puller, source: Source, text: str, key: str, problem: str
) -> None:
    serve(source, m_m3u8=text)
    source.files["/a.ts"] = b"x"
    with pytest.raises(WorkFailed, match=problem):
        pull(source.url("/m.m3u8"), key=key)


def test_dash_is_refused_by_name(pull: Puller, source: Source) -> None:
    with pytest.raises(WorkFailed, match="DASH"):
        pull(source.url("/manifest.MPD?x=1"))
    assert source.asked == []
    source.files["/m"] = b"<MPD/>"
    source.types["/m"] = "application/dash+xml; charset=utf-8"
    with pytest.raises(WorkFailed, match="DASH"):
        pull(source.url("/m"))


def test_a_playlist_that_names_itself_ends(pull: Puller, source: Source) -> None:
    serve(source, m_m3u8=MASTER.replace("low/index.m3u8", "m.m3u8"))
    folder(source)
    source.files.update(
        {path.removeprefix("/v"): data for path, data in source.files.items() if "/v/" in path}
    )
    found = beside(pull, pull(source.url("/m.m3u8"), key="m.m3u8"))
    assert found["m.m3u8"] == source.files["/m.m3u8"]


def test_there_is_a_most_of_files_and_of_bytes(
    pull: Puller, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(source)
    pull.settings["pull_size"] = sum(len(data) for path, data in source.files.items() if path != "/a.mp4") - 1
    with pytest.raises(WorkFailed, match="which is the most"):
        pull(source.url("/v/master.m3u8"), key="m.m3u8")
    pull.settings["pull_size"] += 1
    pull(source.url("/v/master.m3u8"), key="m.m3u8")
    monkeypatch.setattr(module, "MOST_FILES", 8)
    with pytest.raises(WorkFailed, match="more than 8 files"):
        pull(source.url("/v/master.m3u8"), key="m.m3u8")


def test_another_run_fetches_only_what_is_missing(pull: Puller, source: Source) -> None:
    folder(source)
    held = source.files.pop("/v/high/a.ts")
    with pytest.raises(WorkFailed):
        pull(source.url("/v/master.m3u8"), key="m.m3u8")
    source.files["/v/high/a.ts"] = held
    source.asked.clear()
    assert len(pull(source.url("/v/master.m3u8"), key="m.m3u8").beside) == 9
    assert ("/v/master.m3u8", "") not in source.asked
    assert ("/v/high/a.ts", "") in source.asked


def test_a_cover_comes_along_if_it_can_be_had(pull: Puller, source: Source) -> None:
    source.files["/c.png"] = b"\x89PNG"
    fetched = pull(source.url("/a.mp4"), cover_url=source.url("/c.png"), cover_key="f/c.png")
    assert beside(pull, fetched) == {"f/c.png": b"\x89PNG"}
    fetched = pull(source.url("/a.mp4"), cover_url=source.url("/none.png"), cover_key="f/c.png")
    assert beside(pull, fetched) == {}
