"""What is written down of commands: what people did, and who got and lost a part in tasks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

from engine.core.commands import (
    Command,
    Origin,
    batches,
    events,
    instances,
    jobs,
    messages,
    migration,
    modification,
    restart,
)
from engine.core.commands import tasks as task_commands
from engine.core.commands import variables as variable_commands
from engine.core.commands import work as work_commands
from engine.core.commands.instances import DeleteInstance, SetInstanceSuspended, StartInstance
from engine.core.commands.operations import TOLD
from engine.core.commands.tasks import (
    AssignTask,
    ClaimTask,
    CompleteTask,
    CreateTask,
    DelegateTask,
    LinkTask,
    ResolveTask,
    UpdateTask,
)
from engine.core.commands.variables import SetVariables
from engine.core.state import IdentityLinkLog, Operation
from engine.errors import Conflict
from tests.core.kit import NOON, Run
from tests.core.models import process, user

MODULES = (
    batches,
    events,
    instances,
    jobs,
    messages,
    migration,
    modification,
    restart,
    task_commands,
    variable_commands,
    work_commands,
)
BY_MACHINES = {
    "BringMessage",
    "FindKept",
    "LookAfterMessage",
    "ReceiveKept",
    "RememberMessage",
    "CompleteJob",
    "CompleteWork",
    "DeliverEventLater",
    "ExecuteBatchJob",
    "ExtendLease",
    "FailJob",
    "FailWork",
    "GoOnBroadcasting",
    "LockWork",
    "MonitorBatch",
    "SeedBatch",
    "StartByEventLater",
    "ThrowWorkError",
}
"""Commands that the engine and its workers give, and no person."""


def a_task(*candidates: str):
    """A run with a task, as nobody."""
    run = Run(process("start > a > b"))
    run.start()
    for group in candidates:
        run.do(LinkTask(id=run.task("a").id, type="candidate", link_group=group))
    return run, run.task("a").id


def told(run: Run) -> list[tuple[object, ...]]:
    """The operation log: what was done, to what, by whom, and what of it changed from what to what."""
    return [
        (row.type, row.entity, row.user_id, row.property, row.old_value, row.new_value)
        for row in sorted(run.rows(Operation), key=lambda row: row.id)
    ]


def links(run: Run) -> list[tuple[object, ...]]:
    return [
        (row.operation, row.type, row.user_id or row.group_id, row.assigner)
        for row in sorted(run.rows(IdentityLinkLog), key=lambda row: row.id)
    ]


def all_commands() -> Iterator[type[Command]]:
    for module in MODULES:
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Command) and kind.__module__ == module.__name__ and not inspect.isabstract(kind):
                yield kind


def test_every_command_is_told_or_given_by_machines():
    untold = {kind.__name__ for kind in all_commands() if kind not in TOLD}
    assert untold == BY_MACHINES


def test_nothing_is_told_of_nobody():
    run, task = a_task()
    run.do(ClaimTask(id=task, assignee="ann"))
    assert told(run) == []


def test_the_parts_of_one_operation_belong_together():
    run, task = a_task()
    run.do(AssignTask(id=task, assignee="ann"))
    origin = Origin("192.0.2.1", "r1", "She knows more")
    run.do(DelegateTask(id=task, assignee="ben", user="ann", origin=origin))
    rows = run.rows(Operation)
    assert [row[3:] for row in told(run)] == [
        ("assignee", "ann", "ben"),
        ("owner", None, "ann"),
        ("delegation", None, "PENDING"),
    ]
    where = run.task("a")
    assert {row.operation_id for row in rows} == {min(row.id for row in rows)}
    for row in rows:
        assert (row.user_task_id, row.process_instance_id) == (task, where.process_instance_id)
        assert (row.definition_id, row.category, row.at) == (where.definition_id, "TaskWorker", NOON)
        assert (row.address, row.request_id, row.reason) == ("192.0.2.1", "r1", "She knows more")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            lambda task: ClaimTask(id=task, assignee="ann", user="ann"),
            ("Claim", "Task", "ann", "assignee", None, "ann"),
        ),
        (lambda task: ClaimTask(id=task, assignee=None, user="ann"), ("Assign", "Task", "ann", None, None, None)),
        (
            lambda task: UpdateTask(id=task, fields={"due_at": NOON}, user="ann"),
            ("Update", "Task", "ann", "dueDate", None, str(int(NOON.timestamp() * 1000))),
        ),
        (lambda task: CompleteTask(id=task, user="ann"), ("Complete", "Task", "ann", "delete", "false", "true")),
        (
            lambda task: LinkTask(id=task, type="candidate", link_group="sales", user="ann"),
            ("AddGroupLink", "IdentityLink", "ann", "candidate", None, "sales"),
        ),
        (
            lambda task: LinkTask(id=task, type="candidate", link_user="ben", remove=True, user="ann"),
            ("DeleteUserLink", "IdentityLink", "ann", "candidate", None, "ben"),
        ),
        (
            lambda task: LinkTask(id=task, type="owner", link_user="ben", user="ann"),
            ("SetOwner", "Task", "ann", "owner", None, "ben"),
        ),
        (
            lambda task: SetVariables(scope_id=task, changes={"x": 1}, local=True, user="ann"),
            ("SetVariable", "Variable", "ann", "x", None, "x"),
        ),
    ],
)
def test_what_people_do_with_tasks(command, expected):
    run, task = a_task()
    run.do(command(task))
    assert told(run) == [expected]


def test_resolving_hands_back():
    run, task = a_task()
    run.do(AssignTask(id=task, assignee="ann"))
    run.do(DelegateTask(id=task, assignee="ben"))
    run.do(ResolveTask(id=task, user="ben"))
    assert [row[3:] for row in told(run)] == [("assignee", "ben", "ann"), ("delegation", "PENDING", "RESOLVED")]


def test_a_standalone_task_is_created_with_what_is_given():
    run = Run()
    run.do(CreateTask(fields={"name": "Buy milk", "priority": 3}, user="ann"))
    assert [row[3:] for row in told(run)] == [("name", None, "Buy milk"), ("priority", None, "3")]


def test_what_people_do_with_instances():
    run = Run(process("start > a > b", {"a": user()}))
    started = run.do(StartInstance(key="p", user="ann"))
    run.do(SetInstanceSuspended(id=started.id, suspended=True, user="ann"))
    run.do(DeleteInstance(id=started.id, reason="A mistake", user="ben"))
    assert told(run) == [
        ("Create", "ProcessInstance", "ann", None, None, None),
        ("Suspend", "ProcessInstance", "ann", "suspensionState", None, "suspended"),
        ("Delete", "ProcessInstance", "ben", "deleteReason", None, "A mistake"),
    ]
    assert {row.process_instance_id for row in run.rows(Operation)} == {started.id}
    assert {row.category for row in run.rows(Operation)} == {"Operator"}


def test_what_fails_is_not_told():
    run, task = a_task()
    run.do(ClaimTask(id=task, assignee="ann", user="ann"))
    with pytest.raises(Conflict):
        run.do(ClaimTask(id=task, assignee="ben", user="ben"))
    assert [row[2] for row in told(run)] == ["ann"]


# ---------------------------------------------------------------- parts in tasks


def test_parts_are_noted_as_they_come_and_go():
    run, task = a_task("sales")
    run.do(LinkTask(id=task, type="candidate", link_group="sales", remove=True, user="ann"))
    run.do(AssignTask(id=task, assignee="ben", user="ann"))
    run.do(AssignTask(id=task, assignee="ben", user="ann"))
    run.do(UpdateTask(id=task, fields={"assignee": "carl", "owner": "ann"}, user="ben"))
    assert links(run) == [
        ("add", "candidate", "sales", None),
        ("delete", "candidate", "sales", "ann"),
        ("add", "assignee", "ben", "ann"),
        ("delete", "assignee", "ben", "ben"),
        ("add", "assignee", "carl", "ben"),
        ("add", "owner", "ann", "ben"),
    ]


def test_a_task_that_ends_takes_no_part_from_anybody():
    run, task = a_task("sales")
    run.do(AssignTask(id=task, assignee="ann"))
    before = links(run)
    run.do(CompleteTask(id=task))
    assert links(run) == before


def test_a_model_gives_parts_too():
    run = Run(process("start > a > b", {"a": user(assignee="ann", candidateGroups="x,y")}))
    run.start()
    assert links(run) == [
        ("add", "assignee", "ann", None),
        ("add", "candidate", "x", None),
        ("add", "candidate", "y", None),
    ]
