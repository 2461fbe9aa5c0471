"""The laws of the house (CONTRIBUTING.md), held by reading the code's own imports and names."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vodkit.core import registry

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "vodkit"
ROOMS = sorted(path.parent for path in (SRC / "providers").glob("*/__init__.py"))
INNER_ROOMS = sorted(
    path.parent
    for path in (SRC / "providers").glob("*/*/__init__.py")
    if (path.parent / "wire.py").exists() or (path.parent / "wire").is_dir()
)
FIXED = {"__init__", "wire", "sign", "client", "server", "errors"}
CALLBACKS = "callbacks"
"""A room whose vendor calls back has this file too."""
SHARED = sorted(
    path
    for path in SRC.rglob("*")
    if path.suffix in {".py", ".cjs", ".js", ".html", ".css", ".svg"}
    and not {"providers", "vendor"} & set(path.relative_to(SRC).parts)
)
"""What belongs to no provider: all files outside their rooms that somebody here has written."""
DROP_INS = ROOT / "compat"
MAX_LINES = 600


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """Absolute names of everything a file imports, wherever in the file."""
    parts = path.relative_to(ROOT).parts[:-1]
    package = parts[parts.index("src") + 1 :]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def names_of(room: Path) -> set[str]:
    packages = {path.name for path in room.iterdir() if (path / "__init__.py").exists()}
    return {path.stem for path in room.glob("*.py")} | packages


@pytest.mark.parametrize("room", [*ROOMS, *INNER_ROOMS], ids=relative)
def test_law_1_a_room_has_the_fixed_names_and_no_others(room: Path) -> None:
    inner = {path.name for path in INNER_ROOMS if path.parent == room}
    assert names_of(room) - inner - {CALLBACKS} == FIXED
    readme = (room / "README.md").read_text()
    assert not [name for name in names_of(room) - {"__init__"} if f"`{name}`" not in readme]


@pytest.mark.parametrize("room", ROOMS, ids=relative)
def test_law_1_a_room_that_reads_callbacks_says_where(room: Path) -> None:
    named = registry.descriptor(room.name).callbacks
    there = f"vodkit.providers.{room.name}.{CALLBACKS}:" if CALLBACKS in names_of(room) else None
    assert (named and named.partition(":")[0] + ":") == there


def pure_files() -> list[Path]:
    found: list[Path] = []
    for room in (*ROOMS, *INNER_ROOMS):
        for name in ("wire", "sign", CALLBACKS):
            found += [room / f"{name}.py"] if (room / f"{name}.py").exists() else modules(room / name)
    return found


@pytest.mark.parametrize("path", pure_files(), ids=relative)
def test_law_1_what_is_pure_imports_only_core_the_standard_library_and_defusedxml(path: Path) -> None:
    room = "vodkit." + ".".join(path.relative_to(SRC).parts[:2])
    for name in imports(path):
        top = name.partition(".")[0]
        if top == "vodkit":
            assert name.startswith(("vodkit.core", room)), name
        else:
            assert top in sys.stdlib_module_names or top == "defusedxml", name


@pytest.mark.parametrize("path", pure_files(), ids=relative)
def test_law_1_what_is_pure_does_no_io(path: Path) -> None:
    forbidden = {
        "socket",
        "ssl",
        "http.client",
        "urllib.request",
        "subprocess",
        "sqlite3",
        "asyncio",
        "threading",
    }
    assert not forbidden & set(imports(path))
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if isinstance(call, ast.Name) and call.id == "open"]


def test_law_2_shared_files_never_import_a_provider() -> None:
    for path in SHARED:
        if path.suffix == ".py":
            assert not [name for name in imports(path) if name.startswith("vodkit.providers.")], path


def test_law_2_no_shared_file_knows_a_provider_by_name() -> None:
    for path in SHARED:
        text = path.read_text().lower()
        assert not [room.name for room in ROOMS if room.name in text], path


def test_law_2_a_room_never_imports_another_room() -> None:
    for room in ROOMS:
        others = tuple(f"vodkit.providers.{other.name}" for other in ROOMS if other != room)
        for path in modules(room):
            assert not [name for name in imports(path) if name.startswith(others)], path


@pytest.mark.parametrize("path", modules(SRC / "cli"), ids=relative)
def test_law_3_cli_holds_no_logic(path: Path) -> None:
    """A command parses, calls and prints: few branches, and none of the libraries that work is done with."""
    tops = {name.partition(".")[0] for name in imports(path)}
    assert not tops & {"socket", "sqlite3", "threading", "subprocess", "asyncio", "hashlib"}
    assert tops <= {*sys.stdlib_module_names, "click", "rich", "vodkit"}
    branching = (ast.If, ast.For, ast.While, ast.Try, ast.IfExp)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            branches = sum(isinstance(inner, branching) for inner in ast.walk(node))
            assert branches <= 6, f"{node.name} has {branches} branches"


def test_law_3_drop_ins_hold_no_logic_of_the_wire() -> None:
    """What they send goes through vodkit's client: none opens a connection, a database or a process."""
    own = {path.name for path in DROP_INS.glob("*/src/**/*") if path.is_dir()}
    barred = {
        "socket",
        "ssl",
        "http",
        "urllib",
        "sqlite3",
        "threading",
        "subprocess",
        "asyncio",
        "hashlib",
        "hmac",
    }
    for path in modules(DROP_INS):
        for name in imports(path):
            top = name.partition(".")[0]
            assert top in {*sys.stdlib_module_names, "vodkit", *own} - barred, f"{path} imports {name}"
            assert not name.startswith(("vodkit.server", "vodkit.sandbox")), f"{path} imports {name}"


HEAVY = (
    "starlette",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "dbos",
    "av",
    "cryptography",
    "structlog",
    "rich",
    "vodkit.server",
)
UPLOAD = """
from vodkit.cli.main import main
try:
    main(["upload", "/nowhere.mp4", "--to", "tencent", "--set", "secret_id=a", "--set", "secret_key=b"])
except SystemExit as stop:
    assert stop.code == 3, stop.code
"""


@pytest.mark.parametrize("code", ["import vodkit", UPLOAD], ids=["import", "upload"])
def test_law_4_the_client_never_loads_the_server(code: str) -> None:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & set(HEAVY)


SERVE = """
import os, pathlib, signal, threading, time, urllib.request
from vodkit.cli.main import main
folder = sys.argv[1]
def stop():
    while True:
        time.sleep(0.05)
        try:
            urllib.request.urlopen(pathlib.Path(folder, "url").read_text() + "/health", timeout=30).read()
        except OSError:
            continue
        os.kill(os.getpid(), signal.SIGTERM)
        return
threading.Thread(target=stop).start()
main(["serve", "--listen", "127.0.0.1:0", "--data", folder, "--procedure", "default"])
"""


def test_law_4_the_service_loads_nothing_that_only_its_workers_need(tmp_path: Path) -> None:
    program = f"import sys\n{SERVE}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "data")], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "vodkit.server.supervise" in loaded
    assert not loaded & {"dbos", "av", "vodkit.server.workflow.engine", "vodkit.server.worker"}


@pytest.mark.parametrize(
    "folder", [SRC, *(ROOT / name for name in ("tests", "compat", "benchmarks", "examples"))]
)
def test_a_file_can_be_read_in_a_sitting(folder: Path) -> None:
    for path in modules(folder):
        assert len(path.read_text().splitlines()) <= MAX_LINES, path


def test_nothing_names_a_machine_or_an_index() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".in", ""}:
            text = path.read_text(errors="replace")
            for word in ("/wo" + "rk/", "../sha" + "red", "pypi." + "org", "registry.npm" + "js"):
                assert word not in text, f"{name} names {word}"
