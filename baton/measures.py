"""What Prometheus scrapes: counts of this process, and numbers read from the database when asked for.

A process counts what ran in it; the numbers from the database are about all processes, so one server's are enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine import Engine
from engine.services.monitor import Gauges

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_WAITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Counts:
    """Counts the work of this process (`engine.worker.observer.Observer`)."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._waits = Histogram(
            "baton_job_wait_seconds",
            "From when a piece of work could have been done until a runner of this process took it.",
            ["topic"],
            buckets=_WAITS,
            registry=self._registry,
        )
        self._runs = Histogram(
            "baton_handler_seconds",
            "How long handlers ran in this process.",
            ["topic", "outcome"],
            buckets=_WAITS,
            registry=self._registry,
        )
        self._claims = Counter(
            "baton_claims", "Pieces of work that this process took.", ["topic"], registry=self._registry
        )

    def claimed(self, topic: str | None, waited: float) -> None:
        """A job was claimed."""
        self._claims.labels(topic or "").inc()
        self._waits.labels(topic or "").observe(max(waited, 0))

    def ended(self, topic: str, outcome: str, seconds: float) -> None:
        """A handler has ended."""
        self._runs.labels(topic, outcome).observe(seconds)


class Measures(Counts):
    """Counts the work of this process, and reads the rest from the database."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._registry.register(_FromDatabase(engine))

    def text(self) -> bytes:
        """All of it as Prometheus reads it. Raises `engine.Unavailable` when the database cannot be reached."""
        return generate_latest(self._registry)


class _FromDatabase(Collector):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterable[Metric]:
        """Nothing is read from the database for a mere registration."""
        return self._families()

    def collect(self) -> Iterable[Metric]:
        """Read the numbers now."""
        families = jobs, age, incidents, instances = self._families()
        monitor = self._engine.monitor
        found: Gauges = monitor.read()
        for each in found.jobs:
            jobs.add_metric([each.kind, each.topic or "", str(each.state)], each.count)
            if each.waiting_since is not None:
                waited = monitor.age(each.waiting_since).total_seconds()
                age.add_metric([each.kind, each.topic or "", str(each.state)], waited)
        for kind, count in found.incidents.items():
            incidents.add_metric([kind], count)
        for state, count in found.instances.items():
            instances.add_metric([state], count)
        return families

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, ...]:
        of_job = ["kind", "topic", "state"]
        return (
            GaugeMetricFamily("baton_jobs", "Jobs that have not ended.", labels=of_job),
            GaugeMetricFamily(
                "baton_oldest_due_job_seconds", "For how long the oldest job that is due has been so.", labels=of_job
            ),
            GaugeMetricFamily("baton_open_incidents", "Open incidents.", labels=["kind"]),
            GaugeMetricFamily("baton_process_instances", "Process instances that have not ended.", labels=["state"]),
        )
