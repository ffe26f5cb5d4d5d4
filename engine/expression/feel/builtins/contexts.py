"""The builtins of contexts (DMN 1.5, 10.3.4.12), and Camunda's."""

from collections.abc import Mapping

from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.functions import Parameter, Signature, any_value
from engine.expression.feel.values import Value

__all__ = ["CONTEXTS"]

Context = dict[str, Value]
_DEEPEST_PATH = 50


def _get_value(_: Evaluation, context: Context, key: str) -> Value:
    if key not in context:
        raise Refused(f"The context has no entry '{key}'")
    return context[key]


def _get_value_at(evaluation: Evaluation, context: Context, keys: list[Value]) -> Value:
    value: Value = context
    for key in _path(keys):
        if not isinstance(value, dict):
            raise Refused(f"There is no entry '{key}'")
        value = _get_value(evaluation, value, key)
    return value


def _get_entries(evaluation: Evaluation, context: Context) -> list[Context]:
    evaluation.spend(len(context))
    return [{"key": key, "value": value} for key, value in context.items()]


def _context(evaluation: Evaluation, entries: list[Value]) -> Context:
    evaluation.spend(len(entries))
    found: Context = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise Refused("Every entry has to be a context with a text as 'key' and a 'value'")
        found[entry["key"]] = entry["value"]
    return found


def _put(evaluation: Evaluation, context: Context, key: str, value: Value) -> Context:
    evaluation.spend(len(context))
    return {**context, key: value}


def _put_at(evaluation: Evaluation, context: Context, keys: list[Value], value: Value) -> Context:
    first, *rest = _path(keys)
    if not rest:
        return _put(evaluation, context, first, value)
    inner = context.get(first)
    if inner is not None and not isinstance(inner, dict):
        raise Refused(f"The entry '{first}' is no context")
    return _put(evaluation, context, first, _put_at(evaluation, inner or {}, rest, value))


def _path(keys: list[Value]) -> list[str]:
    if not 0 < len(keys) <= _DEEPEST_PATH or not all(isinstance(key, str) for key in keys):
        raise Refused(f"A path in a context is a list of 1 to {_DEEPEST_PATH} texts")
    return keys


def _merge(evaluation: Evaluation, contexts: list[Value]) -> Context:
    found: Context = {}
    for context in contexts:
        if not isinstance(context, dict):
            raise Refused("Only contexts can be merged")
        evaluation.spend(len(context))
        found |= context
    return found


_CONTEXT = Parameter("context", (dict,))
_MAP = Parameter("m", (dict,))
_KEY = Parameter("key", (str,))
_KEYS = Parameter("keys", (list,))
_VALUE = any_value("value")
_PUT = (Signature((_CONTEXT, _KEY, _VALUE), _put), Signature((_CONTEXT, _KEYS, _VALUE), _put_at))
_MERGE = (
    Signature((Parameter("contexts", (list,)),), _merge),
    Signature((Parameter("context", (dict,)),), _merge, variadic=True),
)

CONTEXTS: Mapping[str, tuple[Signature, ...]] = {
    "get value": (
        Signature((_MAP, _KEY), _get_value),
        Signature((_CONTEXT, _KEY), _get_value),
        Signature((_CONTEXT, _KEYS), _get_value_at),
    ),
    "get entries": (Signature((_MAP,), _get_entries), Signature((_CONTEXT,), _get_entries)),
    "context": (Signature((Parameter("entries", (list,)),), _context),),
    "context put": _PUT,
    "put": _PUT,
    "context merge": _MERGE,
    "put all": _MERGE,
}
"""The functions by name."""
