"""The nouns of the service: requests, accounts, uploads, blobs, objects, media, settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request, as far as claiming it goes.

    Attributes:
        method: Upper case.
        authority: Host (absolute form wins over the ``Host`` header), lower case, with the port if any.
        path: Raw, still percent-encoded.
        query: Raw, without ``?``.
        headers: Lower-case names; the last of repeated ones.
        address: The client's; ``""`` if it is not known.
    """

    method: str
    authority: str
    path: str
    query: str
    headers: Mapping[str, str]
    address: str = ""

    @property
    def host(self) -> str:
        """The authority without its port."""
        if self.authority.startswith("["):
            return self.authority.partition("]")[0] + "]"
        return self.authority.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign requests.

    Attributes:
        id: Ours.
        provider: Name of the room.
        key: Public id (SecretId, AppKey, public key, client_id).
        secret: The secret, in clear; never logged, not part of the repr.
        attrs: What the room's ``Descriptor.account`` declares (sub_app ...); not part of the repr either.
        open: The service runs without ``strict`` and does not know this key: signatures are not checked.
    """

    id: str
    provider: str
    key: str
    secret: str = field(repr=False)
    attrs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    open: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as the service sees it.

    Attributes:
        id: Random, URL-safe.
        account: Id of the account.
        provider, space, key: Where the object will live.
        state: ``open``, ``completed`` or ``aborted``.
        content_type: As the client said; may be empty.
        attrs: The room's own facts (JSON).
        created, expires: Seconds since the epoch.
        blob: Id of the blob, once completed.
    """

    id: str
    account: str
    provider: str
    space: str
    key: str
    state: str
    content_type: str
    attrs: Mapping[str, Any]
    created: float
    expires: float
    blob: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part whose bytes are on disk and whose row is committed.

    Attributes:
        number: The client's part number, or whatever orders the parts of this upload.
        size: Bytes.
        digests: Lower-case hex by name, those asked for in ``receive``.
        received: Seconds since the epoch.
    """

    number: int
    size: int
    digests: Mapping[str, str]
    received: float


@dataclass(frozen=True, slots=True)
class Blob:
    """Stored bytes.

    Attributes:
        id: Ours.
        size: Bytes.
        digests: Lower-case hex of the whole, as far as known (``md5``, ``crc64``, ``sha1_blocks`` ...).
    """

    id: str
    size: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A name in a space, and what it holds.

    Attributes:
        provider, space, key: The name. Keys are text, never paths.
        account: Id of the owner.
        blob: The bytes.
        content_type: Of the answer.
        etag: As the vendor writes it, without quotes.
        attrs: Vendor's metadata headers and the like (JSON).
        created: Seconds since the epoch.
    """

    provider: str
    space: str
    key: str
    account: str
    blob: Blob
    content_type: str
    etag: str
    attrs: Mapping[str, Any]
    created: float


@dataclass(frozen=True, slots=True)
class MediaRecord:
    """A media in the one catalog that all rooms share.

    Attributes:
        id: Ours, random.
        provider, account: Whose.
        remote_id: The vendor's id (FileId, vid, key, video id); unique within the provider.
        kind: ``video``, ``audio``, ``image`` or ``file``.
        title: Display name.
        status: ``ready``, ``processing``, ``failed`` or ``blocked``.
        space, key: The object that holds the original.
        cover_key: Key of the cover in the same space, or ``""``.
        size: Bytes of the original and, for a manifest, of everything it names.
        attrs: The room's own facts (JSON): description, tags, class, contexts ...
        created, updated: Seconds since the epoch.
        expires: Seconds since the epoch, or ``None`` for never.
        folder: Prefix of the keys that belong to this media alone, with its trailing slash: everything under
            it goes when the media goes. ``""`` where media share their folders; then only ``key`` and
            ``cover_key`` go.
        facts: What a probe found in the original, as :meth:`vodkit.server.media.facts.Facts.as_dict` says it;
            empty before.
        access: Who may watch: ``all``, ``private`` (signed links only) or ``password``.
        password_sealed: What ``password`` asks for, sealed by the vault; not part of the repr.
    """

    id: str
    provider: str
    account: str
    remote_id: str
    kind: str
    title: str
    status: str
    space: str
    key: str
    cover_key: str
    size: int
    attrs: Mapping[str, Any]
    created: float
    updated: float
    expires: float | None
    folder: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    access: str = "all"
    password_sealed: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MediaQuery:
    """Which media are wanted. ``None`` asks for nothing, an empty set for the impossible.

    Attributes:
        provider, account: Whose.
        remote_ids, kinds, statuses: Sets that the field of this kind must be in.
        attrs: The same for the room's own facts, by name: either texts or whole numbers.
        titles: Texts; the title must hold all words of one of them, in any case.
        title_prefixes: Texts; the title must begin with one of them, in any case.
        created_from, created_until: Seconds since the epoch; from is included, until is not.
        expires_from, expires_until: The same, both included; never is later than every time.
    """

    provider: str | None = None
    account: str | None = None
    remote_ids: Collection[str] | None = None
    kinds: Collection[str] | None = None
    statuses: Collection[str] | None = None
    attrs: Mapping[str, Collection[str] | Collection[int]] = field(default_factory=dict)
    titles: Collection[str] | None = None
    title_prefixes: Collection[str] | None = None
    created_from: float | None = None
    created_until: float | None = None
    expires_from: float | None = None
    expires_until: float | None = None


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What an account may and how its uploads are treated; ``None`` is no bound.

    Attributes:
        quota: Bytes that it may store.
        max_seconds: The longest media that is processed, in seconds.
        concurrency: Tasks of it that run at once.
        procedure: Name of what is made of an upload that does not say; ``None`` leaves it to the service.
        private_targets: Whether its callbacks and pulls may reach private addresses.
    """

    quota: int | None = None
    max_seconds: float | None = None
    concurrency: int | None = None
    procedure: str | None = None
    private_targets: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service runs.

    Attributes:
        data: Folder for everything durable.
        listen: ``host:port``.
        public_url: Base of the URLs handed to clients, without a trailing slash.
        strict: Only known accounts; every signature verified.
        upload_lifetime: Seconds that an unfinished upload is kept.
        sweep_interval: Seconds between sweeps.
        max_header: Largest request head in bytes.
        max_document: Largest XML, JSON or form body in bytes.
        request_timeout: Seconds without a byte from a client before its request is dropped.
        accounts: Accounts file; without one the service makes its own in ``data``.
        signed_playback: Whether objects play only by signed, expiring links.
        procedure: Name of what is made of an upload that does not say; ``""`` for nothing.
        workers: Worker processes that the service keeps while there is work; 0 leaves it to others.
        private_targets: Whether callbacks and pulls may reach private and loopback addresses.
        log_level: What is logged: ``debug``, ``info``, ``warning`` or ``error``, and above.
        lease: Seconds after which a worker that has not been heard of counts as dead.
        pull_size: Bytes that a pull may fetch at most, with all that belongs to its source.
        pull_seconds: Seconds that it may take.
    """

    data: str
    listen: str = "127.0.0.1:8600"
    public_url: str = ""
    database: str = ""
    storage: str = ""
    strict: bool = True
    upload_lifetime: float = 72 * 3600.0
    sweep_interval: float = 300.0
    max_header: int = 64 * 1024
    max_document: int = 4 * 1024 * 1024
    request_timeout: float = 60.0
    accounts: str = ""
    signed_playback: bool = False
    procedure: str = ""
    workers: int = 1
    private_targets: bool = False
    log_level: str = "info"
    lease: float = 15.0
    pull_size: int = 64 << 30
    pull_seconds: float = 6 * 3600.0
