"""The REST APIs over the engine's facade: `create_blueprint(engine)` is a Flask blueprint of both.

Camunda 7's is below `/engine-rest`, Baton's own below `/api/v1`.
"""

from __future__ import annotations

from api.authentication import Authentication
from api.blueprint import Limits, create_blueprint

__all__ = ["Authentication", "Limits", "create_blueprint"]
