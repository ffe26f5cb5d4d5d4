"""The decision requirements graph: what each decision needs, and how it is evaluated (DMN 1.5, chapters 6 and 10.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bpmn.model import NOWHERE, Place
from bpmn.problems import Problem
from engine.decision.course import Failure, Run, Variables
from engine.decision.functions import DecisionFunction, Parameter, ServiceFunction
from engine.decision.hits import ABSENT
from engine.decision.results import (
    DecisionFailed,
    EvaluatedDecision,
    EvaluatedInput,
    EvaluatedOutput,
    Evaluation,
    MatchedRule,
)
from engine.decision.tables import DecisionTable, TableOutcome
from engine.decision.types import ANY, DataType
from engine.expression.contract import ExpressionLimit
from engine.expression.feel.evaluation import Evaluation as FeelEvaluation
from engine.expression.feel.evaluation import Refused, Scope
from engine.expression.feel.exchange import to_engine, to_plain
from engine.expression.feel.values import Function, Value

__all__ = ["Decision", "DecisionRequirements", "Element", "InputData", "KnowledgeModel", "Requirement", "Service"]

Rows = tuple[Mapping[str, object], ...]

MOST_STEPS = 1_000_000
"""How many cells, iterations, calls and items of lists one evaluation with all required decisions may take."""


@dataclass(eq=False, slots=True)
class Element:
    """Something in the graph that others may require; ``name`` is the name that its value has for them."""

    id: str
    name: str
    namespace: str
    type: DataType | None = field(default=None, kw_only=True)
    requirements: tuple[Requirement, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement of an element; ``prefix`` is the name of the import that it comes from."""

    target: Element
    prefix: str | None


@dataclass(eq=False, slots=True)
class InputData(Element):
    """Data from outside."""


@dataclass(eq=False, slots=True)
class KnowledgeModel(Element):
    """A business knowledge model: a function."""

    parameters: tuple[Parameter, ...] = ()
    body: Run | None = None


@dataclass(eq=False, slots=True)
class Service(Element):
    """A decision service: some decisions as a function of their input data and input decisions."""

    inputs: tuple[Element, ...] = ()
    outputs: tuple[Decision, ...] = ()


@dataclass(eq=False, slots=True)
class Decision(Element):
    """A decision: ``title`` is its name, ``name`` that of its variable."""

    title: str = ""
    kind: str = ""
    version_tag: str | None = None
    history_time_to_live: str | None = None
    logic: Run | DecisionTable | None = None
    requires: tuple[str, ...] = ()
    by_standard: bool = False
    place: Place = NOWHERE

    def evaluate(self, variables: Mapping[str, object], now: datetime) -> Evaluation:
        """Evaluate it, and before it the decisions that it requires, with variables (values of ``engine.values``).

        Raises DecisionFailed.
        """
        course = Course(FeelEvaluation(now, MOST_STEPS), Variables(variables), by_standard=self.by_standard)
        value = course.decide(self)
        try:
            plain = to_engine(to_plain(value, course.evaluation))
        except ExpressionLimit as limit:
            raise DecisionFailed(self.id, None, str(limit)) from None
        return Evaluation(course.rows, plain, tuple(course.evaluated), tuple(course.evaluation.warnings))


@dataclass(frozen=True, slots=True)
class DecisionRequirements:
    """The decisions of one file, in document order, and what belongs to them.

    ``decisions`` are those that have a logic; ``elements`` everything in the graph by its id; ``warnings`` what was not
    quite right.
    """

    id: str
    name: str | None
    namespace: str
    decisions: Mapping[str, Decision]
    elements: Mapping[str, Element]
    types: Mapping[str, DataType]
    warnings: tuple[Problem, ...]
    by_standard: bool

    def call(self, name: str, arguments: Mapping[Any, Value], now: datetime) -> Value:
        """The value of a decision, decision service or knowledge model of a name, as a value of FEEL.

        ``arguments`` are values of FEEL too: of input data by name, or by namespace and name; of parameters by name.
        What is missing is null. Raises DecisionFailed; KeyError when there is no element of the name.
        """
        named = {each.name: each for each in self.elements.values() if not isinstance(each, InputData)}
        element = named[name]
        course = Course(FeelEvaluation(now, MOST_STEPS), arguments, by_standard=self.by_standard)
        if isinstance(element, Decision):
            return course.decide(element)
        function = course.value_of(element)
        if not isinstance(function, Function):
            return None
        try:
            return function.call_named(course.evaluation, {key: arguments.get(key) for key in function.parameters})
        except Refused as why:
            return course.evaluation.null(why)


class Course:
    """One evaluation of a graph.

    ``given`` are the variables or, by the standard, the values of the input data; ``results`` the decisions that need
    no evaluation.
    """

    def __init__(
        self,
        evaluation: FeelEvaluation,
        given: Mapping[Any, Value],
        *,
        by_standard: bool,
        results: Mapping[Element, Value] | None = None,
    ) -> None:
        self.evaluation = evaluation
        self.given = given
        self.by_standard = by_standard
        self.results: dict[Element, Value] = dict(results or {})
        self.rows: Rows = ()
        self.evaluated: list[EvaluatedDecision] = []
        self._outputs: dict[str, Value] = {}
        """The outputs of the decisions so far by name, as Camunda 7 gives them to all that follow."""

    def decide(self, decision: Decision) -> Value:
        """The value of a decision, after those that it requires. Raises DecisionFailed."""
        pending = [decision]
        while pending:
            top = pending[-1]
            missing = [
                requirement.target
                for requirement in top.requirements
                if isinstance(requirement.target, Decision) and requirement.target not in self.results
            ]
            if top in self.results:
                pending.pop()
            elif missing:
                pending.extend(reversed(missing))
            else:
                self.results[top] = self._decide(top)
        return self.results[decision]

    def _decide(self, decision: Decision) -> Value:
        logic = decision.logic
        if logic is None:
            return None
        try:
            scope = self._scope(decision)
            if isinstance(logic, DecisionTable):
                return self._decide_table(decision, logic, scope)
            return self._decide_expression(decision, logic(scope))
        except Failure as failure:
            raise DecisionFailed(decision.id, failure.element_id, failure.reason) from None
        except (Refused, ExpressionLimit) as why:
            raise DecisionFailed(decision.id, None, str(why)) from None
        except RecursionError:
            raise DecisionFailed(decision.id, None, "its evaluation is nested too deep") from None

    def _decide_expression(self, decision: Decision, value: Value) -> Value:
        value = self._converted(decision, value)
        exported = (decision.type or ANY).export(value, self.evaluation)
        self.rows = ({decision.name: exported},)
        self._outputs[decision.name] = value
        output = EvaluatedOutput(None, None, None, None, decision.name, exported)
        self.evaluated.append(EvaluatedDecision(decision.id, decision.title, decision.kind, (), (output,), (), None, 1))
        return value

    def _converted(self, decision: Decision, value: Value) -> Value:
        if decision.type is None:
            return value
        try:
            return decision.type.convert(value, self.evaluation)
        except Refused as why:
            if self.by_standard:
                return self.evaluation.null(why)
            raise

    def _decide_table(self, decision: Decision, table: DecisionTable, scope: Scope) -> Value:
        outcome = table.evaluate(scope)
        inputs = tuple(
            EvaluatedInput(clause.id, clause.label, (clause.type or ANY).export(value, self.evaluation))
            for clause, value in zip(table.inputs, outcome.inputs, strict=True)
        )
        names = [clause.name or decision.name for clause in table.outputs]
        rows: list[dict[str, object]] = []
        outputs: list[EvaluatedOutput] = []
        for position, hit in enumerate(outcome.hits, start=1):
            row: dict[str, object] = {}
            rule_id, order = (None, None) if outcome.is_default else (table.rules[hit.rule].id, position)
            for name, clause, value in zip(names, table.outputs, hit.outputs, strict=True):
                if value is not ABSENT:
                    row[name] = (clause.type or ANY).export(value, self.evaluation)
                    outputs.append(EvaluatedOutput(clause.id, clause.label, rule_id, order, name, row[name]))
            rows.append(row)
        collected = None
        if outcome.aggregated:
            collected = table.export_aggregated(outcome.value, self.evaluation)
            rows = [{names[0]: collected}]
        matched = () if outcome.is_default else tuple(hit.rule for hit in outcome.hits)
        rules = tuple(MatchedRule(table.rules[rule].id, rule + 1, table.rules[rule].annotations) for rule in matched)
        elements = (len(table.inputs) + len(table.outputs)) * len(table.rules)
        self.evaluated.append(
            EvaluatedDecision(
                decision.id, decision.title, decision.kind, inputs, tuple(outputs), rules, collected, elements
            )
        )
        self.rows = tuple(rows)
        self._keep_outputs(names, table, outcome)
        return self._converted(decision, outcome.value) if self.by_standard else outcome.value

    def _keep_outputs(self, names: Sequence[str], table: DecisionTable, outcome: TableOutcome) -> None:
        if outcome.aggregated:
            self._outputs[names[0]] = outcome.value
            return
        for position, name in enumerate(names):
            values = [hit.outputs[position] for hit in outcome.hits if hit.outputs[position] is not ABSENT]
            if values:
                self._outputs[name] = values[0] if table.policy.is_single else values

    # --- what an element sees ---

    def _scope(self, element: Element) -> Scope:
        """The scope of a logic: what it requires and, in Camunda's way, before that the outputs of the decisions that
        were evaluated and, behind it, the variables."""
        names: dict[str, Value] = {}
        for requirement in element.requirements:
            target = requirement.target
            if isinstance(target, Decision) and self.results[target] is None and not self.by_standard:
                continue
            if isinstance(target, InputData) and requirement.prefix is None and not self.by_standard:
                continue
            found = names if requirement.prefix is None else names.setdefault(requirement.prefix, {})
            value = self.value_of(target)
            if isinstance(target, Decision) and not self.by_standard:
                found[target.id] = found[target.title] = value
            found[target.name] = value
        if self.by_standard:
            return Scope(names, None, self.evaluation)
        inner = {**names, **self._outputs} if isinstance(element, Decision) else names
        return Scope(inner, Scope(self.given, None, self.evaluation), self.evaluation)

    def value_of(self, element: Element) -> Value:
        """The value that an element has for those that require it; of a decision it is there already."""
        if isinstance(element, InputData):
            return self._input(element)
        if isinstance(element, KnowledgeModel):
            return self._function(element)
        if isinstance(element, Service):
            return self._service(element)
        return self.results[element]

    def _input(self, data: InputData) -> Value:
        key = (data.namespace, data.name)
        value = self.given[key] if key in self.given else self.given.get(data.name)
        if data.type is None or not self.by_standard:
            return value
        try:
            return data.type.convert(value, self.evaluation)
        except Refused as why:
            return self.evaluation.null(why)

    def _function(self, model: KnowledgeModel) -> Value:
        if model not in self.results:
            self.results[model] = None
            if model.body is not None:
                itself: dict[str, Value] = {}
                scope = self._scope(model).inner(itself)
                itself[model.name] = DecisionFunction(model.name, model.parameters, model.body, scope)
                self.results[model] = itself[model.name]
        return self.results[model]

    def _service(self, service: Service) -> Value:
        if service not in self.results:
            parameters = [Parameter(each.name, each.type) for each in service.inputs]
            self.results[service] = ServiceFunction(
                service.name, parameters, lambda values: self._serve(service, values)
            )
        return self.results[service]

    def _serve(self, service: Service, values: Mapping[str, Value]) -> Value:
        """What a service gives for the values of its input data and input decisions."""
        given = dict(self.given)
        results: dict[Element, Value] = {}
        for each in service.inputs:
            if isinstance(each, Decision):
                results[each] = values[each.name]
            else:
                given[each.namespace, each.name] = values[each.name]
                given[each.name] = values[each.name]
        course = Course(self.evaluation, given, by_standard=self.by_standard, results=results)
        outputs = {output.name: course.decide(output) for output in service.outputs}
        value = next(iter(outputs.values())) if len(outputs) == 1 else outputs
        if service.type is None:
            return value
        return service.type.convert(value, self.evaluation)
