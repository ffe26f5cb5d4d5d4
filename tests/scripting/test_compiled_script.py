"""Scripts as expressions: what they read comes from the context, what they change goes to its host objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from engine.expression import (
    EvaluationError,
    ScriptRunner,
    ScriptsUnavailable,
    UnknownMethod,
    UnknownName,
    UnknownProperty,
    UnsupportedLanguage,
    compile_expression,
    compile_script,
)
from engine.scripting import ScriptPool
from engine.values import Integer


@dataclass
class Host:
    """A host object: getters with fixed values; every change is written down."""

    getters: Mapping[str, object]
    local: Sequence[str] = ()
    changes: list[tuple[object, ...]] = field(default_factory=list)

    def get_property(self, name: str) -> object:
        raise UnknownProperty(name, "host")

    def call_method(self, name: str, args: Sequence[object]) -> object:
        if name == "getVariableNamesLocal":
            return list(self.local)
        if name in self.getters:
            return self.getters[name]
        if name.startswith(("get", "is")):
            raise UnknownMethod(name, "host")
        self.changes.append((name, *args))
        return None


@dataclass
class Place:
    """A context in which scripts can be run."""

    scripts: ScriptRunner | None
    variables: Mapping[str, object] = field(default_factory=dict)
    hosts: Mapping[str, Host] = field(default_factory=dict)
    now: datetime = datetime(2024, 2, 29, tzinfo=UTC)
    user: str | None = None
    groups: Sequence[str] = ()

    def lookup(self, name: str) -> object:
        if name in self.hosts:
            return self.hosts[name]
        if name in self.variables:
            return self.variables[name]
        raise UnknownName(name)

    def script_variables(self) -> Mapping[str, object]:
        return self.variables


@pytest.mark.parametrize("compiler", [compile_script, compile_expression])
@pytest.mark.parametrize("language", ["javascript", "JavaScript", "ecmascript", "js", "graal.js", "nashorn", "python"])
def test_both_kinds_of_source_know_the_script_languages(pool: ScriptPool, compiler: object, language: str) -> None:
    assert callable(compiler)
    compiled = compiler("amount > 5", language)
    assert compiled.source == "amount > 5"
    assert not compiled.is_constant
    assert compiled.evaluate(Place(pool, {"amount": Integer(7)})) is True
    assert compiled.evaluate(Place(pool, {"amount": Integer(5)})) is False


def test_the_host_objects_take_the_changes_in_order(pool: ScriptPool) -> None:
    execution = Host({"getId": "12", "getProcessBusinessKey": "order-7"}, ["i"])
    task = Host({"getAssignee": "mary"})
    source = """
        execution.setVariableLocal("a", execution.getId() + execution.processBusinessKey);
        execution.setVariable("a", task.assignee);
        execution.removeVariable("i");
        task.setAssignee("joe");
        execution.hasVariableLocal("i") + " " + execution.hasVariableLocal("a")
    """
    place = Place(pool, {"i": Integer(1)}, {"execution": execution, "task": task})
    assert compile_script(source, "javascript").evaluate(place) == "false true"
    assert execution.changes == [
        ("setVariableLocal", "a", "12order-7"),
        ("setVariable", "a", "mary"),
        ("removeVariable", "i"),
    ]
    assert task.changes == [("setAssignee", "joe")]


def test_a_script_that_fails_changes_nothing(pool: ScriptPool, language: str) -> None:
    execution = Host({})
    source = "execution.setVariable('a', 1)\nnonsense"
    with pytest.raises(EvaluationError, match=f"The script in {language} failed in line 2: .*nonsense"):
        compile_script(source, language).evaluate(Place(pool, {}, {"execution": execution}))
    assert execution.changes == []


def test_where_there_is_no_execution_scripts_have_none(pool: ScriptPool, language: str) -> None:
    with pytest.raises(EvaluationError, match="execution"):
        compile_script("execution", language).evaluate(Place(pool))


def test_a_variable_is_no_host_object(pool: ScriptPool, language: str) -> None:
    place = Place(pool, {"task": "a text"})
    assert compile_script("task", language).evaluate(place) == "a text"


def test_scripts_that_are_switched_off_are_refused(language: str) -> None:
    with pytest.raises(ScriptsUnavailable, match=f"runs no scripts, so not this one in {language}"):
        compile_script("1", language).evaluate(Place(None))


def test_other_languages_are_refused_with_the_alternatives() -> None:
    for language in ("groovy", "jruby", "jython", "cobol"):
        with pytest.raises(UnsupportedLanguage, match=r"known are: feel, javascript, juel, python$"):
            compile_script("1", language)
