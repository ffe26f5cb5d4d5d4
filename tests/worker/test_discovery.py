"""How handlers are found, and loaded anew."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import HandlerRegistry
from engine.handlers import DEFAULT_REGISTRY
from engine.worker.connectors import add_connectors
from engine.worker.discovery import HandlersNotLoaded, HandlerSources

SOURCE = """
from engine import Job, handler

@handler("{name}")
def work(job: Job) -> dict[str, str]:
    return {{"said": "{word}"}}
"""


WRITTEN: list[Path] = []


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules = set(sys.modules)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    yield
    WRITTEN.clear()
    for each in list(DEFAULT_REGISTRY):
        if each.function.__module__.startswith(("baton_process_handlers.", "shop_")):
            DEFAULT_REGISTRY.forget(each.function.__module__)
    for name in set(sys.modules) - modules:
        if name.startswith(("baton_process_handlers", "shop_")):
            del sys.modules[name]


def write(file: Path, name: str, word: str) -> Path:
    """Write a file a little later than before, within the same second."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(SOURCE.format(name=name, word=word))
    WRITTEN.append(file)
    os.utime(file, ns=(0, 10**18 + len(WRITTEN)))
    return file


def said(name: str) -> object:
    found = DEFAULT_REGISTRY.get(name)
    assert found is not None
    return found.function(None)


def test_modules_and_process_folders(tmp_path: Path) -> None:
    write(tmp_path / "shop_handlers.py", "in-module", "one")
    write(tmp_path / "processes" / "shop" / "handlers.py", "in-folder", "two")
    HandlerSources(["shop_handlers"], tmp_path / "processes").load()
    assert said("in-module") == {"said": "one"}
    assert said("in-folder") == {"said": "two"}


def test_what_changes_is_loaded_anew(tmp_path: Path) -> None:
    module = write(tmp_path / "shop_changing.py", "in-module", "one")
    file = write(tmp_path / "processes" / "shop" / "handlers.py", "in-folder", "two")
    sources = HandlerSources(["shop_changing"], tmp_path / "processes")
    sources.load()
    assert list(sources.reload_changed()) == []
    write(module, "in-module", "six")
    write(file, "renamed", "four")
    write(tmp_path / "processes" / "new" / "handlers.py", "new", "five")
    assert len(list(sources.reload_changed())) == 3
    assert (said("in-module"), said("renamed"), said("new")) == ({"said": "six"}, {"said": "four"}, {"said": "five"})
    assert DEFAULT_REGISTRY.get("in-folder") is None
    write(file, "renamed", "nine")
    assert list(sources.reload_changed()) == [f"Loaded {file}"]
    assert said("renamed") == {"said": "nine"}


def test_what_changes_while_it_is_loaded_is_loaded_anew(tmp_path: Path) -> None:
    file = write(tmp_path / "processes" / "shop" / "handlers.py", "in-folder", "first")
    first = file.read_text()
    second = first.replace("first", "second")
    file.write_text(f"{first}\nfrom pathlib import Path\nPath(__file__).write_text({second!r})\n")
    sources = HandlerSources(folder=tmp_path / "processes")
    sources.load()
    assert said("in-folder") == {"said": "first"}
    assert list(sources.reload_changed()) == [f"Loaded {file}"]
    assert said("in-folder") == {"said": "second"}


@pytest.mark.parametrize("source", ["def broken(:", "import no_such_module", "1 / 0", "raise SystemExit"])
def test_what_cannot_be_loaded_stays_as_it_was(tmp_path: Path, source: str) -> None:
    file = write(tmp_path / "processes" / "shop" / "handlers.py", "in-folder", "old")
    sources = HandlerSources(folder=tmp_path / "processes")
    sources.load()
    file.write_text(source)
    (told,) = sources.reload_changed()
    assert told.startswith(f"Not loaded: The handlers in {file} cannot be loaded: ")
    assert said("in-folder") == {"said": "old"}


def test_a_module_that_is_not_there_is_refused() -> None:
    with pytest.raises(HandlersNotLoaded, match="shop_nowhere cannot be loaded: ModuleNotFoundError"):
        HandlerSources(["shop_nowhere"]).load()


def test_annotations_that_cannot_be_read_are_refused_when_loading(tmp_path: Path) -> None:
    file = write(tmp_path / "processes" / "shop" / "handlers.py", "in-folder", "old")
    file.write_text(
        'from __future__ import annotations\nfrom engine import handler\n@handler("x")\ndef f(a: Nope): ...\n'
    )
    with pytest.raises(HandlersNotLoaded, match=r"annotations of the handler .* cannot be read"):
        HandlerSources(folder=tmp_path / "processes").load()
    assert DEFAULT_REGISTRY.get("x") is None


def test_connectors_are_off_without_hosts() -> None:
    registry = HandlerRegistry()
    add_connectors(registry, ())
    assert len(registry) == 0
    add_connectors(registry, ["api.example.org"])
    assert list(registry.topics) == ["http-connector"]
