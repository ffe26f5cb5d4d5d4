"""`baton serve`, `baton dev` and the commands that speak to them, each a real process on a real database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.baton.serving import Running, baton, running
from tests.decision_models import discount

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://example.org">
  <process id="greet" name="Greet" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="hello"/>
    <userTask id="hello" name="Say hello"/>
    <sequenceFlow id="f2" sourceRef="hello" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>
"""
ORDER = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://example.org">
  <message id="m1" name="ordered"/><message id="m2" name="paid"/><message id="m3" name="shipped"/>
  <process id="order" isExecutable="true">
    <startEvent id="start"><messageEventDefinition messageRef="m1"/></startEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="pay"/>
    <receiveTask id="pay" messageRef="m2"/>
    <sequenceFlow id="f2" sourceRef="pay" targetRef="ship"/>
    <userTask id="ship" name="Ship ${sum}"/>
    <sequenceFlow id="f3" sourceRef="ship" targetRef="arrive"/>
    <receiveTask id="arrive" messageRef="m3"/>
  </process>
</definitions>
"""
BROKEN = MODEL.replace('targetRef="end"', 'targetRef="nowhere"')

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def upgraded_url(database_url: str, tmp_path: Path) -> str:
    done = baton("db", "upgrade", database_url=database_url, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    return database_url


@pytest.fixture
def server(upgraded_url: str, tmp_path: Path) -> Iterator[Running]:
    with running("serve", database_url=upgraded_url, folder=tmp_path, last_words="Baton serves") as started:
        yield started


@pytest.fixture
def command(server: Running, upgraded_url: str, tmp_path: Path) -> Command:
    (tmp_path / "greet.bpmn").write_text(MODEL)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return baton(*arguments, database_url=upgraded_url, folder=tmp_path, BATON_URL=server.url)

    return run


def as_json(done: subprocess.CompletedProcess[str]) -> object:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_process_from_deployment_to_its_end(command: Command) -> None:
    deployed = command("deploy", "greet.bpmn")
    assert deployed.returncode == 0, deployed.stderr
    assert deployed.stdout.splitlines()[1].split()[:3] == ["greet", "1", "Greet"]
    assert "nothing is new" in command("deploy", "greet.bpmn").stdout

    started = command("run", "greet", "-v", "name=Ada", "--business-key", "B-1")
    assert started.returncode == 0, started.stderr
    assert "Say hello" in started.stdout

    (instance,) = as_json(command("list", "pi", "-o", "json", "-f", "businessKey=B-1"))
    assert as_json(command("get", "pi", instance["id"], "-o", "json"))["businessKey"] == "B-1"
    (task,) = as_json(command("tasks", "--unassigned", "-o", "json"))
    assert (task["name"], task["processInstanceId"]) == ("Say hello", instance["id"])

    claimed = command("claim", task["id"], "--user", "ada")
    assert claimed.stdout == f"Task {task['id']} is claimed by ada.\n"
    assert as_json(command("tasks", "--mine", "--user", "ada", "-o", "json")) != []
    assert command("tasks", "--unassigned").stdout == "No open tasks.\n"

    completed = command("complete", task["id"], "-v", "said=true")
    assert completed.stdout.splitlines() == [
        f"Task {task['id']} is completed.",
        f"Instance {instance['id']} has ended.",
    ]
    assert command("list", "instances").stdout == "No instances.\n"


def test_where_nobody_signs_in_other_names_of_this_machine_get_nothing(server: Running) -> None:
    for name, status in (("evil.example", 400), ("localhost", 200)):
        asked = urllib.request.Request(f"{server.url}/task/count", headers={"Host": f"{name}:80"})
        try:
            with urllib.request.urlopen(asked) as answer:
                found = answer.status
        except HTTPError as refused:
            found = refused.code
            refused.close()
        assert found == status, name


def test_messages_are_sent_kept_and_sent_once(command: Command, tmp_path: Path) -> None:
    (tmp_path / "order.bpmn").write_text(ORDER)
    assert command("deploy", "order.bpmn").returncode == 0
    early = command("message", "paid", "--business-key", "B-1", "--ttl", "PT1H", "--id", "77", "-v", "sum=3")
    assert early.stdout.startswith("Nobody waits for message 'paid' yet: it is kept until ")
    again = command("message", "paid", "--business-key", "B-1", "--ttl", "PT1H", "--id", "77")
    assert again.stdout == "Message 'paid' with the id 77 has been sent before: nothing is done.\n"
    started = command("message", "ordered", "--business-key", "B-1")
    (instance,) = as_json(command("list", "pi", "-o", "json"))
    assert started.stdout == f"Message 'ordered' has started instance {instance['id']}.\n"
    (task,) = as_json(command("tasks", "-o", "json"))
    assert task["name"] == "Ship 3"
    refused = command("message", "paid", "--key", "number=8")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert command("message", "paid", "--key", "number").returncode == 2

    assert command("complete", task["id"], "-v", "number=8").returncode == 0
    (got,) = as_json(command("message", "shipped", "--key", "number=8", "-o", "json"))
    assert got["execution"]["processInstanceId"] == instance["id"]
    assert command("list", "instances").stdout == "No instances.\n"


def test_failures_have_exit_codes_of_their_own(command: Command, tmp_path: Path) -> None:
    assert command("deploy", "greet.bpmn").returncode == 0
    assert command("run", "greet").returncode == 0
    (task,) = as_json(command("tasks", "-o", "json"))
    assert command("claim", task["id"], "--user", "ada").returncode == 0
    taken = command("claim", task["id"], "--user", "bob")
    assert (taken.returncode, taken.stdout) == (5, "")
    assert taken.stderr.startswith("Error: ")
    assert command("get", "tasks", "999999999").returncode == 3
    assert command("get", "pd", "greet:99:1").returncode == 3
    assert command("run", "no-such-process").returncode == 3
    assert command("claim", "999999999", "--user", "ada").returncode == 3
    assert command("complete", "999999999").returncode == 3


def test_a_broken_model_is_refused_with_its_places(command: Command, tmp_path: Path) -> None:
    (tmp_path / "broken.bpmn").write_text(BROKEN)
    refused = command("deploy", "broken.bpmn")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: Nothing is deployed, for these reasons.\nbroken.bpmn:7:")
    assert command("list", "pd").stdout == "No definitions.\n"


def test_a_decision_is_deployed_made_and_listed(command: Command, tmp_path: Path) -> None:
    (tmp_path / "shop.dmn").write_text(discount())
    deployed = command("deploy", "shop.dmn")
    assert deployed.stdout.splitlines()[1].split()[:3] == ["discount", "1", "Discount"]
    assert command("decide", "discount", "-v", "amount=2000").stdout == "PERCENT\n5\n10\n"
    assert as_json(command("decide", "discount", "-v", "amount=5", "-o", "json"))[0]["percent"]["value"] == 0
    assert command("decide", "discount").stdout == "No rule matches: there is no result.\n"
    assert command("decide", "nothing").returncode == 3
    (found,) = as_json(command("list", "decisions", "-o", "json"))
    assert as_json(command("get", "dd", found["id"], "-o", "json"))["versionTag"] == "v1"
    (tmp_path / "broken.dmn").write_text(discount().replace("&gt;= 100<", "&gt;= &gt;= 100<"))
    refused = command("check", "broken.dmn")
    assert (refused.returncode, refused.stdout.startswith("broken.dmn:9:")) == (1, True)


def test_forks_from_a_moment(command: Command) -> None:
    assert command("deploy", "greet.bpmn").returncode == 0
    origin = as_json(command("run", "greet", "-v", "name=Ada", "--business-key", "B-1", "-o", "json"))["id"]
    (task,) = as_json(command("tasks", "--instance", origin, "-o", "json"))
    assert command("complete", task["id"]).returncode == 0

    listed = as_json(command("instance", "moments", origin, "-o", "json"))
    first, *others = command("instance", "moments", origin, "--limit", "1").stdout.splitlines()[1:]
    assert first.split()[:3] == ["1", listed["moments"][0]["time"], "2"]
    assert others == [f"There are {listed['total'] - 1} more: --after 1"]

    told = command("instance", "fork", origin, "--at", "1", "--preview")
    assert told.stdout.splitlines()[1:] == [
        "TOKENS  BEGIN   ACTIVITY  INSIDE OF",
        "1       before  hello     -",
        "In the end there would be:",
        "TOKENS  ACTIVITY",
        "1       hello",
    ]
    assert as_json(command("list", "pi", "-o", "json")) == []
    made = command("instance", "fork", origin, "--at", listed["moments"][0]["time"], "-v", "name=Bob", "--version", "1")
    assert made.stdout.startswith("Started instance ")
    assert "Say hello" in made.stdout
    (fork,) = as_json(command("list", "pi", "-o", "json", "-f", "businessKey=B-1"))
    assert fork["id"] != origin

    refused = command("instance", "fork", origin, "--at", str(listed["total"]), "--preview")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: There can be no fork of this moment: ")
    both = command("instance", "fork", origin, "--at", str(listed["total"]), "--preview", "-o", "json")
    assert (both.returncode, bool(json.loads(both.stdout)["refusals"])) == (1, True)
    failed = command("instance", "fork", origin, "--at", str(listed["total"]))
    assert (failed.returncode, failed.stderr.splitlines()[0]) == (1, refused.stderr.splitlines()[0])
    for missing in (("moments", "99"), ("fork", "99", "--at", "1"), ("fork", origin, "--at", "9")):
        assert command("instance", *missing).returncode == 3
    assert command("instance", "fork", origin, "--at", "1", "--version", "9").returncode == 3
    assert command("instance", "fork", origin, "--at", "soon").returncode == 1


def test_check_needs_no_server(tmp_path: Path) -> None:
    (tmp_path / "greet.bpmn").write_text(MODEL)
    (tmp_path / "broken.bpmn").write_text(BROKEN)
    unused = "sqlite:///never-made.db"
    good = baton("check", "greet.bpmn", database_url=unused, folder=tmp_path)
    assert (good.returncode, good.stdout.splitlines()[-1][:9]) == (0, "0 errors,")
    bad = baton("check", "broken.bpmn", "-o", "json", database_url=unused, folder=tmp_path)
    assert bad.returncode == 1
    (problem, *_) = [problem for problem in json.loads(bad.stdout) if problem["severity"] == "error"]
    assert (problem["file"], problem["line"]) == ("broken.bpmn", 7)
    assert "f2" in problem["elementIds"]
    assert not (tmp_path / "never-made.db").exists()


def test_a_killed_server_has_lost_nothing(upgraded_url: str, tmp_path: Path) -> None:
    (tmp_path / "greet.bpmn").write_text(MODEL)
    with running("serve", database_url=upgraded_url, folder=tmp_path, last_words="Baton serves") as first:
        for arguments in (("deploy", "greet.bpmn"), ("run", "greet", "--business-key", "B-1")):
            done = baton(*arguments, database_url=upgraded_url, folder=tmp_path, BATON_URL=first.url)
            assert done.returncode == 0, done.stderr
        os.killpg(first.process.pid, signal.SIGKILL)
        first.process.wait()
    with running("serve", database_url=upgraded_url, folder=tmp_path, last_words="Baton serves") as second:
        tasks = baton("tasks", "-o", "json", database_url=upgraded_url, folder=tmp_path, BATON_URL=second.url)
        (task,) = json.loads(tasks.stdout)
        done = baton("complete", task["id"], database_url=upgraded_url, folder=tmp_path, BATON_URL=second.url)
        assert done.returncode == 0, done.stderr
    checked = baton("db", "check", database_url=upgraded_url, folder=tmp_path)
    assert (checked.returncode, checked.stdout) == (0, "No contradictions.\n")


def test_sigterm_ends_the_server_in_good_order(server: Running) -> None:
    assert server.stop(signal.SIGTERM) == 0


def test_serve_makes_the_tables_of_sqlite_by_itself(sqlite_url: str, tmp_path: Path) -> None:
    with (
        running("serve", database_url=sqlite_url, folder=tmp_path, last_words="Baton serves") as server,
        urllib.request.urlopen(f"{server.url}/process-definition/count") as answer,
    ):
        assert json.load(answer) == {"count": 0}


def test_serve_refuses_a_postgresql_database_that_is_behind(postgres_url: str, tmp_path: Path) -> None:
    refused = baton("serve", "--port", "0", database_url=postgres_url, folder=tmp_path)
    assert refused.returncode != 0
    assert "Error: " in refused.stderr
    assert "run `baton db upgrade`" in refused.stderr


def test_a_taken_port_is_refused(server: Running, upgraded_url: str, tmp_path: Path) -> None:
    port = server.url.split(":")[2].split("/")[0]
    refused = baton("serve", "--port", port, database_url=upgraded_url, folder=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: Baton cannot listen on 127.0.0.1 port {port}: ")


def test_dev_deploys_the_folders_below_processes(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "processes" / "greeting").mkdir(parents=True)
    (tmp_path / "processes" / "greeting" / "greet.bpmn").write_text(MODEL)
    (tmp_path / "processes" / "unsure").mkdir()
    groovy = '<scriptTask id="hello" scriptFormat="groovy"><script>1</script></scriptTask>'
    unsure = MODEL.replace('id="greet"', 'id="unsure"').replace('<userTask id="hello" name="Say hello"/>', groovy)
    (tmp_path / "processes" / "unsure" / "unsure.bpmn").write_text(unsure)
    (tmp_path / "processes" / "mistake").mkdir()
    (tmp_path / "processes" / "mistake" / "broken.bpmn").write_text(BROKEN)
    with running("dev", database_url=sqlite_url, folder=tmp_path, last_words="Stop with") as server:
        assert "Deployed processes/greeting: greet version 1" in server.said
        assert "Deployed processes/unsure: unsure version 1\n  unsure.bpmn:" in server.said
        assert "Not deployed: processes/mistake\n  broken.bpmn:7:" in server.said
        assert f"export BATON_URL={server.url}\n" in server.said
        assert "baton run greet " in server.said
        (tmp_path / "processes" / "greeting" / "greet.bpmn").write_text(MODEL.replace("Say hello", "Say goodbye"))
        assert server.process.stdout
        later = iter(server.process.stdout.readline, "")
        assert next(line for line in later if line.startswith("Deployed")) == (
            "Deployed processes/greeting: greet version 2\n"
        )


def test_the_life_of_the_tables(database_url: str, tmp_path: Path) -> None:
    def db(*arguments: str) -> str:
        done = baton("db", *arguments, database_url=database_url, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert db("current").startswith("There are no tables yet; this release wants ")
    assert "went from nothing to" in db("upgrade")
    assert "is up to date at" in db("upgrade")
    assert db("current").endswith(" is what this release wants.\n")
    assert db("check") == "No contradictions.\n"
    assert db("clean") == "Deleted 0 process instances, 0 batches and 0 decisions.\n"


def test_the_statements_that_make_the_tables_need_no_database(tmp_path: Path) -> None:
    for url in ("sqlite:///never-made.db", "postgresql://nobody@127.0.0.1:1/nothing"):
        printed = baton("db", "sql", database_url=url, folder=tmp_path)
        assert printed.returncode == 0, printed.stderr
        assert "CREATE TABLE process_instance" in printed.stdout
    assert list(tmp_path.iterdir()) == []
