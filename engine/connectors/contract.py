"""What a connector is, and how it fails."""

from collections.abc import Mapping
from typing import Protocol

from engine.errors import EngineError


class Connector(Protocol):
    """A call to the outside: inputs by name in, outputs by name out. Raises ConnectorError."""

    def __call__(self, inputs: Mapping[str, object], /) -> dict[str, object]: ...


class ConnectorError(EngineError):
    """A connector gave no outputs. The message holds nothing that may be secret: no path, header or body."""


class ConnectorRefused(ConnectorError):
    """The call is not allowed or makes no sense; nothing was sent, and trying again is of no use."""


class ConnectorFailed(ConnectorError):
    """The other side could not be reached, or gave no usable answer; it may have acted. Trying again may help."""
