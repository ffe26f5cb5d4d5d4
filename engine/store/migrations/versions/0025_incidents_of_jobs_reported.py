"""Which incidents were reported, for somebody may report those of jobs too."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Go from revision 0024 to revision 0025; until then all but those of jobs were reported."""
    op.add_column("incident", sa.Column("reported", sa.Boolean, nullable=True))
    op.execute("UPDATE incident SET reported = true WHERE kind NOT IN ('failedJob', 'failedExternalTask')")
