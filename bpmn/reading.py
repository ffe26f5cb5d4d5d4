"""What the readers of one file share: its name, its dialect, and the problems found so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bpmn.model import EMPTY, Dialect, Error, Escalation, Expression, Message, Place, Signal
from bpmn.problems import Problem, error, warning
from bpmn.vocabulary.text import element_expression
from bpmn.xml import Node


@dataclass(slots=True)
class Roots:
    """The root elements that events refer to, by id; `event_definitions` are the reusable ones, unread."""

    messages: dict[str, Message] = field(default_factory=dict)
    signals: dict[str, Signal] = field(default_factory=dict)
    errors: dict[str, Error] = field(default_factory=dict)
    escalations: dict[str, Escalation] = field(default_factory=dict)
    event_definitions: dict[str, Node] = field(default_factory=dict)
    item_types: dict[str, str] = field(default_factory=dict)
    """The local names of the types (`structureRef`) of item definitions."""


class Reading:
    """One file being read. `language` is the default expression language: "juel", or "feel" in a Camunda 8 model;
    `script_language` is that of a script task which names none."""

    def __init__(self, resource: str, dialect: Dialect, script_language: str = "juel") -> None:
        self.resource = resource
        self.dialect = dialect
        self.script_language = script_language
        self.language = "feel" if dialect is Dialect.CAMUNDA_8 else "juel"
        self.problems: list[Problem] = []
        self.roots = Roots()

    def error(self, rule: str, message: str, place: Place, *element_ids: str) -> None:
        """Note what refuses the deployment."""
        self.problems.append(error(self.resource, rule, message, place, *element_ids))

    def warning(self, rule: str, message: str, place: Place, *element_ids: str) -> None:
        """Note what is only told."""
        self.problems.append(warning(self.resource, rule, message, place, *element_ids))


Parts = Mapping[str, list[Node]]
"""Nodes by their tag, each list in document order."""

NO_PARTS: Parts = EMPTY


def by_tag(nodes: Iterable[Node]) -> Parts:
    """Group nodes by their tag."""
    parts: dict[str, list[Node]] = {}
    for node in nodes:
        parts.setdefault(node.tag, []).append(node)
    return parts


def extensions_of(node: Node) -> Parts:
    """What stands in the node's `extensionElements`, by tag."""
    for child in node.children:
        if child.tag == "extensionElements":
            return by_tag(child.children) if child.children else NO_PARTS
    return NO_PARTS


def frozen(pairs: Mapping[str, str]) -> Mapping[str, str]:
    """A read-only view, shared when empty."""
    return MappingProxyType(dict(pairs)) if pairs else EMPTY


class Context:
    """Where a flow node stands while its specifics are read."""

    __slots__ = ("extensions", "id", "node", "parts", "reading")

    def __init__(self, reading: Reading, node: Node, parts: Parts, extensions: Parts, id_: str) -> None:
        self.reading = reading
        self.node = node
        self.parts = parts
        self.extensions = extensions
        self.id = id_

    def first(self, tag: str) -> Node | None:
        """The first child with the tag."""
        nodes = self.parts.get(tag)
        return nodes[0] if nodes else None

    def formal(self, tag: str) -> Expression | None:
        """The expression in the first child with the tag."""
        return element_expression(self.first(tag), self.reading.language)

    def error(self, rule: str, message: str) -> None:
        """Note an error about this node."""
        self.reading.error(rule, message, self.node.place, self.id)
