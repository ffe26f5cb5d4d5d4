"""Decision definitions, decision requirements definitions, and the decisions that were made."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0020 to revision 0021; files of decisions that were deployed before are no definitions."""
    _create("requirements_definition", *_version(), *_deployed("requirements_definition"))
    _create(
        "decision_definition",
        *_version(),
        _optional("version_tag", sa.Text),
        _optional("requirements_id", ID),
        _optional("requirements_key", sa.Text),
        _optional("history_time_to_live", sa.Integer),
        *_deployed("decision_definition"),
        sa.ForeignKeyConstraint(
            ["requirements_id"], ["requirements_definition.id"], name="fk_decision_definition_requirements_id"
        ),
    )
    _create(
        "decision_instance",
        _required("decision_id", ID),
        _required("decision_key", sa.Text),
        _optional("decision_name", sa.Text),
        _optional("requirements_id", ID),
        _optional("requirements_key", sa.Text),
        _optional("root_decision_instance_id", ID),
        _optional("definition_id", ID),
        _optional("process_instance_id", ID),
        _optional("root_id", ID),
        _optional("element_instance_id", ID),
        _optional("element_id", sa.Text),
        _optional("user_id", sa.Text),
        _required("tenant_id", sa.Text),
        _optional("collect_result", sa.Double),
        _required("elements", sa.Integer),
        _required("evaluated_at", sa.BigInteger),
        _optional("removal_at", sa.BigInteger),
    )
    _create("decision_input", *_of_a_decision(), *_value())
    _create(
        "decision_output",
        *_of_a_decision(),
        _optional("rule_id", sa.Text),
        _optional("rule_order", sa.Integer),
        _optional("variable_name", sa.Text),
        *_value(),
    )
    for table in ("requirements_definition", "decision_definition"):
        op.create_index(f"ix_{table}_deployment_id", table, ["deployment_id"])
    _index_given("decision_definition", "requirements_id")
    for columns in (["decision_id", "evaluated_at"], ["decision_key", "evaluated_at"], ["evaluated_at"]):
        op.create_index("_".join(["ix_decision_instance", *columns]), "decision_instance", columns)
    for column in ("requirements_id", "root_decision_instance_id", "definition_id", "process_instance_id"):
        _index_given("decision_instance", column)
    _index_where("decision_instance", "cleanable", ["removal_at", "id"], "removal_at IS NOT NULL")
    for table in ("decision_input", "decision_output"):
        op.create_index(f"ix_{table}_decision_instance_id", table, ["decision_instance_id"])
        _index_given(table, "process_instance_id")


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _optional(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _version() -> list[sa.Column[Any]]:
    """What every version of decisions has."""
    return [
        _required("key", sa.Text),
        _required("version", sa.Integer),
        _optional("name", sa.Text),
        _optional("category", sa.Text),
        _required("deployment_id", ID),
        _required("resource_id", ID),
        _required("resource_name", sa.Text),
        _optional("diagram_name", sa.Text),
        _required("tenant_id", sa.Text),
        _required("created_at", sa.BigInteger),
    ]


def _of_a_decision() -> list[sa.Column[Any]]:
    return [
        _required("decision_instance_id", ID),
        _optional("process_instance_id", ID),
        _optional("root_id", ID),
        _optional("clause_id", sa.Text),
        _optional("clause_name", sa.Text),
    ]


def _value() -> list[sa.Column[Any]]:
    """A value of a variable."""
    return [
        _required("value_type", sa.Text),
        _optional("long_value", sa.BigInteger),
        _optional("double_value", sa.Double),
        _optional("text_value", sa.Text),
        _optional("data_value", sa.LargeBinary),
        _optional("value_meta", sa.Text),
    ]


def _deployed(table: str) -> list[sa.Constraint]:
    """What holds of all that is deployed in versions."""
    return [
        sa.UniqueConstraint("tenant_id", "key", "version", name=f"uq_{table}_tenant_id_key_version"),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=f"fk_{table}_deployment_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=f"fk_{table}_resource_id"),
    ]


def _create(table: str, *parts: sa.schema.SchemaItem) -> None:
    key = sa.PrimaryKeyConstraint("id", name=f"pk_{table}")
    op.create_table(table, sa.Column("id", ID, autoincrement=False, nullable=False), *parts, key)


def _index_given(table: str, column: str) -> None:
    """An index over the rows that have a value in the column."""
    _index_where(table, column, [column], f"{column} IS NOT NULL")


def _index_where(table: str, name: str, columns: list[str], condition: str) -> None:
    """An index over the rows for which the condition holds."""
    where = sa.text(condition)
    op.create_index(f"ix_{table}_{name}", table, columns, postgresql_where=where, sqlite_where=where)
