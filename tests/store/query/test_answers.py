"""What queries answer."""

from __future__ import annotations

from typing import Any

import pytest

from engine import Engine
from engine.errors import NotFound
from engine.services.queries import (
    MAX_ROWS,
    ContradictoryQuery,
    InvalidQuery,
    NotComparable,
    Query,
    Sorting,
    VariableCondition,
    definition_reference,
)
from engine.values import Integer


def keys(engine: Engine, **filters: Any) -> list[str | None]:
    return [view.business_key for view in engine.queries.process_instances.list(filters)]


def start(engine: Engine, business_key: str | None, **variables: object) -> int:
    return engine.process_instances.start(key="oneTask", business_key=business_key, variables=variables).id


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("Ab%", ["Abc"]),
        ("ab%", ["abc"]),
        ("_bc", ["Abc", "abc"]),
        ("%*%", ["a*c"]),
        ("a?c", []),
        ("100\\%", ["100%"]),
        ("100%", ["100%", "100x"]),
        ("[a]", ["[a]"]),
        ("a\\_b", ["a_b"]),
        ("%it's%", ["it's"]),
    ],
)
def test_patterns_mean_the_same_on_every_database(engine: Engine, pattern: str, found: list[str]) -> None:
    for key in ("Abc", "abc", "a*c", "100%", "100x", "[a]", "a_b", "aXb", "it's", None):
        start(engine, key)
    assert sorted(filter(None, keys(engine, businessKeyLike=pattern))) == sorted(found)


def test_null_is_the_lowest_value_on_every_database(engine: Engine) -> None:
    for key in ("b", None, "a"):
        start(engine, key)
    listing = engine.queries.process_instances
    assert [view.business_key for view in listing.list(sorting=[Sorting("businessKey", "asc")])] == [None, "a", "b"]
    assert [view.business_key for view in listing.list(sorting=[Sorting("businessKey", "desc")])] == ["b", "a", None]


def test_pages_do_not_overlap_when_the_sort_key_is_the_same(engine: Engine) -> None:
    started = [start(engine, "same") for _ in range(5)]
    pages = [
        engine.queries.process_instances.list(sorting=[Sorting("businessKey")], first=first, limit=2)
        for first in (0, 2, 4, 6)
    ]
    assert [[view.id for view in page] for page in pages] == [started[:2], started[2:4], started[4:], []]


def test_no_rows_are_wanted_and_none_are_given(engine: Engine) -> None:
    start(engine, "a")
    assert engine.queries.process_instances.list(limit=0) == []
    with pytest.raises(InvalidQuery):
        engine.queries.process_instances.list({"nonsense": 1}, limit=0)


def test_a_page_is_never_larger_than_the_bound(engine: Engine) -> None:
    from engine.store.query.instances import PROCESS_INSTANCES
    from engine.store.query.resource import select_rows

    statement = select_rows(PROCESS_INSTANCES, Query(limit=10**12))
    assert MAX_ROWS in statement.compile().params.values()


def test_what_databases_do_not_take_is_refused_before(engine: Engine) -> None:
    start(engine, "a")
    listing = engine.queries.process_instances
    many = [{"name": f"v{each}", "operator": "eq", "value": each} for each in range(100)]
    assert listing.count(Query({"variables": many}, [{"variables": many}])) == 0
    with pytest.raises(InvalidQuery, match="201 conditions"):
        listing.list({"variables": many}, any_of=[{"variables": many}, {"variables": many[:1]}])
    with pytest.raises(InvalidQuery, match="21 sortings"):
        listing.list(sorting=[Sorting("businessKey")] * 21)
    assert listing.list({"businessKeyLike": "%" * 10_000})
    with pytest.raises(InvalidQuery, match="10001 characters"):
        listing.list({"businessKeyLike": "%" * 10_001})


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (("n", "eq", Integer(1)), ["one", "long", "double"]),
        (("n", "eq", 1.0), ["one", "long", "double"]),
        (("n", "neq", Integer(1)), ["two", "text"]),
        (("n", "gt", Integer(1)), ["two"]),
        (("n", "gteq", Integer(1)), ["one", "two", "long", "double"]),
        (("n", "lt", 1.5), ["one", "long", "double"]),
        (("n", "eq", "1"), ["text"]),
        (("n", "like", "%1%"), ["text"]),
        (("n", "notLike", "%1%"), ["one", "two", "long", "double"]),
        (("n", "eq", None), []),
    ],
)
def test_variables_are_compared_by_what_they_are(
    engine: Engine, condition: tuple[str, str, object], found: list[str]
) -> None:
    for key, value in {"one": Integer(1), "two": Integer(2), "long": 1, "double": 1.0, "text": "1"}.items():
        start(engine, key, n=value)
    start(engine, "without")
    assert keys(engine, variables=[VariableCondition(*condition)]) == found


def test_case_of_variables_may_be_ignored(engine: Engine) -> None:
    start(engine, "found", Color="Red")
    wanted = [VariableCondition("color", "eq", "red")]
    assert keys(engine, variables=wanted) == []
    assert keys(engine, variables=wanted, variableNamesIgnoreCase=True) == []
    assert keys(engine, variables=wanted, variableNamesIgnoreCase=True, variableValuesIgnoreCase=True) == ["found"]


def test_a_variable_that_has_ended_is_not_found(engine: Engine) -> None:
    instance = start(engine, "a", x="1")
    engine.variables.set(instance, {}, ["x"])
    assert keys(engine, variables="x_eq_1") == []


@pytest.mark.parametrize(
    "condition",
    [("b", "gt", True), ("j", "eq", {"a": 1}), ("z", "lt", None)],
)
def test_what_cannot_be_compared_is_refused(engine: Engine, condition: tuple[str, str, object]) -> None:
    with pytest.raises((NotComparable, ContradictoryQuery), match=condition[0]):
        keys(engine, variables=[VariableCondition(*condition)])


def test_a_number_is_like_no_text(engine: Engine) -> None:
    start(engine, "a", n=1)
    assert keys(engine, variables=[VariableCondition("n", "like", Integer(1))]) == []


def test_groups_of_alternatives(engine: Engine) -> None:
    for key in ("a", "b", "c"):
        start(engine, key, color=key.upper())
    groups = [{"businessKey": "a", "variables": "color_eq_B"}, {"businessKeyLike": "%", "suspended": False}]
    found = engine.queries.process_instances.list({"processDefinitionKey": "oneTask"}, any_of=groups)
    assert [view.business_key for view in found] == ["a", "b"]


def test_candidates_see_what_nobody_has(engine: Engine) -> None:
    start(engine, "a")
    start(engine, "b")
    tasks = engine.queries.tasks
    first, second = (task.id for task in tasks.list({"candidateGroup": "sales"}))
    engine.tasks.claim(first, "john")
    assert [task.id for task in tasks.list({"candidateGroup": "sales"})] == [second]
    assert [task.id for task in tasks.list({"candidateUser": "mary"})] == [second]
    both = tasks.list({"candidateUser": "mary", "includeAssignedTasks": True})
    assert [task.id for task in both] == [first, second]
    assert tasks.count(Query({"candidateUser": "john"})) == 0
    assert [task.id for task in tasks.list({"involvedUser": "john"})] == [first]


@pytest.mark.parametrize(
    "filters",
    [
        {"candidateUser": "a", "candidateGroup": "b"},
        {"candidateUser": "a", "candidateGroups": "b"},
        {"includeAssignedTasks": True},
    ],
)
def test_filters_that_exclude_each_other(engine: Engine, filters: dict[str, Any]) -> None:
    with pytest.raises(ContradictoryQuery):
        engine.queries.tasks.list(filters)


@pytest.mark.parametrize(
    ("filters", "named"),
    [
        ({"businessKeyIn": "a"}, "businessKeyIn"),
        ({"suspended": "perhaps"}, "suspended"),
        ({"businessKey": {"a": 1}}, "businessKey"),
        ({"businessKey": "nul\0"}, "NUL"),
        ({"businessKey": "\ud800"}, "surrogate"),
        ({"processInstanceIds": [str(each) for each in range(1001)]}, "1000"),
        ({"variables": "x_eq"}, "name_operator_value"),
        ({"variables": "x_is_1"}, "operator"),
        ({"variables": [{"name": "x"}]}, "operator"),
        ({"variables": [5]}, "objects"),
    ],
)
def test_what_no_filter_means_is_refused_by_name(engine: Engine, filters: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidQuery, match=named):
        engine.queries.process_instances.list(filters)


@pytest.mark.parametrize(
    "sorting", [Sorting("businessKey; DROP TABLE job"), Sorting("businessKey", "down"), Sorting("id", "asc")]
)
def test_only_known_keys_sort(engine: Engine, sorting: Sorting) -> None:
    with pytest.raises(InvalidQuery, match="sort"):
        engine.queries.process_instances.list(sorting=[sorting])


def test_definitions_are_named_by_key_version_and_id(engine: Engine) -> None:
    latest = engine.queries.latest_definition("oneTask")
    reference = definition_reference(latest)
    assert reference == f"oneTask:1:{latest.id}"
    assert engine.queries.definition(reference) == latest
    for wrong in (f"oneTask:2:{latest.id}", f"other:1:{latest.id}", f"oneTask:01:{latest.id}", str(latest.id), "a:1:x"):
        with pytest.raises(NotFound):
            engine.queries.definition(wrong)
    assert engine.queries.tasks.list({"processDefinitionId": f"oneTask:2:{latest.id}"}) == []


def test_the_latest_version_is_by_tenant(engine: Engine) -> None:
    from tests.store.query.models import ONE_TASK

    engine.deployments.deploy({"one.bpmn": ONE_TASK}, tenant_id="t")
    engine.deployments.deploy({"one.bpmn": ONE_TASK})
    latest = engine.queries.process_definitions.list({"key": "oneTask", "latestVersion": True})
    assert [(view.tenant_id, view.version) for view in latest] == [("t", 1), ("", 2)]
    with pytest.raises(NotFound, match="no tenant-id"):
        engine.queries.latest_definition("none")


def test_callers_and_called(engine: Engine) -> None:
    outer = engine.process_instances.start(key="caller", business_key="o").id
    (inner,) = engine.queries.process_instances.list({"superProcessInstance": outer})
    ask = engine.queries.process_instances.list
    assert [view.id for view in ask({"subProcessInstance": inner.id})] == [outer]
    assert [view.id for view in ask({"rootProcessInstances": True})] == [outer]
    assert [view.id for view in ask({"leafProcessInstances": True})] == [inner.id]
    assert [view.id for view in ask({"rootProcessInstanceId": outer})] == [outer, inner.id]


def test_the_tree_shows_bodies_children_and_waiting_tokens(engine: Engine) -> None:
    instance = engine.process_instances.start(key="nested").id
    tree = engine.queries.activity_tree(instance)
    (sub,) = tree.children
    (body,) = sub.children
    assert (sub.element_id, body.element_id) == ("sub", "many#multiInstanceBody")
    assert [child.element_id for child in body.children] == ["many"] * 3
    for task in engine.queries.tasks.list({"processInstanceId": instance}):
        engine.tasks.complete(task.id)
    (waiting,) = engine.queries.activity_tree(instance).children
    assert (waiting.element_id, waiting.transition, waiting.children) == ("later", "before", [])


def test_a_task_sees_what_is_around_it(engine: Engine) -> None:
    instance = engine.process_instances.start(key="nested", variables={"x": "outer"}).id
    task = engine.queries.tasks.list({"processInstanceId": instance})[1]
    engine.variables.set(task.id, {"x": "inner"}, local=True)
    assert engine.queries.variables_of(task.id) == {
        "x": "inner",
        "loopCounter": 1,
        "nrOfInstances": 3,
        "nrOfCompletedInstances": 0,
        "nrOfActiveInstances": 3,
    }
    assert engine.queries.local_variables_of(task.id) == {"x": "inner"}
    assert engine.queries.variables_of(instance) == {"x": "outer"}
    (seen, only_local) = (
        engine.queries.variables_of_tasks([task], only_local=only_local)[task.id] for only_local in (False, True)
    )
    assert seen == engine.queries.variables_of(task.id)
    assert only_local == {"x": "inner"}
    short = engine.queries.short_values([task], ["x", "loopCounter", "none"], length=3)[task.id]
    assert {name: (each.type, each.value) for name, each in short.items()} == {
        "x": ("String", "inn"),
        "loopCounter": ("Integer", 1),
    }


def test_lists_leave_out_the_content_of_bytes(engine: Engine) -> None:
    start(engine, "a", data=b"abc")
    (view,) = engine.queries.variable_instances.list({"variableName": "data"})
    assert (view.type, view.value) == ("Bytes", None)
    assert engine.queries.variable_instances.get(view.id).value == b"abc"


def test_history_goes_on_after_the_end(engine: Engine) -> None:
    instance = start(engine, "a", x="1")
    (task,) = engine.queries.tasks.list({"processInstanceId": instance})
    engine.tasks.complete(task.id)
    assert engine.queries.process_instances.find(instance) is None
    assert engine.queries.historic_process_instances.get(instance).state == "COMPLETED"
    assert engine.queries.tasks.find(task.id) is None
    assert engine.queries.historic_tasks.get(task.id).delete_reason == "completed"
    (variable,) = engine.queries.historic_variables.list({"processInstanceId": instance})
    assert (variable.name, variable.value, variable.ended_at is None) == ("x", "1", False)
    visited = engine.queries.historic_element_instances.list({"processInstanceId": instance})
    assert [(view.element_id, view.completes_scope) for view in visited] == [
        ("start", False),
        ("work", False),
        ("end", True),
    ]


def test_a_list_is_one_statement_however_long(engine: Engine) -> None:
    for key in ("a", "b", "c"):
        start(engine, key)
    with engine.database.count_statements() as counter:
        assert len(engine.queries.tasks.list({"processDefinitionKey": "oneTask"})) == 3
    assert len([line for line in counter.log if line.lstrip().upper().startswith("SELECT")]) == 1
