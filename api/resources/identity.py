"""Whose password it is, who shares groups with whom, what passwords must be (Camunda manual, REST API, "Identity")."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from api.authentication import Authentication
from api.errors import refuse
from api.resources.users import Profile
from api.routing import Body, Routes
from engine import Engine
from engine.services.passwords import PasswordRule

IDENTITY = Routes("Identity")


class NamedGroup(TypedDict):
    """A group of the user."""

    id: str
    name: str | None


class Fellow(TypedDict):
    """Somebody who shares a group with the user."""

    id: str
    firstName: str | None
    lastName: str | None
    displayName: str


class GroupsOfUser(TypedDict):
    """The groups of a user, and who else is in them."""

    groups: list[NamedGroup]
    groupUsers: list[Fellow]


@IDENTITY.get("/identity/groups", "The groups of a user, and who else is in them")
def get_groups_of_user(engine: Engine, user_id: str | None = None) -> GroupsOfUser:
    if user_id is None:
        raise refuse("No user id was supplied")
    groups = engine.people.groups_of(user_id)
    return GroupsOfUser(
        groups=[NamedGroup(id=group.id, name=group.name) for group in groups],
        groupUsers=[
            Fellow(
                id=user.id,
                firstName=user.first_name,
                lastName=user.last_name,
                displayName=" ".join(filter(None, (user.first_name, user.last_name))) or user.id,
            )
            for user in engine.people.fellows_of(user_id)
        ],
    )


class GivenPassword(Body):
    """A user and what is said to be their password."""

    username: str | None = None
    password: str | None = None


class Verdict(TypedDict):
    """Whether it is the password of that user."""

    authenticatedUser: str
    groups: None
    tenants: None
    authenticated: bool


@IDENTITY.post("/identity/verify", "Ask whether it is the password of a user", open=True, changes=False)
def verify_user(authentication: Authentication, body: GivenPassword) -> Verdict:
    if body.username is None or body.password is None:
        raise refuse("Username and password are required")
    person = authentication.check(body.username, body.password)
    return Verdict(authenticatedUser=body.username, groups=None, tenants=None, authenticated=person is not None)


class Rule(TypedDict):
    """A rule for passwords, by its name in Camunda's clients."""

    placeholder: str
    parameter: dict[str, str] | None


class Policy(TypedDict):
    """The rules for passwords."""

    rules: list[Rule]


class CheckedRule(Rule):
    """A rule, and whether the password keeps to it."""

    valid: bool


class CheckedPolicy(TypedDict):
    """The rules for passwords, and whether the password keeps to all of them."""

    rules: list[CheckedRule]
    valid: bool


def _rules(engine: Engine) -> Sequence[PasswordRule]:
    rules = engine.people.password_rules
    if not rules:
        raise refuse("There is no password policy", status=404)
    return rules


def _show(rule: PasswordRule) -> Rule:
    return Rule(placeholder=rule.name, parameter=dict(rule.parameter) or None)


@IDENTITY.get("/identity/password-policy", "What passwords must be")
def get_password_policy(engine: Engine) -> Policy:
    return Policy(rules=[_show(rule) for rule in _rules(engine)])


class PasswordToCheck(Body):
    """A password, and who is to have it."""

    password: str | None = None
    profile: Profile | None = None


@IDENTITY.post("/identity/password-policy", "Ask whether a password is good enough", changes=False)
def check_password(engine: Engine, body: PasswordToCheck) -> CheckedPolicy:
    rules, password = _rules(engine), body.password
    if password is None:
        raise refuse("password: is required")
    whose = body.profile or Profile()
    about = [text for text in (whose.id, whose.first_name, whose.last_name, whose.email) if text]
    checked = [CheckedRule(**_show(rule), valid=rule.holds(password, about)) for rule in rules]
    return CheckedPolicy(rules=checked, valid=all(rule["valid"] for rule in checked))
