"""What is told of tables: rules that meet, that no value reaches, and values that no rule is for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decision import DecisionFailed, DecisionRequirements, read_together
from tests.decision.models import Clause, definitions, result, table

Rows = Sequence[tuple[Sequence[str], Sequence[str]]]


def examined(*elements: str) -> DecisionRequirements:
    return read_together({"test.dmn": definitions(*elements)}, examines=True)["test.dmn"]


def told(inputs: Sequence[Clause], rows: Rows, *, policy: str = "", outputs: Sequence[Clause] = ("out",)) -> list[str]:
    model = examined(table(inputs, outputs, rows, policy=policy))
    return [f"{each.rule} {each.element_ids[0]}: {each.message}" for each in model.warnings]


def rules(*cells: str) -> Rows:
    """Rules of one input, each with an output of its own."""
    return [([cell], [str(number)]) for number, cell in enumerate(cells)]


AMOUNT = ("amount", "integer")


def test_a_table_that_is_whole_gets_no_warning() -> None:
    assert told([AMOUNT], rules("< 10", "[10..99]", ">= 100")) == []


def test_rules_that_meet_are_told_with_an_example() -> None:
    rows = [(["< 10", '"a"'], ["1"]), ([">= 10", "-"], ["2"]), (["[10..20]", "-"], ["3"]), (["-", 'not("a")'], ["4"])]
    meetings = (
        ("tab_r3", "2 and 3", 'Input 1 is 10 and Input 2 is "a"'),
        ("tab_r4", "3 and 4", "Input 1 is 10 and Input 2 is another text"),
        ("tab_r4", "2 and 4", "Input 1 is above 20 and Input 2 is another text"),
    )
    assert told([AMOUNT, "kind"], rows) == [
        f"dmn.overlap {rule}: the rules {pair} both match where {where}; the hit policy UNIQUE allows one rule to match"
        for rule, pair, where in meetings
    ]


def kind_type(more: str) -> str:
    return f'<itemDefinition name="tKind"><typeRef>string</typeRef>{more}</itemDefinition>'


@pytest.mark.parametrize(
    ("type_", "warned"),
    [
        (kind_type('<allowedValues><text>"a", "b"</text></allowedValues>'), ['Input 1 is "b"']),
        (kind_type("<allowedValues><text>string length(?) = 1</text></allowedValues>"), []),
        (kind_type("<allowedValues><text>[1], null</text></allowedValues>"), []),
        (kind_type("<typeConstraint><text>string length(?) = 1</text></typeConstraint>"), []),
        (kind_type(""), ["Input 1 is another text"]),
        ('<itemDefinition name="tKind"><typeRef>boolean</typeRef></itemDefinition>', ["Input 1 is true"]),
    ],
)
def test_the_type_of_an_input_says_what_values_it_may_have(type_: str, warned: Sequence[str]) -> None:
    cell = '"a"' if "string" in type_ else "false"
    model = examined(type_, table([("kind", "tKind")], ["out"], rules(cell)))
    assert [each.message.removeprefix("no rule matches where ").partition(",")[0] for each in model.warnings] == warned


def test_a_rule_for_what_else_a_type_allows_may_match() -> None:
    type_ = kind_type('<allowedValues><text>"a", "b"</text></allowedValues>')
    assert examined(type_, table([("kind", "tKind")], ["out"], rules('"a"', 'not("a")'))).warnings == ()


@pytest.mark.parametrize("policy", ["COLLECT", "RULE ORDER", "FIRST"])
def test_rules_may_meet_where_the_hit_policy_lets_them(policy: str) -> None:
    assert told([AMOUNT], rules("< 10", "-"), policy=policy) == []


def test_any_lets_rules_with_the_same_outputs_meet() -> None:
    rows = [(["< 10"], ["1"]), (["< 20"], ["1"]), (["-"], ["2"])]
    assert [each.partition(":")[0] for each in told([AMOUNT], rows, policy="ANY")] == ["dmn.overlap tab_r3"]


@pytest.mark.parametrize(
    ("inputs", "cells", "where"),
    [
        ([AMOUNT], ["< 10", "> 10"], "Input 1 is 10"),
        ([AMOUNT], ["<= 10", ">= 12"], "Input 1 is between 10 and 12"),
        ([("amount", "double")], ["<= 10", ">= 11"], "Input 1 is between 10 and 11"),
        (["kind"], ['"a"', '"b"'], "Input 1 is another text"),
        (["kind"], ['not("a", "b")', '"b"'], 'Input 1 is "a"'),
        ([("ok", "boolean")], ["true"], "Input 1 is false"),
        (["amount"], ["[1..5]", "]5..9[", "? >= 9 and ? <= 12"], "Input 1 is below 1"),
        ([("amount", "", "<inputValues><text>[0..100]</text></inputValues>")], ["< 100"], "Input 1 is 100"),
        ([("kind", "string", '<inputValues><text>"a","b"</text></inputValues>')], ['"a"'], 'Input 1 is "b"'),
    ],
)
def test_values_without_a_rule_are_told(inputs: Sequence[Clause], cells: Sequence[str], where: str) -> None:
    message = f"dmn.gap tab_t: no rule matches where {where}, and there is no default output"
    assert told(inputs, rules(*cells)) == [message]


@pytest.mark.parametrize(
    ("inputs", "cells"),
    [
        ([AMOUNT], ["<= 10", ">= 11"]),
        ([("kind", "string", '<inputValues><text>"a","b"</text></inputValues>')], ['"a"', '"b"']),
        ([("ok", "boolean")], ["true", "not(true)"]),
        ([AMOUNT], ["< limit", ">= limit"]),  # what is no literal matches perhaps
        (["day"], ['date("2024-01-01")', '> date("2024-01-01")']),
        (["name"], ['< "m"', '>= "m"']),
        (["amount"], ["null", "not(null)"]),
    ],
)
def test_what_is_whole_or_cannot_be_told_gets_no_warning(inputs: Sequence[Clause], cells: Sequence[str]) -> None:
    assert told(inputs, rules(*cells)) == []


def test_default_outputs_and_collections_leave_no_gap() -> None:
    default = ("out", "", "<defaultOutputEntry><text>0</text></defaultOutputEntry>")
    assert told([AMOUNT], rules("< 10"), outputs=[default]) == []
    assert told([AMOUNT], rules("< 10"), policy="COLLECT") == []


def test_a_rule_that_never_matches_is_told() -> None:
    allowed = ("kind", "string", '<inputValues><text>"a","b"</text></inputValues>')
    rows = [(['"a"', "-"], ["1"]), (['"c"', "-"], ["2"]), (["-", "[5..1]"], ["3"])]
    assert told([allowed, AMOUNT], rows, policy="COLLECT") == [
        "dmn.never tab_r2: rule 2 never matches: no value that its inputs may have fulfils it",
        "dmn.never tab_r3: rule 3 never matches: no value that its inputs may have fulfils it",
    ]


def test_a_rule_for_null_alone_may_match() -> None:
    allowed = ("kind", "string", '<inputValues><text>"a","b"</text></inputValues>')
    assert told([allowed], rules('"a"', '"b"', 'not("a", "b")')) == []


def test_a_rule_that_is_never_reached_is_told() -> None:
    assert told([AMOUNT], rules("< 10", ">= 5", "7", "-"), policy="FIRST") == [
        "dmn.never tab_r3: rule 3 is never reached: wherever it matches, a rule before it does"
    ]


def test_two_columns_of_one_input_are_seen_together() -> None:
    rows = [(["< 10", "-"], ["1"]), (["-", ">= 10"], ["2"])]
    assert told([AMOUNT, AMOUNT], rows) == []


@pytest.mark.parametrize(
    "inputs", [("person", "person.age"), ("amount", "amount * 2"), ("sum(a)", "a"), ("1", "a"), ("", "a")]
)
def test_inputs_that_depend_on_each_other_are_not_judged(inputs: Sequence[str]) -> None:
    assert told(inputs, [(["1", "2"], ["1"]), (["-", "2"], ["2"])]) == []


def test_paths_that_part_do_not_depend_on_each_other() -> None:
    assert len(told(["person.age", "person.name"], [(["1", '"a"'], ["1"])])) == 1


def test_a_table_with_too_many_combinations_is_not_judged() -> None:
    names = [f"i{number}" for number in range(6)]
    wide = [([f"< {(row + 1) * (column + 3) % 41}" for column in range(6)], ["1"]) for row in range(40)]
    assert told(names[:2], [(cells[:2], out) for cells, out in wide]) != []
    assert told(names, wide) == []
    assert told([AMOUNT], rules(*(f"[{number}..{number + 1}]" for number in range(500)))) == []


def test_a_cell_that_takes_too_many_steps_leaves_the_table_unjudged() -> None:
    listed = f"[{', '.join(map(str, range(500)))}]"
    assert told([AMOUNT], rules(*([f"? in {listed}"] * 50))) == []


NUMBERS = st.sampled_from(
    ["-", "1", "2", "< 2", ">= 2", "[1..3]", "]1..3[", "not(2)", "1, 3", "> 3", "? between 1 and 2"]
)
TEXTS = st.sampled_from(["-", '"a"', '"b"', 'not("a")', '"a","b"'])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NUMBERS, TEXTS), min_size=1, max_size=4))
def test_what_is_told_is_what_happens(cells: list[tuple[str, str]]) -> None:
    model = examined(table(["n", "t"], ["out"], [(list(row), [str(number)]) for number, row in enumerate(cells)]))
    happens = set()
    matched = set[object]()
    for number, chosen in product((0, 1, 1.5, 2, 2.5, 3, 4, None), ("a", "b", "c", None)):
        try:
            found = result(model.decisions["tab"], n=number, t=chosen)
        except DecisionFailed:
            happens.add("dmn.overlap")
            continue
        matched |= {row["out"] for row in found}
        if not found and number is not None and chosen is not None:
            happens.add("dmn.gap")
    assert {each.rule for each in model.warnings} - {"dmn.never"} == happens
    never = {each.element_ids[0] for each in model.warnings if each.rule == "dmn.never"}
    assert never.isdisjoint(f"tab_r{out + 1}" for out in matched if isinstance(out, int))
