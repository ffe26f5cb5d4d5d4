"""The WSGI application: an engine over the configured database, the REST API over the engine."""

from __future__ import annotations

from flask import Flask, redirect
from werkzeug.wrappers import Response

from api import Limits, create_blueprint
from baton.settings import InvalidSetting, Settings, load, shown
from engine import Engine, SchemaMismatch, Unavailable


class CannotStart(Exception):
    """The application cannot be made; the message says why and the hint what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message} {hint}")
        self.message = message
        self.hint = hint


def create_app(settings: Settings | None = None, *, upgrade: bool = False) -> Flask:
    """The application for any WSGI server, for example `gunicorn --threads 64 'baton.wsgi:create_app()'`.

    The settings are loaded unless given. The engine is `app.extensions["engine"]`. `upgrade` brings the database's
    tables up to date; without it they must be. Raises CannotStart.
    """
    if settings is None:
        try:
            settings = load().settings
        except InvalidSetting as wrong:
            raise CannotStart(wrong.message, wrong.hint) from None
    engine = open_engine(settings)
    try:
        if upgrade:
            engine.upgrade()
        else:
            engine.require_current_schema()
    except SchemaMismatch as mismatch:
        raise CannotStart(f"{mismatch}.", "Run `baton db upgrade` with this release of Baton.") from None
    except Unavailable as reason:
        where = shown(settings.database_url)
        raise CannotStart(f"The database {where} cannot be used: {reason}.", "See BATON_DATABASE_URL.") from None
    app = Flask("baton", static_folder=None)
    app.extensions["engine"] = engine
    limits = Limits(body=settings.body_limit, deployment=settings.deployment_limit)
    app.register_blueprint(create_blueprint(engine, limits), url_prefix="/engine-rest")
    app.add_url_rule("/", "front", _front)
    return app


def open_engine(settings: Settings) -> Engine:
    """The engine over the configured database; nothing is connected or made yet."""
    return Engine.open(
        settings.database_url,
        history_level=settings.history_level,
        history_time_to_live_required=settings.history_time_to_live_required,
    )


def _front() -> Response:
    return redirect("/docs")
