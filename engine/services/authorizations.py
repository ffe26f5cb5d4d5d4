"""Authorizations: made, changed and deleted, and asked what they permit."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Final

from engine.authorization import (
    ANY,
    PERMISSIONS,
    Actor,
    Authorization,
    AuthorizationType,
    Permissions,
    Resource,
    permission_bit,
    permission_names,
)
from engine.errors import BadRequest, Conflict, NotFound
from engine.news import News, NewsDesk
from engine.services.operation_log import ADMIN, Change, Entry, OperationLog
from engine.store import authorizations as store
from engine.store.database import Database
from engine.store.errors import RowConflict
from engine.store.ids import IdAllocator
from engine.store.transaction import ReadTransaction, WriteTransaction

__all__ = ["Authorizations"]

FRESH: Final = 1.0
"""Seconds for which this process relies on what it knows; what it changes itself it knows at once."""
KEPT: Final = 1_000
"""Of how many people at most a process keeps in memory what they may do."""


_Whose = tuple[str | None, frozenset[str]]
"""A user, and the groups of the user."""


@dataclass(slots=True)
class _Memory:
    """What this process knows of what is permitted, by whom that concerns, and since when."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: int = -1
    checked: float = float("-inf")
    changes: int = 0
    """How often this process has changed something: what was read meanwhile may be what was permitted before."""
    known: dict[_Whose, Permissions] = field(default_factory=dict)


class NobodyMeant(BadRequest):
    """An authorization says neither user nor group, or both."""


class UnknownKind(BadRequest):
    """An authorization is of no type that there is, or is everybody's and somebody's at once."""


class Taken(Conflict):
    """There is an authorization of this type for the same one on the same thing already."""


class Authorizations:
    """What can be done with authorizations. A change counts in every process within a second.

    `Queries.authorizations` lists them.
    """

    def __init__(self, database: Database, ids: IdAllocator, news: NewsDesk, *, fresh: float = FRESH) -> None:
        self._database, self._ids, self._news, self._fresh = database, ids, news, fresh
        self._memory = _Memory()
        self._log: OperationLog | None = None

    def noted_in(self, log: OperationLog) -> Authorizations:
        """The same, of which all changes are written down in that log."""
        noted = copy.copy(self)
        noted._log = log  # noqa: SLF001 - it is one of these too
        return noted

    # ------------------------------------------------------------ changing

    def create(
        self,
        type: AuthorizationType | int,
        resource: Resource | int,
        permissions: Iterable[str],
        *,
        resource_id: str | None = ANY,
        user_id: str | None = None,
        group_id: str | None = None,
    ) -> Authorization:
        """Permit something to a user or a group, or take it away; a global one is everybody's.

        `permissions` are names. Raises BadRequest for what does not go together, Conflict where there is one of that
        type already for the same one on the same thing.
        """
        (id,) = self._ids.set_aside(1)
        made = _check(id, type, resource, permissions, resource_id, user_id, group_id)
        try:
            with self._writing() as tx:
                store.add(tx, [made])
                self._note(tx, "Create", None, made)
        except RowConflict:
            raise _taken() from None
        self.changed([made.id])
        return made

    def grant(
        self, resource: Resource, *permissions: str, resource_id: str = ANY, group: str | None = None, user: str = ANY
    ) -> Authorization:
        """Permit something to a group, to a user, or to everybody, beside what is permitted already.

        Raises BadRequest for a permission that this kind of thing does not know.
        """
        kind = AuthorizationType.GLOBAL if group is None and user == ANY else AuthorizationType.GRANT
        user_id = user if group is None else None
        (id,) = self._ids.set_aside(1)
        wanted = _check(id, kind, resource, permissions, resource_id, user_id, group)
        with self._writing() as tx:
            found = store.find_same(tx, wanted)
            if found is None:
                store.add(tx, [wanted])
            else:
                wanted = replace(found, permissions=found.permissions | wanted.permissions)
                store.change(tx, wanted)
            self._note(tx, "Create" if found is None else "Update", found, wanted)
        self.changed([wanted.id])
        return wanted

    def update(
        self,
        id: int,
        resource: Resource | int,
        permissions: Iterable[str],
        *,
        resource_id: str | None = ANY,
        user_id: str | None = None,
        group_id: str | None = None,
    ) -> None:
        """Set all of an authorization but its type. Raises NotFound, BadRequest, Conflict."""
        try:
            with self._writing() as tx:
                before = store.find(tx, id)
                if before is None:
                    raise _unknown(id)
                after = _check(id, before.type, resource, permissions, resource_id, user_id, group_id)
                store.change(tx, after)
                self._note(tx, "Update", before, after)
        except RowConflict:
            raise _taken() from None
        self.changed([id])

    def delete(self, id: int) -> None:
        """Delete an authorization. Raises NotFound."""
        with self._writing() as tx:
            before = store.find(tx, id)
            if before is None:
                raise _unknown(id)
            store.remove(tx, id)
            self._note(tx, "Delete", before, None)
        self.changed([id])

    def _writing(self) -> AbstractContextManager[WriteTransaction]:
        if self._log is not None:
            self._log.prepare()
        return self._database.write()

    def _note(self, tx: WriteTransaction, type: str, before: Authorization | None, after: Authorization | None) -> None:
        if self._log is not None:
            told_before, told_after = _told(before), _told(after)
            changes = [
                Change(name, told_before.get(name), told_after.get(name))
                for name in {**told_before, **told_after}
                if type != "Update" or told_before.get(name) != told_after.get(name)
            ]
            self._log.note(tx, Entry(type, "Authorization", ADMIN, changes))

    def get(self, id: int) -> Authorization:
        """The authorization with that id. Raises NotFound."""
        with self._database.read() as tx:
            found = store.find(tx, id)
        if found is None:
            raise _unknown(id)
        return found

    # ------------------------------------------------------------ asking

    def permissions_of(self, actor: Actor) -> Permissions:
        """What the authorizations say that concern the actor: the user's, those of the groups, and everybody's."""
        return self.permissions_of_all([actor])[0]

    def permissions_of_all(self, actors: Sequence[Actor]) -> list[Permissions]:
        """That of each of the actors: at most two statements for all of them."""
        memory = self._memory
        whose = [(actor.user_id, actor.groups) for actor in actors]
        with memory.lock:
            changes = memory.changes
            fresh = time.monotonic() < memory.checked + self._fresh
            found = {each: memory.known.get(each) if fresh else None for each in whose}
        if None not in found.values():
            return [known for known in map(found.get, whose) if known is not None]
        now = time.monotonic()
        with self._database.read() as tx:
            version = store.version(tx)
            with memory.lock:
                known = dict(memory.known) if version == memory.version else {}
            missing = [each for each in found if each not in known]
            read = {each: known[each] for each in found if each in known} | _read(tx, missing)
        with memory.lock:
            if changes == memory.changes:
                if version != memory.version or len(memory.known) + len(missing) > KEPT:
                    memory.known.clear()
                memory.version, memory.checked = version, now
                memory.known.update(read)
        return [read[each] for each in whose]

    def forget(self) -> None:
        """Look whether something has changed before this process relies again on what it knows."""
        with self._memory.lock:
            self._memory.checked = float("-inf")
            self._memory.changes += 1

    def changed(self, ids: Collection[int]) -> None:
        """To be called when these have been written, also by others: they are looked at anew, and others hear of it."""
        self.forget()
        self._news.tell(News(authorizations=frozenset(ids)))

    def is_permitted(self, actor: Actor, permission: str, resource: Resource, resource_id: str | None = None) -> bool:
        """May the actor do this to a thing, or where none is named to all of a kind, by authorizations alone?

        Raises BadRequest for a permission that this kind of thing does not know.
        """
        _bit(resource, permission)
        if actor.administrator:
            return True
        return self.permissions_of(actor).verdicts(resource, permission).of(resource_id) is True


def _read(tx: ReadTransaction, whose: Collection[_Whose]) -> dict[_Whose, Permissions]:
    """What is permitted to each of them: one statement."""
    if not whose:
        return {}
    users = {user for user, _ in whose if user is not None}
    rules = store.concerning(tx, users, {group for _, groups in whose for group in groups})
    return {
        (user, groups): Permissions(
            each
            for each in rules
            if each.type is AuthorizationType.GLOBAL
            or (user is not None and each.user_id == user)
            or each.group_id in groups
        )
        for user, groups in whose
    }


def _told(rule: Authorization | None) -> dict[str, object]:
    """What the operation log says of an authorization, in Camunda's words."""
    if rule is None:
        return {}
    return {
        "type": rule.type.value,
        "resource": rule.resource.label,
        "resourceId": rule.resource_id,
        "permissions": ", ".join(permission_names(rule.resource, rule.permissions)),
        "permissionBits": rule.permissions,
        **({"userId": rule.user_id} if rule.user_id is not None else {"groupId": rule.group_id}),
    }


def _check(
    id: int,
    type: int,
    resource: int,
    permissions: Iterable[str],
    resource_id: str | None,
    user_id: str | None,
    group_id: str | None,
) -> Authorization:
    if type not in list(AuthorizationType):
        raise UnknownKind(f"Unrecognized authorization type '{type}'. Must be one of 0 (global), 1 (grant), 2 (revoke)")
    if resource not in list(Resource):
        raise BadRequest(f"There is no resource type {resource}")
    kind, about = AuthorizationType(type), Resource(resource)
    if kind is AuthorizationType.GLOBAL:
        user_id = ANY if user_id is None and group_id is None else user_id
        if user_id != ANY or group_id is not None:
            raise UnknownKind(f"Illegal value '{user_id}' for userId for GLOBAL authorization. Must be '{ANY}'")
    elif (user_id is None) == (group_id is None):
        raise NobodyMeant("Authorization must either have a 'userId' or a 'groupId'.")
    elif user_id == ANY:
        raise BadRequest(f"Only a global authorization (type 0) is everybody's: '{ANY}' is no user's id")
    bits = 0
    for name in permissions:
        bits |= _bit(about, name)
    return Authorization(id, kind, user_id, group_id, about, resource_id, bits)


def _bit(resource: Resource, permission: str) -> int:
    try:
        return permission_bit(resource, permission)
    except KeyError:
        known = ", ".join(PERMISSIONS[resource])
        raise BadRequest(
            f"The permission '{permission}' is not valid for '{resource.name}' resource type; these are: {known}"
        ) from None


def _unknown(id: int) -> NotFound:
    return NotFound("authorization", id, f"Authorization with id {id} does not exist.")


def _taken() -> Taken:
    return Taken("There is an authorization of this type for the same user or group on the same resource already")
