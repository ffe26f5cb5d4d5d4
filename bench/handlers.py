"""The functions that are run durably: the steps of W4, and one that tells when it began."""

from __future__ import annotations

import time

from bench.models import STEPS, TELL, topic
from engine import handler


def _register(number: int) -> None:
    @handler(topic(number))
    def step() -> dict[str, int]:
        return {"step": number}


@handler(TELL)
def tell() -> dict[str, float]:
    """When it began, by the clock that all processes here share, in seconds."""
    return {"began": time.time()}


for each in range(STEPS):
    _register(each)
