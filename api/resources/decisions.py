"""Decision definitions and decision requirements definitions over REST (Camunda manual, REST API, "Decision
Definition", "Decision Requirements Definition").

The routes for one of them are there three times: by id, by key (the latest version of no tenant), by key and tenant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer
from api.identity import current_user
from api.resources.deployments import picture_of, text_of
from api.resources.process_definitions import TimeToLive
from api.routing import Body, Content, Routes
from api.shapes import (
    DecisionDefinition,
    GivenValues,
    RequirementsDefinition,
    Values,
    read_values,
    show_decision,
    show_requirements,
    show_values,
)
from api.ways import BY_ID, ways
from engine import DecisionFailed, Engine
from engine.errors import BadRequest, NotFound
from engine.services.queries import (
    DECISION_DEFINITIONS,
    REQUIREMENTS_DEFINITIONS,
    DecisionDefinitionView,
    DefinitionId,
    Queries,
    RequirementsView,
)

DECISIONS = Routes("Decision definition")
REQUIREMENTS = Routes("Decision requirements definition")

# ---------------------------------------------------------------- shapes


class Evaluation(Body):
    """What a decision is to be made on."""

    variables: GivenValues | None = None


class Dmn(TypedDict):
    """The file of a definition, as it was deployed."""

    id: str
    dmnXml: str


# ---------------------------------------------------------------- decision definitions


def _show(_: Engine, views: Sequence[DecisionDefinitionView], *__: Mapping[str, Any]) -> list[DecisionDefinition]:
    return [show_decision(view) for view in views]


DECISIONS.collection(
    "/decision-definition",
    lambda queries: queries.decision_definitions,
    DECISION_DEFINITIONS,
    _show,
    list[DecisionDefinition],
    post=False,
    plural="decision definitions",
)


def get_decision_definition(definition: DecisionDefinitionView) -> DecisionDefinition:
    return show_decision(definition)


def _xml(engine: Engine, definition: DecisionDefinitionView | RequirementsView) -> Dmn:
    _, data = engine.queries.resource(definition.deployment_id, definition.resource_id)
    return {"id": definition.reference, "dmnXml": text_of(data)}


def get_decision_definition_xml(engine: Engine, definition: DecisionDefinitionView) -> Dmn:
    return _xml(engine, definition)


def get_decision_definition_diagram(engine: Engine, definition: DecisionDefinitionView) -> Content | None:
    return picture_of(engine, definition)


def set_history_time_to_live_of_decision(engine: Engine, definition: DecisionDefinitionView, body: TimeToLive) -> None:
    engine.decisions.set_history_time_to_live(definition.id, body.days())


def evaluate_decision(engine: Engine, id: str, body: Evaluation) -> list[Values]:
    named = DefinitionId.parse(id)
    if named is None or engine.queries.decision(id).id != named.id:
        raise NotFound("decision definition", id)
    return _evaluate(engine, body, decision_id=named.id)


def evaluate_decision_by_key(engine: Engine, key: str, body: Evaluation) -> list[Values]:
    return _evaluate(engine, body, key=key, tenant_id="")


def evaluate_decision_by_key_and_tenant(engine: Engine, key: str, tenant_id: str, body: Evaluation) -> list[Values]:
    return _evaluate(engine, body, key=key, tenant_id=tenant_id)


def _evaluate(engine: Engine, body: Evaluation, **which: Any) -> list[Values]:
    evaluation = engine.decisions.evaluate(**which, variables=read_values(body.variables), user=current_user())
    return [show_values(row) for row in evaluation.result]


WAYS = ways("/decision-definition", Queries.decision, Queries.latest_decision)
EVALUATED: Sequence[Callable[..., Any]] = (
    evaluate_decision,
    evaluate_decision_by_key,
    evaluate_decision_by_key_and_tenant,
)
NO_PICTURE: Mapping[type[Exception], Answer] = {NotFound: Answer(400, "NotFoundException", 0)}
"""How Camunda tells of the picture of a decision that there is not."""
NEGATIVE: Mapping[type[Exception], Answer] = {BadRequest: Answer(400, "BadUserRequestException", 0)}

SERVED: Sequence[tuple[str, str, str, Callable[..., Any]]] = (
    ("get", "", "Get a decision definition", get_decision_definition),
    ("get", "/xml", "Get the DMN file", get_decision_definition_xml),
    ("get", "/diagram", "Get the picture deployed with it", get_decision_definition_diagram),
    (
        "put",
        "/history-time-to-live",
        "Set how long it is kept that it was evaluated",
        set_history_time_to_live_of_decision,
    ),
)

for _way, _evaluating in zip(WAYS, EVALUATED, strict=True):
    _prefix = f"Cannot evaluate decision {_way.named}: "
    _by_id = _way.missing is BY_ID
    DECISIONS.post(
        f"{_way.path}/evaluate",
        "Evaluate a decision",
        fails={
            DecisionFailed: Answer(500, "RestException", 0, _prefix),
            NotFound: Answer(404, INVALID_REQUEST, 0, _prefix) if _by_id else Answer(404, "RestException"),
        },
    )(_evaluating)
    for _method, _ending, _summary, _handler in SERVED:
        getattr(DECISIONS, _method)(
            _way.path + _ending,
            _summary,
            fails={**NEGATIVE, **(NO_PICTURE if _by_id and _ending == "/diagram" else _way.missing)},
            found={"definition": _way.find},
            name=_handler.__name__ + _way.suffix,
        )(_handler)


# ---------------------------------------------------------------- decision requirements definitions


def _show_requirements(
    _: Engine, views: Sequence[RequirementsView], *__: Mapping[str, Any]
) -> list[RequirementsDefinition]:
    return [show_requirements(view) for view in views]


REQUIREMENTS.collection(
    "/decision-requirements-definition",
    lambda queries: queries.requirements_definitions,
    REQUIREMENTS_DEFINITIONS,
    _show_requirements,
    list[RequirementsDefinition],
    post=False,
    plural="decision requirements definitions",
)


def get_decision_requirements_definition(definition: RequirementsView) -> RequirementsDefinition:
    return show_requirements(definition)


def get_decision_requirements_definition_xml(engine: Engine, definition: RequirementsView) -> Dmn:
    return _xml(engine, definition)


def get_decision_requirements_definition_diagram(engine: Engine, definition: RequirementsView) -> Content | None:
    return picture_of(engine, definition)


for _way in ways("/decision-requirements-definition", Queries.requirements, Queries.latest_requirements):
    for _ending, _summary, _handler in (
        ("", "Get a decision requirements definition", get_decision_requirements_definition),
        ("/xml", "Get the DMN file", get_decision_requirements_definition_xml),
        ("/diagram", "Get the picture deployed with it", get_decision_requirements_definition_diagram),
    ):
        _kind = "NotValidException" if _ending == "/diagram" else INVALID_REQUEST
        REQUIREMENTS.get(
            _way.path + _ending,
            _summary,
            fails={NotFound: Answer(400, _kind, 0)} if _way.missing is BY_ID else _way.missing,
            found={"definition": _way.find},
            name=_handler.__name__ + _way.suffix,
        )(_handler)
