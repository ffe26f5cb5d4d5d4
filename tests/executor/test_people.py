"""People and what they sign in with, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from operator import or_
from typing import Any

import argon2
import pytest

from engine import Conflict, CredentialSettings, Engine, Hashing
from engine.authorization import ADMINISTRATORS, AuthorizationType, Resource
from engine.errors import BadRequest, LastAdministrator, NotFound
from engine.news import News
from engine.services.credentials import TooManyFailures
from engine.services.people import AlreadyThere, InvalidId
from tests.api.signing_in import CHEAP, Moved


@pytest.fixture
def clock() -> Moved:
    return Moved()


@pytest.fixture
def engine(database_url: str, clock: Moved) -> Iterator[Engine]:
    """An engine with the users `ada` and `bob`, groups `sales` and `help` and a tenant `north`."""
    made = Engine.open(database_url, clock=clock, credentials=CHEAP)
    made.upgrade()
    for user in ("ada", "bob"):
        made.people.create_user(user, password=user)
    for group in ("sales", "help"):
        made.people.create_group(group, name=group.title())
    made.people.create_tenant("north", name="North")
    yield made
    made.close()


def test_what_a_user_belongs_to_decides_who_they_are(engine: Engine) -> None:
    people = engine.people
    people.add_to_group("ada", "sales")
    people.add_to_group("ada", "help")
    people.create_tenant("south")
    people.add_user_to_tenant("ada", "north")
    people.add_group_to_tenant("sales", "south")
    people.add_group_to_tenant("help", "north")
    person = engine.credentials.person("ada")
    assert person is not None
    actor = person.actor(address="10.0.0.1", request_id="r")
    assert (actor.user_id, actor.groups, actor.tenants) == ("ada", {"sales", "help"}, {"north", "south"})
    assert (actor.administrator, actor.address, actor.request_id) == (False, "10.0.0.1", "r")


def test_what_belongs_to_what_is_deleted_goes_with_it(engine: Engine) -> None:
    people, credentials = engine.people, engine.credentials
    people.add_to_group("ada", "sales")
    people.add_user_to_tenant("ada", "north")
    people.add_group_to_tenant("sales", "north")
    secret, _ = credentials.open_session("ada")
    token, _ = credentials.create_token("ada", "robot")
    people.delete_user("ada")
    assert (credentials.session(secret), credentials.token(token), credentials.person("ada")) == (None, None, None)
    people.create_user("ada", password="other")
    person = credentials.person("ada")
    assert person is not None
    assert (person.groups, person.tenants, credentials.tokens("ada")) == ((), (), [])
    people.add_to_group("ada", "sales")
    people.delete_group("sales")
    people.delete_tenant("north")
    assert people.groups_of("ada") == []
    for gone in (lambda: people.group("sales"), lambda: people.tenant("north")):
        with pytest.raises(NotFound):
            gone()


@pytest.mark.parametrize("id", ["", " ", " ada2", "a b", "*", "a\0b", "a\nb", "\ud800", "x" * 256, "ä", "a-b"])
def test_not_every_text_is_an_id(engine: Engine, id: str) -> None:
    for create in (engine.people.create_user, engine.people.create_group, engine.people.create_tenant):
        with pytest.raises(InvalidId):
            create(id)


def test_the_pattern_for_ids_can_be_another_one(database_url: str) -> None:
    made = Engine.open(database_url, credentials=CredentialSettings(hashing=CHEAP.hashing, id_pattern="[a-z@.]+"))
    made.upgrade()
    made.people.create_user("ada@example.org")
    with pytest.raises(InvalidId):
        made.people.create_user("Ada")
    made.close()


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 4001])
def test_texts_that_cannot_be_kept_are_refused(engine: Engine, text: str) -> None:
    attempts: tuple[Callable[[], None], ...] = (
        lambda: engine.people.create_user("eve", first_name=text),
        lambda: engine.people.update_user("ada", email=text),
        lambda: engine.people.create_group("eve", name=text),
        lambda: engine.people.update_tenant("north", name=text),
    )
    for attempt in attempts:
        with pytest.raises(BadRequest):
            attempt()


def test_what_is_there_is_not_made_twice(engine: Engine) -> None:
    with pytest.raises(AlreadyThere):
        engine.people.create_user("ada")
    engine.people.add_to_group("ada", "sales")
    with pytest.raises(Conflict):
        engine.people.add_to_group("ada", "sales")
    with pytest.raises(NotFound):
        engine.people.add_to_group("eve", "sales")


def together(*attempts: Callable[[], Any]) -> list[Any]:
    """What comes of attempts that begin at the same moment: results and errors."""
    start = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return attempt()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


def test_of_several_first_administrators_at_once_one_is_made(engine: Engine) -> None:
    def make(id: str) -> Callable[[], None]:
        return lambda: engine.people.create_first_administrator(id, "enchantress")

    outcomes = together(*(make(f"root{number}") for number in range(5)))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 4 + ["NoneType"]
    made = [user.id for user in engine.queries.users.list({"memberOfGroup": "camunda-admin"})]
    assert len(made) == 1
    assert engine.credentials.has_administrator()
    person = engine.credentials.person(made[0])
    assert person is not None
    assert person.actor().administrator
    with pytest.raises(Conflict):
        engine.people.create_first_administrator("late", "enchantress")


def test_the_last_administrator_stays(engine: Engine) -> None:
    people = engine.people
    people.create_first_administrator("root", "enchantress")
    attempts: tuple[Callable[[], None], ...] = (
        lambda: people.delete_user("root"),
        lambda: people.remove_from_group("root", ADMINISTRATORS),
        lambda: people.delete_group(ADMINISTRATORS),
    )
    for attempt in attempts:
        with pytest.raises(LastAdministrator, match="last administrator"):
            attempt()
    person = engine.credentials.person("root")
    assert person is not None
    assert person.actor().administrator
    people.add_to_group("ada", ADMINISTRATORS)
    people.delete_user("root")
    with pytest.raises(LastAdministrator):
        people.remove_from_group("ada", ADMINISTRATORS)
    people.remove_from_group("bob", ADMINISTRATORS)  # who never was one


def test_no_authorization_takes_anything_from_an_administrator(engine: Engine) -> None:
    engine.people.create_first_administrator("root", "enchantress")
    for resource in (Resource.USER, Resource.AUTHORIZATION):
        engine.authorizations.create(AuthorizationType.REVOKE, resource, ["ALL"], group_id=ADMINISTRATORS)
    person = engine.credentials.person("root")
    assert person is not None
    acting = engine.acting_as(person.actor())
    acting.people.create_user("new")
    for each in acting.queries.authorizations.list():
        acting.authorizations.delete(each.id)


@pytest.mark.parametrize("how", ["delete", "leave", "mixed"])
def test_of_administrators_who_go_at_once_one_stays(engine: Engine, how: str) -> None:
    people = engine.people
    people.create_first_administrator("root", "enchantress")
    names = ["root", *(f"root{number}" for number in range(4))]
    for name in names[1:]:
        people.create_user(name)
        people.add_to_group(name, ADMINISTRATORS)

    def go(number: int, name: str) -> Callable[[], None]:
        if how == "delete" or (how == "mixed" and number % 2):
            return lambda: people.delete_user(name)
        return lambda: people.remove_from_group(name, ADMINISTRATORS)

    outcomes = together(*(go(*each) for each in enumerate(names)))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastAdministrator"] + ["NoneType"] * 4
    assert len(engine.queries.users.list({"memberOfGroup": ADMINISTRATORS})) == 1


def test_a_group_of_administrators_that_somebody_joins_is_not_deleted(engine: Engine) -> None:
    engine.people.create_group(ADMINISTRATORS)
    joined, deleted = together(
        lambda: engine.people.add_to_group("ada", ADMINISTRATORS), lambda: engine.people.delete_group(ADMINISTRATORS)
    )
    assert (joined is None) is engine.credentials.has_administrator()
    assert isinstance(joined, NotFound) is (deleted is None)


# ---------------------------------------------------------------- passwords


def test_who_guesses_at_the_same_time_has_one_guess(engine: Engine) -> None:
    outcomes = together(*(lambda: engine.credentials.check("ada", "guess") for _ in range(10)))
    assert [outcome for outcome in outcomes if outcome is None] == [None]
    assert sum(isinstance(outcome, TooManyFailures) for outcome in outcomes) == 9


def test_failures_are_known_to_every_process(engine: Engine, database_url: str, clock: Moved) -> None:
    other = Engine.open(database_url, clock=clock, credentials=CHEAP)
    assert engine.credentials.check("ada", "guess", "10.0.0.1") is None
    with pytest.raises(TooManyFailures) as refused:
        other.credentials.check("ada", "ada", "10.0.0.2")
    assert refused.value.seconds == 3
    clock.move(seconds=2.5)
    with pytest.raises(TooManyFailures) as refused:
        other.credentials.check("ada", "ada", "10.0.0.2")
    assert refused.value.seconds == 1
    clock.move(seconds=0.5)
    assert other.credentials.check("ada", "ada", "10.0.0.2") is not None
    assert engine.credentials.check("ada", "guess") is None
    other.close()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::dead:beef", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("unix:", "unix:", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_who_has_a_whole_network_has_no_more_tries(engine: Engine, one: str, other: str, same: bool) -> None:
    for number in range(10):
        assert engine.credentials.check(f"nobody{number}", "guess", one) is None
    if same:
        with pytest.raises(TooManyFailures):
            engine.credentials.check("ada", "ada", other)
    else:
        assert engine.credentials.check("ada", "ada", other) is not None


def test_old_failures_are_forgotten(engine: Engine, clock: Moved) -> None:
    for user in ("ada", "nobody"):
        assert engine.credentials.check(user, "guess", f"address of {user}") is None
    clock.move(days=2)
    assert engine.credentials.check("bob", "guess") is None
    with engine.database.read() as tx:
        kept = [key for (key,) in tx.run("SELECT key FROM sign_in_failure", ()).fetchall()]
    assert kept == ["user:bob"]


@pytest.mark.parametrize("user", ["ada", "nobody", "ghost", "a\0b", ""])
def test_every_wrong_password_is_tried_once_whoever_it_is_of(
    engine: Engine, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.people.create_user("ghost")
    engine.credentials.check("bob", "bob")
    tried: list[str] = []
    verify = argon2.PasswordHasher.verify

    def noted(hasher: argon2.PasswordHasher, hash: str, password: bytes) -> bool:
        tried.append(hash.split("$p=", maxsplit=1)[0].rsplit("$", 1)[0])
        return verify(hasher, hash, password)

    engine.credentials.check("nobody else", "x")
    monkeypatch.setattr(argon2.PasswordHasher, "verify", noted)
    assert engine.credentials.check(user, "guess") is None
    assert len(tried) == 1
    assert tried[0].startswith("$argon2id$")


def test_a_password_that_was_right_is_not_tried_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.credentials.check("ada", "ada") is not None
    with monkeypatch.context() as patched:
        patched.setattr(argon2.PasswordHasher, "verify", lambda *_: pytest.fail("tried again"))
        assert engine.credentials.check("ada", "ada") is not None
    engine.people.set_password("ada", "other")
    assert engine.credentials.check("ada", "ada") is None


def test_hashes_become_stronger_when_their_owners_sign_in(database_url: str, engine: Engine) -> None:
    with engine.database.read() as tx:
        (before,) = tx.run("SELECT password_hash FROM user_account WHERE id = 'ada'", ()).fetchone()
    stronger = Engine.open(database_url, credentials=CredentialSettings(hashing=Hashing(memory_kib=64, passes=2)))
    assert stronger.credentials.check("ada", "ada") is not None
    with engine.database.read() as tx:
        (after,) = tx.run("SELECT password_hash FROM user_account WHERE id = 'ada'", ()).fetchone()
    assert ("m=8," in before, "m=64," in after) == (True, True)
    assert engine.credentials.has_password("ada", "ada")
    stronger.close()


def test_long_passwords_are_refused_and_never_shortened(engine: Engine) -> None:
    engine.people.set_password("ada", "x" * 1024)
    assert not engine.credentials.has_password("ada", "x" * 1025)
    assert engine.credentials.has_password("ada", "x" * 1024)
    for password in ("", "x" * 1025):
        with pytest.raises(BadRequest):
            engine.people.set_password("ada", password)


# ---------------------------------------------------------------- sessions and those who are vouched for


def test_sessions_that_are_over_are_deleted(engine: Engine, clock: Moved) -> None:
    engine.credentials.open_session("ada")
    clock.move(hours=9)
    engine.credentials.open_session("bob")
    with engine.database.read() as tx:
        assert [user for (user,) in tx.run("SELECT user_id FROM web_session", ()).fetchall()] == ["bob"]


def test_another_password_keeps_only_the_session_that_set_it(engine: Engine) -> None:
    secret, session = engine.credentials.open_session("ada", user_agent="a\0" + "x" * 1000)
    other, _ = engine.credentials.open_session("ada")
    assert len(session.user_agent or "") < 1000
    engine.people.set_password("ada", "new", keep_session=session.id)
    assert engine.credentials.session(secret) is not None
    assert engine.credentials.session(other) is None


def test_who_is_vouched_for_becomes_one_user(engine: Engine) -> None:
    def come(**said: Any) -> Any:
        return engine.credentials.vouched("https://idp 1", "eve", **said)

    outcomes = together(*(lambda: come(first_name="Eve", groups=["sales", "unknown"]) for _ in range(4)))
    assert [outcome.user.id for outcome in outcomes] == ["eve"] * 4
    person = come(first_name="Eve", groups=["help"])
    assert [group.id for group in person.groups] == ["help"]
    assert [group.id for group in come(first_name="Eva").groups] == ["help"]
    assert engine.people.user("eve").first_name == "Eva"
    with engine.database.count_statements() as counter:
        come(first_name="Eva")
    assert not any(statement.startswith(("UPDATE", "INSERT", "DELETE")) for statement in counter.log)
    with pytest.raises(BadRequest, match="another user"):
        engine.credentials.vouched("https://idp 2", "eve")
    with pytest.raises(BadRequest, match="another user"):
        engine.credentials.vouched("https://idp 2", "ada")


def test_the_provider_does_not_take_away_the_last_administrator(engine: Engine) -> None:
    def come(*groups: str) -> set[str]:
        person = engine.credentials.vouched("https://idp 1", "eve", groups=groups)
        return {group.id for group in person.groups}

    engine.people.create_group(ADMINISTRATORS)
    assert come("sales", ADMINISTRATORS) == {"sales", ADMINISTRATORS}
    assert come("help") == {"help", ADMINISTRATORS}
    with engine.database.count_statements() as counter:
        come("help")
    assert not any(statement.startswith(("UPDATE", "INSERT", "DELETE")) for statement in counter.log)
    engine.people.add_to_group("ada", ADMINISTRATORS)
    assert come("help") == {"help"}


def test_what_is_done_to_people_is_news(engine: Engine) -> None:
    heard: list[News] = []
    stop = engine.news.add(heard.append)
    people, credentials = engine.people, engine.credentials

    def news_of(change: Callable[[], object]) -> News:
        heard.clear()
        change()
        return reduce(or_, heard, News())

    def names(*texts: str) -> frozenset[str]:
        return frozenset(texts)

    assert news_of(lambda: people.create_user("eve")) == News(users=names("eve"))
    assert news_of(lambda: people.update_group("sales", name="S")) == News(groups=names("sales"))
    joined = News(users=names("eve"), groups=names("sales"))
    assert news_of(lambda: people.add_to_group("eve", "sales")) == joined
    assert news_of(lambda: people.remove_from_group("eve", "sales")) == joined
    assert news_of(lambda: people.remove_from_group("eve", "sales")) == News()
    in_tenant = News(groups=names("sales"), tenants=names("north"))
    assert news_of(lambda: people.add_group_to_tenant("sales", "north")) == in_tenant
    came_in = News(credentials=names("eve"))
    assert news_of(lambda: credentials.open_session("eve")) == came_in
    assert news_of(lambda: credentials.create_token("eve", "robot")) == came_in
    assert news_of(lambda: credentials.delete_tokens("eve")) == came_in
    assert news_of(lambda: people.set_password("eve", "other")) == came_in
    rule = engine.authorizations.grant(Resource.TASK, "READ", user="eve")
    assert news_of(lambda: engine.authorizations.delete(rule.id)) == News(authorizations=frozenset([rule.id]))
    rule = engine.authorizations.grant(Resource.USER, "READ", user="eve", resource_id="bob")
    gone = News(users=names("eve"), authorizations=frozenset([rule.id]), credentials=names("eve"))
    assert news_of(lambda: people.delete_user("eve")) == gone
    assert news_of(lambda: people.delete_user("eve")) == News()
    vouched = news_of(lambda: credentials.vouched("https://idp 1", "eve", groups=["help"]))
    assert vouched == News(users=names("eve"), groups=names("help"))
    stop()
