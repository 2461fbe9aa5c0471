"""Tasks, what they make, who is told, and what accounts may.

Revision ID: base0002
"""

import sqlalchemy as sa
from alembic import op

revision = "base0002"
down_revision = "base0001"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "media",
        sa.Column(
            "facts",
            sa.JSON(),
            nullable=False,
            server_default="{}",
            comment="what a probe found; empty before",
        ),
    )
    op.add_column(
        "media",
        sa.Column("access", sa.String(10), nullable=False, server_default="all", comment="who may watch"),
    )
    op.add_column("media", sa.Column("password_sealed", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_objects_account", "objects", ["account"])
    op.create_index("ix_uploads_account_state", "uploads", ["account", "state"])
    op.create_table(
        "procedures",
        sa.Column("account", sa.String(40), nullable=False, comment="empty for those that everybody has"),
        sa.Column("name", KEY, nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="pk_procedures"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("media", sa.String(40), nullable=False, comment="empty while a pull has not made it"),
        sa.Column("remote_id", KEY, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("decides", sa.Boolean(), nullable=False, comment="whether the media's status follows"),
        sa.Column("wanted", sa.Boolean(), nullable=False, comment="false once somebody cancelled it"),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("attrs", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="only the run of this number may publish"),
        sa.Column("worker", sa.String(40), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("started", sa.Double(), nullable=True),
        sa.Column("finished", sa.Double(), nullable=True),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
    )
    op.create_index("uq_tasks_provider_remote_id", "tasks", ["provider", "remote_id"], unique=True)
    op.create_index("ix_tasks_state", "tasks", ["state", "priority", "created"])
    op.create_index("ix_tasks_media", "tasks", ["media"])
    op.create_index("ix_tasks_account_created", "tasks", ["account", "created"])
    op.create_index("ix_tasks_worker", "tasks", ["worker"])
    op.create_index("ix_tasks_finished", "tasks", ["finished"])
    op.create_table(
        "task_steps",
        sa.Column("task", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("started", sa.Double(), nullable=True),
        sa.Column("finished", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name="fk_task_steps_task"),
        sa.PrimaryKeyConstraint("task", "name", name="pk_task_steps"),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("place", sa.Text(), nullable=False, comment="host and process, for people"),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("beat", sa.Double(), nullable=False, comment="the lease is over some seconds after this"),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_table(
        "outputs",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("media", sa.String(40), nullable=False),
        sa.Column("task", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outputs"),
    )
    op.create_index("ix_outputs_media", "outputs", ["media", "created"])
    op.create_index("ix_outputs_task", "outputs", ["task"])
    op.create_table(
        "plays",
        sa.Column("media", sa.String(40), nullable=False),
        sa.Column("day", sa.String(10), nullable=False, comment="UTC, as 2030-01-31"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("media", "day", name="pk_plays"),
    )
    op.create_index("ix_plays_day", "plays", ["day"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("old_secret_sealed", sa.Text(), nullable=False, comment="the one before, empty for none"),
        sa.Column("old_until", sa.Double(), nullable=False, comment="the one before signs too until then"),
        sa.Column("types", sa.JSON(), nullable=False, comment="of events; none for all"),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_account", "webhooks", ["account"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("style", sa.String(40), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("receiver", KEY, nullable=False, comment="scheme and authority of the target"),
        sa.Column("attrs", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True, comment="of the last answer"),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_state_due", "deliveries", ["state", "due"])
    op.create_index("ix_deliveries_account_created", "deliveries", ["account", "created"])
    op.create_index("ix_deliveries_turn", "deliveries", ["state", "receiver", "due", "id"])
    op.create_index("ix_deliveries_event", "deliveries", ["event"])
    op.create_table(
        "receivers",
        sa.Column("receiver", KEY, nullable=False),
        sa.Column("until", sa.Double(), nullable=False, comment="nothing is sent there before"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row that speak of the receiver"),
        sa.PrimaryKeyConstraint("receiver", name="pk_receivers"),
    )
    op.create_table(
        "account_settings",
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_account_settings"),
    )
