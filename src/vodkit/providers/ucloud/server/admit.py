"""Who may do what: space, credential, signature, in the order that clients count on (ucloud.md §5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vodkit.server.contract import Account, Service

from .. import sign, wire
from ..errors import BAD_SIGNATURE, BUCKET_MISSING, NO_AUTHORIZATION, PROVIDER
from . import spaces, tokens
from .answer import Refused
from .policy import Policy
from .policy import read as read_policy
from .request import Request
from .spaces import Space
from .tokens import Token

WRONG_KEY = "invalid signature"


class Right(StrEnum):
    """What an operation is, as tokens count it."""

    READ = "READ"
    WRITE = "WRITE"
    DELETE = "DELETE"
    LIST = "LIST"
    IOP = "IOP"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may go on.

    Attributes:
        space: Which the request is about.
        account: The owner; also for anonymous readers of a public space.
        policy: The callback that the upload policy asks for, or ``None``.
        token: What limits the caller, or ``None``.
    """

    space: Space
    account: Account
    policy: Policy | None = None
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who somebody says they are, and what proves it."""

    key: str
    header: sign.Authorization | None = None
    url: sign.UrlSignature | None = None


async def admit(
    service: Service,
    request: Request,
    right: Right,
    *,
    key: str | None = None,
    content_type: str | None = None,
    authorization: str | None = None,
) -> Caller:
    """Who a request comes from.

    Args:
        service: What knows accounts and spaces.
        request: From :func:`.request.parse`.
        right: What it asks for.
        key: The signed key, where that is not the path's.
        content_type: The signed type, where that is not the request's.
        authorization: The header's text, where a form carries it.

    Raises:
        Refused: it may not go on.
    """
    text = request.headers.get("authorization", "") if authorization is None else authorization
    url = sign.parse_url_signature(request.query)
    space = await _space(service, request, text)
    if space is None:
        raise Refused(400, BUCKET_MISSING, "bucket not exists")
    claim = _claim(text, url)
    if claim is None:
        owner = await service.accounts.get(space.account)
        if right is not Right.READ or not space.public or owner is None:
            raise Refused(401, NO_AUTHORIZATION, "no authorization found")
        return Caller(space, owner)
    token, account = await _account(service, claim, space)
    if claim.url is not None:
        _check_expiry(claim.url, account, service.now())
    if account is None:
        raise Refused(403, BAD_SIGNATURE, "the public key is unknown")
    secret = token.private_key if token else account.secret
    signed_key = request.key if key is None else key
    if not account.open and not _verifies(claim, secret, request, space.name, signed_key, content_type):
        raise Refused(403, BAD_SIGNATURE, WRONG_KEY)
    if account.id != space.account and not (space.public and right is Right.READ):
        raise Refused(403, BAD_SIGNATURE, "the bucket belongs to another account")
    if token is not None:
        client = (request.scope.get("client") or ("", 0))[0]
        where = signed_key or request.param("prefix")
        if not token.allows(right, space.name, where, client, service.now()):
            raise Refused(403, BAD_SIGNATURE, "the token does not allow this")
    policy = read_policy(claim.header.policy) if claim.header else None
    return Caller(space, account, policy, token)


async def _space(service: Service, request: Request, authorization: str) -> Space | None:
    """The space that a request is about; an open account gets every space that it asks for."""
    if not request.bucket:
        return await spaces.of_domain(service, request.host)
    found = await spaces.find(service, request.bucket)
    given = sign.parse_authorization(authorization)
    if found is not None or given is None or not wire.is_bucket(request.bucket):
        return found
    account = await service.accounts.find(PROVIDER, given.key)
    if account is None or not account.open:
        return None

    def make(conn: object) -> Space:
        return spaces.get(conn, request.bucket) or spaces.create(conn, service, account, request.bucket)  # type: ignore[arg-type]

    return await service.catalog.write(make)


def _claim(authorization: str, url: sign.UrlSignature | None) -> Claim | None:
    """What identifies a request; ``None`` for one that says nothing.

    Raises:
        Refused: the header is malformed, or both ways are used at once.
    """
    if authorization:
        given = sign.parse_authorization(authorization)
        if given is None or url is not None:
            raise Refused(401, NO_AUTHORIZATION, "no authorization found: the header cannot be read")
        return Claim(given.key, header=given)
    return Claim(url.key, url=url) if url is not None else None


async def _account(service: Service, claim: Claim, space: Space) -> tuple[Token | None, Account | None]:
    """Whose the key is: that of a token, or of an account."""
    if claim.key.startswith(tokens.PREFIX):
        token = await service.catalog.read(lambda conn: tokens.of_key(conn, service, claim.key))
        if token is not None:
            return token, await service.accounts.get(token.account)
    return None, await service.accounts.find(PROVIDER, claim.key)


def _check_expiry(url: sign.UrlSignature, account: Account | None, now: float) -> None:
    """Refuse a link that is over, before its signature is looked at (§2.4)."""
    endless = account is None or account.attrs.get("endless_links", True)
    if not url.expires and endless:
        return
    if not (
        url.expires.isascii() and url.expires.isdigit() and len(url.expires) < 16 and int(url.expires) > now
    ):
        raise Refused(401, NO_AUTHORIZATION, "the link has expired")


def _verifies(
    claim: Claim, secret: str, request: Request, bucket: str, key: str, content_type: str | None
) -> bool:
    if claim.header is not None:
        return sign.verify(
            claim.header,
            secret,
            method=request.method,
            bucket=bucket,
            key=key,
            query=request.query,
            headers=request.pairs,
            content_type=content_type,
        )
    assert claim.url is not None
    return sign.verify_url(claim.url, secret, request.method, bucket, key, headers=request.headers)
