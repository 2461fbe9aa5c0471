"""Settings, read at every call; what stands here as it was shipped is left to vodkit's own settings.

``http://`` in front of :data:`VCLOUD_API_HOST` turns TLS off.
"""

from vodkit.engine.settings import default_state_dir

VCLOUD_API_HOST = "https://vcloud.163.com"
"""Base address of the API."""

WANPROXY_HOST = "http://wanproxy.127.net"
"""Base address of the host that names the upload nodes; the vendor offers it by plain http only."""

_BLOCK_SIZE = 4194304
"""Bytes of a block, at most 4 MiB."""

POOL_CONNECTIONS = 10
"""Has no effect: an upload holds one connection, and none is kept between calls."""

CONNECTION_TIMEOUT = 30
"""Seconds to wait for an answer."""

CONNECTION_RETRIES = 3
"""How often a failed request is sent again, at least once; 3, as shipped, stands for vodkit's own choice."""

TMP_FILE = str(default_state_dir())
"""Folder of the record of uploads; made if it is not there, for its owner only."""
