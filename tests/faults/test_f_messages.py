"""Messages at the same moment as something else, and before or after somebody dies (F19, F20, F21)."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from engine import Engine, NotCorrelated
from engine.errors import Conflict, NotFound
from engine.services.messages import Correlation
from tests.faults.patience import eventually
from tests.faults.servers import Server, blocking, server
from tests.faults.test_f_events import flow, job_of, open_tasks, tasks
from tests.faults.test_races import at_once
from tests.worker.models import process, sequence

ROUNDS = 15
NAMES = '<message id="m1" name="paid"/><message id="m2" name="ordered"/>'
PAID = '<messageEventDefinition messageRef="m1"/>'
HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
CATCH = f'<intermediateCatchEvent id="c">{PAID}</intermediateCatchEvent>'


def deploy(engine: Engine, body: str, key: str = "p") -> None:
    engine.deployments.deploy({f"{key}.bpmn": process(body, outside=NAMES, key=key)}, name=key)


def start(engine: Engine, key: str | None = None) -> int:
    return engine.process_instances.start(key="p", business_key=key).id


def send(engine: Engine, key: str | None = None, name: str = "paid", **options: Any) -> object:
    return engine.messages.publish(Correlation(name=name, business_key=key), **options)


def at(engine: Engine, element: str) -> set[int | None]:
    found = engine.queries.tasks.list({"taskDefinitionKey": element}, limit=10_000)
    assert len({each.process_instance_id for each in found}) == len(found), "no instance got two messages"
    return {each.process_instance_id for each in found}


FIRST = (
    f'<startEvent id="start"/><eventBasedGateway id="first"/><intermediateCatchEvent id="told">{PAID}'
    f'</intermediateCatchEvent><intermediateCatchEvent id="late">{HOUR}</intermediateCatchEvent>'
    + tasks("a", "b")
    + flow("start", "first", "told", "a")
    + flow("first", "late", "b")
)
BOUNDARY = (
    f'<startEvent id="start"/><userTask id="x"/><boundaryEvent id="told" attachedToRef="x">{PAID}</boundaryEvent>'
    f'<boundaryEvent id="late" attachedToRef="x">{HOUR}</boundaryEvent>'
    + tasks("a", "b")
    + flow("start", "x")
    + flow("told", "a")
    + flow("late", "b")
)


@pytest.mark.parametrize("body", [FIRST, BOUNDARY], ids=["behind a gateway", "at a boundary"])
def test_a_message_and_a_timer_at_once_lead_one_way_and_the_answer_is_true(engines: list[Engine], body: str) -> None:
    one, two, three = engines
    deploy(one, body)
    for _ in range(ROUNDS):
        instance = start(one)
        timer = job_of(one, instance)
        sent, fired = at_once([partial(send, two), partial(three.jobs.execute, timer)])
        assert sent is None or isinstance(sent, NotCorrelated)
        assert fired is None or isinstance(fired, NotFound | Conflict)
        assert (sent is None) != (fired is None)
        assert list(open_tasks(one, instance)) == ["a" if sent is None else "b"]
        assert one.queries.jobs.list({"processInstanceId": str(instance)}) == []
        assert one.queries.event_subscriptions.list({"processInstanceId": str(instance)}) == []
        one.process_instances.delete(instance)
    assert one.check() == []


def test_of_messages_at_once_one_is_taken_and_the_others_are_told(engines: list[Engine]) -> None:
    deploy(engines[0], sequence(CATCH, tasks("a")))
    for _ in range(ROUNDS):
        instance = start(engines[0])
        errors = at_once([partial(send, each) for each in engines])
        assert sorted(type(error).__name__ for error in errors) == ["NoneType", "NotCorrelated", "NotCorrelated"]
        assert list(open_tasks(engines[0], instance)) == ["a"]
        engines[0].process_instances.delete(instance)
    assert engines[0].check() == []


def test_messages_at_once_with_one_id_are_taken_once_and_none_is_an_error(engines: list[Engine]) -> None:
    deploy(engines[0], sequence(CATCH, tasks("a")))
    for number in range(ROUNDS):
        instance, other = start(engines[0], "B"), start(engines[0], "C")
        actions = [partial(send, each, "B", message_id=str(number)) for each in engines]
        assert at_once(actions) == [None] * 3
        assert (list(open_tasks(engines[0], instance)), open_tasks(engines[0], other)) == (["a"], {})
        for each in (instance, other):
            engines[0].process_instances.delete(each)
    assert engines[0].check() == []


def test_a_message_that_is_kept_while_somebody_begins_to_wait_comes_to_them(engines: list[Engine]) -> None:
    one, two, three = engines
    deploy(one, sequence(CATCH, tasks("a")))
    for number in range(3 * ROUNDS):
        key = f"B{number}"
        hour = timedelta(hours=1)
        assert at_once([partial(send, two, key, time_to_live=hour), partial(start, three, key)]) == [None, None]
    assert len(at(one, "a")) == 3 * ROUNDS
    assert one.queries.jobs.list({}) == []
    assert one.check() == []


def test_kept_messages_come_to_one_each_of_those_who_begin_to_wait_at_once(engines: list[Engine]) -> None:
    deploy(engines[0], sequence(CATCH, tasks("a")))
    for number in range(ROUNDS):
        for _ in range(2):
            send(engines[0], time_to_live=timedelta(hours=1))
        assert at_once([partial(start, each) for each in engines]) == [None] * 3
        assert len(at(engines[0], "a")) == 2 * (number + 1)
        for waiting in engines[0].queries.event_subscriptions.list({"eventName": "paid"}):
            engines[0].process_instances.delete(waiting.process_instance_id or 0)
    assert engines[0].check() == []


def test_messages_of_one_conversation_at_once_begin_one_instance(engines: list[Engine]) -> None:
    """Behind a parallel event-based gateway: whichever comes second belongs to the instance of the first."""
    deploy(
        engines[0],
        '<eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
        f'<intermediateCatchEvent id="c">{PAID}</intermediateCatchEvent><receiveTask id="r" messageRef="m2"/>'
        '<parallelGateway id="join"/>' + tasks("a") + flow("g", "c", "join", "a") + flow("g", "r", "join"),
    )
    for number in range(ROUNDS):
        key = f"B{number}"
        names = ("paid", "ordered")
        actions = [partial(send, each, key, name) for each, name in zip(engines, names, strict=False)]
        assert at_once(actions) == [None, None]
    assert len(at(engines[0], "a")) == ROUNDS
    assert len(engines[0].queries.process_instances.list({}, limit=1_000)) == ROUNDS
    assert engines[0].check() == []


@pytest.mark.slow
def test_many_senders_and_many_receivers(engines: list[Engine]) -> None:
    """200 instances, each waiting for one message of its own key, which 40 senders all send in their own order."""
    many, senders = 200, 40
    deploy(engines[0], sequence(CATCH, tasks("a")))
    waiting = {start(engines[0], f"K{number}") for number in range(many)}
    told: Counter[str] = Counter()
    lock = threading.Lock()

    def send_all(engine: Engine, first: int) -> None:
        for number in range(first, first + many):
            try:
                send(engine, f"K{number % many}")
            except NotCorrelated:
                result = "nobody"
            else:
                result = "taken"
            with lock:
                told[result] += 1

    threads = [
        threading.Thread(target=send_all, args=(engines[each % 3], each * (many // senders))) for each in range(senders)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {"taken": many, "nobody": many * (senders - 1)}
    assert at(engines[0], "a") == waiting
    assert engines[0].check() == []


@pytest.mark.parametrize("place", ["executor.before_write", "executor.before_commit", "executor.after_commit"])
def test_a_message_before_its_receiver_is_kept_wholly_or_not_at_all(
    engine: Engine, database_url: str, tmp_path: Path, place: str
) -> None:
    """The server that is to keep it is killed; whoever sends it again, with its id, gets one message kept."""
    deploy(engine, sequence(CATCH, tasks("a")))
    asked = {"messageName": "paid", "businessKey": "B", "timeToLive": "PT1H", "messageId": "A"}
    here = tmp_path / "here"
    with server(database_url, tmp_path, **blocking(place, here)) as victim:
        sender = threading.Thread(target=_post, args=(victim, "/message", asked))
        sender.start()
        eventually(here.exists, f"it comes to {place}")
        victim.kill()
        sender.join()
    again = send(engine, "B", time_to_live=timedelta(hours=1), message_id="A")
    assert getattr(again, "is_duplicate", None) == (place == "executor.after_commit")
    first, second = start(engine, "B"), start(engine, "B")
    assert at(engine, "a") == {first} != {second}
    assert engine.check() == []


def _post(victim: Server, path: str, body: dict[str, Any]) -> None:
    with suppress(requests.RequestException):
        victim.post(path, body)
