"""What is new for people: tasks that others gave them, mentions of them, and comments on their tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0025 to revision 0026; there is nothing new of what was before."""
    op.create_table(
        "notice",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("user_task_id", ID, nullable=False),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=True),
        sa.Column("comment_id", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("read_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_user_id_created_at", "notice", ["user_id", "created_at"])
    op.create_index("ix_notice_user_task_id", "notice", ["user_task_id"])
    given = sa.text("process_instance_id IS NOT NULL")
    op.create_index(
        "ix_notice_process_instance_id",
        "notice",
        ["process_instance_id"],
        postgresql_where=given,
        sqlite_where=given,
    )
