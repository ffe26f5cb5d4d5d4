"""Batches, their parts, and what makes jobs for them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KEPT = "id, definition_id, element_id, kind, configuration, suspended, suspended_at, priority, created_at"


def upgrade() -> None:
    """Go from revision 0004 to revision 0005; what is there stays as it is."""
    op.create_table(
        "batch",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("total_jobs", sa.Integer, nullable=False),
        sa.Column("jobs_created", sa.Integer, nullable=False),
        sa.Column("jobs_per_seed", sa.Integer, nullable=False),
        sa.Column("invocations_per_job", sa.Integer, nullable=False),
        sa.Column("seed_job_definition_id", ID, nullable=False),
        sa.Column("monitor_job_definition_id", ID, nullable=False),
        sa.Column("batch_job_definition_id", ID, nullable=False),
        sa.Column("configuration", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("create_user", sa.Text, nullable=True),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("execution_started_at", sa.BigInteger, nullable=True),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("forgotten", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("ix_batch_started_at", "batch", ["started_at"])
    op.create_table(
        "batch_part",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("ids", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batch_part"),
        sa.UniqueConstraint("batch_id", "number", name="uq_batch_part_batch_id_number"),
    )
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("job_definition", "definition_id", nullable=True)
        op.alter_column("job_definition", "element_id", nullable=True)
        op.add_column("job_definition", sa.Column("batch_id", ID, nullable=True))
    else:
        _make_again()
    outside = sa.text("process_instance_id IS NULL AND job_definition_id IS NOT NULL")
    op.create_index("ix_job_outside", "job", ["job_definition_id"], postgresql_where=outside, sqlite_where=outside)
    given = sa.text("batch_id IS NOT NULL")
    op.create_index(
        "ix_job_definition_batch_id", "job_definition", ["batch_id"], postgresql_where=given, sqlite_where=given
    )


def _make_again() -> None:
    """SQLite changes no column: the table is made anew, with what was in it."""
    op.create_table(
        "job_definition_of_0005",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("definition_id", ID, nullable=True),
        sa.Column("element_id", sa.Text, nullable=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("configuration", sa.Text, nullable=True),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("suspended_at", sa.BigInteger, nullable=True),
        sa.Column("priority", sa.BigInteger, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("batch_id", ID, nullable=True),
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
    op.execute(f"INSERT INTO job_definition_of_0005 ({KEPT}) SELECT {KEPT} FROM job_definition")  # noqa: S608
    op.drop_table("job_definition")
    op.rename_table("job_definition_of_0005", "job_definition")
