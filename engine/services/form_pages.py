"""Forms as a web app shows them: whatever a model asks with, one schema and the values it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bpmn.model import Form
from engine.clock import Clock
from engine.core.instances import StartedInstance
from engine.errors import BadRequest, NotFound
from engine.expression import ExpressionError
from engine.forms import generated
from engine.forms.generated import Field
from engine.forms.plain import plain_values
from engine.forms.schema import FormSchema, InvalidSchema, read_schema
from engine.forms.submission import Files, fill
from engine.services.definitions import BoundDefinitions
from engine.services.forms import DEPLOYED, Forms
from engine.services.queries import ProcessDefinitionView, Queries, Sorting, TaskView
from engine.store import drafts
from engine.store.database import Database

EMBEDDED = "camunda-forms:bpmn:"
"""Begins the keys of forms that stand in the model itself (`zeebe:userTaskForm`)."""
FORM_JS_KEYS = ("camunda-forms:", "operaton-forms:")
HTML_KEYS = ("embedded:", "deployment:")


class FormKind(StrEnum):
    """What a form is made of."""

    FORM_JS = "form-js"
    GENERATED = "generated"
    EXTERNAL = "external"
    HTML = "html"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FormPage:
    """One form to be shown.

    FORM_JS and GENERATED have a schema; GENERATED its fields too. EXTERNAL is elsewhere, at `url`; of HTML only the
    file can be had. `variables` are those that the schema names, as plain JSON. A form that is `readonly` shows what
    was known when its task ended.
    """

    kind: FormKind
    key: str | None = None
    schema: FormSchema | None = None
    fields: Sequence[Field] = ()
    url: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    readonly: bool = False


class FormPages:
    """The forms of start events and tasks, for whoever is to fill them in or to look at them."""

    def __init__(
        self, database: Database, queries: Queries, definitions: BoundDefinitions, forms: Forms, clock: Clock
    ) -> None:
        self._database, self._queries, self._definitions = database, queries, definitions
        self._forms, self._clock = forms, clock

    def of_task(self, id: int) -> FormPage:
        """The form of a task, open or ended. Raises NotFound for the task or its form, BadRequest for a broken one."""
        task = self._queries.tasks.find(id)
        if task is not None:
            return self._task_page(task, self._queries.variables_of(id), readonly=False)
        task = self._queries.historic_tasks.get(id)
        return self._task_page(task, self._variables_then(task), readonly=True)

    def of_start(self, definition: ProcessDefinitionView) -> FormPage:
        """The start form of a definition. Raises NotFound for its file, BadRequest for a broken one."""
        form = self._forms.start_form(definition)
        reference = self._forms.start_reference(definition)
        key = definition.start_form_key
        if reference is not None or _is_deployed_form(key):
            return _schema_page(key, self._forms.deployed_start_form(definition), "the start form", {})
        return self._page(form, key, definition, {}, f"start-{definition.key}")

    # ---------------------------------------------------------------- filled in

    def complete(self, id: int, data: Mapping[str, Any], files: Files, *, user: str | None = None) -> None:
        """Complete a task with what its form was filled in with, a delegated one is resolved; drafts of it go.

        What the form does not have, or nobody may change in it, is left out; so is everything where there is no form
        here to judge it by. Raises InvalidForm, NotFound for a task that has ended, and what completing raises.
        """
        page = self._task_page(self._queries.tasks.get(id), self._queries.variables_of(id), readonly=False)
        self._forms.submit_task(id, self._accept(page, data, files), user=user)
        with self._database.write() as tx:
            drafts.remove(tx, drafts.TASK, id, None)

    def start(
        self,
        definition: ProcessDefinitionView,
        data: Mapping[str, Any],
        files: Files,
        *,
        business_key: str | None = None,
        user: str | None = None,
    ) -> StartedInstance:
        """Start an instance with what its start form was filled in with; the person's draft of it goes.

        Raises InvalidForm, and what starting raises.
        """
        variables = self._accept(self.of_start(definition), data, files)
        started = self._forms.submit_start(definition, variables, business_key=business_key, user=user)
        with self._database.write() as tx:
            drafts.remove(tx, drafts.DEFINITION, definition.id, user or "")
        return started

    def _accept(self, page: FormPage, data: Mapping[str, Any], files: Files) -> dict[str, object]:
        if page.schema is None:
            return {}
        filled = fill(page.schema, data, page.variables, files, self._clock())
        return generated.values_of(page.fields, filled)

    # ---------------------------------------------------------------- parts

    def _task_page(self, task: TaskView, variables: Mapping[str, object], *, readonly: bool) -> FormPage:
        if task.form_ref is not None or _is_deployed_form(task.form_key):
            data = self._forms.deployed_task_form(task)
            return _schema_page(task.form_key, data, f"the form of task {task.id}", variables, readonly=readonly)
        form = self._forms.task_form(task)
        if form is None or task.definition_id is None:
            return FormPage(FormKind.NONE, readonly=readonly)
        definition = self._queries.process_definitions.get(task.definition_id)
        return self._page(form, task.form_key, definition, variables, f"task-{task.element_id}", readonly=readonly)

    def _page(
        self,
        form: Form | None,
        key: str | None,
        definition: ProcessDefinitionView,
        variables: Mapping[str, object],
        identity: str,
        *,
        readonly: bool = False,
    ) -> FormPage:
        """A form that is no file of its own."""
        if form is None:
            return FormPage(FormKind.NONE, readonly=readonly)
        if form.external_reference is not None:
            source, language = form.external_reference.text, form.external_reference.language
            try:
                url = generated.evaluate(source, language, variables, self._clock)
            except ExpressionError as problem:
                raise BadRequest(f"The reference '{source}' of the form cannot be evaluated: {problem}") from None
            if not isinstance(url, str):
                raise BadRequest(f"The reference '{source}' of the form must give a text, not {url!r}")
            return FormPage(FormKind.EXTERNAL, url, url=_safe(url), readonly=readonly)
        if key is not None and key.startswith(EMBEDDED):
            text = self._definitions.get(definition.id).process.embedded_forms.get(key.removeprefix(EMBEDDED))
            if text is None:
                raise NotFound("form", key, f"The model has no form '{key.removeprefix(EMBEDDED)}'")
            return _schema_page(key, text.encode(), f"the form '{key}'", variables, readonly=readonly)
        if key is not None:
            kind = FormKind.HTML if key.startswith(HTML_KEYS) else FormKind.EXTERNAL
            return FormPage(kind, key, url=_safe(key), readonly=readonly)
        if not form.fields:
            return FormPage(FormKind.NONE, readonly=readonly)
        fields = generated.fields_of(form, variables, self._clock)
        schema = generated.schema_of(fields, identity)
        shown = plain_values(schema, {each.id: each.value for each in fields if each.value is not None})
        return FormPage(FormKind.GENERATED, None, schema, fields, variables=shown, readonly=readonly)

    def _variables_then(self, task: TaskView) -> dict[str, object]:
        """The variables that an ended task saw in its end, as far as history tells."""
        if task.process_instance_id is None:
            return {}
        places = self._places(task)
        found: dict[str, tuple[int, object]] = {}
        until = {"processInstanceId": task.process_instance_id, "occurredBefore": task.ended_at}
        newest_last = [Sorting("occurrence", "asc")]
        first = 0
        while page := self._queries.variable_updates.list(until, sorting=newest_last, first=first):
            for update in page:
                place = places.get(update.user_task_id or update.element_instance_id or task.process_instance_id)
                if place is not None and (update.name not in found or place <= found[update.name][0]):
                    found[update.name] = place, update.value
            first += len(page)
        if not found:  # values of the past are only kept by the history level "full"
            last = self._queries.historic_variables.list({"processInstanceId": task.process_instance_id})
            for variable in last:
                place = places.get(variable.user_task_id or variable.element_instance_id or task.process_instance_id)
                if place is not None and (variable.name not in found or place < found[variable.name][0]):
                    found[variable.name] = place, variable.value
        return {name: value for name, (_, value) in found.items()}

    def _places(self, task: TaskView) -> dict[int, int]:
        """The scopes around a task, by how far away they are: its own, its elements', and its process instance's."""
        places = {task.id: 0}
        scope = task.element_instance_id
        while scope is not None and scope != task.process_instance_id:
            places[scope] = len(places)
            element = self._queries.historic_element_instances.find(scope)
            scope = None if element is None else element.scope_id
        places[task.process_instance_id or 0] = len(places)
        return places


def _schema_page(
    key: str | None, data: bytes, what: str, variables: Mapping[str, object], *, readonly: bool = False
) -> FormPage:
    try:
        schema, _ = read_schema(data, what)
    except InvalidSchema as problem:
        raise BadRequest(f"What is deployed as {what} cannot be shown: {problem}") from None
    return FormPage(FormKind.FORM_JS, key, schema, variables=plain_values(schema, variables), readonly=readonly)


def _is_deployed_form(key: str | None) -> bool:
    """Does the key name a file with a schema?"""
    return (
        key is not None
        and DEPLOYED.fullmatch(key) is not None
        and (key.startswith(FORM_JS_KEYS) or key.endswith(".form"))
    )


def _safe(address: str) -> str | None:
    """An address that a browser may be sent to; None for what would run something, or is none."""
    return address if address.startswith(("https://", "http://")) else None
