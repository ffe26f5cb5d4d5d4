"""End events: none and error."""

from __future__ import annotations

from tests.core.kit import Run
from tests.core.models import (
    TERMINATE,
    boundary,
    call,
    end,
    error,
    listener,
    mapping,
    note,
    part,
    process,
    sub,
    user,
)


def test_instance_ends_with_its_last_token():
    run = Run(process("start > fork > a > end1; fork > b > end2"))
    p = run.start()
    run.complete("a")
    assert run.state(p) == "ACTIVE"
    run.pass_time(hours=1)
    run.complete("b")
    assert run.state(p) == "COMPLETED"
    assert run.instance(p).ended_at == run.now
    assert run.instance(p).live == run.instance(p).tokens == 0


def test_listeners_of_the_process_run_first_and_last():
    file = process(
        "start > a > end",
        {"end": part("endEvent", note("end", "end event"))},
        extensions=note("start", "start") + note("end", "end"),
    )
    run = Run(file)
    p = run.start(log=[])
    run.complete("a")
    assert run.log(p) == ["start", "end event", "end"]


# ---------------------------------------------------------------- error


def thrower(code="E1", **catching):
    """A sub-process with a second token, whose first throws at its end."""
    inner = sub("start_in > fork > b > end_in; fork > a > end_bad", {"end_bad": end(error(code))})
    parts = {"s": inner, "caught": boundary("s", error(catching.pop("catch", "E1"), **catching))}
    return process("start > s > end; caught > after", parts)


def test_error_is_caught_at_the_boundary_and_the_scope_is_cancelled():
    run = Run(thrower(code_to="code", message_to="message"))
    p = run.start()
    run.complete("a")
    assert run.waits() == ["after"]
    assert run.trace("s", "b", "end_bad", "caught", "after") == [
        ("s", "terminated"),
        ("b", "terminated"),
        ("end_bad", "terminated"),
        ("caught", "completed"),
        ("after", "active"),
    ]
    assert run.tasks("b") == []
    assert run.variables(p) == {"code": "E1", "message": None}
    run.complete("after")
    assert run.state(p) == "COMPLETED"


def test_error_with_another_code_is_not_caught_and_ends_its_token_only():
    run = Run(thrower(code="E2"))
    p = run.start()
    run.complete("a")
    assert run.trace("end_bad") == [("end_bad", "completed")]
    assert run.waits() == ["b", "s"]
    run.complete("b")
    assert run.state(p) == "COMPLETED"


def test_boundary_without_a_code_catches_every_error():
    run = Run(thrower(code="E2", catch=None, code_to="code"))
    p = run.start()
    run.complete("a")
    assert run.waits() == ["after"]
    assert run.variables(p) == {"code": "E2"}


def test_error_message_of_the_error_is_told():
    file = thrower(message_to="message").replace(b'errorCode="E1"', b'errorCode="E1" camunda:errorMessage="${n} left"')
    run = Run(file)
    p = run.start(n=3)
    run.complete("a")
    assert run.variables(p) == {"n": 3, "message": "3 left"}


def test_error_crosses_scopes_to_the_nearest_that_catches_it():
    inner = sub("start_in > x > end_bad", {"end_bad": end(error("E1"))})
    middle = sub("start_mid > i; other > end_mid", {"i": inner, "other": boundary("i", error("E2"))})
    run = Run(process("start > m > end; caught > after", {"m": middle, "caught": boundary("m", error("E1"))}))
    run.start()
    run.complete("x")
    assert run.waits() == ["after"]
    assert run.trace("m", "i", "end_bad") == [("m", "terminated"), ("i", "terminated"), ("end_bad", "terminated")]


def test_error_in_the_process_itself_is_caught_by_nobody():
    run = Run(process("start > a > end_bad", {"end_bad": end(error("E1"))}))
    p = run.start()
    run.complete("a")
    assert run.state(p) == "COMPLETED"
    assert run.trace("end_bad") == [("end_bad", "completed")]


def test_error_leaves_a_called_instance_with_its_output_mapping():
    called = process("start > x > end_bad", {"end_bad": end(error("E1"))}, id="called")
    parts = {"c": call("called", mapping("out", source="y", target="z")), "caught": boundary("c", error("E1"))}
    run = Run(process("start > c > end; caught > after", parts), called)
    p = run.start()
    q = run.called(p).id
    run.complete("x", y=5)
    assert run.waits() == ["after"]
    assert run.variables(p) == {"z": 5}
    assert run.state(q) == "INTERNALLY_TERMINATED"
    assert run.trace("c") == [("c", "terminated")]


def test_listeners_of_a_cancelled_element_see_that_it_is_cancelled():
    watching = user(listener("end", "${execution.setVariable('seen', execution.isCanceled())}"))
    run = Run(process("start > fork > a > end_all; fork > b", {"end_all": end(TERMINATE), "b": watching}))
    p = run.start()
    run.complete("a")
    assert run.variables(p, ended=True) == {"seen": True}
