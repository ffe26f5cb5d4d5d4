"""Decisions for those who watch them: all of them, how often their rules matched, and what would come of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer
from api.routing import Body, Call, Routes, read_date
from api.shapes import GivenValues, Value, Values, read_values, show_date, show_tenant, show_value, show_values
from api.v1.versioned import PAGE, page_of, rows_of
from engine import DecisionFailed, Engine
from engine.decision import EvaluatedDecision
from engine.errors import NotFound
from engine.services.queries import DecisionDefinitionView, Evaluated

DECISIONS = Routes("Decisions")

MISSING: Mapping[type[Exception], Answer] = {NotFound: Answer(404, INVALID_REQUEST)}


def _definition(call: Call) -> DecisionDefinitionView:
    return call.engine.queries.decision(call.path["id"])


# ---------------------------------------------------------------- all decisions


class Decision(TypedDict):
    """A decision with all its versions; `id`, `name` and `version` are those of the newest.

    `evaluations` counts those whose history the reader may see, and that is still there; `evaluated` is the last one.
    """

    id: str
    key: str
    name: str | None
    version: int
    versionTag: str | None
    versions: int
    tenantId: str | None
    evaluations: int
    evaluated: str | None
    deployed: str | None


class Decisions(TypedDict):
    """A page of decisions, and how many there are that were searched for."""

    decisions: list[Decision]
    total: int


_ORDERS: Mapping[str, Callable[[Decision], Any]] = {
    "name": lambda decision: (decision["name"] or decision["key"]).lower(),
    "key": lambda decision: decision["key"].lower(),
    "versions": lambda decision: decision["versions"],
    "evaluations": lambda decision: decision["evaluations"],
    "evaluated": lambda decision: decision["evaluated"] or "",
    "deployed": lambda decision: decision["deployed"] or "",
}


def _decision(versions: Sequence[DecisionDefinitionView], evaluated: Mapping[int, Evaluated]) -> Decision:
    newest = max(versions, key=lambda view: view.version)
    found = [evaluated[view.id] for view in versions if view.id in evaluated]
    return {
        "id": newest.reference,
        "key": newest.key,
        "name": newest.name,
        "version": newest.version,
        "versionTag": newest.version_tag,
        "versions": len(versions),
        "tenantId": show_tenant(newest.tenant_id),
        "evaluations": sum(each.count for each in found),
        "evaluated": show_date(max((each.last_at for each in found), default=None)),
        "deployed": show_date(newest.created_at),
    }


def list_decisions(
    engine: Engine, search: str | None = None, sort_by: str = "name", sort_order: str = "asc"
) -> list[Decision]:
    """All decisions whose name or key has a text in it, in order. Raises Refused."""
    evaluated = {each.decision_id: each for each in engine.queries.evaluated()}
    versions = engine.queries.decision_definitions.list()
    return rows_of(versions, lambda each: _decision(each, evaluated), _ORDERS, search, sort_by, sort_order)


@DECISIONS.get("/decision", "Get a page of the decisions, each with all its versions")
def get_decisions(
    engine: Engine,
    search: str | None = None,
    sort_by: str = "name",
    sort_order: str = "asc",
    first_result: int = 0,
    max_results: int = PAGE,
) -> Decisions:
    """Two statements, however many decisions there are; what was searched for is part of the name or the key."""
    found = list_decisions(engine, search, sort_by, sort_order)
    return {"decisions": list(page_of(found, first_result, max_results)), "total": len(found)}


# ---------------------------------------------------------------- one version


class RuleHit(TypedDict):
    """How often a rule was part of a result, and when last."""

    ruleId: str
    count: int
    last: str | None


class RuleHits(TypedDict):
    """How often a decision was made, and the rules that matched; those that never did are not there."""

    evaluations: int
    rules: list[RuleHit]


@DECISIONS.get(
    "/decision-definition/{id}/rules",
    "Get how often the rules of a decision definition matched",
    fails=MISSING,
    found={"definition": _definition},
)
def get_rule_hits(engine: Engine, definition: DecisionDefinitionView, since: str | None = None) -> RuleHits:
    count, hits = engine.queries.rule_hits(definition.id, read_date(since, "since"))
    return {
        "evaluations": count,
        "rules": [{"ruleId": hit.rule_id, "count": hit.count, "last": show_date(hit.last_at)} for hit in hits],
    }


class Tried(Body):
    """What a decision is to be tried on."""

    variables: GivenValues | None = None


class TrialInput(Value, TypedDict):
    """What an input of a table was."""

    clauseId: str | None
    clauseName: str | None


class TrialOutput(Value, TypedDict):
    """An output of a rule that matched (`ruleOrder` counts those that did, from 1), or of an expression."""

    clauseId: str | None
    clauseName: str | None
    ruleId: str | None
    ruleOrder: int | None
    variableName: str


class TriedDecision(TypedDict):
    """One decision that was made on the way."""

    decisionKey: str
    decisionName: str
    inputs: list[TrialInput]
    outputs: list[TrialOutput]


class Trial(TypedDict):
    """What came of it, as the engine's REST API gives it; the decisions that were made, the one asked for last; and why
    expressions gave null.
    """

    result: list[Values]
    decisions: list[TriedDecision]
    warnings: list[str]


@DECISIONS.post(
    "/decision-definition/{id}/try",
    "Make a decision without keeping anything of it",
    fails={**MISSING, DecisionFailed: Answer(400, INVALID_REQUEST)},
    found={"definition": _definition},
    changes=False,
)
def try_decision(engine: Engine, definition: DecisionDefinitionView, body: Tried) -> Trial:
    evaluation = engine.decisions.evaluate(decision_id=definition.id, variables=read_values(body.variables), keep=False)
    return {
        "result": [show_values(row) for row in evaluation.result],
        "decisions": [_tried(each) for each in evaluation.evaluated],
        "warnings": list(evaluation.warnings),
    }


def _tried(decision: EvaluatedDecision) -> TriedDecision:
    return {
        "decisionKey": decision.decision_id,
        "decisionName": decision.decision_name,
        "inputs": [
            {**show_value(each.value), "clauseId": each.clause_id, "clauseName": each.clause_name}
            for each in decision.inputs
        ],
        "outputs": [
            {
                **show_value(each.value),
                "clauseId": each.clause_id,
                "clauseName": each.clause_name,
                "ruleId": each.rule_id,
                "ruleOrder": each.rule_order,
                "variableName": each.variable_name,
            }
            for each in decision.outputs
        ],
    }
