"""The engine as the settings want it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from baton.settings import NONE, Settings
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


def ring_workers(engine: Engine, settings: Settings) -> None:
    """Tell Celery's workers of the jobs that this engine makes, if there is a broker to tell them through."""
    if settings.broker_url == NONE:
        return
    from engine.worker.celery_app import create_celery
    from engine.worker.doorbell import CeleryBell

    bell, clock = CeleryBell(create_celery(settings.broker_url)), engine.dispatch.clock
    engine.bell.add(lambda jobs: bell.hear(jobs, clock()))
