"""Who hears what of news: the same things that lists show, decided for all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from engine import Engine
from engine.authorization import Actor, AuthorizationType, Resource
from engine.clock import system_clock
from engine.news import ANYTHING, News
from engine.services import audience
from engine.services.audience import KINDS, Audience, Heard, Hearer, Topics
from tests.executor.models import HEAD, ONE_TASK

EVERYTHING = Topics(frozenset(KINDS))
MODEL = (
    f'{HEAD}<process id="KEY" isExecutable="true" camunda:candidateStarterGroups="starters">'
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="fork"/><parallelGateway id="fork"/>'
    '<sequenceFlow id="f2" sourceRef="fork" targetRef="work"/><sequenceFlow id="f3" sourceRef="fork" targetRef="fail"/>'
    '<userTask id="work" camunda:candidateGroups="sales" camunda:candidateUsers="carl" camunda:assignee="${who}"/>'
    '<userTask id="fail" camunda:asyncBefore="true"/></process></definitions>'
)
PEOPLE = (
    Actor("sid"),
    Actor("sam", frozenset({"sales"})),
    Actor("carl", tenants=frozenset({"blue"})),
    Actor("sue", frozenset({"starters"}), frozenset({"red", "blue"})),
    Actor("anna", tenants=frozenset({"red"})),
    Actor("rita"),
    Actor("ron", frozenset({"readers"}), frozenset({"blue"})),
    Actor("ivo"),
    Actor("ada", frozenset({"camunda-admin"}), administrator=True),
)


@pytest.fixture
def decides(engine: Engine) -> Audience:
    return Audience(engine.database, engine.authorizations, system_clock)


@pytest.fixture
def busy(engine: Engine) -> News:
    """Two processes for two tenants and for none, each with instances, tasks, incidents and a batch; what they are."""
    for tenant in (None, "red", "blue"):
        files = {f"{key}.bpmn": MODEL.replace("KEY", key).encode() for key in ("one", "two")}
        engine.deployments.deploy(files, tenant_id=tenant)
        for key in ("one", "two"):
            for who in ("anna", "sid"):
                started = engine.acting_as(Actor("sid", administrator=True)) if who == "sid" else engine
                instance = started.process_instances.start(key=key, tenant_id=tenant or "", variables={"who": who}).id
                (job,) = engine.queries.jobs.list({"processInstanceId": instance})
                engine.jobs.set_retries([job.id], 0)
    first, second, *_ = [each.id for each in engine.queries.process_instances.list()]
    rules = engine.authorizations
    rules.grant(Resource.PROCESS_DEFINITION, "READ", "READ_INSTANCE", "READ_TASK", user="rita", resource_id="one")
    rules.grant(Resource.PROCESS_DEFINITION, "ALL", group="readers")
    rules.grant(Resource.DEPLOYMENT, "READ", group="readers")
    rules.grant(Resource.PROCESS_INSTANCE, "READ", user="ivo", resource_id=str(first))
    rules.grant(Resource.PROCESS_INSTANCE, "READ", user="ivo", resource_id=str(second))
    for user in ("rita", "ron", "sid"):
        engine.people.create_user(user)
        engine.credentials.open_session(user)
    engine.people.create_group("sales")
    engine.people.create_group("starters")
    for tenant in ("red", "blue"):
        engine.people.create_tenant(tenant)
    rules.grant(Resource.USER, "READ", user="rita")
    rules.create(AuthorizationType.REVOKE, Resource.USER, ["READ"], resource_id="ron", user_id="rita")
    rules.grant(Resource.USER, "UPDATE", user="ivo", resource_id="ron")
    mine = rules.grant(Resource.GROUP, "READ", user="ivo", resource_id="starters")
    rules.grant(Resource.AUTHORIZATION, "READ", user="ivo", resource_id=str(mine.id))
    batch = engine.bulk.delete_instances([first, second])
    rules.grant(Resource.BATCH, "READ", user="rita", resource_id=str(batch))
    listings = engine.queries
    return News(
        *(
            frozenset(each.id for each in listing.list())
            for listing in (
                listings.tasks,
                listings.process_instances,
                listings.incidents,
                listings.process_definitions,
                listings.batches,
                listings.deployments,
                listings.users,
                listings.groups,
                listings.tenants,
                listings.authorizations,
                listings.users,
            )
        )
    )


def told(decides: Audience, actor: Actor, news: News, topics: Topics = EVERYTHING) -> Heard:
    (heard,) = decides.hear([Hearer(actor, topics, news)])
    return heard


@pytest.mark.parametrize("actor", PEOPLE, ids=lambda actor: actor.user_id)
def test_each_hears_of_what_their_lists_show(engine: Engine, decides: Audience, busy: News, actor: Actor) -> None:
    seen = engine.acting_as(actor).queries
    expected = News(
        tasks=ids_of(seen.tasks.list()),
        instances=ids_of(seen.process_instances.list()) | ids_of(seen.historic_process_instances.list()),
        incidents=ids_of(seen.incidents.list()) | ids_of(seen.historic_incidents.list()),
        definitions=ids_of(seen.process_definitions.list()),
        batches=ids_of(seen.batches.list()),
        deployments=ids_of(seen.deployments.list()),
        users=ids_of(seen.users.list()),
        groups=ids_of(seen.groups.list()),
        tenants=ids_of(seen.tenants.list()),
        authorizations=ids_of(seen.authorizations.list()),
        credentials=frozenset(session.user_id for session in seen.sessions.list()),
    )
    heard = told(decides, actor, busy)
    assert heard.news == expected
    assert heard.names == {kind for kind in KINDS if getattr(expected, kind)}
    assert (heard.news == busy) == actor.administrator


def ids_of(rows: Iterable[Any]) -> frozenset[Any]:
    return frozenset(row.id for row in rows)


@pytest.mark.parametrize("actor", PEOPLE, ids=lambda actor: actor.user_id)
def test_notices_are_told_to_whom_they_are_for_alone(decides: Audience, actor: Actor) -> None:
    news = News(notices=frozenset({str(actor.user_id), "somebody"}))
    assert told(decides, actor, news).news.notices == {actor.user_id}
    assert not told(decides, actor, News(notices=frozenset({"somebody"})))
    assert not news.about_people


def test_all_are_decided_by_as_many_statements_as_one(engine: Engine, decides: Audience, busy: News) -> None:
    def statements(hearers: list[Hearer]) -> int:
        engine.authorizations.forget()
        with engine.database.count_statements() as counter:
            assert len(decides.hear(hearers)) == len(hearers)
        return counter.count

    assert busy.tasks is not None
    one = statements([Hearer(PEOPLE[0], EVERYTHING, busy)])
    crowd = [Actor(f"user{number}", frozenset({"sales"})) for number in range(200)]
    assert statements([Hearer(each, EVERYTHING, busy) for each in (*PEOPLE, *crowd)]) == one
    assert one <= 2 * len(KINDS) + 2
    assert statements([Hearer(PEOPLE[-1], EVERYTHING, busy)] * 20) == 0, "administrators hear everything"
    assert statements([Hearer(PEOPLE[0], Topics(), busy)]) == 0


def test_what_is_gone_is_told_without_saying_what_it_was(decides: Audience, busy: News) -> None:
    heard = told(decides, PEOPLE[0], News(instances=frozenset({4711})))
    assert (heard.news, heard.names) == (News(instances=None), {"instances"})
    watching = told(decides, PEOPLE[0], News(instances=frozenset({4711, 4712})), Topics(instances=frozenset({4711})))
    assert (watching.news, watching.names) == (News(instances=frozenset({4711})), {"instance:4711"})
    assert busy.tasks


def test_where_nobody_knows_what_it_was_everybody_is_told_so(decides: Audience) -> None:
    topics = Topics(frozenset({"tasks"}), frozenset({17}), frozenset({"one"}))
    heard = told(decides, PEOPLE[0], ANYTHING, topics)
    assert heard.names == {"tasks", "instance:17", "process:one"}
    assert heard.news == News(tasks=None, instances=None)


def test_an_instance_is_not_heard_of_by_whoever_names_it(decides: Audience, busy: News) -> None:
    assert busy.instances
    topics = Topics(instances=busy.instances, processes=frozenset({"one", "two"}))
    stranger, reader = told(decides, Actor("zoe"), busy, topics), told(decides, PEOPLE[5], busy, topics)
    assert not stranger
    assert "process:one" in reader.names
    assert "process:two" not in reader.names
    assert reader.news.instances
    assert reader.news.instances < busy.instances


def test_who_loses_a_task_hears_of_it(
    engine: Engine, decides: Audience, tasks_of: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.deployments.deploy(
        {"p.bpmn": f'{HEAD}<process id="p" isExecutable="true">{ONE_TASK}</process></definitions>'.encode()}
    )
    (task,) = tasks_of(engine.process_instances.start(key="p").id)
    engine.tasks.set_assignee(task, "ann")
    engine.tasks.set_assignee(task, "bert")
    engine.tasks.add_identity_link(task, "candidate", group_id="sales")
    engine.tasks.complete(task)
    news = News(tasks=frozenset({task}))
    for actor in (Actor("ann"), Actor("bert"), PEOPLE[1]):
        assert told(decides, actor, news).news == news
    assert not told(decides, Actor("carol"), news)
    monkeypatch.setattr(audience, "LATELY", -audience.LATELY)
    assert not told(decides, Actor("ann"), news)


def test_of_too_many_things_for_too_many_people_any_is_told(
    decides: Audience, busy: News, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "MOST_DECISIONS", 11)
    assert busy.tasks is not None
    assert len(busy.tasks) > 11
    heard = decides.hear([Hearer(actor, Topics(frozenset({"tasks"})), busy) for actor in (PEOPLE[0], PEOPLE[-1])])
    assert [each.news.tasks for each in heard] == [None, busy.tasks]
