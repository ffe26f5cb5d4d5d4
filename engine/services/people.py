"""People, groups and tenants: made, changed, removed, and put together (Camunda manual, "Identity Service")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.clock import Clock
from engine.errors import BadRequest, Conflict, NotFound
from engine.services.passwords import PasswordRule, Passwords
from engine.store import identity as store
from engine.store.database import Database
from engine.store.errors import RowConflict
from engine.store.query.views import GroupView, TenantView, UserView
from engine.store.transaction import WriteTransaction

LONGEST_ID = 255
"""Characters of the id of a user, group or tenant."""
LONGEST_TEXT = 4000
"""Characters of a name or an address."""

__all__ = ["GroupView", "People", "TenantView", "UserView", "WeakPassword"]


class WeakPassword(BadRequest):
    """A password that the policy does not allow; `broken` are the rules that it breaks."""

    def __init__(self, broken: Sequence[PasswordRule]) -> None:
        told = ", ".join(rule.name.removeprefix("PASSWORD_POLICY_").lower().replace("_", " ") for rule in broken)
        super().__init__(f"The password does not match the password policy: {told}")
        self.broken = tuple(broken)


class People:
    """What can be done with users, groups and tenants.

    Ids are texts of 1 to 255 characters without control characters, and not `*`. All raise BadRequest for texts that
    cannot be kept, Conflict for an id that is taken, and NotFound for what is not there.
    """

    def __init__(
        self, database: Database, passwords: Passwords, clock: Clock, *, rules: Sequence[PasswordRule] = ()
    ) -> None:
        self._database, self._passwords, self._clock = database, passwords, clock
        self.password_rules = tuple(rules)

    # ---------------------------------------------------------------- users

    def create_user(
        self,
        id: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        email: str | None = None,
        password: str | None = None,
        external_id: str | None = None,
    ) -> None:
        """A new user, who can sign in if there is a password or if somebody vouches for `external_id`."""
        profile = {"first_name": first_name, "last_name": last_name, "email": email}
        if password is not None:
            self.require_good(password, (id, *filter(None, profile.values())))
        hash = None if password is None else self._passwords.hash(password)
        more = {"password_hash": hash, "external_id": external_id, "created_at": self._clock()}
        self._create("user", id, profile | more)

    def update_user(
        self, id: str, *, first_name: str | None = None, last_name: str | None = None, email: str | None = None
    ) -> None:
        """Say something else of a user; what is not given is taken away."""
        self._change("user", id, {"first_name": first_name, "last_name": last_name, "email": email})

    def delete_user(self, id: str) -> None:
        """Delete a user with their memberships, sessions and tokens; nothing happens if there is none."""
        self._remove("user", id)

    def set_password(self, id: str, password: str, *, keep_session: str | None = None) -> None:
        """Give a user another password, and end their sessions but for the one named."""
        with self._database.read() as tx:
            known = store.user(tx, id)
        if known is None:
            raise NotFound("user", id)
        self.require_good(password, [text for text in (id, known.first_name, known.last_name, known.email) if text])
        hash = self._passwords.hash(password)
        with self._database.write() as tx:
            if not store.change(tx, "user", id, {"password_hash": hash}):
                raise NotFound("user", id)
            store.end_sessions(tx, id, but=keep_session)

    def broken_rules(self, password: str, about: Sequence[str] = ()) -> list[PasswordRule]:
        """The rules of the policy that a password breaks; `about` is what is known of its user."""
        return [rule for rule in self.password_rules if not rule.holds(password, about)]

    def require_good(self, password: str, about: Sequence[str] = ()) -> None:
        """Raise WeakPassword if the policy does not allow it."""
        if broken := self.broken_rules(password, about):
            raise WeakPassword(broken)

    def user(self, id: str) -> UserView:
        """The user with that id."""
        with self._database.read() as tx:
            found = store.user(tx, id)
        if found is None:
            raise NotFound("user", id)
        return found

    def groups_of(self, user_id: str) -> list[GroupView]:
        """The groups of a user, by id; none if there is no such user."""
        with self._database.read() as tx:
            return store.groups_of(tx, user_id)

    # ---------------------------------------------------------------- groups

    def create_group(self, id: str, *, name: str | None = None, type: str | None = None) -> None:
        """A new group."""
        self._create("group", id, {"name": name, "type": type})

    def update_group(self, id: str, *, name: str | None = None, type: str | None = None) -> None:
        """Say something else of a group; what is not given is taken away."""
        self._change("group", id, {"name": name, "type": type})

    def delete_group(self, id: str) -> None:
        """Delete a group with its memberships; nothing happens if there is none."""
        self._remove("group", id)

    def add_to_group(self, user_id: str, group_id: str) -> None:
        """Make a user a member of a group."""
        self._join("user", user_id, "group", group_id)

    def remove_from_group(self, user_id: str, group_id: str) -> None:
        """End that membership; nothing happens if there is none."""
        self._leave("user", user_id, "group", group_id)

    # ---------------------------------------------------------------- tenants

    def create_tenant(self, id: str, *, name: str | None = None) -> None:
        """A new tenant."""
        self._create("tenant", id, {"name": name})

    def update_tenant(self, id: str, *, name: str | None = None) -> None:
        """Give a tenant another name."""
        self._change("tenant", id, {"name": name})

    def delete_tenant(self, id: str) -> None:
        """Delete a tenant with its memberships; what is of it stays. Nothing happens if there is none."""
        self._remove("tenant", id)

    def add_user_to_tenant(self, user_id: str, tenant_id: str) -> None:
        """Make a user a member of a tenant."""
        self._join("user", user_id, "tenant", tenant_id)

    def remove_user_from_tenant(self, user_id: str, tenant_id: str) -> None:
        """End that membership; nothing happens if there is none."""
        self._leave("user", user_id, "tenant", tenant_id)

    def add_group_to_tenant(self, group_id: str, tenant_id: str) -> None:
        """Make all members of a group members of a tenant."""
        self._join("group", group_id, "tenant", tenant_id)

    def remove_group_from_tenant(self, group_id: str, tenant_id: str) -> None:
        """End that membership; nothing happens if there is none."""
        self._leave("group", group_id, "tenant", tenant_id)

    # ---------------------------------------------------------------- parts

    def _create(self, kind: str, id: str, values: Mapping[str, Any]) -> None:
        require_id(kind, id)
        _require_texts(values)
        try:
            with self._database.write() as tx:
                store.add(tx, kind, {"id": id, **values})
        except RowConflict:
            raise AlreadyThere(kind, id) from None

    def _change(self, kind: str, id: str, values: Mapping[str, Any]) -> None:
        _require_texts(values)
        with self._database.write() as tx:
            if not store.change(tx, kind, id, values):
                raise NotFound(kind, id)

    def _remove(self, kind: str, id: str) -> None:
        with self._database.write() as tx:
            store.remove(tx, kind, id)

    def _join(self, kind: str, id: str, whole: str, whole_id: str) -> None:
        try:
            with self._database.write() as tx:
                _require(tx, kind, id)
                _require(tx, whole, whole_id)
                store.add_member(tx, kind, id, whole, whole_id)
        except RowConflict:
            raise Conflict(f"{kind.capitalize()} '{id}' is a member of {whole} '{whole_id}' already") from None

    def _leave(self, kind: str, id: str, whole: str, whole_id: str) -> None:
        with self._database.write() as tx:
            store.remove_member(tx, kind, id, whole, whole_id)


class AlreadyThere(Conflict):
    """There is a user, group or tenant with this id."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"The {kind} already exists")
        self.kind, self.id = kind, id


class InvalidId(Conflict):
    """Nobody and nothing can have this id."""


def is_id(text: str) -> bool:
    """Can it be the id of a user, group or tenant?"""
    return 0 < len(text) <= LONGEST_ID and text == text.strip() and text.isprintable() and text != "*"


def require_id(kind: str, id: str) -> None:
    """Raise InvalidId for a text that cannot be the id of a user, group or tenant."""
    if not is_id(id):
        raise InvalidId(
            f"{kind.capitalize()} has an invalid id: '{id[:LONGEST_ID]}' is not a valid resource identifier."
        )


def _require_texts(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, str) and (len(value) > LONGEST_TEXT or "\0" in value or not _is_text(value)):
            raise BadRequest(f"{name} cannot be kept: use at most {LONGEST_TEXT} characters, none of them NUL")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _require(tx: WriteTransaction, kind: str, id: str) -> None:
    if not store.is_there(tx, kind, id):
        raise NotFound(kind, id, f"No {kind} found with id '{id}'.: {kind} is null")
