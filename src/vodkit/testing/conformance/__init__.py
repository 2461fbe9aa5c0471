"""The conformance suite: one list of named behaviours, for every provider, through the public API.

A caller states what differs, and nothing else::

    from vodkit.testing.conformance import Conformance

    class TestExample(Conformance):
        provider = "example"
        part = 1 << 20
        samples = {"title": "A title"}

Every behaviour runs over real sockets: the client, a proxy that can break connections, the service.
"""

from .breaking import Breaking
from .checking import Checking
from .content import Content
from .declaring import Declaring
from .limiting import Limiting
from .managing import Managing
from .refusing import Refusing
from .resuming import Resuming
from .rig import Rig, RigFixtures
from .sources import Sources
from .waiting import Waiting
from .watching import Watching

__all__ = ["Conformance", "Rig"]


class Conformance(
    RigFixtures,
    Content,
    Sources,
    Declaring,
    Refusing,
    Watching,
    Resuming,
    Breaking,
    Managing,
    Waiting,
    Limiting,
    Checking,
):
    """All behaviours. Subclass it once per provider."""
