"""Applications: the tenants within an account (tencent.md §B.7, DescribeSubAppIds and its kin)."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from vodkit.server.contract import Account, Service

from ..wire import REGIONS, codes
from .answer import ApiError
from .caller import Action, App, Caller
from .fields import OFFSET, Params, choice, needed, shown_time, upto, within
from .tables import apps

DEFAULT_REGION = "ap-chongqing"
"""Where an account stores unless told otherwise."""

_FIRST_PRIMARY = 1_250_000_000
_FIRST_SUB = 1_500_000_000
_RANGE = 250_000_000
_ABROAD = ("ap-hongkong", "ap-singapore", "ap-mumbai", "ap-seoul", "ap-bangkok", "ap-tokyo", "ap-jakarta")
_UNKNOWN = "the application does not exist or belongs to another account"


async def resolve(service: Service, account: Account, wanted: int | None) -> App:
    """The application that a call is about.

    Without a ``SubAppId`` it is the account's primary one. Those that the account was set up with are there
    from the start; an open account has every application that it asks for.

    Raises:
        ApiError: ``InvalidParameterValue.SubAppId``.
    """
    if not wanted and account.attrs.get("require_sub_app"):
        raise ApiError(codes.SUB_APP_ID, "this account must name an application (SubAppId)")
    found = await service.catalog.read(lambda conn: _find(conn, account, wanted))
    if found is None:
        if wanted and not (account.open or wanted in declared(account)):
            raise ApiError(codes.SUB_APP_ID, _UNKNOWN)
        found = await service.catalog.write(lambda conn: _found_or_made(conn, service, account, wanted))
    if found.status == "Destroyed":
        raise ApiError(codes.SUB_APP_ID, _UNKNOWN)
    return found


def declared(account: Account) -> set[int]:
    """The applications that an account was set up with, apart from its primary one."""
    given = [account.attrs.get("sub_app"), *(account.attrs.get("sub_apps") or ())]
    return {int(id) for id in given if id}


def known(conn: Connection, account: str, id: int) -> App | None:
    """An application by its id."""
    row = conn.execute(select(apps).where(apps.c.account == account, apps.c.id == id)).mappings().first()
    return App(row["id"], account, row["bucket"], row["region"], row["status"]) if row else None


def lock(conn: Connection, app: App) -> None:
    """Have requests that would add to an application's lists go one after the other, until the commit."""
    mine = apps.c.account == app.account, apps.c.id == app.id
    conn.execute(select(apps.c.id).where(*mine).with_for_update())


def buckets(conn: Connection, account: str) -> frozenset[str]:
    """The buckets of an account's applications."""
    return frozenset(conn.scalars(select(apps.c.bucket).where(apps.c.account == account)))


def _find(conn: Connection, account: Account, wanted: int | None) -> App | None:
    which = apps.c.id == wanted if wanted else apps.c.primary_app
    row = conn.execute(select(apps).where(apps.c.account == account.id, which)).mappings().first()
    return App(row["id"], account.id, row["bucket"], row["region"], row["status"]) if row else None


def _found_or_made(conn: Connection, service: Service, account: Account, wanted: int | None) -> App:
    found = _find(conn, account, wanted)
    if found is not None:
        return found
    if wanted:
        return _make(conn, service, account, wanted, name=f"application {wanted}")
    id = int(account.attrs.get("app_id") or _next_id(conn, _FIRST_PRIMARY))
    found = _find(conn, account, id)
    if found is None:
        return _make(conn, service, account, id, name="primary application", primary=True)
    mine = (apps.c.account == account.id, apps.c.id == id)
    conn.execute(update(apps).where(*mine).values(primary_app=True))
    return found


def _next_id(conn: Connection, first: int) -> int:
    last = conn.scalar(select(func.max(apps.c.id)).where(apps.c.id.between(first, first + _RANGE - 1)))
    return max(first, last or 0) + 1


def _make(
    conn: Connection,
    service: Service,
    account: Account,
    id: int,
    *,
    name: str,
    primary: bool = False,
    description: str = "",
    region: str = "",
) -> App:
    region = region or account.attrs.get("region") or DEFAULT_REGION
    bucket = f"vod{secrets.token_hex(4)}-{id}"
    conn.execute(
        insert(apps).values(
            account=account.id,
            id=id,
            bucket=bucket,
            primary_app=primary,
            name=name,
            description=description,
            status="On",
            region=region,
            created=service.now(),
        )
    )
    return App(id, account.id, bucket, region, "On")


async def _describe(caller: Caller, params: Params) -> dict[str, Any]:
    account = caller.credential.account

    def look(conn: Connection) -> list[RowMapping]:
        for id in (None, *sorted(declared(account))):
            _found_or_made(conn, caller.service, account, id)
        query = select(apps).where(apps.c.account == account.id, apps.c.status != "Destroyed")
        return list(conn.execute(query.order_by(apps.c.id)).mappings())

    rows = await caller.service.catalog.write(look)
    rows = [row for row in rows if params["Name"] in (None, "", row["name"])]
    page = rows[params["Offset"] : params["Offset"] + params["Limit"]]
    return {"TotalCount": len(rows), "SubAppIdInfoSet": [_shown(row) for row in page]}


def _shown(row: RowMapping) -> dict[str, Any]:
    return {
        "SubAppId": row["id"],
        "SubAppIdName": row["name"],
        "Name": row["name"],
        "Description": row["description"],
        "CreateTime": shown_time(row["created"]),
        "Status": row["status"],
        "Mode": "fileid",
        "StorageRegions": [row["region"]],
        "Tags": [],
    }


async def _create(caller: Caller, params: Params) -> dict[str, Any]:
    region = params["StorageRegion"] or ""
    if region and region not in REGIONS:
        raise ApiError(codes.STORAGE_REGION, f"the region {region} is unknown")
    if params["Mode"] != "fileid":
        raise ApiError(codes.UNSUPPORTED, "only applications in fileid mode are served")

    def make(conn: Connection) -> App:
        return _make(
            conn,
            caller.service,
            caller.credential.account,
            _next_id(conn, _FIRST_SUB),
            name=params["Name"],
            description=params["Description"] or "",
            region=region,
        )

    return {"SubAppId": (await caller.service.catalog.write(make)).id}


async def _modify_info(caller: Caller, params: Params) -> dict[str, Any]:
    given = {"name": params["Name"], "description": params["Description"]}
    await _change(caller, {column: value for column, value in given.items() if value is not None})
    return {}


async def _modify_status(caller: Caller, params: Params) -> dict[str, Any]:
    await _change(caller, {"status": params["Status"]})
    return {}


async def _change(caller: Caller, values: dict[str, Any]) -> None:
    if not values:
        raise ApiError(codes.INVALID_PARAMETER, "nothing to change was given")
    mine = (apps.c.account == caller.account, apps.c.id == caller.home.id)

    def change(conn: Connection) -> None:
        conn.execute(update(apps).where(*mine).values(**values))

    await caller.service.catalog.write(change)


async def _regions(caller: Caller, params: Params) -> dict[str, Any]:
    opened = enabled_regions(caller)
    return {
        "StorageRegionInfos": [
            {
                "Region": region,
                "Description": region,
                "Status": "opened" if region in opened else "unopened",
                "IsDefault": region == caller.home.region,
                "Area": "Chinese Mainland" if _inland(region) else "Outside Chinese Mainland",
            }
            for region in sorted(REGIONS)
        ]
    }


def enabled_regions(caller: Caller) -> frozenset[str]:
    """The storage regions that the caller's account may use."""
    chosen = caller.credential.account.attrs.get("regions")
    return frozenset(chosen) | {caller.home.region} if chosen else REGIONS


def _inland(region: str) -> bool:
    return region.startswith("ap-") and region not in _ABROAD


ACTIONS = {
    "DescribeSubAppIds": Action(
        _describe, {"Name": upto(40), "Offset": OFFSET, "Limit": within(1, 200, default=200)}, in_app=False
    ),
    "CreateSubAppId": Action(
        _create,
        {
            "Name": needed(within(1, 40)),
            "Description": upto(300),
            "Mode": choice("fileid", "fileid+path", default="fileid"),
            "StorageRegion": upto(64),
        },
        in_app=False,
    ),
    "ModifySubAppIdInfo": Action(_modify_info, {"Name": within(1, 40), "Description": upto(300)}),
    "ModifySubAppIdStatus": Action(_modify_status, {"Status": needed(choice("On", "Off", "Destroyed"))}),
    "DescribeStorageRegions": Action(_regions),
}
