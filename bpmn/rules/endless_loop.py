"""No loop runs for ever without a wait, a decision or a transaction boundary in it."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions, Element, Flow, Kind, Process
from bpmn.problems import Problem, error

RULE = "bpmn.endless_loop"

_PASS_THROUGH = (
    Kind.TASK,
    Kind.MANUAL_TASK,
    Kind.INTERMEDIATE_THROW_EVENT,
    Kind.EXCLUSIVE_GATEWAY,
    Kind.INCLUSIVE_GATEWAY,
    Kind.PARALLEL_GATEWAY,
)


def check(definitions: Definitions) -> Iterator[Problem]:
    """A cycle of nodes that do nothing but pass the token on, over flows that are taken without a condition."""
    for process in definitions.processes:
        following = {
            element.id: [flow.target for flow in _surely_taken(process, element)]
            for element in process.elements.values()
            if _passes(element)
        }
        for cycle in _cycles(following):
            yield error(
                definitions.resource,
                RULE,
                "the loop " + " -> ".join([*cycle, cycle[0]]) + " never ends: nothing in it waits, and no condition "
                "leads out of it",
                process.elements[cycle[0]].place,
                *cycle,
            )


def _passes(element: Element) -> bool:
    if element.kind not in _PASS_THROUGH or element.async_before or element.async_after or element.events:
        return False
    if element.boundary_events or element.listeners or element.io is not None:
        return False
    return element.kind is not Kind.PARALLEL_GATEWAY or len(element.incoming) < 2


def _surely_taken(process: Process, element: Element) -> list[Flow]:
    """The flows that a token takes whatever the variables are."""
    flows = [process.flows[flow] for flow in element.outgoing]
    if len(flows) == 1 and element.kind in (Kind.EXCLUSIVE_GATEWAY, Kind.INCLUSIVE_GATEWAY):
        return [flow for flow in flows if flow.condition is None]
    if element.kind is Kind.EXCLUSIVE_GATEWAY:
        return flows[:1] if flows and flows[0].condition is None and flows[0].id != element.default else []
    if element.kind is Kind.PARALLEL_GATEWAY:
        return flows
    return [flow for flow in flows if flow.condition is None and flow.id != element.default]


def _cycles(following: dict[str, list[str]]) -> Iterator[list[str]]:
    """Every cycle once, by a depth-first walk without recursion."""
    done: set[str] = set()
    for root, targets in following.items():
        if root in done:
            continue
        path: list[str] = [root]
        on_path = {root: 0}
        branches = [iter(targets)]
        while path:
            target = next(branches[-1], None)
            if target is None:
                done.add(path[-1])
                del on_path[path.pop()]
                branches.pop()
            elif target in on_path:
                yield path[on_path[target] :]
            elif target in following and target not in done:
                on_path[target] = len(path)
                path.append(target)
                branches.append(iter(following[target]))
