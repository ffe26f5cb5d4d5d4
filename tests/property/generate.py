"""The generator: a seed in, a random model out, whose outcome no order of work in parallel branches can change.

Every branch of a parallel or inclusive split writes variables of its own and reads no others but those that nobody
writes; the instances of a parallel multi-instance write only variables local to them, and add to tallies that nobody
reads meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from tests.property.model import (
    AdHoc,
    Block,
    Branch,
    Call,
    Caught,
    Const,
    End,
    Escalate,
    EventSub,
    Expr,
    First,
    Held,
    Loop,
    Model,
    Multi,
    Operation,
    Process,
    Race,
    Repeat,
    Seq,
    Split,
    Sub,
    Task,
    Timer,
    Value,
    Var,
)

NUMBERS = ("n1", "n2", "n3")
"""Start variables that nobody writes."""
COLORS = ("red", "green", "blue")
DECISIONS = ("color", "urgent", "none", "some")
"""Start variables of other types that nobody writes."""
WRITTEN = ("v1", "v2", "v3", "v4")
TALLIES = ("t1", "t2")
DEPTH = 4
ACTIVITY = (Task, Sub, Call, Multi, Repeat, AdHoc, Race)
EVENTS = ("timer", "message", "signal")
"""What is waited for in the flow and at boundaries."""
BUDGET = 18
"""About how many nodes a process has."""


@dataclass(frozen=True)
class Context:
    """What may stand at this place of the tree."""

    depth: int
    own: tuple[str, ...]
    """Number variables to read and write here."""
    readable: tuple[str, ...]
    """Number variables that may only be read."""
    tallies: tuple[str, ...]
    """Number variables to add to, but not to read."""
    locals: dict[str, Expr] | None = None
    """Inputs of the sub-process around, when what is written in it must be local."""
    may_die: bool = True
    """No parallel join waits for this token."""
    joined: bool = False
    """A parallel or inclusive join waits for this token: it may not rest where it cannot reach the join any more."""
    may_call: tuple[Process, ...] = ()
    errors: tuple[str, ...] = ()
    """Errors that are caught around this place."""
    escalations: tuple[str, ...] = ()
    """Escalations that interrupt what is around this place."""
    reports: tuple[str, ...] = ()
    """Escalations that interrupt nothing, or are caught by nobody."""
    alone: bool = True
    """Not beside other branches or instances."""


@dataclass
class Generator:
    """Makes one model; drive it with a seeded Random."""

    random: Random
    serial: int = 0
    budget: int = 0

    def model(self) -> Model:
        random = self.random
        called: list[Process] = []
        for index in range(random.randint(0, 2)):
            parameters = tuple(f"p{index}_{n}" for n in (1, 2, 3))
            called.append(self.process(f"called{index}", parameters, NUMBERS[:0], tuple(called), BUDGET // 2))
        main = self.process("main", WRITTEN, NUMBERS, tuple(called), BUDGET)
        variables: dict[str, Value] = {name: random.randint(0, 4) for name in (*NUMBERS, *WRITTEN)}
        variables |= dict.fromkeys(TALLIES, 0)
        variables |= {"color": random.choice(COLORS), "urgent": random.random() < 0.5}
        variables |= {"none": [], "some": [random.randint(0, 4) for _ in range(random.randint(1, 4))]}
        return Model(main, {process.id: process for process in called}, variables)

    def process(
        self, process_id: str, own: tuple[str, ...], readable: tuple[str, ...], called: tuple[Process, ...], budget: int
    ) -> Process:
        self.budget = budget
        here = Context(0, own, readable, (), may_call=called)
        if process_id == "main":
            # What leaves a called process, and be it caught by nobody, hands its outputs over early (as in Camunda).
            here = replace(here, tallies=TALLIES, reports=("nobody",))
        body = self.seq(here, at_least=2)
        return Process(process_id, body, () if process_id == "main" else own)

    # ------------------------------------------------------------ blocks

    def new(self, prefix: str) -> str:
        self.serial += 1
        self.budget -= 1
        return f"{prefix}{self.serial}"

    def seq(self, here: Context, at_least: int = 0) -> Seq:
        items: list[Block] = []
        for _ in range(self.random.randint(at_least, max(at_least, 3))):
            item = self.block(here)
            if isinstance(item, Split) and not item.gateway and not (items and isinstance(items[-1], ACTIVITY)):
                item = replace(item, gateway=True)
            items.append(item)
            if _ends(item):
                return Seq(tuple(items))
            if here.reports and self.random.random() < (0.2 if len(here.reports) > 1 else 0.02):
                items.append(Escalate(self.new("report"), self.random.choice(here.reports)))
        if here.depth and here.may_die and self.random.random() < 0.1:
            items += self.exit(here, End(self.new("end")))
        elif here.depth and self.random.random() < 0.05:
            items += [self.user(here), *self.exit(here, End(self.new("stop"), terminate=True))]
        elif here.errors and self.random.random() < 0.2:
            thrown = End(self.new("throw"), error=self.random.choice(here.errors))
            # Beside others it waits first: else it would depend on the order which of them have begun by then.
            waits = self.random.random() < 0.7 or not here.alone
            items += [*([self.user(here)] if waits else []), *self.exit(here, thrown)]
        elif here.escalations and self.random.random() < 0.2:
            code = self.random.choice(here.escalations)
            if self.random.random() < 0.5 and not here.joined:
                items += [self.user(here), Escalate(self.new("escalate"), code, ends=True)]
            else:
                branches = (Branch(Seq((Escalate(self.new("escalate"), code),)), self.condition(here)), Branch(Seq()))
                items += [self.user(here), Split(self.new("xor"), "xor", branches)]
        return Seq(tuple(items))

    def exit(self, here: Context, end: End) -> list[Block]:
        if not here.joined and self.random.random() < 0.5:
            return [end]
        branches = (Branch(Seq((end,)), self.condition(here)), Branch(Seq()))
        return [Split(self.new("xor"), "xor", branches, join=self.random.choice(("gateway", "implicit")))]

    def block(self, here: Context) -> Block:
        if here.depth >= DEPTH or self.budget <= 0:
            return self.task(here)
        makers: list[tuple[int, Callable[[Context], Block]]] = [
            (5, self.task),
            (2, self.xor),
            (2, self.parallel),
            (2, self.inclusive),
            (2, self.loop),
            (2, self.sub),
            (2 if here.may_call else 0, self.call),
            (2, self.multi),
            (1, self.catch),
            (2, self.first),
            (2, self.caught),
            (1, self.repeat),
            (1, self.ad_hoc),
            (1, self.race),
        ]
        [make] = self.random.choices([m for _, m in makers], [weight for weight, _ in makers])
        made = make(replace(here, depth=here.depth + 1))
        if isinstance(made, ACTIVITY) and not _is_catch(made) and self.random.random() < 0.25:
            return self.held(here, made)
        return made

    def held(self, here: Context, inner: Task | Sub | Call | Multi | Repeat | AdHoc | Race) -> Held:
        before, after = (self.random.random() < 0.4 for _ in range(2))
        timer = self.timer(replace(here, depth=here.depth + 1)) if self.random.random() < 0.6 else None
        return Held(inner, before or not (after or timer), after, timer)

    def timer(self, here: Context) -> Timer:
        kind = self.random.choice(EVENTS)
        name = self.new(kind)
        if self.random.random() < 0.6:
            return Timer(name, self.seq(here), kind=kind)
        return Timer(name, self.aside(here), repeats=self.random.randint(1, 3), kind=kind)

    def aside(self, here: Context) -> Seq:
        """What is done beside an activity, without a wait."""
        items: list[Block] = []
        writable = (*here.own, *here.tallies)
        if writable:
            target = self.random.choice(writable)
            value = Operation(Var(target), "+", Const(1)) if target in here.tallies else self.number(here)
            items.append(Task(self.new("service"), "service", result=(target, value)))
        return Seq((*items, End(self.new("end"))))

    def catch(self, here: Context) -> Task:
        return Task(self.new("catch"), self.random.choice(EVENTS))

    def first(self, here: Context) -> First:
        name = self.new("first")
        return First(name, tuple((self.catch(here), self.seq(here)) for _ in range(self.random.randint(2, 3))))

    def caught(self, here: Context) -> Caught:
        kind = self.random.choice(("error", "escalation", "report"))
        name = self.new(kind)
        if kind == "error":
            inner = self.sub(replace(here, errors=(*here.errors, name)))
            return Caught(inner, f"caught_{name}", name, self.seq(here))
        if kind == "escalation":
            inner = self.sub(replace(here, escalations=(*here.escalations, name)))
            return Caught(inner, f"caught_{name}", name, self.seq(here), kind)
        inner = self.sub(replace(here, reports=(*here.reports, name)))
        aside = self.aside(replace(here, own=()))  # as it would depend on the order what is read meanwhile
        return Caught(inner, f"caught_{name}", name, aside, "escalation", interrupting=False)

    def repeat(self, here: Context) -> Repeat:
        """Of one activity; like instances in turn, each with a scope of its own."""
        again = self.condition(here) if self.random.random() < 0.6 else None
        each = replace(here, readable=(*here.readable, "loopCounter"), may_die=True, joined=False)
        return Repeat(self.in_turn(each), self.random.randint(1, 3), again, self.random.random() < 0.5)

    def ad_hoc(self, here: Context) -> AdHoc | Held:
        """One with a condition may stay open when all is done: then there is another way out of it."""
        name = self.new("ad_hoc")
        flows = []
        for each in self.side_by_side(here, self.random.randint(1, 3)):
            rest = [self.task(each) for _ in range(self.random.randint(0, 2))]
            flows.append((self.user(each), *rest))
        sequential = self.random.random() < 0.3
        if self.random.random() < 0.5:
            return AdHoc(name, tuple(flows), sequential)
        made = AdHoc(name, tuple(flows), sequential, self.condition(here))
        kind = self.random.choice(EVENTS)
        return Held(made, timer=Timer(self.new(kind), self.seq(here), kind=kind))

    def race(self, here: Context) -> Race:
        count = self.random.randint(2, 3)
        *contexts, after = self.side_by_side(replace(here, errors=(), escalations=()), count + 1)
        bodies = [self.seq(replace(each, may_die=False, joined=True)) for each in contexts]
        name = self.new("race")
        body = self.seq(replace(after, may_die=True, joined=False))
        return Race(name, tuple(bodies), self.random.randint(1, count), body)

    def task(self, here: Context) -> Task:
        if self.random.random() < 0.6:
            return self.user(here)
        kind = self.random.choice(("service", "rule", "script", "task", "manualTask"))
        result = None
        if kind in ("service", "rule", "script"):
            writable = (*here.own, *here.tallies)
            if not writable:
                kind = "task"
            else:
                name = self.random.choice(writable)
                tally = Operation(Var(name), "+", Const(1))
                result = (name, tally if name in here.tallies else self.number(here))
        return Task(self.new(kind), kind, result=result)

    def user(self, here: Context) -> Task:
        sets: tuple[tuple[str, str], ...] = ()
        inputs: tuple[tuple[str, Expr], ...] = ()
        outputs: tuple[tuple[str, Expr], ...] = ()
        kind = "work" if self.random.random() < 0.3 else "user"
        name = self.new(kind)
        if here.own and self.random.random() < 0.4:
            sets = ((self.random.choice(here.own), "number"),)
        if here.own and self.random.random() < 0.2:
            local = self.random.choice((f"local_{name}", self.random.choice(here.own)))
            inputs = ((local, self.number(here)),)
            if self.random.random() < 0.7:
                outputs = ((self.random.choice(here.own), Operation(Var(local), "+", Const(1))),)
        return Task(name, kind, sets=sets, inputs=inputs, outputs=outputs)

    def xor(self, here: Context) -> Split:
        count = self.random.randint(2, 3)
        branches = [Branch(self.seq(here), self.condition(here)) for _ in range(count - 1)]
        branches.insert(self.random.randrange(count), Branch(self.seq(here)))
        join = self.random.choice(("gateway", "gateway", "implicit"))
        return Split(self.new("xor"), "xor", tuple(branches), join=join)

    def parallel(self, here: Context) -> Split:
        count = self.random.randint(2, 3)
        gateway = self.random.random() < 0.8
        if not here.joined and self.random.random() < 0.2:
            bodies = [self.seq(each) for each in self.side_by_side(here, count)]
            bodies = [body if _ends(body) else Seq((*body.items, End(self.new("end")))) for body in bodies]
            return Split(self.new("fork"), "and", tuple(map(Branch, bodies)), gateway, join="none")
        bodies = [self.seq(replace(each, may_die=False, joined=True)) for each in self.side_by_side(here, count)]
        return Split(self.new("and"), "and", tuple(map(Branch, bodies)), gateway)

    def inclusive(self, here: Context) -> Split:
        count = self.random.randint(3, 4)
        contexts = [replace(each, joined=True) for each in self.side_by_side(here, count)]
        conditions: list[Expr | None] = [self.likely(here) for _ in range(count - 1)]
        conditions.insert(self.random.randrange(count), None)
        branches = [Branch(self.seq(each), condition) for each, condition in zip(contexts, conditions, strict=True)]
        return Split(self.new("or"), "or", tuple(branches), gateway=self.random.random() < 0.8)

    def side_by_side(self, here: Context, count: int) -> list[Context]:
        owns: list[list[str]] = [[] for _ in range(count)]
        for name in here.own:
            self.random.choice(owns).append(name)
        return [replace(here, own=tuple(own), alone=False) for own in owns]

    def loop(self, here: Context) -> Block:
        """Up to a number of passes, or until a person says stop."""
        name = self.new("loop")
        gateway = self.random.random() < 0.7
        if self.random.random() < 0.5:
            flag = f"again_{name}"
            self.declare(here, flag, Const(False))
            body = self.seq(here)
            if _ends(body):
                return body
            asks = Task(self.new("ask"), sets=((flag, "flag"),))
            return _loop(name, (*body.items, asks), Var(flag), gateway=gateway)
        counter = f"count_{name}"
        self.declare(here, counter, Const(0))
        body = self.seq(here, at_least=1)
        if _ends(body):
            return body
        reset = Task(self.new("reset"), "script", result=(counter, Const(0)))
        count = Task(self.new("count"), "service", result=(counter, Operation(Var(counter), "+", Const(1))))
        items = [*body.items]
        items.insert(self.random.randint(0, len(items)), count)
        again = Operation(Var(counter), "<", Const(self.random.randint(1, 3)))
        return Seq((reset, _loop(name, tuple(items), again, gateway=gateway)))

    def declare(self, here: Context, name: str, value: Expr) -> None:
        if here.locals is not None:
            here.locals[name] = value

    def sub(self, here: Context) -> Sub:
        name = self.new("sub")
        inside = replace(here, may_die=True, joined=False)
        inputs: dict[str, Expr] = {}
        outputs: tuple[tuple[str, Expr], ...] = ()
        if here.own and self.random.random() < 0.5:
            local = self.random.choice((f"local_{name}", self.random.choice(here.own)))
            inputs[local] = self.number(here)
            inside = replace(inside, own=tuple(sorted({*here.own, local})))
            if self.random.random() < 0.6:
                outputs = ((self.random.choice(here.own), Operation(self.number(inside), "+", Const(1))),)
        body = self.seq(inside, at_least=1)
        event_sub = self.event_sub(inside) if self.random.random() < 0.3 else None
        return Sub(name, body, tuple(inputs.items()), outputs, event_sub)

    def event_sub(self, here: Context) -> EventSub:
        name = self.new("event_sub")
        if self.random.random() < 0.6:
            return EventSub(name, self.seq(here))
        return EventSub(name, self.aside(here), interrupting=False)

    def call(self, here: Context) -> Call:
        process = self.random.choice(here.may_call)
        inputs = tuple((name, self.number(here)) for name in process.parameters)
        if here.alone and self.random.random() < 0.2:
            return Call(self.new("call"), process.id, inputs, everything=True)
        decisions = tuple((name, Var(name)) for name in DECISIONS)
        outputs = ((self.random.choice(here.own), self.random.choice(process.parameters)),) if here.own else ()
        return Call(self.new("call"), process.id, (*inputs, *decisions), outputs)

    def multi(self, here: Context) -> Multi:
        sequential = self.random.random() < 0.4
        count, items, until = None, None, None
        if self.random.random() < 0.4:
            items = self.random.choice(("some", "some", "some", "none"))
        else:
            count = self.random.choice(
                (Const(2), Const(3), Const(self.random.randint(0, 4)), self.number(here, limit=4))
            )
        if self.random.random() < 0.3:
            until = Operation(Var("nrOfCompletedInstances"), ">=", Const(self.random.randint(1, 2)))
        readable = (*here.readable, "loopCounter", *(() if items is None else ("item",)))
        each = replace(here, readable=readable, alone=False, may_die=True, joined=False)
        inner = self.in_turn(each) if sequential and until is None else self.at_once(each, waits=until is not None)
        return Multi(inner, sequential, count, items, until)

    def in_turn(self, here: Context) -> Task | Sub | Call:
        match self.random.choice(("task", "sub", "sub", "call")):
            case "call" if here.may_call:
                return self.call(here)
            case "sub":
                return replace(self.sub(here), outputs=())
            case _:
                return replace(self.task(here), outputs=())

    def at_once(self, here: Context, *, waits: bool) -> Task | Sub | Call:
        """When it `waits`, then before it does anything else."""
        kind = self.random.choice(("task", "sub", "sub", "call"))
        inside = replace(here, own=(), readable=(*here.readable, *here.own))
        if kind == "call" and here.may_call and not waits:
            return self.call(inside)
        if kind == "task" or self.budget <= 0:
            return Task(self.new("user"), sets=tuple((name, "number") for name in here.own[:1]))
        name = self.new("each")
        local: dict[str, Expr] = {f"mine_{name}": self.number(inside)}
        inside = replace(inside, own=tuple(local), locals=local)
        body = self.seq(inside, at_least=1)
        if waits:
            body = Seq((self.user(inside), *body.items))
        return Sub(name, body, tuple(local.items()))

    # ------------------------------------------------------------ expressions

    def number(self, here: Context, limit: int = 7) -> Expr:
        """A number below the limit."""
        names = (*here.own, *here.readable)
        if not names or self.random.random() < 0.2:
            return Const(self.random.randrange(limit))
        left: Expr = Var(self.random.choice(names))
        right: Expr = Var(self.random.choice(names)) if self.random.random() < 0.3 else Const(self.random.randrange(4))
        return Operation(Operation(left, "+", right), "%", Const(limit))

    def likely(self, here: Context) -> Expr:
        """A condition that is true more often than not, for branches that are to be taken together."""
        if self.random.random() < 0.3:
            return self.condition(here)
        return Operation(self.number(here), ">=", Const(self.random.randint(0, 1)))

    def condition(self, here: Context) -> Expr:
        draw = self.random.random()
        if draw < 0.15:
            return Var("urgent")
        if draw < 0.35:
            return Operation(Var("color"), self.random.choice(("==", "!=")), Const(self.random.choice(COLORS)))
        if draw < 0.45:
            return Operation(self.condition(here), self.random.choice(("and", "or")), self.condition(here))
        return Operation(self.number(here), self.random.choice(("<", ">=", "==")), Const(self.random.randint(1, 4)))


def _loop(loop_id: str, items: tuple[Block, ...], again: Expr, *, gateway: bool) -> Loop:
    """The way back may lead to the first node only where that is no gateway which would wait for a second token."""
    first: Block = Seq(items)
    while isinstance(first, Seq) and first.items:
        first = first.items[0]
    return Loop(loop_id, Seq(items), again, gateway or not isinstance(first, ACTIVITY))


def _is_catch(block: Block) -> bool:
    return isinstance(block, Task) and block.kind in EVENTS


def _ends(block: Block) -> bool:
    """Does it never let a token through?"""
    match block:
        case End() | Split(join="none") | Escalate(ends=True):
            return True
        case Seq(items):
            return bool(items) and _ends(items[-1])
        case Split():
            return all(_ends(branch.body) for branch in block.branches)
        case First():
            return all(_ends(body) for _, body in block.branches)
    return False


def generate(seed: int) -> Model:
    """The model of a seed."""
    return Generator(Random(seed)).model()
