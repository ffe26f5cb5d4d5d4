"""Camunda 7's REST API over the engine's facade: `create_blueprint(engine)` is a Flask blueprint at `/engine-rest`."""

from __future__ import annotations

from api.blueprint import Limits, create_blueprint

__all__ = ["Limits", "create_blueprint"]
