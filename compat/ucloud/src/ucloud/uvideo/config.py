"""Settings of :mod:`ucloud.uvideo`: hosts, time-outs and the life of links."""

from .._config import BLOCKSIZE, Defaults

__all__ = ["BLOCKSIZE", "get_default", "set_default"]

_defaults = Defaults("uploadvideo.ucloud.cn", ".uvideo.ucloud.com.cn")
set_default = _defaults.set_default
get_default = _defaults.get_default
