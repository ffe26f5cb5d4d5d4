"""The builtins about whether a value is there or is as it should be: ``not``, and Camunda's."""

from collections.abc import Mapping

from engine.expression.contract import EvaluationError
from engine.expression.feel.evaluation import Evaluation
from engine.expression.feel.functions import Parameter, Signature, any_value, optional
from engine.expression.feel.values import Value

__all__ = ["PRESENCE"]


def _assert(_: Evaluation, value: Value, condition: Value, cause: str | None = None) -> Value:
    """The value; the evaluation fails unless the condition is true. Raises EvaluationError."""
    if condition is not True:
        raise EvaluationError(cause or "The condition of an 'assert' is not fulfilled")
    return value


_VALUE = any_value("value")

PRESENCE: Mapping[str, tuple[Signature, ...]] = {
    "not": (Signature((Parameter("negand", (bool,)),), lambda _, value: not value),),
    "is defined": (Signature((_VALUE,), lambda _, value: value is not None),),
    "get or else": (
        Signature((_VALUE, any_value("default")), lambda _, value, default: default if value is None else value),
    ),
    "assert": (Signature((_VALUE, any_value("condition"), optional("cause", str)), _assert),),
    "fromAi": (
        Signature(
            (
                _VALUE,
                optional("description", str),
                optional("type", str),
                optional("schema", dict),
                optional("options", dict),
            ),
            lambda _, value, *_more: value,
        ),
    ),
}
"""The functions by name."""
