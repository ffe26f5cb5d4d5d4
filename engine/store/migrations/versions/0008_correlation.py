"""Indexes by which those who wait for a message are found: by business key, by the value of a variable, by instance."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

TEXT_KEY = "CASE WHEN value_type = 'String' THEN substr(text_value, 1, 64) END"


def upgrade() -> None:
    """Go from revision 0007 to revision 0008."""
    kept = True if op.get_context().dialect.name == "postgresql" else None  # SQLite can only add one that is not
    op.add_column("variable", sa.Column("text_key", sa.Text, sa.Computed(TEXT_KEY, persisted=kept), nullable=True))
    op.drop_index("ix_variable_name_alive", "variable")
    op.create_index(
        "ix_variable_name_text_key_long_value_alive",
        "variable",
        ["name", "text_key", "long_value"],
        postgresql_where=sa.text("name IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_process_instance_business_key", "process_instance")
    _index("process_instance", ["business_key", "ended_at"], "business_key IS NOT NULL")
    op.drop_index("ix_subscription_name_kind_alive", "subscription")
    _index(
        "subscription",
        ["name", "kind", "process_instance_id"],
        "name IS NOT NULL AND ended_at IS NULL",
        ending="_alive",
    )


def _index(table: str, columns: list[str], condition: str, *, ending: str = "") -> None:
    """An index that holds only rows for which the condition is true."""
    where = sa.text(condition)
    name = f"ix_{table}_{'_'.join(columns)}{ending}"
    op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)
