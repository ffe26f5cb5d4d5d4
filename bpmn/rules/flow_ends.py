"""A sequence flow joins two flow nodes of one scope (BPMN 2.0.2, 8.4.13)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, written_id
from bpmn.problems import Problem, error

RULE = "bpmn.flow_ends"


def check(definitions: Definitions) -> Iterator[Problem]:
    """Both ends exist, in the same process and in the same (sub-)process."""
    for process in definitions.processes:
        for flow in process.flows.values():
            source, target = process.elements.get(flow.source), process.elements.get(flow.target)
            if source is None:
                yield error(
                    definitions.resource,
                    RULE,
                    f"Invalid source '{flow.source}' of sequence flow '{flow.id}'",
                    flow.place,
                    flow.id,
                )
            if target is None:
                yield error(
                    definitions.resource,
                    RULE,
                    f"Invalid destination '{flow.target}' of sequence flow '{flow.id}'",
                    flow.place,
                    flow.id,
                )
            if source is not None and target is not None and source.scope != target.scope:
                yield error(
                    definitions.resource,
                    RULE,
                    f"Invalid destination '{target.written_id}' of sequence flow '{flow.id}': it is in "
                    f"'{written_id(target.scope or process.id)}', while the source '{source.written_id}' is in "
                    f"'{written_id(source.scope or process.id)}'; a flow must not cross the border of a sub-process",
                    flow.place,
                    flow.id,
                    source.written_id,
                    target.written_id,
                )
