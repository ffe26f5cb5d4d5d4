"""Events that come at the same moment as something else (F14, F19, F22, F38, F41, F42): one of them wins, wholly."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from engine import Engine
from engine.errors import Conflict, NotFound
from engine.executor import RECEIVERS
from tests.faults.patience import eventually
from tests.faults.servers import blocking, server
from tests.faults.test_races import at_once
from tests.worker.models import end_leases, ended, process, sequence

ROUNDS = 15
SIGNALS = '<signal id="s1" name="alert"/><error id="e1" errorCode="FULL"/>'
ALERT = '<signalEventDefinition signalRef="s1"/>'
HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
TERMINATE = "<terminateEventDefinition/>"
ERROR = '<errorEventDefinition errorRef="e1"/>'


def flow(*ids: str) -> str:
    return "".join(
        f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'
        for source, target in itertools.pairwise(ids)
    )


def tasks(*ids: str) -> str:
    return "".join(f'<userTask id="{id}"/>' for id in ids)


def deploy(engine: Engine, body: str, key: str = "p") -> None:
    engine.deployments.deploy({f"{key}.bpmn": process(body, outside=SIGNALS, key=key)}, name=key)


def start(engine: Engine, **variables: object) -> int:
    return engine.process_instances.start(key="p", variables=variables).id


def open_tasks(engine: Engine, instance: int) -> dict[str, int]:
    found = engine.queries.tasks.list({"processInstanceId": str(instance)})
    return {str(each.element_id): each.id for each in found}


def job_of(engine: Engine, instance: int) -> int:
    (job,) = engine.queries.jobs.list({"processInstanceId": str(instance)})
    return job.id


def done(errors: Sequence[Exception | None]) -> list[bool]:
    """Which of them succeeded; the others must have been told that there is nothing (any more) to be done."""
    assert [each for each in errors if each is not None and not isinstance(each, NotFound | Conflict)] == []
    return [each is None for each in errors]


FIRST = (
    f'<startEvent id="start"/><eventBasedGateway id="first"/><intermediateCatchEvent id="told">{ALERT}'
    f'</intermediateCatchEvent><intermediateCatchEvent id="late">{HOUR}</intermediateCatchEvent>'
    + tasks("a", "b")
    + flow("start", "first", "told", "a")
    + flow("first", "late", "b")
)
BOUNDARY = (
    f'<startEvent id="start"/><userTask id="x"/><boundaryEvent id="told" attachedToRef="x">{ALERT}</boundaryEvent>'
    f'<boundaryEvent id="late" attachedToRef="x">{HOUR}</boundaryEvent>'
    + tasks("a", "b")
    + flow("start", "x")
    + flow("told", "a")
    + flow("late", "b")
)


@pytest.mark.parametrize("body", [FIRST, BOUNDARY], ids=["behind a gateway", "at a boundary"])
def test_a_signal_and_a_timer_at_once_lead_one_way(engines: list[Engine], body: str) -> None:
    one, two, three = engines
    deploy(one, body)
    for _ in range(ROUNDS):
        instance = start(one)
        timer = job_of(one, instance)
        told, late = done(at_once([partial(two.signals.send, "alert"), partial(three.jobs.execute, timer)]))
        assert told, "a signal that nobody waits for (any more) is no error"
        assert list(open_tasks(one, instance)) == ["b" if late else "a"]
        assert one.queries.jobs.list({"processInstanceId": str(instance)}) == []
        one.process_instances.delete(instance)
    assert one.check() == []


def test_a_signal_is_caught_once_however_many_send_it_at_once(engines: list[Engine]) -> None:
    deploy(engines[0], sequence(f'<intermediateCatchEvent id="c">{ALERT}</intermediateCatchEvent>', tasks("a")))
    for _ in range(ROUNDS):
        instance = start(engines[0])
        assert at_once([partial(each.signals.send, "alert") for each in engines]) == [None] * 3
        assert list(open_tasks(engines[0], instance)) == ["a"]
        engines[0].process_instances.delete(instance)
    assert engines[0].check() == []


def test_an_inclusive_join_fires_once_when_a_branch_is_cancelled_meanwhile(engines: list[Engine]) -> None:
    one, two, three = engines
    inner = '<startEvent id="in"/>' + tasks("b") + flow("in", "b")
    deploy(
        one,
        '<startEvent id="start"/><inclusiveGateway id="fork"/><inclusiveGateway id="join"/>'
        + tasks("a", "after", "other")
        + f'<subProcess id="s">{inner}</subProcess>'
        + f'<boundaryEvent id="told" attachedToRef="s">{ALERT}</boundaryEvent>'
        + flow("start", "fork", "a", "join", "after")
        + flow("fork", "s", "join")
        + flow("told", "other"),
    )
    for _ in range(ROUNDS):
        instance = start(one)
        a = open_tasks(one, instance)["a"]
        assert done(at_once([partial(two.tasks.complete, a), partial(three.signals.send, "alert")])) == [True, True]
        assert sorted(open_tasks(one, instance)) == ["after", "other"]
        one.process_instances.delete(instance)
    assert one.check() == []


CHILD = sequence(tasks("work"))
CALL = '<callActivity id="call" calledElement="child"/>'


def test_a_called_process_ends_while_its_caller_is_cancelled(engines: list[Engine]) -> None:
    one, two, three = engines
    deploy(one, CHILD, key="child")
    deploy(one, sequence(CALL, tasks("after")))
    for _ in range(ROUNDS):
        instance = start(one)
        (child,) = one.queries.process_instances.list({"superProcessInstance": str(instance)})
        work = open_tasks(one, child.id)["work"]
        completed, deleted = done(
            at_once([partial(two.tasks.complete, work), partial(three.process_instances.delete, instance)])
        )
        assert deleted
        assert ended(one, instance)
        assert ended(one, child.id)
        state = one.queries.historic_process_instances.get(child.id).state
        assert state == ("COMPLETED" if completed else "EXTERNALLY_TERMINATED")
    assert one.check() == []


def test_two_called_processes_that_end_at_once_join_once(engines: list[Engine]) -> None:
    one, two, three = engines
    deploy(one, CHILD, key="child")
    twice = CALL.replace(
        "/>",
        "><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
        "</multiInstanceLoopCharacteristics></callActivity>",
    )
    deploy(one, sequence(twice, tasks("after")))
    for _ in range(ROUNDS):
        instance = start(one)
        children = one.queries.process_instances.list({"superProcessInstance": str(instance)})
        first, second = (open_tasks(one, child.id)["work"] for child in children)
        assert done(at_once([partial(two.tasks.complete, first), partial(three.tasks.complete, second)])) == [True] * 2
        assert list(open_tasks(one, instance)) == ["after"]
        one.process_instances.delete(instance)
    assert one.check() == []


def ending(event: str) -> str:
    """In a sub-process: one task leads to an end event that ends the scope, another to one that does not."""
    inner = (
        f'<startEvent id="in"/>{tasks("a", "b")}<endEvent id="all">{event}</endEvent><endEvent id="one"/>'
        + flow("in", "a", "all")
        + flow("in", "b", "one")
    )
    caught = (
        f'<boundaryEvent id="caught" attachedToRef="s">{ERROR}</boundaryEvent>' + flow("caught", "after")
        if event == ERROR
        else ""
    )
    return f'<startEvent id="start"/><subProcess id="s">{inner}</subProcess>{tasks("after")}{caught}' + flow(
        "start", "s", "after"
    )


@pytest.mark.parametrize("event", [TERMINATE, ERROR], ids=["terminate", "error"])
def test_a_scope_that_is_ended_while_a_sibling_completes_ends_once(engines: list[Engine], event: str) -> None:
    one, two, three = engines
    deploy(one, ending(event))
    for _ in range(ROUNDS):
        instance = start(one)
        found = open_tasks(one, instance)
        ends, _ = done(at_once([partial(two.tasks.complete, found["a"]), partial(three.tasks.complete, found["b"])]))
        assert ends
        assert list(open_tasks(one, instance)) == ["after"]
        one.process_instances.delete(instance)
    assert one.check() == []


def test_an_incident_that_two_resolve_at_once_goes_on_once(engines: list[Engine]) -> None:
    one, two, three = engines
    deploy(one, sequence('<serviceTask id="x" camunda:expression="${given}" camunda:asyncBefore="true"/>', tasks("a")))
    for _ in range(ROUNDS):
        instance = start(one)
        job = job_of(one, instance)
        one.jobs.set_retries([job], 1)
        with pytest.raises(Exception, match="given"):
            one.jobs.execute(job)
        assert len(one.queries.incidents.list({})) == 1
        one.variables.set(instance, {"given": 1})

        def retry(engine: Engine, job: int = job) -> None:
            engine.jobs.set_retries([job], 1)
            engine.jobs.execute(job)

        assert sum(done(at_once([partial(retry, two), partial(retry, three)]))) >= 1
        assert list(open_tasks(one, instance)) == ["a"]
        assert one.queries.incidents.list({}) == []
        one.process_instances.delete(instance)
    assert one.check() == []


@pytest.mark.slow
@pytest.mark.parametrize("place", ["executor.before_commit", "executor.after_commit"])
def test_a_signal_to_very_many_outlives_who_sends_it(
    engine: Engine, database_url: str, tmp_path: Path, place: str
) -> None:
    many = 10 * RECEIVERS
    deploy(engine, sequence(f'<intermediateCatchEvent id="c">{ALERT}</intermediateCatchEvent>', tasks("a")))
    for _ in range(many):
        start(engine)
    engine.signals.send("alert")
    told: Callable[[], int] = lambda: len(engine.queries.tasks.list({"taskDefinitionKey": "a"}, limit=10_000))
    assert told() == RECEIVERS
    here = tmp_path / "here"
    with server(database_url, tmp_path, **blocking(place, here)) as victim:
        eventually(here.exists, f"it comes to {place}")
        victim.kill()
    end_leases(engine)
    assert told() in (RECEIVERS, 2 * RECEIVERS)
    with server(database_url, tmp_path):
        eventually(lambda: told() == many, "all have been told")
        eventually(lambda: engine.queries.jobs.list({}) == [], "nothing is left to be told")
    assert told() == many
    assert engine.check() == []
