"""The categories of process definitions: the namespaces of their models."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Go from revision 0019 to revision 0020; what was deployed before has none."""
    op.add_column("process_definition", sa.Column("category", sa.Text, nullable=True))
