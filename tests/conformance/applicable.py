"""Which conformance scenarios ask only for what this engine has: told by their steps, paths and model elements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from api.resources import ROUTES

STEPS_NEEDED = {
    "correlate": "POST /message",
    "signal": "POST /signal",
    "external": "POST /external-task/fetchAndLock",
    "fire_timer": "GET /job-definition/{id}",
    "modify": "POST /process-instance/{id}/modification",
}
"""Steps that are calls of the API, by the route they need."""

CHECKS_NEEDED = {
    "incidents": "GET /incident",
    "externals": "GET /external-task",
    "subscriptions": "GET /event-subscription",
}
"""Expectations that are calls of the API, by the route they need."""

ELEMENTS_MISSING = {
    "scripts in other languages": r'scriptFormat="(?!juel)',
}
"""What models may hold that is not executed yet, by a pattern in the XML."""

_ELEMENTS = {name: re.compile(pattern, re.DOTALL) for name, pattern in ELEMENTS_MISSING.items()}
_SERVED = [(route.method, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route.path)))) for route in ROUTES]


def is_served(method: str, path: str) -> bool:
    """Is there a route for the method and path?"""
    return any(method == served and pattern.fullmatch(path) for served, pattern in _SERVED)


def missing(scenario: Mapping[str, Any], models: Any) -> list[str]:
    """What the scenario needs that is not there, without repetition."""
    return list(dict.fromkeys((*_missing_routes(scenario), *_missing_elements(scenario, models))))


def _missing_routes(scenario: Mapping[str, Any]) -> Iterator[str]:
    for step in scenario["steps"]:
        ((name, arguments),) = step.items()
        arguments = arguments or {}
        if name == "http":
            method, path = arguments.get("method", "GET").upper(), arguments["path"].partition("?")[0]
            path = re.sub(r"\$\{[\w-]+\}", "x", path)
            if not is_served(method, path):
                yield f"{method} {path}"
        if name in STEPS_NEEDED and not is_served(*STEPS_NEEDED[name].split(" ")):
            yield STEPS_NEEDED[name]
        if name == "expect":
            for check in arguments:
                if check in CHECKS_NEEDED and not is_served(*CHECKS_NEEDED[check].split(" ")):
                    yield CHECKS_NEEDED[check]


def _missing_elements(scenario: Mapping[str, Any], models: Any) -> Iterator[str]:
    texts = [models.read(path).decode("utf-8", "replace") for path in scenario.get("models") or ()]
    texts += list((scenario.get("inline") or {}).values())
    for step in scenario["steps"]:
        ((name, arguments),) = step.items()
        arguments = arguments or {}
        if name == "deploy" and arguments.get("expect_status") is None:
            texts += [models.read(path).decode("utf-8", "replace") for path in arguments.get("models") or ()]
            texts += list((arguments.get("inline") or {}).values())
        if name == "http":
            parts = (arguments.get("multipart") or {}).values()
            texts += [part["content"] for part in parts if isinstance(part, dict) and "content" in part]
    for name, pattern in _ELEMENTS.items():
        if any(pattern.search(text) for text in texts):
            yield name
