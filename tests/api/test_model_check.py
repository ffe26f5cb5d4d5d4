"""The check of models for a modeler: the same problems as a deployment's, and nothing kept."""

from __future__ import annotations

import pytest

from api.interfaces import OWN
from engine import Engine
from tests.api.conftest import Api

GOOD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
  <process id="good" isExecutable="true"><startEvent id="start"/></process>
</definitions>"""
BAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
  <process id="bad" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="flow" sourceRef="start" targetRef="nowhere"/>
  </process>
</definitions>"""


@pytest.fixture
def own(api: Api) -> Api:
    return Api(api.client, OWN)


def test_a_good_model_could_be_deployed_and_is_not(own: Api, engine: Engine) -> None:
    report = own.call("POST", "/model/check", json={"files": {"good.bpmn": GOOD}}).json
    assert report is not None
    assert report["deployable"] is True
    assert [one for one in report["problems"] if one["severity"] == "error"] == []
    assert engine.queries.deployments.count() == 0


def test_problems_name_line_and_element(own: Api) -> None:
    report = own.call("POST", "/model/check", json={"files": {"bad.bpmn": BAD}}).json
    assert report is not None
    assert report["deployable"] is False
    problem = next(one for one in report["problems"] if one["severity"] == "error")
    assert (problem["file"], problem["line"], problem["elementIds"][0]) == ("bad.bpmn", 4, "flow")
    assert "nowhere" in problem["message"]


def test_what_is_no_xml_is_a_problem_and_no_failure(own: Api) -> None:
    report = own.call("POST", "/model/check", json={"files": {"x.bpmn": "no model"}}).json
    assert report is not None
    assert report["deployable"] is False
    assert report["problems"]


@pytest.mark.parametrize("files", [{}, {f"{number}.bpmn": GOOD for number in range(101)}])
def test_no_files_and_too_many_are_refused(own: Api, files: dict[str, str]) -> None:
    own.call("POST", "/model/check", 400, json={"files": files})
