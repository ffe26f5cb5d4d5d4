"""The tables: one per kind of row of `engine.core.state`, columns named as its fields, and those of deployments.

The same on SQLite and PostgreSQL. An instant is a BIGINT of milliseconds since 1970-01-01T00:00Z, so that it compares
and sorts alike on both. A thing is alive while `ended_at` is null; partial indexes keep the look-up of living rows
small however long the history grows. The rows of instances carry no foreign keys: they are written in bulk under the
lock of their root, and deleted tree by tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Computed,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
)
from sqlalchemy.ext.compiler import compiles

from engine.core import state
from engine.core.lifecycle import (
    BatchState,
    ElementState,
    IncidentState,
    InstanceState,
    JobState,
    SubscriptionState,
    TaskState,
)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def to_milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00Z of an aware datetime; what is finer is cut off."""
    return (instant - EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """The aware UTC datetime of `milliseconds` since 1970-01-01T00:00Z, exactly."""
    return EPOCH + milliseconds * _MILLISECOND


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as milliseconds since 1970-01-01T00:00Z."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_milliseconds(value)


class State(TypeDecorator[StrEnum]):
    """A state of a life (`engine.core.lifecycle`), kept as plain text."""

    impl = Text
    cache_ok = True

    def __init__(self, states: type[StrEnum]) -> None:
        super().__init__()
        self.states = states

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else str(self.states(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        return None if value is None else self.states(value)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

Id: Final = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both: SQLite's INTEGER is."""


def _id() -> Column[Any]:
    return Column("id", Id, primary_key=True, autoincrement=False)


def _required(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _optional(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=True)


def _value_columns() -> list[Column[Any]]:
    """A value of `engine.values`, as its `encode` lays it out."""
    return [
        _required("value_type", Text),
        _optional("long_value", BigInteger),
        _optional("double_value", Double),
        _optional("text_value", Text),
        _optional("data_value", LargeBinary),
        _optional("value_meta", Text),
    ]


VALUE_COLUMNS: Final = ("value_type", "long_value", "double_value", "text_value", "data_value", "value_meta")

# Room on each page keeps an update of a living row on that page, and out of the indexes.
_CHANGING: Final[dict[str, Any]] = {"postgresql_with": {"fillfactor": 80}}


process_instance = Table(
    "process_instance",
    metadata,
    _id(),
    _required("root_id", Id),
    _optional("parent_id", Id),
    _optional("caller_id", Id),
    _required("definition_id", Id),
    _required("tenant_id", Text),
    _optional("business_key", Text),
    _required("state", State(InstanceState)),
    _optional("start_element_id", Text),
    _optional("start_user", Text),
    _required("started_at", Instant),
    _optional("ended_at", Instant),
    _optional("delete_reason", Text),
    _required("tokens", Integer),
    _required("live", Integer),
    _optional("restarted_id", Id),
    _optional("removal_at", Instant),
    _optional("forked_id", Id),
    _optional("forked_at", Instant),
    **_CHANGING,
)

element_instance = Table(
    "element_instance",
    metadata,
    _id(),
    _required("process_instance_id", Id),
    _required("root_id", Id),
    _required("definition_id", Id),
    _required("scope_id", Id),
    _required("execution_id", Id),
    _required("element_id", Text),
    _required("element_kind", Text),
    _optional("element_name", Text),
    _required("state", State(ElementState)),
    _optional("transition", Text),
    _optional("flow_id", Text),
    _optional("loop_counter", Integer),
    _optional("loop_total", Integer),
    _required("loop_completed", Integer),
    _required("tokens", Integer),
    _optional("called_instance_id", Id),
    _optional("user_task_id", Id),
    _required("tenant_id", Text),
    _required("created_at", Instant),
    _optional("started_at", Instant),
    _optional("ended_at", Instant),
    _required("canceled", Boolean),
    _optional("memory", Text),
    _optional("flow_scope_id", Id),
    _optional("compensates_id", Id),
    _optional("reported", Boolean),
    **_CHANGING,
)

TEXT_KEY_LENGTH: Final = 64
TEXT_KEY: Final = f"CASE WHEN value_type = 'String' THEN substr(text_value, 1, {TEXT_KEY_LENGTH}) END"
"""The beginning of a text, by which it is found: a whole one may be too long for an index of PostgreSQL."""


class _Derived(Computed):
    """A column that the database derives from others of the row: kept on PostgreSQL, on SQLite only in indexes."""


@compiles(_Derived, "sqlite")
def _derived_on_sqlite(derived: _Derived, _compiler: Any, **_: Any) -> str:
    return f"GENERATED ALWAYS AS ({derived.sqltext})"  # SQLite cannot add one that is kept to a table that is there


variable = Table(
    "variable",
    metadata,
    _id(),
    _required("name", Text),
    _required("scope_id", Id),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("element_instance_id", Id),
    _optional("user_task_id", Id),
    _optional("definition_id", Id),
    _required("tenant_id", Text),
    *_value_columns(),
    _required("revision", Integer),
    _required("created_at", Instant),
    _optional("ended_at", Instant),
    _required("deleted", Boolean),
    Column("text_key", Text, _Derived(TEXT_KEY, persisted=True)),
    **_CHANGING,
)

variable_update = Table(
    "variable_update",
    metadata,
    _id(),
    _required("variable_id", Id),
    _required("name", Text),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("element_instance_id", Id),
    _optional("user_task_id", Id),
    *_value_columns(),
    _required("revision", Integer),
    _required("at", Instant),
    _optional("user", Text),
)

loop_output = Table(
    "loop_output",
    metadata,
    _id(),
    _required("variable_id", Id),
    _required("revision", Integer),
    _required("process_instance_id", Id),
    _required("root_id", Id),
    _required("number", Integer),
    _required("content", Text),
    _required("at", Instant),
)

user_task = Table(
    "user_task",
    metadata,
    _id(),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("element_instance_id", Id),
    _optional("execution_id", Id),
    _optional("definition_id", Id),
    _optional("element_id", Text),
    _required("tenant_id", Text),
    _optional("parent_task_id", Id),
    _optional("name", Text),
    _optional("description", Text),
    _optional("assignee", Text),
    _optional("owner", Text),
    _required("priority", Integer),
    _optional("due_at", Instant),
    _optional("follow_up_at", Instant),
    _optional("delegation_state", Text),
    _optional("form_key", Text),
    _optional("form_ref", Text),
    _optional("form_ref_binding", Text),
    _optional("form_ref_version", Text),
    _optional("case_instance_id", Text),
    _required("state", State(TaskState)),
    _required("created_at", Instant),
    _optional("updated_at", Instant),
    _optional("ended_at", Instant),
    _optional("delete_reason", Text),
    _optional("given_at", Instant),
    **_CHANGING,
)

identity_link = Table(
    "identity_link",
    metadata,
    _id(),
    _required("user_task_id", Id),
    _optional("root_id", Id),
    _optional("process_instance_id", Id),
    _optional("user_id", Text),
    _optional("group_id", Text),
    _required("type", Text),
    _required("created_at", Instant),
    _optional("ended_at", Instant),
)

identity_link_log = Table(
    "identity_link_log",
    metadata,
    _id(),
    _required("operation", Text),
    _required("type", Text),
    _required("user_task_id", Id),
    _optional("root_id", Id),
    _optional("process_instance_id", Id),
    _required("tenant_id", Text),
    _optional("user_id", Text),
    _optional("group_id", Text),
    _optional("assigner", Text),
    _required("at", Instant),
)

operation = Table(
    "operation",
    metadata,
    _id(),
    _required("operation_id", Id),
    _required("type", Text),
    _required("entity", Text),
    _required("category", Text),
    _optional("property", Text),
    _optional("old_value", Text),
    _optional("new_value", Text),
    _required("user_id", Text),
    _required("tenant_id", Text),
    _optional("deployment_id", Id),
    _optional("definition_id", Id),
    _optional("definition_key", Text),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("execution_id", Id),
    _optional("user_task_id", Id),
    _optional("job_id", Id),
    _optional("external_task_id", Id),
    _optional("job_definition_id", Id),
    _optional("batch_id", Id),
    _optional("address", Text),
    _optional("request_id", Text),
    _optional("reason", Text),
    _optional("annotation", Text),
    _required("at", Instant),
)

READY_AT: Final = (
    "CASE WHEN ended_at IS NULL AND NOT suspended AND coalesce(retries, 1) > 0 THEN "
    "CASE WHEN lock_expires_at > coalesce(due_at, created_at) THEN lock_expires_at "
    "ELSE coalesce(due_at, created_at) END END"
)
"""Since when a job may be claimed, or from when on; null while it may not be. The same words on both databases."""


job = Table(
    "job",
    metadata,
    _id(),
    _required("kind", Text),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("element_instance_id", Id),
    _optional("definition_id", Id),
    _optional("element_id", Text),
    _required("tenant_id", Text),
    _required("state", State(JobState)),
    _required("suspended", Boolean),
    _required("exclusive", Boolean),
    _optional("due_at", Instant),
    _optional("retries", Integer),
    _required("priority", BigInteger),
    _required("attempts", Integer),
    _optional("lock_owner", Text),
    _optional("lock_expires_at", Instant),
    _optional("lease_token", BigInteger),
    _optional("error_message", Text),
    _optional("error_details", Text),
    _required("created_at", Instant),
    _optional("ended_at", Instant),
    _optional("job_definition_id", Id),
    _optional("repeat", Text),
    _optional("topic", Text),
    _optional("payload", Text),
    _optional("failed_element_id", Text),
    Column("ready_at", Instant, _Derived(READY_AT, persisted=True)),
    **_CHANGING,
)

job_log = Table(
    "job_log",
    metadata,
    _id(),
    _required("job_id", Id),
    _required("kind", Text),
    _required("event", Text),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("element_instance_id", Id),
    _optional("definition_id", Id),
    _optional("element_id", Text),
    _optional("job_definition_id", Id),
    _required("tenant_id", Text),
    _optional("topic", Text),
    _optional("due_at", Instant),
    _optional("retries", Integer),
    _required("priority", BigInteger),
    _optional("worker", Text),
    _optional("error_message", Text),
    _optional("error_details", Text),
    _optional("failed_element_id", Text),
    _required("at", Instant),
)

incident = Table(
    "incident",
    metadata,
    _id(),
    _required("kind", Text),
    _required("state", State(IncidentState)),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("element_instance_id", Id),
    _optional("execution_id", Id),
    _optional("definition_id", Id),
    _optional("element_id", Text),
    _optional("failed_element_id", Text),
    _optional("job_definition_id", Id),
    _required("tenant_id", Text),
    _optional("configuration", Text),
    _optional("message", Text),
    _required("cause_id", Id),
    _required("root_cause_id", Id),
    _optional("annotation", Text),
    _required("created_at", Instant),
    _optional("ended_at", Instant),
    _optional("reported", Boolean),
    **_CHANGING,
)

subscription = Table(
    "subscription",
    metadata,
    _id(),
    _required("kind", Text),
    _optional("name", Text),
    _optional("scope_id", Id),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("element_instance_id", Id),
    _optional("execution_id", Id),
    _required("definition_id", Id),
    _required("element_id", Text),
    _required("tenant_id", Text),
    _required("state", State(SubscriptionState)),
    _optional("configuration", Text),
    _optional("job_id", Id),
    _required("created_at", Instant),
    _optional("ended_at", Instant),
    **_CHANGING,
)

message = Table(
    "message",
    metadata,
    _id(),
    _required("name", Text),
    _optional("tenant_id", Text),
    _required("route", Text),
    _required("job_id", Id),
    _optional("message_id", Text),
    _required("expires_at", Instant),
    _optional("remember_until", Instant),
    _required("created_at", Instant),
    _optional("ended_at", Instant),
)

comment = Table(
    "comment",
    metadata,
    _id(),
    _optional("user_task_id", Id),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _required("tenant_id", Text),
    _optional("user_id", Text),
    _required("message", Text),
    _required("created_at", Instant),
)

notice = Table(
    "notice",
    metadata,
    _id(),
    _required("user_id", Text),
    _required("kind", Text),
    _required("user_task_id", Id),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _required("tenant_id", Text),
    _optional("actor_id", Text),
    _optional("comment_id", Id),
    _required("created_at", Instant),
    _optional("read_at", Instant),
)

attachment = Table(
    "attachment",
    metadata,
    _id(),
    _required("user_task_id", Id),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _required("tenant_id", Text),
    _optional("user_id", Text),
    _optional("name", Text),
    _optional("description", Text),
    _optional("type", Text),
    _optional("url", Text),
    _optional("content", LargeBinary),
    _required("created_at", Instant),
)

deployment = Table(
    "deployment",
    metadata,
    _id(),
    _optional("name", Text),
    _optional("source", Text),
    _required("tenant_id", Text),
    _required("deployed_at", Instant),
)

resource = Table(
    "resource",
    metadata,
    _id(),
    Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
    _required("name", Text),
    _required("data", LargeBinary),
    _required("sha256", Text),
    _required("generated", Boolean),
    UniqueConstraint("deployment_id", "name"),
)

process_definition = Table(
    "process_definition",
    metadata,
    _id(),
    _required("key", Text),
    _required("version", Integer),
    _optional("name", Text),
    _optional("version_tag", Text),
    Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
    Column("resource_id", Id, ForeignKey("resource.id"), nullable=False),
    _required("resource_name", Text),
    _optional("diagram_name", Text),
    _required("tenant_id", Text),
    _required("suspended", Boolean),
    _optional("history_time_to_live", Integer),
    _required("startable_in_tasklist", Boolean),
    _optional("description", Text),
    _optional("start_form_key", Text),
    _optional("start_form_ref", Text),
    _optional("start_form_ref_binding", Text),
    _optional("start_form_ref_version", Text),
    _required("created_at", Instant),
    _optional("category", Text),
    UniqueConstraint("tenant_id", "key", "version"),
)


def _version_columns() -> list[Column[Any]]:
    """What every version of decisions has."""
    return [
        _id(),
        _required("key", Text),
        _required("version", Integer),
        _optional("name", Text),
        _optional("category", Text),
        Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
        Column("resource_id", Id, ForeignKey("resource.id"), nullable=False),
        _required("resource_name", Text),
        _optional("diagram_name", Text),
        _required("tenant_id", Text),
        _required("created_at", Instant),
    ]


requirements_definition = Table(
    "requirements_definition", metadata, *_version_columns(), UniqueConstraint("tenant_id", "key", "version")
)
"""Files with several decisions."""

decision_definition = Table(
    "decision_definition",
    metadata,
    *_version_columns(),
    _optional("version_tag", Text),
    Column("requirements_id", Id, ForeignKey("requirements_definition.id"), nullable=True),
    _optional("requirements_key", Text),
    _optional("history_time_to_live", Integer),
    UniqueConstraint("tenant_id", "key", "version"),
)

decision_instance = Table(
    "decision_instance",
    metadata,
    _id(),
    _required("decision_id", Id),
    _required("decision_key", Text),
    _optional("decision_name", Text),
    _optional("requirements_id", Id),
    _optional("requirements_key", Text),
    _optional("root_decision_instance_id", Id),
    _optional("definition_id", Id),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("element_instance_id", Id),
    _optional("element_id", Text),
    _optional("user_id", Text),
    _required("tenant_id", Text),
    _optional("collect_result", Double),
    _required("elements", Integer),
    _required("evaluated_at", Instant),
    _optional("removal_at", Instant),
)

decision_input = Table(
    "decision_input",
    metadata,
    _id(),
    _required("decision_instance_id", Id),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("clause_id", Text),
    _optional("clause_name", Text),
    *_value_columns(),
)

decision_output = Table(
    "decision_output",
    metadata,
    _id(),
    _required("decision_instance_id", Id),
    _optional("process_instance_id", Id),
    _optional("root_id", Id),
    _optional("clause_id", Text),
    _optional("clause_name", Text),
    _optional("rule_id", Text),
    _optional("rule_order", Integer),
    _optional("variable_name", Text),
    *_value_columns(),
)

job_definition = Table(
    "job_definition",
    metadata,
    _id(),
    Column("definition_id", Id, ForeignKey("process_definition.id", ondelete="CASCADE"), nullable=True),
    _optional("element_id", Text),
    _required("kind", Text),
    _optional("configuration", Text),
    _required("suspended", Boolean),
    _optional("suspended_at", Instant),
    _optional("priority", BigInteger),
    _required("created_at", Instant),
    _optional("batch_id", Id),
    UniqueConstraint("definition_id", "element_id", "kind"),
)
"""What makes jobs in a process definition or for a batch, and what is said of all of them at once."""

batch = Table(
    "batch",
    metadata,
    _id(),
    _required("type", Text),
    _required("state", State(BatchState)),
    _required("total_jobs", Integer),
    _required("jobs_created", Integer),
    _required("jobs_per_seed", Integer),
    _required("invocations_per_job", Integer),
    _required("seed_job_definition_id", Id),
    _required("monitor_job_definition_id", Id),
    _required("batch_job_definition_id", Id),
    _required("configuration", Text),
    _required("tenant_id", Text),
    _optional("create_user", Text),
    _required("started_at", Instant),
    _optional("execution_started_at", Instant),
    _optional("ended_at", Instant),
    _required("forgotten", Boolean),
    _optional("removal_at", Instant),
    **_CHANGING,
)

batch_part = Table(
    "batch_part",
    metadata,
    _id(),
    _required("batch_id", Id),
    _required("number", Integer),
    _required("ids", Text),
    UniqueConstraint("batch_id", "number"),
)
"""What a batch is about, in parts that are read once each: no row that holds all is written again and again."""

work_start = Table(
    "work_start",
    metadata,
    Column("job_id", Id, primary_key=True, autoincrement=False),
    Column("lease_token", BigInteger, primary_key=True, autoincrement=False),
    _required("limit_name", Text),
    _required("limit_key", Text),
    _required("started_at", Instant),
)
"""The starts that limits of handlers count; what counts no more is deleted (`engine.store.dispatch`)."""

authorization_rule = Table(
    "authorization_rule",
    metadata,
    _id(),
    _required("type", Integer),
    _optional("user_id", Text),
    _optional("group_id", Text),
    _required("resource", Integer),
    _optional("resource_id", Text),
    _required("permissions", BigInteger),
)
"""What is permitted, or taken away (`engine.authorization`); of a revocation, `permissions` are those taken away."""

candidate_starter = Table(
    "candidate_starter",
    metadata,
    _id(),
    Column("definition_id", Id, ForeignKey("process_definition.id", ondelete="CASCADE"), nullable=False),
    _optional("user_id", Text),
    _optional("group_id", Text),
)
"""Who may start a process definition by its model."""

tasks_seen = Table(
    "tasks_seen",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column(
        "definition_id",
        Id,
        ForeignKey("process_definition.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("element_id", Text, primary_key=True),
    _required("seen_at", Instant),
)
"""Up to when people have seen which tasks of a user task the process gave them (`given_at`)."""

form_draft = Table(
    "form_draft",
    metadata,
    _id(),
    _required("user_id", Text),
    Column("user_task_id", Id, ForeignKey("user_task.id", ondelete="CASCADE"), nullable=True),
    Column("definition_id", Id, ForeignKey("process_definition.id", ondelete="CASCADE"), nullable=True),
    _required("data", Text),
    _required("saved_at", Instant),
    UniqueConstraint("user_id", "user_task_id"),
    UniqueConstraint("user_id", "definition_id"),
)
"""What people have filled in and not sent yet: of one task, or of the start form of one definition."""

model_draft = Table(
    "model_draft",
    metadata,
    _id(),
    _required("user_id", Text),
    _required("name", Text),
    _required("files", Text),
    _required("file_names", Text),
    _required("bytes", Integer),
    _required("revision", Integer),
    _required("saved_at", Instant),
)
"""What people draw and have not deployed yet: files by their names, as JSON."""

saved_filter = Table(
    "saved_filter",
    metadata,
    _id(),
    _required("resource_type", Text),
    _required("name", Text),
    _optional("owner", Text),
    _required("query", Text),
    _required("properties", Text),
)
"""Queries that are kept under a name."""

change_counter = Table(
    "change_counter",
    metadata,
    Column("name", Text, primary_key=True),
    _required("changes", BigInteger),
)
"""How often something has been changed that processes keep in memory; one row for each such thing."""

metric_start = Table(
    "metric_start",
    metadata,
    Column("name", Text, primary_key=True),
    _required("at", Instant),
)
"""Since when something is counted, where somebody had all before it forgotten."""

schema_log = Table(
    "schema_log",
    metadata,
    _id(),
    _required("version", Text),
    _required("at", Instant),
)
"""When the tables became those of a revision: one row for each time that they were made or upgraded."""

id_block = Table(
    "id_block",
    metadata,
    Column("name", Text, primary_key=True),
    _required("next_id", Id),
)
"""Where the next block of ids begins; one row (`engine.store.ids`)."""


def _belongs_to(name: str, owner: str, *, key: bool = False) -> Column[Any]:
    """A column with the id of a row that this one goes with."""
    return Column(name, Text, ForeignKey(f"{owner}.id", ondelete="CASCADE"), primary_key=key, nullable=False)


user_account = Table(
    "user_account",
    metadata,
    Column("id", Text, primary_key=True),
    _optional("first_name", Text),
    _optional("last_name", Text),
    _optional("email", Text),
    _optional("password_hash", Text),
    _optional("external_id", Text),
    _required("created_at", Instant),
    UniqueConstraint("external_id"),
)
"""People. `external_id` is who they are to an identity provider, if one vouches for them: issuer and subject."""

user_group = Table(
    "user_group",
    metadata,
    Column("id", Text, primary_key=True),
    _optional("name", Text),
    _optional("type", Text),
)

group_member = Table(
    "group_member",
    metadata,
    _belongs_to("user_id", "user_account", key=True),
    _belongs_to("group_id", "user_group", key=True),
)

tenant = Table(
    "tenant",
    metadata,
    Column("id", Text, primary_key=True),
    _optional("name", Text),
)

tenant_user = Table(
    "tenant_user",
    metadata,
    _belongs_to("user_id", "user_account", key=True),
    _belongs_to("tenant_id", "tenant", key=True),
)

tenant_group = Table(
    "tenant_group",
    metadata,
    _belongs_to("group_id", "user_group", key=True),
    _belongs_to("tenant_id", "tenant", key=True),
)

web_session = Table(
    "web_session",
    metadata,
    Column("id", Text, primary_key=True),
    _required("token_hash", Text),
    _belongs_to("user_id", "user_account"),
    _optional("address", Text),
    _optional("user_agent", Text),
    _required("created_at", Instant),
    _required("seen_at", Instant),
    _required("expires_at", Instant),
    UniqueConstraint("token_hash"),
)
"""Browsers in which somebody is signed in. What the browser holds is not kept, only its hash."""

api_token = Table(
    "api_token",
    metadata,
    Column("id", Text, primary_key=True),
    _required("token_hash", Text),
    _belongs_to("user_id", "user_account"),
    _required("name", Text),
    _required("read_only", Boolean),
    _required("created_at", Instant),
    _optional("expires_at", Instant),
    _optional("used_at", Instant),
    UniqueConstraint("token_hash"),
)
"""Tokens by which programs act as the user who made them. Only their hashes are kept."""

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("key", Text, primary_key=True),
    _required("count", Integer),
    _required("last_at", Instant),
    _required("blocked_until", Instant),
)
"""How often in a row the password of an account was wrong, or somebody at an address did not know one."""


TABLES: Final[Mapping[type[state.Row], Table]] = {
    state.ProcessInstance: process_instance,
    state.ElementInstance: element_instance,
    state.Variable: variable,
    state.VariableUpdate: variable_update,
    state.Output: loop_output,
    state.UserTask: user_task,
    state.IdentityLink: identity_link,
    state.IdentityLinkLog: identity_link_log,
    state.Operation: operation,
    state.Job: job,
    state.JobLog: job_log,
    state.Incident: incident,
    state.Subscription: subscription,
    state.Comment: comment,
    state.Notice: notice,
    state.Attachment: attachment,
    state.Message: message,
    state.Batch: batch,
    state.BatchPart: batch_part,
    state.JobDefinition: job_definition,
    state.DecisionInstance: decision_instance,
    state.DecisionInput: decision_input,
    state.DecisionOutput: decision_output,
}


def _index(table: Table, *columns: str, alive: bool = False) -> None:
    """An index over all rows or over the living ones.

    Those that tell living rows from ended ones hold only rows where the first column is given, and say so: a query can
    use such an index only if it asks for values of that column. Else a planner that once saw few living rows would
    rather read the whole of another small index, and go on doing so when there are many. SQLite is told only where
    the column may be null: elsewhere it knows better than to ask, and would not recognise the index.
    """
    name = "_".join(("ix", table.name, *columns, *(("alive",) if alive else ())))
    first = table.c[columns[0]]
    given = [first.is_not(None)]
    living = [table.c.ended_at.is_(None)] if alive else []
    on_sqlite = (given if first.nullable else []) + living
    on_postgresql = (given if first.nullable or alive or "ended_at" in columns else []) + living
    Index(
        name,
        *(table.c[column] for column in columns),
        postgresql_where=and_(*on_postgresql) if on_postgresql else None,
        sqlite_where=and_(*on_sqlite) if on_sqlite else None,
    )


def _index_where(table: Table, name: str, condition: ColumnElement[bool], *columns: str) -> None:
    """An index over the rows for which the condition holds."""
    among = [table.c[column] for column in columns]
    Index(f"ix_{table.name}_{name}", *among, postgresql_where=condition, sqlite_where=condition)


_index(process_instance, "root_id")
_index(process_instance, "definition_id", alive=True)
_index(process_instance, "definition_id", "started_at")
# With all that sums over ended instances look at.
_index_where(
    process_instance, "ended", process_instance.c.ended_at.is_not(None), "definition_id", "ended_at", "started_at"
)
_index(process_instance, "business_key", "ended_at")
_index(process_instance, "parent_id")
_index(process_instance, "caller_id")
_index(process_instance, "forked_id")
_index_where(
    process_instance,
    "cleanable",
    and_(process_instance.c.removal_at.is_not(None), process_instance.c.ended_at.is_not(None)),
    "removal_at",
    "id",
)

_index(element_instance, "root_id", alive=True)
_index(element_instance, "scope_id", alive=True)
_index(element_instance, "definition_id", "element_id", alive=True)
_index(element_instance, "process_instance_id", "ended_at")

_index(variable, "root_id", alive=True)
_index(variable, "scope_id", "ended_at")
_index(variable, "name", "text_key", "long_value", alive=True)
_index(variable, "process_instance_id", "ended_at")
_index(variable, "user_task_id")

_index(variable_update, "variable_id")
_index(variable_update, "process_instance_id")
_index(variable_update, "user_task_id")

_index(loop_output, "variable_id")
_index(loop_output, "process_instance_id")

_index(user_task, "root_id", alive=True)
_index(user_task, "definition_id", "element_id", alive=True)
_index(user_task, "process_instance_id", "ended_at")
_index(user_task, "assignee", "ended_at")
_index(user_task, "created_at")
_index(user_task, "parent_task_id")

_index(identity_link, "root_id", alive=True)
_index(identity_link, "group_id", alive=True)
_index(identity_link, "user_id", alive=True)
_index(identity_link, "user_task_id", "ended_at")
_index(identity_link, "process_instance_id")

_index(identity_link_log, "user_task_id")
_index(identity_link_log, "process_instance_id")

_index(operation, "operation_id")
_index(operation, "at")
_index(operation, "process_instance_id")
_index(operation, "user_task_id")
_index(operation, "batch_id")
_index(operation, "user_id")

_index(job, "root_id", alive=True)
_index(job, "element_instance_id", alive=True)
_index(job, "definition_id", "element_id", alive=True)
_index(job, "process_instance_id", "ended_at")

_index(job, "job_definition_id", alive=True)
_index_where(job, "ready", job.c.ready_at.is_not(None), "topic", "priority", "ready_at", "id")
_index_where(job, "leased", job.c.lease_token.is_not(None), "process_instance_id", "lock_expires_at")
_index_where(job, "start", and_(job.c.root_id.is_(None), job.c.ended_at.is_(None)), "definition_id")

_index_where(
    job, "outside", and_(job.c.process_instance_id.is_(None), job.c.job_definition_id.is_not(None)), "job_definition_id"
)

# Jobs of start events: none of the instances that they started holds them.
_index_where(
    job,
    "cleanable",
    and_(job.c.process_instance_id.is_(None), job.c.definition_id.is_not(None), job.c.ended_at.is_not(None)),
    "definition_id",
    "ended_at",
)
_index_where(job, "cleaning", and_(job.c.kind == "history-cleanup", job.c.ended_at.is_(None)), "id")

_index(job_definition, "batch_id")

_index(batch, "started_at")
_index_where(batch, "cleanable", and_(batch.c.removal_at.is_not(None), batch.c.ended_at.is_not(None)), "removal_at")

_index(work_start, "limit_name", "started_at")

_index(job_log, "job_id")
_index(job_log, "process_instance_id")
_index(job_log, "definition_id", "at")

_index(incident, "root_id", alive=True)
_index(incident, "configuration", alive=True)
_index(incident, "definition_id", "element_id", alive=True)
_index(incident, "process_instance_id", "ended_at")
_index(incident, "cause_id")

_index(subscription, "name", "kind", "process_instance_id", alive=True)
_index_where(
    subscription,
    "key",
    and_(
        subscription.c.kind == "message", subscription.c.configuration.is_not(None), subscription.c.ended_at.is_(None)
    ),
    "name",
    "configuration",
)
_index(subscription, "scope_id", alive=True)
_index(subscription, "root_id", alive=True)
_index(subscription, "process_instance_id", "ended_at")
_index_where(
    subscription, "start", and_(subscription.c.root_id.is_(None), subscription.c.ended_at.is_(None)), "definition_id"
)

_index(message, "route", "name", "id", alive=True)
_index(message, "name", alive=True)
_index(message, "message_id")

_index(decision_instance, "decision_id", "evaluated_at")
_index(decision_instance, "decision_key", "evaluated_at")
_index(decision_instance, "evaluated_at")
_index(decision_instance, "requirements_id")
_index(decision_instance, "root_decision_instance_id")
_index(decision_instance, "definition_id")
_index(decision_instance, "process_instance_id")
_index_where(decision_instance, "cleanable", decision_instance.c.removal_at.is_not(None), "removal_at", "id")

_index(decision_input, "decision_instance_id")
_index(decision_input, "process_instance_id")

_index(decision_output, "decision_instance_id")
_index(decision_output, "process_instance_id")

_index(attachment, "user_task_id")
_index(attachment, "process_instance_id")

_index(notice, "user_id", "created_at")
_index(notice, "user_task_id")
_index(notice, "process_instance_id")

_index(comment, "user_task_id")
_index(comment, "process_instance_id")

_index(resource, "name")
_index(deployment, "name")
_index(process_definition, "deployment_id")
_index(decision_definition, "deployment_id")
_index(decision_definition, "requirements_id")
_index(requirements_definition, "deployment_id")
_index(candidate_starter, "definition_id")
_index(candidate_starter, "user_id")
_index(candidate_starter, "group_id")
_index(tasks_seen, "definition_id")
_index(form_draft, "user_task_id")
_index(form_draft, "definition_id")
_index(model_draft, "user_id")
_index(user_task, "owner", "ended_at")
_index(process_instance, "start_user", "ended_at")
_index(authorization_rule, "resource", "resource_id")


def _one_for_each(column: str) -> None:
    """At most one authorization of a type for a user or a group on a thing, as in Camunda."""
    rule = authorization_rule.c
    condition = and_(rule[column].is_not(None), rule.resource_id.is_not(None))
    columns = (rule.type, rule[column], rule.resource, rule.resource_id)
    Index(f"uq_authorization_rule_{column}", *columns, unique=True, postgresql_where=condition, sqlite_where=condition)


_one_for_each("user_id")
_one_for_each("group_id")

_index(group_member, "group_id")
_index(tenant_user, "tenant_id")
_index(tenant_group, "tenant_id")
_index(web_session, "user_id")
_index(web_session, "expires_at")
_index(api_token, "user_id")
_index(sign_in_failure, "blocked_until")
