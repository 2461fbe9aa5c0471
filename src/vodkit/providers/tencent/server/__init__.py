"""The service's side of Tencent VOD: API 3.0, STS, and the object store behind them."""

from .room import Room

__all__ = ["Room"]
