"""What is wrong with a file: problems with their severity and place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bpmn.model import Place


class Severity(StrEnum):
    """An error refuses the deployment; a warning is only told."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one file.

    `rule` is the stable code ("bpmn.unsupported", "xml.doctype", "expression.syntax"); `line` and `column` are 1-based,
    0 where unknown; `element_ids` starts with the element that is mainly meant.
    """

    rule: str
    message: str
    resource: str
    line: int = 0
    column: int = 0
    element_ids: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """Does it refuse the deployment?"""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        where = f"{self.resource}:{self.line}:{self.column}" if self.line else self.resource
        about = f" ({self.element_ids[0]})" if self.element_ids else ""
        return f"{where}: {self.severity}: {self.message}{about} [{self.rule}]"


def error(resource: str, rule: str, message: str, place: Place, *element_ids: str) -> Problem:
    """An error at a place, about elements."""
    return Problem(rule, message, resource, place.line, place.column, element_ids)


def warning(resource: str, rule: str, message: str, place: Place, *element_ids: str) -> Problem:
    """A warning at a place, about elements."""
    return Problem(rule, message, resource, place.line, place.column, element_ids, Severity.WARNING)


class InvalidModel(Exception):
    """A file that cannot be deployed, with all its problems at once (warnings too)."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
