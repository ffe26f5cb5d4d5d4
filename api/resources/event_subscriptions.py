"""Event subscriptions over REST (Camunda manual, REST API, "Event Subscription")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.routing import Routes
from api.shapes import EventSubscription, show_subscription
from engine import Engine
from engine.services.queries import EVENT_SUBSCRIPTIONS as TABLE
from engine.services.queries import SubscriptionView

EVENT_SUBSCRIPTIONS = Routes("Event subscription")


def _show(_: Engine, views: Sequence[SubscriptionView], *__: Mapping[str, Any]) -> list[EventSubscription]:
    return [show_subscription(view) for view in views]


EVENT_SUBSCRIPTIONS.collection(
    "/event-subscription",
    lambda queries: queries.event_subscriptions,
    TABLE,
    _show,
    list[EventSubscription],
    post=False,
    plural="event subscriptions",
)
