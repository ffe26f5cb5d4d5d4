"""Models of Camunda 8: FEEL everywhere, and variables that are mapped as Zeebe maps them."""

from __future__ import annotations

from datetime import timedelta
from xml.sax.saxutils import quoteattr

import pytest

from engine.errors import ExecutionFailed
from engine.values import JsonValue
from tests.core.kit import NOON, Run, refusals
from tests.core.models import Part, boundary, catch, part, process, user

BODY = "a#multiInstanceBody"


def cloud(flows: str, parts: dict[str, Part] | None = None) -> bytes:
    """A file of a model of Camunda 8."""
    return process(flows, parts).replace(b'"Camunda Platform"', b'"Camunda Cloud"')


def io(*mappings: tuple[str, str, str]) -> str:
    """Mappings: input or output, source, target."""
    inner = "".join(
        f"<zeebe:{way} source={quoteattr(source)} target={quoteattr(target)}/>" for way, source, target in mappings
    )
    return f"<zeebe:ioMapping>{inner}</zeebe:ioMapping>"


def job(extensions: str = "", type: str = "pay", retries: str = "3") -> Part:
    """A service task that is work for somebody."""
    return part(
        "serviceTask", f"<zeebe:taskDefinition type={quoteattr(type)} retries={quoteattr(retries)}/>{extensions}"
    )


def each(collection: str, more: str = "", *, sequential: bool = False, until: str = "") -> str:
    """Loop characteristics over a collection."""
    condition = f"<completionCondition>{until}</completionCondition>" if until else ""
    return (
        f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"><extensionElements>'
        f"<zeebe:loopCharacteristics inputCollection={quoteattr(collection)} {more}/></extensionElements>"
        f"{condition}</multiInstanceLoopCharacteristics>"
    )


def timer(kind: str, text: str) -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("condition", "waits"),
    [
        ("=amount > 5 and customer.vip", "a"),
        ("=amount < 5", "b"),
        ("=some line in lines satisfies line.price > 10", "a"),
        ('=matches(customer.name, "^B")', "b"),
        ("=is defined(missing)", "b"),
    ],
)
def test_conditions_of_flows(condition: str, waits: str):
    run = Run(cloud(f"start > xor > [{condition}] a; xor > *b"))
    run.start(
        amount=7,
        customer=JsonValue('{"vip": true, "name": "Ada"}'),
        lines=JsonValue('[{"price": 5}, {"price": 12}]'),
    )
    assert run.waits() == [waits]


def test_a_condition_without_a_boolean_says_why():
    run = Run(cloud("start > xor > [=amount + 1 = total] a; xor > [=amount] b; xor > *c"))
    with pytest.raises(ExecutionFailed) as caught:
        run.start(total="x", amount=1)
    assert str(caught.value) == (
        "The condition 'amount + 1 = total' must give true or false, not None: "
        "A number cannot be compared with a string (element 'xor')"
    )


def test_conditions_in_feel_in_a_model_of_camunda_7():
    file = process("start > xor > [x.y = 1] a; xor > *b").replace(
        b"<conditionExpression>", b'<conditionExpression language="feel">'
    )
    run = Run(file)
    run.start(x=JsonValue('{"y": 1}'))
    assert run.waits() == ["a"]


# ---------------------------------------------------------------- scripts


def test_scripts():
    script = part("scriptTask", '<zeebe:script expression="= a * 2 + 0.5" resultVariable="b"/>')
    run = Run(cloud("start > s > a", {"s": script}))
    id = run.start(a=3)
    assert run.variables(id) == {"a": 3, "b": 6.5}


def test_scripts_in_feel_in_a_model_of_camunda_7():
    script = part("scriptTask", inner="<script>[a, a + 1]</script>", scriptFormat="feel", resultVariable="b")
    run = Run(process("start > s > a", {"s": script}))
    id = run.start(a=3)
    assert run.variables(id)["b"] == JsonValue("[3,4]")


def test_something_else_each_time():
    script = part("scriptTask", '<zeebe:script expression="= uuid()" resultVariable="key"/>')
    run = Run(cloud("start > s > a", {"s": script}))
    first, second = (run.variables(run.start())["key"] for _ in range(2))
    assert len(str(first)) == 36
    assert first != second


def test_a_number_beyond_any_variable_fails():
    script = part("scriptTask", '<zeebe:script expression="= 10 ** 5000" resultVariable="b"/>')
    run = Run(cloud("start > s > a", {"s": script}))
    with pytest.raises(ExecutionFailed, match="beyond what a double holds"):
        run.start()


# ---------------------------------------------------------------- mappings


def test_inputs_are_made_one_after_the_other():
    mappings = io(
        ("input", "=order.id", "id"),
        ("input", '="order-" + string(id)', "label"),
        ("input", "=1", "call.attempt"),
        ("input", "=label", "call.label"),
        ("input", "plain", "text"),
    )
    run = Run(cloud("start > a > b", {"a": user(mappings)}))
    run.start(order=JsonValue('{"id": 7}'))
    (element,) = run.elements("a")
    assert run.variables(element.id) == {
        "id": 7,
        "label": "order-7",
        "call": JsonValue('{"attempt":1,"label":"order-7"}'),
        "text": "plain",
    }


def test_outputs_are_all_that_leaves_an_activity_that_has_them():
    mappings = io(("output", "=result.total", "order.total"), ("output", "=result.ok", "ok"))
    run = Run(cloud("start > a > b", {"a": user(mappings)}))
    id = run.start(order=JsonValue('{"id": 7}'))
    run.complete("a", result=JsonValue('{"total": 9.5, "ok": true}'), other=1)
    assert run.variables(id) == {"order": JsonValue('{"id":7,"total":9.5}'), "ok": True}


def test_results_leave_an_activity_that_has_no_outputs():
    run = Run(cloud("start > a > b", {"a": user(io(("input", "=1", "local")))}))
    id = run.start()
    run.complete("a", other=1)
    assert run.variables(id) == {"other": 1}


def test_results_of_work_and_of_scripts_are_mapped():
    output = io(("output", "=r + 1", "x"))
    script = part("scriptTask", f'<zeebe:script expression="= 1" resultVariable="r"/>{output}')
    run = Run(cloud("start > s > w > b", {"s": script, "w": job(io(("output", "=r * 10", "y")))}))
    id = run.start()
    run.work("w", r=5)
    assert run.variables(id) == {"x": 2, "y": 50}


def test_an_output_sees_what_a_called_process_gives():
    call = part(
        "callActivity",
        '<zeebe:calledElement processId="=which" propagateAllChildVariables="false"/>' + io(("output", "=inner", "x")),
    )
    run = Run(cloud("start > c > b", {"c": call}), cloud("start > a").replace(b'id="p"', b'id="q"'))
    id = run.start(which="q")
    run.complete("a", inner=3, more=4)
    assert run.variables(id) == {"which": "q", "x": 3}


@pytest.mark.parametrize("waiting", ["event", "task"])
def test_outputs_are_all_that_leaves_an_event_that_has_them(waiting: str):
    output = io(("output", "=payload.id", "x"))
    event = part("intermediateCatchEvent", output, '<messageEventDefinition messageRef="message_m"/>')
    task = part("receiveTask", output, messageRef="message_m")
    file = cloud("start > c > b", {"c": event if waiting == "event" else task})
    message = (
        b'<message id="message_m" name="m"><extensionElements><zeebe:subscription correlationKey="= 1"/>'
        b"</extensionElements></message>"
    )
    file = file.replace(b'<message id="message_m" name="m"/>', b"").replace(b"<process", message + b"<process")
    run = Run(file)
    id = run.start()
    run.deliver("c", payload=JsonValue('{"id": 7}'), more=1)
    assert run.waits() == ["b"]
    assert run.variables(id) == {"x": 7}


# ---------------------------------------------------------------- work and tasks


def test_work_is_described_in_feel():
    run = Run(cloud("start > w > b", {"w": job(type='= "pay-" + kind', retries="= 2 + tries")}))
    run.start(kind="card", tries=3)
    (work,) = run.jobs("w")
    assert (work.topic, work.retries) == ("pay-card", 5)


def test_tasks_are_assigned_in_feel():
    task = user(
        '<zeebe:userTask/><zeebe:assignmentDefinition assignee="= lower case(who)" candidateGroups=\'= ["x", team]\'/>'
        '<zeebe:taskSchedule dueDate=\'= now() + duration("P1D")\' followUpDate="= date and time(later)"/>'
        '<zeebe:priorityDefinition priority="= 10 * 4 + 1"/><zeebe:formDefinition formId=\'= "form-" + team\'/>'
    )
    run = Run(cloud("start > a", {"a": task}))
    run.start(who="ADA", team="y", later="2030-02-01T10:00:00+01:00")
    found = run.task("a")
    assert (found.assignee, found.priority, found.form_ref) == ("ada", 41, "form-y")
    assert found.due_at == NOON + timedelta(days=1)
    assert found.follow_up_at is not None
    assert found.follow_up_at.isoformat() == "2030-02-01T10:00:00+01:00"


def test_a_priority_that_is_none_fails():
    run = Run(cloud("start > a", {"a": user('<zeebe:priorityDefinition priority="= missing"/>')}))
    with pytest.raises(ExecutionFailed, match="must be a whole number, not None"):
        run.start()


# ---------------------------------------------------------------- loops


@pytest.mark.parametrize("sequential", [False, True])
def test_outputs_of_instances_are_collected_in_order(sequential: bool):
    loop = each(
        "= items[item.n > 1]",
        'inputElement="item" outputCollection="results" outputElement="= {n: item.n, r: r, at: loopCounter}"',
        sequential=sequential,
    )
    run = Run(cloud("start > a > b", {"a": Part("userTask", loop)}))
    id = run.start(items=JsonValue('[{"n": 1}, {"n": 2}, {"n": 3}]'))
    assert "results" not in run.variables(id)
    (body,) = run.elements(BODY)
    assert run.variables(body.id)["results"] == JsonValue("[null,null]")
    if sequential:
        run.complete("a", r="x")
        run.complete("a", r="y")
    else:
        run.complete("a", 1, r="y")
        run.complete("a", 0, r="x")
    assert run.waits() == ["b"]
    assert run.variables(id)["results"] == JsonValue('[{"n":2,"r":"x","at":1},{"n":3,"r":"y","at":2}]')


def test_a_collection_may_be_written_down_or_be_empty():
    run = Run(cloud("start > a > b", {"a": Part("userTask", each("= [1, 2]", 'inputElement="i"'))}))
    run.start()
    assert len(run.living("a")) == 2
    empty = each("= []", 'outputCollection="results" outputElement="= 1"')
    run = Run(cloud("start > a > b", {"a": Part("userTask", empty)}))
    id = run.start()
    assert run.waits() == ["b"]
    assert run.variables(id)["results"] == JsonValue("[]")


def test_a_collection_that_is_none_fails():
    run = Run(cloud("start > a > b", {"a": Part("userTask", each("= missing"))}))
    with pytest.raises(ExecutionFailed, match="'missing' must be a collection, not null"):
        run.start()


def test_a_completion_condition_sees_an_instance():
    loop = each("= [1, 2, 3]", 'inputElement="i"', until="= done = true and i = 2")
    run = Run(cloud("start > a > b", {"a": Part("userTask", loop)}))
    run.start()
    run.complete("a", 0, done=True)
    assert run.waits() == ["a", "a", BODY]
    run.complete("a", 0, done=True)
    assert run.waits() == ["b"]


@pytest.mark.parametrize(
    "condition",
    ["numberOfCompletedInstances = 2", "numberOfActiveInstances = 1", "numberOfInstances - 1 = nrOfCompletedInstances"],
)
def test_a_completion_condition_sees_the_numbers_of_instances(condition: str):
    run = Run(cloud("start > a > b", {"a": Part("userTask", each("= [1, 2, 3]", until=f"= {condition}"))}))
    run.start()
    run.complete("a")
    assert len(run.living("a")) == 2
    run.complete("a")
    assert run.waits() == ["b"]


# ---------------------------------------------------------------- events


@pytest.mark.parametrize(
    ("kind", "text", "after"),
    [
        ("timeDuration", '= duration("PT" + string(hours) + "H")', timedelta(hours=2)),
        ("timeDuration", '= @"P1D"', timedelta(days=1)),
        ("timeDuration", "PT5M", timedelta(minutes=5)),
        ("timeDate", '= now() + @"PT1H"', timedelta(hours=1)),
        ("timeDate", '= date and time("2030-01-01T14:00:00@Europe/Berlin")', timedelta(hours=1)),
    ],
)
def test_timers(kind: str, text: str, after: timedelta):
    run = Run(cloud("start > t > b", {"t": catch(timer(kind, text))}))
    run.start(hours=2)
    (due,) = run.jobs("t")
    assert due.due_at == NOON + after


def test_a_cycle():
    late = boundary("a", timer("timeCycle", '= cycle(3, duration("PT1H"))'), interrupting=False)
    run = Run(cloud("start > a; late > b", {"late": late}))
    run.start()
    (due,) = run.jobs("late")
    assert (due.due_at, due.repeat is None) == (NOON + timedelta(hours=1), False)


def test_messages_are_correlated_by_an_expression():
    file = cloud("start > m > b", {"m": catch('<messageEventDefinition messageRef="message_paid"/>')}).replace(
        b'<message id="message_paid" name="paid"/>',
        b'<message id="message_paid" name=\'= "paid-" + kind\'><extensionElements>'
        b'<zeebe:subscription correlationKey="= order.id"/></extensionElements></message>',
    )
    run = Run(file)
    run.start(kind="card", order=JsonValue('{"id": 7}'))
    (waiting,) = run.subscriptions("m")
    assert waiting.name == "paid-card"


# ---------------------------------------------------------------- what is wrong


def test_expressions_that_are_none_are_refused_with_their_place():
    problems = refusals(cloud("start > a > b", {"a": user(io(("input", "= 1 +", "x"), ("output", "= [1", "y")))}))
    assert len(problems) == 2
    assert all(problem.endswith("(a) [expression.syntax]") for problem in problems)
