"""Which nodes take an upload."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(repr=False, eq=False)
class UploadHost:
    """The two best nodes.

    Attributes:
        upload_host, upload_host_backup: Base addresses; the same twice where only one was named.
    """

    upload_host: str
    upload_host_backup: str
