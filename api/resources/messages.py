"""Messages over REST (Camunda manual, REST API, "Correlate a Message")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import NotRequired

from typing_extensions import TypedDict

from api.errors import Answer, refuse
from api.identity import current_user
from api.resources.process_definitions import show_started
from api.routing import Body, Routes
from api.shapes import (
    Execution,
    GivenValues,
    ProcessInstance,
    Values,
    read_values,
    show_date,
    show_tenant,
    show_values,
)
from engine import Engine, NotCorrelated, StartedInstance
from engine.iso8601 import InvalidISO8601, parse_duration
from engine.services.messages import Content, Correlated, Correlation, Published
from engine.services.queries import UNKNOWN_ID, InvalidQuery, parse_id

MESSAGES = Routes("Message")

MISMATCH = Answer(400, "RestException", 0, prefix="org.camunda.bpm.engine.MismatchingMessageCorrelationException: ")


class Message(Body):
    """A message, whom it is for, and what comes with it."""

    message_name: str | None = None
    business_key: str | None = None
    tenant_id: str | None = None
    without_tenant_id: bool = False
    process_instance_id: str | None = None
    correlation_keys: GivenValues | None = None
    local_correlation_keys: GivenValues | None = None
    process_variables: GivenValues | None = None
    process_variables_local: GivenValues | None = None
    process_variables_to_triggered_scope: GivenValues | None = None
    time_to_live: str | None = None
    """How long it is kept when nobody waits for it: an ISO 8601 duration, or seconds."""
    message_id: str | None = None
    """Its sender's name for it: a second one with the same is not taken."""
    all: bool = False
    result_enabled: bool = False
    variables_in_result_enabled: bool = False


class CorrelationResult(TypedDict):
    """Who got the message: `resultType` is "Execution", or "ProcessDefinition" where it started an instance.

    It is "Kept" where nobody got it yet, and "Duplicate" where there has been one with this id before.
    """

    resultType: str
    execution: Execution | None
    processInstance: ProcessInstance | None
    variables: NotRequired[Values]
    messageId: NotRequired[str | None]
    keptUntil: NotRequired[str | None]


def _show(result: Correlated | Published, *, with_variables: bool) -> CorrelationResult:
    shown: CorrelationResult
    if isinstance(result, Published):
        return {
            "resultType": "Duplicate" if result.is_duplicate else "Kept",
            "execution": None,
            "processInstance": None,
            "messageId": result.message_id,
            "keptUntil": show_date(result.kept_until),
        }
    if isinstance(result, StartedInstance):
        shown = {"resultType": "ProcessDefinition", "execution": None, "processInstance": show_started(result)}
    else:
        execution: Execution = {
            "id": str(result.execution_id),
            "processInstanceId": str(result.process_instance_id),
            "ended": result.ended,
            "tenantId": show_tenant(result.tenant_id),
        }
        shown = {"resultType": "Execution", "execution": execution, "processInstance": None}
    if with_variables:
        shown["variables"] = show_values(result.variables, deserialize=False)
    return shown


@MESSAGES.post(
    "/message",
    "Correlate a message",
    fails={NotCorrelated: MISMATCH, InvalidQuery: Answer(500, "ProcessEngineException", 0)},
)
def deliver_message(engine: Engine, body: Message) -> list[CorrelationResult] | None:
    if body.message_name is None:
        raise refuse("No message name supplied")
    if body.tenant_id is not None and body.without_tenant_id:
        raise refuse("Parameter 'tenantId' cannot be used together with parameter 'withoutTenantId'.")
    if body.all and (body.time_to_live is not None or body.message_id is not None):
        raise refuse("Parameters 'timeToLive' and 'messageId' cannot be used together with 'all'.")
    if body.variables_in_result_enabled and not body.result_enabled:
        raise refuse("Parameter 'variablesInResultEnabled' cannot be used without 'resultEnabled' set to true.")
    instance = body.process_instance_id
    wanted = Correlation(
        name=body.message_name,
        business_key=body.business_key,
        keys=read_values(body.correlation_keys),
        local_keys=read_values(body.local_correlation_keys),
        process_instance_id=None if instance is None else parse_id(instance) or UNKNOWN_ID,
        tenant_id="" if body.without_tenant_id else body.tenant_id,
    )
    content = Content(
        variables=read_values(body.process_variables),
        local_variables=read_values(body.process_variables_local),
        scope_variables=read_values(body.process_variables_to_triggered_scope),
    )
    with_variables, user = body.variables_in_result_enabled, current_user()
    found: Sequence[Correlated | Published]
    if body.all:
        found = engine.messages.correlate_all(wanted, content, return_variables=with_variables, user=user)
    else:
        one = engine.messages.publish(
            wanted,
            content,
            time_to_live=_span(body.time_to_live),
            message_id=body.message_id,
            return_variables=with_variables,
            user=user,
        )
        found = [one]
    if body.result_enabled or any(isinstance(each, Published) for each in found):
        return [_show(each, with_variables=with_variables) for each in found]
    return None


def _span(text: str | None) -> timedelta | None:
    """An ISO 8601 duration, a month counting as 30 days, or a number of seconds."""
    if text is None:
        return None
    try:
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text, re.ASCII):
            return timedelta(seconds=float(text))
        duration = parse_duration(text)
        return timedelta(days=30 * duration.months) + duration.rest
    except (InvalidISO8601, OverflowError) as problem:
        raise refuse(f"timeToLive: it needs an ISO 8601 duration or seconds: {problem}") from None
