"""Camunda's builtins that give something else each time: made of an id that nothing else has, for lack of chance.

The same step done again gives the same, so that evaluating stays pure; these values are no secrets.
"""

import hashlib
import uuid
from collections.abc import Mapping
from decimal import Decimal

from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.functions import Signature

__all__ = ["CHANCE"]

_DIGITS = 10**16


def _uuid(evaluation: Evaluation) -> str:
    return str(uuid.UUID(bytes=_digest(evaluation)[:16], version=4))


def _random_number(evaluation: Evaluation) -> Decimal:
    """A number from 0, and less than 1."""
    return Decimal(int.from_bytes(_digest(evaluation)) % _DIGITS) / _DIGITS


def _digest(evaluation: Evaluation) -> bytes:
    if evaluation.ids is None:
        raise Refused("There is nothing here that differs each time")
    return hashlib.sha256(f"{evaluation.now} {evaluation.ids()}".encode()).digest()


CHANCE: Mapping[str, tuple[Signature, ...]] = {
    "uuid": (Signature((), _uuid),),
    "random number": (Signature((), _random_number),),
}
"""The functions by name."""
