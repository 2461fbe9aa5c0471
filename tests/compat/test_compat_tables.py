"""The side-by-side pages hold every case and every name, and what they say of the drop-ins is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from . import side_by_side

ROOT = Path(__file__).parents[2]
PROVIDERS = sorted(path.parent.name for path in Path(__file__).parent.glob("*/cases.py"))


def rows(provider: str) -> dict[str, list[str]]:
    """The cells of each row by the first one."""
    lines = (ROOT / "docs" / "compat" / f"{provider}.md").read_text().splitlines()
    cells = [re.split(r" (?<!\\)\| ", line[2:-2]) for line in lines if line.startswith("| ")]
    return {first.removesuffix(" *stated*"): rest for first, *rest in cells}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_input_has_its_row(provider: str) -> None:
    cases = side_by_side.load(str(Path(__file__).parent / provider / "cases.py"))
    found = rows(provider)
    inputs = {name for name in vars(cases) if re.fullmatch(r"[A-Z]+\d+\w*", name)}
    for case in {*inputs, *cases.STATED}:
        assert all(found[case]), case


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_name_is_there(provider: str) -> None:
    cases = side_by_side.load(str(Path(__file__).parent / provider / "cases.py"))
    found = rows(provider)
    for name, shape in side_by_side.names(cases.NAMES).items():
        assert not shape.endswith("Error"), name
        assert found[f"`{name}`"][1] == shape.replace("|", "\\|")


def test_every_defect_of_tencents_sdk_is_among_the_inputs() -> None:
    assert {f"F{number}" for number in range(1, 30)} <= rows("tencent").keys()


def test_every_defect_of_uclouds_sdks_is_among_the_inputs() -> None:
    wanted = {f"O{number}" for number in range(1, 13)} | {f"D{number}" for number in range(1, 24)}
    assert wanted <= rows("ucloud").keys()


def test_every_defect_of_youkus_package_is_among_the_inputs() -> None:
    assert {f"D{number}" for number in range(1, 36)} <= rows("youku").keys()
