"""What an element's behavior has to remember between steps."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Go from revision 0003 to revision 0004."""
    op.add_column("element_instance", sa.Column("memory", sa.Text, nullable=True))
