"""The durable record of uploads: one SQLite file, readable by its owner only.

Every acknowledged part is one transaction, so a killed process loses at most the part whose answer it had
not written down yet; the server is asked for that one on resume.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from vodkit.core.errors import LedgerError, UnknownUpload
from vodkit.core.part import Receipt, Saved

from .locks import exclusive, waiting

SCHEMA = 1
_TABLES = """
CREATE TABLE upload (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, provider TEXT NOT NULL, account TEXT NOT NULL,
    destination TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, size INTEGER,
    identities TEXT NOT NULL, options TEXT NOT NULL, state TEXT, status TEXT NOT NULL,
    created REAL NOT NULL, updated REAL NOT NULL, media TEXT, receipt TEXT, error TEXT
);
CREATE UNIQUE INDEX upload_open ON upload (key) WHERE status = 'open';
CREATE INDEX upload_media ON upload (media);
CREATE TABLE receipt (
    upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE, item INTEGER NOT NULL, part TEXT NOT NULL,
    begins INTEGER NOT NULL, length INTEGER NOT NULL, data TEXT NOT NULL, crc64 TEXT,
    PRIMARY KEY (upload, item, part)
) WITHOUT ROWID;
CREATE TABLE digest (
    source TEXT NOT NULL, name TEXT NOT NULL, identity TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (source, name)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """An upload in the ledger.

    Attributes:
        id: Ours; sorts by time.
        key: What makes it this upload and no other: provider, account, destination and sources.
        provider: Name of the provider room.
        account: Who uploads.
        destination: Where to.
        source: Where the bytes come from: locations of all items, the media's first, one per line.
        name: The media's file name.
        size: Bytes in all.
        identities: The sources' identities, as JSON.
        options: The provider options, as JSON.
        status: ``open``, ``done``, ``aborted`` or ``failed``.
        sent: Acknowledged bytes.
        created: Seconds since the epoch.
        updated: Seconds since the epoch.
        media: The provider's id of the media once done, or ``None``.
        receipt: What was sent (sizes, digests), for a later comparison, or ``None``.
        error: Why it is not done, or ``None``.
    """

    id: str
    key: str
    provider: str
    account: str
    destination: str
    source: str
    name: str
    size: int | None
    identities: str
    options: str
    status: str
    sent: int
    created: float
    updated: float
    media: str | None
    receipt: Mapping[str, Any] | None
    error: str | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; identities and options parsed, without the key."""
        data = asdict(self)
        del data["key"]
        return data | {"identities": json.loads(self.identities), "options": json.loads(self.options)}


@dataclass(frozen=True, slots=True)
class Subject:
    """What an upload is about, before it has a row; fields as in :class:`Entry`."""

    provider: str
    account: str
    destination: str
    source: str
    name: str
    size: int | None
    identities: str
    options: str

    @property
    def key(self) -> str:
        """The same for the same sources sent to the same place by the same account."""
        parts = (self.provider, self.account, self.destination, self.source)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Ledger:
    """The ledger in a directory. Thread-safe; several processes may have it open.

    Args:
        directory: Made if it is not there, for the owner only.
        on_notice: Told in one line if a damaged file had to be moved aside.

    Raises:
        LedgerError: the directory cannot be used, or a newer vodkit wrote the file.
    """

    def __init__(self, directory: Path, on_notice: Callable[[str], None] | None = None) -> None:
        self.directory = directory
        self.path = directory / "ledger.sqlite3"
        self._lock = threading.Lock()
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            (directory / "locks").mkdir(mode=0o700, exist_ok=True)
            with waiting(directory / "locks" / "open"):
                self._db = self._open_or_replace(on_notice)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"the state directory {directory} cannot be used: {error}") from error

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    # The caller's side: looking and tidying up.

    def list(self, status: str | None = None) -> Sequence[Entry]:
        """Uploads, newest first; of one status if named."""
        where, values = ("", ()) if status is None else ("WHERE status = ?", (status,))
        return self._entries(f"{where} ORDER BY created DESC, id DESC", values)

    def get(self, id: str) -> Entry:
        """The upload of this id of ours, or the newest one that became the media of this id.

        Raises:
            UnknownUpload: there is none.
        """
        found = self._entries(
            "WHERE id = ? OR media = ? ORDER BY id = ? DESC, created DESC LIMIT 1", (id, id, id)
        )
        if not found:
            raise UnknownUpload(f"the ledger has no upload {id!r}")
        return found[0]

    def clean(self, older_than: float) -> int:
        """Forget uploads that are not open and were last touched more than ``older_than`` seconds ago.

        Returns:
            How many were forgotten.
        """
        with self._transaction() as db:
            limit = time.time() - older_than
            return db.execute("DELETE FROM upload WHERE status <> 'open' AND updated <= ?", (limit,)).rowcount

    def mark_aborted(self, id: str) -> None:
        """Note that an upload was given up; its part receipts go."""
        self.finish(id, "aborted")

    # The engine's side.

    @contextmanager
    def driving(self, subject: Subject) -> Iterator[None]:
        """Be the only one, over processes and threads, that drives this upload.

        Raises:
            UploadBusy: another one does.
        """
        with exclusive(self.directory / "locks" / f"{subject.key[:40]}.lock", repr(subject.name)):
            yield

    def find_open(self, subject: Subject) -> Entry | None:
        """The unfinished upload of the same key, whatever its sources hold by now."""
        found = self._entries("WHERE key = ? AND status = 'open'", (subject.key,))
        return found[0] if found else None

    def open(self, subject: Subject) -> str:
        """A new row; returns its id."""
        now = time.time()
        id = f"{int(now * 1000):012x}{secrets.token_hex(4)}"
        row = (id, subject.key, *asdict(subject).values(), "open", now, now)
        with self._transaction() as db:
            db.execute(
                "INSERT INTO upload (id, key, provider, account, destination, source, name, size, identities,"
                " options, status, created, updated) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                row,
            )
        return id

    def saved(self, id: str) -> tuple[Saved | None, dict[tuple[int, str], str]]:
        """What an interrupted upload left, ``None`` if it had no state yet, and the CRC-64 of its parts."""
        with self._lock:
            state = self._db.execute("SELECT state FROM upload WHERE id = ?", (id,)).fetchone()[0]
            rows = self._db.execute(
                "SELECT item, part, begins, length, data, crc64 FROM receipt WHERE upload = ?"
                " ORDER BY item, begins",
                (id,),
            ).fetchall()
        if state is None:
            return None, {}
        receipts = tuple(Receipt(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows)
        return Saved(json.loads(state), receipts), {(row[0], row[1]): row[5] for row in rows if row[5]}

    def record(
        self, id: str, state: Mapping[str, Any] | None, receipt: Receipt | None, crc64: str | None
    ) -> None:
        """Write down what the answer to a part brought, in one transaction."""
        with self._transaction() as db:
            if state is not None:
                db.execute("UPDATE upload SET state = ? WHERE id = ?", (json.dumps(state), id))
            if receipt is not None:
                row = (receipt.item, receipt.key, receipt.offset, receipt.length, json.dumps(receipt.data))
                db.execute("REPLACE INTO receipt VALUES (?,?,?,?,?,?,?)", (id, *row, crc64))
            db.execute("UPDATE upload SET updated = ? WHERE id = ?", (time.time(), id))

    def restart(self, id: str) -> None:
        """Drop state and receipts: the remote upload is gone and a new one begins under the same id."""
        with self._transaction() as db:
            db.execute("UPDATE upload SET state = NULL, updated = ? WHERE id = ?", (time.time(), id))
            db.execute("DELETE FROM receipt WHERE upload = ?", (id,))

    def finish(
        self,
        id: str,
        status: str,
        *,
        media: str | None = None,
        receipt: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Close an upload's row; its part receipts and state are not needed any more."""
        with self._transaction() as db:
            db.execute(
                "UPDATE upload SET status = ?, media = ?, receipt = ?, error = ?, state = NULL, updated = ?"
                " WHERE id = ?",
                (status, media, None if receipt is None else json.dumps(receipt), error, time.time(), id),
            )
            db.execute("DELETE FROM receipt WHERE upload = ?", (id,))

    def note_error(self, id: str, error: str) -> None:
        """Say why an open upload stands still."""
        with self._transaction() as db:
            db.execute("UPDATE upload SET error = ?, updated = ? WHERE id = ?", (error, time.time(), id))

    def digest(self, source: str, name: str, identity: str) -> str | None:
        """A digest computed earlier for exactly this content."""
        with self._lock:
            row = self._db.execute(
                "SELECT value FROM digest WHERE source = ? AND name = ? AND identity = ?",
                (source, name, identity),
            ).fetchone()
        return row[0] if row else None

    def keep_digest(self, source: str, name: str, identity: str, value: str) -> None:
        """Keep a digest of a source's whole content."""
        with self._transaction() as db:
            db.execute("REPLACE INTO digest VALUES (?,?,?,?)", (source, name, identity, value))

    # The file.

    def _entries(self, clause: str, values: Sequence[Any]) -> Sequence[Entry]:
        with self._lock:
            rows = self._db.execute(
                "SELECT id, key, provider, account, destination, source, name, size, identities, options,"
                " status, CASE status WHEN 'done' THEN coalesce(size, 0) ELSE"
                " (SELECT coalesce(sum(length), 0) FROM receipt WHERE upload = id) END,"
                f" created, updated, media, receipt, error FROM upload {clause}",
                values,
            ).fetchall()
        names = [field.name for field in fields(Entry)]
        return [_entry(dict(zip(names, row))) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    def _open_or_replace(self, on_notice: Callable[[str], None] | None) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            aside = self.path.with_name(f"{self.path.name}.damaged-{int(time.time())}")
            self.path.rename(aside)
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            if on_notice is not None:
                on_notice(f"the record of uploads was damaged and is now {aside}; a new one begins")
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        self.path.touch(mode=0o600)
        db = sqlite3.connect(self.path, timeout=30.0, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            self._migrate(db)
            if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("damaged")
        except BaseException:
            db.close()
            raise
        return db

    def _migrate(self, db: sqlite3.Connection) -> None:
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA:
            raise LedgerError(
                f"{self.path} was written by a newer vodkit", advice="Update vodkit, or set VODKIT_STATE_DIR"
            )
        if found == SCHEMA:
            return
        db.execute("BEGIN IMMEDIATE")
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA}")
        db.execute("COMMIT")


def _entry(row: dict[str, Any]) -> Entry:
    receipt = json.loads(row["receipt"]) if row["receipt"] else None
    return Entry(**(row | {"receipt": receipt}))
