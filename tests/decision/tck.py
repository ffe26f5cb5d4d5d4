"""The adapter through which the runner of the DMN TCK asks Baton: ``--adapter tests.decision.tck:decide``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from lxml import etree

from engine.decision import DecisionRequirements, read_decisions
from tests.expression.feel.values import native
from tests.expression.scope import NOW


@functools.cache
def model_of(source: bytes, others: tuple[bytes, ...]) -> DecisionRequirements:
    """A model read by the standard, with those of the others that it imports."""
    by_namespace = {etree.fromstring(other).get("namespace"): other for other in others}
    imported: dict[str, DecisionRequirements] = {}
    for element in etree.fromstring(source).findall("{*}import"):
        namespace = element.get("namespace")
        if namespace in by_namespace:
            imported[namespace] = model_of(by_namespace[namespace], others)
    return read_decisions(source, "tck.dmn", imported=imported, by_standard=True)


def decide(source: bytes, name: str, namespace: str, inputs: Mapping[Any, Any], kind: str, others: list[bytes]) -> Any:
    """What the decision, service or knowledge model of a name gives for inputs."""
    model = model_of(source, tuple(others))
    if namespace and namespace != model.namespace:
        others_too = tuple(others)
        candidates = [other for other in others if etree.fromstring(other).get("namespace") == namespace]
        model = model_of(candidates[0], others_too) if candidates else model
    given: dict[Any, Any] = {}
    for key, value in inputs.items():
        of = getattr(key, "namespace", None)
        given[(of, str(key)) if of else str(key)] = native(value)
    return model.call(name, given, NOW)
