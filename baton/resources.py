"""Which files make up a deployment: the models given by name, or those found in folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

SUFFIXES = (".bpmn", ".bpmn20.xml", ".bpmn2.xml", ".dmn", ".dmn11.xml", ".form")


class UnusableFiles(Exception):
    """The files cannot be deployed together; the message says why."""


def collect(paths: Iterable[Path]) -> dict[str, bytes]:
    """The files by resource name: a file by its own name, a folder's models by their path inside it.

    Raises UnusableFiles when a path does not exist, a folder holds no model or two files have one name.
    """
    found: dict[str, bytes] = {}
    for path in paths:
        for name, file in _named(path):
            if name in found:
                raise UnusableFiles(f"Two files are called {name}")
            try:
                found[name] = file.read_bytes()
            except OSError as reason:
                raise UnusableFiles(f"{file} cannot be read: {reason.strerror}") from None
    return found


def models_in(folder: Path) -> list[Path]:
    """The models in a folder and the folders below it, in the order of their names."""
    return sorted(file for file in folder.rglob("*") if file.name.lower().endswith(SUFFIXES) and file.is_file())


def _named(path: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_dir():
        yield path.name, path
        return
    models = models_in(path)
    if not models:
        raise UnusableFiles(f"There is no model in {path}: no file that ends with {', '.join(SUFFIXES)}")
    yield from ((model.relative_to(path).as_posix(), model) for model in models)
