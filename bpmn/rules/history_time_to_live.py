"""A process says how long its history is kept, in days (Camunda manual, "History Cleanup")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bpmn.model import Definitions, Place
from bpmn.problems import Problem, error

RULE = "camunda.history_time_to_live"

_DAYS = re.compile(r"\s*(?:P([0-9]{1,9})D|([0-9]{1,9}))\s*")


def check(definitions: Definitions) -> Iterator[Problem]:
    """A given value is a whole number of days, or an ISO 8601 duration of days only."""
    for process in definitions.processes:
        yield from judge(definitions.resource, "process", process.id, process.history_time_to_live, process.place)


def check_required(definitions: Definitions) -> Iterator[Problem]:
    """Where the setting asks for it, every process has one."""
    for process in definitions.processes:
        if not process.history_time_to_live:
            yield missing(definitions.resource, "process", process.id, process.place)


def judge(resource: str, kind: str, id: str, written: str | None, place: Place) -> Iterator[Problem]:
    """What is wrong with the time to live that is written at a process or a decision, if anything is."""
    if written and _DAYS.fullmatch(written) is None:
        message = (
            f"Cannot parse historyTimeToLive '{written}' of {kind} '{id}': write a number of days, such as 30 or P30D"
        )
        yield error(resource, RULE, message, place, id)


def missing(resource: str, kind: str, id: str, place: Place) -> Problem:
    """That a process or a decision has no time to live where each must have one."""
    message = f"History Time To Live (TTL) cannot be null: set camunda:historyTimeToLive of {kind} '{id}'"
    return error(resource, RULE, message, place, id)
