"""Names of several words and signs: which of them are known, and how they are found among the tokens.

DMN 1.5, 10.3.1.2 and 10.3.1.3: a name may have spaces and the signs ``. / - ' + *`` in it, so that ``a-b`` is one name
where such a name is in scope, and a subtraction otherwise; the longest known name wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from engine.expression.contract import ExpressionSyntaxError
from engine.expression.feel.lexer import tokenize
from engine.expression.tokens import Token

__all__ = ["KnownNames", "joined"]

LONGEST, MOST_PIECES = 1000, 100
"""A name of more characters, or words and signs, is known in backticks alone: it would be looked for at every place."""

_Piece = tuple[str, bool]
_SIGNS = frozenset({".", "/", "-", "'", "+", "*", "**"})


class _Node:
    """What may follow the pieces that lead here, and the name that they make together, if they are one."""

    __slots__ = ("following", "name")

    def __init__(self) -> None:
        self.following: dict[_Piece, _Node] = {}
        self.name: str | None = None


class KnownNames:
    """Names, of which those of more than one token are found; however many there are, that takes no longer."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._root = _Node()
        self._all: set[str] = set()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Know one more name."""
        self._all.add(name)
        pieces = _pieces_of(name)
        if 1 < len(pieces) <= MOST_PIECES:
            node = self._root
            for piece in pieces:
                node = node.following.setdefault(piece, _Node())
            if node.name is None:
                node.name = name

    def __contains__(self, name: object) -> bool:
        """Is it one of them?"""
        return name in self._all

    def longest(self, tokens: Sequence[Token], begin: int) -> tuple[str, int] | None:
        """The longest known name that begins at a token, and how many tokens it has."""
        found, node, end = None, self._root, tokens[begin].position
        for position in range(begin, len(tokens)):
            token = tokens[position]
            following = node.following.get((token.text, token.position > end))
            if following is None or token.kind in ("string", "quoted"):
                break
            node, end = following, token.end
            if node.name is not None:
                found = node.name, position - begin + 1
        return found


@lru_cache(maxsize=8192)
def _pieces_of(name: str) -> tuple[_Piece, ...]:
    """The pieces of a name; nothing for what can be none."""
    if len(name) > LONGEST:
        return ()
    try:
        return _pieces(tokenize(name)[:-1])
    except ExpressionSyntaxError:
        return ()


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
