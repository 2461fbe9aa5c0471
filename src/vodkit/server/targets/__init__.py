"""Requests to addresses that users of the service name: callbacks go out, and sources are pulled.

Such an address must not become a way into the network that the service stands in. Its name is resolved
once, every address it leads to is judged, and the connection goes to exactly what was judged; the name stays
in the ``Host`` header and in TLS. Proxies of the environment are not used: what they would connect to cannot
be judged.
"""

from .exchange import MOST_HOPS, Answer, Bounds, Cutter, Fetched, fetch, send
from .places import LONGEST_URL, Target, TargetFailed, TargetRefused, check, is_private, leads_inside, resolve

__all__ = [
    "LONGEST_URL",
    "MOST_HOPS",
    "Answer",
    "Bounds",
    "Cutter",
    "Fetched",
    "Target",
    "TargetFailed",
    "TargetRefused",
    "check",
    "fetch",
    "is_private",
    "leads_inside",
    "resolve",
    "send",
]
