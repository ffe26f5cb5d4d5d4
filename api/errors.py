"""The one table from the engine's errors to HTTP answers in Camunda 7's shape (manual, REST API, "Error Handling")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import TypedDict

from bpmn.problems import InvalidModel, Problem, Severity
from engine import NotAuthorized, SchemaMismatch
from engine.decision import is_dmn
from engine.errors import (
    BadRequest,
    Conflict,
    EngineError,
    ExecutionFailed,
    InvalidInstruction,
    LastAdministrator,
    NotFound,
    Suspended,
    Unavailable,
)
from engine.services.forms import InvalidForm
from engine.services.queries import ContradictoryQuery, ForbiddenExpression, InvalidQuery, NotComparable
from engine.values import InvalidValue

INVALID_REQUEST = "InvalidRequestException"
"""Camunda's type for what its REST layer itself refuses; such answers have no code."""


@dataclass(frozen=True)
class Answer:
    """How an error is told: status, Camunda's type, its code (0: "from the engine"), and what precedes the message.

    `prefix` is a template over the path parameters of the request.
    """

    status: int
    type: str
    code: int | None = None
    prefix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request that the REST layer itself does not accept; `more` are further members of the answer."""

    def __init__(self, answer: Answer, message: str, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.answer = answer
        self.more = more or {}


def refuse(
    message: str,
    *,
    status: int = 400,
    type: str = INVALID_REQUEST,
    code: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> Refused:
    """The error to raise for a request that cannot be served as it is."""
    return Refused(Answer(status, type, code), message, more)


TRY_AGAIN = Answer(503, "ProcessEnginePersistenceException", 0, headers={"Retry-After": "1"})

ANSWERS: Mapping[type[Exception], Answer] = {
    InvalidQuery: Answer(400, INVALID_REQUEST),
    ContradictoryQuery: Answer(500, "ProcessEngineException", 0),
    NotComparable: Answer(400, "NotValidException", 0),
    ForbiddenExpression: Answer(400, "BadUserRequestException", 0),
    InvalidValue: Answer(400, INVALID_REQUEST),
    InvalidInstruction: Answer(400, "NotValidException", 0),
    BadRequest: Answer(400, "BadUserRequestException", 0),
    NotFound: Answer(404, INVALID_REQUEST),
    NotAuthorized: Answer(403, "AuthorizationException", 0),
    Conflict: Answer(500, "ProcessEngineException", 0),
    LastAdministrator: Answer(400, "BadUserRequestException", 0),
    Suspended: Answer(400, "SuspendedEntityInteractionException", 0),
    ExecutionFailed: Answer(500, "ProcessEngineException", 0),
    Unavailable: TRY_AGAIN,
    SchemaMismatch: TRY_AGAIN,
    EngineError: Answer(500, "ProcessEngineException", 0),
}
"""How each error is answered; the most derived class that stands here counts. A route may answer some differently."""


NULL: Mapping[type[Exception], Answer] = {NotFound: Answer(500, "NullValueException", 0)}
"""How Camunda's commands that do not look first tell that a thing is not there."""


def engine_failure(prefix: str = "", status: int = 500, type: str = "RestException") -> dict[type[Exception], Answer]:
    """The answers of a route that wraps whatever the engine says against it, as Camunda's commands do."""
    answer = Answer(status, type, 0, prefix)
    return dict.fromkeys((BadRequest, NotFound, Conflict, Suspended, ExecutionFailed), answer)


def find_answer(error: Exception, special: Mapping[type[Exception], Answer]) -> Answer | None:
    """How `error` is answered on a route with these `special` answers; None for what nobody foresaw."""
    if isinstance(error, Refused):
        return error.answer
    for kind in type(error).__mro__:
        found = special.get(kind) or ANSWERS.get(kind)
        if found is not None:
            return found
    return None


def describe(error: Exception, answer: Answer, path: Mapping[str, str]) -> dict[str, Any]:
    """The body of an error answer: `{"type", "message", "code"}`, and what else a refusal tells."""
    prefix = answer.prefix.format_map(path) if answer.prefix else ""
    return {"type": answer.type, "message": f"{prefix}{error}", "code": answer.code, **_more(error)}


def _more(error: Exception) -> Mapping[str, Any]:
    if isinstance(error, NotAuthorized):
        missing = [
            {"permissionName": each.permission, "resourceName": each.resource.label, "resourceId": each.resource_id}
            for each in error.missing
        ]
        only = missing[0] if len(missing) == 1 else dict.fromkeys(("permissionName", "resourceName", "resourceId"))
        return {"userId": error.user_id, **only, "missingAuthorizations": missing}
    if isinstance(error, InvalidForm) and error.fields:
        return {"details": {name: list(messages) for name, messages in error.fields.items()}}
    return error.more if isinstance(error, Refused) else {}


# ---------------------------------------------------------------- models that cannot be deployed

NO_PARSE_EXCEPTION = frozenset({"xml.malformed", "bpmn.duplicate_key", "expression.syntax"})
"""Rules of `bpmn` whose breach Camunda answers with 500 and not with a ParseException; it does so of all of DMN."""


def describe_model(error: InvalidModel) -> tuple[int, dict[str, Any]]:
    """Status and body for files that cannot be deployed: a ParseException with the problems of each file."""
    errors = [problem for problem in error.problems if problem.severity is Severity.ERROR]
    details: dict[str, dict[str, list[ModelProblem]]] = {}
    for problem in error.problems:
        of_file = details.setdefault(problem.resource, {"errors": [], "warnings": []})
        of_file["errors" if problem.severity is Severity.ERROR else "warnings"].append(report(problem))
    decisions = bool(errors) and all(is_dmn(problem.resource) for problem in errors)
    what = "ENGINE-22004 Unable to transform DMN resource" if decisions else "ENGINE-09005 Could not parse BPMN process"
    body = {
        "type": "ParseException",
        "message": f"{what}. Errors: " + "; ".join(map(_sentence, errors)),
        "code": 0,
        "details": details,
    }
    if errors and all(problem.rule in NO_PARSE_EXCEPTION or is_dmn(problem.resource) for problem in errors):
        return 500, {**body, "type": "ProcessEngineException"}
    return 400, body


def _sentence(problem: Problem) -> str:
    where = f" | {problem.resource} | line {problem.line} | column {problem.column}" if problem.line else ""
    about = f" | element id {problem.element_ids[0]}" if problem.element_ids else ""
    return f"{problem.message}{where}{about}"


class ModelProblem(TypedDict):
    """One thing wrong with a file, as Camunda tells it; `rule` is ours."""

    message: str
    line: int
    column: int
    mainElementId: str | None
    elementIds: list[str]
    rule: str


def report(problem: Problem) -> ModelProblem:
    """A problem of a model as the API tells it."""
    return {
        "message": problem.message,
        "line": problem.line,
        "column": problem.column,
        "mainElementId": problem.element_ids[0] if problem.element_ids else None,
        "elementIds": list(problem.element_ids),
        "rule": problem.rule,
    }
