"""What is read, and what is refused with its line and element."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

import pytest

from bpmn.problems import InvalidModel, Problem
from engine.decision import is_dmn, read_decisions, read_together
from engine.decision.reading import MOST_NAMES
from tests.decision.models import (
    NAMESPACE,
    Clause,
    boxed,
    definitions,
    evaluate,
    knows,
    literal,
    only,
    read,
    requires,
    table,
    text,
)
from tests.expression.scope import NOW


def problems(*elements: str, **options: str) -> list[Problem]:
    with pytest.raises(InvalidModel) as refused:
        read_decisions(definitions(*elements, **options), "test.dmn")
    return list(refused.value.problems)


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        NAMESPACE,
    ],
)
def test_versions_of_dmn(namespace: str) -> None:
    model = read_decisions(definitions(literal("2"), namespace=namespace), "test.dmn")
    assert evaluate(model.decisions["lit"]).value == 2
    assert (model.id, model.name, model.namespace) == ("model", "Model", "urn:test")


def test_file_names() -> None:
    assert [is_dmn(name) for name in ("a.dmn", "a.DMN11.xml", "a.bpmn", "a.xml")] == [True, True, False, False]


def test_attributes_of_a_decision() -> None:
    first = literal("1", id="a").replace(
        'name="a"', 'name="A b" camunda:historyTimeToLive="P5D" camunda:versionTag="v1"', 1
    )
    model = read(first, literal("2", id="b", inside=requires("a")), '<decision id="none" name="none"/>')
    assert list(model.decisions) == ["a", "b"]
    one, two = model.decisions.values()
    assert (one.title, one.name, one.version_tag, one.history_time_to_live) == ("A b", "x", "v1", "P5D")
    assert (one.kind, one.requires, two.requires, two.version_tag) == ("literalExpression", (), ("a",), None)


def test_the_version_tag_of_camunda_8() -> None:
    tag = '<z:versionTag xmlns:z="http://camunda.org/schema/zeebe/1.0" value="v2"/>'
    tag = f"<extensionElements>{tag}</extensionElements>"
    assert only(literal("1", inside=tag)).version_tag == "v2"


@pytest.mark.parametrize(
    "language", ["feel", "FEEL", "http://www.omg.org/spec/FEEL/20140401", "https://www.omg.org/spec/DMN/20191111/FEEL/"]
)
def test_names_of_feel(language: str) -> None:
    assert evaluate(only(literal("1 + 1", attributes=f'expressionLanguage="{language}"'))).value == 2


def test_the_language_of_the_whole_model() -> None:
    source = definitions(literal("${x}"), attributes='expressionLanguage="juel"')
    assert evaluate(read_decisions(source, "x").decisions["lit"], x="a").value == "a"


def restriction(name: str, of: str) -> str:
    return f'<itemDefinition name="{name}"><typeRef>{of}</typeRef></itemDefinition>'


ONE: list[Clause] = ["r"]
AGGREGATED = '<decisionTable aggregation="SUM"'
CIRCLE = literal("1", id="a", inside=requires("b")) + literal("1", id="b", inside=requires("a"))
NO_ENTRY = boxed("<context><contextEntry><variable name='a'/></contextEntry></context>")


@pytest.mark.parametrize(
    ("element", "rule", "element_id", "message"),
    [
        (literal("1 +"), "expression.syntax", "lit", "Error parsing '1 +'"),
        (literal("${x"), "expression.syntax", "lit", "Error parsing"),
        (literal("1", attributes='expressionLanguage="groovy"'), "dmn.language", "lit", "'groovy' is not supported"),
        (table(["1 +"], ONE, []), "expression.syntax", "tab_i1", "Error parsing"),
        (table(["x"], ONE, [(["1 +"], ["1"])]), "expression.syntax", "tab_r1", "Error parsing"),
        (table(["x"], ONE, [(["1"], ["1 +"])]), "expression.syntax", "tab_r1", "Error parsing"),
        (table(["x"], ONE, [([], ["1"])]), "dmn.table", "tab_r1", "0 input entries; the table has 1 inputs"),
        (table(["x"], ONE, [(["1"], ["1", "2"])]), "dmn.table", "tab_r1", "2 output entries"),
        (table(["x"], [], [(["1"], [])]), "dmn.table", "tab_t", "no output"),
        (table(["x"], ["r", "r"], []), "dmn.table", "tab_t", "two outputs have the name 'r'"),
        (table(["x"], ONE, [], policy="SOME"), "dmn.hitPolicy", "tab_t", "no hit policy 'SOME'"),
        (table(["x"], ONE, [], policy="COLLECT AVG"), "dmn.hitPolicy", "tab_t", "no aggregation 'AVG'"),
        (table(["x"], ONE, [], policy="PRIORITY"), "dmn.table", "tab_t", "orders by the output values"),
        (table(["x"], ONE, []).replace("<decisionTable", AGGREGATED), "dmn.hitPolicy", "tab_t", "UNIQUE has no"),
        (table(["x"], ["r", "s"], []).replace(' name="s"', ""), "dmn.table", "tab_t", "each needs a name"),
        (table(["x"], ONE, []).replace("inputExpression", "inputValues"), "dmn.table", "tab_t", "no inputExpression"),
        (literal("1", inside=requires("nope")), "dmn.reference", "lit", "there is no element '#nope'"),
        (literal("1", inside=requires("lit")), "dmn.circle", "lit", "require each other: lit"),
        (CIRCLE, "dmn.circle", "a", "a, b"),
        (literal("1") + literal("2"), "dmn.name", "lit", "two elements have the id 'lit'"),
        (literal("1").replace('id="lit"', ""), "dmn.name", None, "needs an id and a name"),
        (literal("1").replace('name="lit"', ""), "dmn.name", "lit", "needs an id and a name"),
        (literal("1").replace('<variable name="x"/>', ""), "dmn.name", "lit", "needs a variable"),
        (NO_ENTRY, "dmn.expression", "box", "missing"),
        (boxed("<unheardOf/>"), "dmn.unknown", "box", "no <unheardOf> in a decision"),
        ("<unheardOf id='u'/>", "dmn.unknown", "u", "no <unheardOf> in a model"),
        ('<import name="i" namespace="urn:i" importType="urn:xsd"/>', "dmn.import", None, "not supported"),
        (f'<import name="i" namespace="urn:i" importType="{NAMESPACE}"/>', "dmn.import", None, "'urn:i' is not among"),
        (boxed("<functionDefinition kind='Java'/>"), "dmn.unsupported", "box", "the kind 'JAVA'"),
        (restriction("tA", "tB") + restriction("tB", "tA"), "dmn.circle", None, "of itself"),
    ],
)  # fmt: skip
def test_what_is_refused(element: str, rule: str, element_id: str | None, message: str) -> None:
    found = problems(f"\n{element}")
    assert all(problem.is_error and problem.line >= 2 for problem in found)
    assert any(
        problem.rule == rule
        and message in problem.message
        and (element_id is None or element_id in problem.element_ids)
        for problem in found
    ), found


@pytest.mark.parametrize("missing", ["id", "name", "namespace"])
def test_definitions_need_a_name(missing: str) -> None:
    source = definitions(literal("1")).replace(f" {missing}=".encode(), f" not-{missing}=".encode(), 1)
    with pytest.raises(InvalidModel, match=f"the definitions have no {missing}"):
        read_decisions(source, "test.dmn")


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        (b"", "xml.malformed"),
        (b"<a", "xml.malformed"),
        (b"<definitions/>", "dmn.namespace"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "xml.doctype"),
        (definitions(boxed("<list>" * 60 + "</list>" * 60)), "xml.limit"),
        (definitions(boxed("<list>" * 2000 + "</list>" * 2000)), "xml.limit"),
    ],
)
def test_what_cannot_be_read(source: bytes, rule: str) -> None:
    with pytest.raises(InvalidModel) as refused:
        read_decisions(source, "test.dmn")
    assert refused.value.problems[0].rule == rule


def test_a_problem_names_what_it_stands_in() -> None:
    cell = '<inputEntry id="cell">'
    (found,) = problems("\n\n" + table(["x"], ["r"], [(["1 +"], ["1"])]).replace("<inputEntry>", cell))
    assert (found.line, found.element_ids) == (3, ("cell", "tab_r1", "tab"))


def test_an_unknown_type_is_told_and_not_checked() -> None:
    model = read(literal('"a"', type="tNone"))
    assert [(each.rule, each.is_error) for each in model.warnings] == [("dmn.type", False)]
    assert evaluate(model.decisions["lit"]).value == "a"


def test_diagrams_are_passed_over() -> None:
    diagram = '<d:DMNDI xmlns:d="https://www.omg.org/spec/DMN/20191111/DMNDI/"><d:DMNDiagram/></d:DMNDI>'
    assert evaluate(only(literal("1"), diagram)).value == 1


def test_a_long_chain_of_decisions() -> None:
    chain = [literal("1", id="d0", variable="v0")]
    chain += [literal(f"v{n} + 1", id=f"d{n + 1}", variable=f"v{n + 1}", inside=requires(f"d{n}")) for n in range(999)]
    assert evaluate(read(*chain).decisions["d999"]).value == 1000


LIBRARY = definitions(
    restriction("tAge", "number").replace("</item", "<allowedValues><text>[0..150]</text></allowedValues></item"),
    '<inputData id="who" name="the-name"><variable name="the-name" typeRef="string"/></inputData>',
    '<businessKnowledgeModel id="greet" name="greet"><encapsulatedLogic><formalParameter name="n"/>'
    "<literalExpression>" + text('"Hello " + n') + "</literalExpression></encapsulatedLogic></businessKnowledgeModel>",
    literal("greet(the-name)", id="hello", variable="hello", inside=knows("greet")
            + '<informationRequirement><requiredInput href="#who"/></informationRequirement>'),
).replace(b"urn:test", b"urn:library")  # fmt: skip


def client(name: str, prefix: str) -> bytes:
    required = '<informationRequirement><requiredDecision href="urn:library#hello"/></informationRequirement>'
    required += '<knowledgeRequirement><requiredKnowledge href="urn:library#greet"/></knowledgeRequirement>'
    return definitions(
        f'<import name="{name}" namespace="urn:library" importType="{NAMESPACE}"/>',
        literal(f'{prefix}hello + {prefix}greet("b") + string(200 instance of {prefix}tAge)', inside=required),
    )


@pytest.mark.parametrize(("name", "prefix"), [("lib", "lib."), ("my lib", "my lib."), ("", "")])
@pytest.mark.parametrize("by_standard", [True, False])
def test_imports(name: str, prefix: str, *, by_standard: bool) -> None:
    models = read_together({"a.dmn": client(name, prefix), "b.dmn": LIBRARY}, by_standard=by_standard)
    assert list(models) == ["a.dmn", "b.dmn"]
    decision = models["a.dmn"].decisions["lit"]
    found = decision.evaluate({"the-name": "a"}, NOW)
    assert found.value == "Hello aHello bfalse"
    assert [each.decision_id for each in found.evaluated] == ["hello", "lit"]


def test_models_that_import_each_other_in_a_circle() -> None:
    def importing(own: str, other: str) -> bytes:
        source = definitions(f'<import name="o" namespace="{other}" importType="{NAMESPACE}"/>', literal("1"))
        return source.replace(b"urn:test", own.encode())

    with pytest.raises(InvalidModel, match="is not among the models"):
        read_together({"a": importing("urn:a", "urn:b"), "b": importing("urn:b", "urn:a")})


# ---------------------------------------------------------------- hostile files


def _calls(run: Callable[[], object]) -> int:
    """How many functions are called meanwhile: what takes twice as long for twice as much has twice as many."""
    count = 0

    def counted(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counted)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def _of_several_words(number: int) -> list[str]:
    """Decisions whose names are of several words, each of which names itself."""
    return [
        f'<decision id="d{each}" name="a b {each}"><variable name="a b {each}"/>'
        f"<literalExpression>{text(f'a b {each} + 1')}</literalExpression></decision>"
        for each in range(number)
    ]


def test_names_take_no_more_time_the_more_there_are() -> None:
    few, many = (_calls(partial(read, *_of_several_words(number))) for number in (100, 400))
    assert many < 6 * few


def test_more_names_than_one_expression_may_know_are_refused_once() -> None:
    assert [each.rule for each in problems(*_of_several_words(MOST_NAMES + 1))].count("dmn.limit") == 1


def test_more_names_than_all_expressions_may_know_are_refused_once() -> None:
    entries = (
        f'<contextEntry><variable name="a b {each}"/><literalExpression>{text("1")}</literalExpression></contextEntry>'
        for each in range(1_000)
    )
    found = problems(f'<decision id="d" name="d"><variable name="d"/><context>{"".join(entries)}</context></decision>')
    assert [each.rule for each in found] == ["dmn.limit"]
