"""User tasks: how they are made, and that they move their token. The commands on tasks are in test_task_commands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.core.commands.tasks import AssignTask
from engine.core.state import IdentityLink, Notice
from engine.errors import ExecutionFailed
from engine.values import JsonValue
from tests.core.kit import NOON, Run
from tests.core.models import io, process, task_listener, task_note, user


def made(task, **variables):
    """The task that a user task makes."""
    run = Run(process("start > a > end", {"a": task}))
    run.start(**variables)
    return run, run.task("a")


def links(run):
    return [(row.type, row.user_id or row.group_id) for row in run.rows(IdentityLink)]


def test_plain_task():
    run, task = made(user())
    element = run.elements("a")[0]
    assert (task.element_instance_id, element.user_task_id) == (element.id, task.id)
    assert (task.state, task.priority, task.created_at) == ("created", 50, NOON)
    assert (task.assignee, task.owner, task.due_at, task.name) == (None, None, None, None)
    assert task.execution_id == element.execution_id == element.process_instance_id


def test_texts_may_be_expressions():
    _, task = made(user(name="Order ${n}", assignee="${who}", formKey="form:${n}"), n=7, who="mary")
    assert (task.name, task.assignee, task.form_key) == ("Order 7", "mary", "form:7")


def test_attributes_see_the_input_mapping():
    _, task = made(user(io({"who": "${boss}"}), assignee="${who}"), boss="ann")
    assert task.assignee == "ann"


def test_reference_to_a_form():
    _, task = made(user(formRef="f-${n}", formRefBinding="version", formRefVersion="${n}"), n=3)
    assert (task.form_ref, task.form_ref_binding, task.form_ref_version) == ("f-3", "version", "3")


@pytest.mark.parametrize(
    ("given", "due"),
    [
        ("PT1H", NOON + timedelta(hours=1)),
        ("2031-02-03T04:05:06Z", datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("${'P2D'}", NOON + timedelta(days=2)),
        ("${when}", NOON + timedelta(minutes=5)),
        ("${nothing}", None),
    ],
)
def test_dates(given, due):
    _, task = made(user(dueDate=given, followUpDate=given), when=NOON + timedelta(minutes=5), nothing=None)
    assert (task.due_at, task.follow_up_at) == (due, due)


@pytest.mark.parametrize(("given", "priority"), [("7", 7), ("${n}", 9), ("${'8'}", 8)])
def test_priority(given, priority):
    _, task = made(user(priority=given), n=9)
    assert task.priority == priority


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"priority": "${'high'}"}, "priority must be a whole number"),
        ({"dueDate": "${'soon'}"}, "due date is no ISO 8601 date"),
        ({"followUpDate": "${5}"}, "follow-up date must be a date"),
        ({"candidateUsers": "${5}"}, "must give a text or a collection of texts"),
        ({"assignee": "${unknown}"}, "unknown"),
    ],
)
def test_attribute_that_makes_no_sense_undoes_the_step(attributes, message):
    run = Run(process("start > a", {"a": user(**attributes)}))
    with pytest.raises(ExecutionFailed, match=rf"{message}.*\(element 'a'\)"):
        run.start()
    assert run.trace() == []


def test_candidates_are_lists_texts_and_collections():
    run, _ = made(
        user(candidateUsers="ann, ${two}", candidateGroups="${groups}"),
        two="bob,cid",
        groups=JsonValue('["x", "y"]'),
    )
    assert links(run) == [
        ("candidate", "ann"),
        ("candidate", "bob"),
        ("candidate", "cid"),
        ("candidate", "x"),
        ("candidate", "y"),
    ]


def test_candidate_named_twice_is_linked_once():
    run, _ = made(user(candidateUsers="ann, ann"))
    assert links(run) == [("candidate", "ann")]


def test_nobody_is_a_candidate_of_null():
    run, _ = made(user(candidateUsers="${nobody}"), nobody=None)
    assert links(run) == []


def test_completing_moves_the_token():
    run = Run(process("start > a > b > end"))
    p = run.start()
    run.pass_time(minutes=3)
    task = run.task("a")
    run.complete("a", x=1)
    assert (task.state, task.ended_at, task.delete_reason) == ("completed", run.now, "completed")
    assert run.waits() == ["b"]
    assert run.variables(p) == {"x": 1}


def test_listeners_run_in_the_order_of_the_life_of_the_task():
    events = ("create", "assignment", "update", "complete", "delete")
    task = user("".join(task_note(event, event) for event in events), assignee="ann")
    run = Run(process("start > a > end", {"a": task}))
    p = run.start(log=[])
    assert run.log(p) == ["create", "assignment"]
    run.complete("a")
    assert run.log(p) == ["create", "assignment", "complete"]


def test_listeners_see_and_change_the_task():
    listeners = task_listener("create", "${task.setAssignee('bob')}") + task_listener(
        "complete", "${task.setVariable('by', task.assignee)}"
    )
    run, task = made(user(listeners))
    assert task.assignee == "bob"
    run.complete("a")
    assert run.variables(task.process_instance_id, ended=True) == {"by": "bob"}


def test_cancelled_task_tells_its_delete_listener():
    run = Run(process("start > a", {"a": user(task_note("delete", "deleted"))}))
    p = run.start(log=[])
    task = run.task("a")
    run.delete(p, "no more")
    assert run.log(p) == ["deleted"]
    assert (task.state, task.delete_reason, task.ended_at) == ("deleted", "no more", NOON)


def test_local_variables_of_a_task_end_with_it():
    run = Run(process("start > a > b"))
    p = run.start()
    task = run.task("a")
    run.set(task.id, x=1, local=True)
    assert run.variables(task.id) == {"x": 1}
    run.complete("a")
    assert run.variables(task.id) == {}
    assert run.variables(task.id, ended=True) == {"x": 1}
    assert run.variables(p) == {}


def test_it_is_kept_when_the_process_gave_it_to_whom():
    _, task = made(user(assignee="${who}"), who="mary")
    assert task.given_at == NOON
    _, offered = made(user(assignee="${who}"), who=None)
    assert (offered.assignee, offered.given_at) == (None, None)
    run = Run(process("start > a", {"a": user(assignee="${who}")}))
    run.start(user="mary", who="mary")  # it came of what she did
    assert run.task("a").given_at is None


@pytest.mark.parametrize(
    ("event", "assignee", "given_at"),
    [
        ("create", "'john'", NOON),
        ("create", "'mary'", None),
        ("create", "null", None),
        ("create", "task.assignee", None),
    ],
)
def test_a_listener_gives_a_task_as_the_process_does(event, assignee, given_at):
    run = Run(
        process("start > a", {"a": user(task_listener(event, f"${{task.setAssignee({assignee})}}"), assignee="mary")})
    )
    run.start(user="mary")
    assert run.task("a").given_at == given_at


def test_what_a_person_gives_is_not_given_by_the_process():
    run, task = made(user(assignee="mary"))
    run.do(AssignTask(id=task.id, assignee="mary"))
    assert task.given_at == NOON, "she has it already"
    run.do(AssignTask(id=task.id, assignee="john", user="mary"))
    assert task.given_at is None
    run, task = made(user(task_listener("update", "${task.setAssignee('sue')}")))
    run.do(AssignTask(id=task.id, assignee="john", user="mary"))
    assert (task.assignee, task.given_at) == ("sue", NOON)
    assert run.rows(Notice) == []
