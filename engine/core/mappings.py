"""`camunda:in` and `camunda:out`: variables handed over (Camunda manual, "Call Activity", "Signal Events")."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn.model import VariableMapping
from engine.core import host, variables
from engine.core.binder import Binder
from engine.core.state import Scope
from engine.core.step import Step
from engine.expression import CompiledExpression


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping."""

    source: str | None
    expression: CompiledExpression | None
    target: str | None
    all_variables: bool
    local: bool

    def values(self, step: Step, source: Scope) -> dict[str, object]:
        """What it takes from a scope; an unknown source variable is null."""
        if self.all_variables:
            return variables.local_values(step, source) if self.local else variables.values(step, source)
        if self.expression is not None:
            return {self.target or "": host.evaluate(step, self.expression, source)}
        return {self.target or "": variables.get(step, source, self.source or "")}


ALL = Mapping(None, None, None, all_variables=True, local=False)


def bind(spec: VariableMapping, binder: Binder) -> Mapping:
    """The mapping with its expression compiled."""
    return Mapping(spec.source, binder.optional(spec.source_expression), spec.target, spec.all_variables, spec.local)
