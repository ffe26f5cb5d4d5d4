"""Forks: new process instances that begin as others were at some moment of their history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.core.commands.fork import ForkInstance, Position, Refusal, positions, refusals
from engine.core.graph import Definition
from engine.core.state import ElementInstance, ProcessInstance
from engine.errors import BadRequest, InvalidInstruction, NotFound
from engine.executor import Executor
from engine.services.definitions import BoundDefinitions
from engine.store import restarts
from engine.store.database import Database
from engine.store.query import moments
from engine.store.query.moments import Remains

__all__ = ["ForkPlan", "ForkPreview", "Forks", "Place", "Refusal"]

MOST_PLACES = 1000
"""A fork begins with so many element instances at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkPlan:
    """Which instance is forked, as it was when, and what of that is to be otherwise.

    `definition_id`: a version of the same process. `variables` are set in place of those that the instance had then.
    """

    instance_id: int
    at: datetime
    definition_id: int
    variables: Mapping[str, object] = field(default_factory=dict)
    without_business_key: bool = False
    skip_listeners: bool = False
    skip_io_mappings: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where tokens begin: at an element, in scopes (outermost first), and how many; `behind`: over a flow after it."""

    element_id: str
    scopes: tuple[str, ...]
    behind: bool
    number: int


@dataclass(frozen=True, slots=True)
class ForkPreview:
    """What a fork would do. With `refusals` nothing could be tried.

    `waiting`: how many element instances there would be in the end, by element; `passed`: how many would have begun and
    ended by then. `ends`: nothing would be left.
    """

    moment: datetime
    places: Sequence[Place]
    refusals: Sequence[Refusal]
    waiting: Mapping[str, int]
    passed: Mapping[str, int]
    ends: bool


class Forks:
    """Starts instances as others were."""

    def __init__(self, database: Database, definitions: BoundDefinitions, executor: Executor) -> None:
        self._database, self._definitions, self._executor = database, definitions, executor

    def execute(self, plan: ForkPlan, *, user: str | None = None) -> int:
        """Start the fork; gives its id.

        Raises NotFound for the instance or the definition, BadRequest for a time before it began or a definition of
        another process, InvalidInstruction where what was there cannot begin again, Suspended, ExecutionFailed.
        """
        command, refused = self._command(plan, user)
        if refused:
            raise InvalidInstruction(f"There can be no fork of this moment: {'; '.join(map(str, refused))}")
        (outcome,) = self._executor.execute([command])
        return int(outcome.get())

    def preview(self, plan: ForkPlan, *, user: str | None = None) -> ForkPreview:
        """What `execute` would do now, which is done and undone; raises what it would raise, but for what is told as
        refusals."""
        command, refused = self._command(plan, user)
        places = _places(command.positions)
        if refused:
            return ForkPreview(command.forked_at, places, refused, {}, {}, ends=False)
        (outcome,), changes = self._executor.rehearse([command])
        made = outcome.get()
        waiting: Counter[str] = Counter()
        passed: Counter[str] = Counter()
        for row in changes.inserted.get(ElementInstance, ()):
            if isinstance(row, ElementInstance) and row.process_instance_id == made:
                (waiting if row.ended_at is None else passed)[row.element_id] += 1
        instances = changes.inserted.get(ProcessInstance, ())
        ends = any(
            isinstance(row, ProcessInstance) and row.id == made and row.ended_at is not None for row in instances
        )
        return ForkPreview(command.forked_at, places, (), waiting, passed, ends)

    def _command(self, plan: ForkPlan, user: str | None) -> tuple[ForkInstance, Sequence[Refusal]]:
        with self._database.read() as tx:
            origin = restarts.past_instances(tx, [plan.instance_id]).get(plan.instance_id)
            if origin is None:
                raise NotFound("process instance", plan.instance_id)
            moment = moments.last_moment(tx.connection, origin.id, plan.at)
            if moment is None:
                raise BadRequest(f"Process instance {origin.id} began only at {origin.started_at.isoformat()}")
            remains = moments.read_remains(tx, origin.id, moment, MOST_PLACES)
        definition = self._definition(plan, origin)
        found = positions(moment, remains.elements, remains.values, remains.completed)
        command = ForkInstance(
            forked_id=origin.id,
            forked_root_id=origin.root_id,
            forked_definition_id=origin.definition_id,
            forked_at=moment,
            definition_id=plan.definition_id,
            positions=found,
            variables={**remains.values.get(origin.id, {}), **plan.variables},
            business_key=None if plan.without_business_key else origin.business_key,
            skip_listeners=plan.skip_listeners,
            skip_io_mappings=plan.skip_io_mappings,
            user=user,
        )
        return command, _refusals(plan, definition, remains, found)

    def _definition(self, plan: ForkPlan, origin: ProcessInstance) -> Definition:
        """The definition of the fork. Raises NotFound, and BadRequest unless it is a version of the same process."""
        definition = self._definitions.get(plan.definition_id)
        key = self._definitions.get(origin.definition_id).key
        if (definition.key, definition.tenant_id) != (key, origin.tenant_id):
            raise BadRequest(
                f"A fork of process instance {origin.id} must be of a version of process '{key}', "
                f"and {definition.reference} is none"
            )
        return definition


def _refusals(plan: ForkPlan, definition: Definition, remains: Remains, found: Sequence[Position]) -> Sequence[Refusal]:
    if len(remains.elements) > MOST_PLACES:
        return [Refusal(None, f"more than {MOST_PLACES:,} element instances were active then")]
    return [
        *refusals(definition, found),
        *(
            Refusal(None, f"what variable '{name}' was then is not kept in history (level full): give it a value")
            for scope_id, name in remains.unknown
            if scope_id != plan.instance_id or name not in plan.variables
        ),
    ]


def _places(found: Sequence[Position]) -> list[Place]:
    """Where tokens begin, in the order of age; those that are alike counted."""
    numbers: Counter[tuple[str, tuple[str, ...], bool]] = Counter()
    front: list[tuple[Position, tuple[str, ...]]] = [(each, ()) for each in reversed(found)]
    while front:
        position, scopes = front.pop()
        if not position.children:
            numbers[position.element_id, scopes, position.transition == "after"] += 1
        front.extend((child, (*scopes, position.element_id)) for child in reversed(position.children))
    return [Place(*key, number) for key, number in numbers.items()]
