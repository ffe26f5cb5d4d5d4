"""The operation log, and the log of who got and lost a part in tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0012 to revision 0013; of what was done before nothing is known."""
    op.create_table(
        "identity_link_log",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("user_task_id", ID, nullable=False),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=True),
        sa.Column("group_id", sa.Text, nullable=True),
        sa.Column("assigner", sa.Text, nullable=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_link_log"),
    )
    op.create_index("ix_identity_link_log_user_task_id", "identity_link_log", ["user_task_id"])
    _index_given("identity_link_log", "process_instance_id")
    op.create_table(
        "operation",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("operation_id", ID, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("property", sa.Text, nullable=True),
        sa.Column("old_value", sa.Text, nullable=True),
        sa.Column("new_value", sa.Text, nullable=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("deployment_id", ID, nullable=True),
        sa.Column("definition_id", ID, nullable=True),
        sa.Column("definition_key", sa.Text, nullable=True),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("execution_id", ID, nullable=True),
        sa.Column("user_task_id", ID, nullable=True),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("external_task_id", ID, nullable=True),
        sa.Column("job_definition_id", ID, nullable=True),
        sa.Column("batch_id", ID, nullable=True),
        sa.Column("address", sa.Text, nullable=True),
        sa.Column("request_id", sa.Text, nullable=True),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("annotation", sa.Text, nullable=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_operation"),
    )
    for column in ("operation_id", "at", "user_id"):
        op.create_index(f"ix_operation_{column}", "operation", [column])
    for column in ("process_instance_id", "user_task_id"):
        _index_given("operation", column)


def _index_given(table: str, column: str) -> None:
    """An index over the rows that have a value in the column."""
    given = sa.text(f"{column} IS NOT NULL")
    op.create_index(f"ix_{table}_{column}", table, [column], postgresql_where=given, sqlite_where=given)
