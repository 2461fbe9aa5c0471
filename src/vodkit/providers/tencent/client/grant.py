"""What ApplyUpload granted: where the objects go, and who may put them there (tencent.md §B.1)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vodkit.core.errors import ManifestError, ProtocolError
from vodkit.core.source import Item

from ..errors import PROVIDER
from .credentials import Credential

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Grant:
    """One upload session of the vendor's.

    Attributes:
        session_key: What CommitUpload is called with.
        bucket, region: Where the objects go.
        media_path, cover_path: Keys with a leading ``/``; the cover's is ``""`` without one.
        certificate: Temporary key for the object store; ``None``: the account's own key signs.
        expires: Unix time at which the certificate ends; 0 without one.
    """

    session_key: str = field(repr=False)
    bucket: str
    region: str
    media_path: str
    cover_path: str
    certificate: Credential | None
    expires: float

    @classmethod
    def from_answer(cls, fields: Mapping[str, Any]) -> Grant:
        """Read the answer of ApplyUpload, or what :meth:`as_json` kept of it.

        Raises:
            ProtocolError: something is missing, or cannot be part of a host name or key.
        """
        texts = {
            name: fields.get(name) or ""
            for name in (
                "VodSessionKey",
                "StorageBucket",
                "StorageRegion",
                "MediaStoragePath",
                "CoverStoragePath",
            )
        }
        session_key, bucket, region, media_path, cover_path = texts.values()
        sound = (
            all(isinstance(value, str) for value in texts.values())
            and session_key
            and _BUCKET.fullmatch(bucket)
            and _REGION.fullmatch(region)
            and _is_path(media_path)
            and (not cover_path or _is_path(cover_path))
        )
        if not sound:
            raise ProtocolError("ApplyUpload named no usable place to upload to", provider=PROVIDER)
        given = fields.get("TempCertificate")
        if not given:
            return cls(session_key, bucket, region, media_path, cover_path, None, 0)
        try:
            certificate = Credential(given["SecretId"], given["SecretKey"], given.get("Token") or "")
            expires = float(given.get("ExpiredTime") or 0)
        except (KeyError, TypeError, ValueError):
            raise ProtocolError("ApplyUpload gave incomplete upload credentials", provider=PROVIDER) from None
        return cls(session_key, bucket, region, media_path, cover_path, certificate, expires)

    def as_json(self) -> dict[str, Any]:
        """For the ledger, whose files only their owner may read; secrets included."""
        certificate = self.certificate
        return {
            "VodSessionKey": self.session_key,
            "StorageBucket": self.bucket,
            "StorageRegion": self.region,
            "MediaStoragePath": self.media_path,
            "CoverStoragePath": self.cover_path,
            "TempCertificate": certificate
            and {
                "SecretId": certificate.secret_id,
                "SecretKey": certificate.secret_key,
                "Token": certificate.token,
                "ExpiredTime": self.expires,
            },
        }

    def key(self, item: Item) -> str:
        """The key of an item's object: segments keep their place relative to the manifest.

        Raises:
            ManifestError: the segment's name leaves the manifest's folder.
            ProtocolError: there is a cover and no key was granted for it.
        """
        if item.role == "cover":
            if not self.cover_path:
                raise ProtocolError("ApplyUpload named no place for the cover", provider=PROVIDER)
            return self.cover_path[1:]
        if item.role == "media":
            return self.media_path[1:]
        return posixpath.dirname(self.media_path)[1:].rstrip("/") + "/" + segment_name(item.name)


def segment_name(name: str) -> str:
    """The normal form of a path relative to a manifest.

    Raises:
        ManifestError: it leaves the manifest's folder.
    """
    normal = posixpath.normpath(name.replace("\\", "/"))
    if not name or normal.startswith("/") or normal.split("/")[0] in ("..", "."):
        raise ManifestError(
            f"the manifest names {name!r}, which is not below its own folder",
            provider=PROVIDER,
            advice="Keep segments beside the manifest or in folders below it",
        )
    return normal


def _is_path(path: str) -> bool:
    return path.startswith("/") and ".." not in path.split("/") and not path.endswith("/")
