"""The child process: bounds itself, then runs one script after another, each in a fresh interpreter without a host.

Started as a file, `python -I -S child.py SETTINGS`, by `engine.scripting.process`; it imports nothing of the engine.
One JSON text per line: requests on standard input, replies on standard output.

Settings: ``{"language", "paths", "binary", "seconds", "memory", "address_space", "result"}``. The child first writes
``{"ready": true}``. Request: ``{"source", "variables": {name: value}, "objects": {...}}``, or
``{"source", "check": true}``. Reply: ``{"value", "calls"}``, ``{"thrown": [code, message], "calls"}`` when the script
threw a BPMN error, ``{}`` after a check, or
``{"error", "kind", "line", "column"}`` where the kind is "script", "syntax", "time", "memory", "size" or "crash"; after
all but the first two the process must be replaced.
"""

import json
import keyword
import math
import re
import resource
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

Reply = dict[str, Any]

STACK_BYTES = 512 << 10
LONGEST = 2**63
MAX_DEPTH = 50
FOLDER = Path(__file__).parent


class Unstorable(Exception):
    """A script left a value that no variable may hold."""


def failure(kind: str, error: str, line: int | None = None, column: int | None = None) -> Reply:
    return {"error": error, "kind": kind, "line": line, "column": column}


# --- JavaScript -----------------------------------------------------------------------------------------------------

_FRAME = re.compile(r"<input>:(\d+):(\d+)")


class JavaScript:
    """QuickJS: a fresh runtime for each script."""

    def __init__(self, settings: Reply) -> None:
        import quickjs  # type: ignore[import-untyped]

        self.settings = settings
        self._quickjs: Any = quickjs
        self._prelude = (FOLDER / "prelude.js").read_text()

    def prepare(self) -> None:
        """Make the next runtime, while nobody waits for it."""
        self._context = self._quickjs.Context()
        self._context.set_memory_limit(self.settings["memory"])
        self._context.set_max_stack_size(STACK_BYTES)
        self._script = self._context.eval(self._prelude)
        self._context.set_time_limit(self.settings["seconds"])

    def run(self, request: Reply) -> Reply:
        """Run or check one script."""
        checked = request.get("check", False)
        try:
            text = self._script(request["source"], None if checked else json.dumps(request))
        except self._quickjs.JSException as problem:
            return _broken(str(problem), self.settings)
        return _javascript_reply(text, checked, self.settings)


def _broken(problem: str, settings: Reply) -> Reply:
    """What went through every `catch` of the script: a limit."""
    if "interrupted" in problem:
        return failure("time", _too_long(settings))
    if "out of memory" in problem or problem.startswith("null"):
        return failure("memory", _too_big(settings))
    return failure("crash", problem.partition("\n")[0])


def _javascript_reply(text: object, checked: bool, settings: Reply) -> Reply:
    try:
        reply = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        return failure("script", "The script left nothing that can be read: it must not change JSON or Array")
    if "error" not in reply:
        return reply
    error, stack = str(reply["error"]), str(reply.get("stack"))
    if "InternalError: out of memory" in error:
        return failure("memory", _too_big(settings))
    if error == "null":  # what QuickJS throws when there is not even room for an error
        return failure("memory", f"{_too_big(settings)}, or threw null")
    frame = _FRAME.search(stack) if checked or "<input>" in stack.partition("at eval (native)")[0] else None
    line, column = (int(frame[1]), int(frame[2])) if frame else (None, None)
    if checked and line == 1 and column is not None:
        column -= len("throw 0;")
    return failure("syntax" if error.startswith("SyntaxError") else "script", error, line, column)


# --- Python ---------------------------------------------------------------------------------------------------------


class Python:
    """Monty: an interpreter of Python without a host, in a process of its own; a fresh session for each script."""

    def __init__(self, settings: Reply) -> None:
        import pydantic_monty

        self.settings = settings
        self._monty = pydantic_monty
        self._prelude = (FOLDER / "prelude.py").read_text()
        self._limits = pydantic_monty.ResourceLimits(
            max_feed_duration_secs=settings["seconds"], max_memory=settings["memory"], max_recursion_depth=200
        )
        self._pool = pydantic_monty.Monty(binary_path=settings["binary"], min_processes=1, max_processes=1)
        self._pool.__enter__()  # for the life of this process
        self._open = ExitStack()

    def prepare(self) -> None:
        """Make the next session, while nobody waits for it."""
        self._open.close()
        checkout = self._pool.checkout(limits=self._limits, os_policy={"sleep": "zero"})
        self._session = self._open.enter_context(checkout)
        self._feed(self._prelude)

    def run(self, request: Reply) -> Reply:
        """Run or check one script."""
        unreadable = {name: data for name, (kind, data) in request.get("variables", {}).items() if kind == "unreadable"}
        try:
            if request.get("check"):
                self._feed(f"raise StopIteration\n{request['source']}")
            value, calls = self._evaluate(request, unreadable)
        except self._monty.MontyCrashedError as problem:
            return failure("time", _too_long(self.settings)) if problem.timed_out else failure("crash", str(problem))
        except self._monty.MontySyntaxError as problem:
            frame = problem.traceback()[-1]
            line = frame.line - bool(request.get("check"))
            return failure("syntax", problem.display("type-msg"), line, frame.column)
        except self._monty.MontyRuntimeError as problem:
            thrown = None if request.get("check") else self._thrown(problem.display("type-msg"))
            if thrown is None:
                return _python_failure(problem, request, unreadable, self.settings)
            reply = _python_reply(None, self._feed("_calls"))
            return reply if "error" in reply else {"thrown": thrown, "calls": reply["calls"]}
        return _python_reply(value, calls)

    def _thrown(self, error: str) -> list[object] | None:
        """The code and the message, if this is the error of a BpmnError that the script has made."""
        number = _THROWN.fullmatch(error)
        if number is None:
            return None
        errors = self._feed("_errors")
        match errors[int(number[1]) - 1 :] if isinstance(errors, list) else []:
            case [[str(code), str() | None as message], *_]:
                return [code, message]
        return None

    def _evaluate(self, request: Reply, unreadable: dict[str, str]) -> tuple[object, Any]:
        written = request["variables"].items()
        variables = {name: _decode(each) for name, each in written if name not in unreadable}
        objects = _objects(request["objects"])
        inputs: dict[str, object] = {
            "_variables": dict(variables),
            "_unreadable": dict(unreadable),
            "_objects": objects,
        }
        self._feed(_furnish(request["objects"]), inputs)
        visible = {name: value for name, value in variables.items() if _is_global(name, request)}
        return self._feed(request["source"], visible), self._feed("_calls")

    def _feed(self, code: str, inputs: dict[str, object] | None = None) -> Any:
        return self._session.feed_run(code, inputs=inputs, print_callback=lambda *_: None)


_THROWN = re.compile(r"Exception: BpmnError ([1-9][0-9]{0,8})")
_LIMITS = {
    "TimeoutError: feed time limit exceeded": "time",
    "MemoryError: memory limit exceeded": "memory",
    "MemoryError: the worker exceeded its memory limit": "memory",
}


def _python_failure(problem: Any, request: Reply, unreadable: Mapping[str, str], settings: Reply) -> Reply:
    error = problem.display("type-msg")
    frames = problem.traceback()
    if request.get("check") and error.startswith("StopIteration"):
        return {}
    for start, kind in _LIMITS.items():
        if error.startswith(start):
            return failure(kind, _too_long(settings) if kind == "time" else _too_big(settings))
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    line, column = (own[-1].line, own[-1].column) if own else (None, None)
    if request.get("check"):
        return failure("syntax", error, line and line - 1, column)
    for name, kind in unreadable.items():
        if error == f"NameError: name '{name}' is not defined":
            error = f"The variable '{name}' is of type {kind}, which a script cannot read"
    return failure("script", error, line, column)


def _objects(objects: Reply) -> dict[str, object]:
    return {name: [_getters(each["properties"]), each["local"], each["commands"]] for name, each in objects.items()}


def _getters(properties: Reply) -> dict[str, object]:
    return {getter: _decode(value) for getter, value in properties.items()}


def _furnish(objects: Reply) -> str:
    """Makes the host objects inside the sandbox; their names are the engine's own."""
    made = [f"{name} = _Scope('{name}', *_objects['{name}'], _variables, _unreadable, _calls)" for name in objects]
    return "\n".join(["_calls = []", *made, "None"])


def _is_global(name: str, request: Reply) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name not in request["objects"] and name[0] != "_"


def _decode(written: list[Any]) -> object:
    kind, data = written
    if kind == "date":
        return datetime.fromisoformat(data)
    return int(data) if kind == "long" else data


def _python_reply(value: object, calls: Any) -> Reply:
    try:
        return {
            "value": _encode(value),
            "calls": [[target, method, [_encode(each) for each in args]] for target, method, args in calls],
        }
    except Unstorable as problem:
        return failure("script", str(problem))
    except (TypeError, ValueError):
        return failure("script", "The script left nothing that can be read: it must not change names that begin with _")


def _encode(value: object) -> list[object]:
    if isinstance(value, datetime):
        return ["date", _iso(value)]
    return ["json", _node(value, 0)]


def _iso(moment: datetime) -> str:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _node(value: object, depth: int) -> object:
    """The JSON form of a value of a script. Raises Unstorable when it has none."""
    if depth > MAX_DEPTH:
        raise Unstorable(f"A value of more than {MAX_DEPTH} levels cannot be stored")
    match value:
        case None | bool() | str():
            return value
        case int():
            if not -LONGEST <= value < LONGEST:
                raise Unstorable("An integer of more than 64 bit cannot be stored")
            return value
        case Decimal() | float():
            if not math.isfinite(value):
                raise Unstorable(f"{value} cannot be stored; use a finite number")
            return float(value)
        case datetime():
            return _iso(value)
        case date():
            return value.isoformat()
        case list() | tuple() | set() | frozenset():
            return [_node(item, depth + 1) for item in value]
        case dict():
            if not all(isinstance(key, str) for key in value):
                raise Unstorable("The keys of a dict must be texts to be stored")
            return {key: _node(item, depth + 1) for key, item in value.items()}
    kind = getattr(value, "name", type(value).__name__)
    raise Unstorable(f"A value of type '{kind}' cannot be stored; use None, numbers, str, datetime, list or dict")


# --- the process ----------------------------------------------------------------------------------------------------


def _too_long(settings: Reply) -> str:
    return f"The script took longer than {settings['seconds']:g} s"


def _too_big(settings: Reply) -> str:
    return f"The script needed more than {settings['memory'] >> 20} MB of memory"


def bound(limit: str, soft: int, hard: int | None = None) -> None:
    """Set a limit of this process; macOS refuses some of them, everything else must not."""
    try:
        resource.setrlimit(getattr(resource, limit), (soft, soft if hard is None else hard))
    except (ValueError, OSError):
        if sys.platform != "darwin":
            raise


def allow_seconds(seconds: float) -> None:
    """Bound the processor time from now on; the wall clock of the parent is the bound behind it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    bound("RLIMIT_CPU", math.ceil(usage.ru_utime + usage.ru_stime + seconds) + 1, resource.RLIM_INFINITY)


def main(settings: Reply) -> None:
    """Serve until standard input ends."""
    bound("RLIMIT_CORE", 0)
    bound("RLIMIT_FSIZE", 0)
    bound("RLIMIT_AS", settings["address_space"])
    standard = list(sys.path)
    sys.path.extend(settings["paths"])
    interpreter = JavaScript(settings) if settings["language"] == "javascript" else Python(settings)
    interpreter.prepare()
    sys.path[:] = standard
    bound("RLIMIT_NPROC", 0)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer

    def reply(message: Reply) -> None:
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
        if len(line) > settings["result"]:
            line = json.dumps(failure("size", f"The script left more than {settings['result']} bytes")).encode()
        replies.write(line + b"\n")
        replies.flush()

    reply({"ready": True})
    for line in requests:
        allow_seconds(settings["seconds"])
        try:
            reply(interpreter.run(json.loads(line)))
        except MemoryError:
            reply(failure("memory", _too_big(settings)))
        except RecursionError:
            reply(failure("script", f"A value of more than {MAX_DEPTH} levels cannot be stored"))
        interpreter.prepare()


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main(json.loads(sys.argv[1]))
