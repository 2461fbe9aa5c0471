"""The calls about shows and persons, which editors made, and about searching (youku.md §8.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord

from . import items, library
from .call import Action, Call, invalid
from .items import Item
from .playlists import held

Answer = Mapping[str, Any]
Run = Callable[[Call], Awaitable[Answer]]
_FILTERS = (
    "category",
    "genre",
    "area",
    "release_year",
    "paid",
    "person",
    "nationality",
    "gender",
    "firstletter",
)


def _one(kind: str) -> Run:
    async def run(call: Call) -> Answer:
        id = call.need(f"{kind}_id")
        found = await call.service.catalog.read(lambda conn: items.get(conn, kind, id))
        if found is None:
            raise invalid(f"{kind}_id")
        return found.shown

    return run


def _batch(kind: str) -> Run:
    async def run(call: Call) -> Answer:
        ids = call.several(f"{kind}_ids")
        found = await call.service.catalog.read(lambda conn: items.some(conn, kind, ids))
        return {"total": len(found), f"{kind}s": [item.shown for item in found]}

    return run


async def _premium(call: Call) -> Answer:
    ids = call.several("show_ids")
    found = await call.service.catalog.read(lambda conn: items.some(conn, "show", ids))
    return library.page(call, "shows", [show for show in found if show.facts.get("paid")], _show)


def _show(item: Item) -> dict[str, Any]:
    return item.shown


def _fits(item: Item, call: Call) -> bool:
    """Whether an item has what the caller asks for; a filter that it has no such field for does not count."""
    wanted = ((name, call.text(name)) for name in _FILTERS)
    return all(str(item.facts.get(name, value)) == value for name, value in wanted if value)


def _by(kind: str, needed: str) -> Run:
    async def run(call: Call) -> Answer:
        value = call.need(needed)
        found = await call.service.catalog.read(lambda conn: items.all(conn, kind))
        some = [item for item in found if item.facts.get(needed) == value and _fits(item, call)]
        return library.page(call, f"{kind}s", some, _show)

    return run


async def _related(call: Call) -> Answer:
    id = call.need("show_id")

    def look(conn: Connection) -> list[Item]:
        this = items.get(conn, "show", id)
        if this is None:
            raise invalid("show_id")
        others = (show for show in items.all(conn, "show") if show.id != id)
        return [show for show in others if show.facts.get("category") == this.facts.get("category")]

    return library.page(call, "shows", await call.service.catalog.read(look), _show)


async def _videos(call: Call) -> Answer:
    id = call.need("show_id")
    found = await call.service.catalog.read(lambda conn: held(conn, call, "show", id))
    return await library.videos_page(call, found)


def _search_videos(fits: Callable[[MediaRecord, str], bool], name: str) -> Run:
    async def run(call: Call) -> Answer:
        text, category = call.need(name), call.text("category")
        found = await call.service.catalog.read(
            lambda conn: library.public(conn, call.service, category=category)
        )
        return await library.videos_page(call, [record for record in found if fits(record, text)])

    return run


def _has_tag(record: MediaRecord, tag: str) -> bool:
    return tag in record.attrs["tags"]


def _says(record: MediaRecord, keyword: str) -> bool:
    text = "\n".join((record.title, record.attrs["description"], *record.attrs["tags"])).lower()
    return all(word in text for word in keyword.lower().split())


async def _search_shows(call: Call) -> Answer:
    keyword = call.need("keyword").lower()
    found = await call.service.catalog.read(lambda conn: items.all(conn, "show"))
    some = [s for s in found if keyword in str(s.facts.get("name")).lower() and _fits(s, call)]
    return library.page(call, "shows", some, _show)


async def _complete(call: Call) -> Answer:
    start = call.need("keyword").lower()
    found = await call.service.catalog.read(lambda conn: items.all(conn, "keyword"))
    words = [{"keyword": item.id} for item in found if item.id.lower().startswith(start)]
    return {"total": len(words), "keywords": words}


async def _top(call: Call) -> Answer:
    category = call.text("category")
    found = await call.service.catalog.read(lambda conn: items.all(conn, "keyword"))
    some = [item for item in found if not category or item.facts.get("category") == category]
    some.sort(key=lambda item: -int(item.facts.get("search_count") or 0))
    return library.page(call, "keywords", some, lambda item: {"keyword": item.id, **item.facts})


async def _address(call: Call) -> Answer:
    # The name of this parameter is misspelt on the wire.
    id = call.need("progammeId")
    found = await call.service.catalog.read(lambda conn: items.get(conn, "show", id))
    if found is None:
        raise invalid("progammeId")
    sites = found.facts.get("sites") or []
    return {"total": len(sites), "programmeId": id, "sites": sites}


async def _top_shows(call: Call) -> Answer:
    category = call.need("category")
    found = await call.service.catalog.read(lambda conn: items.all(conn, "show"))
    some = [show for show in found if show.facts.get("category") == category and _fits(show, call)]
    some.sort(key=lambda show: -int(show.facts.get("view_count") or 0))
    return library.page(call, "shows", some, _show)


ACTIONS = {
    "shows/show": Action(_one("show")),
    "shows/show_batch": Action(_batch("show")),
    "shows/show_premium": Action(_premium),
    "shows/by_category": Action(_by("show", "category")),
    "shows/by_related": Action(_related),
    "shows/videos": Action(_videos),
    "persons/show": Action(_one("person")),
    "persons/show_batch": Action(_batch("person")),
    "persons/by_type": Action(_by("person", "type")),
    "searches/video/by_tag": Action(_search_videos(_has_tag, "tag")),
    "searches/video/by_keyword": Action(_search_videos(_says, "keyword")),
    "searches/show/by_keyword": Action(_search_shows),
    "searches/show/address_unite": Action(_address),
    "searches/show/top_unite": Action(_top_shows),
    "searches/keyword/complete": Action(_complete),
    "searches/keyword/top": Action(_top),
}
