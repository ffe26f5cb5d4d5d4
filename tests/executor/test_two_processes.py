"""Two processes on one database take ids from blocks of their own: what came last does not always have the highest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest

from engine import Engine, ForkPlan
from engine.authorization import Actor, NotAuthorized
from engine.services.messages import Content, Correlation
from tests.executor.clock import Clock
from tests.executor.models import ONE_TASK, model
from tests.worker.models import process, sequence

MINUTE = timedelta(minutes=1)
OTHER_TASK = ONE_TASK.replace('"task"', '"other"')


class Two(NamedTuple):
    """What `earlier` does has higher ids than what `later` does, on the same database."""

    earlier: Engine
    later: Engine


@pytest.fixture
def two(database_url: str, clock: Clock) -> Iterator[Two]:
    later, earlier = (Engine.open(database_url, clock=clock) for _ in range(2))
    later.upgrade()
    for each in (later, earlier):  # each takes a block
        each.tasks.create(name="nothing")
    made = Two(earlier, later)
    assert made.earlier.tasks.create() > made.later.tasks.create()
    yield made
    for each in two_of(made):
        each.close()


def two_of(engines: Two) -> tuple[Engine, Engine]:
    return engines.earlier, engines.later


def test_what_is_deployed_again_is_compared_with_what_was_deployed_last(two: Two, clock: Clock) -> None:
    two.earlier.deployments.deploy(model(ONE_TASK), name="one")
    clock.pass_time(MINUTE)
    two.later.deployments.deploy(model(OTHER_TASK), name="one")
    clock.pass_time(MINUTE)
    for engine in two_of(two):
        again = engine.deployments.deploy(model(OTHER_TASK), name="one", enable_duplicate_filtering=True)
        assert again.process_definitions == ()
    back = two.later.deployments.deploy(model(ONE_TASK), name="one", enable_duplicate_filtering=True)
    assert [each.version for each in back.process_definitions] == [3]


def test_who_may_start_a_process_is_said_by_its_latest_version(two: Two, clock: Clock) -> None:
    before = process(sequence('<userTask id="a"/>')).replace(
        b'id="p" isExecutable', b'id="p" camunda:candidateStarterUsers="bob" isExecutable'
    )
    two.earlier.deployments.deploy({"p.bpmn": before})
    clock.pass_time(MINUTE)
    two.later.deployments.deploy({"p.bpmn": before.replace(b'"bob"', b'"ann"')})
    with pytest.raises(NotAuthorized):
        two.later.acting_as(Actor("bob")).process_instances.start(key="p")
    two.later.acting_as(Actor("ann")).process_instances.start(key="p")


def test_what_was_said_last_comes_first(two: Two, clock: Clock) -> None:
    task = two.later.tasks.create(name="talk")
    for engine, message in ((two.later, "one"), (two.earlier, "two"), (two.later, "three")):
        engine.tasks.add_comment(task, message)
        clock.pass_time(MINUTE)
    assert [each.message for each in two.later.queries.task_comments(task)] == ["three", "two", "one"]


def test_the_oldest_message_that_is_kept_comes_first(two: Two, clock: Clock) -> None:
    catch = '<intermediateCatchEvent id="c"><messageEventDefinition messageRef="m1"/></intermediateCatchEvent>'
    body = process(sequence(catch, '<userTask id="a"/>'), outside='<message id="m1" name="paid"/>')
    two.later.deployments.deploy({"p.bpmn": body})
    for engine, number in ((two.earlier, 1), (two.later, 2)):
        content = Content(variables={"number": number})
        engine.messages.publish(Correlation(name="paid"), content, time_to_live=timedelta(hours=1))
        clock.pass_time(timedelta(seconds=1))
    got = [two.later.queries.variables_of(two.later.process_instances.start(key="p").id) for _ in range(2)]
    assert got == [{"number": 1}, {"number": 2}]


def test_the_newest_fork_comes_first(two: Two, clock: Clock) -> None:
    two.later.deployments.deploy(model(ONE_TASK))
    definition = two.later.queries.latest_definition("p").id
    origin = two.later.process_instances.start(key="p").id
    at = clock.now
    made = []
    for engine in two_of(two):
        clock.pass_time(MINUTE)
        made.append(engine.forks.execute(ForkPlan(instance_id=origin, at=at, definition_id=definition)))
    assert [id for id, _ in two.later.queries.lineage(origin).forks] == made[::-1]
