"""A provider room of the tests' own: parallel parts over HTTP."""

from vodkit.core.capabilities import Capabilities
from vodkit.core.registry import Descriptor, Setting

DESCRIPTOR = Descriptor(
    name="toy",
    title="Toy",
    client="vodkit.providers.toy.client:Toy",
    server=None,
    settings=(
        Setting("key", "Access key", required=True),
        Setting("secret", "Its secret", required=True, secret=True),
    ),
    account_id="key",
    account_secret="secret",
    capabilities=Capabilities(
        options={"title": "Display name", "cover": "A picture", "tags": "Labels"},
        manifests=True,
        unknown_length=True,
        search=("title",),
        max_size=1 << 30,
        pull={"title": "Display name"},
    ),
)
