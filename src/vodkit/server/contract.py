"""The contract between the service and the server side of a provider room.

A room is a plain ASGI application that claims its own requests and speaks one vendor's dialect. Everything
durable goes through the service's parts below, so that a rule (durability, quota, expiry) is written once.

Functions whose first argument is ``conn`` are synchronous, touch rows only, and run inside
``catalog.write`` or ``catalog.read``; what must be one commit is called from one function given to ``write``.
Everything else is ``async`` or does no I/O.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from .keeping import Incoming, Objects, Receive, Scope, Send, Uploads
from .nouns import Account, Blob, Head, MediaQuery, MediaRecord, Settings, StoredObject, StoredPart, Upload
from .processing import Address, Deliveries, Outputs, Procedures, Quota, Task, Tasks

__all__ = [
    "Account",
    "Accounts",
    "Blob",
    "Catalog",
    "Events",
    "Head",
    "Incoming",
    "MediaCatalog",
    "MediaQuery",
    "MediaRecord",
    "Objects",
    "Plays",
    "Receive",
    "Room",
    "Scope",
    "Send",
    "Service",
    "Settings",
    "StoredObject",
    "StoredPart",
    "Upload",
    "Uploads",
    "Vault",
]

T = TypeVar("T")


class Room(Protocol):
    """The server side of a provider: ``Room(service)``.

    A room may offer more, which the service finds by name:

    - ``check_play(head: Head, found: StoredObject, media: MediaRecord | None) -> float | None``, plain or
      async: until when (seconds since the epoch) a request for a play URL may have the object, by the
      vendor's own links and rules; 0 for not at all, ``None`` leaves it to the service's own rule. ``media``
      is what the object belongs to: as original, cover, in its folder, or as something made of it. May raise
      :class:`vodkit.server.access.Refused`, to say why not.
    - ``mint(service, account: Account, *, lifetime: float) -> Mapping[str, Any]``, a static method: temporary
      credentials, as JSON-ready data. ``service`` has ``settings``, ``catalog``, ``accounts``, ``vault`` and
      ``now`` only.
    - ``knows_procedure(conn, account: str, name: str) -> bool``, a static method: whether the vendor's own
      templates, of the account with this id of ours or of everybody, make something of this name.
    - ``callbacks: Mapping[str, CallbackStyle]``: how the vendor tells of events.
    - ``expired(conn, media: MediaRecord) -> Notice | None``: what the vendor says of a media whose time is
      over; in the transaction that deletes it, before it goes. The room records no event itself.
    - ``callback_keys(vault: Vault, conn: Connection) -> Sequence[str]``, a static method: what its callbacks
      are signed with, of all accounts.
    - what :class:`vodkit.server.processing.Works` says, for the worker.
    """

    def claims(self, head: Head) -> bool:
        """Whether the request is this vendor's. Narrow: no two rooms may claim one request."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI)."""
        ...

    async def sweep(self, now: float) -> None:
        """Remove what this room alone knows to be expired; called now and then."""
        ...


class Catalog(Protocol):
    """The database."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a read transaction."""
        ...

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a write transaction; returns after the commit is durable.

        ``work`` may share its commit with others; an exception undoes its own rows only and comes out here.
        ``work`` is short and does nothing but rows.
        """
        ...


class Accounts(Protocol):
    """Who may sign."""

    async def find(self, provider: str, key: str) -> Account | None:
        """The account of a public key.

        Without ``strict``, an unknown key gets an *open* account, made on the spot.
        """
        ...

    async def get(self, id: str) -> Account | None:
        """The account of an id of ours."""
        ...

    def known(self, conn: Connection, id: str) -> Account | None:
        """:meth:`get`, within a transaction."""
        ...

    async def of(self, provider: str) -> Sequence[Account]:
        """All accounts of a room."""
        ...


class MediaCatalog(Protocol):
    """The one catalog of media."""

    def add(self, conn: Connection, record: MediaRecord) -> None:
        """Insert; the record's ``remote_id`` must be new within its provider."""
        ...

    def get(
        self, conn: Connection, provider: str, remote_id: str, *, lock: bool = False
    ) -> MediaRecord | None:
        """One media; an expired one counts as absent.

        With ``lock`` nobody else changes or deletes it before the commit: for who gives it to :meth:`update`
        or adds to it, so that what a worker writes meanwhile is not undone, and nothing outlives its media.
        """
        ...

    def by_id(self, conn: Connection, id: str, *, lock: bool = False) -> MediaRecord | None:
        """One media by our id; also an expired one.

        With ``lock`` as for :meth:`get`, for who changes no tasks of it, or is told of one by a worker.
        """
        ...

    def holding(self, conn: Connection, provider: str, space: str, key: str) -> MediaRecord | None:
        """The media that an object belongs to: as original, cover, in its folder, or made of it (in the space
        ``@media``); also an expired one."""
        ...

    def list(
        self, conn: Connection, *, provider: str | None = None, account: str | None = None
    ) -> list[MediaRecord]:
        """All media, newest first; for many of them see :meth:`find` and :meth:`count`."""
        ...

    def find(
        self,
        conn: Connection,
        query: MediaQuery,
        *,
        ascending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> Iterator[MediaRecord]:
        """Media, newest first unless ``ascending``, read from the database as they are asked for."""
        ...

    def count(self, conn: Connection, query: MediaQuery, most: int) -> int:
        """How many there are; no further than ``most`` is counted."""
        ...

    def update(self, conn: Connection, record: MediaRecord) -> None:
        """Replace a record's fields."""
        ...

    def renew(self, conn: Connection, record: MediaRecord) -> MediaRecord:
        """Replace a record whose original has other bytes from now on; the record as it is then.

        What is being made of the old bytes is not wanted any more, what tasks have made of them goes, and
        nothing is known of the new ones; what a user brought stays. The media is ``ready`` unless it is
        blocked: a new task is the caller's to ask for, in the same commit.
        """
        ...

    def delete(self, conn: Connection, id: str) -> None:
        """Remove a media, its original, its cover and its account's objects under its ``folder``."""
        ...


class Events(Protocol):
    """What happened, written in the transaction that made it happen."""

    def add(
        self,
        conn: Connection,
        *,
        type: str,
        provider: str,
        account: str,
        media: MediaRecord | None,
        payload: Mapping[str, Any],
        queue: str = "",
        deliver: Sequence[Address] = (),
        task: Task | None = None,
    ) -> str:
        """Record an event; returns its id.

        Args:
            type: One of :data:`vodkit.core.events.TYPES`.
            media: What it happened to; ``None`` if a pull failed to make it.
            payload: The vendor's facts (JSON).
            queue: The pull queue it waits in, ``""`` for none.
            deliver: Where it is sent, beside the account's own webhooks.
            task: The task that it is about, or that it was followed by.
        """
        ...

    def pending(
        self,
        conn: Connection,
        account: str,
        *,
        limit: int,
        hide: float,
        queue: str = "",
        since: float = 0.0,
    ) -> list[Any]:
        """Unconfirmed events of an account, hidden from further calls for ``hide`` seconds (pull delivery).

        Those of one ``queue`` only, oldest first; ``""`` means the events that are in none. Older ones than
        ``since`` do not count.
        """
        ...

    def confirm(self, conn: Connection, account: str, ids: Sequence[str]) -> int:
        """Mark as delivered; how many were."""
        ...


class Plays(Protocol):
    """How often media were watched, by day (UTC, as ``2030-01-31``); some seconds late."""

    def total(self, conn: Connection, media: Collection[str]) -> Mapping[str, int]:
        """Views in all, by our ids of the media; those without a view are missing."""
        ...

    def by_day(
        self, conn: Connection, media: Collection[str], first: str = "", last: str = ""
    ) -> Mapping[str, Mapping[str, int]]:
        """Views by media and day, in order; of the days from ``first`` to ``last``, both included."""
        ...


class Vault(Protocol):
    """Sealing and signing with the service's own keys, which never leave its data folder."""

    def seal(self, data: bytes) -> str:
        """Encrypted, authenticated, URL-safe text."""
        ...

    def unseal(self, text: str) -> bytes | None:
        """The inverse; ``None`` for what this service did not seal."""
        ...

    def sign(self, purpose: str, text: str) -> str:
        """URL-safe signature of ``text``."""
        ...

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        """Whether :meth:`sign` made ``signature``."""
        ...


class Service(Protocol):
    """What a room gets."""

    @property
    def settings(self) -> Settings:
        """How the service runs."""
        ...

    @property
    def catalog(self) -> Catalog:
        """The database."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Who may sign."""
        ...

    @property
    def uploads(self) -> Uploads:
        """Receiving bytes."""
        ...

    @property
    def objects(self) -> Objects:
        """Names in spaces."""
        ...

    @property
    def media(self) -> MediaCatalog:
        """The one catalog of media."""
        ...

    @property
    def events(self) -> Events:
        """What happened."""
        ...

    @property
    def tasks(self) -> Tasks:
        """What is being made of media."""
        ...

    @property
    def outputs(self) -> Outputs:
        """What was made of media."""
        ...

    @property
    def procedures(self) -> Procedures:
        """What can be made of media, by name."""
        ...

    @property
    def quota(self) -> Quota:
        """How much accounts may store."""
        ...

    @property
    def plays(self) -> Plays:
        """How often media were watched."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """Telling receivers while somebody waits."""
        ...

    @property
    def vault(self) -> Vault:
        """Sealing and signing."""
        ...

    def now(self) -> float:
        """Seconds since the epoch; injectable."""
        ...

    def play_url(self, provider: str, space: str, key: str) -> str:
        """Where an object plays: ``<public_url>/v/…``; unsigned."""
        ...

    def sign_url(self, url: str, lifetime: float, folder: str = "") -> str:
        """A play URL that is good for ``lifetime`` seconds, also where unsigned ones are refused.

        With the ``folder`` of the object's media it is good for all that is in there: a playlist's relative
        addresses then lead to signed URLs as well. What was made of a media lies in the folder ``<its id>/``
        of the space ``@media``.

        Raises:
            ValueError: it is not a play URL, or its object is not in ``folder``.
        """
        ...

    def watch_url(self, media: MediaRecord, lifetime: float | None = None) -> str:
        """The page that plays a media: ``<public_url>/watch/<id>``.

        With a ``lifetime`` (seconds) it is a signed address, good also where not everybody may watch.
        """
        ...
