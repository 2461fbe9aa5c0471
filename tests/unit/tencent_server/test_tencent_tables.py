"""The room's own tables, and what keeps them right when calls come at once."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select

from vodkit.providers.tencent.server import Room
from vodkit.providers.tencent.server.tables import apps
from vodkit.server.catalog import SqlCatalog
from vodkit.server.catalog.migrate import RoomTables
from vodkit.server.catalog.tables import METADATA

from .world import World

MIGRATIONS = Path(Room.MIGRATIONS)


def test_migrations_make_exactly_the_declared_tables(database: str, tmp_path: Path) -> None:
    catalog = SqlCatalog(database, tmp_path, [RoomTables("tencent", Room.TABLES, MIGRATIONS)])
    options = {"compare_type": True}
    found = catalog.read_now(
        lambda conn: compare_metadata(MigrationContext.configure(conn, opts=options), [METADATA, Room.TABLES])
    )
    catalog.close()
    assert found == []


def test_an_account_with_two_primary_applications_keeps_the_first(database: str, tmp_path: Path) -> None:
    first = tmp_path / "migrations"
    first.mkdir()
    shutil.copy(MIGRATIONS / "tencent_0001_rooms_own_tables.py", first)
    catalog = SqlCatalog(database, tmp_path, [RoomTables("tencent", Room.TABLES, first)])

    def fill(conn: Connection) -> None:
        for account, id, primary in (("a", 1, False), ("a", 2, True), ("a", 3, True), ("b", 3, True)):
            values = {"account": account, "id": id, "primary_app": primary, "bucket": f"{account}-{id}"}
            shared = {"name": "", "description": "", "status": "On", "region": "", "created": 0.0}
            conn.execute(insert(apps).values(**values, **shared))

    catalog.write_now(fill)
    catalog.close()
    catalog = SqlCatalog(database, tmp_path, [RoomTables("tencent", Room.TABLES, MIGRATIONS)])
    primary = select(apps.c.account, apps.c.id).where(apps.c.primary_app).order_by(apps.c.account)
    found = catalog.read_now(lambda conn: [tuple(row) for row in conn.execute(primary)])
    catalog.close()
    assert found == [("a", 2), ("b", 3)]


def test_first_calls_at_once_make_one_primary_application(world: World) -> None:
    owner = world.caller("AKIDatonce")
    with ThreadPoolExecutor(8) as pool:
        buckets = set(pool.map(lambda _: owner("ApplyUpload", MediaType="mp4")["StorageBucket"], range(16)))
    assert len(buckets) == 1
    count = select(func.count()).select_from(apps).where(apps.c.bucket.in_(buckets))
    assert world.service.catalog.read_now(lambda conn: conn.scalar(count)) == 1
    assert len(owner("DescribeSubAppIds")["SubAppIdInfoSet"]) == 1
