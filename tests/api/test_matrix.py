"""Who gets through each route: the table of routes and people, tried with a tenant's things and a tenant beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from api.interfaces import INTERFACES
from tests.api import mirror
from tests.api.mirror import ADMINISTRATOR, ASSIGNEE, CANDIDATE, MARK, NOBODY, OTHER, STARTER, STRANGER
from tests.api.signing_in import Guarded

LETTERS: Final = {CANDIDATE: "c", ASSIGNEE: "a", STARTER: "t", OTHER: "z"}
"""The people of a row: the candidate and the assignee of the task, who started the instance, and who has all
permissions there are, in another tenant. In rows with `*` it is everybody: lists, and one's own."""

TABLE: Final = """
*:
    GET /api/v1/access
    GET /api/v1/decision
    GET /api/v1/permission
    GET /api/v1/events
    POST /api/v1/export
    GET /api/v1/incident-group
    POST /api/v1/model/check
    GET /api/v1/model-draft
    POST /api/v1/model-draft
    DELETE /api/v1/model-draft/{id}
    GET /api/v1/model-draft/{id}
    PUT /api/v1/model-draft/{id}
    PUT /api/v1/model-draft/{id}/name
    GET /api/v1/notice
    POST /api/v1/notice/read
    GET /api/v1/process
    POST /api/v1/process-instance/page
    DELETE /api/v1/session
    GET /api/v1/session
    DELETE /api/v1/sessions
    GET /api/v1/sessions
    DELETE /api/v1/sessions/{id}
    POST /api/v1/task/changes
    POST /api/v1/task/counts
    POST /api/v1/task/page
    GET /api/v1/token
    POST /api/v1/token
    DELETE /api/v1/token/{id}
    GET /api/v1/user-session
    GET /api/v1/user-session/count
    GET /api/v1/user-token
    GET /api/v1/user-token/count
    GET /authorization
    OPTIONS /authorization
    GET /authorization/check
    GET /authorization/count
    OPTIONS /authorization/{id}
    GET /batch
    GET /batch/count
    GET /batch/statistics
    GET /batch/statistics/count
    GET /decision-definition
    GET /decision-definition/count
    GET /decision-definition/key/{key}
    GET /decision-definition/key/{key}/diagram
    POST /decision-definition/key/{key}/evaluate
    PUT /decision-definition/key/{key}/history-time-to-live
    GET /decision-definition/key/{key}/xml
    GET /decision-requirements-definition
    GET /decision-requirements-definition/count
    GET /decision-requirements-definition/key/{key}
    GET /decision-requirements-definition/key/{key}/diagram
    GET /decision-requirements-definition/key/{key}/xml
    GET /deployment
    GET /deployment/count
    GET /deployment/registered
    GET /engine
    GET /event-subscription
    GET /event-subscription/count
    GET /execution
    POST /execution
    GET /execution/count
    POST /execution/count
    GET /external-task
    POST /external-task
    GET /external-task/count
    POST /external-task/count
    POST /external-task/fetchAndLock
    GET /external-task/topic-names
    GET /filter
    OPTIONS /filter
    GET /filter/count
    OPTIONS /filter/{id}
    GET /group
    OPTIONS /group
    POST /group
    GET /group/count
    POST /group/count
    OPTIONS /group/{id}
    OPTIONS /group/{id}/members
    GET /history/activity-instance
    POST /history/activity-instance
    GET /history/activity-instance/count
    POST /history/activity-instance/count
    GET /history/batch
    GET /history/batch/cleanable-batch-report
    GET /history/batch/cleanable-batch-report/count
    GET /history/batch/count
    GET /history/cleanup/configuration
    GET /history/decision-definition/cleanable-decision-instance-report
    GET /history/decision-definition/cleanable-decision-instance-report/count
    GET /history/decision-instance
    GET /history/decision-instance/count
    GET /history/decision-requirements-definition/{id}/statistics
    GET /history/detail
    POST /history/detail
    GET /history/detail/count
    GET /history/external-task-log
    POST /history/external-task-log
    GET /history/external-task-log/count
    POST /history/external-task-log/count
    GET /history/identity-link-log
    GET /history/identity-link-log/count
    GET /history/incident
    GET /history/incident/count
    GET /history/job-log
    POST /history/job-log
    GET /history/job-log/count
    POST /history/job-log/count
    GET /history/process-definition/cleanable-process-instance-report
    GET /history/process-definition/cleanable-process-instance-report/count
    GET /history/process-instance/report
    GET /history/task/report
    GET /history/process-instance
    POST /history/process-instance
    GET /history/process-instance/count
    POST /history/process-instance/count
    GET /history/task
    POST /history/task
    GET /history/task/count
    POST /history/task/count
    GET /history/user-operation
    GET /history/user-operation/count
    GET /history/variable-instance
    POST /history/variable-instance
    GET /history/variable-instance/count
    POST /history/variable-instance/count
    GET /identity/password-policy
    POST /identity/password-policy
    GET /incident
    GET /incident/count
    GET /job
    POST /job
    GET /job-definition
    POST /job-definition
    GET /job-definition/count
    POST /job-definition/count
    GET /job/count
    POST /job/count
    GET /process-definition
    GET /process-definition/count
    DELETE /process-definition/key/{key}
    GET /process-definition/key/{key}
    GET /process-definition/key/{key}/deployed-start-form
    GET /process-definition/key/{key}/diagram
    GET /process-definition/key/{key}/form-variables
    PUT /process-definition/key/{key}/history-time-to-live
    GET /process-definition/key/{key}/rendered-form
    POST /process-definition/key/{key}/start
    GET /process-definition/key/{key}/startForm
    GET /process-definition/key/{key}/statistics
    POST /process-definition/key/{key}/submit-form
    PUT /process-definition/key/{key}/suspended
    GET /process-definition/key/{key}/tenant-id/{tenant_id}/rendered-form
    GET /process-definition/key/{key}/xml
    GET /process-definition/statistics
    GET /process-instance
    POST /process-instance
    GET /process-instance/count
    POST /process-instance/count
    GET /task
    POST /task
    GET /task/count
    POST /task/count
    GET /task/report/candidate-group-count
    GET /telemetry/configuration
    POST /telemetry/configuration
    GET /tenant
    OPTIONS /tenant
    GET /tenant/count
    GET /tenant/{id}
    OPTIONS /tenant/{id}
    OPTIONS /tenant/{id}/group-members
    OPTIONS /tenant/{id}/user-members
    GET /user
    OPTIONS /user
    GET /user/count
    OPTIONS /user/{id}
    GET /variable-instance
    POST /variable-instance
    GET /variable-instance/count
    POST /variable-instance/count
    GET /version
open:
    POST /api/v1/session
    POST /identity/verify
ca:
    GET /api/v1/task/{id}
    DELETE /api/v1/task/{id}/draft
    GET /api/v1/task/{id}/draft
    PUT /api/v1/task/{id}/draft
    GET /api/v1/task/{id}/form
    GET /task/{id}
    GET /task/{id}/attachment
    GET /task/{id}/attachment/{attachment_id}
    GET /task/{id}/attachment/{attachment_id}/data
    POST /task/{id}/claim
    GET /task/{id}/comment
    GET /task/{id}/comment/{comment_id}
    GET /task/{id}/deployed-form
    GET /task/{id}/form
    GET /task/{id}/form-variables
    GET /task/{id}/identity-links
    GET /task/{id}/localVariables
    GET /task/{id}/localVariables/{var_name}
    GET /task/{id}/localVariables/{var_name}/data
    GET /task/{id}/rendered-form
    GET /task/{id}/variables
    GET /task/{id}/variables/{var_name}
    GET /task/{id}/variables/{var_name}/data
a:
    POST /api/v1/task/{id}/submit
    PUT /task/{id}
    POST /task/{id}/attachment/create
    DELETE /task/{id}/attachment/{attachment_id}
    POST /task/{id}/bpmnError
    POST /task/{id}/bpmnEscalation
    PUT /task/{id}/comment
    POST /task/{id}/comment/create
    DELETE /task/{id}/comment/{comment_id}
    POST /task/{id}/complete
    POST /task/{id}/delegate
    POST /task/{id}/localVariables
    DELETE /task/{id}/localVariables/{var_name}
    PUT /task/{id}/localVariables/{var_name}
    POST /task/{id}/localVariables/{var_name}/data
    POST /task/{id}/resolve
    POST /task/{id}/submit-form
    POST /task/{id}/unclaim
    POST /task/{id}/variables
    DELETE /task/{id}/variables/{var_name}
    PUT /task/{id}/variables/{var_name}
    POST /task/{id}/variables/{var_name}/data
t:
    GET /api/v1/variable/{id}/changes
    DELETE /api/v1/process-definition/{id}/draft
    GET /api/v1/process-definition/{id}/draft
    PUT /api/v1/process-definition/{id}/draft
    POST /api/v1/process-definition/{id}/start
    GET /api/v1/process-definition/{id}/start-form
    GET /api/v1/process-instance/{id}/progress
    GET /api/v1/process-instance/{id}/waiting
    GET /api/v1/process-instance/{id}/lineage
    GET /api/v1/process-instance/{id}/moments
    GET /api/v1/process-instance/{id}/past
    POST /condition
    GET /deployment/{id}/resources/{resource_id}
    GET /deployment/{id}/resources/{resource_id}/data
    GET /execution/{id}
    GET /execution/{id}/localVariables
    GET /execution/{id}/localVariables/{var_name}
    GET /execution/{id}/localVariables/{var_name}/data
    GET /execution/{id}/messageSubscriptions/{message_name}
    GET /external-task/{id}
    GET /external-task/{id}/errorDetails
    GET /history/activity-instance/{id}
    GET /history/detail/{id}
    GET /history/detail/{id}/data
    GET /history/external-task-log/{id}
    GET /history/external-task-log/{id}/error-details
    GET /history/job-log/{id}
    GET /history/job-log/{id}/stacktrace
    GET /history/process-instance/{id}
    GET /history/variable-instance/{id}
    GET /history/variable-instance/{id}/data
    GET /incident/{id}
    GET /job/{id}
    GET /job/{id}/stacktrace
    GET /process-definition/key/{key}/tenant-id/{tenant_id}
    GET /process-definition/key/{key}/tenant-id/{tenant_id}/deployed-start-form
    GET /process-definition/key/{key}/tenant-id/{tenant_id}/diagram
    GET /process-definition/key/{key}/tenant-id/{tenant_id}/form-variables
    POST /process-definition/key/{key}/tenant-id/{tenant_id}/start
    GET /process-definition/key/{key}/tenant-id/{tenant_id}/startForm
    POST /process-definition/key/{key}/tenant-id/{tenant_id}/submit-form
    GET /process-definition/key/{key}/tenant-id/{tenant_id}/xml
    GET /process-definition/{id}
    GET /process-definition/{id}/deployed-start-form
    GET /process-definition/{id}/diagram
    GET /process-definition/{id}/form-variables
    GET /process-definition/{id}/rendered-form
    POST /process-definition/{id}/start
    GET /process-definition/{id}/startForm
    GET /process-definition/{id}/static-called-process-definitions
    POST /process-definition/{id}/submit-form
    GET /process-definition/{id}/xml
    GET /process-instance/{id}
    GET /process-instance/{id}/activity-instances
    GET /process-instance/{id}/ad-hoc
    GET /process-instance/{id}/comment
    GET /process-instance/{id}/variables
    GET /process-instance/{id}/variables/{var_name}
    GET /process-instance/{id}/variables/{var_name}/data
    GET /variable-instance/{id}
    GET /variable-instance/{id}/data
cz:
    GET /group/{id}
z:
    GET /api/v1/system
    DELETE /api/v1/user/{id}/session
    DELETE /api/v1/user/{id}/session/{session_id}
    DELETE /api/v1/user/{id}/token
    DELETE /api/v1/user/{id}/token/{token_id}
    POST /authorization/create
    DELETE /authorization/{id}
    GET /authorization/{id}
    PUT /authorization/{id}
    DELETE /batch/{id}
    GET /batch/{id}
    PUT /batch/{id}/suspended
    POST /filter/create
    DELETE /filter/{id}
    GET /filter/{id}
    PUT /filter/{id}
    GET /filter/{id}/count
    POST /filter/{id}/count
    GET /filter/{id}/list
    POST /filter/{id}/list
    GET /filter/{id}/singleResult
    POST /filter/{id}/singleResult
    POST /group/create
    DELETE /group/{id}
    PUT /group/{id}
    DELETE /group/{id}/members/{user_id}
    PUT /group/{id}/members/{user_id}
    DELETE /history/batch/{id}
    GET /history/batch/{id}
    POST /history/batch/set-removal-time
    POST /history/cleanup
    GET /history/cleanup/job
    GET /history/cleanup/jobs
    GET /identity/groups
    GET /metrics
    DELETE /metrics/task-worker
    GET /metrics/{name}/sum
    GET /schema/log
    POST /schema/log
    GET /telemetry/data
    POST /tenant/create
    DELETE /tenant/{id}
    PUT /tenant/{id}
    DELETE /tenant/{id}/group-members/{group_id}
    PUT /tenant/{id}/group-members/{group_id}
    DELETE /tenant/{id}/user-members/{user_id}
    PUT /tenant/{id}/user-members/{user_id}
    POST /user/create
    DELETE /user/{id}
    PUT /user/{id}/credentials
    GET /user/{id}/profile
    PUT /user/{id}/profile
    POST /user/{id}/unlock
-:
    POST /api/v1/process-instance/{id}/fork
    POST /api/v1/process-instance/{id}/fork/preview
    POST /process-instance/{id}/ad-hoc-completion
    POST /process-instance/{id}/ad-hoc-activation
    GET /api/v1/process-definition/{id}/heat
    GET /api/v1/process-definition/{id}/statistics
    GET /api/v1/decision-definition/{id}/rules
    POST /api/v1/decision-definition/{id}/try
    GET /decision-definition/key/{key}/tenant-id/{tenant_id}
    GET /decision-definition/key/{key}/tenant-id/{tenant_id}/diagram
    POST /decision-definition/key/{key}/tenant-id/{tenant_id}/evaluate
    PUT /decision-definition/key/{key}/tenant-id/{tenant_id}/history-time-to-live
    GET /decision-definition/key/{key}/tenant-id/{tenant_id}/xml
    GET /decision-definition/{id}
    GET /decision-definition/{id}/diagram
    POST /decision-definition/{id}/evaluate
    PUT /decision-definition/{id}/history-time-to-live
    GET /decision-definition/{id}/xml
    GET /decision-requirements-definition/key/{key}/tenant-id/{tenant_id}
    GET /decision-requirements-definition/key/{key}/tenant-id/{tenant_id}/diagram
    GET /decision-requirements-definition/key/{key}/tenant-id/{tenant_id}/xml
    GET /decision-requirements-definition/{id}
    GET /decision-requirements-definition/{id}/diagram
    GET /decision-requirements-definition/{id}/xml
    POST /deployment/create
    DELETE /deployment/{id}
    GET /deployment/{id}
    POST /deployment/{id}/redeploy
    GET /deployment/{id}/resources
    POST /execution/{id}/create-incident
    POST /execution/{id}/localVariables
    DELETE /execution/{id}/localVariables/{var_name}
    PUT /execution/{id}/localVariables/{var_name}
    POST /execution/{id}/localVariables/{var_name}/data
    POST /execution/{id}/messageSubscriptions/{message_name}/trigger
    POST /execution/{id}/signal
    PUT /external-task/retries
    POST /external-task/retries-async
    POST /external-task/{id}/bpmnError
    POST /external-task/{id}/complete
    POST /external-task/{id}/extendLock
    POST /external-task/{id}/failure
    POST /external-task/{id}/lock
    PUT /external-task/{id}/priority
    PUT /external-task/{id}/retries
    POST /external-task/{id}/unlock
    GET /history/process-definition/{id}/statistics
    POST /history/decision-instance/delete
    POST /history/decision-instance/set-removal-time
    GET /history/decision-instance/{id}
    POST /history/process-instance/delete
    POST /history/process-instance/set-removal-time
    DELETE /history/process-instance/{id}
    DELETE /history/process-instance/{id}/variable-instances
    PUT /history/user-operation/{id}/clear-annotation
    PUT /history/user-operation/{id}/set-annotation
    DELETE /history/variable-instance/{id}
    DELETE /incident/{id}
    DELETE /incident/{id}/annotation
    PUT /incident/{id}/annotation
    PUT /job-definition/suspended
    GET /job-definition/{id}
    PUT /job-definition/{id}/jobPriority
    PUT /job-definition/{id}/retries
    PUT /job-definition/{id}/suspended
    POST /job/retries
    PUT /job/suspended
    DELETE /job/{id}
    PUT /job/{id}/duedate
    POST /job/{id}/duedate/recalculate
    POST /job/{id}/execute
    PUT /job/{id}/priority
    PUT /job/{id}/retries
    PUT /job/{id}/suspended
    POST /message
    POST /api/v1/incident/retry
    POST /api/v1/migration/check
    POST /api/v1/process-instance/{id}/modification/preview
    POST /migration/execute
    POST /migration/executeAsync
    POST /migration/generate
    POST /migration/validate
    POST /modification/execute
    POST /modification/executeAsync
    DELETE /process-definition/key/{key}/tenant-id/{tenant_id}
    PUT /process-definition/key/{key}/tenant-id/{tenant_id}/history-time-to-live
    GET /process-definition/key/{key}/tenant-id/{tenant_id}/statistics
    PUT /process-definition/key/{key}/tenant-id/{tenant_id}/suspended
    PUT /process-definition/suspended
    DELETE /process-definition/{id}
    PUT /process-definition/{id}/history-time-to-live
    POST /process-definition/{id}/restart
    POST /process-definition/{id}/restart-async
    GET /process-definition/{id}/statistics
    PUT /process-definition/{id}/suspended
    POST /process-instance/delete
    POST /process-instance/delete-historic-query-based
    POST /process-instance/job-retries
    POST /process-instance/job-retries-historic-query-based
    POST /process-instance/message-async
    PUT /process-instance/suspended
    POST /process-instance/suspended-async
    POST /process-instance/variables-async
    DELETE /process-instance/{id}
    DELETE /process-instance/{id}/comment
    PUT /process-instance/{id}/comment
    DELETE /process-instance/{id}/comment/{comment_id}
    POST /process-instance/{id}/modification
    POST /process-instance/{id}/modification-async
    PUT /process-instance/{id}/suspended
    POST /process-instance/{id}/variables
    DELETE /process-instance/{id}/variables/{var_name}
    PUT /process-instance/{id}/variables/{var_name}
    POST /process-instance/{id}/variables/{var_name}/data
    POST /signal
    POST /task/create
    DELETE /task/{id}
    POST /task/{id}/assignee
    DELETE /task/{id}/comment
    POST /task/{id}/identity-links
    POST /task/{id}/identity-links/delete
"""

KEPT_APART: Final = frozenset(
    {
        "alembic_version",
        "api_token",
        "form_draft",
        "id_block",
        "model_draft",
        "operation",
        "sign_in_failure",
        "tasks_seen",
        "web_session",
    }
)
"""Tables that hold what is one's own, or what is written down of those who are refused."""


OF_THE_SYSTEM: Final = frozenset({"GET /api/v1/system"})
"""What the permission SYSTEM READ shows of all tenants: how much there is to do, by topic."""


def rows() -> dict[str, str]:
    """The letters of each route."""
    found: dict[str, str] = {}
    letters = ""
    for line in TABLE.strip().splitlines():
        if line.startswith(" "):
            assert line.strip() not in found, f"{line} is there twice"
            found[line.strip()] = letters
        else:
            letters = line.removesuffix(":")
    return found


ROWS: Final = rows()
ROUTES: Final = {
    f"{route.method} {'' if interface.prefix == '/engine-rest' else interface.prefix}{route.path}": (interface, route)
    for interface in INTERFACES
    for route in interface.routes
}


def test_every_route_has_a_row() -> None:
    assert set(ROUTES) - set(ROWS) == set(), "say in the table who gets through"
    assert set(ROWS) - set(ROUTES) == set(), "there are no such routes any more"


class World:
    """The world of the mirror, made anew whenever something in it has been changed."""

    def __init__(self, folder: Path) -> None:
        self._built, self._used = folder / "built.db", folder / "used.db"
        made = Guarded(f"sqlite:///{self._built}")
        made.add_people()
        self.ids = mirror.build(made)
        made.engine.close()
        self._guarded: Guarded | None = None

    @property
    def guarded(self) -> Guarded:
        if self._guarded is None:
            for file in self._used.parent.glob("used.db*"):
                file.unlink()
            shutil.copy(self._built, self._used)
            self._guarded = Guarded(f"sqlite:///{self._used}")
        return self._guarded

    def forget(self) -> None:
        """Make it anew before it is used again."""
        if self._guarded is not None:
            self._guarded.engine.close()
            self._guarded = None

    def contents(self) -> dict[str, list[Any]]:
        """All that is in it, but for what everybody may do for themselves."""
        with self.guarded.engine.database.read() as tx:
            names = tx.connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
            return {
                name: [tuple(row) for row in tx.connection.execute(text(f'SELECT * FROM "{name}" ORDER BY 1, 2'))]
                for name in names
                if name not in KEPT_APART and not name.startswith("sqlite_")
            }

    def send(self, name: str, user: str | None) -> TestResponse:
        """A request to the route by somebody."""
        interface, route = ROUTES[name]
        query = mirror.QUERIES.get(name)
        address = interface.prefix + mirror.fill(route.path, self.ids, user) + (f"?{query}" if query else "")
        options: dict[str, Any] = {}
        if route.method in ("POST", "PUT", "DELETE"):
            body = mirror.bodies(self.ids, user).get(name, {})
            if "form" in body:
                parts = body["form"].items()
                options["data"] = {
                    key: (BytesIO(part[0]), part[1]) if isinstance(part, tuple) else part for key, part in parts
                }
            else:
                options["json"] = body
        client = self.guarded.app.test_client()
        return client.open(address, method=route.method, headers=mirror.credentials(user), **options)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("mirror"))
    yield made
    made.forget()


def changes(name: str) -> bool:
    return name.split(" ", maxsplit=1)[0] not in ("GET", "OPTIONS")


def test_who_has_not_signed_in_gets_nothing(world: World) -> None:
    before = world.contents()
    let_in = [
        name for name, letters in ROWS.items() if letters != "open" and world.send(name, NOBODY).status_code != 401
    ]
    assert let_in == []
    assert world.contents() == before


def test_a_stranger_gets_no_further_than_everybody(world: World) -> None:
    before = world.contents()
    wrong = []
    for name, letters in ROWS.items():
        answer = world.send(name, STRANGER)
        if letters in ("*", "open"):
            fine = answer.status_code not in (401, 403) and MARK not in answer.text
        else:
            fine = answer.status_code in (400, 403, 404)
        if not fine:
            wrong.append((name, answer.status_code))
    assert wrong == []
    assert world.contents() == before


@pytest.mark.parametrize("user", [CANDIDATE, ASSIGNEE, STARTER])
def test_people_get_as_far_as_their_part_goes(world: World, user: str) -> None:
    world.forget()
    before = world.contents()
    wrong = []
    for name, letters in ROWS.items():
        through = letters in ("*", "open") or LETTERS[user] in letters
        status = world.send(name, user).status_code
        fine = status not in (401, 403) if through else status in (400, 403, 404)
        if not fine:
            wrong.append((name, status))
        if changes(name):
            if through:
                world.forget()
            elif world.contents() != before:
                wrong.append((name, status))
                world.forget()
    assert wrong == []


def test_another_tenant_is_not_there_whatever_is_permitted(world: World) -> None:
    """Who may do everything, in another tenant, sees and changes nothing of this one by the ids of its things."""
    world.forget()
    before = world.contents()
    wrong = []
    for name, letters in ROWS.items():
        answer = world.send(name, OTHER)
        of_no_tenant = LETTERS[OTHER] in letters
        told = MARK in answer.text and name not in OF_THE_SYSTEM
        if told or (letters in ("-", "c", "a", "t", "ca") and answer.status_code in (200, 401, 403)):
            wrong.append((name, answer.status_code))
        if changes(name):
            if of_no_tenant:
                world.forget()
            elif world.contents() != before:
                wrong.append((name, answer.status_code))
                world.forget()
    assert wrong == []


def test_administrators_see_everything(world: World) -> None:
    world.forget()
    refused = [name for name in ROWS if not changes(name) and world.send(name, ADMINISTRATOR).status_code in (401, 403)]
    assert refused == []
