"""The reference: runs a block tree as a residual program. It knows no tokens, no gateways, no flows and no database.

Entering a block gives what is left of it: an Outcome, or a residual that can be stepped at one of its waiting tasks and
gives again what is left. An "and" or an "or" is a list of residuals, a sequence is one residual and the blocks after
it, a loop enters its body again. So it cannot share a mistake with an engine that moves tokens along flows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.property.model import (
    AdHoc,
    Block,
    Branch,
    Call,
    Caught,
    End,
    Escalate,
    EventSub,
    First,
    Held,
    Loop,
    Model,
    Multi,
    Race,
    Repeat,
    Seq,
    Split,
    Sub,
    Task,
    Value,
    blocks,
    body_id,
)

Path = tuple[tuple[str, int | None], ...]
"""The way to what waits: (element id, index in its multi-instance) of the activities around it, and of it.

Of a job before or after an activity the last one is "id@async-before" or "id@async-after"; of a timer at its boundary
the activity comes first and then the event.
"""
WAITING = ("user", "work", "timer", "message", "signal")
"""The kinds of task that wait."""


ENDLESS = 1000
"""So many passes without a wait are too many."""


class EndlessLoop(Exception):
    """A loop never waits and never ends; no generated model has one."""


class Outcome(Enum):
    """How a block ended: DEAD is a token that met an end event, TERMINATED cuts down to the scope."""

    DONE = auto()
    DEAD = auto()
    TERMINATED = auto()


@dataclass(frozen=True)
class Thrown:
    """How a block ended: by an error or an escalation, which cuts down to the activity that catches it."""

    error: str


class Variables:
    """The variables of one scope, inside those of the scope around it."""

    def __init__(self, values: Mapping[str, Value], outer: Variables | None = None) -> None:
        self.own, self.outer = dict(values), outer

    def get(self, name: str) -> Value:
        """The value in the nearest scope that has it; KeyError when none has."""
        if name in self.own or self.outer is None:
            return self.own[name]
        return self.outer.get(name)

    def set(self, name: str, value: Value) -> None:
        """Change it in the nearest scope that has it; create it in the outermost."""
        scope: Variables = self
        while name not in scope.own and scope.outer is not None:
            scope = scope.outer
        scope.own[name] = value

    def visible(self) -> dict[str, Value]:
        return (self.outer.visible() if self.outer else {}) | self.own


class Residual(ABC):
    """What is left of a block that waits."""

    @abstractmethod
    def waiting(self) -> Iterator[Waiting]:
        """The tasks that can be completed now."""

    @abstractmethod
    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        """What is left after completing `task`, which waits in here."""

    @abstractmethod
    def cancel(self) -> None:
        """Cut off whatever is active."""

    def holds(self, task: Waiting) -> bool:
        return any(each is task for each in self.waiting())


Left = Residual | Outcome | Thrown


class Reference:
    """One run of a model. `visits` counts (element id, canceled) of the activities and events that have ended.

    A gateway counts once for each token that reached it, so that a join of two branches counts twice.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.visits: Counter[tuple[str, bool]] = Counter()
        self.variables = Variables(model.variables)
        self.escalations = {
            block.error: block
            for process in model.processes
            for block in blocks(process.body)
            if isinstance(block, Caught) and block.kind == "escalation"
        }
        self.left: Left = _leave_scope(self.enter_scope(model.main.id, model.main.body, self.variables, ()))

    @property
    def finished(self) -> bool:
        return self.left is Outcome.DONE

    def ready(self) -> dict[Path, Waiting]:
        """The tasks that can be completed now, by their path; no path is there twice."""
        tasks = [] if isinstance(self.left, Outcome) else list(self.left.waiting())
        ready = {task.path: task for task in tasks}
        assert len(ready) == len(tasks), "two tasks with one path"
        return ready

    def step(self, path: Path, values: Mapping[str, Value]) -> None:
        """Complete the task at `path`; KeyError when none waits there."""
        task = self.ready()[path]
        assert isinstance(self.left, Residual)
        self.left = _leave_scope(self.left.step(task, values))

    # ------------------------------------------------------------ entering

    def visit(self, element: str, *, canceled: bool = False, times: int = 1) -> None:
        if times:
            self.visits[element, canceled] += times

    def enter_scope(self, scope: str, body: Seq, variables: Variables, path: Path) -> Left:
        """The body of a process or a sub-process, between its start and its end event."""
        self.visit(f"{scope}_start")
        return self.finish(scope, self.enter(body, variables, path))

    def finish(self, scope: str, left: Left) -> Left:
        if isinstance(left, Residual):
            return Body(self, left, scope)
        if left is Outcome.DONE:
            self.visit(f"{scope}_end")
        return left

    def enter(self, block: Block, variables: Variables, path: Path) -> Left:
        match block:
            case Seq(items):
                return self.sequence(Outcome.DONE, items, variables, path)
            case End():
                # An error event is cut off with the rest of what it cuts off.
                self.visit(block.id, canceled=block.error is not None)
                if block.error is not None:
                    return Thrown(block.error)
                return Outcome.TERMINATED if block.terminate else Outcome.DEAD
            case Escalate():
                return self.escalate(block, variables, path)
            case First():
                return Choosing(self, block, variables, path)
            case Caught():
                left = self.enter(block.inner, variables, path)
                return self.catch(block, left, variables, path)
            case Split():
                return self.split(block, variables, path)
            case Loop():
                return self.loop(block, self.enter_pass(block, variables, path), variables, path)
            case Multi():
                return self.multi(block, variables, path)
            case Repeat():
                return Repeating(self, block, variables, path).begin()
            case Held():
                return Holding(self, block, variables, path).begin()
            case _:
                return self.activity(block, variables, path, None)

    def sequence(self, left: Left, items: tuple[Block, ...], variables: Variables, path: Path) -> Left:
        while left is Outcome.DONE and items:
            left, items = self.enter(items[0], variables, path), items[1:]
        return Rest(self, left, items, variables, path) if isinstance(left, Residual) and items else left

    def escalate(self, block: Escalate, variables: Variables, path: Path) -> Left:
        """Who catches it stands around it in the model; what is done beside it sets tallies only, wherever it is."""
        catcher = self.escalations.get(block.code)
        if catcher is not None and catcher.interrupting:
            self.visit(block.id, canceled=True)
            return Thrown(block.code)
        self.visit(block.id)
        if catcher is not None:
            self.visit(catcher.id)
            left = self.enter(catcher.body, variables, path)
            assert left is Outcome.DEAD, "what an escalation leads to beside its activity does not wait"
        return Outcome.DEAD if block.ends else Outcome.DONE

    def split(self, block: Split, variables: Variables, path: Path) -> Left:
        if block.gateway:
            self.visit(f"{block.id}_split")
        taken = _taken(block, variables)
        return self.join(block, [self.enter(branch.body, variables, path) for branch in taken])

    def join(self, block: Split, branches: list[Left]) -> Left:
        cut = next((each for each in branches if each is Outcome.TERMINATED or isinstance(each, Thrown)), None)
        if cut is not None:
            for each in branches:
                _cancel(each)
            self.visit(f"{block.id}_join", canceled=True, times=_arrived(block, branches))
            return cut
        if any(isinstance(each, Residual) for each in branches):
            return Branches(self, block, branches)
        self.visit(f"{block.id}_join", times=_arrived(block, branches))
        return Outcome.DONE if Outcome.DONE in branches and block.join != "none" else Outcome.DEAD

    def enter_pass(self, block: Loop, variables: Variables, path: Path) -> Left:
        if block.gateway:
            self.visit(f"{block.id}_in")
        return self.enter(block.body, variables, path)

    def loop(self, block: Loop, left: Left, variables: Variables, path: Path) -> Left:
        for _ in range(ENDLESS):
            if left is not Outcome.DONE:
                break
            self.visit(f"{block.id}_out")
            if not block.again.eval(variables):
                return left
            left = self.enter_pass(block, variables, path)
        else:
            raise EndlessLoop(block.id)
        return Looping(self, left, block, variables, path) if isinstance(left, Residual) else left

    def catch(self, block: Caught, left: Left, variables: Variables, path: Path) -> Left:
        if isinstance(left, Residual):
            return Catching(self, left, block, variables, path)
        if not isinstance(left, Thrown) or left.error != block.error:
            return left
        self.visit(block.id)
        return self.enter(block.body, variables, path)

    def multi(self, block: Multi, variables: Variables, path: Path) -> Left:
        if block.items is not None:
            items = variables.get(block.items)
            assert isinstance(items, list)
            total = len(items)
        else:
            assert block.count is not None
            count = block.count.eval(variables)
            assert isinstance(count, int)
            items, total = [], count
        counters: dict[str, Value] = {"nrOfInstances": total, "nrOfCompletedInstances": 0}
        counters["nrOfActiveInstances"] = min(1, total) if block.sequential else total
        instances = Instances(self, block, [], items, total, Variables(counters, variables), path)
        return instances.go_on(1 if block.sequential else total)

    def activity(
        self, block: Task | Sub | Call | AdHoc | Race, outer: Variables, path: Path, index: int | None
    ) -> Left:
        path = (*path, (block.id, index))
        match block:
            case Call():
                passed = outer.visible() if block.everything else {}
                variables = Variables(passed | {name: source.eval(outer) for name, source in block.inputs})
                process = self.model.called[block.process]
                left = self.enter_scope(process.id, process.body, variables, path)
            case AdHoc():
                variables = Variables({}, outer)
                left = Pool(self, block, variables, path).begin()
            case Race():
                variables = Variables({}, outer)
                left = Racing(self, block, variables, path).begin()
            case Sub():
                variables = _inside(block, outer)
                left = self.enter_scope(block.id, block.body, variables, path)
                if block.event_sub is not None and isinstance(left, Residual):
                    left = Listening.begin(self, left, block.event_sub, variables, path)
            case _:
                variables = _inside(block, outer)
                left = Waiting(block.id, variables, path) if block.kind in WAITING else self.run_task(block, variables)
        return self.leave(block, left, variables, outer)

    def run_task(self, task: Task, variables: Variables) -> Outcome:
        if task.result is not None:
            name, value = task.result
            variables.set(name, value.eval(variables))
        return Outcome.DONE

    def leave(
        self, block: Task | Sub | Call | AdHoc | Race, left: Left, variables: Variables, outer: Variables
    ) -> Left:
        if isinstance(left, Residual):
            return Around(self, left, block, variables, outer)
        if isinstance(block, Call):
            results = variables.own if block.everything else {name: variables.get(v) for name, v in block.outputs}
            for name, value in results.items():
                outer.set(name, value)
        else:
            self.map_outputs(block, variables, outer)
        self.visit(block.id, canceled=isinstance(left, Thrown))
        return left if isinstance(left, Thrown) else Outcome.DONE

    def map_outputs(self, block: Task | Sub | AdHoc | Race, variables: Variables, outer: Variables) -> None:
        for name, value in block.outputs:
            outer.set(name, value.eval(variables))


def _inside(block: Task | Sub, outer: Variables) -> Variables:
    variables = Variables({}, outer)
    for name, value in block.inputs:
        variables.own[name] = value.eval(variables)
    return variables


def _taken(block: Split, variables: Variables) -> list[Branch]:
    if block.kind == "and":
        return list(block.branches)
    true = [branch for branch in block.branches if branch.condition is not None and branch.condition.eval(variables)]
    if not true:
        return [branch for branch in block.branches if branch.condition is None]
    return true if block.kind == "or" else true[:1]


def _arrived(block: Split, branches: list[Left]) -> int:
    return branches.count(Outcome.DONE) if block.join == "gateway" else 0


def _leave_scope(left: Left) -> Left:
    return left if isinstance(left, Residual) else Outcome.DONE


def _cancel(left: Left) -> None:
    if isinstance(left, Residual):
        left.cancel()


# ---------------------------------------------------------------- residuals


@dataclass(eq=False)
class Waiting(Residual):
    """A user task, work, or a job; `variables` is its own scope."""

    element_id: str
    variables: Variables
    path: Path

    def waiting(self) -> Iterator[Waiting]:
        yield self

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        for name, value in values.items():
            self.variables.set(name, value)
        return Outcome.DONE

    def cancel(self) -> None:
        """Counted by the activity around it."""


@dataclass(eq=False)
class Wrapper(Residual):
    """A residual with one residual in it."""

    run: Reference
    now: Residual

    def waiting(self) -> Iterator[Waiting]:
        return self.now.waiting()

    def cancel(self) -> None:
        self.now.cancel()


@dataclass(eq=False)
class Body(Wrapper):
    """The rest of a scope, before its end event."""

    scope: str

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        return self.run.finish(self.scope, self.now.step(task, values))


@dataclass(eq=False)
class Rest(Wrapper):
    """The rest of one block, and the blocks after it."""

    items: tuple[Block, ...]
    variables: Variables
    path: Path

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        return self.run.sequence(self.now.step(task, values), self.items, self.variables, self.path)


@dataclass(eq=False)
class Looping(Wrapper):
    """The rest of one pass."""

    block: Loop
    variables: Variables
    path: Path

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        return self.run.loop(self.block, self.now.step(task, values), self.variables, self.path)


@dataclass(eq=False)
class Around(Wrapper):
    """An active activity. Its output mapping is done even when it is cancelled (Camunda 7 does so)."""

    block: Task | Sub | Call | AdHoc | Race
    variables: Variables
    outer: Variables

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        return self.run.leave(self.block, self.now.step(task, values), self.variables, self.outer)

    def cancel(self) -> None:
        self.now.cancel()
        if not isinstance(self.block, Call):
            self.run.map_outputs(self.block, self.variables, self.outer)
        self.run.visit(self.block.id, canceled=True)


@dataclass(eq=False)
class Catching(Wrapper):
    """An active activity at whose boundary an error is caught."""

    block: Caught
    variables: Variables
    path: Path

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        return self.run.catch(self.block, self.now.step(task, values), self.variables, self.path)


@dataclass(eq=False)
class Listening(Residual):
    """An active sub-process in which a message starts an event sub-process; `now`: its body, or what interrupts it."""

    run: Reference
    now: Left
    event_sub: EventSub
    variables: Variables
    path: Path
    message: Waiting | None = None

    @classmethod
    def begin(cls, run: Reference, now: Residual, event_sub: EventSub, variables: Variables, path: Path) -> Listening:
        start = f"{event_sub.id}_start"
        return cls(run, now, event_sub, variables, path, Waiting(start, variables, (*path, (start, None))))

    def waiting(self) -> Iterator[Waiting]:
        if isinstance(self.now, Residual):
            yield from self.now.waiting()
        if self.message is not None:
            yield self.message

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        assert isinstance(self.now, Residual)
        if task is not self.message:
            self.now = self.now.step(task, values)
            return self if isinstance(self.now, Residual) else self.now
        if self.event_sub.interrupting:
            self.message = None
            _cancel(self.now)
        path = (*self.path, (self.event_sub.id, None))
        inner = Variables({}, self.variables)
        left = self.run.enter_scope(self.event_sub.id, self.event_sub.body, inner, path)
        if isinstance(left, Residual):
            left = Inside(self.run, left, self.event_sub.id)
        else:
            self.run.visit(self.event_sub.id, canceled=isinstance(left, Thrown))
        if not self.event_sub.interrupting:
            assert not isinstance(left, Residual), "an event sub-process beside others does not wait"
            return self
        self.now = left if isinstance(left, Residual | Thrown) else Outcome.DONE
        return self if isinstance(self.now, Residual) else self.now

    def cancel(self) -> None:
        _cancel(self.now)


@dataclass(eq=False)
class Inside(Wrapper):
    """An event sub-process that is under way."""

    element_id: str

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        left = self.now.step(task, values)
        if isinstance(left, Residual):
            self.now = left
            return self
        self.run.visit(self.element_id, canceled=isinstance(left, Thrown))
        return left if isinstance(left, Thrown) else Outcome.DONE

    def cancel(self) -> None:
        self.now.cancel()
        self.run.visit(self.element_id, canceled=True)


@dataclass(eq=False)
class Choosing(Residual):
    """An event-based gateway at which a token waits."""

    run: Reference
    block: First
    variables: Variables
    path: Path

    def __post_init__(self) -> None:
        around = (*self.path, (self.block.id, None))
        self.events = [
            Waiting(event.id, self.variables, (*around, (event.id, None))) for event, _ in self.block.branches
        ]

    def waiting(self) -> Iterator[Waiting]:
        yield from self.events

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        event, body = self.block.branches[self.events.index(task)]
        self.run.visit(self.block.id, canceled=True)
        self.run.visit(event.id)
        return self.run.enter(body, self.variables, self.path)

    def cancel(self) -> None:
        self.run.visit(self.block.id, canceled=True)


@dataclass(eq=False)
class Branches(Residual):
    """Branches side by side."""

    run: Reference
    block: Split
    branches: list[Left]

    def waiting(self) -> Iterator[Waiting]:
        for each in self.branches:
            if isinstance(each, Residual):
                yield from each.waiting()

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        index = next(i for i, each in enumerate(self.branches) if isinstance(each, Residual) and each.holds(task))
        branch = self.branches[index]
        assert isinstance(branch, Residual)
        self.branches[index] = branch.step(task, values)
        return self.run.join(self.block, self.branches)

    def cancel(self) -> None:
        for each in self.branches:
            _cancel(each)
        self.run.visit(f"{self.block.id}_join", canceled=True, times=_arrived(self.block, self.branches))


@dataclass(eq=False)
class Instances(Residual):
    """The instances of a multi-instance activity that were created so far."""

    run: Reference
    block: Multi
    instances: list[Left]
    items: list[int]
    total: int
    variables: Variables
    path: Path

    def go_on(self, create: int) -> Left:
        """Create up to `create` instances more; done when all are, or when the completion condition says so."""
        while True:
            for _ in range(min(create, self.total - len(self.instances))):
                self.create()
                if isinstance(left := self.instances[-1], Thrown):
                    return self.cut(left)
                if self.instances[-1] is Outcome.DONE and self.counted():
                    return self.finish()
            if all(each is Outcome.DONE for each in self.instances):
                if len(self.instances) == self.total:
                    return self.finish()
                continue
            return self

    def create(self) -> None:
        index = len(self.instances)
        local: dict[str, Value] = {"loopCounter": index}
        if self.block.items is not None:
            local["item"] = self.items[index]
        variables = Variables(local, self.variables)
        path = (*self.path, (body_id(self.block), None))
        self.instances.append(self.run.activity(self.block.inner, variables, path, index))

    def counted(self) -> bool:
        """Count an instance that has ended. Is that enough?"""
        completed = self.instances.count(Outcome.DONE)
        self.variables.own["nrOfCompletedInstances"] = completed
        if not self.block.sequential:
            self.variables.own["nrOfActiveInstances"] = self.total - completed
        return self.block.until is not None and bool(self.block.until.eval(self.variables))

    def finish(self) -> Left:
        for each in self.instances:
            _cancel(each)
        self.run.visit(body_id(self.block))
        return Outcome.DONE

    def cut(self, thrown: Thrown) -> Left:
        self.cancel()
        return thrown

    def waiting(self) -> Iterator[Waiting]:
        for each in self.instances:
            if isinstance(each, Residual):
                yield from each.waiting()

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        index = next(i for i, each in enumerate(self.instances) if isinstance(each, Residual) and each.holds(task))
        instance = self.instances[index]
        assert isinstance(instance, Residual)
        self.instances[index] = instance.step(task, values)
        left = self.instances[index]
        if isinstance(left, Residual):
            return self
        if isinstance(left, Thrown):
            return self.cut(left)
        return self.finish() if self.counted() else self.go_on(1)

    def cancel(self) -> None:
        for each in self.instances:
            _cancel(each)
        self.run.visit(body_id(self.block), canceled=True)


@dataclass(eq=False)
class Repeating(Residual):
    """An activity in a standard loop, in its pass number `done`."""

    run: Reference
    block: Repeat
    variables: Variables
    path: Path
    now: Left = Outcome.DONE
    done: int = 0

    def begin(self) -> Left:
        if self.block.asks_first and not self.goes_on():
            return self.finish()
        self.enter()
        return self.go_on()

    def enter(self) -> None:
        variables = Variables({"loopCounter": self.done}, self.variables)
        path = (*self.path, (body_id(self.block), None))
        self.now = self.run.activity(self.block.inner, variables, path, self.done)

    def go_on(self) -> Left:
        while self.now is Outcome.DONE:
            self.done += 1
            if not self.goes_on():
                return self.finish()
            self.enter()
        if isinstance(self.now, Thrown):
            self.cancel()
            return self.now
        return self

    def goes_on(self) -> bool:
        if self.done >= self.block.maximum:
            return False
        again = self.block.again
        return again is None or bool(again.eval(Variables({"loopCounter": self.done}, self.variables)))

    def finish(self) -> Left:
        self.run.visit(body_id(self.block))
        return Outcome.DONE

    def waiting(self) -> Iterator[Waiting]:
        if isinstance(self.now, Residual):
            yield from self.now.waiting()

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        assert isinstance(self.now, Residual)
        self.now = self.now.step(task, values)
        return self.go_on()

    def cancel(self) -> None:
        _cancel(self.now)
        self.run.visit(body_id(self.block), canceled=True)


@dataclass(eq=False)
class Pool(Residual):
    """An ad-hoc sub-process: the flows that run, each with its number and the tasks that follow what waits."""

    run: Reference
    block: AdHoc
    variables: Variables
    path: Path
    flows: dict[int, tuple[Residual, tuple[Task, ...]]] = field(default_factory=dict)
    begun: int = 0

    def begin(self) -> Left:
        for _ in range(1 if self.block.sequential else len(self.block.flows)):
            self.start()
        return self

    def start(self) -> None:
        index = self.begun
        self.begun += 1
        first, *rest = self.block.flows[index]
        left = self.task(first)
        assert isinstance(left, Residual), "a flow begins with something that waits"
        self.flows[index] = (left, tuple(rest))

    def task(self, task: Task) -> Left:
        return self.run.activity(task, Variables({}, self.variables), (*self.path, (self.inner, None)), None)

    @property
    def inner(self) -> str:
        return f"{self.block.id}#innerInstance"

    def is_over(self) -> bool:
        return self.block.until is not None and bool(self.block.until.eval(self.variables))

    def waiting(self) -> Iterator[Waiting]:
        for left, _ in self.flows.values():
            yield from left.waiting()

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        """The condition is asked after each task."""
        index = next(index for index, (left, _) in self.flows.items() if left.holds(task))
        now, rest = self.flows.pop(index)
        left = now.step(task, values)
        while left is Outcome.DONE and rest and not self.is_over():
            left, rest = self.task(rest[0]), rest[1:]
        if isinstance(left, Residual):
            self.flows[index] = (left, rest)
            return self
        self.run.visit(self.inner)
        if self.is_over():
            self.cancel_flows()
        elif self.begun < len(self.block.flows):
            self.start()
            return self
        elif self.flows or self.block.until is not None:
            return self
        return Outcome.DONE

    def cancel_flows(self) -> None:
        for left, _ in self.flows.values():
            left.cancel()
        self.run.visit(self.inner, canceled=True, times=len(self.flows))

    def cancel(self) -> None:
        self.cancel_flows()


@dataclass(eq=False)
class Racing(Residual):
    """A sub-process with branches that meet at a complex gateway, and what follows that."""

    run: Reference
    block: Race
    variables: Variables
    path: Path
    branches: list[Left] = field(default_factory=list)
    body: Left | None = None
    is_reset: bool = False

    def begin(self) -> Left:
        self.run.visit(f"{self.block.id}_start")
        self.run.visit(f"{self.block.id}_split")
        self.branches = [self.run.enter(branch, self.variables, self.path) for branch in self.block.branches]
        return self.go_on()

    @property
    def held(self) -> int:
        """How many tokens are at the gateway; one of those that have begun the body stays."""
        if self.is_reset:
            return 0
        come = self.branches.count(Outcome.DONE)
        return come if self.body is None else come - self.block.needed + 1

    def go_on(self) -> Left:
        if self.body is None and self.branches.count(Outcome.DONE) >= self.block.needed:
            self.run.visit(f"{self.block.id}_join", times=self.block.needed - 1)
            self.body = Outcome.DEAD
            self.body = self.after(self.run.enter(self.block.body, self.variables, self.path))
        if Outcome.TERMINATED in (*self.branches, self.body):
            self.cancel()
            return Outcome.TERMINATED
        if all(each is Outcome.DONE for each in self.branches) and not self.is_reset:
            self.run.visit(f"{self.block.id}_join", times=self.held)
            self.is_reset = True
        return self if not self.is_reset or isinstance(self.body, Residual) else Outcome.DONE

    def after(self, left: Left) -> Left:
        if left is Outcome.DONE:
            self.run.visit(f"{self.block.id}_end")
        return left

    def waiting(self) -> Iterator[Waiting]:
        for each in (*self.branches, self.body):
            if isinstance(each, Residual):
                yield from each.waiting()

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        if isinstance(self.body, Residual) and self.body.holds(task):
            self.body = self.after(self.body.step(task, values))
        else:
            index = next(i for i, each in enumerate(self.branches) if isinstance(each, Residual) and each.holds(task))
            branch = self.branches[index]
            assert isinstance(branch, Residual)
            self.branches[index] = branch.step(task, values)
        return self.go_on()

    def cancel(self) -> None:
        for each in (*self.branches, self.body):
            if isinstance(each, Residual):
                each.cancel()
        self.run.visit(f"{self.block.id}_join", canceled=True, times=self.held)


@dataclass(eq=False)
class Holding(Residual):
    """An activity that waits for a job before or after it (`token`), or is active (`now`), maybe with a `timer`."""

    run: Reference
    block: Held
    variables: Variables
    path: Path
    token: Waiting | None = None
    now: Left = Outcome.DONE
    timer: Waiting | None = None
    repeats: int = 0

    def begin(self) -> Left:
        if not self.block.before:
            return self.go()
        self.token = self.job("async-before")
        return self

    def job(self, kind: str) -> Waiting:
        name = f"{self.block.id}@{kind}"
        return Waiting(name, self.variables, (*self.path, (name, None)))

    def go(self) -> Left:
        """Enter the activity."""
        self.now = self.run.enter(self.block.inner, self.variables, self.path)
        event = self.block.timer
        if event is not None:
            self.repeats = max(event.repeats, 1)
            self.timer = Waiting(event.id, self.variables, (*self.path, (self.block.id, None), (event.id, None)))
        return self.go_on()

    def go_on(self) -> Left:
        """What is left while the activity is active, and when it is not any more."""
        if isinstance(self.now, Residual):
            return self
        self.timer = None
        if not self.block.after or isinstance(self.now, Thrown):
            return self.now
        self.token = self.job("async-after")
        return self

    def waiting(self) -> Iterator[Waiting]:
        if self.token is not None:
            yield self.token
        elif isinstance(self.now, Residual):
            yield from self.now.waiting()
        if self.timer is not None:
            yield self.timer

    def step(self, task: Waiting, values: Mapping[str, Value]) -> Left:
        if task is self.token:
            before = task.element_id.endswith("before")
            self.token = None
            return self.go() if before else Outcome.DONE
        assert isinstance(self.now, Residual)
        if task is self.timer:
            return self.time_out()
        self.now = self.now.step(task, values)
        return self.go_on()

    def time_out(self) -> Left:
        event = self.block.timer
        assert event is not None
        if not event.repeats:
            _cancel(self.now)
        self.run.visit(event.id)
        left = self.run.enter(event.body, self.variables, self.path)
        if not event.repeats:
            return left
        assert left is Outcome.DEAD, "what a timer leads to beside its activity does not wait"
        self.repeats -= 1
        if not self.repeats and event.kind == "timer":
            self.timer = None
        return self

    def cancel(self) -> None:
        _cancel(self.now)
