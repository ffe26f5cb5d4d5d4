"""What expressions see of the engine: variables by name, and the objects `execution` and `task` with a closed table of
methods each (Camunda manual, "Expression Language"; the methods are those of DelegateExecution and DelegateTask)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from engine.core import identity_links, variables
from engine.core.graph import BoundList, BoundMap, BoundValue
from engine.core.host_object import Host, Methods
from engine.core.state import ElementInstance, Job, ProcessInstance, Scope, UserTask
from engine.core.step import Step
from engine.core.variables import Place
from engine.errors import ExecutionFailed
from engine.expression import (
    CompiledExpression,
    ErrorThrown,
    EvaluationError,
    Explaining,
    ExpressionError,
    ScriptRunner,
    UnknownName,
)
from engine.values import InvalidValue

_MISSING = object()


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise EvaluationError(f"{what} must be a text, not {value!r}")
    return value


def _texts(value: object, what: str) -> list[str]:
    if not isinstance(value, list | tuple):
        raise EvaluationError(f"{what} must be a collection of texts, not {value!r}")
    return [_text(item, what) for item in value]


def _map(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise EvaluationError(f"Variables must be given as a map, not {value!r}")
    return {_text(name, "A variable's name"): item for name, item in value.items()}


class VariableHost(Host, ABC):
    """The methods on variables that `execution` and `task` share (Camunda's VariableScope)."""

    step: Step

    @property
    @abstractmethod
    def place(self) -> Place:
        """Where names are looked up from."""

    @property
    def local_place(self) -> Place:
        """Where local variables live."""
        return self.place

    def _get(self, name: object) -> object:
        return variables.get(self.step, self.place, _text(name, "A variable's name"))

    def _get_local(self, name: object) -> object:
        found = variables.local_values(self.step, self.local_place)
        return found.get(_text(name, "A variable's name"))

    def _set(self, name: object, value: object) -> None:
        variables.set_value(self.step, self.place, _text(name, "A variable's name"), value)

    def _set_local(self, name: object, value: object) -> None:
        variables.set_local(self.step, self.local_place, _text(name, "A variable's name"), value)

    def _set_all(self, values: object) -> None:
        for name, value in _map(values).items():
            self._set(name, value)

    def _set_all_local(self, values: object) -> None:
        for name, value in _map(values).items():
            self._set_local(name, value)

    def _has(self, name: object) -> bool:
        return variables.has(self.step, self.place, _text(name, "A variable's name"))

    def _has_local(self, name: object) -> bool:
        return name in variables.local_values(self.step, self.local_place)

    def _all(self) -> dict[str, object]:
        return variables.values(self.step, self.place)

    def _all_local(self) -> dict[str, object]:
        return variables.local_values(self.step, self.local_place)

    def _remove(self, name: object) -> None:
        variables.remove(self.step, self.place, [_text(name, "A variable's name")])

    def _remove_local(self, name: object) -> None:
        variables.remove(self.step, self.local_place, [_text(name, "A variable's name")], local=True)

    methods: ClassVar[Methods] = {
        ("getVariable", 1): _get,
        ("getVariableLocal", 1): _get_local,
        ("getVariables", 0): _all,
        ("getVariablesLocal", 0): _all_local,
        ("getVariableNames", 0): lambda self: list(self._all()),
        ("getVariableNamesLocal", 0): lambda self: list(self._all_local()),
        ("setVariable", 2): _set,
        ("setVariableLocal", 2): _set_local,
        ("setVariables", 1): _set_all,
        ("setVariablesLocal", 1): _set_all_local,
        ("hasVariable", 1): _has,
        ("hasVariableLocal", 1): _has_local,
        ("hasVariables", 0): lambda self: bool(self._all()),
        ("hasVariablesLocal", 0): lambda self: bool(self._all_local()),
        ("removeVariable", 1): _remove,
        ("removeVariableLocal", 1): _remove_local,
    }


def _activity_instance_id(scope: Scope) -> str:
    return f"{scope.element_id}:{scope.id}" if isinstance(scope, ElementInstance) else str(scope.id)


class Execution(VariableHost):
    """`execution`: where the token is (Camunda: DelegateExecution)."""

    name = "execution"

    def __init__(self, step: Step, scope: Scope, event: str | None = None, flow_id: str | None = None) -> None:
        self.step, self.scope, self.event, self.flow_id = step, scope, event, flow_id

    @property
    def place(self) -> Place:
        return self.scope

    @property
    def local_place(self) -> Place:
        if isinstance(self.scope, ElementInstance):
            return self.step.uow.scope(self.scope.execution_id)
        return self.scope

    @property
    def instance(self) -> ProcessInstance:
        """The process instance it is in."""
        return self.step.process_instance(self.scope)

    @property
    def element(self) -> ElementInstance | None:
        """The element instance, unless the process instance itself is meant."""
        return self.scope if isinstance(self.scope, ElementInstance) else None

    def _id(self) -> str:
        return str(self.element.execution_id if self.element else self.scope.id)

    def _activity_instance_id(self) -> str:
        return _activity_instance_id(self.scope)

    def _parent_activity_instance_id(self) -> str | None:
        if self.element is None:
            return None
        return _activity_instance_id(self.step.uow.scope(self.element.flow_scope_id or self.element.scope_id))

    def _process_instance(self) -> Execution:
        return Execution(self.step, self.instance, self.event)

    def _set_business_key(self, key: object) -> None:
        self.step.uow.touch(self.instance)
        self.instance.business_key = None if key is None else _text(key, "A business key")

    methods: ClassVar[Methods] = {
        **VariableHost.methods,
        ("getId", 0): _id,
        ("getProcessInstanceId", 0): lambda self: str(self.instance.id),
        ("getRootProcessInstanceId", 0): lambda self: str(self.instance.root_id),
        ("getBusinessKey", 0): lambda self: self.instance.business_key,
        ("getProcessBusinessKey", 0): lambda self: self.instance.business_key,
        ("setProcessBusinessKey", 1): _set_business_key,
        ("getProcessDefinitionId", 0): lambda self: self.step.definition(self.scope).reference,
        ("getProcessDefinitionKey", 0): lambda self: self.step.definition(self.scope).key,
        ("getCurrentActivityId", 0): lambda self: self.element.element_id if self.element else None,
        ("getCurrentActivityName", 0): lambda self: self.element.element_name if self.element else None,
        ("getActivityInstanceId", 0): _activity_instance_id,
        ("getParentActivityInstanceId", 0): _parent_activity_instance_id,
        ("getCurrentTransitionId", 0): lambda self: self.flow_id,
        ("getEventName", 0): lambda self: self.event,
        ("getTenantId", 0): lambda self: self.instance.tenant_id or None,
        ("getProcessInstance", 0): _process_instance,
        ("isCanceled", 0): lambda self: bool(self.element and self.element.canceled),
    }


class Task(VariableHost):
    """`task`: the user task (Camunda: DelegateTask)."""

    name = "task"

    def __init__(self, step: Step, task: UserTask, event: str | None = None) -> None:
        self.step, self.task, self.event = step, task, event

    @property
    def place(self) -> Place:
        return self.task

    def _execution(self) -> Execution | None:
        if self.task.element_instance_id is None:
            return None
        return Execution(self.step, self.step.uow.element(self.task.element_instance_id))

    def _definition_id(self) -> str | None:
        execution = self._execution()
        return None if execution is None else self.step.definition(execution.scope).reference

    def _set(self, name: object, value: object) -> None:
        variables.set_value(self.step, self.task, _text(name, "A variable's name"), value)

    def _write(self, column: str, value: object) -> None:
        self.step.uow.touch(self.task)
        setattr(self.task, column, value)

    def _set_text(self, column: str, value: object) -> None:
        self._write(column, None if value is None else _text(value, f"The task's {column}"))

    def _set_assignee(self, assignee: object) -> None:
        before = self.task.assignee
        self._set_text("assignee", assignee)
        if self.task.assignee != before:
            self.task.given_at = identity_links.given_at(self.step, self.task.assignee)

    def _set_date(self, column: str, value: object) -> None:
        if value is not None and not isinstance(value, datetime):
            raise EvaluationError(f"The task's {column} must be a date, not {value!r}")
        self._write(column, value)

    def _set_priority(self, value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise EvaluationError(f"A task's priority must be a whole number, not {value!r}")
        self._write("priority", int(value))

    def _add(self, user: str | None, group: str | None) -> None:
        identity_links.link(self.step, self.task, "candidate", user, group)

    def _drop(self, user: str | None, group: str | None) -> None:
        identity_links.unlink(self.step, self.task, "candidate", user, group)

    def _add_user(self, user: object) -> None:
        self._add(_text(user, "A user"), None)

    def _add_group(self, group: object) -> None:
        self._add(None, _text(group, "A group"))

    def _add_users(self, users: object) -> None:
        for user in _texts(users, "Users"):
            self._add(user, None)

    def _add_groups(self, groups: object) -> None:
        for group in _texts(groups, "Groups"):
            self._add(None, group)

    def _drop_user(self, user: object) -> None:
        self._drop(_text(user, "A user"), None)

    def _drop_group(self, group: object) -> None:
        self._drop(None, _text(group, "A group"))

    methods: ClassVar[Methods] = {
        **VariableHost.methods,
        ("setVariable", 2): _set,
        ("getId", 0): lambda self: str(self.task.id),
        ("getName", 0): lambda self: self.task.name,
        ("setName", 1): lambda self, value: self._set_text("name", value),
        ("getDescription", 0): lambda self: self.task.description,
        ("setDescription", 1): lambda self, value: self._set_text("description", value),
        ("getAssignee", 0): lambda self: self.task.assignee,
        ("setAssignee", 1): _set_assignee,
        ("getOwner", 0): lambda self: self.task.owner,
        ("setOwner", 1): lambda self, value: self._set_text("owner", value),
        ("getPriority", 0): lambda self: self.task.priority,
        ("setPriority", 1): _set_priority,
        ("getDueDate", 0): lambda self: self.task.due_at,
        ("setDueDate", 1): lambda self, value: self._set_date("due_at", value),
        ("getFollowUpDate", 0): lambda self: self.task.follow_up_at,
        ("setFollowUpDate", 1): lambda self, value: self._set_date("follow_up_at", value),
        ("getCreateTime", 0): lambda self: self.task.created_at,
        ("getTaskDefinitionKey", 0): lambda self: self.task.element_id,
        ("getExecutionId", 0): lambda self: None if self.task.execution_id is None else str(self.task.execution_id),
        ("getProcessInstanceId", 0): lambda self: (
            None if self.task.process_instance_id is None else str(self.task.process_instance_id)
        ),
        ("getProcessDefinitionId", 0): _definition_id,
        ("getEventName", 0): lambda self: self.event,
        ("getTenantId", 0): lambda self: self.task.tenant_id or None,
        ("getExecution", 0): _execution,
        ("addCandidateUser", 1): _add_user,
        ("addCandidateGroup", 1): _add_group,
        ("addCandidateUsers", 1): _add_users,
        ("addCandidateGroups", 1): _add_groups,
        ("deleteCandidateUser", 1): _drop_user,
        ("deleteCandidateGroup", 1): _drop_group,
    }


class Work(Host):
    """`externalTask`: the work a worker reports on (Camunda: ExternalTask)."""

    name = "externalTask"

    def __init__(self, job: Job) -> None:
        self.job = job

    methods: ClassVar[Methods] = {
        ("getId", 0): lambda self: str(self.job.id),
        ("getTopicName", 0): lambda self: self.job.topic,
        ("getWorkerId", 0): lambda self: self.job.lock_owner,
        ("getRetries", 0): lambda self: self.job.retries,
        ("getPriority", 0): lambda self: self.job.priority,
        ("getErrorMessage", 0): lambda self: self.job.error_message,
        ("getErrorDetails", 0): lambda self: self.job.error_details,
        ("getActivityId", 0): lambda self: self.job.element_id,
    }


class Context:
    """What one evaluation sees: the names at a place, `execution`, and `task` where there is one."""

    __slots__ = ("event", "flow_id", "job", "names", "place", "step", "task")

    def __init__(
        self,
        step: Step,
        place: Place | None,
        *,
        task: UserTask | None = None,
        event: str | None = None,
        flow_id: str | None = None,
        job: Job | None = None,
        names: Mapping[str, object] | None = None,
    ) -> None:
        self.flow_id, self.job, self.names = flow_id, job, names or {}
        self.step, self.place, self.task, self.event = step, place, task, event

    @property
    def now(self) -> datetime:
        """The engine's clock."""
        return self.step.now

    @property
    def user(self) -> str | None:
        """Who asked for this step."""
        return self.step.user

    @property
    def groups(self) -> Sequence[str]:
        """The groups of who asked."""
        return self.step.groups

    @property
    def scripts(self) -> ScriptRunner | None:
        """What runs scripts."""
        return self.step.scripts

    def script_variables(self) -> Mapping[str, object]:
        """All variables that a script sees by name."""
        seen = {} if self.place is None else variables.values(self.step, self.task or self.place)
        return {**seen, **self.names}

    def lookup(self, name: str) -> object:
        """The value of a name; raises UnknownName."""
        if name in self.names:
            return self.names[name]
        if self.place is None:
            raise UnknownName(name)
        if name == "execution" and not isinstance(self.place, UserTask):
            return Execution(self.step, self.place, self.event, self.flow_id)
        if name == "externalTask" and self.job is not None:
            return Work(self.job)
        if name == "task" and self.task is not None:
            return Task(self.step, self.task, self.event)
        found = variables.get(self.step, self.task or self.place, name, _MISSING)
        if found is _MISSING:
            raise UnknownName(name)
        return found

    def next_id(self) -> int:
        """An id that nothing else has."""
        return self.step.next_id()

    def assign(self, name: str, value: object) -> None:
        """Set the variable that `lookup(name)` found, after an expression changed its collection."""
        if self.place is not None:
            variables.set_value(self.step, self.task or self.place, name, value)


def evaluate(
    step: Step,
    expression: CompiledExpression,
    place: Place | None,
    *,
    task: UserTask | None = None,
    event: str | None = None,
    flow_id: str | None = None,
    job: Job | None = None,
    names: Mapping[str, object] | None = None,
) -> object:
    """The value of an expression at a place, with `names` that hide variables. Raises ExecutionFailed, naming the
    element."""
    if expression.is_constant:
        return expression.constant
    try:
        return expression.evaluate(Context(step, place, task=task, event=event, flow_id=flow_id, job=job, names=names))
    except (ExpressionError, InvalidValue) as problem:
        element = place.element_id if isinstance(place, ElementInstance | UserTask) else None
        raise ExecutionFailed(str(problem), element) from problem


def run_script(step: Step, script: CompiledExpression, element: ElementInstance) -> object:
    """The value of a script task's script. Raises ErrorThrown for a BPMN error it throws, else ExecutionFailed."""
    try:
        return evaluate(step, script, element)
    except ExecutionFailed as problem:
        if isinstance(problem.__cause__, ErrorThrown):
            raise problem.__cause__ from None
        raise


def evaluate_text(
    step: Step, expression: CompiledExpression, place: Place, *, task: UserTask | None = None
) -> str | None:
    """The value as a text; None stays None, a number becomes its digits."""
    value = evaluate(step, expression, place, task=task)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise ExecutionFailed(f"'{expression.source}' must give a text, not {value!r}", _element_id(place))


def evaluate_condition(
    step: Step, expression: CompiledExpression, place: Place | None, names: Mapping[str, object] | None = None
) -> bool:
    """The value of a condition, which must be true or false; `place` and `names` as in `evaluate`."""
    value = evaluate(step, expression, place, names=names)
    if not isinstance(value, bool):
        reasons = expression.explain(Context(step, place, names=names)) if isinstance(expression, Explaining) else ()
        why = f": {'; '.join(reasons)}" if reasons else ""
        raise ExecutionFailed(
            f"The condition '{expression.source}' must give true or false, not {value!r}{why}", _element_id(place)
        )
    return value


def evaluate_parameter(step: Step, value: BoundValue, place: Place) -> object:
    """The value of an input or output parameter: nested lists and maps of expressions."""
    match value:
        case None:
            return None
        case BoundList(items):
            return [evaluate_parameter(step, item, place) for item in items]
        case BoundMap(entries):
            found: dict[str, object] = {}
            for key, item in entries:
                name = evaluate_text(step, key, place)
                if name is None:
                    raise ExecutionFailed(f"The map key '{key.source}' is null", _element_id(place))
                found[name] = evaluate_parameter(step, item, place)
            return found
        case _:
            return evaluate(step, value, place)


def _element_id(place: Place | None) -> str | None:
    return place.element_id if isinstance(place, ElementInstance | UserTask) else None
