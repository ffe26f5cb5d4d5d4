"""The process engine: the public facade, the only names that the REST API, the web app and the command line see."""

from __future__ import annotations

from engine.core.commands.instances import StartedInstance
from engine.core.step import Limits
from engine.engine import Engine
from engine.errors import (
    BadRequest,
    Conflict,
    EngineError,
    ExecutionFailed,
    LoopLimit,
    NoFlowSelected,
    NotFound,
    Suspended,
    Unavailable,
)
from engine.executor import HistoryLevel
from engine.services.deployments import Deployed
from engine.store.errors import SchemaMismatch, StoreError
from engine.store.invariants import Violation

__all__ = [
    "BadRequest",
    "Conflict",
    "Deployed",
    "Engine",
    "EngineError",
    "ExecutionFailed",
    "HistoryLevel",
    "Limits",
    "LoopLimit",
    "NoFlowSelected",
    "NotFound",
    "SchemaMismatch",
    "StartedInstance",
    "StoreError",
    "Suspended",
    "Unavailable",
    "Violation",
]
