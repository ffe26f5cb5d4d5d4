"""The operation log: what is done in somebody's name is written down with it, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine import Engine
from engine.authorization import Actor, AuthorizationType, NotAuthorized, Resource
from engine.core.commands.tasks import ClaimTask
from engine.errors import Conflict, NotFound
from engine.services.queries import OperationView
from engine.store.jobs import Selection
from tests.executor.models import ONE_TASK, model

TasksOf = Callable[[int], list[int]]

ANN = Actor(
    "ann", groups=frozenset({"sales"}), tenants=frozenset(), address="192.0.2.1", request_id="r1", reason="As agreed"
)


def log(engine: Engine, **filters: object) -> list[OperationView]:
    return list(engine.queries.operations.list(filters))


def told(engine: Engine, **filters: object) -> list[tuple[str, str, str | None, str | None]]:
    return [(row.type, row.entity, row.property, row.new_value) for row in log(engine, **filters)]


@pytest.fixture
def ann(engine: Engine) -> Engine:
    """The engine in Ann's name, with a process deployed by nobody."""
    engine.deployments.deploy(model(ONE_TASK))
    return engine.in_the_name_of(ANN)


def test_what_people_do_is_written_down_with_who_and_why(engine: Engine, ann: Engine, tasks_of: TasksOf) -> None:
    started = ann.process_instances.start(key="p")
    (task,) = tasks_of(started.id)
    ann.tasks.claim(task, "ann")
    engine.tasks.unclaim(task)
    assert told(engine) == [("Create", "ProcessInstance", None, None), ("Claim", "Task", "assignee", "ann")]
    (claim,) = log(engine, taskId=task)
    assert (claim.user_id, claim.address, claim.request_id, claim.reason) == ("ann", "192.0.2.1", "r1", "As agreed")
    assert (claim.definition_key, claim.definition_version, claim.process_instance_id) == ("p", 1, started.id)
    assert engine.queries.historic_process_instances.get(started.id).start_user == "ann"


def test_whom_a_caller_names_counts_for_nothing(engine: Engine, ann: Engine, tasks_of: TasksOf) -> None:
    (task,) = tasks_of(ann.process_instances.start(key="p", user="boss").id)
    ann.tasks.add_comment(task, "Done", user="boss")
    assert {row.user_id for row in log(engine)} == {"ann"}
    assert [each.user_id for each in engine.queries.task_comments(task)] == ["ann"]


def test_a_batch_of_commands_is_written_down_by_one_statement(engine: Engine, ann: Engine, tasks_of: TasksOf) -> None:
    ids = [tasks_of(engine.process_instances.start(key="p").id)[0] for _ in range(20)]
    ann.executor.execute([ClaimTask(id=ids[0], assignee="ann", user="ann")])
    with engine.database.count_statements() as one:
        engine.executor.execute([ClaimTask(id=ids[1], assignee="ann", user="ann")])
    with engine.database.count_statements() as many:
        engine.executor.execute([ClaimTask(id=id, assignee="ann", user="ann") for id in ids[2:]])
    assert many.count == one.count, many.log
    assert len(log(engine, operationType="Claim")) == 20


def test_what_is_undone_is_not_written_down(engine: Engine, ann: Engine, tasks_of: TasksOf) -> None:
    (task,) = tasks_of(engine.process_instances.start(key="p").id)
    engine.tasks.claim(task, "ben")
    with pytest.raises(Conflict):
        ann.tasks.claim(task, "ann")
    with pytest.raises(NotFound):
        ann.comments.remove(task, 4711)
    with pytest.raises(Conflict):
        ann.process_definitions.delete(key="p")
    assert log(engine) == []


def test_the_log_outlives_what_it_is_about(engine: Engine, ann: Engine) -> None:
    started = ann.process_instances.start(key="p")
    ann.process_definitions.delete(key="p", cascade=True)
    assert [(row.type, row.definition_key) for row in log(engine, processDefinitionKey="p")] == [
        ("Create", "p"),
        ("Delete", "p"),
    ]
    assert told(engine, processInstanceId=started.id) == [("Create", "ProcessInstance", None, None)]


def test_what_operators_do(engine: Engine, ann: Engine) -> None:
    deployed = ann.deployments.deploy(model(ONE_TASK, "q"), name="second")
    (definition,) = deployed.process_definitions
    ann.process_definitions.set_suspended(True, key="q")
    ann.process_definitions.set_history_time_to_live(definition.id, 5)
    at = datetime(2030, 1, 1, tzinfo=UTC)
    ann.suspensions.set_process_definitions_suspended(False, at=at, key="q")
    ann.jobs.set_all_suspended(Selection(definition_id=definition.id), True)
    ann.jobs.set_definitions_suspended(Selection(definition_key="q"), True)
    ann.jobs.set_definitions_priority(Selection(definition_key="q"), 7)
    ann.deployments.delete(deployed.deployment.id)
    assert told(engine) == [
        ("Create", "Deployment", "duplicateFilterEnabled", "false"),
        ("Create", "Deployment", "deployChangedOnly", "false"),
        ("SuspendProcessDefinition", "ProcessDefinition", "suspensionState", "suspended"),
        ("SuspendProcessDefinition", "ProcessDefinition", "includeProcessInstances", "false"),
        ("UpdateHistoryTimeToLive", "ProcessDefinition", "historyTimeToLive", "5"),
        ("ActivateProcessDefinition", "ProcessDefinition", "suspensionState", "active"),
        ("ActivateProcessDefinition", "ProcessDefinition", "executionDate", str(int(at.timestamp() * 1000))),
        ("SuspendJob", "Job", "suspensionState", "suspended"),
        ("SuspendJobDefinition", "JobDefinition", "suspensionState", "suspended"),
        ("SetPriority", "JobDefinition", "overridingPriority", "7"),
        ("Delete", "Deployment", "cascade", "false"),
    ]
    assert {row.deployment_id for row in log(engine, entityType="Deployment")} == {deployed.deployment.id}


def test_batches(engine: Engine, ann: Engine) -> None:
    started = engine.process_instances.start(key="p")
    batch = ann.bulk.delete_instances([started.id])
    ann.batches.set_suspended(batch, True)
    ann.batches.delete(batch, cascade=True)
    assert told(engine, batchId=batch) == [
        ("Delete", "ProcessInstance", "nrOfInstances", "1"),
        ("Delete", "ProcessInstance", "async", "true"),
        ("SuspendBatch", "Batch", "suspensionState", "suspended"),
        ("Delete", "Batch", "cascadeToHistory", "true"),
    ]


def test_history_that_is_deleted(engine: Engine, ann: Engine, tasks_of: TasksOf) -> None:
    started = engine.process_instances.start(key="p", variables={"x": 1, "y": 2})
    (task,) = tasks_of(started.id)
    engine.tasks.complete(task)
    (x,) = [each for each in engine.queries.historic_variables.list() if each.name == "x"]
    ann.history.delete_variable(x.id)
    ann.history.delete_variables_of(started.id)
    ann.process_instances.delete_history(started.id)
    assert told(engine, processInstanceId=started.id) == [
        ("DeleteHistory", "Variable", "name", "x"),
        ("DeleteHistory", "Variable", None, None),
        ("DeleteHistory", "ProcessInstance", None, None),
    ]


def test_comments_that_are_changed(engine: Engine, ann: Engine, tasks_of: TasksOf) -> None:
    (task,) = tasks_of(engine.process_instances.start(key="p").id)
    comment = ann.tasks.add_comment(task, "Yes")
    ann.comments.change(task, comment, "No")
    ann.comments.remove(task, comment)
    assert told(engine, taskId=task) == [
        ("AddComment", "Task", "comment", "Yes"),
        ("UpdateComment", "Task", "comment", "No"),
        ("DeleteComment", "Task", "commentId", None),
    ]


def test_a_note_is_kept_with_the_whole_operation(engine: Engine, ann: Engine, tasks_of: TasksOf) -> None:
    (task,) = tasks_of(engine.process_instances.start(key="p").id)
    engine.tasks.set_assignee(task, "ann")
    ann.tasks.delegate(task, "ben")
    operation = log(engine, taskId=task)[0].operation_id
    ann.operation_log.annotate(operation, "Ask her")
    assert {row.annotation for row in log(engine, operationId=operation)} == {"Ask her"}
    ann.operation_log.annotate(operation, None)
    assert {row.annotation for row in log(engine, operationId=operation)} == {None}
    with pytest.raises(NotFound):
        ann.operation_log.annotate(4711, "Where?")
    assert [row.type for row in log(engine, entityType="UserOperationLog")] == ["SetAnnotation", "ClearAnnotation"]


def test_who_is_refused_something_is_written_down(engine: Engine, tasks_of: TasksOf) -> None:
    engine.deployments.deploy(model(ONE_TASK))
    (task,) = tasks_of(engine.process_instances.start(key="p").id)
    ben = engine.acting_as(Actor("ben", address="192.0.2.2"))
    for refused in (
        lambda: ben.tasks.complete(task),
        lambda: ben.executor.execute([]),
        lambda: ben.comments.remove_all(task),
        lambda: ben.comments.remove(1, 2, instance=True),
    ):
        with pytest.raises((NotAuthorized, NotFound)):
            refused()
    found = log(engine, category="Security")
    assert {(row.user_id, row.address, row.type) for row in found} == {("ben", "192.0.2.2", "Refuse")}
    tried = [row.new_value for row in found if row.property == "operation"]
    assert tried == ["tasks.complete", "executor.execute", "comments.remove_all"]
    of_complete = [(row.entity, row.property) for row in found if row.operation_id == found[0].operation_id]
    assert ("Task", "operation") in of_complete
    assert ("Task", "TASK_WORK") in of_complete
    assert engine.queries.tasks.get(task).ended_at is None


def test_who_changes_what_is_permitted_is_written_down(engine: Engine, ann: Engine) -> None:
    made = ann.authorizations.create(AuthorizationType.GRANT, Resource.TASK, ["READ"], group_id="sales")
    ann.authorizations.update(made.id, Resource.TASK, ["READ", "UPDATE"], group_id="sales")
    ann.authorizations.grant(Resource.TASK, "DELETE", group="sales")
    ann.authorizations.delete(made.id)
    engine.authorizations.grant(Resource.TASK, "READ", user="ben")
    permissions = [(row.type, row.old_value, row.new_value) for row in log(engine, property="permissions")]
    assert permissions == [
        ("Create", None, "READ"),
        ("Update", "READ", "READ, UPDATE"),
        ("Update", "READ, UPDATE", "READ, UPDATE, DELETE"),
        ("Delete", "READ, UPDATE, DELETE", None),
    ]
    assert {(row.user_id, row.entity, row.category) for row in log(engine)} == {("ann", "Authorization", "Admin")}
    assert [row.new_value for row in log(engine, property="groupId")] == ["sales", None]
    ben = Actor("ben")
    assert engine.authorizations.is_permitted(ben, "READ", Resource.TASK)
    (rule,) = engine.queries.authorizations.list({"userIdIn": ["ben"]})
    ann.authorizations.delete(rule.id)
    assert not engine.authorizations.is_permitted(ben, "READ", Resource.TASK), "what one knows all know"
