"""What instances and definitions wait for: messages, signals, conditions, and to be compensated."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0002 to revision 0003."""
    op.create_table(
        "subscription",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("scope_id", ID, nullable=True),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("element_instance_id", ID, nullable=True),
        sa.Column("execution_id", ID, nullable=True),
        sa.Column("definition_id", ID, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("configuration", sa.Text, nullable=True),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        postgresql_with={"fillfactor": 80},
    )
    _index("name_kind_alive", ["name", "kind"], "name IS NOT NULL AND ended_at IS NULL")
    _index("scope_id_alive", ["scope_id"], "scope_id IS NOT NULL AND ended_at IS NULL")
    _index("root_id_alive", ["root_id"], "root_id IS NOT NULL AND ended_at IS NULL")
    _index("process_instance_id_ended_at", ["process_instance_id", "ended_at"], "process_instance_id IS NOT NULL")
    _index("start", ["definition_id"], "root_id IS NULL AND ended_at IS NULL")


def _index(name: str, columns: list[str], condition: str) -> None:
    """An index that holds only rows for which the condition is true."""
    where = sa.text(condition)
    op.create_index(f"ix_subscription_{name}", "subscription", columns, postgresql_where=where, sqlite_where=where)
