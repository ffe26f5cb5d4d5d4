"""Migration of process instances over REST (Camunda manual, REST API, "Migration")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from typing_extensions import TypedDict

from api.chosen import GivenQuery, given_ids, matching
from api.errors import Answer, Refused, refuse
from api.identity import current_user
from api.named import definition_id
from api.routing import Body, Routes
from api.shapes import (
    Batch,
    GivenValues,
    Value,
    Values,
    activity_instance_id,
    read_values,
    show_batch,
    show_values,
)
from engine import CannotMigrate, Engine, InstructionReport, InvalidPlan, MigrationInstruction, MigrationPlan
from engine.distinct import distinct
from engine.errors import NotFound
from engine.services.queries import HISTORIC_PROCESS_INSTANCES, PROCESS_INSTANCES
from engine.values import InvalidValue, from_rest

MIGRATION = Routes("Migration")

GONE: Mapping[type[Exception], Answer] = {NotFound: Answer(500, "ProcessEngineException", 0)}
"""How Camunda tells that there is no such process instance."""


# ---------------------------------------------------------------- shapes


class Instruction(TypedDict):
    """Which activity becomes which; there is exactly one of both."""

    sourceActivityIds: list[str]
    targetActivityIds: list[str]
    updateEventTrigger: bool


class Plan(TypedDict):
    """A migration plan."""

    sourceProcessDefinitionId: str
    targetProcessDefinitionId: str
    instructions: list[Instruction]
    variables: Values | None


class FailedInstruction(TypedDict):
    """An instruction with what is wrong with it."""

    instruction: Instruction
    failures: list[str]


class FailedVariable(Value):
    """A variable with what is wrong with it."""

    failures: list[str]


class PlanReport(TypedDict):
    """What is wrong with a plan; both are empty for one that can be executed."""

    instructionReports: list[FailedInstruction]
    variableReports: dict[str, FailedVariable]


class ActivityInstanceReport(TypedDict):
    """What is wrong with an activity instance."""

    migrationInstruction: Instruction | None
    activityInstanceId: str
    sourceScopeId: str
    failures: list[str]


class TransitionInstanceReport(TypedDict):
    """What is wrong with a token that waits for a job."""

    migrationInstruction: Instruction | None
    transitionInstanceId: str
    sourceScopeId: str
    failures: list[str]


class InstanceReport(TypedDict):
    """What is wrong with a process instance."""

    processInstanceId: str
    failures: list[str]
    activityInstanceValidationReports: list[ActivityInstanceReport]
    transitionInstanceValidationReports: list[TransitionInstanceReport]


class GivenPair(Body):
    """Which activity becomes which."""

    source_activity_ids: list[str] | None = None
    target_activity_ids: list[str] | None = None
    update_event_trigger: bool = False


class GivenPlan(Body):
    """A migration plan as clients give it."""

    source_process_definition_id: str | None = None
    target_process_definition_id: str | None = None
    instructions: list[GivenPair] | None = None
    variables: GivenValues | None = None


class Generation(Body):
    """What a plan is to be made for."""

    source_process_definition_id: str | None = None
    target_process_definition_id: str | None = None
    update_event_triggers: bool = False
    variables: GivenValues | None = None


class Execution(Body):
    """A plan, and the process instances that are migrated by it."""

    migration_plan: GivenPlan | None = None
    process_instance_ids: list[str] | None = None
    process_instance_query: GivenQuery | None = None
    historic_process_instance_query: GivenQuery | None = None
    skip_custom_listeners: bool = False
    skip_io_mappings: bool = False


def _show_instruction(instruction: MigrationInstruction) -> Instruction:
    return {
        "sourceActivityIds": [instruction.source],
        "targetActivityIds": [instruction.target],
        "updateEventTrigger": instruction.update_event_trigger,
    }


def _show_report(reports: Iterable[InstructionReport], variables: dict[str, FailedVariable]) -> PlanReport:
    return {
        "instructionReports": [
            {"instruction": _show_instruction(each.instruction), "failures": list(each.failures)} for each in reports
        ],
        "variableReports": variables,
    }


def _show_instance_report(error: CannotMigrate) -> InstanceReport:
    report = error.report
    shown: InstanceReport = {
        "processInstanceId": str(report.process_instance_id),
        "failures": [],
        "activityInstanceValidationReports": [],
        "transitionInstanceValidationReports": [],
    }
    for each in report.elements:
        instruction = None if each.instruction is None else _show_instruction(each.instruction)
        if each.transition:
            shown["transitionInstanceValidationReports"].append(
                {
                    "migrationInstruction": instruction,
                    "transitionInstanceId": str(each.element_instance_id),
                    "sourceScopeId": each.element_id or report.definition_reference,
                    "failures": list(each.failures),
                }
            )
        else:
            shown["activityInstanceValidationReports"].append(
                {
                    "migrationInstruction": instruction,
                    "activityInstanceId": str(each.element_instance_id)
                    if each.element_id is None
                    else activity_instance_id(each.element_id, each.element_instance_id),
                    "sourceScopeId": each.element_id or report.definition_reference,
                    "failures": list(each.failures),
                }
            )
    return shown


# ---------------------------------------------------------------- reading


def _ends(engine: Engine, source: str | None, target: str | None) -> tuple[int, int]:
    return (
        definition_id(engine, source, "Source process definition"),
        definition_id(engine, target, "Target process definition"),
    )


def _read_plan(engine: Engine, given: GivenPlan) -> MigrationPlan:
    """The plan without its variables. Raises Refused."""
    source, target = _ends(engine, given.source_process_definition_id, given.target_process_definition_id)
    return MigrationPlan(source, target, tuple(_read_pair(each) for each in given.instructions or ()))


def _read_pair(given: GivenPair) -> MigrationInstruction:
    sources, targets = given.source_activity_ids or [], given.target_activity_ids or []
    if len(sources) != 1 or len(targets) != 1:
        raise refuse("An instruction must have exactly one of sourceActivityIds, and exactly one of targetActivityIds")
    return MigrationInstruction(sources[0], targets[0], given.update_event_trigger)


def _wrong_variables(given: GivenValues | None) -> dict[str, FailedVariable]:
    """The variables that cannot be read, and why."""
    wrong: dict[str, FailedVariable] = {}
    for name, each in (given or {}).items():
        shown = {"value": each.value, "type": each.type, "valueInfo": each.value_info}
        try:
            from_rest(shown)
        except InvalidValue as error:
            wrong[name] = {
                "value": each.value,
                "type": each.type or "",
                "valueInfo": each.value_info or {},
                "failures": [str(error)],
            }
    return wrong


def whole_plan(engine: Engine, given: GivenPlan | None) -> MigrationPlan:
    """The plan with its variables, to be executed. Raises Refused with the report on what is wrong with these."""
    if given is None:
        raise refuse("migrationPlan is null")
    plan = _read_plan(engine, given)
    if wrong := _wrong_variables(given.variables):
        report = _show_report(engine.migrations.validate(plan), wrong)
        raise _invalid(f"The migration plan is not valid: {', '.join(wrong)} cannot be set", report)
    return MigrationPlan(plan.source_id, plan.target_id, plan.instructions, read_values(given.variables))


def _invalid(message: str, report: PlanReport) -> Refused:
    return refuse(message, type="MigrationPlanValidationException", code=0, more={"validationReport": report})


@contextmanager
def reported() -> Iterator[None]:
    """What is wrong with a plan or an instance is answered with a report on it."""
    try:
        yield
    except InvalidPlan as error:
        raise _invalid(str(error), _show_report(error.reports, {})) from None
    except CannotMigrate as error:
        raise refuse(
            str(error),
            type="MigratingProcessInstanceValidationException",
            code=0,
            more={"validationReport": _show_instance_report(error)},
        ) from None


def meant(engine: Engine, body: Execution) -> Sequence[int]:
    """The ids of the instances that are named or found, each once. Raises Refused, InvalidQuery."""
    found = given_ids(body.process_instance_ids)
    found += matching(engine, PROCESS_INSTANCES, body.process_instance_query)
    found += matching(engine, HISTORIC_PROCESS_INSTANCES, body.historic_process_instance_query)
    return distinct(found)


# ---------------------------------------------------------------- routes


@MIGRATION.post("/migration/generate", "Generate a migration plan", changes=False)
def generate_migration_plan(engine: Engine, body: Generation) -> Plan:
    source, target = _ends(engine, body.source_process_definition_id, body.target_process_definition_id)
    values = None if body.variables is None else read_values(body.variables)
    plan = engine.migrations.generate(source, target, update_event_triggers=body.update_event_triggers)
    return {
        "sourceProcessDefinitionId": body.source_process_definition_id or "",
        "targetProcessDefinitionId": body.target_process_definition_id or "",
        "instructions": [_show_instruction(each) for each in plan.instructions],
        "variables": None if values is None else show_values(values, deserialize=False),
    }


@MIGRATION.post("/migration/validate", "Say what is wrong with a migration plan", changes=False)
def validate_migration_plan(engine: Engine, body: GivenPlan) -> PlanReport:
    return _show_report(engine.migrations.validate(_read_plan(engine, body)), _wrong_variables(body.variables))


@MIGRATION.post("/migration/execute", "Migrate process instances, all of them or none", fails=GONE)
def execute_migration_plan(engine: Engine, body: Execution) -> None:
    plan = whole_plan(engine, body.migration_plan)
    with reported():
        engine.migrations.execute(
            plan,
            meant(engine, body),
            skip_listeners=body.skip_custom_listeners,
            skip_io_mappings=body.skip_io_mappings,
            user=current_user(),
        )


@MIGRATION.post("/migration/executeAsync", "Migrate process instances, as a batch")
def execute_migration_plan_by_and_by(engine: Engine, body: Execution) -> Batch:
    plan = whole_plan(engine, body.migration_plan)
    with reported():
        id = engine.migrations.start_batch(
            plan,
            meant(engine, body),
            skip_listeners=body.skip_custom_listeners,
            skip_io_mappings=body.skip_io_mappings,
            user=current_user(),
        )
    return show_batch(engine.queries.batches.get(id))
