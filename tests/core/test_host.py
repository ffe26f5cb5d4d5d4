"""`execution` and `task` in expressions: every method of their tables."""

from __future__ import annotations

import pytest

from engine.core import host
from engine.core.commands.instances import StartInstance
from engine.core.commands.tasks import CompleteTask
from engine.core.state import IdentityLink
from engine.errors import ExecutionFailed
from tests.core.kit import NOON, Run
from tests.core.models import io, listener, process, service, sub, task_listener, user

VARIABLES = {
    "execution.getVariable('far')": 1,
    "execution.getVariable('unknown')": None,
    "execution.getVariableLocal('near')": "n",
    "execution.getVariableLocal('far')": None,
    "execution.getVariables()": {"near": "n", "far": 1},
    "execution.getVariablesLocal()": {"near": "n"},
    "execution.getVariableNames()": ["near", "far"],
    "execution.getVariableNamesLocal()": ["near"],
    "execution.hasVariable('far')": True,
    "execution.hasVariable('unknown')": False,
    "execution.hasVariableLocal('far')": False,
    "execution.hasVariables()": True,
    "execution.hasVariablesLocal()": True,
}
"""What the methods on variables give at an element with the local variable `near`."""


def juel(text):
    return "${" + text + "}"


def value_of(expression, **variables):
    """The value of an expression at a task with the local variable `near`, in an instance with the variable `far`."""
    run = Run(process("start > t > end", {"t": service(juel(expression), "r").having(io({"near": "n"}))}))
    p = run.start(far=1, **variables)
    return run.variables(p, ended=True)["r"], run, p


@pytest.mark.parametrize(("expression", "value"), VARIABLES.items(), ids=VARIABLES)
def test_reading_variables(expression, value):
    assert value_of(expression)[0] == value


@pytest.mark.parametrize(
    ("work", "far_out", "local"),
    [
        ("setVariable('far', 2)", {"far": 2}, {"near": "n"}),
        ("setVariable('near', 2)", {"far": 1}, {"near": 2}),
        ("setVariable('new', 2)", {"far": 1, "new": 2}, {"near": "n"}),
        ("setVariableLocal('far', 2)", {"far": 1}, {"near": "n", "far": 2}),
        ("setVariables(all)", {"far": 5, "new": 6}, {"near": "n"}),
        ("setVariablesLocal(all)", {"far": 1}, {"near": "n", "far": 5, "new": 6}),
        ("removeVariable('far')", {}, {"near": "n"}),
        ("removeVariableLocal('far')", {"far": 1}, {"near": "n"}),
        ("removeVariableLocal('near')", {"far": 1}, {}),
    ],
)
def test_changing_variables(work, far_out, local):
    """The map `all` is given to the instance and left out of what is compared."""
    run = Run(
        process("start > a > t > end", {"a": user(io({"near": "n"}) + listener("end", juel(f"execution.{work}")))})
    )
    p = run.start(far=1, all={"far": 5, "new": 6})
    a = run.elements("a")[0].id
    run.complete("a")
    found = run.variables(p)
    del found["all"]
    assert (found, run.variables(a, ended=True)) == (far_out, local)


def test_where_the_execution_is():
    names = {
        "id": "getId()",
        "instance": "processInstanceId",
        "root": "rootProcessInstanceId",
        "key": "businessKey",
        "same_key": "processBusinessKey",
        "definition": "processDefinitionId",
        "definition_key": "processDefinitionKey",
        "element": "currentActivityId",
        "name": "currentActivityName",
        "activity": "activityInstanceId",
        "parent": "parentActivityInstanceId",
        "flow": "currentTransitionId",
        "event": "eventName",
        "tenant": "tenantId",
        "canceled": "canceled",
        "whole": "processInstance.id",
    }
    work = "".join(juel(f"execution.setVariable('{name}', execution.{word})") for name, word in names.items())
    inner = sub("start_in > a", {"a": user(listener("start", work), name="Check")})
    run = Run(process("start > s", {"s": inner}), tenant_id="blue")
    p = run.do(StartInstance(key="p", business_key="B-1")).id
    s, a = run.elements("s")[0], run.elements("a")[0]
    assert run.variables(p) == {
        "id": str(s.id),
        "instance": str(p),
        "root": str(p),
        "key": "B-1",
        "same_key": "B-1",
        "definition": "p:1:1",
        "definition_key": "p",
        "element": "a",
        "name": "Check",
        "activity": f"a:{a.id}",
        "parent": f"s:{s.id}",
        "flow": "start_in_a",
        "event": "start",
        "tenant": "blue",
        "canceled": False,
        "whole": str(p),
    }


def test_execution_of_the_process_itself():
    work = "".join(
        juel(f"execution.setVariable('{name}', execution.{name})")
        for name in (
            "id",
            "currentActivityId",
            "activityInstanceId",
            "parentActivityInstanceId",
            "tenantId",
            "canceled",
        )
    )
    run = Run(process("start > a", extensions=listener("start", work)))
    p = run.start()
    assert run.variables(p) == {
        "id": str(p),
        "currentActivityId": None,
        "activityInstanceId": str(p),
        "parentActivityInstanceId": None,
        "tenantId": None,
        "canceled": False,
    }


def test_business_key_can_be_set():
    run = Run(process("start > t > a", {"t": service("${execution.setProcessBusinessKey(k)}")}))
    p = run.start(k="B-2")
    assert run.instance(p).business_key == "B-2"
    other = run.start(k=None)
    assert run.instance(other).business_key is None


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("execution.getNothing()", "getNothing"),
        ("execution.nothing", "nothing"),
        ("execution.getVariable(1)", "A variable's name must be a text, not 1"),
        ("execution.setVariables(far)", "Variables must be given as a map, not 1"),
        ("execution.__class__", "__class__"),
        ("execution.setProcessBusinessKey(5)", "A business key must be a text"),
        ("task.name", "task"),
    ],
)
def test_what_it_does_not_offer(expression, message):
    with pytest.raises(ExecutionFailed, match=message):
        value_of(expression)


def test_virtual_variables_are_seen_by_the_methods_too():
    word = "getVariable('loopCounter') + execution.getVariableLocal('loopCounter')"
    work = juel(f"execution.setVariable('seen', execution.{word})")
    run = Run(process("start > a > b", {"a": user(listener("end", work)).times(2)}))
    p = run.start()
    run.complete("a", 1)
    assert run.variables(p)["seen"] == 2


# ---------------------------------------------------------------- task

READING = {
    "id": "getId()",
    "name": "name",
    "description": "description",
    "assignee": "assignee",
    "owner": "owner",
    "priority": "priority",
    "due": "dueDate",
    "follow_up": "followUpDate",
    "created": "createTime",
    "key": "taskDefinitionKey",
    "execution": "executionId",
    "instance": "processInstanceId",
    "definition": "processDefinitionId",
    "event": "eventName",
    "tenant": "tenantId",
    "element": "execution.currentActivityId",
}


def test_reading_a_task():
    work = "".join(juel(f"task.execution.setVariable('{name}', task.{word})") for name, word in READING.items())
    run = Run(
        process("start > a", {"a": user(task_listener("create", work), name="N", dueDate="PT1S", assignee="ann")})
    )
    p = run.start()
    task = run.task("a")
    assert run.variables(p) == {
        "id": str(task.id),
        "name": "N",
        "description": None,
        "assignee": "ann",
        "owner": None,
        "priority": 50,
        "due": task.due_at,
        "follow_up": None,
        "created": NOON,
        "key": "a",
        "execution": str(p),
        "instance": str(p),
        "definition": "p:1:1",
        "event": "create",
        "tenant": None,
        "element": "a",
    }


@pytest.mark.parametrize(
    ("work", "column", "value"),
    [
        ("setName('N')", "name", "N"),
        ("setDescription('D')", "description", "D"),
        ("setAssignee('ann')", "assignee", "ann"),
        ("setAssignee(null)", "assignee", None),
        ("setOwner('bob')", "owner", "bob"),
        ("setPriority(7)", "priority", 7),
        ("setDueDate(when)", "due_at", NOON),
        ("setFollowUpDate(when)", "follow_up_at", NOON),
        ("setDueDate(null)", "due_at", None),
    ],
)
def test_changing_a_task(work, column, value):
    run = Run(process("start > a", {"a": user(task_listener("create", juel(f"task.{work}")))}))
    run.start(when=NOON)
    assert getattr(run.task("a"), column) == value


def test_candidates_of_a_task():
    work = (
        "${task.addCandidateUser('u1')}${task.addCandidateUsers(['u2', 'u3'])}"
        "${task.addCandidateGroup('g1')}${task.addCandidateGroups(two)}"
        "${task.deleteCandidateUser('u2')}${task.deleteCandidateGroup('g1')}${task.deleteCandidateGroup('unknown')}"
    ).replace("['u2', 'u3']", "users")
    run = Run(process("start > a", {"a": user(task_listener("create", work))}))
    run.start(two=["g2", "g3"], users=["u2", "u3"])
    left = [row.user_id or row.group_id for row in run.rows(IdentityLink) if row.ended_at is None]
    assert left == ["u1", "u3", "g2", "g3"]


def test_variables_of_a_task():
    work = "${task.setVariableLocal('mine', 1)}${task.setVariable('mine', 2)}${task.setVariable('new', far)}"
    run = Run(process("start > a", {"a": user(task_listener("create", work))}))
    p = run.start(far=3)
    assert run.variables(run.task("a").id) == {"mine": 2}
    assert run.variables(p) == {"far": 3, "new": 3}


def test_local_variables_of_a_task_are_seen_by_its_listeners_only():
    work = task_listener("complete", "${task.setVariable('seen', mine)}") + listener(
        "end", "${execution.setVariable('gone', !execution.hasVariable('mine'))}"
    )
    run = Run(process("start > a > b", {"a": user(work)}))
    p = run.start()
    run.do(CompleteTask(id=run.task("a").id, local_variables={"mine": 5}))
    assert run.variables(p) == {"seen": 5, "gone": True}


@pytest.mark.parametrize(
    ("work", "message"),
    [
        ("setPriority('high')", "priority must be a whole number"),
        ("setDueDate('soon')", "due_at must be a date"),
        ("setName(5)", "name must be a text"),
        ("addCandidateUsers(5)", "Users must be a collection of texts"),
        ("complete()", "complete"),
    ],
)
def test_what_a_task_does_not_take(work, message):
    run = Run(process("start > a", {"a": user(task_listener("create", juel(f"task.{work}")))}))
    with pytest.raises(ExecutionFailed, match=message):
        run.start()


# ---------------------------------------------------------------- the tables

ON_VARIABLES = {
    "getVariable", "getVariableLocal", "getVariables", "getVariablesLocal", "getVariableNames", "getVariableNamesLocal",
    "setVariable", "setVariableLocal", "setVariables", "setVariablesLocal", "hasVariable", "hasVariableLocal",
    "hasVariables", "hasVariablesLocal", "removeVariable", "removeVariableLocal",
}  # fmt: skip
OF_EXECUTION = {
    "getId", "getProcessInstanceId", "getRootProcessInstanceId", "getBusinessKey", "getProcessBusinessKey",
    "setProcessBusinessKey", "getProcessDefinitionId", "getProcessDefinitionKey", "getCurrentActivityId",
    "getCurrentActivityName", "getActivityInstanceId", "getParentActivityInstanceId", "getCurrentTransitionId",
    "getEventName", "getTenantId", "getProcessInstance", "isCanceled",
}  # fmt: skip
OF_TASK = {
    "getId", "getName", "setName", "getDescription", "setDescription", "getAssignee", "setAssignee", "getOwner",
    "setOwner", "getPriority", "setPriority", "getDueDate", "setDueDate", "getFollowUpDate", "setFollowUpDate",
    "getCreateTime", "getTaskDefinitionKey", "getExecutionId", "getProcessInstanceId", "getProcessDefinitionId",
    "getEventName", "getTenantId", "getExecution", "addCandidateUser", "addCandidateGroup", "addCandidateUsers",
    "addCandidateGroups", "deleteCandidateUser", "deleteCandidateGroup",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "names"), [(host.Execution, OF_EXECUTION), (host.Task, OF_TASK)])
def test_tables_hold_what_is_tested_here_and_nothing_else(kind, names):
    assert {name for name, _ in kind.methods} == ON_VARIABLES | names
