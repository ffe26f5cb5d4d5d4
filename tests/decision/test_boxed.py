"""Boxed expressions, knowledge models and decision services."""

from __future__ import annotations

import pytest

from engine.decision import DecisionFailed
from engine.values import JsonValue
from tests.decision.models import boxed, evaluate, knows, literal, only, read, requires, result, table, text


def lit(source: str, attributes: str = "") -> str:
    return f"<literalExpression {attributes}>{text(source)}</literalExpression>"


def entry(name: str, expression: str, type_: str = "") -> str:
    variable = f'<variable name="{name}"{type_ and f""" typeRef="{type_}" """}/>' if name else ""
    return f"<contextEntry>{variable}{expression}</contextEntry>"


def bkm(name: str, parameters: str, body: str, *, inside: str = "", attributes: str = "") -> str:
    formal = "".join(
        f'<formalParameter name="{each.partition(":")[0]}"'
        + (f' typeRef="{each.partition(":")[2]}"' if ":" in each else "")
        + "/>"
        for each in parameters.split()
    )
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}">{inside}'
        f"<encapsulatedLogic {attributes}>{formal}{body}</encapsulatedLogic></businessKnowledgeModel>"
    )


def value(expression: str, *before: str, inside: str = "", **variables: object) -> object:
    found = evaluate(only(*before, boxed(expression, inside=inside)), variables).value
    return found.node if isinstance(found, JsonValue) else found


def test_a_context_sees_its_entries_before() -> None:
    entries = entry("a", lit("x + 1")) + entry("b c", lit("a * 2")) + entry("a-d", lit("1"))
    assert value(f"<context>{entries}</context>", x=1) == {"a": 2, "b c": 4, "a-d": 1}
    assert value(f"<context>{entries}{entry('', lit('b c - a-d'))}</context>", x=1) == 3


def test_a_context_without_a_table_is_one_row() -> None:
    decision = only(boxed(f"<context>{entry('a', lit('1'))}</context>"))
    found = evaluate(decision)
    assert found.result == ({"box": {"a": 1}},)
    assert found.evaluated[0].kind == "context"


def test_lists_and_relations() -> None:
    assert value(f"<list>{lit('1')}{lit('x')}</list>", x="a") == [1, "a"]
    columns = '<column name="a"/><column name="b"/>'
    rows = f"<row>{lit('1')}{lit('a')}</row><row>{lit('x')}{lit('2')}</row>"
    assert value(f"<relation>{columns}{rows}</relation>", x=3) == [{"a": 1, "b": None}, {"a": 3, "b": 2}]


def test_iterations() -> None:
    domain = f"<in>{lit('[1, 2, 3]')}</in>"
    assert value(f'<for iteratorVariable="i">{domain}<return>{lit("i * x")}</return></for>', x=2) == [2, 4, 6]
    running = lit("if count(partial) = 0 then 1 else sum(partial)")
    assert value(f'<for iteratorVariable="i">{domain}<return>{running}</return></for>') == [1, 1, 2]
    for tag, expected in (("some", True), ("every", False)):
        test = f"<satisfies>{lit('i > x')}</satisfies>"
        assert value(f'<{tag} iteratorVariable="i">{domain}{test}</{tag}>', x=2) is expected


def test_filter_and_conditional() -> None:
    assert value(f"<filter><in>{lit('[1, 2, 3]')}</in><match>{lit('item >= x')}</match></filter>", x=2) == [2, 3]
    condition = f"<if>{lit('x')}</if><then>{lit('1')}</then><else>{lit('2')}</else>"
    assert [value(f"<conditional>{condition}</conditional>", x=x) for x in (True, False, None)] == [1, 2, 2]


def test_functions_and_invocations() -> None:
    add = bkm("add", "a:number b", lit("a + b"))
    bindings = "".join(
        f'<binding><parameter name="{name}"/>{lit(source)}</binding>' for name, source in (("b", "x"), ("a", "2"))
    )
    assert value(f"<invocation>{lit('add')}{bindings}</invocation>", add, inside=knows("add"), x=3) == 5
    assert value(lit("add(1, 2) + add(b: 1, a: 1)"), add, inside=knows("add")) == 5
    assert value(lit('add("1", 2)'), add, inside=knows("add")) is None
    inner = f"<functionDefinition><formalParameter name='n'/>{lit('n * x')}</functionDefinition>"
    assert value(f"<context>{entry('f', inner)}{entry('', lit('f(4)'))}</context>", x=2) == 8


def test_a_knowledge_model_sees_what_it_requires_and_itself() -> None:
    one = bkm("one", "", lit("1"))
    factorial = bkm("fact", "n", lit("if n <= 1 then one() else n * fact(n - 1)"), inside=knows("one"))
    assert value(lit("fact(5)"), one, factorial, inside=knows("fact")) == 120


def test_a_knowledge_model_that_is_a_table() -> None:
    decided = table(["n"], ["size"], [(["> 10"], ['"big"']), (["<= 10"], ['"small"'])])
    inner = decided[decided.index("<decisionTable") : decided.index("</decision>", decided.index("</decisionTable>"))]
    size = bkm("size", "n", inner)
    assert value(lit("[size(11), size(n: 1)]"), size, inside=knows("size")) == ["big", "small"]


def test_an_endless_recursion_fails() -> None:
    endless = bkm("endless", "n", lit("endless(n + 1)"))
    with pytest.raises(DecisionFailed, match="deep"):
        value(lit("endless(1)"), endless, inside=knows("endless"))


SERVICE = (
    '<inputData id="n" name="n"><variable name="n" typeRef="number"/></inputData>'
    + literal(
        "n + 1",
        id="in1",
        variable="in1",
        inside='<informationRequirement><requiredInput href="#n"/></informationRequirement>',
    )
    + literal("in1 * 10", id="mid", variable="mid", inside=requires("in1"))
    + literal("mid + in1", id="out1", variable="out1", inside=requires("mid", "in1"))
    + literal("mid", id="out2", variable="out2", inside=requires("mid"))
)


def service(outputs: str, inputs: str) -> str:
    inner = "".join(f'<outputDecision href="#{each}"/>' for each in outputs.split())
    inner += "".join(f'<{"inputData" if each == "n" else "inputDecision"} href="#{each}"/>' for each in inputs.split())
    return f'<decisionService id="srv" name="srv">{inner}</decisionService>'


def test_decision_services() -> None:
    assert value(lit("srv(3)"), SERVICE, service("out1", "in1"), inside=knows("srv")) == 33
    assert value(lit("srv(n: 3)"), SERVICE, service("out1", "n"), inside=knows("srv")) == 44
    several = value(lit("srv(3)"), SERVICE, service("out1 out2", "in1"), inside=knows("srv"))
    assert several == {"out1": 33, "out2": 30}
    assert value(lit("srv()"), SERVICE, service("out1", "in1"), inside=knows("srv")) is None


PERSON = """
    <itemDefinition name="tAge"><typeRef>number</typeRef>
      <allowedValues><text>[0..150]</text></allowedValues></itemDefinition>
    <itemDefinition name="tPerson"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>
      <itemComponent name="age-now"><typeRef>tAge</typeRef></itemComponent></itemDefinition>
    <itemDefinition name="tPeople" isCollection="true"><typeRef>tPerson</typeRef></itemDefinition>
    <itemDefinition name="tPair" isCollection="true"><typeRef>number</typeRef>
      <typeConstraint><text>count(?) = 2</text></typeConstraint></itemDefinition>
    <itemDefinition name="tCall"><functionItem outputTypeRef="number">
      <parameters name="n" typeRef="number"/></functionItem></itemDefinition>
"""


@pytest.mark.parametrize(
    ("type_", "source", "expected"),
    [
        ("tAge", "5", 5),
        ("tAge", "[5]", 5),
        ("tAge", "200", None),
        ("tAge", "null", None),
        ("tPerson", '{name: "a", age-now: 5}', {"name": "a", "age-now": 5}),
        ("tPerson", '{name: "a", age-now: 500}', None),
        ("tPerson", '{name: "a", age-now: null}', {"name": "a", "age-now": None}),
        ("tPeople", '[{name: "a", age-now: 5}]', [{"name": "a", "age-now": 5}]),
        ("tPeople", '{name: "a", age-now: 5}', [{"name": "a", "age-now": 5}]),
        ("tPeople", "[1]", None),
        ("tPair", "[1, 2]", [1, 2]),
        ("tPair", "[1]", None),
        ("tCall", "1", None),
        ("date and time", 'date("2024-01-02")', "2024-01-02T00:00:00Z"),
    ],
)
def test_item_definitions(type_: str, source: str, expected: object) -> None:
    """By the standard what is not of the type is null; usually the decision fails."""
    found = evaluate(only(PERSON, boxed(lit(source), type=type_), by_standard=True)).value
    assert (found.node if isinstance(found, JsonValue) else found) == expected
    usual = only(PERSON, boxed(lit(source), type=type_))
    if expected is None and source != "null":
        with pytest.raises(DecisionFailed, match=f"is no {type_}"):
            evaluate(usual)
    else:
        assert evaluate(usual).value == found


def test_expressions_name_the_types_of_the_model() -> None:
    tests = '[5 instance of tAge, 200 instance of tAge, [{name: "a", age-now: 1}] instance of tPeople]'
    assert value(lit(tests), PERSON) == [True, False, True]
    assert value(lit("(function(a: tAge) a)(5)"), PERSON) == 5
    assert value(lit("(function(a: tAge) a)(500)"), PERSON) is None


def test_a_member_with_signs_in_its_name() -> None:
    assert value(lit("p.age-now + 1"), PERSON, p=JsonValue.of({"age-now": 4})) == 5


def test_what_is_not_required_is_not_seen_by_the_standard() -> None:
    other = literal("5", id="other", variable="other")
    assert result(only(other, boxed(lit("other")))) == [{"box": None}]
    assert result(only(other, boxed(lit("other"), inside=requires("other")), by_standard=True)) == [{"box": 5}]
    data = '<inputData id="n" name="n"><variable name="n" typeRef="number"/></inputData>'
    requirement = '<informationRequirement><requiredInput href="#n"/></informationRequirement>'
    declared = only(data, boxed(lit("[n, m]"), inside=requirement), by_standard=True)
    assert result(declared, n=1, m=2) == [{"box": [1, None]}]
    assert result(declared, n="1") == [{"box": [None, None]}]
    assert result(only(data, boxed(lit("[n, m]"))), n="1", m=2) == [{"box": ["1", 2]}]


def test_by_the_standard_violations_and_errors_are_null() -> None:
    twice = table(["x"], ["r"], [(["> 1"], ["1"]), (["> 2"], ["2"])])
    assert evaluate(only(twice, by_standard=True), x=3).value is None
    assert evaluate(only(boxed(lit("1 +")), by_standard=True)).value is None
    assert evaluate(only(boxed(lit("assert(null, false)")), by_standard=True)).value is None


def test_by_the_standard_what_is_wrong_in_one_decision_leaves_the_others() -> None:
    broken = table(["x"], [], [(["1"], [])], policy="COLLECT COUNT", id="broken")
    model = read(broken, boxed(lit("1")), by_standard=True)
    assert evaluate(model.decisions["broken"]).value == 0
    assert evaluate(model.decisions["box"]).value == 1
    assert [each.rule for each in model.warnings] == ["dmn.table"]
