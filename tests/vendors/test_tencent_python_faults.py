"""vod-python-sdk, unmodified, on a bad network: an upload comes out whole, or the SDK says that it failed."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until
from vodkit.sandbox.run import attached
from vodkit.server.embedded import embedded
from vodkit.testing.faults import FaultProxy

from .driver import ACCOUNTS, DRIVERS, Driver, environment, fetch, started

pytestmark = pytest.mark.vendor

MIB = 1 << 20
KEYS = {"secret_id": "Your SecretId", "secret_key": "Your SecretKey"}


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Driver, FaultProxy]]:
    """The driver, and the line between its sandbox and the service."""
    python = environment("tencent-python") / "bin" / "python"
    folder = tmp_path_factory.mktemp("faults")
    (folder / "accounts.toml").write_text(ACCOUNTS)
    with (
        embedded(folder / "data", accounts=folder / "accounts.toml") as service,
        FaultProxy.before(service.url) as faults,
        attached(faults.url) as box,
        started([python, DRIVERS / "tencent_python.py"], folder, box.environment) as sdk,
    ):
        yield sdk, faults


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "movie.mp4"
    path.write_bytes(os.urandom(6 * MIB + 5))
    return path


def upload(sdk: Driver, video: Path) -> dict[str, Any]:
    return sdk.do(do="upload", client=KEYS, region="ap-guangzhou", fields={"MediaFilePath": str(video)})


def catalog(sdk: Driver) -> dict[str, str]:
    """Play URLs of all media, by id."""
    where = {"service": "vod", "version": "v20180717", "region": "ap-guangzhou", "client": KEYS}
    answer = sdk.do(do="call", **where, action="SearchMedia", fields={"Limit": 100})
    return {media["FileId"]: media["BasicInfo"]["MediaUrl"] for media in answer["MediaInfoSet"]}


def after(faults: FaultProxy, sent: int, act: Callable[[], None]) -> threading.Thread:
    """Do something once so many more bytes have left the client."""
    mark = faults.sent + sent

    def wait() -> None:
        until(lambda: faults.sent >= mark, pause=0.001)
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.mark.covers("tencent G-15")
@pytest.mark.parametrize("fault", ["503", "cut", "lost reply"])
def test_one_fault_among_the_parts_is_mended(
    line: tuple[Driver, FaultProxy], video: Path, fault: str
) -> None:
    sdk, faults = line
    acts = {"503": lambda: faults.answer(503), "cut": faults.break_all, "lost reply": faults.lose_reply}
    waiting = after(faults, 2 * MIB, acts[fault])
    answer = upload(sdk, video)
    waiting.join()
    faults.calm()
    assert "raised" not in answer, answer["text"]
    assert fetch(answer["MediaUrl"]) == video.read_bytes()


@pytest.mark.parametrize("seed", range(6))
def test_many_faults_never_make_a_wrong_media(
    line: tuple[Driver, FaultProxy], video: Path, seed: int
) -> None:
    sdk, faults = line
    before = catalog(sdk)
    weather = random.Random(seed)
    for _ in range(weather.randrange(1, 5)):
        faults.cut(after=weather.randrange(7 * MIB))
    weather.choice([faults.lose_reply, faults.refuse, faults.calm])()
    answer = upload(sdk, video)
    faults.calm()
    new = {id: url for id, url in catalog(sdk).items() if id not in before}
    # An SDK that gave up may have lost no more than the answer to its last request.
    assert len(new) <= 1
    if "raised" not in answer:
        assert list(new) == [answer["FileId"]]
    for url in new.values():
        assert fetch(url) == video.read_bytes()
