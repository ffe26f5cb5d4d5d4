"""Values and host objects as the JSON that goes to a child process and comes back: ``[kind, data]``.

===============  ========================================================================================
``json``         null, boolean, number, text, list, map
``document``     the same, a JSON document (Camunda's ``Json``)
``date``         an ISO 8601 text
``double``       a number that has no fraction and is a floating point number nevertheless
``long``         the digits of an integer that JavaScript's numbers do not hold
``decision``     the result of a decision: a list of maps, with methods in JavaScript
``unreadable``   the name of a type that a script does not see
===============  ========================================================================================
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from engine.expression import EvaluationError, HostObject, ScriptCall, ScriptError, ScriptObject, ScriptResult
from engine.values import InvalidValue, JsonValue, ObjectValue, XmlValue, from_json, parse_date, type_name

__all__ = ["read_reply", "read_result", "request"]

_SAFE_INTEGER = 2**53 - 1
_LONG = 2**63
_VARIABLE_METHODS = {
    "setVariable": 2,
    "setVariableLocal": 2,
    "removeVariable": 1,
    "removeVariableLocal": 1,
}
"""The methods of every host object that a script may leave a call of, and their number of arguments."""


def request(source: str, variables: Mapping[str, object], objects: Mapping[str, ScriptObject]) -> dict[str, Any]:
    """The request to run a script."""
    return {
        "source": source,
        "variables": {name: _written(value) for name, value in variables.items()},
        "objects": {
            name: {
                "properties": {getter: _written(value) for getter, value in each.properties.items()},
                "local": list(each.local),
                "commands": list(each.commands),
            }
            for name, each in objects.items()
        },
    }


def _written(value: object) -> list[object]:
    match value:
        case bool() | None | str() | float():
            return ["json", value]
        case int():
            return ["json", value] if abs(value) <= _SAFE_INTEGER else ["long", str(int(value))]
        case datetime():
            return ["date", value.isoformat()]
        case XmlValue(text):
            return ["json", text]
        case JsonValue():
            return ["document", value.node]
        case ObjectValue():
            return _object(value)
        case list() if isinstance(value, HostObject):
            return ["decision", JsonValue.of(value).node]
        case list() | dict():
            return ["json", JsonValue.of(value).node]
    return ["unreadable", type_name(value)]


def _object(value: ObjectValue) -> list[object]:
    try:
        return ["json", value.node]
    except InvalidValue:
        return ["unreadable", value.object_type_name]


def read_reply(line: bytes) -> dict[str, Any]:
    """The reply of a child. Raises ValueError when it is none."""
    reply = json.loads(line, parse_int=_integer, parse_constant=_refuse_constant)
    if not isinstance(reply, dict):
        raise ValueError("not an object")  # noqa: TRY004 - all that is wrong with a reply is one error
    return reply


def _integer(digits: str) -> int | float:
    """An integer of JavaScript; one beyond 64 bit is only a float that was written without a point."""
    number = int(digits) if len(digits) <= 20 else _LONG
    return number if -_LONG <= number < _LONG else float(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"no number: {name}")


def read_result(reply: Mapping[str, Any], objects: Mapping[str, ScriptObject]) -> ScriptResult:
    """What a script left, checked: its sandbox is not trusted. Raises EvaluationError."""
    try:
        calls = [_call(each, objects) for each in reply["calls"]]
        if "thrown" in reply:
            return ScriptResult(None, calls, _thrown(reply["thrown"]))
        return ScriptResult(_read(reply["value"]), calls)
    except InvalidValue as problem:
        raise EvaluationError(f"What the script left cannot be stored: {problem}") from None
    except (LookupError, TypeError, ValueError):
        raise EvaluationError("The script left no result that can be read") from None


def _thrown(written: Any) -> ScriptError:
    code, message = written
    if not isinstance(code, str) or not isinstance(message, str | None):
        raise TypeError("no BPMN error")
    return ScriptError(code, message)


def _call(written: Any, objects: Mapping[str, ScriptObject]) -> ScriptCall:
    target, method, args = written
    found = objects[target]
    expected = _VARIABLE_METHODS.get(method)
    if expected is None and method not in found.commands:
        raise ValueError(f"no method: {method}")
    if expected is not None and (len(args) != expected or not isinstance(args[0][1], str)):
        raise ValueError(f"wrong arguments of {method}")
    return ScriptCall(target, method, tuple(_read(each) for each in args))


def _read(written: Any) -> object:
    kind, data = written
    match kind:
        case "json":
            return from_json(data)
        case "document":
            return JsonValue.of(data)
        case "date":
            return parse_date(data)
        case "double":
            return from_json(float(data))
        case "long":
            return from_json(int(data)) if len(data) <= 20 else from_json(_LONG)
    raise ValueError(f"no kind of value: {kind}")
