"""Schemas of forms, as the form-js editor of bpmn.io writes them: JSON in, components out, or what is wrong with it.

A schema is data of whoever deploys it. What is too big or too deep is refused before it is looked into, and nothing in
it is run but its expressions, which `engine.forms.conditions` evaluates within bounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bpmn.problems import Problem, Severity
from engine.expression import ExpressionError
from engine.expression.regex import check_pattern
from engine.forms.conditions import NotUnderstood, check_condition, check_expression
from engine.values import InvalidValue, JsonValue

MOST_BYTES = 1024 * 1024
"""How long a schema may be."""
MOST_COMPONENTS = 2_000
"""How many components a schema may have."""
MOST_PROBLEMS = 50
"""How many problems of one file are told."""

GROUP, DYNAMIC_LIST = "group", "dynamiclist"
CONTAINERS = frozenset({GROUP, DYNAMIC_LIST})
OPTIONS = frozenset({"select", "radio", "checklist", "taglist"})
SEVERAL = frozenset({"checklist", "taglist"})
FIELDS = frozenset(
    {"textfield", "textarea", "number", "checkbox", "datetime", "filepicker", "expression", *OPTIONS},
)
"""The types of components that have a value, kept under their `key`."""
SHOWN = frozenset(
    {"text", "html", "image", "iframe", "separator", "spacer", "table", "button", "documentPreview"},
)
"""The types of components that show something, and have no value."""

_TEXT_RULES = frozenset({"pattern", "patternErrorMessage", "validationType"})
"""The rules whose texts are no expressions."""
_PATH = re.compile(r"[^\s.\[\]]+(?:\.[^\s.\[\]]+)*")
_WORD = re.compile(r"[^\W\d]\w*")


class InvalidSchema(ValueError):
    """A text that is no schema of a form; `problems` are all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Component:
    """One component of a form. `path` leads to its value, relative to the list item or form that it is in."""

    id: str
    type: str
    path: tuple[str, ...]
    properties: Mapping[str, Any]
    children: tuple[Component, ...] = ()

    @property
    def label(self) -> str:
        """How people know it."""
        label = self.properties.get("label")
        return label if isinstance(label, str) and label.strip() else ".".join(self.path) or self.id

    @property
    def rules(self) -> Mapping[str, Any]:
        """Its `validate` object."""
        found = self.properties.get("validate")
        return found if isinstance(found, dict) else {}

    @property
    def hide(self) -> object:
        """The condition under which it is hidden; None if there is none."""
        conditional = self.properties.get("conditional")
        return conditional.get("hide") if isinstance(conditional, dict) else None


@dataclass(frozen=True)
class FormSchema:
    """A form: its id, its components, and the JSON that it was read from."""

    id: str | None
    version_tag: str | None
    components: tuple[Component, ...]
    json: Mapping[str, Any]

    def walk(self) -> Iterator[Component]:
        """All components, those around before those inside."""
        pending = list(reversed(self.components))
        while pending:
            component = pending.pop()
            yield component
            pending.extend(reversed(component.children))

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables that the form may name: in keys and paths, in expressions, and in templates."""
        found: set[str] = set()
        pending: list[Any] = [self.json.get("components")]
        while pending:
            node = pending.pop()
            if isinstance(node, dict):
                found.update(
                    node[name].partition(".")[0]
                    for name in ("key", "path", "valuesKey")
                    if isinstance(node.get(name), str)
                )
                pending.extend(node.values())
            elif isinstance(node, list):
                pending.extend(node)
            elif isinstance(node, str) and (node.startswith("=") or "{{" in node):
                found.update(_WORD.findall(node))
        return frozenset(found)


def read_schema(data: bytes, resource: str) -> tuple[FormSchema, list[Problem]]:
    """The form in a file, with warnings. Raises InvalidSchema with all problems if there is an error among them."""
    reading = _Reading(resource, data)
    schema = reading.schema()
    if schema is None or any(problem.is_error for problem in reading.problems):
        raise InvalidSchema(reading.problems)
    return schema, reading.problems


class _Reading:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, resource: str, data: bytes) -> None:
        self._resource, self._data = resource, data
        self._text = ""
        self.problems: list[Problem] = []
        self._count = 0

    def schema(self) -> FormSchema | None:
        if len(self._data) > MOST_BYTES:
            self._error("form.limit", f"a form may have {MOST_BYTES} bytes, not {len(self._data)}")
            return None
        try:
            self._text = self._data.decode("utf-8-sig")
            node = JsonValue(self._text).node
        except (UnicodeDecodeError, InvalidValue) as problem:
            self._error("form.malformed", f"the form is no JSON: {problem}")
            return None
        if not isinstance(node, dict) or not isinstance(node.get("components", []), list):
            self._error("form.malformed", "the form is no JSON object with a list of components")
            return None
        identity = node.get("id")
        if not isinstance(identity, str) or not identity:
            self._error("form.id", "the form has no id")
        tag = node.get("versionTag")
        components = self._components(node.get("components", []), ())
        self._find_twins(components)
        return FormSchema(
            identity if isinstance(identity, str) else None, tag if isinstance(tag, str) else None, components, node
        )

    def _components(self, nodes: Sequence[Any], prefix: tuple[str, ...]) -> tuple[Component, ...]:
        self._count += len(nodes)
        if self._count > MOST_COMPONENTS:
            if not any(problem.rule == "form.limit" for problem in self.problems):
                self._error("form.limit", f"a form may have {MOST_COMPONENTS} components, and this one has more")
            return ()
        found = [self._component(node, prefix) for node in nodes]
        return tuple(component for component in found if component is not None)

    def _component(self, node: Any, prefix: tuple[str, ...]) -> Component | None:
        if not isinstance(node, dict) or not isinstance(node.get("type"), str):
            self._error("form.component", "a component is no JSON object with a type")
            return None
        kind, identity = node["type"], node.get("id")
        if not isinstance(identity, str):
            identity = node["key"] if isinstance(node.get("key"), str) else ""
        self._check_expressions(node, identity)
        if kind in FIELDS:
            path = self._path(node, "key", kind, identity)
            self._check_field(node, identity)
            return None if path is None else Component(identity, kind, (*prefix, *path), node)
        if kind in CONTAINERS:
            given = node.get("path")
            path = self._path(node, "path", kind, identity) if given or kind == DYNAMIC_LIST else ()
            if path is None:
                return None
            inside = () if kind == DYNAMIC_LIST else (*prefix, *path)
            nested = node.get("components")
            children = self._components(nested if isinstance(nested, list) else (), inside)
            return Component(identity, kind, (*prefix, *path), node, children)
        if kind not in SHOWN:
            self._warn("form.component", f"nothing is known of components of type '{kind}': it is left out", identity)
        return None

    def _path(self, node: Mapping[str, Any], name: str, kind: str, identity: str) -> tuple[str, ...] | None:
        text = node.get(name)
        if not isinstance(text, str) or not _PATH.fullmatch(text):
            self._error(
                "form.key", f"a {kind} needs a {name} (names with dots between them), not {str(text)[:100]!r}", identity
            )
            return None
        return tuple(text.split("."))

    def _check_field(self, node: Mapping[str, Any], identity: str) -> None:
        rules = node.get("validate")
        if rules is not None and not isinstance(rules, dict):
            self._error("form.rule", "validate is no JSON object", identity)
            return
        pattern = (rules or {}).get("pattern")
        if isinstance(pattern, str):
            try:
                check_pattern(pattern)
            except ExpressionError as problem:
                self._warn("form.pattern", f"the pattern is checked by browsers alone: {problem}", identity)

    def _check_expressions(self, node: Mapping[str, Any], identity: str) -> None:
        """Warn of those that the server has to do without."""
        conditional, rules = node.get("conditional"), node.get("validate")
        if isinstance(conditional, dict):
            self._check_expression("hide", conditional.get("hide"), check_condition, identity)
        for name in ("readonly", "multiple", "increment"):
            self._check_expression(name, node.get(name), check_expression, identity)
        for name, value in (rules if isinstance(rules, dict) else {}).items():
            if name not in _TEXT_RULES:
                self._check_expression(name, value, check_expression, identity)
        for name in ("expression", "valuesExpression"):
            text = node.get(name)
            if isinstance(text, str) and text.strip():
                self._check_expression(name, f"={text.strip().removeprefix('=')}", check_expression, identity)

    def _check_expression(self, name: str, value: object, check: Callable[[str], None], identity: str) -> None:
        if not isinstance(value, str) or not value.startswith("="):
            return
        try:
            check(value)
        except NotUnderstood as problem:
            self._warn("form.expression", f"the server does without the expression of {name}: {problem}", identity)

    def _find_twins(self, components: Sequence[Component]) -> None:
        """Radio buttons that stand at different places may share a key; nothing else should, though it may."""
        seen: dict[tuple[str, ...], str] = {}
        pending = list(reversed(components))
        while pending:
            component = pending.pop()
            if component.type == DYNAMIC_LIST:
                self._find_twins(component.children)
            else:
                pending.extend(reversed(component.children))
            if component.type == GROUP:
                continue
            other = seen.setdefault(component.path, component.id)
            if other != component.id:
                self._warn("form.key", f"'{'.'.join(component.path)}' is the key of '{other}' too", component.id)

    def _error(self, rule: str, message: str, identity: str = "") -> None:
        self._tell(rule, message, identity, Severity.ERROR)

    def _warn(self, rule: str, message: str, identity: str) -> None:
        self._tell(rule, message, identity, Severity.WARNING)

    def _tell(self, rule: str, message: str, identity: str, severity: Severity) -> None:
        if len(self.problems) >= MOST_PROBLEMS and severity is Severity.WARNING:
            return
        line = column = 0
        if len(self.problems) >= MOST_PROBLEMS:
            identity = ""
        found = re.search(rf'"(?:id|key)"\s*:\s*"{re.escape(identity)}"', self._text) if identity else None
        if found is not None:
            line = self._text.count("\n", 0, found.start()) + 1
            column = found.start() - self._text.rfind("\n", 0, found.start())
        ids = (identity,) if identity else ()
        self.problems.append(Problem(rule, message, self._resource, line, column, ids, severity))
