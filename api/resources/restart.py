"""Restart of ended process instances over REST (Camunda manual, REST API, "Restart Process Instance")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.chosen import GivenQuery, given_ids, matching
from api.errors import INVALID_REQUEST, Answer
from api.identity import current_user
from api.instructions import GivenInstruction, read_starts
from api.named import definition_id
from api.routing import Body, Routes
from api.shapes import Batch, show_batch
from engine import Engine, RestartPlan
from engine.errors import BadRequest, InvalidInstruction, NotFound, Suspended
from engine.services.queries import HISTORIC_PROCESS_INSTANCES

RESTART = Routes("Process definition")

WRONG: Mapping[type[Exception], Answer] = dict.fromkeys(
    (BadRequest, InvalidInstruction, NotFound, Suspended), Answer(400, INVALID_REQUEST)
)


class Restart(Body):
    """Which ended process instances are restarted, where, and with what."""

    process_instance_ids: list[str] | None = None
    historic_process_instance_query: GivenQuery | None = None
    instructions: list[GivenInstruction] | None = None
    initial_variables: bool = False
    without_business_key: bool = False
    skip_custom_listeners: bool = False
    skip_io_mappings: bool = False


def _plan(engine: Engine, reference: str, body: Restart) -> RestartPlan:
    return RestartPlan(
        definition_id=definition_id(engine, reference, "Process definition"),
        instructions=tuple(read_starts(body.instructions or [])),
        initial_variables=body.initial_variables,
        without_business_key=body.without_business_key,
        skip_listeners=body.skip_custom_listeners,
        skip_io_mappings=body.skip_io_mappings,
    )


def _meant(engine: Engine, body: Restart) -> Sequence[int]:
    found = given_ids(body.process_instance_ids)
    return found + matching(engine, HISTORIC_PROCESS_INSTANCES, body.historic_process_instance_query)


@RESTART.post("/process-definition/{id}/restart", "Restart process instances that have ended", fails=WRONG)
def restart_process_instances(engine: Engine, id: str, body: Restart) -> None:
    engine.restarts.execute(_plan(engine, id, body), _meant(engine, body), user=current_user())


@RESTART.post(
    "/process-definition/{id}/restart-async", "Restart process instances that have ended, as a batch", fails=WRONG
)
def restart_process_instances_by_and_by(engine: Engine, id: str, body: Restart) -> Batch:
    batch = engine.restarts.start_batch(_plan(engine, id, body), _meant(engine, body), user=current_user())
    return show_batch(engine.queries.batches.get(batch))
