"""The OpenAPI document and its page are complete and made of what is served."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from api.interfaces import INTERFACES, Interface
from tests.api.conftest import Api


@pytest.fixture(params=INTERFACES, ids=lambda interface: interface.name)
def interface(request: pytest.FixtureRequest) -> Interface:
    """Each of the interfaces, one by one."""
    found: Interface = request.param
    return found


@pytest.fixture
def api(app: Flask, interface: Interface) -> Api:
    """A client of that interface."""
    return Api(app.test_client(), interface)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for member in node.values():
            yield from references(member)
    elif isinstance(node, list):
        for member in node:
            yield from references(member)


def test_the_document_has_every_route(api: Api, interface: Interface) -> None:
    document = api.get("/openapi.json")
    assert document["openapi"] == "3.1.0"
    served = {(route.method, route.path) for route in interface.routes}
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert told == served


def test_references_lead_somewhere(api: Api) -> None:
    document = api.get("/openapi.json")
    names = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert names <= document["components"]["schemas"].keys()


def test_operations_have_names_of_their_own(api: Api) -> None:
    document = api.get("/openapi.json")
    names = Counter(each["operationId"] for methods in document["paths"].values() for each in methods.values())
    assert [name for name, count in names.items() if count > 1] == []


def test_path_parameters_are_those_of_the_path(api: Api) -> None:
    for path, methods in api.get("/openapi.json")["paths"].items():
        for operation in methods.values():
            told = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert told == set(re.findall(r"{(\w+)}", path))


def test_the_page_lists_every_path_and_runs_no_script(api: Api, interface: Interface) -> None:
    page = api.call("GET", "/docs")
    assert page.mimetype == "text/html"
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    for route in interface.routes:
        assert f"<code>{route.path}</code>" in page.text
    assert api.call("GET", "/docs/style.css").mimetype == "text/css"
