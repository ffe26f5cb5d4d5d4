"""Variables as they are seen from a place in a process: its own, and those of all scopes around it."""

# ruff: noqa: S608  (the statements are made of constants and names of tables; all data is in parameters)

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Integer, LargeBinary, Text, and_, bindparam, case, func, literal, select

from bpmn.model import Kind
from engine.core.state import ElementInstance, Variable
from engine.core.variables import gathered
from engine.store import tables
from engine.store.layouts import DIALECTS, layout_of
from engine.store.transaction import ReadTransaction
from engine.values import Integer as IntegerValue
from engine.values import JsonValue, ObjectValue, Stored, decode, type_name

_element = tables.element_instance.c
_variable = tables.variable.c
_task = tables.user_task.c
_output = tables.loop_output.c

Variables = dict[str, object]
"""Names and values of `engine.values`."""


@dataclass(frozen=True, slots=True)
class _Ring:
    """One scope: its id, and the counters of a loop if it has any."""

    id: int
    kind: str
    loop_counter: int | None
    loop_total: int | None
    loop_completed: int
    tokens: int

    @property
    def is_body(self) -> bool:
        """Is it the scope around the instances of a multi-instance activity?"""
        return self.kind == Kind.MULTI_INSTANCE

    def counters(self) -> Iterable[tuple[str, object]]:
        """The variables that are kept as columns, as `engine.core.variables.virtual` shows them."""
        if self.kind == Kind.STANDARD_LOOP:
            yield "loopCounter", IntegerValue(self.loop_completed)
            return
        if self.loop_counter is not None:
            yield "loopCounter", IntegerValue(self.loop_counter)
        if self.kind == Kind.MULTI_INSTANCE and self.loop_total is not None:
            yield "nrOfInstances", IntegerValue(self.loop_total)
            yield "nrOfCompletedInstances", IntegerValue(self.loop_completed)
            yield "nrOfActiveInstances", IntegerValue(self.tokens)


def _rings() -> Any:
    """The living element instances `starts` and all around each, innermost first; the start's id begins the record."""
    columns = ("id", "scope_id", "element_kind", "loop_counter", "loop_total", "loop_completed", "tokens")
    first = select(
        _element.id.label("start"), *(_element[name] for name in columns), literal(0, Integer).label("depth")
    ).where(_element.id.in_(bindparam("starts", expanding=True)), _element.ended_at.is_(None))
    rings = first.cte("rings", recursive=True)
    outer = tables.element_instance.alias("outer_element")
    rings = rings.union_all(
        select(rings.c.start, *(outer.c[name] for name in columns), rings.c.depth + 1).join_from(
            rings, outer, outer.c.id == rings.c.scope_id
        )
    )
    wanted = ("start", "id", "element_kind", "loop_counter", "loop_total", "loop_completed", "tokens")
    return select(*(rings.c[name] for name in wanted)).order_by(rings.c.depth)


_RINGS: Final = _rings()
_VALUES: Final = select(
    _variable.scope_id,
    _variable.name,
    _variable.value_type,
    _variable.long_value,
    _variable.double_value,
    _variable.text_value,
    _variable.data_value,
    _variable.value_meta,
    _variable.id,
).where(
    _variable.scope_id.in_(bindparam("scopes", expanding=True)),
    _variable.ended_at.is_(None),
)
_OUTPUTS: Final = (
    select(_output.variable_id, _output.number, _output.content)
    .join(tables.variable, and_(_variable.id == _output.variable_id, _variable.revision == _output.revision))
    .where(_output.variable_id.in_(bindparam("variables", expanding=True)))
    .order_by(_output.id)
)


_SHORT: Final = frozenset({"Null", "Boolean", "Short", "Integer", "Long", "Double", "String", "Date"})
"""The types of values that are short, or texts that can be cut."""
_SHORT_VALUES: Final = select(
    _variable.scope_id,
    _variable.name,
    _variable.value_type,
    _variable.long_value,
    _variable.double_value,
    # What is neither short nor a text is not even read.
    case(
        (_variable.value_type == "String", func.substr(_variable.text_value, 1, bindparam("length", type_=Integer))),
        else_=literal(None, Text),
    ),
    literal(None, LargeBinary),
    literal(None, Text),
).where(
    _variable.scope_id.in_(bindparam("scopes", expanding=True)),
    _variable.name.in_(bindparam("names", expanding=True)),
    _variable.ended_at.is_(None),
)


def gather(connection: Connection, values: Mapping[int, object]) -> dict[int, object]:
    """By their ids, the values of variables of loops with what instances have given for them so far.

    Costs nothing unless one is a document.
    """
    found = dict(values)
    doubtful = [id for id, value in values.items() if isinstance(value, JsonValue | ObjectValue)]
    if doubtful:
        outputs: dict[int, list[tuple[int, str]]] = {}
        for id, number, content in connection.execute(_OUTPUTS, {"variables": doubtful}):
            outputs.setdefault(id, []).append((number, content))
        for id, given in outputs.items():
            found[id] = gathered(values[id], given)
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Where variables are asked for; exactly one of the ways in is set, besides the process instance."""

    process_instance_id: int | None
    element_instance_id: int | None = None
    user_task_id: int | None = None


def find_place(connection: Connection, scope_id: int) -> Place | None:
    """The place with that id: a living process instance, element instance or user task. None if there is none."""
    task = connection.execute(
        select(_task.process_instance_id, _task.element_instance_id).where(
            _task.id == scope_id, _task.ended_at.is_(None)
        )
    ).first()
    if task is not None:
        return Place(task.process_instance_id, task.element_instance_id, scope_id)
    return find_execution(connection, scope_id)


def find_execution(connection: Connection, scope_id: int) -> Place | None:
    """The living process instance or element instance with that id; None if there is none."""
    instance = tables.process_instance.c
    if connection.execute(select(1).where(instance.id == scope_id, instance.ended_at.is_(None))).first():
        return Place(scope_id)
    element = connection.execute(
        select(_element.process_instance_id).where(_element.id == scope_id, _element.ended_at.is_(None))
    ).first()
    return None if element is None else Place(element.process_instance_id, scope_id)


def visible(connection: Connection, place: Place) -> Variables:
    """All variables that can be read at a place; an inner one hides an outer one of the same name."""
    rings = []
    if place.element_instance_id is not None:
        rings = [_Ring(*row) for _, *row in connection.execute(_RINGS, {"starts": [place.element_instance_id]})]
    order = _outwards(place, {} if place.element_instance_id is None else {place.element_instance_id: rings})
    by_scope = _read(connection, order, {ring.id for ring in rings if ring.is_body})
    counters = {ring.id: dict(ring.counters()) for ring in rings}
    found: Variables = {}
    for scope in reversed(order):
        found.update(counters.get(scope, {}))
        found.update(by_scope.get(scope, {}))
    return found


def _surroundings(dialect: str) -> tuple[str, str]:
    """For many element instances at once: the rings around each with its process instance, and the values in scopes.

    With one parameter each, whatever the number of ids, so that the database prepares them once.
    """
    columns = ("element_kind", "loop_counter", "loop_total", "loop_completed", "tokens")
    inner, outer = (", ".join(f"{table}.{name}" for name in columns) for table in ("element_instance", "around"))
    elements, variables = layout_of(ElementInstance, dialect), layout_of(Variable, dialect)
    rings = (
        f"WITH RECURSIVE ring (start, instance, id, {', '.join(columns)}, scope_id, depth) AS ("
        "SELECT element_instance.id, element_instance.process_instance_id, element_instance.id, "
        f"{inner}, element_instance.scope_id, 0 {elements.found_by('id')} AND element_instance.ended_at IS NULL "
        f"UNION ALL SELECT ring.start, ring.instance, around.id, {outer}, around.scope_id, ring.depth + 1 "
        "FROM ring CROSS JOIN element_instance AS around WHERE around.id = ring.scope_id) "
        f"SELECT start, instance, id, {', '.join(columns)} FROM ring ORDER BY depth"
    )
    values = (
        "SELECT scope_id, name, id, value_type, long_value, double_value, text_value, data_value, value_meta "
        f"{variables.found_by('scope_id')} AND ended_at IS NULL"
    )
    return rings, values


_SURROUNDINGS: Final = {dialect: _surroundings(dialect) for dialect in DIALECTS}


def visible_of_elements(tx: ReadTransaction, element_instance_ids: Collection[int]) -> dict[int, Variables]:
    """As `visible`, for many element instances at once, by their ids; those that do not live are absent."""
    if not element_instance_ids:
        return {}
    find_rings, find_values = _SURROUNDINGS[tx.dialect]
    instances: dict[int, int] = {}
    rings: dict[int, list[_Ring]] = {}
    scopes: set[int] = set()
    starts = layout_of(ElementInstance, tx.dialect).many("id", element_instance_ids)
    for start, instance, *ring in tx.run(find_rings, (starts,)):
        instances[start] = instance
        rings.setdefault(start, []).append(_Ring(*ring))
        scopes.update((instance, ring[0]))
    by_scope: dict[int, Variables] = {}
    given = layout_of(Variable, tx.dialect).many("scope_id", sorted(scopes))
    bodies = {each.id for around in rings.values() for each in around if each.is_body}
    of_bodies: dict[int, tuple[int, str]] = {}
    for scope_id, name, id, *stored in tx.run(find_values, (given,)):
        by_scope.setdefault(scope_id, {})[name] = decode(Stored(*stored))
        if scope_id in bodies:
            of_bodies[id] = scope_id, name
    if of_bodies:
        whole = gather(tx.connection, {id: by_scope[scope][name] for id, (scope, name) in of_bodies.items()})
        for id, (scope, name) in of_bodies.items():
            by_scope[scope][name] = whole[id]
    found: dict[int, Variables] = {}
    for start, around in rings.items():
        seen: Variables = dict(by_scope.get(instances[start], {}))
        for each in reversed(around):
            seen.update(each.counters())
            seen.update(by_scope.get(each.id, {}))
        found[start] = seen
    return found


def local(connection: Connection, scope_id: int) -> Variables:
    """The variables of that one scope alone: of a process instance, an execution or a user task."""
    rings = [_Ring(*row) for _, *row in connection.execute(_RINGS.limit(1), {"starts": [scope_id]})]
    found: Variables = dict(rings[0].counters()) if rings else {}
    found.update(_read(connection, [scope_id], {ring.id for ring in rings if ring.is_body}).get(scope_id, {}))
    return found


def local_of_elements(connection: Connection, element_instance_ids: Collection[int]) -> dict[int, Variables]:
    """The variables of element instances alone, by their ids; those without any are absent."""
    return _read(connection, list(element_instance_ids))


def visible_of_tasks(connection: Connection, places: Iterable[Place], *, only_local: bool) -> dict[int, Variables]:
    """By the id of each task, the variables it sees, or those of its own alone."""
    wanted = [place for place in places if place.user_task_id is not None]
    if only_local:
        by_scope = _read(connection, [place.user_task_id for place in wanted if place.user_task_id])
        return {place.user_task_id: by_scope.get(place.user_task_id, {}) for place in wanted if place.user_task_id}
    return {place.user_task_id: visible(connection, place) for place in wanted if place.user_task_id}


@dataclass(frozen=True, slots=True)
class ShortValue:
    """A value as far as it is shown beside others: None for what is neither a number, a date, a flag nor a text."""

    type: str
    value: object


def short_of_tasks(
    connection: Connection, places: Sequence[Place], names: Collection[str], length: int
) -> dict[int, dict[str, ShortValue]]:
    """By the id of each task, what it sees of the variables with these names, in two statements for all.

    Texts are cut after `length` characters.
    """
    starts = [place.element_instance_id for place in places if place.element_instance_id is not None]
    rings: dict[int, list[_Ring]] = {}
    if starts:
        for start, *ring in connection.execute(_RINGS, {"starts": starts}):
            rings.setdefault(start, []).append(_Ring(*ring))
    around = {place: _outwards(place, rings) for place in places}
    scopes = sorted({scope for order in around.values() for scope in order})
    by_scope: dict[int, dict[str, ShortValue]] = {}
    if scopes:
        given = {"scopes": scopes, "names": list(names), "length": length}
        for scope_id, name, type, *rest in connection.execute(_SHORT_VALUES, given):
            value = decode(Stored(type, *rest)) if type in _SHORT else None
            by_scope.setdefault(scope_id, {})[name] = ShortValue(type, value)
    counters = {
        ring.id: {name: ShortValue(type_name(value), value) for name, value in ring.counters() if name in names}
        for each in rings.values()
        for ring in each
    }
    found: dict[int, dict[str, ShortValue]] = {}
    for place, order in around.items():
        seen: dict[str, ShortValue] = {}
        for scope in reversed(order):
            seen.update(counters.get(scope, {}))
            seen.update(by_scope.get(scope, {}))
        if place.user_task_id is not None:
            found[place.user_task_id] = seen
    return found


def _outwards(place: Place, rings: Mapping[int, Sequence[_Ring]]) -> list[int]:
    """The scopes whose variables are seen at the place, the innermost first."""
    inner = [] if place.user_task_id is None else [place.user_task_id]
    middle = [] if place.element_instance_id is None else [ring.id for ring in rings.get(place.element_instance_id, ())]
    outer = [] if place.process_instance_id is None else [place.process_instance_id]
    return [*inner, *middle, *outer]


def _read(connection: Connection, scopes: list[int], bodies: Collection[int] = ()) -> dict[int, Variables]:
    """The variables of scopes, of which `bodies` are those of loops."""
    by_scope: dict[int, Variables] = {}
    of_bodies: dict[int, tuple[int, str]] = {}
    if not scopes:
        return by_scope
    for scope_id, name, *stored, id in connection.execute(_VALUES, {"scopes": scopes}):
        by_scope.setdefault(scope_id, {})[name] = decode(Stored(*stored))
        if scope_id in bodies:
            of_bodies[id] = scope_id, name
    whole = gather(connection, {id: by_scope[scope][name] for id, (scope, name) in of_bodies.items()})
    for id, (scope, name) in of_bodies.items():
        by_scope[scope][name] = whole[id]
    return by_scope
