"""The templates that procedures are made of (tencent.md §B.7).

Templates are kept and checked here; what they mean is in :mod:`.procedures`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from ..wire import Limits, codes
from . import apps, presets
from . import template_fields as bounds
from .answer import ApiError
from .caller import Action, Caller, Owner
from .fields import ID, Field, Params, choice, needed, several, shown_time
from .tables import templates

_LAST_ID = 2**63 - 1
_FIRST_DEFINITION = 1_000_000
"""Definitions of custom templates are above this; those of presets are below."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of template.

    Attributes:
        name: As stored.
        presets: The built-in ones, as shown: by definition or name.
        listing: Member of the answer that lists them.
        text_definition: Whether the list shows definitions as text.
    """

    name: str
    presets: Mapping[Any, Mapping[str, Any]]
    listing: str
    text_definition: bool = False


PROCEDURE = Kind("procedure", presets.PROCEDURES, "ProcedureTemplateSet")
TRANSCODE = Kind("transcode", presets.TRANSCODE, "TranscodeTemplateSet", text_definition=True)
ADAPTIVE = Kind("adaptive", presets.ADAPTIVE, "AdaptiveDynamicStreamingTemplateSet")
SNAPSHOT = Kind("snapshot", presets.SNAPSHOT, "SnapshotByTimeOffsetTemplateSet")
SAMPLE = Kind("sample", presets.SAMPLE, "SampleSnapshotTemplateSet")
SPRITE = Kind("sprite", presets.SPRITE, "ImageSpriteTemplateSet")
ANIMATION = Kind("animation", presets.ANIMATION, "AnimatedGraphicsTemplateSet")
WATERMARK = Kind("watermark", {}, "WatermarkTemplateSet")

Match = Callable[[Mapping[str, Any]], bool]


def find(conn: Connection, owner: Owner, kind: Kind, definition: int) -> Mapping[str, Any] | None:
    """What a template says: a preset or one of the application's own."""
    if definition in kind.presets:
        return kind.presets[definition]
    row = _row(conn, owner, kind, definition)
    return row["spec"] if row else None


def existing(conn: Connection, owner: Owner, kind: Kind, definition: int) -> Mapping[str, Any]:
    """:func:`find` for one that must be there. Raises ``ResourceNotFound.TemplateNotExist``."""
    found = find(conn, owner, kind, definition)
    if found is None:
        raise _absent(kind, definition)
    return found


def own(conn: Connection, owner: Owner, kind: Kind, definition: int, verb: str) -> RowMapping:
    """A template that the application may ``Modify`` or ``Delete`` (``verb``); nobody else changes it before
    the commit.

    Raises:
        ApiError: it is a preset, or there is none.
    """
    if definition in kind.presets:
        raise ApiError(
            f"{codes.INVALID_VALUE}.{verb}DefaultTemplate", "a preset template cannot be changed or deleted"
        )
    row = _row(conn, owner, kind, definition, lock=True)
    if row is None:
        raise _absent(kind, definition)
    return row


def rows(conn: Connection, owner: Owner, kind: Kind) -> list[RowMapping]:
    """The application's own templates of a kind."""
    query = select(templates).where(*_mine(owner, kind)).order_by(templates.c.id)
    return list(conn.execute(query).mappings())


def any_named(conn: Connection, account: str, kind: Kind, name: str) -> bool:
    """Whether a preset has this name, or a template of any application of an account."""
    if name in kind.presets:
        return True
    mine = templates.c.account == account, templates.c.kind == kind.name, templates.c.name == name
    return conn.execute(select(templates.c.id).where(*mine).limit(1)).first() is not None


def add(conn: Connection, owner: Owner, kind: Kind, spec: Mapping[str, Any]) -> int:
    """Keep a new template; its definition."""
    apps.lock(conn, owner.home)
    many = conn.scalar(select(func.count()).select_from(templates).where(*_mine(owner, kind)))
    if (many or 0) >= Limits.TEMPLATES:
        raise ApiError(codes.TOO_MANY_TEMPLATES, f"an application has at most {Limits.TEMPLATES} templates")
    added = conn.execute(
        insert(templates).values(
            account=owner.account,
            app=owner.home.id,
            kind=kind.name,
            name=spec["Name"],
            spec=dict(spec),
            created=owner.now,
            updated=owner.now,
        )
    )
    assert added.inserted_primary_key is not None
    return _FIRST_DEFINITION + int(added.inserted_primary_key[0])


def replace(conn: Connection, owner: Owner, row: RowMapping, spec: Mapping[str, Any]) -> None:
    """Have a template say something else."""
    values = {"spec": dict(spec), "name": spec["Name"], "updated": owner.now}
    conn.execute(update(templates).where(templates.c.id == row["id"]).values(**values))


def remove(conn: Connection, row: RowMapping) -> None:
    """Forget a template."""
    conn.execute(delete(templates).where(templates.c.id == row["id"]))


def given(params: Params, names: Iterable[str]) -> dict[str, Any]:
    """The parameters of these names that were given."""
    return {name: params[name] for name in names if params[name] is not None}


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """``old`` with the members of ``new`` over it; objects are merged, members that are null are left."""
    result = dict(old)
    for name, value in new.items():
        if isinstance(value, Mapping) and isinstance(old.get(name), Mapping):
            result[name] = merged(old[name], value)
        elif value is not None:
            result[name] = value
    return result


async def listing(caller: Caller, params: Params, kind: Kind, match: Match) -> dict[str, Any]:
    """The answer that lists templates."""
    mine = await caller.service.catalog.read(lambda conn: rows(conn, caller, kind))
    every: Iterable[Mapping[str, Any]] = [*kind.presets.values(), *(_shown(row, kind) for row in mine)]
    found = [item for item in every if params["Type"] in (None, item["Type"]) and match(item)]
    page = found[params["Offset"] : params["Offset"] + params["Limit"]]
    return {"TotalCount": len(found), kind.listing: page}


def _mine(owner: Owner, kind: Kind) -> tuple[Any, ...]:
    return (
        templates.c.account == owner.account,
        templates.c.app == owner.home.id,
        templates.c.kind == kind.name,
    )


def _row(
    conn: Connection, owner: Owner, kind: Kind, definition: int, *, lock: bool = False
) -> RowMapping | None:
    id = definition - _FIRST_DEFINITION
    if not 0 < id <= _LAST_ID:
        return None
    query = select(templates).where(*_mine(owner, kind), templates.c.id == id)
    return conn.execute(query.with_for_update() if lock else query).mappings().first()


def _absent(kind: Kind, definition: int) -> ApiError:
    return ApiError("ResourceNotFound.TemplateNotExist", f"there is no {kind.name} template {definition}")


def _shown(row: RowMapping, kind: Kind) -> dict[str, Any]:
    shown = {
        "Type": "Custom",
        **row["spec"],
        "CreateTime": shown_time(row["created"]),
        "UpdateTime": shown_time(row["updated"]),
    }
    if kind is not PROCEDURE:
        definition = _FIRST_DEFINITION + row["id"]
        shown["Definition"] = str(definition) if kind.text_definition else definition
    return shown


def _container_type(item: Mapping[str, Any]) -> str:
    audio = item.get("Container") in ("mp3", "flac", "ogg", "m4a", "wav")
    return "PureAudio" if audio or item.get("RemoveVideo") == 1 else "Video"


def _crud(
    suffix: str, kind: Kind, fields: Mapping[str, Field], needed_to_create: tuple[str, ...] = ()
) -> dict[str, Action]:
    """The four actions of a kind whose templates are known by number."""

    async def create(caller: Caller, params: Params) -> dict[str, Any]:
        spec = {"Name": "", "Comment": "", **given(params, fields)}
        return {"Definition": await caller.service.catalog.write(lambda conn: add(conn, caller, kind, spec))}

    async def modify(caller: Caller, params: Params) -> dict[str, Any]:
        def change(conn: Connection) -> None:
            row = own(conn, caller, kind, params["Definition"], "Modify")
            replace(conn, caller, row, merged(row["spec"], given(params, fields)))

        await caller.service.catalog.write(change)
        return {}

    async def drop(caller: Caller, params: Params) -> dict[str, Any]:
        await caller.service.catalog.write(
            lambda conn: remove(conn, own(conn, caller, kind, params["Definition"], "Delete"))
        )
        return {}

    async def describe(caller: Caller, params: Params) -> dict[str, Any]:
        wanted = {int(definition) for definition in params["Definitions"] or ()}
        container = params["ContainerType"]
        return await listing(
            caller,
            params,
            kind,
            lambda item: (
                (not wanted or int(item["Definition"]) in wanted)
                and container in (None, "", _container_type(item))
            ),
        )

    required = {name: needed(field) if name in needed_to_create else field for name, field in fields.items()}
    page = {"Definitions": several(100), "ContainerType": choice("Video", "PureAudio"), **bounds.PAGE}
    return {
        f"Create{suffix}": Action(create, required),
        f"Modify{suffix}": Action(modify, {"Definition": needed(ID), **fields}),
        f"Delete{suffix}": Action(drop, {"Definition": needed(ID)}),
        f"Describe{suffix}s": Action(describe, page),
    }


_SAMPLED = ("SampleType", "SampleInterval")

ACTIONS = {
    **_crud("TranscodeTemplate", TRANSCODE, bounds.TRANSCODE, ("Container",)),
    **_crud("AdaptiveDynamicStreamingTemplate", ADAPTIVE, bounds.ADAPTIVE, ("Format", "StreamInfos")),
    **_crud("SnapshotByTimeOffsetTemplate", SNAPSHOT, bounds.SNAPSHOT),
    **_crud("SampleSnapshotTemplate", SAMPLE, bounds.SAMPLE, _SAMPLED),
    **_crud("ImageSpriteTemplate", SPRITE, bounds.SPRITE, (*_SAMPLED, "RowCount", "ColumnCount")),
    **_crud("AnimatedGraphicsTemplate", ANIMATION, bounds.ANIMATION, ("Fps",)),
}
