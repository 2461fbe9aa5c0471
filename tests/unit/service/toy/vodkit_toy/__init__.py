"""A provider room for tests, installed by an entry point."""

from vodkit.core.capabilities import Capabilities
from vodkit.core.registry import Descriptor, Setting

DESCRIPTOR = Descriptor(
    name="toy",
    title="Toy",
    client="vodkit_toy:NoClient",
    server="vodkit_toy.server:ToyRoom",
    settings=(),
    capabilities=Capabilities(options={}),
    account_id="key",
    account_secret="secret",
    account=(
        Setting("number", "a number", kind="int"),
        Setting("tags", "words", kind="list"),
        Setting("region", "a word", default="here"),
        Setting("hidden", "a second secret", secret=True),
    ),
)
