"""Reads a FEEL source by operator precedence (a Pratt parser) and builds the closure that evaluates it.

The grammar is that of DMN 1.5, 10.3.1.2, with names in backticks as Camunda has them. Chains of equal precedence become
one loop, so that the depth of calls is bounded by the nesting of the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from types import MappingProxyType

from engine.expression.feel import arithmetic, closures, iteration, unary
from engine.expression.feel.closures import Run
from engine.expression.feel.evaluation import Refused
from engine.expression.feel.functions import Builtin
from engine.expression.feel.lexer import KEYWORDS, tokenize
from engine.expression.feel.names import KnownNames, joined
from engine.expression.feel.temporal_text import parse_temporal
from engine.expression.feel.types import ANY, NAMED, Type
from engine.expression.feel.values import NUMBERS
from engine.expression.tokens import Token, TokenReader

__all__ = ["NO_TYPES", "Parser", "Types"]

DEEPEST_NESTING = 50
"""How deep brackets, arguments and choices may be nested, and how many members and filters may follow each other."""

DEEPEST_OPERANDS = 100
"""How many operators may be waiting for their right operand; both bounds together keep Python's stack small."""

_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER, _INSTANCE = range(1, 8)
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_ARITHMETIC = {
    "+": (_SUM, arithmetic.add),
    "-": (_SUM, arithmetic.subtract),
    "*": (_PRODUCT, arithmetic.multiply),
    "/": (_PRODUCT, arithmetic.divide),
    "**": (_POWER, arithmetic.power),
}
_WORD_RANKS = {"or": _OR, "and": _AND, "between": _COMPARISON, "in": _COMPARISON, "instance": _INSTANCE}
_BEHIND_VALUES = _WORD_RANKS.keys() | {"then", "else", "return", "satisfies"}
_LITERALS = {"true": True, "false": False, "null": None}
_CALLED_KEYWORDS = frozenset({"not", "and", "or"})
_TYPE_NAMES = KnownNames(NAMED)
NO_TYPES: Mapping[str, Type] = MappingProxyType({})
_KEY_SIGNS = frozenset({".", "/", "-", "'", "+", "*", "**"})


class Types(dict[str, Type]):
    """Types by their names, which many expressions may name and are not to be added to any more."""

    def __init__(self, types: Mapping[str, Type]) -> None:
        super().__init__(types)
        self.known = KnownNames(types)


class Parser(TokenReader):
    """The tokens of one source, and how far they are read."""

    def __init__(
        self,
        source: str,
        names: Iterable[str] | KnownNames,
        builtins: dict[str, Builtin],
        known: KnownNames,
        types: Mapping[str, Type] = NO_TYPES,
    ) -> None:
        given = names if isinstance(names, KnownNames) else KnownNames(names)
        super().__init__(source, tokenize(source))
        self._builtins, self._given = builtins, given
        self._known = [known, given]
        self._types = types
        self._type_names = (_TYPE_NAMES, types.known if isinstance(types, Types) else KnownNames(types))
        self._locals: list[set[str]] = []
        self._nesting = 0
        self._operands = 0
        self._in_range_end = False
        self.names: set[str] = set()
        """The names that are read and not defined in the source itself."""
        self.is_constant = True
        """Whether only literals and operators have been read."""

    def expression(self) -> Run:
        """The closure of the whole source as an expression. Raises ExpressionSyntaxError."""
        run = self._expression()
        self._finish()
        return run

    def unary_tests(self) -> unary.Test:
        """The test that the whole source is (DMN 1.5, grammar rule 15). Raises ExpressionSyntaxError."""
        if self._at("-") and self._tokens[1].kind == "end":
            self._advance()
            return lambda _, __: True
        if self._negates_all():
            self._next += 2
            test = unary.negated(self._tests())
            self._expect(")")
        else:
            test = self._tests()
        self._finish()
        return test

    # --- reading ---

    def _at_word(self, word: str) -> bool:
        token = self._tokens[self._next]
        return token.kind == "word" and token.text == word

    def _expect_word(self, word: str) -> None:
        if not self._at_word(word):
            raise self._unexpected(f"'{word}'")
        self._next += 1

    def _nested(self, *, range_end: bool = False) -> Run:
        """An expression inside of brackets, or behind a keyword."""
        self._nesting += 1
        if self._nesting > DEEPEST_NESTING:
            raise self._error(f"the expression is nested more than {DEEPEST_NESTING} deep", self._token)
        outer, self._in_range_end = self._in_range_end, range_end
        run = self._expression()
        self._in_range_end = outer
        self._nesting -= 1
        return run

    @contextmanager
    def _defining(self, names: Iterable[str]) -> Iterator[None]:
        """Names that the source itself defines for what is read meanwhile."""
        names = list(names)
        self._locals.append(set(names))
        self._known.append(KnownNames(names))
        yield
        self._known.pop()
        self._locals.pop()

    # --- operators ---

    def _expression(self, above: int = 0, first: Run | None = None) -> Run:
        """Operands joined by operators of a rank higher than ``above``; ``first`` is a primary that is read already."""
        self._operands += 1
        if self._operands > DEEPEST_OPERANDS:
            raise self._error(f"operators are nested more than {DEEPEST_OPERANDS} deep", self._token)
        run = self._prefix() if first is None else self._postfix(first)
        compared = 0
        while (rank := self._rank()) > above:
            compared += rank in (_COMPARISON, _INSTANCE)
            if compared > DEEPEST_NESTING:
                raise self._error("there are too many comparisons in a row", self._token)
            run = self._infix(run, rank)
        self._operands -= 1
        return run

    def _rank(self) -> int:
        token = self._token
        if token.kind == "word":
            return _WORD_RANKS.get(token.text, 0)
        if token.kind != "operator":
            return 0
        if token.text in _COMPARISONS:
            return _COMPARISON
        return _ARITHMETIC[token.text][0] if token.text in _ARITHMETIC else 0

    def _infix(self, left: Run, rank: int) -> Run:
        if rank == _OR:
            return closures.any_true(self._chain(left, "or", _OR))
        if rank == _AND:
            return closures.all_of(self._chain(left, "and", _AND))
        if rank == _COMPARISON:
            return self._comparison(left)
        if rank == _INSTANCE:
            self._advance()
            self._expect_word("of")
            return closures.instance_of(left, self._type())
        rest = []
        while self._rank() == rank:
            apply = _ARITHMETIC[self._advance().text][1]
            rest.append((apply, self._expression(rank)))
        return closures.fold(left, rest)

    def _chain(self, left: Run, word: str, rank: int) -> list[Run]:
        operands = [left]
        while self._at_word(word):
            self._advance()
            operands.append(self._expression(rank))
        return operands

    def _comparison(self, left: Run) -> Run:
        token = self._advance()
        if token.text == "between":
            low = self._expression(_COMPARISON)
            self._expect_word("and")
            return closures.between(left, low, self._expression(_COMPARISON))
        if token.text == "in":
            return closures.tested(left, self._membership())
        return closures.comparison(token.text, left, self._expression(_COMPARISON))

    def _prefix(self) -> Run:
        token = self._token
        if not self._accept("-"):
            return self._postfix(self._primary())
        self._nesting += 1
        if self._nesting > DEEPEST_NESTING:
            raise self._error(f"the expression is nested more than {DEEPEST_NESTING} deep", token)
        operand = self._prefix()
        self._nesting -= 1
        return closures.unary(arithmetic.negate, operand)

    def _postfix(self, run: Run) -> Run:
        """Members, filters and calls behind a value."""
        steps = 0
        while True:
            begin = self._token
            if self._accept("."):
                run = closures.path(run, self._member_name())
            elif self._at("[") and not self._closes_range():
                self._advance()
                run = closures.select(run, self._filter())
                self._expect("]")
            elif self._at("("):
                run = self._call(run)
            else:
                return run
            steps += 1
            if steps > DEEPEST_NESTING:
                raise self._error(f"more than {DEEPEST_NESTING} members, filters and calls follow each other", begin)

    def _closes_range(self) -> bool:
        """Whether a ``[`` ends a range (``]1..5[``): then nothing follows that a filter could begin with."""
        if not self._in_range_end:
            return False
        token = self._tokens[self._next + 1]
        if token.kind == "operator":
            return token.text not in ("(", "[", "{", "-", "@", "?", "<", ">", "<=", ">=")
        return token.kind == "end" or (token.kind == "word" and token.text in _BEHIND_VALUES)

    def _filter(self) -> Run:
        self.is_constant = False
        with self._defining(["item"]):
            return self._nested()

    def _member_name(self) -> str:
        token = self._token
        if token.kind == "quoted":
            return self._advance().text
        if token.kind != "word" or token.text in KEYWORDS:
            raise self._unexpected("the name of a member")
        return self._name()

    # --- primaries ---

    def _primary(self) -> Run:
        token = self._token
        if token.kind == "number":
            return closures.constant(self._number(self._advance()))
        if token.kind == "string":
            return closures.constant(self._advance().text)
        if token.kind == "quoted":
            return self._variable(self._advance().text)
        if token.kind == "word":
            return self._word(token)
        if token.kind == "operator":
            reader = _BRACKETS.get(token.text)
            if reader is not None:
                self._advance()
                return reader(self)
        raise self._unexpected("a value")

    def _number(self, token: Token) -> Decimal:
        try:
            return NUMBERS.create_decimal(token.text)
        except ArithmeticError:
            raise self._error(f"the number {token.text[:40]} is out of range", token) from None

    def _word(self, token: Token) -> Run:
        following = self._tokens[self._next + 1]
        called = following.kind == "operator" and following.text == "("
        if token.text in _CALLED_KEYWORDS and called:
            self._advance()
            return self._builtin(token.text)
        found = self._longest_known()
        if found is None:
            if token.text in _LITERALS:
                return closures.constant(_LITERALS[self._advance().text])
            reader = _WORDS.get(token.text)
            if reader is not None:
                self._advance()
                return reader(self)
            if token.text in KEYWORDS:
                raise self._unexpected("a value")
        name = self._name()
        if self._at("(") and self._is_builtin(name) and not self._is_local(name):
            return self._builtin(name)
        return self._variable(name)

    def _builtin(self, name: str) -> Run:
        self.is_constant = False
        return closures.constant(self._builtins[name])

    def _variable(self, name: str) -> Run:
        self.is_constant = False
        is_builtin = self._is_builtin(name)
        if not self._is_local(name) and not is_builtin:
            self.names.add(name)
        return closures.name(name, self._builtins[name] if is_builtin else None)

    def _is_builtin(self, name: str) -> bool:
        return name in self._builtins and name not in self._given

    def _is_local(self, name: str) -> bool:
        return any(name in names for names in self._locals)

    def _longest_known(self) -> tuple[str, int] | None:
        found = (known.longest(self._tokens, self._next) for known in self._known)
        return max((match for match in found if match is not None), key=lambda match: match[1], default=None)

    def _name(self) -> str:
        """The longest name that is known, or all words up to the next sign or keyword."""
        end = self._next + 1
        while self._tokens[end].kind == "word" and self._tokens[end].text not in KEYWORDS:
            end += 1
        count = end - self._next
        found = self._longest_known()
        if found is not None and found[1] >= count:
            name, count = found
        else:
            name = joined(self._tokens[self._next : end])
        self._next += count
        return name

    def _call(self, function: Run) -> Run:
        self.is_constant = False
        self._expect("(")
        named: list[tuple[str, Run]] = []
        positional: list[Run] = []
        if self._accept(")"):
            return closures.call(function, positional)
        while True:
            begin = self._token
            name = self._argument_name()
            if name is None:
                positional.append(self._nested())
            else:
                named.append((name, self._nested()))
            if named and positional:
                raise self._error("arguments are given either all by name or all in order", begin)
            if self._accept(")"):
                break
            if not self._accept(","):
                raise self._unexpected("',' or ')'")
        return closures.call_named(function, named) if named else closures.call(function, positional)

    def _argument_name(self) -> str | None:
        """The name of an argument that is given by name (``start position: 3``)."""
        end = self._next
        while self._tokens[end].kind in ("word", "quoted"):
            end += 1
        colon = self._tokens[end]
        if end == self._next or colon.kind != "operator" or colon.text != ":":
            return None
        name = joined(self._tokens[self._next : end])
        self._next = end + 1
        return name

    # --- brackets ---

    def in_round(self) -> Run:
        """``(a)``, ``(a..b)`` or ``(< a)``."""
        if self._token.kind == "operator" and self._token.text in _COMPARISONS:
            run = self._open_range()
            self._expect(")")
            return run
        run = self._nested()
        if self._accept(".."):
            return self._range(run, start_included=False)
        self._expect(")")
        return run

    def _open_range(self) -> Run:
        """``< a`` as a value: a range that is open on one side."""
        operator = self._advance()
        operand = self._nested()
        included = operator.text in ("<=", ">=", "=")
        if operator.text in ("<", "<="):
            return closures.range_of(None, operand, start_included=False, end_included=included)
        if operator.text in (">", ">="):
            return closures.range_of(operand, None, start_included=included, end_included=False)
        if operator.text == "=":
            return closures.range_of(operand, operand, start_included=True, end_included=True)
        raise self._error("'!=' is a test, not a value", operator)

    def in_square(self) -> Run:
        """``[a, b]`` or ``[a..b]``."""
        if self._accept("]"):
            return closures.list_of([])
        items = [self._nested()]
        if self._accept(".."):
            return self._range(items[0], start_included=True)
        while self._accept(","):
            items.append(self._nested())
        self._expect("]")
        return closures.list_of(items)

    def in_open_square(self) -> Run:
        """``]a..b]``."""
        start = self._nested()
        self._expect("..")
        return self._range(start, start_included=False)

    def _range(self, start: Run, *, start_included: bool) -> Run:
        end = self._nested(range_end=True)
        closing = self._advance()
        if closing.kind != "operator" or closing.text not in ("]", ")", "["):
            self._next -= 1
            raise self._unexpected("the end of the range")
        return closures.range_of(start, end, start_included=start_included, end_included=closing.text == "]")

    def in_curly(self) -> Run:
        """``{key: value}``; the keys are known as names from here on."""
        entries: list[tuple[str, Run]] = []
        self._locals.append(set())
        keys = KnownNames()
        self._known.insert(1, keys)
        while not self._accept("}"):
            if entries and not self._accept(","):
                raise self._unexpected("',' or '}'")
            key = self._key()
            self._expect(":")
            value = self._nested()
            entries.append((key, value))
            self._locals[-1].add(key)
            keys.add(key)
        self._locals.pop()
        return closures.context(entries)

    def _key(self, before: str | None = None) -> str:
        """Words and signs that become a name, up to a word where one is given."""
        token = self._token
        if token.kind in ("string", "quoted"):
            return self._advance().text
        begin = self._next
        while (self._token.kind in ("word", "number") and self._token.text != before) or (
            self._token.kind == "operator" and self._token.text in _KEY_SIGNS
        ):
            self._next += 1
        name = joined(self._tokens[begin : self._next])
        if token.kind != "word" or name in KEYWORDS:
            self._next = begin
            raise self._unexpected("the key of an entry")
        return name

    def at_literal(self) -> Run:
        """``@"2024-08-19"``."""
        token = self._advance()
        if token.kind != "string":
            self._next -= 1
            raise self._unexpected('a text as in @"2024-08-19"')
        try:
            return closures.constant(parse_temporal(token.text))
        except Refused as why:
            return closures.nothing(str(why))

    def input_value(self) -> Run:
        """``?``."""
        self.is_constant = False
        return closures.input_value()

    # --- words ---

    def if_(self) -> Run:
        """``if a then b else c``."""
        condition = self._nested()
        self._expect_word("then")
        then = self._nested()
        self._expect_word("else")
        return closures.choose(condition, then, self._nested())

    def for_(self) -> Run:
        """``for x in a return b``."""
        domains, begin, result = self._iteration("return", ["partial"])
        with_partial = any(
            (token.kind, token.text) == ("word", "partial") for token in self._tokens[begin : self._next]
        )
        return iteration.for_each(domains, result, with_partial=with_partial)

    def some(self) -> Run:
        """``some x in a satisfies b``."""
        domains, _, condition = self._iteration("satisfies", [])
        return iteration.some(domains, condition)

    def every(self) -> Run:
        """``every x in a satisfies b``."""
        domains, _, condition = self._iteration("satisfies", [])
        return iteration.every(domains, condition)

    def _iteration(self, word: str, more_names: list[str]) -> tuple[list[iteration.Domain], int, Run]:
        """``x in a, y in b`` and what follows the word: its first token and its closure."""
        self.is_constant = False
        domains: list[iteration.Domain] = []
        with ExitStack() as defined:
            while True:
                name = self._key(before="in")
                self._expect_word("in")
                domain = self._nested()
                if self._accept(".."):
                    domains.append((name, iteration.between(domain, self._nested())))
                else:
                    domains.append((name, iteration.over(domain)))
                defined.enter_context(self._defining([name]))
                if not self._accept(","):
                    break
            self._expect_word(word)
            begin = self._next
            with self._defining(more_names):
                return domains, begin, self._nested()

    def function(self) -> Run:
        """``function(a, b: number) c``."""
        self.is_constant = False
        self._expect("(")
        names: list[str] = []
        types: list[Type] = []
        while not self._accept(")"):
            if names and not self._accept(","):
                raise self._unexpected("',' or ')'")
            names.append(self._key())
            types.append(self._type() if self._accept(":") else ANY)
        is_external = self._at_word("external")
        if is_external:
            self._advance()
        with self._defining(names):
            body = self._nested()
        return closures.define(tuple(names), tuple(types), closures.external() if is_external else body)

    # --- tests ---

    def _negates_all(self) -> bool:
        """Whether ``not(...)`` stands around the whole source."""
        first, second = self._tokens[0], self._tokens[min(1, len(self._tokens) - 1)]
        if (first.kind, first.text, second.kind, second.text) != ("word", "not", "operator", "("):
            return False
        depth = 0
        for index, token in enumerate(self._tokens[1:], start=1):
            if token.kind == "operator" and token.text in "()":
                depth += 1 if token.text == "(" else -1
                if depth == 0:
                    return self._tokens[index + 1].kind == "end"
        return False

    def _tests(self) -> unary.Test:
        tests = [self._test()]
        while self._accept(","):
            tests.append(self._test())
        return unary.any_of(tests)

    def _test(self) -> unary.Test:
        if self._at_comparison():
            return unary.comparing(self._advance().text, self._nested())
        begin = self._next
        run = self._nested()
        is_literal = self._next == begin + 1 and self._tokens[begin].text in ("true", "false")
        return unary.testing(run, judges=not is_literal, uses_input=self._reads_input(begin))

    def _membership(self) -> unary.Test:
        """What follows ``in``: a test, or several in round brackets."""
        if self._at_comparison():
            return unary.comparing(self._advance().text, self._expression(_COMPARISON))
        begin = self._next
        if not self._accept("("):
            return self._member_test(begin, self._expression(_COMPARISON))
        if self._at_comparison():
            return self._listed([unary.comparing(self._advance().text, self._nested())])
        first = self._nested()
        if self._at(","):
            return self._listed([self._member_test(begin, first)])
        if self._accept(".."):
            first = self._range(first, start_included=False)
        else:
            self._expect(")")
        return self._member_test(begin, self._expression(_COMPARISON, first))

    def _listed(self, tests: list[unary.Test]) -> unary.Test:
        """The tests that follow the first, to the closing bracket."""
        while self._accept(","):
            begin = self._next
            is_comparison = self._at_comparison()
            tests.append(self._test() if is_comparison else self._member_test(begin, self._nested()))
        self._expect(")")
        return unary.any_of(tests)

    def _member_test(self, begin: int, run: Run) -> unary.Test:
        return unary.testing(run, judges=False, uses_input=self._reads_input(begin))

    def _at_comparison(self) -> bool:
        return self._token.kind == "operator" and self._token.text in _COMPARISONS

    def _reads_input(self, begin: int) -> bool:
        """Whether the input value is read since a token."""
        return any((token.kind, token.text) == ("operator", "?") for token in self._tokens[begin : self._next])

    # --- types ---

    def _type(self) -> Type:
        self._nesting += 1
        if self._nesting > DEEPEST_NESTING:
            raise self._error(f"the type is nested more than {DEEPEST_NESTING} deep", self._token)
        type_ = self._named_type(self._type_name())
        self._nesting -= 1
        return type_

    def _type_name(self) -> str:
        matches = (names.longest(self._tokens, self._next) for names in self._type_names)
        found = max((match for match in matches if match is not None), key=lambda match: match[1], default=None)
        if found is not None:
            self._next += found[1]
            return found[0]
        begin = self._next
        if self._advance().kind != "word":
            self._next = begin
            raise self._unexpected("a type")
        while (self._token.kind == "word" and self._token.text not in KEYWORDS) or (
            self._at(".") and self._tokens[self._next + 1].kind == "word"
        ):
            self._next += 1
        return joined(self._tokens[begin : self._next])

    def _named_type(self, name: str) -> Type:
        if name in ("list", "range") and self._accept("<"):
            item = self._type()
            self._expect(">")
            return Type(name, item=item)
        if name == "context" and self._accept("<"):
            members: dict[str, Type] = {}
            while not self._accept(">"):
                if members:
                    self._expect(",")
                key = self._key()
                self._expect(":")
                members[key] = self._type()
            return Type(name, members=members)
        if name == "function" and self._accept("<"):
            parameters: list[Type] = []
            while not self._accept(">"):
                if parameters:
                    self._expect(",")
                parameters.append(self._type())
            result = self._type() if self._accept("->") else ANY
            return Type(name, item=result, parameters=tuple(parameters))
        return self._types.get(name) or Type(name)


_BRACKETS: dict[str, Callable[[Parser], Run]] = {
    "(": Parser.in_round,
    "[": Parser.in_square,
    "]": Parser.in_open_square,
    "{": Parser.in_curly,
    "@": Parser.at_literal,
    "?": Parser.input_value,
}
_WORDS: dict[str, Callable[[Parser], Run]] = {
    "if": Parser.if_,
    "for": Parser.for_,
    "some": Parser.some,
    "every": Parser.every,
    "function": Parser.function,
}
