"""The values of process variables: what is valid, their REST form and their stored form."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.values import (
    MAX_DEPTH,
    FileValue,
    Integer,
    InvalidValue,
    JsonValue,
    ObjectValue,
    Short,
    Stored,
    XmlValue,
    decode,
    encode,
    format_date,
    from_json,
    from_rest,
    parse_date,
    to_rest,
    type_name,
)

DATE = datetime(2013, 1, 23, 13, 42, 42, 123_000, UTC)
LIST_INFO = {"objectTypeName": "java.util.ArrayList<java.lang.String>", "serializationDataFormat": "application/json"}
TOO_DEEP = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)

CASES: list[tuple[dict[str, Any], object]] = [
    ({"value": None, "type": "Null", "valueInfo": {}}, None),
    ({"value": True, "type": "Boolean", "valueInfo": {}}, True),
    ({"value": 12, "type": "Short", "valueInfo": {}}, Short(12)),
    ({"value": 123, "type": "Integer", "valueInfo": {}}, Integer(123)),
    ({"value": 9007199254740991, "type": "Long", "valueInfo": {}}, 9007199254740991),
    ({"value": -(2**63), "type": "Long", "valueInfo": {}}, -(2**63)),
    ({"value": 1.5, "type": "Double", "valueInfo": {}}, 1.5),
    ({"value": "text ✓ 🙂", "type": "String", "valueInfo": {}}, "text ✓ 🙂"),
    ({"value": "2013-01-23T13:42:42.123+0000", "type": "Date", "valueInfo": {}}, DATE),
    ({"value": "aGVsbG8=", "type": "Bytes", "valueInfo": {}}, b"hello"),
    ({"value": '{"a": [1,2],"b":null}', "type": "Json", "valueInfo": {}}, JsonValue('{"a": [1,2],"b":null}')),
    ({"value": "<a/>", "type": "Xml", "valueInfo": {}}, XmlValue("<a/>")),
]


@pytest.mark.parametrize(("body", "value"), CASES, ids=[case[0]["type"] for case in CASES])
def test_rest_form_and_back(body: dict[str, Any], value: object) -> None:
    read = from_rest(body)
    assert read == value
    assert type(read) is type(value)
    assert type_name(value) == body["type"]
    assert to_rest(value) == body


@pytest.mark.parametrize("value", [case[1] for case in CASES])
def test_stored_form_and_back(value: object) -> None:
    stored = encode(value)
    assert stored.type == type_name(value)
    read = decode(stored)
    assert read == value
    assert type(read) is type(value)


def test_columns_of_the_stored_form() -> None:
    assert encode(True) == Stored("Boolean", long=1)
    assert encode(Short(5)) == Stored("Short", long=5)
    assert encode(5) == Stored("Long", long=5)
    assert encode(1.5) == Stored("Double", double=1.5)
    assert encode("a") == Stored("String", text="a")
    assert encode(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == Stored("Date", long=0)
    assert encode(b"x") == Stored("Bytes", data=b"x")
    assert encode(JsonValue.of([1])) == Stored("Json", text="[1]")


def test_an_object_keeps_its_text_and_class() -> None:
    body = {"value": '["x", "y"]', "type": "Object", "valueInfo": LIST_INFO}
    value = from_rest(body)
    assert to_rest(value, deserialize=False) == body
    assert to_rest(value) == body | {"value": ["x", "y"]}
    again = decode(encode(value))
    assert again == value
    assert to_rest(again, deserialize=False) == body


@pytest.mark.parametrize(
    ("made", "class_name", "text"),
    [
        ([1, "a", None, {"b": True}], "java.util.ArrayList", '[1,"a",null,{"b":true}]'),
        ({"a": [1.5], "ü": 2**40}, "java.util.LinkedHashMap", '{"a":[1.5],"ü":1099511627776}'),
        ([DATE, b"hello", JsonValue("[1]")], None, '["2013-01-23T13:42:42.123+0000","aGVsbG8=",[1]]'),
    ],
)
def test_collections_of_the_engine_are_stored_as_objects(made: Any, class_name: str | None, text: str) -> None:
    info = {"objectTypeName": class_name or "java.util.ArrayList", "serializationDataFormat": "application/json"}
    assert type_name(made) == "Object"
    assert to_rest(made) == {"value": json.loads(text), "type": "Object", "valueInfo": info}
    assert to_rest(made, deserialize=False) == {"value": text, "type": "Object", "valueInfo": info}
    read = decode(encode(made))
    assert isinstance(read, ObjectValue)
    assert read.text == text
    assert read.object_type_name == info["objectTypeName"]
    assert read.node == json.loads(text)


def test_files() -> None:
    info = {"filename": "a.txt", "mimeType": "text/plain", "encoding": "UTF-8"}
    value = from_rest({"value": "aGVsbG8=", "type": "File", "valueInfo": info})
    assert value == FileValue("a.txt", "text/plain", "UTF-8", b"hello")
    assert to_rest(value) == {"value": None, "type": "File", "valueInfo": info}
    assert decode(encode(value)) == value
    bare = from_rest({"value": None, "type": "file", "valueInfo": {"filename": "empty"}})
    assert bare == FileValue("empty", None, None, b"")
    assert to_rest(bare) == {"value": None, "type": "File", "valueInfo": {"filename": "empty"}}
    assert decode(encode(bare)) == bare


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (1, Integer(1)),
        (-(2**31), Integer(-(2**31))),
        (2**31, 2**31),
        (1.0, 1.0),
        ("a", "a"),
        (False, False),
        (None, None),
        ([1, {"a": "b"}], [1, {"a": "b"}]),
    ],
)
def test_without_a_type_the_json_decides(node: object, value: object) -> None:
    for read in (from_rest({"value": node}), from_json(node)):
        assert read == value
        assert type(read) is type(value)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"value": "a", "type": "string"}, "a"),
        ({"value": "a", "type": "String", "valueInfo": None}, "a"),
        ({"value": "12", "type": "Integer"}, 12),
        ({"value": "-3", "type": "long"}, -3),
        ({"value": "true", "type": "Boolean"}, True),
        ({"value": "1.5", "type": "Double"}, 1.5),
        ({"value": 2, "type": "Double"}, 2.0),
        ({"value": 5, "type": "String"}, "5"),
        ({"value": True, "type": "String"}, "true"),
        ({"value": None, "type": "Integer"}, None),
        ({"value": None, "type": "Object", "valueInfo": LIST_INFO}, None),
        ({"value": None, "type": "Json"}, None),
        ({"value": "1", "type": "Null"}, None),
        ({"type": "String"}, None),
        ({}, None),
        ({"value": "[]", "type": "Object", "valueInfo": {"objectTypeName": "a.B"}}, ObjectValue("[]", "a.B")),
    ],
)
def test_what_is_read_liberally(body: dict[str, Any], value: object) -> None:
    assert from_rest(body) == value


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"value": "abc", "type": "X"}, "Unsupported value type 'X'"),
        ({"value": "abc", "type": "STRING"}, "Unsupported value type 'STRING'"),
        ({"value": "abc", "type": 5}, "Unsupported value type '5'"),
        ({"value": "abc", "type": ""}, "Unsupported value type ''"),
        ({"value": "abc", "type": "Integer"}, "Cannot convert value 'abc' of type 'Integer'"),
        ({"value": 1.5, "type": "Integer"}, "Cannot convert value '1.5'"),
        ({"value": True, "type": "Integer"}, "Cannot convert value 'True'"),
        ({"value": "9" * 5000, "type": "Integer"}, "Cannot convert value"),
        ({"value": 2**31, "type": "Integer"}, r"outside the range of type 'Integer' \(-2147483648 to 2147483647\)"),
        ({"value": 2**15, "type": "Short"}, "outside the range of type 'Short'"),
        ({"value": 2**63, "type": "Long"}, "outside the range of type 'Long'"),
        ({"value": 2**63}, "outside the range of type 'Long'"),
        ({"value": 1, "type": "Boolean"}, "Cannot convert value '1' of type 'Boolean'"),
        ({"value": "x", "type": "Double"}, "Cannot convert value 'x' of type 'Double'"),
        ({"value": "NaN", "type": "Double"}, "finite"),
        ({"value": float("inf"), "type": "Double"}, "finite"),
        ({"value": float("nan")}, "finite"),
        ({"value": 10**400, "type": "Double"}, "Cannot convert value"),
        ({"value": 10**5000, "type": "Double"}, "Cannot convert value 'an integer of 16610 bits'"),
        ({"value": ["a"], "type": "String"}, "Cannot convert value"),
        ({"value": "a\0b", "type": "String"}, "NUL character"),
        ({"value": "a\ud800", "type": "String"}, "lone surrogate"),
        ({"value": ["a\0"]}, "NUL character"),
        ({"value": {"a\0": 1}}, "NUL character"),
        ({"value": "1.1.2013", "type": "Date"}, "'1.1.2013' is no date of the form yyyy-MM-dd"),
        ({"value": 0, "type": "Date"}, "Cannot convert value '0' of type 'Date'"),
        ({"value": "a", "type": "Bytes"}, "not base64"),
        ({"value": "ü" * 4, "type": "Bytes"}, "not base64"),
        ({"value": 1, "type": "Bytes"}, "must be a base64 text"),
        ({"value": "aGk=", "type": "File"}, "without filename"),
        ({"value": "aGk=", "type": "File", "valueInfo": {"filename": 5}}, "'filename' must be a text"),
        ({"value": "?", "type": "File", "valueInfo": {"filename": "a"}}, "not base64"),
        ({"value": {"a": 1}, "type": "Json"}, "Must provide 'null' or String value"),
        ({"value": "{a}", "type": "Json"}, "Not valid JSON: .* at line 1, column 2"),
        ({"value": "", "type": "Json"}, "Not valid JSON"),
        ({"value": "[NaN]", "type": "Json"}, "JSON has no number NaN"),
        ({"value": "[1e999]", "type": "Json"}, "finite"),
        ({"value": "[" + "9" * 5000 + "]", "type": "Json"}, "outside the range"),
        ({"value": '["\\u0000"]', "type": "Json"}, "NUL character"),
        ({"value": '["\\ud800"]', "type": "Json"}, "lone surrogate"),
        ({"value": TOO_DEEP, "type": "Json"}, "more than 50 deep"),
        ({"value": "[" * 100_000, "type": "Json"}, "more than 50 deep"),
        ({"value": json.loads(TOO_DEEP)}, "more than 50 deep"),
        ({"value": "<a>\0</a>", "type": "Xml"}, "NUL character"),
        ({"value": ["x"], "type": "Object", "valueInfo": LIST_INFO}, "Must provide 'null' or String value"),
        ({"value": "[]", "type": "Object"}, "needs its class in valueInfo"),
        ({"value": "[", "type": "Object", "valueInfo": LIST_INFO}, "Not valid JSON"),
        (
            {
                "value": "rO0",
                "type": "Object",
                "valueInfo": {
                    "objectTypeName": "a.B",
                    "serializationDataFormat": "application/x-java-serialized-object",
                },
            },
            "Java serialization format is prohibited",
        ),
        (
            {
                "value": "<a/>",
                "type": "Object",
                "valueInfo": {"objectTypeName": "a.B", "serializationDataFormat": "application/xml"},
            },
            "Cannot read serializationDataFormat 'application/xml'",
        ),
        ({"value": 1, "valueInfo": []}, None),
        ({"value": 1, "valueInfo": [1]}, "valueInfo must be an object"),
        ({"value": 1, "valueInfo": {"transient": True}}, "Transient variables are not supported"),
    ],
)
def test_what_is_refused(body: dict[str, Any], message: str | None) -> None:
    if message is None:
        assert from_rest(body) == 1
        return
    with pytest.raises(InvalidValue, match=message):
        from_rest(body)


def test_the_deepest_json_is_fine() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert to_rest(from_rest({"value": text, "type": "Json"}))["value"] == text
    node: Any = json.loads(text)
    assert isinstance(from_rest({"value": node}), list)


class _Unknown:
    pass


def _contains_itself() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1, 2}, "Python type 'set'"),
        (_Unknown(), "Python type '_Unknown'"),
        ([1, _Unknown()], "Python type '_Unknown'"),
        ([FileValue("a", None, None, b"")], "Python type 'FileValue'"),
        ({1: 2}, "keys of a map must be texts"),
        (_contains_itself(), "more than 50 deep"),
        (2**63, "outside the range"),
        (-(2**63) - 1, "outside the range"),
        ([10**5000], "outside the range"),
        (Integer(2**31), "'Integer'"),
        (Short(-(2**15) - 1), "'Short'"),
        ([2**63], "outside the range"),
        (float("nan"), "finite"),
        ([float("inf")], "finite"),
        ("\0", "NUL"),
        ("\udfff", "surrogate"),
        (["\0"], "NUL"),
        (XmlValue("\0"), "NUL"),
        (FileValue("\0", None, None, b""), "NUL"),
        (datetime(2024, 1, 1), "needs a time zone"),  # noqa: DTZ001
        ([datetime(2024, 1, 1)], "needs a time zone"),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_stored(value: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        encode(value)


def test_type_name_of_what_is_no_value() -> None:
    with pytest.raises(InvalidValue, match="'object'"):
        type_name(object())


def test_arithmetic_makes_plain_integers() -> None:
    assert type(Integer(1) + Integer(1)) is int
    assert type(Short(1) + 1) is int


def test_equality_of_documents() -> None:
    assert JsonValue('{"a":1}') == JsonValue('{ "a" : 1 }')
    assert hash(JsonValue("[1]")) == hash(JsonValue("[ 1 ]"))
    assert JsonValue("1") != JsonValue("2")
    assert JsonValue("1") != ObjectValue("1", "a.B")
    assert ObjectValue("[1]", "a.B") == ObjectValue.of([1], "a.B")
    assert ObjectValue("[1]", "a.B") != ObjectValue("[1]", "a.C")


def test_a_document_is_parsed_when_first_asked() -> None:
    document = JsonValue("{")
    assert document.text == "{"
    with pytest.raises(InvalidValue, match="Not valid JSON"):
        _ = document.node


def test_integers_in_documents_are_typed() -> None:
    small, large = JsonValue("[1, 5000000000]").node
    assert type(small) is Integer
    assert type(large) is int


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024-01-01T10:00:00.000+0000", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        ("2024-01-01T10:00:00.123+0000", datetime(2024, 1, 1, 10, 0, 0, 123_000, UTC)),
        ("2024-01-01T10:00:00.123999+0000", datetime(2024, 1, 1, 10, 0, 0, 123_000, UTC)),
        ("2024-01-01T10:00:00.000+0130", datetime(2024, 1, 1, 8, 30, tzinfo=UTC)),
        ("2024-01-01T10:00:00.000-01:30", datetime(2024, 1, 1, 11, 30, tzinfo=UTC)),
        ("2024-01-01T10:00:00Z", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        ("2024-01-01T10:00:00", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        ("2024-01-01T10:00", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        ("2024-02-29T23:59:59.999-1200", datetime(2024, 3, 1, 11, 59, 59, 999_000, UTC)),
    ],
)
def test_dates_are_read_liberally(text: str, date: datetime) -> None:
    assert parse_date(text) == date
    assert parse_date(format_date(date)) == date


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-01-01",
        "2024-01-01 10:00:00",
        "2024-02-30T10:00:00Z",
        "2024-01-01T25:00:00Z",
        "2024-01-01T10:00:00+9900",
        "24-01-01T10:00:00Z",
        "0001-01-01T00:00:00+0100",
        "2024-01-01T10:00:00.000+0000 ",
        "٢024-01-01T10:00:00Z",
    ],
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_date(text)


def test_dates_are_written_in_utc() -> None:
    assert format_date(datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2023-12-31T23:00:00.000+0000"
    assert format_date(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000+0000"


def test_dates_are_stored_to_the_millisecond() -> None:
    assert decode(encode(datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC))) == datetime(
        1969, 12, 31, 23, 59, 59, 999_000, UTC
    )


json_data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Python's default text has lone surrogates and NUL in it, which are refused.
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_data)
def test_any_json_data_is_stored_and_shown_unchanged(node: Any) -> None:
    value = from_rest({"value": node})
    assert to_rest(decode(encode(value)))["value"] == node
    document = JsonValue.of(node)
    assert JsonValue(document.text).node == node


@given(st.text())
def test_any_text_is_stored_unchanged_or_refused(text: str) -> None:
    try:
        stored = encode(text)
    except InvalidValue:
        assert "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)
        return
    assert decode(stored) == text
