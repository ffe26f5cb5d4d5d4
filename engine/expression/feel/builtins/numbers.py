"""The builtins of numbers (DMN 1.5, 10.3.4.5)."""

import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal

from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.functions import Parameter, Signature
from engine.expression.feel.temporal import DaysDuration, MonthsDuration
from engine.expression.feel.values import NUMBERS, Value, whole

__all__ = ["NUMBERS_BUILTINS", "rounded"]

_MODES = {
    "UP": decimal.ROUND_UP,
    "DOWN": decimal.ROUND_DOWN,
    "CEILING": decimal.ROUND_CEILING,
    "FLOOR": decimal.ROUND_FLOOR,
    "HALF_UP": decimal.ROUND_HALF_UP,
    "HALF_DOWN": decimal.ROUND_HALF_DOWN,
    "HALF_EVEN": decimal.ROUND_HALF_EVEN,
}
_WIDE = decimal.Context(prec=6400, Emin=-99_999, Emax=99_999)
_LOWEST_SCALE, _HIGHEST_SCALE = -6111, 6176


def rounded(value: Decimal, scale: Decimal, mode: str) -> Decimal:
    """A number with so many decimals. Raises Refused."""
    digits = whole(scale)
    if not _LOWEST_SCALE <= digits <= _HIGHEST_SCALE:
        raise Refused(f"A scale of {digits} is out of range")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= digits:
        return value
    return value.quantize(Decimal(1).scaleb(-digits), rounding=mode, context=_WIDE)


def _rounding(mode: str) -> Callable[..., Decimal]:
    return lambda _, value, scale=Decimal(0): rounded(value, scale, mode)


def _decimal(_: Evaluation, value: Decimal, scale: Decimal, mode: str = "HALF_EVEN") -> Decimal:
    name = mode.upper()
    if name == "UNNECESSARY":
        result = rounded(value, scale, decimal.ROUND_DOWN)
        if result != value:
            raise Refused("The number would have to be rounded")
        return result
    if name not in _MODES:
        raise Refused(f"'{mode[:20]}' is no way of rounding")
    return rounded(value, scale, _MODES[name])


def _absolute(_: Evaluation, value: Value) -> Value:
    if isinstance(value, DaysDuration):
        return DaysDuration(abs(value.nanoseconds))
    if isinstance(value, MonthsDuration):
        return MonthsDuration(abs(value.months))
    return NUMBERS.abs(value)


def _modulo(_: Evaluation, dividend: Decimal, divisor: Decimal) -> Decimal:
    """What is left of a division; it has the sign of the divisor."""
    if divisor == 0:
        raise Refused("A number is divided by zero")
    try:
        rest = _WIDE.remainder(dividend, divisor)
    except decimal.DecimalException:
        raise Refused("The numbers are too far apart") from None
    if rest != 0 and (rest < 0) != (divisor < 0):
        rest = _WIDE.add(rest, divisor)
    return NUMBERS.plus(rest)


def _computed(compute: Callable[[Decimal], Decimal]) -> Callable[[Evaluation, Decimal], Decimal]:
    def run(_: Evaluation, value: Decimal) -> Decimal:
        try:
            return compute(value)
        except decimal.DecimalException as error:
            raise Refused(f"The number cannot be computed: {type(error).__name__}") from None

    return run


def _log(value: Decimal) -> Decimal:
    if value <= 0:
        raise Refused("Only positive numbers have a logarithm")
    return NUMBERS.ln(value)


def _is_rest(rest: int) -> Callable[[Evaluation, Decimal], bool]:
    return lambda _, value: abs(_WIDE.remainder(value, Decimal(2))) == rest


_N = Parameter("n", (Decimal,))
_SCALE = Parameter("scale", (Decimal,))
_NUMBER = Parameter("number", (Decimal,))


def _scalable(mode: str) -> tuple[Signature, ...]:
    return (Signature((_N,), _rounding(mode)), Signature((_N, _SCALE), _rounding(mode)))


def _scaled(mode: str) -> tuple[Signature, ...]:
    return (Signature((_N, _SCALE), _rounding(mode)),)


NUMBERS_BUILTINS: Mapping[str, tuple[Signature, ...]] = {
    "decimal": (
        Signature((_N, _SCALE), _decimal),
        Signature((_N, _SCALE, Parameter("mode", (str,))), _decimal),
    ),
    "floor": _scalable(decimal.ROUND_FLOOR),
    "ceiling": _scalable(decimal.ROUND_CEILING),
    "round up": _scaled(decimal.ROUND_UP),
    "round down": _scaled(decimal.ROUND_DOWN),
    "round half up": _scaled(decimal.ROUND_HALF_UP),
    "round half down": _scaled(decimal.ROUND_HALF_DOWN),
    "abs": (Signature((Parameter("n", (Decimal, DaysDuration, MonthsDuration)),), _absolute),),
    "modulo": (Signature((Parameter("dividend", (Decimal,)), Parameter("divisor", (Decimal,))), _modulo),),
    "sqrt": (Signature((_NUMBER,), _computed(NUMBERS.sqrt)),),
    "log": (Signature((_NUMBER,), _computed(_log)),),
    "exp": (Signature((_NUMBER,), _computed(NUMBERS.exp)),),
    "odd": (Signature((_NUMBER,), _is_rest(1)),),
    "even": (Signature((_NUMBER,), _is_rest(0)),),
}
"""The functions by name."""
