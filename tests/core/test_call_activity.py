"""Call activities: another process in an instance of its own."""

from __future__ import annotations

import pytest

from engine.core.commands.instances import StartInstance
from engine.core.step import Limits
from engine.errors import ExecutionFailed, Suspended
from tests.core.kit import Run
from tests.core.models import call, io, listener, mapping, note, process

CALLED = process("start > x > end", id="called")
ALL = mapping("in", variables="all") + mapping("out", variables="all")


def calling(mappings="", **attributes):
    return process("start > c > after", {"c": call("called", mappings, **attributes)})


def test_called_instance_runs_and_its_caller_goes_on():
    run = Run(calling(), CALLED)
    p = run.start()
    q = run.called(p)
    c = run.elements("c")[0]
    assert (q.parent_id, q.caller_id, q.root_id, c.called_instance_id) == (p, c.id, p, q.id)
    assert run.waits() == ["c", "x"]
    assert run.instance(p).live == 2
    run.complete("x")
    assert run.waits() == ["after"]
    assert run.state(q.id) == "COMPLETED"
    assert run.trace("c") == [("c", "completed")]


def test_called_instance_that_ends_at_once():
    run = Run(calling(), process("start > end", id="called"))
    p = run.start()
    assert run.waits() == ["after"]
    assert run.state(run.called(p).id) == "COMPLETED"


# ---------------------------------------------------------------- variables


def test_no_variables_pass_without_a_mapping():
    run = Run(calling(), CALLED)
    p = run.start(a=1)
    q = run.called(p).id
    assert run.variables(q) == {}
    run.complete("x", b=2)
    assert run.variables(p) == {"a": 1}


def test_all_variables():
    run = Run(calling(ALL), CALLED)
    p = run.start(a=1, b=2)
    q = run.called(p).id
    assert run.variables(q) == {"a": 1, "b": 2}
    run.complete("x", b=3, c=4)
    assert run.variables(p) == {"a": 1, "b": 3, "c": 4}


def test_one_variable_and_an_expression():
    mappings = (
        mapping("in", source="a", target="x1")
        + mapping("in", sourceExpression="${a + 1}", target="x2")
        + mapping("in", source="unknown", target="x3")
        + mapping("out", source="y", target="z1")
        + mapping("out", sourceExpression="${y * 2}", target="z2")
    )
    run = Run(calling(mappings), CALLED)
    p = run.start(a=1)
    assert run.variables(run.called(p).id) == {"x1": 1, "x2": 2, "x3": None}
    run.complete("x", y=10)
    assert run.variables(p) == {"a": 1, "z1": 10, "z2": 20}


def test_later_mappings_win():
    mappings = mapping("in", variables="all") + mapping("in", sourceExpression="${a + 1}", target="a")
    run = Run(calling(mappings), CALLED)
    assert run.variables(run.called(run.start(a=1)).id) == {"a": 2}


def test_local_variables_only():
    mappings = io({"near": "1"}) + mapping("in", variables="all", local="true")
    run = Run(calling(mappings), CALLED)
    p = run.start(far=2)
    assert run.variables(run.called(p).id) == {"near": "1"}


def test_local_output_stays_in_the_call_activity():
    mappings = io(outputs={"copied": "${z}"}) + mapping("out", source="y", target="z", local="true")
    run = Run(calling(mappings), CALLED)
    p = run.start()
    run.complete("x", y=5)
    assert run.variables(p) == {"copied": 5}
    assert run.variables(run.elements("c")[0].id, ended=True) == {"z": 5}


def test_input_mapping_is_seen_by_the_in_mapping():
    mappings = io({"item": "${a * 10}"}) + mapping("in", source="item", target="item")
    run = Run(calling(mappings), CALLED)
    assert run.variables(run.called(run.start(a=2)).id) == {"item": 20}


def test_output_is_seen_by_end_listeners_of_the_call_activity():
    mappings = mapping("out", source="y", target="z") + listener("end", "${execution.setVariable('copy', z)}")
    run = Run(calling(mappings), CALLED)
    p = run.start()
    run.complete("x", y=5)
    assert run.variables(p) == {"z": 5, "copy": 5}


@pytest.mark.parametrize(
    ("given", "key"), [("${a}", "k1"), ("#{execution.processBusinessKey}", "outer"), ("fixed", "fixed")]
)
def test_business_key(given, key):
    run = Run(calling(mapping("in", businessKey=given)), CALLED)
    p = run.do(StartInstance(key="p", business_key="outer", variables={"a": "k1"})).id
    assert run.called(p).business_key == key


def test_business_key_is_not_passed_unasked():
    run = Run(calling(), CALLED)
    p = run.do(StartInstance(key="p", business_key="outer")).id
    assert run.called(p).business_key is None


# ---------------------------------------------------------------- which process


def version_run(**binding):
    """Caller deployed with version 2 of three versions of the called process, each with another task."""
    run = Run(process("start > one", id="called", versionTag="first"))
    run.deploy(calling(**binding), process("start > two", id="called"))
    run.deploy(process("start > three", id="called"))
    return run


@pytest.mark.parametrize(
    ("binding", "task"),
    [
        ({}, "three"),
        ({"calledElementBinding": "latest"}, "three"),
        ({"calledElementBinding": "deployment"}, "two"),
        ({"calledElementBinding": "version", "calledElementVersion": "1"}, "one"),
        ({"calledElementBinding": "version", "calledElementVersion": "${v}"}, "two"),
        ({"calledElementBinding": "versionTag", "calledElementVersionTag": "first"}, "one"),
    ],
)
def test_binding(binding, task):
    run = version_run(**binding)
    run.start(v=2)
    assert run.waits() == ["c", task]


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ({"calledElementBinding": "version", "calledElementVersion": "9"}, r"key 'called' \(version 9\)"),
        ({"calledElementBinding": "version", "calledElementVersion": "${v}"}, "must be a whole number, not 'x'"),
        ({"calledElementBinding": "versionTag", "calledElementVersionTag": "no"}, "version tag 'no'"),
    ],
)
def test_version_that_is_not_there(binding, message):
    run = version_run(**binding)
    with pytest.raises(ExecutionFailed, match=message):
        run.start(v="x")


def test_key_may_be_an_expression():
    run = Run(process("start > c", {"c": call("${which}")}), CALLED)
    run.start(which="called")
    assert run.waits() == ["c", "x"]


def test_unknown_key_undoes_the_step():
    run = Run(process("start > a > c", {"c": call("nobody")}))
    run.start()
    with pytest.raises(ExecutionFailed, match=r"No process definition with key 'nobody' \(latest\).*\(element 'c'\)"):
        run.complete("a")
    assert run.waits() == ["a"]


def test_key_that_is_null():
    run = Run(process("start > c", {"c": call("${which}")}))
    with pytest.raises(ExecutionFailed, match=r"'\$\{which\}', is null"):
        run.start(which=None)


def test_suspended_definition_is_not_called():
    run = Run(calling(), CALLED)
    run.deployed.suspended.add(2)
    with pytest.raises(Suspended):
        run.start()


def test_called_process_without_a_start_event():
    run = Run(calling(), process("a > b", id="called"))
    with pytest.raises(ExecutionFailed, match="'called' has no none start event"):
        run.start()


def test_tenant_of_the_caller_is_where_the_called_process_is_looked_for():
    run = Run(calling(), process("start > of_tenant", id="called"), tenant_id="blue")
    run.deploy(process("start > of_nobody", id="called"))
    p = run.start()
    assert run.waits() == ["c", "of_tenant"]
    assert run.called(p).tenant_id == "blue"


def test_named_tenant():
    run = Run(calling(calledElementTenantId="${'blue'}"))
    run.deploy(process("start > of_tenant", id="called"), tenant_id="blue")
    p = run.start()
    assert run.waits() == ["c", "of_tenant"]
    assert run.called(p).tenant_id == "blue"


# ---------------------------------------------------------------- depth, lives


def test_process_that_calls_itself_is_cut():
    run = Run(process("start > c", {"c": call("p")}), limits=Limits(call_depth=5))
    with pytest.raises(ExecutionFailed, match="nested deeper than 5"):
        run.start()
    assert run.trace() == []


def test_depth_up_to_the_limit():
    flows = "start > xor; xor > [${n > 0}] c; xor > *a"
    step = mapping("in", sourceExpression="${n - 1}", target="n")
    run = Run(process(flows, {"c": call("p", step)}), limits=Limits(call_depth=5))
    p = run.start(n=5)
    assert run.waits() == ["a", "c", "c", "c", "c", "c"]
    run.complete("a")
    assert run.waits() == []
    assert run.state(p) == "COMPLETED"


def test_listeners_of_caller_and_called_run_in_order():
    called = process("start > x", id="called", extensions=note("start", "q in") + note("end", "q out"))
    parts = {"c": call("called", ALL + note("start", "c in") + note("end", "c out"))}
    run = Run(process("start > c > after", parts), called)
    p = run.start(log=[])
    run.complete("x")
    assert run.log(p) == ["c in", "q in", "q out", "c out"]


def test_two_calls_beside_each_other():
    run = Run(
        process("start > fork > c > join; fork > d > join; join > after", {"c": call("called"), "d": call("called")}),
        CALLED,
    )
    run.start()
    run.complete("x")
    assert run.waits() == ["d", "join", "x"]
    run.complete("x")
    assert run.waits() == ["after"]
