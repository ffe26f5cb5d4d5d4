"""What keeps one process instance from being migrated by a plan (Camunda manual, "Process Instance Migration", "Process
Instance Validation"), found before anything of it is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bpmn.model import Kind
from engine.core import listeners
from engine.core.graph import Node
from engine.core.migration.compensation import Compensation
from engine.core.migration.plan import MigrationInstruction, Pair, Pairing
from engine.core.migration.rules import can_rest
from engine.core.state import ElementInstance, ProcessInstance
from engine.core.step import Step
from engine.errors import BadRequest

NO_INSTRUCTION = "There is no migration instruction for this instance's activity"

AT_THE_TOP = "A transition instance that instantiates the process can only be migrated to a process-level flow node"

NOT_SUPPORTED = "The type of the source activity is not supported for activity instance migration"
COMPENSATING = "This activity instance is part of a compensation that has begun"
LISTENING = "A handler has not yet done what a listener of this activity instance handed over to it"


@dataclass(frozen=True, slots=True)
class ElementReport:
    """What is wrong with one element instance, or one token that waits for a job before or after an element.

    `element_id` None: with the process instance itself, which `element_instance_id` is then.
    """

    element_instance_id: int
    element_id: str | None
    transition: bool
    instruction: MigrationInstruction | None
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """What is wrong with one process instance."""

    process_instance_id: int
    definition_reference: str
    elements: tuple[ElementReport, ...]


class CannotMigrate(BadRequest):
    """A process instance does something that the plan does not provide for; it is left as it was."""

    def __init__(self, report: InstanceReport) -> None:
        told = "; ".join(
            f"'{each.element_id or report.definition_reference}': {', '.join(each.failures)}"
            for each in report.elements
        )
        super().__init__(f"Cannot migrate process instance {report.process_instance_id}: {told}")
        self.report = report


def validate(
    step: Step, where: ProcessInstance, pairing: Pairing, found: list[ElementInstance], compensation: Compensation
) -> InstanceReport:
    """The report on an instance, whose living element instances are `found`; empty if it can be migrated."""
    reports = []
    if where.id in compensation.failures:
        reports.append(ElementReport(where.id, None, False, None, tuple(compensation.failures[where.id])))
    for each in found:
        pair = pairing.by_source.get(each.element_id)
        failures = (
            *_failures(pair, each),
            *_obstacles(step, pairing.source.nodes[each.element_id], each),
            *compensation.failures.get(each.id, ()),
        )
        if failures:
            instruction = None if pair is None else pair.instruction
            reports.append(ElementReport(each.id, each.element_id, each.transition is not None, instruction, failures))
    return InstanceReport(where.id, pairing.source.reference, tuple(reports))


def _obstacles(step: Step, node: Node, element: ElementInstance) -> Iterator[str]:
    """What keeps an element instance where it is, whatever the plan says."""
    if listeners.pending(step, element):
        yield LISTENING
    elif element.flow_scope_id is not None or element.compensates_id is not None:
        yield COMPENSATING
    elif element.transition is None and not can_rest(node):
        yield NOT_SUPPORTED


def _failures(pair: Pair | None, element: ElementInstance) -> Iterator[str]:
    if pair is None:
        if element.tokens == 0:
            yield NO_INSTRUCTION
    elif element.transition == "before":
        if not pair.target.async_before:
            yield "Target activity is not asyncBefore"
        if pair.source.kind is Kind.START_EVENT and pair.source.scope is None and pair.target.scope is not None:
            yield AT_THE_TOP
    elif element.transition == "after":
        if not pair.target.async_after:
            yield "Target activity is not asyncAfter"
        if flow_after(pair, element) is None and len(pair.target.outgoing) > 1:
            yield "Transition instance is assigned to a sequence flow that cannot be matched in the target activity"


def flow_after(pair: Pair, token: ElementInstance) -> str | None:
    """The flow over which a token that waits behind an element leaves the target; None if it cannot be told, or if
    there is none."""
    flows = [flow.id for flow in pair.target.outgoing]
    if token.flow_id in flows:
        return token.flow_id
    return flows[0] if len(flows) == 1 else None
