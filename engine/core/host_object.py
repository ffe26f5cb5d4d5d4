"""What expressions may reach of an object of the engine: a closed table of methods, and nothing else of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from engine.expression import UnknownMethod, UnknownProperty

Methods = Mapping[tuple[str, int], Callable[..., object]]
"""The methods of a kind of object by name and number of arguments."""


class Host:
    """An object with a closed table of methods; a method `getX` without arguments is also the property `x`."""

    name = "object"
    methods: ClassVar[Methods] = {}

    def get_property(self, name: str) -> object:
        """The value of a property; raises UnknownProperty."""
        for prefix in ("get", "is"):
            method = self.methods.get((prefix + name[:1].upper() + name[1:], 0))
            if method is not None:
                return method(self)
        raise UnknownProperty(name, self.name)

    def call_method(self, name: str, args: Sequence[object]) -> object:
        """The result of a method; raises UnknownMethod."""
        method = self.methods.get((name, len(args)))
        if method is None:
            raise UnknownMethod(name, self.name)
        return method(self, *args)
