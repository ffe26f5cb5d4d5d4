"""What people may do with an engine: nothing unless it is permitted, and their own tasks and instances."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import Cancel, Engine, ForkPlan, MigrationInstruction, MigrationPlan, RestartPlan, StartBefore
from engine.authorization import SYSTEM, Actor, NotAuthorized, Resource
from engine.errors import EngineError, NotFound
from engine.services.queries import Query
from engine.store.subscriptions import Correlation

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <message id="paid" name="paid"/><signal id="bell" name="bell"/>
  <process id="KEY" isExecutable="true" camunda:candidateStarterGroups="starters" camunda:candidateStarterUsers="sue">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="work"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="wait"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="listen"/>
    <userTask id="work" camunda:candidateGroups="sales" camunda:candidateUsers="carl"/>
    <receiveTask id="wait" messageRef="paid"/>
    <intermediateCatchEvent id="listen"><signalEventDefinition signalRef="bell"/></intermediateCatchEvent>
  </process>
</definitions>"""
ONE, TWO = MODEL.replace("KEY", "one").encode(), MODEL.replace("KEY", "two").encode()

STRANGER = Actor("sid")
SELLER = Actor("sam", frozenset({"sales"}))
CARL = Actor("carl")
STARTER = Actor("sue")
ADMINISTRATOR = Actor("ada", frozenset({"camunda-admin"}), administrator=True)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = Engine.open(database_url)
    made.upgrade()
    made.deployments.deploy({"one.bpmn": ONE, "two.bpmn": TWO})
    yield made
    made.close()


def a_task(engine: Engine, key: str = "one", **start: object) -> int:
    """Starts an instance; gives the id of its task."""
    started = engine.process_instances.start(key=key, **start)  # type: ignore[arg-type]
    (task,) = engine.queries.tasks.list({"processInstanceId": started.id})
    return task.id


def test_the_engine_itself_and_administrators_may_do_everything(engine: Engine) -> None:
    assert engine.acting_as(SYSTEM) is engine
    acting = engine.acting_as(ADMINISTRATOR)
    task = a_task(acting)
    acting.tasks.claim(task, "carl")
    acting.tasks.complete(task)
    assert acting.queries.historic_tasks.get(task).assignee == "carl"
    assert acting.queries.historic_process_instances.list()[0].start_user == "ada"


def test_changes_are_tried_in_ones_name_too(engine: Engine) -> None:
    task = a_task(engine)
    instance = engine.queries.tasks.get(task).process_instance_id or 0
    acting = engine.acting_as(ADMINISTRATOR)
    (found,) = acting.modifications.preview(instance, [Cancel(element_id="work")]).elements
    assert (found.element_id, found.cancelling) == ("work", 1)
    source, target = (engine.queries.latest_definition(key).id for key in ("one", "two"))
    plan = MigrationPlan(source, target, tuple(MigrationInstruction(id, id) for id in ("work", "wait", "listen")))
    assert acting.migrations.check(plan, [instance]) == {}
    assert engine.queries.tasks.get(task).definition_id == source


def test_a_stranger_may_do_nothing_and_see_nothing(engine: Engine) -> None:
    task = a_task(engine)
    (instance,) = engine.queries.process_instances.list()
    acting = engine.acting_as(STRANGER)
    for listing in (
        acting.queries.tasks,
        acting.queries.process_instances,
        acting.queries.process_definitions,
        acting.queries.historic_tasks,
        acting.queries.executions,
        acting.queries.variable_instances,
        acting.queries.deployments,
        acting.queries.event_subscriptions,
    ):
        assert listing.list() == []
        assert listing.count() == 0
        assert listing.counts([Query()], 10) == (0,)
    for refused in (
        lambda: acting.tasks.claim(task, "sid"),
        lambda: acting.tasks.complete(task),
        lambda: acting.tasks.set_assignee(task, "sid"),
        lambda: acting.queries.tasks.get(task),
        lambda: acting.queries.variables_of(task),
        lambda: acting.queries.identity_links(task),
        lambda: acting.process_instances.start(key="one"),
        lambda: acting.process_instances.delete(instance.id),
        lambda: acting.queries.activity_tree(instance.id),
        lambda: acting.variables.set(instance.id, {"x": 1}),
        lambda: acting.messages.correlate(Correlation(name="paid")),
        lambda: acting.signals.send("bell"),
        lambda: acting.deployments.deploy({"one.bpmn": ONE}),
        lambda: acting.deployments.delete(engine.queries.deployments.list()[0].id),
        lambda: acting.bulk.delete_instances([instance.id]),
        lambda: acting.authorizations.grant(Resource.TASK, "ALL"),
        lambda: acting.people.create_user("x"),
    ):
        with pytest.raises(NotAuthorized):
            refused()
    assert engine.queries.process_instances.count() == 1


def test_the_missing_permissions_are_told(engine: Engine) -> None:
    task = a_task(engine)
    with pytest.raises(NotAuthorized) as caught:
        engine.acting_as(STRANGER).queries.tasks.get(task)
    assert caught.value.user_id == "sid"
    assert [(each.permission, each.resource, each.resource_id) for each in caught.value.missing] == [
        ("READ", Resource.TASK, str(task)),
        ("READ_TASK", Resource.PROCESS_DEFINITION, "one"),
    ]


@pytest.mark.parametrize("actor", [SELLER, CARL])
def test_candidates_see_and_take_tasks_and_who_has_one_does_it(engine: Engine, actor: Actor) -> None:
    task, me = a_task(engine), str(actor.user_id)
    acting = engine.acting_as(actor)
    assert [view.id for view in acting.queries.tasks.list()] == [task]
    assert acting.queries.variables_of(task) == {}
    with pytest.raises(NotAuthorized):
        acting.tasks.complete(task)
    with pytest.raises(NotAuthorized):
        acting.tasks.claim(task, "sid")
    with pytest.raises(NotAuthorized):
        acting.tasks.add_identity_link(task, "candidate", user_id="sid")
    acting.tasks.claim(task, me)
    with pytest.raises(NotAuthorized):
        acting.tasks.set_assignee(task, "sid")
    with pytest.raises(NotAuthorized):
        acting.tasks.update(task, owner="sid")
    acting.tasks.update(task, priority=70, assignee=me, owner=None, delegation_state=None)
    acting.variables.set(task, {"x": 1})
    acting.tasks.add_comment(task, "done soon")
    acting.tasks.unclaim(task)
    acting.tasks.set_assignee(task, me)
    acting.tasks.complete(task, {"y": 2})
    assert acting.queries.historic_tasks.get(task).priority == 70
    (instance,) = engine.queries.process_instances.list()
    assert engine.queries.variables_of(instance.id) == {"x": 1, "y": 2}


def test_who_delegates_a_task_keeps_a_say_in_it(engine: Engine) -> None:
    task = a_task(engine)
    seller = engine.acting_as(SELLER)
    seller.tasks.claim(task, "sam")
    seller.tasks.delegate(task, "sid")
    sid = engine.acting_as(STRANGER)
    seller.variables.set(task, {"x": 1})
    sid.tasks.resolve(task)
    with pytest.raises(NotAuthorized):
        sid.tasks.complete(task)
    seller.tasks.complete(task)


def test_a_colleague_cannot_complete_or_take_what_somebody_has(engine: Engine) -> None:
    task = a_task(engine)
    engine.tasks.claim(task, "carl")
    seller = engine.acting_as(SELLER)
    for refused in (
        lambda: seller.tasks.complete(task),
        lambda: seller.tasks.unclaim(task),
        lambda: seller.tasks.set_assignee(task, "sam"),
        lambda: seller.tasks.set_assignee(task, None),
        lambda: seller.variables.set(task, {"x": 1}),
        lambda: seller.forms.submit_task(task, {}),
    ):
        with pytest.raises(NotAuthorized):
            refused()
    assert engine.queries.tasks.get(task).assignee == "carl"


@pytest.mark.parametrize("actor", [STARTER, Actor("sol", frozenset({"starters"}))])
def test_candidate_starters_start_and_read_what_they_have_started(engine: Engine, actor: Actor) -> None:
    acting = engine.acting_as(actor)
    assert {view.key for view in acting.queries.process_definitions.list({"startablePermissionCheck": True})} == {
        "one",
        "two",
    }
    started = acting.process_instances.start(key="one")
    other = engine.process_instances.start(key="one")
    assert [view.id for view in acting.queries.process_instances.list()] == [started.id]
    assert [view.id for view in acting.queries.historic_process_instances.list()] == [started.id]
    assert acting.queries.activity_tree(started.id).instance.start_user == actor.user_id
    with pytest.raises(NotAuthorized):
        acting.queries.activity_tree(other.id)
    with pytest.raises(NotAuthorized):
        acting.process_instances.delete(started.id)
    assert acting.queries.tasks.list() == []


def test_candidate_starters_begin_at_the_start_and_nowhere_else(engine: Engine) -> None:
    acting = engine.acting_as(STARTER)
    (definition,) = engine.queries.process_definitions.list({"key": "one"})
    started = acting.process_instances.start(key="one")
    now = engine.queries.historic_process_instances.get(started.id).started_at
    engine.process_instances.delete(started.id)
    engine.authorizations.grant(Resource.PROCESS_DEFINITION, "READ_HISTORY", resource_id="one", user="sue")
    acting = engine.acting_as(STARTER)
    behind = StartBefore(element_id="listen")
    ways = (
        lambda: acting.process_instances.start(key="one", instructions=[behind]),
        lambda: acting.restarts.execute(RestartPlan(definition_id=definition.id, instructions=(behind,)), [started.id]),
        lambda: acting.forks.execute(ForkPlan(instance_id=started.id, at=now, definition_id=definition.id)),
        lambda: acting.forks.preview(ForkPlan(instance_id=started.id, at=now, definition_id=definition.id)),
    )
    for way in ways:
        with pytest.raises(NotAuthorized):
            way()
    engine.authorizations.grant(Resource.PROCESS_DEFINITION, "CREATE_INSTANCE", resource_id="one", user="sue")
    engine.authorizations.grant(Resource.PROCESS_INSTANCE, "CREATE", user="sue")
    acting = engine.acting_as(STARTER)
    for way in ways:
        way()


def test_authorizations_on_a_definition_open_what_is_of_it(engine: Engine) -> None:
    one, two = a_task(engine, "one"), a_task(engine, "two")
    acting = engine.acting_as(STRANGER)
    engine.authorizations.grant(
        Resource.PROCESS_DEFINITION, "READ", "READ_TASK", "READ_INSTANCE", resource_id="one", user="sid"
    )
    acting = engine.acting_as(STRANGER)
    assert [view.id for view in acting.queries.tasks.list()] == [one]
    assert acting.queries.process_instances.count() == 1
    assert [view.key for view in acting.queries.process_definitions.list()] == ["one"]
    assert acting.queries.latest_definition("one").key == "one"
    with pytest.raises(NotFound):
        acting.queries.latest_definition("two")
    with pytest.raises(NotAuthorized):
        acting.tasks.complete(one)
    engine.authorizations.grant(Resource.TASK, "TASK_WORK", resource_id=str(one), user="sid")
    with pytest.raises(NotAuthorized):
        engine.acting_as(STRANGER).tasks.complete(two)
    engine.acting_as(STRANGER).tasks.complete(one)


def test_what_is_revoked_is_hidden_from_lists_too(engine: Engine) -> None:
    one, two = a_task(engine, "one"), a_task(engine, "two")
    engine.authorizations.grant(Resource.TASK, "READ")
    engine.authorizations.create(2, Resource.TASK, ["READ"], resource_id=str(one), user_id="sid")
    acting = engine.acting_as(STRANGER)
    assert [view.id for view in acting.queries.tasks.list()] == [two]
    assert acting.queries.tasks.count() == 1
    with pytest.raises(NotAuthorized):
        acting.queries.tasks.get(one)


def test_a_permission_on_other_things_does_not_help(engine: Engine) -> None:
    task = a_task(engine)
    (instance,) = engine.queries.process_instances.list()
    for kind in (Resource.HISTORIC_TASK, Resource.BATCH, Resource.DEPLOYMENT, Resource.USER):
        engine.authorizations.grant(kind, "ALL", user="sid")
    acting = engine.acting_as(STRANGER)
    for refused in (
        lambda: acting.queries.progress(instance.id),
        lambda: acting.queries.process_instance_comments(instance.id),
        lambda: acting.queries.tasks.get(task),
        lambda: acting.process_instances.set_suspended(instance.id, True),
    ):
        with pytest.raises(NotAuthorized):
            refused()


def test_looking_at_lists_costs_no_statement_more(engine: Engine) -> None:
    for _ in range(20):
        a_task(engine)
    engine.authorizations._fresh = 3600
    engine.acting_as(SELLER).queries.tasks.list()
    for ask in (lambda queries: queries.tasks.list(limit=5), lambda queries: queries.tasks.count()):
        with engine.database.count_statements() as without:
            asked = ask(engine.queries)
        with engine.database.count_statements() as counter:
            assert ask(engine.acting_as(SELLER).queries) == asked
        assert counter.count == without.count


def test_starting_needs_two_permissions(engine: Engine) -> None:
    engine.authorizations.grant(Resource.PROCESS_DEFINITION, "CREATE_INSTANCE", user="sid", resource_id="one")
    with pytest.raises(NotAuthorized, match="'CREATE' permission on resource 'ProcessInstance'"):
        engine.acting_as(STRANGER).process_instances.start(key="one")
    engine.authorizations.grant(Resource.PROCESS_INSTANCE, "CREATE", user="sid")
    engine.acting_as(STRANGER).process_instances.start(key="one")
    with pytest.raises(NotAuthorized, match="'CREATE_INSTANCE' permission on resource 'two'"):
        engine.acting_as(STRANGER).process_instances.start(key="two")


def test_messages_and_signals_reach_only_who_may_be_reached(engine: Engine) -> None:
    engine.process_instances.start(key="one", business_key="a")
    engine.process_instances.start(key="two", business_key="b")
    engine.authorizations.grant(Resource.PROCESS_DEFINITION, "UPDATE_INSTANCE", user="sid", resource_id="one")
    acting = engine.acting_as(STRANGER)
    with pytest.raises(NotAuthorized):
        acting.signals.send("bell")
    with pytest.raises(NotAuthorized):
        acting.messages.correlate(Correlation(name="paid", business_key="b"))
    acting.messages.correlate(Correlation(name="paid", business_key="a"))
    engine.authorizations.grant(Resource.PROCESS_DEFINITION, "UPDATE_INSTANCE", user="sid", resource_id="two")
    engine.acting_as(STRANGER).signals.send("bell")
    assert engine.queries.event_subscriptions.count(Query({"eventType": "signal"})) == 0


def test_scripts_are_deployed_by_those_who_may_deploy_them(engine: Engine) -> None:
    code = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t"><process id="calls" isExecutable="true">
        <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="c"/><serviceTask id="c"><extensionElements>
        <camunda:connector><camunda:connectorId>http-connector</camunda:connectorId></camunda:connector>
        </extensionElements></serviceTask></process></definitions>"""
    topic = code.replace(b"<camunda:connector><camunda:connectorId>http-connector</camunda:connectorId>", b"").replace(
        b"</camunda:connector>", b""
    )
    named = topic.replace(b'id="c"', b'id="c" camunda:type="external" camunda:topic="http-connector"')
    chosen = topic.replace(b'id="c"', b'id="c" camunda:type="external" camunda:topic="${which}"')
    engine.authorizations.grant(Resource.DEPLOYMENT, "CREATE", user="sid")
    acting = engine.acting_as(STRANGER)
    acting.deployments.deploy({"one.bpmn": ONE})
    for model in (code, named, chosen):
        with pytest.raises(NotAuthorized, match="'SCRIPT' permission on resource 'Deployment'"):
            acting.deployments.deploy({"code.bpmn": model})
    engine.authorizations.grant(Resource.DEPLOYMENT, "SCRIPT", user="sid")
    engine.acting_as(STRANGER).deployments.deploy({"code.bpmn": code})


def test_other_tenants_are_not_there(engine: Engine) -> None:
    engine.deployments.deploy({"one.bpmn": ONE}, tenant_id="acme")
    theirs = a_task(engine, "one", tenant_id="acme")
    everything = ("READ", "READ_TASK", "READ_INSTANCE", "TASK_WORK", "UPDATE_INSTANCE", "DELETE", "CREATE_INSTANCE")
    engine.authorizations.grant(Resource.PROCESS_DEFINITION, *everything, user="sid")
    engine.authorizations.grant(Resource.PROCESS_INSTANCE, "CREATE", user="sid")
    engine.authorizations.grant(Resource.DEPLOYMENT, "CREATE", user="sid")
    (instance,) = engine.queries.process_instances.list()
    acting = engine.acting_as(STRANGER)
    assert acting.queries.tasks.list() == acting.queries.process_instances.list() == []
    assert acting.queries.process_definitions.count() == 2
    for absent in (
        lambda: acting.tasks.complete(theirs),
        lambda: acting.queries.tasks.get(theirs),
        lambda: acting.variables.set(theirs, {"x": 1}),
        lambda: acting.process_instances.delete(instance.id),
        lambda: acting.process_instances.start(key="one", tenant_id="acme"),
        lambda: acting.messages.correlate(Correlation(name="paid", tenant_id="acme")),
        lambda: acting.messages.trigger(instance.id, "paid"),
        lambda: acting.signals.send("bell", tenant_id="acme"),
        lambda: acting.deployments.deploy({"one.bpmn": ONE}, tenant_id="acme"),
    ):
        with pytest.raises(NotFound):
            absent()
    with pytest.raises(EngineError, match="No process definition or execution matches"):
        acting.messages.correlate(Correlation(name="paid"))
    acting.signals.send("bell")
    assert engine.queries.event_subscriptions.count(Query({"eventType": "signal"})) == 1
    member = engine.acting_as(Actor("sid", tenants=frozenset({"acme"})))
    assert [view.id for view in member.queries.tasks.list()] == [theirs]
    member.tasks.complete(theirs)


def test_nobody_gets_past_the_services(engine: Engine) -> None:
    acting = engine.acting_as(ADMINISTRATOR)
    for name in ("database", "executor", "queue", "dispatch", "bell"):
        part = getattr(acting, name)
        for method in ("execute", "read", "write", "claim", "add"):
            if hasattr(getattr(engine, name), method):
                with pytest.raises(NotAuthorized):
                    getattr(part, method)
    for refused in (acting.upgrade, acting.close, acting.check, lambda: acting.acting_as(SYSTEM)):
        with pytest.raises(NotAuthorized):
            refused()
    with pytest.raises(NotAuthorized):
        acting.jobs.claim  # noqa: B018 - it is refused before it is called
