"""Queries that are kept under a name."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0014 to revision 0015."""
    op.create_table(
        "saved_filter",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("resource_type", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("properties", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_filter"),
    )
