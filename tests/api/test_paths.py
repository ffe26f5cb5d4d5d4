"""What is served at a path."""

from __future__ import annotations

import re

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound

from api.interfaces import INTERFACES
from api.paths import Paths


@pytest.fixture
def paths() -> Paths[str]:
    made: Paths[str] = Paths()
    made.add("GET", "/task", "list")
    made.add("POST", "/task", "query")
    made.add("GET", "/task/count", "count")
    made.add("GET", "/task/{id}", "one")
    made.add("DELETE", "/task/{task}", "delete")
    made.add("PUT", "/task/{id}/variables/{name}", "set")
    made.add("GET", "/task/count/details", "details")
    return made


@pytest.mark.parametrize(
    ("method", "path", "served", "named"),
    [
        ("GET", "/task", "list", {}),
        ("GET", "/task/", "list", {}),
        ("GET", "//task", "list", {}),
        ("GET", "/task/count", "count", {}),
        ("GET", "/task/7", "one", {"id": "7"}),
        ("GET", "/task/{id}", "one", {"id": "{id}"}),
        ("DELETE", "/task/7", "delete", {"task": "7"}),
        ("DELETE", "/task/count", "delete", {"task": "count"}),
        ("PUT", "/task/count/variables/a b", "set", {"id": "count", "name": "a b"}),
    ],
)
def test_what_is_written_goes_before_what_has_a_name(
    paths: Paths[str], method: str, path: str, served: str, named: dict[str, str]
) -> None:
    assert paths.find(method, path) == (served, named)


@pytest.mark.parametrize(
    "path", ["/", "/tasks", "/task//", "/task/7/variables", "/task//variables/a", "/task/7/details"]
)
def test_nothing_is_served_elsewhere(paths: Paths[str], path: str) -> None:
    with pytest.raises(NotFound):
        paths.find("GET", path)
    assert paths.methods(path) == set()


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/task", ["GET", "HEAD", "POST"]),
        ("/task/count", ["DELETE", "GET", "HEAD"]),
        ("/task/7/variables/a", ["PUT"]),
    ],
)
def test_other_methods_are_told_which_are_served(paths: Paths[str], path: str, methods: list[str]) -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        paths.find("PATCH", path)
    assert refused.value.valid_methods == methods


def test_every_route_is_found() -> None:
    for interface in INTERFACES:
        paths: Paths[object] = Paths()
        for route in interface.routes:
            paths.add(route.method, route.path, route)
        for route in interface.routes:
            names = re.findall(r"{(\w+)}", route.path)
            path = re.sub(r"{(\w+)}", r"some-\1", route.path)
            assert paths.find(route.method, path) == (route, {name: f"some-{name}" for name in names})
