"""A listener says when it is called and what it runs (Camunda manual, "Delegation Code, Execution Listener / Task
Listener").
"""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Dialect, Element, Listener, Process
from bpmn.problems import Problem, error, warning

RULE = "camunda.listener"

EXECUTION_EVENTS = ("start", "end")
TASK_EVENTS = ("create", "assignment", "complete", "update", "delete", "timeout")
ZEEBE_TASK_EVENTS = ("creating", "assigning", "updating", "completing", "canceling")


def check(definitions: Definitions) -> Iterator[Problem]:
    """Execution listeners of processes, nodes and flows, and task listeners.

    Activiti and Flowable take a listener for an event that there is not, and never call it; so in their files that is
    only told.
    """
    lenient = definitions.dialect in (Dialect.ACTIVITI, Dialect.FLOWABLE)
    for process in definitions.processes:
        for owner, listener, events in _listeners(process):
            name = "taskListener" if events is not EXECUTION_EVENTS else "executionListener"
            if events and listener.event not in events:
                yield (warning if lenient else error)(
                    definitions.resource,
                    RULE,
                    f"Attribute 'event' of {name} in '{owner}' must be one of {{{'|'.join(events)}}}, "
                    f"but was '{listener.event}'" + (": it is never called" if lenient else ""),
                    listener.place,
                    owner,
                )
            if listener.implementation.is_empty:
                yield error(
                    definitions.resource,
                    RULE,
                    f"Element 'class', 'expression', 'delegateExpression' or 'script' is mandatory on the {name} "
                    f"of '{owner}'",
                    listener.place,
                    owner,
                )
            if listener.event == "timeout" and events is TASK_EVENTS and not (listener.id and listener.timer):
                yield error(
                    definitions.resource,
                    RULE,
                    f"the timeout taskListener of '{owner}' needs an 'id' and a timerEventDefinition",
                    listener.place,
                    owner,
                )


def _listeners(process: Process) -> Iterator[tuple[str, Listener, tuple[str, ...]]]:
    for listener in process.listeners:
        yield process.id, listener, EXECUTION_EVENTS
    for flow in process.flows.values():
        for listener in flow.listeners:
            yield flow.id, listener, ()
    for element in process.elements.values():
        yield from _of_element(process, element)


def _of_element(process: Process, element: Element) -> Iterator[tuple[str, Listener, tuple[str, ...]]]:
    for listener in element.listeners:
        yield element.id, listener, EXECUTION_EVENTS
    if element.user_task is not None:
        events = ZEEBE_TASK_EVENTS if process.default_language == "feel" else TASK_EVENTS
        for listener in element.user_task.listeners:
            yield element.id, listener, events
