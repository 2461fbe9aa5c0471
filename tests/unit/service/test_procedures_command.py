"""``vodkit procedures`` on a data folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from vodkit.cli.main import cli
from vodkit.core.errors import ConfigError, NotFound
from vodkit.server.admin import add_account, set_allowances
from vodkit.server.contract import Settings
from vodkit.server.procedure_admin import (
    add_procedure,
    list_procedures,
    read_procedure,
    remove_procedure,
    show_procedure,
)
from vodkit.server.vault import open_vault

TOML = """
name = "small"
files = "all"

[[renditions]]
height = 360
codec = "vp9"

[cover]
percent = 25.0
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a service that has been started once."""
    (tmp_path / "data").mkdir()
    open_vault(tmp_path / "data" / "keys")
    return tmp_path / "data"


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["procedures", "--data", str(data), *arguments], catch_exceptions=False)


def names(result: Result) -> dict[str, str]:
    return {item["name"]: item["from"] for item in map(json.loads, result.stdout.splitlines())}


def test_add_list_show_and_remove(data: Path, tmp_path: Path) -> None:
    built_in = {"as-is", "audio-only", "default", "snapshot-only"}
    assert names(run(data, "list", "--json")) == dict.fromkeys(built_in, "built in")
    (tmp_path / "small.toml").write_text(TOML)
    assert "small: streams of 360" in run(data, "add", str(tmp_path / "small.toml")).stdout
    assert names(run(data, "list", "--json"))["small"] == "everybody"
    shown = json.loads(run(data, "show", "small").stdout)
    assert shown["renditions"][0]["codec"] == "vp9"
    shown["cover"] = None
    (tmp_path / "again.json").write_text(json.dumps(shown))
    run(data, "add", str(tmp_path / "again.json"))
    assert json.loads(run(data, "show", "small").stdout) == shown
    assert run(data, "remove", "small").exit_code == 0
    assert "small" not in run(data, "list").stdout


def test_an_account_has_its_own_before_everybodys(data: Path, tmp_path: Path) -> None:
    settings = Settings(data=str(data))
    entry = add_account(settings, "youku", None, None, {})
    mine = f"youku:{entry.key}"
    for owner, height in (("", 360), (mine, 240)):
        (tmp_path / "p.json").write_text(json.dumps({"name": "default", "renditions": [{"height": height}]}))
        add_procedure(settings, owner, tmp_path / "p.json")
    assert show_procedure(settings, mine, "default")["renditions"][0]["height"] == 240
    assert show_procedure(settings, "", "default")["renditions"][0]["height"] == 360
    found = {item["name"]: item["from"] for item in list_procedures(settings, mine)}
    assert (found["default"], found["as-is"]) == (mine, "built in")
    remove_procedure(settings, mine, "default")
    assert show_procedure(settings, mine, "default")["renditions"][0]["height"] == 360


def test_what_an_account_uses_stays(data: Path, tmp_path: Path) -> None:
    settings = Settings(data=str(data))
    entry = add_account(settings, "youku", None, None, {})
    (tmp_path / "p.json").write_text(json.dumps({"name": "mine", "renditions": [{"height": 240}]}))
    add_procedure(settings, "", tmp_path / "p.json")
    set_allowances(settings, "youku", entry.key, {"procedure": "mine"})
    with pytest.raises(ConfigError, match="and stays"):
        remove_procedure(settings, "", "mine")
    assert show_procedure(settings, "", "mine")["renditions"][0]["height"] == 240
    set_allowances(settings, "youku", entry.key, {}, unset=["procedure"])
    remove_procedure(settings, "", "mine")
    with pytest.raises(NotFound):
        show_procedure(settings, "", "mine")


@pytest.mark.parametrize(
    ("data_of_file", "said"),
    [
        ({"name": "p", "renditions": [{}, {"height": 99999}]}, "renditions[1].height must be from 0 to 8192"),
        ({"name": "p", "renditions": [{"codec": "mpeg2"}]}, "renditions[0].codec must be one of h264"),
        ({"name": "p", "audio": {"rate": "48k"}}, "audio.rate must be a whole number, not '48k'"),
        ({"name": "p", "cover": 5}, "cover must be a table"),
        ({"name": "p", "renditions": {}}, "renditions must be a list"),
        ({"name": "p", "watermark": {"space": "s"}}, "watermark.key is missing"),
        ({"name": "p", "speed": 2}, "speed is unknown"),
        ({"name": "p", "also": [{"name": "a b"}]}, "also[0].name must be of letters"),
        ({"name": "p", "also": [{"name": "a", "cover": {"percent": 200}}]}, "percent must be from 0 to 100"),
        ({"name": ""}, "name must be of 1 to 64"),
        ({"name": "p", "streaming": 1}, "streaming must be true or false"),
        ({"name": "p", "container": "flv", "renditions": [{"codec": "av1"}]}, "flv holds h264 only"),
        ([], "a procedure is a table"),
    ],
)
def test_what_cannot_be_made_is_refused_by_its_field(data_of_file: Any, said: str, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(data_of_file))
    with pytest.raises(ConfigError) as caught:
        read_procedure(tmp_path / "p.json")
    assert said in str(caught.value)


def test_what_is_false_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('name = "silent"\naudio = false\n')
    assert read_procedure(tmp_path / "p.toml").audio is None


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("name =")
    (tmp_path / "p.json").write_bytes(b"\xff{")
    for name, said in (("p.toml", "no TOML"), ("p.json", "no JSON"), ("none.json", "cannot be read")):
        with pytest.raises(ConfigError, match=said):
            read_procedure(tmp_path / name)


def test_unknown_names_and_accounts(data: Path, tmp_path: Path) -> None:
    settings = Settings(data=str(data))
    with pytest.raises(NotFound, match="no procedure"):
        show_procedure(settings, "", "nothing")
    with pytest.raises(NotFound, match="no procedure"):
        remove_procedure(settings, "", "nothing")
    with pytest.raises(ConfigError, match="built in"):
        remove_procedure(settings, "", "default")
    with pytest.raises(NotFound, match="no account"):
        show_procedure(settings, "youku:nobody", "default")
    with pytest.raises(ConfigError, match="PROVIDER:ID"):
        show_procedure(settings, "nobody", "default")
    with pytest.raises(ConfigError, match="no service's data"):
        show_procedure(Settings(data=str(tmp_path / "elsewhere")), "", "default")
