"""Commands on messages that are kept until somebody waits for them, or remembered so that they are not taken twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.core import driver, messages
from engine.core.commands import Command, Target, is_there
from engine.core.commands.events import SomebodyWaitsNow
from engine.core.commands.jobs import JobCommand
from engine.core.correlation import Content, Correlation, routes
from engine.core.lifecycle import InstanceState
from engine.core.state import Subscription
from engine.core.step import Deliver, Step
from engine.core.unit_of_work import KeptMessages, MessageBy, Need, NotLoaded, Published, SomebodyWaits, Waiting
from engine.errors import EngineError, ExecutionFailed


class AlreadyPublished(EngineError):
    """A message with this id is kept, or was brought not long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepMessage(Command[bool]):
    """Keep a message that nobody waits for; False, and nothing has been done, if somebody waits now.

    Raises AlreadyPublished.
    """

    wanted: Correlation
    content: Content
    expires_at: datetime
    message_id: str | None = None
    remember_until: datetime | None = None

    def run(self, step: Step) -> bool:
        _ensure_new(step, self.wanted, self.message_id)
        if step.uow.answer(SomebodyWaits(self.wanted)):
            return False
        messages.keep(step, self.wanted, self.content, self.expires_at, self.message_id, self.remember_until)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberMessage(Command[None]):
    """Remember a message that is brought in the same transaction. Raises AlreadyPublished."""

    wanted: Correlation
    message_id: str
    until: datetime

    def run(self, step: Step) -> None:
        _ensure_new(step, self.wanted, self.message_id)
        messages.remember(step, self.wanted, self.message_id, self.until)


def _ensure_new(step: Step, wanted: Correlation, message_id: str | None) -> None:
    if message_id is not None and step.uow.answer(Published(wanted.name, wanted.tenant_id, message_id, step.now)):
        raise AlreadyPublished(f"Message '{wanted.name}' with the id '{message_id}' has been published already")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindKept(Command[Mapping[int, tuple[int, ...]]]):
    """Some have begun to wait for messages: the ids of those that may be kept for each, by subscription."""

    subscription_ids: tuple[int, ...]

    @property
    def others(self) -> tuple[Target, ...]:
        return tuple(_subscription(each) for each in self.subscription_ids)

    def run(self, step: Step) -> Mapping[int, tuple[int, ...]]:
        waiting: list[Waiting] = []
        missing: list[Need] = []
        for id in self.subscription_ids:
            subscription = step.uow.subscriptions[id]
            try:
                ways = tuple(dict.fromkeys(routes(subscription, *messages.surroundings(step, subscription))))
            except NotLoaded as problem:
                # What the others need is asked for in the same go.
                missing += problem.needs
            else:
                waiting.append(Waiting(id, subscription.name or "", subscription.tenant_id, ways))
        if missing:
            raise NotLoaded(*missing)
        found: Mapping[int, tuple[int, ...]] = step.uow.answer(KeptMessages(tuple(waiting), step.now))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveKept(Command[None]):
    """Something has begun to wait for a message: give it the first of these that is for it, if there is one."""

    subscription_id: int
    message_ids: tuple[int, ...]

    @property
    def target(self) -> Target:
        return _subscription(self.subscription_id)

    def run(self, step: Step) -> None:
        subscription = step.uow.subscriptions[self.subscription_id]
        instance, seen, local = messages.surroundings(step, subscription)
        if instance.state is not InstanceState.ACTIVE:
            return
        for id in self.message_ids:
            message = step.uow.message(id)
            job = step.uow.job(message.job_id)
            wanted, content = messages.content_of(job)
            if (
                message.ended_at is None
                and message.expires_at > step.now
                and job.ended_at is None
                and not job.suspended
                and wanted.meets(subscription, instance, seen, local)
            ):
                messages.end(step, message, job)
                given = (content.variables, content.local_variables, content.scope_variables)
                step.plan(Deliver(subscription, *given))
                driver.run(step)
                return


def _subscription(id: int) -> Target:
    return Target(id, (Subscription,), "event subscription")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageJobCommand(JobCommand):
    """A command on the job of a message that is kept or remembered."""

    message_id: int

    @property
    def needs(self) -> tuple[Need, ...]:
        return (MessageBy(self.message_id),)


@dataclass(frozen=True, slots=True, kw_only=True)
class BringMessage(MessageJobCommand):
    """Somebody waits for a kept message now: `command` brings it, unless somebody else has got there before.

    Raises ExecutionFailed for whatever that raises: that the job itself is not there is another error.
    """

    command: Command[Any]

    @property
    def others(self) -> tuple[Target, ...]:
        return () if self.command.target is None else (self.command.target,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return (MessageBy(self.message_id), *self.command.needs)

    def run(self, step: Step) -> None:
        job, message = self.the_active_job(step), step.uow.message(self.message_id)
        target = self.command.target
        is_over = message.ended_at is not None or message.expires_at <= step.now
        if is_over or (target is not None and not is_there(step.uow, target)):
            messages.look_after(step, message, job)
            return
        try:
            self.command.run(step.part(self.command.user))
        except (NotLoaded, ExecutionFailed):
            raise
        except SomebodyWaitsNow:
            messages.look_after(step, message, job)
            return
        except EngineError as problem:
            raise ExecutionFailed(str(problem)) from problem
        messages.end(step, message, job)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAfterMessage(MessageJobCommand):
    """Nobody waits for a kept message yet, or it has been brought: wait longer, or end it if its time is over."""

    def run(self, step: Step) -> None:
        messages.look_after(step, step.uow.message(self.message_id), self.the_active_job(step))
