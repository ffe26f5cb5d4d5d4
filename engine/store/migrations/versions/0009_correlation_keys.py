"""The index by which those who wait for a message are found by the correlation key of their model."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Go from revision 0008 to revision 0009."""
    where = sa.text("kind = 'message' AND configuration IS NOT NULL AND ended_at IS NULL")
    op.create_index(
        "ix_subscription_key",
        "subscription",
        ["name", "configuration"],
        postgresql_where=where,
        sqlite_where=where,
    )
