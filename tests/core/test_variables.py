"""Variables in scopes: where they are found, made, changed and removed, and when they end."""

from __future__ import annotations

import pytest

from engine.core.commands.instances import StartInstance
from engine.core.state import Variable, VariableUpdate
from engine.errors import NotFound
from engine.values import InvalidValue
from tests.core.kit import NOON, Run
from tests.core.models import TERMINATE, boundary, call, end, error, io, listener, process, service, sub, user


def nested():
    """A task with a variable of its own, in a sub-process with one of its own."""
    inner = sub("start_in > a > b", {"a": user(io({"near": "a"}))}).having(io({"middle": "s"}))
    return Run(process("start > s > after", {"s": inner}))


def test_name_is_looked_up_from_the_inside_out():
    seen = "${execution.setVariable('seen', near += middle += far)}"
    inner = sub("start_in > a", {"a": user(io({"near": "1"}) + listener("start", seen))}).having(io({"middle": "2"}))
    run = Run(process("start > s", {"s": inner}))
    assert run.variables(run.start(far=3))["seen"] == "123"


def test_nearest_variable_hides_those_farther_out():
    run = Run(process("start > a", {"a": user(io({"x": "near"}), name="${x}")}))
    run.start(x="far")
    assert run.task("a").name == "near"


def test_setting_changes_the_variable_where_it_is():
    run = nested()
    p = run.start(far=0)
    s, a = run.elements("s")[0].id, run.elements("a")[0].id
    run.set(a, near=1, middle=2, far=3)
    assert [run.variables(id) for id in (a, s, p)] == [{"near": 1}, {"middle": 2}, {"far": 3}]


def test_setting_an_unknown_name_makes_it_in_the_process_instance():
    run = nested()
    p = run.start()
    run.set(run.elements("a")[0].id, new=1)
    assert run.variables(p) == {"new": 1}


def test_setting_locally_makes_it_in_the_scope_itself():
    run = nested()
    p = run.start(far=0)
    a = run.elements("a")[0].id
    run.set(a, far=1, local=True)
    assert (run.variables(a), run.variables(p)) == ({"near": "a", "far": 1}, {"far": 0})


def test_called_instances_see_nothing_of_their_callers():
    run = Run(process("start > c", {"c": call("q")}), process("start > x", id="q"))
    p = run.start(x=1)
    q = run.called(p).id
    run.set(q, x=2)
    assert (run.variables(p), run.variables(q)) == ({"x": 1}, {"x": 2})


def test_columns_of_a_variable():
    run = nested()
    p = run.start(far=0)
    a = run.elements("a")[0]
    far, _, near = run.rows(Variable)
    assert (far.scope_id, far.process_instance_id, far.root_id, far.element_instance_id) == (p, p, p, None)
    assert (near.scope_id, near.process_instance_id, near.root_id, near.element_instance_id) == (a.id, p, p, a.id)
    assert (far.revision, far.created_at, far.ended_at, far.definition_id) == (0, NOON, None, 1)


def test_changes_are_counted_and_recorded():
    run = Run(process("start > a"))
    p = run.do(StartInstance(key="p", variables={"x": 1}, user="ann")).id
    run.pass_time(hours=1)
    run.set(p, x=2)
    (row,) = run.rows(Variable)
    assert row.revision == 1
    assert [(u.variable_id, u.value, u.revision, u.user, u.at) for u in run.rows(VariableUpdate)] == [
        (row.id, 1, 0, "ann", NOON),
        (row.id, 2, 1, None, run.now),
    ]


def test_changes_are_not_recorded_below_full_history():
    run = Run(process("start > a"), record_updates=False)
    run.set(run.start(x=1), x=2)
    assert run.rows(VariableUpdate) == []


# ---------------------------------------------------------------- removing


def test_removing_where_it_is_found():
    run = nested()
    p = run.start(far=0, other=1)
    a = run.elements("a")[0].id
    run.set(a, "near", "far", "unknown")
    assert (run.variables(a), run.variables(p)) == ({}, {"other": 1})
    assert [row.name for row in run.rows(Variable) if row.deleted] == ["far", "near"]


def test_removing_locally_only():
    run = nested()
    p = run.start(far=0)
    run.set(run.elements("a")[0].id, "far", local=True)
    assert run.variables(p) == {"far": 0}


def test_removed_variable_can_be_made_again_as_a_new_one():
    run = Run(process("start > a"))
    p = run.start(x=1)
    run.set(p, "x")
    run.set(p, x=2)
    assert run.variables(p) == {"x": 2}
    assert [(row.value, row.deleted, row.revision) for row in run.rows(Variable)] == [(1, True, 0), (2, False, 0)]


def test_removed_and_made_again_in_one_step():
    work = "${execution.removeVariable('x')}${execution.setVariable('x', 2)}"
    run = Run(process("start > x1 > a", {"x1": service(work)}))
    assert run.variables(run.start(x=1)) == {"x": 2}


def test_hidden_variable_is_seen_again_when_the_nearer_one_is_removed():
    run = Run(
        process("start > a", {"a": user(io({"x": "near"}) + listener("end", "${execution.setVariable('y', x)}"))})
    )
    p = run.start(x="far")
    run.set(run.elements("a")[0].id, "x")
    run.complete("a")
    assert run.variables(p, ended=True)["y"] == "far"


# ---------------------------------------------------------------- ending


def test_variables_end_with_their_scope():
    run = nested()
    p = run.start(far=0)
    s, a = run.elements("s")[0].id, run.elements("a")[0].id
    run.complete("a")
    assert (run.variables(a), run.variables(s)) == ({}, {"middle": "s"})
    run.pass_time(hours=1)
    run.complete("b")
    assert (run.variables(s), run.variables(p)) == ({}, {"far": 0})
    run.complete("after")
    assert run.variables(p) == {}
    assert {row.name: row.ended_at for row in run.rows(Variable)} == {"far": run.now, "middle": run.now, "near": NOON}


def test_variables_end_with_what_is_cancelled():
    inner = sub("start_in > a", {"a": user(io({"near": "1"}))}).having(io({"middle": "2"}))
    run = Run(process("start > s; caught > b", {"s": inner, "caught": boundary("s", error("E1"))}))
    p = run.start(far=0)
    run.throw_error("a", "E1")
    assert run.variables(p) == {"far": 0}
    assert {row.name for row in run.rows(Variable) if row.ended_at} == {"near", "middle"}


def test_variables_of_a_terminated_process_end():
    run = Run(process("start > fork > a; fork > b > end_all", {"a": user(io({"x": "1"})), "end_all": end(TERMINATE)}))
    run.start(y=1)
    run.complete("b")
    assert all(row.ended_at for row in run.rows(Variable))


def test_ended_scope_takes_no_variables():
    run = nested()
    p = run.start()
    a = run.elements("a")[0].id
    run.complete("a")
    with pytest.raises(NotFound, match=f"Cannot find execution with id {a}"):
        run.set(a, x=1)
    assert run.variables(p) == {}


# ---------------------------------------------------------------- what may be kept


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), 2**64, "\0"])
def test_value_that_cannot_be_kept(value):
    run = Run(process("start > a"))
    p = run.start(x=1)
    with pytest.raises(InvalidValue):
        run.set(p, y=2, x=value)
    assert run.variables(p) == {"x": 1}


@pytest.mark.parametrize("name", ["", "\0"])
def test_name_that_cannot_be_kept(name):
    run = Run(process("start > a"))
    p = run.start()
    with pytest.raises(InvalidValue):
        run.set(p, **{name: 1})


def test_variables_named_like_multi_instance_counters_are_ordinary_elsewhere():
    run = Run(process("start > a"))
    p = run.start(loopCounter=5)
    assert run.variables(p) == {"loopCounter": 5}


def test_own_variable_hides_a_multi_instance_counter():
    activity = user(io({"loopCounter": "mine"}), name="${loopCounter}").times(1)
    run = Run(process("start > a", {"a": activity}))
    run.start()
    assert run.task("a").name == "mine"
