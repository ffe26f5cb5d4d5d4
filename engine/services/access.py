"""What one actor may do: the facts of things, the rights on them, and the error of one who may not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

from engine.authorization import Actor, Missing, NotAuthorized, Permissions, Rights
from engine.authorization import Resource as Thing
from engine.errors import NotFound
from engine.services.authorizations import Authorizations
from engine.store import facts as store
from engine.store.database import Database
from engine.store.facts import Facts
from engine.store.query.permitted import Viewer

__all__ = ["Access", "Facts", "Own"]

Own = Callable[[Facts, Actor], bool]
"""Whether a thing is the actor's own in a way that needs no authorization."""

NOTHING: Mapping[Thing, str | None] = {}


def may(permissions: Permissions, rights: Rights, things: Mapping[Thing, str | None] = NOTHING) -> bool:
    """Is one of the rights given on the things? The first of which authorizations say anything decides.

    Without things: on all of their kind, or on what does not exist yet.
    """
    for right in rights:
        if things and things.get(right.resource) is None:
            continue
        answer = permissions.verdicts(right.resource, right.permission).of(things.get(right.resource))
        if answer is not None:
            return answer
    return False


class Access:
    """What an actor may do, for as long as one request takes."""

    def __init__(self, actor: Actor, database: Database, authorizations: Authorizations) -> None:
        self.actor, self.database = actor, database
        self._authorizations = authorizations

    @cached_property
    def permissions(self) -> Permissions:
        """What authorizations say of the actor; of administrators nobody asks."""
        if self.actor.administrator:
            return Permissions(())
        return self._authorizations.permissions_of(self.actor)

    @property
    def viewer(self) -> Viewer:
        """The actor as somebody who looks at lists."""
        return Viewer(self.actor, self.permissions)

    # ------------------------------------------------------------ deciding

    def may(self, rights: Rights, things: Mapping[Thing, str | None] = NOTHING) -> bool:
        """Is one of the rights given on the things? As the function of that name."""
        return may(self.permissions, rights, things)

    def require(self, rights: Rights, things: Mapping[Thing, str | None] = NOTHING) -> None:
        """Raise NotAuthorized unless one of the rights is given on the things."""
        if not self.may(rights, things):
            raise self.refusal(rights, things)

    def refusal(self, rights: Rights, things: Mapping[Thing, str | None] = NOTHING) -> NotAuthorized:
        """The error of one who has none of the rights."""
        missing = [
            Missing(each.permission, each.resource, things.get(each.resource))
            for each in rights
            if not things or things.get(each.resource) is not None
        ]
        return NotAuthorized(self.actor.user_id, missing)

    # ------------------------------------------------------------ things

    def find(self, kind: str, ids: Collection[int]) -> dict[int, Facts]:
        """The facts of things of a kind; those of other tenants are absent."""
        with self.database.read() as tx:
            return store.look_up(tx, kind, ids, self.actor)

    def get(self, kind: str, id: int) -> Facts:
        """The facts of one thing. Raises NotFound, as for things of other tenants."""
        found = self.find(kind, [id]).get(id)
        if found is None:
            raise NotFound(kind, id)
        return found

    def definitions(self, key: str, tenant_id: str | None, kind: str = "process definition") -> Sequence[Facts]:
        """The facts of the versions of a process or a decision, of a tenant or ("": of none) or of all that are the
        actor's; the latest version comes last.

        Raises NotFound for none.
        """
        with self.database.read() as tx:
            found = store.look_up_definitions(tx, kind, key, tenant_id, self.actor)
        if not found:
            raise NotFound(kind, key)
        return list(found.values())

    def latest(self, key: str, tenant_id: str | None, kind: str = "process definition") -> Facts:
        """The last of these: whom the latest version lets begin it, one before may not have."""
        return self.definitions(key, tenant_id, kind)[-1]

    def place(self, id: int) -> tuple[str, Facts]:
        """The facts of a task, a process instance or an element instance, whichever has that id. Raises NotFound."""
        for kind in ("task", "process instance", "element instance"):
            found = self.find(kind, [id]).get(id)
            if found is not None:
                return kind, found
        raise NotFound("scope", id)

    def require_on(self, facts: Facts, rights: Rights, own: Own | None = None) -> None:
        """Raise NotAuthorized unless the thing is the actor's own, or one of the rights on it is given."""
        if own is None or not own(facts, self.actor):
            self.require(rights, facts.things)

    def is_own_tenant(self, tenant_id: str | None) -> bool:
        """May the actor work with what belongs to that tenant?"""
        return not tenant_id or tenant_id in self.actor.tenants


# ---------------------------------------------------------------- what is somebody's own


def started(facts: Facts, actor: Actor) -> bool:
    """They have started the process instance."""
    return actor.user_id is not None and facts.started_by == actor.user_id


def works(facts: Facts, actor: Actor) -> bool:
    """They have the task; or it is theirs, and they have let somebody else do it."""
    if actor.user_id is None:
        return False
    return facts.assignee == actor.user_id or (facts.owner == actor.user_id and facts.delegation == "PENDING")


def takes_part(facts: Facts, actor: Actor) -> bool:
    """They have the task, own it, or may take it."""
    return actor.user_id is not None and (actor.user_id in (facts.assignee, facts.owner) or facts.is_candidate)


def is_starter(facts: Facts, _: Actor) -> bool:
    """They may start the definition by its model."""
    return facts.is_candidate
