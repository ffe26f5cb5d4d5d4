"""What can be compensated goes along: subscriptions, and the variables of scopes that have completed.

A plan maps the compensation boundary event (or the start event of the compensation event sub-process) and the scopes
around it. A completed scope that no instruction names is dissolved like a living one: what can be compensated in it can
then be compensated in the scope around.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bpmn.model import Kind
from engine.core import subscriptions
from engine.core.events.compensation import is_compensation
from engine.core.graph import Node
from engine.core.migration.plan import Pairing
from engine.core.state import ElementInstance, ProcessInstance, Scope, Subscription
from engine.core.step import Step


@dataclass(slots=True)
class Compensation:
    """What becomes of all that can be compensated in an instance."""

    kept: list[tuple[Subscription, str, Scope | None]] = field(default_factory=list)
    """Subscriptions with the element that will be called; and, where they are to be in a living scope, this one."""
    dissolved: list[Subscription] = field(default_factory=list)
    """Those of completed scopes that are not there any more."""
    scopes: list[int] = field(default_factory=list)
    """The completed scopes that are kept."""
    failures: dict[int, list[str]] = field(default_factory=dict)
    """Why that cannot be, by the id of the living scope."""


def foresee(step: Step, where: ProcessInstance, pairing: Pairing, found: Iterable[ElementInstance]) -> Compensation:
    """What migrating would make of an instance, whose living element instances are `found`, outer ones first."""
    foreseen = _Foresight(step, where, pairing)
    homes: dict[int, tuple[Scope, str | None]] = {where.id: (where, None)}
    for element in found:
        pair = pairing.by_source.get(element.element_id)
        homes[element.id] = homes[element.scope_id] if pair is None else (element, pair.target.id)
    for scope_id, (scope, home) in homes.items():
        foreseen.look_into(scope_id, scope_id, home, scope)
    return foreseen.made


def take_along(step: Step, where: ProcessInstance, pairing: Pairing, foreseen: Compensation) -> None:
    """Let that happen, before scopes are dissolved."""
    for subscription in foreseen.dissolved:
        subscriptions.close(step, subscription)
        step.uow.close(int(subscription.configuration or 0), step.now)
    for subscription, element_id, scope in foreseen.kept:
        step.uow.touch(subscription)
        subscription.definition_id, subscription.element_id = pairing.target.id, element_id
        if scope is not None and scope.id != subscription.scope_id:
            step.uow.move(subscription, scope.id)
            is_inside = isinstance(scope, ElementInstance)
            subscription.element_instance_id = scope.id if is_inside else None
            subscription.execution_id = scope.id
    for id in foreseen.scopes:
        for variable in step.uow.variables(id, where.root_id).values():
            if variable.ended_at is None:
                step.uow.touch(variable)
                variable.definition_id = pairing.target.id


class _Foresight:
    """Looks from the living scopes into the completed ones."""

    def __init__(self, step: Step, where: ProcessInstance, pairing: Pairing) -> None:
        self.step, self.where, self.pairing = step, where, pairing
        self.made = Compensation()
        self.events = _events(pairing)

    def look_into(self, scope_id: int, living_id: int, home: str | None, scope: Scope | None) -> None:
        """The subscriptions of a scope: they are going to be in a scope at `home`, the living one `scope` or None for a
        completed one. `living_id`: of the living scope that this is in."""
        for each in self.step.uow.subscriptions_inside(self.where, scope_id):
            if each.kind != subscriptions.COMPENSATE:
                continue
            node = self.pairing.source.nodes[each.element_id]
            if each.configuration is None:
                self._call(each, node, home, scope, living_id)
            else:
                self._enter(each, node, home, scope, living_id)

    def _call(self, each: Subscription, node: Node, home: str | None, scope: Scope | None, living_id: int) -> None:
        """An activity calls its handler."""
        target = self.pairing.target.nodes.get(self.events.get(node.id, ""))
        if target is None:
            self._fail(living_id, node, "There is no migration instruction for the compensation boundary event")
        elif target.scope != home:
            self._fail(living_id, node, f"The scope of '{target.id}' has not been entered, or is not mapped")
        else:
            self.made.kept.append((each, target.id, scope))

    def _enter(self, each: Subscription, node: Node, home: str | None, scope: Scope | None, living_id: int) -> None:
        """A completed scope is entered once more, or its compensation event sub-process is."""
        around = self.pairing.source.nodes.get(node.scope or "")
        completed = around if around is not None and around.inner_handler is node else node
        completed_id, pair = int(each.configuration or 0), self.pairing.by_source.get(completed.id)
        if pair is None:
            self.made.dissolved.append(each)
            self.look_into(completed_id, living_id, home, scope)
            return
        handler = pair.target.inner_handler
        if completed.inner_handler is not None and (handler is None or self.events.get(node.id) != handler.id):
            self._fail(living_id, node, "There is no migration instruction for the compensation start event")
        elif pair.target.scope != home:
            self._fail(living_id, node, f"The scope of '{pair.target.id}' has not been entered, or is not mapped")
        else:
            self.made.kept.append((each, (handler or pair.target).id, scope))
            self.made.scopes.append(completed_id)
            self.look_into(completed_id, living_id, pair.target.id, None)

    def _fail(self, living_id: int, node: Node, why: str) -> None:
        told = f"Cannot migrate subscription for compensation handler '{node.id}'. {why}"
        self.made.failures.setdefault(living_id, []).append(told)


def _events(pairing: Pairing) -> Mapping[str, str]:
    """What the mapped compensation events call: the handlers of the source, and what they become."""
    found: dict[str, str] = {}
    for pair in pairing.pairs:
        if is_compensation(pair.source.element) and is_compensation(pair.target.element):
            before, now = _called(pair.source), _called(pair.target)
            if before is not None and now is not None:
                found[before] = now
    return found


def _called(event: Node) -> str | None:
    """What compensates when an event is about that: the activity at a boundary event, or an event sub-process."""
    return event.element.compensation_handler if event.kind is Kind.BOUNDARY_EVENT else event.scope
