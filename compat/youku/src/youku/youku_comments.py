"""Comments."""

from __future__ import annotations

from typing import Any

from ._calls import Calls, change, get, post


class YoukuComments(Calls):
    """Finds, writes and deletes comments."""

    @get("comments/show")
    def find_comment_by_id(self, comment_id: Any) -> Any:
        """One comment."""

    @get("comments/show_batch")
    def find_comments_by_ids(self, comment_ids: Any) -> Any:
        """Several comments; ids in a list, or separated by commas."""

    @get("comments/by_video")
    def find_comments_by_video(self, video_id: Any, page: Any = 1, count: Any = 20) -> Any:
        """Comments on a video."""

    @get("comments/hot/by_video")
    def find_hot_comments_by_video(self, video_id: Any, page: Any = 1, count: Any = 20) -> Any:
        """Comments on a video that were answered most."""

    @post("comments/by_me")
    def find_comments_by_me(self, access_token: Any, page: Any = 1, count: Any = 20) -> Any:
        """Comments by whoever the token names."""

    @post("comments/by_mention_me")
    def find_comments_by_mention_me(self, access_token: Any, page: Any = 1, count: Any = 20) -> Any:
        """Comments that mention whoever the token names."""

    @post("comments/by_reply_me")
    def find_comments_by_reply_me(self, access_token: Any, page: Any = 1, count: Any = 20) -> Any:
        """Answers to whoever the token names."""

    @post("comments/to_me")
    def find_comments_by_to_me(self, access_token: Any, page: Any = 1, count: Any = 20) -> Any:
        """Comments on the videos of whoever the token names."""

    @change("comments/create")
    def create_comment(
        self,
        access_token: Any,
        video_id: Any,
        content: Any,
        reply_id: Any = None,
        captcha_key: Any = None,
        captcha_text: Any = None,
    ) -> Any:
        """Write a comment; returns its id."""

    @change("comments/destroy")
    def destroy_comment(self, access_token: Any, comment_id: Any) -> Any:
        """Delete a comment; returns its id."""
