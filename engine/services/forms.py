"""Forms: which one a start event or a user task shows, its fields with their values, and what is sent back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bpmn.model import Form, FormField
from engine.clock import Clock
from engine.core.instances import StartedInstance
from engine.errors import BadRequest, NotFound
from engine.expression import ExpressionError, UnknownName, compile_expression
from engine.services.definitions import BoundDefinitions
from engine.services.process_instances import ProcessInstances
from engine.services.queries import ProcessDefinitionView, Queries, TaskView
from engine.services.tasks import Tasks
from engine.values import InvalidValue, parse_date

DEPLOYED = re.compile(r"(?:embedded:|camunda-forms:|operaton-forms:)?deployment:(.+)")
"""Form keys that name a file of the definition's own deployment (Camunda manual, "Embedded Task Forms")."""


class InvalidForm(BadRequest):
    """What was sent does not fit the fields of a generated form; the message names the field."""


@dataclass(frozen=True, slots=True)
class FormReference:
    """A form deployed by itself: its id, and which version is meant."""

    key: str
    binding: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a generated form. `value` is a value of `engine.values`, or None."""

    id: str
    label: str | None
    type: str
    value: object
    choices: Mapping[str, str]
    constraints: Sequence[tuple[str, str | None]]


class Forms:
    """The forms of start events and user tasks."""

    def __init__(
        self,
        queries: Queries,
        definitions: BoundDefinitions,
        process_instances: ProcessInstances,
        tasks: Tasks,
        clock: Clock,
    ) -> None:
        self._queries, self._definitions, self._clock = queries, definitions, clock
        self._process_instances, self._tasks = process_instances, tasks

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
        version = None if reference.version is None else reference.version.text
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
            return self._referenced(definition, reference)
        match = DEPLOYED.fullmatch(key or "")
        if match is None:
            raise BadRequest(f"The {what} is not deployed: its key is {key!r}, and not of the form deployment:file")
        data = self._queries.resource_named(definition.deployment_id, match[1])
        if data is None:
            raise NotFound(
                "deployment resource", match[1], f"The {what} was not found: no file '{match[1]}' is deployed"
            )
        return data

    def _referenced(self, definition: ProcessDefinitionView, reference: FormReference) -> bytes:
        """The deployed form with that id: of the deployment, of a version, or the newest."""
        wanted = definition.deployment_id if reference.binding == "deployment" else None
        found = [
            data
            for data in self._queries.resources_ending(".form", definition.tenant_id, wanted)
            if _form_id(data) == reference.key
        ]
        if reference.binding == "version":
            version = reference.version or ""
            found = found[int(version) - 1 : int(version)] if version.isdecimal() and version != "0" else []
        if not found:
            raise NotFound("form", reference.key, f"No deployed form with id '{reference.key}' was found")
        return found[-1]

    # ---------------------------------------------------------------- fields

    def start_fields(self, definition: ProcessDefinitionView) -> list[Field]:
        """The fields of the generated start form, with their default values."""
        form = self.start_form(definition)
        return self._fields(form, {})

    def task_fields(self, task: TaskView) -> list[Field]:
        """The fields of a task's generated form, with the variables they show, or else their default values."""
        form = self.task_form(task)
        return self._fields(form, self._queries.variables_of(task.id)) if form is not None and form.fields else []

    def _fields(self, form: Form | None, variables: Mapping[str, object]) -> list[Field]:
        context = _Context(self._clock, variables)
        fields = []
        for each in form.fields if form is not None else ():
            value = variables[each.id] if each.id in variables else _default(each, context)
            fields.append(Field(each.id, each.label, each.type or "string", value, each.values, each.constraints))
        return fields

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
        variables = self._accept(form, values, {})
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
        variables = self._accept(form, values, seen)
        if task.delegation_state == "PENDING":
            self._tasks.resolve(id, variables, user=user)
            return variables
        return self._tasks.complete(id, variables, return_variables=return_variables, user=user)

    def _accept(self, form: Form | None, values: Mapping[str, object], seen: Mapping[str, object]) -> dict[str, object]:
        """The variables that a form gives: its fields converted to their types, and all else as it is."""
        accepted = dict(values)
        context = _Context(self._clock, seen)
        for field in form.fields if form is not None else ():
            if field.id in values:
                value = _convert(field, values[field.id])
                _check(field, value, given=True)
                accepted[field.id] = value
                continue
            value = _default(field, context)
            _check(field, seen.get(field.id, value), given=False)
            if field.id not in seen and value is not None:
                accepted[field.id] = value
        return accepted


def _form_id(data: bytes) -> str | None:
    try:
        form = json.loads(data)
    except (ValueError, RecursionError):
        return None
    found = form.get("id") if isinstance(form, dict) else None
    return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class _Context:
    """What the default value of a field may see."""

    clock: Clock
    variables: Mapping[str, object]

    @property
    def now(self) -> datetime:
        return self.clock()

    @property
    def user(self) -> str | None:
        return None

    @property
    def groups(self) -> Sequence[str]:
        return ()

    def lookup(self, name: str) -> object:
        if name not in self.variables:
            raise UnknownName(name)
        return self.variables[name]


def _default(field: FormField, context: _Context) -> object:
    if field.default is None:
        return None
    try:
        value = compile_expression(field.default.text, field.default.language).evaluate(context)
    except ExpressionError as error:
        raise InvalidForm(f"The default value of form field '{field.id}' cannot be evaluated: {error}") from None
    return _convert(field, value)


# ---------------------------------------------------------------- types and constraints

_JAVA_PATTERN = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
DEFAULT_DATE_PATTERN = "dd/MM/yyyy"


def _to_long(text: str) -> int:
    return int(text.strip())


def _to_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("neither true nor false")
    return text == "true"


def _convert(field: FormField, value: object) -> object:
    """The value as the field's type has it. Raises InvalidForm."""
    if value is None or value == "":
        return None if field.type != "string" else value
    try:
        if field.type == "long":
            return _to_long(value) if isinstance(value, str) else _whole(value)
        if field.type == "boolean":
            return _to_boolean(value) if isinstance(value, str) else bool(value)
        if field.type == "date":
            return _to_date(field, value)
        if field.type == "enum" and str(value) not in field.values:
            raise ValueError(f"not one of {', '.join(field.values)}")
        return str(value) if field.type in ("string", "enum") else value
    except (ValueError, InvalidValue) as error:
        raise InvalidForm(f"Form field '{field.id}' of type {field.type} cannot take {value!r}: {error}") from None


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError("not a whole number")
    return int(value)


def _to_date(field: FormField, value: object) -> object:
    if isinstance(value, datetime):
        return value
    text = str(value)
    if "T" in text:
        return parse_date(text)
    pattern = field.date_pattern or DEFAULT_DATE_PATTERN
    form = re.sub(r"([a-zA-Z])\1*", lambda match: _JAVA_PATTERN.get(match[0], match[0]), pattern)
    return datetime.strptime(text, form).replace(tzinfo=UTC)


def _longer(value: object, bound: str) -> bool:
    return len(str(value)) > int(bound)


def _shorter(value: object, bound: str) -> bool:
    return len(str(value)) < int(bound)


def _more(value: Any, bound: str) -> bool:
    return bool(value > float(bound))


def _less(value: Any, bound: str) -> bool:
    return bool(value < float(bound))


_BOUNDS: Mapping[str, Callable[[Any, str], bool]] = {
    "maxlength": _longer,
    "minlength": _shorter,
    "max": _more,
    "min": _less,
}
"""Constraints with a bound: each tells whether a value breaks it (Camunda manual, "Generated Task Forms")."""


def _check(field: FormField, value: object, *, given: bool) -> None:
    for name, bound in field.constraints:
        if name == "required" and (value is None or value == ""):
            raise InvalidForm(f"Form field '{field.id}' is required")
        if name == "readonly" and given:
            raise InvalidForm(f"Form field '{field.id}' is read-only")
        broken = _BOUNDS.get(name)
        if broken is not None and value is not None and bound is not None and broken(value, bound):
            raise InvalidForm(f"Form field '{field.id}': {value!r} breaks the constraint {name}({bound})")
