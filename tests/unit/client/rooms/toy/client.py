"""Both ends are in this folder; the wire is JSON over HTTP at ``http://toy.invalid``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Unpack
from urllib.parse import quote

from vodkit.core.capabilities import Capabilities
from vodkit.core.contract import Body, Digests, Exchange, Reply, UploadOptions
from vodkit.core.errors import IntegrityError, NotFound, ServerError, UnsupportedOption
from vodkit.core.media import Media, MediaPage, Processing
from vodkit.core.part import DONE, Next, Part, Saved, Sent, Wait
from vodkit.core.source import Item
from vodkit.engine.vod import Shared, Vod, engine_settings

from . import DESCRIPTOR

BASE = "http://toy.invalid"
PART = 64 * 1024


class Toy(Vod):
    """The typed constructor."""

    def __init__(self, *, key: str, secret: str, **shared: Unpack[Shared]) -> None:
        super().__init__(ToyProvider(key), settings=engine_settings(**shared))


class ToyProvider:
    name = "toy"
    capabilities: Capabilities = DESCRIPTOR.capabilities
    needs: frozenset[str] = frozenset()

    def __init__(self, key: str) -> None:
        self.key = key

    def account(self) -> str:
        return self.key

    def destination(self, options: UploadOptions) -> str:
        return ""

    def check(self, items: Sequence[Item], options: UploadOptions) -> None:
        pass

    def begin(
        self, items: Sequence[Item], options: UploadOptions, saved: Saved | None, exchange: Exchange
    ) -> ToySession:
        return ToySession(items, options, saved, exchange)

    def media(self, exchange: Exchange) -> ToyMedia:
        return ToyMedia(exchange)


class ToySession:
    max_parallel = 3

    def __init__(
        self, items: Sequence[Item], options: UploadOptions, saved: Saved | None, exchange: Exchange
    ) -> None:
        self.items, self.options, self.exchange = items, options, exchange
        self.size = options.part_size or (saved.state["part"] if saved else PART)
        self.id = saved.state["id"] if saved else ""
        self.there: set[str] = set()
        self.todo: list[Part] | None = None
        self.asked = self.closing = False
        self.media: Media | None = None
        self.flying = 0
        self.ended: set[int] = set()

    def next(self) -> Next:
        if self.media is not None:
            return DONE
        if self.todo is None:
            if self.asked:
                return Wait()
            self.asked = True
            return Part.step("resume" if self.id else "open")
        # The manifest itself, item 0, goes last.
        for item in [*self.items[1:], self.items[0]]:
            if item.index == 0 and len(self.items) > 1 and self.flying:
                return Wait()
            part = self.planned(item)
            if part is not None:
                self.flying += 1
                return part
        if self.flying or self.closing:
            return Wait()
        self.closing = True
        return Part.step("close")

    def planned(self, item: Item) -> Part | None:
        if item.index in self.ended:
            return None
        at = 0
        while f"{item.index}/{at}" in self.there:
            at += self.size
        size = item.size
        if size is not None and at >= max(size, 1):
            self.ended.add(item.index)
            return None
        self.there.add(f"{item.index}/{at}")
        length = self.size if size is None else min(self.size, size - at)
        last = size is not None and at + length == size
        return Part(item.index, str(at), at, length, last, takes=("md5",))

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        if part.key == "open":
            names = [[item.role, item.name] for item in self.items]
            return ask(self.exchange, "POST", "/uploads", names)
        if part.key == "resume":
            return ask(self.exchange, "GET", f"/uploads/{self.id}")
        if part.key == "close":
            return ask(self.exchange, "POST", f"/uploads/{self.id}", dict(self.options.values))
        answer = self.exchange("PUT", f"{BASE}/uploads/{self.id}/{part.item}/{part.offset}", body=body)
        told = understood(answer)
        if told["md5"] != digests["md5"]:
            raise IntegrityError("the md5 differs")
        return told

    def sent(self, part: Part, reply: Any) -> Sent:
        if part.key == "open":
            self.id, self.todo = reply["id"], []
            return Sent(state={"id": self.id, "part": self.size})
        if part.key == "resume":
            self.there, self.todo = set(reply["parts"]), []
            return Sent()
        if part.key == "close":
            self.media = media(reply)
            return Sent()
        self.flying -= 1
        if part.last:
            self.ended.add(part.item)
        return Sent(receipt={"md5": reply["md5"]})

    def failed(self, part: Part, error: Exception) -> Part | None:
        return None

    def finish(self) -> Media:
        assert self.media is not None
        return self.media

    def abort(self) -> None:
        ask(self.exchange, "DELETE", f"/uploads/{self.id}")


class ToyMedia:
    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def get(self, id: str) -> Media:
        return media(ask(self.exchange, "GET", f"/media/{id}"))

    def page(self, *, marker: str = "", limit: int = 2, **filters: Any) -> MediaPage:
        found = ask(self.exchange, "GET", f"/media?title={quote(filters.get('title', ''))}")
        start = int(marker or 0)
        more = str(start + limit) if start + limit < len(found) else ""
        return MediaPage(tuple(map(media, found[start : start + limit])), len(found), more)

    def delete(self, id: str) -> None:
        ask(self.exchange, "DELETE", f"/media/{id}")

    def update(self, id: str, **changes: Any) -> Media:
        if set(changes) - {"title"}:
            raise UnsupportedOption("only the title can be changed", provider="toy")
        return media(ask(self.exchange, "POST", f"/media/{id}", changes))

    def download_request(self, id: str) -> tuple[str, Mapping[str, str]]:
        return f"{BASE}/files/{id}", {"Authorization": "toy"}

    def pull(self, url: str, values: Mapping[str, Any]) -> str:
        return str(ask(self.exchange, "POST", "/pulls", {"url": url, **values})["id"])

    def pulling(self, pull: str) -> Processing:
        return Processing(**ask(self.exchange, "GET", f"/pulls/{pull}"))

    def digests(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        return {"crc64": headers["x-crc64"]} if "x-crc64" in headers else {}


def media(data: Mapping[str, Any]) -> Media:
    return Media(provider="toy", **data)


def ask(exchange: Exchange, method: str, path: str, data: Any = None) -> Any:
    body = None if data is None else json.dumps(data).encode()
    return understood(exchange(method, BASE + path, body=body))


def understood(answer: Reply) -> Any:
    if answer.status == 404:
        raise NotFound("not there", provider="toy", status=404)
    if answer.status >= 500:
        raise ServerError("failed", provider="toy", status=answer.status)
    return json.loads(answer.body)
