"""What this server is: its engine and the version of the API (Camunda manual, REST API, "Engine", "Version")."""

from __future__ import annotations

from typing_extensions import TypedDict

from api.routing import Routes

SERVER = Routes("Server")

API_VERSION = "7.24.0"
"""The version of Camunda's API that this one is compatible with: clients choose what they send by it."""


class EngineName(TypedDict):
    """A process engine."""

    name: str


class Version(TypedDict):
    """A version."""

    version: str


@SERVER.get("/engine", "List the process engines")
def get_process_engines() -> list[EngineName]:
    return [{"name": "default"}]


@SERVER.get("/version", "Get the version of the API")
def get_version() -> Version:
    return {"version": API_VERSION}
