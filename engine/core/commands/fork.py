"""Forks: a new instance begins as another one was at some moment of its history.

Camunda has no such thing. Where tokens were then, they arrive again: what was active begins anew, inside the scopes
around it, which get the variables and the counters that they had. So nothing that had completed is done twice, and
nothing is known of it either: it cannot be compensated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bpmn.model import Kind
from engine.core import driver, instances, interruption, variables
from engine.core.commands import Command
from engine.core.graph import Definition, Node
from engine.core.state import ElementInstance, Scope
from engine.core.step import Arrive, Step
from engine.core.unit_of_work import DefinitionBy, Need
from engine.errors import InvalidInstruction
from engine.values import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """An element instance as it was at a moment, with what was in it then; `local` are its own variables."""

    element_id: str
    transition: str | None = None
    """"before" or "after": a token that waited there for a job, before the element or behind it."""
    flow_id: str | None = None
    """The flow over which it came, or of a token behind an element: which it is going to take."""
    loop_counter: int | None = None
    loop_total: int | None = None
    loop_completed: int = 0
    memory: str | None = None
    compensating: bool = False
    """It compensated something, or stood for what was being compensated."""
    local: Mapping[str, object] = field(default_factory=dict)
    children: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing can begin at an element as it was there; `element_id` None: of the whole instance."""

    element_id: str | None
    reason: str

    def __str__(self) -> str:
        return self.reason if self.element_id is None else f"'{self.element_id}': {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkInstance(Command[int]):
    """Start an instance of a definition as another one was at a moment; gives its id.

    Raises NotFound and Suspended for the definition, InvalidInstruction for what `refusals` tells, ExecutionFailed.
    """

    forked_id: int
    forked_root_id: int
    forked_definition_id: int
    forked_at: datetime
    definition_id: int
    positions: tuple[Position, ...]
    variables: Mapping[str, object] = field(default_factory=dict)
    business_key: str | None = None
    skip_listeners: bool = False
    skip_io_mappings: bool = False

    @property
    def needs(self) -> tuple[Need, ...]:
        return (DefinitionBy(definition_id=self.definition_id),)

    def run(self, step: Step) -> int:
        definition = instances.startable(step, self.definition_id)
        refused = refusals(definition, self.positions)
        if refused:
            raise InvalidInstruction(f"There can be no fork of this moment: {'; '.join(map(str, refused))}")
        made = instances.make(step, definition, start=None, business_key=self.business_key, user=step.user)
        made.start_element_id = next(_beginnings(self.positions)).element_id
        made.forked_id, made.forked_at = self.forked_id, self.forked_at
        step.skip_listeners, step.skip_io_mappings = self.skip_listeners, self.skip_io_mappings
        instances.begin(step, definition, made, None, self.variables)
        # All are there before the first one goes on, so that none ends a scope in which another is to begin.
        step.plan(*_place(step, definition, made, self.positions))
        driver.run(step)
        return made.id


def positions(
    at: datetime,
    elements: Iterable[ElementInstance],
    values: Mapping[int, Mapping[str, object]],
    completed: Mapping[int, int],
) -> tuple[Position, ...]:
    """The positions of the element instances that were there at a moment, oldest first.

    `values` are the variables of their own, and `completed` how many instances of a loop, or flows of an ad-hoc
    sub-process, had completed in them, by their ids.
    """
    inside: dict[int, list[ElementInstance]] = {}
    there = {each.id: each for each in elements}
    outermost: list[ElementInstance] = []
    for each in sorted(there.values(), key=lambda each: (each.created_at, each.id)):
        (inside.setdefault(each.scope_id, []) if each.scope_id in there else outermost).append(each)
    outside_in = list(outermost)
    for each in outside_in:
        outside_in.extend(inside.get(each.id, ()))
    made: dict[int, Position] = {}
    for each in reversed(outside_in):
        made[each.id] = Position(
            element_id=each.element_id,
            transition=_transition(each, at),
            flow_id=each.flow_id,
            loop_counter=each.loop_counter,
            loop_total=each.loop_total,
            loop_completed=completed.get(each.id, 0),
            memory=each.memory,
            compensating=each.compensates_id is not None or each.flow_scope_id is not None,
            local=values.get(each.id, {}),
            children=tuple(made[child.id] for child in inside.get(each.id, ())),
        )
    return tuple(made[each.id] for each in outermost)


def _transition(element: ElementInstance, at: datetime) -> str | None:
    if element.transition == "after":
        return "after"
    return None if element.started_at is not None and element.started_at <= at else "before"


def refusals(definition: Definition, positions: Sequence[Position]) -> list[Refusal]:
    """What speaks against a fork with these positions, one for each element; nothing if it can be tried."""
    if not positions:
        return [Refusal(None, "nothing was active then, so there is nothing to begin with")]
    found: dict[str, Refusal] = {}
    front: list[tuple[Position, str | None]] = [(each, None) for each in positions]
    while front:
        position, scope = front.pop()
        reason = _obstacle(definition, position, scope)
        if reason is not None:
            found.setdefault(position.element_id, Refusal(position.element_id, reason))
        front.extend((child, position.element_id) for child in position.children)
    return sorted(found.values(), key=lambda each: each.element_id or "")


def _obstacle(definition: Definition, position: Position, scope: str | None) -> str | None:
    node = definition.nodes.get(position.element_id)
    if node is None:
        return f"there is no such element in {definition.reference}"
    if position.compensating:
        return "it was being compensated, and what was done before cannot be compensated in a fork"
    if node.scope != scope:
        inside, was_in = node.scope or "the process", scope or "the process"
        return f"in {definition.reference} it is inside of {inside}, and was in {was_in}"
    if position.transition == "after" and position.flow_id not in (None, *(flow.id for flow in node.outgoing)):
        return f"in {definition.reference} there is no sequence flow '{position.flow_id}' behind it"
    if position.memory is not None and not node.behavior.is_made_anew:
        return "what it remembered then (what it had taken, or what was to follow) is not kept in its history"
    return None


def _beginnings(positions: Sequence[Position]) -> Iterator[Position]:
    """Those inside which there is nothing."""
    front = list(reversed(positions))
    while front:
        position = front.pop()
        if not position.children:
            yield position
        front.extend(reversed(position.children))


def _place(step: Step, definition: Definition, scope: Scope, positions: Sequence[Position]) -> Iterator[Arrive]:
    """Enter the scopes, and give the arrivals of what is in them."""
    starts = interruption.event_starts(step, scope)
    there = {position.element_id for position in positions}
    if any(start.element.interrupting and start.scope in there for start in starts):
        for start in starts:
            interruption.stop_waiting(step, start, scope)
    for position in positions:
        node = definition.nodes[position.element_id]
        if position.transition == "after":
            driver.wait_behind(step, node, scope, position.flow_id, position.loop_counter)
        elif position.children or (position.transition is None and _rests(node)):
            inside = _enter(step, definition, node, scope, position)
            yield from _place(step, definition, inside, position.children)
        else:
            yield _arrival(step, definition, node, scope, position)


def _arrival(step: Step, definition: Definition, node: Node, scope: Scope, position: Position) -> Arrive:
    return step.arrive(
        definition,
        node,
        scope,
        flow_id=position.flow_id,
        loop_counter=position.loop_counter,
        local=position.local or None,
        memory=position.memory,
    )


def _enter(step: Step, definition: Definition, node: Node, scope: Scope, position: Position) -> ElementInstance:
    """The scope as it was; what was in it then is for the caller to start."""
    element = driver.open_scope(step, _arrival(step, definition, node, scope, position))
    # Its mappings and listeners have been at work again: what the variables were then is what counts.
    for name, value in position.local.items():
        there = variables.find_local(step, element, name)
        if there is None or encode(there.value) != encode(value):
            variables.set_local(step, element, name, value)
    element.loop_total = position.loop_total
    element.loop_completed = position.loop_completed
    if node.kind is Kind.STANDARD_LOOP:
        element.loop_completed = position.children[0].loop_counter or 0
    return element


def _rests(node: Node) -> bool:
    """Is it a scope that stays, when nothing is in it, and does nothing by itself?"""
    return node.behavior.rests_empty and not node.behavior.makes_jobs
