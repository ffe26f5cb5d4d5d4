"""What an event waits for: one event definition, bound, at whatever position the event stands."""

from __future__ import annotations

from abc import ABC, abstractmethod

from engine.core.graph import Definition, Node
from engine.core.state import Job, Scope, Subscription
from engine.core.step import Step


class Awaited(ABC):
    """A time, a message, a signal or a condition (BPMN 2.0.2, 10.5.5).

    Where the event stands (start, boundary, in the flow, behind an event-based gateway) decides who waits, and what
    happens when it comes; that is the element's behavior.
    """

    has_job: bool = False
    """Is a job what waits, and not a subscription?"""

    watches: bool = False
    """Is it to be asked about changes of variables, whether what is waited for has come?"""

    def concerns(self, name: str, event: str) -> bool:
        """Is it to be asked about this change of a variable: its name, and "create", "update" or "delete"?"""
        return False

    @abstractmethod
    def wait(self, step: Step, node: Node, place: Scope) -> None:
        """Begin to wait for the event `node` at `place`, whose variables its expressions see."""

    @abstractmethod
    def wait_to_start(self, step: Step, definition: Definition, node: Node) -> None:
        """Begin to wait with a newly deployed definition, whose instances the start event `node` starts."""

    @abstractmethod
    def renew(self, step: Step, node: Node, place: Scope, waiting: Job | Subscription) -> None:
        """Read anew what is waited for, by its job or subscription at `place`: it goes on from the present."""
