"""Live events: what is changed here and elsewhere is heard, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

import pytest

from engine import Engine
from engine.authorization import Actor
from engine.core.state import Changes, Comment, ProcessInstance, Row, UserTask
from engine.news import ANYTHING, MOST_IDS, News, NewsDesk, news_of
from engine.services.audience import Heard, Hearer
from engine.services.live import SEATS, Listening, NoSeat, Topics, read, write
from tests.executor.models import FAILING, ONE_TASK, model

PATIENCE = 60.0
ALL = Topics(frozenset({"tasks", "incidents"}))


@pytest.fixture
def elsewhere(engine: Engine, database_url: str) -> Iterator[Engine]:
    """An engine as another process has it, over the same database, that tells what it changes."""
    opened = Engine.open(database_url)
    opened.live.share()
    yield opened
    opened.close()


def heard(listening: Listening, *, until: Callable[[News], bool]) -> News:
    """All that is heard until it is enough."""
    news = News()
    while not until(news):
        told = listening.wait(PATIENCE)
        assert told is not None, f"nothing more was heard than {news}"
        news |= told.news
    return news


def quiet(engine: Engine, listening: Listening) -> None:
    """Let the threads that listen to other processes begin, and what they say then be over."""
    if engine.database.dialect == "postgresql":
        heard(listening, until=lambda news: news.tasks is None)


def ids(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def test_what_this_process_changes_is_heard_by_its_ids(engine: Engine, tasks_of: Callable[[int], list[int]]) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    listening = engine.live.listen(ALL)
    quiet(engine, listening)
    instance = engine.process_instances.start(key="p").id
    (task,) = tasks_of(instance)
    told = listening.wait(PATIENCE)
    assert told is not None
    assert (told.news, told.names) == (News(tasks=ids(task)), ["tasks"])
    engine.tasks.add_comment(task, "Look!")
    told = listening.wait(PATIENCE)
    assert told is not None
    assert told.news.tasks == ids(task)
    assert listening.wait(0) is None


def test_an_instance_is_heard_of_by_those_who_ask_for_it(engine: Engine, tasks_of: Callable[[int], list[int]]) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    first, second = (engine.process_instances.start(key="p").id for _ in range(2))
    listening = engine.live.listen(Topics(instances=ids(first)))
    if engine.database.dialect == "postgresql":
        heard(listening, until=lambda news: news.instances is None)
    engine.tasks.complete(tasks_of(second)[0])
    engine.variables.set(first, {"a": 1})
    told = listening.wait(PATIENCE)
    assert told is not None
    assert (told.news, told.names) == (News(instances=ids(first)), [f"instance:{first}"])


def test_other_processes_are_heard(engine: Engine, elsewhere: Engine, tasks_of: Callable[[int], list[int]]) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    listening = engine.live.listen(ALL)
    quiet(engine, listening)
    if engine.database.dialect == "postgresql":
        instance = elsewhere.process_instances.start(key="p").id
        news = heard(listening, until=lambda news: bool(news.tasks))
        assert news.tasks == ids(*tasks_of(instance))
        return
    elsewhere.process_instances.start(key="p")
    assert heard(listening, until=lambda news: news.tasks is None) == News(None, ids(), None)


def test_on_sqlite_others_are_heard_from_the_beginning(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where they write before the thread that looks has begun."""
    engine, other = Engine.open(sqlite_url), Engine.open(sqlite_url)
    engine.upgrade()
    engine.deployments.deploy(model(ONE_TASK))
    look, goes = engine.live._look, threading.Event()

    def look_late() -> None:
        goes.wait(PATIENCE)
        look()

    monkeypatch.setattr(engine.live, "_look", look_late)
    listening = engine.live.listen(ALL)
    other.process_instances.start(key="p")
    goes.set()
    assert heard(listening, until=lambda news: news.tasks is None) == News(None, ids(), None)
    engine.close()
    other.close()


def test_what_is_changed_last_is_heard_though_its_process_ends(
    postgres_url: str,
) -> None:
    engine, other = Engine.open(postgres_url), Engine.open(postgres_url)
    engine.upgrade()
    engine.deployments.deploy(model(ONE_TASK))
    listening = engine.live.listen(ALL)
    heard(listening, until=lambda news: news.tasks is None)
    other.live.share()
    started = [other.process_instances.start(key="p").id for _ in range(5)]
    other.close()
    tasks = ids(*(task.id for task in engine.queries.tasks.list()))
    assert len(tasks) == len(started)
    assert heard(listening, until=lambda news: news.tasks is not None and len(news.tasks) == 5).tasks == tasks
    engine.close()


def test_who_listens_is_let_go_at_the_end(engine: Engine) -> None:
    listening = engine.live.listen(ALL)
    quiet(engine, listening)
    engine.live.close()
    assert listening.wait(PATIENCE) is None
    assert listening.wait(0) is None


def test_on_sqlite_what_one_writes_oneself_is_not_taken_for_news_of_others(sqlite_url: str) -> None:
    engine, other = Engine.open(sqlite_url), Engine.open(sqlite_url)
    engine.upgrade()
    engine.deployments.deploy(model(ONE_TASK))
    before = engine.database.writes_of_others()
    engine.process_instances.start(key="p")
    assert engine.database.writes_of_others() == before
    other.process_instances.start(key="p")
    assert engine.database.writes_of_others() != before
    engine.close()
    other.close()


def test_who_comes_back_hears_what_was_missed(engine: Engine, tasks_of: Callable[[int], list[int]]) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    listening = engine.live.listen(ALL)
    quiet(engine, listening)
    other = engine.live.listen(ALL)  # who comes later is not told what the first was told when the threads began
    engine.process_instances.start(key="p")
    told = listening.wait(PATIENCE)
    assert told is not None
    listening.close()
    missed = ids(*tasks_of(engine.process_instances.start(key="p").id))
    heard(other, until=lambda news: news.tasks is not None and news.tasks >= missed)
    back = engine.live.listen(ALL, told.mark).wait(PATIENCE)
    assert back is not None
    assert back.news == News(tasks=missed)
    assert engine.live.listen(ALL, back.mark).missed == News()


def test_who_comes_back_while_others_are_told_hears_it_too(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tasks_of: Callable[[int], list[int]]
) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    first = engine.live.listen(ALL)
    quiet(engine, first)
    mark, back = first.mark, list[Listening]()
    hear = engine.live._audience.hear

    def come_back_and_hear(hearers: Sequence[Hearer]) -> list[Heard]:
        if any(each.news.tasks for each in hearers) and not back:
            back.append(engine.live.listen(ALL, mark))
        return hear(hearers)

    monkeypatch.setattr(engine.live._audience, "hear", come_back_and_hear)
    expected = ids(*tasks_of(engine.process_instances.start(key="p").id))
    for hearing in (lambda: first, lambda: back[0]):
        told = hearing().wait(PATIENCE)
        assert told is not None
        assert told.news.tasks == expected


@pytest.mark.parametrize("mark", ["", "x", "other-1", "-", "x-99999999"])
def test_who_comes_back_from_elsewhere_has_to_look_at_everything(engine: Engine, mark: str) -> None:
    told = engine.live.listen(ALL, mark).wait(PATIENCE)
    assert told is not None
    assert told.news == News(None, ids(), None)


def test_definitions_are_heard(engine: Engine) -> None:
    listening = engine.live.listen(Topics(frozenset({"definitions"})))
    engine.deployments.deploy(model(ONE_TASK))
    (definition,) = engine.queries.process_definitions.list()
    news = heard(listening, until=lambda news: news.definitions is None or bool(news.definitions))
    assert news in (News(definitions=ids(definition.id)), News(definitions=None))
    quiet_before = engine.live.listen(Topics(frozenset({"definitions"})))
    engine.process_definitions.set_suspended(True, definition_id=definition.id)
    assert heard(quiet_before, until=bool).definitions != ids()


def test_incidents_are_heard(engine: Engine) -> None:
    engine.deployments.deploy(
        model(FAILING.replace('<userTask id="task"/>', '<task id="task" camunda:asyncBefore="true"/>'))
    )
    listening = engine.live.listen(Topics(frozenset({"incidents"})))
    engine.process_instances.start(key="p")
    (job,) = engine.queries.jobs.list()
    engine.jobs.set_retries([job.id], 0)
    news = heard(listening, until=lambda news: news.incidents is None or bool(news.incidents))
    (incident,) = engine.queries.incidents.list()
    assert news.incidents is None or news.incidents == ids(incident.id)


def test_seats_are_few_and_given_back(sqlite_url: str) -> None:
    engine = Engine.open(sqlite_url, live_seats=1)
    engine.upgrade()
    first = engine.live.listen(ALL)
    with pytest.raises(NoSeat):
        engine.live.listen(ALL)
    first.close()
    first.close()
    engine.live.listen(ALL)
    with pytest.raises(NoSeat):
        engine.live.listen(ALL)
    engine.close()
    with pytest.raises(NoSeat):
        engine.live.listen(ALL)
    assert engine.live.is_over
    assert SEATS > 1


def test_one_person_leaves_seats_for_others(sqlite_url: str) -> None:
    engine = Engine.open(sqlite_url, live_seats=4)
    engine.upgrade()
    topics = Topics(frozenset({"tasks"}))
    taken = [engine.live.listen(topics, hearer=Actor("eve")) for _ in range(2)]
    with pytest.raises(NoSeat):
        engine.live.listen(topics, hearer=Actor("eve"))
    engine.live.listen(topics, hearer=Actor("ada")).close()
    taken[0].close()
    engine.live.listen(topics, hearer=Actor("eve")).close()
    engine.close()


def test_a_burst_is_told_in_few_moments_and_decided_by_few_statements(engine: Engine) -> None:
    listening = [
        engine.live.listen(Topics(frozenset({"tasks", "instances"})), hearer=Actor(f"user{number}"))
        for number in range(SEATS)
    ]
    quiet(engine, listening[0])
    with engine.database.count_statements() as counter:
        for number in range(10_000):
            engine.news.tell(News(tasks=ids(number), instances=ids(number, number + 1)))
        last = ids(123_456)
        engine.news.tell(News(tasks=last))
        for each in listening:
            news = heard(each, until=lambda news: news.tasks is None)
            assert news.tasks is None
    assert counter.count < 200, "a burst must not lead to statements for each change or each who listens"


def test_batches_and_deployments_are_heard(engine: Engine) -> None:
    listening = engine.live.listen(Topics(frozenset({"batches", "deployments"})))
    quiet_of = heard(listening, until=bool) if engine.database.dialect == "postgresql" else News()
    assert quiet_of.batches is None or not quiet_of
    deployed = engine.deployments.deploy(model(ONE_TASK)).deployment
    assert deployed is not None
    assert heard(listening, until=bool).deployments in (ids(deployed.id), None)
    instance = engine.process_instances.start(key="p").id
    batch = engine.bulk.delete_instances([instance])
    assert heard(listening, until=bool).batches in (ids(batch), None)


def test_a_process_is_heard_of_by_its_key(engine: Engine) -> None:
    engine.deployments.deploy(model(ONE_TASK) | model(ONE_TASK, "q"))
    listening = engine.live.listen(Topics(processes=frozenset({"p"})))
    if engine.database.dialect == "postgresql":
        told = listening.wait(PATIENCE)
        assert told is not None
    engine.process_instances.start(key="q")
    engine.process_instances.start(key="p")
    told = listening.wait(PATIENCE)
    assert told is not None
    assert (told.names, told.news) == (["process:p"], News())


def test_many_ids_are_told_as_any() -> None:
    tasks: list[Row] = [
        UserTask(id=number, process_instance_id=7, created_at=datetime(2026, 3, 1, tzinfo=UTC))
        for number in range(MOST_IDS + 1)
    ]
    news = news_of(Changes(inserted={UserTask: tasks}))
    assert news == News(None, ids(7))
    assert News(tasks=ids(1)) | News(tasks=ids(2)) == News(tasks=ids(1, 2))
    assert News(tasks=ids(1)) | ANYTHING == ANYTHING
    assert not News()


def test_what_is_erased_is_news() -> None:
    assert news_of(Changes(erased={ProcessInstance: {3}, Comment: {4}})) == News(instances=ids(3))


@pytest.mark.parametrize(
    "news",
    [
        News(ids(1, 2), ids(3)),
        News(users=frozenset({"ada", "4711"}), authorizations=ids(5)),
        ANYTHING,
        News(),
        News(ids(*range(10**17, 10**17 + 300)), ids(*range(400))),
    ],
)
def test_news_travel_as_texts_that_fit(news: News) -> None:
    text = write("me", news)
    assert len(text) < 8000
    name, back = read(text)
    assert name == "me"
    assert back in (news, ANYTHING)


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"by": "a", "tasks": 7}', '{"by": "a", "tasks": ["x"]}'])
def test_what_is_not_understood_may_be_anything(text: str) -> None:
    assert read(text)[1] == ANYTHING


def test_a_listener_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    desk, found = NewsDesk(), list[News]()
    desk.add(partial(int, base="x"))  # type: ignore[arg-type]
    leave = desk.add(found.append)
    desk.tell(News(tasks=ids(1)))
    desk.tell(News())
    assert found == [News(tasks=ids(1))]
    assert "failed" in caplog.text
    leave()
    desk.tell(ANYTHING)
    assert len(found) == 1
