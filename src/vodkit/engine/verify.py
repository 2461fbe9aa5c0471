"""Whether the provider still holds what was sent: its own account of a media against the ledger's receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vodkit.core.errors import IntegrityError

from .ledger import Entry
from .media import MediaCalls


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison.

    Attributes:
        what: ``size``, or the name of a digest.
        sent: What the receipt says.
        stored: What the provider says.
    """

    what: str
    sent: str
    stored: str

    @property
    def ok(self) -> bool:
        """Whether they agree."""
        return self.sent == self.stored


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What :meth:`vodkit.Vod.verify` found.

    Attributes:
        upload_id: Id of the upload in the ledger.
        media_id: Id of the media on the provider.
        checks: The comparisons that could be made.
    """

    upload_id: str
    media_id: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether anything could be compared, and all of it agrees."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "upload_id": self.upload_id,
            "media": self.media_id,
            "ok": self.ok,
            "checks": [
                {"what": check.what, "sent": check.sent, "stored": check.stored, "ok": check.ok}
                for check in self.checks
            ],
        }

    def __str__(self) -> str:
        said = ", ".join(f"{check.what} {check.stored}" for check in self.checks)
        return (
            f"{self.media_id}: as it was sent ({said})" if self.ok else f"{self.media_id}: not as it was sent"
        )


def verify(entry: Entry, media: MediaCalls) -> VerifyReport:
    """Compare what the provider says about a media with the receipt of its upload.

    Raises:
        NotFound: the provider has it no more.
        IntegrityError: the two differ, or there is nothing to compare.
    """
    if entry.receipt is None or entry.media is None:
        raise IntegrityError(
            f"the upload {entry.id!r} has no receipt: it is {entry.status}",
            advice="Finish it: vodkit uploads resume ID" if entry.status == "open" else "Upload it again",
        )
    sent = _sent(entry.receipt)
    stored = _stored(entry.media, media)
    checks = tuple(Check(what, sent[what], stored[what]) for what in sent if what in stored)
    report = VerifyReport(entry.id, entry.media, checks)
    if not checks:
        raise IntegrityError(
            f"the provider says nothing about {entry.media!r} that could be held to its receipt",
            provider=entry.provider,
            advice="Download it and compare",
        )
    if not report.ok:
        wrong = "; ".join(f"{c.what} is {c.stored}, {c.sent} was sent" for c in checks if not c.ok)
        raise IntegrityError(f"{entry.media!r} is not what was uploaded: {wrong}", provider=entry.provider)
    return report


def _sent(receipt: Mapping[str, Any]) -> dict[str, str]:
    item = receipt["items"][0]
    return {
        name: str(value) for name, value in item.items() if name not in ("name", "role") and value is not None
    }


def _stored(id: str, media: MediaCalls) -> dict[str, str]:
    found = media.get(id)
    stored = {}
    if found.size is not None:
        stored["size"] = str(found.size)
    if found.md5:
        stored["md5"] = found.md5.lower()
    if media.capabilities.download:
        # The object's own answer beats the catalog, whose size may count renditions or segments.
        facts, digests = media.downloader().look(id)
        if facts.size is not None:
            stored["size"] = str(facts.size)
        stored |= digests
    return stored
