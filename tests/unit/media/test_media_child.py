from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests import processes
from tests.waiting import until
from vodkit.server.media import child
from vodkit.server.media.child import Limits, run
from vodkit.server.media.errors import BadMedia, Stopped, TooMuch

SH = str(shutil.which("sh"))


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", code]


HOLD = """
import fcntl, sys, time
lock = open("lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


def let_go(lock: Path) -> bool:
    """Whether the one who held a file does so no more, soon."""
    with lock.open() as file:
        for _ in range(500):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
            else:
                return True
    return False


def test_what_it_prints_comes_back(tmp_path: Path) -> None:
    assert run([SH, "-c", "echo out; echo err >&2"], folder=tmp_path) == b"out\n"


def test_it_runs_in_its_folder_without_input_and_without_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VODKIT_PROBE_OF_ENVIRONMENT", "secret")
    said = run([SH, "-c", "pwd; cat; env"], folder=tmp_path).decode()
    assert said.splitlines()[0] == str(tmp_path)
    assert "secret" not in said


def test_lines_come_as_they_are_printed(tmp_path: Path) -> None:
    lines: list[str] = []
    run([SH, "-c", "echo a; echo b; printf c; printf 'd\\n'"], folder=tmp_path, on_line=lines.append)
    assert lines == ["a", "b", "cd"]


def test_a_failure_says_what_the_program_said_and_no_folder_of_ours(tmp_path: Path) -> None:
    source = tmp_path / "deep" / "source"
    with pytest.raises(BadMedia) as caught:
        run(
            [SH, "-c", f"echo '{source}: bad /etc/secret/place.txt' >&2; exit 3"],
            folder=tmp_path,
            reads=[source],
        )
    assert str(caught.value) == "source: bad place.txt"


def test_a_program_that_is_not_wanted_ends_with_all_that_it_started(tmp_path: Path) -> None:
    wanted = threading.Event()
    wanted.set()
    (tmp_path / "hold.py").write_text(HOLD)
    with pytest.raises(Stopped):
        run(
            [SH, "-c", f"{sys.executable} hold.py & wait"],
            folder=tmp_path,
            on_line=lambda line: wanted.clear(),
            wanted=wanted.is_set,
        )
    assert let_go(tmp_path / "lock")


def test_it_gets_no_more_time_than_its_limit(tmp_path: Path) -> None:
    with pytest.raises(TooMuch, match="longer"):
        run([SH, "-c", "sleep 60"], folder=tmp_path, limits=Limits(seconds=0.3))


def test_it_gets_no_more_processor_time_than_its_limit(tmp_path: Path) -> None:
    with pytest.raises(TooMuch, match="processor"):
        run(python("while True: pass"), folder=tmp_path, limits=Limits(cpu=1))


def test_it_gets_no_more_memory_than_its_limit(tmp_path: Path) -> None:
    with pytest.raises(TooMuch, match="memory"):
        run(python("bytearray(2 << 30)"), folder=tmp_path, limits=Limits(memory=child.GIB))


def test_it_writes_no_file_larger_than_its_limit(tmp_path: Path) -> None:
    with pytest.raises(TooMuch, match="too large"):
        run(
            python("open('big', 'wb').write(bytes(1 << 22))"),
            folder=tmp_path,
            limits=Limits(output=child.MIB),
        )


def test_its_files_together_stay_below_the_limit(tmp_path: Path) -> None:
    many = "import time\nfor n in range(40): open(str(n), 'wb').write(bytes(1 << 18))\ntime.sleep(60)"
    with pytest.raises(TooMuch, match="made more"):
        run(python(many), folder=tmp_path, limits=Limits(output=child.MIB))


def test_it_prints_no_more_than_its_limit(tmp_path: Path) -> None:
    with pytest.raises(TooMuch, match="printed"):
        run([SH, "-c", "yes"], folder=tmp_path, limits=Limits(text=100_000))


STARTER = """
import sys
from pathlib import Path
from vodkit.server.media.child import run
program = [sys.executable, "hold.py"]
run(program, folder=Path({folder!r}), on_line=lambda line: print(line, flush=True))
"""


def test_it_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    source = str(Path(child.__file__).parents[3])
    (tmp_path / "hold.py").write_text(HOLD)
    command = [sys.executable, "-c", STARTER.format(folder=str(tmp_path))]
    environment = {**os.environ, "PYTHONPATH": source}
    with processes.child(command, stdout=subprocess.PIPE, env=environment, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "held\n"
    assert let_go(tmp_path / "lock")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_what_the_program_began_dies_too(tmp_path: Path) -> None:
    """As does what a sandbox leaves behind that is killed while it sets itself up."""
    starter = f"""
from pathlib import Path
from vodkit.server.media import child
child.bubblewrap = lambda: None
program = ["/bin/sh", "-c", "sh -c 'sleep 600; : {tmp_path}' & echo begun; wait"]
child.run(program, folder=Path({str(tmp_path)!r}), on_line=lambda line: print(line, flush=True))
"""
    command = [sys.executable, "-c", starter]
    environment = {**os.environ, "PYTHONPATH": str(Path(child.__file__).parents[3])}
    with processes.child(command, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"begun\n"
    until(lambda: not programs_in(tmp_path), patience=30.0)


def test_what_it_leaves_behind_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "bubblewrap", lambda: None)
    script = f"sleep 600 & : {tmp_path}; echo said; head -c 3000000 /dev/zero"
    said = run([SH, "-c", script], folder=tmp_path, limits=Limits(seconds=60))
    assert said == b"said\n" + bytes(3_000_000)
    until(lambda: not programs_in(tmp_path), patience=30.0)


def programs_in(folder: Path) -> list[int]:
    """Processes whose command lines name a folder."""
    return [id for id, words in processes.command_lines().items() if str(folder) in " ".join(words)]


def test_bubblewrap_shows_only_what_is_needed(tmp_path: Path) -> None:
    if child.bubblewrap() is None:
        pytest.skip("there is no bubblewrap that works here")
    (tmp_path / "work").mkdir()
    (tmp_path / "other").write_text("not to be seen")
    (tmp_path / "source").write_text("to be seen")
    look = f"cat {tmp_path}/source; cat {tmp_path}/other 2>&1; echo >made; echo >{tmp_path}/source"
    said = run([SH, "-c", f"{look}; true"], folder=tmp_path / "work", reads=[tmp_path / "source"]).decode()
    assert said.startswith("to be seen")
    assert "not to be seen" not in said
    assert (tmp_path / "work" / "made").exists()
    assert (tmp_path / "source").read_text() == "to be seen"
