"""A process instance goes on in another definition: its rows are changed so that it is as if it had always run there
(Camunda manual, "Process Instance Migration", "Executing a Migration Plan").

From the inside out the scopes go that no instruction names, and what was in them is in the scope around; from the
outside in everything takes its new place, where scopes that are missing there are entered, each once for all that goes
into it. Then what is waited for is put right.
"""

from __future__ import annotations

from collections.abc import Iterable

from bpmn.model import Kind
from engine.core import driver, incidents, instances, interruption, jobs, joins, subscriptions
from engine.core.graph import Definition, Node
from engine.core.migration.instance import flow_after
from engine.core.migration.plan import Pair, Pairing
from engine.core.migration.rules import JOINS
from engine.core.state import ElementInstance, Incident, Job, ProcessInstance, Scope, Subscription, UserTask
from engine.core.step import Step
from engine.core.variables import Place

_OF_EVENTS = frozenset({jobs.TIMER, jobs.EVENT})
"""Kinds of job that belong to an event; all others belong to the element instance that they are at."""


def migrate(step: Step, where: ProcessInstance, pairing: Pairing, found: list[ElementInstance]) -> None:
    """Migrate an instance, whose living element instances are `found`, outer ones first; it may be migrated so."""
    for each in reversed(found):
        if each.element_id not in pairing.by_source:
            driver.dissolve(step, each)
    _Migration(step, where, pairing, [each for each in found if each.ended_at is None]).run()


class _Migration:
    """The migration of one instance, from which all scopes are gone that were to go."""

    def __init__(self, step: Step, where: ProcessInstance, pairing: Pairing, found: Iterable[ElementInstance]) -> None:
        self.step, self.where, self.pairing = step, where, pairing
        self.pairs = {each.id: pairing.by_source[each.element_id] for each in found}
        """The pairs of the element instances that are there, by their ids."""
        self.entered: dict[tuple[int, str], ElementInstance] = {}
        """The scopes that had to be entered, by the scope around and their element."""

    def run(self) -> None:
        step, where, target = self.step, self.where, self.pairing.target
        step.uow.touch(where)
        where.definition_id = target.id
        self._take_variables(where)
        front: list[Scope] = [where]
        while front:
            scope = front.pop()
            children = [child for child in step.uow.children(scope) if child.id in self.pairs]
            for child in children:
                self._move(child, scope, self.pairs[child.id])
            self._wait(scope)
            front.extend(children)
        for incident in step.uow.incidents_in(where):
            self._take_incident(incident)
        step.moved(where, target)
        for element in instances.elements(step, where):
            step.moved(element, target)

    # ------------------------------------------------------------ places

    def _move(self, element: ElementInstance, scope: Scope, pair: Pair) -> None:
        """Put an element instance, which is in `scope`, at its new element."""
        step, target = self.step, pair.target
        home = self._home(scope, target)
        step.uow.touch(element)
        if home is not scope:
            driver.move(step, element, home)
        if target.needs_execution:
            element.execution_id = element.id
        elif pair.source.needs_execution and not step.uow.has_variables(element.id, element.root_id):
            element.execution_id = home.id if home.tokens == 1 else element.id
        element.definition_id = self.pairing.target.id
        element.element_id, element.element_kind = target.id, target.activity_type
        element.element_name = target.element.name
        if element.transition == "after":
            element.flow_id = flow_after(pair, element)
        elif target.kind in JOINS:
            element.flow_id = _flow_to(pair, element.flow_id)
            if joins.resets(element):
                joins.remember(step, element, [_flow_to(pair, flow) for flow in joins.started_with(element)])
        self._take_variables(element)
        if element.user_task_id is not None:
            self._take_task(element, step.uow.task(element.user_task_id))

    def _home(self, scope: Scope, node: Node) -> Scope:
        """The scope in which an element belongs, somewhere in `scope`; those missing in between are entered."""
        missing: list[Node] = []
        inside, outermost = node.scope, scope.element_id if isinstance(scope, ElementInstance) else None
        while inside is not None and inside != outermost:
            missing.append(self.pairing.target.nodes[inside])
            inside = missing[-1].scope
        for each in reversed(missing):
            key = scope.id, each.id
            if key not in self.entered:
                self.entered[key] = driver.open_scope(self.step, self.step.arrive(self.pairing.target, each, scope))
            scope = self.entered[key]
        return scope

    # ------------------------------------------------------------ what goes along

    def _take_variables(self, place: Place) -> None:
        for variable in self.step.uow.variables(place.id, place.root_id).values():
            if variable.ended_at is None:
                self.step.uow.touch(variable)
                variable.definition_id = self.pairing.target.id

    def _take_task(self, element: ElementInstance, task: UserTask) -> None:
        """The task stays what it is for those who work on it: only its place is another."""
        self.step.uow.touch(task)
        self.step.uow.move_task(task, element.definition_id, element.element_id)
        task.execution_id = element.execution_id
        self._take_variables(task)

    def _take_incident(self, incident: Incident) -> None:
        step = self.step
        step.uow.touch(incident)
        incident.definition_id = self.pairing.target.id
        if incident.element_instance_id is not None:
            element = step.uow.element(incident.element_instance_id)
            incident.element_id, incident.execution_id = element.element_id, element.execution_id
        if incident.kind == incidents.FAILED_JOB and incident.job_definition_id is not None:
            job = step.uow.jobs.get(int(incident.configuration or 0))
            incident.job_definition_id = None if job is None else job.job_definition_id

    def _take_job(self, job: Job, node: Node) -> None:
        self.step.uow.touch(job)
        job.definition_id, job.element_id = self.pairing.target.id, node.id
        job.job_definition_id = self.pairing.target.job_definitions.get((node.id, job.kind))

    def _take_subscription(self, subscription: Subscription, node: Node, place: Scope) -> None:
        self.step.uow.touch(subscription)
        subscription.definition_id, subscription.element_id = self.pairing.target.id, node.id
        subscription.execution_id = place.execution_id if isinstance(place, ElementInstance) else place.id

    # ------------------------------------------------------------ what is waited for

    def _wait(self, place: Scope) -> None:
        """Put right what a place waits for: what is mapped stays, what is not ends, and what is new begins."""
        before, now = None, None
        if isinstance(place, ElementInstance):
            pair = self.pairs[place.id]
            before, now = pair.source, pair.target
            for job in self.step.uow.jobs_of(place):
                if job.kind not in _OF_EVENTS:
                    self._take_job(job, now)
            if place.transition is not None:
                return
        events = {event.id: event for event in _events(self.pairing.target, now)}
        for event in _events(self.pairing.source, before):
            mapped = self.pairing.by_source.get(event.id)
            if mapped is None or mapped.target.id not in events:
                interruption.stop_waiting(self.step, event, place)
            else:
                self._go_on_waiting(place, mapped)
                del events[mapped.target.id]
        if self._is_interrupted(place):
            starts = self.pairing.target.event_starts if now is None else now.event_starts
            events = {id: event for id, event in events.items() if event not in starts}
        for event in events.values():
            event.behavior.subscribe(self.step, place)

    def _go_on_waiting(self, place: Scope, pair: Pair) -> None:
        """The event that was waited for has become another one, or this one of another definition.

        What has come already and is not waited for any more is not waited for again.
        """
        step, event = self.step, pair.target
        of_place = [job for job in step.uow.jobs_of(place) if job.element_id == pair.source.id]
        timers = [job for job in of_place if job.kind == jobs.TIMER]
        for job in of_place:
            if job.kind in _OF_EVENTS:
                self._take_job(job, event)
        waiting = subscriptions.of_event(step, pair.source, place) if pair.source.behavior.makes_subscriptions else []
        for each in waiting:
            self._take_subscription(each, event, place)
        if not pair.source.behavior.awaited:
            event.behavior.subscribe(step, place)
        elif pair.instruction.update_event_trigger:
            _read_anew(step, event, place, [*timers, *waiting])
        if isinstance(place, ElementInstance) and place.element_id == event.id:
            event.behavior.migrated(step, place, timers, update=pair.instruction.update_event_trigger)

    def _is_interrupted(self, place: Scope) -> bool:
        """Has an event sub-process taken the place of all else in a scope?"""
        definition = self.pairing.target
        for child in self.step.uow.children(place):
            element = definition.nodes[child.element_id].element
            starts = [definition.nodes[id] for id in element.children if element.triggered_by_event]
            if any(start.kind is Kind.START_EVENT and start.element.interrupting for start in starts):
                return True
        return False


def _events(definition: Definition, node: Node | None) -> tuple[Node, ...]:
    """What an element instance at a node may wait for, and None: the process instance itself."""
    if node is None:
        return definition.event_starts
    own = () if node.kind in (Kind.BOUNDARY_EVENT, Kind.START_EVENT) else (node,)
    return (*own, *node.boundary, *node.event_starts, *node.events_behind)


def _read_anew(step: Step, event: Node, place: Scope, waiting: list[Job | Subscription]) -> None:
    """Read anew for what an event waits."""
    if len(event.behavior.awaited) == 1:
        for each in waiting:
            event.behavior.awaited[0].renew(step, event, place, each)
    elif waiting:
        interruption.stop_waiting(step, event, place)
        event.behavior.subscribe(step, place)


def _flow_to(pair: Pair, flow_id: str | None) -> str | None:
    """The flow over which a token that waits at a join has come, as the other join knows it: the same, or else the
    first that no flow of the same name takes, and so on."""
    before, now = pair.source.element.incoming, pair.target.element.incoming
    if flow_id is None or flow_id in now:
        return flow_id
    rest = [flow for flow in now if flow not in before]
    strangers = [flow for flow in before if flow not in now]
    return rest[strangers.index(flow_id)]
