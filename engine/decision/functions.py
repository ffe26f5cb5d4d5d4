"""Functions that a model defines: boxed ones and business knowledge models (DMN 1.5, 7.3.9 and 10.4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.decision.course import Run
from engine.decision.types import DataType
from engine.expression.feel.evaluation import Evaluation, Refused, Scope
from engine.expression.feel.values import Function, Value

__all__ = ["DecisionFunction", "Parameter", "ServiceFunction"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A formal parameter."""

    name: str
    type: DataType | None


class ModelFunction(Function, ABC):
    """A function with parameters of types of the model."""

    def __init__(self, name: str, parameters: Sequence[Parameter]) -> None:
        self.name = name
        self._parameters = tuple(parameters)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters."""
        return tuple(parameter.name for parameter in self._parameters)

    def call(self, evaluation: Evaluation, arguments: Sequence[Value]) -> Value:
        """Its value for arguments in order. Raises Refused."""
        if len(arguments) != len(self._parameters):
            raise Refused(f"'{self.name}' has {len(self._parameters)} parameters, not {len(arguments)}")
        values = {
            parameter.name: value if parameter.type is None else parameter.type.convert(value, evaluation)
            for parameter, value in zip(self._parameters, arguments, strict=True)
        }
        evaluation.spend()
        evaluation.go_deeper()
        try:
            return self.apply(values, evaluation)
        finally:
            evaluation.come_back()

    def call_named(self, evaluation: Evaluation, arguments: Mapping[str, Value]) -> Value:
        """Its value for arguments by name. Raises Refused."""
        if not arguments.keys() <= set(self.parameters):
            raise Refused(f"The parameters of '{self.name}' are: {', '.join(self.parameters)}")
        missing = [name for name in self.parameters if name not in arguments]
        if missing:
            raise Refused(f"'{self.name}' is called without {', '.join(missing)}")
        return self.call(evaluation, [arguments[name] for name in self.parameters])

    @abstractmethod
    def apply(self, values: Mapping[str, Value], evaluation: Evaluation) -> Value:
        """Its value for converted arguments. Raises Refused."""


class DecisionFunction(ModelFunction):
    """A function whose body sees the scope of its definition."""

    def __init__(self, name: str, parameters: Sequence[Parameter], body: Run, scope: Scope) -> None:
        super().__init__(name, parameters)
        self._body, self._scope = body, scope

    def apply(self, values: Mapping[str, Value], evaluation: Evaluation) -> Value:  # noqa: ARG002
        """See ModelFunction."""
        return self._body(self._scope.inner(values))


class ServiceFunction(ModelFunction):
    """A decision service as a function: ``decide`` takes the values of its input data and input decisions by name."""

    def __init__(
        self, name: str, parameters: Sequence[Parameter], decide: Callable[[Mapping[str, Value]], Value]
    ) -> None:
        super().__init__(name, parameters)
        self._decide = decide

    def apply(self, values: Mapping[str, Value], evaluation: Evaluation) -> Value:  # noqa: ARG002
        """See ModelFunction."""
        return self._decide(values)
