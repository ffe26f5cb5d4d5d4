"""Variables: scopes within scopes, up to the process instance (Camunda manual, "Process Variables").

A name is looked up from the inside out. Setting one changes it where it is, or makes it in the process instance.
Some variables are no rows but what the rows already say: `loopCounter` of an instance of an activity that repeats and
of the body of a standard loop, `nrOfInstances`, `nrOfCompletedInstances`, `nrOfActiveInstances` of the body of a
multi-instance activity, and `decisionResult` of a business rule task, from its decision to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bpmn.model import Kind
from engine.core import decision_result
from engine.core.decision_result import DecisionResult
from engine.core.state import ElementInstance, Output, ProcessInstance, Scope, UserTask, Variable, VariableUpdate
from engine.core.step import Step
from engine.values import Integer, InvalidValue, JsonValue, ObjectValue, encode

Place = Scope | UserTask
"""What variables can be looked up from."""

CREATE, UPDATE, DELETE = "create", "update", "delete"
"""What may happen to a variable, in Camunda's words."""
INSTANCES, COMPLETED_INSTANCES, ACTIVE_INSTANCES = "nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"
LOOP_COUNTER = "loopCounter"
"""Of loops: variables that are no rows. The first three are at the body."""
_MISSING = object()


def places(step: Step, start: Place) -> Iterator[Place]:
    """The scopes a name is looked up in, from the inside out."""
    place: Place | None = start
    while place is not None:
        yield place
        match place:
            case UserTask():
                place = None if place.element_instance_id is None else step.uow.element(place.element_instance_id)
            case ElementInstance():
                place = step.parent(place)
            case ProcessInstance():
                place = None


def virtual(place: Place) -> dict[str, object]:
    """The variables of one scope that are no rows: the counters of a loop, the result of a decision."""
    if not isinstance(place, ElementInstance):
        return {}
    if place.element_kind == Kind.STANDARD_LOOP:
        return {LOOP_COUNTER: place.loop_completed}
    if place.loop_total is not None:
        return {
            INSTANCES: Integer(place.loop_total),
            COMPLETED_INSTANCES: Integer(place.loop_completed),
            ACTIVE_INSTANCES: Integer(place.tokens),
        }
    shown: dict[str, object] = {} if place.loop_counter is None else {LOOP_COUNTER: Integer(place.loop_counter)}
    if place.memory is not None and place.element_kind == Kind.BUSINESS_RULE_TASK:
        shown[decision_result.NAME] = DecisionResult.read(place.memory)
    return shown


def find_local(step: Step, place: Place, name: str) -> Variable | None:
    """The living variable of exactly this scope."""
    found = step.uow.variables(place.id, place.root_id).get(name)
    return found if found is not None and found.ended_at is None else None


def find(step: Step, start: Place, name: str) -> Variable | None:
    """The variable that a name means at `start`; None if it means none (or a counter)."""
    for place in places(step, start):
        variable = find_local(step, place, name)
        if variable is not None:
            return variable
        if name in virtual(place):
            return None
    return None


def get(step: Step, start: Place, name: str, default: object = None) -> object:
    """The value of a name at `start`."""
    for place in places(step, start):
        variable = find_local(step, place, name)
        if variable is not None:
            return _whole(step, place, variable)
        shown = virtual(place)
        if name in shown:
            return shown[name]
    return default


def _whole(step: Step, place: Place, variable: Variable) -> object:
    """The value, with what instances have given for it. Raises NotLoaded."""
    if not isinstance(place, ElementInstance) or place.loop_total is None:
        return variable.value
    if step.node(place).behavior.collects != variable.name:
        return variable.value
    return gathered(variable.value, [(each.number, each.content) for each in step.uow.outputs(variable)])


def gathered(value: object, outputs: Sequence[tuple[int, str]]) -> object:
    """The list with these outputs, as JSON, at their places; what is no list stays what it is."""
    node = value.node if outputs and isinstance(value, JsonValue | ObjectValue) else value
    if not outputs or not isinstance(node, list):
        return value
    found = [*node, *[None] * (1 + max(number for number, _ in outputs) - len(node))]
    for number, content in outputs:
        found[number] = JsonValue(content).node
    return JsonValue.of(found)


def collect(step: Step, body: ElementInstance, name: str, number: int, value: object) -> bool:
    """Keep what an instance gives at its place in the list that a local variable of the body is; is it one?

    One row is written, however long the list is: it is put together when somebody reads it.
    """
    variable = find_local(step, body, name)
    if variable is None:
        set_local(step, body, name, JsonValue.of([]))
        variable = find_local(step, body, name)
    if variable is None or not _is_list(variable.value):
        return False
    content = JsonValue.of(value).text
    encode(JsonValue(content))
    step.note_change(body, name, UPDATE)
    step.uow.add(
        Output(
            id=step.next_id(),
            variable_id=variable.id,
            revision=variable.revision,
            process_instance_id=body.process_instance_id,
            root_id=body.root_id,
            number=number,
            content=content,
            at=step.now,
        )
    )
    return True


def _is_list(value: object) -> bool:
    """Is it a list? A text need not be read for that."""
    if isinstance(value, JsonValue | ObjectValue):
        return value.text.lstrip().startswith("[")
    return isinstance(value, list)


def has(step: Step, start: Place, name: str) -> bool:
    """Does the name mean a variable at `start`?"""
    return get(step, start, name, _MISSING) is not _MISSING


def local_values(step: Step, place: Place) -> dict[str, object]:
    """The variables of exactly this scope."""
    rows = step.uow.variables(place.id, place.root_id)
    return virtual(place) | {name: _whole(step, place, row) for name, row in rows.items() if row.ended_at is None}


def values(step: Step, start: Place) -> dict[str, object]:
    """All variables that can be seen from `start`."""
    seen: dict[str, object] = {}
    for place in places(step, start):
        for name, value in local_values(step, place).items():
            seen.setdefault(name, value)
    return seen


def set_value(step: Step, start: Place, name: str, value: object) -> None:
    """Change the variable that `name` means at `start`, or make it in the process instance (or the standalone task)."""
    place = start
    for place in places(step, start):
        if find_local(step, place, name) is not None:
            break
    set_local(step, place, name, value)


def set_values(step: Step, start: Place, changes: Mapping[str, object]) -> None:
    """`set_value` for each."""
    for name, value in changes.items():
        set_value(step, start, name, value)


def set_results(step: Step, element: ElementInstance, changes: Mapping[str, object]) -> None:
    """Take what an activity resulted in: as `set_value` does, or for its output mappings alone (Camunda 8)."""
    put = set_local if step.node(element).keeps_results else set_value
    for name, value in changes.items():
        put(step, element, name, value)


def set_local(step: Step, place: Place, name: str, value: object) -> None:
    """Change or make the variable in exactly this scope.

    Raises `engine.values.InvalidValue` for a name or a value that cannot be kept.
    """
    if not name:
        raise InvalidValue("A variable needs a name")
    for each in (name, value):
        encode(each)
    variable = find_local(step, place, name)
    step.note_change(place, name, CREATE if variable is None else UPDATE)
    if variable is None:
        variable = step.uow.add(_make(step, place, name, value))
    else:
        step.uow.touch(variable)
        variable.value = value
        variable.revision += 1
    if step.record_updates:
        step.uow.add(
            VariableUpdate(
                id=step.next_id(),
                variable_id=variable.id,
                name=name,
                process_instance_id=variable.process_instance_id,
                root_id=variable.root_id,
                element_instance_id=variable.element_instance_id,
                user_task_id=variable.user_task_id,
                value=value,
                revision=variable.revision,
                at=step.now,
                user=step.user,
            )
        )


def _make(step: Step, place: Place, name: str, value: object) -> Variable:
    task = place if isinstance(place, UserTask) else None
    element_id = place.id if isinstance(place, ElementInstance) else None if task is None else task.element_instance_id
    return Variable(
        id=step.next_id(),
        name=name,
        scope_id=place.id,
        process_instance_id=place.id if isinstance(place, ProcessInstance) else place.process_instance_id,
        root_id=place.root_id,
        element_instance_id=element_id,
        user_task_id=None if task is None else task.id,
        definition_id=place.definition_id,
        tenant_id=place.tenant_id,
        value=value,
        created_at=step.now,
    )


def remove(step: Step, start: Place, names: Iterable[str], *, local: bool = False) -> None:
    """Remove variables where they are found from `start` (or in exactly this scope); unknown ones are ignored."""
    for name in names:
        variable = find_local(step, start, name) if local else find(step, start, name)
        if variable is not None:
            step.uow.touch(variable)
            variable.ended_at = step.now
            variable.deleted = True
            step.note_change(step.uow.tasks.get(variable.scope_id) or step.uow.scope(variable.scope_id), name, DELETE)


def close(step: Step, scope: Place) -> None:
    """The scope has ended: its variables end with it, unless what compensates it is to see them."""
    if scope.id not in step.kept and step.uow.has_variables(scope.id, scope.root_id):
        step.uow.close(scope.id, step.now)
