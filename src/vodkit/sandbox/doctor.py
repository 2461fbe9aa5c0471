"""What is right and what is wrong with this machine and its profiles, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any

from vodkit.core import registry
from vodkit.core.config import resolve
from vodkit.core.errors import ConfigError
from vodkit.core.extras import missing_for_server
from vodkit.core.ffmpeg import executable
from vodkit.engine.profiles import Profile, config_path, load_profiles
from vodkit.engine.settings import default_state_dir

DROP_INS = "vodkit.compat"
"""Entry points of drop-ins: the vendor's distribution = the module that both install."""

FREE_SPACE = 1 << 30
"""Less free space than this, in bytes, is worth a word."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: What.
        state: ``ok``, ``note`` (works, but) or ``bad``.
        text: What was found.
        advice: What to do; ``""`` when nothing.
    """

    subject: str
    state: str
    text: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def examine() -> Iterator[Finding]:
    """Look at everything, one finding after the other. Changes nothing."""
    yield _python()
    yield _state(default_state_dir())
    yield from _service()
    for entry in entry_points(group=DROP_INS):
        yield _drop_in(entry)
    yield from _profiles()


def _python() -> Finding:
    return Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _state(folder: Path) -> Finding:
    """Uploads can be resumed only if their ledger can be written."""
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    advice = "Uploads will work and not be resumable; set VODKIT_STATE_DIR to a folder that can be written"
    try:
        with tempfile.NamedTemporaryFile(dir=nearest) as probe:
            probe.write(b"vodkit")
            probe.flush()
    except OSError as error:
        return Finding("state folder", "bad", f"{folder}: {error.strerror}", advice)
    if folder.exists() and folder.stat().st_mode & 0o077:
        return Finding("state folder", "note", f"{folder} can be read by others", f"chmod 700 {folder}")
    if shutil.disk_usage(nearest).free < FREE_SPACE:
        return Finding("state folder", "note", f"{folder}: less than 1 GiB is free", "Free some space")
    return Finding("state folder", "ok", str(folder))


def _service() -> Iterator[Finding]:
    missing = missing_for_server()
    if missing:
        text = f"not installed ({', '.join(missing)} missing); uploading needs none of it"
        yield Finding("service", "note", text, "pip install 'vodkit[server]' for demo, serve and sandbox")
        return
    yield Finding(
        "service", "ok", f"installed (SQLAlchemy {_version('sqlalchemy')}, uvicorn {_version('uvicorn')})"
    )
    try:
        yield Finding("ffmpeg", "ok", executable())
    except ConfigError as error:
        yield Finding("ffmpeg", "bad", error.message, error.advice)


def _drop_in(entry: EntryPoint) -> Finding:
    """A drop-in and the package that it stands in for install the same module: only one may be there."""
    own = entry.dist
    assert own is not None
    subject, vendors, module = f"drop-in {own.name}", entry.name, entry.value
    if _version(vendors) != "?":
        text = f"{vendors} is installed beside it, and both are the module {module}"
        again = f"pip install --force-reinstall --no-deps {own.name}"
        return Finding(
            subject, "bad", text, f"pip uninstall {vendors}, then {again}; or uninstall {own.name}"
        )
    mine = Path(str(own.locate_file(f"{module}/__init__.py")))
    found = PathFinder.find_spec(module)
    # An editable installation has no files of its own to compare with.
    if mine.exists() and found is not None and found.origin is not None and not mine.samefile(found.origin):
        text = f"{module} is imported from {found.origin}, and not from it"
        return Finding(subject, "bad", text, "Take that folder off PYTHONPATH, or remove the copy")
    return Finding(subject, "ok", f"{module} runs over vodkit, in place of {vendors}")


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "?"


def _profiles() -> Iterator[Finding]:
    path = config_path()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            profiles = load_profiles(path)
        except ConfigError as error:
            yield Finding("profiles", "bad", error.message, error.advice)
            return
    if not profiles:
        text = f"none in {path}"
        yield Finding(
            "profiles", "note", text, "Write one (docs/client.md), or try vodkit demo, which needs none"
        )
        return
    for warning in heard:
        yield Finding("profiles", "note", str(warning.message))
    for profile in profiles.values():
        yield _profile(profile)


def _profile(profile: Profile) -> Finding:
    subject = f"profile {profile.name}"
    try:
        room = registry.descriptor(profile.provider)
        resolve(room, {}, profile.values, os.environ, profile_name=profile.name)
    except ConfigError as error:
        return Finding(subject, "bad", error.message, error.advice)
    return Finding(subject, "ok", room.title)
