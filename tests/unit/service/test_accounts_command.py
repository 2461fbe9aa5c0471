"""``vodkit accounts`` beside a running service."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.waiting import until

from .conftest import HERE, SOURCES, Running


def accounts(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vodkit", "accounts", "--data", str(data), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{SOURCES}{os.pathsep}{HERE / 'toy'}"},
    )


def known(running: Running, key: str) -> Any:
    answer = urllib3.request("GET", f"{running.url}/toy/account?{key}")
    return answer.json() if answer.status == 200 else None


def test_add_use_list_disable_and_enable(running: Running) -> None:
    assert known(running, "mine") is None
    made = accounts(running.data, "add", "toy", "--id", "mine", "--set", "number=7", "--set", "hidden=hush")
    account = json.loads(made.stdout)
    assert (account["id"], account["number"], len(account["secret"])) == ("mine", 7, 40)

    seen = known(running, "mine")
    assert (seen["secret"], seen["open"], seen["same"]) == (account["secret"], False, True)
    assert seen["attrs"] == {"number": 7, "hidden": "hush", "region": "here"}
    assert account["secret"] not in seen["repr"] and "hush" not in seen["repr"]

    listed = accounts(running.data, "list", "--provider", "toy", "--json").stdout
    assert "mine" in [json.loads(line)["key"] for line in listed.splitlines()]
    assert account["secret"] not in listed and "hush" not in listed

    assert accounts(running.data, "disable", "toy", "mine").returncode == 0
    until(lambda: known(running, "mine") is None)
    again = accounts(running.data, "add", "toy", "--id", "mine", "--secret", "new")
    assert again.returncode == 0
    assert known(running, "mine")["secret"] == "new"

    stored = "".join(sqlite3.connect(running.data / "vodkit.db").iterdump())
    assert account["secret"] not in stored and "hush" not in stored


def test_uploads_are_made_into_what_there_is_only(running: Running) -> None:
    accounts(running.data, "add", "toy", "--id", "typo")
    refused = accounts(running.data, "set", "toy", "typo", "procedure=as-iz", "quota=1G")
    assert refused.returncode == 2
    assert "there is no procedure 'as-iz' for this account. Add it first" in refused.stderr
    left = json.loads(accounts(running.data, "set", "toy", "typo").stdout)
    assert (left["procedure"], left["quota"]) == (None, None)
    made = json.loads(accounts(running.data, "set", "toy", "typo", "procedure=as-is").stdout)
    assert made["procedure"] == "as-is"


def test_what_an_account_may_and_stores(running: Running) -> None:
    accounts(running.data, "add", "toy", "--id", "limited")
    changed = accounts(running.data, "set", "toy", "limited", "quota=1.5GiB", "concurrency=2", "procedure=")
    assert json.loads(changed.stdout) == {
        "quota": 3 << 29,
        "max_seconds": None,
        "concurrency": 2,
        "procedure": "",
        "private_targets": False,
    }
    changed = accounts(
        running.data, "set", "toy", "limited", "--unset", "concurrency", "--unset", "procedure"
    )
    assert json.loads(changed.stdout)["procedure"] is None
    used = accounts(running.data, "usage", "--provider", "toy", "--json")
    (mine,) = [found for found in map(json.loads, used.stdout.splitlines()) if found["key"] == "limited"]
    assert mine == {
        "provider": "toy",
        "key": "limited",
        "objects": 0,
        "stored": 0,
        "coming": 0,
        "used": 0,
        "quota": 3 << 29,
    }
    assert "limited\t0\t0 B\t0 B\t1.5 GiB" in accounts(running.data, "usage").stdout


def test_the_accounts_file_says_what_accounts_may(tmp_path: Path, start: Callable[..., Running]) -> None:
    file = tmp_path / "accounts.toml"
    file.write_text('[[account]]\nprovider = "toy"\nid = "a"\nsecret = "s"\nquota = "10M"\n')
    data = tmp_path / "data"
    start(data, "--accounts", str(file)).stop()
    accounts(data, "set", "toy", "a", "concurrency=3", "quota=20M")
    start(data, "--accounts", str(file)).stop()
    settings = json.loads(accounts(data, "set", "toy", "a").stdout)
    assert (settings["quota"], settings["concurrency"]) == (10 << 20, 3)


def test_mint(running: Running) -> None:
    accounts(running.data, "add", "toy", "--id", "minting")
    minted = accounts(running.data, "mint", "toy", "--id", "minting", "--lifetime", "60")
    assert json.loads(minted.stdout) == {"key": "minting", "lifetime": 60.0}


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("add", "tyo"), 2, "Did you mean 'toy'"),
        (("add", "toy", "--set", "nmuber=7"), 2, "Did you mean 'number'"),
        (("add", "toy", "--set", "number=x"), 2, "must be of type int"),
        (("disable", "toy", "nobody"), 5, "no account 'nobody'"),
        (("set", "toy", "nobody", "quota=1G"), 5, "no account 'nobody'"),
        (("set", "toy", "nobody", "qouta=1G"), 2, "Did you mean 'quota'"),
        (("set", "toy", "nobody", "quota=much"), 2, "quota cannot be 'much'"),
    ],
)
def test_mistakes(running: Running, arguments: tuple[str, ...], code: int, complaint: str) -> None:
    result = accounts(running.data, *arguments)
    assert (result.returncode, complaint in result.stderr) == (code, True), result.stderr


def test_a_folder_without_a_service_stays_as_it_is(tmp_path: Path, start: Callable[..., Running]) -> None:
    result = accounts(tmp_path / "data", "list")
    assert (result.returncode, "no service's data" in result.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
