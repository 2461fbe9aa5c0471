"""Tencent Cloud VOD: ``vodkit.connect("tencent", ...)``, or the typed :class:`Tencent`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vodkit.core.capabilities import Capabilities
from vodkit.core.registry import Descriptor, Setting

if TYPE_CHECKING:
    from .client import Tencent

__all__ = ["CAPABILITIES", "DESCRIPTOR", "Tencent"]

CAPABILITIES = Capabilities(
    options={
        "title": "Display name, at most 64 characters; the file's name if not given (MediaName)",
        "cover": "Cover image, uploaded with the media",
        "category": "Class id, a number (ClassId)",
        "procedure": "Name of the task flow that runs after the upload (Procedure)",
        "expires": "When the media is removed: a datetime or YYYY-MM-DDThh:mm:ssZ (ExpireTime)",
        "media_type": "File type without dot; the file's extension if not given (MediaType)",
        "cover_type": "Type of the cover without dot; its extension if not given (CoverType)",
        "source_context": "Text handed back in the upload event, at most 250 characters (SourceContext)",
        "session_context": "Text handed back in task events, at most 1000 characters (SessionContext)",
        "storage_region": "Where to store, e.g. ap-chongqing (StorageRegion)",
        "storage_path": "Wanted path, for applications in fileid+path mode; begins with / (MediaStoragePath)",
        "sub_app": "Application id, in place of the connection's (SubAppId)",
        "ext_info": "Reserved by the vendor (ExtInfo)",
    },
    manifests=True,
    unknown_length=True,
    parallel_parts=True,
    resume=True,
    empty=True,
    search=(
        "ids",
        "names",
        "name_prefixes",
        "descriptions",
        "categories",
        "tags",
        "kinds",
        "source_types",
        "storage_regions",
        "storage_classes",
        "media_types",
        "status",
        "created_after",
        "created_before",
        "expires_after",
        "expires_before",
        "order",
        "sub_app",
    ),
    callbacks=True,
    download=True,
    max_size=None,
    pull={
        "title": "Display name (MediaName)",
        "cover": "Address of a cover: gif, jpg or png (CoverUrl)",
        "category": "Class id, a number (ClassId)",
        "procedure": "Name of the task flow that runs afterwards (Procedure)",
        "expires": "When the media is removed: a datetime or YYYY-MM-DDThh:mm:ssZ (ExpireTime)",
        "media_type": "File type without dot; the address's extension if not given (MediaType)",
        "source_context": "Text that the media keeps, at most 250 characters (SourceContext)",
        "session_context": "Text handed back in the pull's event, at most 1000 characters (SessionContext)",
        "storage_region": "Where to store, e.g. ap-chongqing (StorageRegion)",
        "session_id": "A pull of the same id within three days is refused (SessionId)",
    },
)

DESCRIPTOR = Descriptor(
    name="tencent",
    title="Tencent Cloud VOD",
    client="vodkit.providers.tencent.client:Tencent",
    server="vodkit.providers.tencent.server:Room",
    callbacks="vodkit.providers.tencent.callbacks:Callbacks",
    settings=(
        Setting("secret_id", "SecretId of the cloud API key", secret=False),
        Setting("secret_key", "SecretKey of the cloud API key", secret=True),
        Setting("token", "Session token of temporary credentials", secret=True),
        Setting("credentials", "Callable that returns fresh (secret_id, secret_key, token)", secret=True),
        Setting("region", "Region of the API that is called, not of the storage", default="ap-guangzhou"),
        Setting(
            "sub_app", "Application id (SubAppId); needed by accounts opened since 2023-12-25", kind="int"
        ),
        Setting("endpoint", "Host of the API", default="vod.tencentcloudapi.com"),
        Setting("language", "Language of error messages: zh-CN or en-US", default="en-US"),
        Setting("min_part_size", "Fewest bytes that part_size may ask for; 1 MiB unless given", kind="size"),
    ),
    account_id="secret_id",
    account_secret="secret_key",
    account=(
        Setting("app_id", "Account number that bucket names end with", kind="int"),
        Setting("sub_app", "Application of the account", kind="int"),
        Setting("sub_apps", "Further applications of the account", kind="list"),
        Setting("require_sub_app", "Refuse calls that name no application", kind="bool", default=False),
        Setting("region", "Default storage region", default="ap-chongqing"),
        Setting("regions", "Storage regions that are enabled; every known one if empty", kind="list"),
        Setting("token_life", "Seconds that upload keys live; 0: none are made", kind="int", default=172_800),
        Setting("min_part_size", "Smallest part in bytes, the last one apart", kind="int", default=1 << 20),
        Setting("playback_key", "Key of the key-protected playback URLs", secret=True),
    ),
    capabilities=CAPABILITIES,
    hosts=(".tencentcloudapi.com", ".myqcloud.com", ".tencentcos.cn"),
    defaults={"region": "ap-guangzhou"},
)


def __getattr__(name: str) -> Any:
    if name == "Tencent":
        from .client import Tencent

        return Tencent
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
