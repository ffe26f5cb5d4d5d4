"""The handlers of the trip: each books or cancels one thing at a travel desk.

The desk is a folder with one file for each booking (`TRIP_DESK`, else `trip-desk` below the working folder), so that
you can look at what has been booked. The id of a booking is made of the trip and the thing: a handler that runs again
after a crash finds what it has booked already, and books nothing twice.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from engine import BpmnError, Job, handler


def _desk() -> Path:
    desk = Path(os.environ.get("TRIP_DESK", "trip-desk"))
    desk.mkdir(parents=True, exist_ok=True)
    return desk


def _book(thing: str, job: Job, details: dict[str, object]) -> str:
    booking = f"{job.process_instance_id}-{thing}"
    file = _desk() / f"{booking}.json"
    if not file.exists():
        written = file.with_suffix(f".{job.id}")
        written.write_text(json.dumps(details))
        written.replace(file)
    return booking


def _cancel(booking: str) -> None:
    (_desk() / f"{booking}.json").unlink(missing_ok=True)


@handler("book-hotel", retries=5, timeout="PT30S", backoff="PT1S")
def book_hotel(city: str, nights: int, job: Job) -> dict[str, str]:
    """A room; the slow system of a hotel, for which there is time to kill the worker (variable `hotel_seconds`)."""
    time.sleep(float(str(job.variables.get("hotel_seconds", 0))))
    return {"hotel": _book("hotel", job, {"city": city, "nights": nights})}


@handler("book-flight", retries=5, timeout="PT30S", backoff="PT0.2S", rate="100/min")
def book_flight(city: str, job: Job, flight_fails: int = 0) -> dict[str, str]:
    """A seat; the airline may be out of order for the first `flight_fails` attempts."""
    if job.attempt <= flight_fails:
        raise ConnectionError(f"the airline does not answer (attempt {job.attempt})")
    return {"flight": _book("flight", job, {"city": city})}


@handler("book-car", retries=3, timeout="PT30S", max_concurrency=4, key="${city}")
def book_car(city: str, nights: int, job: Job) -> dict[str, str]:
    """A car; there is none for more than two weeks, which is no failure but an answer."""
    if nights > 14:
        raise BpmnError("NO_CAR", f"no car in {city} for {nights} nights", variables={"reason": "no car"})
    return {"car": _book("car", job, {"city": city, "nights": nights})}


@handler("cancel-flight")
def cancel_flight(flight: str) -> None:
    """Give the seat back."""
    _cancel(flight)


@handler("cancel-hotel")
def cancel_hotel(hotel: str) -> None:
    """Give the room back."""
    _cancel(hotel)
