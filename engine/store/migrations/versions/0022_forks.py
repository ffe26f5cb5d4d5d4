"""Process instances that began as another one was at some moment."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0021 to revision 0022; what is there was forked from nothing."""
    op.add_column("process_instance", sa.Column("forked_id", ID, nullable=True))
    op.add_column("process_instance", sa.Column("forked_at", sa.BigInteger, nullable=True))
    given = sa.text("forked_id IS NOT NULL")
    op.create_index(
        "ix_process_instance_forked_id",
        "process_instance",
        ["forked_id"],
        postgresql_where=given,
        sqlite_where=given,
    )
