"""What this server is: its engine and the version of the API (Camunda manual, REST API, "Engine", "Version")."""

from __future__ import annotations

import platform

from typing_extensions import TypedDict

from api.product import product_version
from api.routing import Routes
from engine import Engine

SERVER = Routes("Server")

API_VERSION = "7.24.0"
"""The version of Camunda's API that this one is compatible with: clients choose what they send by it."""


class EngineName(TypedDict):
    """A process engine."""

    name: str


class Version(TypedDict):
    """A version."""

    version: str


class Product(TypedDict):
    """A product and its version."""

    vendor: str
    version: str


class Internals(TypedDict):
    """What a server runs on."""

    database: Product
    jdk: Product


class ProductData(TypedDict):
    """What a server is."""

    name: str
    version: str
    edition: str
    internals: Internals


class TelemetryData(TypedDict):
    """What a server is and runs on: shown to whoever may ask, and sent to nobody."""

    installation: str | None
    product: ProductData


class TelemetryConfiguration(TypedDict):
    """Whether data is sent to anybody."""

    enableTelemetry: bool


@SERVER.get("/telemetry/data", "Get what this server is and runs on")
def get_telemetry_data(engine: Engine) -> TelemetryData:
    vendor, version = engine.monitor.database()
    return {
        "installation": None,
        "product": {
            "name": "Baton",
            "version": product_version(),
            "edition": "community",
            "internals": {
                "database": {"vendor": vendor, "version": version},
                "jdk": {"vendor": platform.python_implementation(), "version": platform.python_version()},
            },
        },
    }


@SERVER.get("/telemetry/configuration", "Ask whether anything is sent to anybody: it is not")
def get_telemetry_configuration() -> TelemetryConfiguration:
    return {"enableTelemetry": False}


@SERVER.get("/engine", "List the process engines")
def get_process_engines() -> list[EngineName]:
    return [{"name": "default"}]


@SERVER.get("/version", "Get the version of the API")
def get_version() -> Version:
    return {"version": API_VERSION}
