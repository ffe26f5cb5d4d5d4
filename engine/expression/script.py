"""Scripts in JavaScript and Python as compiled expressions: a runner runs them, the host objects take their changes.

What a script may call is what Camunda's manual shows ("Scripting", "Variables available during script execution").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.expression.contract import (
    ErrorThrown,
    EvaluationContext,
    EvaluationError,
    HostObject,
    ScriptContext,
    ScriptObject,
    ScriptsUnavailable,
    UnknownMethod,
    UnknownName,
)

__all__ = ["ALIASES", "CompiledScript", "compile_javascript", "compile_python"]

ALIASES: Mapping[str, Sequence[str]] = {"javascript": ("ecmascript", "graal.js", "js", "nashorn")}
"""Other names of a script language, by the name the runner knows."""

_GETTERS: Mapping[str, Sequence[str]] = {
    "execution": (
        "getId",
        "getProcessInstanceId",
        "getRootProcessInstanceId",
        "getBusinessKey",
        "getProcessBusinessKey",
        "getProcessDefinitionId",
        "getProcessDefinitionKey",
        "getCurrentActivityId",
        "getCurrentActivityName",
        "getActivityInstanceId",
        "getParentActivityInstanceId",
        "getCurrentTransitionId",
        "getEventName",
        "getTenantId",
        "isCanceled",
    ),
    "task": (
        "getId",
        "getName",
        "getDescription",
        "getAssignee",
        "getOwner",
        "getPriority",
        "getDueDate",
        "getFollowUpDate",
        "getCreateTime",
        "getTaskDefinitionKey",
        "getExecutionId",
        "getProcessInstanceId",
        "getProcessDefinitionId",
        "getEventName",
        "getTenantId",
    ),
}

_COMMANDS: Mapping[str, Sequence[str]] = {
    "execution": ("setProcessBusinessKey",),
    "task": (
        "setName",
        "setDescription",
        "setAssignee",
        "setOwner",
        "setPriority",
        "setDueDate",
        "setFollowUpDate",
        "addCandidateUser",
        "addCandidateUsers",
        "addCandidateGroup",
        "addCandidateGroups",
        "deleteCandidateUser",
        "deleteCandidateGroup",
    ),
}


@dataclass(frozen=True, slots=True)
class CompiledScript:
    """A script of a model; its text is checked by the runner when the model is deployed (`ScriptRunner.check`)."""

    source: str
    language: str
    is_constant: ClassVar[bool] = False
    constant: ClassVar[None] = None
    names: ClassVar[frozenset[str]] = frozenset()

    def evaluate(self, context: EvaluationContext) -> object:
        """Run the script, make the changes it asked for, in order, and return its value.

        Raises EvaluationError; of these, ErrorThrown after the changes were made.
        """
        if not isinstance(context, ScriptContext):
            raise ScriptsUnavailable("Scripts cannot be used here; use an expression")
        if context.scripts is None:
            raise ScriptsUnavailable(f"This engine runs no scripts, so not this one in {self.language}; switch them on")
        hosts = {name: host for name in _GETTERS if (host := _host(context, name)) is not None}
        objects = {name: _script_object(name, host) for name, host in hosts.items()}
        result = context.scripts.run(self.language, self.source, context.script_variables(), objects)
        for call in result.calls:
            hosts[call.target].call_method(call.method, call.args)
        if result.thrown is not None:
            raise ErrorThrown(*result.thrown)
        return result.value


def _host(context: EvaluationContext, name: str) -> HostObject | None:
    try:
        found = context.lookup(name)
    except UnknownName:
        return None
    return found if isinstance(found, HostObject) else None


def _script_object(name: str, host: HostObject) -> ScriptObject:
    properties = {}
    for getter in _GETTERS[name]:
        try:
            properties[getter] = host.call_method(getter, ())
        except UnknownMethod:
            continue
    local = host.call_method("getVariableNamesLocal", ())
    if not isinstance(local, list):
        raise EvaluationError(f"The names of the local variables of '{name}' must be a list, not {local!r}")
    return ScriptObject(properties, frozenset(local), _COMMANDS[name])


def compile_javascript(source: str) -> CompiledScript:
    """A script in JavaScript."""
    return CompiledScript(source, "javascript")


def compile_python(source: str) -> CompiledScript:
    """A script in Python."""
    return CompiledScript(source, "python")
