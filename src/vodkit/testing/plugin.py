"""pytest fixtures: the service for tests, each with accounts of its own and no cloud.

The package's entry point makes them available to every pytest run::

    def test_upload(vodkit_service, tmp_path):
        with vodkit_service.connect(PROVIDER) as vod:
            media = vod.upload("movie.mp4")
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vodkit.server.embedded import EmbeddedService


@pytest.fixture(scope="session")
def vodkit_service() -> Iterator[EmbeddedService]:
    """A running service that the whole session shares; its data goes when the session ends.

    Tests that change accounts, stop the service or count what is stored want :func:`vodkit_factory`.
    """
    from vodkit.server.embedded import embedded

    with embedded() as service:
        yield service


@pytest.fixture
def vodkit_factory() -> Iterator[Callable[..., EmbeddedService]]:
    """Starts services of the test's own; takes what :func:`vodkit.embedded` takes.

    ``vodkit_factory(tmp_path / "data", strict=False)`` returns a running service; it stops after the test.
    """
    from vodkit.server.embedded import embedded

    with contextlib.ExitStack() as stack:

        def start(*args: object, **options: object) -> EmbeddedService:
            return stack.enter_context(embedded(*args, **options))  # type: ignore[arg-type]

        yield start
