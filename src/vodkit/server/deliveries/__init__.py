"""Telling receivers of events: what is due is rendered in the receiver's style, sent, judged and, if need be,
sent again later. The rows come from :class:`vodkit.server.events.EventTable`; the worker does the rest.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..service import Service


def deliver(service: Service, stop: threading.Event) -> float:
    """Send what is due; see :class:`vodkit.server.workflow.contract.Chore`."""
    from .sender import Sender

    return Sender(service).run(stop)
