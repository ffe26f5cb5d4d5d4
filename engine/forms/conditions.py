"""Conditions and other small expressions of forms: the part of FEEL that can be understood without a FEEL engine.

That is: numbers, texts, true, false, null, lists of these; names with members (`order.amount`); `= != < <= > >=`;
`and`, `or`, `not(...)`; the functions `count`, `contains` and `string length`; parentheses. FEEL's three-valued logic
holds: what cannot be compared gives null (DMN 1.5, 10.3.2.2). Whoever meets an expression that is not understood has
to do without its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

LONGEST = 4096
"""How many characters an expression may have."""
DEEPEST = 30
"""How deep an expression may be nested."""

Evaluator = Callable[[Mapping[str, Any]], Any]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?|\.\d+)
      | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<name>[^\W\d]\w*)
      | (?P<operator><=|>=|!=|[=<>()\[\],.\-])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false", "null", "if", "then", "else", "for", "between"})


class NotUnderstood(Exception):
    """An expression beyond what is read here."""


def evaluate(source: str, data: Mapping[str, Any]) -> Any:
    """The value of an expression over JSON data; a leading `=` is no part of it. Raises NotUnderstood."""
    return _compiled(source)(data)


def holds(source: str, data: Mapping[str, Any]) -> bool:
    """Is a condition fulfilled, as form-js judges it? Raises NotUnderstood.

    form-js takes conditions for unary tests of an input that is null (DMN 1.5, 7.3.13): one that gives null is
    fulfilled, so that `=amount < 5` hides a field while there is no amount, and `not(...)` around all of it is the
    contrary.
    """
    tokens = _read(source)
    if _is_negated(tokens):
        return not _test(_parse(tokens[2:-1]), data)
    return _test(_compiled(source), data)


def _test(evaluator: Evaluator, data: Mapping[str, Any]) -> bool:
    value = evaluator(data)
    return value is True or value is None


def _is_negated(tokens: Sequence[tuple[str, str]]) -> bool:
    """Does `not(...)` stand around all of it?"""
    if list(tokens[:2]) != [("name", "not"), ("operator", "(")]:
        return False
    depth = 0
    for index, token in enumerate(tokens):
        depth += {("operator", "("): 1, ("operator", ")"): -1}.get(token, 0)
        if depth == 0 and index > 0:
            return index == len(tokens) - 1
    return False


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Evaluator:
    return _parse(_read(source))


def _read(source: str) -> list[tuple[str, str]]:
    if len(source) > LONGEST:
        raise NotUnderstood(f"An expression may have {LONGEST} characters, not {len(source)}")
    return _tokens(source.strip().removeprefix("="))


def _parse(tokens: Sequence[tuple[str, str]]) -> Evaluator:
    parser = _Parser(tokens)
    found = parser.either()
    parser.finish()
    return found


def _tokens(source: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while source[position:].strip():
        match = _TOKEN.match(source, position)
        if match is None:
            raise NotUnderstood(f"'{source[position : position + 20]}' is not understood")
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        position = match.end()
    return found


class _Parser:
    """Recursive descent, one method per rank of operators."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self._tokens, self._next, self._depth = tokens, 0, 0

    def finish(self) -> None:
        if self._next < len(self._tokens):
            raise NotUnderstood(f"'{self._tokens[self._next][1]}' is not understood")

    def either(self) -> Evaluator:
        self._go_deeper()
        parts = [self._both()]
        while self._take("name", "or"):
            parts.append(self._both())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else lambda data: _logic(parts, data, decides=True)

    def _both(self) -> Evaluator:
        parts = [self._comparison()]
        while self._take("name", "and"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda data: _logic(parts, data, decides=False)

    def _comparison(self) -> Evaluator:
        left = self._value()
        for operator, compare in _COMPARISONS.items():
            if self._take("operator", operator):
                right = self._value()
                return lambda data: compare(left(data), right(data))
        return left

    def _value(self) -> Evaluator:
        kind, text = self._tokens[self._next] if self._next < len(self._tokens) else ("end", "")
        self._next += 1
        if kind == "number":
            number = float(text) if "." in text else int(text)
            return _constant(number)
        if kind == "text":
            plain = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text[1:-1])
            return _constant(plain)
        if kind == "name":
            return self._named(text)
        if (kind, text) == ("operator", "-"):
            self._go_deeper()
            operand = self._value()
            self._depth -= 1
            return lambda data: _negated(operand(data))
        if (kind, text) == ("operator", "("):
            inner = self.either()
            self._expect(")")
            return inner
        if (kind, text) == ("operator", "["):
            items = self._arguments("]")
            return lambda data: [item(data) for item in items]
        raise NotUnderstood(f"'{text}' is not understood" if text else "The expression ends too early")

    def _named(self, name: str) -> Evaluator:
        if name in ("true", "false", "null"):
            return _constant({"true": True, "false": False, "null": None}[name])
        if name == "string" and self._next < len(self._tokens) and self._tokens[self._next][0] == "name":
            name += " " + self._tokens[self._next][1]
            self._next += 1
        if self._take("operator", "("):
            arguments = self._arguments(")")
            function = _FUNCTIONS.get((name, len(arguments)))
            if function is None:
                raise NotUnderstood(f"The function '{name}' is not understood")
            return lambda data: function(*(argument(data) for argument in arguments))
        if name in _KEYWORDS or " " in name:
            raise NotUnderstood(f"'{name}' is not understood")
        path = [name]
        while self._take("operator", "."):
            kind, member = self._tokens[self._next] if self._next < len(self._tokens) else ("end", "")
            if kind != "name":
                raise NotUnderstood(f"'{name}.' is not understood")
            self._next += 1
            path.append(member)
        return lambda data: _member(data, path)

    def _arguments(self, end: str) -> list[Evaluator]:
        found: list[Evaluator] = []
        if self._take("operator", end):
            return found
        found.append(self.either())
        while self._take("operator", ","):
            found.append(self.either())
        self._expect(end)
        return found

    def _go_deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotUnderstood(f"An expression may be nested {DEEPEST} deep")

    def _take(self, kind: str, text: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == (kind, text):
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take("operator", text):
            raise NotUnderstood(f"'{text}' is missing")


# ---------------------------------------------------------------- values


def _constant(value: object) -> Evaluator:
    return lambda _: value


def _logic(parts: Sequence[Evaluator], data: Mapping[str, Any], *, decides: bool) -> bool | None:
    """`or` (one that is true decides) and `and` (one that is false does); null where nothing is decided."""
    unknown = False
    for part in parts:
        value: object = part(data)
        if value is decides:
            return decides
        unknown = unknown or not isinstance(value, bool)
    return None if unknown else not decides


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _alike(left: object, right: object) -> bool:
    return (_is_number(left) and _is_number(right)) or type(left) is type(right)


def equal(left: object, right: object) -> bool | None:
    """FEEL's `=`: null for values of different types."""
    if left is None or right is None:
        return left is right
    return bool(left == right) if _alike(left, right) else None


def _different(left: object, right: object) -> bool | None:
    same = equal(left, right)
    return None if same is None else not same


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool | None]:
    def ordered(left: object, right: object) -> bool | None:
        if left is None or right is None:
            return None
        if not _alike(left, right) or not (_is_number(left) or isinstance(left, str)):
            raise NotUnderstood("Values of different types are compared")  # FEEL engines do not agree on what that is
        return bool(compare(left, right))

    return ordered


_COMPARISONS: Mapping[str, Callable[[object, object], bool | None]] = {
    "=": equal,
    "!=": _different,
    "<=": _ordered(lambda left, right: left <= right),
    ">=": _ordered(lambda left, right: left >= right),
    "<": _ordered(lambda left, right: left < right),
    ">": _ordered(lambda left, right: left > right),
}


def _negated(value: Any) -> Any:
    return -value if _is_number(value) else None


def _member(data: object, path: Sequence[str]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


_FUNCTIONS: Mapping[tuple[str, int], Callable[..., Any]] = {
    ("not", 1): lambda value: not value if isinstance(value, bool) else None,
    ("count", 1): lambda items: len(items) if isinstance(items, list) else None,
    ("contains", 2): lambda text, part: part in text if isinstance(text, str) and isinstance(part, str) else None,
    ("string length", 1): lambda text: len(text) if isinstance(text, str) else None,
}
