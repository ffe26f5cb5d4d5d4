"""The two interfaces over one engine: the one that Camunda 7 and Operaton have, and Baton's own beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.resources import ROUTES
from api.routing import Route
from api.v1 import V1_ROUTES


@dataclass(frozen=True, eq=False)
class Interface:
    """Routes below a prefix, with an OpenAPI document of their own at `openapi.json` and a page at `docs`."""

    name: str
    prefix: str
    title: str
    description: str
    routes: Sequence[Route]


CAMUNDA = Interface(
    "engine_rest",
    "/engine-rest",
    "Baton REST API",
    "Compatible with clients of Camunda 7 and Operaton.",
    ROUTES,
)
OWN = Interface(
    "v1",
    "/api/v1",
    "Baton's own REST API",
    "What the web app needs beside the API that is compatible with Camunda 7.",
    V1_ROUTES,
)
INTERFACES = (CAMUNDA, OWN)
