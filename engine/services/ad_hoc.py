"""Ad-hoc sub-processes: what can be activated in them, and how it is (Camunda 8 manual, "Ad-hoc sub-processes")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.command_queue import CommandQueue
from engine.core.commands.instances import ActivateAdHoc
from engine.core.elements.ad_hoc_sub_process import AdHocSubProcess
from engine.core.state import ElementInstance, ProcessInstance
from engine.core.step import Activation
from engine.errors import NotFound
from engine.services.definitions import BoundDefinitions
from engine.store.database import Database


@dataclass(frozen=True, slots=True)
class ActivatableElement:
    """An element that can be activated now; `kind` is Camunda's activity type."""

    element_id: str
    name: str | None
    kind: str
    documentation: str | None


@dataclass(frozen=True, slots=True)
class ActiveAdHoc:
    """An active ad-hoc sub-process; `id` is its element instance."""

    id: int
    process_instance_id: int
    element_id: str
    name: str | None
    is_sequential: bool
    activatable: tuple[ActivatableElement, ...]
    """In the order of the model; none when it only waits for what still runs in it, or it is not somebody's turn."""
    activated: tuple[str, ...]
    """The ids of the elements whose flows still run, oldest first."""


class AdHoc:
    """What can be done with ad-hoc sub-processes."""

    def __init__(self, database: Database, queue: CommandQueue, definitions: BoundDefinitions) -> None:
        self._database, self._queue, self._definitions = database, queue, definitions

    def active(self, process_instance_id: int) -> list[ActiveAdHoc]:
        """The active ad-hoc sub-processes of a running process instance, oldest first. Raises NotFound."""
        with self._database.read() as tx:
            instances = tx.select(ProcessInstance, "id", [process_instance_id])
            elements = tx.select(ElementInstance, "process_instance_id", [process_instance_id])
        if not instances:
            raise NotFound("process instance", process_instance_id)
        nodes = self._definitions.get(instances[0].definition_id).nodes
        found = []
        for element in elements:
            behavior = nodes[element.element_id].behavior
            if not isinstance(behavior, AdHocSubProcess) or element.compensates_id is not None:
                continue
            inside = [each for each in elements if each.scope_id == element.id]
            free = [nodes[id] for id in behavior.activatable_now(nodes, element, inside)]
            running = (nodes.get(each.memory or "") for each in behavior.flows(inside))
            found.append(
                ActiveAdHoc(
                    id=element.id,
                    process_instance_id=process_instance_id,
                    element_id=element.element_id,
                    name=element.element_name,
                    is_sequential=behavior.is_sequential,
                    activatable=tuple(
                        ActivatableElement(
                            each.element.written_id,
                            each.element.name,
                            nodes[each.element.written_id].activity_type,
                            each.element.documentation,
                        )
                        for each in free
                    ),
                    activated=tuple(each.element.written_id for each in running if each is not None),
                )
            )
        return found

    def activate(
        self,
        id: int,
        activations: Sequence[Activation],
        *,
        cancel_remaining: bool = False,
        user: str | None = None,
    ) -> None:
        """Activate elements in an ad-hoc sub-process (an element instance), each in a flow of its own.

        `cancel_remaining`: what still runs in it is cancelled first. Raises NotFound, Suspended, InvalidInstruction for
        what cannot be activated, Conflict where nothing can be activated (any more), ExecutionFailed.
        """
        self._queue.execute(
            ActivateAdHoc(id=id, activations=tuple(activations), cancel_remaining=cancel_remaining, user=user)
        )

    def complete(self, id: int, *, cancel_remaining: bool = False, user: str | None = None) -> None:
        """Let an ad-hoc sub-process end as if its completion condition held: nothing more is activated, and what still
        runs in it is cancelled if the model or `cancel_remaining` says so, else waited for.

        Raises NotFound, Suspended, Conflict where it only waits for what still runs already.
        """
        self._queue.execute(ActivateAdHoc(id=id, cancel_remaining=cancel_remaining, fulfilled=True, user=user))
