"""What must always be true of the rows, whatever crashed when: queries that find the rows for which it is not.

Every rule holds between any two transactions, so a violation is a mistake of the engine or of somebody's own SQL. A
check changes nothing; its cost grows with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, Table, Text, and_, case, cast, func, or_, select, union_all

from bpmn.model import LOOP_BODIES, Kind
from engine.core.incidents import FAILED_EXTERNAL_TASK, FAILED_JOB
from engine.core.jobs import (
    BATCH_KINDS,
    CLEANUP,
    DELETED,
    EVENT,
    MESSAGE,
    SIGNAL,
    SUCCEEDED,
    SUSPENSION_KINDS,
    TIMER,
    WORK,
)
from engine.core.lifecycle import (
    BATCH,
    ELEMENT,
    INCIDENT,
    INSTANCE,
    JOB,
    SUBSCRIPTION,
    TASK,
    ElementState,
    InstanceState,
    JobState,
    Lifecycle,
)
from engine.core.subscriptions import COMPENSATE
from engine.store.tables import (
    batch,
    decision_input,
    decision_instance,
    decision_output,
    element_instance,
    identity_link,
    incident,
    job,
    job_definition,
    job_log,
    message,
    process_definition,
    process_instance,
    subscription,
    user_task,
    variable,
)
from engine.store.transaction import ReadTransaction

JoinFlows = Callable[[int], Mapping[str, Collection[str]]]
"""For the id of a process definition: the ids of the incoming flows of each of its parallel gateways, by element id."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One row for which a rule does not hold."""

    rule: str
    table: str
    id: int
    message: str

    def __str__(self) -> str:
        return f"{self.table} {self.id}: {self.message} [{self.rule}]"


@dataclass(frozen=True, slots=True)
class _Rule:
    """`query` gives the id of each offending row and two values for the message."""

    name: str
    table: Table
    query: Select[Any]
    message: str


_Query = Select[Any]
_MOVING: Final = (ElementState.ACTIVATING, ElementState.COMPLETING, ElementState.TERMINATING)
PASSING: Final = (
    Kind.START_EVENT,
    "startTimerEvent",
    "noneEndEvent",
    "errorEndEvent",
    "terminateEndEvent",
    "intermediateNoneThrowEvent",
    "boundaryError",
    "boundaryEscalation",
    "boundaryTimer",
    "cancelBoundaryCatch",
    "compensationBoundaryCatch",
    "compensationStartEvent",
    Kind.TASK,
    Kind.MANUAL_TASK,
    Kind.EXCLUSIVE_GATEWAY,
)
"""Kinds of element whose instances never rest, but for a job before or after them."""
WORKING: Final = (
    Kind.SERVICE_TASK,
    Kind.SEND_TASK,
    Kind.BUSINESS_RULE_TASK,
    Kind.SCRIPT_TASK,
    "messageEndEvent",
    "intermediateMessageThrowEvent",
    "intermediateTimer",
)
"""Kinds of element whose instances rest only while they have a job of their own."""
OUTSIDE: Final = (TIMER, EVENT, MESSAGE, SIGNAL, CLEANUP, *BATCH_KINDS, *SUSPENSION_KINDS)
"""Kinds of job that may be at no element instance."""
HOLDING: Final = (
    "intermediateCompensationThrowEvent",
    "compensationEndEvent",
    "cancelEndEvent",
    Kind.SUB_PROCESS,
    Kind.TRANSACTION,
    Kind.AD_HOC_INSTANCE,
    *LOOP_BODIES,
)
"""Kinds of element whose instances rest only while something is in them."""


def check(
    transaction: ReadTransaction, join_flows: JoinFlows | None = None, *, due_before: datetime | None = None
) -> list[Violation]:
    """All rows for which a rule does not hold; empty for a sound database.

    With `join_flows` the parallel joins are checked as well: that none waits which has a token on every incoming flow.
    With `due_before`, for a time at which something runs jobs, that all continuations and timers due then are done.
    """
    found = [violation for rule in _rules() for violation in _ask(transaction, rule)]
    if due_before is not None:
        found += _ask(transaction, _Rule("a due job is done", job, _overdue(due_before), "'{0}' is due since {1}"))
    if join_flows is not None:
        found += _unfired_joins(transaction, join_flows)
    return found


def _ask(transaction: ReadTransaction, rule: _Rule) -> Iterator[Violation]:
    for row_id, first, second in transaction.connection.execute(rule.query):
        yield Violation(rule.name, rule.table.name, row_id, rule.message.format(first, second))


def _unfired_joins(transaction: ReadTransaction, join_flows: JoinFlows) -> Iterator[Violation]:
    element = element_instance.c
    query = (
        select(element.scope_id, element.definition_id, element.element_id, element.flow_id, func.min(element.id))
        .where(
            _lives(element_instance),
            element.transition.is_(None),
            element.element_kind == Kind.PARALLEL_GATEWAY,
            element.state == ElementState.ACTIVE,  # and not held up by a listener of its own
        )
        .group_by(element.scope_id, element.definition_id, element.element_id, element.flow_id)
    )
    waiting: dict[tuple[int, int, str], dict[str, int]] = {}
    for scope_id, definition_id, element_id, flow_id, first in transaction.connection.execute(query):
        waiting.setdefault((scope_id, definition_id, element_id), {})[flow_id] = first
    for (_, definition_id, element_id), tokens in waiting.items():
        flows = join_flows(definition_id).get(element_id, ())
        if flows and set(flows) <= tokens.keys():
            message = f"'{element_id}' has a token on every incoming flow and should have gone on"
            yield Violation("a complete join goes on", element_instance.name, min(tokens.values()), message)


# ---------------------------------------------------------------- parts of queries


def _lives(table: FromClause) -> ColumnElement[bool]:
    return table.c.ended_at.is_(None)


def _without(table: Table, other: FromClause, link: ColumnElement[bool], *details: ColumnElement[Any]) -> _Query:
    """Living rows of a table that no living row of the other is linked to."""
    first, second = (*details, table.c.id, table.c.id)[:2]
    joined = table.outerjoin(other, and_(link, _lives(other)))
    return select(table.c.id, first, second).select_from(joined).where(_lives(table), other.c.id.is_(None))


def _living_scopes() -> FromClause:
    """All that variables and element instances may be in, while it lives."""
    parts = [select(table.c.id).where(_lives(table)) for table in (process_instance, element_instance, user_task)]
    return union_all(*parts).subquery()


def _orphans(table: Table, *conditions: ColumnElement[bool]) -> _Query:
    """Living rows in a scope that does not live, among those for which the conditions hold."""
    scopes = _living_scopes()
    joined = table.outerjoin(scopes, scopes.c.id == table.c.scope_id)
    query = select(table.c.id, table.c.scope_id, table.c.id).select_from(joined)
    return query.where(_lives(table), scopes.c.id.is_(None), *conditions)


def _can_be_compensated(scope_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """It is a scope that has ended, and in the open subscriptions somewhere there is one to compensate it."""
    other = subscription.alias("way")
    found = select(other.c.configuration).where(_lives(other), other.c.kind == COMPENSATE)
    return cast(scope_id, Text).in_(found.where(other.c.configuration.is_not(None)))


def _is_being_compensated(scope_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """It is a scope that has ended, and a living one stands for it."""
    stand_in = element_instance.alias("stand_in")
    found = select(stand_in.c.compensates_id).where(_lives(stand_in), stand_in.c.compensates_id.is_not(None))
    return scope_id.in_(found)


def _uncompleted(table: Table, named: ColumnElement[Any], *conditions: ColumnElement[bool]) -> _Query:
    """Living rows about the compensation of an element instance (its id as text) that has not completed."""
    done = element_instance.alias("done")
    joined = table.outerjoin(done, and_(cast(done.c.id, Text) == named, done.c.state == ElementState.COMPLETED))
    query = select(table.c.id, table.c.element_id, named).select_from(joined)
    return query.where(_lives(table), named.is_not(None), done.c.id.is_(None), *conditions)


def _kept_alone() -> _Query:
    """Kept messages without a living job."""
    joined = message.outerjoin(job, and_(job.c.id == message.c.job_id, _lives(job)))
    query = select(message.c.id, message.c.name, message.c.job_id).select_from(joined)
    return query.where(_lives(message), job.c.id.is_(None))


def _miscounted(table: Table, counted: str, by: str, *, only: ColumnElement[bool] | None = None) -> _Query:
    """Living rows whose counter is not the number of living element instances that name it."""
    children = (
        select(element_instance.c[by].label("scope"), func.count().label("live"))
        .where(_lives(element_instance))
        .group_by(element_instance.c[by])
        .subquery()
    )
    live = func.coalesce(children.c.live, 0)
    joined = table.outerjoin(children, children.c.scope == table.c.id)
    query = select(table.c.id, table.c[counted], live).select_from(joined)
    return query.where(_lives(table), table.c[counted] != live, *([] if only is None else [only]))


def _confused(table: Table, lifecycle: Lifecycle) -> _Query:
    """Rows that ended in no final state, or are in a final state and have not ended."""
    final = [state for state in lifecycle.transitions if state is not None and lifecycle.is_final(state)]
    ended = case((table.c.ended_at.is_(None), 0), else_=1)
    is_final = case((table.c.state.in_(final), 1), else_=0)
    return select(table.c.id, table.c.state, table.c.ended_at).where(ended != is_final)


def _strays(table: Table) -> _Query:
    """Living rows whose process instance has ended, or has another root."""
    instance = process_instance.alias("instance")
    joined = table.outerjoin(instance, instance.c.id == table.c.process_instance_id)
    lost = or_(instance.c.id.is_(None), instance.c.ended_at.is_not(None), instance.c.root_id != table.c.root_id)
    query = select(table.c.id, table.c.process_instance_id, table.c.root_id).select_from(joined)
    return query.where(_lives(table), table.c.process_instance_id.is_not(None), lost)


def _silent() -> _Query:
    """Living process instances that neither a person nor a job, an event or a called process can move, and that show
    no incident."""
    instance = process_instance
    child = process_instance.alias("child")
    reasons = [
        select(user_task.c.process_instance_id.label("instance")).where(_lives(user_task)),
        select(job.c.process_instance_id).where(_lives(job)),
        select(incident.c.process_instance_id).where(_lives(incident)),
        select(subscription.c.process_instance_id).where(_lives(subscription), subscription.c.kind != COMPENSATE),
        select(child.c.parent_id).where(_lives(child)),
    ]
    reason = union_all(*reasons).subquery()
    moved = select(reason.c.instance).where(reason.c.instance.is_not(None))
    query = select(instance.c.id, instance.c.definition_id, instance.c.id)
    return query.where(_lives(instance), instance.c.id.not_in(moved))


def _idle() -> _Query:
    """Element instances whose work or time nobody is going to bring."""
    own = and_(_job.element_instance_id == _element.id, _job.element_id == _element.element_id)
    query = _without(element_instance, job, own, _element.element_id, _element.element_kind)
    return query.where(_element.element_kind.in_(WORKING), _element.transition.is_(None))


def _jobs(*conditions: ColumnElement[bool]) -> _Query:
    """Living jobs for which the conditions hold."""
    return select(_job.id, _job.state, _job.element_id).where(_lives(job), *conditions)


def _is_about(failed_job: FromClause) -> ColumnElement[bool]:
    return and_(
        _incident.kind.in_((FAILED_JOB, FAILED_EXTERNAL_TASK)), _incident.configuration == cast(failed_job.c.id, Text)
    )


def _incidents_of_nothing() -> _Query:
    """Open incidents about jobs that do not live, or have retries left; what was reported may be about anything."""
    joined = incident.outerjoin(
        job, and_(_is_about(job), _lives(job), _job.state == JobState.FAILED, _job.tenant_id == _incident.tenant_id)
    )
    query = select(_incident.id, _incident.element_id, _incident.configuration).select_from(joined)
    of_jobs = and_(_incident.kind.in_((FAILED_JOB, FAILED_EXTERNAL_TASK)), _incident.reported.is_(None))
    return query.where(_lives(incident), of_jobs, _job.id.is_(None))


def _causeless() -> _Query:
    """Open incidents whose cause is closed."""
    cause = incident.alias("cause")
    joined = incident.outerjoin(cause, and_(cause.c.id == _incident.cause_id, _lives(cause)))
    query = select(_incident.id, _incident.element_id, _incident.cause_id).select_from(joined)
    return query.where(_lives(incident), cause.c.id.is_(None))


def _batchless() -> _Query:
    """Living jobs of batches that do not live."""
    joined = job.outerjoin(job_definition, job_definition.c.id == _job.job_definition_id).outerjoin(
        batch, and_(batch.c.id == job_definition.c.batch_id, _lives(batch))
    )
    query = select(_job.id, _job.kind, job_definition.c.batch_id).select_from(joined)
    return query.where(_lives(job), _job.kind.in_(BATCH_KINDS), batch.c.id.is_(None))


def _miscounted_batches() -> _Query:
    """Batches of which another number of jobs has been made than they say, or more than they need."""
    made = select(func.count()).where(
        _job.job_definition_id == batch.c.batch_job_definition_id, _job.process_instance_id.is_(None)
    )
    number = made.select_from(job).correlate(batch).scalar_subquery()
    wrong = or_(number != batch.c.jobs_created, batch.c.jobs_created > batch.c.total_jobs)
    return select(batch.c.id, batch.c.jobs_created, number).where(wrong)


def _ended_twice() -> _Query:
    """Jobs of which the log tells more than one end, or that one came before they ended."""
    ends = (
        select(job_log.c.job_id.label("job"), func.count().label("ends"))
        .where(job_log.c.event.in_((SUCCEEDED, DELETED)))
        .group_by(job_log.c.job_id)
        .subquery()
    )
    query = select(_job.id, ends.c.ends, _job.state).select_from(job.join(ends, ends.c.job == _job.id))
    return query.where(or_(ends.c.ends > 1, _lives(job)))


def _overdue(moment: datetime) -> _Query:
    """Continuations and timers that could have been claimed since `moment`."""
    joined = (
        job.outerjoin(process_instance, process_instance.c.id == _job.process_instance_id)
        .outerjoin(process_definition, process_definition.c.id == _job.definition_id)
        .outerjoin(job_definition, job_definition.c.id == _job.job_definition_id)
    )
    held_back = or_(
        func.coalesce(process_instance.c.state, InstanceState.ACTIVE) != InstanceState.ACTIVE,
        and_(_job.process_instance_id.is_(None), func.coalesce(process_definition.c.suspended, False)),
        and_(func.coalesce(job_definition.c.suspended, False), job_definition.c.suspended_at <= _job.created_at),
    )
    query = select(_job.id, _job.element_id, _job.ready_at).select_from(joined)
    return query.where(_job.topic.is_(None), _job.ready_at <= moment, func.coalesce(~held_back, True))


def _settled_joins() -> _Query:
    """Inclusive joins, and complex gateways before their reset, that hold every living token of their scope, and yet
    wait."""
    element = element_instance.c
    resets = and_(element.element_kind == Kind.COMPLEX_GATEWAY, element.memory.is_not(None))
    waits = or_(element.element_kind == Kind.INCLUSIVE_GATEWAY, resets)
    joins = case((and_(waits, element.transition.is_(None)), 1), else_=0)
    query = select(func.min(element.id), func.min(element.element_id), element.scope_id).where(_lives(element_instance))
    return query.group_by(element.scope_id).having(
        func.min(joins) == 1, func.min(element.element_id) == func.max(element.element_id)
    )


def _repeated_variables() -> _Query:
    found = variable.c
    query = select(func.max(found.id), found.name, found.scope_id).where(_lives(variable))
    return query.group_by(found.scope_id, found.name).having(func.count() > 1)


def _wrong_trees() -> _Query:
    """A root names itself and has no parent; any other instance has its parent's root, and a caller in its parent."""
    child, parent, caller = process_instance, process_instance.alias("parent"), element_instance.alias("caller")
    joined = child.outerjoin(parent, parent.c.id == child.c.parent_id).outerjoin(
        caller, caller.c.id == child.c.caller_id
    )
    is_root = child.c.id == child.c.root_id
    wrong = or_(
        and_(is_root, child.c.parent_id.is_not(None)),
        and_(~is_root, or_(parent.c.id.is_(None), parent.c.root_id != child.c.root_id)),
        and_(
            ~is_root,
            _lives(child),
            or_(caller.c.id.is_(None), caller.c.called_instance_id.is_distinct_from(child.c.id)),
        ),
        and_(~is_root, _lives(child), or_(caller.c.ended_at.is_not(None), caller.c.process_instance_id != parent.c.id)),
    )
    return select(child.c.id, child.c.root_id, child.c.parent_id).select_from(joined).where(_lives(child), wrong)


def _undefined() -> _Query:
    instance, definition = process_instance.c, process_definition
    joined = process_instance.outerjoin(definition, definition.c.id == instance.definition_id)
    query = select(instance.id, instance.definition_id, instance.id).select_from(joined)
    return query.where(_lives(process_instance), definition.c.id.is_(None))


def _undecided(table: Table) -> _Query:
    joined = table.outerjoin(decision_instance, decision_instance.c.id == table.c.decision_instance_id)
    query = select(table.c.id, table.c.decision_instance_id, table.c.id).select_from(joined)
    return query.where(decision_instance.c.id.is_(None))


def _of_another_definition(table: Table) -> _Query:
    instance = process_instance.alias("instance")
    joined = table.join(instance, instance.c.id == table.c.process_instance_id)
    query = select(table.c.id, table.c.definition_id, instance.c.definition_id).select_from(joined)
    return query.where(_lives(table), table.c.definition_id.is_distinct_from(instance.c.definition_id))


def _linked(link: ColumnElement[Any], *conditions: ColumnElement[bool]) -> _Query:
    """What the living rows of a table for which the conditions hold name in one of its columns."""
    table = link.table
    return select(link).where(_lives(table), link.is_not(None), *conditions)


def _elements(*conditions: ColumnElement[bool]) -> _Query:
    """Living element instances for which the conditions hold, without those that wait for a job."""
    element = element_instance.c
    query = select(element.id, element.element_id, element.state)
    return query.where(_lives(element_instance), element.transition.is_(None), *conditions)


_element, _task, _job, _link, _incident = element_instance.c, user_task.c, job.c, identity_link.c, incident.c
_subscription = subscription.c
_OUTLIVES = "lives, but its process instance {0} has ended, is missing, or is not in the tree of {1}"
_CONFUSED = "its state is {0}, and its end {1}"


@cache
def _rules() -> Sequence[_Rule]:
    """Made when they are asked for: a server that starts has no use for them."""
    return (
        *(
            _Rule(
                "tokens are counted",
                table,
                _miscounted(table, "tokens", "scope_id"),
                "counts {0} tokens, but {1} element instances live directly in it",
            )
            for table in (process_instance, element_instance)
        ),
        _Rule(
            "a root counts its tree",
            process_instance,
            _miscounted(process_instance, "live", "root_id", only=process_instance.c.id == process_instance.c.root_id),
            "counts {0} living element instances in its tree, but there are {1}",
        ),
        _Rule(
            "nothing outlives its scope", element_instance, _orphans(element_instance), "lives, but not its scope {0}"
        ),
        _Rule(
            "nothing outlives its scope",
            variable,
            _orphans(variable, ~_can_be_compensated(variable.c.scope_id)),
            "lives, but its scope {0} does not, and cannot be compensated",
        ),
        *(
            _Rule("nothing outlives its process instance", table, _strays(table), _OUTLIVES)
            for table in (element_instance, variable, user_task, identity_link, job, incident, subscription)
        ),
        *(
            _Rule("what has ended is in a final state", table, _confused(table, lifecycle), _CONFUSED)
            for table, lifecycle in (
                (process_instance, INSTANCE),
                (element_instance, ELEMENT),
                (user_task, TASK),
                (job, JOB),
                (incident, INCIDENT),
                (batch, BATCH),
                (subscription, SUBSCRIPTION),
            )
        ),
        _Rule(
            "a called process belongs to its call activity",
            process_instance,
            _wrong_trees(),
            "its root {0}, its parent {1} and its call activity do not agree",
        ),
        *(
            _Rule(
                "what lives in an instance is of its definition",
                table,
                _of_another_definition(table),
                "is of definition {0}, but its process instance is of {1}",
            )
            for table in (element_instance, variable, user_task, job, incident, subscription)
        ),
        _Rule(
            "an instance has a definition", process_instance, _undefined(), "its process definition {0} does not exist"
        ),
        _Rule(
            "every instance waits for something",
            process_instance,
            _silent(),
            "of definition {0} has no task, no job, no subscription, no called process that could move it, "
            "and no incident",
        ),
        _Rule(
            "a step runs to its end",
            element_instance,
            _elements(
                or_(
                    # What a listener has handed over is waited for at the start and at the end of an activity.
                    and_(
                        _element.state.in_(_MOVING),
                        _element.id.not_in(_linked(_job.element_instance_id, _job.kind == WORK)),
                    ),
                    and_(_element.state.not_in(_MOVING), _element.element_kind.in_(PASSING)),
                )
            ),
            "'{0}' rests in state {1}",
        ),
        _Rule(
            "a scope holds something",
            element_instance,
            _elements(_element.element_kind.in_(HOLDING), _element.tokens == 0, _element.state.not_in(_MOVING)),
            "'{0}' is {1}, but nothing is in it",
        ),
        _Rule(
            "a user task lives as long as its element instance",
            element_instance,
            _elements(
                _element.element_kind == Kind.USER_TASK,
                _element.id.not_in(_linked(_task.element_instance_id)),
                _element.state.not_in(_MOVING),
            ),
            "'{0}' is {1}, but has no open user task",
        ),
        _Rule(
            "a user task lives as long as its element instance",
            user_task,
            _without(
                user_task, element_instance, _element.id == _task.element_instance_id, _task.element_instance_id
            ).where(_task.element_instance_id.is_not(None)),
            "is open, but its element instance {0} does not live",
        ),
        _Rule(
            "a call activity waits for its process",
            element_instance,
            _elements(
                _element.element_kind == Kind.CALL_ACTIVITY,
                _element.id.not_in(_linked(process_instance.c.caller_id)),
                _element.state.not_in(_MOVING),
            ),
            "'{0}' is {1}, but its called process does not live",
        ),
        _Rule(
            "a token before or after an element waits for its job",
            element_instance,
            _without(element_instance, job, _job.element_instance_id == _element.id, _element.element_id).where(
                _element.transition.is_not(None)
            ),
            "waits at '{0}', but has no job",
        ),
        _Rule(
            "a job moves something",
            job,
            _without(job, element_instance, _element.id == _job.element_instance_id, _job.element_instance_id).where(
                _job.element_instance_id.is_not(None)
            ),
            "waits, but its element instance {0} does not live",
        ),
        _Rule(
            "an event is waited for by a living scope",
            subscription,
            _without(
                subscription,
                element_instance,
                _element.id == _subscription.element_instance_id,
                _subscription.element_id,
            ).where(_subscription.element_instance_id.is_not(None), _subscription.kind != COMPENSATE),
            "is open for '{0}', but its element instance does not live",
        ),
        _Rule(
            "what can be compensated is within reach",
            subscription,
            _orphans(
                subscription,
                _subscription.kind == COMPENSATE,
                ~_can_be_compensated(_subscription.scope_id),
                ~_is_being_compensated(_subscription.scope_id),
            ),
            "is open in scope {0}, which neither lives nor can be compensated itself",
        ),
        _Rule(
            "only what has completed can be compensated",
            subscription,
            _uncompleted(subscription, _subscription.configuration, _subscription.kind == COMPENSATE),
            "is open for '{0}', but {1} has not completed",
        ),
        _Rule(
            "only what has completed can be compensated",
            element_instance,
            _uncompleted(element_instance, cast(_element.compensates_id, Text)),
            "'{0}' stands for {1}, which has not completed",
        ),
        *(
            _Rule(
                "what a decision took and gave goes with it", table, _undecided(table), "its decision {0} is not there"
            )
            for table in (decision_input, decision_output)
        ),
        _Rule("a kept message is held by a job", message, _kept_alone(), "'{0}' is kept, but its job {1} is not there"),
        _Rule("work and time are waited for by a job", element_instance, _idle(), "'{0}' ({1}) rests, but has no job"),
        _Rule(
            "a job is of one kind",
            job,
            _jobs(
                or_(
                    (_job.kind == WORK) != _job.topic.is_not(None),
                    and_(_job.kind.in_((TIMER, *SUSPENSION_KINDS)), _job.due_at.is_(None)),
                    and_(_job.element_instance_id.is_not(None), _job.process_instance_id.is_(None)),
                    and_(_job.kind.not_in(OUTSIDE), _job.element_instance_id.is_(None)),
                    and_(_job.kind.in_(BATCH_KINDS), _job.job_definition_id.is_(None)),
                    and_(_job.kind.in_((MESSAGE, CLEANUP, *BATCH_KINDS, *SUSPENSION_KINDS)), _job.payload.is_(None)),
                )
            ),
            "at '{1}' is {0}, but has not what its kind must have: a topic, a due date, an element instance",
        ),
        _Rule(
            "a locked job has a lease",
            job,
            _jobs(
                or_(
                    and_(
                        _job.state == JobState.LOCKED,
                        or_(_job.lease_token.is_(None), _job.lock_expires_at.is_(None), _job.lock_owner.is_(None)),
                    ),
                    and_(_job.state == JobState.WAITING, _job.lease_token.is_not(None)),
                )
            ),
            "at '{1}' is {0}, which does not go with its lease",
        ),
        _Rule(
            "a job has ended without a lease",
            job,
            select(_job.id, _job.state, _job.lease_token).where(~_lives(job), _job.lease_token.is_not(None)),
            "is {0}, but still has the lease {1}",
        ),
        _Rule(
            "a job without retries is a failed one",
            job,
            _jobs((_job.state == JobState.FAILED) != (func.coalesce(_job.retries, 1) == 0)),
            "at '{1}' is {0}, which does not go with its retries",
        ),
        _Rule(
            "a failed job has an incident",
            job,
            _without(job, incident, _is_about(job), _job.element_id).where(_job.state == JobState.FAILED),
            "at '{0}' has failed, but there is no incident",
        ),
        _Rule(
            "an incident is about a failed job",
            incident,
            _incidents_of_nothing(),
            "at '{0}' is open, but its job {1} has not failed",
        ),
        _Rule("an incident has its cause", incident, _causeless(), "at '{0}' is open, but its cause {1} is not"),
        _Rule(
            "an incident lives at what it is about",
            incident,
            _without(
                incident, element_instance, _element.id == _incident.element_instance_id, _incident.element_instance_id
            ).where(_incident.element_instance_id.is_not(None)),
            "is open, but its element instance {0} does not live",
        ),
        _Rule("a job of a batch ends with it", job, _batchless(), "is a {0}, but its batch {1} does not live"),
        _Rule("a batch counts its jobs", batch, _miscounted_batches(), "has made {0} jobs, but {1} are there"),
        _Rule("a job ends once", job, _ended_twice(), "has {0} ends in its log, and is {1}"),
        _Rule(
            "a candidate is one of an open task",
            identity_link,
            _without(identity_link, user_task, _task.id == _link.user_task_id, _link.user_task_id),
            "lives, but its user task {0} does not",
        ),
        _Rule(
            "a variable is there once",
            variable,
            _repeated_variables(),
            "'{0}' is there more than once in scope {1}",
        ),
        _Rule(
            "a multi-instance body counts its instances",
            element_instance,
            _elements(_element.element_kind == Kind.MULTI_INSTANCE, _element.loop_completed > _element.loop_total),
            "'{0}' is {1}, but has completed more instances than it has",
        ),
        _Rule(
            "an inclusive join goes on when no token can reach it",
            element_instance,
            _settled_joins(),
            "'{0}' waits, but no other token is left in scope {1}",
        ),
    )
