"""A timer has exactly one of date, duration and cycle (BPMN 2.0.2, 10.5.5, Timer)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Trigger
from bpmn.problems import Problem, error

RULE = "bpmn.timer_event"


def check(definitions: Definitions) -> Iterator[Problem]:
    """Timer event definitions of events and of timeout listeners."""
    for _, element in definitions.elements():
        timers = [(event.timer, event.place) for event in element.events if event.trigger is Trigger.TIMER]
        if element.user_task is not None:
            timers.extend((each.timer, each.place) for each in element.user_task.listeners if each.timer is not None)
        for timer, place in timers:
            given = 0 if timer is None else sum(x is not None for x in (timer.date, timer.duration, timer.cycle))
            if given == 0:
                message = f"Timer of '{element.id}' needs configuration: one of timeDate, timeCycle and timeDuration."
                yield error(definitions.resource, RULE, message, place, element.id)
            elif given > 1:
                message = f"Timer of '{element.id}' must have only one of timeDate, timeCycle and timeDuration."
                yield error(definitions.resource, RULE, message, place, element.id)
