"""The ledger's file: what it keeps, who may read it, and what damage does."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from vodkit.core.errors import LedgerError, NotResumable, UnknownUpload, UploadBusy
from vodkit.core.part import Receipt
from vodkit.engine.ledger import Ledger, Subject
from vodkit.engine.run import open_ledger
from vodkit.engine.settings import EngineSettings

SUBJECT = Subject("toy", "me", "there", "/a/movie.mp4", "movie.mp4", 100, '[{"size": 100}]', "{}")


def test_a_whole_life(tmp_path: Path) -> None:
    with Ledger(tmp_path / "state") as ledger:
        id = ledger.open(SUBJECT)
        assert ledger.saved(id) == (None, {})
        ledger.record(id, {"id": "u1"}, None, None)
        ledger.record(id, None, Receipt(0, "1", 0, 40, {"etag": "a"}), "00" * 8)
        ledger.record(id, None, Receipt(0, "1", 0, 40, {"etag": "b"}), "11" * 8)
    with Ledger(tmp_path / "state") as ledger:
        found = ledger.find_open(SUBJECT)
        assert found is not None and (found.id, found.sent, found.status) == (id, 40, "open")
        saved, crcs = ledger.saved(id)
        assert saved is not None and saved.state == {"id": "u1"}
        assert saved.receipts == (Receipt(0, "1", 0, 40, {"etag": "b"}),)
        assert crcs == {(0, "1"): "11" * 8}
        ledger.finish(id, "done", media="m1", receipt={"size": 100})
        assert ledger.find_open(SUBJECT) is None
        entry = ledger.get("m1")
        assert (entry.id, entry.sent, entry.receipt) == (id, 100, {"size": 100})
        assert entry.as_dict()["identities"] == [{"size": 100}]
        with pytest.raises(UnknownUpload):
            ledger.get("m2")


def test_ids_sort_by_time_and_one_open_row_per_key(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ids = []
        for _ in range(3):
            ids.append(ledger.open(SUBJECT))
            with pytest.raises(sqlite3.IntegrityError):
                ledger.open(SUBJECT)
            ledger.mark_aborted(ids[-1])
        assert [entry.created for entry in ledger.list()] == sorted(
            (entry.created for entry in ledger.list()), reverse=True
        )
        assert {entry.id for entry in ledger.list("aborted")} == set(ids)
        kept = ledger.open(SUBJECT)
        assert ledger.clean(3600.0) == 0
        assert ledger.clean(0.0) == 3
        assert [entry.id for entry in ledger.list()] == [kept]


def test_restart_forgets_the_remote_side_only(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        id = ledger.open(SUBJECT)
        ledger.record(id, {"id": "u1"}, Receipt(0, "1", 0, 40, {}), None)
        ledger.restart(id)
        assert ledger.saved(id) == (None, {})
        assert ledger.get(id).status == "open"


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    with Ledger(tmp_path / "state") as ledger:
        ledger.open(SUBJECT)
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
        files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
        assert ledger.path in files
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_damaged_file_is_moved_aside(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(b"this is not a database, but it is long enough" * 100)
    notices: list[str] = []
    with Ledger(tmp_path, notices.append) as ledger:
        ledger.open(SUBJECT)
    assert len(notices) == 1 and "damaged" in notices[0]
    assert len(list(tmp_path.glob("ledger.sqlite3.damaged-*"))) == 1


def test_the_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "ledger.sqlite3")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LedgerError, match="newer"):
        Ledger(tmp_path)
    assert not list(tmp_path.glob("*damaged*"))


def test_a_state_directory_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = EngineSettings(state_dir=tmp_path / "file" / "state")
    notices: list[str] = []
    assert open_ledger(settings, notices.append) is None
    assert notices[0].startswith("this upload will not be resumable: ")
    with pytest.raises(NotResumable):
        open_ledger(EngineSettings(state_dir=tmp_path / "file" / "state", require_resume=True))


def test_many_open_it_at_once(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            with Ledger(tmp_path / "state") as ledger:
                subject = Subject("toy", "me", "there", str(number), "n", 1, "[]", "{}")
                id = ledger.open(subject)
                for part in range(20):
                    ledger.record(id, {"n": part}, Receipt(0, str(part), part, 1, {}), None)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with Ledger(tmp_path / "state") as ledger:
        assert sorted(entry.sent for entry in ledger.list()) == [20] * 8


def test_digests_are_kept_for_one_content(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.keep_digest("/a", "md5", "v1", "abc")
        assert ledger.digest("/a", "md5", "v1") == "abc"
        assert ledger.digest("/a", "md5", "v2") is None
        ledger.keep_digest("/a", "md5", "v2", "def")
        assert ledger.digest("/a", "md5", "v2") == "def"


def test_one_driver_per_upload(tmp_path: Path) -> None:
    with Ledger(tmp_path) as one, Ledger(tmp_path) as two, one.driving(SUBJECT):
        with pytest.raises(UploadBusy), two.driving(SUBJECT):
            pass
        other = Subject("toy", "me", "elsewhere", "/a/movie.mp4", "movie.mp4", 100, "[]", "{}")
        with two.driving(other):
            pass
