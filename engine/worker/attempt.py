"""One attempt at a piece of work: its handler is called, and what comes of that is made a report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from engine.connectors import ConnectorRefused
from engine.core.commands.work import CompleteWork, FailWork, ThrowWorkError
from engine.failpoints import failpoint
from engine.handlers import (
    AdHocResult,
    BpmnError,
    Handler,
    InvalidHandler,
    InvalidInput,
    InvalidResult,
    Job,
    Retry,
    job_of,
    result_from,
    variables_from,
)
from engine.services.dispatch import Assignment, Report, details_of, printable

log = logging.getLogger("baton.jobs")

HOPELESS = (InvalidInput, InvalidResult, InvalidHandler, ConnectorRefused)
"""Failures that another attempt would only repeat: they make an incident at once."""


class Attempt:
    """What `handler` makes of `assignment`. `beat` is what its heartbeat does."""

    def __init__(self, assignment: Assignment, handler: Handler, beat: Callable[[], None]) -> None:
        self.assignment, self.handler = assignment, handler
        self.id, self.lease = assignment.job.id, assignment.lease
        self._beat = beat

    def run(self) -> Report:
        """Call a plain function. Whatever it raises is its failure."""
        try:
            result = self.handler.function(**self._arguments())
            failpoint("worker.after_handler")
            return self._succeeded(result)
        except BaseException as problem:  # noqa: BLE001 - sys.exit() in a handler must not end the worker
            return self.failed(problem)

    async def run_async(self) -> Report:
        """Await a coroutine function. Whatever it raises is its failure."""
        try:
            function: Callable[..., Coroutine[Any, Any, object]] = self.handler.function  # type: ignore[assignment]
            result = await function(**self._arguments())
            failpoint("worker.after_handler")
            return self._succeeded(result)
        except BaseException as problem:  # noqa: BLE001 - as above; a cancellation comes from who has given it up
            return self.failed(problem)

    def _arguments(self) -> dict[str, object]:
        return self.handler.arguments(self._job(), self.assignment.variables)

    def _job(self) -> Job:
        given = self.assignment
        return job_of(
            given.job,
            given.variables,
            business_key=given.business_key,
            default_retries=self.handler.retries,
            beat=self._beat,
        )

    def _succeeded(self, result: object) -> Report:
        if isinstance(result, AdHocResult):
            given = variables_from(result.variables)
            return CompleteWork(id=self.id, lease=self.lease, variables=given, result=result.told())
        if self.assignment.result_variable is not None:
            value = result_from(self.assignment.result_variable, result)
            return CompleteWork(id=self.id, lease=self.lease, result=value)
        variables = variables_from(result)
        if self.handler.gives_local:
            return CompleteWork(id=self.id, lease=self.lease, local_variables=variables)
        return CompleteWork(id=self.id, lease=self.lease, variables=variables)

    def failed(self, problem: BaseException) -> Report:
        """The report about what the handler raised."""
        if isinstance(problem, BpmnError):
            return self._thrown(problem)
        job = self.assignment.job
        expected = isinstance(problem, (*HOPELESS, Retry, TimedOut))
        log.warning(
            "Attempt %d at work %d for '%s' failed: %s",
            job.attempts,
            job.id,
            job.topic,
            problem if expected else type(problem).__name__,
            exc_info=None if expected else problem,
            extra=context_of(self.assignment),
        )
        retry_after = None
        if isinstance(problem, Retry):
            retry_after = problem.after
        elif not self.assignment.has_retry_cycle:
            retry_after = self.handler.backoff.wait(job.attempts)
        hopeless = isinstance(problem, HOPELESS)
        return FailWork(
            id=self.id,
            lease=self.lease,
            message=printable(str(problem) or type(problem).__name__),
            details=details_of(problem),
            retries=0 if hopeless else None,
            retry_after=None if hopeless else retry_after,
        )

    def _thrown(self, error: BpmnError) -> Report:
        try:
            variables = variables_from(error.variables)
        except InvalidResult as problem:
            return self.failed(problem)
        message = None if error.message is None else printable(error.message)
        return ThrowWorkError(
            id=self.id, lease=self.lease, code=printable(error.code), message=message, variables=variables
        )


class TimedOut(Exception):
    """A handler took longer than its timeout without a heartbeat."""


def outcome_of(report: Report) -> str:
    """The word for it: completed, failed, or error for a BPMN error."""
    if isinstance(report, CompleteWork):
        return "completed"
    return "failed" if isinstance(report, FailWork) else "error"


def context_of(assignment: Assignment) -> dict[str, object]:
    """What a line of the log says of a piece of work beside its message."""
    job = assignment.job
    return {
        "job": job.id,
        "topic": job.topic,
        "process_instance": job.process_instance_id,
        "business_key": assignment.business_key,
        "activity": job.element_id,
        "tenant": job.tenant_id,
    }
