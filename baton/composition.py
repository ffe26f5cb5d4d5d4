"""The engine as the settings want it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import time as clock_time
from datetime import timedelta
from zoneinfo import ZoneInfo

from baton.settings import NONE, Settings, shown
from engine import (
    PASSWORD_POLICIES,
    BatchSettings,
    CredentialSettings,
    Engine,
    EngineError,
    Keeping,
    RemovalStrategy,
    RetentionSettings,
    ScriptPool,
    StoreError,
    Unavailable,
    Window,
)

_LONGEST_PAUSE = 5.0

log = logging.getLogger("baton")


def open_engine(settings: Settings, *, stream_threads: bool = False) -> Engine:
    """The engine over the configured database; nothing is connected or made yet.

    `stream_threads`: the server has threads for streams of events besides those for requests. Else they get half of
    the threads at most.
    """
    seats = settings.event_streams if stream_threads else min(settings.event_streams, settings.threads // 2)
    return Engine.open(
        settings.database_url,
        history_level=settings.history_level,
        history_time_to_live_required=settings.history_time_to_live_required,
        retention=_retention(settings),
        zone=ZoneInfo(settings.time_zone),
        scripts=ScriptPool() if settings.scripts else None,
        batches=BatchSettings(
            jobs_per_seed=settings.batch_jobs_per_seed, invocations_per_job=settings.batch_invocations_per_job
        ),
        live_seats=seats,
        credentials=CredentialSettings(
            session_idle=timedelta(minutes=settings.session_idle_minutes),
            session_lasts=timedelta(days=settings.session_days),
            password_rules=PASSWORD_POLICIES[settings.password_policy],
            id_pattern=settings.id_pattern,
        ),
    )


def _retention(settings: Settings) -> RetentionSettings:
    by_type = {name: days for name, _, days in (each.partition("=") for each in settings.batch_history_times_to_live)}
    zone = settings.time_zone if settings.history_cleanup_zone == NONE else settings.history_cleanup_zone
    return RetentionSettings(
        time_to_live=_days(settings.history_time_to_live),
        keeping=Keeping(
            strategy=RemovalStrategy(settings.history_removal_strategy),
            batches=_days(settings.batch_history_time_to_live),
            batches_by_type={name: timedelta(days=int(days.strip("PD"))) for name, days in by_type.items()},
        ),
        window=_window(settings.history_cleanup_window, ZoneInfo(zone)),
        batch_size=settings.history_cleanup_batch_size,
        enabled=settings.history_cleanup,
    )


def _days(text: str) -> timedelta | None:
    return None if text == NONE else timedelta(days=int(text))


def _window(text: str, zone: ZoneInfo) -> Window | None:
    if text == NONE:
        return None
    start, _, end = text.partition("-")
    return Window(clock_time.fromisoformat(start), clock_time.fromisoformat(end), zone)


def await_database(settings: Settings) -> None:
    """Return when PostgreSQL can be reached, or when the time for that is over; SQLite is not waited for.

    The time begins when it has been tried once, however long that takes: the driver is loaded then, too.

    What is wrong then, or otherwise, whoever uses the database is told.
    """
    if settings.database_url.startswith("sqlite"):
        return
    where, pause = shown(settings.database_url), 0.5
    end: float | None = None
    while True:
        try:
            engine = open_engine(settings)
            try:
                engine.database.current()
            finally:
                engine.close()
        except Unavailable as problem:
            now = time.monotonic()
            end = now + settings.database_wait_seconds if end is None else end
            left = end - now
            if left <= 0:
                return
            log.warning("Waiting for the database %s, at most %.0f s more: %s", where, left, problem)
            time.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)
        except (EngineError, StoreError):
            return
        else:
            if end is not None:
                log.warning("The database %s can be reached", where)
            return


def ring_workers(engine: Engine, settings: Settings) -> Callable[[], None]:
    """Tell other processes of the jobs that this engine makes: servers, and Celery's workers if there is a broker.

    Servers are told of all that it changes, too. Gives what ends that, after the last has been told of.
    """
    ending = ExitStack()
    engine.live.share()
    if not settings.job_runner:  # which would tell by itself
        from engine.worker.neighbours import Neighbours

        neighbours = Neighbours(engine)
        neighbours.start()
        ending.callback(neighbours.stop)
    if settings.broker_url == NONE:
        return ending.close
    from engine.worker.celery_app import create_celery
    from engine.worker.doorbell import CeleryBell

    bell, clock = ending.enter_context(CeleryBell(create_celery(settings.broker_url))), engine.dispatch.clock
    ending.callback(engine.bell.add(lambda jobs: bell.hear(jobs, clock())))
    return ending.close
