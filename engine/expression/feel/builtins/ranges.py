"""The builtins that say how points and ranges lie to each other (DMN 1.5, 10.3.4.8 and table 78)."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from engine.expression.contract import ExpressionSyntaxError
from engine.expression.feel.comparison import compare, contains
from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.functions import Parameter, Signature
from engine.expression.feel.lexer import tokenize
from engine.expression.feel.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from engine.expression.feel.temporal_text import parse_date, parse_date_time, parse_duration, parse_temporal, parse_time
from engine.expression.feel.values import NUMBERS, Range, Value
from engine.expression.tokens import Token

__all__ = ["RANGES"]

_POINTS = (Decimal, str, Date, Time, DateTime, DaysDuration, MonthsDuration)
_Relation = Callable[[Value, Value], bool]


def _start(range_: Range) -> Value:
    if range_.start is None:
        raise Refused("The range has no start")
    return range_.start


def _end(range_: Range) -> Value:
    if range_.end is None:
        raise Refused("The range has no end")
    return range_.end


def _starts(left: Range, right: Range) -> int:
    return compare(_start(left), _start(right))


def _ends(left: Range, right: Range) -> int:
    return compare(_end(left), _end(right))


def _before(left: Value, right: Value) -> bool:
    if isinstance(left, Range) and isinstance(right, Range):
        order = compare(_end(left), _start(right))
        return order < 0 or (order == 0 and not (left.end_included and right.start_included))
    if isinstance(left, Range):
        order = compare(_end(left), right)
        return order < 0 or (order == 0 and not left.end_included)
    if isinstance(right, Range):
        order = compare(left, _start(right))
        return order < 0 or (order == 0 and not right.start_included)
    return compare(left, right) < 0


def _meets(left: Range, right: Range) -> bool:
    return left.end_included and right.start_included and compare(_end(left), _start(right)) == 0


def _reaches(left: Range, right: Range) -> bool:
    """Whether the one goes on at least until the other has begun."""
    order = compare(_end(left), _start(right))
    return order > 0 or (order == 0 and left.end_included and right.start_included)


def _overlaps(left: Range, right: Range) -> bool:
    return _reaches(left, right) and _reaches(right, left)


def _overlaps_before(left: Range, right: Range) -> bool:
    starts, ends = _starts(left, right), _ends(left, right)
    return (
        (starts < 0 or (starts == 0 and left.start_included and not right.start_included))
        and _reaches(left, right)
        and (ends < 0 or (ends == 0 and (not left.end_included or right.end_included)))
    )


def _overlaps_after(left: Range, right: Range) -> bool:
    starts, ends = _starts(right, left), _ends(right, left)
    return (
        (starts < 0 or (starts == 0 and right.start_included and not left.start_included))
        and _reaches(right, left)
        and (ends < 0 or (ends == 0 and (not right.end_included or left.end_included)))
    )


def _finishes(left: Value, right: Range) -> bool:
    if not isinstance(left, Range):
        return right.end_included and compare(left, _end(right)) == 0
    starts = _starts(left, right)
    return (
        left.end_included == right.end_included
        and _ends(left, right) == 0
        and (starts > 0 or (starts == 0 and (not left.start_included or right.start_included)))
    )


def _includes(left: Range, right: Value) -> bool:
    if not isinstance(right, Range):
        return contains(left, right)
    starts, ends = _starts(left, right), _ends(left, right)
    return (starts < 0 or (starts == 0 and (left.start_included or not right.start_included))) and (
        ends > 0 or (ends == 0 and (left.end_included or not right.end_included))
    )


def _begins(left: Value, right: Range) -> bool:
    if not isinstance(left, Range):
        return right.start_included and compare(left, _start(right)) == 0
    ends = _ends(left, right)
    return (
        left.start_included == right.start_included
        and _starts(left, right) == 0
        and (ends < 0 or (ends == 0 and (not left.end_included or right.end_included)))
    )


def _coincides(left: Value, right: Value) -> bool:
    if not isinstance(left, Range):
        return compare(left, right) == 0
    included = (left.start_included, left.end_included) == (right.start_included, right.end_included)
    return included and _starts(left, right) == 0 and _ends(left, right) == 0


def _range_of_text(_: Evaluation, text: str) -> Range:
    """A range from its text: both endpoints are literals, and in order (DMN 1.5, table 72)."""
    try:
        begin, *middle, closing = tokenize(text)[:-1]
        between = [(token.kind, token.text) for token in middle].index(("operator", ".."))
    except (ExpressionSyntaxError, ValueError):
        raise Refused(f"'{text[:80]}' is no range") from None
    if begin.text not in ("[", "(", "]") or closing.text not in ("]", ")", "["):
        raise Refused(f"'{text[:80]}' is no range")
    start, end = _literal(middle[:between]), _literal(middle[between + 1 :])
    if compare(start, end) > 0:
        raise Refused("A range ends after its start")
    return Range(start, end, begin.text == "[", closing.text == "]")


def _literal(tokens: list[Token]) -> Value:
    kinds = [token.text if token.kind == "operator" else token.kind for token in tokens]
    if kinds == ["number"]:
        return NUMBERS.create_decimal(tokens[0].text)
    if kinds == ["-", "number"]:
        return NUMBERS.create_decimal("-" + tokens[1].text)
    if kinds == ["string"]:
        return tokens[0].text
    if kinds == ["@", "string"]:
        return parse_temporal(tokens[1].text)
    reader = _READERS.get(" ".join(token.text for token in tokens[:-3]))
    if reader is None or kinds[-3:] != ["(", "string", ")"]:
        raise Refused("The endpoints of a range are literals")
    return reader(tokens[-2].text)


_READERS: Mapping[str, Callable[[str], Value]] = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_time,
    "duration": parse_duration,
}


def _point(name: str = "point") -> Parameter:
    return Parameter(name, _POINTS)


def _range(name: str = "range") -> Parameter:
    return Parameter(name, (Range,))


_TWO_POINTS = (_point("point1"), _point("point2"))
_TWO_RANGES = (_range("range1"), _range("range2"))
_POINT_AND_RANGE = (_point(), _range())
_RANGE_AND_POINT = (_range(), _point())


def _signatures(relation: _Relation, *forms: tuple[Parameter, ...], mirrored: bool = False) -> tuple[Signature, ...]:
    """A relation for these forms of arguments; a mirrored one holds when it holds the other way round."""

    def run(_: Evaluation, left: Value, right: Value) -> bool:
        return relation(right, left) if mirrored else relation(left, right)

    return tuple(Signature(form, run) for form in forms)


_ALL = (_TWO_POINTS, _POINT_AND_RANGE, _RANGE_AND_POINT, _TWO_RANGES)

RANGES: Mapping[str, tuple[Signature, ...]] = {
    "range": (Signature((Parameter("from", (str,)),), _range_of_text),),
    "before": _signatures(_before, *_ALL),
    "after": _signatures(_before, *_ALL, mirrored=True),
    "meets": _signatures(_meets, _TWO_RANGES),
    "met by": _signatures(_meets, _TWO_RANGES, mirrored=True),
    "overlaps": _signatures(_overlaps, _TWO_RANGES),
    "overlaps before": _signatures(_overlaps_before, _TWO_RANGES),
    "overlaps after": _signatures(_overlaps_after, _TWO_RANGES),
    "finishes": _signatures(_finishes, _POINT_AND_RANGE, _TWO_RANGES),
    "finished by": _signatures(_finishes, _RANGE_AND_POINT, _TWO_RANGES, mirrored=True),
    "includes": _signatures(_includes, _RANGE_AND_POINT, _TWO_RANGES),
    "during": _signatures(_includes, _POINT_AND_RANGE, _TWO_RANGES, mirrored=True),
    "starts": _signatures(_begins, _POINT_AND_RANGE, _TWO_RANGES),
    "started by": _signatures(_begins, _RANGE_AND_POINT, _TWO_RANGES, mirrored=True),
    "coincides": _signatures(_coincides, _TWO_POINTS, _TWO_RANGES),
}
"""The functions by name."""
