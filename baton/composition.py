"""The engine as the settings want it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from baton.settings import Settings
from engine import Engine, ScriptPool


def open_engine(settings: Settings) -> Engine:
    """The engine over the configured database; nothing is connected or made yet."""
    return Engine.open(
        settings.database_url,
        history_level=settings.history_level,
        history_time_to_live_required=settings.history_time_to_live_required,
        zone=ZoneInfo(settings.time_zone),
        scripts=ScriptPool() if settings.scripts else None,
    )
