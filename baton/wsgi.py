"""The WSGI application: an engine over the configured database, the REST API over the engine, and the web app."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from flask import Flask, Response, redirect, request
from werkzeug.middleware.proxy_fix import ProxyFix

from api import Authentication, Limits, create_blueprint
from baton.composition import open_engine, ring_workers
from baton.door import Door, open_provider, prepare_people
from baton.health import create_health_blueprint
from baton.measures import Measures
from baton.settings import InvalidSetting, Settings, load, shown
from baton.starting import CannotStart
from engine import StoreError
from tasklist import create_pages_blueprint, create_web_blueprint

log = logging.getLogger("baton.sign_in")

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer has that says nothing else: pages that are not there, measures, signs of health."""
YEAR = 365 * 24 * 3600


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    return response


def create_app(
    settings: Settings | None = None,
    *,
    upgrade: bool = False,
    demo: bool = False,
    tell: bool = True,
    stream_threads: bool = False,
) -> Flask:
    """The application for any WSGI server, for example `gunicorn --threads 64 'baton.wsgi:create_app()'`.

    The settings are loaded unless given. The engine is `app.extensions["engine"]`; it does no jobs by itself, but
    tells others of those that it makes, until `app.extensions["silence"]` is called. `upgrade` brings the database's
    tables up to date; without it they must be. `demo` makes people to try things out with. `tell` has the log say how
    the first administrator is made, while there is none; `baton serve` says so itself. With `stream_threads` the server
    has BATON_EVENT_STREAMS threads more than BATON_THREADS. Raises CannotStart.
    """
    if settings is None:
        try:
            settings = load().settings
        except InvalidSetting as wrong:
            raise CannotStart(wrong.message, wrong.hint) from None
    engine = open_engine(settings, stream_threads=stream_threads)
    try:
        if upgrade:
            engine.upgrade()
        else:
            engine.require_current_schema()
    except StoreError as reason:
        engine.close()
        where = shown(settings.database_url)
        raise CannotStart(f"{reason}.", f"The database is {where}: see BATON_DATABASE_URL.") from None
    try:
        people = prepare_people(engine, settings, demo=demo)
        provider = open_provider(settings)
    except CannotStart:
        engine.close()
        raise
    app = Flask("baton", static_folder=None)
    app.extensions["silence"] = ring_workers(engine, settings)
    app.extensions["engine"] = engine
    limits = Limits(json_bytes=settings.body_limit, upload_bytes=settings.upload_limit)
    authentication = Authentication(engine, required=settings.auth, demo=bool(people), provider=provider)
    app.register_blueprint(create_blueprint(engine, limits, authentication))
    app.extensions["door"] = door = Door(engine, authentication, people, settings.oidc_name)
    if tell and (told := door.how_to_set_up()) is not None:
        log.warning("%s", told)
    app.register_blueprint(create_pages_blueprint(door))
    app.extensions["measures"] = measures = Measures(engine)
    app.register_blueprint(create_health_blueprint(engine, measures, authentication))
    app.register_blueprint(create_web_blueprint(door))
    app.add_url_rule("/docs", "docs", lambda: redirect("/engine-rest/docs"))
    app.after_request(_harden)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
