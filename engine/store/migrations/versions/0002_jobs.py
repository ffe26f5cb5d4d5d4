"""Timers, work for handlers and external workers, their log and their incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

READY_AT = (
    "CASE WHEN ended_at IS NULL AND NOT suspended AND coalesce(retries, 1) > 0 THEN "
    "CASE WHEN lock_expires_at > coalesce(due_at, created_at) THEN lock_expires_at "
    "ELSE coalesce(due_at, created_at) END END"
)
ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0001 to revision 0002; jobs that are waiting go on waiting."""
    op.add_column("job", sa.Column("job_definition_id", ID, nullable=True))
    for text in ("repeat", "topic", "payload", "failed_element_id"):
        op.add_column("job", sa.Column(text, sa.Text, nullable=True))
    kept = True if op.get_context().dialect.name == "postgresql" else None  # SQLite can only add one that is not
    op.add_column("job", sa.Column("ready_at", sa.BigInteger, sa.Computed(READY_AT, persisted=kept), nullable=True))
    op.drop_index("ix_job_state_due_at_alive", "job")
    _index("job", ["job_definition_id"], alive=True)
    _index_where("job", "ready", ["topic", "priority", "ready_at", "id"], "ready_at IS NOT NULL")
    _index_where("job", "leased", ["process_instance_id", "lock_expires_at"], "lease_token IS NOT NULL")
    _index_where("job", "start", ["definition_id"], "root_id IS NULL AND ended_at IS NULL")

    op.create_table(
        "job_log",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("element_instance_id", ID, nullable=True),
        sa.Column("definition_id", ID, nullable=True),
        sa.Column("element_id", sa.Text, nullable=True),
        sa.Column("job_definition_id", ID, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=True),
        sa.Column("due_at", sa.BigInteger, nullable=True),
        sa.Column("retries", sa.Integer, nullable=True),
        sa.Column("priority", sa.BigInteger, nullable=False),
        sa.Column("worker", sa.Text, nullable=True),
        sa.Column("error_message", sa.Text, nullable=True),
        sa.Column("error_details", sa.Text, nullable=True),
        sa.Column("failed_element_id", sa.Text, nullable=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job_log"),
    )
    _index("job_log", ["job_id"], nullable=False)
    _index("job_log", ["process_instance_id"])
    _index("job_log", ["definition_id", "at"])

    op.create_table(
        "incident",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("element_instance_id", ID, nullable=True),
        sa.Column("execution_id", ID, nullable=True),
        sa.Column("definition_id", ID, nullable=True),
        sa.Column("element_id", sa.Text, nullable=True),
        sa.Column("failed_element_id", sa.Text, nullable=True),
        sa.Column("job_definition_id", ID, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("configuration", sa.Text, nullable=True),
        sa.Column("message", sa.Text, nullable=True),
        sa.Column("cause_id", ID, nullable=False),
        sa.Column("root_cause_id", ID, nullable=False),
        sa.Column("annotation", sa.Text, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        postgresql_with={"fillfactor": 80},
    )
    _index("incident", ["root_id"], alive=True)
    _index("incident", ["configuration"], alive=True)
    _index("incident", ["definition_id", "element_id"], alive=True)
    _index("incident", ["process_instance_id", "ended_at"])
    _index("incident", ["cause_id"], nullable=False)

    op.create_table(
        "job_definition",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("definition_id", ID, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("configuration", sa.Text, nullable=True),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("suspended_at", sa.BigInteger, nullable=True),
        sa.Column("priority", sa.BigInteger, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["process_definition.id"],
            name="fk_job_definition_definition_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_job_definition"),
        sa.UniqueConstraint(
            "definition_id", "element_id", "kind", name="uq_job_definition_definition_id_element_id_kind"
        ),
    )

    op.create_table(
        "work_start",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("lease_token", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("limit_name", sa.Text, nullable=False),
        sa.Column("limit_key", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "lease_token", name="pk_work_start"),
    )
    _index("work_start", ["limit_name", "started_at"], nullable=False)


def _index(table: str, columns: list[str], *, alive: bool = False, nullable: bool = True) -> None:
    """An index that holds only rows where the first column is given, and with `alive` only living ones."""
    name = "_".join(["ix", table, *columns, *(["alive"] if alive else [])])
    conditions = ([f"{columns[0]} IS NOT NULL"] if nullable else []) + (["ended_at IS NULL"] if alive else [])
    where = sa.text(" AND ".join(conditions)) if conditions else None
    op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)


def _index_where(table: str, name: str, columns: list[str], condition: str) -> None:
    """An index that holds only rows for which the condition is true."""
    where = sa.text(condition)
    op.create_index(f"ix_{table}_{name}", table, columns, postgresql_where=where, sqlite_where=where)
