"""Settings of :mod:`ucloud.ufile`: hosts, time-outs and the life of links."""

from .._config import BLOCKSIZE, Defaults

__all__ = ["BLOCKSIZE", "get_default", "set_default"]

_defaults = Defaults(".cn-bj.ufileos.com", ".ufile.ucloud.cn")
set_default = _defaults.set_default
get_default = _defaults.get_default
