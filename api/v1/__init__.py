"""Baton's own REST API, below `/api/v1`: what a web app needs and Camunda's API does not give."""

from __future__ import annotations

from api.routing import all_routes
from api.v1.access import ACCESS
from api.v1.decisions import DECISIONS
from api.v1.drafts import DRAFTS
from api.v1.events import EVENTS
from api.v1.exports import EXPORTS
from api.v1.forms import FORMS
from api.v1.model_drafts import MODEL_DRAFTS
from api.v1.models import MODELS
from api.v1.moments import MOMENTS
from api.v1.monitoring import MONITORING
from api.v1.notices import NOTICES
from api.v1.rehearsals import REHEARSALS
from api.v1.session import SESSION
from api.v1.sign_ins import SIGN_INS
from api.v1.system import SYSTEM
from api.v1.tasks import TASKS
from api.v1.tokens import TOKENS

V1_ROUTES = all_routes(
    (
        SESSION,
        TOKENS,
        SIGN_INS,
        TASKS,
        FORMS,
        DRAFTS,
        EVENTS,
        MODELS,
        MODEL_DRAFTS,
        NOTICES,
        MONITORING,
        DECISIONS,
        MOMENTS,
        REHEARSALS,
        SYSTEM,
        ACCESS,
        EXPORTS,
    )
)
"""All routes, in the order in which they are documented."""
