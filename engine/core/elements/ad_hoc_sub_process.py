"""adHocSubProcess (BPMN 2.0.2, 10.3.5.1 and 13.3.5; Camunda 8 manual, "Ad-hoc sub-processes")."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bpmn.model import AdHoc, Element, Kind
from engine.core import host, interruption, jobs, listeners, variables
from engine.core.behavior import WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.graph import Node
from engine.core.lifecycle import ElementState, JobState
from engine.core.state import ElementInstance, Job
from engine.core.step import Activate, Arrive, Complete, Step, Terminate, WorkCompleted
from engine.core.work import Work
from engine.errors import Conflict, ExecutionFailed, InvalidInstruction
from engine.values import JsonValue, ObjectValue


@dataclass(slots=True)
class _Memory:
    """What an ad-hoc sub-process remembers: that its completion condition has held, and what is to be activated next
    where one thing follows the other."""

    fulfilled: bool = False
    queue: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, element: ElementInstance) -> _Memory:
        return cls() if element.memory is None else cls(**json.loads(element.memory))

    def keep(self, step: Step, element: ElementInstance) -> None:
        step.uow.touch(element)
        element.memory = json.dumps({"fulfilled": self.fulfilled, "queue": self.queue})


class AdHocSubProcess(Behavior):
    """Holds elements that are activated in any order and number: by its active elements collection, and from outside.

    Each activation begins a flow of its own, in a scope of its own (`AdHocInstance`), with what follows over sequence
    flows. It is over when its completion condition holds; without one when all that was activated is done. Where a job
    worker leads it, there is a job when it is entered and after each flow, whose result says what is to be activated,
    or that it is over; a job that is still open after a flow gives way to a new one.
    """

    needs_execution = True
    rests_empty = True

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        spec = element.ad_hoc or AdHoc()
        self.inner_id = element.children[0]
        elements = binder.process.elements
        inside = [elements[id] for id in elements[self.inner_id].children]
        self.activatable = {each.written_id: each.id for each in inside if binder.process.may_be_activated(each)}
        self.is_sequential = spec.ordering_sequential
        self.cancel_remaining = spec.cancel_remaining
        self.active_elements = binder.optional(spec.active_elements)
        self.completion_condition = binder.optional(spec.completion_condition)
        self.output_collection = spec.output_collection
        self.output_element = binder.optional(spec.output_element)
        self.work = None if element.implementation is None else Work(element, element.implementation, binder)
        self.makes_jobs = self.work is not None
        if self.work is not None and self.active_elements is not None:
            binder.warn(
                f"The ad-hoc sub-process '{element.id}' is led by a job worker, so that its activeElementsCollection "
                "activates nothing",
                place=element.place,
            )

    # ------------------------------------------------------------ its life

    def opened(self, step: Step, element: ElementInstance) -> None:
        if self.output_collection is not None:
            variables.set_local(step, element, self.output_collection, [])

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        self.opened(step, element)
        if self.work is not None:
            return self.work.begin(step, element)
        wanted = self._wanted(step, element)
        if self.is_sequential and wanted:
            _Memory(queue=wanted[1:]).keep(step, element)
            del wanted[1:]
        step.plan(*[self._flow(step, element, id) for id in wanted])
        return WAITS

    def child_left(self, step: Step, scope: ElementInstance, child: ElementInstance) -> None:
        memory = _Memory.of(scope)
        # A migration may have left nothing of what was to follow.
        memory.queue = [id for id in memory.queue if id in self.activatable]
        if self._is_flow(child):
            if not child.canceled:
                self._collect(step, scope, child)
                step.uow.touch(scope)
                scope.loop_completed += 1
                memory.fulfilled = memory.fulfilled or self.is_over(step, scope)
        elif _interrupts(step.definition(scope).nodes, child):
            memory.fulfilled = True
        if memory.fulfilled:
            self.fulfil(step, scope)
        elif memory.queue:
            if not self.flows(step.uow.children(scope)):
                step.plan(self._flow(step, scope, memory.queue.pop(0)))
                memory.keep(step, scope)
        elif self.work is not None:
            if self._is_flow(child) and not child.canceled:
                self._withdraw(step, scope)
                self.work.begin(step, scope)
        elif scope.tokens == 0 and self.completion_condition is None and scope.loop_completed:
            step.plan(Complete(scope))

    def complete(self, step: Step, element: ElementInstance) -> None:
        self._withdraw(step, element)
        if self.output_collection is not None:
            collected = variables.get(step, element, self.output_collection)
            variables.set_value(step, step.parent(element), self.output_collection, collected)

    # ------------------------------------------------------------ activation

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        """Begins flows from outside; with `cancel_remaining` those that run are cancelled first.

        Raises InvalidInstruction for what cannot be activated, Conflict when nothing can be activated any more.
        """
        if isinstance(event, WorkCompleted):
            self._led(step, element, event.result)
        elif isinstance(event, Activate):
            self._activate(step, element, event)
        else:
            super().trigger(step, element, event)

    def work_of(self, job: Job) -> Work | None:
        return self.work

    def _led(self, step: Step, element: ElementInstance, result: object) -> None:
        """What the job worker says is to be done; nothing, if it says nothing. Raises ExecutionFailed."""
        if not isinstance(result, Activate):
            return
        try:
            self._activate(step, element, result)
        except (InvalidInstruction, Conflict) as problem:
            raise ExecutionFailed(str(problem), self.node.id) from problem

    def _withdraw(self, step: Step, element: ElementInstance) -> None:
        """The job worker is not to say anything any more, or to be asked anew."""
        if self.work is None:
            return
        for job in step.uow.jobs_of(element):
            if job.kind == jobs.WORK and listeners.of_job(job) is None:
                jobs.end(step, job, JobState.CANCELLED)

    def _activate(self, step: Step, element: ElementInstance, event: Activate) -> None:
        self._check((each.element_id for each in event.activations), InvalidInstruction)
        children = step.uow.children(element)
        if self._is_ending(step.definition(element).nodes, element, children):
            raise Conflict(
                f"The ad-hoc sub-process '{self.node.id}' only waits for what still runs in it: nothing more can be "
                "activated"
            )
        if event.fulfilled:
            if event.activations:
                raise InvalidInstruction(
                    f"'{self.node.id}' is either to be completed or to go on with what is activated"
                )
            self.fulfil(step, element, cancel=self.cancel_remaining or event.cancel_remaining)
            return
        running = self.flows(children)
        doomed: list[Terminate] = []
        if event.cancel_remaining:
            doomed, running = [Terminate(each, tell=False) for each in running], []
            _Memory().keep(step, element)
        if self.is_sequential and len(running) + len(event.activations) > 1:
            raise Conflict(
                f"In the ad-hoc sub-process '{self.node.id}' one thing is done after the other: activate one element "
                "when nothing else runs"
            )
        step.plan(*doomed, *[self._flow(step, element, each.element_id, each.variables) for each in event.activations])

    def _wanted(self, step: Step, element: ElementInstance) -> list[str]:
        """The elements to begin with."""
        if self.active_elements is None:
            return []
        if self.active_elements.is_constant and isinstance(self.active_elements.constant, str):
            value = variables.get(step, element, self.active_elements.constant)
        else:
            value = host.evaluate(step, self.active_elements, element)
        if isinstance(value, JsonValue | ObjectValue):
            value = value.node
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise ExecutionFailed(
                f"'{self.active_elements.source}' must be a list of ids of elements to activate, not {value!r}",
                self.node.id,
            )
        wanted = [str(each) for each in value]
        self._check(wanted, ExecutionFailed)
        return wanted

    def _check(self, ids: Iterable[str], error: type[InvalidInstruction | ExecutionFailed]) -> None:
        for id in ids:
            if id not in self.activatable:
                raise error(
                    f"'{id}' cannot be activated in the ad-hoc sub-process '{self.node.id}'; what can is "
                    + ", ".join(f"'{each}'" for each in self.activatable)
                )

    def activatable_now(
        self, nodes: Mapping[str, Node], element: ElementInstance, children: Sequence[ElementInstance]
    ) -> list[str]:
        """The ids of the nodes that can be activated, given what is in the element instance."""
        if element.state is not ElementState.ACTIVE or self._is_ending(nodes, element, children):
            return []
        return [] if self.is_sequential and self.flows(children) else list(self.activatable.values())

    def flows(self, children: Iterable[ElementInstance]) -> list[ElementInstance]:
        """The scopes of the flows that run."""
        return [each for each in children if self._is_flow(each)]

    def _is_ending(
        self, nodes: Mapping[str, Node], element: ElementInstance, children: Iterable[ElementInstance]
    ) -> bool:
        """Does it only wait for what still runs in it?"""
        return _Memory.of(element).fulfilled or any(_interrupts(nodes, each) for each in children)

    def _is_flow(self, child: ElementInstance) -> bool:
        """Is it the scope of a flow, and not what stands for one that is being compensated?"""
        return child.element_id == self.inner_id and child.compensates_id is None

    def _flow(self, step: Step, scope: ElementInstance, id: str, given: Mapping[str, object] | None = None) -> Arrive:
        """The arrival of a flow's scope, which begins with an element."""
        definition = step.definition(scope)
        inner = definition.nodes[self.inner_id]
        return step.arrive(definition, inner, scope, local=given, memory=self.activatable[id])

    # ------------------------------------------------------------ completion

    def is_over(self, step: Step, element: ElementInstance) -> bool:
        """Does the completion condition hold?"""
        return self.completion_condition is not None and host.evaluate_condition(
            step, self.completion_condition, element
        )

    def fulfil(self, step: Step, element: ElementInstance, *, cancel: bool | None = None) -> None:
        """The completion condition has held: nothing more is activated, and what runs is cancelled or waited for."""
        _Memory(fulfilled=True).keep(step, element)
        self._withdraw(step, element)
        if self.cancel_remaining if cancel is None else cancel:
            step.plan(*interruption.cancel_inside(step, element), Complete(element))
        elif element.tokens == 0:
            step.plan(Complete(element))

    def _collect(self, step: Step, element: ElementInstance, flow: ElementInstance) -> None:
        if self.output_collection is None or self.output_element is None:
            return
        collected = variables.get(step, element, self.output_collection)
        if isinstance(collected, JsonValue | ObjectValue):
            collected = collected.node
        if not isinstance(collected, list):
            raise ExecutionFailed(f"'{self.output_collection}' must be a list to collect outputs in", self.node.id)
        output = host.evaluate(step, self.output_element, flow)
        variables.set_local(step, element, self.output_collection, [*collected, output])


class AdHocInstance(Behavior):
    """The scope of one flow in an ad-hoc sub-process: of what was activated, and of all that follows it."""

    needs_execution = True
    watches_activities = True
    is_made_anew = True

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        definition = step.definition(element)
        step.plan(step.arrive(definition, definition.nodes[element.memory or ""], element))
        return WAITS

    def activity_completed(self, step: Step, scope: ElementInstance, activity: ElementInstance) -> bool:
        """Asks the completion condition (BPMN 2.0.2, 13.3.5: after each activity), unless the flow ends here, which
        asks it anyhow."""
        if scope.tokens == 1 and not step.node(activity).outgoing:
            return True
        around = step.parent(scope)
        if not isinstance(around, ElementInstance):
            return True
        ad_hoc = step.node(around).behavior
        if not isinstance(ad_hoc, AdHocSubProcess) or _Memory.of(around).fulfilled or not ad_hoc.is_over(step, around):
            return True
        if not ad_hoc.cancel_remaining:
            ad_hoc.fulfil(step, around)
            return True
        if scope.tokens == 1:
            _Memory(fulfilled=True).keep(step, around)
        else:
            ad_hoc.fulfil(step, around)
        return False


def _interrupts(nodes: Mapping[str, Node], child: ElementInstance) -> bool:
    """Is it an event sub-process that has interrupted the scope it is in?"""
    node = nodes[child.element_id]
    if child.compensates_id is not None or not node.element.triggered_by_event:
        return False
    starts = (nodes[id] for id in node.element.children if id in nodes and nodes[id].kind is Kind.START_EVENT)
    return any(start.element.interrupting for start in starts)
