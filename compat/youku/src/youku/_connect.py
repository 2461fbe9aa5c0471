"""The connection to Youku that an object of this package uses."""

from __future__ import annotations

import os
import weakref
from typing import Any

import vodkit
from vodkit.providers.youku.client import Youku


class Connected:
    """Keeps one connection for as long as the object lives and its credentials stay what they are.

    Where it leads, through which proxy and how patiently is said by ``VODKIT_*`` variables or a profile named
    ``youku``.
    """

    _held: tuple[tuple[Any, ...], Youku] | None = None

    def _connect(
        self,
        client_id: str,
        access_token: str = "unused",
        state_folder: str | os.PathLike[str] | None = None,
    ) -> Youku:
        wanted = (client_id, access_token, state_folder)
        if self._held is None or self._held[0] != wanted:
            if self._held is not None:
                self._held[1].close()
            options = {} if state_folder is None else {"state_dir": os.fspath(state_folder)}
            vod = vodkit.connect("youku", client_id=client_id, access_token=access_token, **options)
            assert isinstance(vod, Youku)
            weakref.finalize(self, vod.close)
            self._held = wanted, vod
        return self._held[1]
