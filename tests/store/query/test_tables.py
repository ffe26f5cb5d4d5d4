"""Every line of every table of filters and sort keys, asked of a database."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from engine import Engine
from engine.authorization import Authorization
from engine.services.queries import InvalidQuery, Listing, Queries, Query, Sorting
from engine.store.filters import SavedFilter
from engine.store.query.views import (
    BatchStatisticsView,
    BatchView,
    CleanableBatchesView,
    CleanableHistoryView,
    DecisionDefinitionView,
    DecisionInstanceView,
    DeploymentView,
    ElementInstanceView,
    ExecutionView,
    ExternalTaskLogView,
    ExternalTaskView,
    GroupView,
    IdentityLinkLogView,
    IncidentView,
    JobDefinitionView,
    JobLogView,
    JobView,
    OperationView,
    ProcessDefinitionView,
    ProcessInstanceView,
    RequirementsView,
    SessionView,
    SubscriptionView,
    TaskView,
    TenantView,
    TokenView,
    UserView,
    VariableUpdateView,
    VariableView,
)

LISTINGS = {
    "cleanable_decisions": CleanableHistoryView,
    "decision_definitions": DecisionDefinitionView,
    "requirements_definitions": RequirementsView,
    "historic_decisions": DecisionInstanceView,
    "cleanable_instances": CleanableHistoryView,
    "cleanable_batches": CleanableBatchesView,
    "users": UserView,
    "sessions": SessionView,
    "tokens": TokenView,
    "groups": GroupView,
    "tenants": TenantView,
    "authorizations": Authorization,
    "deployments": DeploymentView,
    "process_definitions": ProcessDefinitionView,
    "process_instances": ProcessInstanceView,
    "executions": ExecutionView,
    "tasks": TaskView,
    "grouped_tasks": TaskView,
    "variable_instances": VariableView,
    "jobs": JobView,
    "job_definitions": JobDefinitionView,
    "job_logs": JobLogView,
    "external_tasks": ExternalTaskView,
    "external_task_logs": ExternalTaskLogView,
    "incidents": IncidentView,
    "batches": BatchView,
    "batch_statistics": BatchStatisticsView,
    "historic_batches": BatchView,
    "event_subscriptions": SubscriptionView,
    "historic_incidents": IncidentView,
    "historic_process_instances": ProcessInstanceView,
    "historic_element_instances": ElementInstanceView,
    "historic_tasks": TaskView,
    "historic_variables": VariableView,
    "variable_updates": VariableUpdateView,
    "operations": OperationView,
    "identity_link_logs": IdentityLinkLogView,
    "filters": SavedFilter,
}

SAMPLES: dict[str, tuple[Any, ...]] = {
    "text": ("a%b", "it's", "*[?"),
    "texts": ("a,b", ["a"], []),
    "id": ("1", "none", 7, "99999999999999999999"),
    "ids": ("1,none", [1, 2], []),
    "definition": ("oneTask:1:5", "none"),
    "definitions": ("oneTask:1:5,none", []),
    "element instance": ("work:5", "none"),
    "element instances": ("work:5,6", []),
    "instant": ("2024-01-01T10:00:00.000+0000",),
    "instant conditions": (
        "gt_2024-01-01T10:00:00.000+0000",
        [{"operator": "lt", "value": "2024-01-01T10:00:00.000+0000"}],
    ),
    "integer": ("5", 5, -1),
    "flag": ("true", "FALSE", True, False),
    "variable conditions": (
        "x_eq_a,y_like_b%",
        [{"name": "x", "operator": "gteq", "value": 5}, {"name": "y", "operator": "neq", "value": None}],
        [{"name": "z", "operator": "lt", "value": 1.5}, {"name": "b", "operator": "eq", "value": True}],
    ),
    "delegation state": ("PENDING",),
    "incident status": ("open", "resolved"),
    "value": ("text", 5, 1.5, True, None),
}
"""Values for each kind of filter."""

REFUSED = {"expression"}
NEEDS = {"includeAssignedTasks": {"candidateUser": "mary"}, "variableValue": {"variableName": "x"}}
"""Filters that mean something only beside another one."""


def listing(engine: Engine, name: str) -> Listing[Any]:
    found: Listing[Any] = getattr(engine.queries, name)
    return found


def test_every_listing_is_tested(engine: Engine) -> None:
    found = {name for name, value in vars(engine.queries).items() if isinstance(value, Listing)}
    assert found == set(LISTINGS)
    assert isinstance(engine.queries, Queries)


@pytest.mark.parametrize("name", LISTINGS)
def test_every_filter_can_be_asked(engine: Engine, name: str) -> None:
    engine.process_instances.start(key="oneTask", business_key="b", variables={"x": 1})
    asked = listing(engine, name)
    for line in asked.resource.filters.values():
        if line.kind.name in REFUSED:
            with pytest.raises(InvalidQuery, match=line.name):
                asked.count(Query({line.name: "x"}))
            continue
        for sample in SAMPLES[line.kind.name]:
            filters = {**NEEDS.get(line.name, {}), line.name: sample}
            query = Query(filters, (filters,) if filters.keys() == {line.name} else ())
            rows = asked.query(query)
            assert asked.count(query) == len(rows), filters


@pytest.mark.parametrize("name", LISTINGS)
def test_every_sort_key_sorts_both_ways(engine: Engine, name: str) -> None:
    for key in ("a", "b", None):
        engine.process_instances.start(key="oneTask", business_key=key, variables={"v": key})
    asked = listing(engine, name)
    for key in asked.resource.sorts:
        parameters = {"variable": "v", "type": "String"} if key.endswith("Variable") else {"bounds": []}
        there = [view.id for view in asked.list(sorting=[Sorting(key, "asc", parameters)])]
        back = [view.id for view in asked.list(sorting=[Sorting(key, "desc", parameters)])]
        assert sorted(there) == sorted(back)


@pytest.mark.parametrize(("name", "view"), LISTINGS.items())
def test_columns_are_the_fields_of_the_view(engine: Engine, name: str, view: type) -> None:
    columns = len(listing(engine, name).resource.columns)
    typed_values = 4 if view in (VariableView, VariableUpdateView) else 0
    in_one = 2 if view is SavedFilter else 0  # its query is one column: filters, groups of them, and sortings
    assert columns == len(fields(view)) + typed_values - in_one


@pytest.mark.parametrize("name", LISTINGS)
def test_what_is_listed_can_be_fetched(engine: Engine, name: str) -> None:
    engine.process_instances.start(key="nested", variables={"x": 1, "file": b"abc"})
    asked = listing(engine, name)
    for view in asked.list():
        assert asked.get(view.id).id == view.id
