"""The models of these tests, and what can be seen of their instances."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import update

from engine import Engine
from engine.store.tables import job

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="http://example.org">'
)


def process(body: str, *, outside: str = "", key: str = "p") -> bytes:
    """A file with one process."""
    return f'{HEAD}{outside}<process id="{key}" isExecutable="true">{body}</process></definitions>'.encode()


def sequence(*elements: str) -> str:
    """A start event, these elements in a row (each of the form `<tag id="..."...`), and an end event."""
    parts = ['<startEvent id="start"/>', *elements, '<endEvent id="end"/>']
    ids = [part.split('id="')[1].split('"')[0] for part in parts]
    flows = [
        f'<sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(itertools.pairwise(ids))
    ]
    return "".join(parts + flows)


def work(id: str, topic: str, *, inside: str = "", more: str = "") -> str:
    """A service task of a topic."""
    return f'<serviceTask id="{id}" camunda:type="external" camunda:topic="{topic}" {more}>{inside}</serviceTask>'


def deploy(engine: Engine, body: str, **more: str) -> None:
    """Deploy one process."""
    engine.deployments.deploy({"p.bpmn": process(body, **more)}, name="p")


def run(engine: Engine, **variables: object) -> int:
    """Start an instance of it; its id."""
    return engine.process_instances.start(key="p", business_key="B-1", variables=variables).id


def ended(engine: Engine, instance: int) -> bool:
    """Has it ended?"""
    return engine.queries.process_instances.find(instance) is None


def values(engine: Engine, instance: int) -> dict[str, object]:
    """Its variables as they were last."""
    found = engine.queries.historic_variables.list({"processInstanceId": str(instance)})
    return {each.name: each.value for each in found}


def ends(engine: Engine, instance: int) -> Sequence[str | None]:
    """The end events that it reached."""
    found = engine.queries.historic_element_instances.list(
        {"processInstanceId": str(instance), "activityType": "noneEndEvent"}
    )
    return [each.element_id for each in found]


def incidents(engine: Engine) -> list[str | None]:
    """The messages of the open incidents."""
    return [each.message for each in engine.queries.incidents.list({})]


def end_leases(engine: Engine) -> None:
    """Let all leases be over, as those of a worker that has died are after a while."""
    over = update(job).where(job.c.lease_token.is_not(None)).values(lock_expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    with engine.database.write() as tx:
        tx.connection.execute(over)
