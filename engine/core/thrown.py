"""What an event throws: one event definition, bound, of an intermediate throw event or an end event."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from engine.core.state import ElementInstance
from engine.core.step import Instruction, Step

if TYPE_CHECKING:
    from engine.core.work import Work


class Thrown(ABC):
    """A message, a signal, an error or whatever else can be thrown (BPMN 2.0.2, 10.5.5)."""

    work: Work | None = None
    """What it is thrown by, if that is work for a handler or an external worker."""

    is_inside: bool = False
    """Is what it starts inside the element instance that throws?"""

    @abstractmethod
    def throw(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        """Throw it from `element`, and plan what comes of it.

        `then` lets the event go on: it is planned too, except where the element instance is cancelled by what it
        throws, or waits until it is told of something (`is_over`).
        """

    def is_over(self, step: Step, element: ElementInstance, told: object) -> bool:
        """Is this what the throwing waited for? Then the event goes on."""
        return False

    def done(self, step: Step, element: ElementInstance, then: Instruction) -> None:
        """All that it started inside `element` has been done: plan what comes then."""
        step.plan(then)
