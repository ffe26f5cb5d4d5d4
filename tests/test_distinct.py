"""Many ids, each once, in little memory."""

from __future__ import annotations

import pytest

from engine.distinct import distinct


@pytest.mark.parametrize(
    ("given", "wanted"),
    [([], []), ([1, 2, 3], [1, 2, 3]), ([3, 1, 3, 2, 1], [3, 1, 2]), ([1, 1], [1]), ([-1, -2, -1], [-1, -2])],
)
def test_each_id_comes_once_and_in_order(given: list[int], wanted: list[int]) -> None:
    assert list(distinct(given)) == wanted


def test_an_id_takes_eight_bytes() -> None:
    assert distinct(range(1_000_000)).itemsize == 8
