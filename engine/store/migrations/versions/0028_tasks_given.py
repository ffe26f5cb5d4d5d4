"""Tasks that the process itself gives to people, and which of these they have seen."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0027 to revision 0028; tasks that people have already are not new."""
    op.add_column("user_task", sa.Column("given_at", sa.BigInteger, nullable=True))
    op.create_table(
        "tasks_seen",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("definition_id", _ID, autoincrement=False, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "definition_id", "element_id", name="pk_tasks_seen"),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["process_definition.id"],
            name="fk_tasks_seen_definition_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_tasks_seen_definition_id", "tasks_seen", ["definition_id"])
