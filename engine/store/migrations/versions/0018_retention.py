"""When ended process instances and batches may be deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Go from revision 0017 to revision 0018: what has ended before is kept until somebody says otherwise."""
    for table in ("process_instance", "batch"):
        op.add_column(table, sa.Column("removal_at", sa.BigInteger, nullable=True))
    _index("process_instance", "cleanable", ["removal_at", "id"], "removal_at IS NOT NULL AND ended_at IS NOT NULL")
    _index("batch", "cleanable", ["removal_at"], "removal_at IS NOT NULL AND ended_at IS NOT NULL")
    outside = "process_instance_id IS NULL AND definition_id IS NOT NULL AND ended_at IS NOT NULL"
    _index("job", "cleanable", ["definition_id", "ended_at"], outside)
    _index("job", "cleaning", ["id"], "kind = 'history-cleanup' AND ended_at IS NULL")
    _index("operation", "batch_id", ["batch_id"], "batch_id IS NOT NULL")


def _index(table: str, name: str, columns: list[str], condition: str) -> None:
    """An index over the rows for which the condition holds."""
    where = sa.text(condition)
    op.create_index(f"ix_{table}_{name}", table, columns, postgresql_where=where, sqlite_where=where)
