"""Decision tables: how one is read, and how its rules are matched (DMN 1.5, chapter 8)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bpmn.xml import Node
from engine.decision.course import Failure, Run
from engine.decision.hits import ABSENT, Aggregation, Hit, HitPolicy, Violation, aggregate, select
from engine.decision.reading import Names, Reading, identity, source_of
from engine.decision.types import ANY, CAMUNDA_TYPES, DataType, ItemType
from engine.expression.feel import INPUT, FeelExpression
from engine.expression.feel.evaluation import Evaluation, Refused, Scope
from engine.expression.feel.values import Value

__all__ = ["DecisionTable", "InputClause", "OutputClause", "Rule", "TableOutcome", "read_table"]


@dataclass(frozen=True, slots=True)
class InputClause:
    """A column of inputs. ``variables`` are the names that its input value has in its cells."""

    id: str | None
    label: str | None
    expression: Run | None
    type: DataType | None
    allowed: FeelExpression | None
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutputClause:
    """A column of outputs. ``ranking`` are its values, the most important first, where the table orders by them."""

    id: str | None
    label: str | None
    name: str | None
    type: DataType | None
    ranking: Sequence[Value] | None
    default: Run | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: the outputs are None where the entry is empty."""

    id: str | None
    outputs: tuple[Run | None, ...]
    annotations: tuple[str, ...]


@dataclass(slots=True)
class Column:
    """The cells of one input clause, by the bits of their rules (rule 0 is the lowest bit).

    A cell that lists literals is found by the input value at once; any other is a test to be evaluated.
    """

    open: int = 0
    """The rules whose cell matches every value."""
    literals: dict[tuple[type, Value], int] = field(default_factory=dict)
    tests: list[tuple[int, Run]] = field(default_factory=list)
    literal_tests: list[tuple[int, Run]] = field(default_factory=list)
    """The tests of the cells that list literals, for values that no literal is."""

    def matches(self, value: Value, candidates: int, cells: Scope) -> int:
        """Which of the candidates match a value."""
        matching = candidates & self.open
        if type(value) in _LITERALS:
            matching |= candidates & self.literals.get((type(value), value), 0)
            tests = self.tests
        else:
            tests = self.literal_tests + self.tests
        for bit, test in tests:
            if candidates & bit:
                cells.evaluation.spend()
                if test(cells) is True:
                    matching |= bit
        return matching


_LITERALS = frozenset({str, Decimal})


@dataclass(frozen=True, slots=True)
class TableOutcome:
    """What a table gave: the value of each input, the hits that count and what they give together.

    ``is_default`` says that no rule matched and the hit is made of the default outputs; ``aggregated`` tells an
    aggregation from an ordinary result.
    """

    inputs: tuple[Value, ...]
    hits: tuple[Hit, ...]
    value: Value
    aggregated: bool = False
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A compiled table."""

    id: str | None
    policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    columns: tuple[Column, ...]
    reading: Reading

    def run(self, scope: Scope) -> Value:
        """The value alone, for a table inside of another expression."""
        return self.evaluate(scope).value

    def evaluate(self, scope: Scope) -> TableOutcome:
        """Match the rules. Raises Failure; by the standard the value is null instead."""
        inputs: list[Value] = []
        candidates = (1 << len(self.rules)) - 1
        refused: str | None = None
        for clause, column in zip(self.inputs, self.columns, strict=True):
            value = self._input(clause, scope)
            inputs.append(value)
            if clause.allowed is not None and value is not None and refused is None:
                fits = clause.allowed.value_in(scope.inner({INPUT: value}))
                refused = None if fits is True else clause.id or clause.label or ""
            if candidates:
                cells = scope.inner(dict.fromkeys(clause.variables, value))
                candidates = column.matches(value, candidates, cells)
        if refused is not None:
            return self._refused(tuple(inputs), refused, "the input value is not one of those that are allowed", scope)
        return self._hits(tuple(inputs), candidates, scope)

    def _hits(self, inputs: tuple[Value, ...], matching: int, scope: Scope) -> TableOutcome:
        if self.policy is HitPolicy.FIRST:
            matching &= -matching
        hits = []
        while matching:
            lowest = matching & -matching
            matching ^= lowest
            index = lowest.bit_length() - 1
            hits.append(Hit(index, self._outputs(self.rules[index], scope)))
        ranking = [clause.ranking for clause in self.outputs]
        try:
            hits = list(select(self.policy, hits, ranking, scope.evaluation))
        except Violation as violation:
            return self._refused(inputs, self.id, str(violation), scope)
        if self.aggregation is not None:
            return self._aggregated(self.aggregation, inputs, hits, scope)
        if not hits:
            return self._default(inputs, scope)
        values = [self._value_of(hit) for hit in hits]
        return TableOutcome(inputs, tuple(hits), values[0] if self.policy.is_single else values)

    def _input(self, clause: InputClause, scope: Scope) -> Value:
        value = None if clause.expression is None else clause.expression(scope)
        if clause.type is None or clause.type is ANY:
            return value
        return self.reading.convert(value, clause.type, scope, clause.id or self.id)

    def _outputs(self, rule: Rule, scope: Scope) -> tuple[Value, ...]:
        return tuple(
            ABSENT if entry is None else self._output(clause, entry(scope), rule.id, scope)
            for clause, entry in zip(self.outputs, rule.outputs, strict=True)
        )

    def _output(self, clause: OutputClause, value: Value, rule_id: str | None, scope: Scope) -> Value:
        if clause.type is None or clause.type is ANY:
            return value
        return self.reading.convert(value, clause.type, scope, rule_id or clause.id or self.id)

    def _default(self, inputs: tuple[Value, ...], scope: Scope) -> TableOutcome:
        if all(clause.default is None for clause in self.outputs):
            return TableOutcome(inputs, (), None)
        outputs = tuple(
            ABSENT if clause.default is None else self._output(clause, clause.default(scope), None, scope)
            for clause in self.outputs
        )
        hit = Hit(-1, outputs)
        value = self._value_of(hit)
        is_one = self.policy.is_single or self.aggregation is not None
        return TableOutcome(inputs, (hit,), value if is_one else [value], is_default=True)

    def _aggregated(
        self, aggregation: Aggregation, inputs: tuple[Value, ...], hits: Sequence[Hit], scope: Scope
    ) -> TableOutcome:
        values: list[Value] = []
        for hit in hits:
            present = [value for value in hit.outputs if value is not ABSENT]
            if len(present) > 1:
                return self._refused(
                    inputs, self.id, f"the aggregation {aggregation} is of one output, and a rule has more", scope
                )
            values.extend(present)
        if not values and aggregation is not Aggregation.COUNT:
            return self._default(inputs, scope)
        try:
            value = aggregate(aggregation, values, scope.evaluation)
        except Refused as why:
            return self._refused(inputs, self.id, f"the aggregation {aggregation} failed: {why}", scope)
        return TableOutcome(inputs, tuple(hits), value, aggregated=True)

    def _refused(self, inputs: tuple[Value, ...], element_id: str | None, reason: str, scope: Scope) -> TableOutcome:
        if self.reading.by_standard:
            return TableOutcome(inputs, (), scope.evaluation.null(reason))
        raise Failure(element_id, reason)

    def _value_of(self, hit: Hit) -> Value:
        """The outputs of one rule as one value."""
        if len(self.outputs) == 1:
            return None if hit.outputs[0] is ABSENT else hit.outputs[0]
        return {
            clause.name: None if value is ABSENT else value
            for clause, value in zip(self.outputs, hit.outputs, strict=True)
            if clause.name is not None
        }

    def export_aggregated(self, value: Value, evaluation: Evaluation) -> object:
        """What an aggregation gave, as a value of ``engine.values``: of the type of the output; a count is an Integer.

        Raises Refused.
        """
        if self.aggregation is Aggregation.COUNT:
            return CAMUNDA_TYPES["integer"].export(value, evaluation)
        return (self.outputs[0].type or ANY).export(value, evaluation)


# --- reading ---

_NO_OUTPUT = OutputClause(None, None, None, None, None, None)
"""Stands in a table that lacks outputs, which by the standard is only told."""


def read_table(node: Node, names: Names, reading: Reading, owner: str | None) -> DecisionTable:
    """The table of a node; ``owner`` is the id that problems are told by where an element has none."""
    owner = identity(node) or owner
    policy, aggregation = _hit_policy(node, reading, owner)
    inputs = tuple(_input(each, names, reading, owner) for each in node.all("dmn:input"))
    outputs = tuple(_output(each, names, reading, owner, policy) for each in node.all("dmn:output"))
    _check_outputs(node, outputs, reading, policy, owner)
    rows = node.all("dmn:rule")
    columns = tuple(Column() for _ in inputs)
    known = [names.union(clause.variables) for clause in inputs]
    rules = tuple(_rule(row, index, names, reading, columns, known, len(outputs)) for index, row in enumerate(rows))
    return DecisionTable(identity(node), policy, aggregation, inputs, outputs or (_NO_OUTPUT,), rules, columns, reading)


def _hit_policy(node: Node, reading: Reading, owner: str | None) -> tuple[HitPolicy, Aggregation | None]:
    written, aggregation = node.get("hitPolicy") or "UNIQUE", node.get("aggregation")
    try:
        policy = HitPolicy(written)
    except ValueError:
        reading.error("dmn.hitPolicy", f"there is no hit policy '{written}'; there are {_all(HitPolicy)}", node, owner)
        return HitPolicy.UNIQUE, None
    if aggregation is None:
        return policy, None
    if policy is not HitPolicy.COLLECT:
        reading.error(
            "dmn.hitPolicy", f"the hit policy {policy} has no aggregation ('{aggregation}'): COLLECT has", node, owner
        )
        return policy, None
    try:
        return policy, Aggregation(aggregation)
    except ValueError:
        known = _all(Aggregation)
        reading.error("dmn.hitPolicy", f"there is no aggregation '{aggregation}'; there are {known}", node, owner)
        return policy, None


def _all(names: type[HitPolicy | Aggregation]) -> str:
    return ", ".join(str(each) for each in names)


def _input(node: Node, names: Names, reading: Reading, owner: str | None) -> InputClause:
    written = node.child("dmn:inputExpression")
    if written is None:
        reading.error("dmn.table", "the input has no inputExpression", node, owner)
    values = node.child("dmn:inputValues")
    return InputClause(
        identity(node),
        node.get("label"),
        None if written is None else reading.expression(written, names, identity(node) or owner),
        None if written is None else reading.type_of(written, of_camunda=True),
        None if values is None else reading.unary_tests(values, identity(node) or owner),
        (INPUT,) if reading.by_standard else (INPUT, node.get("camunda:inputVariable") or "cellInput"),
    )


def _output(node: Node, names: Names, reading: Reading, owner: str | None, policy: HitPolicy) -> OutputClause:
    type_ = reading.type_of(node, of_camunda=True)
    values = node.child("dmn:outputValues")
    default = node.child("dmn:defaultOutputEntry")
    ranking: Sequence[Value] | None = None
    if policy.ranks:
        if values is not None:
            ranking = reading.listed(values)
            if ranking is None:
                reading.error(
                    "dmn.table",
                    "the output values are no list of values, by which rules could be ordered",
                    values,
                    owner,
                )
        elif isinstance(type_, ItemType):
            ranking = type_.listed
    return OutputClause(
        identity(node),
        node.get("label"),
        node.get("name"),
        type_,
        ranking,
        None if default is None else reading.expression(default, names, identity(node) or owner),
    )


def _check_outputs(
    node: Node, outputs: Sequence[OutputClause], reading: Reading, policy: HitPolicy, owner: str | None
) -> None:
    if not outputs:
        reading.error("dmn.table", "the decision table has no output", node, owner)
    seen: set[str] = set()
    for clause, written in zip(outputs, node.all("dmn:output"), strict=True):
        if clause.name is None and len(outputs) > 1:
            reading.error("dmn.table", "of several outputs each needs a name", written, owner)
        if clause.name in seen:
            reading.error("dmn.table", f"two outputs have the name '{clause.name}'", written, owner)
        seen.add(clause.name or "")
    if policy.ranks and outputs and all(clause.ranking is None for clause in outputs):
        reading.error(
            "dmn.table", f"the hit policy {policy} orders by the output values, and no output has any", node, owner
        )


def _rule(
    node: Node,
    index: int,
    names: Names,
    reading: Reading,
    columns: Sequence[Column],
    known: Sequence[Names],
    output_count: int,
) -> Rule:
    """A row; `known` are the names that the cells of each input know."""
    rule_id = identity(node)
    cells, entries = node.all("dmn:inputEntry"), node.all("dmn:outputEntry")
    for what, found, wanted in (("input", len(cells), len(known)), ("output", len(entries), output_count)):
        if found != wanted:
            reading.error("dmn.table", f"the rule has {found} {what} entries; the table has {wanted} {what}s", node)
    bit = 1 << index
    for cell, column, in_cell in zip(cells, columns, known, strict=False):
        _put(column, bit, cell, in_cell, reading, rule_id)
    runs = [reading.expression(entry, names, rule_id) for entry in entries[:output_count]]
    runs += [None] * (max(output_count, 1) - len(runs))
    annotations = [text.text.strip() for each in node.all("dmn:annotationEntry") for text in each.all("dmn:text")]
    if not annotations and (description := node.child("dmn:description")) is not None:
        annotations = [description.text.strip()]
    return Rule(rule_id, tuple(runs), tuple(annotations))


_BEGINS_LITERAL = re.compile(r'["\d.-]')


def _put(column: Column, bit: int, cell: Node, names: Names, reading: Reading, owner: str | None) -> None:
    """Put a cell where its rule is found."""
    test = reading.test(cell, names, owner)
    if test is None:
        column.open |= bit
        return
    literals = _literals_of(cell, reading)
    if literals is None:
        column.tests.append((bit, test))
        return
    column.literal_tests.append((bit, test))
    for value in literals:
        key = (type(value), value)
        column.literals[key] = column.literals.get(key, 0) | bit


def _literals_of(cell: Node, reading: Reading) -> Sequence[Value] | None:
    """The texts and numbers that a cell lists and nothing else; None where it is another test."""
    source = source_of(cell)
    if cell.get("expressionLanguage") is not None or reading.language != "feel" or not _BEGINS_LITERAL.match(source):
        return None
    found = reading.listed(cell)
    if found is None or not all(type(value) in _LITERALS for value in found):
        return None
    return found
