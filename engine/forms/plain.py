"""Values of variables as a form shows them: plain JSON, without types."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engine.forms.schema import Component, FormSchema
from engine.values import FileValue, InvalidValue, JsonValue, ObjectValue, XmlValue

_DATES: Mapping[str, str] = {"date": "%Y-%m-%d", "time": "%H:%MZ", "datetime": "%Y-%m-%dT%H:%MZ"}


def plain_values(schema: FormSchema, variables: Mapping[str, object]) -> dict[str, Any]:
    """The variables that the form names. A date is shown as the component of its key wants it, a file by its name."""
    components = {each.path[0]: each for each in schema.walk() if len(each.path) == 1}
    return {
        name: plain(value, components.get(name)) for name, value in sorted(variables.items()) if name in schema.names
    }


def plain(value: object, component: Component | None = None) -> Any:
    """A value as JSON data."""
    if isinstance(value, datetime):
        subtype = None if component is None else component.properties.get("subtype")
        return value.astimezone(UTC).strftime(_DATES.get(str(subtype), _DATES["datetime"]))
    if isinstance(value, JsonValue | ObjectValue):
        try:
            return value.node
        except InvalidValue:
            return value.text
    if isinstance(value, XmlValue):
        return value.text
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, FileValue):
        return value.filename
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    return value
