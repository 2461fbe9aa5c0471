"""The procedure that the docs show can be made of a film."""

from __future__ import annotations

import re
from pathlib import Path

from vodkit.server.media.facts import Facts, Stream
from vodkit.server.media.plan import plan
from vodkit.server.procedure_admin import read_procedure, summary

PAGE = Path(__file__).parents[2] / "docs" / "service.md"
BLOCK = re.compile(r"^```toml\n(name = .*?)^```", re.DOTALL | re.MULTILINE)
FILM = Facts("mp4", 90.0, 0.0, 0, (Stream(0, "video", "h264", width=1920, height=1080, fps=25),))


def test_the_procedure_of_the_docs(tmp_path: Path) -> None:
    (text,) = BLOCK.findall(PAGE.read_text())
    (tmp_path / "short.toml").write_text(text)
    made = read_procedure(tmp_path / "short.toml")
    assert f"{made.name}: {summary(made)}" in PAGE.read_text()
    assert [step.name for step in plan(FILM, made)] == [
        *("encode", "package", "file-720p", "file-360p", "cover"),
        "trailer-animation",
    ]
