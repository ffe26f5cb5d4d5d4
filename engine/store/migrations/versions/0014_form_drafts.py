"""What people have filled in and not sent yet."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0013 to revision 0014."""
    op.create_table(
        "form_draft",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("user_task_id", ID, nullable=True),
        sa.Column("definition_id", ID, nullable=True),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_form_draft"),
        _owner("user_task_id", "user_task"),
        _owner("definition_id", "process_definition"),
        sa.UniqueConstraint("user_id", "user_task_id", name="uq_form_draft_user_id_user_task_id"),
        sa.UniqueConstraint("user_id", "definition_id", name="uq_form_draft_user_id_definition_id"),
    )
    for column in ("user_task_id", "definition_id"):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_form_draft_{column}", "form_draft", [column], postgresql_where=where, sqlite_where=where)


def _owner(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_form_draft_{column}", ondelete="CASCADE")
