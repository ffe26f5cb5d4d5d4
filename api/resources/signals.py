"""Signals over REST (Camunda manual, REST API, "Signal")."""

from __future__ import annotations

from api.errors import NULL, refuse
from api.identity import current_user
from api.routing import Body, Routes
from api.shapes import GivenValues, read_values
from engine import Engine
from engine.errors import BadRequest, NotFound

SIGNALS = Routes("Signal")


class Signal(Body):
    """A signal and whom it is for: all who wait for it, those of a tenant, or one execution."""

    name: str | None = None
    execution_id: str | None = None
    variables: GivenValues | None = None
    tenant_id: str | None = None
    without_tenant_id: bool = False


@SIGNALS.post("/signal", "Send a signal", fails=NULL)
def send_signal(engine: Engine, body: Signal) -> None:
    if not body.name:
        raise refuse("No signal name given")
    variables = read_values(body.variables)
    if body.execution_id is None:
        tenant = "" if body.without_tenant_id else body.tenant_id
        engine.signals.send(body.name, variables, tenant_id=tenant, user=current_user())
        return
    if body.tenant_id is not None or body.without_tenant_id:
        raise BadRequest("Cannot specify a tenant-id when deliver a signal to a single execution.")
    if not body.execution_id.isdigit():
        raise NotFound("execution", body.execution_id, f"Cannot find execution with id '{body.execution_id}'")
    engine.signals.send_to(int(body.execution_id), body.name, variables, user=current_user())
