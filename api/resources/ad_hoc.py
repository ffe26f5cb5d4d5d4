"""Ad-hoc sub-processes over REST: Baton's own, as Camunda 7 has none.

The words are those of Camunda 7, and what they do is what Camunda 8's activation of activities does.
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from api.errors import Answer, refuse
from api.identity import current_user
from api.instructions import ActivityToActivate, activations, instance_number
from api.resources.process_instances import InstanceId
from api.routing import Body, Routes
from api.shapes import activity_instance_id
from engine import Conflict, Engine
from engine.services.ad_hoc import ActiveAdHoc

AD_HOC = Routes("Ad-hoc sub-process")


class ActivatableActivity(TypedDict):
    """An element that can be activated now."""

    activityId: str
    activityName: str | None
    activityType: str
    documentation: str | None


class AdHocSubProcess(TypedDict):
    """An active ad-hoc sub-process, what can be activated in it, and what has been and still runs."""

    activityInstanceId: str
    activityId: str
    activityName: str | None
    processInstanceId: str
    ordering: Literal["Parallel", "Sequential"]
    activatable: list[ActivatableActivity]
    activated: list[str]


def _show(view: ActiveAdHoc) -> AdHocSubProcess:
    return {
        "activityInstanceId": activity_instance_id(view.element_id, view.id),
        "activityId": view.element_id,
        "activityName": view.name,
        "processInstanceId": str(view.process_instance_id),
        "ordering": "Sequential" if view.is_sequential else "Parallel",
        "activatable": [
            {
                "activityId": each.element_id,
                "activityName": each.name,
                "activityType": each.kind,
                "documentation": each.documentation,
            }
            for each in view.activatable
        ],
        "activated": list(view.activated),
    }


@AD_HOC.get("/process-instance/{id}/ad-hoc", "List the active ad-hoc sub-processes of a process instance")
def get_ad_hoc_sub_processes(engine: Engine, id: InstanceId) -> list[AdHocSubProcess]:
    return [_show(each) for each in engine.ad_hoc.active(id)]


class AdHocActivation(Body):
    """What to activate. `activityInstanceId` may be left out where only one ad-hoc sub-process is active."""

    activity_instance_id: str | None = None
    activities: list[ActivityToActivate] | None = None
    cancel_remaining_instances: bool = False


@AD_HOC.post(
    "/process-instance/{id}/ad-hoc-activation",
    "Activate elements in an ad-hoc sub-process",
    fails={Conflict: Answer(409, "ProcessEngineException", 0)},
)
def activate_in_ad_hoc_sub_process(engine: Engine, id: InstanceId, body: AdHocActivation) -> None:
    wanted = activations(body.activities)
    if not wanted and not body.cancel_remaining_instances:
        raise refuse("No activities given: there is nothing to activate")
    engine.ad_hoc.activate(
        _meant(engine, id, body.activity_instance_id),
        wanted,
        cancel_remaining=body.cancel_remaining_instances,
        user=current_user(),
    )


class AdHocCompletion(Body):
    """`activityInstanceId` may be left out where only one ad-hoc sub-process is active."""

    activity_instance_id: str | None = None
    cancel_remaining_instances: bool = False


@AD_HOC.post(
    "/process-instance/{id}/ad-hoc-completion",
    "Complete an ad-hoc sub-process",
    fails={Conflict: Answer(409, "ProcessEngineException", 0)},
)
def complete_ad_hoc_sub_process(engine: Engine, id: InstanceId, body: AdHocCompletion) -> None:
    engine.ad_hoc.complete(
        _meant(engine, id, body.activity_instance_id),
        cancel_remaining=body.cancel_remaining_instances,
        user=current_user(),
    )


def _meant(engine: Engine, id: int, activity_instance_id: str | None) -> int:
    """The one ad-hoc sub-process of an instance that is meant."""
    active = {each.id for each in engine.ad_hoc.active(id)}
    wanted = instance_number(activity_instance_id)
    if wanted is not None:
        active &= {wanted}
        if not active:
            raise refuse(f"Process instance {id} has no active ad-hoc sub-process '{activity_instance_id}'", status=404)
    if len(active) != 1:
        raise refuse(
            f"Process instance {id} has {len(active)} active ad-hoc sub-processes; say which is meant by "
            "activityInstanceId"
        )
    return active.pop()
