"""Builds forms for tests."""

from __future__ import annotations

import json
from typing import Any

from engine.forms.schema import FormSchema, read_schema


def schema(*components: dict[str, Any]) -> FormSchema:
    """The form of these components, which get ids if they have none."""
    named = [{"id": f"C{number}", **each} for number, each in enumerate(components)]
    found, _ = read_schema(json.dumps({"id": "form", "components": named}).encode(), "test.form")
    return found


def field(key: str, type: str = "textfield", **properties: Any) -> dict[str, Any]:
    """A component with a key; `validate` and others as they stand in a schema."""
    return {"type": type, "key": key, **properties}
