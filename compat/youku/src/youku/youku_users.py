"""Users."""

from __future__ import annotations

from typing import Any

from vodkit.providers.youku.wire import Codes

from ._calls import Calls, get, post, switch
from .util import YoukuError

_ABOUT_THE_CALLER = (Codes.CLIENT_ID, Codes.TOKEN, Codes.TOKEN_EXPIRED, Codes.MISSING)
"""Refusals that say nothing of the user who is asked for."""


class YoukuUsers(Calls):
    """Finds users, and what they follow."""

    @post("users/myinfo")
    def my_info(self, access_token: Any) -> Any:
        """Whoever the token names."""

    def find_user_by_id(self, user_id: Any) -> Any:
        """One user, or ``None`` if there is none."""
        return self._find("users/show.json", user_id=user_id)

    def find_user_by_name(self, user_name: Any) -> Any:
        """One user, or ``None`` if there is none."""
        return self._find("users/show.json", user_name=user_name)

    def find_users_by_ids(self, user_ids: Any) -> Any:
        """Several users, or ``None`` if there are none; ids in a list, or separated by commas."""
        return self._find("users/show_batch.json", user_ids=user_ids)

    def find_users_by_names(self, user_names: Any) -> Any:
        """Several users, or ``None`` if there are none; names in a list, or separated by commas."""
        return self._find("users/show_batch.json", user_names=user_names)

    def _find(self, path: str, **fields: Any) -> Any:
        try:
            return self._ask("POST", path, {"client_id": self.client_id, **fields}, old=True)
        except YoukuError as error:
            if _is_unknown(error):
                return None
            raise

    @post("users/friendship/followings")
    def friendship_followings(
        self, user_id: Any = None, user_name: Any = None, page: Any = 1, count: Any = 20
    ) -> Any:
        """Whom a user follows."""

    @post("users/friendship/followers")
    def friendship_followers(
        self, user_id: Any = None, user_name: Any = None, page: Any = 1, count: Any = 20
    ) -> Any:
        """Who follows a user."""

    @post("users/friendship/create")
    def create_friendship(self, access_token: Any, user_id: Any = None, user_name: Any = None) -> Any:
        """Follow a user."""

    @post("users/friendship/destroy")
    def destroy_friendship(self, access_token: Any, user_id: Any = None, user_name: Any = None) -> Any:
        """Follow a user no more."""

    @switch("GET", "users/subscribe/create")
    def create_subscribe(self, access_token: Any, show_id: Any) -> Any:
        """Subscribe to a show; whether that succeeded."""

    @switch("POST", "users/subscribe/cancel")
    def cancel_subscribe(self, access_token: Any, show_id: Any) -> Any:
        """Subscribe to a show no more; whether that succeeded."""

    @get("users/subscribe/get")
    def subscribe_get(self, access_token: Any, page: Any = 1, count: Any = 20) -> Any:
        """The shows that are subscribed to."""

    @get("users/subscribe/notice")
    def subscribe_notice(self, access_token: Any) -> Any:
        """What is new in them."""


def _is_unknown(error: YoukuError) -> bool:
    """Whether a refusal can mean that there is no such user."""
    about_the_caller = error.code in _ABOUT_THE_CALLER or error.type == "OAuth2Exception"
    return error.status_code == 400 and bool(error.code) and not about_the_caller
