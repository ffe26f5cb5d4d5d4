"""What a migration plan must fulfil, whatever its instances are doing (Camunda manual, "Process Instance Migration",
"Creating a Migration Plan" and "BPMN-specific API and Effects")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bpmn.model import LOOP_BODIES, Kind, Trigger
from engine.core.events.compensation import is_compensation
from engine.core.graph import Definition, Node
from engine.core.migration.plan import MigrationInstruction, MigrationPlan, Pair, Pairing
from engine.errors import BadRequest

JOINS = frozenset({Kind.PARALLEL_GATEWAY, Kind.INCLUSIVE_GATEWAY, Kind.COMPLEX_GATEWAY})
"""Gateways at which tokens wait for each other."""

_WAITING = JOINS | {
    Kind.USER_TASK,
    Kind.RECEIVE_TASK,
    Kind.CALL_ACTIVITY,
    Kind.INTERMEDIATE_CATCH_EVENT,
    Kind.EVENT_BASED_GATEWAY,
    Kind.SUB_PROCESS,
    Kind.TRANSACTION,
    Kind.AD_HOC_SUB_PROCESS,
    Kind.MULTI_INSTANCE,
    Kind.STANDARD_LOOP,
    Kind.AD_HOC_INSTANCE,
}
"""Kinds of element in which an instance can rest."""


_WORKING = frozenset(
    {
        Kind.SERVICE_TASK,
        Kind.SEND_TASK,
        Kind.BUSINESS_RULE_TASK,
        Kind.SCRIPT_TASK,
        Kind.INTERMEDIATE_THROW_EVENT,
        Kind.END_EVENT,
    }
)
"""Kinds of element that may be done by handlers and external workers."""


@dataclass(frozen=True, slots=True)
class InstructionReport:
    """An instruction with what is wrong with it."""

    instruction: MigrationInstruction
    failures: tuple[str, ...]


class InvalidPlan(BadRequest):
    """A migration plan cannot be executed, whatever the instance."""

    def __init__(self, source: Definition, target: Definition, reports: tuple[InstructionReport, ...]) -> None:
        told = "; ".join(
            f"'{each.instruction.source}' to '{each.instruction.target}': {', '.join(each.failures)}"
            for each in reports
        )
        super().__init__(f"The migration plan from {source.reference} to {target.reference} is not valid: {told}")
        self.reports = reports


def ensure_valid(source: Definition, target: Definition, plan: MigrationPlan) -> None:
    """Raise InvalidPlan for a plan that cannot be executed."""
    reports = validate(source, target, plan)
    if reports:
        raise InvalidPlan(source, target, reports)


def validate(source: Definition, target: Definition, plan: MigrationPlan) -> tuple[InstructionReport, ...]:
    """What is wrong with a plan, by instruction; empty for one that can be executed."""
    pairing = Pairing.of(source, target, plan.instructions)
    pairs = {pair.instruction: pair for pair in pairing.pairs}
    found = []
    for each in plan.instructions:
        pair = pairs.get(each)
        failures = tuple(_missing(source, target, each) if pair is None else broken(pairing, pair))
        if failures:
            found.append(InstructionReport(each, failures))
    return tuple(found)


def generate(
    source: Definition, target: Definition, *, update_event_triggers: bool = False
) -> tuple[MigrationInstruction, ...]:
    """Instructions for the elements that are there in both definitions, in the same scopes: of those in which instances
    can rest, and of the events that are waited for. `update_event_triggers`: all these are to be read anew."""
    pairs = tuple(
        Pair(_equal(node, update_event_triggers), node, target.nodes[node.id])
        for node in source.nodes.values()
        if node.id in target.nodes and _may_be_mapped(source, node) and _may_be_mapped(target, target.nodes[node.id])
    )
    while True:
        pairing = Pairing(source, target, pairs)
        kept = tuple(
            pair for pair in pairs if _is_in_equal_scopes(pairing, pair) and next(broken(pairing, pair), None) is None
        )
        if len(kept) == len(pairs):
            return tuple(pair.instruction for pair in kept)
        pairs = kept


def _may_be_mapped(definition: Definition, node: Node) -> bool:
    """Can an instance rest there, or in the body around it, which goes along only together with what it repeats?"""
    body = None if node.scope is None else definition.nodes[node.scope]
    return can_rest(node) or (body is not None and body.kind in LOOP_BODIES and (body.async_before or body.async_after))


def _equal(node: Node, update: bool) -> MigrationInstruction:
    return MigrationInstruction(node.id, node.id, is_conditional(node) or (update and waits_for_something(node)))


def _is_in_equal_scopes(pairing: Pairing, pair: Pair) -> bool:
    scope = pair.source.scope
    return scope == pair.target.scope and (scope is None or scope in pairing.by_source)


def _missing(source: Definition, target: Definition, instruction: MigrationInstruction) -> Iterator[str]:
    if instruction.source not in source.nodes:
        yield f"Source activity '{instruction.source}' does not exist"
    if instruction.target not in target.nodes:
        yield f"Target activity '{instruction.target}' does not exist"


# ---------------------------------------------------------------- kinds of element


def can_rest(node: Node) -> bool:
    """Can there be something of an instance at this element, or something that it waits for on behalf of it?"""
    if node.async_before or node.async_after:
        return True
    if node.kind in (Kind.BOUNDARY_EVENT, Kind.START_EVENT):
        return waits_for_something(node) or is_compensation(node.element)
    return node.kind in _WAITING or does_work(node)


def does_work(node: Node) -> bool:
    """Is it done by somebody else, through a job?"""
    return node.kind in _WORKING and node.behavior.makes_jobs


def waits_for_something(node: Node) -> bool:
    """Does it wait for a time, a message, a signal or a condition, by itself or through what it belongs to?"""
    is_start = node.kind is Kind.START_EVENT and node.scope is None
    return bool(node.behavior.awaited or node.behavior.timers) and not is_start


def is_conditional(node: Node) -> bool:
    """Does it wait for a condition?"""
    return Trigger.CONDITIONAL in _triggers(node)


def _triggers(node: Node) -> tuple[Trigger, ...]:
    return tuple(event.trigger for event in node.element.events)


def _group(node: Node) -> str:
    """What elements must have in common so that one can become the other."""
    if len(node.element.events) > 1:
        return f"{node.kind} of several events"
    if does_work(node):
        return "work for a handler or a worker"
    if node.kind is Kind.AD_HOC_SUB_PROCESS and node.behavior.makes_jobs:
        return "ad-hoc sub-process that a job worker leads"
    if node.kind in (Kind.SUB_PROCESS, Kind.TRANSACTION):
        return "sub-process"
    if node.element.multi_instance is not None:
        return f"{'sequential' if node.element.multi_instance.is_sequential else 'parallel'} multi-instance body"
    if node.kind in (Kind.SERVICE_TASK, Kind.SEND_TASK, Kind.BUSINESS_RULE_TASK):
        return "service task"
    if node.kind in (Kind.TASK, Kind.MANUAL_TASK):
        return "task"
    return str(node.kind)


# ---------------------------------------------------------------- rules


def broken(pairing: Pairing, pair: Pair) -> Iterator[str]:
    """Which rules a pair breaks, in words."""
    for rule in _RULES:
        yield from rule(pairing, pair)


def _is_of_one_group(_: Pairing, pair: Pair) -> Iterator[str]:
    source, target = _group(pair.source), _group(pair.target)
    if source != target:
        yield f"Activities have incompatible types ({source} is not compatible with {target})"


def _is_of_one_event_type(_: Pairing, pair: Pair) -> Iterator[str]:
    source, target = pair.source, pair.target
    if source.kind is target.kind and sorted(_triggers(source)) != sorted(_triggers(target)):
        yield f"Events are not of the same type ({_event_type(source)} != {_event_type(target)})"


def _event_type(node: Node) -> str:
    return node.activity_type if len(node.element.events) < 2 else " and ".join(_triggers(node))


def _is_mapped_once(pairing: Pairing, pair: Pair) -> Iterator[str]:
    if pairing.times_mapped[pair.source.id] > 1:
        yield f"There are multiple mappings for source activity id '{pair.source.id}'"


def _adds_no_body(pairing: Pairing, pair: Pair) -> Iterator[str]:
    nodes, scope = pairing.target.nodes, pair.target.scope
    while scope is not None and scope not in pairing.by_target:
        if nodes[scope].kind in LOOP_BODIES:
            yield (
                f"Target activity '{pair.target.id}' is a descendant of multi-instance body '{scope}' that is not "
                "mapped from the source process definition."
            )
        scope = nodes[scope].scope


def _keeps_inner_activity(pairing: Pairing, pair: Pair) -> Iterator[str]:
    if pair.target.kind in LOOP_BODIES and not any(
        child in pairing.by_target for child in pair.target.element.children
    ):
        yield "Must map the inner activity of a multi-instance body when the body is mapped"
    if pair.source.kind in LOOP_BODIES and not any(
        child in pairing.by_source for child in pair.source.element.children
    ):
        yield "Cannot remove the inner activity of a multi-instance body when the body is mapped"


def _keeps_gateway(pairing: Pairing, pair: Pair) -> Iterator[str]:
    source, target = pair.source, pair.target
    if source.kind not in JOINS or target.kind not in JOINS:
        return
    if len(target.element.incoming) < len(source.element.incoming):
        yield (
            "The target gateway must have at least the same number of incoming sequence flows that the source gateway "
            "has"
        )
    if source.scope is not None and source.scope not in pairing.by_source:
        yield f"The gateway's flow scope '{source.scope}' must be mapped"
    if len(pairing.by_target[target.id]) > 1:
        yield f"Only one gateway can be mapped to gateway '{target.id}'"


def _keeps_who_waits(pairing: Pairing, pair: Pair) -> Iterator[str]:
    """What waits for an event must become what waits for the other event."""
    source, target = pair.source, pair.target
    if source.id not in pairing.source_places and not source.behavior.awaited:
        return
    waits = pairing.source_places.get(source.id, source.id)
    if target.id not in pairing.target_places and not target.behavior.awaited:
        yield f"The source activity's event scope ({waits}) must be mapped but the target activity has no event scope"
        return
    will_wait = pairing.target_places.get(target.id, target.id)
    becomes = None if waits is None else pairing.by_source.get(waits)
    if will_wait != (None if becomes is None else becomes.target.id) or (waits is None) != (becomes is None):
        yield (
            f"The source activity's event scope ({waits or pairing.source.key}) must be mapped to the target "
            f"activity's event scope ({will_wait or pairing.target.key})"
        )


def _keeps_scopes_nested(pairing: Pairing, pair: Pair) -> Iterator[str]:
    home, scope = pairing.home(pair.source), pair.target.scope
    while scope is not None and scope != home:
        scope = pairing.target.nodes[scope].scope
    if scope != home:
        ancestor = next(each.source.id for each in pairing.by_target[home or ""])
        yield (
            f"The closest mapped ancestor '{ancestor}' is mapped to scope '{home}' which is not an ancestor of target "
            f"scope '{pair.target.id}'"
        )


def _updates_what_waits(_: Pairing, pair: Pair) -> Iterator[str]:
    if pair.instruction.update_event_trigger:
        if not waits_for_something(pair.source):
            yield "Cannot update event trigger because the activity does not define a persistent event trigger"
        elif pair.source.element.parallel_multiple:
            yield "Cannot update event trigger because some of the events waited for may have come already"
    elif is_conditional(pair.source):
        yield "Conditional event has to migrate with update event trigger."


_RULES: tuple[Callable[[Pairing, Pair], Iterator[str]], ...] = (
    _is_of_one_group,
    _is_of_one_event_type,
    _is_mapped_once,
    _adds_no_body,
    _keeps_inner_activity,
    _keeps_gateway,
    _keeps_who_waits,
    _keeps_scopes_nested,
    _updates_what_waits,
)
