"""What can be asked of the engine: lists, counts and single things, running and historic."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Generic, Protocol, TypeVar

from bpmn.model import Binding, Process, Reference
from engine.authorization import Missing, NotAuthorized
from engine.clock import Clock, system_clock
from engine.errors import BadRequest, NotFound
from engine.store import attachments, notices
from engine.store.database import Database
from engine.store.notices import NoticeView
from engine.store.query import decisions, details, moments, monitoring, reports, scopes, statistics, trees
from engine.store.query import external_tasks as external
from engine.store.query.authorizations import AUTHORIZATIONS
from engine.store.query.batches import BATCH_STATISTICS, BATCHES, HISTORIC_BATCHES
from engine.store.query.cleanable import CLEANABLE_BATCHES, CLEANABLE_DECISIONS, CLEANABLE_INSTANCES
from engine.store.query.conditions import NOW
from engine.store.query.decisions import (
    DECISION_DEFINITIONS,
    HISTORIC_DECISIONS,
    REQUIREMENTS_DEFINITIONS,
    Evaluated,
    RuleHits,
)
from engine.store.query.deployments import DEPLOYMENTS, PROCESS_DEFINITIONS
from engine.store.query.details import Count
from engine.store.query.elements import HISTORIC_ELEMENT_INSTANCES
from engine.store.query.external_tasks import EXTERNAL_TASK_LOGS, EXTERNAL_TASKS
from engine.store.query.filters import FILTERS
from engine.store.query.incidents import HISTORIC_INCIDENTS, INCIDENTS
from engine.store.query.instances import EXECUTIONS, HISTORIC_PROCESS_INSTANCES, PROCESS_INSTANCES
from engine.store.query.jobs import JOB_DEFINITIONS, JOB_LOGS, JOBS
from engine.store.query.kinds import (
    MAX_VALUES,
    UNKNOWN_ID,
    ContradictoryQuery,
    DefinitionId,
    ForbiddenExpression,
    InvalidQuery,
    NotComparable,
    VariableCondition,
    parse_id,
)
from engine.store.query.logs import IDENTITY_LINK_LOGS, OPERATIONS
from engine.store.query.moments import Known, Lineage, Moment, Past, PastVariable
from engine.store.query.monitoring import Heat, IncidentGroup, Places, Progress, Wait
from engine.store.query.people import GROUPS, SESSIONS, TENANTS, TOKENS, USERS
from engine.store.query.permitted import Viewer
from engine.store.query.reports import (
    DURATIONS_OF_INSTANCES,
    LISTED,
    METRICS,
    TASK_REPORTS,
    Durations,
    During,
    Measure,
    PeriodUnit,
    TaskCount,
    Visits,
)
from engine.store.query.resource import (
    MAX_ROWS,
    Filter,
    Query,
    Resource,
    Sorting,
    select_among,
    select_count,
    select_counts,
    select_ids,
    select_one,
    select_one_for,
    select_order,
    select_rows,
    select_tally,
)
from engine.store.query.scopes import ShortValue
from engine.store.query.statistics import Percentiles, Statistics, Trend
from engine.store.query.subscriptions import EVENT_SUBSCRIPTIONS
from engine.store.query.tasks import GROUPED_TASKS, HISTORIC_TASKS, TASKS
from engine.store.query.trees import ActivityTree, TreeNode
from engine.store.query.variables import HISTORIC_VARIABLES, VARIABLE_INSTANCES, VARIABLE_UPDATES
from engine.store.query.views import (
    AttachmentView,
    BatchStatisticsView,
    BatchView,
    CleanableBatchesView,
    CleanableHistoryView,
    CommentView,
    DecisionDefinitionView,
    DecisionInputView,
    DecisionInstanceView,
    DecisionOutputView,
    DeploymentView,
    ElementInstanceView,
    Evaluations,
    ExecutionView,
    ExternalTaskLogView,
    ExternalTaskView,
    IdentityLinkLogView,
    IdentityLinkView,
    IncidentView,
    JobDefinitionView,
    JobLogView,
    JobView,
    OfDefinition,
    OperationView,
    ProcessDefinitionView,
    ProcessInstanceView,
    RequirementsView,
    ResourceView,
    SubscriptionView,
    TaskSurroundings,
    TaskView,
    VariableUpdateView,
    VariableView,
)

__all__ = [
    "AUTHORIZATIONS",
    "BATCHES",
    "BATCH_STATISTICS",
    "CLEANABLE_BATCHES",
    "CLEANABLE_DECISIONS",
    "CLEANABLE_INSTANCES",
    "DECISION_DEFINITIONS",
    "DEPLOYMENTS",
    "EVENT_SUBSCRIPTIONS",
    "EXECUTIONS",
    "EXTERNAL_TASKS",
    "EXTERNAL_TASK_LOGS",
    "FILTERS",
    "GROUPS",
    "HISTORIC_BATCHES",
    "HISTORIC_DECISIONS",
    "HISTORIC_ELEMENT_INSTANCES",
    "HISTORIC_INCIDENTS",
    "HISTORIC_PROCESS_INSTANCES",
    "HISTORIC_TASKS",
    "HISTORIC_VARIABLES",
    "IDENTITY_LINK_LOGS",
    "INCIDENTS",
    "JOBS",
    "JOB_DEFINITIONS",
    "JOB_LOGS",
    "MAX_MEASURES",
    "MAX_ROWS",
    "MAX_VALUES",
    "METRICS",
    "OPERATIONS",
    "PROCESS_DEFINITIONS",
    "PROCESS_INSTANCES",
    "REQUIREMENTS_DEFINITIONS",
    "SESSIONS",
    "SHORT",
    "TASKS",
    "TENANTS",
    "TOKENS",
    "UNKNOWN_ID",
    "USERS",
    "VARIABLE_INSTANCES",
    "VARIABLE_UPDATES",
    "ActivityTree",
    "AttachmentView",
    "BatchStatisticsView",
    "BatchView",
    "CleanableBatchesView",
    "CleanableHistoryView",
    "CommentView",
    "ContradictoryQuery",
    "Count",
    "DecisionDefinitionView",
    "DecisionInputView",
    "DecisionInstanceView",
    "DecisionOutputView",
    "DefinitionId",
    "DeploymentView",
    "Durations",
    "During",
    "ElementInstanceView",
    "Evaluated",
    "Evaluations",
    "ExecutionView",
    "ExternalTaskLogView",
    "ExternalTaskView",
    "Filter",
    "ForbiddenExpression",
    "Heat",
    "IdentityLinkLogView",
    "IdentityLinkView",
    "IncidentGroup",
    "IncidentView",
    "InvalidQuery",
    "JobDefinitionView",
    "JobLogView",
    "JobView",
    "Known",
    "Lineage",
    "Listing",
    "Measure",
    "Moment",
    "NotComparable",
    "NoticeView",
    "OfDefinition",
    "OperationView",
    "Past",
    "PastVariable",
    "Percentiles",
    "PeriodUnit",
    "Places",
    "ProcessDefinitionView",
    "ProcessInstanceView",
    "Progress",
    "Queries",
    "Query",
    "RequirementsView",
    "Resource",
    "ResourceView",
    "RuleHits",
    "ShortValue",
    "Sorting",
    "Statistics",
    "SubscriptionView",
    "TaskCount",
    "TaskSurroundings",
    "TaskView",
    "TreeNode",
    "Trend",
    "VariableCondition",
    "VariableUpdateView",
    "VariableView",
    "Visits",
    "Wait",
    "definition_reference",
    "parse_id",
]

MAX_MEASURES = 200
"""How many measures are given at once (Camunda's limit)."""
IDS_AT_ONCE = 10_000
"""Where all ids are asked for: how many are fetched at once."""

SHORT = 200
"""So many characters of a text are enough to be shown in a row."""

V = TypeVar("V")

Variables = dict[str, object]
"""Names and values of `engine.values`."""

Viewing = Callable[[], Viewer | None]
"""Gives who looks, or None where nothing is hidden."""


def _anybody() -> None:
    return None


def definition_reference(view: OfDefinition) -> str | None:
    """How REST names the process definition of a thing: `key:version:id`; None if it belongs to none."""
    if view.definition_id is None:
        return None
    return f"{view.definition_key}:{view.definition_version}:{view.definition_id}"


def _narrow(definition: ProcessDefinitionView, called: Reference) -> dict[str, Any] | None:
    """The filters for what a call activity calls; None if only an instance can tell."""
    tenant: dict[str, Any] = (
        {"tenantIdIn": [definition.tenant_id]} if definition.tenant_id else {"withoutTenantId": True}
    )
    key = {"key": called.key.text, **tenant}
    by_binding: dict[Binding, dict[str, Any]] = {
        Binding.LATEST: {"latestVersion": True},
        Binding.DEPLOYMENT: {"deploymentId": definition.deployment_id},
    }
    if called.binding in by_binding:
        return key | by_binding[called.binding]
    wanted = called.version if called.binding is Binding.VERSION else called.version_tag
    if wanted is None or "{" in wanted.text:
        return None
    return key | {"version" if called.binding is Binding.VERSION else "versionTag": wanted.text}


class Listing(Generic[V]):
    """The things of one resource, which can be listed, counted and fetched one by one: those that may be seen."""

    def __init__(self, database: Database, resource: Resource[V], clock: Clock, viewer: Viewing | None = None) -> None:
        self.resource = resource
        self._database, self._clock, self._viewer = database, clock, viewer or _anybody

    def list(
        self,
        filters: Mapping[str, Any] | None = None,
        *,
        any_of: Sequence[Mapping[str, Any]] = (),
        sorting: Sequence[Sorting] = (),
        first: int = 0,
        limit: int | None = None,
    ) -> Sequence[V]:
        """What meets all `filters` and, of each group in `any_of`, at least one; by age where nothing else is said.

        Filters have the names and meaning of Camunda's REST API; values may be Python's or texts. At most MAX_ROWS.
        Raises InvalidQuery, ContradictoryQuery.
        """
        return self.query(Query(filters or {}, any_of, sorting, first, limit))

    def query(self, query: Query) -> Sequence[V]:
        """As `list`, of a query made before."""
        if query.limit == 0:
            self.resource.where(query)
            return []
        statement = select_rows(self.resource, query, self._viewer())
        with self._database.read() as transaction:
            rows = transaction.connection.execute(statement, {NOW.key: self._clock()})
            return self.resource.complete(transaction.connection, [self.resource.make(*row) for row in rows])

    def count(self, query: Query | None = None) -> int:
        """How many there are of what meets the query, whatever its page. Raises InvalidQuery, ContradictoryQuery."""
        statement = select_count(self.resource, query or Query(), self._viewer())
        with self._database.read() as transaction:
            return int(transaction.connection.execute(statement, {NOW.key: self._clock()}).scalar_one())

    def counts(self, queries: Sequence[Query], limit: int) -> Sequence[int]:
        """As `count` of each of the queries, in one statement; more than `limit` are not told from `limit`."""
        if not queries:
            return ()
        statement = select_counts(self.resource, queries, limit, self._viewer())
        with self._database.read() as transaction:
            return tuple(transaction.connection.execute(statement, {NOW.key: self._clock()}).one())

    def tally(self, query: Query, group: Sorting, limit: int) -> Mapping[Any, int]:
        """How many there are of each value of a sort key; of the first `limit` that are found, if there are more.

        Raises InvalidQuery, ContradictoryQuery.
        """
        statement = select_tally(self.resource, query, group, limit, self._viewer())
        with self._database.read() as transaction:
            rows = transaction.connection.execute(statement, {NOW.key: self._clock()})
            return dict(tuple(row) for row in rows)

    def order(self, query: Query, limit: int) -> Sequence[Any]:
        """The ids of all that meets the query, in its order and whatever its page: `limit` of them at most.

        Raises InvalidQuery, ContradictoryQuery.
        """
        statement = select_order(self.resource, query, limit, self._viewer())
        with self._database.read() as transaction:
            found = transaction.connection.execute(
                statement, {NOW.key: self._clock()}, execution_options={"yield_per": IDS_AT_ONCE}
            )
            return list(found.scalars())

    def among(self, query: Query, ids: Sequence[Any]) -> Sequence[V]:
        """Those with these ids, in their order, that meet the query still. Raises InvalidQuery, ContradictoryQuery."""
        statement = select_among(self.resource, query, ids, self._viewer())
        with self._database.read() as transaction:
            found = transaction.connection.execute(statement, {NOW.key: self._clock()})
            rows = {id: self.resource.make(*row) for id, *row in found}
            return self.resource.complete(transaction.connection, [rows[id] for id in ids if id in rows])

    def get(self, id: int) -> V:
        """The one with that id. Raises NotFound, and NotAuthorized if it may not be seen."""
        found = self.find(id)
        if found is None:
            raise NotFound(self.resource.name, id)
        return found

    def find(self, id: int) -> V | None:
        """The one with that id; None if there is none. Raises NotAuthorized if it may not be seen."""
        viewer = self._viewer()
        statement = select_one(self.resource, id) if viewer is None else select_one_for(self.resource, id, viewer)
        with self._database.read() as transaction:
            row = transaction.connection.execute(statement, {NOW.key: self._clock()}).first()
            if row is None:
                return None
            width = len(self.resource.columns)
            if viewer is not None and not row[width]:
                raise self._closed(viewer, row[width + 1 :])
            (found,) = self.resource.complete(transaction.connection, [self.resource.make(*row[:width])])
            return found

    def _closed(self, viewer: Viewer, ids: Sequence[object]) -> NotAuthorized:
        opening = self.resource.opening
        named = {kind: None if id is None else str(id) for kind, id in zip(opening.things, ids, strict=True)}
        missing = [Missing(each.permission, each.resource, named.get(each.resource)) for each in opening.rights]
        return NotAuthorized(viewer.actor.user_id, missing)


class _Versioned(Protocol):
    """A view of something that is deployed in versions."""

    @property
    def key(self) -> str: ...
    @property
    def version(self) -> int: ...


D = TypeVar("D", bound=_Versioned)


def _referred(listing: Listing[D], reference: str) -> D:
    named = DefinitionId.parse(reference)
    found = None if named is None else listing.find(named.id)
    if found is None or named is None or (found.key, found.version) != (named.key, named.version):
        raise NotFound(listing.resource.name, reference)
    return found


def _latest(listing: Listing[D], key: str, tenant_id: str) -> D:
    of_tenant: dict[str, Any] = {"tenantIdIn": [tenant_id]} if tenant_id else {"withoutTenantId": True}
    found = listing.list({"key": key, "latestVersion": True, **of_tenant}, limit=1)
    if not found:
        whose, kind = f"tenant-id: {tenant_id}" if tenant_id else "no tenant-id", listing.resource.name
        raise NotFound(kind, key, f"No matching {kind} with key: {key} and {whose}")
    return found[0]


class _OfDecision(Protocol):
    """A view of an input or an output."""

    @property
    def decision_instance_id(self) -> int: ...


Part = TypeVar("Part", bound=_OfDecision)


def _by_decision(made: Collection[DecisionInstanceView], found: Collection[Part]) -> dict[int, list[Part]]:
    parts: dict[int, list[Part]] = {each.id: [] for each in made}
    for each in found:
        parts[each.decision_instance_id].append(each)
    return parts


class Queries:
    """All that can be asked, by resource."""

    def __init__(self, database: Database, clock: Clock = system_clock, viewer: Viewing | None = None) -> None:
        """`viewer` gives who looks, where not everything may be seen."""
        self._database, self._clock, self._viewer = database, clock, viewer or _anybody

        def listing(resource: Resource[V]) -> Listing[V]:
            return Listing(database, resource, clock, viewer)

        self.deployments = listing(DEPLOYMENTS)
        self.process_definitions = listing(PROCESS_DEFINITIONS)
        self.process_instances = listing(PROCESS_INSTANCES)
        self.executions = listing(EXECUTIONS)
        self.tasks = listing(TASKS)
        self.grouped_tasks = listing(GROUPED_TASKS)
        self.variable_instances = listing(VARIABLE_INSTANCES)
        self.jobs = listing(JOBS)
        self.job_definitions = listing(JOB_DEFINITIONS)
        self.external_tasks = listing(EXTERNAL_TASKS)
        self.incidents = listing(INCIDENTS)
        self.users = listing(USERS)
        self.groups = listing(GROUPS)
        self.tenants = listing(TENANTS)
        self.sessions = listing(SESSIONS)
        self.tokens = listing(TOKENS)
        self.authorizations = listing(AUTHORIZATIONS)
        self.batches = listing(BATCHES)
        self.batch_statistics = listing(BATCH_STATISTICS)
        self.historic_batches = listing(HISTORIC_BATCHES)
        self.event_subscriptions = listing(EVENT_SUBSCRIPTIONS)
        self.historic_process_instances = listing(HISTORIC_PROCESS_INSTANCES)
        self.historic_element_instances = listing(HISTORIC_ELEMENT_INSTANCES)
        self.historic_tasks = listing(HISTORIC_TASKS)
        self.historic_variables = listing(HISTORIC_VARIABLES)
        self.variable_updates = listing(VARIABLE_UPDATES)
        self.job_logs = listing(JOB_LOGS)
        self.external_task_logs = listing(EXTERNAL_TASK_LOGS)
        self.historic_incidents = listing(HISTORIC_INCIDENTS)
        self.filters = listing(FILTERS)
        self.operations = listing(OPERATIONS)
        self.identity_link_logs = listing(IDENTITY_LINK_LOGS)
        self.cleanable_instances = listing(CLEANABLE_INSTANCES)
        self.cleanable_batches = listing(CLEANABLE_BATCHES)
        self.cleanable_decisions = listing(CLEANABLE_DECISIONS)
        self.decision_definitions = listing(DECISION_DEFINITIONS)
        self.requirements_definitions = listing(REQUIREMENTS_DEFINITIONS)
        self.historic_decisions = listing(HISTORIC_DECISIONS)

    def seen_by(self, viewer: Viewing) -> Queries:
        """The same questions, answered with what the viewer may see."""
        return Queries(self._database, self._clock, viewer)

    # ---------------------------------------------------------------- definitions

    def definition(self, reference: str) -> ProcessDefinitionView:
        """The process definition that REST names so (`key:version:id`). Raises NotFound."""
        return _referred(self.process_definitions, reference)

    def latest_definition(self, key: str, tenant_id: str = "") -> ProcessDefinitionView:
        """The newest version of a process of that tenant ("": of none). Raises NotFound."""
        return _latest(self.process_definitions, key, tenant_id)

    def decision(self, reference: str) -> DecisionDefinitionView:
        """The decision definition that REST names so (`key:version:id`). Raises NotFound."""
        return _referred(self.decision_definitions, reference)

    def latest_decision(self, key: str, tenant_id: str = "") -> DecisionDefinitionView:
        """The newest version of a decision of that tenant ("": of none). Raises NotFound."""
        return _latest(self.decision_definitions, key, tenant_id)

    def requirements(self, reference: str) -> RequirementsView:
        """The decision requirements definition that REST names so (`key:version:id`). Raises NotFound."""
        return _referred(self.requirements_definitions, reference)

    def latest_requirements(self, key: str, tenant_id: str = "") -> RequirementsView:
        """The newest version of a decision requirements definition of that tenant ("": of none). Raises NotFound."""
        return _latest(self.requirements_definitions, key, tenant_id)

    def called_definitions(
        self, definition: ProcessDefinitionView, process: Process
    ) -> list[tuple[str, ProcessDefinitionView]]:
        """The definitions that the call activities of `process` name outright now, by the id of the element."""
        found: list[tuple[str, ProcessDefinitionView]] = []
        for element in process.elements.values():
            called = element.call.called if element.call is not None else None
            if called is None or "{" in called.key.text:
                continue
            narrow = _narrow(definition, called)
            views = None if narrow is None else self.process_definitions.list(narrow, limit=1)
            if views:
                found.append((element.id, views[0]))
        return found

    def count_by_element(self, definition_id: int) -> list[Count]:
        """How many tokens are at each element of a definition, over all running instances."""
        with self._database.read() as transaction:
            return details.count_by_element(transaction.connection, definition_id)

    def count_by_definition(self) -> dict[int, Count]:
        """How many instances of each definition run, by its id; a definition without any is absent."""
        with self._database.read() as transaction:
            return details.count_by_definition(transaction.connection, self._viewer())

    # ---------------------------------------------------------------- decisions that were made

    def inputs_of_decisions(
        self, made: Collection[DecisionInstanceView], *, with_content: bool = True
    ) -> dict[int, list[DecisionInputView]]:
        """The inputs of decisions that were made, by the ids of these, in one statement."""
        with self._database.read() as transaction:
            found = decisions.inputs_of(transaction.connection, [each.id for each in made], with_content=with_content)
        return _by_decision(made, found)

    def outputs_of_decisions(
        self, made: Collection[DecisionInstanceView], *, with_content: bool = True
    ) -> dict[int, list[DecisionOutputView]]:
        """The outputs of decisions that were made, as `inputs_of_decisions`."""
        with self._database.read() as transaction:
            found = decisions.outputs_of(transaction.connection, [each.id for each in made], with_content=with_content)
        return _by_decision(made, found)

    def count_evaluations(self, requirements_id: int, decision_instance_id: int | None = None) -> list[Evaluations]:
        """How often the decisions of a decision requirements definition were made: in all, or for one decision."""
        with self._database.read() as transaction:
            return decisions.count_evaluations(
                transaction.connection, requirements_id, decision_instance_id, self._viewer()
            )

    def evaluated(self) -> list[Evaluated]:
        """How often each version of a decision was made, and when last."""
        with self._database.read() as transaction:
            return decisions.evaluated(transaction.connection, self._viewer())

    def rule_hits(self, decision_id: int, since: datetime | None = None) -> tuple[int, list[RuleHits]]:
        """How often a version of a decision was made (since then), and how often each of its rules matched."""
        with self._database.read() as transaction:
            return decisions.rule_hits(transaction.connection, decision_id, since)

    # ---------------------------------------------------------------- for those who watch processes

    def progress(self, process_instance_id: int) -> Progress:
        """How far a process instance is, running or ended."""
        with self._database.read() as transaction:
            return monitoring.read_progress(transaction.connection, process_instance_id)

    def places(self, process_instance_ids: Collection[int]) -> dict[int, Places]:
        """Where the tokens of process instances are, by their ids."""
        with self._database.read() as transaction:
            return monitoring.read_places(transaction.connection, process_instance_ids)

    def waits(self, process_instance_id: int, limit: int = 200) -> list[Wait]:
        """What a process instance waits for, the oldest first, `limit` at most."""
        with self._database.read() as transaction:
            return monitoring.read_waits(transaction.connection, process_instance_id, limit)

    def moments(self, process_instance_id: int, first: int = 0, limit: int = 200) -> tuple[int, Sequence[Moment]]:
        """How many instants there are at which a process instance changed, and a page of them, the first one first."""
        with self._database.read() as transaction:
            return moments.read_moments(transaction.connection, process_instance_id, first, limit)

    def past(self, process_instance_id: int, at: datetime, limit: int = 200) -> Past:
        """What a process instance was at a time, when all that happened then had happened.

        Of what was active, had ended, and of its variables there is one more than `limit` at most.
        """
        with self._database.read() as transaction:
            return moments.read_past(transaction.connection, process_instance_id, at, limit)

    def lineage(self, process_instance_id: int, limit: int = 200) -> Lineage:
        """What a process instance was forked from, and what was forked from it, the newest first, `limit` at most.

        What is not there any more is left out, and what one may not see.
        """
        with self._database.read() as transaction:
            return moments.read_lineage(transaction.connection, process_instance_id, limit, self._viewer())

    def heat(self, definition_id: int, since: datetime | None = None) -> list[Heat]:
        """How often and how long the elements of a definition were visited (since then)."""
        with self._database.read() as transaction:
            return monitoring.read_heat(transaction.connection, definition_id, since)

    def statistics(
        self, definition_id: int, since: datetime | None = None, until: datetime | None = None
    ) -> Statistics:
        """How long the instances of a definition that ended in that time took, and their elements, and what became of
        them. All numbers but one are of the last `engine.store.query.statistics.MOST_INSTANCES`."""
        with self._database.read() as transaction:
            return statistics.read_statistics(transaction.connection, definition_id, since, until)

    def trends(self, keys: Collection[str], days: int, zone: tzinfo = UTC) -> Mapping[tuple[str, str], Trend]:
        """How many instances of the processes began and ended on each of the last days, by key and tenant.

        Days begin at midnight in `zone`; the last one is today.
        """
        if not keys:
            return {}
        today = self._clock().astimezone(zone).date()
        begins = [datetime.combine(today - timedelta(days - 1 - each), time.min, zone) for each in range(days)]
        with self._database.read() as transaction:
            return statistics.read_trends(transaction.connection, keys, begins, self._viewer())

    def incident_groups(self, query: Query | None = None) -> list[IncidentGroup]:
        """Open incidents that say the same, the largest group first. Raises InvalidQuery, ContradictoryQuery."""
        with self._database.read() as transaction:
            return monitoring.read_incident_groups(
                transaction.connection, query or Query(), self._clock(), self._viewer()
            )

    def failed_work(self, query: Query | None = None) -> tuple[array[int], array[int]]:
        """The ids of the jobs, and of the work of external workers, whose failures open incidents tell of.

        Raises InvalidQuery, ContradictoryQuery.
        """
        with self._database.read() as transaction:
            found = monitoring.read_failed_work(
                transaction.connection, query or Query(), self._clock(), self._viewer(), IDS_AT_ONCE
            )
            jobs, work = array("q"), array("q")
            for kind, id in found:
                (work if kind == "failedExternalTask" else jobs).append(id)
        return jobs, work

    def count_visits(self, definition_id: int, during: During, *, with_scopes: bool = False) -> list[Visits]:
        """How often each element of a definition was visited, over all instances or some of them, in history.

        `with_scopes`: with how many of the visits their scope was complete, too.
        """
        with self._database.read() as transaction:
            return reports.count_visits(transaction.connection, definition_id, during, with_scopes=with_scopes)

    def metric_sum(self, name: str, since: datetime | None = None, until: datetime | None = None) -> int:
        """How often something happened since a time and before another, as far as history is kept; 0 for a name that
        is not in METRICS (as in Camunda)."""
        if name not in METRICS:
            return 0
        with self._database.read() as transaction:
            return reports.metric_sum(transaction.connection, name, since, until)

    def measures(
        self,
        name: str | None = None,
        *,
        seconds: int = 900,
        since: datetime | None = None,
        until: datetime | None = None,
        first: int = 0,
        limit: int = MAX_MEASURES,
    ) -> list[Measure]:
        """How often something happened in each interval of so many seconds, the latest first; without a name all that
        is in LISTED. Nothing for a name that is not in METRICS. Raises BadRequest."""
        if seconds <= 0 or first < 0 or not 0 <= limit <= MAX_MEASURES:
            raise BadRequest(f"An interval has 1 second or more, and at most {MAX_MEASURES} are given at once")
        names = LISTED if name is None else [name] if name in METRICS else []
        with self._database.read() as transaction:
            return reports.read_measures(transaction.connection, names, seconds, since, until, first, limit)

    def durations_of_instances(self, unit: PeriodUnit, filters: Mapping[str, Any] | None = None) -> list[Durations]:
        """How long ended process instances took, by the months or quarters in which they began. Raises InvalidQuery."""
        return self._durations(DURATIONS_OF_INSTANCES, unit, filters)

    def durations_of_tasks(self, unit: PeriodUnit, filters: Mapping[str, Any] | None = None) -> list[Durations]:
        """How long ended tasks took, by the months or quarters in which they began. Raises InvalidQuery."""
        return self._durations(TASK_REPORTS, unit, filters)

    def _durations(
        self, resource: Resource[Any], unit: PeriodUnit, filters: Mapping[str, Any] | None
    ) -> list[Durations]:
        with self._database.read() as transaction:
            return reports.read_durations(transaction.connection, resource, Query(filters or {}), unit, self._viewer())

    def ended_tasks(self, filters: Mapping[str, Any] | None = None, *, by_name: bool = False) -> list[TaskCount]:
        """How many tasks of each process have ended, or of each name in it. Raises InvalidQuery."""
        with self._database.read() as transaction:
            return reports.count_tasks(transaction.connection, Query(filters or {}), self._viewer(), by_name=by_name)

    # ---------------------------------------------------------------- deployments

    def resources(self, deployment_id: int) -> list[ResourceView]:
        """The files of a deployment, by name. Raises NotFound when there is no such deployment."""
        with self._database.read() as transaction:
            found = details.resources(transaction.connection, deployment_id)
        if not found:
            raise NotFound("deployment", deployment_id)
        return found

    def resource(self, deployment_id: int, resource_id: int) -> tuple[ResourceView, bytes]:
        """A file of a deployment, and its content. Raises NotFound."""
        with self._database.read() as transaction:
            found = details.resource(transaction.connection, deployment_id, resource_id)
        if found is None:
            raise NotFound("deployment resource", resource_id)
        return found

    def resource_named(self, deployment_id: int, name: str) -> bytes | None:
        """The content of the file of that name in a deployment; None if there is none."""
        with self._database.read() as transaction:
            return details.resource_named(transaction.connection, deployment_id, name)

    def resource_ids_ending(self, ending: str, tenant_id: str, deployment_id: int | None = None) -> list[int]:
        """The ids of the files whose names end so, of one deployment or of all of a tenant; the oldest first."""
        with self._database.read() as transaction:
            return details.resource_ids_ending(transaction.connection, ending, tenant_id, deployment_id)

    def resource_contents(self, ids: Collection[int]) -> dict[int, bytes]:
        """The contents of files by their ids; those that are not there are absent."""
        with self._database.read() as transaction:
            return details.resource_contents(transaction.connection, ids)

    # ---------------------------------------------------------------- process instances

    def ids_of_instances(self, filters: Mapping[str, Any]) -> Sequence[int]:
        """The ids of all running process instances that meet the filters, however many. Raises InvalidQuery."""
        return self.ids(PROCESS_INSTANCES, filters)

    def ids_among(
        self, resource: Resource[Any], name: str, values: Sequence[Any], filters: Mapping[str, Any] | None = None
    ) -> Sequence[int]:
        """The ids of all things of a resource for which the filter `name`, a list, has one of however many values."""
        found: set[int] = set()
        for start in range(0, len(values), MAX_VALUES):
            found.update(self.ids(resource, {**(filters or {}), name: list(values[start : start + MAX_VALUES])}))
        return sorted(found)

    def ids(
        self, resource: Resource[Any], filters: Mapping[str, Any], any_of: Sequence[Mapping[str, Any]] = ()
    ) -> array[int]:
        """The ids of all things of a resource that meet the filters, however many, in their order.

        They come in pieces, and take eight bytes each. Raises InvalidQuery.
        """
        statement = select_ids(resource, Query(filters, any_of), self._viewer())
        with self._database.read() as transaction:
            found = transaction.connection.execute(
                statement, {NOW.key: self._clock()}, execution_options={"yield_per": IDS_AT_ONCE}
            )
            return array("q", found.scalars())

    def activity_tree(self, process_instance_id: int) -> ActivityTree:
        """Where the tokens of a running process instance are. Raises NotFound."""
        with self._database.read() as transaction:
            tree = trees.read_tree(transaction.connection, process_instance_id)
        if tree is None:
            raise NotFound("process instance", process_instance_id)
        return tree

    def variables_of(self, scope_id: int) -> Variables:
        """What can be read at a running process instance, execution or task: its variables and those around it.

        Those of multi-instance activities (loopCounter, nrOfInstances, ...) are among them. Raises NotFound.
        """
        with self._database.read() as transaction:
            place = scopes.find_place(transaction.connection, scope_id)
            if place is None:
                raise NotFound("scope", scope_id)
            return scopes.visible(transaction.connection, place)

    def local_variables_of(self, scope_id: int) -> Variables:
        """The variables of one running process instance, execution or task alone. Raises NotFound."""
        with self._database.read() as transaction:
            if scopes.find_place(transaction.connection, scope_id) is None:
                raise NotFound("scope", scope_id)
            return scopes.local(transaction.connection, scope_id)

    def variables_of_tasks(self, tasks: Sequence[TaskView], *, only_local: bool = False) -> dict[int, Variables]:
        """As `variables_of`, or with `only_local` as `local_variables_of`, for many tasks, by their ids."""
        places = [scopes.Place(task.process_instance_id, task.element_instance_id, task.id) for task in tasks]
        with self._database.read() as transaction:
            return scopes.visible_of_tasks(transaction.connection, places, only_local=only_local)

    def short_values(
        self, tasks: Sequence[TaskView], names: Collection[str], length: int = SHORT
    ) -> dict[int, dict[str, ShortValue]]:
        """What open tasks see of the variables with these names, by the tasks' ids: two statements for all of them.

        Texts are cut after `length` characters, and of files and objects only the type is told.
        """
        places = [scopes.Place(task.process_instance_id, task.element_instance_id, task.id) for task in tasks]
        with self._database.read() as transaction:
            return scopes.short_of_tasks(transaction.connection, places, names, length)

    # ---------------------------------------------------------------- external tasks

    def topic_names(self, *chosen: str) -> list[str]:
        """The topics of the external tasks that meet all of `chosen`, by name.

        There are withLockedTasks, withUnlockedTasks and withRetriesLeft.
        """
        with self._database.read() as transaction:
            return external.topic_names(transaction.connection, chosen, self._clock(), self._viewer())

    def variables_of_elements(self, ids: Collection[int], *, only_local: bool = False) -> dict[int, Variables]:
        """As `variables_of`, or with `only_local` those of their own, for many living element instances by their ids.

        Those of which nothing can be read are absent.
        """
        with self._database.read() as transaction:
            if only_local:
                return scopes.local_of_elements(transaction.connection, ids)
            return scopes.visible_of_elements(transaction, ids)

    # ---------------------------------------------------------------- tasks

    def identity_links(self, task_id: int, type: str | None = None) -> list[IdentityLinkView]:
        """The people and groups of an open task, of one type if it is given. Raises NotFound."""
        with self._database.read() as transaction:
            links = details.identity_links(transaction.connection, task_id, type)
        if links is None:
            raise NotFound("task", task_id)
        return links

    def task_comments(self, task_id: int) -> list[CommentView]:
        """What was said about an open or ended task, the newest first. Raises NotFound."""
        with self._database.read() as transaction:
            if not details.task_exists(transaction.connection, task_id):
                raise NotFound("task", task_id, f"No task found for task id {task_id}")
            return details.task_comments(transaction.connection, task_id)

    def task_attachments(self, task_id: int) -> list[AttachmentView]:
        """The attachments of an open or ended task, the oldest first. Raises NotFound."""
        with self._database.read() as transaction:
            if not details.task_exists(transaction.connection, task_id):
                raise NotFound("task", task_id, f"No task found for task id {task_id}")
            return attachments.of_task(transaction.connection, task_id)

    def task_attachment(self, task_id: int, attachment_id: int) -> AttachmentView:
        """One attachment of a task. Raises NotFound."""
        with self._database.read() as transaction:
            found = attachments.of_task(transaction.connection, task_id, attachment_id)
        if not found:
            told = f"Task attachment with id {attachment_id} does not exist for task id '{task_id}'."
            raise NotFound("attachment", attachment_id, told)
        return found[0]

    def task_attachment_content(self, task_id: int, attachment_id: int) -> bytes:
        """What is in an attachment of a task. Raises NotFound, also for one that is elsewhere."""
        with self._database.read() as transaction:
            content = attachments.content(transaction.connection, task_id, attachment_id)
        if content is None:
            told = (
                f"Attachment content for attachment with id '{attachment_id}' does not exist for task id '{task_id}'."
            )
            raise NotFound("attachment content", attachment_id, told)
        return content

    def attached_tasks(self, tasks: Sequence[TaskView]) -> set[int]:
        """The ids of those tasks that have attachments."""
        with self._database.read() as transaction:
            return attachments.attached_tasks(transaction.connection, [task.id for task in tasks])

    def process_instance_comments(self, process_instance_id: int) -> list[CommentView]:
        """What was said about a process instance and its tasks, the newest first."""
        with self._database.read() as transaction:
            return details.process_instance_comments(transaction.connection, process_instance_id)

    def notices(self, user_id: str, limit: int = 100) -> list[NoticeView]:
        """The last `limit` things that are new for a person, of tasks that may be seen, the newest first."""
        with self._database.read() as transaction:
            return notices.newest(transaction, user_id, self._viewer(), self._clock(), limit)

    def commented_tasks(self, tasks: Sequence[TaskView]) -> set[int]:
        """The ids of those tasks that have comments."""
        with self._database.read() as transaction:
            return details.commented_tasks(transaction.connection, [task.id for task in tasks])

    def surroundings_of(self, tasks: Sequence[TaskView]) -> dict[int, TaskSurroundings]:
        """The candidates and the number of comments of those tasks, by their ids, in two statements."""
        with self._database.read() as transaction:
            return details.surroundings(transaction.connection, [task.id for task in tasks])

    def count_by_candidate_group(self) -> list[tuple[str | None, int]]:
        """Open tasks per candidate group; None for those without one."""
        with self._database.read() as transaction:
            return details.count_by_candidate_group(transaction.connection, self._viewer())
