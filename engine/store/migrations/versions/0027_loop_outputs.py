"""What the instances of multi-instance activities give, row by row."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0026 to revision 0027; what was collected before is in the lists already."""
    op.create_table(
        "loop_output",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("variable_id", _ID, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("process_instance_id", _ID, nullable=False),
        sa.Column("root_id", _ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_loop_output"),
    )
    op.create_index("ix_loop_output_variable_id", "loop_output", ["variable_id"])
    op.create_index("ix_loop_output_process_instance_id", "loop_output", ["process_instance_id"])
