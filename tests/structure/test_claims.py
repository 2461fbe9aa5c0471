"""Every request that a vendor's own client was seen to make belongs to exactly one room, the right one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.transcripts import scope

from vodkit.core import registry
from vodkit.server.contract import Room, Settings
from vodkit.server.dispatch import head_of
from vodkit.server.service import Service

GOLDEN = Path(__file__).parents[1] / "golden"


def transcripts() -> list[Path]:
    return sorted(path for path in GOLDEN.glob("*/*.json"))


def room_of(path: Path) -> str:
    """Folders are named after the room, or after the room and one of its wires."""
    (room,) = [name for name in registry.names() if path.parent.name.split("_")[0] == name]
    return room


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Room]:
    async def opened() -> Mapping[str, Room]:
        async with Service.open(Settings(data=str(tmp_path_factory.mktemp("data")))) as service:
            return service.rooms

    return asyncio.run(opened())


@pytest.mark.parametrize("path", transcripts(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_exactly_one_room_claims_what_a_client_was_seen_to_send(
    path: Path, rooms: Mapping[str, Room]
) -> None:
    found = 0
    for request in json.loads(path.read_text())["requests"]:
        head = head_of(scope(request))
        assert [name for name, room in rooms.items() if room.claims(head)] == [room_of(path)], head
        found += 1
    assert found


def test_nobody_claims_the_services_own_pages(rooms: Mapping[str, Room]) -> None:
    for page in ("/", "/v/a/b/c", "/health", "/watch/1", "/api/media", "/console", "/favicon.ico"):
        for host in ("127.0.0.1:8600", "localhost", "media.example"):
            head = head_of(scope({"method": "GET", "target": page, "headers": {"host": host}}))
            assert not [name for name, room in rooms.items() if room.claims(head)], page


def test_there_are_transcripts_for_every_room() -> None:
    assert {room_of(path) for path in transcripts()} == set(registry.names())
