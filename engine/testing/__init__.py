"""For the tests of those who write models and handlers: an engine in memory that does its jobs when told."""

from __future__ import annotations

from engine.testing.bench import Bench, Stuck

__all__ = ["Bench", "Stuck"]
