"""What is new for people because of what others did, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import reduce
from operator import or_

import pytest

from engine import Engine, MigrationInstruction, MigrationPlan
from engine.authorization import Actor, NotAuthorized, Resource
from engine.core.commands.instances import StartInstance
from engine.news import News
from engine.services.notices import mentioned
from tests.executor.clock import Clock
from tests.executor.models import model

MODEL = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
  <process id="order" name="Order" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="check"/>
    <userTask id="check" name="Check" camunda:candidateGroups="sales"/>
  </process>
</definitions>"""
GIVING = (
    '<startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="check"/>'
    '<userTask id="check" name="Check" camunda:assignee="${who}"/>'
)
SALES = frozenset({"sales"})
MARY, JOHN = Actor("mary", groups=SALES), Actor("john", groups=SALES)
STRANGER = Actor("eve")


@pytest.fixture
def task(engine: Engine) -> int:
    """A task that is offered to the group `sales`."""
    engine.deployments.deploy({"order.bpmn": MODEL})
    engine.process_instances.start(key="order")
    return engine.queries.tasks.list()[0].id


def told(engine: Engine, actor: Actor) -> list[tuple[str, str | None, str | None]]:
    """What is new for somebody: the kind, who did it, and what they said."""
    found = engine.acting_as(actor).queries.notices(actor.user_id)
    return [(each.kind, each.actor_id, each.message) for each in found if each.read_at is None]


def news_of(engine: Engine, act: Callable[[], object]) -> frozenset[str] | None:
    """For whom something became new."""
    heard: list[News] = []
    remove = engine.news.add(heard.append)
    act()
    remove()
    return reduce(or_, heard, News()).notices


def test_who_is_given_a_task_by_somebody_else_hears_of_it(engine: Engine, task: int) -> None:
    assert news_of(engine, lambda: engine.tasks.claim(task, "mary", user="mary")) == frozenset()
    assert news_of(engine, lambda: engine.tasks.set_assignee(task, "john", user="mary")) == {"john"}
    engine.tasks.set_assignee(task, "john", user="mary")  # which he has already
    engine.tasks.delegate(task, "mary", user="john")
    engine.tasks.resolve(task, user="mary")
    assert told(engine, JOHN) == [("assigned", "mary", None)] * 2
    assert told(engine, MARY) == [("assigned", "john", None)]
    (notice, _) = engine.queries.notices("john")
    assert (notice.task_id, notice.task_name, notice.process_name) == (task, "Check", "Order")
    mine = engine.tasks.create(name="Alone", assignee="john", user="mary")
    assert engine.queries.notices("john")[0].task_id == mine
    engine.tasks.set_assignee(task, "mary")  # by nobody
    assert len(told(engine, MARY)) == 1


def test_who_is_mentioned_or_has_the_task_hears_of_comments(engine: Engine, task: int) -> None:
    engine.tasks.claim(task, "john", user="john")
    both = news_of(
        engine, lambda: engine.tasks.add_comment(task, "@mary: look", mentions=["mary", "mary", "sue"], user="sue")
    )
    assert both == {"mary", "john"}
    assert told(engine, MARY) == [("mentioned", "sue", "@mary: look")]
    assert told(engine, JOHN) == [("commented", "sue", "@mary: look")]
    engine.tasks.add_comment(task, "@john", mentions=["john"], user="mary")
    assert told(engine, JOHN)[0] == ("mentioned", "mary", "@john")
    (comment, _) = engine.queries.task_comments(task)
    engine.comments.remove(task, comment.id)
    assert told(engine, JOHN) == [("commented", "sue", "@mary: look")]
    engine.comments.remove_all(task)
    assert (told(engine, JOHN), told(engine, MARY)) == ([], [])


def test_nobody_hears_of_tasks_that_they_may_not_see(engine: Engine, task: int) -> None:
    engine.tasks.add_comment(task, "@eve", mentions=["eve"], user="mary")
    assert told(engine, STRANGER) == []
    engine.authorizations.grant(Resource.TASK, "READ", user="eve", resource_id=str(task))
    assert told(engine, STRANGER) == [("mentioned", "mary", "@eve")]
    with pytest.raises(NotAuthorized):
        engine.acting_as(JOHN).queries.notices("eve")


def test_what_one_may_not_see_pushes_nothing_away(engine: Engine, task: int) -> None:
    engine.tasks.add_comment(task, "@john", mentions=["john"], user="mary")
    hidden = engine.tasks.create(name="Hidden", assignee="eve", user="eve")
    for _ in range(3):
        engine.tasks.add_comment(hidden, "@john", mentions=["john"], user="eve")
    (seen,) = engine.acting_as(JOHN).queries.notices("john", limit=3)
    assert seen.task_id == task


@pytest.fixture
def given(database_url: str, clock: Clock) -> Iterator[Engine]:
    """An engine with a process that gives a task to whom the variable `who` names."""
    engine = Engine.open(database_url, clock=clock)
    engine.upgrade()
    engine.deployments.deploy(model(GIVING))
    yield engine
    engine.close()


def test_who_is_given_tasks_by_a_process_hears_of_them_together(given: Engine, clock: Clock) -> None:
    engine = given

    def start(user: str | None = None) -> int:
        clock.pass_time(timedelta(seconds=1))
        engine.process_instances.start(key="p", variables={"who": "john"}, user=user)
        return max(each.id for each in engine.queries.tasks.list())

    def lines() -> list[tuple[str, int, int, bool]]:
        found = engine.acting_as(JOHN).queries.notices("john")
        return [(each.kind, each.task_id, each.count, each.read_at is None) for each in found]

    first = start(user="john")  # it is he who does that
    assert lines() == []
    assert news_of(engine, start) == {"john"}
    last = start(user="mary")
    assert lines() == [("given", last, 2, True)]
    (line,) = engine.queries.notices("john")
    assert (line.task_name, line.actor_id, line.created_at) == ("Check", None, clock())

    mine = engine.acting_as(JOHN).notices
    assert news_of(engine, lambda: mine.mark_read([last])) == {"john"}
    assert news_of(engine, lambda: mine.mark_read([last])) == frozenset()
    assert lines() == [("given", last, 2, False)]
    new = start()
    assert lines() == [("given", new, 1, True)]
    mine.mark_read()
    assert lines() == [("given", new, 3, False)]

    assert news_of(engine, lambda: engine.tasks.complete(new, user="john")) == {"john"}
    engine.tasks.set_assignee(last, "mary", user="sue")
    assert [count for _, _, count, _ in lines()] == [1]
    engine.tasks.set_assignee(last, "john", user="sue")  # by a person now
    assert sorted((kind, count) for kind, _, count, _ in lines()) == [("assigned", 1), ("given", 1)]
    assert first not in {task for _, task, _, _ in lines()}

    engine.people.create_user("john")
    engine.people.delete_user("john")
    assert [is_new for kind, _, _, is_new in lines() if kind == "given"] == [True]  # it is another john
    (definition,) = engine.queries.process_definitions.list()
    mine.mark_read()
    engine.process_definitions.delete(definition_id=definition.id, cascade=True)
    assert lines() == []


def test_given_tasks_that_are_migrated_are_as_new_as_they_were(given: Engine, clock: Clock) -> None:
    engine = given

    def start(definition_id: int) -> tuple[int, int]:
        clock.pass_time(timedelta(seconds=1))
        instance = engine.process_instances.start(definition_id=definition_id, variables={"who": "john"}).id
        return instance, engine.queries.tasks.list({"processInstanceId": str(instance)})[0].id

    def lines() -> list[tuple[int, bool]]:
        return [(each.count, each.read_at is None) for each in engine.queries.notices("john")]

    def see(*tasks: int) -> None:
        engine.acting_as(JOHN).notices.mark_read(tasks)

    source = engine.queries.latest_definition("p").id
    engine.deployments.deploy(model(GIVING.replace('"check"', '"other"')))
    target = engine.queries.latest_definition("p").id
    plan = MigrationPlan(source, target, (MigrationInstruction("check", "other"),))
    (first, _), (second, seen), (late, _) = (start(source) for _ in range(3))
    see(seen)
    engine.migrations.execute(plan, [first, second])
    assert lines() == [(1, True), (2, False)]
    engine.migrations.execute(plan, [late])
    assert lines() == [(1, True)]

    # What waits there already, and was not seen, is not seen with what comes.
    start(target)
    moved, task = start(source)
    see(task)
    assert lines() == [(1, False), (2, True)]
    engine.migrations.execute(plan, [moved])
    assert lines() == [(3, True)]


def test_who_may_not_see_tasks_hears_nothing_of_those_that_a_process_gives(given: Engine) -> None:
    given.process_instances.start(key="p", variables={"who": "john"})
    elsewhere = Actor("john", tenants=frozenset({"north"}))
    assert told(given, elsewhere) == [("given", None, None)]  # what belongs to no tenant is everybody's
    given.deployments.deploy(model(GIVING), tenant_id="south")
    given.process_instances.start(key="p", variables={"who": "john"}, tenant_id="south")
    assert told(given, elsewhere) == [("given", None, None)]
    assert len(told(given, Actor("john", tenants=frozenset({"south"})))) == 2


def test_a_thousand_tasks_cost_no_statement_and_push_nothing_away(given: Engine, clock: Clock) -> None:
    given.authorizations._fresh = 3600
    with given.database.count_statements() as counter:
        given.executor.execute([StartInstance(key="p", variables={"who": "john"})] * 50)
    assert [each for each in counter.log if "notice" in each or "tasks_seen" in each] == []
    alone = given.tasks.create(name="Alone", assignee="john", user="mary")
    clock.pass_time(timedelta(seconds=1))
    given.executor.execute([StartInstance(key="p", variables={"who": "john"})] * 950)
    assert len(told(given, JOHN)) == 2
    with given.database.count_statements() as counter:
        (many, one) = given.acting_as(JOHN).queries.notices("john")
    assert counter.count <= 4, counter.log  # with its BEGIN
    assert (many.kind, many.count, one.task_id) == ("given", 1_000, alone)
    with given.database.count_statements() as counter:
        given.acting_as(JOHN).notices.mark_read()
    assert counter.count <= 4, counter.log
    assert told(given, JOHN) == []


def test_what_was_read_is_not_new(engine: Engine, task: int) -> None:
    for _ in range(3):
        engine.tasks.add_comment(task, "@mary @john", mentions=["mary", "john"], user="sue")
    (newest, *_) = engine.queries.notices("mary")
    as_mary = engine.acting_as(MARY).notices
    assert news_of(engine, lambda: as_mary.mark_read([newest.id], user="john")) == {"mary"}  # she is who she is
    assert len(told(engine, MARY)) == 2
    assert news_of(engine, lambda: as_mary.mark_read([newest.id, engine.queries.notices("john")[0].id])) == frozenset()
    as_mary.mark_read()
    assert told(engine, MARY) == []
    assert len(told(engine, JOHN)) == 3


def test_notices_go_with_their_tasks(engine: Engine, task: int) -> None:
    alone = engine.tasks.create(name="Alone", assignee="john", user="mary")
    engine.tasks.set_assignee(task, "john", user="mary")
    (instance,) = engine.queries.process_instances.list()
    engine.process_instances.delete(instance.id)
    assert len(told(engine, JOHN)) == 2  # history is kept
    engine.process_instances.delete_history(instance.id)
    assert [each.task_id for each in engine.queries.notices("john")] == [alone]


def test_who_comes_to_have_the_id_of_somebody_hears_nothing_of_theirs(engine: Engine, task: int) -> None:
    engine.people.create_user("john")
    engine.tasks.set_assignee(task, "john", user="mary")
    engine.people.delete_user("john")
    engine.people.create_user("john")
    assert told(engine, JOHN) == []


def test_reading_takes_as_many_statements_however_many_there_are(engine: Engine, task: int) -> None:
    counts = []
    for _ in range(2):
        engine.tasks.add_comment(task, "@mary", mentions=["mary"], user="sue")
        with engine.database.count_statements() as counter:
            engine.queries.notices("mary")
        counts.append(counter.count)
    assert counts[0] == counts[1] <= 4  # with its BEGIN


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        ("@mary, and @john.", ["mary", "john.", "john"]),
        ("mary@example.org", []),
        ("@mary@example.org", ["mary@example.org"]),
        ("(@mary) **@john**", ["mary", "john"]),
        ("https://example.org/@mary @ @@mary", []),
        ("no one", []),
    ],
)
def test_what_a_comment_mentions(message: str, ids: list[str]) -> None:
    assert mentioned(message) == ids
