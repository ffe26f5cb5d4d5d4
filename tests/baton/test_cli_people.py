"""Users and API tokens by the command line, and signing in with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from baton.cli import cli
from engine import Engine
from tests.baton.serving import baton as run
from tests.baton.serving import running
from tests.executor.models import model


@pytest.fixture
def url(sqlite_url: str) -> str:
    engine = Engine.open(sqlite_url)
    engine.upgrade()
    engine.close()
    return sqlite_url


def baton(url: str, *arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(cli, arguments, env={"BATON_DATABASE_URL": url}, **options)


def made(url: str, *arguments: str) -> Result:
    done = baton(url, "user", "create", *arguments, "--password-stdin", input="enchantress\n")
    assert done.exit_code == 0, done.output
    return done


def test_users_are_made_listed_and_deleted(url: str) -> None:
    assert "may do everything" in made(url, "ada", "--admin", "--first-name", "Ada").output
    made(url, "bob", "--group", "sales", "--group", "help")
    rows = json.loads(baton(url, "user", "list", "-o", "json").stdout)
    assert [(row["id"], row["groups"]) for row in rows] == [("ada", "camunda-admin"), ("bob", "help,sales")]
    engine = Engine.open(url)
    person = engine.credentials.check("ada", "enchantress")
    assert person is not None
    assert person.actor().administrator
    engine.close()
    assert baton(url, "user", "delete", "bob").output == "User bob is deleted.\n"
    assert "bob" not in baton(url, "user", "list").output


def test_the_operation_log_tells_who_called_the_command(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "olga")
    made(url, "ada", "--admin")
    secret = baton(url, "token", "create", "robot", "--user", "ada").stdout.strip()
    engine = Engine.open(url)
    log = engine.queries.operations.list()
    assert {each.user_id for each in log} == {"olga (command line)"}
    told = [(each.type, each.entity, each.new_value) for each in log]
    for entry in (
        ("Create", "User", "ada"),
        ("Create", "GroupMembership", "camunda-admin"),
        ("Create", "Token", "robot"),
    ):
        assert entry in told
    assert secret not in str(log)
    assert "enchantress" not in str(log)
    engine.close()


def test_a_password_is_asked_for_twice(url: str) -> None:
    made(url, "ada")
    done = baton(url, "user", "password", "ada", input="new secret\nnew secret\n")
    assert done.exit_code == 0, done.output
    assert "new secret" not in done.output
    engine = Engine.open(url)
    assert engine.credentials.has_password("ada", "new secret")
    engine.close()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("user", "create", "a b", "--password-stdin"), 1, "not a valid resource identifier"),
        (("user", "create", "ada", "--password-stdin"), 1, "already exists"),
        (("user", "password", "eve", "--password-stdin"), 3, "User with id eve does not exist"),
        (("user", "delete", "eve"), 3, "User with id eve does not exist"),
        (("token", "create", "robot", "--user", "eve"), 3, "eve"),
        (("token", "delete", "1", "--user", "ada"), 3, "token"),
        (("user",), 2, "Usage"),
    ],
)
def test_what_cannot_be_is_told(url: str, arguments: tuple[str, ...], code: int, told: str) -> None:
    made(url, "ada")
    refused = baton(url, *arguments, input="enchantress\n")
    assert refused.exit_code == code
    assert told in refused.output


def test_tokens_are_made_listed_and_deleted(url: str) -> None:
    made(url, "ada")
    secret = baton(url, "token", "create", "robot", "--user", "ada", "--days", "3", "--read-only").stdout.strip()
    engine = Engine.open(url)
    found = engine.credentials.token(secret)
    assert found is not None
    view, person = found
    assert (view.name, view.read_only, person.user.id) == ("robot", True, "ada")
    assert view.expires_at is not None
    assert 2 <= (view.expires_at - view.created_at).days <= 3
    (row,) = json.loads(baton(url, "token", "list", "--user", "ada", "-o", "json").stdout)
    assert secret not in str(row)
    assert baton(url, "token", "delete", row["id"], "--user", "ada").exit_code == 0
    assert engine.credentials.token(secret) is None
    engine.close()


def test_secrets_of_the_settings_are_not_shown() -> None:
    secret = {"BATON_PASSWORD": "tell-no-one", "BATON_TOKEN": "baton_x", "BATON_ADMIN_PASSWORD": "hush"}
    shown = CliRunner().invoke(cli, ["config", "show", "-o", "json"], env=secret).stdout
    assert not any(text in shown for text in secret.values())
    rows = {row["setting"]: row["value"] for row in json.loads(shown)}
    assert {rows[name] for name in secret} == {"***"}
    assert rows["BATON_USER"] == "none"


def test_a_server_that_must_be_signed_in_to(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "processes").mkdir()
    with running("dev", database_url=sqlite_url, folder=tmp_path, last_words="Stop with", BATON_AUTH="on") as server:
        assert "as one of these; the password is the name:\n  sales " in server.said
        assert "export BATON_USER=admin BATON_PASSWORD=admin\n" in server.said

        def call(**known: str) -> Any:
            return run("tasks", database_url=sqlite_url, folder=tmp_path, BATON_URL=server.url, **known)

        nobody = call()
        assert nobody.returncode == 4
        assert "Hint: Set BATON_TOKEN, or BATON_USER and BATON_PASSWORD" in nobody.stderr
        wrong = call(BATON_TOKEN="baton_wrong")
        assert (wrong.returncode, "Look at BATON_TOKEN" in wrong.stderr) == (4, True)
        assert call(BATON_USER="sales", BATON_PASSWORD="sales").returncode == 0
        made = run("token", "create", "robot", "--user", "sales", database_url=sqlite_url, folder=tmp_path)
        assert call(BATON_TOKEN=made.stdout.strip()).returncode == 0


HANDED_ON = model(
    '<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="a"/>'
    '<userTask id="a" camunda:candidateGroups="sales"/><sequenceFlow id="f2" sourceRef="a" targetRef="b"/>'
    '<userTask id="b" camunda:candidateGroups="management"/>'
)


def test_who_completes_a_task_need_not_see_where_that_leads(sqlite_url: str, tmp_path: Path) -> None:
    with running("dev", database_url=sqlite_url, folder=tmp_path, last_words="Stop with", BATON_AUTH="on") as server:
        (tmp_path / "p.bpmn").write_bytes(HANDED_ON["p.bpmn"])

        def call(person: str, *arguments: str) -> Any:
            who = {"BATON_URL": server.url, "BATON_USER": person, "BATON_PASSWORD": person}
            done = run(*arguments, database_url=sqlite_url, folder=tmp_path, **who)
            assert done.returncode == 0, done.stdout + done.stderr
            return done

        call("admin", "deploy", "p.bpmn")
        instance = json.loads(call("admin", "run", "p", "-o", "json").stdout)["id"]
        (task,) = json.loads(call("sales", "tasks", "-o", "json").stdout)
        call("sales", "claim", task["id"])
        assert call("sales", "complete", task["id"]).stdout.splitlines() == [
            f"Task {task['id']} is completed.",
            f"Instance {instance} goes on without a task for you.",
        ]
        (task,) = json.loads(call("manager", "tasks", "-o", "json").stdout)
        call("manager", "claim", task["id"])
        assert f"Instance {instance} has ended." in call("manager", "complete", task["id"]).stdout


def test_a_server_without_users_prints_its_key(sqlite_url: str, tmp_path: Path) -> None:
    with running(
        "serve", database_url=sqlite_url, folder=tmp_path, last_words="Baton serves", BATON_AUTH="on"
    ) as server:
        assert f"{server.url.removesuffix('/engine-rest')}/setup?key=" in server.said
