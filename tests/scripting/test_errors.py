"""BPMN errors that scripts throw, from the sandbox to the boundary event."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import Engine
from engine.errors import ExecutionFailed
from engine.expression import EvaluationError, ScriptCall, ScriptError, ScriptObject
from engine.scripting import ScriptPool
from tests.executor.models import model
from tests.scripting.processes import PATIENT

OBJECTS = {"execution": ScriptObject({})}
THROW = {
    "javascript": 'throw new BpmnError("LIMIT", "too much")',
    "python": 'raise BpmnError("LIMIT", "too much")',
}


@pytest.fixture
def engine() -> Iterator[Engine]:
    opened = Engine.open("sqlite://", scripts=ScriptPool(PATIENT))
    opened.upgrade()
    yield opened
    opened.close()


def _thrown(pool: ScriptPool, language: str, source: str, **variables: object) -> ScriptError | None:
    return pool.run(language, source, variables, OBJECTS).thrown


def test_a_script_ends_with_a_bpmn_error_and_the_changes_before_it(pool: ScriptPool, language: str) -> None:
    found = pool.run(language, f"execution.setVariable('a', 1)\n{THROW[language]}", {}, OBJECTS)
    assert found.thrown == ("LIMIT", "too much")
    assert found.calls == [ScriptCall("execution", "setVariable", ("a", 1))]
    assert _thrown(pool, language, "1") is None


@pytest.mark.parametrize(
    "source",
    [
        'throw new BpmnError("X")',
        'throw new org.camunda.bpm.engine.delegate.BpmnError("X")',
        'const E = Java.type("org.camunda.bpm.engine.delegate.BpmnError"); throw new E("X")',
        '(function () { throw new BpmnError("X", null); })()',
    ],
)
def test_the_error_has_the_names_that_scripts_for_camunda_use(pool: ScriptPool, source: str) -> None:
    assert _thrown(pool, "javascript", source) == ("X", None)


def test_an_error_that_the_script_catches_is_none(pool: ScriptPool) -> None:
    source = 'try { throw new BpmnError("X", "m") } catch (e) { [e instanceof Error, e.errorCode, e.getMessage()] }'
    assert pool.run("javascript", source, {}, OBJECTS).value == [True, "X", "m"]
    source = "try:\n    raise BpmnError('X')\nexcept Exception:\n    caught = 5\ncaught"
    assert pool.run("python", source, {}, OBJECTS).value == 5


def test_variables_go_before_the_names_of_the_error(pool: ScriptPool) -> None:
    found = pool.run("javascript", "org + Java + BpmnError", {"org": 1, "Java": 2, "BpmnError": 3}, OBJECTS)
    assert found.value == 6
    assert pool.run("python", "BpmnError", {"BpmnError": 3}, OBJECTS).value == 3


@pytest.mark.parametrize(
    ("language", "source", "message"),
    [
        ("javascript", "throw new BpmnError()", "code of a BpmnError must be a text"),
        ("javascript", 'throw new BpmnError("")', "code of a BpmnError must be a text"),
        ("javascript", 'Java.type("java.io.File")', "no Java classes but"),
        ("javascript", 'throw new Error("BpmnError 1")', "Error: BpmnError 1"),
        ("python", "raise BpmnError(5)", "code of a BpmnError must be a text"),
        ("python", "raise Exception('BpmnError 1')", "Exception: BpmnError 1"),
        ("python", "_errors.append(5)\nraise Exception('BpmnError 1')", "Exception: BpmnError 1"),
    ],
)
def test_what_is_no_bpmn_error_is_a_failure(pool: ScriptPool, language: str, source: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        pool.run(language, source, {}, OBJECTS)


def _script(language: str) -> str:
    seen = "execution.setVariable('seen', 1)"
    return f'<scriptTask id="x" scriptFormat="{language}"><script>{seen}\n{THROW[language]}</script></scriptTask>'


START = '<startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="x"/>'


def test_a_boundary_event_catches_the_error_of_a_script_task(engine: Engine, language: str) -> None:
    caught = (
        '<boundaryEvent id="caught" attachedToRef="x"><errorEventDefinition errorRef="e" '
        'camunda:errorCodeVariable="code" camunda:errorMessageVariable="message"/></boundaryEvent>'
        '<sequenceFlow id="f2" sourceRef="caught" targetRef="after"/><userTask id="after"/>'
    )
    files = model(f"{START}{_script(language)}{caught}")
    files["p.bpmn"] = files["p.bpmn"].replace(b"<process ", b'<error id="e" errorCode="LIMIT"/><process ')
    engine.deployments.deploy(files)
    instance = engine.process_instances.start(key="p").id
    assert [each.element_id for each in engine.queries.tasks.list({})] == ["after"]
    assert engine.queries.variables_of(instance) == {"seen": 1, "code": "LIMIT", "message": "too much"}
    assert engine.check() == []


def test_an_error_that_nobody_catches_ends_the_path(engine: Engine, language: str) -> None:
    more = '<sequenceFlow id="f2" sourceRef="x" targetRef="after"/><userTask id="after"/>'
    engine.deployments.deploy(model(f"{START}{_script(language)}{more}"))
    engine.process_instances.start(key="p")
    assert engine.queries.process_instances.count() == 0
    assert engine.check() == []


def test_elsewhere_the_error_is_a_failure(engine: Engine, language: str) -> None:
    listener = (
        f'<extensionElements><camunda:executionListener event="start"><camunda:script scriptFormat="{language}">'
        f"{THROW[language]}</camunda:script></camunda:executionListener></extensionElements>"
    )
    engine.deployments.deploy(model(f'{START}<userTask id="x">{listener}</userTask>'))
    with pytest.raises(ExecutionFailed, match="threw the BPMN error 'LIMIT', which only the script of a script task"):
        engine.process_instances.start(key="p")
