"""Signals from outside (Camunda manual, REST API, "Event")."""

from __future__ import annotations

from collections.abc import Mapping

from engine.command_queue import CommandQueue
from engine.core.commands.events import DeliverEvent, SendSignal
from engine.errors import NotFound
from engine.store.database import Database
from engine.store.receivers import subscribed


class Signals:
    """Sends signals."""

    def __init__(self, database: Database, queue: CommandQueue) -> None:
        self._database, self._queue = database, queue

    def send(
        self,
        name: str,
        variables: Mapping[str, object] | None = None,
        *,
        tenant_id: str | None = None,
        tenants: frozenset[str] | None = None,
        user: str | None = None,
    ) -> None:
        """Tell all who wait for the signal: instances, and definitions, which start an instance each.

        `tenant_id` None: those of `tenants`, or whoever's they are; "": only those of no tenant. Whoever is suspended
        is passed over, and who cannot take the signal now is told again by a job. Nobody need be waiting.
        """
        tenants = tenants if tenant_id is None else frozenset({tenant_id})
        self._queue.execute(SendSignal(name=name, tenants=tenants, variables=variables or {}, user=user))

    def send_to(
        self, execution_id: int, name: str, variables: Mapping[str, object] | None = None, *, user: str | None = None
    ) -> None:
        """Tell one execution. Raises NotFound if it does not wait for the signal, Suspended, ExecutionFailed."""
        with self._database.read() as tx:
            found = subscribed(tx, execution_id, name)
        if not found:
            raise NotFound(
                "signal subscription",
                execution_id,
                f"Execution '{execution_id}' has not subscribed to a signal event with name '{name}'.",
            )
        self._queue.execute(DeliverEvent(subscription_id=found[0].id, variables=variables or {}, user=user))
