"""Messages that are kept until somebody waits for them, and messages with an id, which come once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from engine import BadRequest, Engine, ExecutionFailed, NotCorrelated, StartedInstance
from engine.core.commands.events import Delivered, SomebodyWaitsNow, StartByEvent
from engine.core.jobs import DEFAULT_RETRIES
from engine.core.lifecycle import JobState
from engine.core.state import Job
from engine.services.messages import REMEMBERED, Content, Correlated, Correlation, Published
from engine.store import messages as store
from engine.values import Integer
from tests.executor.clock import Clock
from tests.worker.models import process, sequence, values

NAMES = '<message id="m1" name="paid"/><message id="m2" name="ordered"/>'
CATCH = '<intermediateCatchEvent id="c"><messageEventDefinition messageRef="m1"/></intermediateCatchEvent>'
TASK = '<userTask id="after"/>'
BEFORE = '<userTask id="before"/>'
HOUR = timedelta(hours=1)
CONVERSATION = (
    '<eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/><receiveTask id="one" '
    'messageRef="m1"/><receiveTask id="two" messageRef="m2"/><parallelGateway id="join"/>'
    '<sequenceFlow id="f1" sourceRef="g" targetRef="one"/><sequenceFlow id="f2" sourceRef="g" targetRef="two"/>'
    '<sequenceFlow id="f3" sourceRef="one" targetRef="join"/>'
    '<sequenceFlow id="f4" sourceRef="two" targetRef="join"/>'
)
"""Two messages that begin an instance, whichever comes first."""


@pytest.fixture
def engine(database_url: str, clock: Clock) -> Iterator[Engine]:
    opened = Engine.open(database_url, clock=clock)
    opened.upgrade()
    yield opened
    opened.close()


def deploy(engine: Engine, *elements: str, tenant: str | None = None) -> None:
    engine.deployments.deploy({"p.bpmn": process(sequence(*elements), outside=NAMES)}, name="p", tenant_id=tenant)


def start(engine: Engine, key: str | None = None, tenant: str | None = None, **variables: object) -> int:
    return engine.process_instances.start(key="p", tenant_id=tenant, business_key=key, variables=variables).id


def publish(
    engine: Engine, id: str | None = None, ttl: timedelta | None = HOUR, **wanted: Any
) -> Correlated | Published:
    content = wanted.pop("content", None) or Content(variables={"sum": 3})
    return engine.messages.publish(
        Correlation(name=wanted.pop("name", "paid"), **wanted), content, time_to_live=ttl, message_id=id
    )


def kept(engine: Engine) -> list[str | None]:
    """The ids of the messages that are kept; None for one without."""
    with engine.database.read() as tx:
        rows = tx.connection.exec_driver_sql("SELECT message_id FROM message WHERE ended_at IS NULL ORDER BY id")
        return [id for (id,) in rows]


def remembered(engine: Engine) -> int:
    with engine.database.read() as tx:
        return int(tx.connection.exec_driver_sql("SELECT count(*) FROM message").scalar_one())


def holders(engine: Engine) -> list[Job]:
    """The jobs of messages."""
    with engine.database.read() as tx:
        jobs = tx.select(Job, "id", [each.id for each in engine.queries.jobs.list({})])
    return [job for job in jobs if job.kind == "message"]


def left_behind(engine: Engine) -> list[int]:
    """How many rows of jobs, living or ended, and of what is said of them, there are."""
    with engine.database.read() as tx:
        count = tx.connection.exec_driver_sql
        return [int(count(f"SELECT count(*) FROM {table}").scalar_one()) for table in ("job", "job_log")]


def look(engine: Engine) -> None:
    """Do the jobs of messages that are due."""
    claims = engine.jobs.claim("w", lease=timedelta(minutes=1), limit=100)
    for outcome in engine.jobs.execute_claimed(claims):
        outcome.get()


def at(engine: Engine, element: str) -> set[int | None]:
    return {each.process_instance_id for each in engine.queries.tasks.list({"taskDefinitionKey": element})}


# ---------------------------------------------------------------- kept until somebody waits


def test_who_begins_to_wait_gets_what_is_kept(engine: Engine, clock: Clock) -> None:
    deploy(engine, CATCH, TASK)
    assert publish(engine) == Published("paid", None, clock.now + HOUR)
    assert kept(engine) == [None]
    first, second = start(engine), start(engine)
    assert (at(engine, "after"), values(engine, first)) == ({first}, {"sum": 3})
    assert (kept(engine), holders(engine), remembered(engine), left_behind(engine)) == ([], [], 0, [0, 0])
    assert engine.check() == []
    got = publish(engine)
    assert isinstance(got, Delivered)
    assert got.process_instance_id == second
    assert (kept(engine), holders(engine)) == ([], [])


def test_without_time_to_live_nothing_is_kept(engine: Engine) -> None:
    deploy(engine, CATCH, TASK)
    with pytest.raises(NotCorrelated):
        publish(engine, ttl=None)
    with pytest.raises(NotCorrelated):
        publish(engine, "id", ttl=None)
    start(engine)
    assert (at(engine, "after"), remembered(engine)) == (set(), 0)


@pytest.mark.parametrize(
    "wanted",
    [
        {"business_key": "B"},
        {"keys": {"n": Integer(7)}},
        {"keys": {"n": Integer(7), "t": "x"}},
        {"local_keys": {"l": "here"}},
        {"business_key": "B", "keys": {"t": "x"}, "local_keys": {"l": "here"}},
        {"tenant_id": ""},
        {},
    ],
    ids=str,
)
def test_it_is_kept_for_whom_it_is_for(engine: Engine, wanted: dict[str, Any]) -> None:
    own = '<camunda:inputParameter name="l">here</camunda:inputParameter>'
    inputs = f"<extensionElements><camunda:inputOutput>{own}</camunda:inputOutput></extensionElements>"
    deploy(engine, f'<receiveTask id="c" messageRef="m1">{inputs}</receiveTask>', TASK)
    others = ({"business_key": "C"}, {"keys": {"n": 7}}, {"keys": {"n": Integer(8)}}, {"local_keys": {"l": "there"}})
    for other in (*others, {"tenant_id": "blue"}, {"process_instance_id": 1}, {"name": "ordered"}):
        publish(engine, **other)
    publish(engine, "mine", content=Content(variables={"mine": True}), **wanted)
    instance = start(engine, "B", n=Integer(7), t="x")
    assert at(engine, "after") == {instance}
    assert values(engine, instance)["mine"] is True
    assert kept(engine) == [None] * 7
    assert engine.check() == []


def test_it_is_kept_for_the_key_that_the_model_gives(engine: Engine) -> None:
    keyed = '<messageEventDefinition camunda:messageExpression="paid" camunda:correlationKey="${n}"/>'
    deploy(engine, f'<intermediateCatchEvent id="c">{keyed}</intermediateCatchEvent>', TASK)
    publish(engine, key="7")
    start(engine, n=8)
    instance = start(engine, n=7)
    assert (at(engine, "after"), kept(engine)) == ({instance}, [])


def test_oldest_comes_first_and_each_to_one(engine: Engine) -> None:
    fork = '<parallelGateway id="f"/>'
    both = (
        '<startEvent id="start"/>'
        + fork
        + CATCH
        + CATCH.replace('id="c"', 'id="d"')
        + TASK
        + '<sequenceFlow id="f1" sourceRef="start" targetRef="f"/><sequenceFlow id="f2" sourceRef="f" targetRef="c"/>'
        '<sequenceFlow id="f3" sourceRef="f" targetRef="d"/><sequenceFlow id="f4" sourceRef="c" targetRef="after"/>'
        '<sequenceFlow id="f5" sourceRef="d" targetRef="after"/>'
    )
    engine.deployments.deploy({"p.bpmn": process(both, outside=NAMES)}, name="p")
    for number in (1, 2, 3):
        publish(engine, str(number), content=Content(variables={f"n{number}": number}))
    instance = start(engine)
    assert values(engine, instance) == {"n1": 1, "n2": 2}
    assert kept(engine) == ["3"]
    assert engine.check() == []


def test_one_message_after_the_other(engine: Engine) -> None:
    """What begins to wait because a kept message came gets the next one, in the same transaction."""
    deploy(engine, CATCH, CATCH.replace('id="c"', 'id="d"'), TASK)
    publish(engine)
    publish(engine)
    instance = start(engine)
    assert at(engine, "after") == {instance}
    assert kept(engine) == []


def test_receiver_that_cannot_take_it_now_waits_and_it_is_kept(engine: Engine, clock: Clock) -> None:
    deploy(engine, CATCH, '<serviceTask id="bad" camunda:expression="${may_fail}"/>', TASK)
    publish(engine)
    instance = start(engine)
    assert (at(engine, "after"), kept(engine)) == (set(), [None])
    clock.pass_time(timedelta(seconds=11))
    with pytest.raises(ExecutionFailed, match="may_fail"):
        look(engine)
    engine.variables.set(instance, {"may_fail": 1})
    clock.pass_time(timedelta(seconds=11))
    look(engine)
    assert (at(engine, "after"), kept(engine), holders(engine)) == ({instance}, [], [])
    assert engine.check() == []


def test_it_is_looked_for_a_receiver_now_and_then(engine: Engine, clock: Clock) -> None:
    """Whom it is for may come to be in other ways than by beginning to wait."""
    deploy(engine, CATCH, TASK)
    publish(engine, keys={"n": 1})
    instance = start(engine)
    engine.variables.set(instance, {"n": 1})
    assert kept(engine) == [None]
    look(engine)
    assert kept(engine) == [None]
    clock.pass_time(timedelta(seconds=11))
    look(engine)
    assert (at(engine, "after"), kept(engine), holders(engine)) == ({instance}, [], [])


def test_of_two_jobs_that_find_the_same_receiver_the_second_waits_on(engine: Engine, clock: Clock) -> None:
    deploy(engine, CATCH, TASK)
    publish(engine, "A", keys={"n": 1})
    publish(engine, "B", keys={"n": 1})
    instance = start(engine)
    engine.variables.set(instance, {"n": 1})
    clock.pass_time(timedelta(seconds=11))
    look(engine)
    assert (at(engine, "after"), kept(engine)) == ({instance}, ["B"])
    assert [(job.retries, job.state) for job in holders(engine)] == [(DEFAULT_RETRIES, JobState.WAITING)] * 2
    assert engine.check() == []


def test_kept_messages_of_one_conversation_begin_one_instance(engine: Engine) -> None:
    """Both jobs have found that nobody waits; the instance that the first one begins gets the other one at once."""
    for name in ("paid", "ordered"):
        publish(engine, name=name, business_key="B")
    engine.deployments.deploy({"p.bpmn": process(CONVERSATION, outside=NAMES)}, name="p")
    look(engine)
    (instance,) = engine.queries.historic_process_instances.list({})
    assert instance.state == "COMPLETED"
    assert (kept(engine), left_behind(engine)) == ([], [0, 0])
    assert engine.check() == []


def test_start_event_that_is_deployed_gets_it(engine: Engine) -> None:
    publish(engine, name="ordered", business_key="B")
    begin = '<startEvent id="s"><messageEventDefinition messageRef="m2"/></startEvent><userTask id="after"/>'
    flow = '<sequenceFlow id="f" sourceRef="s" targetRef="after"/>'
    engine.deployments.deploy({"q.bpmn": process(begin + flow, outside=NAMES, key="q")}, name="q")
    look(engine)
    (started,) = engine.queries.process_instances.list({})
    assert (started.business_key, kept(engine), holders(engine)) == ("B", [], [])


def test_it_expires(engine: Engine, clock: Clock) -> None:
    deploy(engine, CATCH, TASK)
    publish(engine)
    clock.pass_time(HOUR)
    instance = start(engine)
    assert at(engine, "after") == set()
    assert len(holders(engine)) == 1
    look(engine)
    assert (kept(engine), remembered(engine), left_behind(engine)) == ([], 0, [0, 0])
    assert engine.queries.process_instances.find(instance) is not None
    assert engine.check() == []


def test_who_deletes_its_job_withdraws_it(engine: Engine) -> None:
    deploy(engine, CATCH, TASK)
    publish(engine, "A")
    (job,) = holders(engine)
    engine.jobs.delete(job.id)
    assert (remembered(engine), left_behind(engine)) == (0, [0, 0])
    start(engine)
    assert at(engine, "after") == set()
    assert isinstance(publish(engine, "A"), Delivered)
    assert engine.check() == []


def test_while_its_job_is_suspended_nobody_gets_it(engine: Engine, clock: Clock) -> None:
    deploy(engine, CATCH, TASK)
    publish(engine)
    (job,) = holders(engine)
    engine.jobs.set_suspended(job.id, True)
    instance = start(engine)
    assert (at(engine, "after"), kept(engine)) == (set(), [None])
    engine.jobs.set_suspended(job.id, False)
    clock.pass_time(timedelta(seconds=11))
    look(engine)
    assert (at(engine, "after"), kept(engine)) == ({instance}, [])


def test_its_job_looks_less_and_less_often(engine: Engine, clock: Clock) -> None:
    publish(engine, ttl=timedelta(days=10))
    pauses = []
    for _ in range(14):
        (job,) = holders(engine)
        assert job.due_at is not None
        pauses.append((job.due_at - clock.now).total_seconds())
        clock.now = job.due_at
        look(engine)
    assert pauses[:5] == [10, 10, 20, 40, 80]
    assert pauses[-2:] == [3600, 3600]


@pytest.mark.parametrize("span", [timedelta(0), timedelta(seconds=-1), timedelta(days=4000)])
def test_time_to_live_must_make_sense(engine: Engine, span: timedelta) -> None:
    with pytest.raises(BadRequest, match="time to live"):
        publish(engine, ttl=span)


# ---------------------------------------------------------------- published once


def test_second_message_of_an_id_changes_nothing(engine: Engine, clock: Clock) -> None:
    deploy(engine, CATCH, TASK)
    first = start(engine)
    assert isinstance(publish(engine, "A", ttl=None), Delivered)
    duplicate = Published("paid", "A", None, is_duplicate=True)
    second = start(engine)
    assert publish(engine, "A", ttl=None) == publish(engine, "A") == duplicate
    assert at(engine, "after") == {first}
    assert isinstance(publish(engine, "B"), Delivered)
    assert at(engine, "after") == {first, second}
    clock.pass_time(REMEMBERED)
    look(engine)
    assert (remembered(engine), holders(engine)) == (0, [])
    assert isinstance(publish(engine, "A"), Published)
    assert kept(engine) == ["A"]
    assert publish(engine, "A") == duplicate
    assert engine.check() == []


def test_kept_message_is_remembered_when_it_has_been_brought(engine: Engine, clock: Clock) -> None:
    deploy(engine, CATCH, TASK)
    publish(engine, "A")
    instance = start(engine)
    assert at(engine, "after") == {instance}
    assert (kept(engine), remembered(engine), len(holders(engine))) == ([], 1, 1)
    assert publish(engine, "A") == Published("paid", "A", None, is_duplicate=True)
    clock.pass_time(HOUR)
    look(engine)
    assert remembered(engine) == 1
    clock.pass_time(REMEMBERED)
    look(engine)
    assert (remembered(engine), holders(engine)) == (0, [])
    assert engine.check() == []


def test_ids_are_those_of_a_name_and_a_tenant(engine: Engine) -> None:
    for wanted in ({}, {"name": "ordered"}, {"tenant_id": ""}, {"tenant_id": "blue"}):
        for is_duplicate in (False, True):
            found = publish(engine, "A", **wanted)
            assert isinstance(found, Published)
            assert found.is_duplicate == is_duplicate


def test_message_that_fails_is_not_remembered(engine: Engine) -> None:
    deploy(engine, CATCH, '<serviceTask id="bad" camunda:expression="${may_fail}"/>', TASK)
    instance = start(engine)
    with pytest.raises(ExecutionFailed):
        publish(engine, "A")
    assert remembered(engine) == 0
    engine.variables.set(instance, {"may_fail": 1})
    assert isinstance(publish(engine, "A"), Delivered)


def test_start_is_published_once(engine: Engine) -> None:
    begin = '<startEvent id="s"><messageEventDefinition messageRef="m2"/></startEvent><userTask id="after"/>'
    flow = '<sequenceFlow id="f" sourceRef="s" targetRef="after"/>'
    engine.deployments.deploy({"q.bpmn": process(begin + flow, outside=NAMES, key="q")}, name="q")
    assert isinstance(publish(engine, "A", name="ordered"), StartedInstance)
    assert isinstance(publish(engine, "A", name="ordered"), Published)
    assert len(engine.queries.process_instances.list({})) == 1


# ---------------------------------------------------------------- many

MANY = (
    '<receiveTask id="c" messageRef="m1"><multiInstanceLoopCharacteristics><loopCardinality>${n}</loopCardinality>'
    "</multiInstanceLoopCharacteristics></receiveTask>"
)


def test_many_who_begin_to_wait_cost_no_more_statements_than_few(engine: Engine) -> None:
    deploy(engine, MANY, TASK)
    costs = []
    for many in (2, 2, 60):
        for _ in range(many):
            publish(engine)
        with engine.database.count_statements() as counter:
            instance = start(engine, n=Integer(many))
        costs.append(counter.count)
        assert (kept(engine), instance in at(engine, "after")) == ([], True)
    assert costs[2] <= costs[1], counter.log
    assert engine.check() == []


def test_it_is_found_however_many_others_are_kept(engine: Engine) -> None:
    """Of those that are for the same business key the first one that suits may be far behind."""
    deploy(engine, CATCH, TASK)
    for number in range(store.MOST // 2):
        publish(engine, business_key="B", keys={"n": number})
    for number in range(store.MOST):
        publish(engine, business_key=f"B{number}")
    publish(engine, "mine", business_key="B", keys={"n": "mine"})
    instance = start(engine, "B", n="mine")
    assert at(engine, "after") == {instance}
    assert len(kept(engine)) == store.MOST // 2 + store.MOST


def test_commands_of_one_batch_begin_one_conversation(engine: Engine) -> None:
    """What one command begins in a transaction is not in the tables yet when the next one looks who waits."""
    engine.deployments.deploy({"p.bpmn": process(CONVERSATION, outside=NAMES)}, name="p")
    (definition,) = engine.queries.process_definitions.list({})

    def first(name: str, element: str, key: str) -> StartByEvent:
        wanted = Correlation(name=name, business_key=key)
        return StartByEvent(definition_id=definition.id, element_id=element, business_key=key, unless=wanted)

    begun, other, second = engine.executor.execute(
        [first("paid", "one", "B"), first("paid", "one", "C"), first("ordered", "two", "B")]
    )
    assert (begun.error, other.error) == (None, None)
    assert isinstance(second.error, SomebodyWaitsNow)
    found = publish(engine, name="ordered", business_key="B")
    assert isinstance(found, Delivered)
    assert found.process_instance_id == begun.value.id
    assert engine.check() == []
