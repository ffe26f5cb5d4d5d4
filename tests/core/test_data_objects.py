"""Data objects and properties: variables that a scope has from its beginning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bpmn.reader import read
from engine.core.commands.modification import Cancel, ModifyInstance, StartBefore
from engine.core.definition import Identity, bind
from engine.values import Integer, JsonValue
from tests.core.kit import Run, refusals
from tests.core.models import Part, call, data, io, mapping, process, sub, user


def with_data(declared: str, flows: str = "start > a", **parts: Part) -> bytes:
    """A process with data objects of its own."""
    return process(flows, parts).replace(b"<startEvent", declared.encode() + b"<startEvent", 1)


def declaring(part: Part, *declared: str) -> Part:
    """An activity with data objects or properties."""
    return Part(part.tag, "".join(declared) + part.inner, part.extensions, part.attributes)


# ---------------------------------------------------------------- values

VALUES = [
    ("xsd:string", "hello", "hello"),
    (None, "hello", "hello"),
    ("xsd:anyURI", "http://x", "http://x"),
    ("xsd:string", "12", "12"),
    ("xsd:int", "12", Integer(12)),
    ("xsd:integer", "-3", Integer(-3)),
    ("xsd:long", "5000000000", 5_000_000_000),
    ("xsd:double", "1.5", 1.5),
    ("xsd:float", "2", 2.0),
    ("xsd:boolean", "true", True),
    ("xsd:boolean", "False", False),
    ("xsd:datetime", "2030-01-02T10:00:00Z", datetime(2030, 1, 2, 10, tzinfo=UTC)),
    ("xsd:dateTime", "2030-01-02T10:00:00+02:00", datetime(2030, 1, 2, 8, tzinfo=UTC)),
    ("xsd:date", "2030-01-02", datetime(2030, 1, 2, tzinfo=UTC)),
    ("xsd:json", '{"a": [1]}', JsonValue('{"a": [1]}')),
]


@pytest.mark.parametrize(("type_name", "text", "value"), VALUES)
def test_value_of_a_type(type_name, text, value):
    run = Run(with_data(data("d", "x", type_name, text)))
    found = run.variables(run.start())["x"]
    assert (found, type(found)) == (value, type(value))


def test_collection_is_a_list_of_each_instance():
    run = Run(with_data(data("d", "x", "xsd:string", '["a", "b"]', collection=True)))
    first = run.start()
    assert run.variables(first)["x"] == ["a", "b"]
    run.set(first, x=["changed"])
    assert run.variables(run.start())["x"] == ["a", "b"]


@pytest.mark.parametrize(
    ("type_name", "text", "collection"),
    [
        ("xsd:int", "many", False),
        ("xsd:int", "5000000000", False),
        ("xsd:long", "1.5", False),
        ("xsd:double", "nan", False),
        ("xsd:boolean", "perhaps", False),
        ("xsd:datetime", "tomorrow", False),
        ("xsd:json", "{", False),
        ("xsd:string", "a, b", True),
        ("xsd:string", '{"a": 1}', True),
    ],
)
def test_value_that_does_not_fit_is_refused(type_name, text, collection):
    (problem,) = refusals(with_data(data("d", "x", type_name, text, collection=collection)))
    assert "The value of 'x' is no" in problem
    assert "[bpmn.data_object]" in problem


def test_type_of_an_item_definition():
    file = with_data(data("d", "x", "item", "7")).replace(
        b"<process", b'<itemDefinition id="item" structureRef="xsd:int"/><process', 1
    )
    run = Run(file)
    assert run.variables(run.start()) == {"x": 7}


def test_date_without_a_zone_is_in_that_of_the_engine():
    definitions, _ = read(with_data(data("d", "x", "xsd:datetime", "2030-01-02T10:00:00")), "model.bpmn")
    definition, _ = bind(definitions.processes[0], Identity(1, "p", 1, None, 1, ""), "model.bpmn")
    (bound,) = definition.data
    assert bound.value(timezone(timedelta(hours=2))) == datetime(2030, 1, 2, 8, tzinfo=UTC)


# ---------------------------------------------------------------- which variables


def test_without_a_value_there_is_no_variable():
    run = Run(with_data('<dataObject id="d" name="x"/><dataObjectReference id="r" dataObjectRef="d"/>'))
    assert run.variables(run.start()) == {}


def test_without_a_name_the_id_is_the_name():
    run = Run(with_data(data("d", None, "xsd:int", "1")))
    assert run.variables(run.start()) == {"d": 1}


def test_what_the_starter_gives_wins():
    run = Run(with_data(data("d", "x", "xsd:int", "1") + data("e", "y", "xsd:int", "2")))
    assert run.variables(run.start(x=5)) == {"x": 5, "y": 2}


def test_property_of_the_process():
    run = Run(with_data(data("d", "x", "xsd:int", "1", tag="property")))
    assert run.variables(run.start()) == {"x": 1}


def test_data_object_of_a_sub_process_lives_in_it():
    inner = declaring(sub("start_in > a"), data("d", "x", "xsd:int", "1"))
    run = Run(process("start > s > b", {"s": inner}))
    p = run.start(x=0)
    s = run.living("s")[0].id
    assert (run.variables(s), run.variables(p)) == ({"x": 1}, {"x": 0})
    run.complete("a", x=2)
    assert run.variables(p) == {"x": 0}, "what is set inside is set in the scope that declares it"


def test_each_instance_and_each_round_begins_anew():
    inner = declaring(sub("start_in > a"), data("d", "x", "xsd:int", "1"))
    for repeated in (inner.times(2, sequential=True), inner.looping(maximum=2)):
        run = Run(process("start > s > b", {"s": repeated}))
        run.start()
        run.complete("a", x=9)
        assert run.variables(run.living("s")[0].id) == {"x": 1}


def test_property_of_a_task_is_local_to_it():
    task = declaring(user(assignee="${who}"), data("d", "who", "xsd:string", "ann", tag="property"))
    run = Run(process("start > a > b", {"a": task}))
    p = run.start()
    assert run.task("a").assignee == "ann"
    assert run.variables(run.living("a")[0].id) == {"who": "ann"}
    run.complete("a")
    assert run.variables(p) == {}


def test_input_mapping_replaces_the_initial_value():
    inner = declaring(sub("start_in > a"), data("d", "x", "xsd:int", "1")).having(io({"x": "${y}"}))
    run = Run(process("start > s", {"s": inner}))
    run.start(y=7)
    assert run.variables(run.living("s")[0].id) == {"x": 7}


def test_item_of_a_multi_instance_activity_wins():
    inner = declaring(sub("start_in > a"), data("d", "x", "xsd:int", "1")).times(collection="items", element="x")
    run = Run(process("start > s", {"s": inner}))
    run.start(items=[5])
    assert run.variables(run.living("s")[0].id) == {"x": 5}


def test_called_process_has_its_own():
    called = with_data(data("d", "x", "xsd:int", "1") + data("e", "y", "xsd:int", "2")).replace(b'id="p"', b'id="q"')
    run = Run(process("start > c > b", {"c": call("q", mapping("in", source="x", target="x"))}), called)
    p = run.start(x=5)
    assert run.variables(run.called(p).id) == {"x": 5, "y": 2}


def test_scope_that_a_modification_enters_has_them():
    inner = declaring(sub("start_in > a"), data("d", "x", "xsd:int", "1"))
    run = Run(process("start > b > s", {"s": inner}))
    p = run.start()
    run.do(ModifyInstance(id=p, instructions=[StartBefore(element_id="a"), Cancel(element_id="b")]))
    assert run.variables(run.living("s")[0].id) == {"x": 1}
