"""The handlers of the trip: they reserve at a travel desk, give back, charge a card and refund it.

The desk is a folder with one file for each reservation and each payment (`TRIP_DESK`, else `trip-desk` below the
working folder), so that you can look at what there is. A reference is made of the trip and the thing: a handler that
runs again after a crash finds what it has done already.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from engine import BpmnError, Job, handler


def _desk() -> Path:
    desk = Path(os.environ.get("TRIP_DESK", "trip-desk"))
    desk.mkdir(parents=True, exist_ok=True)
    return desk


def _note(thing: str, job: Job, details: dict[str, object]) -> str:
    reference = f"{job.process_instance_id}-{thing}"
    file = _desk() / f"{reference}.json"
    if not file.exists():
        written = file.with_suffix(f".{job.id}")
        written.write_text(json.dumps(details))
        written.replace(file)
    return reference


def _strike(reference: str) -> None:
    (_desk() / f"{reference}.json").unlink(missing_ok=True)


@handler("reserve-hotel")
def reserve_hotel(city: str, job: Job) -> dict[str, str]:
    """A room."""
    return {"hotel": _note("hotel", job, {"city": city})}


@handler("reserve-flight")
def reserve_flight(city: str, job: Job) -> dict[str, str]:
    """A seat."""
    return {"flight": _note("flight", job, {"city": city})}


@handler("reserve-car")
def reserve_car(city: str, job: Job) -> dict[str, str]:
    """A car."""
    return {"car": _note("car", job, {"city": city})}


@handler("charge-card")
def charge_card(card: str, job: Job) -> dict[str, str]:
    """The money; cards whose number begins with 0 are refused, which is no failure but an answer."""
    if card.startswith("0"):
        raise BpmnError("CARD_REFUSED", f"the bank refuses card {card}")
    return {"payment": _note("payment", job, {"card": card})}


@handler("cancel-reservation")
def cancel_reservation(reference: str) -> None:
    """Give a room, a seat or a car back."""
    _strike(reference)


@handler("refund-card")
def refund_card(reference: str) -> None:
    """Give the money back."""
    _strike(reference)
