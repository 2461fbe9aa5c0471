"""Budget, bandwidth, progress, settings and locks, each alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from vodkit.core.errors import (
    Cancelled,
    ConfigError,
    ConnectionLost,
    RateLimited,
    SourceUnreadable,
    UploadBusy,
)
from vodkit.engine.bandwidth import Bandwidth
from vodkit.engine.locks import exclusive
from vodkit.engine.progress import Meter, Progress
from vodkit.engine.retry import Budget, is_providers
from vodkit.engine.settings import EngineSettings, default_state_dir
from vodkit.transport import Cancel


def test_backoff_doubles_up_to_the_cap_under_full_jitter() -> None:
    settings = EngineSettings(part_tries=6, backoff_base=1.0, backoff_cap=5.0)
    error = ConnectionLost("x")
    budget = Budget(settings, jitter=lambda: 1.0)
    assert [budget.failed((0, "1"), error) for _ in range(6)] == [1.0, 2.0, 4.0, 5.0, 5.0, None]
    half = Budget(settings, jitter=lambda: 0.5)
    assert half.failed((0, "1"), error) == 0.5


def test_retry_after_is_respected() -> None:
    budget = Budget(EngineSettings(backoff_base=1.0), jitter=lambda: 1.0)
    assert budget.failed((0, "1"), RateLimited("x", retry_after=7.0)) == 7.0


def test_a_part_that_arrives_gets_its_tries_back_and_the_upload_does_not() -> None:
    budget = Budget(EngineSettings(part_tries=2, upload_tries=4, backoff_base=0.0))
    error = ConnectionLost("x")
    for _ in range(3):
        assert budget.failed((0, "1"), error) == 0.0
        budget.succeeded((0, "1"))
    assert budget.failed((0, "1"), error) is None


def test_local_failures_are_no_affair_of_the_session() -> None:
    assert is_providers(ConnectionLost("x"))
    assert not is_providers(Cancelled("x"))
    assert not is_providers(SourceUnreadable("x"))
    assert not is_providers(KeyError("x"))


def test_bandwidth_spreads_bytes_over_time() -> None:
    now, cancel = [0.0], Cancel()

    def sleep(_: Cancel, seconds: float) -> None:
        now[0] += seconds

    limit = Bandwidth(1000, clock=lambda: now[0], sleep=sleep)
    for _ in range(50):
        limit.take(100, cancel)
    assert now[0] == pytest.approx(5.0)
    now[0] += 60
    limit.take(250, cancel)
    assert now[0] == pytest.approx(65.0), "a pause earns a burst of a quarter of a second"
    limit.take(1000, cancel)
    assert now[0] == pytest.approx(66.0)


def test_waiting_for_bandwidth_can_be_cancelled() -> None:
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        Bandwidth(1).take(10_000, cancel)


def test_progress_never_goes_back_nor_beyond_the_total() -> None:
    seen: list[Progress] = []
    now = [0.0]
    meter = Meter(seen.append, clock=lambda: now[0])
    meter.begin("sending", 100)

    def tick() -> int:
        now[0] += 1
        meter.tick()
        return seen[-1].sent

    meter.moved(60)
    assert tick() == 60
    meter.returned(60)
    assert tick() == 60
    meter.moved(50)
    meter.acknowledged(0, "1", 50)
    assert tick() == 100, "a part in the moment between arriving and counting does not count twice too far"
    meter.returned(50)
    meter.acknowledged(0, "1", 50)
    assert tick() == 100
    meter.tick(done=True, force=True)
    assert (seen[-1].phase, seen[-1].sent, seen[-1].parts_done) == ("done", 100, 1)
    assert meter.wire_bytes == 110


def test_progress_is_throttled() -> None:
    seen: list[Progress] = []
    now = [0.0]
    meter = Meter(seen.append, clock=lambda: now[0])
    meter.begin("sending", None)
    for _ in range(100):
        now[0] += 0.01
        meter.moved(1000)
        meter.tick()
    assert 9 <= len(seen) <= 11
    assert seen[-1].rate == pytest.approx(100_000, rel=0.05)


def test_settings_refuse_nonsense(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for wrong in ({"parallel": 0}, {"parallel": 17}, {"window": 0}, {"bandwidth": 0}):
        with pytest.raises(ConfigError):
            EngineSettings(**wrong)  # type: ignore[arg-type]
    monkeypatch.setenv("VODKIT_STATE_DIR", str(tmp_path))
    assert default_state_dir() == tmp_path == EngineSettings().directory


def test_a_lock_has_one_owner_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with exclusive(path, "it"):
        with pytest.raises(UploadBusy), exclusive(path, "it"):
            pass
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()
    with exclusive(path, "it"):
        pass


def test_a_lock_is_never_held_twice(tmp_path: Path) -> None:
    """Owners remove the file: one who opened it before must notice."""
    path, inside, most = tmp_path / "lock", [0], [0]

    def work() -> None:
        for _ in range(300):
            try:
                with exclusive(path, "it"):
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    inside[0] -= 1
            except UploadBusy:
                continue

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1


def test_scopes_nest_downwards_only() -> None:
    above = Cancel()
    below, other = Cancel(above), Cancel(above)
    below.cancel()
    assert (above.cancelled, other.cancelled) == (False, False)
    other.detach()
    above.cancel()
    assert not other.cancelled
    assert Cancel(above).cancelled
