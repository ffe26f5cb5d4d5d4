"""Process instances that were restarted in place of ended ones."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0005 to revision 0006."""
    op.add_column("process_instance", sa.Column("restarted_id", ID, nullable=True))
