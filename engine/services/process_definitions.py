"""Process definitions: suspended, activated, deleted, and kept for as long as their history is wanted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.bell import Bells
from engine.clock import Clock
from engine.core.commands.instances import SetInstanceSuspended
from engine.core.state import ProcessInstance
from engine.definitions import DefinitionCache
from engine.errors import BadRequest, NotFound
from engine.executor import Executor
from engine.news import ANYTHING, News, NewsDesk
from engine.services.deployments import Deployments, ensure_unused
from engine.services.operation_log import OPERATOR, Change, Entry, OperationLog, suspension
from engine.store import deployments as store
from engine.store import jobs
from engine.store.database import Database
from engine.store.deployments import PROCESSES, DefinitionRow
from engine.store.transaction import ReadTransaction, WriteTransaction

BATCH = 500
"""Instances that are suspended in one transaction."""


class ProcessDefinitions:
    """What can be done with definitions, by id or with all versions of a key."""

    def __init__(
        self,
        database: Database,
        cache: DefinitionCache,
        executor: Executor,
        deployments: Deployments,
        log: OperationLog,
        news: NewsDesk,
        clock: Clock,
        bell: Bells,
    ) -> None:
        self._database, self._cache, self._executor, self._deployments = database, cache, executor, deployments
        self._log, self._news, self._clock, self._bell = log, news, clock, bell

    def set_suspended(
        self,
        suspended: bool,
        *,
        definition_id: int | None = None,
        key: str | None = None,
        tenant_id: str | None = None,
        tenants: Collection[str] | None = None,
        include_instances: bool = False,
    ) -> None:
        """Let no more instances start, or let them start again; `include_instances`: the running ones likewise.

        Of a key those of one tenant are meant, or where none is named those of `tenants`, or of all.

        Raises NotFound.
        """
        self._log.prepare()
        with self._database.write() as tx:
            rows = self._find(tx, definition_id, key, tenant_id, tenants)
            ids = [row.id for row in rows]
            store.set_suspended(tx, ids, suspended=suspended)
            if not suspended:
                tx.ring(self._bell, jobs.ready(tx, self._clock(), "definition_id", ids))
            type = "SuspendProcessDefinition" if suspended else "ActivateProcessDefinition"
            included = Change("includeProcessInstances", None, include_instances)
            self._note(tx, type, rows, suspension(suspended=suspended), included)
        self._news.tell(News(definitions=frozenset(ids)))
        if include_instances:
            with self._database.read() as reader:
                instances = [row.id for row in reader.select(ProcessInstance, "definition_id", ids)]
            for start in range(0, len(instances), BATCH):
                some = instances[start : start + BATCH]
                self._executor.execute([SetInstanceSuspended(id=each, suspended=suspended) for each in some])

    def delete(
        self,
        *,
        definition_id: int | None = None,
        key: str | None = None,
        tenant_id: str | None = None,
        tenants: Collection[str] | None = None,
        cascade: bool = False,
        skip_listeners: bool = False,
        skip_io_mappings: bool = False,
    ) -> None:
        """Delete definitions with the history of their ended instances; with `cascade` running ones go too.

        These are cancelled first, as `Deployments.cancel_all` says. Raises NotFound, and Conflict where instances are
        running.
        """
        if cascade:
            with self._database.read() as reader:
                doomed = [row.id for row in self._find(reader, definition_id, key, tenant_id, tenants)]
            self._deployments.cancel_all(doomed, skip_listeners=skip_listeners, skip_io_mappings=skip_io_mappings)
        self._log.prepare()

        def attempt() -> list[int]:
            with self._database.write() as tx:
                rows = self._find(tx, definition_id, key, tenant_id, tenants)
                ids = [row.id for row in rows]
                ensure_unused(tx, ids, cascade=cascade)
                self._note(tx, "Delete", rows, Change("cascade", None, cascade))
                store.delete_definitions(tx, ids)
                self._deployments.restore_start_events(tx, {(row.key, row.tenant_id) for row in rows})
            return ids

        ids = self._deployments.insist_on_deletion(attempt)
        self._cache.forget(ids)
        self._news.tell(ANYTHING)

    def set_history_time_to_live(self, definition_id: int, days: int | None) -> None:
        """Keep the history of ended instances for so many days; None: for ever. Raises NotFound, BadRequest."""
        if days is not None and days < 0:
            raise BadRequest(f"A history time to live is a number of days from 0, not {days}")
        self._log.prepare()
        with self._database.write() as tx:
            rows = self._find(tx, definition_id, None, None)
            PROCESSES.set_history_time_to_live(tx, definition_id, days)
            change = Change("historyTimeToLive", rows[0].history_time_to_live, days)
            self._note(tx, "UpdateHistoryTimeToLive", rows, change)
        self._news.tell(News(definitions=frozenset([definition_id])))

    def _note(self, tx: WriteTransaction, type: str, rows: Sequence[DefinitionRow], *changes: Change) -> None:
        """One operation for all versions of a key: it names the key, and the version if there is one."""
        references = {
            "definition_id": rows[0].id if len(rows) == 1 else None,
            "definition_key": rows[0].key,
            "deployment_id": rows[0].deployment_id if len(rows) == 1 else None,
            "tenant_id": rows[0].tenant_id,
        }
        self._log.note(tx, Entry(type, "ProcessDefinition", OPERATOR, changes, references=references))

    @staticmethod
    def _find(
        tx: ReadTransaction,
        definition_id: int | None,
        key: str | None,
        tenant_id: str | None,
        tenants: Collection[str] | None = None,
    ) -> Sequence[DefinitionRow]:
        if definition_id is not None:
            found: Sequence[DefinitionRow] = PROCESSES.find_many(tx, [definition_id])
        else:
            meant = PROCESSES.tenants_of_key(tx, key or "") if tenant_id is None else [tenant_id]
            found = [
                row
                for tenant in meant
                if tenants is None or tenant in tenants
                for row in PROCESSES.of_key(tx, key or "", tenant)
            ]
        if not found:
            raise NotFound("process definition", definition_id if definition_id is not None else key)
        return found
