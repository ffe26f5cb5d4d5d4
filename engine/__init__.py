"""The process engine: the public facade, the only names that the REST API, the web app and the command line see."""

from __future__ import annotations

from engine.authorization import SYSTEM, Actor, NotAuthorized
from engine.core.commands.modification import Cancel, Instruction, Start, StartAfter, StartBefore, StartTransition
from engine.core.instances import StartedInstance
from engine.core.migration.instance import CannotMigrate, InstanceReport
from engine.core.migration.plan import MigrationInstruction, MigrationPlan
from engine.core.migration.rules import InstructionReport, InvalidPlan
from engine.core.step import Activation, Limits
from engine.decision import DecisionFailed, Evaluation
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
    AdHocResult,
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
from engine.services.credentials import CredentialSettings
from engine.services.deployments import Deployed
from engine.services.forks import ForkPlan
from engine.services.modification import ModificationPlan
from engine.services.passwords import PASSWORD_POLICIES, Hashing
from engine.services.restart import RestartPlan
from engine.services.retention import Keeping, Removal, RemovalStrategy, RetentionSettings, Window
from engine.store.errors import SchemaMismatch, StoreError
from engine.store.invariants import Violation

__all__ = [
    "PASSWORD_POLICIES",
    "SYSTEM",
    "Activation",
    "Actor",
    "AdHocResult",
    "Backoff",
    "BadRequest",
    "BatchSettings",
    "BpmnError",
    "Cancel",
    "CannotMigrate",
    "Conflict",
    "CredentialSettings",
    "DecisionFailed",
    "Deployed",
    "Engine",
    "EngineError",
    "Evaluation",
    "ExecutionFailed",
    "ForkPlan",
    "Handler",
    "HandlerRegistry",
    "Hashing",
    "HistoryLevel",
    "InstanceReport",
    "Instruction",
    "InstructionReport",
    "InvalidHandler",
    "InvalidInput",
    "InvalidInstruction",
    "InvalidPlan",
    "InvalidResult",
    "Job",
    "Keeping",
    "LeaseLost",
    "Limits",
    "LoopLimit",
    "MigrationInstruction",
    "MigrationPlan",
    "ModificationPlan",
    "NoFlowSelected",
    "NotAuthorized",
    "NotCorrelated",
    "NotFound",
    "Removal",
    "RemovalStrategy",
    "RestartPlan",
    "RetentionSettings",
    "Retry",
    "SchemaMismatch",
    "ScriptPool",
    "Start",
    "StartAfter",
    "StartBefore",
    "StartTransition",
    "StartedInstance",
    "StoreError",
    "Suspended",
    "Unavailable",
    "Violation",
    "Window",
    "handler",
]
