"""Media with everything that can be made of them, put into a data folder without a worker."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from vodkit.server.access import sealed_password
from vodkit.server.catalog.tables import media as media_rows
from vodkit.server.content_types import content_type
from vodkit.server.contract import Account, Blob, MediaRecord, Settings
from vodkit.server.media.facts import Facts
from vodkit.server.media.look import facts_of
from vodkit.server.media.plan import plan
from vodkit.server.media.procedure import Position, Procedure, Rendition, Sprite
from vodkit.server.media.products import Product, products
from vodkit.server.media.render import render
from vodkit.server.names import new_id
from vodkit.server.processing import OUTPUTS, Output
from vodkit.server.service import Service, tools

PROVIDER = "tencent"
SPACE = "space-1500000001"
LADDER = Procedure(
    "test",
    (Rendition(360), Rendition(180)),
    files="all",
    cover=Position(percent=50),
    sprite=Sprite(1.0, 160, 4, 4),
)


@dataclasses.dataclass(frozen=True)
class Made:
    """What a procedure made of a source.

    Attributes:
        source: The original.
        facts: What is in it.
        steps: Kind, facts and files of each thing that was made.
    """

    source: Path
    facts: Facts
    steps: list[tuple[str, Product, list[Path]]]


def carry_out(source: Path, folder: Path, procedure: Procedure = LADDER) -> Made:
    """Run a procedure over a source, in ``folder``."""
    (folder / "probe").mkdir(parents=True)
    facts = facts_of(source, folder / "probe")
    steps = []

    def find(word: str) -> Path:
        return source if word == "@source" else folder / word[1:]

    for step in plan(facts, procedure):
        (folder / step.name).mkdir()
        render(step, folder / step.name, find)
        if step.published:
            for made in products(step, folder / step.name):
                steps.append((made.kind, made, [folder / step.name / name for name in made.files]))
    return Made(source, facts, steps)


class _File:
    """A file as a request body."""

    def __init__(self, path: Path) -> None:
        self.length = path.stat().st_size
        self._path = path

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._path.read_bytes()

    async def read(self, limit: int) -> bytes:
        return self._path.read_bytes()[:limit]


class Publisher:
    """Puts media into the data folder of a service that does not run."""

    def __init__(self, service: Service, account: Account) -> None:
        self._service = service
        self._account = account

    async def media(self, made: Made, name: str, **fields: Any) -> MediaRecord:
        """A media with the outputs of ``made``; ``fields`` of its record, ``password`` among them."""
        now = self._service.now()
        key = f"{secrets.token_hex(4)}/{name}"
        password = sealed_password(self._service.vault, fields.pop("password", ""))
        id = new_id()
        usual: Mapping[str, Any] = {
            "id": id, "provider": PROVIDER, "account": self._account.id, "remote_id": id,
            "kind": made.facts.kind, "title": name, "status": "ready", "space": SPACE, "key": key,
            "cover_key": "", "size": made.source.stat().st_size, "attrs": {}, "created": now, "updated": now,
            "expires": None, "facts": made.facts.as_dict(), "password_sealed": password,
        }  # fmt: skip
        record = MediaRecord(**{**usual, **fields})
        await self._put(SPACE, key, made.source)
        await self._service.catalog.write(lambda conn: self._service.media.add(conn, record))
        for _, product, files in made.steps:
            await self._output(record, product, files)
        return record

    async def _output(self, record: MediaRecord, product: Product, files: list[Path]) -> None:
        id = new_id()
        folder = f"{record.id}/{id}/"
        for file in files:
            await self._put(OUTPUTS, f"{folder}{file.name}", file)
        output = Output(
            id, record.id, "task", product.kind, product.name, folder + product.file, product.size,
            product.definition, dict(product.facts_under(folder)), self._service.now(),
        )  # fmt: skip
        await self._service.catalog.write(lambda conn: self._service.outputs.add(conn, [output]))

    async def _put(self, space: str, key: str, path: Path) -> None:
        service = self._service
        where = {"account": self._account.id, "provider": PROVIDER, "space": space, "key": key}
        upload = await service.catalog.write(lambda conn: service.uploads.create(conn, **where))
        await service.uploads.receive(upload, 1, _File(path), offset=0)

        def finish(conn: Connection) -> Blob:
            blob = service.uploads.complete(conn, upload.id)
            etag = hashlib.md5(path.read_bytes()).hexdigest()
            service.objects.put(conn, **where, blob=blob, content_type=content_type(path.name), etag=etag)
            return blob

        await service.catalog.write(finish)


def publish(data: Path, *media: tuple[Made, str, dict[str, Any]]) -> list[MediaRecord]:
    """Put media into a data folder: what was made, the name of the original, fields of the record."""

    async def main() -> list[MediaRecord]:
        async with Service.open(Settings(data=str(data))) as service:
            account = (await service.accounts.of(PROVIDER))[0]
            publisher = Publisher(service, account)
            return [await publisher.media(made, name, **fields) for made, name, fields in media]

    data.mkdir(parents=True, exist_ok=True)
    return asyncio.run(main())


def change(data: Path, record: MediaRecord, **fields: Any) -> MediaRecord:
    """Change a record beside a running service, as a worker does."""
    changed = dataclasses.replace(record, **fields)
    with tools(Settings(data=str(data))) as parts:
        parts.catalog.write_now(
            lambda conn: conn.execute(update(media_rows).where(media_rows.c.id == record.id).values(**fields))
        )
    return changed
