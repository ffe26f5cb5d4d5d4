"""Forms: which one a start event or a user task shows, its fields with their values, and what is sent back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bpmn.model import Form
from engine.clock import Clock
from engine.core.instances import StartedInstance
from engine.errors import BadRequest, NotFound
from engine.forms import generated
from engine.forms.generated import Field, InvalidForm
from engine.services.definitions import BoundDefinitions
from engine.services.deployed_forms import DeployedForms, FormReference
from engine.services.process_instances import ProcessInstances
from engine.services.queries import ProcessDefinitionView, Queries, TaskView
from engine.services.tasks import Tasks

__all__ = ["Field", "FormReference", "Forms", "InvalidForm"]

DEPLOYED = re.compile(r"(?:embedded:|camunda-forms:|operaton-forms:)?deployment:(.+)")
"""Form keys that name a file of the definition's own deployment (Camunda manual, "Embedded Task Forms")."""


class Forms:
    """The forms of start events and user tasks."""

    def __init__(
        self,
        queries: Queries,
        definitions: BoundDefinitions,
        process_instances: ProcessInstances,
        tasks: Tasks,
        clock: Clock,
        deployed: DeployedForms,
    ) -> None:
        self._queries, self._definitions, self._clock = queries, definitions, clock
        self._process_instances, self._tasks = process_instances, tasks
        self._deployed_forms = deployed

    # ---------------------------------------------------------------- which form

    def start_form(self, definition: ProcessDefinitionView) -> Form | None:
        """The form of a definition's none start event, as in the model."""
        start = self._definitions.get(definition.id).none_start(None)
        return None if start is None else start.element.form

    def start_reference(self, definition: ProcessDefinitionView) -> FormReference | None:
        """The deployed form that the start event refers to."""
        form = self.start_form(definition)
        reference = None if form is None else form.reference
        if reference is None:
            return None
        given = reference.version or reference.version_tag
        version = None if given is None else given.text
        return FormReference(reference.key.text, str(reference.binding), version)

    def task_form(self, task: TaskView) -> Form | None:
        """The form of a user task, as in the model; None for a standalone task."""
        if task.definition_id is None or task.element_id is None:
            return None
        spec = self._definitions.get(task.definition_id).nodes[task.element_id].element.user_task
        return None if spec is None else spec.form

    def deployed_start_form(self, definition: ProcessDefinitionView) -> bytes:
        """The file that the start form is in. Raises BadRequest if it is in none, NotFound if that is missing."""
        reference = self.start_reference(definition)
        return self._deployed(definition, definition.start_form_key, reference, "start form")

    def deployed_task_form(self, task: TaskView) -> bytes:
        """The file that a task's form is in. Raises BadRequest if it is in none, NotFound if that is missing."""
        if task.definition_id is None:
            raise BadRequest(f"Task {task.id} belongs to no process and has no deployed form")
        reference = (
            None
            if task.form_ref is None
            else FormReference(task.form_ref, task.form_ref_binding, task.form_ref_version)
        )
        definition = self._queries.process_definitions.get(task.definition_id)
        return self._deployed(definition, task.form_key, reference, f"form of task {task.id}")

    def _deployed(
        self, definition: ProcessDefinitionView, key: str | None, reference: FormReference | None, what: str
    ) -> bytes:
        if reference is not None:
            found = self._deployed_forms.find(definition, reference)
            if found is None:
                raise NotFound("form", reference.key, f"No deployed form with id '{reference.key}' was found")
            return found
        match = DEPLOYED.fullmatch(key or "")
        if match is None:
            raise BadRequest(f"The {what} is not deployed: its key is {key!r}, and not of the form deployment:file")
        data = self._queries.resource_named(definition.deployment_id, match[1])
        if data is None:
            raise NotFound(
                "deployment resource", match[1], f"The {what} was not found: no file '{match[1]}' is deployed"
            )
        return data

    # ---------------------------------------------------------------- fields

    def start_fields(self, definition: ProcessDefinitionView) -> list[Field]:
        """The fields of the generated start form, with their default values."""
        return generated.fields_of(self.start_form(definition), {}, self._clock)

    def task_fields(self, task: TaskView) -> list[Field]:
        """The fields of a task's generated form, with the variables they show, or else their default values."""
        form = self.task_form(task)
        if form is None or not form.fields:
            return []
        return generated.fields_of(form, self._queries.variables_of(task.id), self._clock)

    # ---------------------------------------------------------------- what is sent back

    def submit_start(
        self,
        definition: ProcessDefinitionView,
        values: Mapping[str, object],
        *,
        business_key: str | None = None,
        user: str | None = None,
    ) -> StartedInstance:
        """Start a process with what its start form gave. Raises InvalidForm, and what starting raises."""
        form = self.start_form(definition)
        variables = generated.accept(form, values, {}, self._clock)
        if business_key is None and form is not None and form.business_key_field:
            given = variables.get(form.business_key_field)
            business_key = None if given is None else str(given)
        return self._process_instances.start(
            definition_id=definition.id, business_key=business_key, variables=variables, user=user
        )

    def submit_task(
        self, id: int, values: Mapping[str, object], *, return_variables: bool = False, user: str | None = None
    ) -> Mapping[str, object]:
        """Complete a task with what its form gave; a delegated one is resolved. Raises InvalidForm, NotFound, ..."""
        task = self._queries.tasks.get(id)
        form = self.task_form(task)
        seen = self._queries.variables_of(id) if form is not None and form.fields else {}
        variables = generated.accept(form, values, seen, self._clock)
        if task.delegation_state == "PENDING":
            self._tasks.resolve(id, variables, user=user)
            return variables
        return self._tasks.complete(id, variables, return_variables=return_variables, user=user)
