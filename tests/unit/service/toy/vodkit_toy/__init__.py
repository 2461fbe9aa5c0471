"""A provider room for tests, installed by an entry point."""

from vodkit.core.capabilities import Capabilities
from vodkit.core.registry import Descriptor

DESCRIPTOR = Descriptor(
    name="toy",
    title="Toy",
    client="vodkit_toy:NoClient",
    server="vodkit_toy.server:ToyRoom",
    settings=(),
    capabilities=Capabilities(options={}),
    account_id="key",
    account_secret="secret",
)
