"""The log: lines for people, or a JSON object in each line for machines; both say which instance a line is about."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

CONTEXT = ("job", "topic", "process_instance", "business_key", "activity", "tenant")
"""What a record may say of the work it is about. Variables are never among it: their values may be secret."""


def set_up_logging(form: str, level: str) -> None:
    """Write the log to standard error, as "text" or as "json"."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    for name in ("baton", "engine", "api"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level.upper())


def _context(record: logging.LogRecord) -> dict[str, object]:
    said = {name: getattr(record, name, None) for name in CONTEXT}
    return {name: value for name, value in said.items() if value not in (None, "")}


class JsonLines(logging.Formatter):
    """A JSON object in each line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "thread": record.threadName,
            **_context(record),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """Time, level and message, and what the line is about."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The first line."""
        about = " ".join(f"{name}={value}" for name, value in _context(record).items())
        text = super().formatMessage(record)
        return f"{text} ({about})" if about else text
