"""Logs show what happened and no secret."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import URL, text
from sqlalchemy.exc import DatabaseError

from vodkit.server import logs
from vodkit.server.catalog.engines import sqlite_engines


@pytest.fixture
def restored() -> Iterator[None]:
    """The process's own configuration comes back afterwards."""
    level, before = logging.getLogger("uvicorn.error").level, structlog.get_config()
    yield
    structlog.configure(**before)
    logging.getLogger("uvicorn.error").setLevel(level)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("json", [True, False])
def test_an_exception_is_logged_without_local_variables(
    capfd: pytest.CaptureFixture[str], json: bool
) -> None:
    logs.configure(json=json)
    secret_key = "do not " + "show"
    try:
        raise ValueError(f"{len(secret_key)} is wrong")
    except ValueError:
        logs.get("test").exception("failed")
    logged = capfd.readouterr().err
    assert "11 is wrong" in logged
    assert secret_key not in logged


COMMAND = """
import sys
from pathlib import Path
from vodkit.server import logs
from vodkit.server.contract import Settings
from vodkit.server.service import tools
from vodkit.server.vault import open_vault
open_vault(Path(sys.argv[1]) / "keys")
with tools(Settings(data=sys.argv[1])):
    logs.get("test").warning("look here")
    logs.get("test").info("not this")
"""


def test_a_command_that_warns_leaves_stdout_to_its_answer(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", COMMAND, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "look here" in done.stderr
    assert "not this" not in done.stderr


def test_an_error_of_the_database_hides_its_parameters(tmp_path: Path) -> None:
    writer, reader = sqlite_engines(URL.create("sqlite", database=str(tmp_path / "db")))
    try:
        for engine in (writer, reader):
            with engine.connect() as conn, pytest.raises(DatabaseError) as raised:
                conn.execute(text("SELECT * FROM nothing WHERE secret = :s"), {"s": "do not show"})
            assert "do not show" not in str(raised.value)
    finally:
        writer.dispose()
        reader.dispose()
