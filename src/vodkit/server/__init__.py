"""The provider-free VOD service. It reaches provider rooms only through :mod:`vodkit.core.registry`."""

from vodkit.core.extras import require_server

require_server()
