"""What is made of media: the nouns, and the contracts that rooms and the worker meet in.

A *task* is one run of a procedure over a media, or one pull of a source from a URL. Its row is written in the
transaction of whatever asked for it; a worker finds it there, so that nothing is ever asked for and then not
done. What a task makes are *outputs*: objects in the space :data:`OUTPUTS`, published all at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection

from vodkit.core.events import Event

from .nouns import Account, Blob, MediaRecord

if TYPE_CHECKING:
    from .media.procedure import Procedure

OUTPUTS = "@media"
"""The space, in every provider, of what tasks make. No wire can name it."""

OPEN = ("waiting", "running")
ENDED = ("done", "failed", "cancelled")
"""States of a task."""


@dataclass(frozen=True, slots=True)
class TaskStep:
    """One step of a task.

    Attributes:
        name: Unique in its task: ``probe``, ``encode``, ``cover`` ...
        kind: ``probe``, that of the plan's step (``encode``, ``streams``, ``file``, ``cover``, ``snapshots``,
            ``sprite``, ``animation``), ``publish`` or ``fetch``.
        state: ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``.
        progress: Finished share, 0 to 1.
        error: Why it failed, for the owner of the media; why the try before failed while it is tried again;
            else ``""``.
        started, finished: Seconds since the epoch.
    """

    name: str
    kind: str
    state: str
    progress: float
    error: str
    started: float | None
    finished: float | None


@dataclass(frozen=True, slots=True)
class Task:
    """One run of a procedure, or one pull.

    Attributes:
        id: Ours.
        provider, account: Whose.
        media: Our id of the media; ``""`` while a pull has not made it.
        remote_id: What the vendor's wire calls the task; unique within the provider.
        kind: ``procedure`` or ``pull``.
        state: One of :data:`OPEN` or :data:`ENDED`.
        priority: -10 to 10; higher goes first.
        decides: Whether the media's status follows this task.
        wanted: ``False`` once somebody cancelled it.
        spec: The procedure as :meth:`Procedure.as_dict` says it; of a pull ``url``, ``space``, ``key``,
            ``cover_url`` and ``cover_key``.
        attrs: The room's own facts (JSON).
        error: Why it failed, for the owner of the media; else ``""``.
        attempt: How often it was begun; only the run of this number may publish.
        created, started, finished, updated: Seconds since the epoch.
        steps: In their order; empty before the source was looked into.
    """

    id: str
    provider: str
    account: str
    media: str
    remote_id: str
    kind: str
    state: str
    priority: int
    decides: bool
    wanted: bool
    spec: Mapping[str, Any]
    attrs: Mapping[str, Any]
    error: str
    attempt: int
    created: float
    started: float | None
    finished: float | None
    updated: float
    steps: tuple[TaskStep, ...] = ()

    @property
    def progress(self) -> float:
        """Finished share, 0 to 1."""
        if self.state == "done":
            return 1.0
        return sum(step.progress for step in self.steps) / len(self.steps) if self.steps else 0.0


@dataclass(frozen=True, slots=True)
class Output:
    """Something that belongs to a media beside its original.

    Attributes:
        id: Ours.
        media: Our id of the media.
        task: What made it; ``""`` for what a user brought.
        kind: ``streams`` (HLS and DASH of all renditions), ``file``, ``cover``, ``snapshot``, ``sprite``,
            ``animation`` or ``subtitle``.
        name: For people: ``720p``, ``cover`` ...
        key: The object to begin with, in :data:`OUTPUTS`: the master playlist of streams, the WebVTT index of
            a sprite, else the thing itself.
        size: Bytes of all its objects.
        definition: The room's own name for what it was made by; ``""`` if it has none.
        facts: JSON. Of streams ``dash`` (key of the manifest), ``seconds``, ``renditions`` (``name``,
            ``width``, ``height``, ``codec``, ``codecs``, ``bitrate``, ``fps``, ``size``, ``file`` each) and
            ``audio`` (``bitrate``, ``channels``, ``rate``, ``size``); of a file ``rendition`` (such a one, or
            ``None``), ``audio``, ``seconds`` and ``container``; of pictures ``width``, ``height`` and ``at``;
            of an animation ``width``, ``height``, ``seconds`` and ``format``; of a sprite ``width``,
            ``height``, ``columns``, ``rows``, ``interval``, ``count``, ``format`` and ``sheets`` (keys); of a
            subtitle ``language`` and ``title``. Of all that a task made
            also ``procedure`` and ``step``, the names of what made it.
        created: Seconds since the epoch.
    """

    id: str
    media: str
    task: str
    kind: str
    name: str
    key: str
    size: int
    definition: str
    facts: Mapping[str, Any]
    created: float


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks are wanted; ``None`` asks for nothing.

    Attributes:
        provider, account, media, kind: The field of this name.
        states: Sets that the state must be in.
        attrs: The same for the room's own facts, by name: either texts or whole numbers.
        created_from, created_until, finished_from, finished_until: Seconds since the epoch, both included.
    """

    provider: str | None = None
    account: str | None = None
    media: str | None = None
    kind: str | None = None
    states: Collection[str] | None = None
    attrs: Mapping[str, Collection[str] | Collection[int]] = field(default_factory=dict)
    created_from: float | None = None
    created_until: float | None = None
    finished_from: float | None = None
    finished_until: float | None = None


class Tasks(Protocol):
    """Tasks, as rows; the worker does them."""

    def process(
        self,
        conn: Connection,
        media: MediaRecord,
        procedure: Procedure,
        *,
        remote_id: str = "",
        priority: int = 0,
        attrs: Mapping[str, Any] | None = None,
        decides: bool = True,
    ) -> Task:
        """Have a procedure run over a media, in the transaction of ``conn``.

        Args:
            media: Its original must be stored.
            procedure: What is to be made.
            remote_id: What the wire calls the task; default is an id of ours.
            priority: -10 to 10; higher goes first.
            attrs: The room's own facts.
            decides: The media is ``processing`` until the task ends, then ``ready`` or ``failed``; of several
                the latest decides. Otherwise its status stays as it is.
        """
        ...

    def pull(
        self,
        conn: Connection,
        *,
        provider: str,
        account: str,
        url: str,
        space: str,
        key: str,
        cover_url: str = "",
        cover_key: str = "",
        remote_id: str = "",
        priority: int = 0,
        attrs: Mapping[str, Any] | None = None,
    ) -> Task:
        """Have a source fetched from ``url`` into an object; the room then makes the media of it.

        Where ``key`` ends in ``.m3u8`` the source is an HLS playlist, and what it names comes along, into the
        same folder. The cover, if an address of one is given, may turn out not to be had.
        """
        ...

    def get(self, conn: Connection, provider: str, remote_id: str) -> Task | None:
        """One task, with its steps."""
        ...

    def find(
        self,
        conn: Connection,
        query: TaskQuery,
        *,
        by: str = "created",
        ascending: bool = False,
        after: tuple[float, str] | None = None,
        limit: int = 100,
    ) -> list[Task]:
        """Tasks with their steps, newest first unless ``ascending``.

        Args:
            by: The time to sort by, ``created`` or ``finished``; by the latter only ended ones are found.
            after: That time and the id of the last one seen, exclusive.
        """
        ...

    def cancel(self, conn: Connection, id: str) -> bool:
        """Have a task stopped; whether it was open. One that waits ends at once, one that runs soon."""
        ...

    def refuse(self, conn: Connection, id: str, error: str) -> Task:
        """End a task that waits as failed: what it asks for cannot be done, and it cannot be retried."""
        ...

    def retry(self, conn: Connection, id: str, steps: Sequence[str] = ()) -> Task | None:
        """Have an ended task done again: what failed, or these steps; ``None`` if there is nothing to do.

        A media that failed is ``processing`` meanwhile, if the task decides; any other stays as it is.
        """
        ...


class Outputs(Protocol):
    """What belongs to media beside their originals."""

    def of(self, conn: Connection, media: str) -> list[Output]:
        """All of a media's, oldest first."""
        ...

    def of_many(self, conn: Connection, media: Collection[str]) -> Mapping[str, list[Output]]:
        """The same for several media, by their ids."""
        ...

    def add(self, conn: Connection, made: Iterable[Output]) -> None:
        """Record outputs whose objects are there, in ``<media id>/<output id>/``."""
        ...

    def remove(self, conn: Connection, media: MediaRecord, ids: Collection[str]) -> int:
        """Forget some outputs of a media, and their objects; how many."""
        ...

    def choose_cover(self, conn: Connection, media: str, id: str) -> None:
        """Let one of a media's snapshots be its cover, or none (``""``); what was one is a snapshot then."""
        ...


class Procedures(Protocol):
    """Procedures by name."""

    def default(self, conn: Connection, account: str) -> str:
        """The name that counts for an upload of this account that names none; ``""`` for nothing."""
        ...

    def resolve(self, conn: Connection, account: str, name: str) -> Procedure | None:
        """The account's own, else everybody's, else the built-in one of this name."""
        ...

    def chosen(self, conn: Connection, account: str, name: str) -> Procedure | None:
        """What is to be made of an upload of this account that names ``name``, or does not (``""``).

        Without a name it is the account's default, else that of the service; ``None`` for nothing, and when
        that default is gone: no upload is lost because somebody removed what should come after it.

        Raises:
            LookupError: there is no procedure of this name.
        """
        ...


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account stores.

    Attributes:
        objects: How many originals, covers and files of outputs.
        stored: Bytes of these.
        coming: Bytes of the parts of its open uploads.
        quota: Bytes that it may store, or ``None``.
    """

    objects: int
    stored: int
    coming: int
    quota: int | None

    @property
    def used(self) -> int:
        """Bytes that count."""
        return self.stored + self.coming


class Quota(Protocol):
    """How much accounts may store. ``Uploads.receive`` minds it by itself."""

    def check(self, conn: Connection, account: str, needed: int) -> None:
        """Whether an account may store ``needed`` bytes more: for whoever knows before bytes come.

        Raises:
            QuotaExceeded: it may not.
        """
        ...

    def usage(self, conn: Connection, account: str) -> Usage:
        """What an account stores now."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where an event is to be sent; its repr tells no secret that a URL or the attributes hold.

    Attributes:
        style: Whose words and signature: a key of some room's ``callbacks``, or ``webhook`` for our own.
        target: URL.
        attrs: What the style needs to know beside the event (JSON).
    """

    style: str
    target: str = field(repr=False)
    attrs: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP request to a receiver; its repr tells nothing of it.

    Attributes:
        url: The target, with what the style adds.
        headers: Names and values.
        body: Bytes.
        method: ``POST`` or ``GET``.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    method: str = "POST"


class CallbackStyle(Protocol):
    """How a vendor tells of an event. A room has its styles in ``callbacks``, by name."""

    def message(self, conn: Connection, event: Event, address: Address, account: Account) -> Message:
        """The request, made and signed anew for each try. Reads rows only.

        Raises:
            Undeliverable: no try can succeed.
            Postponed: another event goes first; this was no try.
        """
        ...

    def accepted(self, status: int, body: bytes) -> bool:
        """Whether an answer says that the event was taken."""
        ...

    def delay(self, attempts: int) -> float | None:
        """Seconds from a try that failed, the ``attempts``-th, to the next one; ``None`` gives up."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """What a vendor says of a change, and to whom.

    Attributes:
        payload: The event's, for the room's styles and pulls (JSON).
        queue: The pull queue it waits in, ``""`` for none.
        deliver: Where it is sent.
    """

    payload: Mapping[str, Any]
    queue: str = ""
    deliver: Sequence[Address] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """How a first try ended.

    Attributes:
        done: Whether the receiver took the event; otherwise the worker tries again, as the style says.
        answer: What it said then.
        error: Why it failed, for the owner of the media.
    """

    done: bool
    answer: bytes
    error: str


class Deliveries(Protocol):
    """First tries that somebody waits for; all others are the worker's."""

    def take(self, conn: Connection, event: str, style: str) -> Any:
        """Keep the first try of an event that was added in this commit, to its address of this style.

        If nobody makes it, the worker does, some time later.
        """
        ...

    async def attempt(self, taken: Any) -> Told:
        """Make the try, after the commit; takes some seconds at most."""
        ...


class Works(Protocol):
    """What a room may offer to the worker; it is found by name, and each of these may be missing."""

    def task_changed(self, conn: Connection, task: Task) -> Notice | None:
        """What the vendor says of a procedure that began or ended, or of a pull that ended.

        Called in the commit that publishes what the task made, after the media and the outputs are as they
        will be. The room records no event itself: the one event of this change takes up the notice, if the
        vendor says something, and the account's own webhooks.
        """
        ...

    def step_failed(self, conn: Connection, task: Task, step: TaskStep) -> Notice | None:
        """What the vendor says of a step that failed for good, while the rest of its task goes on.

        Called in the commit that records it. Only the vendor's receivers hear of it.
        """
        ...

    def pulled(self, conn: Connection, task: Task, blob: Blob, content_type: str) -> MediaRecord:
        """Make the media of a pull whose bytes are there: the object, the record and its upload's event."""
        ...
