"""What is new for people, as they see it: notices of tasks that they may see, and open tasks that processes gave them.

Of the latter there are no rows but the tasks themselves: they are told together by the user task that they are of, so
that a thousand take one line, and they are gone when they are done.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from engine.core.state import MovedTask
from engine.store import tables
from engine.store.query.conditions import NOW
from engine.store.query.permitted import Viewer
from engine.store.query.resource import Query, Resource
from engine.store.query.tasks import HISTORIC_TASKS, TASKS
from engine.store.query.views import TaskView
from engine.store.transaction import ReadTransaction, WriteTransaction

_table = tables.notice
_notice = _table.c
_task = tables.user_task.c
_definition = tables.process_definition.c
_comment = tables.comment.c
_seen = tables.tasks_seen.c

GIVEN: Final = "given"
"""The kind of what tells of tasks that a process gave."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What is new for somebody: what kind of thing, at which task, and who did it; `message` is what a comment says.

    Where a process gave tasks, `count` is how many of these are open and unread (or read, if all are), `task_id` the
    last of them, and that is the id, too.
    """

    id: int
    kind: str
    task_id: int
    task_name: str | None
    process_name: str | None
    actor_id: str | None
    message: str | None
    created_at: datetime
    read_at: datetime | None
    count: int = 1


def newest(tx: ReadTransaction, user_id: str, viewer: Viewer | None, now: datetime, limit: int) -> list[NoticeView]:
    """The last `limit` things that are new for a user, of tasks that the viewer may see, the newest first."""
    found = [*_notices(tx, user_id, viewer, now, limit), *_given(tx, user_id, viewer, now, limit)]
    return sorted(found, key=attrgetter("created_at", "id"), reverse=True)[:limit]


def _notices(tx: ReadTransaction, user_id: str, viewer: Viewer | None, now: datetime, limit: int) -> list[NoticeView]:
    source = (
        _table.join(tables.user_task, _task.id == _notice.user_task_id)
        .outerjoin(tables.process_definition, _definition.id == _task.definition_id)
        .outerjoin(tables.comment, _comment.id == _notice.comment_id)
    )
    statement = (
        select(
            _notice.id,
            _notice.kind,
            _notice.user_task_id,
            _task.name,
            _definition.name,
            _notice.actor_id,
            _comment.message,
            _notice.created_at,
            _notice.read_at,
        )
        .select_from(source)
        .where(_notice.user_id == user_id, _notice.user_task_id.in_(_visible(user_id, viewer)))
        .order_by(_notice.created_at.desc(), _notice.id.desc())
        .limit(limit)
    )
    return [NoticeView(*row) for row in tx.connection.execute(statement, {NOW.key: now})]


def _given(tx: ReadTransaction, user_id: str, viewer: Viewer | None, now: datetime, limit: int) -> list[NoticeView]:
    """By user task, the open tasks that processes gave to a user."""
    alike = (_task.definition_id, _task.element_id)
    newest_first = (_task.given_at.desc(), _task.id.desc())
    unread = or_(_seen.seen_at.is_(None), _task.given_at > _seen.seen_at)
    source = TASKS.source.outerjoin(tables.tasks_seen, and_(_seen.user_id == user_id, *_same_user_task()))
    tasks = (
        select(
            _task.id,
            _task.name,
            _definition.name.label("process_name"),
            _task.given_at,
            _seen.seen_at,
            func.count().over(partition_by=alike).label("all"),
            func.count(case((unread, 1))).over(partition_by=alike).label("unread"),
            func.row_number().over(partition_by=alike, order_by=newest_first).label("place"),
        )
        .select_from(source)
        .where(TASKS.where(Query(), viewer), _task.assignee == user_id, _task.given_at.is_not(None))
        .subquery()
        .c
    )
    last = select(*tasks).where(tasks.place == 1).order_by(tasks.given_at.desc(), tasks.id.desc()).limit(limit)
    return [
        NoticeView(
            id=row.id,
            kind=GIVEN,
            task_id=row.id,
            task_name=row.name,
            process_name=row.process_name,
            actor_id=None,
            message=None,
            created_at=row.given_at,
            read_at=None if row.unread else row.seen_at,
            count=row.unread or row.all,
        )
        for row in tx.connection.execute(last, {NOW.key: now})
    ]


def _same_user_task() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _seen.definition_id == _task.definition_id, _seen.element_id == _task.element_id


def _visible(user_id: str, viewer: Viewer | None) -> CompoundSelect[int]:
    """A select of the ids of those tasks that a user has notices of, and the viewer may see.

    It is part of the question, since whoever can make notices of tasks that nobody else sees could fill the answer up.
    """
    noticed = select(_notice.user_task_id).where(_notice.user_id == user_id).correlate(None)

    def among(tasks: Resource[TaskView]) -> Select[int]:
        open_ = tasks.where(Query(), viewer) & tasks.id.in_(noticed)
        return select(tasks.id).select_from(tasks.source).where(open_).correlate(None)

    return union(among(TASKS), among(HISTORIC_TASKS))


def mark_read(tx: WriteTransaction, user_id: str, ids: Collection[int] | None, at: datetime) -> bool:
    """Say that a user has seen these, by the ids of `NoticeView`, or with None all. Tells whether that is new."""
    statement = update(_table).where(_notice.user_id == user_id, _notice.read_at.is_(None))
    if ids is not None:
        statement = statement.where(_notice.id.in_(ids))
    new = tx.connection.execute(statement.values(read_at=at)).rowcount > 0
    return _see_given(tx, user_id, ids) or new


def _see_given(tx: WriteTransaction, user_id: str, ids: Collection[int] | None) -> bool:
    """With these tasks those are seen that came before them."""
    table = tables.tasks_seen
    last = func.max(_task.given_at)
    known = select(_seen.seen_at).where(_seen.user_id == user_id, *_same_user_task()).scalar_subquery()
    theirs = (
        select(literal(user_id), _task.definition_id, _task.element_id, last)
        .where(_task.assignee == user_id, _task.given_at.is_not(None))
        .where(_task.ended_at.is_(None) if ids is None else _task.id.in_(ids))
        .group_by(_task.definition_id, _task.element_id)
        .having(or_(known.is_(None), last > known))
    )
    dialect = sqlite if tx.dialect == "sqlite" else postgresql
    insertion = dialect.insert(table).from_select([column.name for column in table.columns], theirs)
    newer = {"seen_at": insertion.excluded.seen_at}
    statement = insertion.on_conflict_do_update(index_elements=[*table.primary_key], set_=newer)
    return tx.connection.execute(statement.returning(_seen.seen_at)).first() is not None


def carry_seen(tx: WriteTransaction, moved: Collection[MovedTask]) -> None:
    """Before tasks are written at other user tasks: what people have seen of them there they have seen here.

    What is at the new place already, and was not seen, stays so.
    """
    if not moved:
        return
    users = {each.user_id for each in moved}
    sources, targets = {each.source[0] for each in moved}, {each.target[0] for each in moved}
    here = [*tables.tasks_seen.primary_key]
    marks = select(tables.tasks_seen).where(_seen.user_id.in_(users), _seen.definition_id.in_(sources))
    seen = {(row.user_id, (row.definition_id, row.element_id)): row.seen_at for row in tx.connection.execute(marks)}
    place = (_task.assignee, _task.definition_id, _task.element_id)
    unread = (
        select(*place, func.min(_task.given_at).label("first"))
        .outerjoin(tables.tasks_seen, and_(_seen.user_id == _task.assignee, *_same_user_task()))
        .where(_task.assignee.in_(users), _task.definition_id.in_(targets), _task.ended_at.is_(None))
        .where(_task.given_at.is_not(None), or_(_seen.seen_at.is_(None), _task.given_at > _seen.seen_at))
        .group_by(*place)
    )
    new = {(row.assignee, (row.definition_id, row.element_id)): row.first for row in tx.connection.execute(unread)}
    carried: dict[tuple[str, tuple[int, str]], datetime] = {}
    for each in moved:
        mark, place_of_user = seen.get((each.user_id, each.source)), (each.user_id, each.target)
        if mark is not None:
            until = new.get(place_of_user)
            mark = mark if until is None else min(mark, until - timedelta(milliseconds=1))
            carried[place_of_user] = max(mark, carried.get(place_of_user, mark))
    if carried:
        dialect = sqlite if tx.dialect == "sqlite" else postgresql
        insertion = dialect.insert(tables.tasks_seen)
        newer = insertion.excluded.seen_at
        tx.connection.execute(
            insertion.on_conflict_do_update(index_elements=here, set_={"seen_at": newer}, where=newer > _seen.seen_at),
            [
                {"user_id": user, "definition_id": definition, "element_id": element, "seen_at": at}
                for (user, (definition, element)), at in sorted(carried.items())
            ],
        )


def remove_of(tx: WriteTransaction, user_id: str) -> None:
    """Delete all notices for a user, and what they have seen."""
    tx.connection.execute(delete(tables.tasks_seen).where(_seen.user_id == user_id))
    tx.connection.execute(delete(_table).where(_notice.user_id == user_id))


def remove_of_comments(tx: WriteTransaction, column: str, owner_id: int, comment_id: int | None) -> None:
    """Delete the notices of one comment of that task or process instance, or of all of its comments."""
    statement = delete(_table).where(_notice[column] == owner_id, _notice.comment_id.is_not(None))
    if comment_id is not None:
        statement = statement.where(_notice.comment_id == comment_id)
    tx.connection.execute(statement)
