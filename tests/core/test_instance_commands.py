"""Commands on process instances: start, suspend, activate, delete."""

from __future__ import annotations

import pytest

from engine.core.commands.instances import StartInstance
from engine.core.commands.tasks import AssignTask, CompleteTask
from engine.errors import ExecutionFailed, NotFound, Suspended
from tests.core.kit import NOON, Run
from tests.core.models import boundary, call, end, error, io, note, process, service, sub, user

ONE = process("start > a > end")


# ---------------------------------------------------------------- start


def test_what_starting_tells():
    run = Run(ONE, tenant_id="blue")
    started = run.do(
        StartInstance(key="p", tenant_id="blue", business_key="B", variables={"x": 1}, return_variables=True)
    )
    assert (started.definition_id, started.definition_reference, started.definition_key) == (1, "p:1:1", "p")
    assert (started.business_key, started.tenant_id, started.variables) == ("B", "blue", {"x": 1})
    assert (started.ended, started.suspended) == (False, False)
    assert run.instance(started.id).business_key == "B"


def test_instance_that_ends_at_once_tells_the_variables_it_had_at_its_end():
    run = Run(process("start > x > end", {"x": service("${n + 1}", "n")}))
    started = run.do(StartInstance(key="p", variables={"n": 1}, return_variables=True))
    assert started.ended
    assert started.variables == {"n": 2}


def test_by_key_the_latest_version_is_started():
    run = Run(ONE)
    run.deploy(process("start > b"))
    run.start()
    assert run.waits() == ["b"]


def test_by_id_any_version_is_started():
    run = Run(ONE)
    run.deploy(process("start > b"))
    run.do(StartInstance(definition_id=1))
    assert run.waits() == ["a"]


def test_unknown_definitions():
    run = Run(ONE)
    with pytest.raises(NotFound, match="Cannot find process definition with id 99"):
        run.do(StartInstance(definition_id=99))
    with pytest.raises(NotFound, match="No matching process definition with key: q is deployed"):
        run.do(StartInstance(key="q"))
    with pytest.raises(NotFound, match="key: p and tenant-id 'red' is deployed"):
        run.do(StartInstance(key="p", tenant_id="red"))


def test_suspended_definition_is_not_started():
    run = Run(ONE)
    run.deployed.suspended.add(1)
    with pytest.raises(Suspended, match="Process definition p:1:1 is suspended"):
        run.start()


def test_failing_start_leaves_nothing():
    run = Run(process("start > a > x; start > x", {"x": service("${nowhere}")}))
    with pytest.raises(ExecutionFailed):
        run.start(y=1)
    assert run.kept.rows() == []


# ---------------------------------------------------------------- suspend


def test_suspended_instance_stands_still():
    run = Run(ONE)
    p = run.start()
    task = run.task("a").id
    run.suspend(p)
    assert run.state(p) == "SUSPENDED"
    for command in (CompleteTask(id=task), AssignTask(id=task, assignee="ann")):
        with pytest.raises(Suspended, match=f"Process instance {p} is suspended; activate it first"):
            run.do(command)
    run.suspend(p, activate=True)
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_suspending_twice_changes_nothing():
    run = Run(ONE)
    p = run.start()
    run.suspend(p, activate=True)
    run.suspend(p)
    run.suspend(p)
    assert run.state(p) == "SUSPENDED"


def test_variables_of_a_suspended_instance_can_be_set():
    run = Run(ONE)
    p = run.start()
    run.suspend(p)
    run.set(p, x=1)
    assert run.variables(p) == {"x": 1}


def test_suspended_instance_can_be_deleted():
    run = Run(ONE)
    p = run.start()
    run.suspend(p)
    run.delete(p)
    assert run.state(p) == "EXTERNALLY_TERMINATED"


def test_caller_and_called_are_suspended_each_for_itself():
    run = Run(process("start > c > after", {"c": call("q")}), process("start > x", id="q"))
    p = run.start()
    run.suspend(p)
    assert run.state(run.called(p).id) == "ACTIVE"


@pytest.mark.parametrize("flows", ["start > c > after", "start > c"])
def test_suspended_caller_does_not_go_on_when_what_it_called_ends(flows):
    run = Run(process(flows, {"c": call("q")}), process("start > x", id="q"))
    p = run.start()
    run.suspend(p)
    with pytest.raises(Suspended, match=f"Process instance {p} is suspended"):
        run.complete("x")
    assert run.waits() == ["c", "x"]
    run.suspend(p, activate=True)
    run.complete("x")
    assert run.trace("c") == [("c", "completed")]


def test_suspended_caller_does_not_catch_what_it_called_throws():
    called = process("start > x > end_bad", {"end_bad": end(error("E1"))}, id="q")
    run = Run(process("start > c; caught > b", {"c": call("q"), "caught": boundary("c", error("E1"))}), called)
    p = run.start()
    run.suspend(p)
    with pytest.raises(Suspended):
        run.complete("x")
    assert run.waits() == ["c", "x"]


# ---------------------------------------------------------------- delete


def test_deleting_ends_everything():
    inner = sub("start_in > a; start_in > b")
    run = Run(process("start > fork > s; fork > c", {"s": inner}))
    p = run.start(x=1)
    run.pass_time(hours=2)
    run.delete(p, "no more")
    found = run.instance(p)
    assert (found.state, found.ended_at, found.delete_reason) == ("EXTERNALLY_TERMINATED", run.now, "no more")
    assert (found.live, run.waits(), run.variables(p)) == (0, [], {})
    assert {row.element_id: row.canceled for row in run.elements("a") + run.elements("start")} == {
        "a": True,
        "start": False,
    }


def test_tasks_keep_the_reason():
    run = Run(ONE)
    p = run.start()
    task = run.task("a")
    run.delete(p, "no more")
    assert (task.state, task.delete_reason) == ("deleted", "no more")


def test_tasks_deleted_without_a_reason():
    run = Run(ONE)
    p = run.start()
    task = run.task("a")
    run.delete(p)
    assert task.delete_reason == "deleted"


def test_deleting_goes_down_into_called_instances():
    run = Run(
        process("start > c", {"c": call("q")}),
        process("start > d", {"d": call("r")}, id="q"),
        process("start > x", id="r"),
    )
    p = run.start()
    run.delete(p, "why")
    q = run.called(p)
    r = run.called(q.id)
    assert [row.state for row in (run.instance(p), q, r)] == ["EXTERNALLY_TERMINATED"] * 3
    assert [row.delete_reason for row in (q, r)] == ["why", "why"]
    assert run.waits() == []


def test_deleting_a_called_instance_deletes_the_caller_that_waits_for_nothing_else():
    run = Run(process("start > c > after", {"c": call("q")}), process("start > x", id="q"))
    p = run.start()
    run.delete(run.called(p).id, "why")
    assert (run.state(p), run.instance(p).delete_reason) == ("EXTERNALLY_TERMINATED", "why")
    assert run.waits() == []


def test_deleting_a_called_instance_cancels_its_call_where_more_goes_on():
    run = Run(process("start > fork > c > end; fork > a", {"c": call("q")}), process("start > x", id="q"))
    p = run.start()
    q = run.called(p)
    run.delete(q.id)
    assert (run.state(p), q.state) == ("ACTIVE", "EXTERNALLY_TERMINATED")
    assert run.waits() == ["a"]
    assert run.trace("c") == [("c", "terminated")]


def test_deleting_a_called_instance_cancels_the_sub_process_around_its_call():
    inner = sub("start_in > c", {"c": call("q")})
    run = Run(process("start > fork > s > end; fork > a", {"s": inner}), process("start > x", id="q"))
    p = run.start()
    run.delete(run.called(p).id)
    assert run.waits() == ["a"]
    assert run.trace("s", "c") == [("s", "terminated"), ("c", "terminated")]


def test_what_has_ended_cannot_be_deleted_again():
    run = Run(ONE)
    p = run.start()
    run.delete(p)
    with pytest.raises(NotFound, match=f"Cannot find process instance with id {p}"):
        run.delete(p)


def test_listeners_that_fail_keep_the_instance():
    run = Run(process("start > a", {"a": user(note("end", "x"))}))
    p = run.start()
    with pytest.raises(ExecutionFailed, match="log"):
        run.delete(p)
    assert run.waits() == ["a"]


def test_output_mapping_is_done_at_deletion_unless_skipped():
    run = Run(process("start > a", {"a": user(io({}, {"y": "1"}))}))
    p, q = run.start(), run.start()
    run.delete(p)
    run.delete(q, skip_io_mappings=True)
    assert (run.variables(p, ended=True), run.variables(q, ended=True)) == ({"y": "1"}, {})


def test_called_instance_cancelled_from_inside_is_terminated_internally():
    """An error that interrupts the call activity, and nobody's command, ends the called instance."""
    called = process("start > x > end_bad", {"end_bad": end(error("E1"))}, id="q")
    run = Run(process("start > c; caught > b", {"c": call("q"), "caught": boundary("c", error("E1"))}), called)
    p = run.start()
    q = run.called(p)
    run.complete("x")
    assert (q.state, q.ended_at) == ("INTERNALLY_TERMINATED", NOON)
