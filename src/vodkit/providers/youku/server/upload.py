"""Opening and ending uploads: create, commit, cancel, spec (youku.md §4.1, §4.7, §4.8)."""

from __future__ import annotations

import functools
import math
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from vodkit.server.access import sealed_password
from vodkit.server.contract import MediaRecord, Service
from vodkit.server.errors import UploadGone
from vodkit.server.names import new_id

from .. import sign, wire
from ..wire import Codes
from . import library
from .call import PROVIDER, Action, Call, Refused, invalid, missing
from .tables import slices, uploads

LIFE: Final = 86400.0
"""Seconds that an upload token lives from its last successful call (S11)."""
LONGEST: Final = 7 * 86400.0
"""Seconds that it lives at most."""
SERVER_IP: Final = "127.0.0.1"
"""What check tells clients to echo; nobody compares it."""
EXTENSIONS: Final = (
    "mp4,mov,m4v,mkv,avi,wmv,flv,f4v,webm,mpg,mpeg,ts,m2ts,mts,3gp,3g2,rm,rmvb,vob,asf,ogv,mp3,aac,wav"
)
_ELSEWHERE: Final = ("title", "password")
"""Facts of an upload that the record of its video has fields for."""
_BATCH: Final = 500


class _Changed(Exception):
    """A slice was replaced between hashing the whole and closing the upload."""


def find(conn: Connection, token: str, now: float, *, account: str = "", lock: bool = False) -> RowMapping:
    """The upload of a token, locked where it is to be changed. Raises 120010223 for all else."""
    query = select(uploads).where(uploads.c.fingerprint == sign.fingerprint(token))
    row = conn.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None or row["expires"] <= now or (account and row["account"] != account):
        raise Refused(Codes.UPLOAD_TOKEN)
    return row


def life(row: RowMapping, now: float) -> float:
    """When the token ends if it is used now."""
    return min(now + LIFE, float(row["created"]) + LONGEST)


def change(conn: Connection, row: RowMapping, **values: Any) -> None:
    """Set columns of an upload's row."""
    conn.execute(update(uploads).where(uploads.c.fingerprint == row["fingerprint"]).values(values))


async def _create(call: Call) -> Mapping[str, Any]:
    account = call.who
    title = call.need("title", limit=255)
    tags = wire.split_tags([call.need("tags")])
    if not tags:
        raise missing("tags")
    name = wire.base_name(call.need("file_name"))
    size = call.number("file_size")
    if size > int(account.attrs.get("max_file_size") or 0) or (
        size == 0 and not account.attrs.get("allow_empty")
    ):
        raise invalid("file_size")
    md5 = _md5(call)
    public_type = call.text("public_type") or "all"
    if public_type not in wire.PUBLIC_TYPES:
        raise invalid("public_type")
    password = call.text("watch_password", limit=255)
    if public_type == "password" and not password:
        raise missing("watch_password")
    facts = {
        "title": title,
        "tags": tags,
        "file_name": name,
        "description": call.text("description"),
        "category": call.text("category", limit=255) or "Other",
        "copyright_type": call.text("copyright_type", limit=20) or "original",
        "public_type": public_type,
        "password": sealed_password(call.service.vault, password),
        "latitude": _degrees(call, "latitude"),
        "longitude": _degrees(call, "longitude"),
        "shoot_time": call.text("shoot_time", limit=40),
        "deshake": call.text("deshake", limit=5) == "1",
    }
    token = sign.new_upload_token()
    video_id = await call.service.catalog.write(
        lambda conn: _open(conn, call, token, size=size, md5=md5, facts=facts)
    )
    return wire.Created(video_id, token, _server(call)).as_json()


def _open(conn: Connection, call: Call, token: str, *, size: int, md5: str, facts: Mapping[str, Any]) -> str:
    call.service.quota.check(conn, call.who.id, size)
    while True:
        # A number of a multiple of 3 digits needs no padding in base64.
        number = 10**11 + 4 * secrets.randbelow(9 * 10**11 // 4)
        video_id = wire.public_id("X", number)
        taken = select(uploads.c.video_id).where(uploads.c.video_id == video_id)
        known = call.service.media.get(conn, PROVIDER, video_id)
        if known is None and conn.execute(taken).first() is None:
            break
    conn.execute(
        insert(uploads).values(
            fingerprint=sign.fingerprint(token),
            account=call.who.id,
            video_id=video_id,
            state="created",
            upload="",
            object_key="",
            size=size,
            md5=md5,
            slice_bytes=0,
            count=0,
            cursor=1,
            received=0,
            transferred=0,
            facts=facts,
            created=call.now,
            expires=call.now + LIFE,
        )
    )
    return video_id


def _md5(call: Call) -> str:
    text = call.text("file_md5", limit=40)
    if not text:
        if call.text("isweb") == "1":
            return ""
        raise missing("file_md5")
    found = wire.hex_digest(text, 32)
    if found is None:
        raise invalid("file_md5")
    return found


def _degrees(call: Call, name: str) -> float | None:
    text = call.text(name, limit=40)
    try:
        value = float(text) if text else None
    except ValueError:
        raise invalid(name) from None
    if value is not None and not math.isfinite(value):
        raise invalid(name)
    return value


def _server(call: Call) -> str:
    """What clients send slices to: as the account says, else our own public host, bare (§5)."""
    given = call.who.attrs.get("upload_server")
    host = urlsplit(call.service.settings.public_url).hostname or "127.0.0.1"
    return str(given or (f"[{host}]" if ":" in host else host))


async def _commit(call: Call) -> Mapping[str, Any]:
    token, account = call.need("upload_token"), call.who
    while True:
        row = await call.service.catalog.read(lambda conn: find(conn, token, call.now, account=account.id))
        if row["state"] == "committed":
            return {"video_id": row["video_id"]}
        if row["state"] != "open" or row["received"] < row["count"]:
            raise Refused(Codes.INVALID, "The upload is not complete")
        try:
            md5 = await _whole_md5(call.service, row)
            if row["md5"] and not wire.same_digest(md5, row["md5"]):
                raise Refused(Codes.HASH)
            await call.service.catalog.write(functools.partial(_close, call=call, token=token, md5=md5))
        except (_Changed, UploadGone):
            continue
        return {"video_id": row["video_id"]}


async def _whole_md5(service: Service, row: RowMapping) -> str:
    upload = await service.catalog.read(lambda conn: service.uploads.get(conn, row["upload"]))
    if upload is None:
        raise Refused(Codes.UPLOAD_TOKEN)
    return await service.uploads.whole_md5(upload)


def _close(conn: Connection, call: Call, token: str, md5: str) -> None:
    """The upload becomes a video, in one commit; nothing is done where it has become one already."""
    service, account = call.service, call.who
    row = find(conn, token, call.now, account=account.id, lock=True)
    if row["state"] == "committed":
        return
    blob = service.uploads.complete(conn, row["upload"])
    if blob.digests.get("md5") != md5:
        raise _Changed
    service.objects.put(
        conn,
        account=account.id,
        provider=PROVIDER,
        space=library.space_of(account.id),
        key=row["object_key"],
        blob=blob,
        content_type="",
        etag=md5,
    )
    record = _record(call, row, md5)
    service.media.add(conn, record)
    procedure = service.procedures.chosen(conn, account.id, "")
    if procedure is not None:
        service.tasks.process(conn, record, procedure)
    service.events.add(
        conn,
        type="media.uploaded",
        provider=PROVIDER,
        account=account.id,
        media=record,
        payload={"video_id": record.remote_id, "title": record.title, "size": record.size, "md5": md5},
    )
    change(conn, row, state="committed", expires=max(row["expires"], life(row, call.now)))


def _record(call: Call, row: RowMapping, md5: str) -> MediaRecord:
    facts = row["facts"]
    return MediaRecord(
        id=new_id(),
        provider=PROVIDER,
        account=row["account"],
        remote_id=row["video_id"],
        kind="video",
        title=facts["title"],
        status="ready",
        space=library.space_of(row["account"]),
        key=row["object_key"],
        cover_key="",
        size=row["size"],
        attrs={**{name: value for name, value in facts.items() if name not in _ELSEWHERE}, "md5": md5},
        created=row["created"],
        updated=call.now,
        expires=None,
        folder=row["object_key"].rpartition("/")[0] + "/",
        access=wire.ACCESS[facts["public_type"]],
        password_sealed=facts["password"],
    )


async def _cancel(call: Call) -> Mapping[str, Any]:
    token, account = call.need("upload_token"), call.who

    def cancel(conn: Connection) -> None:
        row = find(conn, token, call.now, account=account.id, lock=True)
        if row["state"] != "committed":
            forget(conn, call.service, row)

    await call.service.catalog.write(cancel)
    return {"upload_token": token}


def forget(conn: Connection, service: Service, row: RowMapping) -> None:
    """Drop an upload and what it had received; its token is worth nothing from now on."""
    if row["state"] == "open" and service.uploads.get(conn, row["upload"]) is not None:
        service.uploads.abort(conn, row["upload"])
    for table in (slices, uploads):
        conn.execute(delete(table).where(table.c.fingerprint == row["fingerprint"]))


def object_key(video_id: str, ext: str) -> str:
    """Where a video's original lives; cannot be guessed from its id."""
    suffix = f".{ext}" if re.fullmatch(r"[a-z0-9]{1,10}", ext) else ""
    return f"{video_id}/{secrets.token_hex(8)}{suffix}"


async def sweep(service: Service, now: float) -> int:
    """Forget uploads whose tokens are over; how many."""

    def due(conn: Connection) -> list[str]:
        return list(conn.scalars(select(uploads.c.fingerprint).where(uploads.c.expires <= now).limit(_BATCH)))

    def drop(conn: Connection, print_: str) -> None:
        query = select(uploads).where(uploads.c.fingerprint == print_, uploads.c.expires <= now)
        row = conn.execute(query.with_for_update()).mappings().first()
        if row is not None:
            forget(conn, service, row)

    found = await service.catalog.read(due)
    for print_ in found:
        await service.catalog.write(functools.partial(drop, print_=print_))
    return len(found)


async def _spec(call: Call) -> Mapping[str, Any]:
    accounts = await call.service.accounts.of(PROVIDER)
    limits = [int(account.attrs.get("max_file_size") or 0) for account in accounts]
    return {"allowed_max_file_size": max(limits, default=10 << 30), "allowed_extensions": EXTENSIONS}


ACTIONS = {
    "uploads/create": Action(_create, login="user", status=201),
    "uploads/commit": Action(_commit, login="user"),
    "uploads/cancel": Action(_cancel, login="user"),
    "schemas/upload/spec": Action(_spec, ("GET",), login="none"),
}
