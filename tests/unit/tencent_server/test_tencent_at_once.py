"""Requests that meet others, and workers, at the same media: none undoes what another one does."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from tests.waiting import PATIENCE
from vodkit.server.catalog.tables import media as media_rows
from vodkit.server.catalog.tables import objects

from .worked import FACTS
from .world import Caller, World

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
VTT = base64.b64encode(b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n").decode()
SUBTITLE = {"Name": "s", "Language": "en", "Format": "vtt", "Content": VTT}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


@contextmanager
def meanwhile(world: World, pool: ThreadPoolExecutor, work: Any) -> Iterator[None]:
    """A transaction that has done ``work`` and is committed a while after the block began others."""
    done, go = threading.Event(), threading.Event()

    def held(conn: Connection) -> None:
        work(conn)
        done.set()
        go.wait(PATIENCE)

    holding = pool.submit(world.service.catalog.write_now, held)
    try:
        assert done.wait(PATIENCE)
        yield
        time.sleep(0.3)
    finally:
        go.set()
        holding.result(PATIENCE)


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("ModifyMediaInfo", {"Name": "other"}),
        ("ForbidMediaDistribution", {"Operation": "forbid"}),
        ("DeleteMedia", {"DeleteParts": [{"Type": "OriginalFiles"}]}),
    ],
)
def test_what_a_worker_finds_out_meanwhile_stands(
    one: Caller, world: World, pool: ThreadPoolExecutor, action: str, params: dict[str, Any]
) -> None:
    id = one.upload(b"movie", Procedure="LongVideoPreset")["FileId"]

    def worker(conn: Connection) -> None:
        mine = media_rows.c.remote_id == id
        conn.execute(update(media_rows).where(mine).values(facts=FACTS, status="ready"))

    name = {"FileIds": [id]} if action == "ForbidMediaDistribution" else {"FileId": id}
    with meanwhile(world, pool, worker):
        asked = pool.submit(lambda: one(action, **name, **params))
    asked.result()
    if action == "ForbidMediaDistribution":
        one(action, **name, Operation="recover")
    service = world.service
    record = service.catalog.read_now(lambda conn: service.media.get(conn, "tencent", id))
    assert record is not None
    assert (record.facts, record.status) == (FACTS, "ready")


@pytest.mark.parametrize("given", [{"CoverData": PNG}, {"AddSubtitles": [SUBTITLE]}])
def test_nothing_is_added_to_a_media_that_is_being_deleted(
    two: Caller, world: World, pool: ThreadPoolExecutor, given: dict[str, Any]
) -> None:
    id = two.upload(b"movie")["FileId"]
    service = world.service
    record = service.catalog.read_now(lambda conn: service.media.get(conn, "tencent", id))
    assert record is not None
    with meanwhile(world, pool, lambda conn: service.media.delete(conn, record.id)):
        asked = pool.submit(lambda: two.refused("ModifyMediaInfo", FileId=id, **given))
    assert asked.result() == "ResourceNotFound.FileNotExist"
    usage = service.catalog.read_now(lambda conn: service.quota.usage(conn, record.account))
    mine = select(func.count()).where(objects.c.account == record.account)
    assert (usage.used, service.catalog.read_now(lambda conn: conn.scalar(mine))) == (0, 0)


def test_a_procedure_template_is_there_once(two: Caller, world: World, pool: ThreadPoolExecutor) -> None:
    task = {"ImageSpriteTaskSet": [{"Definition": 10}]}
    for name in ("once", "more", "again"):
        barrier = threading.Barrier(6, timeout=PATIENCE)

        def create(name: str = name, barrier: threading.Barrier = barrier) -> str:
            barrier.wait()
            return two.tc3("CreateProcedureTemplate", {"Name": name, "MediaProcessTask": task}).code

        answers = [pool.submit(create) for _ in range(6)]
        codes = sorted(answer.result() for answer in answers)
        assert codes == ["", *["InvalidParameter.ExistedProcedureName"] * 5]


def test_a_session_id_that_comes_twice_at_once_counts_once(
    one: Caller, world: World, pool: ThreadPoolExecutor
) -> None:
    asked = {"FileId": one.upload(b"movie")["FileId"], "ProcedureName": "LongVideoPreset"}
    for number in range(5):
        session = f"at-once-{number}"
        barrier = threading.Barrier(6, timeout=PATIENCE)

        def ask(session: str = session, barrier: threading.Barrier = barrier) -> str:
            barrier.wait()
            return one.tc3("ProcessMediaByProcedure", {**asked, "SessionId": session}).code

        answers: list[Future[str]] = [pool.submit(ask) for _ in range(6)]
        codes = sorted(answer.result() for answer in answers)
        assert codes == ["", *["InvalidParameterValue.SessionId"] * 5]
