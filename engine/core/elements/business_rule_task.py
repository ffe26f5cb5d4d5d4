"""businessRuleTask (BPMN 2.0.2, 10.3.3; Camunda manual, "Business Rule Task"; Camunda 8, "Business rule tasks")."""

from __future__ import annotations

from bpmn.model import DecisionReference, Element, Implementation
from engine.core import decisions, variables
from engine.core.behavior import DONE, WAITS, Behavior, Entered
from engine.core.binder import Binder
from engine.core.called import Called
from engine.core.decision_result import MAPPINGS, DecisionResult
from engine.core.events import error
from engine.core.graph import BoundFlow, DecisionDefinition
from engine.core.state import ElementInstance, Job
from engine.core.step import Step, WorkCompleted
from engine.core.unit_of_work import DecisionBy
from engine.core.work import Work
from engine.decision import DecisionFailed, Evaluation
from engine.errors import ExecutionFailed
from engine.expression import EvaluationError
from engine.values import InvalidValue


class BusinessRuleTask(Behavior):
    """Makes its decision at once, with the variables that it sees; without one it does what its implementation says."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        implementation = element.implementation or Implementation()
        self.deciding: Deciding | None = None
        self.work: Work | None = None
        if implementation.decision is not None:
            self.deciding = Deciding(implementation.decision, binder)
        else:
            self.work = Work(element, implementation, binder)
            self.makes_jobs = self.needs_execution = self.work.makes_jobs

    def enter(self, step: Step, element: ElementInstance) -> Entered:
        try:
            if self.deciding is not None:
                self.deciding.decide(step, element)
            return DONE if self.work is None else self.work.begin(step, element)
        except ExecutionFailed as failed:
            if not error.throw_failure(step, element, failed):
                raise
            return WAITS

    def work_of(self, job: Job) -> Work | None:
        return self.work

    def trigger(self, step: Step, element: ElementInstance, event: object) -> None:
        if self.work is not None and isinstance(event, WorkCompleted):
            self.work.trigger(step, element, event)
        else:
            super().trigger(step, element, event)

    def outgoing(self, step: Step, element: ElementInstance) -> tuple[BoundFlow, ...]:
        flows = super().outgoing(step, element)
        step.uow.touch(element)
        element.memory = None
        return flows


class Deciding:
    """A reference to a decision, and what becomes of its result.

    In models of Camunda 7 the result is there as `decisionResult` from then on, for end listeners, output mappings and
    the conditions of outgoing flows.
    """

    def __init__(self, spec: DecisionReference, binder: Binder) -> None:
        self.called = Called(spec.reference, binder, "decision")
        self.result_variable = spec.result_variable
        # What is no mapping is told by the rules, and such a model is bound all the same.
        self.mapping = None if spec.map_result is None else MAPPINGS.get(spec.map_result)

    def decide(self, step: Step, element: ElementInstance) -> None:
        """Make the decision, keep it, and take its result. Raises ExecutionFailed."""
        definition = self._definition(step, element)
        try:
            evaluation = definition.decision.evaluate(variables.values(step, element), step.now)
            decisions.record(step, definition, evaluation, element)
            self._take(step, element, evaluation)
        except DecisionFailed as problem:
            raise ExecutionFailed(str(problem), element.element_id) from problem
        except (EvaluationError, InvalidValue) as problem:
            raise ExecutionFailed(
                f"The result of the decision '{definition.key}' cannot be taken: {problem}", element.element_id
            ) from problem

    def _take(self, step: Step, element: ElementInstance, evaluation: Evaluation) -> None:
        """Set what the model wants of the result."""
        if self.mapping is None:
            value = evaluation.value
        else:
            result = DecisionResult.of(evaluation.result)
            step.uow.touch(element)
            element.memory = result.write()
            value = None if self.result_variable is None else self.mapping(result)
        if self.result_variable is not None:
            variables.set_results(step, element, {self.result_variable: value})

    def _definition(self, step: Step, element: ElementInstance) -> DecisionDefinition:
        wanted = self.called.wanted(step, element)
        found = step.definitions.find_decision(
            DecisionBy(
                key=wanted.key,
                tenant_id=wanted.tenant_id,
                deployment_id=wanted.deployment_id,
                version=wanted.version,
                version_tag=wanted.version_tag,
            )
        )
        if found is None:
            raise ExecutionFailed(
                f"No decision definition with {wanted} is deployed; deploy the decision first", element.element_id
            )
        return found
