"""Why somebody may do something, or may not: which authorization decides it, or what part of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from engine import authorization as needs
from engine.authorization import PERMISSIONS, Actor, Authorization, AuthorizationType, Right, Rights
from engine.authorization import Resource as Thing
from engine.errors import NotFound
from engine.services.access import Access, Facts, Own, is_starter, started, takes_part, works
from engine.services.authorizations import Authorizations
from engine.services.credentials import Credentials
from engine.store.database import Database
from engine.store.query.kinds import UNKNOWN_ID, parse_id

__all__ = ["Answer", "Explanation", "Explanations"]


Reason = Literal["administrator", "own", "authorization", "nothing"]
"""The user is an administrator; it is the user's own; an authorization decides it; nothing permits it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something is permitted, and what decides it."""

    action: str
    permitted: bool
    because: Reason
    right: Right | None = None
    """The right that was asked when it was decided by an authorization."""
    authorization: Authorization | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a user may do with a thing, or without one with all of a kind; `is_there`: it is, for their tenants."""

    actor: Actor
    is_there: bool
    answers: Sequence[Answer]


Action = tuple[Rights, Own | None]

ACTIONS: Final[Mapping[Thing, Mapping[str, Action]]] = {
    Thing.TASK: {
        "read": (needs.READ_TASK, takes_part),
        "claim": (needs.WORK_ON_TASK, takes_part),
        "work": (needs.WORK_ON_TASK, works),
        "set variables": (needs.SET_TASK_VARIABLES, works),
        "assign": (needs.ASSIGN_TASK, None),
        "update": (needs.UPDATE_TASK, None),
    },
    Thing.PROCESS_INSTANCE: {
        "read": (needs.READ_INSTANCE, started),
        "read history": (needs.READ_PROCESS_HISTORY, started),
        "update": (needs.UPDATE_INSTANCE, None),
        "set variables": (needs.SET_INSTANCE_VARIABLES, None),
        "retry jobs": (needs.RETRY_JOB, None),
        "suspend": (needs.SUSPEND_INSTANCE, None),
        "delete": (needs.DELETE_INSTANCE, None),
    },
    Thing.PROCESS_DEFINITION: {
        "read": (needs.READ_DEFINITION, is_starter),
        "start": (needs.START, is_starter),
        "read history": (needs.READ_PROCESS_HISTORY, None),
        "update": (needs.UPDATE_DEFINITION, None),
        "suspend": (needs.SUSPEND_DEFINITION, None),
        "migrate": (needs.MIGRATE, None),
        "delete": (needs.DELETE_DEFINITION, None),
    },
}
"""What is done to these things, where several permissions would do or it may be one's own."""


class Explanations:
    """Explains what users may do."""

    def __init__(self, database: Database, authorizations: Authorizations, credentials: Credentials) -> None:
        self._database, self._authorizations, self._credentials = database, authorizations, credentials

    def is_permitted(self, user_id: str, permission: str, resource: Thing, resource_id: str | None = None) -> bool:
        """May a user do this, by authorizations alone? Raises NotFound, BadRequest."""
        return self._authorizations.is_permitted(self._actor(user_id), permission, resource, resource_id)

    def explain(self, user_id: str, resource: Thing, resource_id: str | None = None) -> Explanation:
        """What a user may do with a thing (a process definition by its key), and why. Raises NotFound for the user."""
        actor = self._actor(user_id)
        access = Access(actor, self._database, self._authorizations)
        facts = None if resource_id is None else self._facts(access, resource, resource_id)
        known = ACTIONS.get(resource) or {name: ((Right(resource, name),), None) for name in PERMISSIONS[resource]}
        is_there = facts is not None or resource_id is None
        answers = [self._answer(access, name, action, facts, is_there) for name, action in known.items()]
        return Explanation(actor, is_there, answers)

    def _actor(self, user_id: str) -> Actor:
        person = self._credentials.person(user_id)
        if person is None:
            raise NotFound("user", user_id)
        return person.actor()

    @staticmethod
    def _facts(access: Access, resource: Thing, resource_id: str) -> Facts | None:
        kinds = {Thing.TASK: "task", Thing.PROCESS_INSTANCE: "process instance", Thing.DEPLOYMENT: "deployment"}
        id = parse_id(resource_id)
        try:
            if resource is Thing.PROCESS_DEFINITION:
                return access.latest(resource_id, None)
            if resource in kinds:
                return access.get(kinds[resource], UNKNOWN_ID if id is None else id)
        except NotFound:
            return None
        return Facts(0, {resource: resource_id})

    @staticmethod
    def _answer(access: Access, name: str, action: Action, facts: Facts | None, is_there: bool) -> Answer:
        rights, own = action
        if not is_there:
            return Answer(name, False, "nothing")
        if access.actor.administrator:
            return Answer(name, True, "administrator")
        if own is not None and facts is not None and own(facts, access.actor):
            return Answer(name, True, "own")
        things = {} if facts is None else facts.things
        for right in rights:
            if things and things.get(right.resource) is None:
                continue
            found = access.permissions.deciding(right.resource, right.permission, things.get(right.resource))
            if found is not None:
                permitted = found.type is not AuthorizationType.REVOKE
                return Answer(name, permitted, "authorization", right, found)
        return Answer(name, False, "nothing")
