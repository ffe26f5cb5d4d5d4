"""Decisions over REST (Camunda manual, REST API, "Decision Definition"): files of them are kept, but none is read yet.

So there are no decision definitions and no instances of them, which is what clients that look for some are told.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer
from api.routing import Routes
from engine.errors import NotFound

DECISIONS = Routes("Decision")


class DecisionCount(TypedDict):
    """How many there are."""

    count: int


ABSENT = {NotFound: Answer(404, INVALID_REQUEST, 0)}


@DECISIONS.get("/decision-definition", "List decision definitions")
def get_decision_definitions() -> list[dict[str, Any]]:
    return []


@DECISIONS.get("/decision-definition/count", "Count decision definitions")
def count_decision_definitions() -> DecisionCount:
    return {"count": 0}


@DECISIONS.get("/decision-definition/{id}", "Get a decision definition", fails=ABSENT)
def get_decision_definition(id: str) -> dict[str, Any]:
    raise _absent(id)


@DECISIONS.get("/decision-definition/{id}/xml", "Get the DMN file", fails=ABSENT)
def get_decision_definition_xml(id: str) -> dict[str, Any]:
    raise _absent(id)


@DECISIONS.get("/history/decision-instance", "List the decisions that were made")
def get_historic_decision_instances() -> list[dict[str, Any]]:
    return []


@DECISIONS.get("/history/decision-instance/count", "Count the decisions that were made")
def count_historic_decision_instances() -> DecisionCount:
    return {"count": 0}


@DECISIONS.get("/history/decision-instance/{id}", "Get a decision that was made")
def get_historic_decision_instance(id: str) -> dict[str, Any]:
    raise NotFound("historic decision instance", id, f"Historic decision instance with id '{id}' does not exist")


def _absent(id: str) -> NotFound:
    return NotFound("decision definition", id, f"no deployed decision definition found with id '{id}'")
