"""Stores for the tests of COS."""

import pytest

from .store import Store


@pytest.fixture
def make_store(tmp_path):
    """Starts stores; they end with the test."""
    started = []

    def make(**options):
        store = Store(tmp_path / f"data{len(started)}", **options)
        started.append(store)
        return store

    yield make
    for store in started:
        store.stop()


@pytest.fixture
def store(make_store):
    return make_store()
