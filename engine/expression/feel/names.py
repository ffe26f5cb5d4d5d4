"""Names of several words and signs: which of them are known, and how they are found among the tokens.

DMN 1.5, 10.3.1.2 and 10.3.1.3: a name may have spaces and the signs ``. / - ' + *`` in it, so that ``a-b`` is one name
where such a name is in scope, and a subtraction otherwise; the longest known name wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.expression.contract import ExpressionSyntaxError
from engine.expression.feel.lexer import tokenize
from engine.expression.tokens import Token

__all__ = ["KnownNames", "joined"]

_Piece = tuple[str, bool]
_SIGNS = frozenset({".", "/", "-", "'", "+", "*", "**"})


class KnownNames:
    """Names with more than one token, by their first token."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[_Piece, ...], str]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Know one more name."""
        try:
            pieces = _pieces(tokenize(name)[:-1])
        except ExpressionSyntaxError:
            return
        if len(pieces) > 1:
            known = self._by_first.setdefault(pieces[0][0], [])
            known.append((pieces, name))
            known.sort(key=lambda entry: -len(entry[0]))

    def longest(self, tokens: Sequence[Token], begin: int) -> tuple[str, int] | None:
        """The longest known name that begins at a token, and how many tokens it has."""
        for pieces, name in self._by_first.get(tokens[begin].text, ()):
            found = tokens[begin : begin + len(pieces)]
            if all(token.kind not in ("string", "quoted") for token in found) and pieces == _pieces(found):
                return name, len(pieces)
        return None


def _pieces(tokens: Sequence[Token]) -> tuple[_Piece, ...]:
    """The texts of tokens, and whether there is space before each: with it ``a - b`` is not the name ``a-b``."""
    ends = [tokens[0].position if tokens else 0, *(token.end for token in tokens)]
    return tuple((token.text, token.position > end) for token, end in zip(tokens, ends, strict=False))


def joined(tokens: Sequence[Token]) -> str:
    """The name that tokens make together: words with one space between, signs as they are."""
    name = ""
    for previous, token in zip([None, *tokens], tokens, strict=False):
        apart = previous is not None and token.text not in _SIGNS and previous.text not in _SIGNS
        name += " " + token.text if apart else token.text
    return name
