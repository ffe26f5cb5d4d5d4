"""A constant priority is a whole number (Camunda manual, "The Job Executor, Job Prioritization")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bpmn.model import Definitions, Expression
from bpmn.problems import Problem, error
from bpmn.vocabulary.text import is_dynamic

RULE = "camunda.priority"

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


def check(definitions: Definitions) -> Iterator[Problem]:
    """`jobPriority` and `taskPriority` of processes and activities."""
    for process in definitions.processes:
        for attribute, value in (("jobPriority", process.job_priority), ("taskPriority", process.task_priority)):
            yield from _judge(definitions, process.id, attribute, value)
        for element in process.elements.values():
            yield from _judge(definitions, element.written_id, "jobPriority", element.job_priority)
            if element.implementation is not None:
                yield from _judge(definitions, element.id, "taskPriority", element.implementation.task_priority)


def _judge(definitions: Definitions, owner: str, attribute: str, value: Expression | None) -> Iterator[Problem]:
    if value is None or value.language != "juel" or is_dynamic(value.text):
        return
    if _NUMBER.fullmatch(value.text.strip()) is None:
        message = f"Value '{value.text}' for attribute '{attribute}' of '{owner}' is not a valid number"
        yield error(definitions.resource, RULE, message, value.place, owner)
