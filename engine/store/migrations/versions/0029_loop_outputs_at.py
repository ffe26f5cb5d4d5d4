"""When the instances of multi-instance activities gave what they gave."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Go from revision 0028 to revision 0029; what was given before counts from the beginning of its list."""
    op.add_column("loop_output", sa.Column("at", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(
        "UPDATE loop_output SET at = coalesce("
        "(SELECT created_at FROM variable WHERE variable.id = loop_output.variable_id), 0)"
    )
