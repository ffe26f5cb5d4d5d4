"""Variables on their way: as a JSON text that keeps their types, for a job that brings them later."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping

from engine.values import Stored, decode, encode


def dump(variables: Mapping[str, object]) -> dict[str, list[object]]:
    """What JSON can hold of variables."""
    return {name: _fields(encode(value)) for name, value in variables.items()}


def load(dumped: Mapping[str, list[object]]) -> dict[str, object]:
    """The variables that `dump` took apart."""
    return {name: decode(_stored(fields)) for name, fields in dumped.items()}


def text(dumped: object) -> str:
    """As a job keeps it."""
    return json.dumps(dumped, ensure_ascii=False, separators=(",", ":"))


def _fields(stored: Stored) -> list[object]:
    data = None if stored.data is None else b64encode(stored.data).decode()
    return [stored.type, stored.long, stored.double, stored.text, data, stored.meta]


def _stored(fields: list[object]) -> Stored:
    kind, long, double, content, data, meta = fields
    raw = b64decode(data) if isinstance(data, str) else None
    return Stored(kind, long, double, content, raw, meta)  # type: ignore[arg-type]


def plain(value: object) -> object:
    """A value as JSON can hold it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    stored = encode(value)
    if stored.type in ("Object", "Json") and stored.text is not None:
        return json.loads(stored.text)
    return stored.text if stored.text is not None else str(value)
