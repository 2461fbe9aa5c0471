"""The management API: spaces, file lists, tokens (ucloud.md §7).

Every answer is HTTP 200; ``RetCode`` says what became of the call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sqlalchemy import Connection

from vodkit.server.contract import Account, Head
from vodkit.server.incoming import Body

from .. import sign, wire
from ..errors import PROVIDER
from . import spaces, tokens, usage
from .answer import Answer, json_answer
from .lists import file_entry
from .spaces import Space
from .tokens import Token

if TYPE_CHECKING:
    from .room import Room

QUOTA = 20
YOUNG = 1200.0
MAX_PAGE = 1000
_MOST_DAYS = 400


class RetCode(Exception):
    """A management call that is not done.

    Attributes:
        code: The vendor's number.
        text: ``Message``.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose signature has been verified."""

    room: Room
    account: Account
    action: str
    params: Mapping[str, str]

    @property
    def name(self) -> str:
        """The space that the call names, by either parameter; ``""`` for none."""
        return self.params.get("BucketName") or self.params.get("SpaceName") or ""

    @property
    def named(self) -> str:
        """The same, which must be there.

        Raises:
            RetCode: 15002.
        """
        if not self.name:
            raise RetCode(15002, "Missing params [BucketName]")
        return self.name

    def number(self, name: str, default: int) -> int:
        """A whole number that is not negative.

        Raises:
            RetCode: 15017.
        """
        text = self.params.get(name, "") or str(default)
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise RetCode(15017, f"Params [{name}] not available")
        return int(text)


Action = Callable[[Call], Awaitable[dict[str, Any]]]


async def answer(room: Room, head: Head, body: Body) -> Answer:
    """Answer one call."""
    text = head.query
    if head.method == "POST":
        text += "&" + (await body.read(room.service.settings.max_document)).decode("utf-8", "replace")
    params = dict(parse_qsl(text, keep_blank_values=True))
    action = params.get("Action", "")
    try:
        run = ACTIONS.get(action)
        if not action:
            raise RetCode(160, "Missing Action")
        if run is None:
            raise RetCode(161, f"Action [{action}] not found")
        call = Call(room, await _account(room, params), action, params)
        done = {"RetCode": 0, "Action": f"{action}Response", **await run(call)}
    except RetCode as refused:
        done = {"RetCode": refused.code, "Action": f"{action}Response", "Message": refused.text}
    return json_answer(done)


async def _account(room: Room, params: Mapping[str, str]) -> Account:
    """Whose call it is; the spaces that the account was set up with are there from now on.

    Raises:
        RetCode: 170, 171, 172 or 292.
    """
    if not params.get("Signature"):
        raise RetCode(170, "Missing signature")
    account = await room.service.accounts.find(PROVIDER, params.get("PublicKey", ""))
    if account is None:
        raise RetCode(172, "User not found")
    if not account.open and not sign.verify_management(account.secret, params):
        raise RetCode(171, "Signature VerifyAC Error")
    projects = account.attrs.get("projects")
    if projects and params.get("ProjectId", projects[0]) not in projects:
        raise RetCode(292, "Project not found")
    names = list(spaces.declared(account))
    await room.service.catalog.write(lambda conn: spaces.give(conn, room.service, account, names))
    return account


# --- spaces ---


async def _create(call: Call) -> dict[str, Any]:
    name, access = call.named, call.params.get("Type") or spaces.PRIVATE
    if not wire.is_bucket(name):
        raise RetCode(15001, f"Invalid bucket name [{name}]")
    if access not in (spaces.PUBLIC, spaces.PRIVATE):
        raise RetCode(15003, f"Invalid bucket type [{access}]")
    # Whoever was set up with the name has it, also before it was first asked for.
    await spaces.find(call.room.service, name)
    video = "Space" in call.action
    attrs = {
        "biz": "vod" if video else "general",
        "domains": wire.read_array(call.params, "Domain"),
        "tag": call.params.get("Tag") or "Default",
    }

    def make(conn: Connection) -> Space:
        if spaces.get(conn, name) is not None:
            raise RetCode(15000, f"Bucket [{name}] already exists")
        if len(spaces.owned(conn, call.account.id)) >= QUOTA:
            raise RetCode(15011, f"at most {QUOTA} buckets per account")
        return spaces.create(
            conn,
            call.room.service,
            call.account,
            name,
            access=access,
            region=call.params.get("Region", ""),
            attrs=attrs,
        )

    return _ids(await call.room.service.catalog.write(make))


async def _describe(call: Call) -> dict[str, Any]:
    def look(conn: Connection) -> list[Space]:
        if call.name:
            return [_mine(conn, call)]
        offset, limit = call.number("Offset", 0), call.number("Limit", 20)
        found = spaces.owned(conn, call.account.id)
        region = call.params.get("Region")
        found = [space for space in found if not region or space.region == region]
        return found[offset : offset + limit]

    found = await call.room.service.catalog.read(look)
    return {"DataSet": [_shown(space) for space in found]}


async def _update(call: Call) -> dict[str, Any]:
    access = call.params.get("Type", "")
    if not access:
        raise RetCode(15002, "Missing params [Type]")
    if access not in (spaces.PUBLIC, spaces.PRIVATE):
        raise RetCode(15003, f"Invalid bucket type [{access}]")

    def change(conn: Connection) -> Space:
        space = _mine(conn, call)
        spaces.change(conn, space, access, call.room.service.now())
        return space

    return _ids(await call.room.service.catalog.write(change))


async def _delete(call: Call) -> dict[str, Any]:
    def drop(conn: Connection) -> Space:
        space = _mine(conn, call)
        young = call.room.service.now() - space.created < YOUNG
        if young and not call.account.attrs.get("young_spaces", True):
            raise RetCode(15014, "a bucket younger than 20 minutes cannot be deleted")
        if not spaces.is_empty(conn, space.name):
            raise RetCode(15023, f"Bucket [{space.name}] is not empty")
        bound = tokens.owned(conn, call.room.service, call.account.id)
        if any(space.name in token.rules["buckets"] for token in bound):
            raise RetCode(15052, f"Bucket [{space.name}] is bound to a token")
        spaces.remove(conn, call.room.service, space.name)
        return space

    return _ids(await call.room.service.catalog.write(drop))


async def _files(call: Call) -> dict[str, Any]:
    offset, limit = call.number("Offset", 0), call.number("Limit", 20)
    if limit > MAX_PAGE:
        raise RetCode(15018, f"Limit is at most {MAX_PAGE}")

    def look(conn: Connection) -> dict[str, Any]:
        space = _mine(conn, call)
        found = call.room.service.objects.list(conn, PROVIDER, space.name, limit=offset + limit)
        return {**_ids(space), "DataSet": [file_entry(stored) for stored in found[offset:]]}

    return await call.room.service.catalog.read(look)


async def _status(call: Call) -> dict[str, Any]:
    """GetVideoSpaceStatus; see :func:`.usage.by_day`."""
    now = int(call.room.service.now())
    if call.params.get("EndTime") and not call.params.get("BeginTime"):
        raise RetCode(15002, "Missing params [BeginTime]")
    begin, end = call.number("BeginTime", now - usage.DAY), call.number("EndTime", now)
    if end < begin:
        raise RetCode(15018, "EndTime is before BeginTime")
    days = range(begin - begin % usage.DAY, end + 1, usage.DAY)
    if len(days) > _MOST_DAYS:
        raise RetCode(15018, f"at most {_MOST_DAYS} days")
    wanted = wire.read_array(call.params, "SpaceName")

    def look(conn: Connection) -> list[dict[str, Any]]:
        mine = {space.name for space in spaces.owned(conn, call.account.id)}
        for name in wanted:
            if name not in mine:
                raise RetCode(15010, f"Bucket [{name}] not exists")
        return usage.by_day(conn, call.room.service, call.account.id, {*wanted} or mine, days)

    return {"DataSet": await call.room.service.catalog.read(look)}


def _mine(conn: Connection, call: Call) -> Space:
    """The space that a call names.

    Raises:
        RetCode: 15002, 15010, or 15037 for somebody else's.
    """
    found = spaces.get(conn, call.named)
    if found is None:
        raise RetCode(15010, f"Bucket [{call.name}] not exists")
    if found.account != call.account.id:
        raise RetCode(15037, "Permission denied")
    return found


def _ids(space: Space) -> dict[str, Any]:
    return {"BucketName": space.name, "SpaceName": space.name, "BucketId": space.id}


def _shown(space: Space) -> dict[str, Any]:
    domains = list(space.attrs.get("domains", ()))
    return {
        **_ids(space),
        "Type": space.access,
        "Biz": space.attrs.get("biz", "general"),
        "Region": space.region,
        "StorageClass": "STANDARD",
        "Tag": space.attrs.get("tag", "Default"),
        "CreateTime": int(space.created),
        "ModifyTime": int(space.attrs.get("modified", space.created)),
        "HasUserDomain": int(bool(domains)),
        "CdnDomainId": [],
        "Domain": {
            "Src": [f"{space.name}.{space.region}.ufileos.com"],
            "Cdn": [f"{space.name}.ufile.ucloud.com.cn"],
            "CustomSrc": domains,
            "CustomCdn": [],
        },
    }


# --- tokens ---


async def _create_token(call: Call) -> dict[str, Any]:
    service, name = call.room.service, call.params.get("TokenName", "")
    if not name:
        raise RetCode(15002, "Missing params [TokenName]")
    rules = {
        "ops": _operations(call) or ["TOKEN_ALLOW_NONE"],
        "prefixes": wire.read_array(call.params, "AllowedPrefixes") or ["*"],
        "buckets": wire.read_array(call.params, "AllowedBuckets") or ["*"],
        "black": wire.read_array(call.params, "BlackIPList"),
        "white": wire.read_array(call.params, "WhiteIPList"),
    }
    expires = call.number("ExpireTime", int(service.now()) + usage.DAY)
    token = await service.catalog.write(
        lambda conn: tokens.create(conn, service, call.account.id, name, rules, expires)
    )
    return {"TokenId": token.id, "UFileTokenSet": _shown_token(token)}


async def _describe_tokens(call: Call) -> dict[str, Any]:
    service, id = call.room.service, call.params.get("TokenId", "")
    found = await service.catalog.read(lambda conn: tokens.owned(conn, service, call.account.id, id))
    if id and not found:
        raise RetCode(174, "Token not found")
    return {"DataSet": [_shown_token(token) for token in found]}


async def _update_token(call: Call) -> dict[str, Any]:
    service, id = call.room.service, call.params.get("TokenId", "")
    fields = {
        "prefixes": "AllowedPrefixes",
        "buckets": "AllowedBuckets",
        "black": "BlackIPList",
        "white": "WhiteIPList",
    }
    given = {rule: wire.read_array(call.params, field) for rule, field in fields.items()}
    given["ops"] = _operations(call)
    expires = call.number("ExpireTime", 0)

    def change(conn: Connection) -> None:
        found = tokens.owned(conn, service, call.account.id, id) if id else []
        if not found:
            raise RetCode(174, "Token not found")
        rules = {**found[0].rules, **{rule: value for rule, value in given.items() if value}}
        values: dict[str, Any] = {"rules": rules}
        if call.params.get("TokenName"):
            values["name"] = call.params["TokenName"]
        if expires:
            values["expires"] = expires
        tokens.change(conn, call.account.id, id, values)

    await service.catalog.write(change)
    return {"TokenId": id}


async def _delete_token(call: Call) -> dict[str, Any]:
    service, id = call.room.service, call.params.get("TokenId", "")

    def drop(conn: Connection) -> None:
        if not id or not tokens.owned(conn, service, call.account.id, id):
            raise RetCode(174, "Token not found")
        tokens.remove(conn, call.account.id, id)

    await service.catalog.write(drop)
    return {"TokenId": id}


def _operations(call: Call) -> list[str]:
    found = wire.read_array(call.params, "AllowedOps")
    for operation in found:
        if operation not in tokens.OPERATIONS and operation != tokens.DENY_UPDATE:
            raise RetCode(15017, f"Params [AllowedOps] not available: {operation}")
    return found


def _shown_token(token: Token) -> dict[str, Any]:
    return {
        "TokenId": token.id,
        "TokenName": token.name,
        "PublicKey": token.public_key,
        "PrivateKey": token.private_key,
        "AllowedOps": list(token.rules["ops"]),
        "AllowedPrefixes": list(token.rules["prefixes"]),
        "AllowedBuckets": list(token.rules["buckets"]),
        "BlackIPList": list(token.rules["black"]),
        "WhiteIPList": list(token.rules["white"]),
        "ExpireTime": int(token.expires),
        "CreateTime": int(token.created),
        "ModifyTime": int(token.created),
    }


_SPACES: Mapping[str, Action] = {
    "Create": _create,
    "Describe": _describe,
    "Update": _update,
    "Delete": _delete,
}
ACTIONS: Mapping[str, Action] = {
    **{verb + noun: run for verb, run in _SPACES.items() for noun in ("Bucket", "Space", "VideoSpace")},
    "GetFileList": _files,
    "GetVideoFileBySpace": _files,
    "GetVideoSpaceStatus": _status,
    "CreateUFileToken": _create_token,
    "DescribeUFileToken": _describe_tokens,
    "UpdateUFileToken": _update_token,
    "DeleteUFileToken": _delete_token,
}


def claims(head: Head) -> bool:
    """Whether a request is a management call: by its host, or by the parameters that every call has."""
    if head.host == wire.API_HOST:
        return True
    names = {pair.partition("=")[0] for pair in head.query.split("&")}
    return head.path == "/" and {"Action", "PublicKey", "Signature"} <= names
