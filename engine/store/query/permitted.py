"""Which rows somebody may see: what opens a row of a resource, as a condition in SQL.

A row is open to those whom one of the `rights` of its resource permits, and to those whose `own` it is; and never to
those outside of its tenant. A resource without an opening is open to administrators alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, False_, Integer, and_, exists, false, func, or_, select, true, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from engine.authorization import Actor, Permissions, Right, Verdicts
from engine.authorization import Resource as Thing
from engine.store import tables
from engine.store.query.kinds import parse_id

Column = ColumnElement[Any]

_task = tables.user_task.c
_link = tables.identity_link.c
_instance = tables.process_instance.c
_starter = tables.candidate_starter.c
_definition = tables.process_definition.c


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and what authorizations say of it."""

    actor: Actor
    permissions: Permissions


Own = Callable[[Actor], ColumnElement[bool]]
"""The condition for rows that are the actor's own, which need no authorization."""


@dataclass(frozen=True, eq=False)
class Opening:
    """What opens rows: any of `rights` on the things that are in the columns `things`, or being one's `own`."""

    rights: Sequence[Right]
    things: Mapping[Thing, Column]
    tenant: Column | None = None
    """None: the rows belong to no tenant."""
    own: Own | None = None


CLOSED: Final = Opening((), {})
"""Nothing opens these rows but being an administrator."""


def opened(opening: Opening, viewer: Viewer) -> ColumnElement[bool]:
    """The condition for rows that are open to the viewer, whatever their tenant."""
    if viewer.actor.administrator:
        return true()
    found = permitted(opening.rights, opening.things, viewer.permissions)
    if opening.own is None:
        return found
    own = opening.own(viewer.actor)
    if isinstance(found, False_):
        return own
    if isinstance(found, likely):
        # SQLite must not gather the rows by indexes before it sorts them.
        return likely(or_(found, func.coalesce(own, false())))
    return or_(own, found)


def permitted(rights: Sequence[Right], things: Mapping[Thing, Column], permissions: Permissions) -> ColumnElement[bool]:
    """The condition that authorizations permit it: the first right of which they say anything decides."""
    found: ColumnElement[bool] = false()
    for right in reversed(rights):
        column = things.get(right.resource)
        if column is not None:
            found = _decide(column, permissions.verdicts(right.resource, right.permission), found)
    return found


def _decide(column: Column, verdicts: Verdicts, otherwise: ColumnElement[bool]) -> ColumnElement[bool]:
    refused = _among(column, verdicts.refused)
    if verdicts.others:
        theirs = column.is_not(None) if not verdicts.refused else and_(column.is_not(None), ~refused)
        return likely(_either(theirs, _both(column.is_(None), otherwise)))
    yes = _among(column, verdicts.permitted)
    if verdicts.others is False:
        return _either(yes, _both(column.is_(None), otherwise))
    if not verdicts.refused:
        return _either(yes, otherwise)
    return _either(yes, _both(or_(column.is_(None), ~refused), otherwise))


def _either(one: ColumnElement[bool], other: ColumnElement[bool]) -> ColumnElement[bool]:
    """OR, so that what is never true is not asked: it would hide from the database how rows are found."""
    if isinstance(one, False_):
        return other
    return one if isinstance(other, False_) else or_(one, other)


def _both(one: ColumnElement[bool], other: ColumnElement[bool]) -> ColumnElement[bool]:
    return other if isinstance(other, False_) else and_(one, other)


class likely(FunctionElement[bool]):  # noqa: N801 - read as a function of SQL
    """The condition, of which SQLite is told that it holds for most rows: else it sorts all before it takes a few."""

    inherit_cache = True
    type = Boolean()


@compiles(likely)
def _render_condition(element: likely, compiler: SQLCompiler, **options: Any) -> str:
    (condition,) = element.clauses
    return f"({compiler.process(condition, **options)})"


@compiles(likely, "sqlite")
def _render_likely(element: likely, compiler: SQLCompiler, **options: Any) -> str:
    (condition,) = element.clauses
    return f"likely({compiler.process(condition, **options)})"


def _among(column: Column, ids: Collection[str]) -> ColumnElement[bool]:
    if not ids:
        return false()
    if isinstance(column.type, Integer):
        numbers = (parse_id(each) for each in sorted(ids))
        return column.in_([each for each in numbers if each is not None])
    return column.in_(sorted(ids))


def of_tenant(column: Column | None, actor: Actor) -> ColumnElement[bool]:
    """The condition for rows of the actor's tenants, and of none."""
    if column is None or actor.administrator:
        return true()
    return likely(column.in_(("", *sorted(actor.tenants))))


# ---------------------------------------------------------------- what is somebody's own


def own_tasks(actor: Actor, *, alive: bool) -> Any:
    """A select of the ids of the tasks that the actor has, owns or may take; `alive`: of those that are open.

    One search by index for each part that somebody can have in a task.
    """
    user = actor.user_id
    ended = (_task.ended_at.is_(None),) if alive else ()
    parts = [
        select(_task.id).where(_task.assignee == user, *ended),
        select(_task.id).where(_task.owner == user, *ended),
        select(_link.user_task_id).where(_link.user_id == user, *((_link.ended_at.is_(None),) if alive else ())),
    ]
    if actor.groups:
        mine = _link.group_id.in_(sorted(actor.groups))
        parts.append(select(_link.user_task_id).where(mine, *((_link.ended_at.is_(None),) if alive else ())))
    return union_all(*parts)


def of_task(column: Column, *, alive: bool) -> Own:
    """Rows of tasks that the actor has, owns or may take, by the column with the id of the task."""
    return lambda actor: false() if actor.user_id is None else column.in_(own_tasks(actor, alive=alive))


def of_starter(column: Column) -> Own:
    """Rows of process instances that the actor has started, by the column with the id of the instance."""

    def condition(actor: Actor) -> ColumnElement[bool]:
        if actor.user_id is None:
            return false()
        return column.in_(select(_started.id).where(_started.start_user == actor.user_id))

    return condition


_started = tables.process_instance.alias("started").c


def startable(actor: Actor) -> ColumnElement[bool]:
    """Process definitions of which the actor is a candidate starter by the model."""
    if actor.user_id is None:
        return false()
    whose = [_starter.user_id == actor.user_id]
    if actor.groups:
        whose.append(_starter.group_id.in_(sorted(actor.groups)))
    found = select(1).select_from(tables.candidate_starter).where(_starter.definition_id == _definition.id, or_(*whose))
    return exists(found)


def any_own(*owns: Own) -> Own:
    """Rows that are the actor's own in any of these ways."""
    return lambda actor: or_(*(own(actor) for own in owns))


def key_of(definition_id: Column) -> Column:
    """The key of the process definition with the id in a column, for sources without the definition."""
    named = tables.process_definition.alias().c
    return select(named.key).where(named.id == definition_id).scalar_subquery()


# ---------------------------------------------------------------- what most resources are opened by


def of_instance(
    rights: Sequence[Right], instance_id: Column, key: Column, tenant: Column, *, task_id: Column | None = None
) -> Opening:
    """What is part of process instances: open to those who started them, too."""
    things = {
        Thing.PROCESS_INSTANCE: instance_id,
        Thing.HISTORIC_PROCESS_INSTANCE: instance_id,
        Thing.PROCESS_DEFINITION: key,
    }
    own = of_starter(instance_id)
    if task_id is not None:
        things |= {Thing.TASK: task_id, Thing.HISTORIC_TASK: task_id}
        own = any_own(own, of_task(task_id, alive=False))
    return Opening(rights, things, tenant, own)
