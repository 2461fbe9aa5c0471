"""HTTP: one contract (:class:`vodkit.core.contract.Exchange`) over urllib3's connections."""

from .cancel import Cancel
from .hooks import Event, Hook, redact
from .http import Download, Transport, TransportSettings

__all__ = ["Cancel", "Download", "Event", "Hook", "Transport", "TransportSettings", "redact"]
