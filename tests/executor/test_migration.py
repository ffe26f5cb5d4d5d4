"""Instances that are migrated to another version: what is written, and at what cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from engine import Engine
from engine.core.migration.instance import CannotMigrate
from engine.core.migration.plan import MigrationInstruction, MigrationPlan
from engine.core.migration.rules import InvalidPlan
from engine.core.state import ElementInstance, Incident, Job, Row, Subscription, UserTask, Variable
from engine.errors import BadRequest, Conflict, NotFound
from engine.failpoints import FailpointReached, arm
from tests.executor.models import model

TasksOf = Callable[[int], list[int]]

HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
MESSAGE = '<messageEventDefinition messageRef="m"/>'


def flow(source: str, target: str) -> str:
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'


def version(*, inside: bool, suffix: str = "") -> dict[str, bytes]:
    """A task, work and a continuation beside each other, with events at the task; in a sub-process, if asked."""
    body = (
        '<startEvent id="begin"/><parallelGateway id="fork"/>'
        f'<userTask id="a{suffix}"/><boundaryEvent id="late{suffix}" attachedToRef="a{suffix}">{HOUR}</boundaryEvent>'
        f'<boundaryEvent id="mail{suffix}" attachedToRef="a{suffix}" cancelActivity="false">{MESSAGE}</boundaryEvent>'
        f'<{"send" if inside else "service"}Task id="work{suffix}" camunda:type="external" camunda:topic="t"/>'
        f'<serviceTask id="later{suffix}" camunda:expression="${{1}}" camunda:asyncBefore="true"/>'
        f'<userTask id="task{suffix}"/>'
        + flow("begin", "fork")
        + flow("fork", f"a{suffix}")
        + flow("fork", f"work{suffix}")
        + flow("fork", f"later{suffix}")
        + flow("fork", f"task{suffix}")
    )
    if inside:
        body = f'<startEvent id="start"/><subProcess id="s">{body}</subProcess>' + flow("start", "s")
    message = b'<message id="m" name="mail"/><process '
    return {name: data.replace(b"<process ", message) for name, data in model(body).items()}


def deploy(engine: Engine, files: dict[str, bytes]) -> int:
    engine.deployments.deploy(files)
    return engine.queries.latest_definition("p").id


def start(engine: Engine, definition_id: int) -> int:
    return engine.process_instances.start(definition_id=definition_id, variables={"x": 1}).id


def living(engine: Engine, kind: type[Row], instance: int) -> list[Any]:
    with engine.database.read() as tx:
        return list(tx.select(kind, "process_instance_id", [instance]))


NAMES = ("a", "late", "mail", "work", "later", "task")


@pytest.fixture
def versions(engine: Engine) -> tuple[int, int]:
    """The ids of two definitions; the second one has other names, and a sub-process around it all."""
    return deploy(engine, version(inside=False)), deploy(engine, version(inside=True, suffix="2"))


@pytest.fixture
def plan(versions: tuple[int, int]) -> MigrationPlan:
    return MigrationPlan(*versions, tuple(MigrationInstruction(name, name + "2") for name in NAMES), {"y": "z"})


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    arm("")


def test_all_that_lives_goes_along(engine: Engine, plan: MigrationPlan) -> None:
    instance = start(engine, plan.source_id)
    before = {kind: living(engine, kind, instance) for kind in (UserTask, Job, Subscription)}
    engine.migrations.execute(plan, [instance])
    assert engine.check() == []
    elements = living(engine, ElementInstance, instance)
    assert sorted((row.element_id, row.element_kind) for row in elements) == [
        ("a2", "userTask"),
        ("later2", "serviceTask"),
        ("s", "subProcess"),
        ("task2", "userTask"),
        ("work2", "sendTask"),
    ]
    for kind, rows in before.items():
        now = living(engine, kind, instance)
        assert [row.id for row in now] == [row.id for row in rows]
        assert [row.element_id for row in now] == [row.element_id + "2" for row in rows]
    for kind in (ElementInstance, UserTask, Job, Subscription, Variable, Incident):
        assert {row.definition_id for row in living(engine, kind, instance)} <= {plan.target_id}
    assert engine.queries.variables_of(instance) == {"x": 1, "y": "z"}


def test_migrated_instance_goes_on_to_its_end(engine: Engine, plan: MigrationPlan, tasks_of: TasksOf) -> None:
    instance = start(engine, plan.source_id)
    engine.migrations.execute(plan, [instance])
    (later,) = (row.id for row in living(engine, Job, instance) if row.kind == "async-before")
    engine.jobs.execute(later)
    (work,) = (row.id for row in living(engine, Job, instance) if row.kind == "work")
    engine.external_tasks.lock(work, "w", timedelta(minutes=1))
    engine.external_tasks.complete(work, worker="w")
    for task in tasks_of(instance):
        engine.tasks.complete(task)
    assert engine.queries.historic_process_instances.get(instance).state == "COMPLETED"
    assert engine.check() == []


@pytest.mark.parametrize("place", ["executor.before_write", "executor.before_commit"])
def test_failure_before_the_commit_leaves_all_as_it_was(engine: Engine, plan: MigrationPlan, place: str) -> None:
    instances = [start(engine, plan.source_id) for _ in range(2)]
    before = picture(engine, instances)
    arm(f"{place}=raise")
    with pytest.raises(FailpointReached):
        engine.migrations.execute(plan, instances)
    arm("")
    assert picture(engine, instances) == before
    engine.migrations.execute(plan, instances)
    assert engine.check() == []


def picture(engine: Engine, instances: list[int]) -> list[tuple[object, ...]]:
    """All that lives in some instances."""
    return [
        (kind.TABLE, *(getattr(row, each.name) for each in dataclasses.fields(kind)))
        for instance in instances
        for kind in (ElementInstance, UserTask, Job, Subscription, Variable)
        for row in living(engine, kind, instance)
    ]


def test_one_that_cannot_be_migrated_keeps_the_others(
    engine: Engine, versions: tuple[int, int], plan: MigrationPlan
) -> None:
    good, other = start(engine, plan.source_id), start(engine, plan.source_id)
    before = picture(engine, [good])
    engine.migrations.execute(plan, [other])
    with pytest.raises(Conflict):
        engine.migrations.execute(plan, [good, other])
    with pytest.raises(NotFound):
        engine.migrations.execute(plan, [good, 1])
    with pytest.raises(BadRequest):
        engine.migrations.execute(plan, [])
    with pytest.raises(InvalidPlan):
        engine.migrations.execute(MigrationPlan(*versions, (MigrationInstruction("a", "none"),)), [good])
    with pytest.raises(CannotMigrate) as raised:
        engine.migrations.execute(MigrationPlan(*versions, plan.instructions[:-1]), [good])
    assert [each.element_id for each in raised.value.report.elements] == ["task"]
    assert picture(engine, [good]) == before
    assert engine.check() == []


def test_what_is_only_tried_is_never_kept_though_each_is_tried_alone(
    engine: Engine, plan: MigrationPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    instances = [start(engine, plan.source_id) for _ in range(3)]
    before = picture(engine, instances)
    attempt, tried = engine.executor._attempt, []

    def refuse_several(commands: Sequence[Any], **how: Any) -> Any:
        tried.append(len(commands))
        if len(commands) > 1:
            raise BadRequest("One of these cannot be written down")
        return attempt(commands, **how)

    monkeypatch.setattr(engine.executor, "_attempt", refuse_several)
    assert engine.migrations.check(plan, instances) == {}
    assert tried == [3, 1, 1, 1]
    assert picture(engine, instances) == before


def test_many_instances_cost_no_more_statements_than_one(engine: Engine, plan: MigrationPlan) -> None:
    instances = [start(engine, plan.source_id) for _ in range(21)]
    with engine.database.count_statements() as one:
        engine.migrations.execute(plan, instances[:1])
    with engine.database.count_statements() as twenty:
        engine.migrations.execute(plan, instances[1:])
    assert twenty.count <= one.count + 2, twenty.log
    assert engine.check() == []


def test_ordinary_steps_never_write_the_element(engine: Engine, plan: MigrationPlan, tasks_of: TasksOf) -> None:
    instance = start(engine, plan.source_id)
    with engine.database.count_statements() as counter:
        engine.tasks.complete(tasks_of(instance)[0])
    assert not [line for line in counter.log if "element_kind = " in line or '"element_kind" = ' in line]


def test_signal_on_its_way_finds_the_migrated_event(engine: Engine, tasks_of: TasksOf) -> None:
    def waiting(name: str) -> dict[str, bytes]:
        body = (
            f'<startEvent id="start"/><intermediateCatchEvent id="{name}"><signalEventDefinition signalRef="s"/>'
            f'</intermediateCatchEvent><userTask id="after"/>{flow("start", name)}{flow(name, "after")}'
        )
        signal = b'<signal id="s" name="alert"/><process '
        return {file: data.replace(b"<process ", signal) for file, data in model(body).items()}

    throw = (
        '<startEvent id="start"/><intermediateThrowEvent id="t"><signalEventDefinition signalRef="s" '
        f'camunda:async="true"/></intermediateThrowEvent>{flow("start", "t")}'
    )
    first, second = deploy(engine, waiting("one")), deploy(engine, waiting("two"))
    engine.deployments.deploy(
        {
            "throw.bpmn": model(throw, "throw")["throw.bpmn"].replace(
                b"<process ", b'<signal id="s" name="alert"/><process '
            )
        }
    )
    instance = start(engine, first)
    engine.process_instances.start(key="throw")
    plan = MigrationPlan(first, second, (MigrationInstruction("one", "two"),))
    engine.migrations.execute(plan, [instance])
    (job,) = living(engine, Job, instance)
    assert (job.kind, job.element_id) == ("event", "two")
    engine.jobs.execute(job.id)
    assert len(tasks_of(instance)) == 1
    assert engine.check() == []


def test_what_can_be_compensated_goes_along(engine: Engine, tasks_of: TasksOf) -> None:
    def trip(scope: str, task: str) -> dict[str, bytes]:
        return model(
            f'<startEvent id="start"/><subProcess id="{scope}"><startEvent id="inside"/><userTask id="{task}"/>'
            f'<boundaryEvent id="undone" attachedToRef="{task}"><compensateEventDefinition/></boundaryEvent>'
            f'<userTask id="undo" isForCompensation="true"/>{flow("inside", task)}'
            '<association id="as" sourceRef="undone" targetRef="undo" associationDirection="One"/></subProcess>'
            f'<userTask id="wait"/><endEvent id="back"><compensateEventDefinition/></endEvent>'
            f"{flow('start', scope)}{flow(scope, 'wait')}{flow('wait', 'back')}"
        )

    first, second = deploy(engine, trip("s", "book")), deploy(engine, trip("t", "reserve"))
    instance = start(engine, first)
    (task,) = tasks_of(instance)
    (scope,) = (row for row in living(engine, ElementInstance, instance) if row.element_id == "s")
    engine.variables.set(scope.id, {"own": 1}, local=True)
    engine.tasks.complete(task)
    pairs = (("s", "t"), ("wait", "wait"), ("undone", "undone"))
    plan = MigrationPlan(first, second, tuple(MigrationInstruction(*pair) for pair in pairs))
    engine.migrations.execute(plan, [instance])
    assert engine.check() == []
    assert {row.definition_id for row in living(engine, Variable, instance)} == {second}
    engine.tasks.complete(tasks_of(instance)[0])
    (undo,) = engine.queries.tasks.list({"processInstanceId": str(instance)})
    assert (undo.element_id, engine.queries.variables_of(undo.id)["own"]) == ("undo", 1)
    engine.tasks.complete(undo.id)
    assert engine.queries.historic_process_instances.get(instance).state == "COMPLETED"
    assert engine.check() == []
