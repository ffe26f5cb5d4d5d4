"""Names of several words and signs: which of them are known, and how they are found among the tokens.

DMN 1.5, 10.3.1.2 and 10.3.1.3: a name may have spaces and the signs ``. / - ' + *`` in it, so that ``a-b`` is one name
where such a name is in scope, and a subtraction otherwise; the longest known name wins.
"""

from collections.abc import Iterable, Sequence

from engine.expression.contract import ExpressionSyntaxError
from engine.expression.feel.lexer import Token, tokenize

__all__ = ["KnownNames", "joined"]

_SIGNS = frozenset({".", "/", "-", "'", "+", "*", "**"})


class KnownNames:
    """Names with more than one token, by their first token."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Know one more name."""
        try:
            texts = tuple(token.text for token in tokenize(name)[:-1])
        except ExpressionSyntaxError:
            return
        if len(texts) > 1:
            known = self._by_first.setdefault(texts[0], [])
            known.append((texts, name))
            known.sort(key=lambda entry: -len(entry[0]))

    def longest(self, tokens: Sequence[Token], begin: int) -> tuple[str, int] | None:
        """The longest known name that begins at a token, and how many tokens it has."""
        for texts, name in self._by_first.get(tokens[begin].text, ()):
            found = tokens[begin : begin + len(texts)]
            if all(token.kind not in ("string", "quoted") for token in found) and texts == tuple(
                token.text for token in found
            ):
                return name, len(texts)
        return None


def joined(tokens: Sequence[Token]) -> str:
    """The name that tokens make together: words with one space between, signs as they are."""
    name = ""
    for previous, token in zip([None, *tokens], tokens, strict=False):
        apart = previous is not None and token.text not in _SIGNS and previous.text not in _SIGNS
        name += " " + token.text if apart else token.text
    return name
