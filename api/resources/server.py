"""What this server is: its engine, the version of the API, and its tables (Camunda manual, REST API, "Engine",
"Version", "Telemetry", "Schema Log")."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from flask import request
from typing_extensions import TypedDict

from api.errors import refuse
from api.product import product_version
from api.routing import Body, Routes
from api.shapes import show_date
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


Internals = TypedDict(
    "Internals",
    {
        "database": Product,
        "commands": dict[str, int],
        "metrics": dict[str, int],
        "webapps": list[str],
        "jdk": Product,
        "application-server": Product,
        "operaton-integration": list[str],
        "data-collection-start-date": str | None,
    },
)
"""What a server runs on. It counts nothing for others, so what Operaton would count is empty, since never."""


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


class TelemetryWish(Body):
    """Whether data may be sent. As in Operaton the answer makes no difference: nothing ever is."""

    enable_telemetry: bool


class SchemaLogEntry(TypedDict):
    """One time that the tables were made or upgraded, and the revision that they had then."""

    id: str
    timestamp: str | None
    version: str


class SchemaLogSorting(Body):
    """By what to sort: the only key is `timestamp`."""

    sort_by: str | None = None
    sort_order: str | None = None


class SchemaLogQuery(Body):
    """Which entries of the log are meant."""

    version: str | None = None
    sorting: tuple[SchemaLogSorting, ...] = ()


@SERVER.get("/telemetry/data", "Get what this server is and runs on")
def get_telemetry_data(engine: Engine) -> TelemetryData:
    vendor, version = engine.monitor.database()
    server, _, server_version = str(request.environ.get("SERVER_SOFTWARE", "")).partition("/")
    return {
        "installation": None,
        "product": {
            "name": "Baton",
            "version": product_version(),
            "edition": "community",
            "internals": {
                "database": {"vendor": vendor, "version": version},
                "commands": {},
                "metrics": {},
                "webapps": [],
                "jdk": {"vendor": platform.python_implementation(), "version": platform.python_version()},
                "application-server": {"vendor": server, "version": server_version},
                "operaton-integration": [],
                "data-collection-start-date": None,
            },
        },
    }


@SERVER.get("/telemetry/configuration", "Ask whether anything is sent to anybody: it is not")
def get_telemetry_configuration() -> TelemetryConfiguration:
    return {"enableTelemetry": False}


@SERVER.post("/telemetry/configuration", "Say whether anything may be sent to anybody: it is not", changes=False)
def configure_telemetry(body: TelemetryWish) -> None:  # noqa: ARG001 - there is nothing that it could turn on
    return


def _schema_log(
    engine: Engine, version: str | None, sorting: Sequence[SchemaLogSorting], first: int, limit: int | None
) -> list[SchemaLogEntry]:
    for each in sorting:
        if each.sort_by != "timestamp" or each.sort_order not in ("asc", "desc"):
            raise refuse("Cannot sort the schema log like this: sortBy is timestamp, sortOrder is asc or desc")
    if first < 0 or (limit or 0) < 0:
        raise refuse("firstResult and maxResults must not be negative")
    newest_first = bool(sorting) and sorting[0].sort_order == "desc"
    found = engine.monitor.schema_log(version, newest_first=newest_first, first=first, limit=limit)
    return [{"id": str(each.id), "timestamp": show_date(each.at), "version": each.version} for each in found]


@SERVER.get("/schema/log", "List when the tables were made and upgraded")
def get_schema_log(
    engine: Engine,
    version: str | None = None,
    sort_by: str | None = None,
    sort_order: str | None = None,
    first_result: int = 0,
    max_results: int | None = None,
) -> list[SchemaLogEntry]:
    if (sort_by is None) != (sort_order is None):
        raise refuse("Only a single sorting parameter specified. sortBy and sortOrder required")
    sorting = [] if sort_by is None else [SchemaLogSorting(sort_by=sort_by, sort_order=sort_order)]
    return _schema_log(engine, version, sorting, first_result, max_results)


@SERVER.post("/schema/log", "List when the tables were made and upgraded, with a body", changes=False)
def query_schema_log(
    engine: Engine, body: SchemaLogQuery, first_result: int = 0, max_results: int | None = None
) -> list[SchemaLogEntry]:
    return _schema_log(engine, body.version, body.sorting, first_result, max_results)


@SERVER.get("/engine", "List the process engines")
def get_process_engines() -> list[EngineName]:
    return [{"name": "default"}]


@SERVER.get("/version", "Get the version of the API")
def get_version() -> Version:
    return {"version": API_VERSION}
