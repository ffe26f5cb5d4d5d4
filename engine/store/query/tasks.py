"""Filters and sort keys of user tasks, open and historic (Camunda manual, REST API)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Text, and_, case, cast, false, func, literal, null, or_, select, true

from engine.authorization import READ_HISTORY, READ_TASK
from engine.authorization import Resource as Thing
from engine.core.lifecycle import InstanceState
from engine.store import tables
from engine.store.query.conditions import (
    AFTER,
    BEFORE,
    SINCE,
    UNTIL,
    Condition,
    Filters,
    among,
    compare,
    definition,
    equal,
    given,
    like,
    like_text,
    matching,
    missing,
    never,
    no_effect,
    not_among,
    other_text,
    same_text,
    tenant_among,
    unlike_text,
    when,
    without_tenant,
)
from engine.store.query.instances import duration
from engine.store.query.kinds import (
    DEFINITION,
    DELEGATION,
    ELEMENT_INSTANCES,
    EXPRESSION,
    FLAG,
    ID,
    IDS,
    INSTANT,
    INTEGER,
    SOME_TEXTS,
    TEXT,
    TEXTS,
    VARIABLES,
    ContradictoryQuery,
    InvalidQuery,
    Kind,
)
from engine.store.query.permitted import Opening, of_instance, of_task
from engine.store.query.resource import Filter, Resource, SortKey, table
from engine.store.query.variable_filters import IGNORE_NAMES, IGNORE_VALUES, has_variables, variable_sort
from engine.store.query.views import TaskView
from engine.values import InvalidValue

_task = tables.user_task.c
_instance = tables.process_instance.c
_definition = tables.process_definition.c
_link = tables.identity_link.c

_SOURCE: Final[FromClause] = tables.user_task.outerjoin(
    tables.process_instance, _instance.id == _task.process_instance_id
).outerjoin(tables.process_definition, _definition.id == _task.definition_id)

_NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""When what has no due date is due, for those who want to see first what is due first."""

_SUSPENDED: Final = func.coalesce(_instance.state == InstanceState.SUSPENDED, false())

_COLUMNS: Final = (
    _task.id,
    _task.process_instance_id,
    _task.root_id,
    _task.definition_id,
    _definition.key,
    _definition.version,
    _task.execution_id,
    _task.element_instance_id,
    _task.element_id,
    _task.tenant_id,
    _task.parent_task_id,
    _task.name,
    _task.description,
    _task.assignee,
    _task.owner,
    _task.priority,
    _task.due_at,
    _task.follow_up_at,
    _task.delegation_state,
    _task.form_key,
    _task.form_ref,
    _task.form_ref_binding,
    _task.form_ref_version,
    _task.case_instance_id,
    _SUSPENDED,
    _task.state,
    _task.created_at,
    _task.updated_at,
    _task.ended_at,
    _task.delete_reason,
    _definition.name,
    _instance.business_key,
    _instance.removal_at,
)


# ---------------------------------------------------------------- people

INCLUDE_ASSIGNED: Final = "includeAssignedTasks"
_CANDIDATE_FILTERS: Final = (
    "candidateUser",
    "candidateGroup",
    "candidateGroupLike",
    "candidateGroups",
    "withCandidateUsers",
    "withoutCandidateUsers",
    "withCandidateGroups",
    "withoutCandidateGroups",
)


def _linked(*conditions: ColumnElement[bool], alive: bool = True) -> ColumnElement[bool]:
    """The task is one of those with such an identity link. A subselect, so that the links' own indexes are used."""
    links = select(_link.user_task_id).where(*conditions)
    return _task.id.in_(links.where(_link.ended_at.is_(None)) if alive else links)


def _candidate(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return _linked(_link.type == "candidate", *conditions)


def _open_to_candidates(found: ColumnElement[bool], filters: Filters) -> ColumnElement[bool]:
    """Candidates see the tasks that nobody has, unless assigned ones are asked for too."""
    return found if filters.get(INCLUDE_ASSIGNED) else and_(_task.assignee.is_(None), found)


def _candidate_user(user: str, filters: Filters) -> ColumnElement[bool]:
    return _open_to_candidates(_candidate(_link.user_id == user), filters)


def _candidate_group(group: str, filters: Filters) -> ColumnElement[bool]:
    return _open_to_candidates(_candidate(_link.group_id == group), filters)


def _candidate_group_like(pattern: str, filters: Filters) -> ColumnElement[bool]:
    return _open_to_candidates(_candidate(matching(_link.group_id, pattern)), filters)


def _candidate_groups(groups: tuple[str, ...], filters: Filters) -> ColumnElement[bool]:
    """As in Camunda, `candidateGroup` beside it narrows the groups down to that one."""
    sole = filters.get("candidateGroup")
    wanted = groups if sole is None else [group for group in groups if group == sole]
    return _open_to_candidates(_candidate(_link.group_id.in_(wanted)), filters)


def _has_candidates(column: ColumnElement[Any], *, wanted: bool) -> Condition:
    found = _candidate(column.is_not(None))

    def condition(flag: bool, filters: Filters) -> ColumnElement[bool]:
        if not flag:
            return true()
        return _open_to_candidates(found if wanted else ~found, filters)

    return condition


def _involved(user: str, _: Filters) -> ColumnElement[bool]:
    return or_(_task.assignee == user, _task.owner == user, _linked(_link.user_id == user))


def _check_candidates(filters: Filters, *, alternatives: bool) -> None:
    """Candidate filters are about one person or about groups; Camunda refuses both at once."""
    if filters.get(INCLUDE_ASSIGNED) and not any(filters.get(name) for name in _CANDIDATE_FILTERS):
        raise ContradictoryQuery(
            "Invalid query: includeAssignedTasks needs one of candidateUser, candidateGroup, candidateGroups, "
            "candidateGroupLike, withCandidateUsers, withoutCandidateUsers, withCandidateGroups, withoutCandidateGroups"
        )
    if alternatives:
        return
    if filters.get("tenantIdIn") and filters.get("withoutTenantId"):
        raise ContradictoryQuery("Invalid query usage: cannot set both tenantIdIn and withoutTenantId filters.")
    by_group = [name for name in ("candidateGroup", "candidateGroups", "candidateGroupLike") if name in filters]
    if "candidateUser" in filters and by_group:
        raise ContradictoryQuery(f"Invalid query usage: cannot set both candidateUser and {by_group[0]}")


# ---------------------------------------------------------------- variables


def _process_variable(variable: Any) -> ColumnElement[bool]:
    return and_(variable.scope_id == _task.process_instance_id, variable.ended_at.is_(None))


def _task_variable(variable: Any) -> ColumnElement[bool]:
    return and_(variable.user_task_id == _task.id, variable.ended_at.is_(None))


def _execution_variable(variable: Any) -> ColumnElement[bool]:
    return and_(variable.scope_id == _task.execution_id, variable.ended_at.is_(None))


def _any_process_variable(variable: Any) -> ColumnElement[bool]:
    return and_(variable.process_instance_id == _task.process_instance_id, ~variable.deleted)


def _any_task_variable(variable: Any) -> ColumnElement[bool]:
    return and_(variable.user_task_id == _task.id, ~variable.deleted)


# ---------------------------------------------------------------- tables


def _open(_: Filters) -> Iterable[ColumnElement[bool]]:
    return (_task.ended_at.is_(None),)


def _follow_up_before_or_missing() -> Condition:
    return lambda at, _: or_(_task.follow_up_at.is_(None), _task.follow_up_at < at)


_EXPRESSION_FILTERS: Final = (
    "assigneeExpression",
    "assigneeLikeExpression",
    "candidateGroupExpression",
    "candidateGroupsExpression",
    "candidateUserExpression",
    "createdAfterExpression",
    "createdBeforeExpression",
    "createdOnExpression",
    "dueAfterExpression",
    "dueBeforeExpression",
    "dueDateExpression",
    "followUpAfterExpression",
    "followUpBeforeExpression",
    "followUpBeforeOrNotExistentExpression",
    "followUpDateExpression",
    "involvedUserExpression",
    "ownerExpression",
    "processInstanceBusinessKeyExpression",
    "processInstanceBusinessKeyLikeExpression",
    "updatedAfterExpression",
)

_CASE_FILTERS: Final = (
    "caseDefinitionId",
    "caseDefinitionKey",
    "caseDefinitionName",
    "caseDefinitionNameLike",
    "caseExecutionId",
    "caseInstanceBusinessKey",
    "caseInstanceBusinessKeyLike",
)

NO_CASE: Final = cast(null(), Text)
"""What Camunda's clients may sort by which no task has: there are no cases here."""

TASKS: Resource[TaskView] = Resource(
    name="task",
    make=TaskView,
    columns=_COLUMNS,
    source=_SOURCE,
    id=_task.id,
    always=_open,
    check=_check_candidates,
    opening=Opening(
        READ_TASK,
        {Thing.TASK: _task.id, Thing.PROCESS_DEFINITION: _definition.key},
        _task.tenant_id,
        of_task(_task.id, alive=True),
    ),
    filters=table(
        Filter("taskId", ID, equal(_task.id)),
        Filter("taskIdIn", IDS, among(_task.id)),
        Filter("name", TEXT, same_text(_task.name)),
        Filter("nameNotEqual", TEXT, other_text(_task.name)),
        Filter("nameLike", TEXT, like_text(_task.name)),
        Filter("nameNotLike", TEXT, unlike_text(_task.name)),
        Filter("description", TEXT, same_text(_task.description)),
        Filter("descriptionLike", TEXT, like_text(_task.description)),
        Filter("priority", INTEGER, equal(_task.priority)),
        Filter("minPriority", INTEGER, compare(_task.priority, SINCE)),
        Filter("maxPriority", INTEGER, compare(_task.priority, UNTIL)),
        Filter("assignee", TEXT, equal(_task.assignee)),
        Filter("assigneeLike", TEXT, like(_task.assignee)),
        Filter("assigneeIn", TEXTS, among(_task.assignee)),
        Filter("assigneeNotIn", TEXTS, not_among(_task.assignee)),
        Filter("assigned", FLAG, given(_task.assignee)),
        Filter("unassigned", FLAG, missing(_task.assignee)),
        Filter("owner", TEXT, equal(_task.owner)),
        Filter("delegationState", DELEGATION, equal(_task.delegation_state)),
        Filter("involvedUser", TEXT, _involved),
        Filter("candidateUser", TEXT, _candidate_user),
        Filter("candidateGroup", TEXT, _candidate_group),
        Filter("candidateGroupLike", TEXT, _candidate_group_like),
        Filter("candidateGroups", SOME_TEXTS, _candidate_groups),
        Filter("withCandidateUsers", FLAG, _has_candidates(_link.user_id, wanted=True)),
        Filter("withoutCandidateUsers", FLAG, _has_candidates(_link.user_id, wanted=False)),
        Filter("withCandidateGroups", FLAG, _has_candidates(_link.group_id, wanted=True)),
        Filter("withoutCandidateGroups", FLAG, _has_candidates(_link.group_id, wanted=False)),
        Filter(INCLUDE_ASSIGNED, FLAG, no_effect()),
        Filter("created", INSTANT, equal(_task.created_at)),
        Filter("createdOn", INSTANT, equal(_task.created_at)),
        Filter("createdBefore", INSTANT, compare(_task.created_at, BEFORE)),
        Filter("createdAfter", INSTANT, compare(_task.created_at, AFTER)),
        Filter("updatedAfter", INSTANT, compare(func.coalesce(_task.updated_at, _task.created_at), AFTER)),
        Filter("due", INSTANT, equal(_task.due_at)),
        Filter("dueDate", INSTANT, equal(_task.due_at)),
        Filter("dueBefore", INSTANT, compare(_task.due_at, BEFORE)),
        Filter("dueAfter", INSTANT, compare(_task.due_at, AFTER)),
        Filter("withoutDueDate", FLAG, missing(_task.due_at)),
        Filter("followUp", INSTANT, equal(_task.follow_up_at)),
        Filter("followUpDate", INSTANT, equal(_task.follow_up_at)),
        Filter("followUpBefore", INSTANT, compare(_task.follow_up_at, BEFORE)),
        Filter("followUpAfter", INSTANT, compare(_task.follow_up_at, AFTER)),
        Filter("followUpBeforeOrNotExistent", INSTANT, _follow_up_before_or_missing()),
        Filter("taskDefinitionKey", TEXT, equal(_task.element_id)),
        Filter("taskDefinitionKeyIn", TEXTS, among(_task.element_id)),
        Filter("taskDefinitionKeyNotIn", TEXTS, not_among(_task.element_id)),
        Filter("taskDefinitionKeyLike", TEXT, like(_task.element_id)),
        Filter("parentTaskId", ID, equal(_task.parent_task_id)),
        Filter("executionId", ID, equal(_task.execution_id)),
        Filter("activityInstanceIdIn", ELEMENT_INSTANCES, among(_task.element_instance_id)),
        Filter("processInstanceId", ID, equal(_task.process_instance_id)),
        Filter("processInstanceIdIn", IDS, among(_task.process_instance_id)),
        Filter("rootProcessInstanceId", ID, equal(_task.root_id)),
        Filter("processInstanceBusinessKey", TEXT, equal(_instance.business_key)),
        Filter("processInstanceBusinessKeyIn", TEXTS, among(_instance.business_key)),
        Filter("processInstanceBusinessKeyLike", TEXT, like(_instance.business_key)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("processDefinitionKeyIn", TEXTS, among(_definition.key)),
        Filter("processDefinitionName", TEXT, equal(_definition.name)),
        Filter("processDefinitionNameLike", TEXT, like(_definition.name)),
        Filter("active", FLAG, when(~_SUSPENDED)),
        Filter("suspended", FLAG, when(_SUSPENDED)),
        Filter("processVariables", VARIABLES, has_variables(_process_variable)),
        Filter("taskVariables", VARIABLES, has_variables(_task_variable)),
        Filter("caseInstanceVariables", VARIABLES, never()),
        Filter(IGNORE_NAMES, FLAG, no_effect()),
        Filter(IGNORE_VALUES, FLAG, no_effect()),
        Filter("caseInstanceId", TEXT, equal(_task.case_instance_id)),
        *(Filter(name, TEXT, never()) for name in _CASE_FILTERS),
        Filter("tenantIdIn", TEXTS, tenant_among(_task.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_task.tenant_id)),
        Filter("withCommentAttachmentInfo", FLAG, no_effect()),
        Filter("withTaskVariablesInReturn", FLAG, no_effect()),
        Filter("withTaskLocalVariablesInReturn", FLAG, no_effect()),
        *(Filter(name, EXPRESSION, no_effect()) for name in _EXPRESSION_FILTERS),
    ),
    sorts={
        "id": _task.id,
        "name": _task.name,
        "nameCaseInsensitive": func.lower(_task.name),
        "description": _task.description,
        "assignee": _task.assignee,
        "priority": _task.priority,
        "created": _task.created_at,
        "lastUpdated": _task.updated_at,
        "dueDate": _task.due_at,
        "dueDateOrNever": func.coalesce(_task.due_at, literal(_NEVER, type_=tables.user_task.c.due_at.type)),
        "followUpDate": _task.follow_up_at,
        "instanceId": _task.process_instance_id,
        "executionId": _task.execution_id,
        "caseInstanceId": _task.case_instance_id,
        "caseExecutionId": NO_CASE,
        "caseInstanceVariable": NO_CASE,
        "tenantId": _task.tenant_id,
        "processVariable": variable_sort(_process_variable),
        "executionVariable": variable_sort(_execution_variable),
        "taskVariable": variable_sort(_task_variable),
    },
)


def _bands(column: ColumnElement[Any], kind: Kind) -> SortKey:
    """A sort key with the parameter `bounds`, from the lowest: how many of them the value has reached.

    What has no value comes after all.
    """

    def key(parameters: Mapping[str, Any]) -> ColumnElement[Any]:
        try:
            bounds = [kind.read(bound) for bound in parameters["bounds"]]
        except InvalidValue as error:
            raise InvalidQuery(f"The bounds of groups cannot be read: {error}") from None
        before = [(column < literal(bound, type_=column.type), number) for number, bound in enumerate(bounds)]
        return case((column.is_(None), len(bounds) + 1), *before, else_=len(bounds))

    return key


GROUPED_TASKS: Final[Resource[TaskView]] = replace(
    TASKS,
    sorts={
        **TASKS.sorts,
        "processGroup": func.coalesce(_definition.key, ""),
        "assigneeGroup": func.coalesce(_task.assignee, ""),
        "dueGroup": _bands(_task.due_at, INSTANT),
        "priorityGroup": _bands(_task.priority, INTEGER),
    },
)
"""The same tasks, which can also be sorted by the groups in which people see them."""


def _process_ended(*, ended: bool) -> Condition:
    condition = _instance.ended_at.is_not(None) if ended else _instance.ended_at.is_(None)
    return when(and_(_instance.id.is_not(None), condition))


def _involved_ever(user: str, _: Filters) -> ColumnElement[bool]:
    return or_(_task.assignee == user, _task.owner == user, _linked(_link.user_id == user, alive=False))


def _involved_group(group: str, _: Filters) -> ColumnElement[bool]:
    return _linked(_link.group_id == group, alive=False)


def _had_candidate(column: ColumnElement[Any]) -> Condition:
    return lambda name, _: _linked(_link.type == "candidate", column == name, alive=False)


_HAD_GROUPS: Final = _linked(_link.type == "candidate", _link.group_id.is_not(None), alive=False)

HISTORIC_TASKS: Resource[TaskView] = Resource(
    name="historic task",
    make=TaskView,
    columns=_COLUMNS,
    source=_SOURCE,
    id=_task.id,
    opening=of_instance(READ_HISTORY, _task.process_instance_id, _definition.key, _task.tenant_id, task_id=_task.id),
    filters=table(
        Filter("taskId", ID, equal(_task.id)),
        Filter("taskParentTaskId", ID, equal(_task.parent_task_id)),
        Filter("taskName", TEXT, same_text(_task.name)),
        Filter("taskNameLike", TEXT, like_text(_task.name)),
        Filter("taskDescription", TEXT, same_text(_task.description)),
        Filter("taskDescriptionLike", TEXT, like_text(_task.description)),
        Filter("taskDefinitionKey", TEXT, equal(_task.element_id)),
        Filter("taskDefinitionKeyIn", TEXTS, among(_task.element_id)),
        Filter("taskDeleteReason", TEXT, equal(_task.delete_reason)),
        Filter("taskDeleteReasonLike", TEXT, like(_task.delete_reason)),
        Filter("taskAssignee", TEXT, equal(_task.assignee)),
        Filter("taskAssigneeLike", TEXT, like(_task.assignee)),
        Filter("taskOwner", TEXT, equal(_task.owner)),
        Filter("taskOwnerLike", TEXT, like(_task.owner)),
        Filter("taskInvolvedUser", TEXT, _involved_ever),
        Filter("taskInvolvedGroup", TEXT, _involved_group),
        Filter("taskHadCandidateUser", TEXT, _had_candidate(_link.user_id)),
        Filter("taskHadCandidateGroup", TEXT, _had_candidate(_link.group_id)),
        Filter("withCandidateGroups", FLAG, when(_HAD_GROUPS)),
        Filter("withoutCandidateGroups", FLAG, when(~_HAD_GROUPS)),
        Filter("taskPriority", INTEGER, equal(_task.priority)),
        Filter("assigned", FLAG, given(_task.assignee)),
        Filter("unassigned", FLAG, missing(_task.assignee)),
        Filter("finished", FLAG, given(_task.ended_at)),
        Filter("unfinished", FLAG, missing(_task.ended_at)),
        Filter("processFinished", FLAG, _process_ended(ended=True)),
        Filter("processUnfinished", FLAG, _process_ended(ended=False)),
        Filter("taskDueDate", INSTANT, equal(_task.due_at)),
        Filter("taskDueDateBefore", INSTANT, compare(_task.due_at, BEFORE)),
        Filter("taskDueDateAfter", INSTANT, compare(_task.due_at, AFTER)),
        Filter("withoutTaskDueDate", FLAG, missing(_task.due_at)),
        Filter("taskFollowUpDate", INSTANT, equal(_task.follow_up_at)),
        Filter("taskFollowUpDateBefore", INSTANT, compare(_task.follow_up_at, BEFORE)),
        Filter("taskFollowUpDateAfter", INSTANT, compare(_task.follow_up_at, AFTER)),
        Filter("startedBefore", INSTANT, compare(_task.created_at, UNTIL)),
        Filter("startedAfter", INSTANT, compare(_task.created_at, SINCE)),
        Filter("finishedBefore", INSTANT, compare(_task.ended_at, UNTIL)),
        Filter("finishedAfter", INSTANT, compare(_task.ended_at, SINCE)),
        Filter("executionId", ID, equal(_task.execution_id)),
        Filter("activityInstanceIdIn", ELEMENT_INSTANCES, among(_task.element_instance_id)),
        Filter("processInstanceId", ID, equal(_task.process_instance_id)),
        Filter("rootProcessInstanceId", ID, equal(_task.root_id)),
        Filter("processInstanceBusinessKey", TEXT, equal(_instance.business_key)),
        Filter("processInstanceBusinessKeyIn", TEXTS, among(_instance.business_key)),
        Filter("processInstanceBusinessKeyLike", TEXT, like(_instance.business_key)),
        Filter("processDefinitionId", DEFINITION, definition(tables.process_definition)),
        Filter("processDefinitionKey", TEXT, equal(_definition.key)),
        Filter("processDefinitionName", TEXT, equal(_definition.name)),
        Filter("processVariables", VARIABLES, has_variables(_any_process_variable)),
        Filter("taskVariables", VARIABLES, has_variables(_any_task_variable)),
        Filter(IGNORE_NAMES, FLAG, no_effect()),
        Filter(IGNORE_VALUES, FLAG, no_effect()),
        Filter("caseInstanceId", TEXT, equal(_task.case_instance_id)),
        Filter("caseDefinitionId", TEXT, never()),
        Filter("caseDefinitionKey", TEXT, never()),
        Filter("caseDefinitionName", TEXT, never()),
        Filter("caseExecutionId", TEXT, never()),
        Filter("tenantIdIn", TEXTS, tenant_among(_task.tenant_id)),
        Filter("withoutTenantId", FLAG, without_tenant(_task.tenant_id)),
    ),
    sorts={
        "taskId": _task.id,
        "activityInstanceId": _task.element_instance_id,
        "processDefinitionId": _task.definition_id,
        "processInstanceId": _task.process_instance_id,
        "executionId": _task.execution_id,
        "duration": duration(_task.created_at, _task.ended_at),
        "startTime": _task.created_at,
        "endTime": _task.ended_at,
        "taskName": _task.name,
        "taskDescription": _task.description,
        "assignee": _task.assignee,
        "owner": _task.owner,
        "dueDate": _task.due_at,
        "followUpDate": _task.follow_up_at,
        "deleteReason": _task.delete_reason,
        "taskDefinitionKey": _task.element_id,
        "priority": _task.priority,
        "caseInstanceId": _task.case_instance_id,
        "caseDefinitionId": NO_CASE,
        "caseExecutionId": NO_CASE,
        "tenantId": _task.tenant_id,
    },
)
