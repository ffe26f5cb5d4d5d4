"""Messages correlated with executions and definitions that wait for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine import BadRequest, Conflict, Engine, ExecutionFailed, NotCorrelated, NotFound, StartedInstance, Suspended
from engine.core.commands.events import Delivered
from engine.core.state import Job, Subscription
from engine.services.messages import Content, Correlated, Correlation
from engine.store import subscriptions as store
from tests.worker.models import process, sequence, values

MESSAGES = '<message id="m1" name="paid"/><message id="m2" name="ordered"/>'
CATCH = '<intermediateCatchEvent id="c"><messageEventDefinition messageRef="m1"/></intermediateCatchEvent>'
TASK = '<userTask id="after"/>'
START = (
    '<startEvent id="by_message"><messageEventDefinition messageRef="m2"/></startEvent>'
    '<sequenceFlow id="m" sourceRef="by_message" targetRef="c"/>'
)
FAILING = '<serviceTask id="bad" camunda:expression="${may_fail}"/>'


def deploy(
    engine: Engine, body: str = sequence(CATCH, TASK) + START, key: str = "p", tenant: str | None = None
) -> None:
    engine.deployments.deploy({f"{key}.bpmn": process(body, outside=MESSAGES, key=key)}, name=key, tenant_id=tenant)


def start(engine: Engine, key: str | None = None, **variables: object) -> int:
    return engine.process_instances.start(key="p", business_key=key, variables=variables).id


def correlate(engine: Engine, name: str = "paid", content: Content | None = None, **wanted: Any) -> Correlated:
    return engine.messages.correlate(Correlation(name=name, **wanted), content, return_variables=True)


def at(engine: Engine, element: str) -> set[int | None]:
    return {each.process_instance_id for each in engine.queries.tasks.list({"taskDefinitionKey": element})}


def test_execution_gets_its_message(engine: Engine) -> None:
    deploy(engine)
    first, second = start(engine, "A", n=1), start(engine, "B", n=2)
    got = correlate(engine, keys={"n": 2}, content=Content(variables={"sum": 3}, local_variables={"hidden": 1}))
    assert isinstance(got, Delivered)
    assert (got.process_instance_id, got.ended, got.variables) == (second, True, {"n": 2, "sum": 3})
    assert at(engine, "after") == {second}
    got = correlate(engine, business_key="A")
    assert at(engine, "after") == {first, second}
    with pytest.raises(NotCorrelated, match="'paid'"):
        correlate(engine, business_key="A")
    assert engine.check() == []


def test_the_last_variables_of_an_instance_that_ends_are_told(engine: Engine) -> None:
    deploy(engine, sequence(CATCH))
    start(engine, n=1)
    got = correlate(engine, content=Content(variables={"sum": 3}))
    assert isinstance(got, Delivered)
    assert got.variables == {"n": 1, "sum": 3}


def test_message_that_nobody_waits_for_starts_an_instance(engine: Engine) -> None:
    deploy(engine)
    content = Content(variables={"a": 1}, local_variables={"b": 2}, scope_variables={"c": 3})
    got = correlate(engine, "ordered", business_key="K", keys={"ignored": 1}, content=content)
    assert isinstance(got, StartedInstance)
    assert (got.business_key, got.ended, got.variables) == ("K", False, {"a": 1, "b": 2, "c": 3})
    engine.process_definitions.set_suspended(True, key="p")
    with pytest.raises(NotCorrelated):
        correlate(engine, "ordered")


def test_message_starts_an_instance_of_the_version_that_is_named(engine: Engine) -> None:
    deploy(engine)
    deploy(engine, sequence(TASK))
    deploy(engine, sequence(CATCH, TASK, TASK.replace("after", "more")) + START)
    first, second, third = sorted(each.id for each in engine.queries.process_definitions.list({}))
    content = Content(variables={"a": 1}, local_variables={"b": 2})
    for definition in (first, third):
        got = engine.messages.start(definition, "ordered", content, business_key="K", return_variables=True)
        assert (got.definition_id, got.business_key, got.variables) == (definition, "K", {"a": 1, "b": 2})
    for definition, name in ((second, "ordered"), (third, "paid")):
        with pytest.raises(NotCorrelated, match=f"'{name}': no start event of p:"):
            engine.messages.start(definition, name)
    with pytest.raises(NotFound):
        engine.messages.start(99999, "ordered")
    engine.process_definitions.set_suspended(True, definition_id=first)
    with pytest.raises(Suspended):
        engine.messages.start(first, "ordered")
    assert len(engine.queries.process_instances.list({})) == 2
    assert engine.check() == []


def test_several_receivers_are_too_many_for_one_but_not_for_all(engine: Engine) -> None:
    deploy(engine)
    both = {start(engine), start(engine)}
    with pytest.raises(NotCorrelated, match="several executions"):
        correlate(engine)
    assert at(engine, "after") == set()
    found = engine.messages.correlate_all(Correlation(name="paid"))
    assert {each.process_instance_id for each in found if isinstance(each, Delivered)} == both == at(engine, "after")
    assert engine.messages.correlate_all(Correlation(name="paid")) == []


def test_tenants(engine: Engine) -> None:
    for tenant in (None, "blue", "red"):
        deploy(engine, tenant=tenant)
    with pytest.raises(NotCorrelated, match="several process definitions"):
        correlate(engine, "ordered")
    for tenant in ("", "blue"):
        got = correlate(engine, "ordered", tenant_id=tenant)
        assert isinstance(got, StartedInstance)
        assert got.tenant_id == tenant
        again = correlate(engine, tenant_id=tenant)
        assert isinstance(again, Delivered)
        assert (again.process_instance_id, again.tenant_id) == (got.id, tenant)
    assert len(engine.messages.correlate_all(Correlation(name="ordered"))) == 3
    with pytest.raises(BadRequest, match="tenant"):
        correlate(engine, tenant_id="blue", process_instance_id=got.id)


def test_a_receiver_that_fails_waits_as_before(engine: Engine) -> None:
    deploy(engine, sequence(CATCH, FAILING, TASK))
    wrong, right = start(engine), start(engine, may_fail=1)
    with pytest.raises(ExecutionFailed, match="may_fail"):
        correlate(engine, process_instance_id=wrong)
    with pytest.raises(ExecutionFailed, match="may_fail"):
        engine.messages.correlate_all(Correlation(name="paid"))
    assert at(engine, "after") == {right}
    engine.variables.set(wrong, {"may_fail": 1})
    correlate(engine)
    assert at(engine, "after") == {wrong, right}
    assert engine.check() == []


@pytest.fixture
def between(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Lets something happen once, between the next look-up of receivers and what is done with them."""

    def arrange(happens: Callable[[], object]) -> None:
        plain, left = store.receivers, [happens]

        def found(*arguments: Any) -> Any:
            receivers = plain(*arguments)
            while left:
                thread = threading.Thread(target=left.pop())
                thread.start()
                thread.join()
            return receivers

        monkeypatch.setattr(store, "receivers", found)

    return arrange


@pytest.mark.parametrize("goes", ["away", "to sleep"])
def test_a_receiver_that_goes_after_the_look_up_is_looked_for_again(
    engine: Engine, between: Callable[[Callable[[], object]], None], goes: str
) -> None:
    deploy(engine)
    first, second = start(engine, n=1), start(engine, n=2)
    ways: dict[str, Callable[[], object]] = {
        "away": lambda: engine.process_instances.delete(first),
        "to sleep": lambda: engine.process_instances.set_suspended(first, True),
    }

    def happens() -> None:
        ways[goes]()
        engine.variables.set(second, {"n": 1})

    between(happens)
    got = correlate(engine, keys={"n": 1})
    assert isinstance(got, Delivered)
    assert got.process_instance_id == second


def test_of_two_messages_at_once_one_finds_nobody(
    engine: Engine, between: Callable[[Callable[[], object]], None]
) -> None:
    deploy(engine)
    instance = start(engine)
    between(lambda: correlate(engine, content=Content(variables={"who": "second"})))
    with pytest.raises(NotCorrelated):
        correlate(engine, content=Content(variables={"who": "first"}))
    assert values(engine, instance)["who"] == "second"
    assert at(engine, "after") == {instance}
    assert engine.check() == []


def test_correlating_costs_the_same_however_many_wait(engine: Engine) -> None:
    deploy(engine)
    start(engine, "first", n="first")
    with engine.database.count_statements() as one:
        correlate(engine, business_key="first")
    for number in range(300):
        start(engine, f"K{number}", n=f"N{number}")
    with engine.database.count_statements() as many:
        correlate(engine, business_key="K7")
    assert many.count == one.count <= 14, many.log
    with engine.database.count_statements() as by_variable:
        correlate(engine, keys={"n": "N8"})
    assert by_variable.count == one.count, by_variable.log


# ---------------------------------------------------------------- what starts instances


def starts(engine: Engine) -> list[tuple[str | None, str]]:
    """Which message starts which definition."""
    return sorted(
        (each.name, engine.queries.process_definitions.get(definition).key)
        for each in engine.queries.event_subscriptions.list({"eventType": "message"})
        if each.process_instance_id is None
        for definition in [_definition(engine, each.id)]
    )


def _definition(engine: Engine, subscription: int) -> int:
    with engine.database.read() as tx:
        (row,) = tx.select(Subscription, "id", [subscription])
    return row.definition_id


def named(*keys: str, message: str = "m2") -> bytes:
    """A file with processes that a message starts."""
    begin = '<startEvent id="of_{}"><messageEventDefinition messageRef="{}"/></startEvent>'
    first, *others = keys
    more = "".join(f'<process id="{key}" isExecutable="true">{begin.format(key, message)}</process>' for key in others)
    return process(begin.format(first, message), outside=MESSAGES + more, key=first)


def test_a_new_version_takes_over_and_gives_back(engine: Engine) -> None:
    engine.deployments.deploy({"a.bpmn": named("a")})
    second = engine.deployments.deploy({"a.bpmn": named("a", message="m1")}).deployment.id
    assert starts(engine) == [("paid", "a")]
    engine.deployments.delete(second)
    assert starts(engine) == [("ordered", "a")]
    got = correlate(engine, "ordered")
    assert isinstance(got, StartedInstance)
    assert got.definition_key == "a"


def test_a_message_starts_one_definition_of_a_tenant(engine: Engine) -> None:
    engine.deployments.deploy({"a.bpmn": named("a")})
    for key, file in {"b": named("b"), "c": named("c", "d", message="m1")}.items():
        with pytest.raises(Conflict, match=r"'(ordered|paid)'"):
            engine.deployments.deploy({f"{key}.bpmn": file})
    engine.deployments.deploy({"b.bpmn": named("b")}, tenant_id="blue")
    engine.deployments.deploy({"a.bpmn": named("a")})
    assert starts(engine) == [("ordered", "a"), ("ordered", "b")]


def test_what_was_taken_meanwhile_is_not_given_back(engine: Engine) -> None:
    engine.deployments.deploy({"a.bpmn": named("a")})
    second = engine.deployments.deploy({"a.bpmn": named("a", message="m1")}).deployment.id
    engine.deployments.deploy({"b.bpmn": named("b")})
    with pytest.raises(Conflict, match="'ordered'"):
        engine.deployments.delete(second)
    assert starts(engine) == [("ordered", "b"), ("paid", "a")]


GATEWAY = (
    '<eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
    '<intermediateCatchEvent id="c1"><messageEventDefinition messageRef="m1"/></intermediateCatchEvent>'
    '<intermediateCatchEvent id="c2"><messageEventDefinition messageRef="m2"/></intermediateCatchEvent>'
    '<sequenceFlow id="f1" sourceRef="g" targetRef="c1"/><sequenceFlow id="f2" sourceRef="g" targetRef="c2"/>'
    '<parallelGateway id="join"/><userTask id="after"/>'
    '<sequenceFlow id="f3" sourceRef="c1" targetRef="join"/><sequenceFlow id="f4" sourceRef="c2" targetRef="join"/>'
    '<sequenceFlow id="f5" sourceRef="join" targetRef="after"/>'
)


def test_messages_of_one_conversation_come_to_one_instance(engine: Engine) -> None:
    deploy(engine, GATEWAY)
    started = {}
    for key, name in (("A", "paid"), ("B", "ordered")):
        got = correlate(engine, name, business_key=key)
        assert isinstance(got, StartedInstance)
        started[key] = got.id
    for key, name in (("A", "ordered"), ("B", "paid")):
        again = correlate(engine, name, business_key=key)
        assert isinstance(again, Delivered)
        assert again.process_instance_id == started[key]
    assert at(engine, "after") == set(started.values())
    assert engine.check() == []


# ---------------------------------------------------------------- messages that instances send


def send(name: str = "m1") -> str:
    return (
        f'<intermediateThrowEvent id="send"><messageEventDefinition messageRef="{name}"><extensionElements>'
        '<camunda:in source="n" target="sum"/></extensionElements></messageEventDefinition></intermediateThrowEvent>'
    )


def deploy_sender(engine: Engine, body: str, **variables: object) -> int:
    engine.deployments.deploy({"s.bpmn": process(sequence(body), outside=MESSAGES, key="sender")}, name="s")
    return engine.process_instances.start(key="sender", business_key="S", variables=variables).id


def sending(engine: Engine) -> list[Job]:
    with engine.database.read() as tx:
        ids = [each.id for each in engine.queries.jobs.list({})]
        return [job for job in tx.select(Job, "id", ids) if job.kind == "message"]


def test_sent_message_comes_to_who_waits(engine: Engine) -> None:
    deploy(engine)
    waiting = start(engine)
    sender = deploy_sender(engine, send(), n=3)
    assert engine.queries.process_instances.find(sender) is None
    (job,) = sending(engine)
    engine.jobs.execute(job.id)
    assert (at(engine, "after"), values(engine, waiting)) == ({waiting}, {"sum": 3})
    assert sending(engine) == []
    assert engine.check() == []


def test_sent_message_starts_an_instance_where_nobody_waits(engine: Engine) -> None:
    deploy(engine)
    deploy_sender(engine, '<sendTask id="send" messageRef="m2"/>')
    (job,) = sending(engine)
    engine.jobs.execute(job.id)
    (started,) = engine.queries.process_instances.list({"processDefinitionKey": "p"})
    assert started.business_key == "S"


def test_sent_message_waits_for_its_receiver_and_then_is_an_incident(engine: Engine) -> None:
    deploy_sender(engine, send(), n=3)
    (job,) = sending(engine)
    with pytest.raises(ExecutionFailed, match="'paid'"):
        engine.jobs.execute(job.id)
    (again,) = sending(engine)
    assert (again.retries, again.due_at is not None and again.due_at > job.created_at) == (2, True)
    deploy(engine)
    both = [start(engine), start(engine)]
    for _ in range(2):
        with pytest.raises(ExecutionFailed, match="several"):
            engine.jobs.execute(job.id)
    (incident,) = engine.queries.incidents.list({})
    assert (incident.element_id, incident.definition_key, incident.configuration) == ("send", "sender", str(job.id))
    assert engine.check() == []
    engine.process_instances.delete(both[0])
    engine.jobs.set_retries([job.id], 1)
    engine.jobs.execute(job.id)
    assert at(engine, "after") == {both[1]}
    assert (engine.queries.incidents.list({}), sending(engine)) == ([], [])


def test_correlation_keys_of_the_models_tell_receivers_apart(engine: Engine) -> None:
    keyed = '<messageEventDefinition camunda:messageExpression="paid" camunda:correlationKey="${n}"/>'
    deploy(engine, sequence(f'<intermediateCatchEvent id="c">{keyed}</intermediateCatchEvent>', TASK))
    first, second = start(engine, n="1"), start(engine, n="2")
    deploy_sender(engine, f'<intermediateThrowEvent id="send">{keyed}</intermediateThrowEvent>', n=2)
    (job,) = sending(engine)
    engine.jobs.execute(job.id)
    assert at(engine, "after") == {second} != {first}


def test_two_messages_sent_at_once_come_to_two_receivers(engine: Engine) -> None:
    deploy(engine)
    waiting = {start(engine)}
    deploy_sender(engine, send())
    deploy_sender(engine, send())
    jobs = sending(engine)
    claims = engine.jobs.claim("w", lease=timedelta(minutes=1), limit=10)
    outcomes = engine.jobs.execute_claimed(claims)
    assert sorted(each.error is None for each in outcomes) == [False, True]
    assert at(engine, "after") == waiting
    (left,) = sending(engine)
    waiting.add(start(engine))
    engine.jobs.execute(left.id)
    assert left.id in {each.id for each in jobs}
    assert at(engine, "after") == waiting
    assert engine.check() == []
