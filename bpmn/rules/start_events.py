"""Every process and sub-process has one clear beginning (BPMN 2.0.2, 10.5.2; 10.3.5)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Element, Kind, Process
from bpmn.problems import Problem, error

RULE = "bpmn.start_events"


def check(definitions: Definitions) -> Iterator[Problem]:
    """A process has at most one none start event and at least one way to start; a sub-process exactly one start event
    (an ad-hoc sub-process has none, see `bpmn.rules.ad_hoc`)."""
    for process in definitions.processes:
        for scope, children in process.scopes():
            starts = [process.elements[i] for i in children if process.elements[i].kind is Kind.START_EVENT]
            if scope is None:
                yield from _of_process(definitions, process, starts)
            elif scope.kind is Kind.AD_HOC_SUB_PROCESS:
                continue
            elif not starts:
                yield error(
                    definitions.resource,
                    RULE,
                    f"{scope.kind} '{scope.id}' must define a startEvent element",
                    scope.place,
                    scope.id,
                )
            elif len(starts) > 1:
                yield error(
                    definitions.resource,
                    RULE,
                    f"multiple start events not supported for subprocess '{scope.id}': "
                    + ", ".join(f"'{start.id}'" for start in starts),
                    starts[1].place,
                    scope.id,
                    *(start.id for start in starts),
                )


def _of_process(definitions: Definitions, process: Process, starts: list[Element]) -> Iterator[Problem]:
    plain = [start for start in starts if not start.events]
    if len(plain) > 1:
        yield error(
            definitions.resource,
            RULE,
            f"multiple none start events not supported on process definition '{process.id}': "
            + ", ".join(f"'{start.id}'" for start in plain),
            plain[1].place,
            *(start.id for start in plain),
        )
    if not starts and not any(element.instantiate for element in process.elements.values()):
        yield error(
            definitions.resource,
            RULE,
            f"process '{process.id}' must define a startEvent element",
            process.place,
            process.id,
        )
