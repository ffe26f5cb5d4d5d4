"""The built-in connectors as handlers: a connector is a topic of its own."""

from __future__ import annotations

from collections.abc import Collection

from engine.connectors import CONNECTOR_IDS, built_in, run
from engine.handlers import Handler, HandlerRegistry, Job


def add_connectors(
    registry: HandlerRegistry, allowed_hosts: Collection[str], allowed_networks: Collection[str] = ()
) -> None:
    """Let the connectors be handled, which may call these hosts (`HttpConnector`); none without any.

    Raises ValueError for a bad pattern.
    """
    if not allowed_hosts:
        return
    connectors = built_in(allowed_hosts=allowed_hosts, allowed_networks=allowed_networks)

    def call(job: Job) -> dict[str, object]:
        return run(connectors, job.topic, job.inputs or job.variables)

    registry.add(Handler(names=tuple(sorted(CONNECTOR_IDS)), function=call, gives_local=True))
