"""Finds handlers: in modules that are named, and in the `handlers.py` of process folders."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType

from engine.handlers import DEFAULT_REGISTRY, HandlerRegistry, InvalidHandler

FILE = "handlers.py"
_PACKAGE = "baton_process_handlers"


class HandlersNotLoaded(Exception):
    """A module with handlers cannot be loaded; the message says which one and why."""


@dataclass
class HandlerSources:
    """Where handlers are: `modules` by name, and `folder`/*/handlers.py.

    They register with `engine.handler`; `registry` is where that puts them.
    """

    modules: Sequence[str] = ()
    folder: Path | None = None
    registry: HandlerRegistry = DEFAULT_REGISTRY
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def load(self) -> None:
        """Load all of them. Raises HandlersNotLoaded for the first that cannot be."""
        here = str(Path.cwd())
        if here not in sys.path:
            sys.path.insert(0, here)  # a console script does not look where it is called from
        for name in self.modules:
            self._load(name, partial(importlib.import_module, name), anew=False)
        # As they are before they are read, so that what changes meanwhile is loaded anew.
        read = {file: _fingerprint(file) for file in self._files()}
        for file in read:
            self._load_file(file)
        self._seen = {file: _fingerprint(file) for file in self._watched()} | read

    def reload_changed(self) -> Iterator[str]:
        """Load anew what has changed since the last call; what to tell of each. What cannot be stays as it was."""
        seen, self._seen = self._seen, {file: _fingerprint(file) for file in self._watched()}
        for file, now in self._seen.items():
            if seen.get(file) == now:
                continue
            try:
                self._reload(file)
                yield f"Loaded {file}"
            except HandlersNotLoaded as reason:
                yield f"Not loaded: {reason}"

    def _files(self) -> list[Path]:
        return [] if self.folder is None else sorted(self.folder.glob(f"*/{FILE}"))

    def _watched(self) -> list[Path]:
        origins = [getattr(sys.modules.get(name), "__file__", None) for name in self.modules]
        return [*(Path(origin) for origin in origins if origin), *self._files()]

    def _reload(self, file: Path) -> None:
        for name in self.modules:
            module = sys.modules.get(name)
            if module is not None and getattr(module, "__file__", None) == str(file):
                _forget_compiled(file)
                self._load(name, partial(importlib.reload, module))
                return
        self._load_file(file)

    def _load_file(self, file: Path) -> None:
        name = f"{_PACKAGE}.{file.parent.name}"
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise HandlersNotLoaded(f"{file} is no Python module")
        loader = spec.loader
        _forget_compiled(file)

        def execute() -> ModuleType:
            module = sys.modules[name] = importlib.util.module_from_spec(spec)
            loader.exec_module(module)
            return module

        self._load(name, execute, str(file))

    def _load(self, name: str, load: Callable[[], object], shown: str | None = None, *, anew: bool = True) -> None:
        kept = self.registry.forget(name) if anew else ()
        try:
            load()
            for each in self.registry:
                _ = each.parameters
        except (Exception, SystemExit) as problem:
            self.registry.forget(name)
            for each in kept:
                self.registry.add(each)
            why = str(problem) if isinstance(problem, InvalidHandler) else f"{type(problem).__name__}: {problem}"
            raise HandlersNotLoaded(f"The handlers in {shown or name} cannot be loaded: {why}") from problem


def _forget_compiled(file: Path) -> None:
    """Have Python read the source: it takes what was compiled from a file of the same size and second for the same."""
    with suppress(OSError):
        Path(importlib.util.cache_from_source(str(file))).unlink()


def _fingerprint(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except FileNotFoundError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
