"""The builtins of texts (DMN 1.5, 10.3.4.3), and Camunda's."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.expression import regex
from engine.expression.contract import EvaluationError, ExpressionLimit
from engine.expression.feel.evaluation import LONGEST_TEXT, Evaluation, Refused
from engine.expression.feel.functions import Parameter, Signature, optional
from engine.expression.feel.values import whole

__all__ = ["STRINGS"]

_GROUP = re.compile(r"\\([\\$])|\$([0-9])")
_CLASSES_AND_SPACE = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\s+", re.DOTALL)


def _substring(_: Evaluation, text: str, start: Decimal, length: Decimal | None = None) -> str:
    begin = whole(start)
    if begin == 0:
        raise Refused("Positions in a text begin with 1, or with -1 at its end")
    begin = begin - 1 if begin > 0 else max(len(text) + begin, 0)
    if length is None:
        return text[begin:]
    count = whole(length)
    if count < 0:
        raise Refused("The length of a text is not negative")
    return text[begin : begin + count]


def _before(_: Evaluation, text: str, match: str) -> str:
    return text.partition(match)[0] if match and match in text else ""


def _after(_: Evaluation, text: str, match: str) -> str:
    if not match:
        return text
    return text.partition(match)[2]


def _replace(evaluation: Evaluation, text: str, pattern: str, replacement: str, flags: str | None = None) -> str:
    made = 0

    def counted(piece: str) -> str:
        nonlocal made
        made += len(piece)
        if made > 2 * LONGEST_TEXT:  # what is put in by the replacement, and the replacement itself
            raise ExpressionLimit(f"A text result has more than {LONGEST_TEXT} characters")
        return piece

    def expanded(match: Any) -> str:
        evaluation.spend()
        counted(replacement)
        return _GROUP.sub(lambda sign: counted(sign[1] or _group(match, int(sign[2]))), replacement)

    try:
        return evaluation.check_text(regex.replaced(_flagged(pattern, flags), text, expanded))
    except ExpressionLimit:
        raise
    except EvaluationError as error:
        raise Refused(str(error)) from None


def _group(match: Any, number: int) -> str:
    if number > match.re.groups:
        raise Refused(f"The pattern has no group {number}")
    return match.group(number) or ""


def _matches(_: Evaluation, text: str, pattern: str, flags: str | None = None) -> bool:
    try:
        return regex.found_in(_flagged(pattern, flags), text)
    except EvaluationError as error:
        raise Refused(str(error)) from None


def _split(evaluation: Evaluation, text: str, delimiter: str) -> list[str]:
    try:
        pieces = regex.split(delimiter, text)
    except EvaluationError as error:
        raise Refused(str(error)) from None
    evaluation.spend(len(pieces))
    return pieces


def _extract(evaluation: Evaluation, text: str, pattern: str) -> list[str]:
    try:
        found = regex.found_all(pattern, text)
    except EvaluationError as error:
        raise Refused(str(error)) from None
    evaluation.spend(len(found))
    return found


def _flagged(pattern: str, flags: str | None) -> str:
    """An XPath pattern with its flags (``s``, ``m``, ``i``, ``x``) as one of RE2."""
    if not flags:
        return pattern
    if not set(flags) <= set("smix"):
        raise Refused(f"The flags of a pattern are s, m, i and x, not '{flags[:20]}'")
    if "x" in flags:
        pattern = _CLASSES_AND_SPACE.sub(lambda part: part[1] or "", pattern)
    others = "".join(sorted(set(flags) - {"x"}))
    return f"(?{others}){pattern}" if others else pattern


def _join(evaluation: Evaluation, texts: list[Any], delimiter: str | None = None) -> str:
    found = [text for text in texts if text is not None]
    if not all(isinstance(text, str) for text in found):
        raise Refused("Only texts can be joined")
    delimiter = delimiter or ""
    evaluation.spend(len(found))
    evaluation.expect_text(sum(map(len, found)) + len(delimiter) * (len(found) - 1))
    return delimiter.join(found)


def _join_enclosed(evaluation: Evaluation, texts: list[Any], delimiter: str, prefix: str, suffix: str) -> str:
    return evaluation.check_text(prefix + _join(evaluation, texts, delimiter) + suffix)


_STRING = Parameter("string", (str,))
_MATCH = Parameter("match", (str,))
_INPUT = Parameter("input", (str,))
_PATTERN = Parameter("pattern", (str,))
_FLAGS = optional("flags", str)

STRINGS: Mapping[str, tuple[Signature, ...]] = {
    "substring": (
        Signature((_STRING, Parameter("start position", (Decimal,)), optional("length", Decimal)), _substring),
    ),
    "string length": (Signature((_STRING,), lambda _, text: Decimal(len(text))),),
    "upper case": (Signature((_STRING,), lambda _, text: text.upper()),),
    "lower case": (Signature((_STRING,), lambda _, text: text.lower()),),
    "substring before": (Signature((_STRING, _MATCH), _before),),
    "substring after": (Signature((_STRING, _MATCH), _after),),
    "replace": (Signature((_INPUT, _PATTERN, Parameter("replacement", (str,)), _FLAGS), _replace),),
    "contains": (Signature((_STRING, _MATCH), lambda _, text, match: match in text),),
    "starts with": (Signature((_STRING, _MATCH), lambda _, text, match: text.startswith(match)),),
    "ends with": (Signature((_STRING, _MATCH), lambda _, text, match: text.endswith(match)),),
    "matches": (Signature((_INPUT, _PATTERN, _FLAGS), _matches),),
    "split": (Signature((_STRING, Parameter("delimiter", (str,))), _split),),
    "string join": (
        Signature((Parameter("list", (list,)), optional("delimiter", str)), _join),
        Signature(
            (
                Parameter("list", (list,)),
                Parameter("delimiter", (str,)),
                Parameter("prefix", (str,)),
                Parameter("suffix", (str,)),
            ),
            _join_enclosed,
        ),
    ),
    "extract": (Signature((_STRING, _PATTERN), _extract),),
    "trim": (Signature((_STRING,), lambda _, text: text.strip()),),
    "is blank": (Signature((_STRING,), lambda _, text: not text.strip()),),
}
"""The functions by name."""
