"""The reference itself, on processes small enough to say by hand what must happen."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.property.generate import generate
from tests.property.model import (
    AdHoc,
    Block,
    Branch,
    Call,
    Caught,
    Const,
    End,
    Escalate,
    Expr,
    Held,
    Loop,
    Model,
    Multi,
    Operation,
    Process,
    Race,
    Repeat,
    Seq,
    Split,
    Sub,
    Task,
    Timer,
    Value,
    Var,
)
from tests.property.reference import Reference
from tests.property.render import files


def user(name: str, *sets: str) -> Task:
    return Task(name, sets=tuple((each, "number") for each in sets))


def seq(*items: Block) -> Seq:
    return Seq(items)


def run(*items: Block, called: tuple[Process, ...] = (), **variables: Value) -> Reference:
    return Reference(Model(Process("main", Seq(items)), {each.id: each for each in called}, variables))


def ready(reference: Reference) -> list[str]:
    return sorted(path[-1][0] for path in reference.ready())


def complete(reference: Reference, name: str, index: int | None = None, **values: Value) -> list[str]:
    [path] = [path for path in reference.ready() if path[-1][0] == name and index in (None, path[-1][1])]
    reference.step(path, values)
    return ready(reference)


def less(name: str, limit: int) -> Expr:
    return Operation(Var(name), "<", Const(limit))


def branch(*items: Block, when: Expr | None = None) -> Branch:
    return Branch(Seq(items), when)


def test_a_sequence_waits_at_each_user_task() -> None:
    reference = run(user("a"), Task("s", "script", result=("x", Operation(Var("y"), "+", Const(1)))), user("b"), y=1)
    assert ready(reference) == ["a"]
    assert complete(reference, "a", y=6) == ["b"]
    assert reference.variables.own == {"x": 7, "y": 6}
    assert complete(reference, "b") == []
    assert reference.finished
    assert reference.visits == Counter({(name, False): 1 for name in ("main_start", "a", "s", "b", "main_end")})


@pytest.mark.parametrize(("kind", "n", "taken"), [("xor", 0, ["a"]), ("xor", 2, ["b"]), ("xor", 9, ["c"])])
def test_exclusive_takes_the_first_that_is_true(kind: str, n: int, taken: list[str]) -> None:
    branches = (branch(user("a"), when=less("n", 1)), branch(user("b"), when=less("n", 3)), branch(user("c")))
    assert ready(run(Split("x", kind, branches), n=n)) == taken


@pytest.mark.parametrize(("n", "taken"), [(0, ["a", "b"]), (2, ["b"]), (9, ["c"])])
def test_inclusive_takes_all_that_are_true_and_waits_for_them(n: int, taken: list[str]) -> None:
    branches = (branch(user("a"), when=less("n", 1)), branch(user("b"), when=less("n", 3)), branch(user("c")))
    reference = run(Split("o", "or", branches), user("d"), n=n)
    assert ready(reference) == taken
    for position, name in enumerate(taken):
        assert complete(reference, name) == (taken[position + 1 :] or ["d"])


def test_parallel_waits_for_all_in_every_pass_of_a_loop() -> None:
    reference = run(Loop("l", seq(Split("p", "and", (branch(user("a", "n")), branch(user("b"))))), less("n", 2)), n=0)
    for n in (0, 2):
        assert ready(reference) == ["a", "b"]
        assert complete(reference, "b") == ["a"]
        complete(reference, "a", n=n)
    assert reference.finished
    assert reference.visits["p_join", False] == 4
    assert reference.visits["l_in", False] == 2


def test_an_inclusive_join_does_not_wait_for_a_dead_token() -> None:
    dies = Split("x", "xor", (branch(End("e"), when=less("n", 9)), branch()))
    both = (branch(user("a"), when=less("n", 9)), branch(user("b"), dies))
    reference = run(Split("o", "or", (*both, branch(user("c"), when=less("n", 9)))), user("d"), n=0)
    assert complete(reference, "a") == ["c"]
    assert complete(reference, "c") == ["d"]


def test_when_all_tokens_die_nothing_follows() -> None:
    branches = (branch(user("a"), End("e1")), branch(user("b"), End("e2")))
    reference = run(Sub("s", seq(Split("f", "and", branches, join="none"))), user("c"))
    assert complete(reference, "a") == ["b"]
    assert complete(reference, "b") == ["c"]


def test_terminate_cuts_its_scope_and_no_more() -> None:
    inside = seq(Split("p", "and", (branch(user("a"), End("stop", terminate=True)), branch(user("b")))))
    reference = run(Split("q", "and", (branch(Sub("s", inside), user("c")), branch(user("d")))))
    assert ready(reference) == ["a", "b", "d"]
    assert complete(reference, "a") == ["c", "d"]
    assert reference.visits["b", True] == 1
    assert reference.visits["s", False] == 1


def test_variables_of_a_sub_process_end_with_it() -> None:
    sub = Sub("s", seq(user("a", "x", "y")), inputs=(("x", Const(1)),), outputs=(("z", Var("x")),))
    reference = run(sub, user("b"), x=0)
    complete(reference, "a", x=5, y=6)
    assert reference.variables.own == {"x": 0, "y": 6, "z": 5}


def test_an_activity_waits_for_the_jobs_around_it() -> None:
    reference = run(Held(user("a"), before=True, after=True), user("b"))
    assert ready(reference) == ["a@async-before"]
    assert complete(reference, "a@async-before") == ["a"]
    assert complete(reference, "a") == ["a@async-after"]
    assert complete(reference, "a@async-after") == ["b"]
    assert reference.visits["a", False] == 1


def test_a_timer_waits_while_its_activity_is_active() -> None:
    held = Held(user("a"), before=True, after=True, timer=Timer("t", seq(user("late"))))
    reference = run(held, user("b"))
    assert complete(reference, "a@async-before") == ["a", "t"]
    assert complete(reference, "a") == ["a@async-after"]
    assert reference.visits["t", False] == 0


def test_a_timer_cancels_its_activity_and_goes_on() -> None:
    sub = Sub("s", seq(user("a")), inputs=(("x", Const(1)),), outputs=(("y", Var("x")),))
    reference = run(Held(sub, after=True, timer=Timer("t", seq(user("late")))), user("b"))
    assert complete(reference, "t") == ["late"]
    assert reference.visits == Counter({("main_start", False): 1, ("s_start", False): 1, ("t", False): 1}) + Counter(
        {("a", True): 1, ("s", True): 1}
    )
    assert reference.variables.own == {"y": 1}
    assert complete(reference, "late") == ["b"]


def test_a_timer_beside_its_activity_repeats() -> None:
    side = seq(Task("count", "service", result=("n", Operation(Var("n"), "+", Const(1)))), End("e"))
    multi = Multi(user("a"), sequential=False, count=Const(2))
    reference = run(Held(multi, timer=Timer("t", side, repeats=2)), user("b"), n=0)
    assert complete(reference, "t") == ["a", "a", "t"]
    assert complete(reference, "t") == ["a", "a"]
    assert reference.variables.own == {"n": 2}
    complete(reference, "a", 0)
    assert complete(reference, "a", 1) == ["b"]


def test_a_called_process_has_variables_of_its_own() -> None:
    child = Process("child", seq(user("a", "x")))
    reference = run(Call("c", "child", (("x", Var("y")),), (("y", "x"),)), user("b"), called=(child,), x=1, y=2)
    [path] = reference.ready()
    assert path == (("c", None), ("a", None))
    assert reference.ready()[path].variables.visible() == {"x": 2}
    assert complete(reference, "a", x=7) == ["b"]
    assert reference.variables.own == {"x": 1, "y": 7}


def test_parallel_instances_end_in_any_order() -> None:
    reference = run(Multi(user("a"), sequential=False, items="list"), user("b"), list=[4, 5, 6])
    assert [task.variables.get("item") for task in reference.ready().values()] == [4, 5, 6]
    assert complete(reference, "a", 2) == ["a", "a"]
    assert complete(reference, "a", 0) == ["a"]
    assert complete(reference, "a", 1) == ["b"]
    assert reference.visits["a#multiInstanceBody", False] == 1


def test_a_completion_condition_cancels_the_other_instances() -> None:
    until = Operation(Var("nrOfCompletedInstances"), ">=", Const(2))
    reference = run(Multi(user("a"), sequential=False, count=Const(3), until=until), user("b"))
    complete(reference, "a", 2)
    assert complete(reference, "a", 0) == ["b"]
    assert (reference.visits["a", False], reference.visits["a", True]) == (2, 1)


def test_sequential_instances_come_one_after_the_other() -> None:
    reference = run(Multi(user("a"), sequential=True, count=Const(3)), user("b"))
    for index in range(3):
        assert [path[-1] for path in reference.ready()] == [("a", index)]
        complete(reference, "a")
    assert ready(reference) == ["b"]


def test_no_instances_is_done_at_once() -> None:
    assert ready(run(Multi(user("a"), sequential=False, count=Const(0)), user("b"))) == ["b"]


@pytest.mark.parametrize(("first", "passes"), [(False, 1), (True, 0)])
def test_a_standard_loop_asks_before_each_pass_or_after(first: bool, passes: int) -> None:
    reference = run(Repeat(user("a", "n"), 3, less("n", 2), asks_first=first), user("b"), n=5)
    for _ in range(passes):
        assert complete(reference, "a", 0, n=5) == ["b"]
    assert ready(reference) == ["b"]
    assert reference.visits["a", False] == passes
    assert reference.visits["a#standardLoopBody", False] == 1


def test_a_standard_loop_ends_at_its_maximum() -> None:
    reference = run(Repeat(user("a"), 2), user("b"))
    assert complete(reference, "a", 0) == ["a"]
    assert complete(reference, "a", 1) == ["b"]


def test_an_escalation_cancels_what_is_around_it_or_goes_on() -> None:
    def caught(*, interrupting: bool) -> Reference:
        inside = seq(user("a"), Escalate("up", "x"), user("b"))
        side = (Task("count", "service", result=("n", Operation(Var("n"), "+", Const(1)))), End("e"))
        body = seq(user("late")) if interrupting else seq(*side)
        return run(Caught(Sub("s", inside), "c", "x", body, "escalation", interrupting), user("d"), n=0)

    stopped, told = caught(interrupting=True), caught(interrupting=False)
    assert complete(stopped, "a") == ["late"]
    assert (stopped.visits["s", True], stopped.visits["up", True]) == (1, 1)
    assert complete(told, "a") == ["b"]
    assert (told.variables.own, told.visits["c", False]) == ({"n": 1}, 1)


def test_an_ad_hoc_sub_process_ends_with_its_flows_or_by_its_condition() -> None:
    flows = ((user("a", "n"), user("a2")), (user("b"),))
    at_once = run(AdHoc("h", flows), user("c"), n=0)
    assert complete(at_once, "b") == ["a"]
    assert complete(at_once, "a", n=1) == ["a2"]
    assert complete(at_once, "a2") == ["c"]
    in_turn = run(AdHoc("h", flows, sequential=True), user("c"), n=0)
    assert ready(in_turn) == ["a"]
    complete(in_turn, "a", n=1)
    assert complete(in_turn, "a2") == ["b"]
    until = run(AdHoc("h", flows, until=Operation(Var("n"), ">=", Const(1))), user("c"), n=0)
    assert complete(until, "a", n=1) == ["c"]
    assert until.visits["h#innerInstance", True] == until.visits["h#innerInstance", False] == 1


def test_the_first_of_a_race_go_on_and_the_others_are_forgotten() -> None:
    reference = run(Race("r", (seq(user("a")), seq(user("b")), seq(user("c"))), 2, seq(user("d"))), user("e"))
    assert complete(reference, "b") == ["a", "c"]
    assert complete(reference, "a") == ["c", "d"]
    assert reference.visits["r_join", False] == 1
    assert complete(reference, "d") == ["c"]
    assert complete(reference, "c") == ["e"]
    assert reference.visits["r_join", False] == 3


def test_a_seed_gives_the_same_model_every_time() -> None:
    assert [files(generate(seed)) for seed in range(20)] == [files(generate(seed)) for seed in range(20)]


def test_every_kind_of_block_is_generated() -> None:
    drawn = b"".join(data for seed in range(40) for data in files(generate(seed)).values())
    for tag in ("parallelGateway", "inclusiveGateway", "subProcess", "callActivity", "multiInstance", "terminateEvent"):
        assert f"<bpmn:{tag}".encode() in drawn, tag
    for tag in ("complexGateway", "adHocSubProcess", "standardLoop", "escalationEvent", "errorEvent", "eventBasedGat"):
        assert f"<bpmn:{tag}".encode() in drawn, tag
