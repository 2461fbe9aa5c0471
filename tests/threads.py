"""Threads that cannot be had."""

from __future__ import annotations

import threading

import pytest


def only_one(monkeypatch: pytest.MonkeyPatch, name: str) -> list[threading.Thread]:
    """Let the system give no more than one thread of this name; those that were refused, as they come."""
    start = threading.Thread.start
    begun: list[threading.Thread] = []
    refused: list[threading.Thread] = []

    def scarce(thread: threading.Thread) -> None:
        if thread.name == name:
            if begun:
                refused.append(thread)
                raise RuntimeError("can't start new thread")
            begun.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    return refused
