"""Input and output mappings of an element: what becomes local to it when it begins, and what it leaves when it ends.

As in Camunda 7 (manual, "Input/Output Variable Mapping") input parameters see the scope around; in models of Camunda 8
(manual, "Variables") mappings are made one after the other, each sees what those before it made, and a target such as
`order.total` is a member of a variable.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.core import host, variables
from engine.core.graph import BoundParameter, Node
from engine.core.state import ElementInstance
from engine.core.step import Step
from engine.values import JsonValue, ObjectValue


def take(step: Step, node: Node, element: ElementInstance) -> None:
    """Make the local variables of an element that begins. Raises ExecutionFailed."""
    if node.maps_in_order:
        for each in node.inputs:
            value = host.evaluate_parameter(step, each.value, element)
            before = variables.find_local(step, element, each.name)
            variables.set_local(
                step, element, each.name, _placed(each, None if before is None else before.value, value)
            )
        return
    # An instance of a multi-instance activity sees its own item too.
    place = step.parent(element) if element.loop_counter is None else element
    values = [(each.name, host.evaluate_parameter(step, each.value, place)) for each in node.inputs]
    for name, value in values:
        variables.set_local(step, element, name, value)


def give(step: Step, node: Node, element: ElementInstance) -> None:
    """Set the variables around an element that ends. Raises ExecutionFailed."""
    scope = step.parent(element)
    for each in node.outputs:
        value = host.evaluate_parameter(step, each.value, element)
        before = variables.get(step, scope, each.name) if each.path else None
        variables.set_value(step, scope, each.name, _placed(each, before, value))


def _placed(parameter: BoundParameter, before: object, value: object) -> object:
    """The value, or what the variable was before with the value as the member that the target names."""
    return JsonValue.of(_with_member(_plain(before), parameter.path, value)) if parameter.path else value


def _with_member(around: object, path: Sequence[str], value: object) -> object:
    if not path:
        return value
    members = dict(around) if isinstance(around, dict) else {}
    return {**members, path[0]: _with_member(members.get(path[0]), path[1:], value)}


def _plain(value: object) -> object:
    return value.node if isinstance(value, JsonValue | ObjectValue) else value
