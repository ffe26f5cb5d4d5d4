"""Who acts, on what kinds of things, with which permissions; and the error of one who may not.

The kinds of things and the permissions have Camunda's names and numbers (Camunda 7 manual, "Authorization Service"), so
that authorizations made for it mean the same here. `SCRIPT` is our own: the right to deploy what runs code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from engine.errors import EngineError

ADMINISTRATORS = "camunda-admin"
"""The group whose members may do everything."""

ANY = "*"
"""The resource id that stands for all things of a kind, and the user id of an authorization that is everybody's."""


# ---------------------------------------------------------------- who acts


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. An `administrator` may do everything; who has no tenants sees what belongs to no tenant."""

    user_id: str | None
    groups: frozenset[str] = frozenset()
    tenants: frozenset[str] = frozenset()
    administrator: bool = False
    address: str | None = None
    """The network address that the request came from."""
    request_id: str | None = None
    """Names the request in the operation log."""
    reason: str | None = None
    """Why it is done, in that person's words: kept in the operation log."""


SYSTEM = Actor(user_id=None, administrator=True)
"""The engine itself, a program that it is embedded in, or anybody when authentication is off."""


# ---------------------------------------------------------------- what may be permitted


class Resource(IntEnum):
    """The kinds of things that permissions are about."""

    APPLICATION = 0
    USER = 1
    GROUP = 2
    GROUP_MEMBERSHIP = 3
    AUTHORIZATION = 4
    FILTER = 5
    PROCESS_DEFINITION = 6
    TASK = 7
    PROCESS_INSTANCE = 8
    DEPLOYMENT = 9
    DECISION_DEFINITION = 10
    TENANT = 11
    TENANT_MEMBERSHIP = 12
    BATCH = 13
    DECISION_REQUIREMENTS_DEFINITION = 14
    REPORT = 15
    DASHBOARD = 16
    OPERATION_LOG_CATEGORY = 17
    OPTIMIZE = 18
    HISTORIC_TASK = 19
    HISTORIC_PROCESS_INSTANCE = 20
    SYSTEM = 21

    @property
    def label(self) -> str:
        """How Camunda's REST API writes it."""
        return _ODD_LABELS.get(self) or self.name.title().replace("_", "")


_ODD_LABELS = {
    Resource.GROUP_MEMBERSHIP: "Group membership",
    Resource.OPERATION_LOG_CATEGORY: "OperationLogCatgeory",  # Camunda's own spelling, which its clients read
}


class AuthorizationType(IntEnum):
    """What an authorization does: permit to everybody, permit to one, or take away from one."""

    GLOBAL = 0
    GRANT = 1
    REVOKE = 2


NONE = 0
ALL = 2**31 - 1

_COMMON = {"READ": 2, "UPDATE": 4, "CREATE": 8, "DELETE": 16}
_HISTORY = {"READ_HISTORY": 4096, "DELETE_HISTORY": 8192}
_ADMINISTERED = MappingProxyType(_COMMON)

PERMISSIONS: Mapping[Resource, Mapping[str, int]] = MappingProxyType(
    {
        Resource.APPLICATION: {"ACCESS": 32},
        Resource.USER: _ADMINISTERED,
        Resource.GROUP: _ADMINISTERED,
        Resource.GROUP_MEMBERSHIP: {"CREATE": 8, "DELETE": 16},
        Resource.AUTHORIZATION: _ADMINISTERED,
        Resource.FILTER: _ADMINISTERED,
        Resource.PROCESS_DEFINITION: {
            "READ": 2,
            "UPDATE": 4,
            "DELETE": 16,
            "RETRY_JOB": 32,
            "READ_TASK": 64,
            "UPDATE_TASK": 128,
            "CREATE_INSTANCE": 256,
            "READ_INSTANCE": 512,
            "UPDATE_INSTANCE": 1024,
            "DELETE_INSTANCE": 2048,
            **_HISTORY,
            "TASK_WORK": 16384,
            "TASK_ASSIGN": 32768,
            "MIGRATE_INSTANCE": 65536,
            "SUSPEND_INSTANCE": 131072,
            "UPDATE_INSTANCE_VARIABLE": 262144,
            "UPDATE_TASK_VARIABLE": 524288,
            "SUSPEND": 1048576,
            "READ_INSTANCE_VARIABLE": 2097152,
            "READ_HISTORY_VARIABLE": 4194304,
            "READ_TASK_VARIABLE": 8388608,
            "UPDATE_HISTORY": 16777216,
        },
        Resource.TASK: {
            **_COMMON,
            "UPDATE_VARIABLE": 32,
            "READ_VARIABLE": 64,
            "READ_HISTORY": 4096,
            "TASK_WORK": 16384,
            "TASK_ASSIGN": 32768,
        },
        Resource.PROCESS_INSTANCE: {**_COMMON, "RETRY_JOB": 32, "SUSPEND": 64, "UPDATE_VARIABLE": 128},
        Resource.DEPLOYMENT: {"READ": 2, "CREATE": 8, "DELETE": 16, "SCRIPT": 2**28},
        Resource.DECISION_DEFINITION: {"READ": 2, "UPDATE": 4, "CREATE_INSTANCE": 256, **_HISTORY},
        Resource.TENANT: _ADMINISTERED,
        Resource.TENANT_MEMBERSHIP: {"CREATE": 8, "DELETE": 16},
        Resource.BATCH: {
            **_COMMON,
            "CREATE_BATCH_MIGRATE_PROCESS_INSTANCES": 32,
            "CREATE_BATCH_MODIFY_PROCESS_INSTANCES": 64,
            "CREATE_BATCH_RESTART_PROCESS_INSTANCES": 128,
            "CREATE_BATCH_DELETE_RUNNING_PROCESS_INSTANCES": 256,
            "CREATE_BATCH_DELETE_FINISHED_PROCESS_INSTANCES": 512,
            "CREATE_BATCH_DELETE_DECISION_INSTANCES": 1024,
            "CREATE_BATCH_SET_JOB_RETRIES": 2048,
            **_HISTORY,
            "CREATE_BATCH_SET_EXTERNAL_TASK_RETRIES": 16384,
            "CREATE_BATCH_UPDATE_PROCESS_INSTANCES_SUSPEND": 32768,
            "CREATE_BATCH_SET_REMOVAL_TIME": 65536,
            "CREATE_BATCH_SET_VARIABLES": 131072,
            "CREATE_BATCH_CORRELATE_MESSAGE": 262144,
        },
        Resource.DECISION_REQUIREMENTS_DEFINITION: {"READ": 2},
        Resource.REPORT: _ADMINISTERED,
        Resource.DASHBOARD: _ADMINISTERED,
        Resource.OPERATION_LOG_CATEGORY: {"READ": 2, "UPDATE": 4, "DELETE": 16},
        Resource.OPTIMIZE: {"EDIT": 2, "SHARE": 4},
        Resource.HISTORIC_TASK: {"READ": 2},
        Resource.HISTORIC_PROCESS_INSTANCE: {"READ": 2},
        Resource.SYSTEM: {"READ": 2, "SET": 4, "DELETE": 8},
    }
)
"""The permissions of each kind of thing, each a bit of its own there. Every kind also knows `NONE` and `ALL`."""


def permission_bit(resource: Resource, permission: str) -> int:
    """The number of a permission. Raises KeyError for one that this kind of thing does not know."""
    if permission == "ALL":
        return ALL
    return NONE if permission == "NONE" else PERMISSIONS[resource][permission]


def permission_names(resource: Resource, bits: int) -> list[str]:
    """The names of the permissions in `bits`: `["ALL"]`, or those that this kind of thing knows, in their order."""
    if bits == ALL:
        return ["ALL"]
    return [name for name, bit in PERMISSIONS[resource].items() if bits & bit]


# ---------------------------------------------------------------- what is needed


@dataclass(frozen=True, slots=True)
class Right:
    """A permission that is enough to do something, on the thing of that kind that it is done to or is part of."""

    resource: Resource
    permission: str

    def __post_init__(self) -> None:
        permission_bit(self.resource, self.permission)  # a permission that there is not would never be given

    def __str__(self) -> str:
        return f"{self.permission} on {self.resource.name}"


Rights = tuple[Right, ...]
"""Any of them is enough; where several are decided about, the first counts."""


def _rights(*named: tuple[Resource, str]) -> Rights:
    return tuple(Right(resource, permission) for resource, permission in named)


_PD, _PI, _TASK, _BATCH = Resource.PROCESS_DEFINITION, Resource.PROCESS_INSTANCE, Resource.TASK, Resource.BATCH
_PAST, _PAST_TASK = Resource.HISTORIC_PROCESS_INSTANCE, Resource.HISTORIC_TASK

READ_DEFINITION = _rights((_PD, "READ"))
UPDATE_DEFINITION = _rights((_PD, "UPDATE"))
SUSPEND_DEFINITION = _rights((_PD, "SUSPEND"), (_PD, "UPDATE"))
DELETE_DEFINITION = _rights((_PD, "DELETE"))
START = _rights((_PD, "CREATE_INSTANCE"))
CREATE_INSTANCE = _rights((_PI, "CREATE"))
MIGRATE = _rights((_PD, "MIGRATE_INSTANCE"))
READ_HISTORY = _rights((_PD, "READ_HISTORY"), (_PAST, "READ"), (_PAST_TASK, "READ"))
READ_PROCESS_HISTORY = _rights((_PD, "READ_HISTORY"), (_PAST, "READ"))
DELETE_HISTORY = _rights((_PD, "DELETE_HISTORY"))
READ_INSTANCE = _rights((_PI, "READ"), (_PD, "READ_INSTANCE"))
UPDATE_INSTANCE = _rights((_PI, "UPDATE"), (_PD, "UPDATE_INSTANCE"))
DELETE_INSTANCE = _rights((_PI, "DELETE"), (_PD, "DELETE_INSTANCE"))
SUSPEND_INSTANCE = _rights((_PI, "SUSPEND"), (_PD, "SUSPEND_INSTANCE"), (_PI, "UPDATE"), (_PD, "UPDATE_INSTANCE"))
RETRY_JOB = _rights((_PI, "RETRY_JOB"), (_PD, "RETRY_JOB"), (_PI, "UPDATE"), (_PD, "UPDATE_INSTANCE"))
SET_INSTANCE_VARIABLES = _rights(
    (_PI, "UPDATE_VARIABLE"), (_PD, "UPDATE_INSTANCE_VARIABLE"), (_PI, "UPDATE"), (_PD, "UPDATE_INSTANCE")
)
READ_TASK = _rights((_TASK, "READ"), (_PD, "READ_TASK"))
READ_TASK_VARIABLES = _rights(
    (_TASK, "READ_VARIABLE"), (_PD, "READ_TASK_VARIABLE"), (_TASK, "READ"), (_PD, "READ_TASK")
)
UPDATE_TASK = _rights((_TASK, "UPDATE"), (_PD, "UPDATE_TASK"))
WORK_ON_TASK = _rights((_TASK, "TASK_WORK"), (_PD, "TASK_WORK"), (_TASK, "UPDATE"), (_PD, "UPDATE_TASK"))
ASSIGN_TASK = _rights((_TASK, "TASK_ASSIGN"), (_PD, "TASK_ASSIGN"), (_TASK, "UPDATE"), (_PD, "UPDATE_TASK"))
SET_TASK_VARIABLES = _rights(
    (_TASK, "UPDATE_VARIABLE"), (_PD, "UPDATE_TASK_VARIABLE"), (_TASK, "UPDATE"), (_PD, "UPDATE_TASK")
)
CREATE_TASK = _rights((_TASK, "CREATE"))
DELETE_TASK = _rights((_TASK, "DELETE"))
READ_VARIABLE = _rights(
    (_PI, "READ"),
    (_PD, "READ_INSTANCE"),
    (_TASK, "READ"),
    (_TASK, "READ_VARIABLE"),
    (_PD, "READ_INSTANCE_VARIABLE"),
)
READ_VARIABLE_HISTORY = _rights(
    (_PD, "READ_HISTORY"), (_PAST, "READ"), (_PAST_TASK, "READ"), (_PD, "READ_HISTORY_VARIABLE")
)
READ_JOB = _rights((_PI, "READ"), (_PD, "READ_INSTANCE"), (_BATCH, "READ"))
READ_JOB_DEFINITION = _rights((_PD, "READ"), (_BATCH, "READ"))
READ_JOB_HISTORY = _rights((_PD, "READ_HISTORY"), (_PAST, "READ"), (_BATCH, "READ_HISTORY"))
READ_BATCH = _rights((_BATCH, "READ"))
UPDATE_BATCH = _rights((_BATCH, "UPDATE"))
DELETE_BATCH = _rights((_BATCH, "DELETE"))
READ_BATCH_HISTORY = _rights((_BATCH, "READ_HISTORY"))
DELETE_BATCH_HISTORY = _rights((_BATCH, "DELETE_HISTORY"))
READ_DEPLOYMENT = _rights((Resource.DEPLOYMENT, "READ"))
DEPLOY = _rights((Resource.DEPLOYMENT, "CREATE"))
DEPLOY_SCRIPT = _rights((Resource.DEPLOYMENT, "SCRIPT"))
DELETE_DEPLOYMENT = _rights((Resource.DEPLOYMENT, "DELETE"))
READ_AUTHORIZATION = _rights((Resource.AUTHORIZATION, "READ"))
READ_OPERATIONS = _rights((Resource.OPERATION_LOG_CATEGORY, "READ"), (_PD, "READ_HISTORY"))
ANNOTATE_OPERATIONS = _rights((Resource.OPERATION_LOG_CATEGORY, "UPDATE"), (_PD, "UPDATE_HISTORY"))
READ_FILTER = _rights((Resource.FILTER, "READ"))
READ_USER = _rights((Resource.USER, "READ"))
READ_GROUP = _rights((Resource.GROUP, "READ"))
READ_TENANT = _rights((Resource.TENANT, "READ"))
READ_SYSTEM = _rights((Resource.SYSTEM, "READ"))
CLEAN_UP = _rights((Resource.SYSTEM, "DELETE"))
_DD, _DRD = Resource.DECISION_DEFINITION, Resource.DECISION_REQUIREMENTS_DEFINITION
READ_DECISION = _rights((_DD, "READ"))
UPDATE_DECISION = _rights((_DD, "UPDATE"))
DECIDE = _rights((_DD, "CREATE_INSTANCE"))
READ_DECISION_HISTORY = _rights((_DD, "READ_HISTORY"))
DELETE_DECISION_HISTORY = _rights((_DD, "DELETE_HISTORY"))
READ_REQUIREMENTS = _rights((_DRD, "READ"))


def administer(resource: Resource, permission: str) -> Rights:
    """What is needed to do that to users, groups, tenants, memberships, filters or authorizations."""
    return _rights((resource, permission))


def create_batch(permission: str) -> Rights:
    """What is needed to begin a batch of a kind."""
    return _rights((_BATCH, f"CREATE_BATCH_{permission}"), (_BATCH, "CREATE"))


# ---------------------------------------------------------------- what is permitted


@dataclass(frozen=True, slots=True)
class Authorization:
    """Permissions on things of a kind for a user, the members of a group, or everybody (user `*`).

    Of a revocation, `permissions` are the bits that it takes away. `resource_id` None is about nothing.
    """

    id: int
    type: AuthorizationType
    user_id: str | None
    group_id: str | None
    resource: Resource
    resource_id: str | None
    permissions: int


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What authorizations say of one permission: for `permitted` ids yes, for `refused` ones no, for all else `others`.

    None is no answer: something else may decide.
    """

    permitted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    others: bool | None = None

    def of(self, resource_id: str | None) -> bool | None:
        """The verdict on the thing with that id; None stands for one that does not exist yet."""
        if resource_id in self.permitted:
            return True
        return False if resource_id in self.refused else self.others


class Permissions:
    """What the authorizations that concern one actor say.

    A user's own authorization counts before that of a group, and this before that of everybody; on each of these
    levels one for a single thing before one for all, and a revocation before a grant (Camunda 7 manual,
    "Authorization Service", "Authorization Precedence").
    """

    def __init__(self, authorizations: Iterable[Authorization]) -> None:
        self._by_resource: dict[Resource, list[Authorization]] = {}
        for each in sorted(authorizations, key=_precedence):
            self._by_resource.setdefault(each.resource, []).append(each)
        self._verdicts: dict[tuple[Resource, str], Verdicts] = {}

    def __eq__(self, other: object) -> bool:
        """Do the same authorizations say it?"""
        return isinstance(other, Permissions) and self._by_resource == other._by_resource

    __hash__ = None  # type: ignore[assignment]

    def verdicts(self, resource: Resource, permission: str) -> Verdicts:
        """What they say of a permission on things of a kind. Raises KeyError for a permission it does not know."""
        found = self._verdicts.get((resource, permission))
        if found is None:
            found = self._verdicts[resource, permission] = self._judge(resource, permission)
        return found

    def deciding(self, resource: Resource, permission: str, resource_id: str | None) -> Authorization | None:
        """The authorization that decides about a permission on one thing; None if none does."""
        bit = permission_bit(resource, permission)
        return next(
            (
                each
                for each in self._by_resource.get(resource, ())
                if each.permissions & bit == bit
                and each.resource_id is not None
                and each.resource_id in (resource_id, ANY)
            ),
            None,
        )

    def _judge(self, resource: Resource, permission: str) -> Verdicts:
        bit = permission_bit(resource, permission)
        about_all: bool | None = None
        answers: dict[str, bool] = {}
        for each in self._by_resource.get(resource, ()):
            if each.permissions & bit != bit or each.resource_id is None:
                continue
            answer = each.type is not AuthorizationType.REVOKE
            if each.resource_id == ANY:
                about_all = answer
                break  # nothing that comes later counts beside it
            answers.setdefault(each.resource_id, answer)
        return Verdicts(
            frozenset(id for id, answer in answers.items() if answer),
            frozenset(id for id, answer in answers.items() if not answer),
            about_all,
        )


def _precedence(each: Authorization) -> tuple[int, bool, bool]:
    level = 2 if each.type is AuthorizationType.GLOBAL else 0 if each.user_id is not None else 1
    return level, each.resource_id == ANY, each.type is not AuthorizationType.REVOKE


# ---------------------------------------------------------------- who may not


@dataclass(frozen=True, slots=True)
class Missing:
    """A permission that would have been enough. `resource_id` is None for something that does not exist yet."""

    permission: str
    resource: Resource
    resource_id: str | None = None

    def __str__(self) -> str:
        named = f"{self.resource_id}' of type '" if self.resource_id is not None else ""
        return f"'{self.permission}' permission on resource '{named}{self.resource.label}'"


class NotAuthorized(EngineError):
    """The actor may not do this; any one of the `missing` permissions would have been enough."""

    def __init__(self, user_id: str | None, missing: Iterable[Missing], message: str | None = None) -> None:
        self.user_id, self.missing = user_id, tuple(missing)
        super().__init__(message or self._tell())

    def _tell(self) -> str:
        wanted = " or ".join(map(str, self.missing))
        if len(self.missing) == 1:
            return f"The user with id '{self.user_id}' does not have {wanted}."
        return f"The user with id '{self.user_id}' does not have one of the following permissions: {wanted}"
