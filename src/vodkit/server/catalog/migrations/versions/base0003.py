"""What media and objects are looked for by.

Revision ID: base0003
"""

import sqlalchemy as sa
from alembic import op

from vodkit.server.names import folded

revision = "base0003"
down_revision = "base0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_objects_account_etag", "objects", ["account", "etag"])
    op.drop_index("ix_objects_account", "objects")
    op.add_column(
        "media",
        sa.Column(
            "title_folded",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="the title as it is looked for: see names.folded",
        ),
    )
    conn = op.get_bind()
    media = sa.table("media", sa.column("id"), sa.column("title"), sa.column("title_folded"))
    titles = conn.execute(sa.select(media.c.id, media.c.title)).all()
    change = sa.update(media).where(media.c.id == sa.bindparam("this"))
    change = change.values(title_folded=sa.bindparam("text"))
    if titles:
        conn.execute(change, [{"this": id, "text": folded(title)} for id, title in titles])
