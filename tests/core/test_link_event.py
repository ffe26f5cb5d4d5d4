"""Link events: flows of which only the ends are drawn."""

from __future__ import annotations

from tests.core.kit import Run, refusals
from tests.core.models import Part, boundary, catch, error, link, message, note, process, sub, throw

PAIR = {"go": throw(link("far")), "there": catch(link("far"))}


def test_token_goes_on_at_the_other_end():
    run = Run(process("start > go; there > a", PAIR))
    p = run.start()
    assert run.waits() == ["a"]
    run.complete("a")
    assert run.state(p) == "COMPLETED"


def test_history_tells_of_neither_end():
    run = Run(process("start > go; there > a", PAIR))
    run.start()
    assert [run.elements(each)[0].started_at for each in ("go", "there")] == [None, None]
    assert run.elements("a")[0].started_at == run.now


def test_several_lead_to_one():
    parts = {**PAIR, "go2": throw(link("far"))}
    run = Run(process("start > fork > go; fork > go2; there > a", parts))
    run.start()
    assert run.waits() == ["a", "a"]


def test_link_leads_back():
    run = Run(process("start > xor_in > a > xor > [${again}] go; xor > *b; there > xor_in", PAIR))
    run.start()
    run.complete("a", again=True)
    assert run.waits() == ["a"]
    run.complete("a", again=False)
    assert run.waits() == ["b"]


def test_link_stays_in_its_scope():
    inner = sub("start_in > go2; there2 > b", {"go2": throw(link("far")), "there2": catch(link("far"))})
    run = Run(process("start > s > go; there > a", {**PAIR, "s": inner}))
    run.start()
    assert run.waits() == ["b", "s"]
    run.complete("b")
    assert run.waits() == ["a"]


def test_sub_process_does_not_end_while_its_token_is_on_the_way():
    inner = sub("start_in > go; there > end_in", PAIR)
    run = Run(process("start > s > a", {"s": inner}))
    run.start()
    assert run.trace("s", "a") == [("s", "completed"), ("a", "active")]


def test_inclusive_join_waits_for_what_may_come_over_a_link():
    flows = "start > or > [${true}] a > or_join > b; or > [${true}] c > go; there > or_join"
    run = Run(process(flows, PAIR))
    run.start()
    run.complete("a")
    assert run.waits() == ["c", "or_join"]
    run.complete("c")
    assert run.waits() == ["b"]


def test_parallel_join_counts_the_flow_behind_the_link():
    run = Run(process("start > fork > a > join > b; fork > c > go; there > join", PAIR))
    run.start()
    run.complete("c")
    assert run.waits() == ["a", "join"]
    run.complete("a")
    assert run.waits() == ["b"]


def test_transaction_may_begin_at_the_far_end():
    run = Run(process("start > go; there > a", {**PAIR, "there": catch(link("far")).having(asyncBefore=True)}))
    run.start()
    assert [(each.element_id, each.state) for each in run.living("there")] == [("there", "ready")]
    run.resume("there")
    assert run.waits() == ["a"]


def test_listeners_at_both_ends_are_told():
    parts = {"go": PAIR["go"].having(note("start", "go")), "there": PAIR["there"].having(note("end", "there"))}
    run = Run(process("start > go; there > a", parts))
    p = run.start(log=[])
    assert run.log(p) == ["go", "there"]


def test_boundary_path_may_lead_over_a_link():
    parts = {**PAIR, "caught": boundary("a", error("E1"))}
    run = Run(process("start > a > end; caught > go; there > b", parts))
    run.start()
    run.throw_error("a", "E1")
    assert run.waits() == ["b"]


def test_link_event_that_waits_too_is_refused():
    both = Part("intermediateCatchEvent", link("far") + message("m"))
    (problem,) = refusals(process("start > go; there > a", {**PAIR, "there": both}))
    assert "must not wait for anything else" in problem
