"""One Python toolkit for video on demand: upload to any VOD cloud, run your own, test against all of them."""

from __future__ import annotations
