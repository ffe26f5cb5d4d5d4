"""What the rules of a decision table leave open, and where they meet (DMN 1.5, 8.2.10 and 8.2.11), told as warnings.

The values of each input are cut into classes, in each of which no cell of its column changes its mind: below, at and
between the numbers that the cells name, each text that they name and any other, true and false, and null. The cells are
evaluated once for each class; what matches in a combination of classes is then what all columns allow. A cell that is
more than a comparison with literals matches perhaps: it is never the reason of a warning. That no rule is for null is
none either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import NamedTuple

from bpmn.xml import Node
from engine.decision.course import Failure
from engine.decision.hits import HitPolicy
from engine.decision.reading import Reading, source_of
from engine.decision.tables import Column, DecisionTable, InputClause
from engine.decision.types import ItemType
from engine.expression import ExpressionLimit, ExpressionSyntaxError
from engine.expression.feel import INPUT
from engine.expression.feel.evaluation import Evaluation, Refused, Scope
from engine.expression.feel.lexer import tokenize
from engine.expression.feel.values import NUMBERS, Value
from engine.expression.tokens import Token

__all__ = ["examine"]

MOST_STATES = 50_000
"""How many combinations are looked at; a table that has more is not judged."""
MOST_STEPS = 200_000
"""How many steps its cells may take; a table that needs more is not judged."""
MOST_WARNINGS = 10
"""How many warnings of one kind a table gets."""


@dataclass(frozen=True, slots=True)
class Class:
    """Values of an input that every cell judges alike; ``value`` is one of them."""

    value: Value
    words: str
    """How the class is told, behind the name of the input."""
    surely: int = -1
    """The rules that match (bits, rule 0 the lowest)."""
    perhaps: int = -1
    """The rules that match or may."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An input that differs from all others, with its classes."""

    name: str
    classes: Sequence[Class]


def examine(table: DecisionTable, node: Node, reading: Reading, owner: str | None) -> None:
    """Note as warnings of a table: rules that never match or are never reached, that meet, and values that none is for.

    The rules are ``dmn.never``, ``dmn.overlap`` and ``dmn.gap``. A table is not judged whose inputs depend on each
    other, or that has too many combinations.
    """
    rows = node.all("dmn:rule")
    if not rows or any(problem.is_error for problem in reading.problems):
        return
    try:
        axes = _axes(table, node, rows, reading)
    except (Failure, ExpressionLimit):
        return
    states = None if axes is None else _combinations(axes, len(rows))
    if states is None:
        return
    _tell_never(table, rows, states, reading, owner)
    if table.policy in (HitPolicy.UNIQUE, HitPolicy.ANY):
        _tell_overlaps(table, rows, states, reading, owner)
    if table.policy.is_single and all(clause.default is None for clause in table.outputs):
        gap = next((each for each in states if not each.perhaps and not each.has_null), None)
        if gap is not None:
            reading.warning(
                "dmn.gap", f"no rule matches {_where(states[gap])}, and there is no default output", node, owner
            )


# --- what is told ---

Witness = tuple[str, ...]
"""One combination of classes, in words."""


class State(NamedTuple):
    """The rules that match in a combination of classes, and those that may."""

    surely: int
    perhaps: int
    has_null: bool = False


States = dict[State, Witness]
"""What combinations of classes come to, each with one of them in words."""


def _tell_never(
    table: DecisionTable, rows: Sequence[Node], states: States, reading: Reading, owner: str | None
) -> None:
    possible = reached = 0
    for surely, perhaps, _ in states:
        possible |= perhaps
        first = surely & -surely
        # Behind the first rule that surely matches nothing is reached; where none does, whatever may match is.
        reached |= perhaps & (first | (first - 1)) if first else perhaps
    told = 0
    for index, row in enumerate(rows):
        bit = 1 << index
        if not possible & bit:
            message = f"rule {index + 1} never matches: no value that its inputs may have fulfils it"
        elif table.policy is HitPolicy.FIRST and not reached & bit:
            message = f"rule {index + 1} is never reached: wherever it matches, a rule before it does"
        else:
            continue
        told += 1
        if told <= MOST_WARNINGS:
            reading.warning("dmn.never", message, row, owner)


def _tell_overlaps(
    table: DecisionTable, rows: Sequence[Node], states: States, reading: Reading, owner: str | None
) -> None:
    outputs = [tuple(source_of(entry) for entry in row.all("dmn:outputEntry")) for row in rows]
    told: set[tuple[int, int]] = set()
    for state, witness in states.items():
        for pair in pairwise(_indexes(state.surely)):
            first, second = pair
            if pair in told or (table.policy is HitPolicy.ANY and outputs[first] == outputs[second]):
                continue
            if len(told) == MOST_WARNINGS:
                return
            told.add(pair)
            allowed = "one rule" if table.policy is HitPolicy.UNIQUE else "only rules with the same outputs"
            message = (
                f"the rules {first + 1} and {second + 1} both match {_where(witness)}; "
                f"the hit policy {table.policy} allows {allowed} to match"
            )
            reading.warning("dmn.overlap", message, rows[second], owner)


def _where(witness: Witness) -> str:
    return f"where {' and '.join(witness)}" if witness else "whatever the inputs are"


def _indexes(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


# --- combinations ---


def _combinations(axes: Sequence[Axis], rule_count: int) -> States | None:
    """What matches together; None where that are too many combinations to look at."""
    every = (1 << rule_count) - 1
    states: States = {State(every, every): ()}
    looked_at = 0
    for axis in axes:
        following: States = {}
        looked_at += len(states) * len(axis.classes)
        if looked_at > MOST_STATES:
            return None
        for (surely, perhaps, has_null), witness in states.items():
            for each in axis.classes:
                is_null = each.value is None and bool(each.words)
                state = State(surely & each.surely, perhaps & each.perhaps, has_null or is_null)
                if state not in following:
                    following[state] = (*witness, f"{axis.name} {each.words}") if each.words else witness
        states = following
    return states


def _axes(table: DecisionTable, node: Node, rows: Sequence[Node], reading: Reading) -> list[Axis] | None:
    """The inputs with their classes, those of one expression together; None where they depend on each other."""
    cells = [row.all("dmn:inputEntry") for row in rows]
    if any(len(each) < len(table.inputs) for each in cells):
        return None
    columns: dict[str, list[_Cells]] = {}
    for index, (clause, written) in enumerate(zip(table.inputs, node.all("dmn:input"), strict=True)):
        allowed = _allowed(clause, written.child("dmn:inputValues"), reading)
        if allowed is None:
            return None
        literals = [_literals(each[index], reading) for each in cells]
        source = source_of(written.child("dmn:inputExpression"))
        columns.setdefault(source, []).append(_Cells(clause, table.columns[index], literals, allowed))
    if _depend(list(columns)):
        return None
    evaluation = Evaluation(None, MOST_STEPS)
    axes = [_axis(source, each, len(rows), evaluation) for source, each in columns.items()]
    return None if None in axes else [axis for axis in axes if axis is not None]


@dataclass(slots=True)
class _Cells:
    """A column, with the literals of each of its cells; None where a cell is more than a comparison with literals."""

    clause: InputClause
    column: Column
    literals: Sequence[Collection[Value] | None]
    allowed: Collection[Value]


def _axis(source: str, columns: Sequence[_Cells], rule_count: int, evaluation: Evaluation) -> Axis | None:
    """The classes of one input; None where it can have no value."""
    clause = columns[0].clause
    type_ = clause.type
    while isinstance(type_, ItemType) and type_.base is not None:
        type_ = type_.base
    is_boolean = type_ is not None and type_.name == "boolean"
    literals = {
        (type(literal), literal): literal  # for FEEL, unlike Python, 1 is not true
        for each in columns
        for cell in (each.allowed, *each.literals)
        for literal in cell or ()
    }
    every = (1 << rule_count) - 1
    classes = []
    for value, words in _cut(literals.values(), is_boolean=is_boolean):
        if value is None or all(_takes(each.clause, value, evaluation) for each in columns):
            classes.append(Class(value, words))
    for each in columns:
        clear = sum(1 << index for index, cell in enumerate(each.literals) if cell is not None)
        classes = [_judged(one, each, clear, every, evaluation) for one in classes]
    return Axis(clause.label or source, classes) if classes else None


def _takes(clause: InputClause, value: Value, evaluation: Evaluation) -> bool:
    """Whether an input may have the value."""
    if clause.type is not None:
        try:
            if clause.type.convert(value, evaluation) != value:
                return False
        except Refused:
            return False
    return clause.allowed is None or clause.allowed.value_in(Scope({INPUT: value}, None, evaluation)) is True


def _judged(one: Class, cells: _Cells, clear: int, every: int, evaluation: Evaluation) -> Class:
    """A class with what the cells of a column say of it too."""
    surely = cells.column.open
    if one.words:
        scope = Scope(dict.fromkeys(cells.clause.variables, one.value), None, evaluation)
        surely = cells.column.matches(one.value, clear, scope)
    perhaps = surely | (every & ~clear)
    return Class(one.value, one.words, one.surely & surely, one.perhaps & perhaps)


def _cut(literals: Collection[Value], *, is_boolean: bool) -> Iterator[tuple[Value, str]]:
    """The classes that literals cut values into, each as one of its values and in words."""
    if not literals and not is_boolean:
        yield None, ""
        return
    if is_boolean or any(isinstance(each, bool) for each in literals):
        yield True, "is true"
        yield False, "is false"
    texts = [each for each in literals if isinstance(each, str)]
    if texts:
        yield from ((each, f'is "{each}"') for each in texts)
        yield max(texts, key=len) + "_", "is another text"
    yield from _cut_numbers(sorted(each for each in literals if isinstance(each, Decimal)))
    yield None, "is null"


def _cut_numbers(numbers: Sequence[Decimal]) -> Iterator[tuple[Value, str]]:
    """At, below, between and above numbers, in their order; between them a whole number, where there is one."""
    if not numbers:
        return
    yield numbers[0] - 1, f"is below {numbers[0]:f}"
    yield numbers[0], f"is {numbers[0]:f}"
    for number, following in pairwise(numbers):
        whole = number.to_integral_value(ROUND_FLOOR) + 1
        between = whole if whole < following else (number + following) / 2
        yield between, f"is between {number:f} and {following:f}"
        yield following, f"is {following:f}"
    yield numbers[-1] + 1, f"is above {numbers[-1]:f}"


# --- what is written ---

_COMPARING = frozenset({"<", "<=", ">", ">=", ".."})
_OPERATORS = _COMPARING | frozenset({"=", "!=", "[", "]", "(", ")", ",", "?", "-"})
_WORDS = frozenset({"not", "true", "false", "and", "or", "between", "in"})
_BEFORE_MINUS = _OPERATORS - {"]", ")", "?", "-"}


def _allowed(clause: InputClause, values: Node | None, reading: Reading) -> Collection[Value] | None:
    """The literals by which it is told what values an input may have; None where it is told otherwise."""
    found = [] if values is None else _literals(values, reading)
    type_ = clause.type
    while found is not None and isinstance(type_, ItemType):
        listed = type_.listed or ()
        is_told = type_.allowed is None or (listed and all(isinstance(each, str | Decimal | bool) for each in listed))
        if not is_told or type_.constraint is not None or type_.is_collection or type_.components:
            return None
        found = [*found, *listed]
        type_ = type_.base
    return found


def _literals(cell: Node, reading: Reading) -> Collection[Value] | None:
    """The numbers, texts and booleans that a cell compares with; none where it matches always.

    None where the cell is more than that, or does not tell one class from another by them.
    """
    source = source_of(cell)
    if source in ("", "-"):
        return ()
    if reading.language != "feel" or cell.get("expressionLanguage") is not None:
        return None
    found: list[Value] = []
    orders = False
    before: Token | None = None
    for token in tokenize(source):
        is_negative = before is not None and before.kind == "operator" and before.text == "-"
        if token.kind == "number":
            number = NUMBERS.create_decimal(token.text)
            found.append(-number if is_negative else number)
        elif is_negative:
            return None
        elif token.kind == "string":
            found.append(token.text)
        elif token.kind == "word" and token.text in _WORDS:
            found += [token.text == "true"] if token.text in ("true", "false") else []
            orders = orders or token.text == "between"
        elif token.kind == "operator" and token.text in _OPERATORS:
            if token.text == "-" and before is not None and before.text not in _BEFORE_MINUS:
                return None
            orders = orders or token.text in _COMPARING
        elif token.kind != "end":
            return None
        before = token
    if not found or (orders and any(isinstance(each, str) for each in found)):
        return None
    return found


def _depend(sources: Sequence[str]) -> bool:
    """Whether input expressions may depend on each other, by the names in them; paths that part do not."""
    paths: list[str] = []
    words: list[tuple[bool, set[str]]] = []
    for source in sources:
        try:
            tokens = tokenize(source)[:-1]
        except ExpressionSyntaxError:
            return True
        is_path = all(token.kind in ("word", "quoted") or token.text == "." for token in tokens)
        if is_path:
            paths.append(" ".join(token.text for token in tokens) + " . ")
        words.append((is_path, {token.text for token in tokens if token.kind in ("word", "quoted")}))
        if not words[-1][1]:
            return True
    if any(a is not b and b.startswith(a) for a in paths for b in paths):
        return True
    return any(
        not (a_is_path and b_is_path) and not a.isdisjoint(b)
        for index, (a_is_path, a) in enumerate(words)
        for b_is_path, b in words[index + 1 :]
    )
