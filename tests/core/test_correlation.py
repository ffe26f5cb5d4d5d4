"""Whom a message is for, as far as rows tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.core.correlation import ANY, Content, Correlation, dump, load, routes
from engine.core.state import ProcessInstance, Subscription
from engine.values import Integer, JsonValue, Short

NOW = datetime(2030, 1, 1, tzinfo=UTC)
INSTANCE = ProcessInstance(id=1, root_id=1, definition_id=7, business_key="B", started_at=NOW)
SUBSCRIPTION = Subscription(
    id=2, kind="message", name="m", definition_id=7, element_id="c", tenant_id="blue", configuration="K", created_at=NOW
)
SEEN = {"text": "x", "number": Integer(1), "both": 1}
LOCAL = {"both": 2}

MEANT: list[dict[str, Any]] = [
    {},
    {"business_key": "B"},
    {"process_instance_id": 1},
    {"tenant_id": "blue"},
    {"key": "K"},
    {"keys": {"text": "x"}},
    {"keys": {"number": Integer(1), "text": "x"}},
    {"local_keys": {"both": 2}},
    {
        "keys": {"both": 1},
        "local_keys": {"both": 2},
        "business_key": "B",
        "process_instance_id": 1,
        "tenant_id": "blue",
    },
]
NOT_MEANT: list[dict[str, Any]] = [
    {"name": "n"},
    {"business_key": "b"},
    {"process_instance_id": 2},
    {"tenant_id": ""},
    {"key": "L"},
    {"keys": {"text": "y"}},
    {"keys": {"number": 1}},
    {"keys": {"number": Short(1)}},
    {"keys": {"missing": None}},
    {"keys": {"text": "x", "number": Integer(2)}},
    {"keys": {"both": 2}},
    {"local_keys": {"text": "x"}},
]


@pytest.mark.parametrize("wanted", MEANT, ids=str)
def test_who_is_meant_is_on_the_route(wanted: dict[str, Any]) -> None:
    correlation = Correlation(**{"name": "m"} | wanted)
    assert correlation.meets(SUBSCRIPTION, INSTANCE, SEEN, LOCAL)
    assert correlation.route in set(routes(SUBSCRIPTION, INSTANCE, SEEN, LOCAL))


@pytest.mark.parametrize("wanted", NOT_MEANT, ids=str)
def test_who_is_not_meant(wanted: dict[str, Any]) -> None:
    assert not Correlation(**{"name": "m"} | wanted).meets(SUBSCRIPTION, INSTANCE, SEEN, LOCAL)


def test_routes_are_told_apart():
    ways: list[dict[str, Any]] = [
        {},
        {"process_instance_id": 1},
        {"business_key": "1"},
        {"key": "1"},
        {"keys": {"a": "1"}},
        {"keys": {"a": 1}},
        {"keys": {"a": Integer(1)}},
        {"keys": {"a": None}},
        {"keys": {"b": 1}},
        {"local_keys": {"a": 1}},
    ]
    found = [Correlation(name="m", **way).route for way in ways]
    assert len(set(found)) == len(ways)
    assert found[0] == ANY
    assert {len(route) for route in found} == {32}


def test_a_message_is_the_same_after_it_was_kept():
    wanted = Correlation(
        name="m", business_key="B", keys={"a": Integer(1)}, local_keys={"b": "x"}, tenant_id="", key="K"
    )
    content = Content(variables={"v": JsonValue("[1]")}, local_variables={"l": NOW}, scope_variables={"s": b"x"})
    again, loaded = load(dump(wanted, content))
    assert (again.name, again.business_key, again.tenant_id, again.key) == ("m", "B", "", "K")
    assert again.route == wanted.route
    assert (again.keys, again.local_keys, again.process_instance_id) == (wanted.keys, wanted.local_keys, None)
    assert loaded == content
    assert [type(value) for value in loaded.all.values()] == [type(value) for value in content.all.values()]
