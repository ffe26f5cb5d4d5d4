"""The result of a decision as expressions see it: `decisionResult`, a list of the rules that fitted, each a map of its
entries by output name (Camunda manual, "DMN Engine API", "Decision Result")."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from engine.core.host_object import Host, Methods
from engine.expression import EvaluationError
from engine.values import from_rest, to_rest

NAME = "decisionResult"
"""Of the variable that a business rule task has between its decision and its end."""


class DecisionEntries(dict[str, object], Host):
    """The entries of one rule that fitted, by the names of the outputs."""

    name = "decision result entries"

    def single(self) -> object:
        """The only entry; None if there is none. Raises EvaluationError for several."""
        if len(self) > 1:
            raise EvaluationError(f"The decision result has more than one entry: {', '.join(self)}")
        return self.first()

    def first(self) -> object:
        """The first entry; None if there is none."""
        return next(iter(self.values()), None)

    methods: ClassVar[Methods] = {
        ("getSingleEntry", 0): single,
        ("getSingleEntryTyped", 0): single,
        ("getFirstEntry", 0): first,
        ("getFirstEntryTyped", 0): first,
        ("getEntry", 1): lambda self, name: self.get(name),
        ("getEntryTyped", 1): lambda self, name: self.get(name),
        ("getEntryMap", 0): dict,
        ("getEntryMapTyped", 0): dict,
    }


class DecisionResult(list[DecisionEntries], Host):
    """The rules that fitted, in their order; of what is no decision table one with one entry."""

    name = "decision result"

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, object]]) -> DecisionResult:
        """What these rows of entries are to expressions."""
        return cls(DecisionEntries(row) for row in rows)

    @classmethod
    def read(cls, text: str) -> DecisionResult:
        """What `write` wrote."""
        rows: list[dict[str, dict[str, Any]]] = json.loads(text)
        return cls.of({name: from_rest(value) for name, value in row.items()} for row in rows)

    def write(self) -> str:
        """As a text, with the types of the entries. Raises InvalidValue for what no variable may hold."""
        return json.dumps([{name: to_rest(value) for name, value in row.items()} for row in self])

    def first(self) -> DecisionEntries | None:
        """The first of the rules; None if none fitted."""
        return self[0] if self else None

    def single(self) -> DecisionEntries | None:
        """The only rule that fitted; None if there is none. Raises EvaluationError for several."""
        if len(self) > 1:
            raise EvaluationError(f"The decision has more than one result: {len(self)} of its rules fitted")
        return self.first()

    def single_entry(self) -> object:
        """The only entry of the only rule that fitted; None if there is none. Raises EvaluationError for several."""
        entries = self.single()
        return None if entries is None else entries.single()

    def collect(self, name: object) -> list[object]:
        """The entries of one output, of the rules that have one."""
        return [entries[name] for entries in self if isinstance(name, str) and name in entries]

    def rows(self) -> list[dict[str, object]]:
        """All of it, as plain maps."""
        return [dict(entries) for entries in self]

    methods: ClassVar[Methods] = {
        ("getFirstResult", 0): first,
        ("getSingleResult", 0): single,
        ("getSingleEntry", 0): single_entry,
        ("getSingleEntryTyped", 0): single_entry,
        ("collectEntries", 1): collect,
        ("getResultList", 0): rows,
    }


def _single_result(result: DecisionResult) -> object:
    entries = result.single()
    return None if entries is None else dict(entries)


def _collected(result: DecisionResult) -> object:
    names = list(dict.fromkeys(name for entries in result for name in entries))
    if len(names) > 1:
        raise EvaluationError(f"The decision has results of more than one output: {', '.join(names)}")
    return result.collect(names[0]) if names else []


MAPPINGS = {
    "singleEntry": DecisionResult.single_entry,
    "singleResult": _single_result,
    "collectEntries": _collected,
    "resultList": DecisionResult.rows,
}
"""What the result variable gets, by `camunda:mapDecisionResult`; they raise EvaluationError for a result that has more
than they take (Camunda manual, "Business Rule Task", "Decision Result")."""
