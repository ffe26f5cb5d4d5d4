"""Compensation in random models and random orders, against a reference that knows no tokens and no rows.

The reference runs the tree of blocks with continuations: what has completed is a list in its scope, and compensating
means taking that list from its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import pytest

from engine.core.state import Subscription, UserTask
from tests.core.kit import Run
from tests.core.models import CANCEL, Part, boundary, compensate, end, event_sub, process, sub, throw, undone_by, user

Then = Callable[[], None]

# ---------------------------------------------------------------- blocks


@dataclass(frozen=True)
class Task:
    id: str
    handled: bool


@dataclass(frozen=True)
class Scope:
    """A sub-process; `by`: with a compensation event sub-process, which waits in a task and then may throw.

    With `cancels` it is a transaction that is cancelled at its end, or as soon as one of its branches gets there.
    """

    id: str
    body: Seq
    handled: bool = False
    by: str | None = None
    cancels: bool = False


@dataclass(frozen=True)
class Many:
    inner: Task | Scope
    count: int
    sequential: bool


@dataclass(frozen=True)
class Fork:
    id: str
    branches: tuple[Seq, ...]


@dataclass(frozen=True)
class Throw:
    id: str
    activity: str | None
    waits: bool


@dataclass(frozen=True)
class Seq:
    items: tuple[Block, ...]


Block = Task | Scope | Many | Fork | Throw


class Generator:
    """Makes a body at random."""

    def __init__(self, random: Random) -> None:
        self.random, self.count = random, 0

    def id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def seq(self, depth: int) -> Seq:
        items: list[Block] = [self.block(depth) for _ in range(self.random.randint(1, 3))]
        if self.random.random() < 0.6:
            named = [each for each in items if isinstance(each, Task | Scope | Many)]
            one = self.random.choice(named) if named and self.random.random() < 0.5 else None
            activity = None if one is None else one.inner.id if isinstance(one, Many) else one.id
            items.append(Throw(self.id("undo"), activity, self.random.random() < 0.8))
        return Seq(tuple(items))

    def block(self, depth: int) -> Block:
        kind = self.random.random()
        if depth == 0 or kind < 0.4:
            return self.task()
        if kind < 0.7:
            return self.scope(depth)
        if kind < 0.85:
            inner = self.task() if self.random.random() < 0.4 else self.scope(depth, cancels=False)
            return Many(inner, self.random.randint(1, 3), self.random.random() < 0.5)
        return Fork(self.id("fork"), tuple(self.seq(depth - 1) for _ in range(2)))

    def task(self) -> Task:
        return Task(self.id("a"), self.random.random() < 0.7)

    def scope(self, depth: int, *, cancels: bool | None = None) -> Scope:
        body = self.seq(depth - 1)
        if cancels is None:
            cancels = self.random.random() < 0.25
        if cancels and self.random.random() < 0.5:
            body = Seq((Fork(self.id("fork"), (body, self.seq(depth - 1))),))
        by = self.random.choice((None, None, "task", "throw"))
        return Scope(self.id("s"), body, by is None and self.random.random() < 0.3, by, cancels)


# ---------------------------------------------------------------- drawing


class Drawing:
    """The flows and parts of one scope."""

    def __init__(self, id: str, body: Seq, *, cancels: bool = False) -> None:
        self.parts: dict[str, Part] = {}
        self.chains: list[str] = []
        self.final = f"end_{id}"
        if cancels:
            self.parts[self.final] = end(CANCEL)
        only = body.items[0] if len(body.items) == 1 else None
        if cancels and isinstance(only, Fork):
            # The first branch to come to the end of the transaction cancels the others.
            self.chains.append(f"start_{id} > {only.id}")
            for branch in only.branches:
                self.chains.append(f"{self.seq(only.id, branch)} > {self.final}")
        else:
            self.chains.append(f"{self.seq(f'start_{id}', body)} > {self.final}")

    def part(self, **given: Part) -> Part:
        return sub("; ".join(self.chains), {**self.parts, **given})

    def seq(self, before: str, body: Seq) -> str:
        """A chain that begins at `before`."""
        chain = before
        for each in body.items:
            if isinstance(each, Fork):
                join = each.id.replace("fork", "join")
                self.chains.append(f"{chain} > {each.id}")
                for branch in each.branches:
                    self.chains.append(f"{self.seq(each.id, branch)} > {join}")
                chain = join
            else:
                chain += f" > {self.block(each)}"
        return chain

    def block(self, block: Block) -> str:
        match block:
            case Throw(id, activity, waits):
                self.parts[id] = throw(compensate(activity, waits=waits))
                return id
            case Many(inner, count, sequential):
                self.activity(inner)
                self.parts[inner.id] = self.parts[inner.id].times(count, sequential=sequential)
                return inner.id
            case Task() | Scope():
                self.activity(block)
                if isinstance(block, Scope) and block.cancels:
                    self.parts[f"out_{block.id}"] = boundary(block.id, CANCEL)
                    self.chains.append(f"out_{block.id} > xor_{block.id}")
                    return f"{block.id} > xor_{block.id}"
                return block.id
        raise AssertionError(block)

    def activity(self, block: Task | Scope) -> None:
        if isinstance(block, Task):
            self.parts[block.id] = user()
        else:
            made = Drawing(block.id, block.body, cancels=block.cancels)
            inside = {} if block.by is None else {f"by_{block.id}": _by(block)}
            part = made.part(**inside)
            self.parts[block.id] = Part("transaction", part.inner) if block.cancels else part
        if block.handled:
            self.parts[f"at_{block.id}"] = undone_by(f"h_{block.id}", block.id)
            self.parts[f"h_{block.id}"] = user(isForCompensation=True)


def _by(block: Scope) -> Part:
    again = f" > again_{block.id}" if block.by == "throw" else ""
    parts = {f"again_{block.id}": throw(compensate())} if again else {}
    return event_sub(
        f"on_{block.id} > x_{block.id}{again} > end_by_{block.id}", compensate(), parts, start=f"on_{block.id}"
    )


# ---------------------------------------------------------------- the reference


@dataclass(eq=False)
class Doing:
    """A scope that is entered: what can be compensated in it, by the element that a throw event may name."""

    around: Doing | None
    done: list[tuple[str, Callable[[Doing, Then], None]]] = field(default_factory=list)
    live: int = 1
    then: Then = lambda: None

    def is_in(self, scope: Doing) -> bool:
        place: Doing | None = self
        while place is not None and place is not scope:
            place = place.around
        return place is scope

    def left(self) -> None:
        self.live -= 1
        if self.live == 0:
            self.then()


@dataclass(eq=False)
class Open:
    element: str
    scope: Doing
    then: Then


class Reference:
    def __init__(self, body: Seq) -> None:
        self.called: dict[str | None, str] = dict(_called(body))
        self.open: list[Open] = []
        self.is_over = False
        top = Doing(None)
        top.then = self.end
        self.seq(body.items, top, top.left)

    def end(self) -> None:
        self.is_over = True

    def waiting(self) -> list[str]:
        return [each.element for each in self.open]

    def complete(self, element: str, index: int) -> None:
        task = [each for each in self.open if each.element == element][index]
        self.open.remove(task)
        task.then()

    def seq(self, items: tuple[Block, ...], scope: Doing, then: Then) -> None:
        if not items:
            then()
        else:
            self.block(items[0], scope, lambda: self.seq(items[1:], scope, then))

    def block(self, block: Block, scope: Doing, then: Then) -> None:
        match block:
            case Task() | Scope():
                self.activity(block, scope, then)
            case Fork(_, branches):
                joined = _when(len(branches), then)
                for branch in branches:
                    self.seq(branch.items, scope, joined)
            case Throw(_, activity, waits):
                called = self.take(scope, self.called.get(activity))
                if waits:
                    self.call(called, scope, then)
                else:
                    scope.live += len(called)
                    for each in called:
                        each(scope, scope.left)
                    then()
            case Many():
                self.many(block, scope, then)

    def many(self, block: Many, scope: Doing, then: Then) -> None:
        body = Doing(scope)

        def after() -> None:
            self.remember(scope, f"{block.inner.id}#multiInstanceBody", body)
            then()

        if block.sequential:
            self.seq((block.inner,) * block.count, body, after)
        else:
            joined = _when(block.count, after)
            for _ in range(block.count):
                self.activity(block.inner, body, joined)

    def activity(self, block: Task | Scope, scope: Doing, then: Then) -> None:
        def after() -> None:
            if block.handled:
                name = f"h_{block.id}"
                scope.done.append((name, lambda place, done: self.open.append(Open(name, place, done))))
            then()

        if isinstance(block, Task):
            self.open.append(Open(block.id, scope, after))
            return
        inner = Doing(scope)

        def over() -> None:
            self.remember(scope, block.id, inner, block)
            after()

        inner.then = over
        if not block.cancels:
            self.seq(block.body.items, inner, inner.left)
            return

        def cancel() -> None:
            self.open = [each for each in self.open if not each.scope.is_in(inner)]
            self.call(self.take(inner, None), inner, then)

        only = block.body.items[0] if len(block.body.items) == 1 else None
        if isinstance(only, Fork):
            for branch in only.branches:
                self.seq(branch.items, inner, cancel)
        else:
            self.seq(block.body.items, inner, cancel)

    def remember(self, scope: Doing, name: str, inner: Doing, block: Scope | None = None) -> None:
        """A scope has completed."""
        by = None if block is None else block.by
        if by is None:
            if inner.done:
                scope.done.append((name, lambda place, then: self.undo(inner, place, then)))
            return
        assert block is not None
        task, throws = f"x_{block.id}", by == "throw"

        def handle(place: Doing, then: Then) -> None:
            again = Doing(place)

            def answered() -> None:
                self.call(self.take(inner, None) if throws else [], again, then)

            self.open.append(Open(task, again, answered))

        scope.done.append((f"by_{block.id}", handle))

    def undo(self, inner: Doing, place: Doing, then: Then) -> None:
        self.call(self.take(inner, None), Doing(place), then)

    def take(self, scope: Doing, called: str | None) -> list[Callable[[Doing, Then], None]]:
        """What is to be compensated, the latest first; it cannot be again."""
        taken = [each for each in scope.done if called in (None, each[0])]
        scope.done = [each for each in scope.done if each not in taken]
        return [handler for _, handler in reversed(taken)]

    def call(self, called: list[Callable[[Doing, Then], None]], place: Doing, then: Then) -> None:
        if not called:
            then()
            return
        joined = _when(len(called), then)
        for each in called:
            each(place, joined)


def _called(body: Seq) -> Iterator[tuple[str, str]]:
    """What is called where an activity is named."""
    for each in body.items:
        if isinstance(each, Fork):
            for branch in each.branches:
                yield from _called(branch)
        if isinstance(each, Throw | Fork):
            continue
        inner = each.inner if isinstance(each, Many) else each
        if isinstance(inner, Scope):
            yield from _called(inner.body)
        if isinstance(each, Many):
            yield inner.id, f"{inner.id}#multiInstanceBody"
        elif inner.handled:
            yield inner.id, f"h_{inner.id}"
        elif isinstance(inner, Scope) and inner.by is not None:
            yield inner.id, f"by_{inner.id}"
        else:
            yield inner.id, inner.id


def _when(count: int, then: Then) -> Then:
    """To be called so often; then it goes on."""
    left = [count]

    def one() -> None:
        left[0] -= 1
        if left[0] == 0:
            then()

    return one


# ---------------------------------------------------------------- the test


def waiting(run: Run) -> list[str]:
    """The elements of the open tasks, in the order in which these were made."""
    return [row.element_id or "" for row in run.rows(UserTask) if row.ended_at is None]


def picks(random: Random, run: Run, reference: Reference) -> Iterator[tuple[str, int]]:
    """Tasks to complete, one after the other, until none is left."""
    while reference.open:
        element = random.choice(reference.waiting())
        yield element, random.randrange(len(run.tasks(element)))


@pytest.mark.parametrize("seed", range(100))
def test_random_models_are_compensated_as_the_reference_says(seed: int) -> None:
    random = Random(seed)
    body = Generator(random).seq(depth=3)
    drawing = Drawing("p", body)
    run = Run(process("; ".join(drawing.chains), drawing.parts), record_updates=False)
    instance = run.start()
    reference = Reference(body)
    for element, index in picks(random, run, reference):
        assert waiting(run) == reference.waiting(), f"{seed}: {body}"
        run.complete(element, index)
        reference.complete(element, index)
    assert waiting(run) == reference.waiting() == [], f"{seed}: {body}"
    assert reference.is_over
    assert run.state(instance) == "COMPLETED"
    assert [row for row in run.rows(Subscription) if row.ended_at is None] == []
