"""Files that people put to tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0015 to revision 0016."""
    op.create_table(
        "attachment",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("user_task_id", ID, nullable=False),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=True),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("type", sa.Text, nullable=True),
        sa.Column("url", sa.Text, nullable=True),
        sa.Column("content", sa.LargeBinary, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
    )
    op.create_index("ix_attachment_user_task_id", "attachment", ["user_task_id"])
    given = sa.text("process_instance_id IS NOT NULL")
    op.create_index(
        "ix_attachment_process_instance_id",
        "attachment",
        ["process_instance_id"],
        postgresql_where=given,
        sqlite_where=given,
    )
