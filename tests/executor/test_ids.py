"""What services write takes ids, whoever else takes some at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from engine import Engine
from engine.authorization import Actor
from engine.handlers import Handler
from engine.store.ids import IdsExhausted
from engine.store.jobs import TopicRequest
from tests.executor.models import model
from tests.worker.models import process, sequence, work

MINUTE = timedelta(minutes=1)
CONTINUATION = '<userTask id="a" camunda:asyncBefore="true"/>'


class Thief:
    """A clock; whoever asks it once it is let loose finds that others have taken all ids that were in hand."""

    def __init__(self) -> None:
        self.take: Callable[[], int] | None = None

    def __call__(self) -> datetime:
        take, self.take = self.take, None
        while take is not None:
            try:
                take()
            except IdsExhausted:
                break
        return datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def thief() -> Thief:
    return Thief()


@pytest.fixture
def engine(database_url: str, thief: Thief) -> Iterator[Engine]:
    opened = Engine.open(database_url, clock=thief)
    opened.upgrade()
    yield opened
    opened.close()


DOINGS: dict[str, Callable[[Engine], object]] = {
    "deploy": lambda engine: engine.deployments.deploy({"q.bpmn": process(sequence(CONTINUATION), key="q")}),
    "claim": lambda engine: engine.jobs.claim("w", lease=MINUTE, limit=10),
    "do": lambda engine: engine.dispatch.run_internal("baton:w", lease=MINUTE, limit=10),
    "fetch": lambda engine: engine.external_tasks.fetch_and_lock(
        "w", [TopicRequest(topic="pay", lease=MINUTE)], limit=10
    ),
    "handle": lambda engine: engine.dispatch.claim(
        "baton:w", {"pay": Handler(names=("pay",), function=lambda: None)}, lease=MINUTE, limit=10
    ),
    "note": lambda engine: engine.process_definitions.set_suspended(True, key="p"),
}


@pytest.mark.parametrize("doing", DOINGS)
def test_nobody_finds_that_others_have_taken_the_ids(engine: Engine, thief: Thief, doing: str) -> None:
    engine.deployments.deploy({"p.bpmn": process(sequence(CONTINUATION))})
    engine.deployments.deploy({"w.bpmn": process(sequence(work("x", "pay")), key="w")})
    for key in ("p", "w"):
        engine.process_instances.start(key=key)
    acting = engine.acting_as(Actor("ann", administrator=True)) if doing == "note" else engine
    thief.take = engine._ids.next
    assert DOINGS[doing](acting) != []
    assert engine.check() == []


def test_a_process_that_has_just_begun_may_delete_the_newest_version(engine: Engine, database_url: str) -> None:
    timer = '<startEvent id="start"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>'
    before = sequence('<userTask id="a"/>').replace('<startEvent id="start"/>', f"{timer}</startEvent>")
    engine.deployments.deploy(model(before))
    for delete in (
        lambda one, made: one.deployments.delete(made.deployment.id),
        lambda one, made: one.process_definitions.delete(definition_id=made.process_definitions[0].id),
    ):
        newer = engine.deployments.deploy(model(sequence('<userTask id="b"/>')))
        assert engine.queries.jobs.list() == []
        other = Engine.open(database_url)
        delete(other, newer)
        other.close()
        assert len(engine.queries.jobs.list()) == 1
