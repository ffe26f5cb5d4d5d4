"""Binding a process: what cannot be executed is refused, all of it at once, each with its place.

What is refused today is told by docs/supported-elements.md, which a test keeps true.
"""

from __future__ import annotations

from tests.core.kit import Run, refusals
from tests.core.models import listener, part, process, service

UNKNOWN = part("scriptTask", inner="<script>1</script>", scriptFormat="cobol")


def test_what_can_be_executed_is_bound_without_a_word():
    assert refusals(process("start > a > end")) == []


def test_refusals_name_file_place_element_and_rule():
    file = process("start > x", {"x": UNKNOWN}).replace(b"<scriptTask", b"\n<scriptTask")
    (problem,) = refusals(file)
    assert problem.startswith("model.bpmn:2:")
    assert "'x' uses the language 'cobol', which cannot be executed" in problem
    assert problem.endswith("(x) [expression.language]")


def test_known_languages_are_named():
    assert "juel" in refusals(process("start > x", {"x": UNKNOWN}))[0]


def test_all_refusals_come_at_once():
    parts = {"x": UNKNOWN, "y": UNKNOWN, "z": service("${1 +}")}
    file = process("start > x > y > z; z > [${2 *}] a; z > *b", parts, extensions=listener("start", "${3 -}"))
    found = refusals(file)
    assert len(found) == 5
    assert [problem[-19:] for problem in found if "cobol" not in problem] == ["[expression.syntax]"] * 3


def test_multi_instance_activity_is_named_as_it_is_in_the_file():
    (problem,) = refusals(process("start > x", {"x": part("task").times("${1 +}")}))
    assert "(x) [expression.syntax]" in problem


def test_script_in_a_file_is_refused():
    file = process("start > x", {"x": part("scriptTask", scriptFormat="juel", resource="deployment://x.juel")})
    assert "'deployment://x.juel'" in refusals(file)[0]


def test_definition_is_known_by_key_version_and_id():
    run = Run(process("start > a"))
    run.deploy(process("start > a"), process("start > b", id="q"))
    assert [each.reference for each in run.deployed.by_id.values()] == ["p:1:1", "p:2:2", "q:1:3"]
