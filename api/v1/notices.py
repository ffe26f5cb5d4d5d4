"""What is new for whoever asks: tasks that others gave them, mentions of them, comments on their tasks."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from api.identity import current_user
from api.routing import Body, Routes
from api.shapes import show_date
from engine import Engine
from engine.services.queries import NoticeView, parse_id

NOTICES = Routes("Notice")

LONGEST_TEXT = 200
"""How much of a comment is told."""


class Notice(TypedDict):
    """Something new: what `user` did at a task, with the beginning of what they said, if it is a comment.

    `given`: a process gave `count` tasks of the same user task, of which this one is the last.
    """

    id: str
    kind: Literal["assigned", "given", "mentioned", "commented"]
    taskId: str
    taskName: str | None
    processName: str | None
    user: str | None
    text: str | None
    count: int
    time: str | None
    read: bool


class MyNotices(TypedDict):
    """The last 100, the newest first, and how many of them are unread."""

    notices: list[Notice]
    unread: int


class ReadNotices(Body):
    """Which were read; all of them where nothing is said."""

    ids: list[str] | None = None


@NOTICES.get("/notice", "Get what is new for you: of tasks that you may see")
def get_notices(engine: Engine) -> MyNotices:
    user = current_user()
    found = [] if user is None else engine.queries.notices(user)
    return {"notices": [_show(each) for each in found], "unread": sum(each.read_at is None for each in found)}


@NOTICES.post("/notice/read", "Say that you have read what was new")
def read_notices(engine: Engine, body: ReadNotices) -> None:
    """Ids of what is not yours are passed over."""
    known = None if body.ids is None else [id for each in body.ids if (id := parse_id(each)) is not None]
    engine.notices.mark_read(known, user=current_user())


def _show(view: NoticeView) -> Notice:
    return {
        "id": str(view.id),
        "kind": view.kind,  # type: ignore[typeddict-item]  # of the words that the commands have
        "taskId": str(view.task_id),
        "taskName": view.task_name,
        "processName": view.process_name,
        "user": view.actor_id,
        "text": None if view.message is None else view.message[:LONGEST_TEXT],
        "count": view.count,
        "time": show_date(view.created_at),
        "read": view.read_at is not None,
    }
