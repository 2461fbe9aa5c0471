"""UCloud UVideo and US3 (UFile): ``vodkit.connect("ucloud", ...)``, or the typed :class:`UCloud`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vodkit.core.capabilities import Capabilities
from vodkit.core.registry import Descriptor, Setting

from . import wire

if TYPE_CHECKING:
    from .client import UCloud

__all__ = ["CAPABILITIES", "DESCRIPTOR", "UCloud"]

_SPACE = "vodkit-demo"

CAPABILITIES = Capabilities(
    options={
        "key": "Object key; a short unique folder and the file's name if not given",
        "space": "Space (bucket) to upload to, in place of the connection's",
        "content_type": "MIME type; told by the key's extension if not given (Content-Type)",
        "storage_class": "STANDARD, IA or ARCHIVE (X-Ufile-Storage-Class)",
        "metadata": "Names and values kept with the object: a mapping, or a=b,c=d (X-Ufile-Meta-*)",
        "instant": "Ask first whether the account has this content (UploadHit); reads the file twice",
        "callback_url": "http address that the service posts to after the upload (callbackUrl)",
        "callback_body": "What it posts: a=b&c=d, or JSON (callbackBody)",
        "callback_body_type": "Its MIME type (callbackBodyType)",
    },
    manifests=False,
    unknown_length=True,
    parallel_parts=True,
    resume=True,
    empty=True,
    spaces=True,
    search=("space", "prefix"),
    download=True,
    max_size=wire.MAX_OBJECT,
    part_size=wire.BLOCK,
)

DESCRIPTOR = Descriptor(
    name="ucloud",
    title="UCloud UVideo / US3",
    client="vodkit.providers.ucloud.client:UCloud",
    server="vodkit.providers.ucloud.server:Room",
    callbacks="vodkit.providers.ucloud.callbacks:Callbacks",
    settings=(
        Setting("public_key", "Public key of the API key pair", required=True),
        Setting("private_key", "Private key of the API key pair", required=True, secret=True),
        Setting("space", "Space (bucket) that is uploaded to and listed", required=True),
        Setting(
            "upload_suffix", "What follows the space in the host of uploads", default=".cn-bj.ufileos.com"
        ),
        Setting(
            "download_suffix", "What follows the space in the host of downloads", default=".cn-bj.ufileos.com"
        ),
        Setting("variant", "file, or uvideo for uploads by way of upload_host", default="file"),
        Setting("upload_host", "Host of the uvideo variant's uploads", default="uploadvideo.ucloud.cn"),
        Setting("word", "Scheme word of the Authorization header: UCloud or AutoAI", default="UCloud"),
        Setting("https", "Speak https", kind="bool", default=True),
        Setting("link_life", "Seconds that signed download links live", kind="int", default=3600),
        Setting("api", "Host of the management API", default=wire.API_HOST),
        Setting("actions", "Action names in place of the usual ones: CreateBucket=CreateSpace", kind="list"),
        Setting("name_parameter", "What management calls call a space", default="BucketName"),
        Setting("region", "Region of new spaces", default="cn-bj"),
        Setting("project", "ProjectId of management calls"),
    ),
    account_id="public_key",
    account_secret="private_key",
    account=(
        Setting(
            "spaces", "Private spaces that the account has from the start", kind="list", default=[_SPACE]
        ),
        Setting("public_spaces", "Public spaces that it has from the start", kind="list"),
        Setting("region", "Region of spaces that are created without one", default="cn-bj"),
        Setting("projects", "Project ids that management calls may name; any if empty", kind="list"),
        Setting("lenient_finish", "Finish lists may hold empties and repeats", kind="bool", default=True),
        Setting("endless_links", "Signed links may lack an expiry", kind="bool", default=True),
        Setting("young_spaces", "Spaces younger than 20 minutes may be deleted", kind="bool", default=True),
    ),
    capabilities=CAPABILITIES,
    hosts=(*wire.SUFFIXES, *wire.UPLOAD_HOSTS, wire.API_HOST),
    defaults={"space": _SPACE},
)


def __getattr__(name: str) -> Any:
    if name == "UCloud":
        from .client import UCloud

        return UCloud
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
