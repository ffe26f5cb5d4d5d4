"""A context for tests: variables and host objects by name, a fixed clock and user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from engine.expression import UnknownMethod, UnknownName, UnknownProperty
from engine.values import Integer

NOW = datetime(2024, 2, 29, 10, 30, 15, 123_000, UTC)


class Execution:
    """A host object with one property and two methods."""

    def __init__(self) -> None:
        self.variables: dict[str, object] = {"x": Integer(1)}

    def get_property(self, name: str) -> object:
        if name == "processBusinessKey":
            return "order-7"
        raise UnknownProperty(name, "execution")

    def call_method(self, name: str, args: Sequence[object]) -> object:
        if name == "getVariable" and len(args) == 1:
            return self.variables.get(str(args[0]))
        if name == "setVariable" and len(args) == 2:
            self.variables[str(args[0])] = args[1]
            return None
        raise UnknownMethod(name, "execution")


@dataclass
class ReadOnlyScope:
    """A context whose variables cannot be set."""

    variables: Mapping[str, object] = field(default_factory=dict)
    now: datetime = NOW
    user: str | None = "mary"
    groups: Sequence[str] = ("sales", "staff")

    def lookup(self, name: str) -> object:
        if name not in self.variables:
            raise UnknownName(name)
        return self.variables[name]


@dataclass
class Scope(ReadOnlyScope):
    """A context whose variables can be set; ``assigned`` holds what was."""

    assigned: dict[str, object] = field(default_factory=dict)

    def assign(self, name: str, value: object) -> None:
        self.assigned[name] = value
