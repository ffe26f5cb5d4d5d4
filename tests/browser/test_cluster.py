"""The web app as it is run in earnest: `baton serve` and `baton worker` as processes of their own, over RabbitMQ.

The other tests of this folder run on PostgreSQL with a Celery worker too, but with the server in their own process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect

from tests.baton.serving import baton, running, working
from tests.brokers import Broker
from tests.browser.conftest import LOOKS, PATIENCE_MS

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <process id="doubled" name="Doubled" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="double"/>
    <serviceTask id="double" name="Double it" camunda:asyncBefore="true" camunda:expression="${amount * 2}"
        camunda:resultVariable="amount"/>
    <sequenceFlow id="f2" sourceRef="double" targetRef="look"/>
    <userTask id="look" name="Look at it" camunda:assignee="ada">
      <extensionElements><camunda:formData>
        <camunda:formField id="amount" label="Amount" type="long"/>
      </camunda:formData></extensionElements>
    </userTask>
    <sequenceFlow id="f3" sourceRef="look" targetRef="end"/><endEvent id="end" camunda:asyncBefore="true"/>
  </process>
</definitions>"""
ADA = ("ada", "An-Uncommon-Passw0rd")


@pytest.fixture
def cluster(postgres_url: str, brokers: Callable[[str], Broker], tmp_path: Path) -> Iterator[str]:
    """The address of a server whose jobs are done by a worker."""
    broker_url = brokers("rabbitmq").url
    more = {"BATON_AUTH": "on", "BATON_ADMIN_USER": ADA[0], "BATON_ADMIN_PASSWORD": ADA[1]}
    assert baton("db", "upgrade", database_url=postgres_url, folder=tmp_path).returncode == 0
    alone = {"BATON_BROKER_URL": broker_url, "BATON_JOB_RUNNER": "off"}
    with (
        running(
            "serve", database_url=postgres_url, folder=tmp_path, last_words="Baton serves", **more, **alone
        ) as server,
        working(postgres_url, broker_url, tmp_path, processes=1, **more),
    ):
        yield server.url.removesuffix("/engine-rest")


@pytest.mark.slow
def test_a_person_works_with_what_a_worker_has_done(chromium: Browser, cluster: str) -> None:
    files = {"doubled.bpmn": ("doubled.bpmn", MODEL.encode())}
    rest = f"{cluster}/engine-rest"
    deployed = requests.post(
        f"{rest}/deployment/create", data={"deployment-name": "d"}, files=files, auth=ADA, timeout=30
    )
    assert deployed.ok, deployed.text

    context = chromium.new_context(base_url=cluster, reduced_motion="reduce", **LOOKS["light"])
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("User").fill(ADA[0])
    page.get_by_label("Password").fill(ADA[1])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Nothing to do here")).to_be_visible()

    body = {"businessKey": "K-1", "variables": {"amount": {"value": 21, "type": "Long"}}}
    started = requests.post(f"{rest}/process-definition/key/doubled/start", json=body, auth=ADA, timeout=30)
    assert started.ok, started.text

    page.get_by_text("Look at it").first.click()  # which came by itself, made by the worker's job
    expect(page.get_by_label("Amount")).to_have_value("42")
    page.get_by_role("button", name="Complete").first.click()
    expect(page.get_by_text("Nothing to do here")).to_be_visible()
    page.goto(f"/instances/{started.json()['id']}")
    expect(page.get_by_text("Completed").first).to_be_visible()
    context.close()
