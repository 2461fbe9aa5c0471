"""Stores for the tests of COS."""

import pytest

from .store import Store


@pytest.fixture
def make_store(tmp_path):
    """Starts stores of the test's own; they end with it."""
    started = []

    def make(**options):
        store = Store(tmp_path / f"data{len(started)}", **options)
        started.append(store)
        return store

    yield make
    for store in started:
        store.stop()


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("cos") / "data")
    yield store
    store.stop()


@pytest.fixture
def store(shared_store):
    """A store that the module's tests share, turned to a bucket of the test's own."""
    shared_store.fresh()
    return shared_store
