"""Development mode: deploys the folders below `processes/`, and again whenever a model or a handler in them changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from baton.resources import UnusableFiles, collect, models_in
from bpmn.problems import InvalidModel
from engine import Engine, EngineError
from engine.worker.discovery import HandlerSources

INTERVAL = 1.0
"""Seconds between two looks at the files."""

Snapshot = dict[Path, dict[Path, tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of deploying one folder: processes and decisions as `key version n` with the warnings, or problems."""

    folder: Path
    processes: tuple[tuple[str, int], ...] = ()
    decisions: tuple[tuple[str, int], ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.problems:
            return "\n".join([f"Not deployed: {self.folder}", *(f"  {problem}" for problem in self.problems)])
        told = [f"{key} version {version}" for key, version in self.processes]
        told += [f"decision {key} version {version}" for key, version in self.decisions]
        shown = ", ".join(told) or "no process"
        return "\n".join([f"Deployed {self.folder}: {shown}", *(f"  {warning}" for warning in self.warnings)])


class Folders:
    """The process folders below `root`: each is one deployment, named as the folder."""

    def __init__(self, engine: Engine, root: Path, handlers: HandlerSources) -> None:
        self._engine = engine
        self._root = root
        self._handlers = handlers
        self._seen: Snapshot = {}

    def deploy_changed(self) -> Iterator[Outcome]:
        """Deploys every folder that is new or holds a model that is new, changed or gone since the last call."""
        now = self._snapshot()
        before, self._seen = self._seen, now
        for folder in now:
            if now[folder] != before.get(folder):
                yield self._deploy(folder)

    def watch(self, tell: Callable[[object], None], stop: threading.Event) -> None:
        """Deploys what changes, and loads handlers that change, until `stop` is set."""
        while not stop.wait(INTERVAL):
            for outcome in self.deploy_changed():
                tell(outcome)
            for loaded in self._handlers.reload_changed():
                tell(loaded)

    def _snapshot(self) -> Snapshot:
        folders = sorted(folder for folder in self._root.glob("*/") if not folder.name.startswith("."))
        found = {folder: {model: _fingerprint(model) for model in models_in(folder)} for folder in folders}
        return {folder: models for folder, models in found.items() if models}

    def _deploy(self, folder: Path) -> Outcome:
        try:
            deployed = self._engine.deployments.deploy(
                collect([folder]), name=folder.name, source="baton dev", enable_duplicate_filtering=True
            )
        except InvalidModel as invalid:
            return Outcome(folder, problems=tuple(map(str, invalid.problems)))
        except (UnusableFiles, EngineError) as reason:
            return Outcome(folder, problems=(str(reason),))
        made = tuple((process.key, process.version) for process in deployed.process_definitions)
        decisions = tuple((decision.key, decision.version) for decision in deployed.decision_definitions)
        warnings = tuple(map(str, deployed.warnings)) if made or decisions else ()
        return Outcome(folder, made, decisions, warnings=warnings)


def _fingerprint(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except FileNotFoundError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
