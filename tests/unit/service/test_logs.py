"""Logs show what happened and no secret."""

from __future__ import annotations

import logging
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
    level = logging.getLogger("uvicorn.error").level
    yield
    structlog.reset_defaults()
    logging.getLogger("uvicorn.error").setLevel(level)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("json", [True, False])
def test_an_exception_is_logged_without_local_variables(
    capsys: pytest.CaptureFixture[str], json: bool
) -> None:
    logs.configure(json=json)
    secret_key = "do not " + "show"
    try:
        raise ValueError(f"{len(secret_key)} is wrong")
    except ValueError:
        logs.get("test").exception("failed")
    logged = capsys.readouterr().err
    assert "11 is wrong" in logged
    assert secret_key not in logged


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
