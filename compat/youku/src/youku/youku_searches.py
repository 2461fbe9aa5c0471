"""Searching."""

from __future__ import annotations

from typing import Any

from ._calls import Calls, get


class YoukuSearchs(Calls):
    """Searches videos, shows and words."""

    @get("searches/video/by_tag")
    def search_videos_by_tag(
        self,
        tag: Any,
        category: Any = None,
        period: Any = "today",
        orderby: Any = "relevance",
        page: Any = 1,
        count: Any = 20,
    ) -> Any:
        """Videos with a tag."""

    @get("searches/video/by_keyword")
    def search_videos_by_keyword(
        self,
        keyword: Any,
        category: Any = None,
        period: Any = "week",
        orderby: Any = "relevance",
        public_type: Any = "all",
        paid: Any = None,
        timeless: Any = None,
        timemore: Any = None,
        streamtypes: Any = None,
        page: Any = 1,
        count: Any = 20,
    ) -> Any:
        """Videos for a word."""

    @get("searches/show/by_keyword")
    def search_shows_by_keyword(
        self,
        keyword: Any,
        unite: Any = 0,
        source_site: Any = None,
        category: Any = None,
        release_year: Any = None,
        area: Any = None,
        orderby: Any = "view-count",
        paid: Any = None,
        hasvideotype: Any = None,
        page: Any = 1,
        count: Any = 20,
    ) -> Any:
        """Shows for a word."""

    @get("searches/keyword/complete")
    def search_keyword_complete(self, keyword: Any) -> Any:
        """Words that begin with these letters."""

    @get("searches/keyword/top")
    def search_keyword_top(self, category: Any = None, count: Any = 20, period: Any = "today") -> Any:
        """Words that are searched most."""

    @get("searches/show/address_unite")
    def search_show_address_unite(self, progammeId: Any, source_site: Any = None, type: Any = None) -> Any:
        """Where a show can be watched."""

    @get("searches/show/top_unite")
    def search_show_top_unite(
        self,
        category: Any,
        genre: Any = None,
        area: Any = None,
        year: Any = None,
        orderby: Any = None,
        headnum: Any = 1,
        tailnum: Any = 1,
        onesiteflag: Any = None,
        page: Any = 1,
        count: Any = 20,
    ) -> Any:
        """Shows that are watched most, over all sites."""
