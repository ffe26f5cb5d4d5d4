"""People, groups and tenants: made, changed, removed, and put together (Camunda manual, "Identity Service")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from engine.authorization import ADMINISTRATORS, Resource
from engine.clock import Clock
from engine.errors import BadRequest, Conflict, LastAdministrator, NotFound
from engine.news import News, NewsDesk
from engine.services.authorizations import Authorizations
from engine.services.operation_log import ADMIN, SECURITY, Change, Entry, OperationLog
from engine.services.passwords import PasswordRule, Passwords
from engine.store import authorizations, notices
from engine.store import identity as store
from engine.store.database import Database
from engine.store.errors import RowConflict
from engine.store.query.views import GroupView, TenantView, UserView
from engine.store.transaction import WriteTransaction

ID_PATTERN = "[a-zA-Z0-9]+(-admin)?"
"""What ids are allowed unless told otherwise: letters and digits, as in Camunda, and `camunda-admin`."""
_RESOURCES = {"user": Resource.USER, "group": Resource.GROUP, "tenant": Resource.TENANT}
LONGEST_ID = 255
"""Characters of the id of a user, group or tenant."""
LONGEST_TEXT = 4000
"""Characters of a name or an address."""

__all__ = ["AlreadyThere", "GroupView", "InvalidId", "People", "TenantView", "UserView", "WeakPassword"]

T = TypeVar("T")


class WeakPassword(BadRequest):
    """A password that the policy does not allow; `broken` are the rules that it breaks."""

    def __init__(self, broken: Sequence[PasswordRule]) -> None:
        told = ", ".join(_called(rule) for rule in broken)
        super().__init__(f"The password does not match the password policy: {told}")
        self.broken = tuple(broken)


def _called(rule: PasswordRule) -> str:
    name = rule.name.removeprefix("PASSWORD_POLICY_").lower().replace("_", " ")
    return " ".join([name, *(f"(at least {least})" for least in rule.parameter.values())])


class People:
    """What can be done with users, groups and tenants.

    An id is a text of at most 255 printable characters that matches the pattern for ids. All raise BadRequest for texts
    that cannot be kept and for an id that is taken, and NotFound for what is not there.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        clock: Clock,
        log: OperationLog,
        news: NewsDesk,
        authorizations: Authorizations,
        *,
        rules: Sequence[PasswordRule] = (),
        id_pattern: str = ID_PATTERN,
    ) -> None:
        """`id_pattern` is the regular expression that new ids must match, as a whole."""
        self._database, self._passwords, self._clock, self._log, self._news = database, passwords, clock, log, news
        self._authorizations = authorizations
        self._ids = re.compile(id_pattern)
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
        any_password: bool = False,
    ) -> None:
        """A new user, who can sign in if there is a password or if somebody vouches for `external_id`.

        `any_password`: whatever the policy says of it.
        """
        self._require_id("user", id)
        profile = {"first_name": first_name, "last_name": last_name, "email": email}
        if password is not None and not any_password:
            self.require_good(password, (id, *filter(None, profile.values())))
        hash = None if password is None else self._passwords.hash(password)
        more = {"password_hash": hash, "external_id": external_id, "created_at": self._clock()}
        self._create("user", id, profile | more)

    def create_first_administrator(
        self,
        id: str,
        password: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        email: str | None = None,
        address: str | None = None,
        any_password: bool = False,
    ) -> None:
        """A user who may do everything, while there is nobody else who may. Raises Conflict then.

        The operation log has it as done by themselves, from that network address. `any_password`: whatever the policy
        says of the password.
        """
        self._require_id("user", id)
        profile = {"first_name": first_name, "last_name": last_name, "email": email}
        _require_texts(profile)
        if not any_password:
            self.require_good(password, (id, *filter(None, profile.values())))
        hash = self._passwords.hash(password)
        self._log.prepare_witness()
        with self._database.write() as tx:
            store.keep_users(tx)
            if store.has_member(tx, ADMINISTRATORS):
                raise Conflict("There is an administrator already; ask them")
            if store.is_there(tx, "user", id):
                raise AlreadyThere("user", id)
            store.add(tx, "user", {"id": id, **profile, "password_hash": hash, "created_at": self._clock()})
            if not store.is_there(tx, "group", ADMINISTRATORS):
                store.add(tx, "group", {"id": ADMINISTRATORS, "name": "Administrators", "type": "SYSTEM"})
            store.add_member(tx, "user", id, "group", ADMINISTRATORS)
            for entry in (told("Create", "user", id), told_member("Create", "user", id, "group", ADMINISTRATORS)):
                self._log.witness(tx, entry, id, address=address)
        self._news.tell(_news("user", id) | _news("group", ADMINISTRATORS))

    def update_user(
        self, id: str, *, first_name: str | None = None, last_name: str | None = None, email: str | None = None
    ) -> None:
        """Say something else of a user; what is not given is taken away."""
        self._change("user", id, {"first_name": first_name, "last_name": last_name, "email": email})

    def delete_user(self, id: str) -> None:
        """Delete a user with their memberships, sessions and tokens; nothing happens if there is none.

        Raises LastAdministrator.
        """
        self._remove("user", id)

    def set_password(self, id: str, password: str, *, keep_session: str | None = None) -> None:
        """Give a user another password, and end their sessions but for the one named."""
        with self._database.read() as tx:
            known = store.user(tx, id)
        if known is None:
            raise unknown("user", id)
        self.require_good(password, [text for text in (id, known.first_name, known.last_name, known.email) if text])
        hash = self._passwords.hash(password)
        self._log.prepare()
        with self._database.write() as tx:
            if not store.change(tx, "user", id, {"password_hash": hash}):
                raise unknown("user", id)
            self._log.note(tx, told("UpdateCredentials", "user", id))
            if store.end_sessions(tx, id, but=keep_session):
                self._log.note(tx, sessions_ended(id))
        self._news.tell(News(credentials=frozenset([id])))

    def broken_rules(self, password: str, about: Sequence[str] = ()) -> list[PasswordRule]:
        """The rules of the policy that a password breaks; `about` is what is known of its user."""
        return [rule for rule in self.password_rules if not rule.holds(password, about)]

    def shortest_password(self) -> int:
        """Characters that a password must have by the policy."""
        return max((int(rule.parameter.get("minLength", 1)) for rule in self.password_rules), default=1)

    def require_good(self, password: str, about: Sequence[str] = ()) -> None:
        """Raise WeakPassword if the policy does not allow it."""
        if broken := self.broken_rules(password, about):
            raise WeakPassword(broken)

    def user(self, id: str) -> UserView:
        """The user with that id."""
        with self._database.read() as tx:
            return _found("user", id, store.user(tx, id))

    def groups_of(self, user_id: str) -> list[GroupView]:
        """The groups of a user, by id; none if there is no such user."""
        with self._database.read() as tx:
            return store.groups_of(tx, user_id)

    def fellows_of(self, user_id: str) -> list[UserView]:
        """The other members of a user's groups, by id; none if there is no such user."""
        with self._database.read() as tx:
            return store.fellows_of(tx, user_id)

    def unlock(self, id: str) -> None:
        """Let a user try to sign in again at once; nothing happens if nothing has failed."""
        self._log.prepare()
        with self._database.write() as tx:
            store.forget_failures(tx, f"user:{id}")
            self._log.note(tx, told("Unlock", "user", id))

    # ---------------------------------------------------------------- groups

    def create_group(self, id: str, *, name: str | None = None, type: str | None = None) -> None:
        """A new group."""
        self._create("group", id, {"name": name, "type": type})

    def group(self, id: str) -> GroupView:
        """The group with that id."""
        with self._database.read() as tx:
            return _found("group", id, store.group(tx, id))

    def update_group(self, id: str, *, name: str | None = None, type: str | None = None) -> None:
        """Say something else of a group; what is not given is taken away."""
        self._change("group", id, {"name": name, "type": type})

    def delete_group(self, id: str) -> None:
        """Delete a group with its memberships; nothing happens if there is none.

        Raises LastAdministrator for that of the administrators, unless nobody is in it.
        """
        self._remove("group", id)

    def add_to_group(self, user_id: str, group_id: str) -> None:
        """Make a user a member of a group."""
        self._join("user", user_id, "group", group_id)

    def remove_from_group(self, user_id: str, group_id: str) -> None:
        """End that membership; nothing happens if there is none. Raises LastAdministrator."""
        self._leave("user", user_id, "group", group_id)

    # ---------------------------------------------------------------- tenants

    def create_tenant(self, id: str, *, name: str | None = None) -> None:
        """A new tenant."""
        self._create("tenant", id, {"name": name})

    def tenant(self, id: str) -> TenantView:
        """The tenant with that id."""
        with self._database.read() as tx:
            return _found("tenant", id, store.tenant(tx, id))

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

    def _require_id(self, kind: str, id: str) -> None:
        if not is_id(id) or self._ids.fullmatch(id) is None:
            raise InvalidId(kind, id)

    def _create(self, kind: str, id: str, values: Mapping[str, Any]) -> None:
        self._require_id(kind, id)
        _require_texts(values)
        self._log.prepare()
        try:
            with self._database.write() as tx:
                store.add(tx, kind, {"id": id, **values})
                self._log.note(tx, told("Create", kind, id))
        except RowConflict:
            raise AlreadyThere(kind, id) from None
        self._news.tell(_news(kind, id))

    def _change(self, kind: str, id: str, values: Mapping[str, Any]) -> None:
        _require_texts(values)
        self._log.prepare()
        with self._database.write() as tx:
            if not store.change(tx, kind, id, values):
                raise unknown(kind, id)
            self._log.note(tx, told("Update", kind, id))
        self._news.tell(_news(kind, id))

    def _remove(self, kind: str, id: str) -> None:
        self._log.prepare()
        with self._database.write() as tx, _administered(tx, closed=kind == "group"):
            if not store.remove(tx, kind, id):
                return
            # Somebody else may come to have this id, and must not have what this one had.
            rules = authorizations.remove_about(tx, _RESOURCES[kind], [id])
            if kind == "user":
                rules |= authorizations.remove_of(tx, user_id=id)
                notices.remove_of(tx, id)
            if kind == "group":
                rules |= authorizations.remove_of(tx, group_id=id)
            self._log.note(tx, told("Delete", kind, id))
        ended = frozenset([id]) if kind == "user" else frozenset()
        self._authorizations.forget()
        self._news.tell(_news(kind, id) | News(authorizations=frozenset(rules), credentials=ended))

    def _join(self, kind: str, id: str, whole: str, whole_id: str) -> None:
        self._log.prepare()
        try:
            with self._database.write() as tx:
                _require(tx, kind, id)
                _require(tx, whole, whole_id)
                store.add_member(tx, kind, id, whole, whole_id)
                self._log.note(tx, told_member("Create", kind, id, whole, whole_id))
        except RowConflict:
            raise Conflict(f"{kind.capitalize()} '{id}' is a member of {whole} '{whole_id}' already") from None
        self._news.tell(_news(kind, id) | _news(whole, whole_id))

    def _leave(self, kind: str, id: str, whole: str, whole_id: str) -> None:
        self._log.prepare()
        with self._database.write() as tx, _administered(tx):
            if not store.remove_member(tx, kind, id, whole, whole_id):
                return
            self._log.note(tx, told_member("Delete", kind, id, whole, whole_id))
        self._news.tell(_news(kind, id) | _news(whole, whole_id))


def _news(kind: str, id: str) -> News:
    """What others hear of a change of a user, group or tenant."""
    ids = frozenset([id])
    return {"user": News(users=ids), "group": News(groups=ids), "tenant": News(tenants=ids)}[kind]


@contextmanager
def _administered(tx: WriteTransaction, *, closed: bool = False) -> Iterator[None]:
    """Whatever is done here, somebody who may do everything is left, if there was anybody. Raises LastAdministrator.

    Of two who are removed at the same moment the second waits for the first, and sees what is left. `closed`: nobody
    may become an administrator meanwhile either.
    """
    store.keep_members(tx, ADMINISTRATORS, closed=closed)
    there_was = store.has_member(tx, ADMINISTRATORS)
    yield
    if there_was and not store.has_member(tx, ADMINISTRATORS):
        raise LastAdministrator


def told(type: str, kind: str, id: str) -> Entry:
    """What the operation log says of a user, group or tenant: which, and never what."""
    return Entry(type, kind.capitalize(), ADMIN, [_id_told(type, kind, id)])


def told_member(type: str, kind: str, id: str, whole: str, whole_id: str) -> Entry:
    """What the operation log says of a membership."""
    about = f"{whole.capitalize()}Membership"
    return Entry(type, about, ADMIN, [_id_told(type, kind, id), _id_told(type, whole, whole_id)])


def sessions_ended(user_id: str) -> Entry:
    """What the operation log says when sessions of a user end before their time."""
    return Entry("Delete", "Session", SECURITY, [Change("userId", user_id, None)])


def _id_told(type: str, kind: str, id: str) -> Change:
    return Change(f"{kind}Id", id, None) if type == "Delete" else Change(f"{kind}Id", None, id)


class AlreadyThere(BadRequest):
    """There is a user, group or tenant with this id."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"The {kind} already exists")
        self.kind, self.id = kind, id


class InvalidId(BadRequest):
    """Nobody and nothing can have this id."""

    def __init__(self, kind: str, id: str) -> None:
        shown = id[:LONGEST_ID]
        super().__init__(f"{kind.capitalize()} has an invalid id: '{shown}' is not a valid resource identifier.")
        self.kind, self.id = kind, id


def is_id(text: str) -> bool:
    """Can it be the id of a user, group or tenant?"""
    return 0 < len(text) <= LONGEST_ID and text == text.strip() and text.isprintable() and text != "*"


def unknown(kind: str, id: str) -> NotFound:
    """The error for a user, group or tenant that is not there."""
    return NotFound(kind, id, f"{kind.capitalize()} with id {id} does not exist")


def _found(kind: str, id: str, thing: T | None) -> T:
    if thing is None:
        raise unknown(kind, id)
    return thing


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
    if not store.stays(tx, kind, id):
        raise NotFound(kind, id, f"No {kind} found with id '{id}'.: {kind} is null")
