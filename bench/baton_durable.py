"""Baton as a contender for durable steps: a process of service tasks with handlers."""

from __future__ import annotations

import itertools
import time
from contextlib import ExitStack

from bench import models
from bench.durable import Done
from bench.hands import Hands, embedded, wait_until_ended
from bench.loop import closed_loop
from engine import Engine
from engine.clock import Clock, system_clock

STARTERS = 16


class Baton:
    """`Engine.open(url)`, and hands that work for it."""

    def __init__(self, name: str, hands: Hands, url: str, at_once: int) -> None:
        self.name = name
        self._resources = ExitStack()
        self._engine = opened(url, models.handled())
        self._resources.callback(self._engine.close)
        self._sees_all = hands is embedded
        self._resources.enter_context(hands(self._engine, url, at_once))

    def run(self, seconds: float) -> Done:
        """Starts by 16 callers while the hands work, and lets these go on until nothing is left."""
        key = models.handled().key
        with self._engine.database.count_statements() as sent:
            begun = time.perf_counter()
            started = closed_loop(itertools.repeat((key,)), self._start, callers=STARTERS, seconds=seconds)
            wait_until_ended(self._engine)
            elapsed = time.perf_counter() - begun
        return Done(len(started.results), elapsed, sent.count if self._sees_all else None)

    def _start(self, key: str) -> int:
        return self._engine.process_instances.start(key=key).id

    def close(self) -> None:
        """Ends the hands, and closes the engine."""
        self._resources.close()


def opened(url: str, *deployed: models.Model, clock: Clock = system_clock) -> Engine:
    """An engine on an empty database, with models."""
    engine = Engine.open(url, clock=clock)
    engine.upgrade()
    for model in deployed:
        engine.deployments.deploy({f"{model.key}.bpmn": model.xml()}, name=model.key)
    return engine
