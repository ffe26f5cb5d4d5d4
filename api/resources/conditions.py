"""Conditions over REST (Camunda manual, REST API, "Condition")."""

from __future__ import annotations

from api.errors import Answer, refuse
from api.identity import current_user
from api.resources.process_definitions import show_started
from api.routing import Body, Routes
from api.shapes import GivenValues, ProcessInstance, read_values
from engine import Engine
from engine.errors import NotFound
from engine.services.queries import DefinitionId

CONDITIONS = Routes("Condition")


class Evaluation(Body):
    """Variables for which conditional start events are asked, of all definitions or of some."""

    variables: GivenValues | None = None
    business_key: str | None = None
    tenant_id: str | None = None
    without_tenant_id: bool = False
    process_definition_id: str | None = None


@CONDITIONS.post(
    "/condition",
    "Evaluate the conditions of conditional start events",
    fails={NotFound: Answer(400, "NotFoundException", 0)},
)
def evaluate_condition(engine: Engine, body: Evaluation) -> list[ProcessInstance]:
    if body.tenant_id is not None and body.without_tenant_id:
        raise refuse("Parameter 'tenantId' cannot be used together with parameter 'withoutTenantId'.")
    named = None if body.process_definition_id is None else DefinitionId.parse(body.process_definition_id)
    if named is None and body.process_definition_id is not None:
        raise NotFound(
            "process definition",
            body.process_definition_id,
            f"no deployed process definition found with id '{body.process_definition_id}'",
        )
    started = engine.conditions.evaluate(
        read_values(body.variables),
        business_key=body.business_key,
        tenant_id="" if body.without_tenant_id else body.tenant_id,
        definition_id=None if named is None else named.id,
        user=current_user(),
    )
    return [show_started(each) for each in started]
