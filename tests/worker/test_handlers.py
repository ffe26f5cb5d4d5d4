"""Handlers: how they are registered, what they are called with, and what their results become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from engine import Backoff, HandlerRegistry, InvalidHandler, InvalidInput, InvalidResult, Job
from engine.handlers import MAX_RESULT, Rate, variables_from
from engine.values import Integer, JsonValue, ObjectValue


@dataclass
class Address:
    city: str
    code: int


class Guest(BaseModel):
    name: str
    nights: int = 1


class Rooms(TypedDict):
    number: int
    view: str


def job(**more: Any) -> Job:
    known: dict[str, Any] = {
        "id": 7,
        "topic": "t",
        "process_instance_id": 1,
        "business_key": "B-1",
        "definition_id": 2,
        "element_id": "charge",
        "tenant_id": "",
        "attempt": 1,
        "retries": 3,
        "headers": {},
        "fields": {},
        "inputs": {},
        "variables": {},
    }
    return Job(**{**known, **more})


def arguments(function: Any, **variables: object) -> dict[str, object]:
    registry = HandlerRegistry()
    registry.handler("t")(function)
    found = registry.get("t")
    assert found is not None
    return found.arguments(job(), variables)


# --- arguments ------------------------------------------------------------------------------------------------------


def test_variables_are_converted_as_annotated() -> None:
    def function(
        count: int,
        price: float,
        ok: bool,
        due: datetime,
        names: list[str],
        more: dict[str, int],
        home: Address,
        guest: Guest,
        rooms: Rooms,
        untyped,  # type: ignore[no-untyped-def]
    ) -> None: ...

    given = arguments(
        function,
        count=Integer(3),
        price=Integer(2),
        ok=True,
        due=datetime(2024, 1, 1, tzinfo=UTC),
        names=JsonValue('["a","b"]'),
        more=ObjectValue('{"a":1}', "java.util.Map"),
        home=JsonValue('{"city":"Ulm","code":89073}'),
        guest=JsonValue('{"name":"Ada"}'),
        rooms=JsonValue('{"number":2,"view":"sea"}'),
        untyped=JsonValue("[1]"),
    )
    assert given == {
        "count": 3,
        "price": 2.0,
        "ok": True,
        "due": datetime(2024, 1, 1, tzinfo=UTC),
        "names": ["a", "b"],
        "more": {"a": 1},
        "home": Address("Ulm", 89073),
        "guest": Guest(name="Ada"),
        "rooms": {"number": 2, "view": "sea"},
        "untyped": [1],
    }


def test_a_parameter_may_ask_for_the_document_itself() -> None:
    def function(order: JsonValue) -> None: ...

    document = JsonValue('{"a": 1}')
    assert arguments(function, order=document)["order"] is document


def test_defaults_and_optional_parameters_stand_for_missing_variables() -> None:
    def function(a: int = 5, b: str | None = "x", c: str | None = None, d: int | None = 3) -> None: ...

    assert arguments(function, d=None) == {"d": None}

    def other(a: str | None) -> None: ...

    assert arguments(other) == {"a": None}


def test_a_snake_case_parameter_finds_a_camel_case_variable() -> None:
    def function(customer_id: int) -> None: ...

    assert arguments(function, customerId=Integer(4)) == {"customer_id": 4}
    assert arguments(function, customerId=Integer(4), customer_id=Integer(5)) == {"customer_id": 5}


def test_the_rest_of_the_variables_and_the_job_can_be_asked_for() -> None:
    def function(a: int, work: Job, **rest: object) -> None: ...

    given = arguments(function, a=1, b=2, work="a variable of that name")
    assert given["a"] == 1
    assert given["b"] == 2
    assert isinstance(given["work"], Job)
    assert given["work"].id == 7


def test_a_missing_variable_is_named() -> None:
    def function(customer: str) -> None: ...

    with pytest.raises(InvalidInput, match="'customer' is missing at 'charge'"):
        arguments(function)


def test_a_variable_of_the_wrong_type_is_named_without_its_value() -> None:
    def function(amount: int) -> None: ...

    with pytest.raises(InvalidInput, match="'amount' at 'charge'") as refused:
        arguments(function, amount="top secret")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("source", ["def f(a, /): ...", "def f(*a): ..."])
def test_parameters_without_names_are_refused(source: str) -> None:
    space: dict[str, Any] = {}
    exec(source, space)
    with pytest.raises(InvalidHandler, match="has no name to be given by"):
        arguments(space["f"])


# --- results --------------------------------------------------------------------------------------------------------


def test_results_become_variables() -> None:
    when = datetime(2024, 1, 1, tzinfo=UTC)
    assert variables_from(None) == {}
    assert variables_from({"a": 1, "when": when}) == {"a": Integer(1), "when": when}
    assert type(variables_from({"a": 1})["a"]) is Integer
    assert variables_from(Address("Ulm", 1)) == {"city": "Ulm", "code": 1}
    assert variables_from(Guest(name="Ada")) == {"name": "Ada", "nights": 1}
    assert variables_from({"home": Address("Ulm", 1), "both": (Guest(name="A"),)}) == {
        "home": {"city": "Ulm", "code": 1},
        "both": [{"name": "A", "nights": 1}],
    }


def cyclic() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


def deep() -> list[Any]:
    made: list[Any] = []
    for _ in range(100):
        made = [made]
    return made


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        Decimal("1.5"),
        float("nan"),
        "a\0b",
        "\ud800",
        10**5000,
        datetime(2024, 1, 1),  # noqa: DTZ001 - a date without a zone is the point
        object(),
        cyclic(),
        deep(),
        {1: "a"},
        b"x" * (MAX_RESULT + 1),
        ["x" * (MAX_RESULT + 1)],
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_a_variable_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(InvalidResult, match="'bad'"):
        variables_from({"good": 1, "bad": value})


@pytest.mark.parametrize("result", [5, "text", [1], object()])
def test_a_result_without_names_is_refused(result: object) -> None:
    with pytest.raises(InvalidResult, match="give back a dict"):
        variables_from(result)


# --- options --------------------------------------------------------------------------------------------------------


def test_a_handler_stays_a_plain_function_and_answers_to_all_its_names() -> None:
    registry = HandlerRegistry()

    @registry.handler("charge-card", "chargeCard", "com.example.ChargeCard", timeout="PT30S", backoff="PT5S")
    def charge(amount: int) -> int:
        return amount + 1

    assert charge(1) == 2
    found = registry.get("com.example.ChargeCard")
    assert found is registry.get("charge-card")
    assert found is not None
    assert (found.timeout, found.backoff.first, len(registry)) == (timedelta(seconds=30), timedelta(seconds=5), 1)
    assert registry.get("other") is None


def test_two_functions_cannot_have_one_name() -> None:
    registry = HandlerRegistry()

    @registry.handler("t")
    def one() -> None: ...

    with pytest.raises(InvalidHandler, match=r"Both .*one and .*two want to be the handler of 't'"):

        @registry.handler("t")
        def two() -> None: ...


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retries": 0}, "at least one attempt"),
        ({"timeout": "30s"}, "timeout cannot be read"),
        ({"timeout": "P1M"}, "timeout must be longer"),
        ({"max_concurrency": 0}, "would never run"),
        ({"rate": "100 per minute"}, "is no rate such as"),
        ({"key": "${a}"}, "neither max_concurrency nor rate"),
        ({"rate": "1/s", "key": "${a"}, "cannot be read"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidHandler, match=message):
        HandlerRegistry().handler("t", **options)(lambda: None)


def test_rates() -> None:
    assert Rate.parse("100/min") == Rate(100, timedelta(minutes=1))
    assert Rate.parse(" 5 / s ") == Rate(5, timedelta(seconds=1))


def test_the_wait_doubles_up_to_the_longest_less_some_jitter() -> None:
    backoff = Backoff(first=timedelta(seconds=1), factor=2, longest=timedelta(seconds=5), jitter=0.5)
    assert [backoff.wait(failures, lambda: 0.0).total_seconds() for failures in (1, 2, 3, 4, 5000)] == [1, 2, 4, 5, 5]
    assert backoff.wait(1, lambda: 1.0).total_seconds() == 0.5
