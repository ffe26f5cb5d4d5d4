"""intermediateThrowEvent (BPMN 2.0.2, 10.5.4)."""

from __future__ import annotations

from bpmn.model import Element
from engine.core.behavior import Behavior
from engine.core.binder import Binder


class ThrowEvent(Behavior):
    """A none throw event marks a point that was reached, and is passed through."""

    def __init__(self, element: Element, binder: Binder) -> None:
        super().__init__(element, binder)
        for event in element.events:
            binder.refuse(
                f"The throw event '{element.id}' throws a {event.trigger}, which cannot be executed yet",
                place=element.place,
            )
