"""What load balancers, orchestrators and Prometheus ask: `/health/live`, `/health/ready` and `/metrics`."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from api import Authentication
from api.errors import Refused
from baton.measures import CONTENT_TYPE, Measures
from engine import Engine, EngineError, StoreError
from engine.authorization import Resource
from engine.worker.embedded import EmbeddedRunner

TEXT = {"Content-Type": "text/plain; charset=utf-8"}
OVERDUE = 60.0
"""Seconds after which a job that is due and that nobody has done is worth a warning."""


def create_health_blueprint(engine: Engine, measures: Measures, authentication: Authentication) -> Blueprint:
    """The routes, over one engine; a runner is looked for in the application's extensions.

    Whether the server is well, anybody may ask. The measures tell of all tenants, and need READ on SYSTEM.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health/live")
    def live() -> Response:
        """This process answers."""
        return jsonify(status="up")

    @blueprint.get("/health/ready")
    def ready() -> tuple[Response, int]:
        """Requests can be served, and jobs are done. 503 says what is wrong."""
        checks: dict[str, dict[str, object]] = {}
        try:
            engine.require_current_schema()
            checks["database"] = {"status": "up"}
            checks["jobs"] = _jobs(engine)
        except (EngineError, StoreError) as problem:
            checks["database"] = {"status": "down", "reason": str(problem)}
        runner: EmbeddedRunner | None = current_app.extensions.get("runner")
        if runner is not None:
            checks["runner"] = {"status": "up" if runner.alive else "down", "hungHandlers": runner.hung}
        up = all(check["status"] != "down" for check in checks.values())
        return jsonify(status="up" if up else "down", checks=checks), 200 if up else 503

    @blueprint.get("/metrics")
    def metrics() -> tuple[bytes, int, dict[str, str]]:
        """For Prometheus."""
        try:
            actor = authentication.admit(changes=False).actor
            if not engine.authorizations.is_permitted(actor, "READ", Resource.SYSTEM):
                return b"The measures are for those with READ on SYSTEM\n", 403, dict(TEXT)
            return measures.text(), 200, {"Content-Type": CONTENT_TYPE}
        except Refused as refused:
            return f"{refused}\n".encode(), refused.answer.status, {**TEXT, **refused.answer.headers}
        except (EngineError, StoreError) as problem:
            return f"{problem}\n".encode(), 503, {**TEXT, "Retry-After": "5"}

    return blueprint


def _jobs(engine: Engine) -> dict[str, object]:
    """How long what the engine itself does has been due; work for others may wait for them as long as it likes."""
    since = [each.waiting_since for each in engine.monitor.read().jobs if each.topic is None and each.waiting_since]
    seconds = engine.monitor.age(min(since, default=None)).total_seconds()
    return {"status": "late" if seconds > OVERDUE else "up", "oldestDueSeconds": round(seconds, 3)}
