"""Messages that the engine itself brings to their receivers: by a job, which is made in the step that sends them.

Where a model says how a message is sent (a handler, an external worker, an expression), that sends it. Else it goes to
one who waits for it in this engine; who that is, is found out when the job is done (`engine.services.messages`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn.model import EventDefinition
from engine.core import host, jobs, mappings, payload
from engine.core.binder import NOTHING, Binder
from engine.core.retries import first_retries
from engine.core.state import ElementInstance, Job
from engine.core.step import Step
from engine.errors import ExecutionFailed


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on its way. `key` is its correlation key, if the model gives it one."""

    name: str
    tenant_id: str
    key: str | None
    business_key: str | None
    """Of an instance that it starts."""
    variables: Mapping[str, object]


class Sending:
    """Sends a message: its name, its correlation key and what comes with it, bound."""

    def __init__(self, definition: EventDefinition, binder: Binder) -> None:
        self.name = NOTHING if definition.name is None else binder.compile(definition.name)
        self.key = binder.optional(definition.correlation_key)
        self.mappings = tuple(mappings.bind(each, binder) for each in definition.in_mappings)
        self.business_key = binder.optional(definition.business_key)

    def send(self, step: Step, element: ElementInstance) -> Job:
        """Let a job send it, from an element instance; that goes on."""
        name = host.evaluate_text(step, self.name, element)
        if not name:
            raise ExecutionFailed("The name of the message to send is empty", element.element_id)
        given: dict[str, object] = {}
        for mapping in self.mappings:
            given |= mapping.values(step, element)
        node = step.node(element)
        business_key = step.process_instance(element).business_key
        if self.business_key is not None:
            business_key = host.evaluate_text(step, self.business_key, element)
        rest = {
            "name": name,
            "key": None if self.key is None else correlation_key(host.evaluate(step, self.key, element), node.id),
            "businessKey": business_key,
            "variables": payload.dump(given),
        }
        job = Job(
            id=step.next_id(),
            kind=jobs.MESSAGE,
            definition_id=element.definition_id,
            element_id=node.id,
            tenant_id=element.tenant_id,
            retries=first_retries(step, node, element, jobs.DEFAULT_RETRIES),
            priority=jobs.priority(step, node.job_priority, element),
            exclusive=False,
            payload=payload.text(rest),
            created_at=step.now,
        )
        return jobs.begin(step, job)


def sent_by(job: Job) -> Sent:
    """What a job is to send."""
    rest = json.loads(job.payload or "{}")
    return Sent(rest["name"], job.tenant_id, rest["key"], rest["businessKey"], payload.load(rest["variables"]))


def correlation_key(value: object, element_id: str) -> str:
    """A correlation key as text, so that it is the same whatever the type on either side (as in Camunda 8).

    Raises ExecutionFailed for what is no text and no number.
    """
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ExecutionFailed(f"The correlation key must be a text or a whole number, not {value!r}", element_id)
    return str(value)
