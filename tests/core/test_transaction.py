"""Transactions: they complete, are cancelled from inside, or left by a hazard."""

from __future__ import annotations

import pytest

from engine.core.state import Subscription
from engine.errors import ExecutionFailed
from tests.core.kit import Run
from tests.core.models import (
    CANCEL,
    Part,
    boundary,
    compensate,
    end,
    error,
    event_sub,
    io,
    message,
    process,
    service,
    sub,
    throw,
    transaction,
    undone_by,
    user,
)


def compensable(*activities: str, waits: bool = True) -> dict[str, Part]:
    """A handler `undo_x` for each activity `x`: a user task, or one that only writes `x` into the log."""
    parts: dict[str, Part] = {}
    for each in activities:
        parts[f"at_{each}"] = undone_by(f"undo_{each}", each)
        handler = user() if waits else service(f"${{log.add('{each}')}}")
        parts[f"undo_{each}"] = handler.having(isForCompensation=True)
    return parts


BOOKING = "start_in > a > b > xor > [${ok}] end_in; xor > *end_bad"
FLOWS = "start > t > done > end; out > after > end2"


def booking(*, waits: bool = True, **inside: Part) -> Part:
    """A transaction that cancels itself unless `ok`, when `a` and `b` are done."""
    return transaction(BOOKING, {"end_bad": end(CANCEL), **compensable("a", "b", waits=waits), **inside})


def open_for(run: Run) -> list[str]:
    return [row.element_id for row in run.rows(Subscription) if row.ended_at is None and row.kind == "compensate"]


def test_a_transaction_that_completes_can_be_compensated_later():
    parts = {"t": booking(), "out": boundary("t", CANCEL), "undo": throw(compensate())}
    run = Run(process("start > t > undo > done > end; out > after > end2", parts))
    run.start(ok=True)
    run.complete("a")
    run.complete("b")
    assert run.trace("t") == [("t", "completed"), ("t", "active")]
    assert run.waits() == ["t", "undo", "undo_a", "undo_b"]
    run.complete("undo_a")
    run.complete("undo_b")
    assert run.waits() == ["done"]
    assert run.elements("out") == []


def test_a_cancelled_transaction_is_compensated_and_left_by_its_cancel_boundary_event():
    run = Run(process(FLOWS, {"t": booking(), "out": boundary("t", CANCEL)}))
    p = run.start(ok=False)
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["end_bad", "t", "undo_a", "undo_b"]
    (bad,), (t,), (handler,) = run.elements("end_bad"), run.elements("t"), run.elements("undo_a")
    assert (handler.scope_id, handler.flow_scope_id) == (bad.id, t.id)
    run.complete("undo_b")
    run.complete("undo_a")
    assert run.waits() == ["after"]
    assert run.trace("t", "end_bad", "undo_a", "out") == [
        ("t", "terminated"),
        ("end_bad", "terminated"),
        ("undo_a", "completed"),
        ("out", "completed"),
    ]
    assert open_for(run) == []
    run.complete("after")
    assert run.state(p) == "COMPLETED"


def test_handlers_of_a_cancelled_transaction_are_called_in_reverse_order():
    run = Run(process(FLOWS, {"t": booking(waits=False), "out": boundary("t", CANCEL)}))
    p = run.start(ok=False, log=[])
    run.complete("a")
    run.complete("b")
    assert run.log(p) == ["b", "a"]
    assert run.waits() == ["after"]


def test_all_else_in_a_transaction_is_cancelled_before_it_is_compensated():
    parts = {
        "s": sub("start_s > x > y > end_s", compensable("x")),
        "by": event_sub("on > z > end_by", message("go"), interrupting=False),
        "end_bad": end(CANCEL),
        **compensable("a", "c"),
    }
    t = transaction("start_in > fork > a > end_bad; fork > c > end_c; fork > s > end_x", parts)
    run = Run(process(FLOWS, {"t": t, "out": boundary("t", CANCEL)}))
    run.start()
    run.complete("x")
    run.deliver("on")
    run.complete("a")
    assert run.waits() == ["end_bad", "t", "undo_a"]
    assert run.trace("c", "s", "z") == [("c", "terminated"), ("s", "terminated"), ("z", "terminated")]
    run.complete("undo_a")
    assert run.waits() == ["after"]
    assert run.elements("undo_x") == []


def test_a_transaction_in_which_nothing_can_be_compensated_is_left_at_once():
    t = transaction("start_in > a > end_bad", {"end_bad": end(CANCEL)})
    run = Run(process(FLOWS, {"t": t, "out": boundary("t", CANCEL)}))
    run.start()
    run.complete("a")
    assert run.waits() == ["after"]


def test_a_transaction_without_a_cancel_boundary_event_cannot_be_cancelled():
    run = Run(process("start > t > end", {"t": booking()}))
    run.start(ok=False)
    run.complete("a")
    with pytest.raises(ExecutionFailed, match="no cancel boundary event"):
        run.complete("b")
    assert run.waits() == ["b", "t"]
    assert open_for(run) == ["undo_a"]


def test_a_hazard_leaves_a_transaction_without_compensation():
    run = Run(
        process(
            f"{FLOWS}; bad > hazard > end3",
            {"t": booking(), "out": boundary("t", CANCEL), "bad": boundary("t", error("E"))},
        )
    )
    run.start()
    run.complete("a")
    run.throw_error("b", "E")
    assert run.waits() == ["hazard"]
    assert open_for(run) == []
    assert run.elements("undo_a") == []


def test_a_hazard_while_a_transaction_is_compensated():
    parts = {"t": booking(), "out": boundary("t", CANCEL), "bad": boundary("t", error("E"))}
    run = Run(process(f"{FLOWS}; bad > hazard > end3", parts))
    run.start(ok=False)
    run.complete("a")
    run.complete("b")
    run.throw_error("undo_b", "E")
    assert run.waits() == ["hazard"]
    assert run.trace("undo_a") == [("undo_a", "terminated")]


def nested(**parts: Part) -> bytes:
    """A transaction with another one in it, beside which it is cancelled after `c` unless `fine`."""
    inside = {
        "t": booking(waits=False),
        "out": boundary("t", CANCEL),
        "end_worse": end(CANCEL),
        **compensable("c", waits=False),
        **parts,
    }
    outer = transaction(
        "start_out > fork > t > d > end_d; out > after > end2; fork > c > xor2 > [${fine}] end_o; xor2 > *end_worse",
        inside,
    )
    return process("start > o > done > end; out2 > after2 > end3", {"o": outer, "out2": boundary("o", CANCEL)})


def test_a_transaction_in_a_transaction_can_be_cancelled_alone():
    run = Run(nested())
    p = run.start(ok=False, fine=True, log=[])
    run.complete("a")
    run.complete("b")
    assert run.log(p) == ["b", "a"]
    assert run.waits() == ["after", "c", "o"]
    run.complete("c")
    run.complete("after")
    assert run.waits() == ["done"]


def test_what_a_completed_transaction_has_done_is_compensated_with_the_one_around_it():
    run = Run(nested())
    p = run.start(ok=True, fine=False, log=[])
    for each in ("a", "b", "c"):
        run.complete(each)
    assert run.log(p) == ["c", "b", "a"]
    assert run.waits() == ["after2"]
    assert open_for(run) == []


def test_a_transaction_that_runs_yet_is_cancelled_with_the_one_around_it_and_not_compensated():
    run = Run(nested())
    p = run.start(ok=True, fine=False, log=[])
    run.complete("a")
    run.complete("c")
    assert run.log(p) == ["c"]
    assert run.waits() == ["after2"]
    assert run.trace("t", "b") == [("t", "terminated"), ("b", "terminated")]
    assert open_for(run) == []


def test_one_instance_cancels_a_multi_instance_transaction():
    parts = {"t": booking().times(2), "out": boundary("t", CANCEL)}
    run = Run(process(FLOWS, parts))
    run.start(ok=True)
    for each in ("a", "b", "a"):
        run.complete(each)
    assert open_for(run) == ["undo_a", "undo_b", "t", "undo_a"]
    run.complete("b", ok=False)
    assert run.waits() == ["end_bad", "t", "t#multiInstanceBody", "undo_a", "undo_b"]
    run.complete("undo_a")
    run.complete("undo_b")
    assert run.waits() == ["after"]
    assert open_for(run) == []


def test_a_transaction_maps_its_variables_like_a_sub_process():
    t = booking().having(io({"x": "1"}, {"y": "${x + 1}"}))
    run = Run(process(FLOWS, {"t": t, "out": boundary("t", CANCEL)}))
    p = run.start(ok=True)
    run.complete("a")
    run.complete("b")
    assert run.variables(p) == {"ok": True, "y": 2}


def test_a_transaction_can_be_asynchronous():
    t = booking().having(asyncBefore=True, asyncAfter=True)
    run = Run(process(FLOWS, {"t": t, "out": boundary("t", CANCEL)}))
    run.start(ok=True)
    run.resume("t")
    run.complete("a")
    run.complete("b")
    assert open_for(run) == ["undo_a", "undo_b", "t"]
    run.resume("t")
    assert run.waits() == ["done"]
