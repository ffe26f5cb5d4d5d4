"""How much there is to delete: per process or decision definition, and per type of batch (Camunda manual, REST API,
"Get Cleanable Process Instance Report", "Get Cleanable Decision Instance Report", "Get Cleanable Batch Report")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, Table, and_, case, func, select

from engine.authorization import READ_BATCH_HISTORY, READ_DECISION_HISTORY, READ_PROCESS_HISTORY, Right
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
from engine.store.query.views import CleanableBatchesView, CleanableHistoryView

_instance = tables.process_instance.c
_batch = tables.batch.c
_made_decision = tables.decision_instance.c


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


def _report(
    name: str, definitions: Table, counted: Subquery, rights: Sequence[Right], thing: Thing, word: str
) -> Resource[CleanableHistoryView]:
    """A report with a row per definition; `counted` has a row for each of them that has some history.

    `word` begins the names of filters, `thing` is what `rights` are on.
    """
    definition = definitions.c
    finished = func.coalesce(counted.c.finished, 0)
    return Resource(
        name=name,
        make=CleanableHistoryView,
        columns=(
            definition.id,
            definition.key,
            definition.version,
            definition.name,
            definition.history_time_to_live,
            finished,
            func.coalesce(counted.c.cleanable, 0),
            definition.tenant_id,
        ),
        source=definitions.outerjoin(counted, counted.c.definition_id == definition.id),
        id=definition.id,
        opening=Opening(rights, {thing: definition.key}, definition.tenant_id),
        filters=table(
            Filter(f"{word}IdIn", DEFINITIONS, definition_among(definitions)),
            Filter(f"{word}KeyIn", TEXTS, among(definition.key)),
            Filter("tenantIdIn", TEXTS, tenant_among(definition.tenant_id)),
            Filter("withoutTenantId", FLAG, without_tenant(definition.tenant_id)),
            Filter("compact", FLAG, when(counted.c.finished > 0)),
        ),
        sorts={"finished": finished},
    )


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

CLEANABLE_INSTANCES: Resource[CleanableHistoryView] = _report(
    "cleanable process instance report",
    tables.process_definition,
    _ended,
    READ_PROCESS_HISTORY,
    Thing.PROCESS_DEFINITION,
    "processDefinition",
)

_removal_of_decision: Final = func.coalesce(_made_decision.removal_at, removal_of(_made_decision.process_instance_id))
_made: Final = (
    select(
        _made_decision.decision_id.label("definition_id"),
        func.count().label("finished"),
        _how_many(_removal_of_decision <= NOW).label("cleanable"),
    )
    .group_by(_made_decision.decision_id)
    .subquery("made")
)

CLEANABLE_DECISIONS: Resource[CleanableHistoryView] = _report(
    "cleanable decision instance report",
    tables.decision_definition,
    _made,
    READ_DECISION_HISTORY,
    Thing.DECISION_DEFINITION,
    "decisionDefinition",
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
