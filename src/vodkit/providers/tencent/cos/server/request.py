"""Requests to COS: read, then admitted by signature and scope."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from vodkit.server.contract import Scope

from .. import sign, wire
from ..errors import EXPIRED
from ..sign import Refused

MAX_KEY = 850
"""Most bytes of an object key."""

_IGNORED = frozenset({sign.TOKEN, "encoding-type", "max-parts", "part-number-marker"}) | frozenset(
    {"prefix", "delimiter", "key-marker", "upload-id-marker", "max-uploads"}
)
"""Query parameters that go with an operation and select none; lower case."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a key gives access to in one bucket.

    Attributes:
        account: Id of the account that everything done with it belongs to.
        secret: What signatures are made with.
        expires: Seconds since the epoch, or ``None`` for never.
        open: Signatures are not checked.
        min_part: Fewest bytes of a part that is not the last.
        bucket_exists: Whether the account has the bucket; nobody is told before the signature is verified.
        writable: Whether objects may still be written or removed; asked in the transaction that does it.
        allows: Whether an operation (``PutObject`` ...) may go to a key, or to a prefix of keys.
    """

    account: str
    secret: str = field(repr=False)
    allows: Callable[[str, str], bool]
    expires: float | None = None
    open: bool = False
    min_part: int = wire.MIN_PART
    bucket_exists: bool = True
    writable: Callable[[Connection], bool] = lambda conn: True


NOBODY = Access("", "", lambda operation, key: True, open=True)
"""What an unsigned request to a public bucket has."""

Resolve = Callable[[str, str, str], Awaitable[Access | None]]
"""``await resolve(key, token, bucket)``: the access, or ``None`` for an unknown key.

Raises :class:`.sign.Refused`, with a code of :data:`.errors.STATUS`, for a token that is not that key's.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request.

    Attributes:
        id: Ours, for the answer.
        scope: As it came.
        method: Upper case.
        bucket: From the host's first label.
        path: Decoded, as it was signed.
        key: The object's key: the path without its first slash and without ``.`` segments; ``""`` for the
            bucket itself.
        params: The query, decoded, names as they came.
        headers: Lower-case names, values as text.
        problem: What makes the request unacceptable whoever signed it, or ``""``.
        access: What the signer may do; nothing is known of it before admission.
    """

    id: str
    scope: Scope = field(repr=False)
    method: str
    bucket: str
    path: str
    key: str
    params: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    problem: str = ""
    access: Access = NOBODY

    @property
    def account(self) -> str:
        """Id of the account that signed; ``""`` before admission, and for public reads."""
        return self.access.account

    @property
    def resource(self) -> str:
        """What an error document names: host and path."""
        return self.headers.get("host", "") + self.path

    @property
    def selects(self) -> frozenset[str]:
        """The query parameters, lower case, that select an operation.

        A GET or HEAD of an object ignores unknown ones with a value; nothing else ignores any.
        """
        reads = self.method in ("GET", "HEAD")
        return frozenset(
            lower
            for name, value in self.params.items()
            if not (lower := name.lower()).startswith("q-")
            and lower not in _IGNORED
            and not (reads and value and lower != "uploadid")
        )

    def param(self, name: str) -> str:
        """A query parameter by its name in lower case; ``""`` if it is not there."""
        return next((value for given, value in self.params.items() if given.lower() == name), "")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number out of the query, cut to ``high``.

        Raises:
            Refused: it is not a number, or below ``low``.
        """
        text = self.param(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) >= low):
            raise Refused("InvalidArgument", f"{name} must be a whole number, at least {low}")
        return min(int(text), high)


def parse(scope: Scope) -> Request:
    """Read the head of a request; what is wrong with it is noted, since its signature is checked first."""
    headers: dict[str, str] = {}
    problem = ""
    for name, value in scope["headers"]:
        headers[name.decode("latin-1").lower()] = value.decode("utf-8", "surrogateescape").strip()
    try:
        pairs = wire.decode_query(scope["query_string"].decode("latin-1"))
    except ValueError:
        pairs, problem = [], "the query has too many parameters"
    params = dict(pairs)
    if len({name.lower() for name in params}) != len(pairs):
        problem = "a query parameter is given more than once"
    path = wire.decode_path(scope["raw_path"].decode("latin-1"))
    segments = path.removeprefix("/").split("/")
    key = "/".join(segment for segment in segments if segment != ".")
    return Request(
        id=secrets.token_hex(16),
        scope=scope,
        method=scope["method"],
        bucket=wire.bucket_of(headers.get("host", "")).lower(),
        path=path,
        key=key,
        params=params,
        headers=headers,
        problem=problem or _problem(path, key, segments, params),
    )


async def admit(request: Request, resolve: Resolve, now: float, operation: str, *, public: bool) -> Request:
    """The request with its account, once its signature is verified and its operation is in scope.

    Args:
        request: From :func:`parse`.
        resolve: Finds the key's access.
        now: Seconds since the epoch.
        operation: What to check the scope for; ``""`` for nothing but the signature.
        public: Whether it may go on without a signature.

    Raises:
        Refused: it may not go on.
    """
    claim = sign.claim(request.headers, request.params)
    if claim is None:
        if not public:
            raise Refused("AccessDenied", "the request is not signed")
        access = NOBODY
    else:
        found = await resolve(claim.key, claim.token, request.bucket)
        if found is None:
            raise Refused("InvalidAccessKeyId", "the access key does not exist")
        access = found
    if claim is not None and not access.open:
        sign.verify(
            claim, access.secret, request.method, request.path, request.params, request.headers, now=now
        )
        if access.expires is not None and now >= access.expires:
            raise Refused("AccessDenied", EXPIRED)
    if not access.bucket_exists:
        raise Refused("NoSuchBucket", "the bucket does not exist")
    if request.problem:
        raise Refused("InvalidArgument", request.problem)
    where = request.key or request.param("prefix")
    if operation and not access.allows(operation, where):
        raise Refused("AccessDenied", f"the credentials do not allow {operation} here")
    return replace(request, access=access)


def _problem(path: str, key: str, segments: list[str], params: Mapping[str, str]) -> str:
    if path != "/" and not key.strip("/"):
        return "the object key is empty"
    if ".." in segments:
        return "the object key has a .. segment"
    if not _storable(key):
        return "the object key is not UTF-8 or has control characters"
    if len(key.encode()) > MAX_KEY:
        return f"the object key has more than {MAX_KEY} bytes"
    if not all(_storable(name) and _storable(value) for name, value in params.items()):
        return "a query parameter is not UTF-8 or has control characters"
    return ""


def _storable(text: str) -> bool:
    return not any(ch < " " or ch == "\x7f" or "\ud800" <= ch <= "\udfff" for ch in text)
