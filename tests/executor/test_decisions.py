"""Decisions that are made on their own: what they cost, what is kept of them and for how long, and who may what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import DecisionFailed, Engine, HistoryLevel
from engine.authorization import Actor, NotAuthorized, Resource
from engine.core.commands.decisions import EvaluateDecision
from engine.core.unit_of_work import DecisionBy
from engine.errors import BadRequest, NotFound
from engine.news import News
from engine.services.queries import DecisionInstanceView
from engine.services.retention import Keeping, Removal, RemovalStrategy, RetentionSettings
from tests.decision_models import GRADES, discount
from tests.executor.clock import NOON, Clock

DAY = timedelta(days=1)
ANN = Actor("ann", tenants=frozenset())
FILES = {"shop.dmn": discount().encode(), "school.dmn": GRADES.encode()}
POINTS = {"first": 5, "second": 6}
BLOCK_OF_IDS = 3
"""Statements for a block of ids, where there are too few at hand."""

Make = Callable[..., Engine]


@pytest.fixture
def make(database_url: str, clock: Clock) -> Iterator[Make]:
    """Opens engines over one database, and deploys the files."""
    opened: list[Engine] = []

    def make(**settings: Any) -> Engine:
        engine = Engine.open(database_url, clock=clock, **settings)
        engine.upgrade()
        engine.deployments.deploy(FILES, name="f", enable_duplicate_filtering=True)
        opened.append(engine)
        return engine

    yield make
    for engine in opened:
        assert engine.check() == []
        engine.close()


def work(engine: Engine) -> None:
    """Do all jobs that can be done now."""
    while engine.dispatch.run_internal("baton:w", lease=timedelta(hours=1), limit=100):
        pass


def made(engine: Engine, **filters: object) -> list[DecisionInstanceView]:
    return list(engine.queries.historic_decisions.list(filters))


def test_what_was_decided_is_kept_with_what_it_needed(make: Make) -> None:
    engine = make()
    evaluation = engine.decisions.evaluate(key="grade", tenant_id="", variables=POINTS, user="ann")
    assert evaluation.result == ({"mark": 3},)
    asked, needed = made(engine)
    assert (asked.decision_key, asked.decision_name, asked.user_id) == ("grade", "Grade", "ann")
    assert (asked.root_decision_instance_id, asked.collect_result, asked.evaluated_at) == (None, 3.0, NOON)
    assert (needed.decision_key, needed.root_decision_instance_id, needed.collect_result) == ("sum", asked.id, None)
    assert asked.requirements_reference == engine.queries.latest_requirements("grades").reference
    assert asked.decision_reference == engine.queries.latest_decision("grade").reference
    inputs = engine.queries.inputs_of_decisions([asked, needed])
    assert [(each.clause_id, each.clause_name, each.value) for each in inputs[asked.id]] == [("sumInput", "Points", 11)]
    assert inputs[needed.id] == []
    outputs = engine.queries.outputs_of_decisions([asked, needed])
    assert [(each.rule_id, each.rule_order, each.variable_name, each.value) for each in outputs[asked.id]] == [
        ("any", 1, "mark", 1),
        ("good", 2, "mark", 2),
    ]
    assert [(each.rule_id, each.variable_name, each.value) for each in outputs[needed.id]] == [(None, "sum", 11)]
    assert engine.queries.metric_sum("executed-decision-instances") == 2
    assert engine.queries.metric_sum("executed-decision-elements") == 5
    counted = engine.queries.count_evaluations(asked.requirements_id or 0, asked.id)
    assert [(each.decision_key, each.count) for each in counted] == [("grade", 1), ("sum", 1)]


def test_what_fails_or_is_only_tried_is_not_kept(make: Make) -> None:
    engine = make()
    engine.decisions.evaluate(key="grade", variables=POINTS, keep=False)
    engine.deployments.deploy({"shop.dmn": discount(policy="UNIQUE").encode()})
    with pytest.raises(DecisionFailed, match="discount"):
        engine.decisions.evaluate(key="discount", variables={"amount": 2000})
    with pytest.raises(NotFound):
        engine.decisions.evaluate(key="none")
    with pytest.raises(NotFound):
        engine.decisions.evaluate(decision_id=1)
    assert made(engine) == []
    assert engine.queries.operations.count() == 0


def test_below_level_full_nothing_is_kept(make: Make) -> None:
    engine = make(history_level=HistoryLevel.AUDIT)
    assert engine.decisions.evaluate(key="discount", variables={"amount": 5}).result == ({"percent": 0},)
    assert made(engine) == []


def test_a_decision_costs_five_statements_and_many_cost_no_more(make: Make) -> None:
    engine = make()
    engine.decisions.evaluate(key="grade", variables=POINTS)

    def evaluate(times: int) -> int:
        wanted = DecisionBy(key="grade", tenant_id="")
        commands = [EvaluateDecision(wanted=wanted, variables=POINTS) for _ in range(times)]
        with engine.database.count_statements() as counter:
            outcomes = engine.executor.execute(commands)
        assert [outcome.get().result for outcome in outcomes] == [({"mark": 3},)] * times
        return counter.count

    one = evaluate(1)
    assert one <= 5
    assert evaluate(50) <= one + BLOCK_OF_IDS


def test_a_decision_is_read_once_and_forgotten_when_it_is_deleted(make: Make) -> None:
    engine, other = make(), make()
    engine.decisions.evaluate(key="discount", variables={"amount": 5})
    other.decisions.evaluate(key="discount", variables={"amount": 5})
    (deployment,) = engine.queries.deployments.list()
    decision = engine.queries.latest_decision("discount").id
    engine.deployments.delete(deployment.id, cascade=True)
    for each in (engine, other):
        with pytest.raises(NotFound):
            each.decisions.evaluate(decision_id=decision, variables={"amount": 5})
    assert made(engine) == []


def test_a_tenant_must_be_named_where_there_are_several(make: Make) -> None:
    engine = make()
    for tenant in ("north", "south"):
        engine.deployments.deploy({"a.dmn": discount().replace('id="discount"', 'id="fee"').encode()}, tenant_id=tenant)
    with pytest.raises(BadRequest, match="name the tenant"):
        engine.decisions.evaluate(key="fee", variables={"amount": 5})
    engine.decisions.evaluate(key="fee", tenant_id="north", variables={"amount": 5})
    (row,) = made(engine, tenantIdIn=["north"])
    assert (row.tenant_id, row.decision_key) == ("north", "fee")


def test_files_of_one_deployment_import_each_other(make: Make) -> None:
    head = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    base = (
        f'{head} id="base" name="base" namespace="base"><decision id="rate" name="rate"><variable name="rate"/>'
        '<literalExpression id="l1"><text>amount * 2</text></literalExpression></decision></definitions>'
    )
    top = (
        f'{head} id="top" name="top" namespace="top"><import namespace="base" name="b" '
        'importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/><decision id="price" name="price">'
        '<variable name="price"/><informationRequirement id="i"><requiredDecision href="base#rate"/>'
        '</informationRequirement><literalExpression id="l2"><text>b.rate + 1</text></literalExpression></decision>'
        "</definitions>"
    )
    engine = make()
    engine.deployments.deploy({"a-top.dmn": top.encode(), "base.dmn": base.encode()}, name="both")
    assert engine.decisions.evaluate(key="price", variables={"amount": 5}).value == 11
    other = make()
    assert other.decisions.evaluate(key="price", variables={"amount": 5}).value == 11, "read anew"
    asked, needed = made(engine)[:2]
    assert (needed.decision_key, needed.root_decision_instance_id) == ("rate", asked.id)
    assert needed.decision_reference == engine.queries.latest_decision("rate").reference


def test_people_are_written_down(make: Make) -> None:
    engine = make()
    ann = engine.in_the_name_of(ANN)
    ann.decisions.evaluate(key="grade", variables=POINTS)
    decision = engine.queries.latest_decision("grade")
    ann.decisions.set_history_time_to_live(decision.id, 9)
    ann.decisions.delete_history([row.id for row in made(engine)], reason="old")
    ann.retention.set_decision_removal_time([row.id for row in made(engine)], Removal(NOON))
    told = [(row.type, row.entity, row.property, row.new_value) for row in engine.queries.operations.list()]
    assert sorted(told, key=str) == sorted(
        [
            ("Evaluate", "DecisionDefinition", "decisionDefinitionId", decision.reference),
            ("Evaluate", "DecisionDefinition", "decisionDefinitionKey", "grade"),
            ("UpdateHistoryTimeToLive", "DecisionDefinition", "historyTimeToLive", "9"),
            ("UpdateHistoryTimeToLive", "DecisionDefinition", "decisionDefinitionId", decision.reference),
            ("UpdateHistoryTimeToLive", "DecisionDefinition", "decisionDefinitionKey", "grade"),
            ("DeleteHistory", "DecisionInstance", "nrOfInstances", "2"),
            ("DeleteHistory", "DecisionInstance", "async", "true"),
            ("DeleteHistory", "DecisionInstance", "deleteReason", "old"),
            ("SetRemovalTime", "DecisionInstance", "mode", "ABSOLUTE_REMOVAL_TIME"),
            ("SetRemovalTime", "DecisionInstance", "removalTime", "2030-01-01T12:00:00.000+0000"),
            ("SetRemovalTime", "DecisionInstance", "hierarchical", "false"),
            ("SetRemovalTime", "DecisionInstance", "nrOfInstances", "2"),
            ("SetRemovalTime", "DecisionInstance", "async", "true"),
        ],
        key=str,
    )
    with pytest.raises(BadRequest):
        ann.decisions.set_history_time_to_live(decision.id, -1)


def test_whoever_listens_hears_of_decisions(make: Make) -> None:
    engine = make()
    heard: list[News] = []
    engine.news.add(heard.append)
    decision = engine.queries.latest_decision("discount").id
    engine.decisions.evaluate(key="discount", variables={"amount": 5})
    engine.decisions.set_history_time_to_live(decision, 1)
    assert [news.decisions for news in heard] == [frozenset({decision})] * 2
    deployed = engine.deployments.deploy(FILES)
    assert heard[-1].decisions == {row.id for row in deployed.decision_definitions}


# ---------------------------------------------------------------- who may what


def test_what_is_needed_to_decide_and_to_look(make: Make) -> None:
    engine = make()
    ann = engine.acting_as(ANN)
    with pytest.raises(NotAuthorized, match="CREATE_INSTANCE"):
        ann.decisions.evaluate(key="discount", variables={"amount": 5})
    engine.authorizations.grant(Resource.DECISION_DEFINITION, "CREATE_INSTANCE", user="ann", resource_id="discount")
    ann = engine.acting_as(ANN)
    assert ann.decisions.evaluate(key="discount", variables={"amount": 5}).result == ({"percent": 0},)
    with pytest.raises(NotAuthorized):
        engine.acting_as(ANN).decisions.evaluate(key="grade", variables=POINTS)
    assert made(engine.acting_as(ANN)) == []
    assert engine.acting_as(ANN).queries.decision_definitions.count() == 0
    engine.authorizations.grant(Resource.DECISION_DEFINITION, "READ", user="ann", resource_id="discount")
    engine.authorizations.grant(Resource.DECISION_DEFINITION, "READ_HISTORY", user="ann", resource_id="discount")
    engine.decisions.evaluate(key="grade", variables=POINTS)
    ann = engine.acting_as(ANN)
    assert [row.decision_key for row in made(ann)] == ["discount"]
    shop = ann.queries.latest_decision("discount")
    assert ann.queries.resource(shop.deployment_id, shop.resource_id)[1] == discount().encode()
    grade = engine.queries.latest_decision("grade")
    with pytest.raises(NotAuthorized):
        ann.queries.resource(grade.deployment_id, grade.resource_id)
    with pytest.raises(NotAuthorized, match="UPDATE"):
        ann.decisions.set_history_time_to_live(shop.id, 1)
    with pytest.raises(NotAuthorized, match="CREATE_BATCH_DELETE_DECISION_INSTANCES"):
        ann.decisions.delete_history([row.id for row in made(ann)])
    engine.authorizations.grant(Resource.BATCH, "CREATE_BATCH_DELETE_DECISION_INSTANCES", user="ann")
    with pytest.raises(NotAuthorized, match="DELETE_HISTORY"):
        engine.acting_as(ANN).decisions.delete_history([row.id for row in made(ann)])
    assert engine.acting_as(ANN).queries.requirements_definitions.count() == 0
    engine.authorizations.grant(Resource.DECISION_REQUIREMENTS_DEFINITION, "READ", user="ann")
    assert engine.acting_as(ANN).queries.requirements_definitions.count() == 1


# ---------------------------------------------------------------- for how long


def removals(engine: Engine) -> dict[str, datetime | None]:
    return {row.decision_key: row.removal_at for row in made(engine)}


@pytest.mark.parametrize("strategy", RemovalStrategy)
def test_they_are_kept_as_long_as_the_asked_one_says(make: Make, clock: Clock, strategy: RemovalStrategy) -> None:
    engine = make(retention=RetentionSettings(keeping=Keeping(strategy=strategy)))
    engine.decisions.evaluate(key="grade", variables=POINTS)
    until = None if strategy is RemovalStrategy.NONE else NOON + 3 * DAY
    assert removals(engine) == {"grade": until, "sum": until}
    engine.decisions.evaluate(key="discount", variables={"amount": 5})
    clock.now += 3 * DAY
    report = {row.definition_key: (row.finished, row.cleanable) for row in engine.queries.cleanable_decisions.list()}
    old = 0 if strategy is RemovalStrategy.NONE else 1
    assert report == {"grade": (1, old), "sum": (1, old), "discount": (1, 0)}
    assert engine.retention.clean_here() == (0, 0, 2 * old)
    assert len(made(engine)) == (3 if strategy is RemovalStrategy.NONE else 1)
    if old:
        with engine.database.read() as tx:
            tables = ("decision_input", "decision_output")
            left = [list(tx.run(f"SELECT count(*) FROM {name}", [])) for name in tables]
        assert left == [[(1,)], [(1,)]]


@pytest.mark.parametrize("hierarchical", [True, False])
def test_people_date_them(make: Make, hierarchical: bool) -> None:
    engine = make()
    engine.decisions.evaluate(key="grade", variables=POINTS)
    (needed,) = made(engine, decisionDefinitionKey="sum")
    first = NOON + 3 * DAY

    def date(removal: Removal) -> dict[str, datetime | None]:
        engine.retention.set_decision_removal_time([needed.id], removal)
        work(engine)
        return removals(engine)

    later = NOON + 50 * DAY
    assert date(Removal(later, hierarchical=hierarchical)) == {"sum": later, "grade": later if hierarchical else first}
    assert date(Removal(None, hierarchical=hierarchical)) == {"sum": None, "grade": None if hierarchical else first}
    days = 3 if hierarchical else 7
    calculated = Removal(calculated=True, hierarchical=hierarchical)
    assert date(calculated) == {"sum": NOON + days * DAY, "grade": first}


def test_they_are_deleted_by_a_batch_one_by_one(make: Make) -> None:
    engine = make()
    engine.decisions.evaluate(key="grade", variables=POINTS)
    asked, needed = made(engine)
    engine.decisions.delete_history([asked.id, 4711])
    work(engine)
    assert [row.id for row in made(engine)] == [needed.id]
    (batch,) = engine.queries.historic_batches.list()
    assert (batch.type, batch.total_jobs, batch.ended_at) == ("historic-decision-instance-deletion", 2, NOON)
