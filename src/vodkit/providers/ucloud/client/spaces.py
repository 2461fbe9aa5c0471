"""Management of spaces by the signed gateway (ucloud.md §7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from vodkit.core.contract import Exchange
from vodkit.core.errors import ConfigError, InvalidRequest, NotFound, ProtocolError, ServerError
from vodkit.core.media import Space

from .. import sign, wire
from ..errors import PROVIDER, management_error
from .bucket import Connection

ACTIONS: Final = ("CreateBucket", "DescribeBucket", "UpdateBucket", "DeleteBucket", "GetFileList")
PAGE: Final = 50


class Gateway:
    """Management calls: one signed GET each.

    Args:
        connection: The key pair and the scheme.
        exchange: The wire.
        host: Of the gateway.
        renamed: Names of actions, where they differ from the usual ones.
        name_parameter: What a space is called there.
        project: ProjectId of every call, or ``""``.
    """

    def __init__(
        self,
        connection: Connection,
        exchange: Exchange,
        host: str,
        renamed: Mapping[str, str],
        name_parameter: str,
        project: str,
    ) -> None:
        self._connection, self._exchange, self._host = connection, exchange, host
        self._renamed, self._project = dict(renamed), project
        self.name_parameter = name_parameter

    def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """Any action by the vendor's names; lists become ``Name.0`` and so on. Returns the answer's fields.

        Raises:
            VodError: the exchange failed, or the gateway refused; classified by its ``RetCode``.
        """
        action = self._renamed.get(action, action)
        given = wire.parameters(
            {
                "Action": action,
                "PublicKey": self._connection.public_key,
                "ProjectId": self._project or None,
                **fields,
            }
        )
        given["Signature"] = sign.management_signature(self._connection.private_key, given)
        url = f"{self._connection.scheme}://{self._host}/?{urlencode(given)}"
        reply = self._exchange("GET", url)
        if reply.status >= 500:
            raise ServerError(f"{action}: the gateway failed", provider=PROVIDER, status=reply.status)
        try:
            data = wire.loads(reply.body)
        except wire.BadAnswer as problem:
            raise ProtocolError(
                f"{action}: the answer cannot be understood: {problem}",
                provider=PROVIDER,
                status=reply.status,
            ) from None
        code = next((value for name, value in data.items() if name.lower() == "retcode"), None)
        if not isinstance(code, int):
            raise ProtocolError(
                f"{action}: the answer has no RetCode", provider=PROVIDER, status=reply.status
            )
        if code != 0:
            raise management_error(code, str(data.get("Message") or ""), action)
        return data


class UCloudSpaces:
    """See :class:`vodkit.core.contract.SpaceStore`."""

    def __init__(self, gateway: Gateway, region: str) -> None:
        self._gateway, self._region = gateway, region

    def _call(self, action: str, name: str | None, **fields: Any) -> dict[str, Any]:
        return self._gateway.call(action, **{self._gateway.name_parameter: name, **fields})

    def list(self) -> Iterator[Space]:
        """The account's spaces."""
        offset = 0
        while True:
            data = self._call("DescribeBucket", None, Offset=offset, Limit=PAGE)
            found = data.get("DataSet") or ()
            yield from (_space(entry) for entry in found)
            offset += len(found)
            if len(found) < PAGE:
                return

    def get(self, name: str) -> Space:
        """One space. Raises :class:`~vodkit.core.errors.NotFound`."""
        found = self._call("DescribeBucket", name).get("DataSet") or ()
        for entry in found:
            if entry.get("BucketName") == name:
                return _space(entry)
        raise NotFound(f"there is no space {name!r}", provider=PROVIDER)

    def create(self, name: str, **options: Any) -> Space:
        """A new space: ``access`` (``private`` or ``public``), ``region``, ``domains``, ``tag``.

        Raises:
            Conflict: the name is taken, by whoever.
            InvalidRequest: an option is unknown or cannot be.
        """
        _known(options, ("access", "region", "domains", "tag"))
        self._call(
            "CreateBucket",
            name,
            Type=_access(options.get("access", "private")),
            Region=options.get("region") or self._region or None,
            Domain=list(options.get("domains") or ()) or None,
            Tag=options.get("tag"),
        )
        return self.get(name)

    def update(self, name: str, **changes: Any) -> Space:
        """Change a space's ``access``. Raises :class:`~vodkit.core.errors.NotFound`."""
        _known(changes, ("access",))
        self._call("UpdateBucket", name, Type=_access(changes.get("access")))
        return self.get(name)

    def delete(self, name: str) -> None:
        """Delete an empty space. Raises :class:`~vodkit.core.errors.NotFound`, ``Conflict``."""
        self._call("DeleteBucket", name)

    def files(self, name: str, *, offset: int = 0, limit: int = 20) -> Sequence[dict[str, Any]]:
        """Objects of a space as GetFileList tells them, a call that the vendor has retired."""
        return tuple(self._call("GetFileList", name, Offset=offset, Limit=limit).get("DataSet") or ())


def read_actions(given: Any) -> dict[str, str]:
    """The setting ``actions``: a mapping, or ``usual=actual`` pairs.

    Raises:
        ConfigError: a pair is none, or names an action that is not called here.
    """
    pairs = (
        given.items() if isinstance(given, Mapping) else [item.partition("=")[::2] for item in given or ()]
    )
    found = {str(usual).strip(): str(actual).strip() for usual, actual in pairs}
    for usual, actual in found.items():
        if usual not in ACTIONS or not actual:
            raise ConfigError(
                f"actions: {usual!r} is not one that is called",
                provider=PROVIDER,
                advice=f"Write USUAL=ACTUAL with one of {', '.join(ACTIONS)}",
            )
    return found


def _access(value: Any) -> str:
    if value not in ("public", "private"):
        raise InvalidRequest(f"access is {value!r}", provider=PROVIDER, advice="A space is public or private")
    return str(value)


def _known(given: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in given:
        if name not in names:
            raise InvalidRequest(
                f"a space has no option {name!r}", provider=PROVIDER, advice=f"It has: {', '.join(names)}"
            )


def _space(entry: Mapping[str, Any]) -> Space:
    created = entry.get("CreateTime")
    return Space(
        provider=PROVIDER,
        name=str(entry.get("BucketName") or ""),
        access=str(entry.get("Type") or "private"),
        region=str(entry.get("Region") or ""),
        created=datetime.fromtimestamp(created, UTC) if isinstance(created, int) and created else None,
        extra={name: value for name, value in entry.items() if name != "BucketName"},
    )
