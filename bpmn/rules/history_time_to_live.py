"""A process says how long its history is kept, in days (Camunda manual, "History Cleanup")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bpmn.model import Definitions
from bpmn.problems import Problem, error

RULE = "camunda.history_time_to_live"

_DAYS = re.compile(r"\s*(?:P([0-9]{1,9})D|([0-9]{1,9}))\s*")


def check(definitions: Definitions) -> Iterator[Problem]:
    """A given value is a whole number of days, or an ISO 8601 duration of days only."""
    for process in definitions.processes:
        written = process.history_time_to_live
        if written and _DAYS.fullmatch(written) is None:
            yield error(
                definitions.resource,
                RULE,
                f"Cannot parse historyTimeToLive '{written}' of process '{process.id}': write a number of days, such "
                "as 30 or P30D",
                process.place,
                process.id,
            )


def check_required(definitions: Definitions) -> Iterator[Problem]:
    """Where the setting asks for it, every process has one."""
    for process in definitions.processes:
        if not process.history_time_to_live:
            yield error(
                definitions.resource,
                RULE,
                f"History Time To Live (TTL) cannot be null: set camunda:historyTimeToLive of process '{process.id}'",
                process.place,
                process.id,
            )
