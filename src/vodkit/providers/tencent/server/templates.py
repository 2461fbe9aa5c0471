"""Template management: procedures, transcoding, adaptive streaming (tencent.md §B.7).

Templates are kept and checked here; what runs them is the workflow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from ..wire import Limits, codes
from . import presets
from .answer import ApiError
from .caller import Action, Caller
from .fields import FLAG, ID, OFFSET, Field, Params, choice, needed, record, several, shown_time, upto, within
from .tables import templates

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

Match = Callable[[Mapping[str, Any]], bool]


def _mine(caller: Caller, kind: Kind) -> tuple[Any, ...]:
    return (
        templates.c.account == caller.account,
        templates.c.app == caller.home.id,
        templates.c.kind == kind.name,
    )


def _rows(conn: Connection, caller: Caller, kind: Kind) -> list[RowMapping]:
    query = select(templates).where(*_mine(caller, kind)).order_by(templates.c.id)
    return list(conn.execute(query).mappings())


def _add(conn: Connection, caller: Caller, kind: Kind, spec: Mapping[str, Any]) -> int:
    many = conn.scalar(select(func.count()).select_from(templates).where(*_mine(caller, kind)))
    if (many or 0) >= Limits.TEMPLATES:
        raise ApiError(codes.TOO_MANY_TEMPLATES, f"an application has at most {Limits.TEMPLATES} templates")
    added = conn.execute(
        insert(templates).values(
            account=caller.account,
            app=caller.home.id,
            kind=kind.name,
            name=spec["Name"],
            spec=dict(spec),
            created=caller.now,
            updated=caller.now,
        )
    )
    assert added.inserted_primary_key is not None
    return _FIRST_DEFINITION + int(added.inserted_primary_key[0])


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


async def _list(caller: Caller, params: Params, kind: Kind, match: Match) -> dict[str, Any]:
    rows = await caller.service.catalog.read(lambda conn: _rows(conn, caller, kind))
    every: Iterable[Mapping[str, Any]] = [*kind.presets.values(), *(_shown(row, kind) for row in rows)]
    found = [item for item in every if params["Type"] in (None, item["Type"]) and match(item)]
    page = found[params["Offset"] : params["Offset"] + params["Limit"]]
    return {"TotalCount": len(found), kind.listing: page}


# --- procedures --------------------------------------------------------------------------------------


async def _create_procedure(caller: Caller, params: Params) -> dict[str, Any]:
    name = params["Name"]

    def create(conn: Connection) -> None:
        if name in presets.PROCEDURES or any(row["name"] == name for row in _rows(conn, caller, PROCEDURE)):
            raise ApiError(codes.PROCEDURE_EXISTS, f"there is a procedure template {name} already")
        _add(conn, caller, PROCEDURE, _spec(params, ("Name", "Comment", "MediaProcessTask")))

    await caller.service.catalog.write(create)
    return {}


async def _reset_procedure(caller: Caller, params: Params) -> dict[str, Any]:
    spec = _spec(params, ("Name", "Comment", "MediaProcessTask"))
    await caller.service.catalog.write(
        lambda conn: _replace(conn, caller, _named(conn, caller, params["Name"]), spec)
    )
    return {}


async def _delete_procedure(caller: Caller, params: Params) -> dict[str, Any]:
    await caller.service.catalog.write(lambda conn: _remove(conn, _named(conn, caller, params["Name"])))
    return {}


async def _list_procedures(caller: Caller, params: Params) -> dict[str, Any]:
    names = params["Names"]
    return await _list(caller, params, PROCEDURE, lambda item: not names or item["Name"] in names)


def _named(conn: Connection, caller: Caller, name: str) -> RowMapping:
    if name in presets.PROCEDURES:
        raise ApiError(codes.PROCEDURE_NAME, "a preset template cannot be changed")
    found = next((row for row in _rows(conn, caller, PROCEDURE) if row["name"] == name), None)
    if found is None:
        raise ApiError(codes.PROCEDURE_UNKNOWN, f"there is no procedure template {name}")
    return found


# --- templates with definitions ----------------------------------------------------------------------


def _crud(
    suffix: str, kind: Kind, fields: Mapping[str, Field], needed_to_create: tuple[str, ...]
) -> dict[str, Action]:
    """The four actions of a kind whose templates are known by number."""

    async def create(caller: Caller, params: Params) -> dict[str, Any]:
        spec = {"Name": "", "Comment": "", **_spec(params, fields)}
        return {"Definition": await caller.service.catalog.write(lambda conn: _add(conn, caller, kind, spec))}

    async def modify(caller: Caller, params: Params) -> dict[str, Any]:
        def change(conn: Connection) -> None:
            row = _defined(conn, caller, kind, params["Definition"], "ModifyDefaultTemplate")
            _replace(conn, caller, row, _merged(row["spec"], _spec(params, fields)))

        await caller.service.catalog.write(change)
        return {}

    async def remove(caller: Caller, params: Params) -> dict[str, Any]:
        await caller.service.catalog.write(
            lambda conn: _remove(
                conn, _defined(conn, caller, kind, params["Definition"], "DeleteDefaultTemplate")
            )
        )
        return {}

    async def describe(caller: Caller, params: Params) -> dict[str, Any]:
        wanted = {int(definition) for definition in params["Definitions"] or ()}
        container = params["ContainerType"]
        return await _list(
            caller,
            params,
            kind,
            lambda item: (
                (not wanted or int(item["Definition"]) in wanted)
                and container in (None, "", _container_type(item))
            ),
        )

    required = {
        name: needed(bounds) if name in needed_to_create else bounds for name, bounds in fields.items()
    }
    page = {"Definitions": several(100), "ContainerType": choice("Video", "PureAudio"), **_PAGE}
    return {
        f"Create{suffix}": Action(create, required),
        f"Modify{suffix}": Action(modify, {"Definition": needed(ID), **fields}),
        f"Delete{suffix}": Action(remove, {"Definition": needed(ID)}),
        f"Describe{suffix}s": Action(describe, page),
    }


def _defined(conn: Connection, caller: Caller, kind: Kind, definition: int, preset_code: str) -> RowMapping:
    if definition in kind.presets:
        raise ApiError(
            f"{codes.INVALID_VALUE}.{preset_code}", "a preset template cannot be changed or deleted"
        )
    where = (*_mine(caller, kind), templates.c.id == definition - _FIRST_DEFINITION)
    found = conn.execute(select(templates).where(*where)).mappings().first()
    if found is None:
        raise ApiError("ResourceNotFound.TemplateNotExist", f"there is no template {definition}")
    return found


def _container_type(item: Mapping[str, Any]) -> str:
    audio = item.get("Container") in ("mp3", "flac", "ogg", "m4a", "wav")
    return "PureAudio" if audio or item.get("RemoveVideo") == 1 else "Video"


# --- common ------------------------------------------------------------------------------------------


def _spec(params: Params, names: Iterable[str]) -> dict[str, Any]:
    return {name: params[name] for name in names if params[name] is not None}


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """``old`` with the members of ``new`` over it; objects are merged, members that are null are left."""
    merged = dict(old)
    for name, value in new.items():
        if isinstance(value, Mapping) and isinstance(old.get(name), Mapping):
            merged[name] = _merged(old[name], value)
        elif value is not None:
            merged[name] = value
    return merged


def _replace(conn: Connection, caller: Caller, row: RowMapping, spec: Mapping[str, Any]) -> None:
    values = {"spec": dict(spec), "name": spec["Name"], "updated": caller.now}
    conn.execute(update(templates).where(templates.c.id == row["id"]).values(**values))


def _remove(conn: Connection, row: RowMapping) -> None:
    conn.execute(delete(templates).where(templates.c.id == row["id"]))


def _code(name: str) -> dict[str, str]:
    return {"code": f"{codes.INVALID_VALUE}.{name}"}


_VIDEO = record(
    {
        "Codec": choice("libx264", "libx265", "av1", **_code("VideoCodec")),
        "Fps": within(0, 100, **_code("Fps")),
        "Bitrate": within(128, 100_000, zero=True, **_code("VideoBitrate")),
        "ResolutionAdaptive": choice("open", "close", **_code("ResolutionAdaptive")),
        "Width": within(128, 8192, zero=True, **_code("Width")),
        "Height": within(128, 8192, zero=True, **_code("Height")),
        "FillType": choice("stretch", "black", "white", "gauss", **_code("FillType")),
        "Vcrf": within(0, 51, **_code("Vcrf")),
        "Gop": within(0, 100_000, **_code("Gop")),
    }
)
_AUDIO = record(
    {
        "Codec": choice("libfdk_aac", "libmp3lame", "ac3", "flac", **_code("AudioCodec")),
        "Bitrate": within(26, 256, zero=True, **_code("AudioBitrate")),
        "SampleRate": choice(0, 16000, 32000, 44100, 48000, **_code("AudioSampleRate")),
        "AudioChannel": choice(0, 1, 2, 6, **_code("AudioChannel")),
    }
)
_PAGE = {"Type": choice("Preset", "Custom"), "Offset": OFFSET, "Limit": within(0, 100, default=10)}
_COMMON = {"Name": upto(64), "Comment": upto(256)}
_TRANSCODE_FIELDS = {
    **_COMMON,
    "Container": choice("mp4", "flv", "hls", "mp3", "flac", "ogg", "m4a", "wav"),
    "RemoveVideo": FLAG,
    "RemoveAudio": FLAG,
    "VideoTemplate": _VIDEO,
    "AudioTemplate": _AUDIO,
    "SegmentType": choice("ts", "fmp4"),
}
_ADAPTIVE_FIELDS = {
    **_COMMON,
    "Format": choice("HLS", "MPEG-DASH"),
    "StreamInfos": several(
        10,
        record({"Video": needed(_VIDEO), "Audio": needed(_AUDIO), "RemoveAudio": FLAG, "RemoveVideo": FLAG}),
        low=1,
    ),
    "DrmType": upto(32),
    "DisableHigherVideoBitrate": FLAG,
    "DisableHigherVideoResolution": FLAG,
    "SegmentType": choice("ts", "fmp4", "ts-segment", "fmp4-segment"),
    "SegmentDuration": within(1, 10),
}
_PROCEDURE_NAME = needed(within(1, 20, code=codes.PROCEDURE_NAME))
_PROCEDURE_FIELDS = {"Name": _PROCEDURE_NAME, "Comment": upto(256), "MediaProcessTask": Field()}

ACTIONS = {
    "CreateProcedureTemplate": Action(_create_procedure, _PROCEDURE_FIELDS),
    "ResetProcedureTemplate": Action(_reset_procedure, _PROCEDURE_FIELDS),
    "DeleteProcedureTemplate": Action(_delete_procedure, {"Name": needed()}),
    "DescribeProcedureTemplates": Action(_list_procedures, {"Names": several(100), **_PAGE}),
    **_crud("TranscodeTemplate", TRANSCODE, _TRANSCODE_FIELDS, ("Container",)),
    **_crud("AdaptiveDynamicStreamingTemplate", ADAPTIVE, _ADAPTIVE_FIELDS, ("Format", "StreamInfos")),
}
