"""Instructions as clients give them: where to start instances, and how to change those that run.

Source: Camunda manual, REST API, "Modify Process Instance Execution State" and "Start Instance".
"""

from __future__ import annotations

from collections.abc import Sequence

from api.errors import refuse
from api.routing import Body
from api.shapes import GivenValues, read_value, read_values
from engine import Activation, Cancel, Instruction, Start, StartAfter, StartBefore, StartTransition
from engine.errors import InvalidInstruction
from engine.services.queries import parse_id


class GivenInstruction(Body):
    """One instruction: `type` is startBeforeActivity, startAfterActivity, startTransition or cancel."""

    type: str | None = None
    activity_id: str | None = None
    transition_id: str | None = None
    activity_instance_id: str | None = None
    transition_instance_id: str | None = None
    ancestor_activity_instance_id: str | None = None
    cancel_current_active_activity_instances: bool = False
    variables: GivenValues | None = None


class ActivityToActivate(Body):
    """An element to be activated in an ad-hoc sub-process, with variables for the scope of what it begins."""

    activity_id: str | None = None
    variables: GivenValues | None = None


def activations(given: Sequence[ActivityToActivate] | None) -> list[Activation]:
    """What is to be activated; refuses what names nothing."""
    found = []
    for each in given or ():
        if not each.activity_id:
            raise refuse("Each of the activities must have an activityId")
        found.append(Activation(each.activity_id, read_values(each.variables)))
    return found


def read_instructions(given: Sequence[GivenInstruction]) -> list[Instruction]:
    """The engine's instructions; refuses those that lack something."""
    return [_read(each) for each in given]


def read_starts(given: Sequence[GivenInstruction]) -> list[Start]:
    """The engine's instructions, which only start something; refuses any other."""
    return [_read_start(each) for each in given]


def _read(given: GivenInstruction) -> Instruction:
    return _cancel(given) if given.type == "cancel" else _read_start(given)


def _read_start(given: GivenInstruction) -> Start:
    ancestor = instance_number(given.ancestor_activity_instance_id)
    values = {name: (read_value(name, each), each.local) for name, each in (given.variables or {}).items()}
    variables = {name: value for name, (value, local) in values.items() if not local}
    own = {name: value for name, (value, local) in values.items() if local}
    match given.type:
        case "startBeforeActivity":
            return StartBefore(
                element_id=_named(given.activity_id, given, "activityId"),
                ancestor_id=ancestor,
                variables=variables,
                local=own,
            )
        case "startAfterActivity":
            return StartAfter(
                element_id=_named(given.activity_id, given, "activityId"),
                ancestor_id=ancestor,
                variables=variables,
                local=own,
            )
        case "startTransition":
            return StartTransition(
                flow_id=_named(given.transition_id, given, "transitionId"),
                ancestor_id=ancestor,
                variables=variables,
                local=own,
            )
    raise refuse(
        f"For instruction type '{given.type}': it must be startBeforeActivity, startAfterActivity or startTransition, "
        "or, for instances that run, cancel"
    )


def _cancel(given: GivenInstruction) -> Cancel:
    named = (given.activity_id, given.activity_instance_id, given.transition_instance_id)
    if sum(each is not None for each in named) != 1:
        raise refuse(
            "For instruction type 'cancel': exactly one, 'activityId', 'activityInstanceId', or "
            "'transitionInstanceId', is required"
        )
    return Cancel(
        element_id=given.activity_id,
        element_instance_id=instance_number(given.activity_instance_id or given.transition_instance_id),
        only_former=given.cancel_current_active_activity_instances,
    )


def _named(text: str | None, given: GivenInstruction, field: str) -> str:
    if not text:
        raise refuse(f"For instruction type '{given.type}': '{field}' must be set")
    return text


def instance_number(text: str | None) -> int | None:
    """The number in the id of an activity instance (`task:17`), a transition instance or a process instance."""
    if text is None:
        return None
    found = parse_id(text.rpartition(":")[2])
    if found is None:
        raise InvalidInstruction(f"There is no activity instance '{text}'")
    return found
