"""Process instances that have ended are found by their definition and when they did."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Go from revision 0022 to revision 0023."""
    ended = sa.text("ended_at IS NOT NULL")
    op.create_index(
        "ix_process_instance_ended",
        "process_instance",
        ["definition_id", "ended_at", "started_at"],
        postgresql_where=ended,
        sqlite_where=ended,
    )
