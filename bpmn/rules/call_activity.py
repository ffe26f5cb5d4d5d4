"""A call activity says what it calls (BPMN 2.0.2, 10.3.6)."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Definitions
from bpmn.problems import Problem, error

RULE = "bpmn.call_activity"


def check(definitions: Definitions) -> Iterator[Problem]:
    """`calledElement` is there; whether a definition of this key exists is asked when the call is made."""
    for _, element in definitions.elements():
        if element.call is not None and element.call.called is None and element.call.case_ref is None:
            yield error(
                definitions.resource,
                RULE,
                f"Missing attribute 'calledElement' of call activity '{element.id}'",
                element.place,
                element.id,
            )
