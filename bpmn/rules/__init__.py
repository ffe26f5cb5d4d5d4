"""What a well-written file must also say to make sense: one rule per file, each with its reason in BPMN or Camunda."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bpmn.model import Definitions
from bpmn.problems import Problem
from bpmn.rules import (
    ad_hoc,
    boundary_attachment,
    call_activity,
    cancel_events,
    compensation,
    complex_gateway,
    conditional_events,
    data_objects,
    decision_reference,
    default_flow,
    disconnected,
    endless_loop,
    error_events,
    escalation_events,
    event_based_gateway,
    event_positions,
    exclusive_gateway,
    flow_direction,
    flow_ends,
    form_fields,
    history_time_to_live,
    ignored_condition,
    implementation,
    input_output,
    instantiation,
    link_events,
    listeners,
    message_correlation,
    message_events,
    multi_instance,
    priorities,
    reference_binding,
    script_task,
    signal_events,
    standard_loop,
    start_events,
    timer_events,
    variable_mappings,
)

Rule = Callable[[Definitions], Iterator[Problem]]
"""A rule looks at one file and yields what is wrong with it."""

RULES: tuple[Rule, ...] = (
    flow_ends.check,
    flow_direction.check,
    default_flow.check,
    exclusive_gateway.check,
    event_based_gateway.check,
    complex_gateway.check,
    ignored_condition.check,
    start_events.check,
    instantiation.check,
    ad_hoc.check,
    event_positions.check,
    boundary_attachment.check,
    cancel_events.check,
    compensation.check,
    link_events.check,
    message_events.check,
    message_correlation.check,
    signal_events.check,
    error_events.check,
    escalation_events.check,
    timer_events.check,
    conditional_events.check,
    implementation.check,
    decision_reference.check,
    reference_binding.check,
    call_activity.check,
    variable_mappings.check,
    multi_instance.check,
    standard_loop.check,
    data_objects.check,
    input_output.check,
    listeners.check,
    form_fields.check,
    script_task.check,
    priorities.check,
    history_time_to_live.check,
    disconnected.check,
    endless_loop.check,
)
"""The rules of every deployment."""

HISTORY_TIME_TO_LIVE_REQUIRED: Rule = history_time_to_live.check_required
"""The rule to add where the settings ask for a time to live of every process."""
