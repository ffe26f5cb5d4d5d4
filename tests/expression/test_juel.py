"""JUEL: values and types of expressions, what is refused, and the errors. Expected is what JUEL itself gives."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from engine.expression import (
    EvaluationError,
    ExpressionSyntaxError,
    UnknownMethod,
    UnknownName,
    UnknownProperty,
    UnsupportedLanguage,
    compile_expression,
    compile_script,
)
from engine.values import Integer, JsonValue, ObjectValue, Short
from tests.expression.scope import NOW, Execution, ReadOnlyScope, Scope

VARIABLES = {
    "s": "hello",
    "n5": "5",
    "i": Integer(7),
    "l": 9,
    "sh": Short(3),
    "d": 2.5,
    "t": True,
    "f": False,
    "nul": None,
    "e": "",
    "list": ["a", "b", Integer(3)],
    "none": [],
    "map": {"k": "v", "n": Integer(4)},
    "date": datetime(1970, 1, 1, tzinfo=UTC),
    "later": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    "big": 2**63 - 1,
    "json": JsonValue('{"a":{"b":[1,2.5,"x"]},"t":true,"z":null,"big":5000000000}'),
    "array": JsonValue("[1,[2]]"),
    "obj": ObjectValue('["x","y"]', "java.util.ArrayList<java.lang.String>"),
    "dto": ObjectValue('{"name":"Ann","age":3}', "org.example.Person"),
    "broken": ObjectValue("[", "org.example.Person"),
    "execution": Execution(),
    "bytes": b"x",
}


def evaluate(source: str) -> object:
    return compile_expression(source).evaluate(Scope(VARIABLES))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # arithmetic
        ("${1+1}", 2),
        ("${i+1}", 8),
        ("${i+i}", 14),
        ("${n5+1}", 6),
        ("${'1.5'+1}", 2.5),
        ("${'1e2' + 1}", 101.0),
        ("${'+5' + 1}", 6),
        ("${10/2}", 5.0),
        ("${7 div 2}", 3.5),
        ("${7 mod 2}", 1),
        ("${-7 % 3}", -1),
        ("${7 % -3}", 1),
        ("${7.5 % 2}", 1.5),
        ("${-7.5 % 3}", -1.5),
        ("${1/0}", math.inf),
        ("${-1/0}", -math.inf),
        ("${-i}", Integer(-7)),
        ("${-sh}", Short(-3)),
        ("${-n5}", -5),
        ("${-'1.5'}", -1.5),
        ("${-nul}", 0),
        ("${nul+1}", 1),
        ("${nul/nul}", 0),
        ("${nul/2}", 0.0),
        ("${e+1}", 1),
        ("${1+2*3}", 7),
        ("${(1+2)*3}", 9),
        ("${1-2-3}", -4),
        ("${2-(-3)}", 5),
        ("${--1}", 1),
        ("${2*3%4+1}", 3),
        ("${'a' += 1 += nul}", "a1"),
        ("${1 + 1 += 1}", "21"),
        # literals
        ("${1.0}", 1.0),
        ("${1e3}", 1000.0),
        ("${1.e2}", 100.0),
        ("${.5}", 0.5),
        ("${9223372036854775807}", 2**63 - 1),
        ("${null}", None),
        ("${true}", True),
        ("${false}", False),
        (r"${'it\'s'}", "it's"),
        (r'${"a\"b"}', 'a"b'),
        (r"${'a\\b'}", r"a\b"),
        ("${'é}'}", "é}"),
        ("#{1}", 1),
        # comparison
        ("${n5==5}", True),
        ("${n5=='5'}", True),
        ("${1 == '1'}", True),
        ("${1.0 == '1'}", True),
        ("${i==7.0}", True),
        ("${t=='true'}", True),
        ("${t=='yes'}", False),
        ("${nul==null}", True),
        ("${nul==0}", False),
        ("${nul==e}", False),
        ("${nul!=0}", True),
        ("${date=='x'}", False),
        ("${list=='x'}", False),
        ("${list==list}", True),
        ("${bytes=='x'}", False),
        ("${i<8}", True),
        ("${i lt 8 and i le 7 and i ge 7 and i gt 6 and i eq 7 and i ne 8}", True),
        ("${nul<1}", False),
        ("${nul<=nul}", True),
        ("${nul>=1}", False),
        ("${s<'i'}", True),
        ("${'10'<9}", False),
        ("${t<f}", False),
        ("${date<later}", True),
        ("${date==later}", False),
        ("${0/0 < 1}", False),
        ("${0/0 >= 1}", False),
        ("${1 < 2 == true}", True),
        ("${1 == 2 == false}", True),
        # logic
        ("${t and not f}", True),
        ("${t&&f}", False),
        ("${f || t}", True),
        ("${s and t}", False),
        ("${'TRUE' and t}", True),
        ("${nul or t}", True),
        ("${not nul}", True),
        ("${!t || t}", True),
        ("${not t == f}", True),
        ("${f and unknown}", False),
        ("${t or unknown}", True),
        ("${empty e}", True),
        ("${empty nul}", True),
        ("${empty none}", True),
        ("${empty list}", False),
        ("${empty obj}", False),
        ("${empty 5}", False),
        ("${empty e == true}", True),
        ("${t ? 1 : 2}", 1),
        ("${t ? f ? 1 : 2 : 3}", 2),
        ("${f ? 1 : t ? 2 : 3}", 2),
        ("${nul ? 1 : 2}", 2),
        ("${t ? 1 : unknown}", 1),
        # properties and indexes
        ("${list[0]}", "a"),
        ("${list['1']}", "b"),
        ("${list[1.5]}", "b"),
        ("${list[9]}", None),
        ("${list[-1]}", None),
        ("${list[nul]}", None),
        ("${map.k}", "v"),
        ("${map['k']}", "v"),
        ("${map.zz}", None),
        ("${map[1]}", None),
        ("${nul.x.y}", None),
        ("${nul['a']}", None),
        ("${obj[1]}", "y"),
        ("${dto.name}", "Ann"),
        ("${dto.age}", Integer(3)),
        ("${date.time}", 0),
        ("${execution.processBusinessKey}", "order-7"),
        ("${execution['processBusinessKey']}", "order-7"),
        # text around expressions
        ("", ""),
        ("plain", "plain"),
        ("a${1}", "a1"),
        ("Hello ${s}!", "Hello hello!"),
        ("${1}}", "1}"),
        ("#{1}#{2}", "12"),
        ("${nul}${nul}", ""),
        ("${t} ${i} ${obj}", "true 7 [x, y]"),
        ("a${map}b${list}c${d}e${nul}f${date}", "a{k=v, n=4}b[a, b, 3]c2.5efThu Jan 01 00:00:00 UTC 1970"),
        ("${1e10} ${1.0e-5} ${12345678.9} ${1e7} ${0.001} ${-1e10}", "1.0E10 1.0E-5 1.23456789E7 1.0E7 0.001 -1.0E10"),
        ("${1/0} ${0/0} ${100.0} ${1.5e300}", "Infinity NaN 100.0 1.5E300"),
        (r"\${1}", "${1}"),
        (r"\\${1}", r"\${1}"),
        (r"\#{1}${1}", "#{1}1"),
        (r"a\b", r"a\b"),
        ("$ # {", "$ # {"),
        ("${ 'a'\n}", "a"),
    ],
)
def test_values(source: str, expected: object) -> None:
    value = evaluate(source)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${s.length()}", Integer(5)),
        ("${s['length']()}", Integer(5)),
        ("${s.isEmpty()}", False),
        ("${s.isBlank()}", False),
        ("${s.startsWith('he')}", True),
        ("${s.endsWith('lo')}", True),
        ("${s.contains('ll')}", True),
        ("${s.substring(1)}", "ello"),
        ("${s.substring(1,3)}", "el"),
        ("${s.substring('1')}", "ello"),
        ("${s.indexOf('l')}", Integer(2)),
        ("${s.indexOf('l', 3)}", Integer(3)),
        ("${s.lastIndexOf('l')}", Integer(3)),
        ("${s.charAt(0)=='h'}", True),
        ("${s.concat(1)}", "hello1"),
        ("${s.concat(nul)}", "hello"),
        ("${s.replace('l','L')}", "heLLo"),
        ("${s.replace('', '-')}", "-h-e-l-l-o-"),
        ("${s.split('l')}", ["he", "", "o"]),
        ("${'a,b,,'.split(',')}", ["a", "b"]),
        ("${'a1b22c'.split('[0-9]+')[2]}", "c"),
        ("${s.matches('h.*')}", True),
        ("${s.matches('h')}", False),
        ("${s.toUpperCase().toLowerCase().trim().toString()}", "hello"),
        ("${s.equals('hello')}", True),
        ("${s.equals(5)}", False),
        ("${s.equalsIgnoreCase('HELLO')}", True),
        ("${s.compareTo('a') > 0}", True),
        ("${i.intValue()}", Integer(7)),
        ("${i.longValue()}", 7),
        ("${i.doubleValue()}", 7.0),
        ("${i.shortValue()}", Short(7)),
        ("${big.intValue()}", Integer(-1)),
        ("${d.intValue()}", Integer(2)),
        ("${d.longValue()}", 2),
        ("${(1e30).intValue()}", Integer(2**31 - 1)),
        ("${(0/0).longValue()}", 0),
        ("${i.toString()}", "7"),
        ("${d.toString()}", "2.5"),
        ("${(1).equals('1')}", False),
        ("${i.compareTo(8)}", Integer(-1)),
        ("${d.compareTo(2)}", Integer(1)),
        ("${t.booleanValue()}", True),
        ("${t.toString()}", "true"),
        ("${t.equals(1)}", False),
        ("${list.size()}", Integer(3)),
        ("${list.isEmpty()}", False),
        ("${list.get(0)}", "a"),
        ("${list.contains('a')}", True),
        ("${list.contains(3)}", True),
        ("${list.contains('3')}", False),
        ("${list.containsAll(none)}", True),
        ("${none.containsAll(list)}", False),
        ("${list.indexOf('b')}", Integer(1)),
        ("${list.lastIndexOf('zz')}", Integer(-1)),
        ("${list.lastIndexOf(3)}", Integer(2)),
        ("${obj.contains('y')}", True),
        ("${obj.equals(obj)}", True),
        ("${map.size()}", Integer(2)),
        ("${map.get('k')}", "v"),
        ("${map.containsKey('n')}", True),
        ("${map.containsValue(4)}", True),
        ("${map.keySet()}", ["k", "n"]),
        ("${map.values()[0]}", "v"),
        ("${map.entrySet()[1].key}", "n"),
        ("${map.isEmpty()}", False),
        ("${date.before(later)}", True),
        ("${date.after(later)}", False),
        ("${later.getTime()}", 1000),
        ("${date.compareTo(later)}", Integer(-1)),
        ("${date.toString()}", "Thu Jan 01 00:00:00 UTC 1970"),
        ("${execution.getVariable('x')}", Integer(1)),
        ("${json.a.b[0]}", Integer(1)),
        ("${json.big}", 5_000_000_000),
        ("${json.z}", None),
        ("${json.missing}", None),
        ("${json.prop('a').prop('b').elements()[1].numberValue()}", 2.5),
        ("${json.prop('a').prop('b').elements().get(2).stringValue()}", "x"),
        ("${json.prop('t').boolValue()}", True),
        ("${json.prop('t').value()}", True),
        ("${json.prop('z').isNull()}", True),
        ("${json.hasProp('a') and not json.hasProp('b')}", True),
        ("${json.fieldNames()}", ["a", "t", "z", "big"]),
        ("${json.isObject()}", True),
        ("${array.isArray()}", True),
        ("${array.elements()[0].isNumber()}", True),
        ("${array.elements()[0].isString()}", False),
        ("${array[1][0]}", Integer(2)),
        ("${json.jsonPath('$.a.b[0]').numberValue()}", Integer(1)),
        ("${json.jsonPath('$.a.b[-1]').stringValue()}", "x"),
        ("${json.jsonPath(\"$['a']['b']\").elementList().size()}", Integer(3)),
        ("${json.prop('a').toString()}", '{"b":[1,2.5,"x"]}'),
        ("${S('[1]').elements()[0].numberValue()}", Integer(1)),
        ("${JSON(map).prop('k').stringValue()}", "v"),
        ("${S(json) == json}", True),
        ("${json.prop('a')}", JsonValue('{"b":[1,2.5,"x"]}')),
        ("${currentUser()}", "mary"),
        ("${currentUserGroups()}", ["sales", "staff"]),
        ("${currentUserGroups().contains('sales')}", True),
    ],
)
def test_methods(source: str, expected: object) -> None:
    value = evaluate(source)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${now()}", NOW),
        ("${dateTime().toDate()}", NOW),
        ("${dateTime().plusDays(1).toDate()}", NOW + timedelta(days=1)),
        ("${dateTime().plusWeeks(2).minusHours(3).toDate()}", NOW + timedelta(days=14, hours=-3)),
        ("${dateTime().plusMinutes(1).plusSeconds(1).plusMillis(1)}", NOW + timedelta(seconds=61, milliseconds=1)),
        ("${dateTime().plusMonths(1)}", NOW.replace(month=3)),
        ("${dateTime().minusYears(1)}", NOW.replace(year=2023, day=28)),
        ("${dateTime().withTimeAtStartOfDay()}", datetime(2024, 2, 29, tzinfo=UTC)),
        ("${dateTime().withHourOfDay(17).withMinuteOfHour(0)}", NOW.replace(hour=17, minute=0)),
        ("${dateTime().withMillisOfSecond(5)}", NOW.replace(microsecond=5000)),
        ("${dateTime().toString()}", "2024-02-29T10:30:15.123Z"),
        ("${dateTime().plusDays(1).isAfter(now())}", True),
        ("${dateTime().isBefore(date)}", False),
        ("${dateTime().isEqual(now())}", True),
        ("${dateTime().getDayOfWeek()}", 4),
        ("${dateTime().year + dateTime().monthOfYear}", 2026),
        ("${dateTime().getMillis() == now().time}", True),
        ("at ${dateTime()}", "at 2024-02-29T10:30:15.123Z"),
        ("at ${now()}", "at Thu Feb 29 10:30:15 UTC 2024"),
    ],
)
def test_dates(source: str, expected: object) -> None:
    assert evaluate(source) == expected


def test_to_date_gives_a_plain_date() -> None:
    assert type(evaluate("${dateTime().plusDays(1).toDate()}")) is datetime


def test_an_object_alone_stays_what_it_is() -> None:
    assert evaluate("${obj}") is VARIABLES["obj"]


@pytest.mark.parametrize(
    ("source", "error", "text"),
    [
        ("${x}", UnknownName, "Unknown property used in expression: ${x}. Cause: Cannot resolve identifier 'x'"),
        ("${empty x}", UnknownName, "'x'"),
        ("${x == null}", UnknownName, "'x'"),
        ("${x.y}", UnknownName, "'x'"),
        ("Hello ${x}!", UnknownName, "Hello ${x}!"),
        ("${s.length}", UnknownProperty, "Cannot resolve property 'length' in 'String'"),
        ("${i.foo}", UnknownProperty, "'foo' in 'Integer'"),
        ("${execution.secret}", UnknownProperty, "'secret' in 'execution'"),
        ("${json.t.x}", UnknownProperty, "'x'"),
        ("${s.foo()}", UnknownMethod, "Unknown method used in expression: ${s.foo()}. Cause: Cannot find method 'foo'"),
        ("${s.length(1)}", UnknownMethod, "'length'"),
        ("${execution.destroy()}", UnknownMethod, "'destroy'"),
        ("${bytes.decode()}", UnknownMethod, "'decode' in 'Bytes'"),
        ("${nul.x()}", EvaluationError, "Target unreachable, base expression 'nul' resolved to null"),
        ("${map.k.zz.foo()}", EvaluationError, "'zz'"),
        ("${s+1}", EvaluationError, "Error while evaluating expression: ${s+1}. Cause: Cannot coerce 'hello'"),
        ("${' 5'+1}", EvaluationError, "Cannot coerce ' 5' to Long"),
        ("${'1_0'+1}", EvaluationError, "Cannot coerce '1_0'"),
        ("${t+1}", EvaluationError, "Cannot coerce from Boolean to Long"),
        ("${t==1}", EvaluationError, "Cannot coerce from Boolean to Long"),
        ("${list+1}", EvaluationError, "Cannot coerce from List to Long"),
        ("${date+1}", EvaluationError, "Cannot coerce from Date to Long"),
        ("${s==5}", EvaluationError, "Cannot coerce 'hello'"),
        ("${s<9}", EvaluationError, "Cannot coerce 'hello'"),
        ("${1 and t}", EvaluationError, "Cannot coerce from Long to Boolean"),
        ("${!1}", EvaluationError, "Cannot coerce from Long to Boolean"),
        ("${1 ? 1 : 2}", EvaluationError, "Boolean"),
        ("${-t}", EvaluationError, "Cannot negate"),
        ("${list < list}", EvaluationError, "Cannot compare"),
        ("${1%0}", EvaluationError, "/ by zero"),
        ("${list['x']}", EvaluationError, "Cannot coerce 'x'"),
        ("${list.size}", EvaluationError, "Cannot coerce 'size' to Long"),
        ("${list.get(10)}", EvaluationError, "Index 10 out of bounds for length 3"),
        ("${s.substring(9)}", EvaluationError, "out of range"),
        ("${s.substring(3,1)}", EvaluationError, "out of range"),
        ("${s.charAt(5)}", EvaluationError, "out of range"),
        ("${s.matches('h(')}", EvaluationError, "not a regular expression"),
        ("${s.before(date)}", UnknownMethod, "'before'"),
        ("${date.before(s)}", EvaluationError, "Cannot coerce from String to Date"),
        ("${list.containsAll(s)}", EvaluationError, "to Collection"),
        ("${json.prop('nope')}", EvaluationError, "Unable to find JSON property 'nope'"),
        ("${json.stringValue()}", EvaluationError, "not a string"),
        ("${json.value()}", EvaluationError, "not a scalar"),
        ("${json.prop('t').numberValue()}", EvaluationError, "not a number"),
        ("${json.elements()}", EvaluationError, "not an array"),
        ("${json.jsonPath('$..a')}", EvaluationError, "names and indexes"),
        ("${json.jsonPath('$.a[*]')}", EvaluationError, "names and indexes"),
        ("${json.jsonPath('a')}", EvaluationError, "must begin"),
        ("${json.jsonPath('$.a.zz')}", EvaluationError, "Unable to find 'zz'"),
        ("${S('{')}", EvaluationError, "Not valid JSON"),
        ("${S(bytes).prop('a')}", EvaluationError, "Unable to find"),
        ("${broken[0]}", EvaluationError, "Not valid JSON"),
        ("a${bytes}", EvaluationError, "Cannot coerce from Bytes to String"),
        ("a${execution}", EvaluationError, "Cannot coerce"),
        ("${dateTime().plusYears(9000)}", EvaluationError, "no date of the calendar"),
        ("${dateTime().withHourOfDay(24)}", EvaluationError, "no date of the calendar"),
    ],
)
def test_failures(source: str, error: type[EvaluationError], text: str) -> None:
    with pytest.raises(error) as caught:
        evaluate(source)
    assert text in str(caught.value)
    assert caught.value.source == source


@pytest.mark.parametrize(
    ("source", "position", "text"),
    [
        ("${", 2, "not closed"),
        ("${}", 2, "expected a value"),
        ("${1", 3, "not closed"),
        ("a ${1 +}", 7, "encountered end of expression"),
        ("${a b}", 4, "encountered 'b'"),
        ("${1 2}", 4, "encountered '2'"),
        ("${foo(1)}", 2, "Could not resolve function 'foo'"),
        ("${now(1)}", 2, "Could not resolve function 'now'"),
        ("${fn:foo(1)}", 2, "Could not resolve function 'fn:foo' of 1 arguments"),
        ("${fn:foo}", 4, "encountered ':'"),
        ("${t ':' (1)}", 4, "encountered '':''"),
        ("${a = 1}", 4, "invalid character '='"),
        ("${a; b}", 3, "invalid character ';'"),
        ("${x -> x}", 5, "encountered '>'"),
        ("${[1,2]}", 2, "encountered '['"),
        ("${{1}}", 2, "invalid character '{'"),
        ("${s instanceof t}", 4, "encountered 'instanceof'"),
        ("${and}", 2, "encountered 'and'"),
        ("${s.empty}", 4, "expected the name of a property"),
        ("${5.foo}", 4, "encountered 'foo'"),
        ("${t&f}", 3, "invalid character '&'"),
        (r"${'a\nb'}", 4, r"invalid escape sequence '\n'"),
        ("${'a}", 2, "not closed with a quote"),
        ("${9223372036854775808}", 2, "outside the range of a Long"),
        ("${f(1}", 5, "expected ',' or ')'"),
        ("${a[1}", 5, "expected ']'"),
        ("${(1}", 4, "expected ')'"),
        ("${a ? 1}", 7, "expected ':'"),
        ("${a[b]()}", 6, "constant text"),
        ("${a\0b}", 3, "invalid character"),
    ],
)
def test_syntax_errors(source: str, position: int, text: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_expression(source)
    assert text in str(caught.value)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("source", "constant"),
    [("text", "text"), ("${1+1}", 2), ("${'a'}", "a"), ("a${1}b${true}", "a1btrue"), ("${null}", None), ("", "")],
)
def test_constants(source: str, constant: object) -> None:
    expression = compile_expression(source)
    assert expression.is_constant
    assert expression.constant == constant
    assert expression.names == frozenset()


@pytest.mark.parametrize("source", ["${x}", "a${x}", "${now()}", "${s.length()}", "${'a'.length()}", "${'a'+1}"])
def test_what_is_not_constant(source: str) -> None:
    expression = compile_expression(source)
    assert not expression.is_constant
    assert expression.constant is None


def test_names_are_the_root_identifiers() -> None:
    expression = compile_expression("${a.b + list[c] * max.of(d, 'e') > (f ? 1 : now().time)} ${g}")
    assert expression.names == {"a", "list", "c", "max", "d", "f", "g"}


def test_source_is_kept() -> None:
    assert compile_expression("a ${b}").source == "a ${b}"


def test_a_language_is_found_in_any_case() -> None:
    assert compile_expression("${1}", "JUEL").constant == 1


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UnsupportedLanguage, match=r"'cobol'; known are: .*juel"):
        compile_expression("1", "cobol")


@pytest.mark.parametrize("script", ["${execution.setVariable('i', l + 1)}", "execution.setVariable('i', l + 1)\n"])
def test_scripts(script: str) -> None:
    execution = Execution()
    compile_script(script, "juel").evaluate(Scope({**VARIABLES, "execution": execution}))
    assert execution.variables["i"] == 10


# --- changes of collections -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "result", "assigned"),
    [
        ("${list.add('z')}", True, {"list": ["a", "b", 3, "z"]}),
        ("${list.remove('a')}", True, {"list": ["b", 3]}),
        ("${list.remove('zz')}", False, {"list": ["a", "b", 3]}),
        ("${list.remove(0)}", "a", {"list": ["b", 3]}),
        ("${map.put('k', 1)}", "v", {"map": {"k": 1, "n": 4}}),
        ("${map.remove('n')}", 4, {"map": {"k": "v"}}),
        ("${obj.add('z')}", True, {"obj": ObjectValue('["x","y","z"]', "java.util.ArrayList<java.lang.String>")}),
        ("${list.add(list)}", True, {"list": ["a", "b", 3, ["a", "b", 3]]}),
    ],
)
def test_changing_a_collection_sets_the_variable_to_a_changed_copy(
    source: str, result: object, assigned: dict[str, object]
) -> None:
    before = [*VARIABLES["list"]]  # type: ignore[misc]
    scope = Scope(VARIABLES)
    assert compile_expression(source).evaluate(scope) == result
    assert scope.assigned == assigned
    assert VARIABLES["list"] == before


@pytest.mark.parametrize(
    "source", ["${map.k.concat('a').add(1)}", "${s.add(1)}", "${nul.add(1)}", "${json.remove('a')}"]
)
def test_only_collections_can_be_changed(source: str) -> None:
    scope = Scope(VARIABLES)
    with pytest.raises(EvaluationError):
        compile_expression(source).evaluate(scope)
    assert scope.assigned == {}


@pytest.mark.parametrize(
    ("source", "context"),
    [("${list.add(1)}", ReadOnlyScope(VARIABLES)), ("${map.values().add(1)}", Scope(VARIABLES))],
)
def test_a_collection_that_cannot_be_set_cannot_be_changed(source: str, context: ReadOnlyScope) -> None:
    with pytest.raises(EvaluationError, match="cannot be changed here"):
        compile_expression(source).evaluate(context)
