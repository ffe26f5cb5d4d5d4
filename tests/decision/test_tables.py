"""Decision tables as Camunda 7 evaluates them: hit policies, types, missing values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.decision import DecisionFailed, EvaluatedInput, EvaluatedOutput, MatchedRule
from engine.values import Integer, JsonValue
from tests.decision.models import Clause, boxed, evaluate, literal, only, requires, result, table, text

SIZES = [(["> 1"], ["1"]), (["> 2"], ["2"]), (["> 3"], ["2"]), (["< 0"], ["7"]), (["< -1"], ["7"])]


def cell(entry: str, type_: str = "") -> Any:
    """What an output entry becomes."""
    return result(only(table(["x"], [("r", type_)], [(["-"], [entry])])))[0]["r"]


# --- hit policies ---


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("", {1: [], 2: [1], 3: None}),
        ("UNIQUE", {1: [], 2: [1], 3: None, -1: [7], -5: None}),
        ("FIRST", {1: [], 2: [1], 4: [1], -5: [7]}),
        ("ANY", {1: [], 2: [1], 3: None, -5: [7]}),
        ("RULE ORDER", {1: [], 3: [1, 2], 4: [1, 2, 2], -5: [7, 7]}),
        ("COLLECT", {1: [], 3: [1, 2], 4: [1, 2, 2]}),
        ("COLLECT SUM", {1: [], 2: [1], 4: [5]}),
        ("COLLECT MIN", {1: [], 4: [1]}),
        ("COLLECT MAX", {1: [], 4: [2]}),
        ("COLLECT COUNT", {1: [0], 4: [3]}),
    ],
)
def test_hit_policies(policy: str, expected: dict[int, list[int] | None]) -> None:
    decision = only(table(["x"], ["r"], SIZES, policy=policy))
    for given, wanted in expected.items():
        if wanted is None:
            with pytest.raises(DecisionFailed, match="the hit policy"):
                evaluate(decision, x=given)
        else:
            assert result(decision, x=given) == [{"r": each} for each in wanted]


RANKED = [(["-"], ['"b"', "1"]), (["> 1"], ['"a"', "2"]), (["> 2"], ['"a"', "1"]), (["> 3"], ['"?"', "1"])]
ORDERED: list[Clause] = [
    ("r", "", "<outputValues>" + text('"a", "b"') + "</outputValues>"),
    ("s", "", f"<outputValues>{text('1, 2')}</outputValues>"),
]


def test_priority_takes_the_first_in_the_order_of_the_output_values() -> None:
    decision = only(table(["x"], ORDERED, RANKED, policy="PRIORITY"))
    assert [result(decision, x=x) for x in (1, 2, 4)] == [
        [{"r": "b", "s": 1}],
        [{"r": "a", "s": 2}],
        [{"r": "a", "s": 1}],
    ]


def test_output_order_puts_what_is_no_output_value_last() -> None:
    decision = only(table(["x"], ORDERED, RANKED, policy="OUTPUT ORDER"))
    found = evaluate(decision, x=4)
    assert [tuple(row.values()) for row in found.result] == [("a", 1), ("a", 2), ("b", 1), ("?", 1)]
    assert [rule.order for rule in found.evaluated[0].rules] == [3, 2, 1, 4]


def test_values_of_the_type_order_too() -> None:
    allowed = "<allowedValues>" + text('"a", "b"') + "</allowedValues>"
    type_ = f'<itemDefinition name="tR"><typeRef>string</typeRef>{allowed}</itemDefinition>'
    decision = only(type_, table(["x"], [("r", "tR")], [(["-"], ['"b"']), (["> 1"], ['"a"'])], policy="PRIORITY"))
    assert [result(decision, x=x) for x in (1, 2)] == [[{"r": "b"}], [{"r": "a"}]]


@pytest.mark.parametrize(
    ("policy", "type_", "entries", "expected"),
    [
        ("SUM", "", ["1", "2"], 3),
        ("SUM", "", ["1.5", "1.5"], 3),
        ("SUM", "", ["1", "", "2.5"], 3.5),
        ("SUM", "integer", ["1", "2"], Integer(3)),
        ("SUM", "long", ["1", "2"], 3),
        ("SUM", "double", ["1", "2"], 3.0),
        ("MAX", "double", ["1", "2"], 2.0),
        ("MIN", "string", ['"b"', '"a"'], "a"),
        ("COUNT", "string", ['"b"', "", '"b"'], Integer(2)),
    ],
)
def test_types_of_aggregations(policy: str, type_: str, entries: list[str], expected: object) -> None:
    decision = only(table([], [("r", type_)], [([], [entry]) for entry in entries], policy=f"COLLECT {policy}"))
    found = evaluate(decision)
    assert found.result == ({"r": expected},)
    assert type(found.result[0]["r"]) is type(expected)
    assert found.evaluated[0].collect_result_value == expected
    assert len(found.evaluated[0].rules) == len(entries)


@pytest.mark.parametrize(("policy", "entry"), [("SUM", '"a"'), ("MAX", "null"), ("SUM", "null")])
def test_what_has_no_aggregation_fails(policy: str, entry: str) -> None:
    decision = only(table([], ["r"], [([], ["1"]), ([], [entry])], policy=f"COLLECT {policy}"))
    with pytest.raises(DecisionFailed, match=f"the aggregation {policy}"):
        evaluate(decision)


def test_an_aggregation_is_of_one_output() -> None:
    decision = only(
        table(
            ["x"], ["r", "s"], [(["-"], ["1", ""]), (["> 1"], ["", "2"]), (["> 2"], ["1", "1"])], policy="COLLECT SUM"
        )
    )
    assert result(decision, x=2) == [{"r": 3}]
    with pytest.raises(DecisionFailed, match="of one output"):
        evaluate(decision, x=3)


# --- inputs and cells ---


def test_a_missing_variable_is_null() -> None:
    decision = only(
        table([("x", "integer")], ["r"], [(["1"], ["1"]), (["null"], ["5"]), (["-"], ["y"])], policy="COLLECT")
    )
    assert result(decision) == [{"r": 5}, {"r": None}]


def test_an_empty_input_expression_is_null_and_its_cells_are_tested() -> None:
    decision = only(table([""], ["r"], [(["x = 3"], ["1"])]))
    assert result(decision, x=3) == [{"r": 1}]
    assert result(decision, x=4) == []


def test_an_empty_output_entry_is_no_entry() -> None:
    decision = only(table(["x"], ["r", "s"], [(["-"], ["1", ""])]))
    found = evaluate(decision)
    assert found.result == ({"r": 1},)
    assert found.value == JsonValue.of({"r": 1, "s": None})
    assert [output.variable_name for output in found.evaluated[0].outputs] == ["r"]


def test_outputs_do_not_see_each_other_nor_the_input_value() -> None:
    decision = only(table(["x"], ["r", "s", "t"], [(["-"], ["2", "r + 1", "cellInput"])]))
    assert result(decision, x=1) == [{"r": 2, "s": None, "t": None}]


def test_the_input_value_has_a_name_in_its_own_cells() -> None:
    named = table(["x", "y"], ["r"], [(["cellInput > 2", "cellInput < 2"], ["1"]), (["?=1", "-"], ["2"])])
    assert result(only(named), x=3, y=1) == [{"r": 1}]
    assert result(only(named), x=1, y=1) == [{"r": 2}]
    other = named.replace('label="Input 1"', 'camunda:inputVariable="a"').replace("cellInput &gt; 2", "a &gt; 2")
    assert result(only(other), x=3, y=1) == [{"r": 1}]
    assert result(only(other.replace("cellInput &lt; 2", "a &lt; 2")), x=3, y=1) == []


def test_cells_in_juel() -> None:
    rules = [(["${cellInput == 3}"], ["${x + 1}"]), (["${y}"], ["text ${x}"])]
    in_juel = table(["${x}"], ["r"], rules).replace("<inputEntry>", '<inputEntry expressionLanguage="juel">')
    in_juel = in_juel.replace("<outputEntry>", '<outputEntry expressionLanguage="JUEL">')
    in_juel = in_juel.replace("<inputExpression>", '<inputExpression expressionLanguage="juel">')
    assert result(only(in_juel), x=3, y=False) == [{"r": 4}]
    assert result(only(in_juel), x=4, y=True) == [{"r": "text 4"}]
    with pytest.raises(DecisionFailed, match="Cannot resolve identifier 'x'"):
        evaluate(only(in_juel))


@pytest.mark.parametrize("given", ["a", "b", "c", 1, 2, 2.0, True, None, JsonValue.of(["a"]), JsonValue.of([1, 2])])
def test_cells_that_list_literals_match_as_tests_do(given: object) -> None:
    cells = ['"a"', '"a","b"', "1", "1, 2", "2.00", "true", "-1", '"a", true', "null", '["a"]', "[1..2]", 'not("a")']
    listed = [([each], [str(number)]) for number, each in enumerate(cells)]
    tested = [
        ([f"? in ({each})" if "not" not in each else f"not(({each[4:-1]}))"], [str(number)])
        for number, each in enumerate(cells)
    ]
    fast, slow = (only(table(["x"], ["r"], rules, policy="COLLECT")) for rules in (listed, tested))
    assert result(fast, x=given) == result(slow, x=given)


def test_allowed_input_values() -> None:
    allowed = "<inputValues>" + text('"a", "b"') + "</inputValues>"
    decision = only(table([("x", "string", allowed)], ["r"], [(["-"], ["1"])]))
    assert result(decision, x="b") == result(decision) == [{"r": 1}]
    with pytest.raises(DecisionFailed, match="not one of those that are allowed") as failed:
        evaluate(decision, x="c")
    assert (failed.value.decision_id, failed.value.element_id) == ("tab", "tab_i1")


def test_default_outputs() -> None:
    default = f"<defaultOutputEntry>{text('y')}</defaultOutputEntry>"
    decision = only(table(["x"], [("r", "", default), ("s", "integer")], [(["1"], ["2", "3"])]))
    assert result(decision, x=1) == [{"r": 2, "s": 3}]
    found = evaluate(decision, x=2, y=9)
    assert found.result == ({"r": 9},)
    assert found.evaluated[0].rules == ()
    assert found.evaluated[0].outputs == (EvaluatedOutput("tab_o1", "Output 1", None, None, "r", 9),)


def test_the_default_of_an_aggregation_is_one_value() -> None:
    default = f"<defaultOutputEntry>{text('-1')}</defaultOutputEntry>"
    decision = only(table(["x"], [("r", "", default)], [(["1"], ["2"])], policy="COLLECT SUM"))
    assert [evaluate(decision, x=x).value for x in (1, 2)] == [2, -1]


# --- types ---


@pytest.mark.parametrize(
    ("type_", "entry", "expected"),
    [
        ("string", "1", "1"),
        ("string", "1.5", "1.5"),
        ("string", "true", "true"),
        ("string", 'date and time("2024-01-02T03:04:05")', "2024-01-02T03:04:05"),
        ("string", "[1, 2]", "[1, 2]"),
        ("string", "null", None),
        ("boolean", "true", True),
        ("boolean", '"TRUE"', True),
        ("integer", "1", Integer(1)),
        ("integer", "2.0", Integer(2)),
        ("integer", '"-7"', Integer(-7)),
        ("Integer", "1", Integer(1)),
        ("long", "3000000000", 3_000_000_000),
        ("double", "1", 1.0),
        ("double", '"1.5"', 1.5),
        ("date", 'date and time("2024-01-02T03:04:05")', datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("date", 'date and time("2024-01-02T03:04:05+02:00")', datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("date", '"2024-01-02T03:04:05"', datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("date", 'date("2024-01-02")', datetime(2024, 1, 2, tzinfo=UTC)),
        ("number", "1.5", 1.5),
        ("dateTime", 'date("2024-01-02")', "2024-01-02T00:00:00Z"),
        ("dayTimeDuration", 'duration("PT1H")', "PT1H"),
        ("tUnknown", '"a"', "a"),
        ("", "3000000000", 3_000_000_000),
        ("", "10 / 4", 2.5),
        ("", "2 ** 3", 8),
        ("", '{a: [1, "b"]}', {"a": [1, "b"]}),
    ],
)
def test_types_of_outputs(type_: str, entry: str, expected: object) -> None:
    found = cell(entry, type_)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("type_", "entry"),
    [
        ("boolean", '"yes"'),
        ("boolean", "1"),
        ("integer", "1.5"),
        ("integer", "true"),
        ("integer", '"1.0"'),
        ("integer", "3000000000"),
        ("long", "10 ** 30"),
        ("double", '"a"'),
        ("double", "10 ** 400"),
        ("date", "1"),
        ("date", '"2024-01-02"'),
        ("date", 'date("10000-01-01")'),
        ("number", '"1"'),
    ],
)
def test_what_cannot_be_converted_fails(type_: str, entry: str) -> None:
    with pytest.raises(DecisionFailed) as failed:
        cell(entry, type_)
    assert failed.value.decision_id == "tab"


def test_inputs_are_converted_before_they_are_tested() -> None:
    decision = only(table([("x", "integer")], ["r"], [(["5"], ["1"])]))
    assert result(decision, x="5") == result(decision, x=5.0) == [{"r": 1}]
    found = evaluate(decision, x="5").evaluated[0].inputs
    assert found == (EvaluatedInput("tab_i1", "Input 1", 5),)
    assert type(found[0].value) is Integer
    with pytest.raises(DecisionFailed, match="cannot be converted to integer") as failed:
        evaluate(decision, x=JsonValue.of([5]))
    assert failed.value.element_id == "tab_i1"


def test_dates_are_local_dates_and_times() -> None:
    decision = only(table([("x", "date")], ["r"], [(['> date and time("2024-01-01T00:00:00")'], ["1"])]))
    moment = datetime(2024, 1, 2, tzinfo=UTC)
    found = evaluate(decision, x=moment)
    assert found.result == ({"r": 1},)
    assert found.evaluated[0].inputs[0].value == moment


# --- what is told ---


def test_what_an_evaluation_tells() -> None:
    rules: list[tuple[list[str], list[str]]] = [(["> 1"], ["1"]), (["> 9"], ["9"]), (["> 2"], ["x"])]
    noted = table(["x"], ["r"], rules, policy="COLLECT").replace(
        "</outputEntry></rule></decisionTable>",
        f"</outputEntry><annotationEntry>{text('large')}</annotationEntry></rule></decisionTable>",
    )
    found = evaluate(only(noted), x=3)
    assert found.value == JsonValue.of([1, 3])
    (told,) = found.evaluated
    assert (told.decision_id, told.decision_name, told.kind) == ("tab", "tab", "decisionTable")
    assert told.inputs == (EvaluatedInput("tab_i1", "Input 1", 3),)
    assert told.outputs == (
        EvaluatedOutput("tab_o1", "Output 1", "tab_r1", 1, "r", 1),
        EvaluatedOutput("tab_o1", "Output 1", "tab_r3", 2, "r", 3),
    )
    assert told.rules == (MatchedRule("tab_r1", 1, ()), MatchedRule("tab_r3", 3, ("large",)))
    assert told.collect_result_value is None
    assert told.elements == 6


@pytest.mark.parametrize(
    ("policy", "outputs", "expected"),
    [
        ("UNIQUE", ["r"], 1),
        ("UNIQUE", ["r", "s"], JsonValue.of({"r": 1, "s": 1})),
        ("COLLECT", ["r"], JsonValue.of([1])),
        ("RULE ORDER", ["r", "s"], JsonValue.of([{"r": 1, "s": 1}])),
        ("COLLECT SUM", ["r"], 1),
    ],
)
def test_the_value_as_dmn_sees_it(policy: str, outputs: list[Clause], expected: object) -> None:
    decision = only(table(["x"], outputs, [(["1"], ["1"] * len(outputs))], policy=policy))
    assert evaluate(decision, x=1).value == expected
    assert evaluate(decision, x=2).value is None


def test_why_something_is_null_is_told() -> None:
    decision = only(table(["amount"], ["r"], [(["-"], ["1"])]))
    assert evaluate(decision, amount=1).warnings == ()
    assert evaluate(decision).warnings == ("There is no variable 'amount'",)


# --- requirements, as Camunda 7 has them ---


@pytest.mark.parametrize(("x", "expected"), [(1, 77), (2, [1]), (3, [1, 2])])
def test_required_outputs_are_variables_and_lists_where_several_rules_may_match(x: int, expected: object) -> None:
    base = table(["x"], ["r"], SIZES, policy="COLLECT", id="base")
    assert result(only(base, literal("r", inside=requires("base"))), x=x, r=77) == [{"x": expected}]


def test_outputs_of_each_name_of_their_own() -> None:
    base = table(["x"], ["r", "s"], [(["> 1"], ["1", '"a"']), (["> 2"], ["2", ""])], policy="COLLECT", id="base")
    decision = only(base, literal("[r, s]", inside=requires("base")))
    assert result(decision, x=3) == [{"x": [[1, 2], ["a"]]}]


def test_the_outputs_of_all_decisions_before_are_variables() -> None:
    deep, mid = literal("1", id="deep", variable="d"), literal("d + 1", id="mid", variable="m", inside=requires("deep"))
    found = evaluate(only(deep, mid, literal("d + m", inside=requires("mid"))))
    assert found.result == ({"x": 3},)
    assert [each.decision_id for each in found.evaluated] == ["deep", "mid", "lit"]


def test_a_required_decision_is_known_by_its_own_names() -> None:
    base = table(["x"], ["r", "s"], [(["> 1"], ["1", "2"])], id="base")
    assert result(only(base, literal("base.s + r", inside=requires("base"))), x=2) == [{"x": 3}]
    entry = f'<contextEntry><variable name="a"/><literalExpression>{text("5")}</literalExpression></contextEntry>'
    whole = boxed(f"<context>{entry}</context>", id="whole")
    assert result(only(whole, literal("whole.a", inside=requires("whole")))) == [{"x": 5}]


def test_a_required_decision_without_a_logic_says_nothing() -> None:
    decision = only('<decision id="none" name="none"/>', literal("none", inside=requires("none")))
    found = evaluate(decision, none=5)
    assert found.result == ({"x": 5},)
    assert [each.decision_id for each in found.evaluated] == ["lit"]


def test_each_decision_is_evaluated_once() -> None:
    shared = literal("1", id="shared", variable="s")
    left, right = (literal("s", id=name, variable=name, inside=requires("shared")) for name in ("left", "right"))
    found = evaluate(only(shared, left, right, literal("left + right", inside=requires("left", "right"))))
    assert found.value == 2
    assert [each.decision_id for each in found.evaluated] == ["shared", "left", "right", "lit"]
    assert found.elements == 4


def test_a_failure_names_the_decision_that_failed() -> None:
    base = table(["x"], [("r", "integer")], [(["-"], ['"a"'])], id="base")
    with pytest.raises(DecisionFailed, match="'base' could not be evaluated at 'base_r1'") as failed:
        evaluate(only(base, literal("r", inside=requires("base"))))
    assert (failed.value.decision_id, failed.value.element_id) == ("base", "base_r1")
