"""Cuts a FEEL source into tokens (DMN 1.5, 10.3.1.2); names of several words are put together by the parser."""

import re

from engine.expression.contract import ExpressionSyntaxError
from engine.expression.tokens import Token

__all__ = ["KEYWORDS", "LONGEST_SOURCE", "tokenize", "unescape"]

LONGEST_SOURCE = 32_768
"""How many characters a source may have."""

KEYWORDS = frozenset(
    {
        "and", "between", "else", "every", "false", "for", "function", "if", "in", "instance", "not", "null", "of",
        "or", "return", "satisfies", "some", "then", "true",
    }
)  # fmt: skip
"""The words that no name made of plain words can have."""

_START = (
    r"A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE\uFF00-\uFFFD\U00010000-\U000EFFFF"
)
_PART = _START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"
_CODE = r"\\u[0-9A-Fa-f]{4}"
_TOKEN = re.compile(
    rf"""
      (?P<number>   (?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)? )
    | (?P<word>     (?:[{_START}]|{_CODE})(?:[{_PART}]|{_CODE})* )
    | (?P<string>   "(?:[^"\\]|\\.)*" )
    | (?P<quoted>   `[^`]+` )
    | (?P<operator> \*\* | \.\. | -> | <= | >= | != | [-+*/=<>()\[\]{{}},.:?@'] )
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"(?:[\s\u180E\u200B\uFEFF]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_CHARACTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def tokenize(source: str) -> list[Token]:
    """The tokens of a source; the last has the kind ``end``. Raises ExpressionSyntaxError."""
    if len(source) > LONGEST_SOURCE:
        raise ExpressionSyntaxError(f"the expression has more than {LONGEST_SOURCE} characters", 0, source)
    tokens: list[Token] = []
    position = _skip_space(source, 0)
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise ExpressionSyntaxError(_explain(source, position), position, source)
        tokens.append(_token(match))
        position = _skip_space(source, match.end())
    tokens.append(Token("end", "the end of the expression", position, position))
    return tokens


def unescape(text: str) -> str:
    """A text without its escapes; a backslash before any other character stands for itself (``"\\d"``)."""
    if "\\" not in text:
        return text
    return _PAIR.sub(_joined, _ESCAPE.sub(_character, text))


def _skip_space(source: str, position: int) -> int:
    match = _SPACE.match(source, position)
    return match.end() if match else position


def _token(match: re.Match[str]) -> Token:
    text, position, end = match.group(), match.start(), match.end()
    if match.lastgroup == "string":
        return Token("string", unescape(text[1:-1]), position, end)
    if match.lastgroup == "quoted":
        return Token("quoted", unescape(text[1:-1]), position, end)
    if match.lastgroup == "word":
        return Token("word", unescape(text), position, end)
    if match.lastgroup == "number":
        return Token("number", text, position, end)
    return Token("operator", text, position, end)


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    if code is None:
        return _CHARACTERS.get(escape[3], escape[0])
    return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else escape[0]


def _joined(pair: re.Match[str]) -> str:
    """The character that two surrogates mean."""
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _explain(source: str, position: int) -> str:
    if source[position] == '"':
        return "the text is not closed with a quote"
    if source[position] == "`":
        return "the name is not closed with a backtick"
    if source.startswith("/*", position):
        return "the comment is not closed with '*/'"
    return f"invalid character '{source[position]}'"
