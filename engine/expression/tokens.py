"""The tokens of a source, and how a parser reads them one after the other; the languages have this in common."""

from typing import NamedTuple

from engine.expression.contract import ExpressionSyntaxError

__all__ = ["Token", "TokenReader"]


class Token(NamedTuple):
    """One token: ``text`` is what it means (a string without its quotes), and the positions count characters."""

    kind: str
    """What the lexer of the language calls it, among them "operator", and "end" behind the last one."""
    text: str
    position: int
    end: int


class TokenReader:
    """The tokens of one source, and how far they are read; the base of a parser."""

    def __init__(self, source: str, tokens: list[Token]) -> None:
        self._source = source
        self._tokens = tokens
        self._next = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _at(self, symbol: str) -> bool:
        token = self._tokens[self._next]
        return token.kind == "operator" and token.text == symbol

    def _accept(self, symbol: str) -> bool:
        if self._at(symbol):
            self._next += 1
            return True
        return False

    def _expect(self, symbol: str) -> None:
        if not self._accept(symbol):
            raise self._unexpected(f"'{symbol}'")

    def _finish(self) -> None:
        if self._token.kind != "end":
            raise self._unexpected("an operator or the end of the expression")

    def _unexpected(self, expected: str) -> ExpressionSyntaxError:
        token = self._token
        found = token.text if token.kind == "end" else f"'{self._source[token.position : token.end]}'"
        return self._error(f"syntax error, encountered {found}, expected {expected}", token)

    def _error(self, message: str, token: Token) -> ExpressionSyntaxError:
        return ExpressionSyntaxError(message, token.position, self._source)
