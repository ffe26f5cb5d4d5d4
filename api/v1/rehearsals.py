"""What modifications and migrations would do, before they are done: they are done, and undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from typing_extensions import TypedDict

from api.errors import INVALID_REQUEST, Answer
from api.identity import current_user
from api.instructions import read_instructions
from api.resources.migration import Execution, meant, reported, whole_plan
from api.resources.process_instances import Modification
from api.routing import Routes, ThingId
from api.shapes import show_id
from engine import CannotMigrate, Engine
from engine.errors import NotFound

REHEARSALS = Routes("Rehearsal")

InstanceId = Annotated[int, ThingId("process instance")]

MOST_CHECKED = 100
"""So many instances are tried at most: they are locked meanwhile."""
MISSING: Mapping[type[Exception], Answer] = {NotFound: Answer(404, INVALID_REQUEST)}


class ElementPreview(TypedDict):
    """What would happen at an element: how many visits would begin and stay, begin and end, go on to their end, and be
    cancelled."""

    id: str
    arriving: int
    passing: int
    completing: int
    cancelling: int


class ModificationPreview(TypedDict):
    """What a modification would do; `ends`: nothing of the instance would be left."""

    elements: list[ElementPreview]
    ends: bool


@REHEARSALS.post(
    "/process-instance/{id}/modification/preview",
    "Tell what a modification of a process instance would do",
    fails=MISSING,
    changes=False,
)
def preview_modification(engine: Engine, id: InstanceId, body: Modification) -> ModificationPreview:
    """What the modification itself would answer if it failed is answered here too."""
    found = engine.modifications.preview(
        id,
        read_instructions(body.instructions or []),
        skip_listeners=body.skip_custom_listeners,
        skip_io_mappings=body.skip_io_mappings,
        user=current_user(),
    )
    return {
        "elements": [
            {
                "id": each.element_id,
                "arriving": each.arriving,
                "passing": each.passing,
                "completing": each.completing,
                "cancelling": each.cancelling,
            }
            for each in found.elements
        ],
        "ends": found.ends,
    }


class ElementRefusal(TypedDict):
    """What speaks against a migration at one element; `activityId` is null for what is about the whole instance."""

    activityId: str | None
    failures: list[str]


class InstanceRefusal(TypedDict):
    """Why an instance would not be migrated."""

    processInstanceId: str | None
    failures: list[ElementRefusal]


class MigrationCheck(TypedDict):
    """How many instances were tried of how many that are meant, and those of them that would not be migrated."""

    checked: int
    total: int
    refused: list[InstanceRefusal]


@REHEARSALS.post(
    "/migration/check", "Tell which instances a migration plan would not migrate, and why", fails=MISSING, changes=False
)
def check_migration(engine: Engine, body: Execution) -> MigrationCheck:
    """At most 100 of them are tried, the oldest first."""
    plan = whole_plan(engine, body.migration_plan)
    ids = meant(engine, body)
    tried = ids[:MOST_CHECKED]
    with reported():
        problems = engine.migrations.check(
            plan,
            tried,
            skip_listeners=body.skip_custom_listeners,
            skip_io_mappings=body.skip_io_mappings,
            user=current_user(),
        )
    return {
        "checked": len(tried),
        "total": len(ids),
        "refused": [{"processInstanceId": show_id(id), "failures": _failures(why)} for id, why in problems.items()],
    }


def _failures(problem: Exception) -> list[ElementRefusal]:
    if not isinstance(problem, CannotMigrate):
        return [{"activityId": None, "failures": [str(problem)]}]
    return [{"activityId": each.element_id, "failures": list(each.failures)} for each in problem.report.elements]
