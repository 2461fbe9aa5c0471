"""What tests of every room use: the plugin (by name, so that a checkout that is not installed can be tested
too), and databases.

``VODKIT_TEST_PG_URL`` names a PostgreSQL server; each test or module gets a schema of its own there.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import hypothesis
import pytest

from vodkit.server import logs

pytest_plugins = ["vodkit.testing.plugin", "tests.crashes"]

# Services also run in threads of the tests. By default they log to sys.stdout, which pytest swaps and closes
# beneath them: that fails their requests, and crashes CPython 3.11 (gh-130163).
logs.configure(json=True)

# The same examples in every run, whose result is the code's and not the dice's; "thorough" throws them.
_patient = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("seeded", derandomize=True, **_patient)
hypothesis.settings.register_profile("thorough", max_examples=2000, **_patient)
hypothesis.settings.load_profile("seeded")

PG_URL = os.environ.get("VODKIT_TEST_PG_URL", "")


@contextmanager
def fresh(kind: str) -> Iterator[str]:
    """The URL of an empty database; ``""``, the data folder's own file, for SQLite."""
    if kind == "sqlite":
        yield ""
        return
    if not PG_URL:
        pytest.skip("VODKIT_TEST_PG_URL names no PostgreSQL server")
    from sqlalchemy import create_engine, text

    schema = f"t{uuid.uuid4().hex}"
    engine = create_engine(PG_URL.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as conn:
        conn.execute(text(f"CREATE SCHEMA {schema}"))
    yield f"{PG_URL}{'&' if '?' in PG_URL else '?'}options=-csearch_path%3D{schema}"
    with engine.begin() as conn:
        conn.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each database in turn, for one test."""
    with fresh(request.param) as url:
        yield url


@pytest.fixture(scope="module", params=["sqlite", *(["postgresql"] if PG_URL else [])])
def service_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each database there is in turn, for a module whose tests share a service."""
    with fresh(request.param) as url:
        yield url
