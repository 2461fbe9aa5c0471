"""Management of spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import vodkit
from vodkit.providers.ucloud import wire

from ._handler import Handler
from ._line import Line
from ._response import Result


class Manager(Handler):
    """Makes management calls.

    The service answers them with status 200 also when it refuses: ``ret`` then holds its ``RetCode`` and
    ``Message``, and ``resp.ret_code``, ``resp.error`` and ``resp.ok()`` tell.
    """

    def _manage(
        self,
        action: str,
        name: str | None,
        header: Mapping[str, str] | None,
        project: str | None,
        **fields: Any,
    ) -> Result:
        given = {**fields, **({"ProjectId": project} if project else {})}

        def do(line: Line) -> None:
            try:
                line.gateway.call(action, **{line.name_parameter: name, **given})
            except vodkit.RemoteError:
                if line.last is None or not _is_verdict(line.last.body):
                    raise

        return self._call(f"{action} {name or ''}".rstrip(), None, header, do)

    def _create(
        self,
        name: str,
        access: str,
        domains: Sequence[str] | None,
        header: Mapping[str, str] | None,
        project: str | None,
    ) -> Result:
        listed = list(domains or ()) or None
        return self._manage("CreateBucket", name, header, project, Type=access, Domain=listed)

    def _list(
        self,
        action: str,
        name: str | None,
        offset: int,
        limit: int,
        header: Mapping[str, str] | None,
        project: str | None,
    ) -> Result:
        return self._manage(action, name, header, project, Offset=offset, Limit=limit)


def _is_verdict(body: bytes) -> bool:
    """Whether an answer is the service's own, and not that of something on the way."""
    try:
        return isinstance(wire.loads(body).get("RetCode"), int)
    except wire.BadAnswer:
        return False
