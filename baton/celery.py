"""The Celery application that the settings want: `celery -A baton.celery worker` runs its workers."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import Celery, signals

from baton.composition import open_engine
from baton.jobs import load_handlers
from baton.logging import set_up_logging
from baton.settings import NONE, InvalidSetting, Settings, load
from baton.starting import CannotStart
from baton.worker_measures import count_in_files, serve_counts
from engine.handlers import DEFAULT_REGISTRY
from engine.worker.celery_app import create_celery
from engine.worker.celery_worker import employ, runner_hands
from engine.worker.contract import Hands
from engine.worker.doorbell import CeleryBell


def make_app() -> Celery:
    """The application, with the handlers loaded, as each of them has a queue. Raises CannotStart."""
    try:
        settings = load().settings
    except InvalidSetting as wrong:
        raise CannotStart(wrong.message, wrong.hint) from None
    if settings.broker_url == NONE:
        raise CannotStart(
            "Celery has no broker.",
            "Set BATON_BROKER_URL, for example redis://127.0.0.1:6379/0; without one, `baton serve` does the jobs.",
        )
    port = settings.worker_metrics_port
    if port:
        count_in_files()
    load_handlers(settings, Path("processes"))
    app = create_celery(settings.broker_url, tuple(DEFAULT_REGISTRY.topics))

    def open_hands(bell: CeleryBell) -> AbstractContextManager[Hands]:
        from baton.measures import Counts

        engine = open_engine(settings)
        engine.live.share()
        return runner_hands(
            engine,
            DEFAULT_REGISTRY,
            bell,
            lease=timedelta(seconds=settings.lease_seconds),
            handler_timeout=timedelta(seconds=settings.handler_timeout_seconds),
            observer=Counts() if port else None,
        )

    def log(**_: Any) -> None:
        _set_up_logging(settings)

    def ready(**_: Any) -> None:
        serve_counts(settings.host, port)

    signals.setup_logging.connect(log, weak=False)
    if port:
        signals.worker_ready.connect(ready, weak=False)
    employ(app, open_hands, tuple(DEFAULT_REGISTRY.topics), sweep=timedelta(seconds=settings.sweep_seconds))
    return app


def _set_up_logging(settings: Settings) -> None:
    """Celery's own words go where ours go."""
    set_up_logging(settings.log_format, settings.log_level)
    ours = logging.getLogger("baton")
    for name in ("celery", "kombu"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = ours.handlers, False
        logger.setLevel(ours.level)


app = make_app()
