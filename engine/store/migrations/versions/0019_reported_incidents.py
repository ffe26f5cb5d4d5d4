"""Incidents that people and programs report, and where some are."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Go from revision 0018 to revision 0019."""
    op.add_column("element_instance", sa.Column("reported", sa.Boolean, nullable=True))
