"""Jobs on real databases: what they cost, that each is done once, and who wins when several want something of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

import pytest

from engine import Engine, LeaseLost, NotFound, Suspended
from engine.core.commands import Command
from engine.core.commands.instances import StartInstance
from engine.core.commands.jobs import ExecuteJob
from engine.core.commands.work import CompleteWork, FailWork
from engine.core.lifecycle import IncidentState, JobState
from engine.core.state import Incident, Job, JobLog, ProcessInstance, Row
from engine.handlers import Handler
from engine.store.jobs import Selection, TopicRequest
from tests.executor.clock import NOON, Clock
from tests.executor.models import model

R = TypeVar("R", bound=Row)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BATCH_CONSTANT = 4
"""What a batch may cost beyond a single command: rows that only some of its commands need (docs/architecture.md)."""
ROUNDS = 12

HOURLY = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
WORK = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="x"/>'
    '<serviceTask id="x" camunda:type="external" camunda:topic="pay"/>'
    '<sequenceFlow id="f2" sourceRef="x" targetRef="a"/><userTask id="a"/>'
)
TIMER = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="t"/>'
    f'<intermediateCatchEvent id="t">{HOURLY}</intermediateCatchEvent>'
    '<sequenceFlow id="f2" sourceRef="t" targetRef="end"/><endEvent id="end"/>'
)
REMINDER = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="a"/><userTask id="a"/>'
    f'<subProcess id="e" triggeredByEvent="true"><startEvent id="on" isInterrupting="false">{HOURLY}</startEvent>'
    '<sequenceFlow id="f2" sourceRef="on" targetRef="b"/><userTask id="b"/></subProcess>'
)
CONTINUATION = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="a"/>'
    '<userTask id="a" camunda:asyncBefore="true"/>'
)
MANY = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="x"/>'
    '<serviceTask id="x" camunda:type="external" camunda:topic="pay"><multiInstanceLoopCharacteristics>'
    "<loopCardinality>${n}</loopCardinality></multiInstanceLoopCharacteristics></serviceTask>"
)
BESIDE = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="x"/>'
    '<sequenceFlow id="f2" sourceRef="start" targetRef="a"/>'
    '<serviceTask id="x" camunda:type="external" camunda:topic="pay"/><userTask id="a"/>'
)
FAILS = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="x"/>'
    '<serviceTask id="x" camunda:expression="${nowhere}" camunda:asyncBefore="true"/>'
)
DAILY = (
    '<startEvent id="start"><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent>'
    '<sequenceFlow id="f1" sourceRef="start" targetRef="a"/><userTask id="a"/>'
)


@pytest.fixture
def engine(database_url: str, clock: Clock) -> Iterator[Engine]:
    opened = Engine.open(database_url, clock=clock)
    opened.upgrade()
    yield opened
    assert opened.check() == []
    opened.close()


def start(engine: Engine, count: int = 1, **variables: object) -> list[int]:
    commands = [StartInstance(key="p", variables=variables) for _ in range(count)]
    return [outcome.get().id for outcome in engine.executor.execute(commands)]


def fetch(engine: Engine, worker: str = "w", limit: int = 1000, lease: timedelta = MINUTE) -> Sequence[Job]:
    return engine.external_tasks.fetch_and_lock(worker, [TopicRequest(topic="pay", lease=lease)], limit=limit)


def jobs(engine: Engine) -> list[Job]:
    """All jobs, ended ones too."""
    return rows(engine, Job)


def rows(engine: Engine, kind: type[R]) -> list[R]:
    """All rows of a kind, ended ones too."""
    definitions = [each.id for each in engine.queries.process_definitions.list()]
    with engine.database.read() as tx:
        return tx.select(kind, "definition_id", definitions, alive=False)


def do(engine: Engine, commands: Sequence[Command[None]]) -> None:
    assert [outcome.error for outcome in engine.executor.execute(commands)] == [None] * len(commands)


def at_once(*actions: Callable[[], object]) -> list[Exception | None]:
    """Do all of it at the same moment, each in a thread; what each raised."""
    barrier = threading.Barrier(len(actions))
    errors: list[Exception | None] = [None] * len(actions)

    def act(index: int) -> None:
        barrier.wait()
        try:
            actions[index]()
        except Exception as error:
            errors[index] = error

    threads = [threading.Thread(target=act, args=(index,)) for index in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


# ---------------------------------------------------------------- what it costs


def test_claiming_work_costs_at_most_four_statements(engine: Engine) -> None:
    engine.deployments.deploy(model(WORK))
    start(engine, 60)
    fetch(engine, limit=1)
    for limit in (1, 50):
        with engine.database.count_statements() as counter:
            assert len(fetch(engine, limit=limit)) == limit
        assert counter.count <= 4, counter.log


def test_completing_work_costs_at_most_fourteen_statements(engine: Engine) -> None:
    engine.deployments.deploy(model(WORK))
    start(engine, 2, a=1)
    first, second = fetch(engine)
    engine.external_tasks.complete(first.id, lease=first.lease_token)
    with engine.database.count_statements() as counter:
        engine.external_tasks.complete(second.id, lease=second.lease_token, variables={"b": 2})
    assert counter.count <= 14, counter.log


@pytest.mark.parametrize(
    ("body", "command"),
    [(WORK, CompleteWork), (WORK, FailWork), (TIMER, ExecuteJob), (REMINDER, ExecuteJob), (CONTINUATION, ExecuteJob)],
)
def test_fifty_jobs_cost_no_more_statements_than_one(engine: Engine, clock: Clock, body: str, command: type) -> None:
    engine.deployments.deploy(model(body))
    start(engine, 52)
    clock.pass_time(HOUR)
    claims = fetch(engine) or engine.jobs.claim("w", lease=MINUTE, limit=100)
    assert len(claims) == 52
    commands = [command(id=each.id, lease=each.lease_token) for each in claims]
    do(engine, commands[:1])
    with engine.database.count_statements() as one:
        do(engine, commands[1:2])
    with engine.database.count_statements() as fifty:
        do(engine, commands[2:])
    assert fifty.count <= one.count + BATCH_CONSTANT, fifty.log


def test_deleting_an_instance_with_many_incidents_costs_what_one_does(engine: Engine) -> None:
    engine.deployments.deploy(model(MANY))
    costs = []
    for n in (2, 60):
        [instance] = start(engine, n=n)
        do(engine, [FailWork(id=each.id, worker="w", retries=0) for each in fetch(engine)])
        assert len(engine.queries.incidents.list({"processInstanceId": str(instance)})) == n
        with engine.database.count_statements() as counter:
            engine.process_instances.delete(instance)
        costs.append(counter.count)
    assert costs[1] <= costs[0] + 1
    assert {row.state for row in rows(engine, Incident)} == {IncidentState.DELETED}


def test_one_of_a_thousand_pieces_of_work_costs_what_one_of_ten_does(engine: Engine) -> None:
    engine.deployments.deploy(model(MANY))
    costs = []
    for n in (10, 1_000):
        start(engine, n=n)
        first, second, *_ = fetch(engine, limit=n)
        engine.external_tasks.complete(first.id, worker="w")
        with engine.database.count_statements() as counter:
            engine.external_tasks.complete(second.id, worker="w")
        costs.append(counter.count)
        engine.external_tasks.complete(next(each for each in jobs(engine) if each.ended_at is None).id, worker="w")
    assert costs[0] == costs[1]


def test_ten_thousand_due_timers_are_done_in_bounded_batches_each_once(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(TIMER))
    for _ in range(20):
        start(engine, 500)
    assert engine.jobs.claim("w", lease=MINUTE, limit=500) == []
    clock.pass_time(HOUR)
    done: list[int] = []
    costs = []
    while True:
        with engine.database.count_statements() as counter:
            claims = engine.jobs.claim("w", lease=MINUTE, limit=500)
            if not claims:
                break
            outcomes = engine.jobs.execute_claimed(claims)
        assert [outcome.error for outcome in outcomes if outcome.error] == []
        done += [claim.id for claim in claims]
        costs.append(counter.count)
    assert len(done) == len(set(done)) == 10_000
    assert len(costs) == 20
    assert max(costs) <= min(costs) + BATCH_CONSTANT
    assert engine.queries.process_instances.count() == 0
    assert [row.event for row in rows(engine, JobLog)].count("succeeded") == 10_000


# ---------------------------------------------------------------- leases


def test_who_lost_the_lease_is_refused_and_who_has_it_wins(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(WORK))
    for _ in range(ROUNDS):
        [instance] = start(engine)
        [old] = fetch(engine, "slow")
        clock.pass_time(2 * MINUTE)
        [new] = fetch(engine, "fast")
        assert new.id == old.id
        assert new.attempts == 2
        errors = at_once(
            lambda old=old: engine.external_tasks.complete(old.id, lease=old.lease_token, variables={"by": "slow"}),
            lambda new=new: engine.external_tasks.complete(new.id, lease=new.lease_token, variables={"by": "fast"}),
            lambda old=old: engine.external_tasks.fail(old.id, lease=old.lease_token, message="slow"),
        )
        assert [isinstance(error, LeaseLost | NotFound) for error in errors] == [True, False, True]
        assert errors[1] is None
        assert engine.queries.variables_of(instance)["by"] == "fast"
        engine.process_instances.delete(instance)


def test_claimed_timer_of_a_dead_worker_is_done_by_the_next_one_only(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(TIMER))
    start(engine)
    clock.pass_time(HOUR)
    old = engine.jobs.claim("dead", lease=MINUTE, limit=10)
    assert engine.jobs.claim("next", lease=MINUTE, limit=10) == []
    clock.pass_time(2 * MINUTE)
    new = engine.jobs.claim("next", lease=MINUTE, limit=10)
    assert [claim.attempts for claim in (*old, *new)] == [1, 2]
    [late] = engine.jobs.execute_claimed(old)
    assert isinstance(late.error, LeaseLost)
    [done] = engine.jobs.execute_claimed(new)
    assert done.error is None
    [job] = jobs(engine)
    assert (job.state, job.retries) == (JobState.DONE, 3)


def test_every_job_is_claimed_by_one(engine: Engine) -> None:
    engine.deployments.deploy(model(WORK))
    start(engine, 200)
    found: list[Job] = []

    def claim_all(worker: str) -> None:
        while claimed := fetch(engine, worker, limit=7):
            found.extend(claimed)

    assert at_once(*[lambda worker=worker: claim_all(worker) for worker in "abcd"]) == [None] * 4
    assert len(found) == len({job.id for job in found}) == 200


def test_step_beside_it_does_not_take_a_claim_back(engine: Engine) -> None:
    engine.deployments.deploy(model(BESIDE))
    for _ in range(ROUNDS):
        [instance] = start(engine)
        [task] = engine.queries.tasks.list({"processInstanceId": str(instance)})
        claimed: list[Job] = []

        def claim(claimed: list[Job] = claimed) -> None:
            while not claimed:
                claimed.extend(fetch(engine))

        errors = at_once(
            claim,
            lambda task=task: engine.tasks.complete(task.id),
            lambda instance=instance: engine.variables.set(instance, {"x": 1}),
        )
        assert errors == [None] * 3
        [job] = claimed
        engine.external_tasks.complete(job.id, lease=job.lease_token)
        assert engine.queries.historic_process_instances.get(instance).ended_at is not None


# ---------------------------------------------------------------- against cancellation and suspension


def test_completion_against_deletion(engine: Engine) -> None:
    engine.deployments.deploy(model(WORK))
    for _ in range(ROUNDS):
        [instance] = start(engine)
        [job] = fetch(engine)
        completed, deleted = at_once(
            lambda job=job: engine.external_tasks.complete(job.id, lease=job.lease_token, variables={"done": True}),
            lambda instance=instance: engine.process_instances.delete(instance),
        )
        assert deleted is None
        assert completed is None or isinstance(completed, NotFound)
        [kept] = [each for each in jobs(engine) if each.id == job.id]
        assert kept.state == (JobState.DONE if completed is None else JobState.CANCELLED)
        names = [each.name for each in engine.queries.historic_variables.list({"processInstanceId": str(instance)})]
        assert names == (["done"] if completed is None else [])
    assert engine.check() == []


def test_claim_against_deletion(engine: Engine) -> None:
    engine.deployments.deploy(model(WORK))
    for _ in range(ROUNDS):
        [instance] = start(engine)
        claimed: list[Job] = []
        errors = at_once(
            lambda claimed=claimed: claimed.extend(fetch(engine)),
            lambda instance=instance: engine.process_instances.delete(instance),
        )
        assert errors == [None, None]
        for job in claimed:
            with pytest.raises(NotFound):
                engine.external_tasks.complete(job.id, lease=job.lease_token)
    assert {(job.state, job.lease_token) for job in jobs(engine)} == {(JobState.CANCELLED, None)}


def test_nothing_is_claimed_of_what_is_suspended(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(TIMER))
    [instance] = start(engine)
    clock.pass_time(HOUR)
    engine.process_instances.set_suspended(instance, True)
    assert engine.jobs.claim("w", lease=MINUTE, limit=10) == []
    engine.process_instances.set_suspended(instance, False)
    assert len(engine.jobs.claim("w", lease=MINUTE, limit=10)) == 1


def test_job_claimed_before_the_suspension_is_given_back(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(TIMER))
    [instance] = start(engine)
    clock.pass_time(HOUR)
    claims = engine.jobs.claim("w", lease=MINUTE, limit=10)
    engine.process_instances.set_suspended(instance, True)
    [outcome] = engine.jobs.execute_claimed(claims)
    assert isinstance(outcome.error, Suspended)
    [job] = jobs(engine)
    assert (job.state, job.lease_token, job.retries, job.error_message) == (JobState.WAITING, None, 3, None)
    engine.process_instances.set_suspended(instance, False)
    assert engine.dispatch.run_internal("w", lease=MINUTE, limit=10) == 1
    assert engine.queries.historic_process_instances.get(instance).ended_at is not None


def test_work_claimed_before_the_suspension_waits_for_its_end(engine: Engine) -> None:
    engine.deployments.deploy(model(WORK))
    [instance] = start(engine)
    [job] = fetch(engine)
    engine.process_instances.set_suspended(instance, True)
    with pytest.raises(Suspended):
        engine.external_tasks.complete(job.id, lease=job.lease_token, variables={"lost": 1})
    assert engine.queries.variables_of(instance) == {}
    engine.process_instances.set_suspended(instance, False)
    engine.external_tasks.complete(job.id, lease=job.lease_token)


def test_work_of_a_dead_runner_is_given_back_when_its_instance_is_suspended(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(WORK))
    [instance] = start(engine)
    fetch(engine, worker="baton:dead")
    engine.process_instances.set_suspended(instance, True)
    clock.pass_time(2 * MINUTE)
    assert engine.dispatch.run_internal("baton:next", lease=MINUTE, limit=10) == 0
    [job] = jobs(engine)
    assert (job.state, job.lease_token, job.retries) == (JobState.WAITING, None, None)
    engine.process_instances.set_suspended(instance, False)
    assert len(fetch(engine)) == 1


@pytest.mark.parametrize(("own", "left"), [(1, 0), (3, 2), (7, 6)])
def test_the_retries_of_its_handler_are_those_of_work_whose_runner_died(
    engine: Engine, clock: Clock, own: int, left: int
) -> None:
    engine.deployments.deploy(model(WORK))
    start(engine)
    handler = Handler(names=("pay",), function=lambda: None, retries=own)
    [given] = engine.dispatch.claim("baton:dead", {"pay": handler}, lease=MINUTE, limit=10)
    assert given.job.retries == own
    clock.pass_time(2 * MINUTE)
    # Found by somebody who does not know the handler.
    engine.dispatch.run_internal("baton:next", lease=MINUTE, limit=10)
    [job] = jobs(engine)
    assert job.retries == left
    assert (job.state is JobState.FAILED) == (left == 0)


def test_the_retries_of_a_handler_do_not_replace_those_of_the_model(engine: Engine) -> None:
    engine.deployments.deploy(model(WORK))
    start(engine)
    [job] = fetch(engine)
    engine.external_tasks.fail(job.id, worker="w", retries=2)
    handler = Handler(names=("pay",), function=lambda: None, retries=9)
    [given] = engine.dispatch.claim("baton:here", {"pay": handler}, lease=MINUTE, limit=10)
    assert given.job.retries == 2


def test_claim_against_suspension(engine: Engine) -> None:
    engine.deployments.deploy(model(WORK))
    for _ in range(ROUNDS):
        [instance] = start(engine)
        claimed: list[Job] = []
        errors = at_once(
            lambda claimed=claimed: claimed.extend(fetch(engine)),
            lambda instance=instance: engine.process_instances.set_suspended(instance, True),
        )
        assert errors == [None, None]
        assert fetch(engine) == []
        for job in claimed:
            with pytest.raises(Suspended):
                engine.external_tasks.complete(job.id, lease=job.lease_token)
        engine.process_instances.delete(instance)


def test_suspended_job_definition_keeps_the_jobs_to_come(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(CONTINUATION))
    start(engine)
    clock.pass_time(MINUTE)
    [source] = engine.queries.job_definitions.list()
    engine.jobs.set_definitions_suspended(Selection(job_definition_id=source.id), True)
    clock.pass_time(MINUTE)
    start(engine)
    assert len(engine.jobs.claim("w", lease=MINUTE, limit=10)) == 1
    engine.jobs.set_definitions_suspended(Selection(job_definition_id=source.id), False)
    assert len(engine.jobs.claim("w", lease=MINUTE, limit=10)) == 1


def test_suspending_the_jobs_of_an_instance_leaves_its_work_alone(engine: Engine) -> None:
    engine.deployments.deploy(model(WORK))
    [instance] = start(engine)
    engine.jobs.set_all_suspended(Selection(process_instance_id=instance), True)
    assert len(fetch(engine)) == 1


def test_priority_of_a_job_definition_goes_before_that_of_the_model(engine: Engine) -> None:
    engine.deployments.deploy(model(CONTINUATION))
    start(engine)
    [source] = engine.queries.job_definitions.list()
    engine.jobs.set_definitions_priority(Selection(job_definition_id=source.id), 7)
    start(engine)
    assert [job.priority for job in jobs(engine)] == [0, 7]
    engine.jobs.set_definitions_priority(Selection(job_definition_id=source.id), 5, include_jobs=True)
    assert [job.priority for job in jobs(engine)] == [5, 5]
    engine.jobs.set_definitions_priority(Selection(job_definition_id=source.id), None)
    start(engine)
    assert [job.priority for job in jobs(engine)] == [5, 5, 0]


# ---------------------------------------------------------------- failing


def test_failing_continuation_ends_in_an_incident_which_retries_resolve(engine: Engine) -> None:
    engine.deployments.deploy(model(FAILS))
    [instance] = start(engine)
    for left in (2, 1, 0):
        assert engine.dispatch.run_internal("w", lease=MINUTE, limit=10) == 1
        [job] = jobs(engine)
        assert job.retries == left
    assert engine.dispatch.run_internal("w", lease=MINUTE, limit=10) == 0
    [incident] = rows(engine, Incident)
    assert (incident.process_instance_id, incident.configuration) == (instance, str(job.id))
    assert "nowhere" in incident.message
    engine.variables.set(instance, {"nowhere": 1})
    engine.jobs.set_retries([job.id], 1)
    assert engine.dispatch.run_internal("w", lease=MINUTE, limit=10) == 1
    [incident] = rows(engine, Incident)
    assert incident.state is IncidentState.RESOLVED
    assert engine.queries.historic_process_instances.get(instance).ended_at is not None


def test_one_that_fails_leaves_the_others_of_its_batch_alone(engine: Engine) -> None:
    engine.deployments.deploy(model(FAILS))
    good = start(engine, 5, nowhere=1)
    start(engine, 5)
    assert engine.dispatch.run_internal("w", lease=MINUTE, limit=10) == 10
    ended = {row.id for row in rows(engine, ProcessInstance) if row.ended_at is not None}
    assert ended == set(good)
    assert sorted(job.retries for job in jobs(engine) if job.ended_at is None) == [2] * 5


# ---------------------------------------------------------------- start timers


def test_incident_of_a_start_timer_ends_with_it(engine: Engine, clock: Clock) -> None:
    deployed = engine.deployments.deploy(model(DAILY))
    [job] = jobs(engine)
    engine.jobs.set_retries([job.id], 0)
    assert [row.state for row in rows(engine, Incident)] == [IncidentState.OPEN]
    engine.deployments.deploy(model(DAILY.replace('"a"', '"b"')))
    assert [row.state for row in rows(engine, Incident)] == [IncidentState.DELETED]
    engine.deployments.delete(deployed.deployment.id)
    assert rows(engine, Incident) == []


def test_start_timer_goes_on_and_on(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(DAILY))
    assert engine.dispatch.run_internal("w", lease=MINUTE, limit=10) == 0
    for count in (1, 2, 3):
        clock.pass_time(timedelta(days=1))
        assert engine.dispatch.run_internal("w", lease=MINUTE, limit=10) == 1
        assert engine.queries.process_instances.count() == count
    [waiting] = [job for job in jobs(engine) if job.ended_at is None]
    assert waiting.due_at == NOON + timedelta(days=4)


def test_start_timer_of_a_new_version_ends_that_of_the_old_one(engine: Engine, clock: Clock) -> None:
    old = engine.deployments.deploy(model(DAILY)).process_definitions[0].id
    clock.pass_time(HOUR)
    new = engine.deployments.deploy(model(DAILY.replace('"a"', '"b"')))
    waiting = [job for job in jobs(engine) if job.ended_at is None]
    assert [job.definition_id for job in waiting] == [new.process_definitions[0].id]
    engine.deployments.delete(new.deployment.id)
    [restored] = [job for job in jobs(engine) if job.ended_at is None]
    assert (restored.definition_id, restored.due_at) == (old, NOON + HOUR + timedelta(days=1))


def test_start_timer_against_a_new_version_starts_one_of_the_two(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(DAILY))
    for number in range(ROUNDS):
        clock.pass_time(timedelta(days=1))
        errors = at_once(
            lambda: engine.dispatch.run_internal("w", lease=MINUTE, limit=10),
            lambda number=number: engine.deployments.deploy(model(DAILY.replace('"a"', f'"a{number}"'))),
        )
        assert errors == [None, None]
        assert len([job for job in jobs(engine) if job.ended_at is None]) == 1
    assert engine.queries.process_instances.count() <= ROUNDS
