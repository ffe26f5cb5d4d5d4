"""What is new for people because of what others did: each hears only of tasks that they may see.

Commands give the notices (`engine.core.commands.notices`); they go with their tasks, and with whom they are for. Tasks
that a process gives are new as long as they are open (`given_at`).
`Queries.notices` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from engine.clock import Clock
from engine.errors import BadRequest
from engine.news import News, NewsDesk
from engine.store import notices as store
from engine.store.database import Database

MOST_NAMES: Final = 50
"""How many people one comment can mention."""
MOST_IDS: Final = 500
"""How many notices are marked at once by their ids."""
_MENTION: Final = re.compile(r"(?<![\w@/.])@(\w[^\s,;:!?()<>\[\]\"'`*]{0,254})")


class Notices:
    """What can be done with one's notices."""

    def __init__(self, database: Database, clock: Clock, news: NewsDesk) -> None:
        self._database, self._clock, self._news = database, clock, news

    def mark_read(self, ids: Collection[int] | None = None, *, user: str | None = None) -> None:
        """Say that `user` has seen these, or all; those that are not theirs are passed over. Raises BadRequest."""
        if ids is not None and len(ids) > MOST_IDS:
            raise BadRequest(f"{MOST_IDS} notices may be marked at once")
        if user is None:
            return
        with self._database.write() as tx:
            changed = store.mark_read(tx, user, ids, self._clock())
        if changed:
            self._news.tell(News(notices=frozenset([user])))


def mentioned(message: str) -> list[str]:
    """The ids that a comment may mean by `@id`: as it is written, and without a full stop at the end."""
    found: dict[str, None] = {}
    for match in _MENTION.finditer(message):
        name = match.group(1)
        found |= {name: None, name.rstrip("._-"): None}
        if len(found) >= MOST_NAMES:
            break
    found.pop("", None)
    return [*found]
