"""The saga example: bookings that are retried, given back, and finished though the server is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine import Engine
from tests.baton.serving import ROOT, Running, running
from tests.worker.witness import eventually


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the bookings are."""
    (tmp_path / "baton.toml").write_text("lease_seconds = 3.0\nsweep_seconds = 0.2\n")
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "trip-saga").symlink_to(ROOT / "processes" / "trip-saga")
    monkeypatch.setenv("TRIP_DESK", str(tmp_path / "desk"))
    return tmp_path / "desk"


def call(server: Running, path: str, body: object | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def book(server: Running, **variables: object) -> str:
    typed = {name: {"value": value} for name, value in variables.items()}
    id: str = call(server, "/process-definition/key/trip-saga/start", {"variables": typed})["id"]
    return id


def over(server: Running, trip: str) -> Callable[[], bool]:
    return lambda: call(server, f"/history/process-instance/{trip}")["state"] == "COMPLETED"


def bookings(desk: Path, trip: str) -> set[str]:
    return {file.name.removeprefix(f"{trip}-") for file in desk.glob(f"{trip}-*")}


def test_a_trip_is_booked_given_back_and_outlives_its_server(desk: Path, sqlite_url: str, tmp_path: Path) -> None:
    with running("dev", database_url=sqlite_url, folder=tmp_path, last_words="Stop with") as server:
        rome = book(server, city="Rome", nights=3, flight_fails=2)
        lima = book(server, city="Lima", nights=20)
        eventually(over(server, rome))
        eventually(over(server, lima))
        assert bookings(desk, rome) == {"hotel.json", "flight.json", "car.json"}
        assert bookings(desk, lima) == set()
        failed = call(server, f"/history/external-task-log?processInstanceId={rome}&failureLog=true")
        assert [each["activityId"] for each in failed] == ["flight", "flight"]

        bern = book(server, city="Bern", nights=2, hotel_seconds=600)
        eventually(lambda: call(server, f"/external-task?processInstanceId={bern}&locked=true"))
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
        assert bookings(desk, bern) == set()
    with closing(Engine.open(sqlite_url)) as engine:  # the hotel's system is quick again
        engine.variables.set(int(bern), {"hotel_seconds": 0})
    with running("dev", database_url=sqlite_url, folder=tmp_path, last_words="Stop with") as server:
        eventually(over(server, bern))
        assert bookings(desk, bern) == {"hotel.json", "flight.json", "car.json"}
        assert call(server, "/incident") == []
