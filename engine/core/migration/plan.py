"""Migration plans: which element of the one definition becomes which element of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bpmn.model import Kind
from engine.core.events.compensation import is_compensation
from engine.core.graph import Definition, Node


@dataclass(frozen=True, slots=True)
class MigrationInstruction:
    """What is at the element `source` goes on at the element `target` of the other definition.

    `update_event_trigger`: the time or the name that is waited for there is read anew.
    """

    source: str
    target: str
    update_event_trigger: bool = False


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """Instances of the definition `source_id` go on in `target_id`; there they get the `variables`."""

    source_id: int
    target_id: int
    instructions: tuple[MigrationInstruction, ...] = ()
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """An instruction whose elements both exist."""

    instruction: MigrationInstruction
    source: Node
    target: Node


class Pairing:
    """Two definitions, and the pairs that instructions make of their elements."""

    def __init__(self, source: Definition, target: Definition, pairs: tuple[Pair, ...]) -> None:
        self.source, self.target, self.pairs = source, target, pairs
        self.source_places, self.target_places = waiting_places(source), waiting_places(target)

    @classmethod
    def of(cls, source: Definition, target: Definition, instructions: tuple[MigrationInstruction, ...]) -> Pairing:
        """The pairs of instructions; those that name what does not exist make none."""
        found = []
        for each in instructions:
            from_, to = source.nodes.get(each.source), target.nodes.get(each.target)
            if from_ is not None and to is not None:
                found.append(Pair(each, from_, to))
        return cls(source, target, tuple(found))

    @cached_property
    def by_source(self) -> Mapping[str, Pair]:
        """The pairs by the id of their source."""
        return {pair.source.id: pair for pair in self.pairs}

    @cached_property
    def times_mapped(self) -> Mapping[str, int]:
        """How many instructions there are for an element, by its id."""
        return Counter(pair.source.id for pair in self.pairs)

    @cached_property
    def by_target(self) -> Mapping[str, tuple[Pair, ...]]:
        """The pairs by the id of their target."""
        found: dict[str, tuple[Pair, ...]] = {}
        for pair in self.pairs:
            found[pair.target.id] = (*found.get(pair.target.id, ()), pair)
        return found

    def home(self, source: Node) -> str | None:
        """The id of what the nearest scope around an element becomes that becomes anything; None: the process."""
        scope = source.scope
        while scope is not None:
            pair = self.by_source.get(scope)
            if pair is not None:
                return pair.target.id
            scope = self.source.nodes[scope].scope
        return None


def waiting_places(definition: Definition) -> Mapping[str, str | None]:
    """For the events that something else waits for, by their ids: the activity they are attached to, the scope around
    the event sub-process they start (None: the process), or the event-based gateway before them."""
    found: dict[str, str | None] = {event.id: None for event in definition.event_starts}
    for node in definition.nodes.values():
        found.update((event.id, node.id) for event in (*node.boundary, *node.event_starts, *node.events_behind))
    # What compensates an activity is called when that has ended: the activity does not wait for it.
    nodes = definition.nodes
    return {
        id: place
        for id, place in found.items()
        if nodes[id].kind is not Kind.BOUNDARY_EVENT or not is_compensation(nodes[id].element)
    }
