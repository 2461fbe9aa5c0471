"""The database: migrations, group commit, and what a failing job leaves."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, inspect, select, text

from vodkit.server.catalog import SqlCatalog, after_commit
from vodkit.server.catalog.migrate import RoomTables
from vodkit.server.catalog.tables import METADATA, spaces

ROOM_TABLES = MetaData()
Table("toy_things", ROOM_TABLES, Column("id", Integer, primary_key=True))

ROOM_MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "toy0001"
down_revision = None
branch_labels = ("toy",)
depends_on = "base"


def upgrade():
    op.create_table("toy_things", sa.Column("id", sa.Integer, primary_key=True))
"""


def space(name: str) -> Any:
    return insert(spaces).values(
        provider="toy", name=name, account="a", access="private", region="", attrs={}, created=0.0
    )


def count(catalog: SqlCatalog) -> int:
    return catalog.read_now(lambda conn: conn.execute(select(func.count()).select_from(spaces)).scalar_one())


def difference(catalog: SqlCatalog, *more: MetaData) -> list[Any]:
    options = {"compare_type": True}
    return catalog.read_now(
        lambda conn: compare_metadata(MigrationContext.configure(conn, opts=options), [METADATA, *more])
    )


def test_migrations_make_exactly_the_declared_tables(database: str, tmp_path: Path) -> None:
    for _ in range(2):
        catalog = SqlCatalog(database, tmp_path)
        assert difference(catalog) == []
        catalog.close()


def test_a_room_brings_its_own_tables(database: str, tmp_path: Path) -> None:
    SqlCatalog(database, tmp_path).close()
    folder = tmp_path / "toy 100%" / "migrations"
    folder.mkdir(parents=True)
    (folder / "toy0001.py").write_text(ROOM_MIGRATION)
    for _ in range(2):
        catalog = SqlCatalog(database, tmp_path, [RoomTables("toy", ROOM_TABLES, folder)])
        assert difference(catalog, ROOM_TABLES) == []
        catalog.close()


def test_alembic_comes_in_only_when_a_migration_is_due(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    program = """
import sys
from pathlib import Path
from sqlalchemy import MetaData
from vodkit.server.catalog import SqlCatalog
from vodkit.server.catalog.migrate import RoomTables
database, data, folder = sys.argv[1:]
SqlCatalog(database, Path(data), [RoomTables("toy", MetaData(), Path(folder))]).close()
print("alembic" in sys.modules)
"""

    def opened() -> str:
        command = [sys.executable, "-c", program, database, str(tmp_path), str(folder)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert [opened(), opened()] == ["True", "False"]
    (folder / "toy0001.py").write_text(ROOM_MIGRATION)
    assert [opened(), opened()] == ["True", "False"]
    second = ROOM_MIGRATION.replace("None", '"toy0001"').replace('("toy",)', "None").replace('"base"', "None")
    second = second.replace('revision = "toy0001"\ndown', 'revision = "toy0002"\ndown')
    (folder / "toy0002.py").write_text(second.replace("toy_things", "toy_more"))
    assert [opened(), opened()] == ["True", "False"]
    catalog = SqlCatalog(database, tmp_path, [RoomTables("toy", ROOM_TABLES, folder)])
    assert catalog.read_now(lambda conn: inspect(conn).has_table("toy_more"))
    catalog.close()


def test_a_broken_migration_changes_nothing(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "toy0001.py").write_text(ROOM_MIGRATION + "    raise RuntimeError('half way')\n")
    with pytest.raises(RuntimeError, match="half way"):
        SqlCatalog(database, tmp_path, [RoomTables("toy", ROOM_TABLES, folder)])
    catalog = SqlCatalog(database, tmp_path)
    assert not catalog.read_now(lambda conn: inspect(conn).has_table("toy_things"))
    assert difference(catalog) == []
    catalog.close()


def test_sqlite_is_set_up_for_durability(tmp_path: Path) -> None:
    catalog = SqlCatalog("", tmp_path)
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    found = catalog.write_now(
        lambda conn: [conn.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas]
    )
    assert found == ["wal", 2, 1]
    assert (tmp_path / "vodkit.db").stat().st_mode & 0o077 == 0
    catalog.close()


def test_jobs_share_a_commit_and_fail_alone(tmp_path: Path) -> None:
    catalog = SqlCatalog("", tmp_path)
    running, go = threading.Event(), threading.Event()
    followed: list[int] = []

    def slow(conn: Any) -> None:
        running.set()
        assert go.wait(60)

    def job(conn: Any, number: int) -> int:
        conn.execute(space(f"s{number}"))
        after_commit(conn, lambda: followed.append(number))
        if number % 10 == 3:
            raise KeyError(number)
        return number

    async def work() -> list[Any]:
        first = asyncio.ensure_future(catalog.write(slow))
        await asyncio.get_running_loop().run_in_executor(None, running.wait)
        before = catalog.commits
        jobs = [asyncio.ensure_future(catalog.write(lambda conn, n=n: job(conn, n))) for n in range(100)]
        await asyncio.sleep(0)
        go.set()
        results = await asyncio.gather(first, *jobs, return_exceptions=True)
        assert catalog.commits - before == 2
        await catalog.settle()
        return results[1:]

    results = asyncio.run(work())
    good = [number for number in range(100) if number % 10 != 3]
    assert [result for result in results if isinstance(result, int)] == good
    assert [str(result) for result in results if isinstance(result, KeyError)] == [
        str(n) for n in range(3, 100, 10)
    ]
    assert followed == good
    assert count(catalog) == 90
    catalog.close()


def test_whatever_a_job_raises_the_next_one_is_done(tmp_path: Path) -> None:
    catalog = SqlCatalog("", tmp_path)

    def leave(conn: Any) -> None:
        conn.execute(space("lost"))
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        catalog.write_now(leave)
    catalog.write_now(lambda conn: conn.execute(space("kept")))
    assert count(catalog) == 1
    catalog.close()


def test_a_job_is_done_though_no_thread_can_be_had_for_what_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = SqlCatalog("", tmp_path)
    followed: list[str] = []

    def job(conn: Any, name: str) -> None:
        conn.execute(space(name))
        after_commit(conn, lambda: followed.append(name))

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        catalog.write_now(lambda conn: job(conn, "one"))
    catalog.write_now(lambda conn: job(conn, "two"))
    asyncio.run(catalog.settle())
    assert (count(catalog), followed) == (2, ["one", "two"])
    catalog.close()


def test_a_database_that_is_up_to_date_opens_beside_who_writes(database: str, tmp_path: Path) -> None:
    catalog = SqlCatalog(database, tmp_path)
    held, go = threading.Event(), threading.Event()

    def hold(conn: Any) -> None:
        conn.execute(space("one"))
        held.set()
        assert go.wait(60)

    writing = threading.Thread(target=catalog.write_now, args=(hold,))
    writing.start()
    try:
        assert held.wait(60)
        beside = SqlCatalog(database, tmp_path)
        assert count(beside) == 0
        beside.close()
    finally:
        go.set()
        writing.join()
    assert count(catalog) == 1
    catalog.close()


COMES_AND_GOES = """
import sys
from pathlib import Path
from vodkit.server.catalog import SqlCatalog
SqlCatalog("", Path(sys.argv[1])).close()
"""
COUNT = """
import sqlite3, sys
print(*sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM spaces").fetchone())
"""


def test_a_folder_that_is_open_twice_here_keeps_what_is_written_when_another_process_goes(
    tmp_path: Path,
) -> None:
    first, second = SqlCatalog("", tmp_path), SqlCatalog("", tmp_path)
    first.write_now(lambda conn: conn.execute(space("before")) and None)
    # SQLite lets the last process that closes a database take its log away.
    subprocess.run([sys.executable, "-c", COMES_AND_GOES, tmp_path], check=True)
    first.write_now(lambda conn: conn.execute(space("after")) and None)
    count_them = [sys.executable, "-c", COUNT, tmp_path / "vodkit.db"]
    assert subprocess.run(count_them, check=True, capture_output=True, text=True).stdout == "2\n"
    for catalog in (first, second):
        catalog.close()


def test_closing_finishes_what_is_queued(database: str, tmp_path: Path) -> None:
    catalog = SqlCatalog(database, tmp_path)

    async def work() -> None:
        jobs = [
            asyncio.ensure_future(catalog.write(lambda conn, n=n: conn.execute(space(f"s{n}"))))
            for n in range(50)
        ]
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, catalog.close)
        await asyncio.gather(*jobs)

    asyncio.run(work())
    catalog = SqlCatalog(database, tmp_path)
    assert count(catalog) == 50
    catalog.close()
    with pytest.raises(RuntimeError):
        catalog.write_now(count)  # type: ignore[arg-type]


def test_never_locked_with_readers_and_another_process_writing(tmp_path: Path) -> None:
    catalogs = [SqlCatalog("", tmp_path), SqlCatalog("", tmp_path)]

    def read_then_write(conn: Any, name: str) -> None:
        conn.execute(select(func.count()).select_from(spaces)).scalar()
        conn.execute(space(name))

    async def work() -> None:
        jobs: list[Any] = []
        for number in range(150):
            for at, catalog in enumerate(catalogs):
                jobs.append(catalog.write(lambda conn, n=f"{at}/{number}": read_then_write(conn, n)))
                jobs.append(catalog.read(lambda conn: conn.execute(select(spaces.c.name)).all()))
        await asyncio.gather(*jobs)

    asyncio.run(work())
    assert count(catalogs[0]) == 300
    for catalog in catalogs:
        catalog.close()


def test_a_database_that_is_neither(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mysql"):
        SqlCatalog("mysql://x/y", tmp_path)
