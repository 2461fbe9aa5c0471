"""The contract between the engine and a provider room.

An upload is a *session* over one or more *items*; the session hands out *parts*. A session is a state
machine: :meth:`Session.next`, :meth:`Session.sent` and :meth:`Session.failed` run under the upload's lock
and do no I/O; :meth:`Session.send` runs without the lock, does nothing but I/O, and changes no state.

One runner drives every shape of wire through it: parallel parts planned by the client, strictly
sequential blocks with an offset told by the server, slices handed out by the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable

from .capabilities import Capabilities
from .media import Media, MediaPage, Processing, Space
from .part import Next, Part, Saved, Sent
from .source import Item


class Body(Protocol):
    """The bytes of one part. Iterating yields slices of at most 64 KiB that are valid until the next one.

    Every iteration starts again at the part's first byte, so a request can be sent twice.
    """

    @property
    def length(self) -> int:
        """Exactly how many bytes iterating yields."""
        ...

    def __iter__(self) -> Iterator[memoryview]: ...


class Digests(Protocol):
    """The digests of one part, as lower-case hex (``crc64`` and ``crc32`` too, zero-padded).

    Those in :attr:`Part.needs` are known from the start; those in :attr:`Part.takes` once the body has
    been iterated to its end, and always stand for the bytes of the latest iteration.
    """

    def __getitem__(self, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, read to its end.

    Attributes:
        status: HTTP status.
        headers: Names in lower case; repeated ones joined by ``", "``.
        body: The bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Exchange(Protocol):
    """One HTTP request and its answer, on behalf of one upload or call.

    The engine binds connections, proxies, time-outs, the stall detector, the bandwidth limit,
    cancellation and hooks to it; a room states only what goes over the wire.
    """

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
        timeout: float | None = None,
    ) -> Reply:
        """Send one request; never follows redirects, never retries.

        Args:
            method: Upper case.
            url: Absolute, already percent-encoded; sent byte for byte.
            headers: As they go out. ``Host`` is taken from the URL; ``Content-Length`` from the body.
                A value may be text (sent as UTF-8).
            body: Bytes, or a part's body; ``None`` sends neither body nor length, ``b""`` a length of 0.
            timeout: Seconds to wait for the answer once the request is out; default by the engine.

        Raises:
            ConnectFailed, ConnectionLost, TimedOut, Stalled: all retryable.
            Cancelled: the upload was cancelled.
        """
        ...


class Session(Protocol):
    """One upload as a provider sees it."""

    @property
    def max_parallel(self) -> int:
        """How many parts may be in flight at once; read again after every part."""
        ...

    def next(self) -> Next:
        """The next part, a reason to wait, or ``DONE``. Under the lock, no I/O."""
        ...

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        """Send one part or do one step; no lock, I/O only, no change of state.

        Checks what can be checked about the answer, integrity included.

        Returns:
            What :meth:`sent` needs of the answer.

        Raises:
            VodError: the failure, classified; ``retryable`` decides what happens next.
        """
        ...

    def sent(self, part: Part, reply: Any) -> Sent:
        """Take in the answer of a part. Under the lock, no I/O.

        ``part`` is the one that was sent: of an item of unknown size it carries the true length and ``last``.
        """
        ...

    def failed(self, part: Part, error: Exception) -> Part | None:
        """Say what to do after a failure of ``part``. Under the lock, no I/O.

        Returns:
            Another part to do in its place (ask the server for its offset, say), or ``None``: the part
            itself again if ``error`` is retryable and the budget allows, else the upload ends with it.

        Raises:
            Superseded: the remote upload is gone for good; the engine begins a new one.
            VodError: a better account of what went wrong; the upload ends with it.
        """
        ...

    def finish(self) -> Media:
        """The media that the upload became; called once, after ``DONE``. No I/O."""
        ...

    def abort(self) -> None:
        """Let the provider forget what was sent, as far as its protocol allows. May do I/O.

        Raises:
            VodError: the provider could not be told; callers treat the remote upload as left to expire.
        """
        ...


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """What the caller wants done with an upload, apart from its bytes.

    Attributes:
        values: Provider options by name (``title``, ``cover`` excluded: it is an item), already checked
            against the provider's capabilities.
        part_size: Wanted part size in bytes, or ``None`` for the provider's choice.
        parallel: Wanted number of parts in flight, or ``None`` for the provider's choice.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    part_size: int | None = None
    parallel: int | None = None


@runtime_checkable
class Provider(Protocol):
    """A provider room's client side.

    Attributes:
        name: Name of the room.
        capabilities: What it can do.
        needs: Digests of the whole content, and ``size``, that must be known before :meth:`begin`
            (``{"size", "md5"}``); empty for most.
    """

    name: str
    capabilities: Capabilities
    needs: frozenset[str]

    def account(self) -> str:
        """Who uploads, as text that is stable between runs and holds no secret; part of the ledger's key."""
        ...

    def destination(self, options: UploadOptions) -> str:
        """Where to, as text that is stable between runs (space, key ...); part of the ledger's key."""
        ...

    def check(self, items: Sequence[Item], options: UploadOptions) -> None:
        """Refuse what cannot work, before a byte is sent. No I/O.

        Raises:
            UnsupportedOption, InvalidRequest, SourceError: what is wrong, by name.
        """
        ...

    def begin(
        self, items: Sequence[Item], options: UploadOptions, saved: Saved | None, exchange: Exchange
    ) -> Session:
        """A session for these items. No I/O: opening the remote upload is the session's first step.

        Args:
            items: The media first, then cover and segments.
            options: What the caller wants.
            saved: What an earlier run left, or ``None``. The session's first step then asks the server
                what it has and believes it.
            exchange: The wire, bound to this upload.
        """
        ...

    def media(self, exchange: Exchange) -> MediaStore:
        """The media calls, over this wire."""
        ...


class MediaStore(Protocol):
    """Management of what was uploaded. A room may add methods of its own."""

    def get(self, id: str) -> Media:
        """One media. Raises :class:`~vodkit.core.errors.NotFound`."""
        ...

    def page(self, *, marker: str = "", limit: int = 50, **filters: Any) -> MediaPage:
        """One page of the account's media; ``filters`` are those of ``capabilities.search``."""
        ...

    def delete(self, id: str) -> None:
        """Delete one media. Raises :class:`~vodkit.core.errors.NotFound`."""
        ...

    def update(self, id: str, **changes: Any) -> Media:
        """Change title, description, tags ..., by the common option names.

        Raises:
            UnsupportedOption: the provider cannot change this.
        """
        ...

    def download_request(self, id: str) -> tuple[str, Mapping[str, str]]:
        """Where the original can be fetched from: a URL and the headers to send."""
        ...


CRC64_HEADER: Final = "x-vodkit-crc64"
"""Carries the CRC-64/XZ (lower-case hex) of the whole object in the answers of a service's play URLs."""

PLAY_URL_HEADER: Final = "x-vodkit-play-url"
"""Carries the play URL of an object in a service's answers, for dialects that have no place for one."""

MEDIA_HEADER: Final = "x-vodkit-media"
"""Carries what :meth:`vodkit.core.media.Media.told` reads, as JSON in ASCII, where a dialect has no place for
it."""


@runtime_checkable
class ReportsDigests(Protocol):
    """An ability that a :class:`MediaStore` may have."""

    def digests(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Digests of the whole original that an answer's headers carry.

        Args:
            headers: Of an answer to :meth:`MediaStore.download_request`'s request; names in lower case.

        Returns:
            Lower-case hex by name (``crc64``, ``md5``, ``sha1`` ...); empty where there are none.
        """
        ...


@runtime_checkable
class ReportsProcessing(Protocol):
    """An ability that a :class:`MediaStore` may have, where :meth:`MediaStore.get` does not tell by its
    ``status`` whether a media is ready."""

    def processing(self, id: str) -> Processing:
        """How far a media is. Raises :class:`~vodkit.core.errors.NotFound`."""
        ...


@runtime_checkable
class PullsSources(Protocol):
    """An ability of a :class:`MediaStore` whose provider declares ``capabilities.pull``."""

    def pull(self, url: str, values: Mapping[str, Any]) -> str:
        """Have the provider fetch a source.

        Args:
            url: ``http`` or ``https``.
            values: Options by name, all of them declared in ``capabilities.pull``.

        Returns:
            The provider's id of the pull.
        """
        ...

    def pulling(self, pull: str) -> Processing:
        """How far a pull is: ``ready`` once the media is there. Raises ``NotFound``."""
        ...


class SpaceStore(Protocol):
    """Management of spaces (buckets). A room may add methods of its own."""

    def list(self) -> Iterator[Space]:
        """The account's spaces."""
        ...

    def create(self, name: str, **options: Any) -> Space:
        """A new space. Raises :class:`~vodkit.core.errors.Conflict` if the name is taken."""
        ...

    def update(self, name: str, **changes: Any) -> Space:
        """Change a space. Raises :class:`~vodkit.core.errors.NotFound`."""
        ...

    def delete(self, name: str) -> None:
        """Delete an empty space. Raises :class:`~vodkit.core.errors.NotFound`, ``Conflict``."""
        ...


@runtime_checkable
class ManagesSpaces(Protocol):
    """An ability of a :class:`Provider` that declares ``capabilities.spaces``."""

    def spaces(self, exchange: Exchange) -> SpaceStore:
        """The calls about spaces, over this wire."""
        ...


class CallbackStore(Protocol):
    """Where the provider reports events to."""

    def get(self) -> Mapping[str, Any]:
        """What is set now; ``url`` is ``""`` if nothing is."""
        ...

    def set(self, url: str, **options: Any) -> None:
        """Report events to this address from now on."""
        ...


@runtime_checkable
class ManagesCallbacks(Protocol):
    """An ability of a :class:`Provider` that declares ``capabilities.callbacks``."""

    def callbacks(self, exchange: Exchange) -> CallbackStore:
        """The calls about callbacks, over this wire."""
        ...


Clock = Callable[[], float]
