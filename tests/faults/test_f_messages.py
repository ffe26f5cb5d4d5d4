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
from engine.failpoints import FailpointReached, arm
from engine.services.messages import Correlation, Published
from tests.faults.interleaving import PLACE, Doing, second_within_first
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


CONVERSATION = (
    '<eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
    f'<intermediateCatchEvent id="c">{PAID}</intermediateCatchEvent><receiveTask id="r" messageRef="m2"/>'
    '<parallelGateway id="join"/>' + tasks("a") + flow("g", "c", "join", "a") + flow("g", "r", "join")
)


@pytest.fixture(params=[False, True], ids=["the first is committed", "the first is undone"])
def fails(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def told(sent: Doing) -> str:
    """What the sender of a message was told."""
    if sent.error is not None:
        return type(sent.error).__name__
    return ("Duplicate" if sent.result.is_duplicate else "Kept") if isinstance(sent.result, Published) else "Taken"


# ---------------------------------------------------------------- one within the other, in each order


@pytest.mark.parametrize("body", [FIRST, BOUNDARY], ids=["behind a gateway", "at a boundary"])
@pytest.mark.parametrize("message_first", [True, False], ids=["message first", "timer first"])
def test_a_message_or_a_timer_comes_wholly(
    engines: list[Engine], tmp_path: Path, body: str, message_first: bool, fails: bool
) -> None:
    """The second has found its receiver before the first was committed."""
    one, two, three = engines
    deploy(one, body)
    instance = start(one)
    actions = [partial(send, two), partial(three.jobs.execute, job_of(one, instance))]
    if message_first:
        sent, fired = second_within_first(*actions, three, tmp_path, fails=fails)
    else:
        fired, sent = second_within_first(actions[1], actions[0], two, tmp_path, fails=fails)
    wins = "message" if message_first != fails else "timer"
    assert list(open_tasks(one, instance)) == ["a" if wins == "message" else "b"]
    if wins == "message":
        assert told(sent) == "Taken"
        assert isinstance(fired.error, FailpointReached if fails else NotFound | Conflict)
    else:
        assert told(sent) == ("FailpointReached" if fails else "NotCorrelated")
        assert fired.error is None
    assert one.queries.jobs.list({"processInstanceId": str(instance)}) == []
    assert one.queries.event_subscriptions.list({"processInstanceId": str(instance)}) == []
    assert one.check() == []


def test_of_two_messages_for_one_receiver_the_second_is_told(
    engines: list[Engine], tmp_path: Path, fails: bool
) -> None:
    one, two, three = engines
    deploy(one, sequence(CATCH, tasks("a")))
    instance = start(one)
    first, second = second_within_first(partial(send, two), partial(send, three), three, tmp_path, fails=fails)
    assert (told(first), told(second)) == (("FailpointReached", "Taken") if fails else ("Taken", "NotCorrelated"))
    assert list(open_tasks(one, instance)) == ["a"]
    assert one.check() == []


def test_of_two_messages_for_one_receiver_the_second_is_kept_if_it_may(
    engines: list[Engine], tmp_path: Path, fails: bool
) -> None:
    one, two, three = engines
    deploy(one, sequence(CATCH, tasks("a")))
    instance = start(one)
    hour = timedelta(hours=1)
    first, second = second_within_first(
        partial(send, two), partial(send, three, time_to_live=hour), three, tmp_path, fails=fails
    )
    assert (told(first), told(second)) == (("FailpointReached", "Taken") if fails else ("Taken", "Kept"))
    other = start(one)
    assert at(one, "a") == ({instance} if fails else {instance, other})
    assert one.check() == []


@pytest.mark.parametrize("kind", ["an execution", "a definition", "nobody"])
def test_of_two_messages_with_one_id_the_second_is_a_duplicate(
    engines: list[Engine], tmp_path: Path, kind: str, fails: bool
) -> None:
    """Also a message that starts an instance: an id makes that happen once, where a business key alone does not."""
    one, two, three = engines
    begin = '<startEvent id="s">' + PAID + "</startEvent>" + tasks("a") + flow("s", "a")
    deploy(one, begin if kind == "a definition" else sequence(CATCH, tasks("a")))
    if kind == "an execution":
        start(one)
    options: dict[str, Any] = {"message_id": "A", "time_to_live": timedelta(hours=1)}
    first, second = second_within_first(
        partial(send, two, "B" if kind == "a definition" else None, **options),
        partial(send, three, "B" if kind == "a definition" else None, **options),
        three,
        tmp_path,
        fails=fails,
    )
    done = "Kept" if kind == "nobody" else "Taken"
    assert (told(first), told(second)) == (("FailpointReached", done) if fails else (done, "Duplicate"))
    if kind == "nobody":
        start(one), start(one)
    assert len(at(one, "a")) == 1
    assert one.check() == []


def test_the_first_messages_of_one_conversation_begin_one_instance(
    engines: list[Engine], tmp_path: Path, fails: bool
) -> None:
    """Behind a parallel event-based gateway: the second has found that nobody waits, before the first is committed."""
    one, two, three = engines
    deploy(one, CONVERSATION)
    first, second = second_within_first(
        partial(send, two, "B", "paid"), partial(send, three, "B", "ordered"), three, tmp_path, fails=fails
    )
    assert told(second) == "Taken"
    if fails:
        assert told(first) == "FailpointReached"
        send(two, "B", "paid")
    else:
        assert told(first) == "Taken"
    assert len(at(one, "a")) == 1
    assert len(one.queries.process_instances.list({})) == 1
    assert one.check() == []


@pytest.mark.parametrize("message_first", [True, False], ids=["message first", "receiver first"])
def test_a_message_and_its_receiver_find_each_other(
    engines: list[Engine], tmp_path: Path, message_first: bool, fails: bool
) -> None:
    one, two, three = engines
    deploy(one, sequence(CATCH, tasks("a")))
    send_it, start_it = partial(send, two, "B", time_to_live=timedelta(hours=1)), partial(start, three, "B")
    if message_first:
        sent, started = second_within_first(send_it, start_it, three, tmp_path, fails=fails)
        assert told(sent) == ("FailpointReached" if fails else "Kept")
        assert at(one, "a") == (set() if fails else {started.result})
    else:
        started, sent = second_within_first(start_it, send_it, two, tmp_path, fails=fails)
        assert told(sent) == ("Kept" if fails else "Taken")
        receiver = start(one, "B") if fails else started.result
        assert at(one, "a") == {receiver}
    assert one.check() == []


def test_of_two_who_begin_to_wait_one_gets_what_is_kept(engines: list[Engine], tmp_path: Path, fails: bool) -> None:
    """The second waits until it is clear whether the first has the message."""
    one, two, three = engines
    deploy(one, sequence(CATCH, tasks("a")))
    send(one, time_to_live=timedelta(hours=1))
    first, second = second_within_first(partial(start, two), partial(start, three), three, tmp_path, fails=fails)
    assert at(one, "a") == {(second if fails else first).result}
    assert len(one.queries.event_subscriptions.list({"eventName": "paid"})) == (0 if fails else 1)
    assert one.queries.jobs.list({}) == []
    assert one.check() == []


def test_of_two_messages_with_one_id_for_two_receivers_one_is_taken(
    engines: list[Engine], tmp_path: Path, fails: bool
) -> None:
    one, two, three = engines
    deploy(one, sequence(CATCH, tasks("a")))
    instances = start(one, "B"), start(one, "C")
    first, second = second_within_first(
        partial(send, two, "B", message_id="A"), partial(send, three, "C", message_id="A"), three, tmp_path, fails=fails
    )
    assert (told(first), told(second)) == (("FailpointReached", "Taken") if fails else ("Taken", "Duplicate"))
    assert at(one, "a") == {instances[1 if fails else 0]}
    assert one.check() == []


@pytest.mark.parametrize("message_first", [True, False], ids=["message first", "definition first"])
def test_a_message_and_a_start_event_find_each_other(
    engines: list[Engine], tmp_path: Path, message_first: bool, fails: bool
) -> None:
    one, two, three = engines
    begin = f'<startEvent id="s">{PAID}</startEvent>' + tasks("a") + flow("s", "a")
    send_it, deploy_it = partial(send, two, "B", time_to_live=timedelta(hours=1)), partial(deploy, three, begin)
    if message_first:
        sent, deployed = second_within_first(send_it, deploy_it, three, tmp_path, fails=fails)
        assert told(sent) == ("FailpointReached" if fails else "Kept")
    else:
        deployed, sent = second_within_first(
            deploy_it, send_it, two, tmp_path, fails=fails, place="deploy.before_commit"
        )
        assert told(sent) == ("Kept" if fails else "Taken")
    assert isinstance(deployed.error, FailpointReached) == (fails and not message_first)
    if fails and not message_first:
        deploy(one, begin)
    claims = one.jobs.claim("w", lease=timedelta(minutes=1), limit=10)
    for outcome in one.jobs.execute_claimed(claims):
        outcome.get()
    assert len(at(one, "a")) == (0 if fails and message_first else 1)
    assert one.queries.jobs.list({}) == []
    assert one.check() == []


def test_without_a_time_to_live_a_message_before_its_receiver_leaves_nothing(
    engines: list[Engine], tmp_path: Path
) -> None:
    """The receiver has not been committed when the message looks for one."""
    one, two, three = engines
    deploy(one, sequence(CATCH, tasks("a")))
    here = tmp_path / "here"
    arm(f"{PLACE}@1=block:{here}")
    try:
        starting = Doing(partial(start, three))
        eventually(here.exists, "the receiver comes to its commit")
        with pytest.raises(NotCorrelated):
            send(two, message_id="A")
    finally:
        here.unlink()
        arm("")
    starting.wait()
    assert at(one, "a") == set()
    assert not isinstance(send(two, message_id="A"), Published)
    assert at(one, "a") == {starting.result}
    assert one.check() == []


# ---------------------------------------------------------------- all at the same moment, again and again


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
    deploy(engines[0], CONVERSATION)
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


@pytest.mark.parametrize("place", ["executor.before_write", "executor.before_commit", "executor.after_commit"])
def test_a_kept_message_survives_the_death_of_its_receiver(
    engine: Engine, database_url: str, tmp_path: Path, place: str
) -> None:
    """The server where an instance begins to wait is killed: it has the message and is there, or neither."""
    deploy(engine, sequence(CATCH, tasks("a")))
    send(engine, time_to_live=timedelta(hours=1))
    here = tmp_path / "here"
    with server(database_url, tmp_path, **blocking(place, here)) as victim:
        starter = threading.Thread(target=_post, args=(victim, "/process-definition/key/p/start", {}))
        starter.start()
        eventually(here.exists, f"it comes to {place}")
        victim.kill()
        starter.join()
    assert len(at(engine, "a")) == (1 if place == "executor.after_commit" else 0)
    start(engine)
    assert len(at(engine, "a")) == 1
    assert engine.queries.jobs.list({}) == []


def _post(victim: Server, path: str, body: dict[str, Any]) -> None:
    with suppress(requests.RequestException):
        victim.post(path, body)
