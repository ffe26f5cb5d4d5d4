"""The test kit for models and handlers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine import Activation, AdHocResult, Job, handler
from engine.handlers import DEFAULT_REGISTRY
from engine.testing import Bench, Stuck
from tests.worker.models import process, sequence, work


def double(count: int) -> dict[str, int]:
    return {"count": count * 2}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Handlers are those of one test: a process may come back to this module after others."""
    handler("bench-double", backoff="PT10S")(double)
    yield
    DEFAULT_REGISTRY.forget(__name__)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    timer = (
        '<intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>"
    )
    file = tmp_path / "p.bpmn"
    file.write_bytes(process(sequence(work("one", "bench-double"), timer)))
    return file


def test_an_instance_is_moved_by_hand(model: Path) -> None:
    with Bench(model) as bench:
        instance = bench.start("p", count=2)
        assert bench.variables(instance) == {"count": 2}
        bench.run()
        assert bench.variables(instance) == {"count": 4}
        bench.pass_time(timedelta(minutes=59))
        assert not bench.ended(instance)
        bench.pass_time(timedelta(minutes=1))
        assert bench.ended(instance)


def test_incidents_are_seen(model: Path) -> None:
    with Bench(model, handlers=[double]) as bench:
        bench.start("p")
        bench.run()
        (message,) = bench.incidents()
        assert "'count' is missing" in (message or "")


def test_other_handlers_can_be_left_out(model: Path) -> None:
    with Bench(model, handlers=[]) as bench:
        instance = bench.start("p", count=2)
        bench.run()
        assert bench.variables(instance) == {"count": 2}


def test_jobs_without_end_are_told(tmp_path: Path) -> None:
    body = (
        '<startEvent id="s"/><sequenceFlow id="a" sourceRef="s" targetRef="t"/>'
        '<task id="t" camunda:asyncBefore="true"/><sequenceFlow id="b" sourceRef="t" targetRef="t"/>'
    )
    (tmp_path / "p.bpmn").write_bytes(process(body))
    with Bench(tmp_path / "p.bpmn") as bench:
        bench.start("p")
        with pytest.raises(Stuck):
            bench.run()


def test_a_handler_leads_an_ad_hoc_sub_process(tmp_path: Path) -> None:
    @handler("bench-agent")
    def agent(rounds: int, job: Job) -> AdHocResult:
        if rounds > 1:
            return AdHocResult(complete=True, variables={"done": True})
        return AdHocResult([Activation("one", {"count": rounds})], variables={"rounds": rounds + 1})

    @handler("bench-one")
    def one(count: int) -> dict[str, int]:
        return {f"seen{count}": count}

    body = (
        '<adHocSubProcess id="lead"><extensionElements><zeebe:taskDefinition type="bench-agent" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"/></extensionElements>' + work("one", "bench-one")
    )
    file = tmp_path / "p.bpmn"
    file.write_bytes(process(sequence(body + "</adHocSubProcess>")))
    with Bench(file, handlers=[agent, one]) as bench:
        instance = bench.start("p", rounds=0)
        bench.run()
        assert bench.ended(instance)
        assert bench.variables(instance) == {"rounds": 2, "done": True, "seen0": 0, "seen1": 1, "count": 1}


def test_decisions_are_tried_alone_and_by_a_process() -> None:
    folder = Path(__file__).parents[2] / "processes" / "invoice"
    with Bench(*folder.glob("*.bpmn"), *folder.glob("*.dmn"), *folder.glob("*.form")) as bench:
        assert bench.decide("invoice-approvers", amount=7500, round=1) == [{"group": "management"}]
        assert bench.decide("invoice-approvers", amount=900, round=3) == [{"group": "management"}]
        assert bench.decide("invoice-approvers", amount=900, round=2) == [{"group": "accounting"}]
        assert bench.engine.queries.historic_decisions.list() == []
        bench.start("invoice", invoiceNumber="R-1041", creditor="Papier AG", amount=900)
        for task, variable in (("CheckOrder", "orderMatches"), ("CheckAccounts", "accountsMatch")):
            (found,) = bench.engine.queries.tasks.list({"taskDefinitionKey": task})
            bench.engine.tasks.complete(found.id, {variable: True})
        assert [each.element_id for each in bench.engine.queries.historic_decisions.list()] == ["FindApprovers"]
