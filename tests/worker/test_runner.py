"""The embedded runner: handlers, timers and continuations from claim to report, on real threads."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy

from engine import Backoff, BpmnError, Engine, HandlerRegistry, Job, LeaseLost, Retry
from engine.worker.neighbours import Neighbours
from tests.worker.conftest import StartRunner
from tests.worker.models import deploy, ended, ends, incidents, run, sequence, values, work
from tests.worker.witness import Witness, eventually

AT_ONCE = Backoff(first=timedelta(milliseconds=1))
CAUGHT = (
    '<error id="e" errorCode="FULL"/>',
    sequence(work("one", "t"))
    + '<boundaryEvent id="caught" attachedToRef="one"><errorEventDefinition errorRef="e"/></boundaryEvent>'
    '<sequenceFlow id="g" sourceRef="caught" targetRef="other"/><endEvent id="other"/>',
)


def test_a_chain_of_handlers_runs_to_its_end(engine: Engine, registry: HandlerRegistry, start: StartRunner) -> None:
    @registry.handler("add")
    def add(count: int) -> dict[str, int]:
        return {"count": count + 1}

    @registry.handler("doubleIt")
    async def double(count: int) -> dict[str, int]:
        await asyncio.sleep(0)
        return {"count": count * 2}

    @registry.handler("com.example.Done")
    def done() -> None: ...

    start()
    by_delegate = '<sendTask id="b" camunda:delegateExpression="${doubleIt}"/>'
    by_class = '<serviceTask id="c" camunda:class="com.example.Done" camunda:asyncBefore="true"/>'
    deploy(engine, sequence(work("a", "add"), by_delegate, by_class))
    instance = run(engine, count=4)
    eventually(lambda: ended(engine, instance))
    assert values(engine, instance) == {"count": 10}
    assert engine.check() == []


def test_a_handler_is_told_about_its_job(engine: Engine, registry: HandlerRegistry, start: StartRunner) -> None:
    told: list[Job] = []

    @registry.handler("t")
    def tell(job: Job) -> None:
        told.append(job)

    start()
    field = (
        '<extensionElements><camunda:field name="to"><camunda:expression>${who}</camunda:expression></camunda:field>'
    )
    deploy(engine, sequence(f'<serviceTask id="a" camunda:class="t">{field}</extensionElements></serviceTask>'))
    instance = run(engine, who="Ada")
    eventually(lambda: ended(engine, instance))
    (job,) = told
    assert (job.topic, job.element_id, job.process_instance_id, job.business_key) == ("t", "a", instance, "B-1")
    assert (job.attempt, job.retries, dict(job.fields), dict(job.variables)) == (1, 3, {"to": "Ada"}, {"who": "Ada"})


def test_a_listener_may_be_a_handler(engine: Engine, registry: HandlerRegistry, start: StartRunner) -> None:
    told: list[tuple[str | None, str | None, bool]] = []

    @registry.handler("com.example.Audit", backoff=AT_ONCE)
    def audit(job: Job) -> dict[str, int]:
        told.append((job.element_id, job.event, job.user_task_id is not None))
        if len(told) == 1:
            raise OSError("not now")
        return {"audited": len(told)}

    def listening(kind: str, event: str) -> str:
        listener = f'<camunda:{kind}Listener event="{event}" class="com.example.Audit"/>'
        return f"<extensionElements>{listener}</extensionElements>"

    start()
    passing = f'<task id="a">{listening("execution", "start")}</task>'
    asking = f'<userTask id="b">{listening("task", "complete")}</userTask>'
    deploy(engine, sequence(passing, asking, f'<task id="c">{listening("execution", "end")}</task>'))
    instance = run(engine)
    eventually(lambda: engine.queries.tasks.count() == 1)
    assert engine.check() == []
    (task,) = engine.queries.tasks.list({})
    engine.tasks.complete(task.id)
    eventually(lambda: ended(engine, instance))
    assert told == [("a", "start", False)] * 2 + [("b", "complete", True), ("c", "end", False)]
    assert values(engine, instance) == {"audited": 4}
    assert engine.check() == []


def test_local_variables_of_the_element_are_seen(engine: Engine, registry: HandlerRegistry, start: StartRunner) -> None:
    @registry.handler("t")
    def sum_up(a: int, loopCounter: int) -> dict[str, int]:
        return {f"sum{loopCounter}": a}

    start()
    inside = (
        '<extensionElements><camunda:inputOutput><camunda:inputParameter name="a">${b + loopCounter}'
        "</camunda:inputParameter></camunda:inputOutput></extensionElements>"
        "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    )
    deploy(engine, sequence(work("one", "t", inside=inside), '<userTask id="stop"/>'))
    instance = run(engine, b=5)
    eventually(engine.queries.tasks.count)
    seen = values(engine, instance)
    assert {seen[name] for name in ("sum0", "sum1")} == {5, 6}


def test_a_bpmn_error_is_caught(engine: Engine, registry: HandlerRegistry, start: StartRunner) -> None:
    @registry.handler("t")
    def refuse() -> None:
        raise BpmnError("FULL", "no room", variables={"why": "full"})

    start()
    outside, body = CAUGHT
    deploy(engine, body, outside=outside)
    instance = run(engine)
    eventually(lambda: ended(engine, instance))
    assert ends(engine, instance) == ["other"]
    assert values(engine, instance) == {"why": "full"}


def test_a_failure_is_tried_again_and_ends_in_an_incident(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, witness: Witness
) -> None:
    given = threading.Event()
    given.set()

    @registry.handler("t", retries=3, backoff=AT_ONCE)
    def fail(job: Job) -> None:
        witness.note(job.id, job.attempt)
        given.wait()
        raise RuntimeError("the bank\0 is closed")

    start()
    deploy(engine, sequence(work("one", "t")))
    run(engine)
    eventually(lambda: incidents(engine))
    assert incidents(engine) == ["the bank\ufffd is closed"]
    assert [attempt for _, attempt in witness.starts()] == [1, 2, 3]
    (task,) = engine.queries.external_tasks.list({})
    assert "RuntimeError" in (task.error_details or "")
    # An operator gives it another attempt, which may begin at once.
    given.clear()
    engine.external_tasks.set_retries([task.id], 1)
    assert incidents(engine) == []
    given.set()
    eventually(lambda: incidents(engine))
    assert len(witness.starts()) == 4


def test_the_retry_cycle_of_the_model_goes_before_the_handlers_own(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, witness: Witness
) -> None:
    @registry.handler("t", retries=9, backoff="PT1H")
    def fail(job: Job) -> None:
        witness.note(job.id, job.attempt)
        raise RuntimeError("no")

    start()
    cycle = "<extensionElements><camunda:failedJobRetryTimeCycle>R2/PT0.01S</camunda:failedJobRetryTimeCycle>"
    deploy(engine, sequence(work("one", "t", inside=f"{cycle}</extensionElements>")))
    run(engine)
    eventually(lambda: incidents(engine))
    assert len(witness.starts()) == 2


def test_a_handler_may_ask_for_its_next_attempt(engine: Engine, registry: HandlerRegistry, start: StartRunner) -> None:
    @registry.handler("t", backoff="PT1H")
    def later(job: Job) -> dict[str, int]:
        if job.attempt < 3:
            raise Retry(after=timedelta(milliseconds=5))
        return {"attempt": job.attempt}

    start()
    deploy(engine, sequence(work("one", "t")))
    instance = run(engine)
    eventually(lambda: ended(engine, instance))
    assert values(engine, instance) == {"attempt": 3}


@pytest.mark.parametrize("result", [{"bad": {1, 2}}, {"bad": "\0"}, {"bad": float("nan")}, {"bad": 10**5000}, 5])
def test_a_bad_result_is_an_incident_at_once(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, witness: Witness, result: object
) -> None:
    @registry.handler("t")
    def give(job: Job) -> Any:
        witness.note(job.id, job.attempt)
        return result

    start()
    deploy(engine, sequence(work("one", "t")))
    run(engine)
    eventually(lambda: incidents(engine))
    (message,) = incidents(engine)
    assert message is not None
    assert "'bad'" in message or "of type 'int'" in message
    assert len(witness.starts()) == 1
    assert engine.check() == []


def test_a_missing_variable_is_an_incident_at_once(
    engine: Engine, registry: HandlerRegistry, start: StartRunner
) -> None:
    @registry.handler("t")
    def need(customer: str) -> None: ...

    start()
    deploy(engine, sequence(work("one", "t")))
    run(engine)
    eventually(lambda: incidents(engine))
    assert "The variable 'customer' is missing at 'one'" in (incidents(engine)[0] or "")


def _exit() -> None:
    sys.exit(3)


def _interrupt() -> None:
    raise KeyboardInterrupt


async def _cancel() -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("function", [_exit, _interrupt, _cancel])
def test_nothing_that_a_handler_raises_ends_the_worker(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, function: Any
) -> None:
    registry.handler("t", retries=1)(function)
    registry.handler("u")(lambda: None)
    runner = start(threads=1)
    deploy(engine, sequence(work("one", "t")))
    run(engine)
    eventually(lambda: incidents(engine))
    deploy(engine, sequence(work("one", "u")))
    instance = run(engine)
    eventually(lambda: ended(engine, instance))
    assert runner.alive


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_handler_that_hangs_fails_and_frees_its_place(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, kind: str
) -> None:
    release = threading.Event()

    if kind == "plain":

        @registry.handler("t", retries=1, timeout="PT0.2S")
        def hang() -> dict[str, bool]:
            release.wait()
            return {"late": True}
    else:

        @registry.handler("t", retries=1, timeout="PT0.2S")
        async def hang_forever() -> None:
            await asyncio.Event().wait()

    registry.handler("u")(lambda: None)
    runner = start(threads=1)
    deploy(engine, sequence(work("one", "t")))
    hung = run(engine)
    eventually(lambda: incidents(engine))
    assert incidents(engine) == ["The handler of 't' took longer than its 0.2 s"]
    deploy(engine, sequence(work("one", "u")))
    other = run(engine)
    eventually(lambda: ended(engine, other))
    # What it says in the end is not listened to.
    release.set()
    eventually(lambda: runner.hung == 0)
    assert values(engine, hung) == {}
    assert len(incidents(engine)) == 1


def test_a_handler_without_a_timeout_is_not_waited_for_for_ever(
    engine: Engine, registry: HandlerRegistry, start: StartRunner
) -> None:
    release = threading.Event()
    registry.handler("t", retries=1)(lambda: release.wait() and None)
    runner = start(threads=1, handler_timeout=timedelta(seconds=0.2))
    deploy(engine, sequence(work("one", "t")))
    run(engine)
    eventually(lambda: incidents(engine))
    assert incidents(engine) == ["The handler of 't' took longer than its 0.2 s"]
    eventually(lambda: runner.hung == 1)
    release.set()


def test_a_heartbeat_gives_a_handler_its_whole_timeout_again(
    engine: Engine, registry: HandlerRegistry, start: StartRunner
) -> None:
    @registry.handler("t", retries=1, timeout="PT5S")
    def slow(job: Job) -> None:
        for _ in range(12):
            time.sleep(0.5)
            job.heartbeat()

    start()
    deploy(engine, sequence(work("one", "t")))
    instance = run(engine)
    eventually(lambda: ended(engine, instance) or incidents(engine))
    assert incidents(engine) == []


def test_a_handler_may_run_longer_than_the_lease(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, witness: Witness
) -> None:
    @registry.handler("t")
    def slow(job: Job) -> None:
        witness.note(job.id, job.attempt)
        time.sleep(7)

    start(lease=timedelta(seconds=6))
    start(lease=timedelta(seconds=6))
    deploy(engine, sequence(work("one", "t")))
    instance = run(engine)
    eventually(lambda: ended(engine, instance))
    assert len(witness.starts()) == 1


def test_a_zombie_is_not_listened_to(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, witness: Witness
) -> None:
    release = threading.Event()

    @registry.handler("t", backoff=AT_ONCE)
    def once_slow(job: Job) -> dict[str, int]:
        witness.note(job.id, job.attempt)
        if job.attempt == 1:
            release.wait()
        return {"by": job.attempt}

    first = start(lease=timedelta(seconds=1))
    deploy(engine, sequence(work("one", "t"), '<userTask id="stop"/>'))
    instance = run(engine)
    eventually(witness.starts)
    # As if its process had been stopped: nobody extends the lease any more.
    first.runner.leases.stop()
    start(lease=timedelta(seconds=60))
    eventually(engine.queries.tasks.count)
    release.set()
    first.stop()
    attempts = [attempt for _, attempt in witness.starts()]
    assert attempts[:2] == [1, 2]
    assert values(engine, instance)["by"] in attempts[1:]
    assert engine.check() == []


def test_a_heartbeat_tells_of_cancelled_work(engine: Engine, registry: HandlerRegistry, start: StartRunner) -> None:
    begun, stopped = threading.Event(), threading.Event()

    @registry.handler("t")
    def patient(job: Job) -> None:
        begun.set()
        try:
            while True:
                time.sleep(0.02)
                job.heartbeat()
        except LeaseLost:
            stopped.set()
            raise

    start(lease=timedelta(seconds=0.6))
    deploy(engine, sequence(work("one", "t")))
    instance = run(engine)
    assert begun.wait(180)
    engine.process_instances.delete(instance)
    assert stopped.wait(180)
    assert incidents(engine) == []
    assert engine.check() == []


def test_the_result_for_a_suspended_instance_is_dropped_and_made_anew(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, witness: Witness
) -> None:
    begun, release = threading.Event(), threading.Event()

    @registry.handler("t")
    def slow(job: Job) -> None:
        witness.note(job.id, job.attempt)
        begun.set()
        release.wait()

    start()
    deploy(engine, sequence(work("one", "t")))
    instance = run(engine)
    assert begun.wait(180)
    engine.process_instances.set_suspended(instance, suspended=True)
    release.set()
    eventually(lambda: engine.queries.external_tasks.list({})[0].lock_owner is None)
    assert len(witness.starts()) == 1
    engine.process_instances.set_suspended(instance, suspended=False)
    eventually(lambda: ended(engine, instance))
    assert len(witness.starts()) == 2


def test_a_process_that_cannot_go_on_fails_the_work(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, witness: Witness
) -> None:
    @registry.handler("t", retries=2, backoff=AT_ONCE)
    def fine(job: Job) -> None:
        witness.note(job.id, job.attempt)

    start()
    broken = '<serviceTask id="broken" camunda:expression="${nothing.there}"/>'
    deploy(engine, sequence(work("one", "t"), broken))
    run(engine)
    eventually(lambda: incidents(engine))
    assert "its process cannot go on" in (incidents(engine)[0] or "")


def test_a_result_variable_takes_the_whole_result(
    engine: Engine, registry: HandlerRegistry, start: StartRunner
) -> None:
    @registry.handler("t")
    def give() -> list[int]:
        return [1, 2]

    start()
    deploy(
        engine,
        sequence(work("a", "t", more='camunda:resultVariable="all"')),
    )
    instance = run(engine)
    eventually(lambda: ended(engine, instance))
    found = values(engine, instance)["all"]
    assert getattr(found, "node", None) == [1, 2]


def test_timers_and_continuations_run_when_due(engine: Engine, start: StartRunner) -> None:
    start(sweep=60)
    timer = (
        '<intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>PT0.3S</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>"
    )
    deploy(engine, sequence('<task id="a" camunda:asyncBefore="true" camunda:asyncAfter="true"/>', timer))
    instance = run(engine)
    eventually(lambda: ended(engine, instance))


def test_work_that_another_process_made_is_found_by_the_sweep(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, database_url: str
) -> None:
    registry.handler("t")(lambda: None)
    start(sweep=0.1)
    other = Engine.open(database_url)
    deploy(other, sequence(work("one", "t")))
    instance = run(other)
    eventually(lambda: ended(engine, instance))
    other.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_other_processes_tell_of_work_and_timers(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, database_url: str
) -> None:
    registry.handler("t")(lambda: None)
    start(sweep=3600)
    other = Engine.open(database_url)
    neighbours = Neighbours(other)
    neighbours.start()
    timer = (
        '<intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>PT0.3S</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>"
    )
    deploy(other, sequence('<task id="a" camunda:asyncBefore="true"/>', work("one", "t")))
    first = run(other)
    eventually(lambda: ended(engine, first))
    deploy(other, sequence(timer, work("one", "t")))
    second = run(other)
    eventually(lambda: ended(engine, second))
    neighbours.stop()
    other.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_was_cut_off_listens_again(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, database_url: str
) -> None:
    registry.handler("t")(lambda: None)
    start(sweep=3600)
    other = Engine.open(database_url)
    deploy(other, sequence(work("one", "t")))
    with sqlalchemy.create_engine(database_url, isolation_level="AUTOCOMMIT").connect() as administrator:
        listens = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"

        def listening() -> bool:
            return administrator.execute(sqlalchemy.text(f"SELECT 1 {listens}")).fetchone() is not None

        eventually(listening)
        # Nobody tells of it; but who begins to listen again looks for what may have been told meanwhile.
        instance = run(other)
        administrator.execute(sqlalchemy.text(f"SELECT pg_terminate_backend(pid) {listens}"))
        eventually(lambda: ended(engine, instance))
        eventually(listening)
    administrator.engine.dispose()
    other.close()


def test_a_topic_that_nobody_handles_waits_visibly(
    engine: Engine, registry: HandlerRegistry, start: StartRunner
) -> None:
    registry.handler("other")(lambda: None)
    start()
    deploy(engine, sequence(work("one", "unknown")))
    run(engine)
    (job,) = engine.monitor.read().jobs
    assert (job.topic, str(job.state), job.count) == ("unknown", "waiting", 1)
    assert incidents(engine) == []


def test_stopping_lets_running_work_end(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, witness: Witness
) -> None:
    begun = threading.Event()

    @registry.handler("t")
    def slow(job: Job) -> None:
        witness.note(job.id, job.attempt)
        begun.set()
        time.sleep(0.5)

    runner = start(threads=1)
    deploy(engine, sequence(work("one", "t")))
    instances = [run(engine) for _ in range(3)]
    assert begun.wait(180)
    runner.stop(grace=180)
    assert sum(ended(engine, each) for each in instances) == len(witness.starts())
    # What had been claimed ahead can be claimed by others at once.
    assert [each.lock_owner for each in engine.queries.external_tasks.list({})] == [None] * (3 - len(witness.starts()))


@pytest.mark.parametrize("given_up", ["before", "meanwhile"])
def test_stopping_does_not_wait_for_threads_that_are_given_up(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, given_up: str
) -> None:
    begun, release = threading.Event(), threading.Event()

    @registry.handler("t", retries=1, timeout="PT1S")
    def hang() -> None:
        begun.set()
        release.wait()

    runner = start(threads=2)
    deploy(engine, sequence(work("one", "t")))
    run(engine)
    assert begun.wait(180)
    if given_up == "before":
        eventually(lambda: runner.hung == 1)
    stopping = threading.Thread(target=runner.stop, args=(3600.0,))
    stopping.start()
    stopping.join(180)
    assert not stopping.is_alive()
    assert len(incidents(engine)) == 1
    release.set()


def test_each_piece_of_work_is_done_by_one_of_many(
    engine: Engine, registry: HandlerRegistry, start: StartRunner, witness: Witness
) -> None:
    @registry.handler("counted")
    def count(job: Job) -> None:
        witness.note(job.id, job.attempt)

    for _ in range(3):
        start()
    deploy(engine, sequence(work("one", "counted"), work("two", "counted")))
    for _ in range(50):
        run(engine)
    eventually(lambda: engine.queries.process_instances.count() == 0)
    jobs = [job for job, _ in witness.starts()]
    assert len(jobs) == len(set(jobs)) == 100
    assert engine.check() == []
