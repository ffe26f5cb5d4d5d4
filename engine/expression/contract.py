"""What every expression language shares: the compiled form, what an evaluation may see, and the tree of errors.

Errors::

    ExpressionError
    ├── UnsupportedLanguage        no such expression language
    ├── ExpressionSyntaxError      the source cannot be compiled
    │   └── UnknownFunction        it calls a function that there is not
    └── EvaluationError            the source was compiled, its evaluation failed
        ├── UnknownName            no variable, bean or function of that name
        ├── UnknownProperty        the object has no such property
        ├── UnknownMethod          the object has no such method
        ├── ExpressionLimit        the evaluation went beyond a bound of time or size
        ├── ErrorThrown            the script ended with a BPMN error
        └── ScriptsUnavailable     scripts of this language cannot be run here
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

__all__ = [
    "CompiledExpression",
    "ErrorThrown",
    "EvaluationContext",
    "EvaluationError",
    "Explaining",
    "ExpressionError",
    "ExpressionLimit",
    "ExpressionSyntaxError",
    "HostObject",
    "IdSource",
    "ScriptCall",
    "ScriptContext",
    "ScriptError",
    "ScriptObject",
    "ScriptResult",
    "ScriptRunner",
    "ScriptsUnavailable",
    "UnknownFunction",
    "UnknownMethod",
    "UnknownName",
    "UnknownProperty",
    "UnsupportedLanguage",
    "VariableSink",
]


class ExpressionError(Exception):
    """Base of everything that compiling or evaluating an expression may raise."""


class UnsupportedLanguage(ExpressionError):
    """No expression language of this name; ``known`` are the names there are."""

    def __init__(self, language: str, known: Iterable[str]) -> None:
        self.language = language
        self.known = tuple(sorted(known))
        super().__init__(f"Unknown expression language '{language}'; known are: {', '.join(self.known)}")


class ExpressionSyntaxError(ExpressionError):
    """The source is no expression; ``position`` is the 0-based offset in ``source`` where reading failed."""

    def __init__(self, message: str, position: int, source: str) -> None:
        self.message = message
        self.position = position
        self.source = source
        shown = source if len(source) <= 200 else f"{source[:200]}…"
        super().__init__(f"Error parsing '{shown}': {message} at position {position}")


class UnknownFunction(ExpressionSyntaxError):
    """The source calls a function that is not one of those there are."""


class EvaluationError(ExpressionError):
    """An evaluation failed for the reason ``cause``; ``source`` is the expression, added on the way out of it."""

    headline: ClassVar[str] = "Error while evaluating expression"

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.source: str | None = None

    def __str__(self) -> str:
        if self.source is None:
            return self.cause
        return f"{self.headline}: {self.source}. Cause: {self.cause}"


class UnknownName(EvaluationError):
    """No variable or other object is known by this name."""

    headline = "Unknown property used in expression"

    def __init__(self, name: str) -> None:
        super().__init__(f"Cannot resolve identifier '{name}'")
        self.name = name


class UnknownProperty(EvaluationError):
    """The object, described by ``owner``, has no such property."""

    headline = "Unknown property used in expression"

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(f"Cannot resolve property '{name}' in '{owner}'")
        self.name = name


class UnknownMethod(EvaluationError):
    """The object, described by ``owner``, has no such method for this number of arguments."""

    headline = "Unknown method used in expression"

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(f"Cannot find method '{name}' in '{owner}'")
        self.name = name


class ExpressionLimit(EvaluationError):
    """The evaluation went beyond a bound of steps, time, memory, text length, list length or number range."""


class ErrorThrown(EvaluationError):
    """The script ended with a BPMN error; the changes it asked for before have been made."""

    def __init__(self, code: str, message: str | None) -> None:
        super().__init__(f"The script threw the BPMN error '{code}', which only the script of a script task may do")
        self.code, self.message = code, message


class ScriptsUnavailable(EvaluationError):
    """Scripts of this language cannot be run here; the message says what is missing."""


class EvaluationContext(Protocol):
    """All that an evaluation may see."""

    @property
    def now(self) -> datetime:
        """The engine's clock, aware."""

    @property
    def user(self) -> str | None:
        """The id of the authenticated user."""

    @property
    def groups(self) -> Sequence[str]:
        """The ids of the authenticated user's groups."""

    def lookup(self, name: str) -> object:
        """The value of a variable (see ``engine.values``) or a host object. Raises UnknownName."""


@runtime_checkable
class VariableSink(Protocol):
    """A context that also lets an expression change a collection variable (``${list.add(x)}``)."""

    def assign(self, name: str, value: object) -> None:
        """Set the variable that ``lookup(name)`` found to a new value."""


@runtime_checkable
class IdSource(Protocol):
    """A context that also gives ids that nothing else has."""

    def next_id(self) -> int:
        """A new id."""


@runtime_checkable
class HostObject(Protocol):
    """An object of the engine as expressions see it (``execution``, ``task``): nothing else of it can be reached."""

    def get_property(self, name: str) -> object:
        """The value of ``object.name``. Raises UnknownProperty."""

    def call_method(self, name: str, args: Sequence[object]) -> object:
        """The result of ``object.name(args)``. Raises UnknownMethod."""


class CompiledExpression(Protocol):
    """An expression, compiled once and evaluated often, from any thread."""

    @property
    def source(self) -> str:
        """The text it was compiled from."""

    @property
    def is_constant(self) -> bool:
        """Whether it has the same value in every context."""

    @property
    def constant(self) -> Any:
        """That value; None when it is not constant."""

    @property
    def names(self) -> frozenset[str]:
        """The root identifiers it reads, so ``a`` of ``${a.b + 1}``."""

    def evaluate(self, context: EvaluationContext) -> object:
        """Its value in this context. Raises EvaluationError, and whatever a host object raises."""


@runtime_checkable
class Explaining(Protocol):
    """An expression that can tell why its value is null."""

    def explain(self, context: EvaluationContext) -> Sequence[str]:
        """The reasons, in this context. Raises EvaluationError."""


@dataclass(frozen=True, slots=True)
class ScriptObject:
    """What a script sees of a host object besides its variables.

    ``properties``: the value of each getter, by the getter's name (``getId``); ``local``: the names of the variables
    that live at the object itself; ``commands``: the methods that only change something (``setAssignee``).
    """

    properties: Mapping[str, object]
    local: Collection[str] = ()
    commands: Collection[str] = ()


class ScriptCall(NamedTuple):
    """A change that a script asked for: ``target.method(*args)``, to be made in this order on the host object."""

    target: str
    method: str
    args: tuple[object, ...]


class ScriptError(NamedTuple):
    """The BPMN error that a script ended with."""

    code: str
    message: str | None


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """The value of a script's last expression, and the changes it asked for, in order (values of ``engine.values``).

    A script that threw a BPMN error asked for the changes before that, and has no value.
    """

    value: object
    calls: Sequence[ScriptCall]
    thrown: ScriptError | None = None


class ScriptRunner(Protocol):
    """Runs scripts apart from the engine, within bounds of time and memory; from any thread."""

    def run(
        self, language: str, source: str, variables: Mapping[str, object], objects: Mapping[str, ScriptObject]
    ) -> ScriptResult:
        """Run a script that sees these variables and objects; it changes nothing by itself.

        Raises EvaluationError (the script failed, with its line), ExpressionLimit, ScriptsUnavailable.
        """

    def check(self, language: str, source: str) -> None:
        """Raises ExpressionSyntaxError when the source is no script, ScriptsUnavailable when none can be run."""

    def close(self) -> None:
        """Let go of everything; nothing can be run any more."""


@runtime_checkable
class ScriptContext(Protocol):
    """A context in which scripts can be run."""

    @property
    def scripts(self) -> ScriptRunner | None:
        """What runs them; None when scripts are switched off."""

    def script_variables(self) -> Mapping[str, object]:
        """All variables that are visible here, by name."""
