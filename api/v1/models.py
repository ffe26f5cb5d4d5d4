"""Checks models for a modeler: what would be refused and what looks wrong, without keeping anything."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from typing_extensions import TypedDict

from api.errors import refuse
from api.routing import Body, Routes
from bpmn.problems import InvalidModel, Problem
from engine import Engine

MODELS = Routes("Model")

MOST_FILES = 100


class Files(Body):
    """Files by name, as they would be deployed together."""

    files: dict[str, str] = Field(default_factory=dict)


class FoundProblem(TypedDict):
    """One thing wrong with one file; `line` and `column` count from 1 and are 0 where unknown."""

    file: str
    line: int
    column: int
    severity: Literal["error", "warning"]
    rule: str
    message: str
    elementIds: list[str]


class Report(TypedDict):
    """What came of a check; without an error the files can be deployed."""

    deployable: bool
    problems: list[FoundProblem]


@MODELS.post("/model/check", "Check models as a deployment would, without deploying them")
def check(engine: Engine, body: Files) -> Report:
    if not body.files:
        raise refuse("files must name at least one file")
    if len(body.files) > MOST_FILES:
        raise refuse(f"files must not hold more than {MOST_FILES} files")
    try:
        problems = engine.deployments.check({name: text.encode() for name, text in body.files.items()}).warnings
    except InvalidModel as invalid:
        return _report(False, invalid.problems)
    return _report(True, problems)


def _report(deployable: bool, problems: tuple[Problem, ...]) -> Report:
    return {"deployable": deployable, "problems": [show_problem(problem) for problem in problems]}


def show_problem(problem: Problem) -> FoundProblem:
    """A problem as JSON."""
    return {
        "file": problem.resource,
        "line": problem.line,
        "column": problem.column,
        "severity": "error" if problem.is_error else "warning",
        "rule": problem.rule,
        "message": problem.message,
        "elementIds": list(problem.element_ids),
    }
