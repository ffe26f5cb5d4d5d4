"""The process engine: the public facade, the only names that the REST API, the web app and the command line see."""

from __future__ import annotations

from engine.core.commands.modification import Cancel, Instruction, StartAfter, StartBefore, StartTransition
from engine.core.instances import StartedInstance
from engine.core.step import Limits
from engine.engine import Engine
from engine.errors import (
    BadRequest,
    Conflict,
    EngineError,
    ExecutionFailed,
    InvalidInstruction,
    LeaseLost,
    LoopLimit,
    NoFlowSelected,
    NotCorrelated,
    NotFound,
    Suspended,
    Unavailable,
)
from engine.executor import HistoryLevel
from engine.handlers import (
    Backoff,
    BpmnError,
    Handler,
    HandlerRegistry,
    InvalidHandler,
    InvalidInput,
    InvalidResult,
    Job,
    Retry,
    handler,
)
from engine.scripting import ScriptPool
from engine.services.batches import BatchSettings
from engine.services.deployments import Deployed
from engine.store.errors import SchemaMismatch, StoreError
from engine.store.invariants import Violation

__all__ = [
    "Backoff",
    "BadRequest",
    "BatchSettings",
    "BpmnError",
    "Cancel",
    "Conflict",
    "Deployed",
    "Engine",
    "EngineError",
    "ExecutionFailed",
    "Handler",
    "HandlerRegistry",
    "HistoryLevel",
    "Instruction",
    "InvalidHandler",
    "InvalidInput",
    "InvalidInstruction",
    "InvalidResult",
    "Job",
    "LeaseLost",
    "Limits",
    "LoopLimit",
    "NoFlowSelected",
    "NotCorrelated",
    "NotFound",
    "Retry",
    "SchemaMismatch",
    "ScriptPool",
    "StartAfter",
    "StartBefore",
    "StartTransition",
    "StartedInstance",
    "StoreError",
    "Suspended",
    "Unavailable",
    "Violation",
    "handler",
]
