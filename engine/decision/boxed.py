"""Boxed expressions: each becomes a closure over FEEL's scopes (DMN 1.5, 7.3 and 10.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bpmn.xml import Node
from engine.decision.course import Run
from engine.decision.functions import DecisionFunction, Parameter
from engine.decision.reading import MOST_NAMES, Names, Reading, identity
from engine.decision.tables import read_table
from engine.expression.feel import closures, iteration
from engine.expression.feel.evaluation import Refused, Scope
from engine.expression.feel.values import Function, Value, kind_of

__all__ = ["BOXED", "boxed_in", "null", "read_function", "read_parameters"]

MOST_NESTED = 40
"""How deep boxed expressions may be nested, which keeps Python's stack small."""


def null(scope: Scope) -> Value:
    """An expression that is missing."""
    return scope.evaluation.null("There is no expression")


class BoxedReader:
    """Reads the boxed expressions of one file."""

    def __init__(self, reading: Reading, owner: str | None) -> None:
        self.reading = reading
        self.owner = owner
        self._depth = 0

    def read(self, node: Node, names: Names, *, of_camunda: bool = False) -> Run:
        """The closure of an expression, whose value is of the type that it names (``of_camunda``: as Camunda's)."""
        self._depth += 1
        if self._depth > MOST_NESTED:
            self.reading.error(
                "xml.limit", f"boxed expressions are nested more than {MOST_NESTED} deep", node, self.owner
            )
            return null
        run = BOXED[node.tag](self, node, names)
        self._depth -= 1
        return self.reading.converted(
            run, self.reading.type_of(node, of_camunda=of_camunda), identity(node) or self.owner
        )

    def inside(self, node: Node | None, names: Names, parent: Node) -> Run:
        """The expression that is a child of a node."""
        found = None if node is None else boxed_in(node)
        if found is None:
            self.reading.error("dmn.expression", "an expression is missing", node or parent, self.owner)
            return null
        return self.read(found, names)

    def literal(self, node: Node, names: Names) -> Run:
        """A literal expression."""
        return self.reading.expression(node, names, self.owner) or null

    def table(self, node: Node, names: Names) -> Run:
        """A decision table."""
        return read_table(node, names, self.reading, self.owner).run

    def context(self, node: Node, names: Names) -> Run:
        """A context: entries see those before them; the entry without a variable is the result."""
        entries: list[tuple[str, Run]] = []
        result: Run | None = None
        for entry in node.all("dmn:contextEntry"):
            variable = entry.child("dmn:variable")
            run = self.inside(entry, names, entry)
            if variable is None:
                result = run
                continue
            name = variable.get("name") or ""
            type_ = self.reading.type_of(variable)
            entries.append((name, self.reading.converted(run, type_, identity(variable) or self.owner)))
            if len(names) <= MOST_NAMES:
                names |= {name}
        if len({name for name, _ in entries}) < len(entries):
            self.reading.error("dmn.name", "the context has an entry twice", node, self.owner)
        if result is None:
            return closures.context(entries)
        return _with_result(entries, result)

    def items(self, node: Node, names: Names) -> Run:
        """A list."""
        return closures.list_of([self.read(child, names) for child in node.children if child.tag in BOXED])

    def relation(self, node: Node, names: Names) -> Run:
        """A relation: a list of contexts."""
        columns = node.all("dmn:column")
        rows = []
        for row in node.all("dmn:row"):
            cells = [child for child in row.children if child.tag in BOXED]
            if len(cells) != len(columns):
                self.reading.error(
                    "dmn.expression", f"the row has {len(cells)} cells; the relation has {len(columns)} columns", row
                )
                continue
            entries = []
            for column, cell in zip(columns, cells, strict=True):
                run = self.reading.converted(
                    self.read(cell, names), self.reading.type_of(column), identity(cell) or self.owner
                )
                entries.append((column.get("name") or "", run))
            rows.append(_independent(entries))
        return closures.list_of(rows)

    def function(self, node: Node, names: Names) -> Run:
        """A function definition."""
        return read_function(self, node, names)

    def invocation(self, node: Node, names: Names) -> Run:
        """An invocation of a function with arguments by name."""
        target = self.inside(node, names, node)
        bindings: list[tuple[str, Run]] = []
        for binding in node.all("dmn:binding"):
            parameter = binding.child("dmn:parameter")
            name = None if parameter is None else parameter.get("name")
            if not name or parameter is None:
                self.reading.error("dmn.name", "the binding names no parameter", binding, self.owner)
                continue
            found = boxed_in(binding)
            run = null if found is None else self.read(found, names)
            type_ = self.reading.type_of(parameter)
            bindings.append((name, self.reading.converted(run, type_, identity(binding) or self.owner)))
        return _invocation(target, bindings)

    def loop(self, node: Node, names: Names) -> Run:
        """``for``: the list of the results."""
        domain, name = self._iterated(node, names)
        result = self.inside(node.child("dmn:return"), names | {name, "partial"}, node)
        return iteration.for_each([(name, domain)], result, with_partial=_mentions(node, "partial"))

    def some(self, node: Node, names: Names) -> Run:
        """``some``."""
        domain, name = self._iterated(node, names)
        return iteration.some([(name, domain)], self.inside(node.child("dmn:satisfies"), names | {name}, node))

    def every(self, node: Node, names: Names) -> Run:
        """``every``."""
        domain, name = self._iterated(node, names)
        return iteration.every([(name, domain)], self.inside(node.child("dmn:satisfies"), names | {name}, node))

    def _iterated(self, node: Node, names: Names) -> tuple[Callable[[Scope], Iterator[Value]], str]:
        name = node.get("iteratorVariable") or ""
        if not name:
            self.reading.error("dmn.name", "the iteratorVariable has no name", node, self.owner)
        within = node.child("dmn:in")
        return iteration.over(self._typed(within, names, node)), name

    def _typed(self, node: Node | None, names: Names, parent: Node) -> Run:
        """The expression in a child, of the type that the child names."""
        run = self.inside(node, names, parent)
        if node is None:
            return run
        return self.reading.converted(run, self.reading.type_of(node), identity(node) or self.owner)

    def filter(self, node: Node, names: Names) -> Run:
        """A filter of a list."""
        base = self._typed(node.child("dmn:in"), names, node)
        return closures.select(base, self.inside(node.child("dmn:match"), names | {"item"}, node))

    def conditional(self, node: Node, names: Names) -> Run:
        """``if``, ``then``, ``else``."""
        parts = [self._typed(node.child(tag), names, node) for tag in ("dmn:if", "dmn:then", "dmn:else")]
        return closures.choose(*parts)


BOXED: dict[str, Callable[[BoxedReader, Node, Names], Run]] = {
    "dmn:literalExpression": BoxedReader.literal,
    "dmn:decisionTable": BoxedReader.table,
    "dmn:context": BoxedReader.context,
    "dmn:list": BoxedReader.items,
    "dmn:relation": BoxedReader.relation,
    "dmn:functionDefinition": BoxedReader.function,
    "dmn:invocation": BoxedReader.invocation,
    "dmn:for": BoxedReader.loop,
    "dmn:some": BoxedReader.some,
    "dmn:every": BoxedReader.every,
    "dmn:filter": BoxedReader.filter,
    "dmn:conditional": BoxedReader.conditional,
}
"""How each kind of boxed expression is read."""


def boxed_in(node: Node) -> Node | None:
    """The expression among the children of a node."""
    return next((child for child in node.children if child.tag in BOXED), None)


def read_parameters(node: Node, reading: Reading) -> tuple[Parameter, ...]:
    """The formal parameters of a function."""
    parameters = []
    for each in node.all("dmn:formalParameter"):
        name = each.get("name")
        if not name:
            reading.error("dmn.name", "a formal parameter has no name", each)
        parameters.append(Parameter(name or "", reading.type_of(each)))
    return tuple(parameters)


def read_function(boxed: BoxedReader, node: Node, names: Names, name: str = "function") -> Run:
    """A function definition, as a closure that gives the function: its body sees the scope of its definition."""
    reading = boxed.reading
    kind = (node.get("kind") or "FEEL").upper()
    if kind != "FEEL":
        reading.error("dmn.unsupported", f"functions of the kind '{kind}' are not called", node, boxed.owner)
        return null
    parameters = read_parameters(node, reading)
    body = boxed.inside(node, names | {parameter.name for parameter in parameters}, node)
    return lambda scope: DecisionFunction(name, parameters, body, scope)


def _with_result(entries: Sequence[tuple[str, Run]], result: Run) -> Run:
    def run(scope: Scope) -> Value:
        values: dict[str, Value] = {}
        inner = scope.inner(values)
        for name, entry in entries:
            values[name] = entry(inner)
        return result(inner)

    return run


def _independent(entries: Sequence[tuple[str, Run]]) -> Run:
    """A context whose entries do not see each other."""
    return lambda scope: {name: run(scope) for name, run in entries}


def _invocation(target: Run, bindings: Sequence[tuple[str, Run]]) -> Run:
    def run(scope: Scope) -> Value:
        function = target(scope)
        arguments = {name: argument(scope) for name, argument in bindings}
        try:
            if not isinstance(function, Function):
                raise Refused(f"A {kind_of(function)} cannot be invoked")
            return function.call_named(scope.evaluation, arguments)
        except Refused as why:
            return scope.evaluation.null(why)

    return run


def _mentions(node: Node, word: str) -> bool:
    """Whether a text in a node, at any depth, has the word."""
    return word in node.text or any(_mentions(child, word) for child in node.children)
