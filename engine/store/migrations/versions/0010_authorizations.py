"""Authorizations, who may start a definition by its model, and the indexes by which people's own things are found."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0009 to revision 0010; of definitions that are there nobody is a candidate starter."""
    op.create_table(
        "authorization_rule",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("type", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Text, nullable=True),
        sa.Column("group_id", sa.Text, nullable=True),
        sa.Column("resource", sa.Integer, nullable=False),
        sa.Column("resource_id", sa.Text, nullable=True),
        sa.Column("permissions", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_authorization_rule"),
    )
    op.create_index("ix_authorization_rule_resource_resource_id", "authorization_rule", ["resource", "resource_id"])
    for column in ("user_id", "group_id"):
        where = sa.text(f"{column} IS NOT NULL AND resource_id IS NOT NULL")
        op.create_index(
            f"uq_authorization_rule_{column}",
            "authorization_rule",
            ["type", column, "resource", "resource_id"],
            unique=True,
            postgresql_where=where,
            sqlite_where=where,
        )
    op.create_table(
        "candidate_starter",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("definition_id", ID, nullable=False),
        sa.Column("user_id", sa.Text, nullable=True),
        sa.Column("group_id", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_candidate_starter"),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["process_definition.id"],
            name="fk_candidate_starter_definition_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_candidate_starter_definition_id", "candidate_starter", ["definition_id"])
    op.create_table(
        "change_counter",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_change_counter"),
    )
    _index_given("candidate_starter", "user_id")
    _index_given("candidate_starter", "group_id")
    _index_given("user_task", "owner", "ended_at")
    _index_given("process_instance", "start_user", "ended_at")


def _index_given(table: str, *columns: str) -> None:
    where = sa.text(f"{columns[0]} IS NOT NULL")
    name = "_".join(("ix", table, *columns))
    op.create_index(name, table, list(columns), postgresql_where=where, sqlite_where=where)
