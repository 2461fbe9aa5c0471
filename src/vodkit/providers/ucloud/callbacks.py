"""Callbacks of UCloud, as a receiver gets them (ucloud.md §2.5, §7.4). No I/O."""

from __future__ import annotations

from urllib.parse import parse_qsl

from vodkit.core.callbacks import Callback, Received
from vodkit.core.errors import CallbackError, SignatureInvalid

_PROVIDER = "ucloud"


class Callbacks:
    """Implements :class:`vodkit.core.callbacks.CallbackReader`.

    An upload policy's callback says what the uploader wrote into ``callbackBody``, so it names the media only
    if the uploader had it do so. What the receiver answers, as JSON, becomes the answer to the upload.
    """

    signed = False
    usual_key = ""

    def recognizes(self, received: Received) -> bool:
        """By the members of a transcoding task's callback; an upload policy's may look like anything."""
        return b'"retcode"' in received.body and b'"task_id"' in received.body

    def read(self, received: Received) -> Callback:
        """See :class:`vodkit.core.callbacks.CallbackReader`."""
        if received.body.lstrip()[:1] == b"{":
            body = received.json(_PROVIDER)
        else:
            try:
                body = dict(parse_qsl(received.body.decode(), keep_blank_values=True, strict_parsing=True))
            except ValueError as error:
                raise CallbackError("the body is neither JSON nor a form", provider=_PROVIDER) from error
        task = "retcode" in body and "task_id" in body
        type = "procedure.changed" if task else "media.uploaded"
        return Callback(_PROVIDER, _PROVIDER, type, received.event, "", body)

    def verify(self, received: Received, key: str, now: float) -> None:
        """Nothing is signed."""
        raise SignatureInvalid("these callbacks are not signed", provider=_PROVIDER)
