"""What an object of :class:`youku.YoukuUpload` shows of an upload while vodkit's engine runs it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vodkit import AuthError, IntegrityError, RateLimited, RemoteError, ServerError, Superseded
from vodkit.core.contract import Exchange, Session
from vodkit.core.part import Part, Saved, Sent

if TYPE_CHECKING:
    from .youku_upload import YoukuUpload

_PASSING = (AuthError, RateLimited, ServerError, Superseded)


class Watched:
    """Stands between a connection and its provider for one upload.

    Args:
        provider: The room's.
        owner: Told how far it is, through the methods that callers override.
        known: State of an upload that the ledger may not have, or ``None``.
    """

    def __init__(self, provider: Any, owner: YoukuUpload, known: Mapping[str, Any] | None) -> None:
        self._provider, self._owner, self._known = provider, owner, known
        self._begun = False
        # Whether a file of 0 bytes is a video is the platform's to say.
        self.capabilities = dataclasses.replace(provider.capabilities, empty=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def begin(self, items: Any, options: Any, saved: Saved | None, exchange: Exchange) -> Session:
        """See :meth:`vodkit.core.contract.Provider.begin`."""
        known, self._known = self._known, None
        self._owner.file_md5 = items[0].digests.get("md5")
        foreign = False
        if saved is None and known is not None:
            saved, foreign = Saved(known), True
        if saved is not None:
            self._owner._took_up(saved.state)
        elif self._begun:
            self._owner._lost()
            self._owner._hook(self._owner._delete_upload_state_file)
        self._begun = True
        return _Session(self._provider.begin(items, options, saved, exchange), self._owner, foreign)


class _Session:
    """A session whose steps its owner learns of.

    What the ledger has not kept was begun by somebody else. Where the platform has no use for it, or holds
    other bytes than the file's, the upload begins anew.
    """

    def __init__(self, session: Session, owner: YoukuUpload, foreign: bool) -> None:
        self._session, self._owner, self._foreign = session, owner, foreign
        self._transferred = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def send(self, part: Part, body: Any, digests: Any) -> Any:
        """See :meth:`vodkit.core.contract.Session.send`."""
        try:
            return self._session.send(part, body, digests)
        except (RemoteError, IntegrityError) as error:
            damaged = isinstance(error, IntegrityError) and part.args["do"] == "slice"
            if not self._foreign or damaged or isinstance(error, _PASSING):
                raise
            raise Superseded(f"what was sent before is not of use: {error.message}") from error

    def sent(self, part: Part, reply: Any) -> Sent:
        """See :meth:`vodkit.core.contract.Session.sent`."""
        done = self._session.sent(part, reply)
        owner = self._owner
        match part.args["do"]:
            case "create":
                owner._created(reply.video_id, reply.upload_token, reply.upload_server)
                self._foreign = False
            case "create_file":
                owner._filed = True
                owner._hook(owner._save_upload_state_to_file)
            case "new_slice":
                self._assigned(reply)
            case "slice":
                self._assigned(reply[0])
            case "commit":
                owner._over(reply)
        return done

    def _assigned(self, reply: Any) -> None:
        """Answers may come in another order than they were given in; what was received never gets less."""
        self._transferred = max(self._transferred, reply.transferred)
        result = {**reply.as_json(), "transferred": self._transferred}
        self._owner._save_slice_state(result)
