"""Handlers: plain functions that do the work of service-like tasks, with their parameters read from variables.

    @handler("charge-card", retries=3, timeout="PT30S")
    def charge(customer: str, amount: float, job: Job) -> dict[str, object]:
        if amount > 1000:
            raise BpmnError("LIMIT", "too much for one card")
        return {"receipt": bank.charge(customer, amount, idempotency_key=job.id)}

A handler runs outside of any transaction, at least once per job: after a crash it runs again, with the same job id.
"""

from __future__ import annotations

import inspect
import json
import random
import re
import threading
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta
from functools import cached_property
from types import UnionType
from typing import Any, TypeVar, Union

from engine.core.jobs import DEFAULT_RETRIES
from engine.core.state import Job as JobRow
from engine.core.step import Activate, Activation
from engine.errors import EngineError
from engine.expression import CompiledExpression, EvaluationError, ExpressionError, UnknownName, compile_expression
from engine.iso8601 import InvalidISO8601, parse_duration
from engine.values import MAX_DEPTH, InvalidValue, JsonValue, ObjectValue, encode, from_json

F = TypeVar("F", bound=Callable[..., object])

MAX_RESULT = 4 * 1024 * 1024
"""How many bytes the variables that one run gives may have together."""

_JSON_TYPES = (JsonValue, ObjectValue)
_UNITS = {
    **dict.fromkeys(("s", "sec", "second"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "min", "minute"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day"), timedelta(days=1)),
}


# --- what a handler raises ------------------------------------------------------------------------------------------


class BpmnError(Exception):
    """The work ends with a BPMN error: the nearest boundary event that catches `code` goes on with `variables`."""

    def __init__(self, code: str, message: str | None = None, *, variables: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code, self.message, self.variables = code, message, variables or {}


class Retry(Exception):
    """This attempt has failed; the next one comes `after` so long (a timedelta or an ISO 8601 duration)."""

    def __init__(self, after: timedelta | str, message: str = "The handler asked to be run again later") -> None:
        super().__init__(message)
        self.after = _duration(after, "after")


@dataclass(frozen=True, slots=True)
class AdHocResult:
    """What a handler gives back that leads an ad-hoc sub-process: what is to be activated in it, each with variables of
    its own, or that it is complete; and variables for the sub-process.

    `cancel_remaining`: what still runs in it is cancelled first.
    """

    activate: Sequence[Activation] = ()
    complete: bool = False
    cancel_remaining: bool = False
    variables: Mapping[str, object] = field(default_factory=dict)

    def told(self) -> Activate:
        """What the sub-process is told. Raises InvalidResult for what no variable can be."""
        wanted = tuple(Activation(each.element_id, variables_from(each.variables)) for each in self.activate)
        return Activate(wanted, self.cancel_remaining, self.complete)


class InvalidHandler(Exception):
    """A handler cannot be registered or called like this; the message says which one and why."""


class InvalidInput(EngineError):
    """A variable is missing, or not of the type that the handler asks for. Trying again is of no use."""


class InvalidResult(EngineError):
    """What a handler gave back cannot become variables. Trying again is of no use."""


# --- what a handler is given ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The job that a handler works on; a parameter annotated with this class receives it."""

    id: int
    """The same in every attempt: the key that makes calls to others idempotent."""
    topic: str
    process_instance_id: int | None
    business_key: str | None
    definition_id: int | None
    element_id: str | None
    tenant_id: str
    attempt: int
    """How often it has been given to somebody, this time included."""
    retries: int
    """How many attempts are left, this one included."""
    headers: Mapping[str, str]
    """What the model says to the worker (Zeebe's task headers)."""
    fields: Mapping[str, object]
    """The injected fields of the model (`camunda:field`)."""
    inputs: Mapping[str, object]
    """The inputs of a connector."""
    variables: Mapping[str, object]
    """All variables that can be seen at the element, JSON and objects as Python data."""
    event: str | None = None
    """What is listened to, if the model names the handler as a listener: "start", "end", "take", or a task's event."""
    user_task_id: int | None = None
    """Of a task's listener: the task."""
    beat: Callable[[], None] = field(default=lambda: None, repr=False)

    def heartbeat(self) -> None:
        """Say that the work goes on: its timeout begins anew.

        Raises LeaseLost when the result is not wanted any more, because the work was cancelled or given to another.
        """
        self.beat()


class PlainVariables(Mapping[str, object]):
    """Variables whose JSON and objects are Python data; each is parsed when it is first asked for."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> object:
        return plain(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<variables {', '.join(self._values)}>"  # their values may be secret


def job_of(
    row: JobRow,
    variables: Mapping[str, object],
    *,
    business_key: str | None = None,
    default_retries: int = DEFAULT_RETRIES,
    beat: Callable[[], None] = lambda: None,
) -> Job:
    """The job as its handler sees it. `variables`: those visible at its element instance."""
    payload: dict[str, Any] = json.loads(row.payload) if row.payload else {}
    listener: dict[str, Any] = payload.get("listener", {})
    return Job(
        id=row.id,
        topic=row.topic or "",
        process_instance_id=row.process_instance_id,
        business_key=business_key,
        definition_id=row.definition_id,
        element_id=row.element_id,
        tenant_id=row.tenant_id,
        attempt=row.attempts,
        retries=default_retries if row.retries is None else row.retries,
        headers=payload.get("headers", {}),
        fields=payload.get("fields", {}),
        inputs=payload.get("inputs", {}),
        event=listener.get("event"),
        user_task_id=listener.get("task"),
        variables=PlainVariables(variables),
        beat=beat,
    )


# --- options --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between attempts: `first`, then `factor` times as long each time, at most `longest`.

    `jitter` takes up to that share off at random, so that what failed together does not come back together.
    """

    first: timedelta = timedelta(seconds=1)
    factor: float = 2.0
    longest: timedelta = timedelta(minutes=10)
    jitter: float = 0.2

    def wait(self, failures: int, random_share: Callable[[], float] = random.random) -> timedelta:
        """The wait after so many failures (from 1)."""
        try:
            whole = self.first * self.factor ** max(failures - 1, 0)
        except OverflowError:
            whole = self.longest
        return min(whole, self.longest) * (1 - self.jitter * random_share())


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` starts in any `per`."""

    count: int
    per: timedelta

    @classmethod
    def parse(cls, text: str) -> Rate:
        """`100/min`; the units are s, min, h and day. Raises ValueError."""
        found = re.fullmatch(r"\s*([1-9]\d{0,8})\s*/\s*([a-z]+)\s*", text)
        if found is None or found[2] not in _UNITS:
            raise ValueError(f"'{text}' is no rate such as 100/min (units: s, min, h, day)")
        return cls(int(found[1]), _UNITS[found[2]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may run at once and begin in a while, over all processes; with a key, for each of its values."""

    max_concurrency: int | None = None
    rate: Rate | None = None
    key: CompiledExpression | None = None

    def __bool__(self) -> bool:
        return self.max_concurrency is not None or self.rate is not None

    def room(self, running: int, recent: int) -> int:
        """How much more may begin while so much runs and so much began a while ago."""
        rooms = [] if self.max_concurrency is None else [self.max_concurrency - running]
        if self.rate is not None:
            rooms.append(self.rate.count - recent)
        return max(min(rooms), 0)

    def key_of(self, variables: Mapping[str, object], now: datetime) -> str:
        """The value of the key as a text; "" without a key, or where it has no value."""
        if self.key is None:
            return ""
        try:
            value = self.key.evaluate(_Sight(variables, now))
        except EvaluationError:
            return ""
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the key of limits may see: the variables."""

    variables: Mapping[str, object]
    now: datetime
    user: str | None = None
    groups: tuple[str, ...] = ()

    def lookup(self, name: str) -> object:
        if name not in self.variables:
            raise UnknownName(name)
        return self.variables[name]


# --- the handler ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Handler:
    """A function with the names it answers to (topics, class names, delegate expression names) and its options."""

    names: tuple[str, ...]
    function: Callable[..., object]
    retries: int = DEFAULT_RETRIES
    timeout: timedelta | None = None
    backoff: Backoff = Backoff()
    limits: Limits = Limits()
    gives_local: bool = False
    """Are its results local variables of the element, for output mappings to read?"""

    @property
    def is_async(self) -> bool:
        """Must it run on an event loop?"""
        return inspect.iscoroutinefunction(self.function)

    @property
    def origin(self) -> str:
        """The module and name of the function."""
        return f"{self.function.__module__}.{getattr(self.function, '__qualname__', self.function)}"

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the function asks for. Raises InvalidHandler."""
        try:
            hints = typing.get_type_hints(self.function, include_extras=True)
        except (NameError, TypeError) as problem:
            raise InvalidHandler(f"The annotations of the handler {self.origin} cannot be read: {problem}") from None
        signature = inspect.signature(self.function)
        return tuple(self._parameter(each, hints.get(each.name, Any)) for each in signature.parameters.values())

    def _parameter(self, given: inspect.Parameter, annotation: Any) -> Parameter:
        if given.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY):
            raise InvalidHandler(
                f"The parameter '{given.name}' of the handler {self.origin} has no name to be given by; "
                "variables are passed by name"
            )
        return Parameter(
            given.name,
            annotation,
            required=given.default is inspect.Parameter.empty,
            takes_rest=given.kind is inspect.Parameter.VAR_KEYWORD,
        )

    def arguments(self, job: Job, variables: Mapping[str, object]) -> dict[str, object]:
        """What to call the function with, from the variables it can see. Raises InvalidInput, naming the variable."""
        found: dict[str, object] = {}
        for parameter in self.parameters:
            if parameter.takes_rest:
                known = {each.name for each in self.parameters}
                found.update((name, plain(value)) for name, value in variables.items() if name not in known)
            elif parameter.annotation is Job:
                found[parameter.name] = job
            else:
                found.update(parameter.read(job, variables))
        return found


@dataclass(frozen=True)
class Parameter:
    """One parameter of a handler."""

    name: str
    annotation: Any
    required: bool = True
    takes_rest: bool = False

    @cached_property
    def variable(self) -> str:
        """The other spelling: `customer_id` also finds the variable `customerId`."""
        first, *rest = self.name.split("_")
        return first + "".join(word.capitalize() for word in rest)

    @cached_property
    def _adapter(self) -> Any:
        from pydantic import ConfigDict, PydanticUserError, TypeAdapter

        try:
            return TypeAdapter(self.annotation, config=ConfigDict(arbitrary_types_allowed=True))
        except PydanticUserError:
            # Dataclasses, typed dicts and models have a configuration of their own.
            return TypeAdapter(self.annotation)

    @property
    def _takes_none(self) -> bool:
        origin = typing.get_origin(self.annotation)
        return origin in (Union, UnionType) and type(None) in typing.get_args(self.annotation)

    def read(self, job: Job, variables: Mapping[str, object]) -> Mapping[str, object]:
        """The argument, by name; nothing when the default is to stand. Raises InvalidInput."""
        name = self.name if self.name in variables else self.variable
        if name not in variables:
            if not self.required:
                return {}
            if self._takes_none:
                return {self.name: None}
            raise InvalidInput(
                f"The variable '{self.name}' is missing at '{job.element_id}'; the handler of '{job.topic}' needs it"
            )
        return {self.name: self._convert(name, variables[name], job)}

    def _convert(self, name: str, value: object, job: Job) -> object:
        if self.annotation is Any:
            return plain(value)
        if self.annotation in _JSON_TYPES and isinstance(value, self.annotation):
            return value
        from pydantic import ValidationError

        try:
            return self._adapter.validate_python(plain(value))
        except ValidationError as problem:
            # Only what is wrong is told, never the value: it may be secret.
            wrong = "; ".join(_describe(each) for each in problem.errors(include_input=False, include_url=False))
            raise InvalidInput(
                f"The variable '{name}' at '{job.element_id}' is not what the handler of '{job.topic}' takes: {wrong}"
            ) from None


def _describe(error: Mapping[str, Any]) -> str:
    place = ".".join(map(str, error["loc"]))
    return f"{place}: {error['msg']}" if place else str(error["msg"])


def plain(value: object) -> object:
    """A variable's value as Python data: JSON and objects as what they mean, all else as it is."""
    return value.node if isinstance(value, _JSON_TYPES) else value


# --- what a handler gives back --------------------------------------------------------------------------------------


def variables_from(result: object) -> dict[str, object]:
    """The variables that a result means: a mapping, dataclass or model by its fields, nothing for None.

    Raises InvalidResult, naming the variable that cannot be one.
    """
    if result is None:
        return {}
    data = _fields(result)
    if data is None:
        raise InvalidResult(
            f"The handler gave back a value of type '{type(result).__name__}'; give back a dict, a dataclass, "
            "a pydantic model or None"
        )
    found: dict[str, object] = {}
    size = 0
    for name, value in data.items():
        if not isinstance(name, str) or not name:
            raise InvalidResult(f"The handler gave back a variable with the name {name!r}; names are texts")
        found[name], bytes_taken = _kept(name, value)
        size += bytes_taken
        _require_small(name, size)
    return found


def _require_small(name: str, size: int) -> None:
    if size > MAX_RESULT:
        raise InvalidResult(
            f"With the variable '{name}' the handler gave back {size} bytes, more than the {MAX_RESULT} that a result "
            "may have; keep the data elsewhere and give back where it is"
        )


def result_from(name: str, result: object) -> object:
    """The value of the one variable `name` that a result means as a whole. Raises InvalidResult."""
    value, size = _kept(name, result)
    _require_small(name, size)
    return value


def _kept(name: str, value: object) -> tuple[object, int]:
    """A value as a variable may have it, and its size in bytes. Raises InvalidResult, naming the variable."""
    try:
        converted = from_json(value) if type(value) is int else _data(value)
        stored = encode(converted)
    except InvalidValue as problem:
        raise InvalidResult(f"The handler gave back a variable '{name}' that cannot be kept: {problem}") from None
    return converted, len((stored.text or "").encode()) + len(stored.data or b"")


def _fields(value: object) -> Mapping[Any, object] | None:
    """What a mapping, a dataclass or a pydantic model is made of; None for anything else."""
    if isinstance(value, Mapping):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    members = getattr(type(value), "model_fields", None)
    return {name: getattr(value, name) for name in members} if isinstance(members, dict) else None


def _data(value: object, depth: int = 0) -> object:
    """Dataclasses, models, tuples and mappings, at any depth, as dicts and lists."""
    if depth > MAX_DEPTH:
        raise InvalidValue(f"Lists and objects are nested more than {MAX_DEPTH} deep")
    if type(value).__module__ == "engine.values":
        return value
    if isinstance(value, list | tuple):
        return [_data(each, depth + 1) for each in value]
    parts = _fields(value)
    return value if parts is None else {name: _data(each, depth + 1) for name, each in parts.items()}


# --- the registry ---------------------------------------------------------------------------------------------------


class HandlerRegistry:
    """The handlers by name. Threads may share it."""

    def __init__(self, handlers: Iterable[Handler] = ()) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[str, Handler] = {}
        for each in handlers:
            self.add(each)

    def add(self, added: Handler) -> None:
        """Register a handler; one of the same function is replaced. Raises InvalidHandler for a name that is taken."""
        with self._lock:
            for name in added.names:
                known = self._by_name.get(name)
                if known is not None and known.origin != added.origin:
                    raise InvalidHandler(
                        f"Both {known.origin} and {added.origin} want to be the handler of '{name}'; rename one of them"
                    )
            self._by_name = {**self._by_name, **dict.fromkeys(added.names, added)}

    def get(self, name: str) -> Handler | None:
        """The handler of that topic, class name or delegate expression name."""
        return self._by_name.get(name)

    def forget(self, module: str) -> Sequence[Handler]:
        """Drop the handlers of a module, before it is loaded anew; gives them."""
        with self._lock:
            dropped = [each for each in self if each.function.__module__ == module]
            self._by_name = {name: each for name, each in self._by_name.items() if each not in dropped}
        return dropped

    @property
    def topics(self) -> Collection[str]:
        """The names that there are handlers for."""
        return self._by_name.keys()

    def __iter__(self) -> Iterator[Handler]:
        return iter(dict.fromkeys(self._by_name.values()))

    def __len__(self) -> int:
        return len(dict.fromkeys(self._by_name.values()))

    def handler(
        self,
        *names: str,
        retries: int = DEFAULT_RETRIES,
        timeout: timedelta | str | None = None,
        backoff: Backoff | timedelta | str | None = None,
        max_concurrency: int | None = None,
        rate: str | None = None,
        key: str | None = None,
    ) -> Callable[[F], F]:
        """Make a function the handler of topics, class names or delegate expression names; it stays a plain function.

        `retries`: how many attempts there are in all, unless the model says so. `timeout`: how long one may take
        (timedelta or ISO 8601). `backoff`: the first wait between attempts, or all about them. `max_concurrency` and
        `rate` (`100/min`) hold over all processes together, and with `key` (an expression over the variables, such as
        `${customer}`) for each of its values. Raises InvalidHandler.
        """
        limits = _limits(names, max_concurrency, rate, key)
        if not names or not all(names):
            raise InvalidHandler('A handler needs the names it answers to: @handler("charge-card")')
        if retries < 1:
            raise InvalidHandler(f"The handler of '{names[0]}' needs at least one attempt, not retries={retries!r}")

        def register(function: F) -> F:
            self.add(
                Handler(
                    names=names,
                    function=function,
                    retries=retries,
                    timeout=None if timeout is None else _duration(timeout, "timeout"),
                    backoff=_backoff(backoff),
                    limits=limits,
                )
            )
            return function

        return register


def _limits(names: tuple[str, ...], max_concurrency: int | None, rate: str | None, key: str | None) -> Limits:
    about = f"The handler of {', '.join(map(repr, names))}"
    if max_concurrency is not None and max_concurrency < 1:
        raise InvalidHandler(f"{about} cannot have max_concurrency={max_concurrency}: it would never run")
    if key is not None and max_concurrency is None and rate is None:
        raise InvalidHandler(f"{about} has a key but neither max_concurrency nor rate to hold for each of its values")
    try:
        return Limits(
            max_concurrency=max_concurrency,
            rate=None if rate is None else Rate.parse(rate),
            key=None if key is None else compile_expression(key, "juel"),
        )
    except (ValueError, ExpressionError) as problem:
        raise InvalidHandler(f"{about} has limits that cannot be read: {problem}") from None


def _backoff(given: Backoff | timedelta | str | None) -> Backoff:
    if given is None or isinstance(given, Backoff):
        return given or Backoff()
    return Backoff(first=_duration(given, "backoff"))


def _duration(given: timedelta | str, name: str) -> timedelta:
    try:
        parsed = given if isinstance(given, timedelta) else parse_duration(given).rest
    except InvalidISO8601 as problem:
        raise InvalidHandler(f"The {name} cannot be read: {problem}") from None
    if parsed <= timedelta(0):
        raise InvalidHandler(f"The {name} must be longer than nothing, in days, hours, minutes or seconds: '{given}'")
    return parsed


DEFAULT_REGISTRY = HandlerRegistry()
"""Where `@handler` registers."""

handler = DEFAULT_REGISTRY.handler
