"""The people of `baton dev`, whose passwords are their names, and what they may do with the examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baton.starting import CannotStart
from engine import Engine
from engine.authorization import ADMINISTRATORS, Resource

GROUPS = {
    "sales": "Sales",
    "accounting": "Accounting",
    "management": "Management",
    "warehouse": "Warehouse",
    "it": "IT",
    ADMINISTRATORS: "Administrators",
}


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the demo: the password is the id. `can` says in a few words what for."""

    id: str
    first_name: str
    last_name: str
    groups: tuple[str, ...]
    can: str


PEOPLE = (
    DemoPerson("sales", "Sandra", "Sales", ("sales", "warehouse"), "starts processes, checks orders, ships"),
    DemoPerson("accounting", "Alan", "Accounting", ("accounting",), "checks accounts, approves small invoices"),
    DemoPerson("manager", "Maria", "Manager", ("management", "it"), "approves large invoices, sees all instances"),
    DemoPerson("admin", "Adam", "Admin", (ADMINISTRATORS,), "may do everything"),
)

PERMITTED = {
    "sales": ("READ", "CREATE_INSTANCE"),
    "accounting": ("READ",),
    "management": (
        "READ",
        "CREATE_INSTANCE",
        "READ_INSTANCE",
        "READ_TASK",
        "READ_HISTORY",
        "TASK_ASSIGN",
        "RETRY_JOB",
    ),
}
"""What groups may do with all processes, besides the tasks that they are candidates for."""


def add_demo(engine: Engine) -> None:
    """Make the people, their groups and what they may do, unless there are users already."""
    people, admin = engine.people, PEOPLE[-1]
    if engine.credentials.has_users():
        return
    people.create_first_administrator(
        admin.id,
        admin.id,
        first_name=admin.first_name,
        last_name=admin.last_name,
        email=_email(admin),
        any_password=True,
    )
    for group, name in GROUPS.items():
        if group != ADMINISTRATORS:
            people.create_group(group, name=name, type="WORKFLOW")
    for person in PEOPLE:
        if person is not admin:
            people.create_user(
                person.id,
                first_name=person.first_name,
                last_name=person.last_name,
                email=_email(person),
                password=person.id,
                any_password=True,
            )
            for group in person.groups:
                people.add_to_group(person.id, group)
    _permit(engine)


def _email(person: DemoPerson) -> str:
    return f"{person.id}@example.org"


def _permit(engine: Engine) -> None:
    grant = engine.authorizations.grant
    for resource in (Resource.USER, Resource.GROUP):
        grant(resource, "READ")
    for group, permissions in PERMITTED.items():
        grant(Resource.PROCESS_DEFINITION, *permissions, group=group)
        if "CREATE_INSTANCE" in permissions:
            grant(Resource.PROCESS_INSTANCE, "CREATE", group=group)


def known_to_all(engine: Engine) -> Sequence[DemoPerson]:
    """Those of the demo whom anybody can sign in as: their passwords are still their names."""
    return [person for person in PEOPLE if engine.credentials.has_password(person.id, person.id)]


def require_no_demo(engine: Engine) -> None:
    """Raise CannotStart if anybody can sign in as somebody of the demo."""
    if found := known_to_all(engine):
        names = ", ".join(person.id for person in found)
        raise CannotStart(
            f"Others can reach the server, and know the passwords of {names}: they are the people of `baton dev`.",
            "Give them other passwords with `baton user password`; or delete them with `baton user delete`, when "
            "there is an administrator of your own (`baton user create ID --admin`).",
        )
