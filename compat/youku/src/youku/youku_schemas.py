"""What values may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._calls import Calls, get


class YoukuSchemas(Calls):
    """Lists categories, expressions and limits. Nobody needs to be named for it, and nobody is."""

    def _ask(self, method: str, path: str, fields: Mapping[str, Any], *, old: bool) -> dict[str, Any]:
        return super()._ask(method, path, {}, old=old)

    @get("schemas/video/category")
    def video_category(self) -> Any:
        """Categories of videos."""

    @get("schemas/upload/spec")
    def upload_spec(self) -> Any:
        """Limits of uploads."""

    @get("schemas/comment/expression")
    def comment_expression(self) -> Any:
        """Pictures that comments may hold."""

    @get("schemas/show/category")
    def show_category(self) -> Any:
        """Categories of shows."""

    @get("schemas/playlist/category")
    def playlist_category(self) -> Any:
        """Categories of playlists."""

    @get("schemas/searche/top/category")
    def searche_top_category(self) -> Any:
        """Categories of the words that are searched most."""
