"""Every code example of the vendor's documents runs over the drop-in, as a program of its own.

An example names files in ``/data/file`` and placeholders of temporary keys; these texts are exchanged for
what the test made, and nothing else is.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vodkit.server.embedded import EmbeddedService

from ..service import run
from .cloud import describe, fetch, make_procedure, temporary_keys

EXAMPLES = Path(__file__).parent / "examples"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The files that the examples name."""
    folder = tmp_path / "file"
    folder.mkdir()
    (folder / "Wildlife.mp4").write_bytes(os.urandom(3_000_000))
    (folder / "Wildlife-Cover.png").write_bytes(os.urandom(20_000))
    (folder / "prog_index.m3u8").write_text("#EXTM3U\n#EXTINF:9,\nsequence0.ts\n#EXT-X-ENDLIST\n")
    (folder / "sequence0.ts").write_bytes(os.urandom(5000))
    return folder


@pytest.mark.covers("tencent G-24")
@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_example(name: str, data: Path, cloud_service: EmbeddedService) -> None:
    code = (EXAMPLES / f"{name}.py").read_text()
    exchanged = {"/data/file": str(data)}
    if "Credentials" in code:
        keys = temporary_keys(cloud_service)
        exchanged |= {f"Credentials {name}": value for name, value in keys.items()}
    for text, value in exchanged.items():
        assert text in code
        code = code.replace(text, value)
    if name == "procedure":
        make_procedure(cloud_service, "Your Procedure Name")
    program = data / "example.py"
    program.write_text(code)
    file_id, media_url, *cover_url = run(program, cloud_service, data)
    assert file_id.isdigit()
    source = data / ("prog_index.m3u8" if name == "adaptive" else "Wildlife.mp4")
    assert fetch(media_url) == source.read_bytes()
    if name == "cover":
        assert fetch(cover_url[0]) == (data / "Wildlife-Cover.png").read_bytes()
    if name == "adaptive":
        assert fetch(media_url.rpartition("/")[0] + "/sequence0.ts") == (data / "sequence0.ts").read_bytes()
    told = describe(cloud_service, file_id, 101 if name == "sub_app" else None)
    assert told["Name"] == source.stem
    if name == "storage_region":
        assert told["StorageRegion"] == "ap-chongqing"


def test_there_is_a_file_for_every_example() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {
        "adaptive",
        "concurrency",
        "cover",
        "procedure",
        "simple",
        "storage_region",
        "sub_app",
        "temporary_keys",
    }


def test_examples_may_not_leave_the_machine(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    program = tmp_path / "elsewhere.py"
    program.write_text(
        "import socket\n"
        "for host in ('192.0.2.1', 'vod.tencentcloudapi.com'):\n"
        "    try:\n        socket.create_connection((host, 443), 1)\n"
        "    except PermissionError as refused:\n        print(refused)\n"
    )
    assert run(program, cloud_service, tmp_path) == [
        "a test may not speak to 192.0.2.1",
        "a test may not speak to vod.tencentcloudapi.com",
    ]
