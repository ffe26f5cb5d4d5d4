"""What callers may ask of the core: each command names what it is about, and runs as one step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.core.state import Batch, ElementInstance, Incident, Job, ProcessInstance, Row, Subscription, UserTask
from engine.core.step import Step
from engine.core.unit_of_work import Need, UnitOfWork
from engine.errors import Suspended

T = TypeVar("T")

SCOPES: tuple[type[Row], ...] = (ProcessInstance, ElementInstance, UserTask)
"""What may hold variables."""


@dataclass(frozen=True, slots=True)
class Target:
    """The living thing a command is about: its id, and the kinds of row it may be."""

    id: int
    kinds: tuple[type[Row], ...]
    kind_name: str
    """What callers call it, for the message when there is none."""


def task(id: int) -> Target:
    """A user task."""
    return Target(id, (UserTask,), "task")


def instance(id: int) -> Target:
    """A process instance."""
    return Target(id, (ProcessInstance,), "process instance")


def execution(id: int) -> Target:
    """A scope of variables that is no task."""
    return Target(id, (ProcessInstance, ElementInstance), "execution")


def job(id: int) -> Target:
    """A job."""
    return Target(id, (Job,), "job")


def external_task(id: int) -> Target:
    """Work for a handler or an external worker."""
    return Target(id, (Job,), "external task")


def batch(id: int) -> Target:
    """A batch that has not ended."""
    return Target(id, (Batch,), "batch")


def is_there(uow: UnitOfWork, target: Target) -> bool:
    """Is what a command is about (still) there? To be asked of what has been looked for before the step only."""
    found = target.id
    return (
        (UserTask in target.kinds and _lives(uow.tasks.get(found)))
        or (ElementInstance in target.kinds and _lives(uow.elements.get(found)))
        or (ProcessInstance in target.kinds and _lives(uow.instances.get(found)))
        or (Job in target.kinds and _lives(uow.jobs.get(found)))
        or (Subscription in target.kinds and _lives(uow.subscriptions.get(found)))
        or (Incident in target.kinds and uow.has_incident(found))
        or (Batch in target.kinds and _lives(uow.batches.get(found)))
    )


def _lives(row: UserTask | ElementInstance | ProcessInstance | Job | Subscription | Batch | None) -> bool:
    return row is not None and row.ended_at is None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a person's request came from, and why it was made: the network address, a name of it, the reason given."""

    address: str | None = None
    request_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(ABC, Generic[T]):
    """One thing to do, as a whole or not at all.

    `user` is who asks for it, as far as that is known; `groups` are that person's, and `origin` is that request's.
    """

    user: str | None = None
    groups: tuple[str, ...] = ()
    origin: Origin | None = None

    @property
    def target(self) -> Target | None:
        """What must be there, and is locked with its whole tree before `run`; None for what begins something new."""
        return None

    @property
    def others(self) -> tuple[Target, ...]:
        """What else is locked with its whole tree before `run`, as far as it is there."""
        return ()

    @property
    def needs(self) -> tuple[Need, ...]:
        """What it is sure to need beside its target, to be loaded with that."""
        return ()

    @abstractmethod
    def run(self, step: Step) -> T:
        """Do it, to quiescence. Raises EngineError, and then nothing has been done."""


def ensure_active(step: Step, instance_id: int | None) -> None:
    """Raise Suspended if the process instance is suspended; None is the instance of a standalone task."""
    if instance_id is not None and step.uow.instance(instance_id).state == "SUSPENDED":
        raise Suspended("process instance", instance_id)
