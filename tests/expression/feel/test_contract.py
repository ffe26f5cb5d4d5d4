"""FEEL as an expression language of the engine: contexts in, plain values out."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from engine.expression.feel import compile_feel
from engine.values import FileValue, Integer, JsonValue, ObjectValue, XmlValue
from tests.expression.scope import Execution, ReadOnlyScope


@pytest.mark.parametrize(
    ("value", "source", "expected"),
    [
        (Integer(3), "v + 1", Integer(4)),
        (2**62, "v", 2**62),
        (2**62, "v * 2", 2.0**63),
        (0.1, "v + 0.2", 0.3),
        (True, "v", True),
        ("x", 'v + "y"', "xy"),
        (None, "v", None),
        (JsonValue('{"a": [1, 2.5]}'), "v.a[2]", 2.5),
        (ObjectValue('{"a": 1}', "java.util.HashMap", "application/json"), "v.a", Integer(1)),
        ([1, {"a": 2}], "v[2].a", Integer(2)),
        (XmlValue("<a/>"), "v", "<a/>"),
        (FileValue("a", None, None, b""), "v", None),
        (b"", "v", None),
        (Execution(), "v", None),
        (datetime(2024, 2, 29, 10, 30, tzinfo=UTC), "v", "2024-02-29T10:30:00Z"),
        (datetime(2024, 2, 29, 10, 30, tzinfo=timezone(timedelta(hours=1))), "v.hour", Integer(10)),
        ([1], "v", JsonValue("[1]")),
        ({"a": datetime(2024, 7, 1, 10, 30, tzinfo=ZoneInfo("Europe/Berlin"))}, "v.a", "2024-07-01T10:30:00+02:00"),
    ],
)
def test_values(value: object, source: str, expected: object) -> None:
    result = compile_feel(source).evaluate(ReadOnlyScope({"v": value}))
    assert result == expected
    assert type(result) is type(expected)


def test_the_clock_is_that_of_the_engine() -> None:
    assert compile_feel("now()").evaluate(ReadOnlyScope()) == "2024-02-29T10:30:15.123Z"


def test_a_variable_that_is_not_there_is_null() -> None:
    assert compile_feel("missing").evaluate(ReadOnlyScope()) is None


def test_a_variable_is_read_once() -> None:
    class Counting(ReadOnlyScope):
        read = 0

        def lookup(self, name: str) -> object:
            Counting.read += 1
            return super().lookup(name)

    assert compile_feel("a + a + (for i in 1..9 return a)[1]").evaluate(Counting({"a": 1})) == 3
    assert Counting.read == 1
