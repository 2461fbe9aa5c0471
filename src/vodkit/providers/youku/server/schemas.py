"""The platform's fixed lists (youku.md §4.1.1, §8.2). They need no client_id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from .. import wire
from .call import Action, Call

_SHOWS = ("TV", "Movies", "Variety", "Anime", "Documentary", "Education")
_EXPRESSIONS = ("smile", "laugh", "cry", "angry", "cool", "applause")


def _fixed(member: str, entries: Sequence[Mapping[str, Any]]) -> Action:
    async def run(call: Call) -> Mapping[str, Any]:
        return {member: [dict(entry) for entry in entries]}

    answer: Callable[[Call], Awaitable[Mapping[str, Any]]] = run
    return Action(answer, login="none")


def _categories(names: Sequence[str]) -> list[dict[str, Any]]:
    return [{"id": number, "term": name, "label": name} for number, name in enumerate(names, 1)]


ACTIONS = {
    "schemas/video/category": _fixed("categories", _categories(wire.CATEGORIES)),
    "schemas/show/category": _fixed("categories", _categories(_SHOWS)),
    # The singular, and the misspelt path of the last one, are the vendor's own.
    "schemas/playlist/category": _fixed("category", _categories(wire.CATEGORIES)),
    "schemas/comment/expression": _fixed("expressions", [{"name": name} for name in _EXPRESSIONS]),
    "schemas/searche/top/category": _fixed("categories", _categories(wire.CATEGORIES)),
}
