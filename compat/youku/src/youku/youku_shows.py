"""Shows: series, films and the like."""

from __future__ import annotations

from typing import Any

from ._calls import Calls, get


class YoukuShows(Calls):
    """Finds shows."""

    @get("shows/show")
    def find_show_by_id(self, show_id: Any) -> Any:
        """One show."""

    @get("shows/show_batch")
    def find_shows_by_ids(self, show_ids: Any) -> Any:
        """Several shows; ids in a list, or separated by commas."""

    @get("shows/show_premium")
    def find_show_premium_by_ids(self, show_ids: Any, page: Any = 1, count: Any = 20) -> Any:
        """Those among several shows that cost something."""

    @get("shows/by_category")
    def find_shows_by_category(
        self,
        category: Any,
        genre: Any = None,
        area: Any = None,
        release_year: Any = None,
        paid: Any = None,
        orderby: Any = "view-today-count",
        streamtypes: Any = None,
        person: Any = None,
        page: Any = 1,
        count: Any = 20,
    ) -> Any:
        """Shows of a category."""

    @get("shows/by_related")
    def find_shows_by_related(self, show_id: Any, count: Any = 20) -> Any:
        """Shows that are like one."""

    @get("shows/videos")
    def find_videos_by_show(
        self,
        show_id: Any,
        show_videotype: Any = None,
        show_videostage: Any = None,
        orderby: Any = "videoseq-asc",
        page: Any = 1,
        count: Any = 20,
    ) -> Any:
        """The videos of a show."""
