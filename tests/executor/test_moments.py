"""What instances were at moments of their history, and forks that begin from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import Engine, ForkPlan, HistoryLevel, MigrationInstruction, MigrationPlan
from engine.authorization import Actor, AuthorizationType, NotAuthorized, Resource
from engine.core.commands.jobs import FailJob
from engine.errors import BadRequest, InvalidInstruction, NotFound
from engine.services.queries import Past
from tests.executor.clock import NOON, Clock
from tests.executor.models import FORK, MANY, model

SECOND = timedelta(seconds=1)

NESTED = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="s"/>'
    '<subProcess id="s"><extensionElements><camunda:inputOutput>'
    '<camunda:inputParameter name="i">${x}</camunda:inputParameter></camunda:inputOutput></extensionElements>'
    '<startEvent id="in"/><sequenceFlow id="f2" sourceRef="in" targetRef="a"/>'
    '<userTask id="a" camunda:assignee="mary"/>'
    '<sequenceFlow id="f3" sourceRef="a" targetRef="b"/><userTask id="b" camunda:asyncBefore="true"/></subProcess>'
    '<sequenceFlow id="f4" sourceRef="s" targetRef="c"/><callActivity id="c" calledElement="called"/>'
    '<sequenceFlow id="f5" sourceRef="c" targetRef="end"/><endEvent id="end"/>'
)
CALLED = (
    '<startEvent id="begin"/><sequenceFlow id="g1" sourceRef="begin" targetRef="z"/><userTask id="z"/>'
    '<sequenceFlow id="g2" sourceRef="z" targetRef="over"/><endEvent id="over"/>'
)


@pytest.fixture
def engine(database_url: str, clock: Clock) -> Iterator[Engine]:
    """An engine with the clock of the test."""
    opened = Engine.open(database_url, clock=clock)
    opened.upgrade()
    yield opened
    opened.close()


class Story:
    """What is done to an instance, a second for each thing; `after[n]` is the time of the n-th, 0 the start."""

    def __init__(self, engine: Engine, clock: Clock, **options: Any) -> None:
        self.engine, self.clock = engine, clock
        self.id = engine.process_instances.start(key="p", **options).id
        self.after = [clock.now]

    def then(self) -> Engine:
        """The engine, a second later."""
        self.clock.now += SECOND
        self.after.append(self.clock.now)
        return self.engine

    def task(self, element: str) -> int:
        (found,) = self.engine.queries.tasks.list({"taskDefinitionKey": element})
        return found.id

    def past(self, number: int) -> Past:
        return self.engine.queries.past(self.id, self.after[number])


@pytest.fixture
def story(engine: Engine, clock: Clock) -> Story:
    """An instance that goes all the way."""
    engine.deployments.deploy(model(NESTED) | model(CALLED, "called"))
    made = Story(engine, clock, variables={"x": 1}, business_key="B")
    scope = engine.queries.activity_tree(made.id).children[0].id
    made.then().tasks.set_assignee(made.task("a"), "paul")
    made.then().variables.set(scope, {"own": 5, "x": 2}, local=True)
    made.then().tasks.complete(made.task("a"), {"done": True})
    (job,) = engine.queries.jobs.list()
    made.then().executor.execute([FailJob(id=job.id, message="no")])
    engine.jobs.set_retries([job.id], 0)
    made.then().jobs.set_retries([job.id], 1)
    made.then().jobs.execute(job.id)
    made.then().variables.set(made.id, {"x": 7}, ["done"])
    made.then().tasks.complete(made.task("b"))
    made.then().tasks.complete(made.task("z"))
    return made


def there(past: Past) -> list[str]:
    return [f"{each.element_id}{' ' + each.transition if each.transition else ''}" for each in past.activities]


def values(past: Past) -> dict[str, object]:
    return {
        (each.element_id or "") + "." + each.name: None if each.now is None else each.now.value
        for each in past.variables
    }


def test_what_was_active_at_each_moment(story: Story) -> None:
    assert [there(story.past(number)) for number in range(10)] == [
        ["s", "a"],
        ["s", "a"],
        ["s", "a"],
        ["s", "b before"],
        ["s", "b before"],
        ["s", "b before"],
        ["s", "b"],
        ["s", "b"],
        ["c"],
        [],
    ]
    assert [each.assignee for number in (0, 1) for each in story.past(number).activities] == [
        None,
        "mary",
        None,
        "paul",
    ]
    past = story.past(3)
    assert [(each.element_id, each.canceled) for each in past.departures] == [("a", False)]
    assert [each.element_id for each in past.activities if each.is_new] == ["b"]
    assert [(each.is_new, each.message) for each in story.past(4).incidents] == [(True, "no")]
    assert story.past(5).incidents == []
    called = story.past(8).activities[0].called_instance_id
    assert there(story.engine.queries.past(called or 0, story.after[8])) == ["z"]
    progress = story.past(6).progress
    assert {(each.element_id, each.tokens, each.finished) for each in progress.elements} == {
        ("start", 0, 1),
        ("s", 0, 0),
        ("in", 0, 1),
        ("a", 0, 1),
        ("b", 1, 0),
    }
    assert progress.flows == ["f1", "f2", "f3"]


def test_what_variables_were_and_what_changed(story: Story) -> None:
    assert values(story.past(0)) == {".x": 1, "s.i": 1}
    assert values(story.past(3)) == {".x": 1, ".done": True, "s.i": 1, "s.own": 5, "s.x": 2}
    assert values(story.past(9)) == {".x": 7}
    changed = {each.name: each for each in story.past(7).variables if each.change and not each.element_id}
    assert {name: each.change for name, each in changed.items()} == {"x": "changed", "done": "removed"}
    assert [getattr(each, "value", None) for each in (changed["x"].before, changed["x"].now)] == [1, 7]
    assert (changed["done"].now, getattr(changed["done"].before, "value", None)) == (None, True)
    # What lived in a scope is gone with it.
    assert {each.name: each.change for each in story.past(8).variables if each.element_id == "s"} == {
        "i": "removed",
        "own": "removed",
        "x": "removed",
    }


def test_moments_tell_how_much_of_what_changed(story: Story) -> None:
    total, found = story.engine.queries.moments(story.id)
    assert total == 10
    assert [each.at for each in found] == story.after
    first, *_, last = found
    assert (first.entered, first.completed, first.variables) == (4, 2, 2)
    assert (last.entered, last.completed) == (1, 2)
    assert [each.tasks for each in found[:3]] == [1, 2, 0]
    assert (found[4].failures, found[4].incidents, found[5].resolved) == (1, 1, 1)
    assert (found[3].tokens, found[6].tokens, found[7].variables) == (1, 0, 2)
    assert story.engine.queries.moments(story.id, 8, 5) == (10, found[8:])
    between = story.engine.queries.past(story.id, story.after[3] + SECOND / 2)
    assert (between.moment, between.before, between.position) == (story.after[3], story.after[2], 4)
    before = story.engine.queries.past(story.id, NOON - SECOND)
    assert (before.moment, before.position, before.total, there(before), values(before)) == (None, 0, 10, [], {})


def test_reading_costs_the_same_however_much_there_is(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(MANY))
    counts = []
    for number in (2, 60):
        story = Story(engine, clock, variables={"n": number})
        story.then().variables.set(story.id, {f"v{index}": index for index in range(number)})
        tasks = engine.queries.tasks.list({"processInstanceId": str(story.id)}, limit=number)
        for each in tasks[1:]:
            story.then().tasks.complete(each.id)
        with engine.database.count_statements() as counter:
            total, page = engine.queries.moments(story.id, limit=1)
            past = engine.queries.past(story.id, story.after[1], limit=5)
        counts.append(counter.count)
        assert (total, len(page)) == (number + 1, 1)
        assert len(past.activities) == min(number + 1, 6)
    assert counts[0] == counts[1] <= 14


def test_lower_levels_of_history_know_less(database_url: str, clock: Clock) -> None:
    engine = Engine.open(database_url, clock=clock, history_level=HistoryLevel.AUDIT)
    engine.upgrade()
    engine.deployments.deploy(model(FORK))
    story = Story(engine, clock, variables={"x": 1, "y": 1})
    story.then().variables.set(story.id, {"x": 2})
    found = {each.name: each for each in story.past(0).variables}
    assert (found["x"].now, found["x"].is_unknown) == (None, True)
    assert getattr(found["y"].now, "value", None) == 1
    plan = ForkPlan(instance_id=story.id, at=story.after[0], definition_id=_definition(engine))
    with pytest.raises(InvalidInstruction, match="what variable 'x' was then is not kept in history"):
        engine.forks.execute(plan)
    made = engine.forks.execute(
        ForkPlan(instance_id=story.id, at=story.after[0], definition_id=_definition(engine), variables={"x": 1})
    )
    assert engine.queries.variables_of(made) == {"x": 1, "y": 1}
    engine.close()


# ---------------------------------------------------------------- forks


def _definition(engine: Engine) -> int:
    return engine.queries.latest_definition("p").id


def _plan(story: Story, at: int | datetime, **options: Any) -> ForkPlan:
    when = story.after[at] if isinstance(at, int) else at
    return ForkPlan(**{"instance_id": story.id, "at": when, "definition_id": _definition(story.engine), **options})


def _waits(engine: Engine, id: int) -> list[str]:
    return there(engine.queries.past(id, datetime.max.replace(tzinfo=NOON.tzinfo)))


def test_fork_begins_as_the_origin_was(story: Story) -> None:
    engine = story.engine
    made = engine.forks.execute(_plan(story, 2))
    assert _waits(engine, made) == ["s", "a"]
    scope = engine.queries.activity_tree(made).children[0].id
    assert engine.queries.local_variables_of(made) == {"x": 1}
    assert engine.queries.local_variables_of(scope) == {"i": 1, "own": 5, "x": 2}
    assert _waits(engine, engine.forks.execute(_plan(story, 3))) == ["s", "b before"]
    later = engine.forks.execute(
        _plan(story, 8, variables={"x": 9, "new": 1}, without_business_key=True, skip_listeners=True)
    )
    assert _waits(engine, later) == ["c"]
    assert engine.queries.variables_of(later) == {"x": 9, "new": 1}
    found = engine.queries.historic_process_instances.get(made), engine.queries.historic_process_instances.get(later)
    assert [each.business_key for each in found] == ["B", None]
    lineage = engine.queries.lineage(story.id)
    assert (lineage.origin, lineage.forks[0], lineage.forks[-1]) == (
        None,
        (later, story.after[8]),
        (made, story.after[2]),
    )
    assert engine.queries.lineage(made).origin == (story.id, story.after[2])
    assert engine.check() == []


def test_fork_of_a_time_between_is_of_the_moment_before_it(story: Story) -> None:
    made = story.engine.forks.execute(_plan(story, story.after[2] + SECOND / 2))
    assert story.engine.queries.lineage(made).origin == (story.id, story.after[2])


def test_preview_tells_what_would_be_and_changes_nothing(story: Story) -> None:
    engine = story.engine
    before = engine.queries.process_instances.count()
    found = engine.forks.preview(_plan(story, 3))
    (place,) = found.places
    assert (place.element_id, place.scopes, place.behind, place.number) == ("b", ("s",), False, 1)
    assert (found.moment, found.refusals, found.ends) == (story.after[3], (), False)
    assert (found.waiting, found.passed) == ({"s": 1, "b": 1}, {})
    refused = engine.forks.preview(_plan(story, 9))
    assert [str(each) for each in refused.refusals] == ["nothing was active then, so there is nothing to begin with"]
    assert engine.queries.process_instances.count() == before


def test_fork_of_another_version(story: Story) -> None:
    engine = story.engine
    engine.deployments.deploy(model(NESTED.replace('"b"', '"other"')))
    assert _waits(engine, engine.forks.execute(_plan(story, 0))) == ["s", "a"]
    refused = engine.forks.preview(_plan(story, 6)).refusals
    assert [(each.element_id, "no such element" in each.reason) for each in refused] == [("b", True)]
    other = engine.queries.latest_definition("called").id
    with pytest.raises(BadRequest, match="must be of a version of process 'p'"):
        engine.forks.execute(_plan(story, 0, definition_id=other))


def test_what_cannot_be_forked(story: Story) -> None:
    engine = story.engine
    with pytest.raises(InvalidInstruction, match="nothing was active then"):
        engine.forks.execute(_plan(story, 9))
    with pytest.raises(BadRequest, match="began only at"):
        engine.forks.execute(_plan(story, NOON - SECOND))
    with pytest.raises(NotFound):
        engine.forks.execute(_plan(story, 0, instance_id=1))
    with pytest.raises(NotFound):
        engine.forks.execute(_plan(story, 0, definition_id=999_999))


def test_loops_are_forked_with_what_had_completed(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(MANY))
    story = Story(engine, clock, variables={"n": 3})
    first = engine.queries.tasks.list({"processInstanceId": str(story.id)})[0]
    story.then().tasks.complete(first.id)
    story.then().process_instances.delete(story.id)
    made = engine.forks.execute(_plan(story, 1))
    body = engine.queries.activity_tree(made).children[0]
    inside = engine.queries.past(made, clock.now).activities
    assert [each.loop_counter for each in inside] == [None, 1, 2]
    assert (
        engine.queries.variables_of_elements([body.children[0].id])[body.children[0].id]["nrOfCompletedInstances"] == 1
    )
    for each in engine.queries.tasks.list({"processInstanceId": str(made)}):
        engine.tasks.complete(each.id)
    assert engine.queries.historic_process_instances.get(made).ended_at is not None


def test_both_logs_tell_of_a_fork_and_why(story: Story) -> None:
    engine = story.engine.in_the_name_of(Actor("mary", reason="What if"))
    made = engine.forks.execute(_plan(story, 2))
    for id, told in ((made, ("forkedFrom", str(story.id))), (story.id, ("forkedAs", str(made)))):
        entries = engine.queries.operations.list({"processInstanceId": str(id), "operationType": "ForkProcessInstance"})
        assert told in [(each.property, each.new_value) for each in entries]
        assert {(each.user_id, each.reason) for each in entries} == {("mary", "What if")}


def test_called_instance_is_forked_alone(story: Story) -> None:
    engine = story.engine
    called = story.past(8).activities[0].called_instance_id or 0
    definition = engine.queries.latest_definition("called").id
    made = engine.forks.execute(ForkPlan(instance_id=called, at=story.after[8], definition_id=definition))
    found = engine.queries.historic_process_instances.get(made)
    assert (found.parent_id, found.root_id, _waits(engine, made)) == (None, made, ["z"])
    (task,) = engine.queries.tasks.list({"processInstanceId": str(made)})
    engine.tasks.complete(task.id)
    assert engine.queries.historic_process_instances.get(made).ended_at is not None


def test_migrated_instance_is_forked_in_the_version_that_it_has(engine: Engine, clock: Clock) -> None:
    engine.deployments.deploy(model(FORK))
    story = Story(engine, clock)
    source = _definition(engine)
    engine.deployments.deploy(model(FORK.replace('"a"', '"other"')))
    instructions = [MigrationInstruction("a", "other"), MigrationInstruction("b", "b")]
    plan = MigrationPlan(source, _definition(engine), tuple(instructions))
    story.then().migrations.execute(plan, [story.id])
    assert there(story.past(0)) == there(story.past(1)) == ["other", "b"]
    assert _waits(engine, engine.forks.execute(_plan(story, 0))) == ["other", "b"]
    assert [each.element_id for each in engine.forks.preview(_plan(story, 0, definition_id=source)).refusals] == [
        "other"
    ]


def test_who_may_look_back_and_who_may_fork(story: Story) -> None:
    mary = Actor("mary")

    def tried() -> list[str]:
        engine = story.engine.acting_as(mary)
        actions: dict[str, Callable[[], object]] = {
            "moments": lambda: engine.queries.moments(story.id),
            "past": lambda: engine.queries.past(story.id, NOON),
            "lineage": lambda: engine.queries.lineage(story.id),
            "preview": lambda: engine.forks.preview(_plan(story, 2)),
            "execute": lambda: engine.forks.execute(_plan(story, 2)),
        }
        done = []
        for name, action in actions.items():
            with suppress(NotAuthorized):
                action()
                done.append(name)
        return done

    rules = story.engine.authorizations
    assert tried() == []
    rules.grant(Resource.PROCESS_INSTANCE, "READ", user="mary")
    rules.grant(Resource.PROCESS_INSTANCE, "CREATE", user="mary")
    rules.grant(Resource.PROCESS_DEFINITION, "CREATE_INSTANCE", user="mary", resource_id="p")
    assert tried() == []
    rules.grant(Resource.PROCESS_DEFINITION, "READ_HISTORY", user="mary", resource_id="p")
    assert tried() == ["moments", "past", "lineage", "preview", "execute"]
    rules.create(AuthorizationType.REVOKE, Resource.PROCESS_INSTANCE, ["CREATE"], user_id="mary", resource_id="*")
    assert tried() == ["moments", "past", "lineage"]


def test_lineage_tells_of_nothing_that_the_asker_may_not_see(story: Story) -> None:
    engine = story.engine
    made = engine.forks.execute(_plan(story, 2))
    hidden = engine.forks.execute(_plan(story, 3))
    for id in (story.id, made):
        engine.authorizations.grant(
            Resource.HISTORIC_PROCESS_INSTANCE, "READ", user="mary" if id == made else "ada", resource_id=str(id)
        )
    engine.authorizations.grant(Resource.HISTORIC_PROCESS_INSTANCE, "READ", user="ada", resource_id=str(hidden))
    mary, ada = (engine.acting_as(Actor(name)).queries for name in ("mary", "ada"))
    assert mary.lineage(made).origin is None
    assert ada.lineage(hidden).origin == (story.id, story.after[3])
    assert [id for id, _ in ada.lineage(story.id).forks] == [hidden]
    assert [id for id, _ in engine.queries.lineage(story.id).forks] == [hidden, made]
