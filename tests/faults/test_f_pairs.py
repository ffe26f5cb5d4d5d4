"""Two who contradict each other at the same moment, over REST (F16, F17, F18, F33, F34): one of them wins."""

# ruff: noqa: B023  (what a loop makes is done within its turn)

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import requests

from engine import Engine
from engine.core.lifecycle import JobState
from tests.faults.ledger import done, waiting
from tests.faults.patience import eventually
from tests.faults.probes import ProbeWitness
from tests.faults.servers import Server, server
from tests.worker.models import deploy, ended, ends, run, sequence, values, work

pytestmark = pytest.mark.slow

ROUNDS = 50
FEW = 20
USER_TASK = '<userTask id="task"/>'
WITH_TIMER = (
    '<startEvent id="start"/><sequenceFlow id="f0" sourceRef="start" targetRef="task"/>'
    '<userTask id="task"/><sequenceFlow id="f1" sourceRef="task" targetRef="after"/>'
    '<userTask id="after"/><sequenceFlow id="f2" sourceRef="after" targetRef="completed"/><endEvent id="completed"/>'
    '<boundaryEvent id="late" attachedToRef="task"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
    '</timerEventDefinition></boundaryEvent><sequenceFlow id="f3" sourceRef="late" targetRef="lapsed"/>'
    '<endEvent id="lapsed"/>'
)

Asked = Callable[[], requests.Response]


@pytest.fixture
def idle(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Server]:
    """A server that does no jobs."""
    with server(database_url, tmp_path, BATON_JOB_RUNNER="off") as started:
        yield started


def at_once(*asked: Asked) -> list[requests.Response]:
    """All of it at the same moment."""
    barrier = threading.Barrier(len(asked))
    answers: list[requests.Response | None] = [None] * len(asked)

    def ask(index: int) -> None:
        barrier.wait()
        answers[index] = asked[index]()

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


def statuses(answers: Sequence[requests.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


def the_task(idle: Server, instance: int) -> dict[str, str]:
    [task] = idle.ask("GET", f"/task?processInstanceId={instance}").json()
    found: dict[str, str] = task
    return found


def test_one_of_two_claims_a_task(engine: Engine, idle: Server) -> None:
    deploy(engine, sequence(USER_TASK))
    for _ in range(ROUNDS):
        instance = run(engine)
        path = f"/task/{the_task(idle, instance)['id']}/claim"
        answers = at_once(*[lambda who=who: idle.post(path, {"userId": who}) for who in ("ada", "bob")])  # type: ignore[misc]
        assert sorted(statuses(answers)) in ([204, 400], [204, 409], [204, 500]), [each.text for each in answers]
        winner = "ada" if answers[0].status_code == 204 else "bob"
        [refused] = [each for each in answers if each.status_code != 204]
        assert winner in refused.json()["message"], refused.text
        assert the_task(idle, instance)["assignee"] == winner


def test_one_of_two_completes_a_task(engine: Engine, idle: Server) -> None:
    deploy(engine, sequence(USER_TASK, '<userTask id="after"/>'))
    for _ in range(ROUNDS):
        instance = run(engine)
        path = f"/task/{the_task(idle, instance)['id']}/complete"
        answers = at_once(
            *[
                lambda who=who: idle.post(path, {"variables": {f"by_{who}": {"value": True}}})  # type: ignore[misc]
                for who in ("ada", "bob")
            ]
        )
        assert sum(status == 204 for status in statuses(answers)) == 1, [each.text for each in answers]
        winner = "ada" if answers[0].status_code == 204 else "bob"
        assert the_task(idle, instance)["taskDefinitionKey"] == "after"
        assert values(engine, instance) == {f"by_{winner}": True}


def test_a_task_is_completed_or_its_timer_fires(engine: Engine, idle: Server) -> None:
    deploy(engine, WITH_TIMER)
    for _ in range(FEW):
        instance = run(engine)
        task = the_task(idle, instance)["id"]
        [timer] = idle.ask("GET", f"/job?processInstanceId={instance}").json()
        completed, lapsed = at_once(
            lambda: idle.post(f"/task/{task}/complete", {"variables": {"entered": {"value": 1}}}),
            lambda: idle.post(f"/job/{timer['id']}/execute"),
        )
        assert sum(each.status_code == 204 for each in (completed, lapsed)) == 1, (completed.text, lapsed.text)
        if completed.status_code == 204:
            assert the_task(idle, instance)["taskDefinitionKey"] == "after"
            assert values(engine, instance) == {"entered": 1}
            assert idle.ask("GET", f"/job/{timer['id']}").status_code == 404
        else:
            assert ends(engine, instance) == ["lapsed"]
            assert values(engine, instance) == {}


def test_a_task_is_completed_or_given_to_somebody_else_first(engine: Engine, idle: Server) -> None:
    deploy(engine, sequence(USER_TASK))
    for _ in range(FEW):
        instance = run(engine)
        task = the_task(idle, instance)["id"]
        completed, assigned = at_once(
            lambda: idle.post(f"/task/{task}/complete"),
            lambda: idle.post(f"/task/{task}/assignee", {"userId": "bob"}),
        )
        assert completed.status_code == 204
        assert ended(engine, instance)
        [historic] = idle.ask("GET", f"/history/task?processInstanceId={instance}").json()
        assert (historic["assignee"] == "bob") == (assigned.status_code == 204), assigned.text


def test_a_task_is_completed_or_its_instance_deleted(engine: Engine, idle: Server) -> None:
    deploy(engine, sequence(USER_TASK, '<userTask id="after"/>'))
    for _ in range(FEW):
        instance = run(engine)
        task = the_task(idle, instance)["id"]
        completed, deleted = at_once(
            lambda: idle.post(f"/task/{task}/complete", {"variables": {"entered": {"value": 1}}}),
            lambda: idle.ask("DELETE", f"/process-instance/{instance}"),
        )
        assert deleted.status_code == 204, deleted.text
        assert ended(engine, instance)
        assert values(engine, instance) == ({"entered": 1} if completed.status_code == 204 else {}), completed.text


def fetched(idle: Server, topic: str = "t", most: int = 1) -> list[dict[str, str]]:
    """Work that a remote worker has got."""
    topics = [{"topicName": topic, "lockDuration": 600_000}]
    answer = idle.post("/external-task/fetchAndLock", {"workerId": "ada", "maxTasks": most, "topics": topics})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, str]] = answer.json()
    return found


def test_work_is_completed_or_its_instance_deleted(engine: Engine, idle: Server) -> None:
    deploy(engine, sequence(work("w", "t"), USER_TASK))
    for _ in range(FEW):
        instance = run(engine)
        [task] = fetched(idle)
        report = {"workerId": "ada", "variables": {"result": {"value": 1}}}
        completed, deleted = at_once(
            lambda: idle.post(f"/external-task/{task['id']}/complete", report),
            lambda: idle.ask("DELETE", f"/process-instance/{instance}"),
        )
        assert deleted.status_code == 204, deleted.text
        assert completed.status_code in (204, 404), completed.text
        assert ended(engine, instance)
        assert values(engine, instance) == ({"result": 1} if completed.status_code == 204 else {})
        assert waiting(engine) == {}


def test_work_is_fetched_or_its_instance_suspended_first(engine: Engine, idle: Server) -> None:
    deploy(engine, sequence(work("w", "t")))
    for _ in range(FEW):
        instance = run(engine)
        suspend = {"suspended": True}
        tasks: list[dict[str, str]] = []
        at_once(
            lambda: tasks.extend(fetched(idle)) or requests.Response(),  # type: ignore[func-returns-value]
            lambda: idle.ask("PUT", f"/process-instance/{instance}/suspended", json=suspend),
        )
        assert fetched(idle) == []
        for task in tasks:
            refused = idle.post(f"/external-task/{task['id']}/complete", {"workerId": "ada"})
            assert refused.status_code == 400, refused.text
            assert "suspended" in refused.json()["message"]
        assert idle.ask("DELETE", f"/process-instance/{instance}").status_code == 204


def test_the_result_of_work_of_a_deleted_instance_is_refused(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy(engine, sequence(work("w", "waiting")))
    instance, other = run(engine), run(engine)
    with server(database_url, tmp_path) as started:
        eventually(lambda: len(witness.starts()) == 2, "both run")
        assert started.ask("DELETE", f"/process-instance/{instance}").status_code == 204
        (tmp_path / "go").touch()
        eventually(lambda: ended(engine, other), "the other goes on")
        eventually(lambda: "was dropped" in started.log.read_text(), "the late result was dropped")
    assert values(engine, instance) == {}
    assert done(engine) == [1]
    assert waiting(engine) == {}


def test_nothing_begins_in_a_suspended_instance_and_what_runs_is_given_back(
    engine: Engine, database_url: str, witness: ProbeWitness, tmp_path: Path
) -> None:
    deploy(engine, sequence(work("w", "waiting"), work("q", "quick")))
    instance = run(engine)
    with server(database_url, tmp_path) as started:
        suspended = f"/process-instance/{instance}/suspended"
        eventually(witness.starts, "it runs")
        assert started.ask("PUT", suspended, json={"suspended": True}).status_code == 204
        (tmp_path / "go").touch()
        eventually(lambda: waiting(engine) == {JobState.WAITING: 1}, "it is given back")
        other = run(engine)
        eventually(lambda: ended(engine, other), "others go on meanwhile")
        assert witness.attempts()[witness.starts()[0][0]] == [1]
        assert started.ask("PUT", suspended, json={"suspended": False}).status_code == 204
        eventually(lambda: ended(engine, instance), "it goes on")
    assert values(engine, instance) == {"waiting": 2, "quick": 1}
