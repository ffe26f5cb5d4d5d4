"""Gives browsers the web app: one page for every screen, and the files that Vite made of `tasklist/web`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, redirect, request, send_from_directory

from tasklist.pages import Door

STATIC = Path(__file__).parent / "static"
"""Where the build lies; it is made at set-up (`make web`), and wheels contain it."""

SCREENS = (
    "tasks",
    "start",
    "processes",
    "instances",
    "incidents",
    "decisions",
    "modeler",
    "deployments",
    "batches",
    "admin",
    "account",
    "kit",
    "camunda",
)
"""The first words of the app's addresses: each is answered with the same page, which finds the screen by itself."""

WELL_KNOWN = "/.well-known/camunda-automation-platform/webapps"
"""Where modelers ask for the addresses of the web apps (Camunda manual, "Well known")."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_YEAR = 365 * 24 * 3600

_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Baton</title>
<h1>The web app is not built</h1>
<p>The REST API is served, at <a href="/engine-rest/docs">/engine-rest/docs</a>.
The web app is built by <code>make web</code>, which needs Node.js and gets one if there is none.</p>
</html>
"""


def create_web_blueprint(door: Door, static: Path = STATIC) -> Blueprint:
    """The pages of the web app, for a Flask application; `static` holds what Vite made.

    Who is not signed in is led to the sign-in page, and from there to what they wanted.
    """
    blueprint = Blueprint("tasklist", __name__)

    def page(**_: str) -> Response:
        if door.is_closed and not door.is_inside():
            wanted = request.full_path.removesuffix("?")
            response = make_response(
                redirect("/login" if wanted == "/" else f"/login?{urlencode({'next': wanted})}", 303)
            )
            response.headers["Cache-Control"] = "no-store"
            return _answered(response)
        if not (static / "index.html").is_file():
            return _answered(Response(_NOT_BUILT, 503, mimetype="text/html"))
        response = send_from_directory(static, "index.html", max_age=0)
        response.headers["Cache-Control"] = "no-cache"
        return _answered(response)

    def asset(name: str) -> Response:
        # The name of a file holds the hash of its content, so what a browser has once it need never ask for again.
        response = send_from_directory(static / "assets", name, max_age=_YEAR)
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        return _answered(response)

    def file(name: str) -> Response:
        return _answered(send_from_directory(static, name, max_age=3600))

    blueprint.add_url_rule("/", "home", page)
    for screen in SCREENS:
        blueprint.add_url_rule(f"/{screen}", screen, page)
        blueprint.add_url_rule(f"/{screen}/<path:rest>", f"{screen} below", page)
    blueprint.add_url_rule(WELL_KNOWN, "well-known", _webapps)
    blueprint.add_url_rule("/assets/<path:name>", "asset", asset)
    for name in ("mark.svg", "theme.js"):
        blueprint.add_url_rule(f"/{name}", name.replace(".", " "), file, defaults={"name": name})
    return blueprint


def _webapps() -> Response:
    # The apps of Camunda are screens of this one: `src/screens/camunda` finds them by what modelers append.
    root = request.url_root.rstrip("/")
    apps = {f"{app}Url": f"{root}/camunda/app/{app}/default/" for app in ("admin", "cockpit", "tasklist")}
    return _answered(jsonify(apps))


def _answered(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
