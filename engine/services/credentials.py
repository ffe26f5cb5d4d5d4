"""Who somebody is: passwords that are tried, browser sessions, and tokens of programs.

What a browser or a program holds is 256 random bits; the database keeps only the hash (SHA-256), so that who reads the
database can sign in as nobody. Where a password is wrong, the next try has to wait: for the account 3, 6, 12 ... 60
seconds, for the address the same from the tenth failure on. An account is never locked for good, so that nobody can
lock others out for longer than a minute.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from engine.authorization import ADMINISTRATORS, Actor
from engine.clock import Clock
from engine.errors import BadRequest, EngineError, NotFound
from engine.news import News, NewsDesk
from engine.services.operation_log import ADMIN, SECURITY, Change, Entry, OperationLog
from engine.services.passwords import Hashing, PasswordRule, Passwords
from engine.services.people import ID_PATTERN, is_id, sessions_ended, told, told_member
from engine.store import identity as store
from engine.store.database import Database
from engine.store.errors import RowConflict
from engine.store.query.views import GroupView, SessionView, TenantView, TokenView, UserView
from engine.store.transaction import ReadTransaction, WriteTransaction

__all__ = [
    "TOKEN_PREFIX",
    "CredentialSettings",
    "Credentials",
    "Person",
    "Proof",
    "SessionView",
    "TokenView",
    "TooManyFailures",
    "UserView",
]

TOKEN_PREFIX: Final = "baton_"  # noqa: S105 - the beginning of every token, by which people and scanners know one
"""How every API token begins."""
LONGEST_NAME: Final = 200

_STRIPES: Final = 64
_SIGN_OF_LIFE: Final = timedelta(minutes=1)
"""How exactly it is known when a session or token was last used: each note is a write."""
_MEMORY: Final = timedelta(days=1)
"""How long a failure is remembered after it blocks no more."""
_REMEMBERED: Final = 1_000
"""Passwords that were right, and need not be tried again by every request of a program."""


@dataclass(frozen=True)
class CredentialSettings:
    """How people sign in: how costly a password is to try, how long a session lasts, how failures are slowed down."""

    hashing: Hashing = field(default_factory=Hashing)
    session_idle: timedelta = timedelta(hours=8)
    """A session that is not used for so long is over."""
    session_lasts: timedelta = timedelta(days=7)
    """A session is over after so long, however much it is used."""
    password_rules: Sequence[PasswordRule] = ()
    """What new passwords must be (one of `engine.PASSWORD_POLICIES`)."""
    id_pattern: str = ID_PATTERN
    """The regular expression for ids of new users, groups and tenants."""
    first_wait: timedelta = timedelta(seconds=3)
    longest_wait: timedelta = timedelta(seconds=60)
    free_failures_of_address: int = 9
    """So many accounts may fail from one address before it has to wait: people share addresses."""


class TooManyFailures(EngineError):
    """It was wrong too often; try again after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many sign-ins have failed; try again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Person:
    """A user with all that decides what they may do."""

    user: UserView
    groups: tuple[GroupView, ...]
    tenants: tuple[TenantView, ...]

    def actor(self, *, address: str | None = None, request_id: str | None = None) -> Actor:
        """The person as somebody who does something."""
        groups = frozenset(group.id for group in self.groups)
        return Actor(
            user_id=self.user.id,
            groups=groups,
            tenants=frozenset(tenant.id for tenant in self.tenants),
            administrator=ADMINISTRATORS in groups,
            address=address,
            request_id=request_id,
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """Who somebody is, and by which session or token they have shown it; where it is neither, by a password.

    `password` stands for the one that they have shown, and is another where that is. `expires_at` is the end of what
    somebody else has vouched for.
    """

    person: Person
    session_id: str | None = None
    token_id: str | None = None
    password: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


class Credentials:
    """What proves who somebody is. Threads may share it.

    Who signs in is written down in the operation log, and who fails to; and in whose name tokens are made and deleted,
    and sessions ended (OWASP, "Logging Cheat Sheet": which events to log). What opens the door is never in it.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        clock: Clock,
        settings: CredentialSettings,
        log: OperationLog,
        news: NewsDesk,
    ) -> None:
        self.settings = settings
        self._database, self._passwords, self._clock, self._log, self._news = database, passwords, clock, log, news
        self._turns = [threading.Lock() for _ in range(_STRIPES)]
        self._known = _Known()
        self._has_users = False

    def noted_in(self, log: OperationLog) -> Credentials:
        """The same, of which all changes are written down in that log."""
        noted = copy.copy(self)
        noted._log = log  # noqa: SLF001 - it is one of these too
        return noted

    def has_users(self) -> bool:
        """Is there anybody who could sign in?"""
        if not self._has_users:
            with self._database.read() as tx:
                self._has_users = store.any_user(tx)
        return self._has_users

    def has_administrator(self) -> bool:
        """Is there anybody who may do everything?"""
        with self._database.read() as tx:
            return store.has_member(tx, ADMINISTRATORS)

    def person(self, user_id: str) -> Person | None:
        """The user with that id."""
        with self._database.read() as tx:
            return _person(tx, user_id)

    # ---------------------------------------------------------------- passwords

    def check(self, user_id: str, password: str, address: str | None = None) -> Person | None:
        """The user if the password is theirs; None if it is not, or there is no such user.

        Raises TooManyFailures while the account or the address has to wait, whatever the password.
        """
        proof = self.prove(user_id, password, address)
        return None if proof is None else proof.person

    def prove(self, user_id: str, password: str, address: str | None = None) -> Proof | None:
        """As `check`; gives what holds for as long as the user has this password."""
        user_id = user_id if is_id(user_id) else ""
        # One try after the other for each account: who tries many at the same time learns no more than who waits.
        with self._turns[hash(user_id) % _STRIPES]:
            keys = [f"user:{user_id}", *([] if address is None else [f"address:{_network(address)}"])]
            with self._database.read() as tx:
                person, wanted = _person(tx, user_id), store.password_hash(tx, user_id)
                if person is not None and wanted is not None and self._known.is_right(user_id, password, wanted):
                    return Proof(person, password=_hash(wanted))
                self._require_no_wait(tx, keys)
            if not self._passwords.matches(password, wanted) or wanted is None:
                self._note_failures(keys, None if wanted is None else user_id, address)
                return None
            kept = self._note_success(user_id, password, wanted, keys[0])
            return None if person is None else Proof(person, password=_hash(kept))

    def uses_password(self, user_id: str) -> bool:
        """Can this user sign in with a password?"""
        with self._database.read() as tx:
            return store.password_hash(tx, user_id) is not None

    def has_password(self, user_id: str, password: str) -> bool:
        """Is it the password of that user? For those who may ask as often as they like."""
        with self._database.read() as tx:
            wanted = store.password_hash(tx, user_id)
        return wanted is not None and self._passwords.matches(password, wanted)

    def _require_no_wait(self, tx: ReadTransaction, keys: Sequence[str]) -> None:
        until, now = store.blocked_until(tx, keys), self._clock()
        if until is not None and until > now:
            raise TooManyFailures(-((now - until) // timedelta(seconds=1)))

    def _note_success(self, user_id: str, password: str, hash: str, key: str) -> str:
        """Gives the hash of the password that is kept from now on."""
        better = self._passwords.hash(password) if self._passwords.is_outdated(hash) else hash
        with self._database.read() as tx:
            has_failed = store.blocked_until(tx, [key]) is not None
        if has_failed or better != hash:
            with self._database.write() as tx:
                store.forget_failures(tx, key)
                if better != hash and store.password_hash(tx, user_id) == hash:
                    store.change(tx, "user", user_id, {"password_hash": better})
        self._known.remember(user_id, password, better)
        return better

    def _note_failures(self, keys: Sequence[str], user_id: str | None, address: str | None) -> None:
        """`user_id` is None for a name that is nobody's: it may be a password, typed into the wrong field."""
        self._log.prepare_witness()
        # Another process may note the first failure at the same moment: one of the two is enough.
        with suppress(RowConflict), self._database.write() as tx:
            now = self._clock()
            store.forget_old_failures(tx, now - _MEMORY)
            counts = []
            for key in keys:
                counts.append(store.failures(tx, key) + 1)
                free = 0 if key.startswith("user:") else self.settings.free_failures_of_address
                store.note_failure(tx, key, counts[-1], now, now + self._wait(counts[-1] - free))
            # The 1st, 2nd, 4th, 8th ... in a row: who goes on guessing does not fill the log.
            if user_id is not None and counts[0].bit_count() == 1:
                changes = [Change("userId", None, user_id), Change("failures", None, counts[0])]
                self._log.witness(tx, Entry("Refuse", "Session", SECURITY, changes), user_id, address=address)

    def _wait(self, failures: int) -> timedelta:
        if failures <= 0:
            return timedelta()
        wait: timedelta = self.settings.first_wait * (1 << min(failures - 1, 16))
        return min(wait, self.settings.longest_wait)

    # ---------------------------------------------------------------- who is vouched for

    def vouched(
        self,
        external_id: str,
        user_id: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        email: str | None = None,
        groups: Collection[str] | None = None,
    ) -> Person:
        """The user whom an identity provider knows as `external_id`; made as `user_id` if there is none yet.

        Names and groups become what the provider says of them; of groups those that there are, and with `groups` None
        they stay. The last administrator stays one until there is another. Raises BadRequest if another user has the
        id: who that is nobody vouches for.
        """
        names = {"first_name": first_name, "last_name": last_name, "email": email}
        with self._database.read() as tx:
            known = _known_as(tx, external_id)
            there = None if groups is None else {id for id in groups if store.is_there(tx, "group", id)}
            wanted = there if there is None or known is None else there | _kept(tx, known.user.id)
        is_same = known is not None and known.user == UserView(known.user.id, **names)
        if known is not None and is_same and wanted in (None, {group.id for group in known.groups}):
            return known
        if known is None and not is_id(user_id):
            raise BadRequest(f"'{user_id[:100]}' cannot be the id of a user")
        self._log.prepare_witness()
        try:
            with self._database.write() as tx:
                id = user_id if known is None else known.user.id
                entries, joined = list[Entry](), frozenset[str]()
                if known is None:
                    more = {"password_hash": None, "external_id": external_id, "created_at": self._clock()}
                    store.add(tx, "user", {"id": id, **names, **more})
                    entries.append(told("Create", "user", id))
                elif not is_same:
                    store.change(tx, "user", id, names)
                    entries.append(told("Update", "user", id))
                if there is not None:
                    store.keep_members(tx, ADMINISTRATORS)
                    added, removed = store.set_groups(tx, id, there | _kept(tx, id))
                    joined = frozenset([*added, *removed])
                    entries += [told_member("Create", "user", id, "group", group) for group in added]
                    entries += [told_member("Delete", "user", id, "group", group) for group in removed]
                for entry in entries:
                    self._log.witness(tx, entry, id, reason="The identity provider says so")
                found = _person(tx, id)
        except RowConflict:
            with self._database.read() as tx:
                found = _known_as(tx, external_id)
            if found is None:
                raise BadRequest(f"There is another user with the id '{user_id}'") from None
        else:
            self._news.tell(News(users=frozenset([id]), groups=joined))
        if found is None:
            raise NotFound("user", user_id)
        return found

    # ---------------------------------------------------------------- sessions

    def open_session(
        self, user_id: str, *, address: str | None = None, user_agent: str | None = None
    ) -> tuple[str, SessionView]:
        """Begin a session: what the browser must show from now on, and what is known of it. Raises NotFound."""
        now, secret = self._clock(), secrets.token_urlsafe(32)
        agent = None if user_agent is None else user_agent[:500].replace("\0", "")
        view = SessionView(secrets.token_hex(8), user_id, address, agent, now, now, now + self.settings.session_lasts)
        self._log.prepare_witness()
        with self._database.write() as tx:
            if not store.is_there(tx, "user", user_id):
                raise NotFound("user", user_id)
            store.forget_sessions(tx, now, self.unseen_since())
            store.add_session(tx, asdict(view) | {"token_hash": _hash(secret)})
            begun = Entry("Create", "Session", SECURITY, [Change("userId", None, user_id)])
            self._log.witness(tx, begun, user_id, address=address)
        self._changed(user_id)
        return secret, view

    def session(self, secret: str) -> tuple[SessionView, Person] | None:
        """The session that a browser shows, and whose it is; None if it is over or there never was one."""
        now = self._clock()
        with self._database.read() as tx:
            found = store.session(tx, _hash(secret))
            if found is None or found.expires_at <= now or found.seen_at + self.settings.session_idle <= now:
                return None
            person = _person(tx, found.user_id)
        if person is None:
            return None
        if found.seen_at + _SIGN_OF_LIFE <= now:
            with self._database.write() as tx:
                store.see_session(tx, found.id, now)
        return found, person

    def unseen_since(self) -> datetime:
        """A session that nobody has used since then is over."""
        return self._clock() - self.settings.session_idle

    def sessions(self, user_id: str) -> Sequence[SessionView]:
        """The sessions of a user that are not over, the newest first."""
        now, unseen_since = self._clock(), self.unseen_since()
        with self._database.read() as tx:
            found = store.sessions_of(tx, user_id)
        return [each for each in found if each.expires_at > now and each.seen_at > unseen_since]

    def end_session(self, user_id: str, id: str) -> None:
        """End one session of a user. Raises NotFound."""
        self._log.prepare()
        with self._database.write() as tx:
            if not store.end_session(tx, user_id, id):
                raise NotFound("session", id)
            self._log.note(tx, sessions_ended(user_id))
        self._changed(user_id)

    def end_sessions(self, user_id: str, *, but: str | None = None) -> None:
        """End all sessions of a user, but for the one with that id."""
        self._log.prepare()
        with self._database.write() as tx:
            if store.end_sessions(tx, user_id, but=but):
                self._log.note(tx, sessions_ended(user_id))
        self._changed(user_id)

    # ---------------------------------------------------------------- tokens

    def create_token(
        self, user_id: str, name: str, *, expires_at: datetime | None = None, read_only: bool = False
    ) -> tuple[str, TokenView]:
        """A new API token of a user: what a program must show, which cannot be read again, and what is known of it.

        Raises NotFound, and BadRequest for a name that is empty or too long and for a time that is over.
        """
        now = self._clock()
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise BadRequest(f"The name of a token has 1 to {LONGEST_NAME} characters")
        if expires_at is not None and expires_at <= now:
            raise BadRequest("A token cannot have expired before it is made")
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        view = TokenView(secrets.token_hex(8), user_id, name, read_only, now, expires_at, None)
        self._log.prepare()
        with self._database.write() as tx:
            if not store.is_there(tx, "user", user_id):
                raise NotFound("user", user_id)
            store.add_token(tx, asdict(view) | {"token_hash": _hash(secret)})
            self._note_token(tx, "Create", view)
        self._changed(user_id)
        return secret, view

    def token(self, secret: str) -> tuple[TokenView, Person] | None:
        """The API token that a program shows, and whose it is; None if it has expired or there never was one."""
        now = self._clock()
        with self._database.read() as tx:
            found = store.token(tx, _hash(secret))
            if found is None or (found.expires_at is not None and found.expires_at <= now):
                return None
            person = _person(tx, found.user_id)
        if person is None:
            return None
        if found.used_at is None or found.used_at + _SIGN_OF_LIFE <= now:
            with self._database.write() as tx:
                store.use_token(tx, found.id, now)
        return found, person

    def tokens(self, user_id: str) -> Sequence[TokenView]:
        """The API tokens of a user, the newest first; those that have expired are among them."""
        with self._database.read() as tx:
            return store.tokens_of(tx, user_id)

    def delete_token(self, user_id: str, id: str) -> None:
        """Delete an API token of a user. Raises NotFound."""
        if not self._delete_tokens(user_id, id):
            raise NotFound("token", id)

    def delete_tokens(self, user_id: str) -> None:
        """Delete all API tokens of a user."""
        self._delete_tokens(user_id, None)

    def _delete_tokens(self, user_id: str, id: str | None) -> bool:
        self._log.prepare()
        with self._database.write() as tx:
            found = [each for each in store.tokens_of(tx, user_id) if id in (None, each.id)]
            for each in found:
                store.remove_token(tx, user_id, each.id)
                self._note_token(tx, "Delete", each)
        self._changed(user_id)
        return bool(found)

    def _changed(self, user_id: str) -> None:
        self._news.tell(News(credentials=frozenset([user_id])))

    def _note_token(self, tx: WriteTransaction, type: str, view: TokenView) -> None:
        known = {"userId": view.user_id, "name": view.name, "readOnly": view.read_only, "expires": view.expires_at}
        changes = [
            Change(name, value, None) if type == "Delete" else Change(name, None, value)
            for name, value in known.items()
            if value is not None
        ]
        self._log.note(tx, Entry(type, "Token", ADMIN, changes))

    # ---------------------------------------------------------------- both

    def holding(self, proofs: Collection[Proof]) -> set[Proof]:
        """Those that hold still: the session or token is not over, the user is there, in the same groups and tenants.

        At most four statements, however many they are.
        """
        now, idle = self._clock(), self.settings.session_idle
        sessions = {each.session_id for each in proofs if each.session_id is not None}
        tokens = {each.token_id for each in proofs if each.token_id is not None}
        with self._database.read() as tx:
            open_sessions = store.open_sessions(tx, sessions, now, now - idle) if sessions else set()
            good_tokens = store.good_tokens(tx, tokens, now) if tokens else set()
            by_password = {each.person.user.id for each in proofs if each.password is not None}
            passwords = store.password_hashes(tx, by_password) if by_password else {}
            belongings = store.belongings(tx, {each.person.user.id for each in proofs})
        shown = {user_id: _hash(kept) for user_id, kept in passwords.items()}
        return {
            each
            for each in proofs
            if (each.session_id is None or each.session_id in open_sessions)
            and (each.token_id is None or each.token_id in good_tokens)
            and (each.password is None or each.password == shown.get(each.person.user.id))
            and (each.expires_at is None or each.expires_at > now)
            and belongings.get(each.person.user.id)
            == ({group.id for group in each.person.groups}, {tenant.id for tenant in each.person.tenants})
        }


class _Known:
    """Passwords that were right before, under a key that is known to this process alone.

    Programs send theirs with every request, and each look at the hash takes a good part of a processor. The hash is
    part of what is remembered: another password makes all that was remembered of the old one useless.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._digests: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def is_right(self, user_id: str, password: str, hash: str) -> bool:
        digest = self._digest(user_id, password, hash)
        with self._lock:
            if digest not in self._digests:
                return False
            self._digests.move_to_end(digest)
            return True

    def remember(self, user_id: str, password: str, hash: str) -> None:
        with self._lock:
            self._digests[self._digest(user_id, password, hash)] = None
            if len(self._digests) > _REMEMBERED:
                self._digests.popitem(last=False)

    def _digest(self, *texts: str) -> bytes:
        told = hmac.new(self._key, digestmod="sha256")
        for text in texts:
            data = text.encode("utf-8", "surrogatepass")
            told.update(len(data).to_bytes(8, "big") + data)
        return told.digest()


def _network(address: str) -> str:
    """What one person has of addresses: of IPv6 a whole network (RFC 6177), with another one for each try."""
    try:
        known = ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(IPv6Network((int(known), 64), strict=False))
    return str(getattr(known, "ipv4_mapped", None) or known)


def _kept(tx: ReadTransaction, user_id: str) -> set[str]:
    """The group that a user stays in whoever says otherwise: that of the administrators, as the last one."""
    is_last = store.is_member(tx, user_id, ADMINISTRATORS) and not store.has_member(tx, ADMINISTRATORS, but=user_id)
    return {ADMINISTRATORS} if is_last else set()


def _person(tx: ReadTransaction, user_id: str) -> Person | None:
    found = store.person(tx, user_id)
    return None if found is None else Person(found[0], tuple(found[1]), tuple(found[2]))


def _known_as(tx: ReadTransaction, external_id: str) -> Person | None:
    found = store.user_known_as(tx, external_id)
    return None if found is None else _person(tx, found)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
