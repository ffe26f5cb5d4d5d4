"""When the instances of multi-instance activities gave what they gave."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_SINCE = "coalesce((SELECT created_at FROM variable WHERE variable.id = variable_id), 0)"


def upgrade() -> None:
    """Go from revision 0028 to revision 0029; what was given before counts from the beginning of its list."""
    if op.get_context().dialect.name == "postgresql":
        op.add_column("loop_output", sa.Column("at", sa.BigInteger, nullable=True))
        op.execute(f"UPDATE loop_output SET at = {_SINCE}")  # noqa: S608 - a constant
        op.alter_column("loop_output", "at", nullable=False)
        return
    # SQLite cannot add a column that is required.
    op.create_table(
        "loop_output_timed",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("variable_id", _ID, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("process_instance_id", _ID, nullable=False),
        sa.Column("root_id", _ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_loop_output"),
    )
    op.execute(f"INSERT INTO loop_output_timed SELECT loop_output.*, {_SINCE} FROM loop_output")  # noqa: S608 - likewise
    op.drop_table("loop_output")
    op.rename_table("loop_output_timed", "loop_output")
    op.create_index("ix_loop_output_variable_id", "loop_output", ["variable_id"])
    op.create_index("ix_loop_output_process_instance_id", "loop_output", ["process_instance_id"])
