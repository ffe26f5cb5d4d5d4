"""What each kind of element does: a file per element, a row per kind in `BEHAVIORS`; no file imports another."""

from __future__ import annotations

from collections.abc import Mapping

from bpmn.model import Element, Kind
from engine.core.behavior import Behavior
from engine.core.elements.ad_hoc_sub_process import AdHocInstance, AdHocSubProcess
from engine.core.elements.boundary_event import BoundaryEvent
from engine.core.elements.business_rule_task import BusinessRuleTask
from engine.core.elements.call_activity import CallActivity
from engine.core.elements.catch_event import CatchEvent
from engine.core.elements.complex_gateway import ComplexGateway
from engine.core.elements.end_event import EndEvent
from engine.core.elements.event_based_gateway import EventBasedGateway
from engine.core.elements.event_sub_process import EventSubProcess
from engine.core.elements.exclusive_gateway import ExclusiveGateway
from engine.core.elements.inclusive_gateway import InclusiveGateway
from engine.core.elements.multi_instance import MultiInstanceBody
from engine.core.elements.parallel_gateway import ParallelGateway
from engine.core.elements.receive_task import ReceiveTask
from engine.core.elements.script_task import ScriptTask
from engine.core.elements.service_task import ServiceTask
from engine.core.elements.standard_loop import StandardLoopBody
from engine.core.elements.start_event import StartEvent
from engine.core.elements.sub_process import SubProcess
from engine.core.elements.task import Task
from engine.core.elements.throw_event import ThrowEvent
from engine.core.elements.transaction import Transaction
from engine.core.elements.user_task import UserTaskBehavior

BEHAVIORS: Mapping[Kind, type[Behavior]] = {
    Kind.START_EVENT: StartEvent,
    Kind.END_EVENT: EndEvent,
    Kind.INTERMEDIATE_CATCH_EVENT: CatchEvent,
    Kind.INTERMEDIATE_THROW_EVENT: ThrowEvent,
    Kind.BOUNDARY_EVENT: BoundaryEvent,
    Kind.TASK: Task,
    Kind.MANUAL_TASK: Task,
    Kind.USER_TASK: UserTaskBehavior,
    Kind.SERVICE_TASK: ServiceTask,
    Kind.SEND_TASK: ServiceTask,
    Kind.BUSINESS_RULE_TASK: BusinessRuleTask,
    Kind.RECEIVE_TASK: ReceiveTask,
    Kind.SCRIPT_TASK: ScriptTask,
    Kind.CALL_ACTIVITY: CallActivity,
    Kind.SUB_PROCESS: SubProcess,
    Kind.TRANSACTION: Transaction,
    Kind.AD_HOC_SUB_PROCESS: AdHocSubProcess,
    Kind.AD_HOC_INSTANCE: AdHocInstance,
    Kind.MULTI_INSTANCE: MultiInstanceBody,
    Kind.STANDARD_LOOP: StandardLoopBody,
    Kind.EXCLUSIVE_GATEWAY: ExclusiveGateway,
    Kind.PARALLEL_GATEWAY: ParallelGateway,
    Kind.INCLUSIVE_GATEWAY: InclusiveGateway,
    Kind.COMPLEX_GATEWAY: ComplexGateway,
    Kind.EVENT_BASED_GATEWAY: EventBasedGateway,
}
"""A kind that is not here cannot be executed: a model that uses it is refused."""


def behavior_of(element: Element) -> type[Behavior] | None:
    """What an element does; None for what cannot be executed."""
    return EventSubProcess if element.triggered_by_event else BEHAVIORS.get(element.kind)
