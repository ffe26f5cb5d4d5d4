"""Batches on real databases: each thing done once whoever does the jobs and whoever dies, and what it costs."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Self

import pytest
from sqlalchemy import func, select

from engine import BadRequest, Conflict, Engine, NotFound, Suspended, failpoints
from engine.core.commands import Command
from engine.core.commands.instances import SetInstanceSuspended, StartInstance
from engine.errors import ExecutionFailed
from engine.failpoints import FailpointReached
from engine.services.batches import BatchSettings, BatchType
from engine.services.queries import BatchStatisticsView, Query
from engine.store.jobs import Selection
from engine.store.tables import batch, batch_part, incident, job, job_definition, job_log, variable_update
from engine.values import FileValue, Integer, JsonValue
from tests.executor.clock import NOON, Clock
from tests.executor.models import ONE_TASK, model

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)
PATIENCE = 120.0
"""Seconds after which what has not happened will not."""
PAID = b'<message id="paid" name="paid"/>'


WAITING = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>'
    '<receiveTask id="wait" messageRef="paid"/>'
)


@pytest.fixture
def engine(database_url: str, clock: Clock) -> Iterator[Engine]:
    opened = Engine.open(database_url, clock=clock, batches=BatchSettings(jobs_per_seed=4))
    opened.upgrade()
    opened.deployments.deploy(model(ONE_TASK))
    yield opened
    failpoints.arm("")
    assert opened.check() == []
    opened.close()


def start(engine: Engine, count: int) -> list[int]:
    return [each.get().id for each in engine.executor.execute([StartInstance(key="p") for _ in range(count)])]


def work(engine: Engine, worker: str = "baton:w", limit: int = 100) -> int:
    """Do all jobs that can be done now; how many that were."""
    done = 0
    while claimed := engine.dispatch.run_internal(worker, lease=LEASE, limit=limit):
        done += claimed
    return done


def statistics(engine: Engine, id: int) -> BatchStatisticsView:
    return engine.queries.batch_statistics.get(id)


def progress(engine: Engine, id: int) -> tuple[int, int, int]:
    """Remaining, completed and failed jobs."""
    found = statistics(engine, id)
    return found.remaining_jobs, found.total_jobs - found.remaining_jobs, found.failed_jobs


def has_ended(engine: Engine, id: int) -> bool:
    return engine.queries.historic_batches.get(id).ended_at is not None


def changes(engine: Engine) -> Counter[int]:
    """How often variables were set, by process instance."""
    query = select(variable_update.c.process_instance_id, func.count()).group_by(variable_update.c.process_instance_id)
    with engine.database.read() as tx:
        return Counter(dict(map(tuple, tx.connection.execute(query))))


def left(engine: Engine) -> dict[str, int]:
    """How many rows there are of what belongs to batches."""
    tables = (batch, batch_part, job, job_log, incident)
    with engine.database.read() as tx:
        found = {each.name: tx.connection.scalar(select(func.count()).select_from(each)) or 0 for each in tables}
        sources = select(func.count()).where(job_definition.c.batch_id.is_not(None))
        return found | {"job_definition": tx.connection.scalar(sources) or 0}


# ---------------------------------------------------------------- what can be done


def test_variables_are_set_once_in_each_instance(engine: Engine, clock: Clock) -> None:
    instances = start(engine, 10)
    values = {
        "whole": Integer(1),
        "text": "ü",
        "json": JsonValue('{"a": [1]}'),
        "file": FileValue("a.txt", "text/plain", None, b"\x00\xff"),
        "date": NOON,
        "nothing": None,
    }
    id = engine.bulk.set_variables(instances, values, user="ada")
    assert progress(engine, id) == (10, 0, 0)
    clock.now += MINUTE
    work(engine)
    assert has_ended(engine, id), "it need not wait for the time of its monitor"
    for each in instances:
        found = engine.queries.local_variables_of(each)
        assert {name: repr(value) for name, value in found.items()} == {
            name: repr(value) for name, value in values.items()
        }
    assert changes(engine) == dict.fromkeys(instances, len(values))
    (update, *_) = engine.queries.variable_updates.list({"processInstanceId": instances[0]})
    assert update.user == "ada"
    found = engine.queries.historic_batches.get(id)
    assert (found.started_at, found.execution_started_at, found.ended_at) == (NOON, clock.now, clock.now)
    with pytest.raises(NotFound):
        engine.queries.batches.get(id)


def test_instances_are_suspended_and_deleted_and_their_history_too(engine: Engine) -> None:
    instances = start(engine, 5)
    engine.bulk.set_instances_suspended(instances, True)
    work(engine)
    assert engine.queries.process_instances.count() == 5
    assert engine.queries.process_instances.count(Query({"suspended": True})) == 5
    engine.bulk.set_instances_suspended(instances[:1], False)
    work(engine)
    assert [each.id for each in engine.queries.process_instances.list({"active": True})] == instances[:1]
    engine.bulk.delete_instances(instances[:3], reason="no need")
    work(engine)
    ended = engine.queries.historic_process_instances.list({"finished": True})
    assert [(each.id, each.delete_reason) for each in ended] == [(each, "no need") for each in instances[:3]]
    engine.bulk.delete_history(instances[:2])
    work(engine)
    assert [each.id for each in engine.queries.historic_process_instances.list()] == instances[2:]


def test_history_of_what_runs_is_not_deleted(engine: Engine) -> None:
    running, ended = start(engine, 2)
    engine.process_instances.delete(ended)
    id = engine.bulk.delete_history([running, ended])
    work(engine)
    assert progress(engine, id) == (1, 1, 1)
    (found,) = engine.queries.incidents.list()
    assert "still running" in (found.message or "")
    assert [each.id for each in engine.queries.historic_process_instances.list()] == [running]
    with pytest.raises(NotFound):
        engine.process_instances.delete_history(ended)
    with pytest.raises(Conflict, match="still running"):
        engine.process_instances.delete_history(running)


def test_a_message_is_brought_to_those_who_wait_for_it(engine: Engine) -> None:
    engine.deployments.deploy({"w.bpmn": model(WAITING, key="w")["w.bpmn"].replace(b"<process ", PAID + b"<process ")})
    waiting = [engine.process_instances.start(key="w").id for _ in range(5)]
    (elsewhere,) = start(engine, 1)
    gone = engine.process_instances.start(key="w").id
    engine.process_instances.delete(gone)
    id = engine.bulk.correlate_message([*waiting, elsewhere, gone], "paid", {"amount": Integer(7)})
    work(engine)
    assert progress(engine, id) == (2, 5, 2)
    assert engine.queries.process_instances.count(Query({"processDefinitionKey": "w"})) == 0
    for each in waiting:
        (amount,) = engine.queries.historic_variables.list({"processInstanceId": each})
        assert (amount.name, amount.value) == ("amount", Integer(7))
    assert {each.message.partition(":")[0] for each in engine.queries.incidents.list() if each.message} == {
        "Cannot correlate message 'paid'"
    }


@pytest.mark.parametrize("fail_if_gone", [False, True])
def test_what_is_gone_is_passed_over_or_counts_as_a_failure(engine: Engine, fail_if_gone: bool) -> None:
    there, gone = start(engine, 2)
    engine.process_instances.delete(gone)
    id = engine.bulk.delete_instances([there, gone, -1], fail_if_gone=fail_if_gone)
    work(engine)
    assert engine.queries.process_instances.count() == 0
    if fail_if_gone:
        assert progress(engine, id) == (2, 1, 2)
    else:
        assert has_ended(engine, id)


def test_a_batch_needs_something_to_do(engine: Engine) -> None:
    with pytest.raises(BadRequest):
        engine.bulk.delete_instances([])
    with pytest.raises(BadRequest):
        engine.bulk.set_job_retries([1], -1)
    assert left(engine)["batch"] == 0


# ---------------------------------------------------------------- failures


class Stubborn:
    """A type of batch that fails for some things, until it does not any more."""

    def __init__(self, engine: Engine, refused: Sequence[int]) -> None:
        self.refused = list(refused)
        self.problem: Exception = NotFound("thing", 1)
        engine.batches.register(BatchType("stubborn", self.commands))

    def commands(self, configuration: Mapping[str, Any], ids: Sequence[int]) -> Sequence[Command[Any]]:
        if set(ids) & set(self.refused):
            raise self.problem
        return [SetInstanceSuspended(id=each, suspended=configuration["suspended"]) for each in ids]


@pytest.mark.parametrize("problem", [NotFound("thing", 1), ValueError("what is that?")])
def test_what_fails_is_tried_again_and_can_be_put_right(engine: Engine, problem: Exception) -> None:
    instances = start(engine, 6)
    stubborn = Stubborn(engine, instances[2:4])
    stubborn.problem = problem
    id = engine.batches.start("stubborn", instances, {"suspended": True})
    work(engine)
    assert progress(engine, id) == (2, 4, 2)
    assert [found.id for found in engine.queries.batch_statistics.list({"withFailures": True})] == [id]
    assert engine.queries.batch_statistics.list({"withoutFailures": True}) == []
    assert [each.message for each in engine.queries.incidents.list()] == [str(problem)] * 2
    stubborn.refused.clear()
    chosen = Selection(job_definition_id=statistics(engine, id).batch_job_definition_id)
    engine.jobs.set_definitions_retries(chosen, 1)
    work(engine)
    assert has_ended(engine, id)
    assert engine.queries.process_instances.count(Query({"suspended": True})) == 6
    assert engine.queries.incidents.list() == []


def test_a_job_that_is_done_by_hand_tells_why_it_failed(engine: Engine) -> None:
    instances = start(engine, 1)
    Stubborn(engine, instances)
    id = engine.batches.start("stubborn", instances, {"suspended": True})
    row = statistics(engine, id)

    def job_of(definition: int) -> int:
        (found,) = engine.queries.jobs.list({"jobDefinitionId": definition})
        assert found.batch_id == id
        return found.id

    engine.jobs.execute(job_of(row.seed_job_definition_id))
    with pytest.raises(ExecutionFailed, match="Cannot find thing"):
        engine.jobs.execute(job_of(row.batch_job_definition_id))
    assert engine.queries.jobs.get(job_of(row.batch_job_definition_id)).retries == 2
    engine.jobs.execute(monitor := job_of(row.monitor_job_definition_id))
    assert engine.queries.jobs.get(monitor).due_at == NOON + BatchSettings().look_again_after
    with pytest.raises(NotFound):
        engine.jobs.execute(id)


# ---------------------------------------------------------------- suspended, deleted


def test_a_suspended_batch_rests(engine: Engine) -> None:
    instances = start(engine, 6)
    id = engine.bulk.set_variables(instances, {"x": 1})
    other = engine.bulk.set_variables(instances, {"y": 1})
    engine.batches.set_suspended(id, True)
    engine.batches.set_suspended(id, True)
    assert (engine.queries.batches.get(id).suspended, engine.queries.batches.get(other).suspended) == (True, False)
    work(engine)
    assert has_ended(engine, other)
    assert progress(engine, id) == (6, 0, 0)
    (seed,) = engine.queries.jobs.list()
    assert seed.suspended
    with pytest.raises(Suspended):
        engine.jobs.execute(seed.id)
    engine.batches.set_suspended(id, False)
    work(engine)
    assert has_ended(engine, id)
    for suspended in (True, False):
        with pytest.raises(NotFound, match="Unable to"):
            engine.batches.set_suspended(id, suspended)


def test_jobs_of_a_batch_that_is_deleted_are_not_done(engine: Engine) -> None:
    instances = start(engine, 6)
    id = engine.bulk.set_variables(instances, {"x": 1})
    assert engine.dispatch.run_internal("baton:w", lease=LEASE, limit=1) == 1, "the seed job"
    assert engine.dispatch.run_internal("baton:w", lease=LEASE, limit=2) == 2
    engine.batches.delete(id)
    assert work(engine) == 0
    assert sum(changes(engine).values()) == 2
    assert has_ended(engine, id)
    assert engine.queries.job_definitions.list({"jobType": "set-variables"}) == []
    assert {each.type for each in engine.queries.job_logs.list({"deletionLog": True})} == {
        "set-variables",
        "batch-seed-job",
    }
    with pytest.raises(NotFound):
        engine.batches.delete(id)


def test_nothing_is_left_of_a_batch_whose_history_is_deleted(engine: Engine) -> None:
    instances = start(engine, 6)
    kept = engine.bulk.set_variables(instances, {"x": 1})
    work(engine)
    before = left(engine)
    Stubborn(engine, instances[:1])
    ended = engine.bulk.set_variables(instances, {"y": 1})
    work(engine)
    running = engine.batches.start("stubborn", instances, {"suspended": False})
    work(engine)
    forgotten = engine.bulk.set_variables(instances, {"z": 1})
    engine.batches.delete_history(forgotten)
    with pytest.raises(NotFound):
        engine.queries.historic_batches.get(forgotten)
    assert engine.queries.batches.get(forgotten).id == forgotten
    work(engine)
    engine.batches.delete_history(ended)
    engine.batches.delete(running, cascade=True)
    assert left(engine) == before
    assert [each.id for each in engine.queries.historic_batches.list()] == [kept]
    for id in (ended, running, forgotten):
        with pytest.raises(NotFound):
            engine.batches.delete_history(id)


# ---------------------------------------------------------------- who does it, and who dies


@pytest.mark.parametrize("place", ["executor.before_write", "executor.before_commit", "executor.after_commit"])
def test_a_crash_at_any_time_does_nothing_twice_and_loses_nothing(
    database_url: str, engine: Engine, clock: Clock, place: str
) -> None:
    instances = start(engine, 9)
    id = engine.bulk.set_variables(instances, {"x": 1})
    crashes = 0
    while not has_ended(engine, id):
        failpoints.arm(f"{place}@{crashes + 1}=raise")
        victim = Engine.open(database_url, clock=clock, batches=BatchSettings(jobs_per_seed=4))
        try:
            work(victim, f"baton:{crashes}", limit=3)
        except FailpointReached:
            crashes += 1
        finally:
            failpoints.arm("")
            victim.close()
        clock.now += 2 * MINUTE  # what it held is given to others, and tried again
        for row in engine.queries.jobs.list({"noRetriesLeft": True}):
            engine.jobs.set_retries([row.id], 3)
    assert crashes > 2
    assert changes(engine) == dict.fromkeys(instances, 1)


class Crew:
    """Workers in threads, each with an engine of its own, who do jobs until they are told to stop."""

    def __init__(self, database_url: str, clock: Clock, count: int = 3) -> None:
        self.engines = [Engine.open(database_url, clock=clock) for _ in range(count)]
        self.problems: list[Exception] = []
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        for each in self.engines:
            each.close()

    def _work(self, number: int) -> None:
        try:
            while not self._stopped.is_set():
                if not work(self.engines[number], f"baton:{number}", limit=5):
                    self._stopped.wait(0.01)
        except Exception as problem:
            self.problems.append(problem)


def eventually(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_workers_share_a_batch(database_url: str, engine: Engine, clock: Clock) -> None:
    instances = start(engine, 60)
    id = engine.bulk.set_variables(instances, {"x": 1})
    with Crew(database_url, clock) as crew:
        eventually(lambda: has_ended(engine, id))
    assert crew.problems == []
    assert changes(engine) == dict.fromkeys(instances, 1)
    assert progress_of_ended(engine, id) == (60, 60)


@pytest.mark.parametrize("cascade", [False, True])
def test_batches_are_stopped_while_workers_are_at_them(
    database_url: str, engine: Engine, clock: Clock, cascade: bool
) -> None:
    instances = start(engine, 100)
    before = left(engine)

    def stop(id: int) -> None:
        try:
            for suspended in (True, False):
                engine.batches.set_suspended(id, suspended)
            engine.batches.delete(id, cascade=cascade)
        except NotFound:  # it was faster
            if cascade:
                engine.batches.delete_history(id)

    with Crew(database_url, clock) as crew:
        for name in ("a", "b", "c", "d", "e", "f"):
            id = engine.bulk.set_variables(instances, {name: 1})
            eventually(partial(engine.queries.historic_variables.count, Query({"variableName": name})))
            stop(id)
    assert crew.problems == []
    found = [(each.process_instance_id, each.name) for each in engine.queries.variable_updates.list()]
    assert len(set(found)) == len(found), "none was set twice"
    if cascade:
        assert left(engine) == before
    else:
        assert engine.queries.jobs.list() == []


def progress_of_ended(engine: Engine, id: int) -> tuple[int, int]:
    """How many jobs a batch has, and how many have been done."""
    row = engine.queries.historic_batches.get(id)
    logs = engine.queries.job_logs.list({"jobDefinitionId": row.batch_job_definition_id, "successLog": True})
    return row.total_jobs, len({each.job_id for each in logs})


# ---------------------------------------------------------------- what it costs


def test_jobs_cost_statements_by_the_batch(database_url: str, engine: Engine) -> None:
    many = Engine.open(database_url)
    instances = start(many, 200)
    counts = []
    for number in (2, 100):
        many.bulk.set_variables(instances[:number], {"x": number})
        assert many.dispatch.run_internal("baton:w", lease=LEASE, limit=100) == 1
        with many.database.count_statements() as counter:
            assert many.dispatch.run_internal("baton:w", lease=LEASE, limit=number) == number
        counts.append(counter.count)
        work(many)
    many.close()
    assert counts[1] <= counts[0] + 2, counts


def test_many_things_of_one_job_cost_no_more_than_few(database_url: str, engine: Engine) -> None:
    counts = []
    for number in (2, 50):
        settings = BatchSettings(invocations_by_type={"instance-deletion": number})
        many = Engine.open(database_url, batches=settings)
        many.bulk.delete_instances(start(many, number))
        assert many.dispatch.run_internal("baton:w", lease=LEASE, limit=1) == 1
        with many.database.count_statements() as counter:
            assert many.dispatch.run_internal("baton:w", lease=LEASE, limit=1) == 1
        counts.append(counter.count)
        work(many)
        assert many.queries.process_instances.count() == 0
        many.close()
    assert counts[1] <= counts[0] + 2, counts


def test_what_a_batch_is_about_is_kept_in_parts(engine: Engine) -> None:
    with engine.database.count_statements() as counter:
        id = engine.bulk.set_instances_suspended(range(1_000_000, 1_020_000), True)
    assert counter.count < 30, counter.log
    with engine.database.read() as tx:
        sizes = tx.connection.scalars(select(func.length(batch_part.c.ids)).where(batch_part.c.batch_id == id)).all()
    assert len(sizes) == 5_000
    assert max(sizes) < 50
    assert statistics(engine, id).total_jobs == 20_000
    engine.batches.delete(id, cascade=True)
