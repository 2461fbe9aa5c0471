"""Alembic's entry: runs on the connection that :func:`vodkit.server.catalog.migrate.upgrade` gives it."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
