"""What scripts read, return and change, in both languages."""

from datetime import UTC, datetime

import pytest

from engine.core.decision_result import DecisionResult
from engine.expression import EvaluationError, ExpressionSyntaxError, ScriptCall, ScriptObject, ScriptsUnavailable
from engine.scripting import ScriptPool
from engine.values import FileValue, Integer, JsonValue, ObjectValue, Short, XmlValue, encode

DATE = datetime(2024, 2, 29, 10, 30, 15, 123_000, UTC)
VARIABLES = {
    "i": Integer(5),
    "sh": Short(3),
    "big": 2**60 + 1,
    "d": 1.5,
    "t": True,
    "n": None,
    "s": "hé \U0001f600 '\"\\\n</script>\u2028",
    "date": DATE,
    "json": JsonValue('{"a": [1, 2], "b": {"c": "x"}}'),
    "object": ObjectValue.of({"total": 7}, "com.example.Order"),
    "list": [1, "two", DATE],
    "xml": XmlValue("<a/>"),
    "data": b"\0\1",
    "file": FileValue("a.pdf", "application/pdf", None, b"x"),
    "not a name": Integer(8),
}
OBJECTS = {
    "execution": ScriptObject(
        {"getId": "12", "getProcessBusinessKey": "order-7", "getTenantId": None, "isCanceled": False},
        {"i"},
        ["setProcessBusinessKey"],
    ),
    "task": ScriptObject({"getAssignee": "mary"}, {"s"}, ["setAssignee", "addCandidateUser"]),
}


def value(pool: ScriptPool, language: str, source: str) -> object:
    return pool.run(language, source, VARIABLES, OBJECTS).value


def calls(pool: ScriptPool, language: str, source: str) -> list[ScriptCall]:
    return list(pool.run(language, source, VARIABLES, OBJECTS).calls)


@pytest.mark.parametrize("name", ["i", "big", "d", "t", "n", "s", "date"])
def test_a_value_comes_back_as_it_went_in(pool: ScriptPool, language: str, name: str) -> None:
    for source in (name, f"execution.getVariable('{name}')"):
        found = value(pool, language, source)
        assert found == VARIABLES[name]
        assert encode(found) == encode(VARIABLES[name])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("i + 1", Integer(6)),
        ("sh", Integer(3)),
        ("i / 2", 2.5),
        ("2147483647", Integer(2**31 - 1)),
        ("2147483648", 2**31),
        ("object", {"total": 7}),
        ("list", [1, "two", "2024-02-29T10:30:15.123+0000"]),
        ("xml", "<a/>"),
        ("execution.getVariable('not a name')", Integer(8)),
        ("execution.getVariable('nothing')", None),
        ("execution.hasVariable('i')", True),
        ("execution.hasVariable('nothing')", False),
        ("execution.hasVariableLocal('d')", False),
        ("execution.getVariableLocal('d')", None),
        ("execution.getVariableLocal('i')", Integer(5)),
        ("execution.getVariablesLocal()", {"i": 5}),
        ("execution.getVariableNamesLocal()", ["i"]),
        ("execution.getId()", "12"),
        ("execution.id", "12"),
        ("execution.processBusinessKey", "order-7"),
        ("execution.getTenantId()", None),
        ("execution.isCanceled()", False),
        ("task.getAssignee()", "mary"),
        ("task.getVariableLocal('s')", VARIABLES["s"]),
        ("print('x')", None),
        ("", None),
    ],
)
def test_the_value_of_the_last_expression(pool: ScriptPool, language: str, source: str, expected: object) -> None:
    found = value(pool, language, source)
    assert found == expected
    assert type(found) is type(expected)


def test_changes_are_recorded_in_order(pool: ScriptPool, language: str) -> None:
    source = """
execution.setVariable('a', i + 1)
execution.setVariableLocal('b', [i, s])
execution.removeVariable('d')
execution.setVariables({'c': date})
task.setVariable('e', 'x')
execution.removeVariableLocal('i')
"""
    assert calls(pool, language, source) == [
        ("execution", "setVariable", ("a", Integer(6))),
        ("execution", "setVariableLocal", ("b", [5, VARIABLES["s"]])),
        ("execution", "removeVariable", ("d",)),
        ("execution", "setVariable", ("c", DATE)),
        ("task", "setVariable", ("e", "x")),
        ("execution", "removeVariableLocal", ("i",)),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("execution.setVariable('a', 1)\nexecution.getVariable('a')", Integer(1)),
        ("execution.setVariable('file', 1)\nexecution.getVariable('file')", Integer(1)),
        ("task.setVariable('a', 1)\nexecution.getVariable('a')", Integer(1)),
        ("execution.setVariableLocal('a', 1)\nexecution.getVariableLocal('a')", Integer(1)),
        ("execution.removeVariable('i')\nexecution.hasVariable('i')", False),
        ("execution.removeVariable('i')\nexecution.getVariable('i')", None),
        ("execution.setProcessBusinessKey('k')\nexecution.getProcessBusinessKey()", "k"),
        ("task.setAssignee('joe')\ntask.assignee", "joe"),
    ],
)
def test_a_script_sees_its_own_changes(pool: ScriptPool, language: str, source: str, expected: object) -> None:
    assert value(pool, language, source) == expected


def test_commands_are_recorded(pool: ScriptPool, language: str) -> None:
    source = "task.addCandidateUser('joe')\ntask.setAssignee(task.assignee)\nexecution.setProcessBusinessKey('k')"
    assert calls(pool, language, source) == [
        ("task", "addCandidateUser", ("joe",)),
        ("task", "setAssignee", ("mary",)),
        ("execution", "setProcessBusinessKey", ("k",)),
    ]


@pytest.mark.parametrize(("name", "kind"), [("data", "Bytes"), ("file", "File")])
@pytest.mark.parametrize("form", ["%s", "execution.getVariable('%s')"])
def test_what_a_script_cannot_read_is_refused_by_name(
    pool: ScriptPool, language: str, name: str, kind: str, form: str
) -> None:
    with pytest.raises(EvaluationError, match=rf"line 2.*'{name}' is of type {kind}, which a script cannot read"):
        value(pool, language, "\n" + form % name)
    assert value(pool, language, f"execution.hasVariable('{name}')") is True


@pytest.mark.parametrize(
    ("language", "source", "message"),
    [
        ("javascript", "let a = 1;\n\nfoo.bar", "line 3: ReferenceError: foo is not defined"),
        ("javascript", "function f() {\n  return i.x.y;\n}\nf()", "line 2: TypeError"),
        ("javascript", "\nthrow new RangeError('no')", "line 2: RangeError: no"),
        ("javascript", "throw 'plain'", "plain"),
        ("javascript", "i +", "line 1: SyntaxError"),
        ("javascript", "\nexecution.setVariable('a', NaN)", "line 2: .*NaN cannot be stored"),
        ("javascript", "\nexecution.setVariable(5, 1)", "line 2: .*name of a variable must be a text"),
        ("javascript", "const a = {}; a.a = a; a", "its value cannot be stored: TypeError: circular"),
        ("javascript", "Promise.resolve(1)", "A promise cannot be stored"),
        ("javascript", "new Date(NaN)", "its value cannot be stored"),
        ("javascript", "10n ** 30n", "outside the range of type 'Long'"),
        ("python", "a = 1\n\nfoo", "line 3: NameError: name 'foo' is not defined"),
        ("python", "def f():\n  return 1 / 0\n\nf()", "line 2: ZeroDivisionError"),
        ("python", "\nraise ValueError('no')", "line 2: ValueError: no"),
        ("python", "i +", "line 1: SyntaxError"),
        ("python", "\nexecution.setVariable(5, 1)", "line 2: .*name of a variable must be a text"),
        ("python", "float('nan')", "nan cannot be stored"),
        ("python", "2 ** 70", "An integer of more than 64 bit"),
        ("python", "{1: 2}", "keys of a dict must be texts"),
        ("python", "b'x'", "type 'bytes' cannot be stored"),
    ],
)
def test_an_error_says_what_and_where(pool: ScriptPool, language: str, source: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=rf"The script in {language} failed.*{message}|{message}"):
        value(pool, language, source)


@pytest.mark.parametrize(
    ("language", "source", "line", "position"),
    [
        ("javascript", "let a = 1;\nlet = ;", 2, 17),
        ("javascript", "i + ;", 1, 4),
        ("javascript", "return 5", 1, 0),
        ("python", "a = 1\nb = = 2", 2, 10),
        ("python", "class A(B):\n  pass", 1, 0),
    ],
)
def test_a_source_that_is_no_script_is_refused(
    pool: ScriptPool, language: str, source: str, line: int, position: int
) -> None:
    with pytest.raises(ExpressionSyntaxError, match=rf"\(line {line}\)") as refused:
        pool.check(language, source)
    assert source[: refused.value.position].count("\n") == line - 1
    assert abs(refused.value.position - position) <= 2


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("javascript", "while (true);"),
        ("javascript", "const f = (a) => a ?? 1;\nthrow new Error(undefinedName)"),
        ("javascript", ""),
        ("python", "while True:\n  pass"),
        ("python", "import json\nraise ValueError(undefined)"),
        ("python", ""),
    ],
)
def test_a_check_runs_nothing(pool: ScriptPool, language: str, source: str) -> None:
    pool.check(language, source)


def test_other_languages_are_refused(pool: ScriptPool) -> None:
    with pytest.raises(ScriptsUnavailable, match="No scripts in 'groovy' can be run; use javascript or python"):
        pool.run("groovy", "1", {}, {})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("S('{\"a\": [1]}')", JsonValue('{"a": [1]}')),
        ("S({a: 1})", JsonValue('{"a": 1}')),
        ("json", JsonValue('{"a": [1, 2], "b": {"c": "x"}}')),
        ("new Date(0)", datetime(1970, 1, 1, tzinfo=UTC)),
        ("[new Date(0)]", ["1970-01-01T00:00:00.000Z"]),
        ("date.getTime() - 1709202615123", Integer(0)),
        ("big + 1n", 2**60 + 2),
        ("2 ** 62", float(2**62)),
        ("1e300", 1e300),
        ("-0.5", -0.5),
        ("undefined", None),
        ("() => 1", None),
        ("let i = 9; i", Integer(9)),
        ("var i = 9; execution.getVariable('i')", Integer(5)),
        ("execution.setVariable('fresh', 2); fresh", Integer(2)),
        ("execution.removeVariable('i'); typeof i", "undefined"),
        ("execution.setVariable('Math', 2); Math.max(1, 2)", Integer(2)),
        ("JSON.parse('[1]').concat(2)", [1, 2]),
        ("console.log('x')", None),
    ],
)
def test_javascript(pool: ScriptPool, source: str, expected: object) -> None:
    found = value(pool, "javascript", source)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import json\njson.loads('[1]') + [2]", [1, 2]),
        ("from decimal import Decimal\nDecimal('1.25')", 1.25),
        ("(1, {2})", [1, [2]]),
        ("import datetime\ndatetime.datetime(1970, 1, 1)", datetime(1970, 1, 1, tzinfo=UTC)),
        ("import datetime\ndatetime.date(1970, 1, 1)", "1970-01-01"),
        ("import datetime\ndate + datetime.timedelta(days=1)", DATE.replace(month=3, day=1)),
        ("f'{i:03}'", "005"),
        ("json", {"a": [1, 2], "b": {"c": "x"}}),
        ("2 ** 62", 2**62),
        ("execution = None", None),
    ],
)
def test_python(pool: ScriptPool, source: str, expected: object) -> None:
    assert value(pool, "python", source) == expected


def test_nothing_stays_from_one_script_to_the_next(pool: ScriptPool) -> None:
    pool.run("javascript", "globalThis.kept = 1; Array.prototype.extra = 2", {}, {})
    pool.run("python", "kept = 1", {}, {})
    assert pool.run("javascript", "typeof kept + typeof [].extra", {}, {}).value == "undefinedundefined"
    with pytest.raises(EvaluationError, match="name 'kept' is not defined"):
        pool.run("python", "kept", {}, {})


DECISION = {
    "decisionResult": DecisionResult.of([{"x": "a", "size": 1}, {"x": "b", "size": 2}]),
    "one": DecisionResult.of([{"x": "a"}]),
    "none": DecisionResult.of([]),
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("decisionResult.getFirstResult().getEntry('x')", "a"),
        ("decisionResult.getFirstResult().getEntry('y')", None),
        ("decisionResult.getFirstResult().size", Integer(1)),
        ("decisionResult.collectEntries('x').join()", "a,b"),
        ("decisionResult.getResultList()", [{"x": "a", "size": 1}, {"x": "b", "size": 2}]),
        ("decisionResult", [{"x": "a", "size": 1}, {"x": "b", "size": 2}]),
        ("decisionResult.size() + decisionResult.length", Integer(4)),
        ("one.getSingleEntry() + one.getSingleResult().getSingleEntry() + one.getFirstResult().getFirstEntry()", "aaa"),
        ("one.getSingleResult().getEntryMap()", {"x": "a"}),
        ("none.getSingleEntry() === null && none.getSingleResult() === null && none.isEmpty()", True),
    ],
)
def test_the_result_of_a_decision_has_its_methods_in_javascript(
    pool: ScriptPool, source: str, expected: object
) -> None:
    assert pool.run("javascript", source, DECISION, {}).value == expected


@pytest.mark.parametrize("source", ["decisionResult.getSingleResult()", "decisionResult.getSingleEntry()"])
def test_a_decision_with_more_than_one_result_has_no_single_one(pool: ScriptPool, source: str) -> None:
    with pytest.raises(EvaluationError, match="The decision has more than one result"):
        pool.run("javascript", source, DECISION, {})


def test_the_result_of_a_decision_is_a_list_in_python(pool: ScriptPool) -> None:
    assert pool.run("python", "decisionResult[1]['x']", DECISION, {}).value == "b"
