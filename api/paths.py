"""Finds what is served at the path of a request: a tree of the segments of all paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from werkzeug.exceptions import MethodNotAllowed, NotFound

Served = TypeVar("Served")


@dataclass(eq=False, slots=True)
class _Node(Generic[Served]):
    """Where some segments lead: to what is served there, by method, and on by one more segment."""

    served: dict[str, tuple[Served, Sequence[str]]] = field(default_factory=dict)
    """With the names of the segments on the way that have one."""
    written: dict[str, _Node[Served]] = field(default_factory=dict)
    named: _Node[Served] | None = None


class Paths(Generic[Served]):
    """What is served by which method at which path, for example GET at `/task/{id}`.

    A name in braces stands for one segment that is not empty. What is written so in a path goes before names, and
    slashes at the beginning and one at the end make no difference.

    Werkzeug's map does this too, but spends longer than all else that the server does when it starts, on the ways back
    from endpoints to paths.
    """

    def __init__(self) -> None:
        self._root: _Node[Served] = _Node()

    def add(self, method: str, path: str, served: Served) -> None:
        """Serves this there from now on."""
        node, names = self._root, []
        for segment in path[1:].split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.named = node.named or _Node()
                node = node.named
            else:
                node = node.written.setdefault(segment, _Node())
        node.served[method] = served, names

    def find(self, method: str, path: str) -> tuple[Served, Mapping[str, str]]:
        """What is served there, and the segments that have names. Raises werkzeug's NotFound or MethodNotAllowed."""
        for by_method, values in _ends(self._root, _segments(path)):
            if method in by_method:
                served, names = by_method[method]
                return served, dict(zip(names, values, strict=True))
        allowed = self.methods(path)
        raise MethodNotAllowed(valid_methods=sorted(allowed)) if allowed else NotFound()

    def methods(self, path: str) -> set[str]:
        """The methods that are served there; none where nothing is."""
        found = {method for by_method, _ in _ends(self._root, _segments(path)) for method in by_method}
        return found | {"HEAD"} if "GET" in found else found


def _segments(path: str) -> Sequence[str]:
    return path.lstrip("/").removesuffix("/").split("/")


def _ends(
    node: _Node[Served], segments: Sequence[str], values: Sequence[str] = ()
) -> Iterator[tuple[Mapping[str, tuple[Served, Sequence[str]]], Sequence[str]]]:
    """What is served where the segments lead to, the best way first, and the segments on that way that have names."""
    if not segments:
        yield node.served, values
        return
    first, *rest = segments
    if first in node.written:
        yield from _ends(node.written[first], rest, values)
    if first and node.named is not None:
        yield from _ends(node.named, rest, (*values, first))
