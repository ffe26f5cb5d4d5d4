"""What alembic runs to migrate: on the connection that `engine.store.schema` hands over, or offline into a text."""

from alembic import context

from engine.store.tables import metadata

attributes = context.config.attributes

if context.is_offline_mode():
    context.configure(dialect_name=attributes["dialect"], target_metadata=metadata, literal_binds=True)
else:
    context.configure(connection=attributes["connection"], target_metadata=metadata, render_as_batch=True)

with context.begin_transaction():
    context.run_migrations()
