"""The built-in connectors: calls to the outside that a model asks for by ``camunda:connectorId``, run by a worker.

A connector takes the inputs that the model maps and gives outputs that the model maps back (Camunda 7 manual,
"Connectors"). It runs outside of engine transactions, like a handler, and like a handler it may run twice.
"""

from collections.abc import Collection, Mapping

from engine.connectors.contract import Connector, ConnectorError, ConnectorFailed, ConnectorRefused
from engine.connectors.http import HttpConnector

__all__ = [
    "CONNECTOR_IDS",
    "Connector",
    "ConnectorError",
    "ConnectorFailed",
    "ConnectorRefused",
    "HttpConnector",
    "built_in",
    "run",
]

CONNECTOR_IDS = frozenset({"http-connector"})
"""The values of ``camunda:connectorId`` that :func:`built_in` has; a deployment may refuse any other."""


def built_in(*, allowed_hosts: Collection[str] = (), allowed_networks: Collection[str] = ()) -> Mapping[str, Connector]:
    """The connectors by id; the parameters are those of :class:`HttpConnector`. Raises ValueError for bad patterns."""
    return {"http-connector": HttpConnector(allowed_hosts, allowed_networks=allowed_networks)}


def run(connectors: Mapping[str, Connector], connector_id: str, inputs: Mapping[str, object]) -> dict[str, object]:
    """The outputs of the connector with that id. Raises ConnectorRefused when there is none, and what it raises."""
    connector = connectors.get(connector_id)
    if connector is None:
        known = ", ".join(sorted(connectors))
        raise ConnectorRefused(f"There is no connector '{connector_id[:100]}'; there are: {known}")
    return connector(inputs)
