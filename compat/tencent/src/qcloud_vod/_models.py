"""Requests and responses of the three API actions of an upload, under the API's own names."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


class Model:
    """Fields as attributes, ``None`` until they are set; subclasses are dataclasses."""

    headers = None

    @classmethod
    def _names(cls) -> list[str]:
        return [field.name for field in fields(cls)]  # type: ignore[arg-type]

    def _serialize(self, allow_none: bool = False) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self._names()}
        return {
            name: value._serialize(allow_none) if isinstance(value, Model) else value
            for name, value in values.items()
            if allow_none or value is not None
        }

    def _deserialize(self, params: Mapping[str, Any]) -> None:
        for name in self._names():
            if name in params:
                setattr(self, name, params[name])
        useless = [name for name in params if name not in self._names()]
        if useless:
            warnings.warn(f"{','.join(useless)} fileds are useless.", stacklevel=3)

    def to_json_string(self, *args: Any, **kwargs: Any) -> str:
        """All fields as JSON; takes what ``json.dumps`` takes."""
        options = {"ensure_ascii": False, "default": os.fspath, **kwargs}
        return json.dumps(self._serialize(allow_none=True), *args, **options)

    def from_json_string(self, jsonStr: str) -> None:
        """Set the fields that the JSON names."""
        self._deserialize(json.loads(jsonStr))

    def __repr__(self) -> str:
        return self.to_json_string()


@dataclass(repr=False, eq=False)
class ApplyUploadRequest(Model):
    """What an upload is begun with."""

    MediaType: str | None = None
    SubAppId: int | None = None
    MediaName: str | None = None
    CoverType: str | None = None
    Procedure: str | None = None
    ExpireTime: str | None = None
    StorageRegion: str | None = None
    ClassId: int | None = None
    SourceContext: str | None = None
    SessionContext: str | None = None
    ExtInfo: str | None = None
    MediaStoragePath: str | None = None


@dataclass(repr=False, eq=False)
class TempCertificate(Model):
    """A temporary key of the object store."""

    SecretId: str | None = None
    SecretKey: str | None = None
    Token: str | None = None
    ExpiredTime: int | None = None


@dataclass(repr=False, eq=False)
class ApplyUploadResponse(Model):
    """Where the objects go, and who may put them there."""

    StorageBucket: str | None = None
    StorageRegion: str | None = None
    VodSessionKey: str | None = None
    MediaStoragePath: str | None = None
    CoverStoragePath: str | None = None
    TempCertificate: TempCertificate | None = None
    RequestId: str | None = None

    def _deserialize(self, params: Mapping[str, Any]) -> None:
        super()._deserialize(params)
        if isinstance(given := params.get("TempCertificate"), Mapping):
            self.TempCertificate = TempCertificate()
            self.TempCertificate._deserialize(given)


@dataclass(repr=False, eq=False)
class CommitUploadRequest(Model):
    """What an upload is ended with."""

    VodSessionKey: str | None = None
    SubAppId: int | None = None


@dataclass(repr=False, eq=False)
class CommitUploadResponse(Model):
    """What an upload has become."""

    FileId: str | None = None
    MediaUrl: str | None = None
    CoverUrl: str | None = None
    RequestId: str | None = None


@dataclass(repr=False, eq=False)
class ParseStreamingManifestRequest(Model):
    """A playlist's text."""

    MediaManifestContent: str | None = None
    ManifestType: str | None = None


@dataclass(repr=False, eq=False)
class ParseStreamingManifestResponse(Model):
    """The files that a playlist names."""

    MediaSegmentSet: list[str] | None = None
    RequestId: str | None = None
