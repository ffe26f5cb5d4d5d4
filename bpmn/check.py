"""Read and judge the files of a deployment: definitions that may run, and all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bpmn.model import Definitions, Process
from bpmn.problems import Problem, Severity, error
from bpmn.reader import NO_EXECUTABLE, is_bpmn, read
from bpmn.rules import RULES, Rule
from bpmn.xml import Limits

_DEFAULT_LIMITS = Limits()


def check(
    data: bytes, resource: str, rules: Sequence[Rule] = RULES, limits: Limits = _DEFAULT_LIMITS
) -> tuple[Definitions | None, list[Problem]]:
    """Read one file and apply the rules to it. Problems come in the order of their lines; Definitions are None when
    nothing in the file can be understood as BPMN, and may be run only if no problem is an error."""
    definitions, problems = read(data, resource, limits)
    if definitions is not None:
        for rule in rules:
            problems.extend(rule(definitions))
    problems.sort(key=lambda problem: (problem.line, problem.column))
    return definitions, problems


def check_all(
    files: Iterable[tuple[str, bytes]], rules: Sequence[Rule] = RULES, limits: Limits = _DEFAULT_LIMITS
) -> tuple[list[Definitions], list[Problem]]:
    """Check the BPMN files among the files (name, bytes) of one deployment, by their names; others are passed over.

    Beyond `check`, a process key may be used only once in a deployment (rule "bpmn.duplicate_key"); and a file with
    nothing to execute is only told where another one has: diagrams may lie beside what they explain.
    """
    found: list[Definitions] = []
    problems: list[Problem] = []
    keys: dict[str, tuple[str, Process]] = {}
    for resource, data in files:
        if not is_bpmn(resource):
            continue
        definitions, of_file = check(data, resource, rules, limits)
        problems.extend(of_file)
        if definitions is None:
            continue
        found.append(definitions)
        for process in definitions.processes:
            other, first = keys.setdefault(process.id, (resource, process))
            if first is not process:
                problems.append(
                    error(
                        resource,
                        "bpmn.duplicate_key",
                        f"the deployment contains definitions with the same key '{process.id}' (id attribute), which "
                        f"is not allowed: here and in '{other}' at line {first.place.line}",
                        process.place,
                        process.id,
                    )
                )
    if keys:
        problems = [
            replace(each, severity=Severity.WARNING) if each.rule == NO_EXECUTABLE else each for each in problems
        ]
    return found, problems
