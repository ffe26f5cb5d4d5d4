"""Errors: thrown by end events and reported from outside, caught at boundaries and by event sub-processes."""

from __future__ import annotations

import pytest

from engine.core.commands.work import CompleteWork, FailWork, ThrowWorkError
from engine.errors import ExecutionFailed
from tests.core.kit import Run
from tests.core.models import (
    boundary,
    call,
    end,
    error,
    escalation,
    event_sub,
    mapping,
    message,
    note,
    part,
    process,
    service,
    sub,
)

HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"


def external(extensions=""):
    """A service task for external workers."""
    return part("serviceTask", extensions, type="external", topic="t")


# ---------------------------------------------------------------- event sub-processes


def test_event_sub_process_takes_the_place_of_what_its_scope_held():
    inner = sub("start_in > fork > a; fork > b > bad", {"bad": end(error("E1")), "e": event_sub("on > c", error("E1"))})
    run = Run(process("start > s > after", {"s": inner}))
    run.start()
    run.complete("b")
    assert run.waits() == ["c", "e", "s"]
    assert run.trace("a", "bad", "on") == [("a", "terminated"), ("bad", "terminated"), ("on", "completed")]
    run.complete("c")
    assert run.waits() == ["after"]


def test_event_sub_process_of_the_process_ends_with_it():
    run = Run(process("start > a > bad", {"bad": end(error("E1")), "e": event_sub("on > c", error("E1"))}))
    p = run.start()
    run.complete("a")
    assert run.waits() == ["c", "e"]
    run.complete("c")
    assert run.state(p) == "COMPLETED"


def test_token_on_its_way_never_arrives_where_the_event_sub_process_interrupts():
    parts = {"bad": end(error("E1")), "e": event_sub("on > c", error("E1"))}
    run = Run(process("start > fork > bad; fork > a > end", parts))
    p = run.start()
    assert run.waits() == ["c", "e"]
    assert run.trace("a") == []
    run.complete("c")
    assert run.state(p) == "COMPLETED"


def test_event_sub_process_interrupting_ends_all_other_waiting():
    parts = {
        "e": event_sub("on > c", error("E1")),
        "m": event_sub("on_m > d", message("m"), start="on_m"),
        "t": event_sub("on_t > f", HOUR, start="on_t", interrupting=False),
        "x": external(),
    }
    run = Run(process("start > x > end", parts))
    run.start()
    assert (len(run.subscriptions("on_m")), len(run.jobs("on_t"))) == (1, 1)
    run.do(ThrowWorkError(id=run.jobs("x")[0].id, code="E1"))
    assert run.waits() == ["c", "e"]
    assert (run.subscriptions("on_m"), run.jobs("on_t"), run.jobs("x")) == ([], [], [])


def test_event_sub_process_is_asked_before_the_boundary():
    parts = {
        "s": sub("start_in > bad", {"bad": end(error("E1")), "e": event_sub("on > c", error(None))}),
        "caught": boundary("s", error("E1")),
    }
    run = Run(process("start > s; caught > d", parts))
    run.start()
    assert run.waits() == ["c", "e", "s"]


@pytest.mark.parametrize("names", ["special any", "any special"])
def test_event_sub_process_that_names_the_code_goes_before_one_that_catches_all(names):
    events = {
        "special": event_sub("on1 > b", error("E1"), start="on1"),
        "any": event_sub("on2 > c", error(None), start="on2"),
    }
    run = Run(process("start > bad", {"bad": end(error("E1"))} | {name: events[name] for name in names.split()}))
    run.start()
    assert run.waits() == ["b", "special"]


def test_nearest_scope_catches():
    parts = {
        "s": sub("start_in > bad", {"bad": end(error("E1"))}),
        "caught": boundary("s", error(None)),
        "e": event_sub("on > c", error("E1")),
    }
    run = Run(process("start > s; caught > d", parts))
    run.start()
    assert run.waits() == ["d"]


def test_error_is_not_caught_by_the_event_sub_process_that_throws_it():
    handler = event_sub("on > c > bad_again", error("E1"), {"bad_again": end(error("E1"))})
    parts = {
        "s": sub("start_in > bad", {"bad": end(error("E1")), "e": handler}),
        "caught": boundary("s", error("E1")),
    }
    run = Run(process("start > s; caught > d", parts))
    run.start()
    run.complete("c")
    assert run.waits() == ["d"]
    assert run.trace("e", "s") == [("s", "terminated"), ("e", "terminated")]


def test_error_of_an_event_sub_process_is_caught_by_another_one_of_its_scope():
    parts = {
        "bad": end(error("E1")),
        "e": event_sub("on > bad2", error("E1"), {"bad2": end(error("E2"))}),
        "f": event_sub("on2 > c", error("E2"), start="on2"),
    }
    run = Run(process("start > bad", parts))
    run.start()
    assert run.waits() == ["c", "f"]
    assert run.trace("e") == [("e", "terminated")]


def test_error_of_a_called_instance_is_caught_around_the_call_with_its_output():
    called = process("start > a > bad", {"bad": end(error("E1"))}, id="called")
    parts = {
        "c": call("called", mapping("out", source="x", target="y")),
        "e": event_sub("on > d", error("E1", code_to="code", message_to="text")),
    }
    run = Run(process("start > c > end", parts), called)
    p = run.start()
    run.complete("a", x=7)
    assert run.waits() == ["d", "e"]
    assert run.variables(p) == {"y": 7, "code": "E1", "text": None}
    assert run.state(run.called(p).id) == "INTERNALLY_TERMINATED"


def test_event_sub_process_with_a_call_does_not_catch_what_is_thrown_in_the_called_instance():
    called = process("start > bad", {"bad": end(error("E1"))}, id="called")
    parts = {"bad": end(error("E1")), "e": event_sub("on > c > d", error("E1"), {"c": call("called")})}
    run = Run(process("start > bad", parts), called)
    p = run.start()
    assert run.waits() == ["d", "e"]
    assert run.state(run.called(p).id) == "COMPLETED"


def test_variables_are_set_in_the_scope_of_the_event_sub_process():
    inner = sub("start_in > a > bad", {"bad": end(error("E1")), "e": event_sub("on > c", error(None, code_to="code"))})
    run = Run(process("start > s > d", {"s": inner}))
    p = run.start()
    scope = run.elements("s")[0].id
    run.set(scope, local=True, code=None)
    run.complete("a")
    assert (run.variables(scope), run.variables(p)) == ({"code": "E1"}, {})


def test_end_listeners_of_what_is_cancelled_come_first():
    parts = {
        "a": part("userTask", note("end", "a")),
        "bad": end(error("E1")),
        "e": event_sub("on > c", error("E1")).having(note("start", "e")),
    }
    run = Run(process("start > fork > a; fork > bad", parts))
    p = run.start(log=[])
    assert run.log(p) == ["a", "e"]


# ---------------------------------------------------------------- nobody catches it


def test_uncaught_error_of_a_called_instance_ends_that_and_the_caller_goes_on():
    called = process("start > a > bad", {"bad": end(error("E1"))}, id="called")
    run = Run(process("start > c > b", {"c": call("called", mapping("out", variables="all"))}), called)
    p = run.start()
    run.complete("a", x=1)
    assert run.waits() == ["b"]
    assert (run.variables(p), run.state(run.called(p).id)) == ({"x": 1}, "COMPLETED")


def test_uncaught_error_lets_a_concurrent_path_go_on():
    run = Run(process("start > fork > a > end; fork > bad", {"bad": end(error("E1"))}))
    p = run.start()
    assert run.waits() == ["a"]
    assert run.trace("bad") == [("bad", "completed")]
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_error_passes_events_that_wait_for_something_else():
    parts = {
        "s": sub("start_in > bad", {"bad": end(error("E1")), "e": event_sub("on > c", escalation(None))}),
        "m": boundary("s", message("m")),
        "caught": boundary("s", error("E1")),
    }
    run = Run(process("start > s; m > a; caught > d", parts))
    run.start()
    assert run.waits() == ["d"]


# ---------------------------------------------------------------- errors of workers

MAPPED = '<camunda:errorEventDefinition errorRef="E1" expression="${%s}"/>'


@pytest.mark.parametrize(("amount", "next"), [(5, "ok"), (50, "c")])
def test_model_makes_an_error_of_what_a_worker_reports(amount, next):
    parts = {"x": external(MAPPED % "amount > 10"), "e": event_sub("on > c", error("E1"))}
    run = Run(process("start > x > ok", parts))
    run.start()
    run.do(CompleteWork(id=run.jobs("x")[0].id, variables={"amount": amount}))
    assert next in run.waits()


def test_model_makes_an_error_of_a_failure():
    parts = {
        "x": external(MAPPED % "externalTask.errorMessage == 'fatal'"),
        "e": event_sub("on > c", error("E1", message_to="why")),
    }
    run = Run(process("start > x > ok", parts))
    p = run.start()
    run.do(FailWork(id=run.jobs("x")[0].id, message="harmless", retries=3))
    assert run.waits() == ["x"]
    run.do(FailWork(id=run.jobs("x")[0].id, message="fatal", retries=3))
    assert (run.waits(), run.incidents()) == (["c", "e"], [])
    assert run.variables(p) == {"why": "fatal"}


# ---------------------------------------------------------------- many at once


def test_error_of_one_instance_of_a_multi_instance_sub_process_stays_in_it():
    inner = sub("start_in > a > bad", {"bad": end(error("E1")), "e": event_sub("on > c", error("E1"))}).times(3)
    run = Run(process("start > s > d", {"s": inner}))
    run.start()
    run.complete("a", 1)
    assert run.waits() == ["a", "a", "c", "e", "s", "s", "s", "s#multiInstanceBody"]
    run.complete("c")
    run.complete("a")
    run.complete("c")
    run.complete("a")
    run.complete("c")
    assert run.waits() == ["d"]


def test_error_thrown_on_the_way_in_cancels_the_instances_that_have_not_begun():
    inner = sub("start_in > xor > [${loopCounter == 1}] bad; xor > *a", {"bad": end(error("E1"))}).times(3)
    run = Run(process("start > s > d; caught > c", {"s": inner, "caught": boundary("s", error("E1"))}))
    run.start()
    assert run.waits() == ["c"]
    assert run.trace("s#multiInstanceBody", "s") == [
        ("s#multiInstanceBody", "terminated"),
        ("s", "terminated"),
        ("s", "terminated"),
    ]


def test_scope_whose_last_token_throws_while_another_completes_at_once_does_not_complete():
    parts = {
        "s": sub("start_in > fork > quick > end_in; fork > bad", {"quick": service("${1}"), "bad": end(error("E1"))}),
        "e": event_sub("on > c", error("E1")),
    }
    run = Run(process("start > s > d", parts))
    run.start()
    assert run.waits() == ["c", "e"]


# ---------------------------------------------------------------- what fails in a step

FAILING = {
    "service task": service("${text.nothing}"),
    "send task": part("sendTask", expression="${text.substring(9)}"),
    "business rule task": part("businessRuleTask", expression="${text.nothing}"),
    "script task": part("scriptTask", inner="<script>${text.nothing}</script>", scriptFormat="juel"),
}


@pytest.mark.parametrize("task", FAILING)
@pytest.mark.parametrize("code", ["java.lang.Exception", "java.lang.RuntimeException", "java.lang.Throwable"])
def test_an_error_event_that_names_a_class_of_exceptions_catches_a_failure(task, code):
    caught = boundary("x", error(code, code_to="code", message_to="message"))
    run = Run(process("start > x > a; caught > b", {"x": FAILING[task], "caught": caught}))
    p = run.start(text="text")
    assert run.waits() == ["b"]
    assert run.trace("x") == [("x", "terminated")]
    assert run.variables(p)["code"] is None
    assert "(element" not in str(run.variables(p)["message"])


@pytest.mark.parametrize("code", [None, "failed"])
def test_no_other_error_event_catches_a_failure(code):
    inner = sub("start_in > x; near > b", {"x": FAILING["service task"], "near": boundary("x", error(code))})
    run = Run(process("start > s > a; far > c", {"s": inner, "far": boundary("s", error(code))}))
    with pytest.raises(ExecutionFailed, match="Cannot resolve property 'nothing'"):
        run.start(text="text")


def test_a_failure_is_caught_further_out_by_who_names_its_class():
    inner = sub("start_in > x; near > b", {"x": FAILING["service task"], "near": boundary("x", error(None))})
    parts = {"s": inner, "far": boundary("s", error("java.lang.Exception"))}
    run = Run(process("start > s > a; far > c", parts))
    run.start(text="text")
    assert run.waits() == ["c"]
