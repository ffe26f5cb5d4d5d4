"""What has ended is deleted when its time has come, and nothing else: on both databases, by the job that does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Select, func, select

from engine import Actor, BadRequest, Engine, Keeping, Removal, RemovalStrategy, RetentionSettings, Window
from engine.store import tables
from engine.store.jobs import TopicRequest
from tests.decision_models import discount
from tests.executor.clock import NOON, Clock
from tests.executor.models import HEAD

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ANN = Actor("ann", administrator=True)

ALL_KINDS = (
    '<process id="whole" isExecutable="true" camunda:historyTimeToLive="5">'
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="call"/>'
    '<callActivity id="call" calledElement="part"/><sequenceFlow id="f2" sourceRef="call" targetRef="task"/>'
    '<userTask id="task" camunda:candidateGroups="sales"/><sequenceFlow id="f3" sourceRef="task" targetRef="fail"/>'
    '<scriptTask id="fail" scriptFormat="juel" camunda:asyncBefore="true"><script>${n + missing}</script></scriptTask>'
    '<boundaryEvent id="late" attachedToRef="task" cancelActivity="false">'
    "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"
    '<boundaryEvent id="told" attachedToRef="task" cancelActivity="false">'
    '<messageEventDefinition messageRef="m"/></boundaryEvent>'
    '<sequenceFlow id="f4" sourceRef="fail" targetRef="work"/>'
    '<serviceTask id="work" camunda:type="external" camunda:topic="work"/>'
    '<sequenceFlow id="f5" sourceRef="work" targetRef="decide"/>'
    '<businessRuleTask id="decide" camunda:decisionRef="discount"><extensionElements><camunda:inputOutput>'
    '<camunda:inputParameter name="amount">${200}</camunda:inputParameter></camunda:inputOutput></extensionElements>'
    "</businessRuleTask></process>"
    '<process id="part" isExecutable="true" camunda:historyTimeToLive="1"><startEvent id="begin"/>'
    '<sequenceFlow id="g1" sourceRef="begin" targetRef="inner"/><userTask id="inner"/></process>'
    '<process id="kept" isExecutable="true"><startEvent id="s"/></process>'
)
FILES = {
    "all.bpmn": f'{HEAD}<message id="m" name="m"/>{ALL_KINDS}</definitions>'.encode(),
    "shop.dmn": discount().encode(),
}
LOOPING = (
    f'{HEAD}<process id="looping" isExecutable="true" camunda:historyTimeToLive="5"><startEvent id="start"/>'
    '<sequenceFlow id="f" sourceRef="start" targetRef="call"/><callActivity id="call" calledElement="loops"/></process>'
    "</definitions>"
)
LOOPS = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="tests"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
    modeler:executionPlatform="Camunda Cloud">
  <process id="loops" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="each"/>
    <task id="each">
      <multiInstanceLoopCharacteristics><extensionElements>
        <zeebe:loopCharacteristics inputCollection="= [1, 2]" inputElement="item" outputCollection="results"
          outputElement="= item"/>
      </extensionElements></multiInstanceLoopCharacteristics>
    </task>
  </process>
</definitions>"""
SHORT = (
    f'{HEAD}<process id="p" isExecutable="true" camunda:historyTimeToLive="1"><startEvent id="s"/></process>'
    "</definitions>"
)


Make = Callable[..., Engine]


@pytest.fixture
def make(database_url: str, clock: Clock) -> Iterator[Make]:
    """Opens engines over one database."""
    opened: list[Engine] = []

    def make(**settings: Any) -> Engine:
        engine = Engine.open(database_url, clock=clock, retention=RetentionSettings(**settings))
        engine.upgrade()
        opened.append(engine)
        return engine

    yield make
    for engine in opened:
        assert engine.check() == []
        engine.close()


def work(engine: Engine) -> int:
    """Do all jobs that can be done now; how many times some were."""
    times = 0
    while engine.dispatch.run_internal("baton:w", lease=HOUR, limit=100):
        times += 1
        assert times < 200
    return times


def task_of(engine: Engine, instance: int) -> int:
    (task,) = engine.queries.tasks.list({"rootProcessInstanceId": str(instance)})
    return task.id


def run_whole(engine: Engine) -> int:
    """An instance that leaves rows of every kind, up to its last piece of work."""
    ann = engine.acting_as(ANN)
    id = ann.process_instances.start(key="whole", variables={"n": 1}).id
    ann.tasks.complete(task_of(engine, id))
    task = task_of(engine, id)
    ann.tasks.add_comment(task, "hello, @bob", mentions=["bob"])
    ann.tasks.add_attachment(task, name="file", content=b"1")
    ann.tasks.claim(task, "ann")
    ann.tasks.complete(task)
    work(engine)
    (job,) = engine.queries.jobs.list({"processInstanceId": str(id)})
    assert job.retries == 0
    ann.variables.set(id, {"missing": 1})
    ann.jobs.set_retries([job.id], 1)
    work(engine)
    return id


def finish(engine: Engine) -> None:
    """Do the last piece of work of all instances."""
    request = TopicRequest(topic="work", lease=HOUR)
    for each in engine.external_tasks.fetch_and_lock("w", [request], limit=10):
        engine.external_tasks.complete(each.id, worker="w")


def rows(engine: Engine) -> dict[str, int]:
    """How many rows there are in each table that belong to process instances."""
    found = {}
    with engine.database.read() as tx:
        for table in tables.TABLES.values():
            if "process_instance_id" in table.columns:
                inside = select(func.count()).where(table.c.process_instance_id.is_not(None))
                found[table.name] = tx.connection.execute(inside).scalar_one()
        found["process_instance"] = tx.connection.execute(
            select(func.count()).select_from(tables.process_instance)
        ).scalar_one()
    return found


def removals(engine: Engine) -> dict[str, datetime | None]:
    """The removal times of all process instances, by the keys of their definitions."""
    return {each.definition_key: each.removal_at for each in engine.queries.historic_process_instances.list()}


def clean(engine: Engine) -> None:
    """Let all be deleted that may be."""
    engine.retention.clean_up()
    work(engine)


# ---------------------------------------------------------------- when


def test_the_tree_is_dated_when_its_root_ends(make: Make, clock: Clock) -> None:
    engine = make()
    engine.deployments.deploy(FILES)
    run_whole(engine)
    clock.now += HOUR
    assert removals(engine) == {"whole": None, "part": None}
    finish(engine)
    due = clock.now + 5 * DAY
    assert removals(engine) == {"whole": due, "part": due}
    everything = (
        engine.queries.historic_element_instances,
        engine.queries.historic_tasks,
        engine.queries.historic_variables,
        engine.queries.variable_updates,
        engine.queries.job_logs,
        engine.queries.external_task_logs,
        engine.queries.historic_incidents,
        engine.queries.identity_link_logs,
    )
    for listing in everything:
        assert {each.removal_at for each in listing.list()} == {due}, listing.resource.name
    assert {each.removal_at for each in engine.queries.operations.list() if each.process_instance_id} == {due}
    (task,) = engine.queries.historic_tasks.list({"taskDefinitionKey": "task"})
    assert engine.queries.task_comments(task.id)[0].removal_at == due
    assert engine.queries.task_attachments(task.id)[0].removal_at == due


def test_what_starts_and_ends_at_once_is_dated(make: Make) -> None:
    engine = make()
    engine.deployments.deploy({"p.bpmn": SHORT.encode()})
    engine.process_instances.start(key="p")
    assert removals(engine) == {"p": NOON + DAY}


def test_time_to_live_counts_as_it_is_when_the_root_ends(make: Make) -> None:
    engine, other = make(), make()
    engine.deployments.deploy(FILES)
    id = run_whole(engine)
    (whole,) = engine.queries.process_definitions.list({"key": "whole"})
    other.process_definitions.set_history_time_to_live(whole.id, 7)
    finish(engine)
    assert removals(engine)["whole"] == NOON + 7 * DAY
    other.process_definitions.set_history_time_to_live(whole.id, None)
    run_whole(engine)
    finish(engine)
    assert engine.queries.historic_process_instances.list({"rootProcessInstances": True})[1].removal_at is None
    assert engine.queries.historic_process_instances.get(id).removal_at == NOON + 7 * DAY


def test_a_very_long_time_to_live_is_a_time_that_can_be_told(make: Make) -> None:
    engine = make()
    engine.deployments.deploy({"p.bpmn": SHORT.replace('Live="1"', 'Live="999999999"').encode()})
    engine.process_instances.start(key="p")
    assert removals(engine) == {"p": NOON + 365_000 * DAY}


def test_from_the_start_what_was_called_goes_with_its_root(make: Make, clock: Clock) -> None:
    engine = make(keeping=Keeping(strategy=RemovalStrategy.START))
    engine.deployments.deploy(FILES)
    run_whole(engine)
    assert removals(engine) == {"whole": NOON + 5 * DAY, "part": NOON + 5 * DAY}
    clock.now += 6 * DAY
    clean(engine)
    assert set(removals(engine)) == {"whole", "part"}, "the root runs: nothing of its tree is deleted"
    finish(engine)
    clean(engine)
    assert removals(engine) == {}


def test_by_no_strategy_only_people_date(make: Make) -> None:
    engine = make(keeping=Keeping(strategy=RemovalStrategy.NONE))
    engine.deployments.deploy({"p.bpmn": SHORT.encode()})
    id = engine.process_instances.start(key="p").id
    assert removals(engine) == {"p": None}
    engine.retention.set_removal_time([id], Removal(calculated=True))
    work(engine)
    assert removals(engine) == {"p": None}
    engine.retention.set_removal_time([id], Removal(NOON))
    work(engine)
    assert removals(engine) == {"p": NOON}


def test_a_model_that_says_nothing_gets_the_default(make: Make) -> None:
    engine = make(time_to_live=30 * DAY)
    engine.deployments.deploy(FILES)
    engine.process_instances.start(key="kept")
    assert removals(engine) == {"kept": NOON + 30 * DAY}


@pytest.mark.parametrize("hierarchical", [True, False])
def test_people_date_instances(make: Make, hierarchical: bool) -> None:
    engine = make()
    engine.deployments.deploy(FILES)
    run_whole(engine)
    finish(engine)
    (part,) = engine.queries.historic_process_instances.list({"processDefinitionKey": "part"})
    first = removals(engine)["whole"]

    def date(removal: Removal) -> dict[str, datetime | None]:
        engine.acting_as(ANN).retention.set_removal_time([part.id], removal)
        work(engine)
        return removals(engine)

    later = NOON + 50 * DAY
    others = {"whole": later} if hierarchical else {"whole": first}
    assert date(Removal(later, hierarchical=hierarchical)) == {"part": later, **others}
    others = {"whole": None} if hierarchical else {"whole": first}
    assert date(Removal(None, hierarchical=hierarchical)) == {"part": None, **others}
    days = 5 if hierarchical else 1
    assert date(Removal(calculated=True, hierarchical=hierarchical)) == {"part": NOON + days * DAY, "whole": first}
    told = [
        (each.property, each.new_value) for each in engine.queries.operations.list({"operationType": "SetRemovalTime"})
    ]
    assert ("mode", "CALCULATED_REMOVAL_TIME") in told
    assert ("hierarchical", "true" if hierarchical else "false") in told


def test_batches_are_dated_by_their_type(make: Make, clock: Clock) -> None:
    engine = make(keeping=Keeping(batches=3 * DAY, batches_by_type={"set-job-retries": 9 * DAY}))
    engine.bulk.set_job_retries([1], 2)
    engine.bulk.set_variables([1], {"a": 1})
    clock.now += HOUR
    work(engine)
    clock.now += HOUR
    work(engine)
    found = {each.type: (each.removal_at or NOON) - (each.ended_at or NOON) for each in _batches(engine)}
    assert found == {"set-job-retries": 9 * DAY, "set-variables": 3 * DAY}
    again = engine.retention.set_batch_removal_time([each.id for each in _batches(engine)], Removal(None))
    work(engine)
    assert [each.removal_at for each in _batches(engine) if each.id != again] == [None, None]
    clock.now += 4 * DAY
    clean(engine)
    assert len(_batches(engine)) == 2, "what was done to them has been deleted, they have not"


def _batches(engine: Engine) -> Any:
    return engine.queries.historic_batches.list()


# ---------------------------------------------------------------- cleaning


def test_all_that_is_theirs_goes_with_old_instances(make: Make, clock: Clock) -> None:
    engine = make()
    engine.deployments.deploy({**FILES, "looping.bpmn": LOOPING.encode(), "loops.bpmn": LOOPS.encode()})
    run_whole(engine)
    finish(engine)
    engine.process_instances.start(key="looping")
    engine.process_instances.start(key="kept")
    kept = rows(engine)
    assert {name for name, count in kept.items() if not count} <= {"message"}, kept
    clock.now += 5 * DAY - timedelta(milliseconds=1)
    clean(engine)
    assert rows(engine) == kept
    clock.now += timedelta(milliseconds=1)
    clean(engine)
    left = {name: count for name, count in rows(engine).items() if count}
    assert left == {"process_instance": 1, "element_instance": 1}
    assert [each.definition_key for each in engine.queries.historic_process_instances.list()] == ["kept"]
    state = engine.retention.state()
    assert (state.instances, state.ran_at, state.due_at, state.error) == (4, clock.now, None, None)


def test_what_somebody_deleted_by_hand_stays_in_the_operation_log(make: Make, clock: Clock) -> None:
    engine = make()
    engine.deployments.deploy({"p.bpmn": SHORT.encode()})
    one, other = (engine.acting_as(ANN).process_instances.start(key="p").id for _ in range(2))
    engine.acting_as(ANN).process_instances.delete_history(one)
    clock.now += DAY
    clean(engine)
    told = [
        (each.type, each.process_instance_id) for each in engine.queries.operations.list() if each.process_instance_id
    ]
    assert told == [("Create", one), ("DeleteHistory", one)]
    assert engine.queries.historic_process_instances.find(other) is None


def test_what_has_been_called_stays_as_long_as_its_root_runs(make: Make, clock: Clock) -> None:
    engine = make()
    engine.deployments.deploy(FILES)
    run_whole(engine)
    before = rows(engine)
    (part,) = engine.queries.historic_process_instances.list({"processDefinitionKey": "part"})
    engine.retention.set_removal_time([part.id], Removal(NOON - DAY))
    work(engine)
    clean(engine)
    assert rows(engine) == before
    finish(engine)
    engine.retention.set_removal_time([part.id], Removal(NOON - DAY))
    work(engine)
    clean(engine)
    assert set(removals(engine)) == {"whole"}, "it has a removal time of its own"


def test_jobs_of_start_events_go_by_the_time_of_their_definition(make: Make, clock: Clock) -> None:
    body = (
        '<process id="p" isExecutable="true" camunda:historyTimeToLive="2"><startEvent id="s"><timerEventDefinition>'
        "<timeCycle>R/PT1H</timeCycle></timerEventDefinition></startEvent></process>"
    )
    engine = make()
    engine.deployments.deploy({"p.bpmn": f"{HEAD}{body}</definitions>".encode()})
    for _ in range(3):
        clock.now += HOUR
        work(engine)
    assert _count(engine, select(func.count()).select_from(tables.job)) == 4
    clock.now += 2 * DAY - HOUR
    # The next one is due as well; it is done first, and as young as the others are old.
    work(engine)
    clean(engine)
    jobs = select(func.count()).select_from(tables.job).where(tables.job.c.definition_id.is_not(None))
    living = jobs.where(tables.job.c.ended_at.is_(None))
    assert _count(engine, living) == 1
    ended = select(func.min(tables.job.c.ended_at)).where(tables.job.c.definition_id.is_not(None))
    assert _count(engine, ended) > clock.now - 2 * DAY
    logged = select(func.count()).select_from(tables.job_log).where(tables.job_log.c.event == "created")
    assert _count(engine, logged) == _count(engine, jobs)


def _count(engine: Engine, statement: Select[Any]) -> Any:
    with engine.database.read() as tx:
        return tx.connection.execute(statement).scalar_one()


def _statements(engine: Engine, clock: Clock, instances: int) -> tuple[int, list[str]]:
    for _ in range(instances):
        run_whole(engine)
    finish(engine)
    clock.now += 5 * DAY
    engine.retention.clean_up()
    with engine.database.count_statements() as counter:
        assert engine.dispatch.run_internal("baton:w", lease=HOUR, limit=1) == 1
    assert removals(engine) == {}
    return counter.count, counter.log


def test_statements_are_as_many_however_much_is_deleted(make: Make, clock: Clock) -> None:
    engine = make()
    engine.deployments.deploy(FILES)
    one, log = _statements(engine, clock, 1)
    many, _ = _statements(engine, clock, 7)
    assert many == one, log
    assert one <= 40, log


def test_old_instances_are_found_by_an_index(make: Make, clock: Clock) -> None:
    engine = make()
    engine.deployments.deploy({"p.bpmn": SHORT.encode()})
    for _ in range(3):
        engine.process_instances.start(key="p")
    statement = (
        "SELECT id FROM process_instance WHERE removal_at IS NOT NULL AND ended_at IS NOT NULL "
        "AND removal_at <= 1 ORDER BY removal_at, id LIMIT 10"
    )
    explain = "EXPLAIN QUERY PLAN " if engine.database.dialect == "sqlite" else "EXPLAIN "
    with engine.database.write() as tx:
        plan = str([tuple(each) for each in tx.run_in_order(explain + statement, [])])
    assert "ix_process_instance_cleanable" in plan


def test_all_is_deleted_before_somebody_goes_on(make: Make, clock: Clock) -> None:
    engine = make(batch_size=2, keeping=Keeping(batches=DAY))
    engine.deployments.deploy({"p.bpmn": SHORT.encode()})
    for _ in range(5):
        engine.process_instances.start(key="p")
    engine.bulk.set_variables([1], {"a": 1})
    work(engine)
    clock.now += DAY
    work(engine)
    clock.now += DAY
    assert engine.retention.clean_here() == (5, 1, 0)
    assert engine.retention.clean_here() == (0, 0, 0)


def test_little_is_deleted_at_once(make: Make, clock: Clock) -> None:
    engine = make(batch_size=2)
    engine.deployments.deploy({"p.bpmn": SHORT.encode()})
    for _ in range(5):
        engine.process_instances.start(key="p")
    clock.now += DAY
    engine.retention.clean_up()
    left = []
    while engine.dispatch.run_internal("baton:w", lease=HOUR, limit=1):
        left.append(engine.queries.historic_process_instances.count())
    assert left == [3, 1, 0]
    assert engine.retention.state().instances == 5


def test_a_pass_goes_past_what_a_running_root_holds(make: Make, clock: Clock) -> None:
    engine = make(batch_size=1, keeping=Keeping(strategy=RemovalStrategy.START))
    engine.deployments.deploy({**FILES, "p.bpmn": SHORT.encode()})
    for _ in range(2):
        run_whole(engine)
    clock.now += 4 * DAY
    engine.process_instances.start(key="p")
    clock.now += 2 * DAY
    clean(engine)
    assert [each.definition_key for each in engine.queries.historic_process_instances.list()] == ["whole", "part"] * 2


# ---------------------------------------------------------------- the job


def test_there_is_one_job_however_often_it_is_asked_for(make: Make) -> None:
    engines = [make(window=Window(time(20), time(6))) for _ in range(2)]
    for engine in engines:
        engine.retention.schedule()
    ids = {engine.retention.clean_up().id for engine in engines}
    assert [each.id for each in engines[0].queries.jobs.list()] == [*ids]


def test_without_a_window_it_is_done_only_when_asked_for(make: Make) -> None:
    engine = make()
    engine.retention.schedule()
    assert engine.retention.state().job_id is None
    engine.retention.clean_up(at_once=False)
    assert engine.retention.state().due_at is None
    assert work(engine) == 0
    engine.retention.clean_up()
    assert work(engine) == 1
    assert engine.retention.state().due_at is None


def test_in_its_window_it_looks_again_and_again_ever_more_rarely(make: Make, clock: Clock) -> None:
    zone = ZoneInfo("Europe/Berlin")
    engine = make(window=Window(time(20), time(2), zone))
    engine.retention.schedule()
    night = datetime(2030, 1, 1, 19, tzinfo=UTC)
    assert engine.retention.state().due_at == night
    assert engine.retention.state().window == (night, night + 6 * HOUR)
    seen = []
    while clock.now < night + DAY:
        clock.now = engine.retention.state().due_at or NOON
        seen.append(clock.now - night)
        work(engine)
    seconds = [(later - sooner).total_seconds() for sooner, later in pairwise(seen)]
    assert seconds[:4] == [20, 40, 80, 160]
    assert max(seconds[:-1]) == 3600
    assert seen[-2] < 6 * HOUR
    assert seen[-1] == DAY


def test_outside_its_window_it_waits(make: Make, clock: Clock) -> None:
    engine = make(window=Window(time(20), time(6)))
    engine.deployments.deploy({"p.bpmn": SHORT.encode()})
    engine.process_instances.start(key="p")
    engine.retention.schedule()
    clock.now += DAY
    work(engine)
    assert set(removals(engine)) == {"p"}, "it was due at night, and it is noon now"
    clock.now += 8 * HOUR
    work(engine)
    assert removals(engine) == {}


def test_switched_off_nothing_is_deleted(make: Make, clock: Clock) -> None:
    engine = make()
    engine.deployments.deploy({"p.bpmn": SHORT.encode()})
    engine.process_instances.start(key="p")
    engine.retention.clean_up()
    clock.now += DAY
    off = make(enabled=False, window=Window(time(0), time(0)))
    off.retention.schedule()
    assert work(off) == 1
    assert set(removals(engine)) == {"p"}
    assert off.retention.state().due_at == clock.now + timedelta(minutes=1)
    assert off.retention.state().window is None
    with pytest.raises(BadRequest, match="switched off"):
        off.retention.clean_up()


@pytest.mark.parametrize(
    ("window", "now", "wanted"),
    [
        (Window(time(20), time(6)), "2030-01-01T12:00", ("2030-01-01T20:00", "2030-01-02T06:00")),
        (Window(time(20), time(6)), "2030-01-01T05:59", ("2029-12-31T20:00", "2030-01-01T06:00")),
        (Window(time(20), time(6)), "2030-01-01T06:00", ("2030-01-01T20:00", "2030-01-02T06:00")),
        (Window(time(1), time(5)), "2030-01-01T03:00", ("2030-01-01T01:00", "2030-01-01T05:00")),
        (Window(time(1), time(5)), "2030-01-01T05:00", ("2030-01-02T01:00", "2030-01-02T05:00")),
        (Window(time(0), time(0)), "2030-01-01T05:00", ("2030-01-01T00:00", "2030-01-02T00:00")),
        (
            Window(time(1), time(4), ZoneInfo("Europe/Berlin")),
            "2030-03-31T00:30",
            ("2030-03-31T00:00", "2030-03-31T02:00"),
        ),
        (
            Window(time(20), time(22), ZoneInfo("America/Los_Angeles")),
            "2030-01-01T05:00",
            ("2030-01-01T04:00", "2030-01-01T06:00"),
        ),
    ],
)
def test_windows(window: Window, now: str, wanted: tuple[str, str]) -> None:
    found = window.at(datetime.fromisoformat(now + "+00:00"))
    assert tuple(each.isoformat()[:16] for each in found) == wanted
