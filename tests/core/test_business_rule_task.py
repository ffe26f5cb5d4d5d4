"""Business rule tasks that make a decision, and what is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

import pytest

from engine.core.decision_result import DecisionResult
from engine.core.state import DecisionInput, DecisionInstance, DecisionOutput
from engine.errors import ExecutionFailed
from engine.values import Integer, JsonValue
from tests.core.kit import Run
from tests.core.models import Part, boundary, decide, error, io, listener, part, process, service

HEAD = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:camunda="http://camunda.org/schema/1.0/dmn"'
    ' id="drd" name="Requirements" namespace="t">'
)


def dmn(*decisions: str) -> bytes:
    """A file of decisions."""
    return f"{HEAD}{''.join(decisions)}</definitions>".encode()


def table(id: str, rules: dict[str, str], *, hit: str = "UNIQUE", outputs: str = "x y", more: str = "") -> str:
    """A decision by the variable `given`: what is given, and the outputs that come of it."""
    columns = "".join(f"<output id={quoteattr(id + name)} name={quoteattr(name)}/>" for name in outputs.split())
    rows = "".join(
        f"<rule id='{id}{number}'><inputEntry><text>{escape(test)}</text></inputEntry>"
        + "".join(f"<outputEntry><text>{escape(entry)}</text></outputEntry>" for entry in entries.split(" | "))
        + "</rule>"
        for number, (test, entries) in enumerate(rules.items(), 1)
    )
    return (
        f"<decision id={quoteattr(id)} name={quoteattr(id.upper())} {more}><decisionTable hitPolicy='{hit}'>"
        f"<input id='in' label='Given'><inputExpression><text>given</text></inputExpression></input>{columns}{rows}"
        "</decisionTable></decision>"
    )


def literal(id: str, expression: str, requires: str = "") -> str:
    """A decision that is one expression."""
    needed = (
        f'<informationRequirement><requiredDecision href="#{requires}"/></informationRequirement>' if requires else ""
    )
    return (
        f'<decision id="{id}" name="{id}"><variable name="{id}"/>{needed if requires else ""}<literalExpression>'
        f"<text>{escape(expression)}</text></literalExpression></decision>"
    )


DISH = table("d", {'"one"': '"foo" | 7', '"all"': '"a" | 1', '"all", "more"': '"b" | 2'}, hit="COLLECT")
"""Given "one" it has one result, given "all" two, and given anything else none."""
ONE = table("e", {'"one"': '"foo"', '"all"': '"a"', '"all", "more"': '"b"'}, hit="COLLECT", outputs="x")
"""The same with one output."""


def run(task: Part, *decisions: str, after: str = "a", parts: dict[str, Part] | None = None) -> Run:
    """A process with a business rule task, and the decisions of one file."""
    made = Run(process(f"start > r > {after}", {"r": task, **(parts or {})}))
    made.decide_by(dmn(*decisions or (DISH, ONE)))
    return made


def cloud(extensions: str) -> bytes:
    """A model of Camunda 8 with a business rule task."""
    file = process("start > r > a", {"r": part("businessRuleTask", extensions)})
    return file.replace(b'"Camunda Platform"', b'"Camunda Cloud"')


# ---------------------------------------------------------------- the result


@pytest.mark.parametrize(
    ("key", "mapping", "given", "result"),
    [
        ("e", "singleEntry", "one", "foo"),
        ("e", "singleEntry", "none", None),
        ("d", "singleResult", "one", {"x": "foo", "y": 7}),
        ("d", "singleResult", "none", None),
        ("e", "collectEntries", "all", ["a", "b"]),
        ("d", "collectEntries", "none", []),
        ("d", "resultList", "all", [{"x": "a", "y": 1}, {"x": "b", "y": 2}]),
        ("d", None, "one", [{"x": "foo", "y": 7}]),
        ("d", None, "none", []),
    ],
)
def test_the_result_variable_gets_what_is_mapped(key, mapping, given, result):
    asked = {} if mapping is None else {"mapDecisionResult": mapping}
    made = run(decide(key, resultVariable="r", **asked))
    p = made.start(given=given)
    assert made.variables(p) == {"given": given, "r": result}
    assert made.waits() == ["a"]


@pytest.mark.parametrize(
    ("key", "mapping", "given", "reason"),
    [
        ("d", "singleEntry", "one", "has more than one entry: x, y"),
        ("e", "singleEntry", "all", "has more than one result: 2 of its rules fitted"),
        ("d", "singleResult", "all", "has more than one result: 2 of its rules fitted"),
        ("d", "collectEntries", "all", "has results of more than one output: x, y"),
    ],
)
def test_a_result_with_more_than_is_mapped_fails(key, mapping, given, reason):
    made = run(decide(key, resultVariable="r", mapDecisionResult=mapping))
    with pytest.raises(ExecutionFailed, match=reason):
        made.start(given=given)
    assert made.waits() == []
    assert made.rows(DecisionInstance) == []


def test_a_mapping_without_a_result_variable_maps_nothing():
    made = run(decide("d", mapDecisionResult="singleEntry"))
    assert made.variables(made.start(given="all")) == {"given": "all"}


def test_the_result_of_an_expression_is_one_entry():
    made = run(decide("n", resultVariable="r", mapDecisionResult="singleEntry"), literal("n", "given + 1"))
    p = made.start(given=3)
    assert made.variables(p)["r"] == 4


def test_the_result_goes_where_the_variable_is():
    task = decide("e", io({"r": "x", "given": "all"}), resultVariable="r", mapDecisionResult="collectEntries")
    made = run(task)
    p = made.start(given="one")
    assert made.variables(p) == {"given": "one"}
    (element,) = made.elements("r")
    assert made.variables(element.id, ended=True) == {"r": ["a", "b"], "given": "all"}


# ---------------------------------------------------------------- decisionResult


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("${decisionResult.getFirstResult().x}", "a"),
        ("${decisionResult.firstResult.x}", "a"),
        ("${decisionResult.getFirstResult().getEntry('y')}", 1),
        ("${decisionResult.firstResult.getFirstEntry()}", "a"),
        ("${decisionResult.firstResult.getEntryMap()}", {"x": "a", "y": 1}),
        ("${decisionResult.firstResult.nothing}", None),
        ("${decisionResult[1].x}", "b"),
        ("${decisionResult.get(1).get('y')}", 2),
        ("${decisionResult[5]}", None),
        ("${decisionResult.collectEntries('x')}", ["a", "b"]),
        ("${decisionResult.collectEntries('nothing')}", []),
        ("${decisionResult.size()}", 2),
        ("${empty decisionResult}", False),
        ("${decisionResult.resultList}", [{"x": "a", "y": 1}, {"x": "b", "y": 2}]),
        ("${decisionResult}", [{"x": "a", "y": 1}, {"x": "b", "y": 2}]),
        ("${execution.getVariable('decisionResult').size()}", 2),
    ],
)
def test_output_mappings_see_the_result(expression, value):
    made = run(decide("d", io({}, {"o": expression})))
    assert made.variables(made.start(given="all")) == {"given": "all", "o": value}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("${decisionResult.getSingleEntry()}", "foo"),
        ("${decisionResult.singleEntry}", "foo"),
        ("${decisionResult.getSingleResult().x}", "foo"),
        ("${decisionResult.singleResult.singleEntry}", None),
        ("${decisionResult.getSingleResult().getSingleEntry()}", "foo"),
    ],
)
def test_output_mappings_see_the_only_result(expression, value):
    made = run(decide("e", io({}, {"o": expression})))
    assert made.variables(made.start(given="one"))["o"] == value


@pytest.mark.parametrize("asked", ["getSingleResult()", "getFirstResult()", "getSingleEntry()", "firstResult.x"])
def test_no_result_is_null(asked):
    made = run(decide("e", io({}, {"o": f"${{decisionResult.{asked}}}"})))
    assert made.variables(made.start(given="none"))["o"] is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("${decisionResult.getSingleResult()}", "more than one result: 2 of its rules fitted"),
        ("${decisionResult.singleEntry}", "more than one result: 2 of its rules fitted"),
        ("${decisionResult.firstResult.getSingleEntry()}", "more than one entry: x, y"),
        ("${decisionResult.__class__}", "Cannot resolve property '__class__' in 'decision result'"),
        ("${decisionResult.append}", "Cannot resolve property 'append' in 'decision result'"),
        ("${decisionResult.write()}", "Cannot find method 'write' in 'decision result'"),
        ("${decisionResult.firstResult.first()}", "Cannot find method 'first' in 'decision result entries'"),
    ],
)
def test_nothing_else_of_the_result_can_be_reached(expression, reason):
    made = run(decide("d", io({}, {"o": expression})))
    with pytest.raises(ExecutionFailed, match=reason.replace("(", r"\(").replace(")", r"\)")):
        made.start(given="all")


def test_end_listeners_and_conditions_see_the_result():
    task = decide("e", listener("end", "${execution.setVariable('seen', decisionResult.singleEntry)}"))
    flows = "start > r > [${decisionResult.singleEntry == 'foo'}] a; r > [${decisionResult.get(0).x != 'foo'}] b"
    made = Run(process(flows, {"r": task}))
    made.decide_by(dmn(ONE))
    p = made.start(given="one")
    assert made.variables(p) == {"given": "one", "seen": "foo"}
    assert made.waits() == ["a"]


def test_the_result_hides_a_variable_of_its_name():
    made = run(decide("e", io({}, {"o": "${decisionResult.singleEntry}"})))
    assert made.variables(made.start(given="one", decisionResult="mine")) == {
        "given": "one",
        "decisionResult": "mine",
        "o": "foo",
    }


def test_there_is_no_result_before_and_after():
    ask = "${execution.setVariable('seen', execution.hasVariable('decisionResult'))}"
    made = run(decide("e", listener("start", ask)), after="s > a", parts={"s": service("${decisionResult}", "late")})
    with pytest.raises(ExecutionFailed, match=r"Cannot resolve identifier 'decisionResult'.*\(element 's'\)"):
        made.start(given="one")
    made = run(decide("e", listener("start", ask)))
    assert made.variables(made.start(given="one")) == {"given": "one", "seen": False}


def test_the_result_outlasts_listeners_that_hand_over():
    task = decide("d", io({}, {"o": "${decisionResult.singleResult.y}"})).having(
        '<camunda:executionListener event="end" class="audit"/>'
    )
    made = run(task)
    p = made.start(given="one")
    assert made.waits() == ["r"]
    made.work("r")
    assert made.waits() == ["a"]
    assert made.variables(p)["o"] == 7
    assert made.elements("r")[0].memory is None


def test_the_entries_of_a_result_keep_their_types():
    row = {
        "a": None,
        "b": True,
        "c": Integer(1),
        "d": 2**40,
        "e": 1.0,
        "f": "text",
        "g": datetime(2030, 1, 1, 12, tzinfo=UTC),
        "h": JsonValue('{"x": [1]}'),
    }
    (read,) = DecisionResult.read(DecisionResult.of([row]).write())
    assert [(type(value), value) for value in read.values()] == [(type(value), value) for value in row.values()]


# ---------------------------------------------------------------- which decision


@pytest.mark.parametrize(
    ("attributes", "result"),
    [
        ({"decisionRef": "d"}, "third"),
        ({"decisionRef": "${which}"}, "third"),
        ({"decisionRef": "d", "decisionRefBinding": "deployment"}, "first"),
        ({"decisionRef": "d", "decisionRefBinding": "version", "decisionRefVersion": "2"}, "second"),
        ({"decisionRef": "d", "decisionRefBinding": "version", "decisionRefVersion": "${1 + 1}"}, "second"),
        ({"decisionRef": "d", "decisionRefBinding": "versionTag", "decisionRefVersionTag": "green"}, "second"),
        ({"decisionRef": "d", "decisionRefBinding": "versionTag", "decisionRefVersionTag": "${tag}"}, "second"),
        ({"decisionRef": "d", "decisionRefTenantId": "acme"}, "of acme"),
        ({"decisionRef": "d", "decisionRefTenantId": "${who}"}, "of acme"),
    ],
)
def test_which_decision_is_meant(attributes, result):
    task = part("businessRuleTask", resultVariable="r", mapDecisionResult="singleEntry", **attributes)
    made = Run(process("start > r > a", {"r": task}))
    tagged = literal("d", '"second"').replace("<decision ", '<decision camunda:versionTag="green" ')
    made.decide_by(dmn(literal("d", '"first"')), deployment_id=1)
    made.decide_by(dmn(tagged), deployment_id=2)
    made.decide_by(dmn(literal("d", '"third"')), deployment_id=3)
    made.decide_by(dmn(literal("d", '"of acme"')), deployment_id=4, tenant_id="acme")
    p = made.start(which="d", tag="green", who="acme")
    assert made.variables(p)["r"] == result


def test_the_decision_is_one_of_the_tenant_of_the_process():
    made = Run(process("start > r > a", {"r": decide("d", resultVariable="r")}), tenant_id="acme")
    made.decide_by(dmn(DISH))
    with pytest.raises(ExecutionFailed, match=r"No decision definition with key 'd' \(latest, tenant 'acme'\)"):
        made.start(given="one")


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"decisionRef": "gone"}, r"No decision definition with key 'gone' \(latest\) is deployed"),
        ({"decisionRef": "${which}"}, "The key of the decision to call, '[$]{which}', is null"),
        (
            {"decisionRef": "d", "decisionRefBinding": "deployment"},
            r"No decision definition with key 'd' \(deployment\) is deployed",
        ),
        (
            {"decisionRef": "d", "decisionRefBinding": "version", "decisionRefVersion": "7"},
            r"No decision definition with key 'd' \(version 7\) is deployed",
        ),
        (
            {"decisionRef": "d", "decisionRefBinding": "version", "decisionRefVersion": "${given}"},
            "The version to call must be a whole number, not 'one'",
        ),
        (
            {"decisionRef": "d", "decisionRefBinding": "versionTag", "decisionRefVersionTag": "red"},
            r"No decision definition with key 'd' \(version tag 'red'\) is deployed",
        ),
    ],
)
def test_a_decision_that_is_not_there_undoes_the_step(attributes, reason):
    made = Run(process("start > a > r > b", {"r": part("businessRuleTask", **attributes)}))
    made.decide_by(dmn(DISH), deployment_id=77)
    p = made.start(given="one", which=None)
    with pytest.raises(ExecutionFailed, match=reason + r".*\(element 'r'\)"):
        made.complete("a", more=1)
    assert made.waits() == ["a"]
    assert "more" not in made.variables(p)


def test_a_decision_goes_before_an_expression():
    task = decide("e", resultVariable="r", mapDecisionResult="singleEntry", expression="${1}")
    made = run(task)
    assert made.variables(made.start(given="one"))["r"] == "foo"


# ---------------------------------------------------------------- failing


VIOLATED = table("u", {'"all"': '"a" | 1', '"all", "more"': '"b" | 2'})


def test_a_decision_that_fails_undoes_the_step():
    made = run(decide("u"), VIOLATED, after="a", parts={})
    with pytest.raises(ExecutionFailed, match=r"The decision 'u' could not be evaluated.*\(element 'r'\)"):
        made.start(given="all")
    assert made.rows(DecisionInstance) == []


def test_a_decision_that_fails_in_a_job_leaves_the_job():
    made = run(decide("u", asyncBefore=True), VIOLATED)
    p = made.start(given="all")
    with pytest.raises(ExecutionFailed, match="The decision 'u' could not be evaluated"):
        made.resume("r")
    assert made.waits() == ["r"]
    made.set(p, given="more")
    made.resume("r")
    assert made.waits() == ["a"]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (decide("u"), "The decision 'u' could not be evaluated"),
        (decide("d", resultVariable="r", mapDecisionResult="singleEntry"), "more than one result"),
    ],
)
def test_an_error_event_with_the_name_of_its_class_catches_a_decision_that_fails(task, message):
    caught = boundary("r", error("java.lang.Exception", message_to="why"))
    made = run(task, VIOLATED, DISH, after="a; oops > b", parts={"oops": caught})
    p = made.start(given="all")
    assert made.waits() == ["b"]
    assert message in str(made.variables(p)["why"])


def test_an_absent_decision_is_caught_by_nobody():
    made = run(decide("gone"), after="a; oops > b", parts={"oops": boundary("r", error("java.lang.Exception"))})
    with pytest.raises(ExecutionFailed, match="No decision definition with key 'gone'"):
        made.start(given="all")


def test_an_error_event_without_a_code_does_not_catch_a_decision_that_fails():
    made = run(decide("u"), VIOLATED, after="a; oops > b", parts={"oops": boundary("r", error(None))})
    with pytest.raises(ExecutionFailed, match="The decision 'u' could not be evaluated"):
        made.start(given="all")


# ---------------------------------------------------------------- around it


@pytest.mark.parametrize("sequential", [False, True])
def test_each_of_several_decides_for_itself(sequential):
    task = decide("e", resultVariable="given", mapDecisionResult="singleEntry").times(
        collection="${items}", element="given", sequential=sequential
    )
    made = run(task)
    made.start(items=["one", "more", "none"])
    assert made.waits() == ["a"]
    assert [row.value for row in made.rows(DecisionInput)] == ["one", "more", "none"]
    assert [row.value for row in made.rows(DecisionOutput)] == ["foo", "b"]


def test_a_decision_sees_what_its_task_sees():
    made = run(
        decide("n", io({"own": "2"}), resultVariable="r").times(2), literal("n", "outer + number(own) + loopCounter")
    )
    p = made.start(outer=40)
    assert made.variables(p)["r"] == [{"n": 43}]


# ---------------------------------------------------------------- what is kept


def test_a_decision_is_kept():
    made = run(decide("d"))
    p = made.start(given="all")
    (row,) = made.rows(DecisionInstance)
    (element,) = made.elements("r")
    assert (row.decision_id, row.decision_key, row.decision_name) == (1, "d", "D")
    assert (row.definition_id, row.process_instance_id, row.root_id) == (element.definition_id, p, p)
    assert (row.element_id, row.element_instance_id, row.user_id) == ("r", element.id, None)
    assert (row.root_decision_instance_id, row.collect_result, row.evaluated_at) == (None, None, made.now)
    assert [(each.clause_id, each.clause_name, each.value) for each in made.rows(DecisionInput)] == [
        ("in", "Given", "all")
    ]
    assert [
        (each.clause_id, each.rule_id, each.rule_order, each.variable_name, each.value)
        for each in made.rows(DecisionOutput)
    ] == [
        ("dx", "d2", 1, "x", "a"),
        ("dy", "d2", 1, "y", 1),
        ("dx", "d3", 2, "x", "b"),
        ("dy", "d3", 2, "y", 2),
    ]
    assert {each.decision_instance_id for each in (*made.rows(DecisionInput), *made.rows(DecisionOutput))} == {row.id}


def test_decisions_that_a_decision_needs_are_kept_with_it():
    made = run(decide("top"), literal("low", "given + 1"), literal("top", "low * 2", requires="low"))
    made.start(given=3)
    top, low = made.rows(DecisionInstance)
    assert (top.decision_key, top.decision_id, top.root_decision_instance_id) == ("top", 2, None)
    assert (low.decision_key, low.decision_id, low.root_decision_instance_id) == ("low", 1, top.id)
    assert low.element_id == top.element_id == "r"


def test_a_number_that_entries_come_to_is_kept():
    added = table("sum", {'"all"': "1", '"all", "more"': "2"}, hit="COLLECT' aggregation='SUM", outputs="x")
    made = run(decide("sum", resultVariable="r", mapDecisionResult="singleEntry"), added)
    p = made.start(given="all")
    assert made.variables(p)["r"] == 3
    assert [row.collect_result for row in made.rows(DecisionInstance)] == [3]


def test_below_full_history_no_decision_is_kept():
    made = Run(process("start > r > a", {"r": decide("d", resultVariable="r")}), record_updates=False)
    made.decide_by(dmn(DISH))
    p = made.start(given="one")
    assert made.variables(p)["r"] == [{"x": "foo", "y": 7}]
    assert made.rows(DecisionInstance) == []


# ---------------------------------------------------------------- Camunda 8


def zeebe(decision: str, binding: str = "") -> str:
    """The extensions of a business rule task of Camunda 8."""
    return f'<zeebe:calledDecision decisionId={quoteattr(decision)} resultVariable="r" {binding}/>'


@pytest.mark.parametrize(
    ("decision", "given", "value"),
    [
        ("d", "all", JsonValue('[{"x": "a", "y": 1}, {"x": "b", "y": 2}]')),
        ("e", "all", JsonValue('["a", "b"]')),
        ("=which", "all", JsonValue('["a", "b"]')),
        ("u", "more", JsonValue('{"x": "b", "y": 2}')),
        ("u", "none", None),
        ("n", "7", 8),
    ],
)
def test_decisions_of_camunda_8_give_their_value(decision, given, value):
    made = Run(cloud(zeebe(decision)))
    made.decide_by(dmn(DISH, ONE, VIOLATED, literal("n", "number(given) + 1")))
    p = made.start(given=given, which="e")
    assert made.variables(p) == {"given": given, "which": "e", "r": value}


@pytest.mark.parametrize(
    ("binding", "value"),
    [
        ('bindingType="deployment"', 1),
        ('bindingType="versionTag" versionTag="green"', 2),
        ('bindingType="versionTag" versionTag="=tag"', 2),
        ('bindingType="latest"', 3),
    ],
)
def test_decisions_of_camunda_8_are_bound(binding, value):
    made = Run(cloud(zeebe("n", binding)))
    made.decide_by(dmn(literal("n", "1")))
    made.decide_by(
        dmn(literal("n", "2").replace("<decision ", '<decision camunda:versionTag="green" ')), deployment_id=2
    )
    made.decide_by(dmn(literal("n", "3")), deployment_id=3)
    assert made.variables(made.start(tag="green"))["r"] == value


def test_a_decision_of_camunda_8_that_is_absent_fails():
    with pytest.raises(ExecutionFailed, match=r"No decision definition with key 'n' \(latest\) is deployed"):
        Run(cloud(zeebe("=which"))).start(which="n")


def test_output_mappings_of_camunda_8_keep_the_result_to_themselves():
    made = Run(cloud(zeebe("n") + '<zeebe:ioMapping><zeebe:output source="=r * 2" target="twice"/></zeebe:ioMapping>'))
    made.decide_by(dmn(literal("n", "given + 1")))
    p = made.start(given=3)
    assert made.variables(p) == {"given": 3, "twice": 8}
