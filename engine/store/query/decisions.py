"""Filters and sort keys of decision definitions, decision requirements definitions, and the decisions that were made
(Camunda manual, REST API, the "Get List" pages)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    LargeBinary,
    Table,
    and_,
    distinct,
    func,
    literal,
    or_,
    select,
)

from engine.authorization import READ_DECISION, READ_DECISION_HISTORY, READ_REQUIREMENTS
from engine.authorization import Resource as Thing
from engine.store import tables
from engine.store.query.conditions import (
    AFTER,
    SINCE,
    UNTIL,
    Condition,
    Filters,
    among,
    compare,
    definition,
    equal,
    like,
    missing,
    never,
    no_effect,
    tenant_among,
    without_tenant,
)
from engine.store.query.kinds import (
    DEFINITION,
    DEFINITIONS,
    ELEMENT_INSTANCES,
    FLAG,
    ID,
    IDS,
    INSTANT,
    TEXT,
    TEXTS,
    DefinitionId,
)
from engine.store.query.permitted import Opening, Viewer, of_tenant, opened
from engine.store.query.removal import removal_of
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.versioned import version_filters, version_sorts
from engine.store.query.views import (
    DecisionDefinitionView,
    DecisionInputView,
    DecisionInstanceView,
    DecisionOutputView,
    Evaluations,
    RequirementsView,
)
from engine.values import Stored, decode

_decision = tables.decision_definition.c
_requirements = tables.requirements_definition.c
_deployment = tables.deployment.c
_instance = tables.decision_instance.c
_process = tables.process_definition.c

DECISION_DEFINITIONS: Resource[DecisionDefinitionView] = Resource(
    name="decision definition",
    make=DecisionDefinitionView,
    columns=(
        _decision.id,
        _decision.key,
        _decision.version,
        _decision.name,
        _decision.version_tag,
        _decision.category,
        _decision.deployment_id,
        _decision.resource_id,
        _decision.resource_name,
        _decision.diagram_name,
        _decision.requirements_id,
        _decision.requirements_key,
        _requirements.version,
        _decision.tenant_id,
        _decision.history_time_to_live,
        _decision.created_at,
    ),
    source=tables.decision_definition.join(tables.deployment, _deployment.id == _decision.deployment_id).outerjoin(
        tables.requirements_definition, _requirements.id == _decision.requirements_id
    ),
    id=_decision.id,
    opening=Opening(READ_DECISION, {Thing.DECISION_DEFINITION: _decision.key}, _decision.tenant_id),
    filters=table(
        *version_filters(tables.decision_definition, "decisionDefinition"),
        Filter("versionTag", TEXT, equal(_decision.version_tag)),
        Filter("versionTagLike", TEXT, like(_decision.version_tag)),
        Filter("deployedAfter", INSTANT, compare(_deployment.deployed_at, AFTER)),
        Filter("deployedAt", INSTANT, equal(_deployment.deployed_at)),
        Filter("decisionRequirementsDefinitionId", DEFINITION, definition(tables.requirements_definition)),
        Filter("decisionRequirementsDefinitionKey", TEXT, equal(_decision.requirements_key)),
        Filter("withoutDecisionRequirementsDefinition", FLAG, missing(_decision.requirements_id)),
    ),
    sorts={
        **version_sorts(tables.decision_definition),
        "deployTime": _deployment.deployed_at,
        "versionTag": _decision.version_tag,
        "decisionRequirementsDefinitionKey": _decision.requirements_key,
    },
)

REQUIREMENTS_DEFINITIONS: Resource[RequirementsView] = Resource(
    name="decision requirements definition",
    make=RequirementsView,
    columns=(
        _requirements.id,
        _requirements.key,
        _requirements.version,
        _requirements.name,
        _requirements.category,
        _requirements.deployment_id,
        _requirements.resource_id,
        _requirements.resource_name,
        _requirements.diagram_name,
        _requirements.tenant_id,
        _requirements.created_at,
    ),
    source=tables.requirements_definition,
    id=_requirements.id,
    opening=Opening(
        READ_REQUIREMENTS, {Thing.DECISION_REQUIREMENTS_DEFINITION: _requirements.key}, _requirements.tenant_id
    ),
    filters=table(*version_filters(tables.requirements_definition, "decisionRequirementsDefinition")),
    sorts=version_sorts(tables.requirements_definition),
)


# ---------------------------------------------------------------- decisions that were made


def _named(id: ColumnElement[Any], key: ColumnElement[Any]) -> Condition:
    """It is of the definition of that id, be that still there or not."""
    return lambda wanted, _: _same(id, key, wanted)


def _named_among(id: ColumnElement[Any], key: ColumnElement[Any]) -> Condition:
    return lambda wanted, _: or_(literal(False), *(_same(id, key, each) for each in wanted))


def _same(id: ColumnElement[Any], key: ColumnElement[Any], wanted: DefinitionId) -> ColumnElement[bool]:
    return and_(id == wanted.id, key == wanted.key)


def _of_root(root: int, _: Filters) -> ColumnElement[bool]:
    """That decision, and those that it needed."""
    return or_(_instance.id == root, _instance.root_decision_instance_id == root)


_SOURCE: Final[FromClause] = (
    tables.decision_instance.outerjoin(tables.decision_definition, _decision.id == _instance.decision_id)
    .outerjoin(tables.requirements_definition, _requirements.id == _instance.requirements_id)
    .outerjoin(tables.process_definition, _process.id == _instance.definition_id)
)

HISTORIC_DECISIONS: Resource[DecisionInstanceView] = Resource(
    name="historic decision instance",
    make=DecisionInstanceView,
    columns=(
        _instance.id,
        _instance.decision_id,
        _instance.decision_key,
        _decision.version,
        _instance.decision_name,
        _instance.requirements_id,
        _instance.requirements_key,
        _requirements.version,
        _instance.root_decision_instance_id,
        _instance.definition_id,
        _process.key,
        _process.version,
        _instance.process_instance_id,
        _instance.root_id,
        _instance.element_instance_id,
        _instance.element_id,
        _instance.user_id,
        _instance.tenant_id,
        _instance.collect_result,
        _instance.evaluated_at,
        func.coalesce(_instance.removal_at, removal_of(_instance.process_instance_id)),
    ),
    source=_SOURCE,
    id=_instance.id,
    opening=Opening(READ_DECISION_HISTORY, {Thing.DECISION_DEFINITION: _instance.decision_key}, _instance.tenant_id),
    filters=table(
        Filter("decisionInstanceId", ID, equal(_instance.id)),
        Filter("decisionInstanceIdIn", IDS, among(_instance.id)),
        Filter("decisionDefinitionId", DEFINITION, _named(_instance.decision_id, _instance.decision_key)),
        Filter("decisionDefinitionIdIn", DEFINITIONS, _named_among(_instance.decision_id, _instance.decision_key)),
        Filter("decisionDefinitionKey", TEXT, equal(_instance.decision_key)),
        Filter("decisionDefinitionKeyIn", TEXTS, among(_instance.decision_key)),
        Filter("decisionDefinitionName", TEXT, equal(_instance.decision_name)),
        Filter("decisionDefinitionNameLike", TEXT, like(_instance.decision_name)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_process.key)),
        Filter("processInstanceId", ID, equal(_instance.process_instance_id)),
        Filter("caseDefinitionId", TEXT, never()),
        Filter("caseDefinitionKey", TEXT, never()),
        Filter("caseInstanceId", TEXT, never()),
        Filter("activityIdIn", TEXTS, among(_instance.element_id)),
        Filter("activityInstanceIdIn", ELEMENT_INSTANCES, among(_instance.element_instance_id)),
        Filter("evaluatedBefore", INSTANT, compare(_instance.evaluated_at, UNTIL)),
        Filter("evaluatedAfter", INSTANT, compare(_instance.evaluated_at, SINCE)),
        Filter("userId", TEXT, equal(_instance.user_id)),
        Filter("rootDecisionInstanceId", ID, _of_root),
        Filter("rootDecisionInstancesOnly", FLAG, missing(_instance.root_decision_instance_id)),
        Filter(
            "decisionRequirementsDefinitionId",
            DEFINITION,
            _named(_instance.requirements_id, _instance.requirements_key),
        ),
        Filter("decisionRequirementsDefinitionKey", TEXT, equal(_instance.requirements_key)),
        Filter("tenantIdIn", TEXTS, tenant_among(_instance.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_instance.tenant_id)),
        Filter("includeInputs", FLAG, no_effect()),
        Filter("includeOutputs", FLAG, no_effect()),
        Filter("disableBinaryFetching", FLAG, no_effect()),
        Filter("disableCustomObjectDeserialization", FLAG, no_effect()),
    ),
    sorts={"evaluationTime": _instance.evaluated_at, "tenantId": _instance.tenant_id},
)


def inputs_of(connection: Connection, ids: Collection[int], *, with_content: bool) -> list[DecisionInputView]:
    """The inputs of decisions that were made, in their order; without the content of byte arrays if that is wanted."""
    names = ("id", "decision_instance_id", "clause_id", "clause_name")
    rows = _values(connection, tables.decision_input, names, ids, with_content=with_content)
    return [DecisionInputView(*row) for row in rows]


def outputs_of(connection: Connection, ids: Collection[int], *, with_content: bool) -> list[DecisionOutputView]:
    """The outputs of decisions that were made, as `inputs_of`."""
    names = (
        "id",
        "decision_instance_id",
        "clause_id",
        "clause_name",
        "rule_id",
        "rule_order",
        "variable_name",
    )
    rows = _values(connection, tables.decision_output, names, ids, with_content=with_content)
    return [DecisionOutputView(*row) for row in rows]


def _values(
    connection: Connection, source: Table, names: Sequence[str], ids: Collection[int], *, with_content: bool
) -> Iterator[tuple[Any, ...]]:
    """The columns with these names, and the type and the value of each row."""
    wanted = (*names, *tables.VALUE_COLUMNS)
    columns: list[ColumnElement[Any]] = [source.c[name] for name in wanted]
    if not with_content:
        columns[wanted.index("data_value")] = literal(None, LargeBinary)
    statement = select(*columns).where(source.c.decision_instance_id.in_(sorted(ids))).order_by(source.c.id)
    for row in connection.execute(statement):
        stored = Stored(*row[len(names) :])
        yield *row[: len(names)], stored.type, _decoded(stored)


def _decoded(stored: Stored) -> object:
    return None if stored.type in ("Bytes", "File") and stored.data is None else decode(stored)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """How often one version of a decision was made, and when last."""

    decision_id: int
    count: int
    last_at: datetime


def evaluated(connection: Connection, viewer: Viewer | None) -> list[Evaluated]:
    """How often each version was made, of what the viewer may see; those that were never made are absent."""
    statement = select(_instance.decision_id, func.count(), func.max(_instance.evaluated_at))
    if viewer is not None:
        opening = HISTORIC_DECISIONS.opening
        statement = statement.where(of_tenant(opening.tenant, viewer.actor), opened(opening, viewer))
    return [Evaluated(*row) for row in connection.execute(statement.group_by(_instance.decision_id))]


@dataclass(frozen=True, slots=True)
class RuleHits:
    """How often a rule was part of the result of its decision, and when last."""

    rule_id: str
    count: int
    last_at: datetime


def rule_hits(connection: Connection, decision_id: int, since: datetime | None) -> tuple[int, list[RuleHits]]:
    """How often that version of a decision was made (since then), and how often its rules matched: two statements."""
    output = tables.decision_output.c
    made = [_instance.decision_id == decision_id]
    if since is not None:
        made.append(_instance.evaluated_at >= since)
    count = connection.execute(select(func.count()).select_from(tables.decision_instance).where(*made)).scalar_one()
    statement = (
        # a rule has as many outputs as its table has columns for them
        select(output.rule_id, func.count(distinct(_instance.id)), func.max(_instance.evaluated_at))
        .select_from(tables.decision_instance.join(tables.decision_output, output.decision_instance_id == _instance.id))
        .where(*made, output.rule_id.is_not(None))
        .group_by(output.rule_id)
        .order_by(output.rule_id)
    )
    return count, [RuleHits(*row) for row in connection.execute(statement)]


def count_evaluations(
    connection: Connection, requirements_id: int, root_decision_instance_id: int | None, viewer: Viewer | None
) -> list[Evaluations]:
    """How often each decision of a decision requirements definition was made: ever, or for one decision and by it."""
    statement = select(_instance.decision_key, func.count()).where(_instance.requirements_id == requirements_id)
    if root_decision_instance_id is not None:
        statement = statement.where(_of_root(root_decision_instance_id, {}))
    if viewer is not None:
        opening = HISTORIC_DECISIONS.opening
        statement = statement.where(of_tenant(opening.tenant, viewer.actor), opened(opening, viewer))
    rows = connection.execute(statement.group_by(_instance.decision_key).order_by(_instance.decision_key))
    return [Evaluations(key, count) for key, count in rows]
