"""Process instances that were restarted in place of ended ones."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0006 to revision 0007."""
    op.add_column("process_instance", sa.Column("restarted_id", ID, nullable=True))
