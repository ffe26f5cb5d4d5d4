"""Modification of many process instances over REST (Camunda manual, REST API, "Modification")."""

from __future__ import annotations

from collections.abc import Mapping

from api.chosen import ChosenInstances, chosen_instances
from api.errors import INVALID_REQUEST, Answer
from api.identity import current_user
from api.instructions import GivenInstruction, read_instructions
from api.named import definition_id
from api.routing import Routes
from api.shapes import Batch, show_batch
from engine import Engine, ModificationPlan
from engine.errors import BadRequest, InvalidInstruction, NotFound

MODIFICATION = Routes("Modification")

WRONG: Mapping[type[Exception], Answer] = {
    BadRequest: Answer(400, INVALID_REQUEST),
    InvalidInstruction: Answer(400, INVALID_REQUEST),
    NotFound: Answer(500, "ProcessEngineException", 0),
}


class ManyModified(ChosenInstances):
    """Instructions, and the process instances of one definition in which they are done one after the other."""

    process_definition_id: str | None = None
    instructions: list[GivenInstruction] | None = None
    skip_custom_listeners: bool = False
    skip_io_mappings: bool = False
    annotation: str | None = None


def _plan(engine: Engine, body: ManyModified) -> ModificationPlan:
    return ModificationPlan(
        definition_id=definition_id(engine, body.process_definition_id, "processDefinitionId"),
        instructions=tuple(read_instructions(body.instructions or [])),
        skip_listeners=body.skip_custom_listeners,
        skip_io_mappings=body.skip_io_mappings,
        reason=body.annotation,
    )


@MODIFICATION.post("/modification/execute", "Modify process instances, all of them or none", fails=WRONG)
def modify_process_instances(engine: Engine, body: ManyModified) -> None:
    engine.modifications.execute(_plan(engine, body), chosen_instances(engine, body), user=current_user())


@MODIFICATION.post("/modification/executeAsync", "Modify process instances, as a batch", fails=WRONG)
def modify_process_instances_by_and_by(engine: Engine, body: ManyModified) -> Batch:
    id = engine.modifications.start_batch(_plan(engine, body), chosen_instances(engine, body), user=current_user())
    return show_batch(engine.queries.batches.get(id))
