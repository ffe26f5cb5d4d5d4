"""Scripts in files of their own, deployed together with the model."""

from __future__ import annotations

import pytest

from bpmn.problems import InvalidModel
from engine import Engine
from engine.errors import ExecutionFailed
from tests.executor.models import model

SCRIPT = (
    '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="script"/>'
    '<scriptTask id="script" scriptFormat="juel" camunda:resource="deployment://sum.txt" camunda:resultVariable="sum"/>'
    '<sequenceFlow id="f2" sourceRef="script" targetRef="task"/><userTask id="task"/>'
)


def test_a_script_may_be_in_a_file_of_the_deployment(engine: Engine, database_url: str) -> None:
    engine.deployments.deploy({**model(SCRIPT), "sum.txt": b"${a + b}"})
    started = engine.process_instances.start(key="p", variables={"a": 1, "b": 2}, return_variables=True)
    assert started.variables["sum"] == 3
    other = Engine.open(database_url)
    try:
        again = other.process_instances.start(key="p", variables={"a": 2, "b": 2}, return_variables=True)
        assert again.variables["sum"] == 4
    finally:
        other.close()


@pytest.mark.parametrize("files", [{}, {"sum.txt": b"\xff"}, {"other.txt": b"1"}])
def test_a_script_file_that_is_not_there_is_told_and_fails_when_it_is_reached(
    engine: Engine, files: dict[str, bytes], database_url: str
) -> None:
    deployed = engine.deployments.deploy({**model(SCRIPT), **files})
    assert [problem.rule for problem in deployed.warnings if "sum.txt" in problem.message] == ["camunda.resource"]
    with pytest.raises(ExecutionFailed, match=r"sum\.txt.*is not in its deployment"):
        engine.process_instances.start(key="p")
    other = Engine.open(database_url)  # binds what is stored
    try:
        with pytest.raises(ExecutionFailed, match=r"sum\.txt"):
            other.process_instances.start(key="p")
    finally:
        other.close()


def test_a_script_file_left_out_as_unchanged_is_refused(engine: Engine) -> None:
    files = {**model(SCRIPT), "sum.txt": b"${a + b}"}
    engine.deployments.deploy(files, name="d")
    changed = {**files, "p.bpmn": files["p.bpmn"] + b" "}
    with pytest.raises(InvalidModel, match=r"sum\.txt"):
        engine.deployments.deploy(changed, name="d", deploy_changed_only=True)
    assert len(engine.deployments.deploy(changed, name="d").process_definitions) == 1
