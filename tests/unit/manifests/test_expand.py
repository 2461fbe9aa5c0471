from __future__ import annotations

from pathlib import Path

import pytest

from vodkit.core.errors import ManifestError, SourceNotFound
from vodkit.engine.manifests import expand


def write(folder: Path, **files: str) -> None:
    """Files by name; ``__`` stands for a slash and ``_d_`` for a dot."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_d_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def hls(*lines: str) -> str:
    return "\n".join(["#EXTM3U", *lines, "#EXT-X-ENDLIST"])


def names(path: Path) -> list[str]:
    return [name for name, _ in expand(path).files]


@pytest.mark.covers("tencent G-20")
def test_master_with_nested_folders_and_without_loops(tmp_path: Path) -> None:
    write(
        tmp_path,
        master_d_m3u8=hls("low/index.m3u8", "high/index.m3u8", "master.m3u8"),
        low__index_d_m3u8=hls("seg.ts", "index.m3u8"),
        high__index_d_m3u8=hls("./seg.ts"),
        low__seg_d_ts="l",
        high__seg_d_ts="h",
    )
    folder = expand(tmp_path / "master.m3u8")
    assert [name for name, _ in folder.files] == [
        "low/index.m3u8",
        "high/index.m3u8",
        "low/seg.ts",
        "high/seg.ts",
    ]
    assert all(path.read_text() for _, path in folder.files)


def test_relative_manifest_path_without_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, p_d_M3U8=hls("a.ts"), a_d_ts="a")
    monkeypatch.chdir(tmp_path)
    assert names(Path("p.M3U8")) == ["a.ts"]


def test_mpd(tmp_path: Path) -> None:
    write(
        tmp_path,
        m_d_mpd="<MPD><Period><AdaptationSet><Representation id='v'><BaseURL>v.mp4</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>",
        v_d_mp4="v",
    )
    assert expand(tmp_path / "m.mpd").files == [("v.mp4", (tmp_path / "v.mp4").resolve())]


@pytest.mark.covers("tencent G-20")
def test_query_and_escapes_literal_name_first(tmp_path: Path) -> None:
    (tmp_path / "p.m3u8").write_text(hls("a.ts?v=1", "b.ts?v=1", "c%20d.ts", "e%20f.ts"))
    for name in ("a.ts", "b.ts?v=1", "b.ts", "c d.ts", "e%20f.ts"):
        (tmp_path / name).write_text(name)
    found = {name: path.name for name, path in expand(tmp_path / "p.m3u8").files}
    assert found == {"a.ts": "a.ts", "b.ts": "b.ts?v=1", "c d.ts": "c d.ts", "e f.ts": "e%20f.ts"}


def test_two_files_under_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.m3u8").write_text(hls("a%20b.ts", "a b.ts"))
    (tmp_path / "a%20b.ts").write_text("1")
    (tmp_path / "a b.ts").write_text("2")
    with pytest.raises(ManifestError, match="cannot tell apart"):
        expand(tmp_path / "p.m3u8")


def test_all_missing_files_are_named(tmp_path: Path) -> None:
    write(
        tmp_path, p_d_m3u8=hls("one.ts", "sub/v.m3u8", "here.ts"), sub__v_d_m3u8=hls("two.ts"), here_d_ts="x"
    )
    with pytest.raises(ManifestError, match=r"'one\.ts', 'sub/two\.ts'"):
        expand(tmp_path / "p.m3u8")


def test_a_directory_is_no_segment(tmp_path: Path) -> None:
    write(tmp_path, p_d_m3u8=hls("sub"), sub__x="x")
    with pytest.raises(ManifestError, match="'sub'"):
        expand(tmp_path / "p.m3u8")


@pytest.mark.parametrize("through", ["file", "directory", "nested"])
def test_symbolic_links_that_leave_the_folder_are_refused(tmp_path: Path, through: str) -> None:
    (tmp_path / "secret.ts").write_text("secret")
    folder = tmp_path / "show"
    write(folder, p_d_m3u8=hls({"file": "a.ts", "directory": "up/secret.ts", "nested": "n.m3u8"}[through]))
    if through == "file":
        (folder / "a.ts").symlink_to("../secret.ts")
    else:
        (folder / "up").symlink_to(tmp_path)
        write(folder, n_d_m3u8=hls("up/secret.ts"))
    with pytest.raises(ManifestError, match="symbolic link"):
        expand(folder / "p.m3u8")


def test_links_inside_the_folder_and_to_it_work(tmp_path: Path) -> None:
    write(tmp_path, show__p_d_m3u8=hls("a.ts"), show__real_d_ts="x")
    (tmp_path / "show" / "a.ts").symlink_to("real.ts")
    (tmp_path / "link").symlink_to("show")
    assert names(tmp_path / "link" / "p.m3u8") == ["a.ts"]


def test_link_loop_is_a_missing_file(tmp_path: Path) -> None:
    write(tmp_path, p_d_m3u8=hls("a.ts"))
    (tmp_path / "a.ts").symlink_to("a.ts")
    with pytest.raises(ManifestError, match="not there"):
        expand(tmp_path / "p.m3u8")


def test_empty_playlist_and_missing_manifest(tmp_path: Path) -> None:
    write(tmp_path, p_d_m3u8=hls())
    with pytest.raises(ManifestError, match="no file"):
        expand(tmp_path / "p.m3u8")
    with pytest.raises(SourceNotFound):
        expand(tmp_path / "q.m3u8")


def test_notices_come_once(tmp_path: Path) -> None:
    key = '#EXT-X-KEY:METHOD=AES-128,URI="https://k.example/1"'
    write(tmp_path, p_d_m3u8=hls("v.m3u8", key), v_d_m3u8=hls(key, "a.ts"), a_d_ts="a")
    assert len(expand(tmp_path / "p.m3u8").notices) == 1
