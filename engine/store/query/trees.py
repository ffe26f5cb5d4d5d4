"""Where the tokens of a process instance are, as the tree of Camunda's activity instances."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from engine.store import tables
from engine.store.query.instances import PROCESS_INSTANCES
from engine.store.query.resource import select_one
from engine.store.query.views import ProcessInstanceView

_element = tables.element_instance.c
_incident = tables.incident.c


@dataclass(slots=True)
class TreeNode:
    """A living element instance, with what is directly inside it.

    `transition` is "before" or "after" for a token that waits there for a job.
    """

    id: int
    scope_id: int
    """What is directly around it by the model."""
    execution_id: int
    element_id: str
    element_kind: str
    element_name: str | None
    transition: str | None
    children: list[TreeNode] = field(default_factory=list)
    incident_ids: list[int] = field(default_factory=list)
    """Open incidents at it, also those that instances got from what they called."""


@dataclass(slots=True)
class ActivityTree:
    """A running process instance and the tree of what is active in it."""

    instance: ProcessInstanceView
    children: list[TreeNode] = field(default_factory=list)


def read_tree(connection: Connection, process_instance_id: int) -> ActivityTree | None:
    """The tree of a running process instance, children in the order in which they began; None if there is none."""
    row = connection.execute(select_one(PROCESS_INSTANCES, process_instance_id)).first()
    if row is None:
        return None
    tree = ActivityTree(PROCESS_INSTANCES.make(*row))
    statement = (
        select(
            _element.id,
            func.coalesce(_element.flow_scope_id, _element.scope_id),
            _element.execution_id,
            _element.element_id,
            _element.element_kind,
            _element.element_name,
            _element.transition,
        )
        .where(_element.process_instance_id == process_instance_id, _element.ended_at.is_(None))
        .order_by(_element.id)
    )
    nodes = {row.id: TreeNode(*row) for row in connection.execute(statement)}
    for node in nodes.values():
        parent = nodes.get(node.scope_id)
        (tree.children if parent is None else parent.children).append(node)
    incidents = select(_incident.element_instance_id, _incident.id).where(
        _incident.process_instance_id == process_instance_id, _incident.ended_at.is_(None)
    )
    for place, incident_id in connection.execute(incidents.order_by(_incident.id)):
        if place in nodes:
            nodes[place].incident_ids.append(incident_id)
    return tree
