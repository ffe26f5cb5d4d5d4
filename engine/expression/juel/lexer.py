"""Cuts the inside of ``${...}`` into tokens, and a text with ``${...}`` in it into its literal pieces."""

import re

from engine.expression.contract import ExpressionSyntaxError
from engine.expression.tokens import Token

__all__ = ["LONGEST_SOURCE", "check_length", "next_text", "tokenize"]

LONGEST_SOURCE = 4096
"""How many characters the expressions in one source may have together; text around them is not counted."""

_WORDS = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "div": "/",
    "mod": "%",
    "empty": "empty",
    "true": "true",
    "false": "false",
    "null": "null",
    "instanceof": "instanceof",
}
"""The reserved words, each with the operator it is (the last five are operators of their own)."""

_TOKEN = re.compile(
    r"""
      (?P<float>   [0-9]+\.[0-9]*(?:[eE][+-]?[0-9]+)? | \.[0-9]+(?:[eE][+-]?[0-9]+)? | [0-9]+[eE][+-]?[0-9]+ )
    | (?P<integer> [0-9]+ )
    | (?P<name>    (?:[^\W\d]|\$)(?:\w|\$)* )
    | (?P<string>  '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" )
    | (?P<operator> && | \|\| | == | != | <= | >= | \+= | [-+*/%<>!?:.,()\[\]] )
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"\s*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def tokenize(source: str, begin: int, closed: bool) -> list[Token]:
    """The tokens from offset ``begin`` to the ``}`` that ends the expression (``closed``), or to the end of the source.

    The last token has the kind ``end``. Raises ExpressionSyntaxError.
    """
    tokens: list[Token] = []
    position = begin
    while True:
        position = _skip_space(source, position)
        if position == len(source):
            if closed:
                raise ExpressionSyntaxError("the expression is not closed with '}'", position, source)
            break
        if closed and source[position] == "}":
            break
        match = _TOKEN.match(source, position)
        if match is None:
            raise ExpressionSyntaxError(_explain(source, position), position, source)
        tokens.append(_token(match, source))
        position = match.end()
        check_length(position - begin, begin, source)
    tokens.append(Token("end", "end of expression", position, position))
    return tokens


def check_length(length: int, position: int, source: str) -> None:
    """Raise ExpressionSyntaxError when expressions have too many characters."""
    if length > LONGEST_SOURCE:
        raise ExpressionSyntaxError(f"the expression has more than {LONGEST_SOURCE} characters", position, source)


def _skip_space(source: str, position: int) -> int:
    match = _SPACE.match(source, position)
    return match.end() if match else position


def _token(match: re.Match[str], source: str) -> Token:
    text, position, end = match.group(), match.start(), match.end()
    if match.lastgroup == "name":
        if text in _WORDS:
            return Token("operator", _WORDS[text], position, end)
        return Token("name", text, position, end)
    if match.lastgroup == "string":
        return Token("string", _unescape(match, source), position, end)
    if match.lastgroup == "integer":
        return Token("integer", text, position, end)
    if match.lastgroup == "float":
        return Token("float", text, position, end)
    return Token("operator", text, position, end)


def _unescape(match: re.Match[str], source: str) -> str:
    """The text of a string literal; a backslash may stand before a backslash or a quote only."""

    def character(escape: re.Match[str]) -> str:
        if escape[1] not in "\\'\"":
            position = match.start() + 1 + escape.start()
            raise ExpressionSyntaxError(rf"invalid escape sequence '\{escape[1]}' in a text", position, source)
        return escape[1]

    return _ESCAPE.sub(character, match.group()[1:-1])


def _explain(source: str, position: int) -> str:
    if source[position] in "'\"":
        return "the text is not closed with a quote"
    return f"invalid character '{source[position]}'"


def next_text(source: str, begin: int) -> tuple[str, int]:
    """The literal text from offset ``begin`` to the next ``${`` or ``#{`` (or the end), and the offset of that.

    A backslash before ``${`` or ``#{`` makes them literal.
    """
    pieces: list[str] = []
    position = begin
    while True:
        opening = _find_opening(source, position)
        if opening < 0:
            return "".join([*pieces, source[position:]]), len(source)
        if opening > position and source[opening - 1] == "\\":
            pieces += source[position : opening - 1], source[opening : opening + 2]
            position = opening + 2
            continue
        pieces.append(source[position:opening])
        return "".join(pieces), opening


def _find_opening(source: str, begin: int) -> int:
    found = [index for index in (source.find("${", begin), source.find("#{", begin)) if index >= 0]
    return min(found, default=-1)
