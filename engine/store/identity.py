"""People, groups, tenants, and what people sign in with: written and read by their keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, Text, bindparam, delete, exists, insert, literal, or_, select, update

from engine.store import tables
from engine.store.query.views import GroupView, SessionView, TenantView, TokenView, UserView
from engine.store.transaction import ReadTransaction, WriteTransaction

_user, _group, _tenant = tables.user_account, tables.user_group, tables.tenant
_session, _token, _failure = tables.web_session, tables.api_token, tables.sign_in_failure
_PERSON = (_user.c.id, _user.c.first_name, _user.c.last_name, _user.c.email)
SESSION = (
    _session.c.id,
    _session.c.user_id,
    _session.c.address,
    _session.c.user_agent,
    _session.c.created_at,
    _session.c.seen_at,
    _session.c.expires_at,
)
TOKEN = (
    _token.c.id,
    _token.c.user_id,
    _token.c.name,
    _token.c.read_only,
    _token.c.created_at,
    _token.c.expires_at,
    _token.c.used_at,
)

_SESSION_BY_HASH = select(*SESSION).where(_session.c.token_hash == bindparam("hash"))
_TOKEN_BY_HASH = select(*TOKEN).where(_token.c.token_hash == bindparam("hash"))

_MEMBERS: Mapping[tuple[str, str], Table] = {
    ("user", "group"): tables.group_member,
    ("user", "tenant"): tables.tenant_user,
    ("group", "tenant"): tables.tenant_group,
}
_THINGS: Mapping[str, Table] = {"user": _user, "group": _group, "tenant": _tenant}

# ---------------------------------------------------------------- users, groups and tenants


def add(tx: WriteTransaction, kind: str, values: Mapping[str, Any]) -> None:
    """A new user, group or tenant. Raises RowConflict if there is one with that id."""
    tx.connection.execute(insert(_THINGS[kind]).values(**values))


def change(tx: WriteTransaction, kind: str, id: str, values: Mapping[str, Any]) -> bool:
    """Set what is said of a user, group or tenant. Tells whether there is one."""
    thing = _THINGS[kind]
    return tx.connection.execute(update(thing).where(thing.c.id == id).values(**values)).rowcount > 0


def remove(tx: WriteTransaction, kind: str, id: str) -> bool:
    """Delete a user, group or tenant with its memberships; of a user also what they sign in with."""
    thing = _THINGS[kind]
    return tx.connection.execute(delete(thing).where(thing.c.id == id)).rowcount > 0


def is_there(tx: ReadTransaction, kind: str, id: str) -> bool:
    """Is there a user, group or tenant with that id?"""
    thing = _THINGS[kind]
    return bool(tx.connection.scalar(select(exists().where(thing.c.id == id))))


def stays(tx: WriteTransaction, kind: str, id: str) -> bool:
    """As `is_there`, and nobody else deletes it until the transaction ends; who does so already is waited for."""
    thing = _THINGS[kind]
    found = select(thing.c.id).where(thing.c.id == id).with_for_update(read=True, key_share=True)
    return tx.connection.scalar(found) is not None


def any_user(tx: ReadTransaction) -> bool:
    """Is there any user at all?"""
    return tx.connection.execute(select(_user.c.id).limit(1)).first() is not None


def keep_users(tx: WriteTransaction) -> None:
    """Let nobody else add users until the transaction ends. On SQLite the transaction itself sees to that."""
    if tx.dialect == "postgresql":
        tx.run("LOCK TABLE user_account IN SHARE ROW EXCLUSIVE MODE", ())


def has_member(tx: ReadTransaction, group_id: str, *, but: str | None = None) -> bool:
    """Is anybody in the group, besides that user?"""
    member = tables.group_member.c
    query = select(member.user_id).where(member.group_id == group_id, member.user_id.is_distinct_from(but))
    return tx.connection.execute(query.limit(1)).first() is not None


def keep_members(tx: WriteTransaction, group_id: str, *, closed: bool = False) -> None:
    """Until the transaction ends nobody else who asks for this ends a membership in the group.

    Nor does anybody join it, if it is `closed`. On SQLite the transaction itself sees to that.
    """
    if tx.dialect == "postgresql":
        strength = "UPDATE" if closed else "NO KEY UPDATE"  # a new membership takes a KEY SHARE lock on its group
        tx.run(f"SELECT id FROM user_group WHERE id = %s FOR {strength}", (group_id,))  # noqa: S608 - no data in it


def is_member(tx: ReadTransaction, user_id: str, group_id: str) -> bool:
    """Is the user in the group?"""
    member = tables.group_member.c
    found = exists().where(member.user_id == user_id, member.group_id == group_id)
    return bool(tx.connection.scalar(select(found)))


def add_member(tx: WriteTransaction, kind: str, id: str, whole: str, whole_id: str) -> None:
    """Make a user or group a member of a group or tenant. Raises RowConflict if it is one."""
    values = {f"{kind}_id": id, f"{whole}_id": whole_id}
    tx.connection.execute(insert(_MEMBERS[kind, whole]).values(**values))


def remove_member(tx: WriteTransaction, kind: str, id: str, whole: str, whole_id: str) -> bool:
    """End that membership. Tells whether there was one."""
    table = _MEMBERS[kind, whole]
    meant = (table.c[f"{kind}_id"] == id, table.c[f"{whole}_id"] == whole_id)
    return tx.connection.execute(delete(table).where(*meant)).rowcount > 0


def set_groups(tx: WriteTransaction, user_id: str, group_ids: Collection[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Make a user a member of these groups and of no others. Tells of which groups they are now, and are no more."""
    member, wanted = tables.group_member, set(group_ids)
    there = set(tx.connection.scalars(select(member.c.group_id).where(member.c.user_id == user_id)))
    added, removed = sorted(wanted - there), sorted(there - wanted)
    if removed:
        tx.connection.execute(delete(member).where(member.c.user_id == user_id, member.c.group_id.in_(removed)))
    for group_id in added:
        tx.connection.execute(insert(member).values(user_id=user_id, group_id=group_id))
    return added, removed


def user(tx: ReadTransaction, id: str) -> UserView | None:
    """The user with that id."""
    row = tx.connection.execute(select(*_PERSON).where(_user.c.id == id)).first()
    return None if row is None else UserView(*row)


def user_known_as(tx: ReadTransaction, external_id: str) -> str | None:
    """The id of the user whom an identity provider knows so."""
    return tx.connection.scalar(select(_user.c.id).where(_user.c.external_id == external_id))


def group(tx: ReadTransaction, id: str) -> GroupView | None:
    """The group with that id."""
    row = tx.connection.execute(select(_group.c.id, _group.c.name, _group.c.type).where(_group.c.id == id)).first()
    return None if row is None else GroupView(*row)


def tenant(tx: ReadTransaction, id: str) -> TenantView | None:
    """The tenant with that id."""
    row = tx.connection.execute(select(_tenant.c.id, _tenant.c.name).where(_tenant.c.id == id)).first()
    return None if row is None else TenantView(*row)


def groups_of(tx: ReadTransaction, user_id: str) -> list[GroupView]:
    """The groups of a user, by id."""
    member = tables.group_member
    query = select(_group.c.id, _group.c.name, _group.c.type).join(member, member.c.group_id == _group.c.id)
    rows = tx.connection.execute(query.where(member.c.user_id == user_id).order_by(_group.c.id))
    return [GroupView(*row) for row in rows]


def fellows_of(tx: ReadTransaction, user_id: str) -> list[UserView]:
    """The other members of a user's groups, by id."""
    own, member = tables.group_member, tables.group_member.alias()
    fellows = (
        select(member.c.user_id)
        .join(own, own.c.group_id == member.c.group_id)
        .where(own.c.user_id == user_id, member.c.user_id != user_id)
    )
    query = select(*_PERSON).where(_user.c.id.in_(fellows)).order_by(_user.c.id)
    return [UserView(*row) for row in tx.connection.execute(query)]


_BELONGS = """
    SELECT 0, id, first_name, last_name, email FROM user_account WHERE id = :id
    UNION ALL
    SELECT 1, user_group.id, user_group.name, user_group.type, NULL
    FROM group_member JOIN user_group ON user_group.id = group_member.group_id WHERE group_member.user_id = :id
    UNION ALL
    SELECT 2, id, name, NULL, NULL FROM tenant WHERE id IN (
        SELECT tenant_id FROM tenant_user WHERE user_id = :id
        UNION SELECT tenant_id FROM group_member JOIN tenant_group ON tenant_group.group_id = group_member.group_id
        WHERE group_member.user_id = :id)
    ORDER BY 1, 2"""
"""A user, the groups of the user, and the tenants of both: asked for by every request, so in one statement."""


def person(tx: ReadTransaction, user_id: str) -> tuple[UserView, list[GroupView], list[TenantView]] | None:
    """A user, their groups, and their own tenants and those of their groups, by id; None if there is no such user."""
    place = "?" if tx.dialect == "sqlite" else "%s"
    rows = tx.run(_BELONGS.replace(":id", place), [user_id] * _BELONGS.count(":id")).fetchall()
    if not rows or rows[0][0] != 0:
        return None
    groups = [GroupView(*row[1:4]) for row in rows if row[0] == 1]
    return UserView(*rows[0][1:]), groups, [TenantView(*row[1:3]) for row in rows if row[0] == 2]


def belongings(tx: ReadTransaction, user_ids: Collection[str]) -> dict[str, tuple[set[str], set[str]]]:
    """The groups of each of these users, and the tenants that are theirs or those of their groups.

    Who is not there is absent.
    """
    found: dict[str, tuple[set[str], set[str]]] = {}
    for id, group_id, tenant_id in _belonging(tx, user_ids):
        groups, tenants = found.setdefault(id, (set(), set()))
        if group_id is not None:
            groups.add(group_id)
        if tenant_id is not None:
            tenants.add(tenant_id)
    return found


def _belonging(tx: ReadTransaction, user_ids: Collection[str]) -> Iterable[Any]:
    member, by_group, own = tables.group_member.c, tables.tenant_group.c, tables.tenant_user.c
    asked = sorted(user_ids)
    through = tables.user_account.outerjoin(tables.group_member, member.user_id == _user.c.id).outerjoin(
        tables.tenant_group, by_group.group_id == member.group_id
    )
    users = select(_user.c.id, member.group_id, by_group.tenant_id).select_from(through).where(_user.c.id.in_(asked))
    mine = select(own.user_id, literal(None, Text), own.tenant_id).where(own.user_id.in_(asked))
    return tx.connection.execute(users.union_all(mine))


def password_hash(tx: ReadTransaction, user_id: str) -> str | None:
    """The hash of a user's password; None if there is no such user or the user has no password."""
    return tx.connection.scalar(select(_user.c.password_hash).where(_user.c.id == user_id))


def password_hashes(tx: ReadTransaction, user_ids: Collection[str]) -> dict[str, str]:
    """The hashes of the passwords of those of these users who have one."""
    query = select(_user.c.id, _user.c.password_hash)
    found = tx.connection.execute(query.where(_user.c.id.in_(sorted(user_ids)), _user.c.password_hash.is_not(None)))
    return {row.id: row.password_hash for row in found}


# ---------------------------------------------------------------- sessions and tokens


def add_session(tx: WriteTransaction, values: Mapping[str, Any]) -> None:
    """A new session."""
    tx.connection.execute(insert(_session).values(**values))


def session(tx: ReadTransaction, token_hash: str) -> SessionView | None:
    """The session of which the browser holds what has this hash."""
    row = tx.connection.execute(_SESSION_BY_HASH, {"hash": token_hash}).first()
    return None if row is None else SessionView(*row)


def sessions_of(tx: ReadTransaction, user_id: str) -> Sequence[SessionView]:
    """The sessions of a user, the newest first."""
    query = select(*SESSION).where(_session.c.user_id == user_id).order_by(_session.c.created_at.desc(), _session.c.id)
    return [SessionView(*row) for row in tx.connection.execute(query)]


def open_sessions(tx: ReadTransaction, ids: Collection[str], now: datetime, unseen_since: datetime) -> set[str]:
    """Those of these sessions that are not over."""
    is_open = (_session.c.expires_at > now, _session.c.seen_at > unseen_since)
    return set(tx.connection.scalars(select(_session.c.id).where(_session.c.id.in_(sorted(ids)), *is_open)))


def see_session(tx: WriteTransaction, id: str, at: datetime) -> None:
    """Note that a session is in use."""
    tx.connection.execute(update(_session).where(_session.c.id == id).values(seen_at=at))


def end_session(tx: WriteTransaction, user_id: str, id: str) -> bool:
    """End one session of a user. Tells whether there was one."""
    meant = (_session.c.id == id, _session.c.user_id == user_id)
    return tx.connection.execute(delete(_session).where(*meant)).rowcount > 0


def end_sessions(tx: WriteTransaction, user_id: str, *, but: str | None = None) -> bool:
    """End all sessions of a user, but for one. Tells whether there were any."""
    meant = (_session.c.user_id == user_id, *([] if but is None else [_session.c.id != but]))
    return tx.connection.execute(delete(_session).where(*meant)).rowcount > 0


def forget_sessions(tx: WriteTransaction, now: datetime, unseen_since: datetime) -> None:
    """Delete the sessions that are over."""
    tx.connection.execute(delete(_session).where((_session.c.expires_at <= now) | (_session.c.seen_at <= unseen_since)))


def add_token(tx: WriteTransaction, values: Mapping[str, Any]) -> None:
    """A new API token."""
    tx.connection.execute(insert(_token).values(**values))


def token(tx: ReadTransaction, token_hash: str) -> TokenView | None:
    """The API token with this hash."""
    row = tx.connection.execute(_TOKEN_BY_HASH, {"hash": token_hash}).first()
    return None if row is None else TokenView(*row)


def tokens_of(tx: ReadTransaction, user_id: str) -> Sequence[TokenView]:
    """The API tokens of a user, the newest first."""
    query = select(*TOKEN).where(_token.c.user_id == user_id).order_by(_token.c.created_at.desc(), _token.c.id)
    return [TokenView(*row) for row in tx.connection.execute(query)]


def good_tokens(tx: ReadTransaction, ids: Collection[str], now: datetime) -> set[str]:
    """Those of these API tokens that have not expired."""
    is_good = or_(_token.c.expires_at.is_(None), _token.c.expires_at > now)
    return set(tx.connection.scalars(select(_token.c.id).where(_token.c.id.in_(sorted(ids)), is_good)))


def use_token(tx: WriteTransaction, id: str, at: datetime) -> None:
    """Note that an API token is in use."""
    tx.connection.execute(update(_token).where(_token.c.id == id).values(used_at=at))


def remove_token(tx: WriteTransaction, user_id: str, id: str) -> bool:
    """Delete one API token of a user. Tells whether there was one."""
    meant = (_token.c.id == id, _token.c.user_id == user_id)
    return tx.connection.execute(delete(_token).where(*meant)).rowcount > 0


# ---------------------------------------------------------------- failures


def blocked_until(tx: ReadTransaction, keys: Sequence[str]) -> datetime | None:
    """Until when none of these may try to sign in; None if none has failed lately."""
    times = tx.connection.scalars(select(_failure.c.blocked_until).where(_failure.c.key.in_(keys))).all()
    return max(times, default=None)


def failures(tx: WriteTransaction, key: str) -> int:
    """How often in a row it has failed for that key. Nobody else counts until the transaction ends."""
    query = select(_failure.c.count).where(_failure.c.key == key)
    if tx.dialect == "postgresql":
        query = query.with_for_update()
    return tx.connection.scalar(query) or 0


def note_failure(tx: WriteTransaction, key: str, count: int, at: datetime, blocked_until: datetime) -> None:
    """Note that it has failed for that key, so often in a row by now."""
    values = {"count": count, "last_at": at, "blocked_until": blocked_until}
    known = update(_failure).where(_failure.c.key == key).values(**values)
    if not tx.connection.execute(known).rowcount:
        tx.connection.execute(insert(_failure).values(key=key, **values))


def forget_failures(tx: WriteTransaction, key: str) -> None:
    """Forget that it has failed for that key."""
    tx.connection.execute(delete(_failure).where(_failure.c.key == key))


def forget_old_failures(tx: WriteTransaction, before: datetime) -> None:
    """Forget failures that were the last of their key before that time."""
    tx.connection.execute(delete(_failure).where(_failure.c.blocked_until < before))
