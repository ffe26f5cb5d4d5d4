"""How much there is to delete: per process or decision definition, and per type of batch (Camunda manual, REST API,
"Get Cleanable Process Instance Report", "Get Cleanable Decision Instance Report", "Get Cleanable Batch Report")."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, select

from engine.authorization import READ_BATCH_HISTORY, READ_DECISION_HISTORY, READ_PROCESS_HISTORY
from engine.authorization import Resource as Thing
from engine.store import tables
from engine.store.query.conditions import (
    NOW,
    among,
    definition_among,
    tenant_among,
    when,
    without_tenant,
)
from engine.store.query.kinds import DEFINITIONS, FLAG, TEXTS
from engine.store.query.permitted import Opening
from engine.store.query.removal import removal_of
from engine.store.query.resource import Filter, Resource, table
from engine.store.query.views import CleanableBatchesView, CleanableDecisionsView, CleanableInstancesView

_definition = tables.process_definition.c
_instance = tables.process_instance.c
_batch = tables.batch.c
_decision = tables.decision_definition.c
_made_decision = tables.decision_instance.c


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


_ended: Final = (
    select(
        _instance.definition_id,
        func.count().label("finished"),
        _how_many(_instance.removal_at <= NOW).label("cleanable"),
    )
    .where(_instance.ended_at.is_not(None))
    .group_by(_instance.definition_id)
    .subquery("ended")
)
_FINISHED: Final = func.coalesce(_ended.c.finished, 0)

CLEANABLE_INSTANCES: Resource[CleanableInstancesView] = Resource(
    name="cleanable process instance report",
    make=CleanableInstancesView,
    columns=(
        _definition.id,
        _definition.key,
        _definition.version,
        _definition.name,
        _definition.history_time_to_live,
        _FINISHED,
        func.coalesce(_ended.c.cleanable, 0),
        _definition.tenant_id,
    ),
    source=tables.process_definition.outerjoin(_ended, _ended.c.definition_id == _definition.id),
    id=_definition.id,
    opening=Opening(READ_PROCESS_HISTORY, {Thing.PROCESS_DEFINITION: _definition.key}, _definition.tenant_id),
    filters=table(
        Filter("processDefinitionIdIn", DEFINITIONS, definition_among(tables.process_definition)),
        Filter("processDefinitionKeyIn", TEXTS, among(_definition.key)),
        Filter("tenantIdIn", TEXTS, tenant_among(_definition.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_definition.tenant_id)),
        Filter("compact", FLAG, when(_ended.c.finished > 0)),
    ),
    sorts={"finished": _FINISHED},
)

_types: Final = (
    select(
        func.min(_batch.id).label("id"),
        _batch.type,
        _how_many(_batch.ended_at.is_not(None)).label("finished"),
        _how_many(and_(_batch.ended_at.is_not(None), _batch.removal_at <= NOW)).label("cleanable"),
    )
    .where(~_batch.forgotten)
    .group_by(_batch.type)
    .subquery("types")
)

_removal_of_decision: Final = func.coalesce(_made_decision.removal_at, removal_of(_made_decision.process_instance_id))
_made: Final = (
    select(
        _made_decision.decision_id,
        func.count().label("finished"),
        _how_many(_removal_of_decision <= NOW).label("cleanable"),
    )
    .group_by(_made_decision.decision_id)
    .subquery("made")
)
_MADE: Final = func.coalesce(_made.c.finished, 0)

CLEANABLE_DECISIONS: Resource[CleanableDecisionsView] = Resource(
    name="cleanable decision instance report",
    make=CleanableDecisionsView,
    columns=(
        _decision.id,
        _decision.key,
        _decision.version,
        _decision.name,
        _decision.history_time_to_live,
        _MADE,
        func.coalesce(_made.c.cleanable, 0),
        _decision.tenant_id,
    ),
    source=tables.decision_definition.outerjoin(_made, _made.c.decision_id == _decision.id),
    id=_decision.id,
    opening=Opening(READ_DECISION_HISTORY, {Thing.DECISION_DEFINITION: _decision.key}, _decision.tenant_id),
    filters=table(
        Filter("decisionDefinitionIdIn", DEFINITIONS, definition_among(tables.decision_definition)),
        Filter("decisionDefinitionKeyIn", TEXTS, among(_decision.key)),
        Filter("tenantIdIn", TEXTS, tenant_among(_decision.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_decision.tenant_id)),
        Filter("compact", FLAG, when(_made.c.finished > 0)),
    ),
    sorts={"finished": _MADE},
)

CLEANABLE_BATCHES: Resource[CleanableBatchesView] = Resource(
    name="cleanable batch report",
    make=CleanableBatchesView,
    columns=(_types.c.id, _types.c.type, _types.c.finished, _types.c.cleanable),
    source=_types,
    id=_types.c.id,
    opening=Opening(READ_BATCH_HISTORY, {Thing.BATCH: _types.c.id}),
    filters={},
    sorts={"finished": _types.c.finished},
)
