"""Authorizations: made, changed and deleted, and asked what they permit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import replace
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
)
from engine.errors import BadRequest, Conflict, NotFound
from engine.store import authorizations as store
from engine.store.database import Database
from engine.store.errors import RowConflict
from engine.store.ids import IdAllocator

__all__ = ["Authorizations"]

FRESH: Final = 1.0
"""Seconds for which this process relies on what it knows; what it changes itself it knows at once."""
KEPT: Final = 1_000
"""Of how many people at most a process keeps in memory what they may do."""


class Authorizations:
    """What can be done with authorizations. A change counts in every process within a second.

    `Queries.authorizations` lists them.
    """

    def __init__(self, database: Database, ids: IdAllocator, *, fresh: float = FRESH) -> None:
        self._database, self._ids, self._fresh = database, ids, fresh
        self._lock = threading.Lock()
        self._version = -1
        self._checked = float("-inf")
        self._known: dict[tuple[str | None, frozenset[str]], Permissions] = {}

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
        self._ids.reserve(1)
        made = _check(self._ids.next(), type, resource, permissions, resource_id, user_id, group_id)
        try:
            with self._database.write() as tx:
                store.add(tx, [made])
        except RowConflict:
            raise _taken() from None
        self.forget()
        return made

    def grant(
        self, resource: Resource, *permissions: str, resource_id: str = ANY, group: str | None = None, user: str = ANY
    ) -> Authorization:
        """Permit something to a group, to a user, or to everybody, beside what is permitted already.

        Raises BadRequest for a permission that this kind of thing does not know.
        """
        kind = AuthorizationType.GLOBAL if group is None and user == ANY else AuthorizationType.GRANT
        user_id = user if group is None else None
        self._ids.reserve(1)
        wanted = _check(self._ids.next(), kind, resource, permissions, resource_id, user_id, group)
        with self._database.write() as tx:
            found = store.find_same(tx, wanted)
            if found is None:
                store.add(tx, [wanted])
            else:
                wanted = replace(found, permissions=found.permissions | wanted.permissions)
                store.change(tx, wanted)
        self.forget()
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
            with self._database.write() as tx:
                before = store.find(tx, id)
                if before is None:
                    raise _unknown(id)
                store.change(tx, _check(id, before.type, resource, permissions, resource_id, user_id, group_id))
        except RowConflict:
            raise _taken() from None
        self.forget()

    def delete(self, id: int) -> None:
        """Delete an authorization. Raises NotFound."""
        with self._database.write() as tx:
            if not store.remove(tx, id):
                raise _unknown(id)
        self.forget()

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
        whose = (actor.user_id, actor.groups)
        with self._lock:
            found = self._known.get(whose) if time.monotonic() < self._checked + self._fresh else None
        if found is not None:
            return found
        now = time.monotonic()
        with self._database.read() as tx:
            version = store.version(tx)
            with self._lock:
                found = self._known.get(whose) if version == self._version else None
            read = found or Permissions(store.concerning(tx, actor.user_id, actor.groups))
        with self._lock:
            if version != self._version or len(self._known) >= KEPT:
                self._known.clear()
            self._version, self._checked = version, now
            self._known[whose] = read
        return read

    def forget(self) -> None:
        """Look whether something has changed before this process relies again on what it knows."""
        with self._lock:
            self._checked = float("-inf")

    def is_permitted(self, actor: Actor, permission: str, resource: Resource, resource_id: str | None = None) -> bool:
        """May the actor do this to a thing, or where none is named to all of a kind, by authorizations alone?

        Raises BadRequest for a permission that this kind of thing does not know.
        """
        _bit(resource, permission)
        if actor.administrator:
            return True
        return self.permissions_of(actor).verdicts(resource, permission).of(resource_id) is True


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
        raise BadRequest(f"Unrecognized authorization type '{type}'. Must be one of 0 (global), 1 (grant), 2 (revoke)")
    if resource not in list(Resource):
        raise BadRequest(f"There is no resource type {resource}")
    kind, about = AuthorizationType(type), Resource(resource)
    if kind is AuthorizationType.GLOBAL:
        user_id = ANY if user_id is None and group_id is None else user_id
        if user_id != ANY or group_id is not None:
            raise BadRequest(f"Illegal value '{user_id}' for userId for GLOBAL authorization. Must be '{ANY}'")
    elif (user_id is None) == (group_id is None):
        raise BadRequest("Authorization must either have a 'userId' or a 'groupId'.")
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


def _taken() -> Conflict:
    return Conflict("There is an authorization of this type for the same user or group on the same resource already")
