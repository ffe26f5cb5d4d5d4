"""People, their groups and tenants, and what they sign in with."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Go from revision 0010 to revision 0011."""
    op.create_table(
        "user_account",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text, nullable=True),
        sa.Column("last_name", sa.Text, nullable=True),
        sa.Column("email", sa.Text, nullable=True),
        sa.Column("password_hash", sa.Text, nullable=True),
        sa.Column("external_id", sa.Text, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("external_id", name="uq_user_account_external_id"),
    )
    op.create_table(
        "user_group",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("type", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_user_group"),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
    )
    _members("group_member", ("user_id", "user_account"), ("group_id", "user_group"))
    _members("tenant_user", ("user_id", "user_account"), ("tenant_id", "tenant"))
    _members("tenant_group", ("group_id", "user_group"), ("tenant_id", "tenant"))
    op.create_table(
        "web_session",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=True),
        sa.Column("user_agent", sa.Text, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        _owner("web_session", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_web_session"),
        sa.UniqueConstraint("token_hash", name="uq_web_session_token_hash"),
    )
    op.create_index("ix_web_session_user_id", "web_session", ["user_id"])
    op.create_index("ix_web_session_expires_at", "web_session", ["expires_at"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("read_only", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=True),
        sa.Column("used_at", sa.BigInteger, nullable=True),
        _owner("api_token", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    )
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"])
    op.create_table(
        "sign_in_failure",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("blocked_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_failure"),
    )
    op.create_index("ix_sign_in_failure_blocked_until", "sign_in_failure", ["blocked_until"])


def _owner(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _members(table: str, member: tuple[str, str], whole: tuple[str, str]) -> None:
    op.create_table(
        table,
        sa.Column(member[0], sa.Text, nullable=False),
        sa.Column(whole[0], sa.Text, nullable=False),
        _owner(table, *member),
        _owner(table, *whole),
        sa.PrimaryKeyConstraint(member[0], whole[0], name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_{whole[0]}", table, [whole[0]])
