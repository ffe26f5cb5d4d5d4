"""Decisions that were made, over REST (Camunda manual, REST API, "Historic Decision Instance")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from typing_extensions import TypedDict

from api.chosen import GivenQuery, given_ids, matching
from api.errors import refuse
from api.identity import current_user
from api.routing import Body, Routes, ThingId
from api.shapes import (
    Batch,
    HistoricDecisionInstance,
    show_batch,
    show_decision_input,
    show_decision_output,
    show_historic_decision,
)
from engine import Engine
from engine.distinct import distinct
from engine.errors import NotFound
from engine.services.queries import (
    HISTORIC_DECISIONS,
    UNKNOWN_ID,
    DecisionInstanceView,
    DefinitionId,
    parse_id,
)

DECISION_HISTORY = Routes("History")

DecisionInstanceId = Annotated[int, ThingId("historic decision instance")]


def _show(
    engine: Engine,
    views: Sequence[DecisionInstanceView],
    *,
    inputs: bool,
    outputs: bool,
    content: bool,
    deserialize: bool,
) -> list[HistoricDecisionInstance]:
    """Decisions with their inputs and outputs, as far as these are asked for."""
    shown = {view.id: show_historic_decision(view) for view in views}
    if inputs:
        given = engine.queries.inputs_of_decisions(views, with_content=content)
        for view in views:
            shown[view.id]["inputs"] = [
                show_decision_input(view, each, deserialize=deserialize) for each in given[view.id]
            ]
    if outputs:
        found = engine.queries.outputs_of_decisions(views, with_content=content)
        for view in views:
            shown[view.id]["outputs"] = [
                show_decision_output(view, each, deserialize=deserialize) for each in found[view.id]
            ]
    return list(shown.values())


def _show_list(
    engine: Engine, views: Sequence[DecisionInstanceView], _: Mapping[str, Any], query: Mapping[str, str]
) -> list[HistoricDecisionInstance]:
    def flag(name: str) -> bool:
        return query.get(name, "").lower() == "true"

    return _show(
        engine,
        views,
        inputs=flag("includeInputs"),
        outputs=flag("includeOutputs"),
        content=not flag("disableBinaryFetching"),
        deserialize=not flag("disableCustomObjectDeserialization"),
    )


DECISION_HISTORY.collection(
    "/history/decision-instance",
    lambda queries: queries.historic_decisions,
    HISTORIC_DECISIONS,
    _show_list,
    list[HistoricDecisionInstance],
    post=False,
    plural="historic decision instances",
)


@DECISION_HISTORY.get("/history/decision-instance/{id}", "Get a historic decision instance")
def get_historic_decision_instance(
    engine: Engine,
    id: DecisionInstanceId,
    include_inputs: bool = False,
    include_outputs: bool = False,
    disable_binary_fetching: bool = False,
    disable_custom_object_deserialization: bool = False,
) -> HistoricDecisionInstance:
    view = engine.queries.historic_decisions.find(id)
    if view is None:
        told = f"Historic decision instance with id '{id}' does not exist"
        raise NotFound("historic decision instance", id, told)
    (shown,) = _show(
        engine,
        [view],
        inputs=include_inputs,
        outputs=include_outputs,
        content=not disable_binary_fetching,
        deserialize=not disable_custom_object_deserialization,
    )
    return shown


class DecisionDeletion(Body):
    """Decisions that were made."""

    historic_decision_instance_ids: list[str] | None = None
    historic_decision_instance_query: GivenQuery | None = None
    delete_reason: str | None = None


@DECISION_HISTORY.post("/history/decision-instance/delete", "Delete historic decision instances for good, as a batch")
def delete_historic_decision_instances(engine: Engine, body: DecisionDeletion) -> Batch:
    found = given_ids(body.historic_decision_instance_ids)
    found += matching(engine, HISTORIC_DECISIONS, body.historic_decision_instance_query)
    if not found:
        raise refuse("historicDecisionInstanceIds is empty")
    id = engine.decisions.delete_history(distinct(found), reason=body.delete_reason, user=current_user())
    return show_batch(engine.queries.batches.get(id))


class EvaluationCount(TypedDict):
    """How often a decision was made."""

    decisionDefinitionKey: str
    evaluations: int


@DECISION_HISTORY.get(
    "/history/decision-requirements-definition/{id}/statistics",
    "Count how often the decisions of a decision requirements definition were made",
)
def get_decision_statistics(engine: Engine, id: str, decision_instance_id: str | None = None) -> list[EvaluationCount]:
    named = DefinitionId.parse(id)
    if named is None:
        return []
    root = None
    if decision_instance_id is not None:
        root = parse_id(decision_instance_id)
        root = UNKNOWN_ID if root is None else root
    counted = engine.queries.count_evaluations(named.id, root)
    return [{"decisionDefinitionKey": each.decision_key, "evaluations": each.count} for each in counted]
