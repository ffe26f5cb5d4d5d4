"""Saved queries: kept, extended, and asked by whoever it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine import Engine
from engine.authorization import Actor, Resource, permission_names
from engine.errors import BadRequest, NotFound
from engine.services.queries import InvalidQuery, Query, Sorting

ANN = Actor("ann", groups=frozenset({"sales", "support"}))


@pytest.fixture
def named(engine: Engine) -> dict[str, int]:
    """Standalone tasks by their names; `sales` may take the third."""
    made = {name: engine.tasks.create(name=name) for name in ("first", "second", "third")}
    engine.tasks.set_assignee(made["first"], "ann")
    engine.tasks.set_assignee(made["second"], "ben")
    engine.tasks.add_identity_link(made["third"], "candidate", group_id="sales")
    return made


def found(engine: Engine, id: int, extending: Query | None = None) -> list[str | None]:
    query = engine.filters.query(id, extending)
    return [] if query is None else [task.name for task in engine.queries.tasks.query(query)]


def keep(engine: Engine, **filters: Any) -> int:
    return engine.filters.create("a filter", Query(filters)).id


@pytest.mark.usefixtures("named")
def test_a_query_is_kept_as_it_is(engine: Engine) -> None:
    query = Query({"assigned": True}, [{"name": "first", "assignee": "ben"}], [Sorting("name", "desc")])
    made = engine.filters.create("Ours", query, owner="ann", properties={"color": "#000", "priority": 3})
    assert engine.filters.get(made.id) == made
    assert found(engine, made.id) == ["second", "first"]
    engine.filters.update(made.id, "Mine", Query({"assignee": "ann"}))
    changed = engine.filters.get(made.id)
    assert (changed.name, changed.owner, changed.properties) == ("Mine", None, {})
    assert found(engine, made.id) == ["first"]
    engine.filters.delete(made.id)
    for lost in (lambda: engine.filters.get(made.id), lambda: engine.filters.delete(made.id)):
        with pytest.raises(NotFound):
            lost()


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"assigneeExpression": "${currentUser()}"}, ["first"]),
        ({"candidateGroupsExpression": "${currentUserGroups()}"}, ["third"]),
        ({"assigneeExpression": "ben"}, ["second"]),
        ({"createdBeforeExpression": "${dateTime().plusDays(1)}"}, ["first", "second", "third"]),
        ({"createdAfterExpression": "${dateTime().plusDays(1)}"}, []),
        ({"assigneeExpression": None, "name": "first"}, ["first"]),
    ],
)
def test_expressions_mean_whoever_asks(engine: Engine, filters: Mapping[str, Any], names: list[str]) -> None:
    id = keep(engine, **filters)
    assert found(engine.in_the_name_of(ANN), id) == names


@pytest.mark.usefixtures("named")
def test_where_nobody_is_known_nothing_is_theirs(engine: Engine) -> None:
    mine = {"assigneeExpression": "${currentUser()}"}
    assert found(engine, keep(engine, **mine)) == []
    assert found(engine, keep(engine, candidateGroupsExpression="${currentUserGroups()}")) == []
    either = engine.filters.create("either", Query({}, [{**mine, "name": "third"}]))
    assert found(engine, either.id) == ["third"]
    only = engine.filters.create("only", Query({}, [mine]))
    assert found(engine, only.id) == []


def test_a_query_extends_another(engine: Engine, named: dict[str, int]) -> None:
    engine.variables.set(named["first"], {"x": 1, "y": 1}, local=True)
    engine.variables.set(named["second"], {"x": 1, "y": 2}, local=True)
    condition = {"name": "x", "operator": "eq", "value": 1}
    id = engine.filters.create("x", Query({"taskVariables": [condition]}, (), [Sorting("name", "desc")])).id
    more = {"name": "y", "operator": "eq", "value": 2}
    assert found(engine, id) == ["second", "first"]
    assert found(engine, id, Query(first=1, limit=1)) == ["first"]
    assert found(engine, id, Query({"taskVariables": [more]})) == ["second"]
    assert found(engine, id, Query({}, [{"assignee": "ann"}])) == ["first"]
    mine = keep(engine, assigneeExpression="${currentUser()}", name="first")
    assert found(engine, mine, Query({"assignee": "ben", "name": "second"})) == ["second"]
    assert found(engine, mine, Query({"assignee": None})) == []


def test_only_what_is_kept_is_evaluated(engine: Engine) -> None:
    id = keep(engine, name="first")
    with pytest.raises(InvalidQuery, match="assigneeExpression"):
        engine.filters.query(id, Query({"assigneeExpression": "${currentUser()}"}))
    with pytest.raises(InvalidQuery, match="assigneeExpression"):
        engine.queries.tasks.list({"assigneeExpression": "${currentUser()}"})


@pytest.mark.parametrize(
    ("filters", "error"),
    [
        ({"nonsense": 1}, InvalidQuery),
        ({"priority": "high"}, InvalidQuery),
        ({"assigneeExpression": "${"}, InvalidQuery),
        ({"assigneeExpression": 5}, InvalidQuery),
        ({"name": "x" * 100_000}, BadRequest),
    ],
)
def test_what_makes_no_sense_is_not_kept(engine: Engine, filters: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        keep(engine, **filters)
    with pytest.raises(InvalidQuery):
        engine.filters.create("a", Query({}, (), [Sorting("nonsense")]))
    with pytest.raises(InvalidQuery):
        engine.filters.create("a", Query(), resource_type="Process")
    assert engine.queries.filters.count() == 0


@pytest.mark.parametrize("expression", ["${unknown}", "${currentUser().secret}", "${execution.id}"])
def test_expressions_see_nothing_else(engine: Engine, expression: str) -> None:
    id = keep(engine, assigneeExpression=expression)
    with pytest.raises(InvalidQuery, match="assigneeExpression"):
        engine.in_the_name_of(ANN).filters.query(id)


def test_the_owner_may_do_everything_with_it(engine: Engine) -> None:
    made = engine.filters.create("Ours", Query(), owner="ann")
    about = {"resourceType": int(Resource.FILTER), "resourceId": str(made.id)}
    (rule,) = engine.queries.authorizations.list(about)
    assert (rule.user_id, permission_names(rule.resource, rule.permissions)) == ("ann", ["READ", "UPDATE", "DELETE"])
    engine.filters.delete(made.id)
    assert engine.queries.authorizations.list(about) == []


def test_changes_are_written_down(engine: Engine) -> None:
    ann = engine.in_the_name_of(ANN)
    made = ann.filters.create("Ours", Query())
    ann.filters.update(made.id, "Mine", Query())
    ann.filters.delete(made.id)
    log = engine.queries.operations.list({"entityType": "Filter"})
    assert [(row.type, row.new_value) for row in log] == [
        (type, str(made.id)) for type in ("Create", "Update", "Delete")
    ]
