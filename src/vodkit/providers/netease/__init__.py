"""NetEase VOD: ``vodkit.connect("netease", ...)``, or the typed :class:`NetEase`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vodkit.core.capabilities import Capabilities
from vodkit.core.registry import Descriptor, Setting

if TYPE_CHECKING:
    from .client import NetEase

__all__ = ["CAPABILITIES", "DESCRIPTOR", "NetEase"]

CAPABILITIES = Capabilities(
    options={
        "title": "Display name; the file's name if not given (userFileName)",
        "description": "Free text (description)",
        "category": "Id of a category, a number (typeId)",
        "procedure": "Id of a transcoding template, a number (presetId)",
        "watermark": "Id of a watermark, a number; needs a procedure (watermarkId)",
        "user_defined": "Text handed back in callbacks, at most 256 characters (userDefInfo)",
        "upload_callback": "Address to call when this upload is finished (uploadCallbackUrl)",
        "transcode_callback": "Address to call when this media is transcoded (callbackUrl)",
        "trans_offset": "Where transcoding begins, in seconds (transOffset)",
        "trans_duration": "How much is transcoded, in seconds (transDuration)",
    },
    manifests=False,
    unknown_length=True,
    parallel_parts=False,
    resume=True,
    empty=True,
    callbacks=True,
    search=("status", "category"),
    download=True,
    max_size=None,
)

DESCRIPTOR = Descriptor(
    name="netease",
    title="NetEase VOD",
    client="vodkit.providers.netease.client:NetEase",
    server="vodkit.providers.netease.server:Room",
    callbacks="vodkit.providers.netease.callbacks:Callbacks",
    settings=(
        Setting("app_key", "AppKey of the application"),
        Setting("app_secret", "AppSecret of the application", secret=True),
        Setting("endpoint", "Host of the API", default="vcloud.163.com"),
        Setting("scheme", "How the API is called: https or http", default="https"),
        Setting("lbs", "Hosts that name the upload nodes, in the order to ask them", kind="list"),
        Setting("block_size", "Bytes of a block, at most 4M", kind="size", default=4 * 1024 * 1024),
    ),
    account_id="app_key",
    account_secret="app_secret",
    account=(
        Setting("auth_mode", "strict refuses old clocks and used nonces, as the SDKs send", default="compat"),
        Setting(
            "nodes",
            "Addresses of the upload nodes, http://HOST:PORT; the service's own if empty",
            kind="list",
        ),
        Setting("token_life", "Seconds that upload tokens live", kind="int", default=604_800),
    ),
    capabilities=CAPABILITIES,
    hosts=(
        "vcloud.163.com",
        "vcloud.yunxinapi.com",
        "vcloud-sea.yunxinapi.com",
        "api-sea.yunxinvcloud.com",
        "lbs-eastchina1.126.net",
        ".127.net",
    ),
    defaults={},
)


def __getattr__(name: str) -> Any:
    if name == "NetEase":
        from .client import NetEase

        return NetEase
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
