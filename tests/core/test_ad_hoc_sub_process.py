"""Ad-hoc sub-processes: elements activated in any order, from inside and from outside."""

from __future__ import annotations

import pytest

from engine.core.commands.instances import ActivateAdHoc
from engine.core.commands.modification import Cancel, ModifyInstance, StartBefore
from engine.core.commands.work import CompleteWork, ThrowWorkError
from engine.core.step import Activate, Activation
from engine.errors import Conflict, ExecutionFailed, InvalidInstruction, Suspended
from engine.values import JsonValue
from tests.core.kit import Run, warnings
from tests.core.models import (
    TERMINATE,
    ad_hoc,
    boundary,
    call,
    compensate,
    complex_gateway,
    end,
    error,
    io,
    message,
    note,
    part,
    process,
    service,
    sub,
    throw,
    undone_by,
    user,
)

FLOW = "h#innerInstance"


def around(part, **more):
    return process("start > h > after", {"h": part, **more})


def begun(*elements, **options):
    """Elements a, b, c and the chain d > e, of which some are activated at once."""
    run = Run(around(ad_hoc("a; b; c; d > e", begins="${todo}", **options)))
    run.start(todo=list(elements), done=False)
    return run


def tasks(run):
    return [each for each in run.waits() if each not in ("h", FLOW)]


# ---------------------------------------------------------------- activation from inside


def test_collection_says_what_begins():
    run = begun("a", "d")
    assert run.waits() == ["a", "d", "h", FLOW, FLOW]
    run.complete("d")
    assert tasks(run) == ["a", "e"], "what follows over a sequence flow is begun by itself"
    run.complete("a")
    run.complete("e")
    assert run.waits() == ["after"]
    assert run.trace("h", FLOW) == [("h", "completed"), (FLOW, "completed"), (FLOW, "completed")]


@pytest.mark.parametrize("begins", [None, "${todo}", "todo"])
def test_with_nothing_to_begin_with_it_waits(begins):
    run = Run(around(ad_hoc("a; b", begins=begins)))
    run.start(todo=[])
    assert run.waits() == ["h"]


@pytest.mark.parametrize("todo", [["a", "b"], JsonValue('["a", "b"]')])
@pytest.mark.parametrize("begins", ["${todo}", "todo"])
def test_forms_of_the_collection(todo, begins):
    run = Run(around(ad_hoc("a; b", begins=begins)))
    run.start(todo=todo)
    assert tasks(run) == ["a", "b"]


def test_one_element_more_than_once():
    run = begun("a", "a")
    assert tasks(run) == ["a", "a"]


def test_collection_sees_the_input_mapping():
    run = Run(around(ad_hoc("a; b", begins="${mine}").having(io({"mine": "${todo}"}))))
    run.start(todo=["b"])
    assert tasks(run) == ["b"]


@pytest.mark.parametrize("todo", ["a", 1, None, [1], ["a", "nowhere"], ["e"], ["after"], ["h"]])
def test_collection_that_makes_no_sense(todo):
    run = Run(around(ad_hoc("a; b; d > e", begins="${todo}")))
    with pytest.raises(ExecutionFailed, match=r"'h'"):
        run.start(todo=todo)


def test_elements_that_do_not_wait():
    run = Run(around(ad_hoc("a; b", {each: service(f"${{log.add('{each}')}}") for each in "ab"}, begins="todo")))
    p = run.start(log=[], todo=["b", "a"])
    assert run.log(p) == ["b", "a"]
    assert run.waits() == ["after"]


# ---------------------------------------------------------------- activation from outside


def test_activated_from_outside():
    run = begun()
    run.activate("a")
    run.activate("b", "d")
    assert tasks(run) == ["a", "b", "d"]
    for each in ("a", "b", "d"):
        run.complete(each)
    assert tasks(run) == ["e"]
    run.complete("e")
    assert run.waits() == ["after"]


def test_variables_of_an_activation_are_local_to_its_flow():
    run = begun()
    run.activate("a", who="ann")
    run.activate("a", who="bob")
    flows = run.living(FLOW)
    assert [run.variables(each.id) for each in flows] == [{"who": "ann"}, {"who": "bob"}]
    run.complete("a", who="eve")
    assert run.variables(flows[0].id, ended=True) == {"who": "eve"}
    assert run.variables(flows[1].id) == {"who": "bob"}


def test_cancelling_what_runs():
    run = begun("a", "b")
    run.activate("c", cancel=True)
    assert tasks(run) == ["c"]
    run.activate(cancel=True)
    assert run.waits() == ["h"], "it stays, and may be told more"
    run.activate("a")
    run.complete("a")
    assert run.waits() == ["after"]
    assert sorted(run.trace("a")) == [("a", "completed"), ("a", "terminated")]


@pytest.mark.parametrize("element", ["e", "after", "nowhere", "h", FLOW])
def test_what_cannot_be_activated(element):
    run = begun("a")
    with pytest.raises(InvalidInstruction, match="what can is 'a', 'b', 'c', 'd'"):
        run.activate("a", element)
    assert tasks(run) == ["a"]


def test_activatable_are_elements_that_follow_nothing():
    parts = {
        "late": boundary("a", "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"),
        "loop": user().looping(maximum=2),
        "many": user().times(2),
        "fork": part("parallelGateway"),
        "thrown": part("intermediateThrowEvent"),
    }
    run = Run(around(ad_hoc("a > b; late > c; loop; many; fork > x; fork > y; thrown > z", parts)))
    run.start()
    with pytest.raises(InvalidInstruction, match="what can is 'loop', 'many', 'fork', 'thrown', 'a'"):
        run.activate("late")
    run.activate("fork")
    run.activate("thrown")
    assert tasks(run) == ["x", "y", "z"]


def test_only_an_active_ad_hoc_sub_process_can_be_told():
    run = Run(process("start > a > h", {"h": ad_hoc("x").having(asyncBefore=True)}))
    p = run.start()
    with pytest.raises(Conflict, match="'a' does not wait for Activate"):
        run.activate("x", ad_hoc="a")
    run.complete("a")
    with pytest.raises(Conflict, match="is ready, and not active"):
        run.activate("x")
    run.resume("h")
    run.suspend(p)
    with pytest.raises(Suspended):
        run.activate("x")


# ---------------------------------------------------------------- completion


def test_without_a_condition_it_ends_when_all_is_done():
    run = begun("a", "b")
    run.complete("a")
    assert tasks(run) == ["b"]
    run.complete("b")
    assert run.waits() == ["after"]


def test_condition_that_does_not_hold_keeps_it():
    run = begun("a", until="${done}")
    run.complete("a")
    assert run.waits() == ["h"]
    run.activate("b")
    run.complete("b", done=True)
    assert run.waits() == ["after"]


def test_condition_cancels_what_remains():
    run = begun("a", "b", "d", until="${done}")
    run.complete("a", done=True)
    assert run.waits() == ["after"]
    assert sorted(run.trace("a", "b", "d", "h")) == [
        ("a", "completed"),
        ("b", "terminated"),
        ("d", "terminated"),
        ("h", "completed"),
    ]


def test_condition_may_wait_for_what_remains():
    run = begun("a", "b", "d", until="${done}", keeps=True)
    run.complete("a", done=True)
    assert tasks(run) == ["b", "d"]
    with pytest.raises(Conflict, match="only waits for what still runs"):
        run.activate("c")
    run.complete("b", done=False)
    run.complete("d")
    assert tasks(run) == ["e"], "a flow that has begun goes on to its end"
    run.complete("e")
    assert run.waits() == ["after"], "the condition has held once"


def test_condition_is_asked_after_each_activity_of_a_flow():
    """BPMN 2.0.2, 13.3.5: the sub-process completes without executing further inner activities."""
    run = begun("d", "b", until="${done}")
    run.complete("d", done=True)
    assert run.waits() == ["after"]
    assert run.elements("e") == []
    run = begun("d", "b", until="${done}")
    run.complete("d")
    run.complete("e", done=True)
    assert run.waits() == ["after"]


def test_condition_in_a_flow_with_several_tokens():
    run = Run(around(ad_hoc("a; fork > b; fork > c > d", begins="todo", until="${done}")))
    run.start(todo=["fork", "a"], done=False)
    run.complete("c", done=True)
    assert run.waits() == ["after"]
    assert sorted(run.trace("a", "b", "c", "d")) == [("a", "terminated"), ("b", "terminated"), ("c", "completed")]


def test_condition_is_not_asked_after_gateways_and_events():
    parts = {"xor": part("exclusiveGateway"), "thrown": part("intermediateThrowEvent")}
    run = Run(around(ad_hoc("xor > thrown > a", parts, begins="todo", until="${true}")))
    run.start(todo=["xor"])
    assert tasks(run) == ["a"]
    run.complete("a")
    assert run.waits() == ["after"]


def test_condition_holds_while_others_are_only_on_their_way():
    run = Run(around(ad_hoc("a; b", {"a": service("${true}", "done")}, begins="todo", until="${done}")))
    run.start(todo=["a", "b"], done=False)
    assert run.waits() == ["after"]
    assert run.elements("b") == []


def test_activity_that_repeats_counts_as_one():
    run = Run(around(ad_hoc("a > b", {"a": user().times(2)}, begins="todo", until="${true}")))
    run.start(todo=["a"])
    run.complete("a")
    assert "h" in run.waits()
    run.complete("a")
    assert run.waits() == ["after"]


# ---------------------------------------------------------------- order


def test_one_after_the_other():
    run = begun("b", "d", "a", sequential=True)
    assert tasks(run) == ["b"]
    run.complete("b")
    assert tasks(run) == ["d"]
    run.complete("d")
    assert tasks(run) == ["e"], "a flow is done to its end"
    run.complete("e")
    assert tasks(run) == ["a"]
    run.complete("a")
    assert run.waits() == ["after"]


def test_condition_ends_the_order():
    run = begun("a", "b", "c", sequential=True, until="${done}")
    run.complete("a")
    run.complete("b", done=True)
    assert run.waits() == ["after"]
    assert run.elements("c") == []


def test_activation_from_outside_waits_for_its_turn():
    run = begun("a", sequential=True, until="${done}")
    for elements in (["b"], ["b", "c"]):
        with pytest.raises(Conflict, match="one thing is done after the other"):
            run.activate(*elements)
    run.complete("a")
    with pytest.raises(Conflict, match="one thing is done after the other"):
        run.activate("b", "c")
    run.activate("b")
    assert tasks(run) == ["b"]
    run.activate("c", cancel=True)
    assert tasks(run) == ["c"]


def test_cancelling_empties_the_queue():
    run = begun("a", "b", sequential=True, until="${done}")
    run.activate(cancel=True)
    run.activate("c")
    run.complete("c")
    assert run.waits() == ["h"]


# ---------------------------------------------------------------- output


def test_outputs_are_collected():
    run = begun("a", "b", "d", output=("results", "${mine}"))
    p = run.instance(run.living("h")[0].process_instance_id).id
    h = run.living("h")[0].id
    assert run.variables(h) == {"results": []}
    run.complete("b", mine="B")
    run.complete("d")
    assert run.variables(h) == {"results": ["B"]}, "an output is that of a whole flow"
    run.complete("e", mine="E")
    run.complete("a", mine="A")
    assert run.waits() == ["after"]
    assert run.variables(p)["results"] == ["B", "E", "A"]


def test_condition_sees_the_output_of_the_flow_that_has_ended():
    run = begun("a", "b", "c", until="${results.size() == 2}", output=("results", "${mine}"))
    run.complete("a", mine=1)
    run.complete("c", mine=3)
    assert run.waits() == ["after"]


def test_output_of_variables_given_to_an_activation():
    run = begun(until="${done}", output=("results", "${who}"))
    run.activate("a", who="ann")
    run.activate("b", who="bob")
    run.complete("b")
    run.complete("a")
    assert run.variables(run.living("h")[0].id) == {"results": ["bob", "ann"]}


def test_collection_that_was_replaced_by_something_else():
    run = begun("a", output=("results", "${1}"))
    run.set(run.living("h")[0].id, results="none", local=True)
    with pytest.raises(ExecutionFailed, match="'results' must be a list"):
        run.complete("a")


def test_cancelled_flows_have_no_output():
    run = begun("a", "b", until="${done}", output=("results", "${1}"))
    p = run.living("h")[0].process_instance_id
    run.complete("a", done=True)
    assert run.variables(p)["results"] == [1]


# ---------------------------------------------------------------- what is in it and around it


@pytest.mark.parametrize("element", ["task", "s", "c", "loop", "inner"])
def test_every_kind_of_activity(element):
    parts = {
        "s": sub("start_in > in_s"),
        "c": call("q"),
        "loop": user().looping(maximum=1),
        "inner": ad_hoc("in_inner", begins="more"),
    }
    file = around(ad_hoc("; ".join(["task", *parts]), parts, begins="todo"))
    run = Run(file, process("start > called > end", id="q"))
    run.start(todo=[element], more=["in_inner"])
    (waiting,) = [each for each in run.waits() if run.tasks(each)]
    run.complete(waiting)
    assert run.waits() == ["after"]


def test_joins_belong_to_one_flow():
    flows = "fork > b > join; fork > c > join; join > d"
    run = Run(around(ad_hoc(flows, begins="todo")))
    run.start(todo=["fork", "fork"])
    run.complete("b", 0)
    run.complete("c", 1)
    assert "d" not in tasks(run)
    run.complete("c", 0)
    assert tasks(run).count("d") == 1


def test_other_joins():
    flows = "fork > b > or; fork > c > or; or > d; xor > x > complex; complex > y"
    run = Run(around(ad_hoc(flows, {"complex": complex_gateway("${activationCount >= 1}")}, begins="todo")))
    run.start(todo=["fork", "xor"])
    run.complete("b")
    assert "or" in run.waits()
    run.complete("c")
    run.complete("x")
    assert tasks(run) == ["d", "y"]


def test_boundary_events_of_it_and_in_it():
    parts = {"caught": boundary("a", error("E1"))}
    inner = ad_hoc("a; b; caught > c", parts, begins="todo")
    run = Run(process("start > h > after; out > other", {"h": inner, "out": boundary("h", error(None))}))
    run.start(todo=["a", "b"])
    run.throw_error("a", "E1")
    assert tasks(run) == ["b", "c"]
    run.throw_error("b", "E2")
    assert run.waits() == ["other"]


def test_error_that_nobody_catches_ends_its_flow():
    run = begun("a", "b")
    run.throw_error("a", "E1")
    assert tasks(run) == ["b"]
    run.complete("b")
    assert run.waits() == ["after"]


def event_sub_process(interrupting):
    begins = part("startEvent", inner=message("stop"), isInterrupting=interrupting)
    return part("subProcess", inner=sub("on > handle", {"on": begins}).inner, triggeredByEvent=True)


def test_event_sub_process_beside_the_flows():
    run = Run(around(ad_hoc("a; b", {"handler": event_sub_process(False)}, begins="todo")))
    run.start(todo=["a"])
    run.deliver("on")
    assert tasks(run) == ["a", "handle", "handler"]
    run.complete("a")
    run.activate("b")
    run.complete("handle")
    assert tasks(run) == ["b"]
    run.complete("b")
    assert run.waits() == ["after"]


def test_event_sub_process_does_not_change_the_order():
    parts = {"handler": event_sub_process(False)}
    run = Run(around(ad_hoc("a; b", parts, begins="todo", sequential=True)))
    run.start(todo=["a", "b"])
    run.deliver("on")
    run.complete("handle")
    assert tasks(run) == ["a"]
    run.complete("a")
    run.complete("b")
    assert run.waits() == ["after"]


def test_event_sub_process_does_not_end_what_has_not_begun():
    run = Run(around(ad_hoc("a; b", {"handler": event_sub_process(False)})))
    run.start()
    run.deliver("on")
    run.complete("handle")
    assert run.waits() == ["h"]


def test_event_sub_process_that_interrupts_ends_it():
    run = Run(around(ad_hoc("a; b", {"handler": event_sub_process(True)}, begins="todo", until="${false}")))
    run.start(todo=["a"])
    run.deliver("on")
    assert tasks(run) == ["handle", "handler"]
    with pytest.raises(Conflict, match="only waits for what still runs"):
        run.activate("b")
    run.complete("handle")
    assert run.waits() == ["after"]


def test_repeated_as_a_whole():
    for repeated in (ad_hoc("a", begins="todo").times(2), ad_hoc("a", begins="todo").looping(maximum=2)):
        run = Run(around(repeated))
        run.start(todo=["a"])
        for _ in range(2):
            run.complete("a")
        assert run.waits() == ["after"]


def test_listeners_and_output_mapping_around_it():
    mapping = io(outputs={"seen": "${results.size()}"})
    inner = ad_hoc("a", begins="todo", output=("results", "${1}"))
    run = Run(around(inner.having(note("start", "in") + note("end", "out") + mapping)))
    p = run.start(todo=["a"], log=[])
    run.complete("a")
    assert (run.log(p), run.variables(p)["seen"]) == (["in", "out"], 1)


def test_jobs_in_a_flow():
    run = Run(around(ad_hoc("a > b", {"a": user(asyncBefore=True, asyncAfter=True)}, begins="todo", until="${done}")))
    run.start(todo=["a"], done=False)
    run.resume("a")
    run.complete("a")
    assert run.waits() == ["a", "h", FLOW]
    run.resume("a")
    run.complete("b", done=True)
    assert run.waits() == ["after"]


# ---------------------------------------------------------------- modification


def test_modification_begins_a_flow_of_its_own():
    run = begun("a", "b", until="${false}")
    p = run.living("h")[0].process_instance_id
    run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id="e"), StartBefore(element_id="c")]))
    assert tasks(run) == ["a", "b", "c", "e"]
    assert len(run.living(FLOW)) == 4
    (first, *_) = run.living(FLOW)
    run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id="c", ancestor_id=first.id)]))
    assert len(run.living(FLOW)) == 4
    assert len([each for each in run.living("c") if each.scope_id == first.id]) == 1


def test_modification_enters_it_without_what_it_would_begin():
    inner = ad_hoc("a; b", begins="todo", output=("results", "${1}"))
    run = Run(process("start > x > h > after", {"h": inner}))
    p = run.start(todo=["a"])
    run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id="b"), Cancel(element_id="x")]))
    assert tasks(run) == ["b"]
    run.complete("b")
    assert run.waits() == ["after"]
    assert run.variables(p)["results"] == [1]


def test_cancelling_the_last_flow_leaves_it_waiting():
    run = begun("a", until="${done}")
    p = run.living("h")[0].process_instance_id
    run.do(ModifyInstance(id=p, instructions=[Cancel(element_id="a")]))
    assert run.waits() == ["h"]
    run.activate("b")
    run.complete("b", done=True)
    assert run.waits() == ["after"]


def test_deleting_a_called_instance_ends_its_flow_alone():
    run = Run(around(ad_hoc("c; a", {"c": call("q")}, begins="todo")), process("start > x > end", id="q"))
    p = run.start(todo=["c"])
    run.delete(run.called(p).id)
    assert run.waits() == ["h"]


# ---------------------------------------------------------------- led by a job worker


def led(flows: str = "a > a2; b", **more: object) -> bytes:
    return around(ad_hoc(flows, **more).having('<zeebe:taskDefinition type="agent"/>'))


def tell(run: Run, *wanted: str, fulfilled: bool = False, cancel: bool = False, **given: object) -> None:
    """The job worker gives its result."""
    (job,) = run.jobs("h")
    activations = [Activation(each, {"from": job.id}) for each in wanted]
    result = Activate(activations, cancel, fulfilled)
    run.do(CompleteWork(id=job.id, worker=job.lock_owner, variables=given, result=result))


def test_job_worker_says_what_is_activated_and_is_asked_after_each_flow():
    run = Run(led())
    p = run.start()
    assert ([job.topic for job in run.jobs("h")], run.waits()) == (["agent"], ["h"])
    tell(run, "a", "b", goal="find")
    assert (run.waits(), run.jobs("h")) == (["a", "b", "h", FLOW, FLOW], [])
    assert run.variables(p)["goal"] == "find"
    run.complete("a")
    assert (run.waits(), run.jobs("h")) == (["a2", "b", "h", FLOW, FLOW], [])
    run.complete("a2")
    assert (run.waits(), len(run.jobs("h"))) == (["b", "h", FLOW], 1)
    first = run.jobs("h")[0].id
    run.complete("b")
    assert (run.waits(), [job.id == first for job in run.jobs("h")]) == (["h"], [False]), "a new one knows more"
    tell(run, fulfilled=True)
    assert (run.waits(), run.jobs("h")) == (["after"], [])


def test_result_that_says_nothing_leaves_it_to_others():
    run = Run(led())
    run.start()
    run.work("h")
    assert (run.waits(), run.jobs("h")) == (["h"], [])
    run.activate("a")
    run.complete("a")
    run.complete("a2")
    assert len(run.jobs("h")) == 1


@pytest.mark.parametrize(("cancel", "waits"), [(False, ["b", "h", FLOW]), (True, ["after"])])
def test_complete_job_worker_waits_for_what_runs_or_cancels_it(cancel, waits):
    run = Run(led("a; b", keeps=True))
    run.start()
    tell(run, "a", "b")
    run.complete("a")
    tell(run, fulfilled=True, cancel=cancel)
    assert (run.waits(), run.jobs("h")) == (waits, [])
    if not cancel:
        run.complete("b")
        assert run.waits() == ["after"]


def test_cancelling_job_worker_goes_on_with_something_else():
    run = Run(led())
    run.start()
    tell(run, "a", "b")
    run.complete("b")
    tell(run, "b", cancel=True)
    assert run.waits() == ["b", "h", FLOW]


def test_job_worker_may_do_what_cannot_be_done_over_again():
    run = Run(led())
    run.start()
    for wrong in ({"wanted": ["a2"]}, {"wanted": ["a"], "fulfilled": True}):
        with pytest.raises(ExecutionFailed, match=r"'h'|'a2'"):
            tell(run, *wrong.pop("wanted"), **wrong)
    tell(run, "a")
    assert run.waits() == ["a", "h", FLOW]


def test_job_of_the_worker_ends_with_what_it_leads():
    file = process(
        "start > h > after; caught > b",
        {"h": ad_hoc("a; b1").having('<zeebe:taskDefinition type="agent"/>'), "caught": boundary("h", error("E"))},
    )
    run = Run(file)
    p = run.start()
    (job,) = run.jobs("h")
    run.do(ThrowWorkError(id=job.id, worker=job.lock_owner, code="E"))
    assert (run.waits(), run.jobs("h")) == (["b"], [])
    p = run.start()
    run.delete(p)
    assert run.jobs("h") == []


def test_condition_of_one_that_is_led_ends_it_too():
    run = Run(led("a; b", until="${done}"))
    run.start(done=False)
    tell(run, "a", "b")
    run.complete("a")
    assert len(run.jobs("h")) == 1
    run.complete("b", done=True)
    assert (run.waits(), run.jobs("h")) == (["after"], [])


def test_collection_of_one_that_is_led_is_told_to_be_for_nothing():
    file = led("a; b", begins="todo")
    assert "activates nothing" in warnings(file)[0]
    run = Run(file)
    run.start(todo=["a"])
    assert run.waits() == ["h"]


def test_result_for_an_ad_hoc_sub_process_is_refused_elsewhere():
    run = Run(process("start > x", {"x": part("serviceTask", type="external", topic="t")}))
    run.start()
    (job,) = run.jobs("x")
    with pytest.raises(ExecutionFailed, match="no ad-hoc sub-process"):
        run.do(CompleteWork(id=job.id, worker=job.lock_owner, result=Activate()))


@pytest.mark.parametrize(("keeps", "cancel"), [(False, False), (True, True), (True, False)])
def test_somebody_completes_it(keeps, cancel):
    run = Run(around(ad_hoc("a; b", begins="todo", until="${done}", keeps=keeps)))
    run.start(todo=["a"], done=False)
    run.do(ActivateAdHoc(id=run.living("h")[0].id, fulfilled=True, cancel_remaining=cancel))
    if keeps and not cancel:
        assert run.waits() == ["a", "h", FLOW]
        with pytest.raises(Conflict):
            run.do(ActivateAdHoc(id=run.living("h")[0].id, fulfilled=True))
        run.complete("a")
    assert run.waits() == ["after"]


# ---------------------------------------------------------------- what is refused


def test_nothing_of_it_is_left_when_the_instance_ends():
    parts = {"h": ad_hoc("a; b", begins="todo"), "end": end(TERMINATE)}
    run = Run(process("start > fork > h; fork > x > end", parts))
    p = run.start(todo=["a"])
    run.complete("x")
    assert (run.state(p), run.waits()) == ("COMPLETED", [])


# ---------------------------------------------------------------- compensation


def compensable(*activities):
    parts = {f"undo_{each}": user(isForCompensation=True) for each in activities}
    return parts | {f"at_{each}": undone_by(f"undo_{each}", each) for each in activities}


def test_what_was_done_in_it_is_compensated_from_outside():
    inner = ad_hoc("a > b; c", compensable("a", "c"), begins="todo")
    run = Run(process("start > h > x > end", {"h": inner, "end": end(compensate())}))
    run.start(todo=["a", "c"])
    for each in ("c", "a", "b", "x"):
        run.complete(each)
    assert [each for each in run.waits() if run.tasks(each)] == ["undo_a", "undo_c"]
    run.complete("undo_a")
    run.complete("undo_c")
    assert run.waits() == []


@pytest.mark.parametrize("named", [None, "a"])
def test_what_was_done_in_one_flow_is_compensated_from_another(named):
    parts = {**compensable("a", "c"), "undo": throw(compensate(named))}
    run = Run(around(ad_hoc("a; c; b > undo", parts, begins="todo", until="${done}")))
    run.start(todo=["a", "b", "c"], done=False)
    run.complete("a")
    run.complete("c")
    run.complete("b")
    waiting = [each for each in run.waits() if run.tasks(each)]
    assert waiting == (["undo_a"] if named else ["undo_a", "undo_c"])
