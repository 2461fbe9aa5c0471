"""What ``vodkit procedures`` does, on a data folder, whether a service runs on it or not."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from vodkit.core.errors import ConfigError, NotFound

from .admin import account_named
from .catalog.tables import account_settings
from .contract import Settings
from .errors import BadName
from .media.procedure import BUILT_IN, Procedure
from .names import check_name
from .procedures import EVERYBODY, ProcedureTable
from .service import Tools, tools

_LARGEST = 1024 * 1024
_LONGEST_NAME = 64


def list_procedures(settings: Settings, account: str) -> list[dict[str, Any]]:
    """Those that an account's uploads can name, each once: ``name``, ``from`` and ``makes``.

    Args:
        account: ``PROVIDER:ID``, or ``""`` for those that everybody has.
    """
    with tools(settings) as parts:
        table, owner = _table(parts), _owner(parts, account)
        own = parts.catalog.read_now(lambda conn: table.owned(conn, owner)) if account else []
        shared = parts.catalog.read_now(lambda conn: table.owned(conn, EVERYBODY))
    found: dict[str, dict[str, Any]] = {}
    for origin, procedures in ((account, own), ("everybody", shared), ("built in", BUILT_IN.values())):
        for made in procedures:
            found.setdefault(made.name, {"name": made.name, "from": origin, "makes": summary(made)})
    return sorted(found.values(), key=lambda item: str(item["name"]))


def show_procedure(settings: Settings, account: str, name: str) -> dict[str, Any]:
    """What a name stands for, as JSON-ready data that :func:`add_procedure` takes.

    Raises:
        NotFound: there is none of this name.
    """
    with tools(settings) as parts:
        table, owner = _table(parts), _owner(parts, account)
        found = parts.catalog.read_now(lambda conn: table.resolve(conn, owner, name))
    if found is None:
        raise _unknown(name)
    return found.as_dict()


def add_procedure(settings: Settings, account: str, path: Path) -> Procedure:
    """Keep the procedure that a JSON or TOML file holds, in place of an earlier one of its name.

    Raises:
        ConfigError: it cannot be read, or says what cannot be; the text names the field.
    """
    made = read_procedure(path)
    with tools(settings) as parts:
        table, owner = _table(parts), _owner(parts, account)
        parts.catalog.write_now(lambda conn: table.put(conn, owner, made))
    return made


def remove_procedure(settings: Settings, account: str, name: str) -> None:
    """Forget a procedure; tasks that have begun with it go on.

    Raises:
        NotFound: there is none of this name that is not built in.
        ConfigError: it is built in, or an account's uploads would ask for it in vain; it stays.
    """

    def remove(conn: Connection) -> bool:
        if not table.remove(conn, owner, name):
            return False
        for user, chosen in conn.execute(select(account_settings.c.account, account_settings.c.settings)):
            affected = owner in (user, EVERYBODY) and chosen.get("procedure") == name
            if affected and table.resolve(conn, user, name) is None:
                raise ConfigError(
                    f"{name} is what an account's uploads are made into, and stays",
                    advice="First choose another one for that account: vodkit accounts set",
                )
        return True

    with tools(settings) as parts:
        table, owner = _table(parts), _owner(parts, account)
        if not parts.catalog.write_now(remove):
            if name in BUILT_IN:
                raise ConfigError(
                    f"{name} is built in and stays", advice="One of the same name goes before it"
                )
            raise _unknown(name)


def read_procedure(path: Path) -> Procedure:
    """The procedure that a JSON or TOML file holds.

    Raises:
        ConfigError: see :func:`add_procedure`.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path} is larger than {_LARGEST} bytes")
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except OSError as problem:
        raise ConfigError(f"{path} cannot be read: {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        kind = "TOML" if path.suffix.lower() == ".toml" else "JSON"
        raise ConfigError(f"{path} is no {kind}: {problem}") from problem
    try:
        made = Procedure.from_dict(data)
        check_name(made.name)
        if not made.name or len(made.name) > _LONGEST_NAME:
            raise ValueError(f"name must be of 1 to {_LONGEST_NAME} characters")
    except (ValueError, BadName) as problem:
        raise ConfigError(f"{path}: {problem}", advice="The fields are in docs/service.md") from problem
    return made


def summary(procedure: Procedure) -> str:
    """What a procedure makes, in a few words."""
    sizes = [f"{item.height or item.width or 'full'}" for item in procedure.renditions]
    said = [
        "streams of " + ", ".join(sizes) if sizes and procedure.streaming else "",
        "sound" if procedure.audio and not sizes else "",
        f"{procedure.container} files: {procedure.files}" if procedure.files != "none" else "",
        *(name for name in ("cover", "snapshots", "sprite", "animation") if getattr(procedure, name)),
        f"and {len(procedure.also)} more" if procedure.also else "",
    ]
    return "; ".join(text for text in said if text) or "nothing"


def _table(parts: Tools) -> ProcedureTable:
    return ProcedureTable("", parts.now)


def _owner(parts: Tools, account: str) -> str:
    """Our id of the account that ``PROVIDER:ID`` names; everybody's for ``""``."""
    return account_named(parts, account) if account else EVERYBODY


def _unknown(name: str) -> NotFound:
    return NotFound(f"there is no procedure {name!r}", advice="See: vodkit procedures list")
