"""Playlists."""

from __future__ import annotations

from typing import Any

from ._calls import Calls, change, get


class YoukuPlaylists(Calls):
    """Finds and changes playlists."""

    @get("playlists/show")
    def find_playlist_by_id(self, playlist_id: Any) -> Any:
        """One playlist."""

    @get("playlists/show_batch")
    def find_playlists_by_ids(self, playlist_ids: Any) -> Any:
        """Several playlists; ids in a list, or separated by commas."""

    @get("playlists/by_category")
    def find_playlists_by_category(
        self, category: Any, period: Any = "today", orderby: Any = "published", page: Any = 1, count: Any = 20
    ) -> Any:
        """Playlists of a category."""

    @get("playlists/by_me")
    def find_playlists_by_me(
        self, access_token: Any, orderby: Any = "published", page: Any = 1, count: Any = 20
    ) -> Any:
        """The playlists of whoever the token names."""

    @get("playlists/by_user")
    def find_playlists_by_userid(
        self, user_id: Any, orderby: Any = "published", page: Any = 1, count: Any = 20
    ) -> Any:
        """A user's playlists."""

    @get("playlists/by_user")
    def find_playlists_by_username(
        self, user_name: Any, orderby: Any = "published", page: Any = 1, count: Any = 20
    ) -> Any:
        """A user's playlists."""

    @get("playlists/videos")
    def find_videos_by_playlist(self, playlist_id: Any, page: Any = 1, count: Any = 20) -> Any:
        """The videos of a playlist."""

    @change("playlists/create")
    def create_playlist(
        self, access_token: Any, title: Any, tags: Any, category: Any = None, description: Any = None
    ) -> Any:
        """Make a playlist; returns its id."""

    @change("playlists/update")
    def update_playlist(
        self,
        access_token: Any,
        playlist_id: Any,
        title: Any,
        tags: Any = None,
        category: Any = None,
        description: Any = None,
    ) -> Any:
        """Change what is given; returns the id."""

    @change("playlists/destroy")
    def destroy_playlist(self, access_token: Any, playlist_id: Any) -> Any:
        """Delete a playlist; returns its id."""

    @change("playlists/video/add")
    def add_videos_to_playlist(self, access_token: Any, playlist_id: Any, video_ids: Any) -> Any:
        """Add videos; returns the playlist's id."""

    @change("playlists/video/del")
    def del_videos_from_playlist(self, access_token: Any, playlist_id: Any, video_ids: Any) -> Any:
        """Take videos out; returns the playlist's id."""

    @change("playlists/video/setcover")
    def set_cover_video_for_playlist(self, access_token: Any, playlist_id: Any, video_id: Any) -> Any:
        """Choose the video whose picture stands for the playlist; returns the playlist's id."""

    @get("playlists/video/next", cur_video_id="video_id")
    def find_next_video_in_playlist(self, playlist_id: Any, cur_video_id: Any) -> Any:
        """The video after another one."""
