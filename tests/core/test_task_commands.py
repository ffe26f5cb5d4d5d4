"""Commands on user tasks, of processes and standalone."""

from __future__ import annotations

import pytest

from engine.core.commands.tasks import (
    AddAttachment,
    AddComment,
    AssignTask,
    ClaimTask,
    CompleteTask,
    CreateTask,
    DelegateTask,
    DeleteTask,
    EscalateTask,
    LinkTask,
    ResolveTask,
    ThrowTaskError,
    UpdateTask,
)
from engine.core.commands.variables import SetVariables
from engine.core.state import Comment, IdentityLink, UserTask
from engine.errors import BadRequest, Conflict, ExecutionFailed, NotFound
from tests.core.kit import NOON, Run
from tests.core.models import io, listener, process, task_listener, task_note, user

NOTED = user("".join(task_note(event, event) for event in ("create", "assignment", "update", "complete", "delete")))


def a_task(task=NOTED, **variables):
    """A run, the id of its instance, and its task."""
    run = Run(process("start > a > b", {"a": task}))
    p = run.start(log=[], **variables)
    return run, p, run.task("a")


def standalone(**columns):
    """A run and its standalone task."""
    run = Run()
    id = run.do(CreateTask(fields=columns))
    return run, next(row for row in run.rows(UserTask) if row.id == id)


# ---------------------------------------------------------------- complete


def test_completing_gives_the_variables_of_the_instance():
    run, _, task = a_task(user(), x=1)
    completed = run.do(CompleteTask(id=task.id, variables={"x": 2, "y": 3}, return_variables=True))
    assert completed == {"log": [], "x": 2, "y": 3}


def test_completing_the_last_task_gives_the_variables_as_they_were():
    run = Run(process("start > a > end"))
    run.start(x=1)
    task = run.task("a")
    assert run.do(CompleteTask(id=task.id, variables={"x": 2}, return_variables=True)) == {"x": 2}


def test_variables_go_where_they_are_found():
    run, p, task = a_task(user(io({"near": "1"})), far=1)
    a = run.elements("a")[0].id
    run.do(CompleteTask(id=task.id, variables={"near": 2, "far": 3, "new": 4}))
    assert run.variables(a, ended=True) == {"near": 2}
    assert run.variables(p) == {"log": [], "far": 3, "new": 4}


def test_local_variables_stay_with_the_task():
    run, p, task = a_task(user())
    run.do(CompleteTask(id=task.id, local_variables={"mine": 1}))
    assert run.variables(task.id, ended=True) == {"mine": 1}
    assert run.variables(p) == {"log": []}


def test_completed_task_is_gone():
    run, _, task = a_task(user())
    run.complete("a")
    with pytest.raises(NotFound, match=f"Cannot find task with id {task.id}"):
        run.do(CompleteTask(id=task.id))


def test_listener_that_fails_keeps_the_task():
    run, _, task = a_task(user(task_listener("complete", "${nowhere}")))
    with pytest.raises(ExecutionFailed, match=r"nowhere.*\(element 'a'\)"):
        run.complete("a", x=1)
    assert task.state == "created"


# ---------------------------------------------------------------- who


def test_claiming():
    run, p, task = a_task()
    run.pass_time(minutes=1)
    run.do(ClaimTask(id=task.id, assignee="ann"))
    assert (task.assignee, task.updated_at) == ("ann", run.now)
    assert run.log(p) == ["create", "update", "assignment"]
    run.do(ClaimTask(id=task.id, assignee="ann"))
    assert run.log(p)[3:] == ["update"]
    with pytest.raises(Conflict, match=f"Task {task.id} is already claimed by 'ann'"):
        run.do(ClaimTask(id=task.id, assignee="bob"))
    run.do(ClaimTask(id=task.id, assignee=None))
    assert task.assignee is None


def test_assigning_overrules():
    run, p, task = a_task(NOTED.having(assignee="ann"))
    run.do(AssignTask(id=task.id, assignee="bob"))
    assert task.assignee == "bob"
    assert run.log(p) == ["create", "assignment", "update", "assignment"]
    run.do(AssignTask(id=task.id, assignee=None))
    assert task.assignee is None


def test_delegating_and_resolving():
    run, p, task = a_task(user(assignee="ann"))
    run.do(DelegateTask(id=task.id, assignee="bob"))
    assert (task.assignee, task.owner, task.delegation_state) == ("bob", "ann", "PENDING")
    run.do(ResolveTask(id=task.id, variables={"x": 1}))
    assert (task.assignee, task.owner, task.delegation_state) == ("ann", "ann", "RESOLVED")
    assert run.variables(p)["x"] == 1


def test_delegating_again_keeps_the_owner():
    run, _, task = a_task(user(assignee="ann"))
    run.do(DelegateTask(id=task.id, assignee="bob"))
    run.do(DelegateTask(id=task.id, assignee="cid"))
    assert (task.assignee, task.owner) == ("cid", "ann")


# ---------------------------------------------------------------- attributes


def test_updating():
    run, p, task = a_task()
    columns = {
        "name": "N",
        "description": "D",
        "owner": "bob",
        "priority": 7,
        "due_at": NOON,
        "follow_up_at": NOON,
        "delegation_state": "PENDING",
        "parent_task_id": 5,
        "tenant_id": "blue",
        "case_instance_id": "case",
    }
    run.do(UpdateTask(id=task.id, fields=columns))
    assert {name: getattr(task, name) for name in columns} == columns
    assert (task.updated_at, run.log(p)) == (NOON, ["create", "update"])
    run.do(UpdateTask(id=task.id, fields={"assignee": "ann", "due_at": None}))
    assert (task.assignee, task.due_at) == ("ann", None)
    assert run.log(p)[2:] == ["update", "assignment"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"state": "completed"}, "A task has no attribute 'state' that may be set"),
        ({"id": 5}, "no attribute 'id'"),
        ({"priority": None}, "A task's priority cannot be null"),
        ({"priority": "high"}, "A task's priority must be a int, not 'high'"),
        ({"name": 5}, "A task's name must be a str"),
        ({"delegation_state": "LOST"}, "A delegation state is PENDING or RESOLVED, not 'LOST'"),
    ],
)
def test_updates_that_make_no_sense(columns, message):
    run, _, task = a_task(user(name="N"))
    with pytest.raises(BadRequest, match=message):
        run.do(UpdateTask(id=task.id, fields={"name": "M"} | columns))
    assert task.name == "N"


# ---------------------------------------------------------------- links


def links(run):
    return [(row.type, row.user_id, row.group_id) for row in run.rows(IdentityLink) if row.ended_at is None]


def test_linking_and_unlinking():
    run, _, task = a_task(user(candidateUsers="ann"))
    run.do(LinkTask(id=task.id, type="candidate", link_group="sales"))
    run.do(LinkTask(id=task.id, type="candidate", link_group="sales"))
    run.do(LinkTask(id=task.id, type="reviewer", link_user="bob"))
    assert links(run) == [("candidate", "ann", None), ("candidate", None, "sales"), ("reviewer", "bob", None)]
    run.pass_time(hours=1)
    run.do(LinkTask(id=task.id, type="candidate", link_user="ann", remove=True))
    run.do(LinkTask(id=task.id, type="candidate", link_user="unknown", remove=True))
    assert links(run) == [("candidate", None, "sales"), ("reviewer", "bob", None)]
    assert run.rows(IdentityLink)[0].ended_at == run.now
    run.do(LinkTask(id=task.id, type="candidate", link_user="ann"))
    assert links(run)[-1] == ("candidate", "ann", None)


@pytest.mark.parametrize("column", ["assignee", "owner"])
def test_assignee_and_owner_are_columns(column):
    run, _, task = a_task(user())
    run.do(LinkTask(id=task.id, type=column, link_user="ann"))
    assert (getattr(task, column), links(run)) == ("ann", [])
    run.do(LinkTask(id=task.id, type=column, link_user="bob", remove=True))
    assert getattr(task, column) == "ann"
    run.do(LinkTask(id=task.id, type=column, link_user="ann", remove=True))
    assert getattr(task, column) is None


def test_linked_assignee_is_told_to_listeners():
    run, p, task = a_task()
    run.do(LinkTask(id=task.id, type="assignee", link_user="ann"))
    assert run.log(p) == ["create", "update", "assignment"]


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ({"type": "candidate"}, "either a user or a group"),
        ({"type": "candidate", "link_user": "ann", "link_group": "sales"}, "either a user or a group"),
        ({"type": "owner", "link_group": "sales"}, "The owner of a task is a user"),
        ({"type": "assignee"}, "The assignee of a task is a user"),
    ],
)
def test_links_that_make_no_sense(who, message):
    run, _, task = a_task(user())
    with pytest.raises(BadRequest, match=message):
        run.do(LinkTask(id=task.id, **who))
    assert links(run) == []


# ---------------------------------------------------------------- comments


def test_comment():
    run, p, task = a_task(user())
    id = run.do(AddComment(id=task.id, message="Late", user="ann"))
    (row,) = run.rows(Comment)
    assert (row.id, row.user_task_id, row.process_instance_id, row.root_id) == (id, task.id, p, p)
    assert (row.user_id, row.message, row.created_at) == ("ann", "Late", NOON)


@pytest.mark.parametrize("what", ["comment", "attachment", "variable"])
def test_what_is_put_to_a_task_updates_it(what):
    run, p, task = a_task()
    if what == "comment":
        run.do(AddComment(id=task.id, message="Late"))
    elif what == "attachment":
        run.do(AddAttachment(id=task.id, url="http://example.org"))
    else:
        run.do(SetVariables(scope_id=task.id, changes={"x": 1}, local=True))
    assert task.updated_at == NOON
    assert run.log(p) == ["create", "update"]


def test_variables_of_the_process_do_not_update_the_task_they_are_set_at():
    run, _, task = a_task(user())
    run.do(SetVariables(scope_id=task.id, changes={"x": 1}))
    assert task.updated_at is None


def test_taking_a_candidate_from_a_task_updates_it():
    run, _, task = a_task(user(candidateUsers="bob"))
    run.do(LinkTask(id=task.id, type="candidate", link_user="bob", remove=True))
    assert task.updated_at == NOON


# ---------------------------------------------------------------- standalone tasks


def test_standalone_task():
    run, task = standalone(name="Call", assignee="ann", priority=9)
    assert (task.name, task.assignee, task.priority, task.state) == ("Call", "ann", 9, "created")
    assert (task.process_instance_id, task.root_id, task.element_instance_id) == (None, None, None)
    run.do(UpdateTask(id=task.id, fields={"name": "Write"}))
    run.do(DelegateTask(id=task.id, assignee="bob"))
    run.do(LinkTask(id=task.id, type="candidate", link_user="cid"))
    run.do(AddComment(id=task.id, message="Soon"))
    run.set(task.id, x=1)
    assert run.variables(task.id) == {"x": 1}
    assert run.do(CompleteTask(id=task.id, variables={"y": 2}, return_variables=True)) == {"x": 1, "y": 2}
    assert (task.name, task.owner, task.state, task.delete_reason) == ("Write", "ann", "completed", "completed")
    assert run.variables(task.id) == {}


def test_standalone_task_is_deleted():
    run, task = standalone(name="Call")
    run.do(DeleteTask(id=task.id, reason="why"))
    assert (task.state, task.delete_reason, task.ended_at) == ("deleted", "why", NOON)
    with pytest.raises(NotFound):
        run.do(DeleteTask(id=task.id))


def test_task_of_a_process_is_not_deleted():
    run, _, task = a_task(user())
    with pytest.raises(Conflict, match=f"Task {task.id} cannot be deleted: it is part of a running process"):
        run.do(DeleteTask(id=task.id))
    assert task.state == "created"


@pytest.mark.parametrize("command", [ThrowTaskError, EscalateTask])
def test_standalone_task_throws_nothing(command):
    run, task = standalone()
    with pytest.raises(Conflict, match=f"Task {task.id} belongs to no process"):
        run.do(command(id=task.id, code="E1"))


# ---------------------------------------------------------------- who asked


def test_expressions_know_who_asked():
    run, p, task = a_task(user(listener("end", "${execution.setVariable('by', currentUser())}")))
    run.do(CompleteTask(id=task.id, user="ann", groups=("sales",)))
    assert run.variables(p)["by"] == "ann"
