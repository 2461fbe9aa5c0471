"""Youku open platform: ``vodkit.connect("youku", ...)``, or the typed :class:`Youku`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vodkit.core.capabilities import Capabilities
from vodkit.core.registry import Descriptor, Setting

if TYPE_CHECKING:
    from .client import Youku

__all__ = ["CAPABILITIES", "DESCRIPTOR", "Youku"]

CAPABILITIES = Capabilities(
    options={
        "title": "Display name, 1 to 80 characters; the file's name if not given",
        "description": "At most 2000 characters",
        "tags": "At most 10, as a list or separated by commas; Others if not given",
        "category": "Name of a category, e.g. Music",
        "copyright_type": "original or reproduced",
        "public_type": "Who may watch: all, friend, password or private",
        "watch_password": "Password of a video that is public by password only",
        "latitude": "Where it was shot, -90 to 90",
        "longitude": "Where it was shot, -180 to 180",
        "shoot_time": "When it was shot: a datetime, or YYYY-MM-DD HH:MM:SS",
        "deshake": "Whether the picture is stabilised",
    },
    manifests=False,
    unknown_length=False,
    parallel_parts=True,
    resume=True,
    empty=False,
    search=("order",),
    download=True,
    max_size=None,
)

DESCRIPTOR = Descriptor(
    name="youku",
    title="Youku",
    client="vodkit.providers.youku.client:Youku",
    server="vodkit.providers.youku.server:Room",
    settings=(
        Setting("client_id", "Id of the application", required=True),
        Setting("client_secret", "Secret of the application", secret=True),
        Setting("access_token", "Access token of the user who uploads", secret=True),
        Setting("refresh_token", "Refresh token, for renewing the access token", secret=True),
        Setting("tokens", "Callable that returns a fresh access token", secret=True),
        Setting("api", "Host of the API", default="api.youku.com"),
        Setting("openapi", "Host and base path of the older API", default="openapi.youku.com/v2"),
    ),
    account_id="client_id",
    account_secret="client_secret",
    account=(
        Setting("user_name", "Name of the user who owns what is uploaded", default="vodkit"),
        Setting("user_password", "Password of that user; the client secret if there is none", secret=True),
        Setting("access_tokens", "Access tokens that never end", kind="list", secret=True),
        Setting("token_life", "Seconds that an access token lives", kind="int", default=2_592_000),
        Setting("token_error_status", "HTTP status of token errors: 400 or 401", kind="int", default=400),
        Setting("new_slice_status", "HTTP status of a handed-out slice: 201 or 200", kind="int", default=201),
        Setting("upload_server", "Host that clients send slices to; else the service's own"),
        Setting("password_grant", "Allow tokens by user name and password", kind="bool", default=False),
        Setting("max_file_size", "Largest file, in bytes", kind="int", default=10 << 30),
        Setting("allow_empty", "Accept files of 0 bytes", kind="bool", default=False),
    ),
    capabilities=CAPABILITIES,
    hosts=(".youku.com",),
)


def __getattr__(name: str) -> Any:
    if name == "Youku":
        from .client import Youku

        return Youku
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
