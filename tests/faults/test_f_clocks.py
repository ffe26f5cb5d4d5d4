"""Clocks that are wrong, or are put right (F23): what is due comes once, and whoever lost its clock loses no work.

Daylight saving and leap days are a matter of `engine.timers`, whose tests have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from engine import Engine
from tests.faults.test_races import at_once
from tests.worker.models import deploy, ends, run, sequence

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR, LEASE = timedelta(hours=1), timedelta(minutes=5)
HALF_AN_HOUR = "<timerEventDefinition><timeDuration>PT30M</timeDuration></timerEventDefinition>"
WAITING = sequence(f'<intermediateCatchEvent id="wait">{HALF_AN_HOUR}</intermediateCatchEvent>')
REMINDED = (
    sequence('<userTask id="work"/>')
    + '<boundaryEvent id="again" attachedToRef="work" cancelActivity="false"><timerEventDefinition>'
    "<timeCycle>R3/PT30M</timeCycle></timerEventDefinition></boundaryEvent>"
    '<endEvent id="reminded"/><sequenceFlow id="r" sourceRef="again" targetRef="reminded"/>'
)


class Node:
    """An engine with a clock of its own, which takes what it thinks is due."""

    def __init__(self, url: str, name: str) -> None:
        self.name, self.now = name, NOON
        self.found = 0
        self.engine = Engine.open(url, clock=lambda: self.now)

    def claim(self) -> Sequence[int]:
        """Claim what is due; the ids."""
        self.claimed = self.engine.jobs.claim(self.name, lease=LEASE, limit=10)
        self.found += len(self.claimed)
        return [claim.id for claim in self.claimed]

    def work(self) -> int:
        """Do what is due; how much that was."""
        self.claim()
        for outcome in self.engine.jobs.execute_claimed(self.claimed):
            outcome.get()
        return len(self.claimed)


@pytest.fixture
def nodes(database_url: str) -> Iterator[tuple[Node, Node]]:
    one, two = Node(database_url, "one"), Node(database_url, "two")
    one.engine.upgrade()
    yield one, two
    for node in (one, two):
        node.engine.close()


def test_what_comes_due_when_a_clock_jumps_forward_comes_once(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    deploy(one.engine, WAITING)
    instances = [run(one.engine) for _ in range(3)]
    assert one.work() == two.work() == 0
    two.now += HOUR
    assert (one.work(), two.work(), two.work()) == (0, 3, 0)
    one.now += HOUR
    assert one.work() == 0
    assert [ends(one.engine, instance) for instance in instances] == [["end"]] * 3
    assert one.engine.check() == []


def test_nothing_comes_again_when_a_clock_is_put_back(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    deploy(one.engine, REMINDED)
    instance = run(one.engine)
    for node in nodes:
        node.now += HOUR / 2
    assert one.work() == 1
    for node in nodes:
        node.now -= HOUR
    assert one.work() == two.work() == 0
    for _ in range(10):
        for node in nodes:
            node.now += HOUR / 2
        one.work()
        two.work()
    assert ends(one.engine, instance) == ["reminded"] * 3, "a cycle keeps its count"
    assert one.engine.check() == []


def test_two_clocks_half_a_minute_apart_share_the_work(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    deploy(one.engine, WAITING)
    two.now += timedelta(seconds=30)
    for count in range(1, 11):
        instance = run(one.engine)
        for node in nodes:
            node.now += HOUR / 2 + timedelta(seconds=1)
        assert at_once([node.work for node in nodes]) == [None, None]
        assert one.found + two.found == count
        assert ends(one.engine, instance) == ["end"]
    assert one.engine.check() == []


@pytest.mark.parametrize("apart", [timedelta(seconds=30), timedelta(seconds=-30)], ids=["ahead", "behind"])
def test_a_lease_of_a_node_that_died_ends_by_the_clock_of_another(nodes: tuple[Node, Node], apart: timedelta) -> None:
    one, two = nodes
    deploy(one.engine, WAITING)
    instance = run(one.engine)
    one.now += HOUR
    two.now += HOUR + apart
    assert len(one.claim()) == 1
    assert two.work() == 0
    two.now += LEASE - apart
    assert two.work() == 1
    late = one.engine.jobs.execute_claimed(one.claimed)
    assert [outcome.error is None for outcome in late] == [False], "its result comes too late, and is told so"
    assert ends(one.engine, instance) == ["end"]
    assert one.engine.check() == []


def test_a_job_that_both_think_is_theirs_is_done_once(nodes: tuple[Node, Node]) -> None:
    """The one that is an hour ahead takes what the other has just begun with."""
    one, two = nodes
    deploy(one.engine, WAITING)
    instance = run(one.engine)
    one.now += HOUR
    two.now += 2 * HOUR
    assert one.claim() == two.claim()
    outcomes = [node.engine.jobs.execute_claimed(node.claimed)[0].error is None for node in nodes]
    assert outcomes == [False, True]
    assert ends(one.engine, instance) == ["end"]
    assert one.engine.check() == []
