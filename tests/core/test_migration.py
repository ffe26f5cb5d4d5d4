"""Process instances that go on in another definition."""

from __future__ import annotations

import pytest

from engine.core.commands.instances import StartInstance
from engine.core.commands.jobs import SetRetries
from engine.core.commands.migration import MigrateInstance
from engine.core.commands.modification import Cancel, ModifyInstance, StartBefore
from engine.core.commands.work import CompleteWork, FailWork, LockWork
from engine.core.migration.instance import CannotMigrate
from engine.core.migration.plan import MigrationInstruction, MigrationPlan
from engine.core.migration.rules import InvalidPlan, generate
from engine.core.state import ElementInstance, Incident, Job, ProcessInstance, Subscription, UserTask, Variable
from engine.core.step import Activate, Activation
from engine.errors import Conflict, ExecutionFailed, NotFound, Suspended
from tests.core.kit import NOON, Run
from tests.core.models import (
    Part,
    ad_hoc,
    boundary,
    call,
    catch,
    compensate,
    complex_gateway,
    condition,
    event_sub,
    io,
    message,
    note,
    part,
    process,
    service,
    signal,
    sub,
    throw,
    undone_by,
    user,
)
from tests.core.test_listeners import handing


def hours(number: object) -> str:
    """A timer event definition."""
    return f"<timerEventDefinition><timeDuration>PT{number}H</timeDuration></timerEventDefinition>"


def timeout(id: str, number: int) -> str:
    """A task listener for a time."""
    return f'<camunda:taskListener event="timeout" id="{id}" expression="${{1}}">{hours(number)}</camunda:taskListener>'


EXTERNAL = {"type": "external", "topic": "t"}
TWO = "start > fork > a > join > z; fork > b > join"


class Versions:
    """Two definitions in one run, and instances of the first one."""

    def __init__(self, before: bytes, now: bytes, *others: bytes) -> None:
        self.run = Run()
        (self.before,) = self.run.deploy(before)
        (self.now,) = self.run.deploy(now)
        self.run.deploy(*others)

    def start(self, **variables: object) -> int:
        return (
            self.run.start(self.before.key, **variables) if self.before.key != self.now.key else self._first(variables)
        )

    def _first(self, variables: dict[str, object]) -> int:
        from engine.core.commands.instances import StartInstance

        return self.run.do(StartInstance(definition_id=self.before.id, variables=variables)).id

    def plan(self, *texts: str, **variables: object) -> MigrationPlan:
        """Instructions as words: an id, or source and target, and a star for what updates its event trigger."""
        made = []
        for text in texts:
            words = text.replace("*", "").split()
            made.append(MigrationInstruction(words[0], words[-1], "*" in text))
        return MigrationPlan(self.before.id, self.now.id, tuple(made), variables)

    def migrate(self, id: int, *texts: str, **options: bool) -> None:
        self.run.do(MigrateInstance(id=id, plan=self.plan(*texts), **options))
        self.check(id)

    def migrate_equal(self, id: int) -> None:
        """Migrate by the generated plan."""
        plan = MigrationPlan(self.before.id, self.now.id, generate(self.before, self.now))
        self.run.do(MigrateInstance(id=id, plan=plan))
        self.check(id)

    def check(self, id: int) -> None:
        """Whatever lives of the instance is of the new definition, and at elements of that."""
        for kind in (ElementInstance, UserTask, Variable, Job, Subscription, Incident):
            for row in self.run.rows(kind):
                if row.process_instance_id == id and row.ended_at is None:
                    assert row.definition_id == self.now.id
                    assert getattr(row, "element_id", None) in (None, *self.now.nodes)
        assert self.run.instance(id).definition_id == self.now.id

    def report(self, id: int, *texts: str) -> list[tuple[str, list[str]]]:
        """Why the instance cannot be migrated; it is left as it was."""
        with pytest.raises(CannotMigrate) as raised:
            self.migrate(id, *texts)
        assert self.run.instance(id).definition_id == self.before.id
        return [(each.element_id, list(each.failures)) for each in raised.value.report.elements]


# ---------------------------------------------------------------- where things are


def test_task_goes_on_at_another_element():
    v = Versions(process("start > a > end", {"a": user(name="A")}), process("start > b > c", {"b": user(name="B")}))
    p = v.start(x=1)
    task = v.run.task("a")
    v.run.set(task.id, local=True, y=2)
    v.migrate(p, "a b")
    assert (v.run.task("b").id, v.run.task("b").name) == (task.id, "A")
    (element,) = v.run.living("b")
    assert (element.element_kind, element.element_name, element.created_at) == ("userTask", "B", NOON)
    assert v.run.variables(task.id) == {"y": 2}
    v.run.complete("b")
    assert v.run.waits() == ["c"]
    assert v.run.variables(p) == {"x": 1}


def test_what_has_ended_stays_where_it_was():
    v = Versions(process("start > a > b"), process("start > c > b"))
    p = v.start()
    v.run.complete("a")
    v.migrate(p, "b")
    assert {row.definition_id for row in v.run.elements("a")} == {v.before.id}
    assert v.run.trace() == [("start", "completed"), ("a", "completed"), ("b", "active")]


def test_scope_that_no_instruction_names_goes():
    log = {"s": sub("start_in > a > z").having(note("end", "end s") + io({"i": "1"}, {"o": "2"}))}
    v = Versions(process("start > s > b", log), process("start > a > b"))
    p = v.start(log=[])
    (scope,) = v.run.living("s")
    v.run.set(scope.id, local=True, own=1)
    v.migrate(p, "a")
    (a,) = v.run.living("a")
    assert (a.scope_id, a.execution_id, v.run.task("a").execution_id) == (p, p, p)
    assert v.run.trace("s") == [("s", "terminated")]
    assert (scope.canceled, scope.definition_id) == (True, v.before.id)
    assert v.run.variables(p) == {"log": ["end s"], "o": "2"}
    assert v.run.variables(scope.id, ended=True) == {"i": "1", "own": 1}
    v.run.complete("a")
    assert v.run.waits() == ["b"]


def test_scope_that_is_new_is_entered_once_for_all_that_goes_into_it():
    inner = sub(TWO.replace("start", "start_in")).having(note("start", "start s") + io({"i": "1"}))
    v = Versions(process(TWO), process("start > s > end", {"s": inner, "t": boundary("s", hours(1))}))
    p = v.start(log=[])
    v.migrate(p, "a", "b")
    (scope,) = v.run.living("s")
    assert {row.scope_id for row in v.run.living("a") + v.run.living("b")} == {scope.id}
    assert (scope.tokens, v.run.variables(scope.id)) == (2, {"i": "1"})
    assert (v.run.log(p), len(v.run.jobs("t"))) == (["start s"], 1)
    v.run.complete("a")
    v.run.complete("b")
    v.run.complete("z")
    assert v.run.state(p) == "COMPLETED"


def test_listeners_and_mappings_are_skipped_if_asked():
    noisy = sub("start_in > a").having(note("start", "start") + note("end", "end") + io({"i": "1"}, {"o": "2"}))
    v = Versions(process("start > s", {"s": noisy}), process("start > t", {"t": noisy}))
    p = v.start(log=[])
    v.migrate(p, "a", skip_listeners=True, skip_io_mappings=True)
    assert v.run.variables(p) == {"log": ["start"]}
    (scope,) = v.run.living("t")
    assert v.run.variables(scope.id) == {}


def test_each_scope_keeps_what_is_in_it():
    v = Versions(
        process("start > fork > s; fork > t", {"s": sub("start_in > a"), "t": sub("start_in2 > b")}),
        process("start > r", {"r": sub("start_in > fork > a; fork > b")}),
    )
    p = v.start()
    v.migrate(p, "s r", "t r", "a", "b")
    assert v.run.waits() == ["a", "b", "r", "r"]
    q = v.start()
    v.migrate(q, "a", "b")
    assert sum(row.process_instance_id == q for row in v.run.living("r")) == 1
    r = v.start()
    v.migrate(r, "s r", "a", "b")
    assert sorted(row.tokens for row in v.run.living("r") if row.process_instance_id == r) == [1, 1]


def test_several_scopes_are_taken_away_and_added():
    deep = sub("start_in > t", {"t": sub("start_in2 > a")})
    v = Versions(process("start > s", {"s": deep}), process("start > s", {"s": deep}))
    p = v.start()
    v.migrate(p, "a")
    assert v.run.waits() == ["a", "s", "t"]
    assert len(v.run.elements("s")) == len(v.run.elements("t")) == 2
    q = v.start()
    v.migrate(q, "t", "a")
    assert [row.state for row in v.run.elements("t") if row.process_instance_id == q] == ["active"]


def test_execution_of_an_element_that_needs_its_own():
    v = Versions(process("start > a"), process("start > a", {"a": user(io({"i": "1"}))}))
    p = v.start()
    v.migrate(p, "a")
    (a,) = v.run.living("a")
    assert a.execution_id == v.run.task("a").execution_id == a.id
    back = Versions(process("start > a", {"a": user(io({"i": "${null}"}))}), process("start > a"))
    q = back.start()
    (a,) = back.run.living("a")
    assert a.execution_id == a.id
    back.migrate(q, "a")
    assert a.execution_id == a.id, "it keeps its own variables"


# ---------------------------------------------------------------- what is refused


def test_every_task_needs_an_instruction():
    v = Versions(process(TWO), process(TWO))
    p = v.start()
    assert v.report(p, "a") == [("b", ["There is no migration instruction for this instance's activity"])]
    assert len(v.report(p)) == 2


def test_invalid_plan_changes_nothing():
    v = Versions(process("start > a"), process("start > a"))
    p = v.start()
    with pytest.raises(InvalidPlan):
        v.migrate(p, "a none")
    assert v.run.instance(p).definition_id == v.before.id


def test_instance_of_another_definition_is_refused():
    v = Versions(process("start > a"), process("start > a"))
    p = v.start()
    v.migrate(p, "a")
    with pytest.raises(Conflict, match="not the source"):
        v.migrate(p, "a")


def test_definition_of_another_tenant_is_refused():
    run = Run(process("start > a"))
    run.deploy(process("start > a"), tenant_id="other")
    p = run.do(StartInstance(definition_id=1)).id
    plan = MigrationPlan(1, 2, (MigrationInstruction("a", "a"),))
    with pytest.raises(Conflict, match="tenant 'other'"):
        run.do(MigrateInstance(id=p, plan=plan))


def test_unknown_definition_is_refused():
    v = Versions(process("start > a"), process("start > a"))
    p = v.start()
    with pytest.raises(NotFound):
        v.run.do(MigrateInstance(id=p, plan=MigrationPlan(v.before.id, 99)))


def test_listener_that_fails_leaves_all_as_it_was():
    v = Versions(
        process("start > s", {"s": sub("start_in > a")}), process("start > a", {"t": boundary("a", hours("${no}"))})
    )
    p = v.start()
    with pytest.raises(ExecutionFailed):
        v.migrate(p, "a")
    assert v.run.waits() == ["a", "s"]
    assert {row.definition_id for row in v.run.rows(ElementInstance)} == {v.before.id}
    v.run.complete("a")
    assert v.run.state(p) == "COMPLETED"


# ---------------------------------------------------------------- tokens before and after elements


def later(**how: bool) -> dict[str, Part]:
    return {"x": service("${1}").having(**how)}


BEFORE, AFTER = {"asyncBefore": True}, {"asyncAfter": True}


def test_token_before_an_element_waits_before_another_one():
    v = Versions(process("start > x > a", later(**BEFORE)), process("start > y > b", {"y": later(**BEFORE)["x"]}))
    p = v.start()
    (job,) = v.run.jobs("x")
    v.migrate(p, "x y")
    assert v.run.jobs("y") == [job]
    v.run.resume("y")
    assert v.run.waits() == ["b"]


def test_token_before_an_element_needs_one_that_can_be_waited_for():
    for now in (process("start > x > a", later(**AFTER)), process("start > x > a", later())):
        v = Versions(process("start > x > a", later(**BEFORE)), now)
        assert v.report(v.start(), "x") == [("x", ["Target activity is not asyncBefore"])]
    v = Versions(process("start > x > a", later(**BEFORE)), process("start > a"))
    assert v.report(v.start()) == [("x", ["There is no migration instruction for this instance's activity"])]


def test_token_before_the_start_of_the_process_stays_at_the_top():
    begin = part("startEvent", asyncBefore=True)
    v = Versions(process("start > a", {"start": begin}), process("go > s", {"s": sub("start > a", {"start": begin})}))
    (failure,) = v.report(v.start(), "start")
    assert "process-level" in failure[1][0]


@pytest.mark.parametrize(
    ("flows", "next"),
    [
        ("start > x > b", ["b"]),
        ("start > x > a; x > b", ["a"]),
        ("start > x; start > b", None),
    ],
)
def test_token_after_an_element_takes_its_flow_or_the_only_one(flows, next):
    v = Versions(process("start > x > a", later(**AFTER)), process(flows, later(**AFTER)))
    p = v.start()
    v.migrate(p, "x")
    v.run.resume("x")
    if next is None:
        assert v.run.state(p) == "COMPLETED"
    else:
        assert v.run.waits() == next


def test_token_after_an_element_needs_a_flow_it_knows():
    v = Versions(process("start > x > a", later(**AFTER)), process("start > x > b; x > c", later(**AFTER)))
    (failure,) = v.report(v.start(), "x")
    assert "sequence flow" in failure[1][0]
    v = Versions(process("start > x > a", later(**AFTER)), process("start > x > a", later(**BEFORE)))
    assert v.report(v.start(), "x") == [("x", ["Target activity is not asyncAfter"])]


# ---------------------------------------------------------------- joins


def test_token_at_a_join_goes_along():
    v = Versions(process(TWO), process(TWO.replace("a", "c")))
    p = v.start()
    v.run.complete("b")
    v.migrate(p, "a c", "join")
    v.run.complete("c")
    assert v.run.waits() == ["z"]


def test_token_at_a_join_has_come_over_a_flow_of_the_new_join():
    v = Versions(process(TWO), process("start > fork > c > join > z; fork > d > join"))
    p = v.start()
    v.run.complete("b")
    v.migrate(p, "a c", "join")
    v.run.complete("c")
    assert v.run.waits() == ["z"]


def test_join_with_more_flows_waits_for_them_too():
    v = Versions(process(TWO), process(TWO + "; fork > c > join"))
    p = v.start()
    v.run.complete("b")
    v.migrate(p, "a", "join")
    v.run.complete("a")
    assert v.run.waits() == ["join", "join"]
    v.run.do(ModifyInstance(id=p, instructions=(StartBefore(element_id="c"),)))
    v.run.complete("c")
    assert v.run.waits() == ["z"]


def test_inclusive_join_that_nothing_reaches_any_more_goes_on():
    before = "start > fork > a > or_j > z; fork > b > or_j"
    v = Versions(process(before), process("start > fork > a > y; fork > b > or_j > z; fork > c > or_j"))
    p = v.start()
    v.run.complete("b")
    assert v.run.waits() == ["a", "or_j"]
    v.migrate(p, "a", "or_j")
    assert v.run.waits() == ["a", "z"]


# ---------------------------------------------------------------- loops and ad-hoc sub-processes


def test_standard_loop_goes_along():
    v = Versions(
        process("start > a > z", {"a": user().looping("${loopCounter < 3}")}),
        process("start > b > z", {"b": user().looping("${loopCounter < 2}")}),
    )
    p = v.start()
    v.run.complete("a")
    v.migrate(p, "a#standardLoopBody b#standardLoopBody", "a b")
    v.run.complete("b")
    assert v.run.waits() == ["z"]


def test_ad_hoc_sub_process_goes_along_with_what_is_to_follow():
    before = ad_hoc("a; b; c", begins="todo", sequential=True)
    v = Versions(
        process("start > h > z", {"h": before}),
        process("start > h > z", {"h": ad_hoc("d; c", begins="todo", sequential=True)}),
    )
    p = v.start(todo=["a", "b", "c"])
    v.migrate(p, "h", "h#innerInstance", "a d")
    v.run.complete("d")
    assert "c" in v.run.waits(), "nothing is left of b"
    v.run.complete("c")
    assert v.run.waits() == ["z"]


# ---------------------------------------------------------------- events


@pytest.mark.parametrize(
    ("instruction", "due", "same"),
    [("", 3, False), ("on", 1, True), ("on*", 3, True)],
    ids=["unmapped", "mapped", "updated"],
)
def test_timer_at_the_boundary(instruction, due, same):
    v = Versions(
        process("start > a; on > b", {"on": boundary("a", hours(1))}),
        process("start > a; on > b", {"on": boundary("a", hours(2))}),
    )
    p = v.start()
    (job,) = v.run.jobs("on")
    v.run.pass_time(hours=1)
    v.migrate(p, "a", *filter(None, [instruction]))
    (now,) = v.run.jobs("on")
    assert (now is job, (now.due_at - NOON).total_seconds()) == (same, due * 3600)
    v.run.resume("on")
    assert v.run.waits() == ["b"]


@pytest.mark.parametrize("event", [message, signal])
@pytest.mark.parametrize(
    ("instruction", "name", "same"),
    [("", "new", False), ("on", "old", True), ("on*", "new", True)],
    ids=["unmapped", "mapped", "updated"],
)
def test_subscription_at_the_boundary(event, instruction, name, same):
    v = Versions(
        process("start > a; on > b", {"on": boundary("a", event("old"))}),
        process("start > a; on > b", {"on": boundary("a", event("new"))}),
    )
    p = v.start()
    (waiting,) = v.run.subscriptions("on")
    v.migrate(p, "a", *filter(None, [instruction]))
    (now,) = v.run.subscriptions("on")
    assert (now is waiting, now.name) == (same, name)
    v.run.deliver("on")
    assert v.run.waits() == ["b"]


def test_boundary_events_come_and_go():
    v = Versions(
        process("start > a", {"x": boundary("a", message("m")), "y": boundary("a", hours(1))}),
        process("start > a", {"v": boundary("a", signal("s")), "w": boundary("a", hours(2))}),
    )
    p = v.start()
    v.migrate(p, "a")
    assert (v.run.subscriptions("x"), v.run.jobs("y")) == ([], [])
    assert (len(v.run.subscriptions("v")), len(v.run.jobs("w"))) == (1, 1)


def test_event_goes_along_to_another_activity():
    v = Versions(
        process("start > a; on > z", {"on": boundary("a", message("m"))}),
        process("start > b; at > z", {"at": boundary("b", message("m"), interrupting=False)}),
    )
    p = v.start()
    v.migrate(p, "a b", "on at")
    v.run.deliver("at")
    assert v.run.waits() == ["b", "z"]


def test_event_that_has_come_already_is_not_waited_for_again():
    parts = {"on": boundary("a", hours(1), interrupting=False)}
    v = Versions(process("start > a; on > z", parts), process("start > a; on > z", parts))
    p = v.start()
    v.run.resume("on")
    v.migrate(p, "a", "z", "on*")
    assert v.run.jobs("on") == []
    q = v.start()
    v.run.resume("on")
    v.migrate(q, "a", "z")
    assert len(v.run.jobs("on")) == 1


def test_catch_event_waits_on():
    v = Versions(process("start > t > a", {"t": catch(hours(1))}), process("start > u > a", {"u": catch(hours(2))}))
    p, q = v.start(), v.start()
    v.migrate(p, "t u")
    v.migrate(q, "t u*")
    assert [(job.due_at - NOON).total_seconds() / 3600 for job in v.run.jobs("u")] == [1, 2]
    v.run.resume("u")
    assert v.run.waits() == ["a", "u"]


def test_event_of_several_definitions_is_read_anew():
    several = Part("intermediateCatchEvent", message("m") + hours(1))
    v = Versions(process("start > x > a", {"x": several}), process("start > x > a", {"x": several}))
    p = v.start()
    v.run.pass_time(hours=1)
    v.migrate(p, "x*")
    (job,) = v.run.jobs("x")
    assert ((job.due_at - NOON).total_seconds(), len(v.run.subscriptions("x"))) == (7200, 1)
    v.run.deliver("x")
    assert v.run.waits() == ["a"]


def test_parallel_multiple_event_keeps_what_has_come():
    both = Part("intermediateCatchEvent", message("m") + signal("s"), "", {"parallelMultiple": True})
    v = Versions(process("start > x > a", {"x": both}), process("start > x > a", {"x": both}))
    p = v.start()
    v.run.deliver("x")
    v.migrate(p, "x")
    v.run.deliver("x")
    assert v.run.waits() == ["a"]


def test_receive_task_begins_to_wait_for_a_message():
    waits = {"r": part("receiveTask", messageRef="message_m"), "m": catch(message("m"))}
    v = Versions(process("start > r > a", {"r": part("receiveTask")}), process("start > r > a; start > m", waits))
    p = v.start()
    v.migrate(p, "r")
    v.run.deliver("r")
    assert v.run.waits() == ["a"]


def test_event_based_gateway_waits_for_what_is_behind_it():
    flows = "start > first > x > a; first > y > b"
    v = Versions(
        process(flows, {"x": catch(hours(1)), "y": catch(message("m"))}),
        process(flows, {"x": catch(hours(2)), "y": catch(message("n"))}),
    )
    p = v.start()
    (timer,) = v.run.jobs("x")
    v.migrate(p, "first", "x")
    assert v.run.jobs("x") == [timer]
    assert [each.name for each in v.run.subscriptions("y")] == ["n"]
    v.run.deliver("y")
    assert v.run.waits() == ["b"]


@pytest.mark.parametrize(("update", "due"), [("", 1), ("*", 3)])
def test_timeout_listeners_go_on_by_their_ids(update, due):
    v = Versions(
        process("start > a", {"a": user(timeout("l", 1) + timeout("m", 1))}),
        process("start > b", {"b": user(timeout("l", 2) + timeout("n", 2))}),
    )
    p = v.start()
    v.run.pass_time(hours=1)
    v.migrate(p, "a b" + update)
    assert {job.payload: (job.due_at - NOON).total_seconds() / 3600 for job in v.run.jobs("b")} == {"l": due, "n": 3}
    v.run.resume("b")
    assert v.run.waits() == ["b"]


def test_event_sub_process_of_the_process():
    v = Versions(
        process("start > a", {"e": event_sub("on > c", message("m"))}),
        process(
            "start > a", {"e": event_sub("on > c", message("n")), "f": event_sub("on2 > d", hours(1), start="on2")}
        ),
    )
    p, q = v.start(), v.start()
    v.migrate(p, "a")
    v.migrate(q, "a", "on")
    assert {each.process_instance_id: each.name for each in v.run.subscriptions("on")} == {p: "n", q: "m"}
    assert len(v.run.jobs("on2")) == 2
    v.run.resume("on2")
    assert v.run.waits() == ["a", "d", "f"]


def test_event_sub_process_of_a_sub_process():
    def inner(name: str) -> Part:
        return sub("start_in > a", {"e": event_sub("on > c", message(name))})

    v = Versions(process("start > s", {"s": inner("m")}), process("start > t", {"t": inner("n")}))
    p, q = v.start(), v.start()
    v.migrate(p, "s t", "a")
    v.migrate(q, "s t", "a", "on*", "e")
    assert [each.name for each in v.run.subscriptions("on")] == ["n", "n"]
    v.run.deliver("on")
    assert v.run.waits() == ["a", "c", "e", "t", "t"]


def test_event_sub_process_that_has_interrupted_is_not_started_again():
    parts = {"e": event_sub("on > c", message("m"))}
    v = Versions(process("start > a", parts), process("start > a", parts))
    p, q, r = v.start(), v.start(), v.start()
    for _ in range(3):
        v.run.deliver("on")
    v.migrate(p, "e", "c", "on")
    v.migrate(q, "e", "c")
    v.migrate(r, "c")
    assert v.run.subscriptions("on") == []
    for _ in range(3):
        v.run.complete("c")
    assert {v.run.state(each) for each in (p, q, r)} == {"COMPLETED"}


def test_event_sub_process_that_runs_beside_goes_along():
    parts = {"e": event_sub("on > c", message("m"), interrupting=False)}
    v = Versions(process("start > a", parts), process("start > a", parts))
    p = v.start()
    v.run.deliver("on")
    v.migrate_equal(p)
    assert v.run.waits() == ["a", "c", "e"]
    v.run.deliver("on")
    assert v.run.waits() == ["a", "c", "c", "e", "e"]


# ---------------------------------------------------------------- work, calls, loops


def test_work_goes_along_with_who_holds_it():
    v = Versions(
        process("start > x > a", {"x": part("serviceTask", **EXTERNAL)}),
        process("start > y > b", {"y": part("sendTask", type="external", topic="u")}),
    )
    p = v.start()
    (job,) = v.run.jobs("x")
    v.run.do(LockWork(id=job.id, worker="w", until=NOON))
    v.migrate(p, "x y")
    (element,) = v.run.living("y")
    assert (job.topic, job.element_id, job.lock_owner, element.element_kind) == ("t", "y", "w", "sendTask")
    v.run.do(CompleteWork(id=job.id, worker="w"))
    assert v.run.waits() == ["b"]


def test_incidents_go_along_in_the_caller_too():
    worker = process("start > x", {"x": part("serviceTask", **EXTERNAL)}, id="sub")
    v = Versions(process("start > c", {"c": call("sub")}), process("start > d", {"d": call("sub")}), worker)
    p = v.start()
    called = v.run.called(p)
    (job,) = v.run.jobs("x")
    v.run.do(LockWork(id=job.id, worker="w", until=NOON))
    v.run.do(FailWork(id=job.id, worker="w", retries=0))
    v.migrate(p, "c d")
    assert {each.process_instance_id: each.element_id for each in v.run.incidents()} == {p: "d", called.id: "x"}
    assert {each.failed_element_id for each in v.run.incidents()} == {"x"}


def test_call_activity_keeps_the_instance_it_has_called():
    inner = process("start > i", id="sub")
    v = Versions(process("start > c > a", {"c": call("sub")}), process("start > d > b", {"d": call("none")}), inner)
    p = v.start()
    called = v.run.called(p)
    v.migrate(p, "c d")
    assert v.run.called(p) is called
    v.run.complete("i")
    assert v.run.waits() == ["b"]


def test_called_instance_is_migrated_by_itself():
    v = Versions(process("start > i", id="sub"), process("start > j", id="sub"))
    v.run.deploy(process("start > c > a", {"c": call("sub", calledElementBinding="version", calledElementVersion=1)}))
    p = v.run.start()
    called = v.run.called(p)
    v.migrate(called.id, "i j")
    assert v.run.waits() == ["c", "j"]
    v.run.complete("j")
    assert v.run.waits() == ["a"]


@pytest.mark.parametrize("sequential", [False, True])
def test_multi_instance_activity_goes_on(sequential):
    a, b = (user().times(collection="l", element="e", sequential=sequential) for _ in "ab")
    v = Versions(process("start > a > y", {"a": a}), process("start > b > z", {"b": b}))
    p = v.start(l=[1, 2, 3])
    v.run.complete("a")
    v.migrate(p, "a b", "a#multiInstanceBody b#multiInstanceBody")
    (body,) = v.run.living("b#multiInstanceBody")
    assert (body.element_kind, body.loop_total, body.loop_completed) == ("multiInstanceBody", 3, 1)
    assert v.run.variables(v.run.living("b")[0].id) == {"e": 2}
    v.run.complete("b")
    v.run.complete("b")
    assert v.run.waits() == ["z"]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_multi_instance_body_whose_job_waits_goes_on_though_nothing_can_wait_inside(when):
    repeated = service("${1}").times(2, sequential=True).having(**when)
    v = Versions(process("start > a > y", {"a": repeated}), process("start > a > z", {"a": repeated}))
    p = v.start()
    v.migrate_equal(p)
    v.run.resume("a#multiInstanceBody")
    assert v.run.waits() == ["z"]


def test_multi_instance_body_is_taken_away():
    v = Versions(process("start > a > y", {"a": user().times(3)}), process("start > a > z"))
    p = v.start()
    v.run.complete("a")
    v.migrate(p, "a")
    assert v.run.waits() == ["a", "a"]
    assert v.run.trace("a#multiInstanceBody") == [("a#multiInstanceBody", "terminated")]
    v.run.complete("a")
    v.run.complete("a")
    assert v.run.waits() == ["z", "z"]


# ---------------------------------------------------------------- all the rest


def test_plan_gives_variables():
    v = Versions(process("start > a"), process("start > a"))
    p = v.start(x=1)
    v.run.do(MigrateInstance(id=p, plan=v.plan("a", x=2, y="3")))
    assert v.run.variables(p) == {"x": 2, "y": "3"}


def test_suspended_instance_is_migrated_and_stays_suspended():
    v = Versions(process("start > a"), process("start > s > z", {"s": sub("start_in > a")}))
    p = v.start()
    v.run.suspend(p)
    v.migrate(p, "a")
    assert v.run.waits() == ["a", "s"]
    with pytest.raises(Suspended):
        v.run.complete("a")
    v.run.suspend(p, activate=True)
    v.run.complete("a")
    assert v.run.waits() == ["z"]


def test_instance_is_migrated_within_its_definition():
    v = Versions(process("start > a > b"), process("start > a > b"))
    p = v.start()
    plan = MigrationPlan(v.before.id, v.before.id, (MigrationInstruction("a", "b"),))
    v.run.do(MigrateInstance(id=p, plan=plan))
    assert v.run.waits() == ["b"]


def test_migrated_instance_is_migrated_again_and_modified():
    v = Versions(process("start > a"), process("start > b > c"))
    p = v.start()
    v.migrate(p, "a b")
    v.run.do(ModifyInstance(id=p, instructions=(Cancel(element_id="b"), StartBefore(element_id="c"))))
    plan = MigrationPlan(v.now.id, v.before.id, (MigrationInstruction("c", "a"),))
    v.run.do(MigrateInstance(id=p, plan=plan))
    assert v.run.waits() == ["a"]
    v.run.complete("a")
    assert v.run.rows(ProcessInstance)[0].state == "COMPLETED"


def test_standard_loop_goes_on():
    thrice = user().looping(maximum=3)
    v = Versions(process("start > a > y", {"a": thrice}), process("start > b > z", {"b": thrice}))
    p = v.start()
    v.run.complete("a")
    v.migrate(p, "a b", "a#standardLoopBody b#standardLoopBody")
    v.run.complete("b")
    v.run.complete("b")
    assert v.run.waits() == ["z"]


@pytest.mark.parametrize(
    "parts",
    [
        {"a": user(handing("start"))},
        {"a": user(handing("create", way="taskListener"))},
        {"a": service("${1}").having(handing("end"))},
    ],
    ids=["start", "create", "end"],
)
def test_instance_waits_until_its_listeners_are_done(parts):
    v = Versions(process("start > a > b", parts), process("start > a > b", parts))
    p = v.start()
    (failure,) = v.report(p, "a")
    assert failure[0] == "a"
    assert "listener" in failure[1][0]
    (job,) = v.run.jobs("a")
    v.run.do(LockWork(id=job.id, worker="w", until=NOON))
    v.run.do(CompleteWork(id=job.id, worker="w"))
    v.migrate(p, "a", "b")


def test_listeners_that_hand_over_are_skipped_if_asked():
    v = Versions(
        process("start > s", {"s": sub("start_in > a").having(handing("end"))}),
        process("start > t", {"t": sub("start_in > a").having(handing("start"))}),
    )
    p = v.start()
    v.migrate(p, "a", skip_listeners=True)
    assert v.run.waits() == ["a", "t"]
    assert v.run.rows(Job) == []


# ---------------------------------------------------------------- compensation

UNDO = {"isForCompensation": True}


def undoable(activity: str, handler: str = "undo", event: str = "at") -> dict[str, Part]:
    """A compensation boundary event at an activity, and its handler."""
    return {event: undone_by(handler, activity), handler: user(**UNDO)}


def compensations(run: Run) -> list[tuple[str, int]]:
    """(element, scope) of what can be compensated, oldest first."""
    rows = [row for row in run.rows(Subscription) if row.kind == "compensate" and row.ended_at is None]
    return [(row.element_id, row.scope_id) for row in rows]


def test_what_can_be_compensated_goes_along():
    before = process("start > a > u > c > z", {**undoable("a"), "c": throw(compensate())})
    now = process("start > b > v > c > z", {**undoable("b", "take_back", "by"), "c": throw(compensate())})
    v = Versions(before, now)
    p = v.start()
    v.run.complete("a")
    missing = "There is no migration instruction for the compensation boundary event"
    (failure,) = v.report(p, "u v")
    assert failure == (None, [f"Cannot migrate subscription for compensation handler 'undo'. {missing}"])
    v.migrate(p, "u v", "at by")
    assert compensations(v.run) == [("take_back", p)]
    v.run.complete("v")
    assert v.run.waits() == ["c", "take_back"]
    v.run.complete("take_back")
    assert v.run.waits() == ["z"]


def test_generated_plan_takes_compensation_along():
    file = process("start > a > u > c > z", {**undoable("a"), "c": throw(compensate())})
    v = Versions(file, file)
    p = v.start()
    v.run.complete("a")
    v.migrate_equal(p)
    v.run.complete("u")
    v.run.complete("undo")
    assert v.run.waits() == ["z"]


def inner(activity: str = "a") -> Part:
    return sub(f"start_in > {activity}", undoable(activity))


def test_completed_scope_goes_along_with_its_variables():
    before = process("start > s > u > c > z", {"s": inner(), "c": throw(compensate())})
    now = process("start > t > u > c > z", {"t": inner(), "c": throw(compensate())})
    v = Versions(before, now)
    p = v.start()
    (scope,) = v.run.living("s")
    v.run.set(scope.id, local=True, own=1)
    v.run.complete("a")
    assert [failure[0] for failure in v.report(p, "u")] == [None]
    v.migrate(p, "u", "s t", "at")
    assert compensations(v.run) == [("undo", scope.id), ("t", p)]
    v.run.complete("u")
    assert v.run.waits() == ["c", "t", "undo"]
    (again,) = v.run.living("t")
    assert v.run.variables(again.id) == {"own": 1}
    v.run.complete("undo")
    assert v.run.waits() == ["z"]


@pytest.mark.parametrize("ended", [True, False], ids=["completed", "living"])
def test_what_was_done_in_a_scope_that_goes_is_compensated_in_the_scope_around(ended):
    flows = "start > s > u > c > z" if ended else "start > s > z"
    body = "start_in > a" if ended else "start_in > a > u > c"
    threw = {} if ended else {"c": throw(compensate())}
    before = process(
        flows, {"s": sub(body, {**undoable("a"), **threw}), **({"c": throw(compensate())} if ended else {})}
    )
    now = process("start > a > u > c > z", {**undoable("a"), "c": throw(compensate())})
    v = Versions(before, now)
    p = v.start()
    (scope,) = v.run.living("s")
    v.run.set(scope.id, local=True, own=1)
    v.run.complete("a")
    v.migrate(p, "u", "at")
    assert compensations(v.run) == [("undo", p)]
    assert v.run.variables(scope.id) == {}
    v.run.complete("u")
    assert v.run.waits() == ["c", "undo"]
    v.run.complete("undo")
    assert v.run.waits() == ["z"]


def test_what_can_be_compensated_stays_in_its_scope():
    flat = process("start > a > u", undoable("a"))
    deep = process("start > s > u", {"s": inner()})
    v = Versions(flat, deep)
    p = v.start()
    v.run.complete("a")
    (failure,) = v.report(p, "u", "at")
    assert "has not been entered" in failure[1][0]


def test_compensation_event_sub_process_goes_along():
    def version(event_sub_process: str) -> bytes:
        handler = event_sub(f"on_{event_sub_process} > undo", compensate(), start=f"on_{event_sub_process}")
        parts = {"s": sub("start_in > a", {event_sub_process: handler}), "c": throw(compensate())}
        return process("start > s > u > c > z", parts)

    v = Versions(version("e"), version("f"))
    p = v.start()
    v.run.complete("a")
    (failure,) = v.report(p, "u", "s")
    assert "compensation start event" in failure[1][0]
    v.migrate(p, "u", "s", "e f", "on_e on_f")
    assert [element for element, _ in compensations(v.run)] == ["f"]
    v.run.complete("u")
    assert v.run.waits() == ["c", "f", "s", "undo"]
    v.run.complete("undo")
    assert v.run.waits() == ["z"]


def test_compensation_that_has_begun_must_end_first():
    parts = {**undoable("a"), "c": throw(compensate())}
    v = Versions(process("start > a > c > z", parts), process("start > a > c > z", parts))
    p = v.start()
    v.run.complete("a")
    assert [failure[0] for failure in v.report(p, "undo", "at")] == ["c", "undo"]
    assert [failure[0] for failure in v.report(p, "undo", "at", "c")] == ["c", "undo"]
    v.run.complete("undo")
    v.migrate(p, "z")


def test_complex_gateway_remembers_what_it_has_started_with():
    gateway = complex_gateway("${activationCount >= 2}")
    parts = {"x": gateway}
    before = "start > fork > a > x > z; fork > b > x; fork > c > x"
    v = Versions(process(before, parts), process(before.replace("a >", "d >"), parts))
    p = v.start()
    v.run.complete("a")
    v.run.complete("b")
    assert v.run.waits() == ["c", "x", "z"]
    v.migrate(p, "c", "x", "z")
    assert v.run.living("x")[0].memory == '["d_x", "b_x"]'
    v.run.complete("c")
    v.run.complete("z")
    assert v.run.state(p) == "COMPLETED"


def test_thrown_message_becomes_the_work_of_a_task():
    sending = message("m").replace("/>", ' camunda:type="external" camunda:topic="t"/>')
    before = process("start > x > a", {"x": throw(sending), "m": catch(message("m"))})
    v = Versions(before, process("start > y > b", {"y": part("serviceTask", **EXTERNAL)}))
    w = Versions(process("start > y > b", {"y": part("serviceTask", **EXTERNAL)}), before)
    p, q = v.start(), w.start()
    v.migrate(p, "x y")
    w.migrate(q, "y x")
    v.run.work("y")
    w.run.work("x")
    assert (v.run.waits(), w.run.waits()) == (["b"], ["a"])


def test_process_is_listened_to_the_end_wherever_it_began():
    v = Versions(process("start > a"), process("go > a", {"go": part("startEvent")}, extensions=handing("end")))
    p = v.start()
    v.migrate(p, "a")
    v.run.complete("a")
    (job,) = v.run.rows(Job)
    v.run.do(LockWork(id=job.id, worker="w", until=NOON))
    v.run.do(CompleteWork(id=job.id, worker="w"))
    assert v.run.state(p) == "COMPLETED"


def test_incident_of_a_job_goes_along():
    v = Versions(process("start > x", later(**BEFORE)), process("start > y", {"y": later(**BEFORE)["x"]}))
    p = v.start()
    (job,) = v.run.jobs("x")
    v.run.do(SetRetries(id=job.id, retries=0))
    v.migrate(p, "x y")
    (incident,) = v.run.incidents()
    assert (incident.element_id, incident.failed_element_id, incident.configuration) == ("y", "x", str(job.id))
    v.run.do(SetRetries(id=job.id, retries=1))
    assert v.run.incidents() == []


# ---------------------------------------------------------------- conditions


def test_condition_is_asked_as_the_new_definition_says_it_when_variables_change():
    v = Versions(
        process("start > a; on > b", {"on": boundary("a", condition("${x == 1}"))}),
        process("start > a; on > b", {"on": boundary("a", condition("${x == 2}"))}),
    )
    p = v.start(x=2)
    with pytest.raises(InvalidPlan, match="has to migrate with update event trigger"):
        v.migrate(p, "a", "on")
    v.migrate(p, "a", "on*")
    assert v.run.waits() == ["a"]
    v.run.set(p, y=1)
    assert v.run.waits() == ["b"]


def test_variables_of_the_plan_may_let_conditions_come_true():
    parts = {"on": boundary("a", condition("${x == 2}"))}
    v = Versions(process("start > a; on > b"), process("start > a; on > b", parts))
    p = v.start(x=1)
    v.run.do(MigrateInstance(id=p, plan=v.plan("a", x=2)))
    assert v.run.waits() == ["b"]


# ---------------------------------------------------------------- ad-hoc sub-processes


def test_ad_hoc_sub_process_goes_on():
    before, now = ad_hoc("a; b", begins="${todo}"), ad_hoc("c; d")
    v = Versions(process("start > h > y", {"h": before}), process("start > k > z", {"k": now}))
    p = v.start(todo=["a", "b"])
    v.run.complete("b")
    v.migrate(p, "h k", "h#innerInstance k#innerInstance", "a c")
    assert v.run.waits() == ["c", "k", "k#innerInstance"]
    v.run.complete("c")
    assert v.run.waits() == ["z"]


def test_ad_hoc_sub_process_keeps_who_leads_it():
    def led(flows: str, worker: str) -> Part:
        return ad_hoc(flows).having(f'<zeebe:taskDefinition type="{worker}"/>')

    v = Versions(process("start > h > y", {"h": led("a; b", "one")}), process("start > k > z", {"k": led("c", "two")}))
    p = v.start()
    v.migrate(p, "h k", "h#innerInstance k#innerInstance", "a c")
    (job,) = v.run.jobs("k")
    assert job.definition_id == v.now.id
    v.run.do(CompleteWork(id=job.id, worker=job.lock_owner, result=Activate([Activation("c")])))
    v.run.complete("c")
    assert (v.run.waits(), [job.topic for job in v.run.jobs("k")]) == (["k"], ["two"])
    alone = Versions(process("start > h > y", {"h": led("a", "one")}), process("start > h > z", {"h": ad_hoc("a")}))
    q = alone.start()
    with pytest.raises(InvalidPlan, match="that a job worker leads is not compatible"):
        alone.migrate(q, "h", "h#innerInstance", "a")


def test_ad_hoc_sub_process_is_entered_and_taken_away():
    v = Versions(process("start > a"), process("start > h > z", {"h": ad_hoc("a")}))
    p = v.start()
    v.migrate(p, "a")
    assert v.run.waits() == ["a", "h", "h#innerInstance"]
    back = MigrationPlan(v.now.id, v.before.id, (MigrationInstruction("a", "a"),))
    v.run.do(MigrateInstance(id=p, plan=back))
    assert v.run.waits() == ["a"]
    q = v.start()
    v.migrate(q, "a")
    v.run.complete("a", 1)
    assert sorted(v.run.waits()) == ["a", "z"]
