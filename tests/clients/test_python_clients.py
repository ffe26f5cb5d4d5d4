"""Workers made with the clients that PyPI has for Camunda and Operaton, as they are."""

from __future__ import annotations

import threading
import warnings
from typing import Any

import pytest

from tests.clients.conftest import Served

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # they use an old way of pydantic
    from camunda.external_task.external_task import ExternalTask as CamundaTask
    from camunda.external_task.external_task_worker import ExternalTaskWorker as CamundaWorker
    from operaton.external_task.external_task_worker import ExternalTaskWorker as OperatonWorker

WORKERS = {"camunda": CamundaWorker, "operaton": OperatonWorker}
CONFIGURATION = {"maxTasks": 1, "lockDuration": 20_000, "asyncResponseTimeout": 15_000}


@pytest.fixture(params=WORKERS)
def worker(request: pytest.FixtureRequest, server: Served) -> Any:
    """A worker of either client."""
    return WORKERS[request.param](worker_id="python", base_url=server.url, config=CONFIGURATION)


def test_a_task_is_fetched_and_completed_with_variables(server: Served, worker: Any) -> None:
    instance = server.start(amount=41, text="né")
    seen: dict[str, Any] = {}

    def handle(task: CamundaTask) -> Any:
        seen.update(task.get_variables(), key=task.get_business_key(), where=task.get_extension_property("where"))
        return task.complete({"total": task.get_variable("amount") + 1, "paid": True}, {"local": "hidden"})

    worker.fetch_and_execute("work", handle)
    assert seen == {"amount": 41, "text": "né", "key": "key", "where": "there"}
    assert server.open_tasks(instance) == ["done"]
    assert server.variables(instance) == {"amount": 41, "text": "né", "total": 42, "paid": True}


def test_only_the_variables_that_are_wanted_are_sent(server: Served, worker: Any) -> None:
    server.start(color="red", size=1)
    wanted = server.start(color="blue", size=2)
    seen: list[tuple[str, Any]] = []

    def handle(task: CamundaTask) -> Any:
        seen.append((task.get_process_instance_id(), task.get_variables()))
        return task.complete()

    worker.fetch_and_execute("work", handle, process_variables={"color": "blue"}, variables=["size"])
    assert seen == [(wanted, {"size": 2})]


def test_failures_count_retries_down_to_an_incident(server: Served, worker: Any) -> None:
    instance = server.start()
    for left in (1, 0):
        worker.fetch_and_execute("work", lambda task: task.failure("No stock", "shelf 7", 1, 0))
        (task,) = server.get("/external-task", processInstanceId=instance)
        assert (task["retries"], task["errorMessage"]) == (left, "No stock")
    (incident,) = server.get("/incident", processInstanceId=instance)
    assert (incident["incidentType"], incident["incidentMessage"]) == ("failedExternalTask", "No stock")


def test_a_bpmn_error_goes_the_way_of_its_boundary_event(server: Served, worker: Any) -> None:
    instance = server.start()
    worker.fetch_and_execute("work", lambda task: task.bpmn_error("E1", "Refused", {"reason": "limit"}))
    assert server.open_tasks(instance) == ["handled"]
    assert server.variables(instance) == {"reason": "limit"}


def test_a_worker_that_waits_gets_what_comes_later(server: Served, worker: Any) -> None:
    waiting = threading.Thread(target=worker.fetch_and_execute, args=("work", lambda task: task.complete()))
    waiting.start()
    instance = server.start()
    waiting.join(timeout=30)
    assert not waiting.is_alive()
    assert server.open_tasks(instance) == ["done"]
