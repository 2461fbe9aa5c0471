"""Videos."""

from __future__ import annotations

from typing import Any

from ._calls import Calls, change, get


class YoukuVideos(Calls):
    """Finds and changes videos."""

    @get("videos/show_basic")
    def find_video_by_id(self, video_id: Any) -> Any:
        """One video."""

    @get("videos/show_basic")
    def find_video_by_url(self, video_url: Any) -> Any:
        """The video of a watch page."""

    @get("videos/show_basic_batch")
    def find_videos_by_ids(self, video_ids: Any) -> Any:
        """Several videos; ids in a list, or separated by commas."""

    @get("videos/show", old=False)
    def find_video_detail_by_id(self, video_id: Any, ext: Any = None) -> Any:
        """One video with all that is known of it."""

    @get("videos/show_batch")
    def find_video_details_by_ids(self, video_ids: Any, ext: Any = None) -> Any:
        """Several videos with all that is known of them."""

    @get("videos/by_me", old=False)
    def find_videos_by_me(
        self, access_token: Any, orderby: Any = "published", page: Any = 1, count: Any = 20
    ) -> Any:
        """The videos of whoever the token names."""

    @get("videos/by_user")
    def find_videos_by_userid(
        self, user_id: Any, orderby: Any = "published", page: Any = 1, count: Any = 20
    ) -> Any:
        """A user's videos."""

    @get("videos/by_user")
    def find_videos_by_username(
        self, user_name: Any, orderby: Any = "published", page: Any = 1, count: Any = 20
    ) -> Any:
        """A user's videos."""

    @change("videos/update")
    def update_video(
        self,
        access_token: Any,
        video_id: Any,
        title: Any = None,
        tags: Any = None,
        category: Any = None,
        copyright_type: Any = None,
        public_type: Any = None,
        watch_password: Any = None,
        description: Any = None,
        thumbnail_seq: Any = None,
    ) -> Any:
        """Change what is given; returns the id."""

    @change("videos/destroy")
    def destroy_video(self, access_token: Any, video_id: Any) -> Any:
        """Delete a video; returns its id."""

    @get("videos/by_related")
    def find_videos_by_related(self, video_id: Any, count: Any = 20) -> Any:
        """Videos that are like one."""

    @get("videos/favorite/by_me")
    def find_favorite_videos_by_me(
        self, access_token: Any, orderby: Any = "favorite-time", page: Any = 1, count: Any = 20
    ) -> Any:
        """The favourites of whoever the token names."""

    @get("videos/favorite/by_user")
    def find_favorite_videos_by_userid(
        self, user_id: Any, orderby: Any = "favorite-time", page: Any = 1, count: Any = 20
    ) -> Any:
        """A user's favourites."""

    @get("videos/favorite/by_user")
    def find_favorite_videos_by_username(
        self, user_name: Any, orderby: Any = "favorite-time", page: Any = 1, count: Any = 20
    ) -> Any:
        """A user's favourites."""

    @change("videos/favorite/create")
    def create_favorite_video(self, access_token: Any, video_id: Any) -> Any:
        """Add a favourite; returns the video's id."""

    @change("videos/favorite/destroy")
    def destroy_favorite_video(self, access_token: Any, video_id: Any) -> Any:
        """Remove a favourite; returns the video's id."""

    @get("videos/by_category")
    def find_videos_by_category(
        self,
        category: Any,
        genre: Any = None,
        period: Any = "today",
        orderby: Any = "view-count",
        page: Any = 1,
        count: Any = 20,
    ) -> Any:
        """Videos of a category."""
