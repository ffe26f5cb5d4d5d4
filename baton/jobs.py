"""The embedded runner of a server as the settings want it, and the handlers it finds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask

from baton.settings import Settings
from baton.starting import CannotStart
from engine.handlers import DEFAULT_REGISTRY, HandlerRegistry
from engine.worker.connectors import add_connectors
from engine.worker.discovery import HandlersNotLoaded, HandlerSources
from engine.worker.embedded import EmbeddedRunner


def load_handlers(settings: Settings, folder: Path) -> HandlerSources:
    """Load all handlers into the default registry. Raises CannotStart."""
    sources = HandlerSources(settings.handlers, folder)
    try:
        sources.load()
    except HandlersNotLoaded as reason:
        raise CannotStart(
            f"{reason}.", "Handlers are found by BATON_HANDLERS and in processes/*/handlers.py."
        ) from None
    try:
        add_connectors(DEFAULT_REGISTRY, settings.http_allowed_hosts)
    except ValueError as reason:
        raise CannotStart(f"BATON_HTTP_ALLOWED_HOSTS: {reason}.", "Write hosts such as api.example.org.") from None
    return sources


def prepare_jobs(app: Flask, settings: Settings, folder: Path, registry: HandlerRegistry = DEFAULT_REGISTRY) -> None:
    """Load the handlers (`app.extensions["handlers"]`) and make a runner that has not been started, if it is wanted
    (`app.extensions["runner"]`). Raises CannotStart."""
    if not settings.job_runner:
        app.extensions["handlers"] = HandlerSources()
        return
    app.extensions["handlers"] = load_handlers(settings, folder)
    app.extensions["runner"] = EmbeddedRunner(
        app.extensions["engine"],
        registry,
        threads=settings.job_threads,
        sweep=settings.sweep_seconds,
        lease=timedelta(seconds=settings.lease_seconds),
        handler_timeout=timedelta(seconds=settings.handler_timeout_seconds),
        observer=app.extensions["measures"],
    )
