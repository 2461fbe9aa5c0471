"""What an account keeps beside its media: categories, transcoding templates, watermarks (netease.md §8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from vodkit.server.contract import MediaRecord

from .. import wire
from ..errors import PROVIDER
from . import presets
from .answer import ApiError
from .caller import Caller, Handler, Params
from .fields import page, paging, required_integer, required_text, text
from .tables import entries

TYPE, PRESET, WATERMARK = "type", "preset", "watermark"

DEFAULT = 0
"""Id of the category, and of the template, that media have when nothing is said."""

DEFAULT_TYPE_NAME = "默认分类"
DEFAULT_PRESET_NAME = "默认模板"

Spec = Callable[[Params], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry.

    Attributes:
        name: In the table and in the paths.
        remove: Last word of the path that deletes one.
        spec: Its further members, checked.
        default: Name of the entry that every account has, or ``""``.
    """

    name: str
    remove: str
    spec: Spec
    default: str = ""

    @property
    def id(self) -> str:
        """The member with its id."""
        return f"{self.name}Id"

    @property
    def title(self) -> str:
        """The member with its name."""
        return f"{self.name}Name"


def must_exist(conn: Connection, caller: Caller, kind: str, id: int) -> None:
    """Refuse what the account does not have. Raises ``ApiError`` 400."""
    spec_of(conn, caller, kind, id)


def spec_of(conn: Connection, caller: Caller, kind: str, id: int) -> Mapping[str, Any]:
    """The further members of an entry. Raises ``ApiError`` 400 for one that the account does not have."""
    row = _row(conn, caller, kind, id)
    if row is None:
        raise ApiError(wire.BAD_REQUEST, f"there is no {kind} {id}")
    found: Mapping[str, Any] = row["spec"]
    return found


def image_of(conn: Connection, caller: Caller, id: int) -> MediaRecord:
    """An image of the account. Raises ``ApiError`` 400 if there is none of this id."""
    found = caller.service.media.get(conn, PROVIDER, wire.media_id(None, id))
    if found is None or found.account != caller.account:
        raise ApiError(wire.BAD_REQUEST, f"there is no image {id}")
    return found


def type_name(conn: Connection, caller: Caller, id: int) -> str:
    """The name of a category; one that is gone counts as the default."""
    row = _row(conn, caller, TYPE, id) if id else None
    return row["name"] if row is not None else DEFAULT_TYPE_NAME


def _row(conn: Connection, caller: Caller, kind: str, id: int) -> RowMapping | None:
    query = select(entries).where(*_mine(caller, kind), entries.c.id == id)
    return conn.execute(query).mappings().first()


def _mine(caller: Caller, kind: str) -> tuple[Any, Any]:
    return entries.c.account == caller.account, entries.c.kind == kind


def _shown(kind: Kind, row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    return {
        kind.id: row["id"],
        kind.title: row["name"],
        **row["spec"],
        "createTime": int(row["created"] * 1000),
    }


def _default(kind: Kind, id: int) -> dict[str, Any] | None:
    if not kind.default or id != DEFAULT:
        return None
    return {"id": DEFAULT, "name": kind.default, "spec": kind.spec({}), "created": 0.0}


def _existing(conn: Connection, caller: Caller, kind: Kind, id: int) -> RowMapping:
    row = _row(conn, caller, kind.name, id)
    if row is None:
        raise ApiError(wire.NOT_FOUND, f"there is no {kind.name} {id}")
    return row


def handlers(kind: Kind) -> dict[str, Handler]:
    """The paths of one kind: create, get, list, update, and its own word for delete."""
    calls = _Calls(kind)
    return {
        f"{kind.name}/create": calls.create,
        f"{kind.name}/get": calls.get,
        f"{kind.name}/list": calls.list,
        f"{kind.name}/update": calls.update,
        f"{kind.name}/{kind.remove}": calls.remove,
    }


class _Calls:
    """The calls about entries of one kind."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    async def create(self, caller: Caller, params: Params) -> Mapping[str, Any]:
        kind = self._kind
        values = {"name": required_text(params, kind.title), "spec": kind.spec(params)}

        def make(conn: Connection) -> int:
            added = conn.execute(
                insert(entries).values(account=caller.account, kind=kind.name, created=caller.now, **values)
            )
            assert added.inserted_primary_key is not None
            return int(added.inserted_primary_key[0])

        return {kind.id: await caller.service.catalog.write(make)}

    async def get(self, caller: Caller, params: Params) -> Mapping[str, Any]:
        kind, id = self._kind, required_integer(params, self._kind.id)
        return await caller.service.catalog.read(
            lambda conn: _shown(kind, _default(kind, id) or _existing(conn, caller, kind, id))
        )

    async def list(self, caller: Caller, params: Params) -> Mapping[str, Any]:
        kind = self._kind
        current, size = page(params)
        query = select(entries).where(*_mine(caller, kind.name)).order_by(entries.c.id)
        rows = await caller.service.catalog.read(lambda conn: conn.execute(query).mappings().all())
        usual = _default(kind, DEFAULT)
        found: Sequence[Mapping[str, Any] | RowMapping] = [*([usual] if usual else []), *rows]
        offset, limit, facts = paging(current, size, len(found))
        return {**facts, "list": [_shown(kind, row) for row in found[offset : offset + limit]]}

    async def update(self, caller: Caller, params: Params) -> Mapping[str, Any]:
        kind = self._kind
        id, name = required_integer(params, kind.id), text(params, kind.title)

        def work(conn: Connection) -> None:
            row = _existing(conn, caller, kind, id)
            values = {"name": name or row["name"], "spec": kind.spec({**row["spec"], **params})}
            conn.execute(update(entries).where(entries.c.id == id).values(**values))

        await caller.service.catalog.write(work)
        return {}

    async def remove(self, caller: Caller, params: Params) -> Mapping[str, Any]:
        id = required_integer(params, self._kind.id)

        def work(conn: Connection) -> None:
            _existing(conn, caller, self._kind, id)
            conn.execute(delete(entries).where(entries.c.id == id))

        await caller.service.catalog.write(work)
        return {}


def _described(params: Params) -> dict[str, Any]:
    return {"description": text(params, "description")}


HANDLERS: Mapping[str, Handler] = {
    **handlers(Kind(TYPE, "typeDelete", _described, DEFAULT_TYPE_NAME)),
    **handlers(Kind(PRESET, "presetDelete", presets.preset, DEFAULT_PRESET_NAME)),
    **handlers(Kind(WATERMARK, "delete", presets.watermark)),
}
