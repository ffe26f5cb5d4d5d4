"""Messages that are kept until somebody waits for them, or remembered by their ids."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0011 to revision 0012."""
    op.create_table(
        "message",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=True),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("message_id", sa.Text, nullable=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("remember_until", sa.BigInteger, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    _index(["route", "name", "id"], "route IS NOT NULL AND ended_at IS NULL", "ended_at IS NULL", "_alive")
    _index(["name"], "name IS NOT NULL AND ended_at IS NULL", "ended_at IS NULL", "_alive")
    _index(["message_id"], "message_id IS NOT NULL", "message_id IS NOT NULL")


def _index(columns: list[str], on_postgresql: str, on_sqlite: str, ending: str = "") -> None:
    """An index that holds only rows for which the condition is true."""
    op.create_index(
        f"ix_message_{'_'.join(columns)}{ending}",
        "message",
        columns,
        postgresql_where=sa.text(on_postgresql),
        sqlite_where=sa.text(on_sqlite),
    )
