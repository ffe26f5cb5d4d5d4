"""What people draw and have not deployed yet."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0016 to revision 0017."""
    op.create_table(
        "model_draft",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("file_names", sa.Text, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_draft"),
    )
    op.create_index("ix_model_draft_user_id", "model_draft", ["user_id"])
