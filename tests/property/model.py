"""Block-structured processes as a tree: what the random generator makes, the renderer draws and the reference runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

Value = int | str | bool | list[int]


class Scope(Protocol):
    """Where an expression looks up its variables."""

    def get(self, name: str) -> Value: ...


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True)
class Const:
    value: int | str | bool

    def text(self) -> str:
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return f"'{self.value}'" if isinstance(self.value, str) else str(self.value)

    def eval(self, scope: Scope) -> Value:
        return self.value


@dataclass(frozen=True)
class Var:
    name: str

    def text(self) -> str:
        return self.name

    def eval(self, scope: Scope) -> Value:
        return scope.get(self.name)


@dataclass(frozen=True)
class Operation:
    """`left op right`, in the words that JUEL and Python share, plus `and` and `or`."""

    left: Expr
    op: str
    right: Expr

    def text(self) -> str:
        return f"({self.left.text()} {self.op} {self.right.text()})"

    def eval(self, scope: Scope) -> Value:
        left, right = self.left.eval(scope), self.right.eval(scope)
        match self.op:
            case "==":
                return left == right
            case "!=":
                return left != right
            case "and":
                return bool(left) and bool(right)
            case "or":
                return bool(left) or bool(right)
        assert isinstance(left, int)
        assert isinstance(right, int)
        match self.op:
            case "+":
                return left + right
            case "%":
                return left % right
            case "<":
                return left < right
            case ">=":
                return left >= right
        raise AssertionError(self.op)


Expr = Const | Var | Operation


# ---------------------------------------------------------------- blocks


@dataclass(frozen=True)
class Task:
    """`kind`: user, work (external) and timer, message and signal (catch events) wait; task and manualTask pass
    through; service, rule (by a decision) and script do `result` := expression."""

    id: str
    kind: str = "user"
    result: tuple[str, Expr] | None = None
    sets: tuple[tuple[str, str], ...] = ()
    """What completing a user task or work sets: (name, "number" or "flag")."""
    inputs: tuple[tuple[str, Expr], ...] = ()
    outputs: tuple[tuple[str, Expr], ...] = ()


@dataclass(frozen=True)
class End:
    """An end event before the end of its scope: the token dies, or everything in the scope does, or all up to the
    activity at whose boundary the error is caught."""

    id: str
    terminate: bool = False
    error: str | None = None


@dataclass(frozen=True)
class Escalate:
    """Throws an escalation in the flow, or at its end; it goes on unless what catches it interrupts."""

    id: str
    code: str
    ends: bool = False


@dataclass(frozen=True)
class Seq:
    items: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Branch:
    """One way out of a split; no condition: always (and), or when no other is taken (xor, or)."""

    body: Seq
    condition: Expr | None = None


@dataclass(frozen=True)
class Split:
    """Exclusive ("xor"), parallel ("and") or inclusive ("or") branches.

    `gateway`: split at a gateway (else by the flows out of the task before). `join`: "gateway", "implicit" (xor: the
    flows meet in the next node) or "none" (every branch has its own end event).
    """

    id: str
    kind: str
    branches: tuple[Branch, ...]
    gateway: bool = True
    join: str = "gateway"


@dataclass(frozen=True)
class Loop:
    """Body at least once, and again while the condition holds after it. `gateway`: the way back leads to a gateway."""

    id: str
    body: Seq
    again: Expr
    gateway: bool = True


@dataclass(frozen=True)
class First:
    """An event-based gateway: each branch begins with a catch event, and the flows meet in the next node."""

    id: str
    branches: tuple[tuple[Task, Seq], ...]


@dataclass(frozen=True)
class EventSub:
    """An event sub-process that a message starts. One that does not interrupt never waits."""

    id: str
    body: Seq
    interrupting: bool = True


@dataclass(frozen=True)
class Sub:
    """An embedded sub-process; inputs are its local variables."""

    id: str
    body: Seq
    inputs: tuple[tuple[str, Expr], ...] = ()
    outputs: tuple[tuple[str, Expr], ...] = ()
    event_sub: EventSub | None = None


@dataclass(frozen=True)
class Call:
    """A call activity. `inputs`: (target in the child, expression here); `outputs`: (target here, variable there)."""

    id: str
    process: str
    inputs: tuple[tuple[str, Expr], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    everything: bool = False
    """Pass all variables both ways, the inputs over them."""


@dataclass(frozen=True)
class Multi:
    """A multi-instance activity: `count` instances, or one for each `item` of the list variable `items`."""

    inner: Task | Sub | Call
    sequential: bool
    count: Expr | None = None
    items: str | None = None
    until: Expr | None = None
    """The completion condition."""


@dataclass(frozen=True)
class Repeat:
    """An activity in a standard loop: while `again` holds, asked before each time or after, and at most so often."""

    inner: Task | Sub | Call
    maximum: int
    again: Expr | None = None
    asks_first: bool = False


@dataclass(frozen=True)
class AdHoc:
    """An ad-hoc sub-process that activates all its flows, each of them tasks of which the first waits: at once, or one
    after the other. It is over when the condition holds, or else when all are done."""

    id: str
    flows: tuple[tuple[Task, ...], ...]
    sequential: bool = False
    until: Expr | None = None
    outputs: tuple[tuple[str, Expr], ...] = ()


@dataclass(frozen=True)
class Race:
    """A sub-process with branches side by side that meet at a complex gateway: when `needed` of them have come the body
    begins, and what comes after them is taken and forgotten."""

    id: str
    branches: tuple[Seq, ...]
    needed: int
    body: Seq
    outputs: tuple[tuple[str, Expr], ...] = ()


@dataclass(frozen=True)
class Timer:
    """A timer, a message or a signal at the boundary of an activity.

    `repeats`: 0 interrupts it; else the times that a timer is due beside it (a message or signal may come any time).
    """

    id: str
    body: Seq
    """What it leads to: on to what follows; or, beside the activity, something that never waits, up to an end event."""
    repeats: int = 0
    kind: str = "timer"


@dataclass(frozen=True)
class Caught:
    """A sub-process at whose boundary an error or an escalation is caught; both ways meet in the next node.

    One that does not interrupt catches an escalation, and its body never waits, up to an end event.
    """

    inner: Sub
    id: str
    error: str
    body: Seq
    kind: str = "error"
    interrupting: bool = True


@dataclass(frozen=True)
class Held:
    """An activity that begins or ends with a job, or has a timer at its boundary."""

    inner: Task | Sub | Call | Multi | Repeat | AdHoc | Race
    before: bool = False
    after: bool = False
    timer: Timer | None = None

    @property
    def id(self) -> str:
        """Of the element that waits for the jobs."""
        return body_id(self.inner) if isinstance(self.inner, Multi | Repeat) else self.inner.id


Block = Task | End | Escalate | Seq | Split | Loop | First | Sub | Call | Multi | Repeat | AdHoc | Race | Held | Caught


def body_id(block: Multi | Repeat) -> str:
    """The element id of what holds the instances."""
    return f"{block.inner.id}#{'multiInstanceBody' if isinstance(block, Multi) else 'standardLoopBody'}"


@dataclass(frozen=True)
class Process:
    id: str
    body: Seq
    parameters: tuple[str, ...] = ()
    """Number variables that a caller passes in, and may read back."""


@dataclass(frozen=True)
class Model:
    """A process to start, the processes it calls, and the variables to start it with."""

    main: Process
    called: Mapping[str, Process] = field(default_factory=dict)
    variables: Mapping[str, Value] = field(default_factory=dict)

    @property
    def processes(self) -> Iterator[Process]:
        yield from self.called.values()
        yield self.main


def blocks(block: Block) -> Iterator[Block]:
    """The block and all blocks in it, outermost first."""
    yield block
    match block:
        case Seq(items):
            for item in items:
                yield from blocks(item)
        case Split():
            for branch in block.branches:
                yield from blocks(branch.body)
        case Loop():
            yield from blocks(block.body)
        case Sub():
            yield from blocks(block.body)
            if block.event_sub is not None:
                yield from blocks(block.event_sub.body)
        case First():
            for event, body in block.branches:
                yield from blocks(event)
                yield from blocks(body)
        case Caught():
            yield from blocks(block.inner)
            yield from blocks(block.body)
        case Multi() | Repeat():
            yield from blocks(block.inner)
        case AdHoc():
            for flow in block.flows:
                yield from flow
        case Race():
            for each in (*block.branches, block.body):
                yield from blocks(each)
        case Held():
            yield from blocks(block.inner)
            if block.timer is not None:
                yield from blocks(block.timer.body)
