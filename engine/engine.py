"""The engine as one object: its parts put together over one database."""

from __future__ import annotations

import copy
from datetime import UTC, tzinfo
from typing import Any, Self

from bpmn.model import Kind
from engine.authorization import SYSTEM, Actor, NotAuthorized
from engine.bell import Bells
from engine.clock import Clock, system_clock
from engine.command_queue import CommandQueue
from engine.core.step import Limits
from engine.definitions import DefinitionCache
from engine.executor import Executor, HistoryLevel
from engine.expression import ScriptRunner
from engine.news import NewsDesk
from engine.services.access import Access
from engine.services.ad_hoc import AdHoc
from engine.services.attachments import Attachments
from engine.services.audience import Audience
from engine.services.authorizations import Authorizations
from engine.services.batches import Batches, BatchSettings
from engine.services.bulk import Bulk
from engine.services.comments import Comments
from engine.services.conditions import Conditions
from engine.services.credentials import Credentials, CredentialSettings
from engine.services.decisions import Decisions
from engine.services.definitions import BoundDefinitions
from engine.services.deployed_forms import DeployedForms
from engine.services.deployments import Deployments
from engine.services.dispatch import Dispatch
from engine.services.drafts import Drafts
from engine.services.explanations import Explanations
from engine.services.external_tasks import ExternalTasks
from engine.services.filters import Filters
from engine.services.forks import Forks
from engine.services.form_pages import FormPages
from engine.services.forms import Forms
from engine.services.guard import Guarded
from engine.services.history import History
from engine.services.jobs import Doer, Jobs
from engine.services.live import SEATS, Live
from engine.services.long_polling import LongPolling
from engine.services.messages import Messages
from engine.services.migration import Migrations
from engine.services.model_drafts import ModelDrafts
from engine.services.modification import Modifications
from engine.services.monitor import Monitor
from engine.services.notices import Notices
from engine.services.operation_log import OperationLog, Signature, SigningExecutor, SigningQueue
from engine.services.passwords import Passwords
from engine.services.people import People
from engine.services.process_definitions import ProcessDefinitions
from engine.services.process_instances import ProcessInstances
from engine.services.queries import Queries
from engine.services.restart import Restarts
from engine.services.retention import Retention, RetentionSettings
from engine.services.signals import Signals
from engine.services.suspensions import Suspensions
from engine.services.tasks import Tasks
from engine.services.variables import Variables
from engine.store.database import Database
from engine.store.ids import IdAllocator
from engine.store.invariants import Violation, check


class Engine:
    """A process engine over one database. Threads may share it, and processes may share the database.

    `deployments`, `process_definitions`, `decisions`, `process_instances`, `ad_hoc`, `tasks`, `variables`, `messages`,
    `signals`, `jobs` and `external_tasks` change things, `bulk` many of them by and by, as `batches`; `queries` reads
    them; `retention` deletes what has ended and is old; `people` are the users, groups and tenants, and `credentials`
    what users sign in with; `definitions` gives the bound definitions; `bell` tells who runs jobs of them.
    """

    actor: Actor = SYSTEM
    """Who does what is done here."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock = system_clock,
        limits: Limits | None = None,
        history_level: HistoryLevel | str = HistoryLevel.FULL,
        history_time_to_live_required: bool = False,
        retention: RetentionSettings | None = None,
        zone: tzinfo = UTC,
        scripts: ScriptRunner | None = None,
        batches: BatchSettings | None = None,
        credentials: CredentialSettings | None = None,
        live_seats: int = SEATS,
    ) -> None:
        self.database, self._scripts, self._clock, self._zone = database, scripts, clock, zone
        self._history_time_to_live_required = history_time_to_live_required
        self._batch_settings = batches or BatchSettings()
        self._retention_settings = retention or RetentionSettings()
        self._cache, self._ids = DefinitionCache(), IdAllocator(database)
        self.bell, self.news = Bells(), NewsDesk()
        self.executor = Executor(
            database,
            self._cache,
            self._ids,
            clock,
            limits=limits,
            history_level=HistoryLevel(history_level),
            zone=zone,
            scripts=scripts,
            bell=self.bell,
            news=self.news,
            keeping=self._retention_settings.keeping,
        )
        self.queue = CommandQueue(self.executor.execute)
        self.queries = Queries(database, clock)
        self.authorizations = Authorizations(database, self._ids, self.news)
        self.definitions = BoundDefinitions(database, self._cache)
        self._deployed_forms = DeployedForms(self.queries)
        sign_in = credentials or CredentialSettings()
        self._passwords = Passwords(sign_in.hashing)
        log = OperationLog(database, self._ids, clock)
        self.credentials = Credentials(database, self._passwords, clock, sign_in, log, self.news)
        audience = Audience(database, self.authorizations, clock)
        self.live = Live(database, self.news, audience, self.authorizations, self.credentials, seats=live_seats)
        self._furnish(self.queue, self.executor, log)
        self.long_polling = LongPolling(database, self.external_tasks, self.bell, clock)
        self.dispatch = Dispatch(database, self.executor, self.definitions, self.jobs, self._ids, clock)
        self.monitor = Monitor(database, clock)

    def _furnish(self, queue: CommandQueue, executor: Executor, log: OperationLog) -> None:
        """Make what changes things, by way of these."""
        database, cache, ids, clock = self.database, self._cache, self._ids, self._clock
        self.operation_log = log
        self.authorizations = self.authorizations.noted_in(log)
        self.credentials = self.credentials.noted_in(log)
        sign_in = self.credentials.settings
        self.people = People(
            database,
            self._passwords,
            clock,
            log,
            self.news,
            self.authorizations,
            rules=sign_in.password_rules,
            id_pattern=sign_in.id_pattern,
        )
        self.deployments = Deployments(
            database,
            cache,
            ids,
            clock,
            self.executor,  # not the signing one: what goes with a deployment is no operation of its own
            log,
            self.news,
            self.bell,
            zone=self._zone,
            scripts=self._scripts,
            history_time_to_live_required=self._history_time_to_live_required,
            history_time_to_live=self._retention_settings.time_to_live,
        )
        self.process_definitions = ProcessDefinitions(
            database, cache, executor, self.deployments, log, self.news, clock, self.bell
        )
        self.process_instances = ProcessInstances(queue, executor)
        self.tasks = Tasks(queue)
        self.variables = Variables(queue)
        self.messages = Messages(database, queue, executor, clock)
        self.signals = Signals(database, queue)
        self.conditions = Conditions(database, queue)
        self.batches = Batches(database, queue, executor, clock, self._batch_settings, log, self.bell)
        self.bulk = Bulk(self.batches, self.messages)
        self.suspensions = Suspensions(database, queue, self.process_definitions, clock, self.bell)
        self.decisions = Decisions(database, queue, self.batches, log, self.news)
        self.retention = Retention(
            database, queue, ids, clock, self._retention_settings, self.batches, log, self.queries
        )
        doers: list[Doer] = [self.batches, self.messages, self.suspensions, self.retention]
        self.jobs = Jobs(database, queue, executor, ids, clock, log, self.bell, doers)
        self.external_tasks = ExternalTasks(database, queue, executor, ids, clock)
        self.ad_hoc = AdHoc(database, queue, self.definitions)
        self.modifications = Modifications(self.definitions, executor, self.batches)
        self.restarts = Restarts(database, self.definitions, executor, self.batches)
        self.forks = Forks(database, self.definitions, executor)
        self.migrations = Migrations(self.definitions, executor, self.batches)
        self.comments = Comments(database, clock, log, self.news)
        self.notices = Notices(database, clock, self.news)
        self.attachments = Attachments(database, log, self.news)
        self.history = History(database, clock, log)
        self.filters = Filters(database, ids, clock, self.authorizations, log)
        self.forms = Forms(
            self.queries, self.definitions, self.process_instances, self.tasks, clock, self._deployed_forms
        )
        self.drafts = Drafts(database, self.queries, ids, clock)
        self.model_drafts = ModelDrafts(database, ids, clock)
        self.explanations = Explanations(database, self.authorizations, self.credentials)
        self.form_pages = FormPages(database, self.queries, self.definitions, self.forms, clock)

    def in_the_name_of(self, actor: Actor) -> Engine:
        """This engine, of which all that is changed is written down as done by `actor`. It asks for no permission."""
        signature = Signature.of(actor)
        signed = copy.copy(self)
        signed.actor = actor
        signed._furnish(  # noqa: SLF001 - it is an engine too
            SigningQueue(self.queue, signature),
            SigningExecutor(self.executor, signature),
            OperationLog(self.database, self._ids, self._clock, signature),
        )
        return signed

    @classmethod
    def open(
        cls,
        database_url: str,
        *,
        clock: Clock = system_clock,
        limits: Limits | None = None,
        history_level: HistoryLevel | str = HistoryLevel.FULL,
        history_time_to_live_required: bool = False,
        retention: RetentionSettings | None = None,
        zone: tzinfo = UTC,
        scripts: ScriptRunner | None = None,
        batches: BatchSettings | None = None,
        credentials: CredentialSettings | None = None,
        live_seats: int = SEATS,
    ) -> Self:
        """An engine over `sqlite:///file` or `postgresql://...`; nothing is connected or made yet.

        `zone` is that of timers that name none. `scripts` runs scripts in other languages than JUEL (a
        `engine.scripting.ScriptPool`); without it models with such scripts are refused.
        """
        return cls(
            Database.open(database_url),
            clock=clock,
            limits=limits,
            history_level=history_level,
            history_time_to_live_required=history_time_to_live_required,
            retention=retention,
            zone=zone,
            scripts=scripts,
            batches=batches,
            credentials=credentials,
            live_seats=live_seats,
        )

    def acting_as(self, actor: Actor) -> Engine:
        """The engine as `actor` sees it: what the actor may not do raises NotAuthorized, and lists hide the rest.

        Cheap enough to be made for every request. What the engine itself may do, SYSTEM may.
        """
        return self if actor == SYSTEM else _Acting(self.in_the_name_of(actor), actor)

    def upgrade(self) -> None:
        """Make the tables, or bring them up to date. Raises SchemaMismatch for those of a newer version."""
        self.database.upgrade(self._clock())

    def require_current_schema(self) -> None:
        """Raise SchemaMismatch unless the tables are up to date."""
        self.database.check_schema()

    def check(self) -> list[Violation]:
        """The rows for which something does not hold that always must; none in a healthy database."""
        with self.database.read() as tx:
            return check(tx, self._join_flows)

    def _join_flows(self, definition_id: int) -> dict[str, tuple[str, ...]]:
        nodes = self.definitions.get(definition_id).nodes.values()
        return {node.id: node.element.incoming for node in nodes if node.kind is Kind.PARALLEL_GATEWAY}

    def close(self) -> None:
        """Let go of the database, and of the processes that run scripts."""
        if self._scripts is not None:
            self._scripts.close()
        self.live.close()
        self.database.close()


class _Acting(Engine):
    """An engine through the eyes of an actor: its services are guarded, and made when they are asked for."""

    def __init__(self, engine: Engine, actor: Actor) -> None:
        self.actor = actor
        self._engine = engine
        self._access = Access(actor, engine.database, engine.authorizations)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        guarded = self._guard(name)
        setattr(self, name, guarded)
        return guarded

    def _guard(self, name: str) -> Any:
        log = self._engine.operation_log
        if name == "queries":
            return Guarded(name, self._engine.queries.seen_by(lambda: self._access.viewer), self._access, log)
        return Guarded(name, getattr(self._engine, name), self._access, log)

    def acting_as(self, actor: Actor) -> Engine:  # noqa: ARG002
        """As somebody else, which only the engine itself can grant."""
        raise NotAuthorized(self.actor.user_id, (), "Nobody acts as somebody else")

    def upgrade(self) -> None:
        raise NotAuthorized(self.actor.user_id, (), "The tables are upgraded by whoever runs the engine")

    def check(self) -> list[Violation]:
        raise NotAuthorized(self.actor.user_id, (), "The database is checked by whoever runs the engine")

    def close(self) -> None:
        raise NotAuthorized(self.actor.user_id, (), "The engine is closed by whoever opened it")
