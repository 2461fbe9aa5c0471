"""The STS calls that users of Tencent make to get temporary keys: version 2018-08-13, service ``sts``.

A policy may name actions of ``vod`` and ``cos`` for the resource ``*``; anything finer is refused, because
a policy that is not enforced would hand out more than was asked for.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from ..wire import codes
from .answer import ApiError
from .caller import Action, Caller
from .credentials import EVERYTHING, Grant
from .fields import Params, needed, shown_time, upto, within

VERSION = "2018-08-13"
SERVICE = "sts"

_LONGEST = 43_200
_POLICY = f"{codes.INVALID_PARAMETER}.PolicyInvalid"

WIRE: dict[str, dict[str, Any]] = {
    "GetFederationToken": {"Name": str, "Policy": str, "DurationSeconds": int},
    "AssumeRole": {
        "RoleArn": str,
        "RoleSessionName": str,
        "DurationSeconds": int,
        "Policy": str,
        "ExternalId": str,
    },
    "GetCallerIdentity": {},
}
"""The actions and the types of their fields."""


def policy(text: str | None) -> Grant:
    """What a policy document (JSON, may be url-encoded) grants; no policy grants everything.

    Raises:
        ApiError: it is no policy, or one that this service cannot enforce.
    """
    if not text:
        return EVERYTHING
    try:
        document = json.loads(text if text.lstrip().startswith("{") else unquote(text))
        statements = document["statement"]
        if isinstance(statements, dict):
            statements = [statements]
        granted: dict[str, list[str]] = {"allow": [], "deny": []}
        for statement in statements:
            if _all(statement["resource"]) != ["*"] or statement.get("condition"):
                raise ApiError(
                    _POLICY, "only policies for the resource * and without conditions are enforced"
                )
            granted[statement["effect"].lower()] += [_action(name) for name in _all(statement["action"])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ApiError(_POLICY, "the policy is not a policy document") from None
    return Grant(tuple(granted["allow"]), tuple(granted["deny"]))


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _action(name: str) -> str:
    return name.removeprefix("name/")


def narrowed(grant: Grant, caller: Caller) -> Grant:
    """A grant as far as the caller's own credentials go."""
    own = caller.credential.grant
    if own == EVERYTHING:
        return grant
    if grant == EVERYTHING:
        return own
    raise ApiError(codes.UNAUTHORIZED, "temporary credentials of a policy cannot be narrowed by another one")


async def _mint(caller: Caller, params: Params) -> dict[str, Any]:
    grant = narrowed(policy(params["Policy"]), caller)
    life = params["DurationSeconds"]
    if caller.credential.expires is not None:
        life = min(life, caller.credential.expires - caller.now)
    minted = caller.credentials.mint(caller.credential.account, life, grant)
    return {
        "Credentials": {
            "TmpSecretId": minted.key,
            "TmpSecretKey": minted.secret,
            "Token": minted.token,
        },
        "ExpiredTime": minted.expires,
        "Expiration": shown_time(minted.expires),
    }


async def _identity(caller: Caller, params: Params) -> dict[str, Any]:
    account = caller.account
    return {
        "Arn": f"qcs::cam::uin/{account}:uin/{account}",
        "AccountId": account,
        "UserId": account,
        "PrincipalId": account,
        "Type": "CAMUser" if caller.credential.expires is None else "CAMRole",
    }


ACTIONS = {
    "GetFederationToken": Action(
        _mint,
        {
            "Name": needed(within(1, 128)),
            "Policy": needed(),
            "DurationSeconds": within(1, _LONGEST, default=1800),
        },
        in_app=False,
    ),
    "AssumeRole": Action(
        _mint,
        {
            "RoleArn": needed(upto(512)),
            "RoleSessionName": needed(within(1, 128)),
            "DurationSeconds": within(1, _LONGEST, default=7200),
            "Policy": upto(4096),
        },
        in_app=False,
    ),
    "GetCallerIdentity": Action(_identity, in_app=False),
}
