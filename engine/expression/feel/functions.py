"""Functions: those that an expression defines, and the builtin ones with their signatures (DMN 1.5, 10.3.2.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.expression.feel.evaluation import CHARACTERS_PER_STEP, Evaluation, Refused, Scope
from engine.expression.feel.temporal import Date, DateTime, Time
from engine.expression.feel.types import Type, conform
from engine.expression.feel.values import Function, Value, kind_of

__all__ = ["Builtin", "Defined", "Parameter", "Signature", "any_value", "optional"]


class Defined(Function):
    """A function that an expression defines; its body sees the scope of its definition."""

    def __init__(self, names: tuple[str, ...], types: tuple[Type, ...], body: Callable[[Scope], Value], scope: Scope):
        self.name = "function"
        self.types = types
        self._names, self._body, self._scope = names, body, scope

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters."""
        return self._names

    def call(self, evaluation: Evaluation, arguments: Sequence[Value]) -> Value:
        """Its value for arguments in order. Raises Refused."""
        if len(arguments) != len(self._names):
            raise Refused(f"The function has {len(self._names)} parameters, not {len(arguments)}")
        values = {
            name: conform(value, type_, evaluation)
            for name, type_, value in zip(self._names, self.types, arguments, strict=True)
        }
        evaluation.spend()
        evaluation.go_deeper()
        try:
            return self._body(self._scope.inner(values))
        finally:
            evaluation.come_back()

    def call_named(self, evaluation: Evaluation, arguments: Mapping[str, Value]) -> Value:
        """Its value for arguments by name. Raises Refused."""
        if arguments.keys() != set(self._names):
            raise Refused(f"The parameters of the function are: {', '.join(self._names)}")
        return self.call(evaluation, [arguments[name] for name in self._names])


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a builtin function, with the classes of the values that it takes."""

    name: str
    kinds: tuple[type, ...]
    nullable: bool = False
    required: bool = True

    def fit(self, value: Value) -> tuple[bool, Value]:
        """Whether a value is taken, and the value as it is: converted as 10.3.2.9.4 says."""
        if value is None:
            return self.nullable, None
        if isinstance(value, self.kinds):
            return True, value
        if list in self.kinds:
            return True, [value]
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], self.kinds):
            return True, value[0]
        if isinstance(value, Date) and DateTime in self.kinds:
            return True, DateTime(value, Time(0, 0, 0, offset=0))
        return False, None


def any_value(name: str) -> Parameter:
    """A parameter that takes every value."""
    return Parameter(name, (object,), nullable=True)


def optional(name: str, *kinds: type) -> Parameter:
    """A parameter that may be left out; null is as if it were."""
    return Parameter(name, kinds, nullable=True, required=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a builtin: ``run`` takes the evaluation and the arguments, and raises Refused.

    The arguments of a ``variadic`` one become one list.
    """

    parameters: tuple[Parameter, ...]
    run: Callable[..., Value]
    variadic: bool = False

    def takes(self, count: int) -> bool:
        """Whether so many arguments in order may be given."""
        if self.variadic:
            return count >= len(self.parameters)
        required = sum(parameter.required for parameter in self.parameters)
        return required <= count <= len(self.parameters)

    def in_order(self, arguments: Mapping[str, Value]) -> list[Value] | None:
        """Named arguments in order; None where the names are others."""
        names = [parameter.name for parameter in self.parameters]
        required = {parameter.name for parameter in self.parameters if parameter.required}
        if not (required <= arguments.keys() <= set(names)):
            return None
        return [arguments.get(name) for name in names]

    def fitted(self, arguments: Sequence[Value]) -> list[Value] | None:
        """The arguments as ``run`` takes them; None where one does not fit."""
        if self.variadic:
            return self._fitted_variadic(arguments)
        found = []
        for parameter, argument in zip(self.parameters, arguments, strict=False):
            fits, value = parameter.fit(argument)
            if not fits:
                return None
            found.append(value)
        return found

    def _fitted_variadic(self, arguments: Sequence[Value]) -> list[Value] | None:
        *first, last = self.parameters
        found = []
        for index, argument in enumerate(arguments):
            fits, value = (first[index] if index < len(first) else last).fit(argument)
            if not fits:
                return None
            found.append(value)
        return [*found[: len(first)], found[len(first) :]]


def _paid(value: Value, evaluation: Evaluation) -> Value:
    """A value for which steps are taken, as it may be a long text."""
    if isinstance(value, str):
        evaluation.spend(len(value) // CHARACTERS_PER_STEP)
    return value


class Builtin(Function):
    """A function of the language, which has one signature or several: the first that fits is called."""

    def __init__(self, name: str, *signatures: Signature) -> None:
        self.name = name
        self._signatures = signatures

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters of its first signature."""
        return tuple(parameter.name for parameter in self._signatures[0].parameters)

    def call(self, evaluation: Evaluation, arguments: Sequence[Value]) -> Value:
        """Its value for arguments in order. Raises Refused."""
        evaluation.spend()
        for signature in self._signatures:
            if signature.takes(len(arguments)):
                fitted = signature.fitted(arguments)
                if fitted is not None:
                    return _paid(signature.run(evaluation, *fitted), evaluation)
        given = ", ".join(kind_of(argument) for argument in arguments)
        raise Refused(f"The function '{self.name}' takes no ({given})")

    def call_named(self, evaluation: Evaluation, arguments: Mapping[str, Value]) -> Value:
        """Its value for arguments by name. Raises Refused."""
        evaluation.spend()
        for signature in self._signatures:
            ordered = signature.in_order(arguments)
            if ordered is not None and not signature.variadic:
                fitted = signature.fitted(ordered)
                if fitted is not None:
                    return _paid(signature.run(evaluation, *fitted), evaluation)
        given = ", ".join(f"{name}: {kind_of(argument)}" for name, argument in arguments.items())
        raise Refused(f"The function '{self.name}' takes no ({given})")
