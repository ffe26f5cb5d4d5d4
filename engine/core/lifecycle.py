"""The lives of things: one transition table each, and the one function that changes a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class IllegalTransition(Exception):
    """A state was to be changed to one that its life does not allow from here."""

    def __init__(self, thing: str, id: int, current: StrEnum | None, wanted: StrEnum) -> None:
        super().__init__(f"{thing} {id} cannot go from {current or 'nothing'} to {wanted}")
        self.thing, self.id, self.current, self.wanted = thing, id, current, wanted


@dataclass(frozen=True)
class Lifecycle:
    """The states of one kind of thing: `transitions[state]` are the states that may follow; None is before birth."""

    name: str
    transitions: Mapping[StrEnum | None, frozenset[Any]]

    def is_final(self, state: StrEnum) -> bool:
        """Has the life ended?"""
        return not self.transitions.get(state)


class ElementState(StrEnum):
    """Of an element instance (BPMN 2.0.2, 13.3.2, "Activity life cycle", as far as an engine can see it).

    READY is a token that waits for a job: before the element (`asyncBefore`) or after it (`asyncAfter`).
    """

    READY = "ready"
    ACTIVATING = "activating"
    ACTIVE = "active"
    COMPLETING = "completing"
    COMPLETED = "completed"
    TERMINATING = "terminating"
    TERMINATED = "terminated"


_E = ElementState
ELEMENT = Lifecycle(
    "element instance",
    {
        None: frozenset({_E.READY, _E.ACTIVATING}),
        _E.READY: frozenset({_E.ACTIVATING, _E.COMPLETED, _E.TERMINATED}),
        _E.ACTIVATING: frozenset({_E.ACTIVE, _E.TERMINATING}),
        _E.ACTIVE: frozenset({_E.COMPLETING, _E.TERMINATING}),
        _E.COMPLETING: frozenset({_E.COMPLETED, _E.TERMINATING}),
        _E.TERMINATING: frozenset({_E.TERMINATED}),
        _E.COMPLETED: frozenset(),
        _E.TERMINATED: frozenset(),
    },
)


class InstanceState(StrEnum):
    """Of a process instance; the names are Camunda's (HistoricProcessInstance)."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    COMPLETED = "COMPLETED"
    EXTERNALLY_TERMINATED = "EXTERNALLY_TERMINATED"
    INTERNALLY_TERMINATED = "INTERNALLY_TERMINATED"


_I = InstanceState
INSTANCE = Lifecycle(
    "process instance",
    {
        None: frozenset({_I.ACTIVE, _I.SUSPENDED}),
        _I.ACTIVE: frozenset({_I.SUSPENDED, _I.COMPLETED, _I.EXTERNALLY_TERMINATED, _I.INTERNALLY_TERMINATED}),
        _I.SUSPENDED: frozenset({_I.ACTIVE, _I.EXTERNALLY_TERMINATED, _I.INTERNALLY_TERMINATED}),
        _I.COMPLETED: frozenset(),
        _I.EXTERNALLY_TERMINATED: frozenset(),
        _I.INTERNALLY_TERMINATED: frozenset(),
    },
)


class TaskState(StrEnum):
    """Of a user task."""

    CREATED = "created"
    COMPLETED = "completed"
    DELETED = "deleted"


TASK = Lifecycle(
    "user task",
    {
        None: frozenset({TaskState.CREATED}),
        TaskState.CREATED: frozenset({TaskState.COMPLETED, TaskState.DELETED}),
        TaskState.COMPLETED: frozenset(),
        TaskState.DELETED: frozenset(),
    },
)


class JobState(StrEnum):
    """Of a job: LOCKED from a worker's claim (once the lease is over somebody else may claim it), FAILED while no
    retries are left."""

    WAITING = "waiting"
    LOCKED = "locked"
    FAILED = "failed"
    DONE = "done"
    CANCELLED = "cancelled"


_J = JobState
JOB = Lifecycle(
    "job",
    {
        None: frozenset({_J.WAITING}),
        _J.WAITING: frozenset({_J.WAITING, _J.LOCKED, _J.FAILED, _J.DONE, _J.CANCELLED}),
        _J.LOCKED: frozenset({_J.WAITING, _J.LOCKED, _J.FAILED, _J.DONE, _J.CANCELLED}),
        _J.FAILED: frozenset({_J.WAITING, _J.FAILED, _J.DONE, _J.CANCELLED}),
        _J.DONE: frozenset(),
        _J.CANCELLED: frozenset(),
    },
)


class IncidentState(StrEnum):
    """Of an incident: DELETED when what it was about ended before it was resolved."""

    OPEN = "open"
    RESOLVED = "resolved"
    DELETED = "deleted"


INCIDENT = Lifecycle(
    "incident",
    {
        None: frozenset({IncidentState.OPEN}),
        IncidentState.OPEN: frozenset({IncidentState.RESOLVED, IncidentState.DELETED}),
        IncidentState.RESOLVED: frozenset(),
        IncidentState.DELETED: frozenset(),
    },
)


class SubscriptionState(StrEnum):
    """Of a subscription: it is closed when what it waited for has come and it waits for no more, or nobody waits."""

    OPEN = "open"
    CLOSED = "closed"


SUBSCRIPTION = Lifecycle(
    "subscription",
    {
        None: frozenset({SubscriptionState.OPEN}),
        SubscriptionState.OPEN: frozenset({SubscriptionState.CLOSED}),
        SubscriptionState.CLOSED: frozenset(),
    },
)


class BatchState(StrEnum):
    """Of a batch: DELETED when somebody ended it before all was done."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    DELETED = "deleted"


_B = BatchState
BATCH = Lifecycle(
    "batch",
    {
        None: frozenset({_B.ACTIVE}),
        _B.ACTIVE: frozenset({_B.SUSPENDED, _B.COMPLETED, _B.DELETED}),
        _B.SUSPENDED: frozenset({_B.ACTIVE, _B.DELETED}),
        _B.COMPLETED: frozenset(),
        _B.DELETED: frozenset(),
    },
)

LIFECYCLES = (ELEMENT, INSTANCE, TASK, JOB, INCIDENT, SUBSCRIPTION, BATCH)


class Living(Protocol):
    """A row with a life."""

    id: int
    state: Any


def fire(lifecycle: Lifecycle, row: Living, wanted: StrEnum, *, born: bool = False) -> None:
    """Change the state of `row`; `born` for a row that has just been made. The only place that assigns a state.

    Raises IllegalTransition, naming both states, and changes nothing then.
    """
    current = None if born else row.state
    if wanted not in lifecycle.transitions[current]:
        raise IllegalTransition(lifecycle.name, row.id, current, wanted)
    row.state = wanted
