"""A runner of about a page: drives a session to its end in one thread, as the engine would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from fastcrc import crc64

from vodkit.core.contract import UploadOptions
from vodkit.core.errors import Superseded, VodError
from vodkit.core.media import Media
from vodkit.core.part import DONE, Part, Receipt, Saved, Wait
from vodkit.core.source import Identity, Item, Reader
from vodkit.providers.tencent import CAPABILITIES
from vodkit.providers.tencent.client.api import Api
from vodkit.providers.tencent.client.credentials import Credential, Credentials
from vodkit.providers.tencent.client.provider import TencentProvider

from .fake_cloud import ID, KEY, FakeCloud

DATA = bytes(range(256)) * 40
SMALL = UploadOptions(part_size=1000)


def options(part_size: int | None = None, **values: Any) -> UploadOptions:
    return UploadOptions(values, part_size)


def stored(cloud: FakeCloud, extension: str) -> bytes:
    """The one object with this extension."""
    (found,) = [data for key, data in cloud.objects.items() if key.endswith(extension)]
    return found


@dataclass
class Bytes:
    """A source in memory."""

    name: str
    data: bytes
    size: int | None
    location: str | None = None

    def identity(self) -> Identity | None:
        return None

    def open(self) -> Reader:
        raise NotImplementedError


class Slice:
    """The body of a part."""

    def __init__(self, data: bytes) -> None:
        self.data, self.length = data, len(data)

    def __iter__(self) -> Iterator[memoryview]:
        for start in range(0, len(self.data), 1000):
            yield memoryview(self.data)[start : start + 1000]


class Sums:
    """The digests of a part."""

    def __init__(self, data: bytes, names: tuple[str, ...]) -> None:
        self.data, self.names = data, names

    def __getitem__(self, name: str) -> str:
        assert name in self.names
        return hashlib.md5(self.data).hexdigest() if name == "md5" else f"{crc64.xz(self.data):016x}"


def items(*files: tuple[str, str, bytes], stream: bool = False) -> list[Item]:
    """Items of ``(role, name, data)``."""
    made = []
    for index, (role, name, data) in enumerate(files):
        size = None if stream else len(data)
        made.append(Item(index, role, Bytes(name, data, size), name, size))
    return made


def provider(cloud: FakeCloud, credentials: Credentials | None = None, **settings: Any) -> TencentProvider:
    """The room's provider, on the cloud's clock."""
    keys = credentials or Credentials(None, Credential(ID, KEY))
    api = Api(keys, "vod.tencentcloudapi.com", "ap-guangzhou", "en-US", clock=lambda: cloud.now)
    return TencentProvider(api, CAPABILITIES, settings.get("sub_app"), settings.get("min_part_size", 1))


@dataclass
class Ledger:
    """What survives a crash."""

    state: dict[str, Any] | None = None
    receipts: dict[tuple[int, str], Receipt] = field(default_factory=dict)
    supersedes: int = 0
    steps: list[str] = field(default_factory=list)

    def saved(self) -> Saved | None:
        if self.state is None:
            return None
        return Saved(json.loads(json.dumps(self.state)), tuple(self.receipts.values()))


class Crash(BaseException):
    """The process ends here."""


def run(
    room: TencentProvider,
    cloud: FakeCloud,
    upload: list[Item],
    options: UploadOptions,
    ledger: Ledger | None = None,
    *,
    tries: int = 4,
    crash_after: int | None = None,
) -> Media:
    """Upload; with ``crash_after`` the process ends before that part's receipt is written."""
    ledger = ledger if ledger is not None else Ledger()
    room.check(upload, options)
    while True:
        session = room.begin(upload, options, ledger.saved(), cloud)
        try:
            return _drive(session, upload, ledger, tries, crash_after)
        except Superseded:
            if ledger.supersedes == 3:
                raise
            ledger.supersedes += 1
            ledger.state, ledger.receipts = None, {}


def _drive(session: Any, upload: list[Item], ledger: Ledger, tries: int, crash_after: int | None) -> Media:
    while (found := session.next()) is not DONE:
        assert not isinstance(found, Wait), "one worker never has to wait"
        part, data = _cut(found, upload)
        for attempt in range(tries):
            try:
                reply = session.send(part, Slice(data), Sums(data, (*part.needs, *part.takes)))
                break
            except VodError as error:
                instead = session.failed(part, error)
                if instead is None and (not error.retryable or attempt == tries - 1):
                    raise
        ledger.steps.append(f"{part.item}:{part.key}")
        if crash_after is not None and len(ledger.steps) > crash_after:
            raise Crash
        sent = session.sent(part, reply)
        if sent.receipt is not None:
            row = Receipt(part.item, part.key, part.offset, part.length, json.loads(json.dumps(sent.receipt)))
            ledger.receipts[part.item, part.key] = row
        if sent.state is not None:
            ledger.state = dict(sent.state)
    media = session.finish()
    assert isinstance(media, Media)
    return media


def _cut(part: Part, upload: list[Item]) -> tuple[Part, bytes]:
    if not part.body:
        return part, b""
    item = upload[part.item]
    whole = item.source.data  # type: ignore[attr-defined]
    data = whole[part.offset : part.offset + part.length]
    if item.size is None:
        part = replace(part, length=len(data), last=part.offset + len(data) == len(whole))
    assert len(data) == part.length
    return part, data
