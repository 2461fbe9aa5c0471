"""One primary application to an account.

Revision ID: tencent_0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "tencent_0002"
down_revision = "tencent_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the first of several, then allow no second."""
    op.execute(
        "UPDATE tencent_apps SET primary_app = false WHERE primary_app AND EXISTS ("
        "SELECT 1 FROM tencent_apps AS earlier WHERE earlier.account = tencent_apps.account"
        " AND earlier.primary_app AND earlier.id < tencent_apps.id)"
    )
    primary = sa.text("primary_app")
    op.create_index(
        "uq_tencent_apps_primary",
        "tencent_apps",
        ["account"],
        unique=True,
        sqlite_where=primary,
        postgresql_where=primary,
    )
