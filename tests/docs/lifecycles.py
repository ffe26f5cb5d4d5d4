"""Makes docs/lifecycles.md: the diagrams of the tables in `engine.core.lifecycle`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import StrEnum

from engine.core.lifecycle import LIFECYCLES, Lifecycle

HEAD = """\
# The lives of things

Everything that has a life in Baton changes its state by one function, `engine.core.lifecycle.fire`, and only as the
tables of that module allow; anything else is an error that names both states. These diagrams are the tables.

<!-- Made by `python -m tests.docs`; do not edit. -->
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_section(lifecycle) for lifecycle in LIFECYCLES)


def _section(lifecycle: Lifecycle) -> str:
    kinds = {type(state) for state in lifecycle.transitions if state is not None}
    (kind,) = kinds
    title = lifecycle.name.capitalize()
    about = inspect.cleandoc(kind.__doc__ or "")
    return f"\n## {title}\n\n{about}\n\n```mermaid\nstateDiagram-v2\n{''.join(_arrows(lifecycle, kind))}```\n"


def _arrows(lifecycle: Lifecycle, kind: type[StrEnum]) -> Iterator[str]:
    """One line per transition, in the order of the states; final states lead to the end."""
    for current in (None, *kind):
        following = lifecycle.transitions[current]
        for state in kind:
            if state in following:
                yield f"    {'[*]' if current is None else current} --> {state}\n"
        if current is not None and not following:
            yield f"    {current} --> [*]\n"
