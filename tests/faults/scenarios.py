"""The scenarios of the crash walk: a model and the tasks to be completed in it, one after the other."""

from __future__ import annotations

from tests.property.model import (
    Block,
    Branch,
    Call,
    Const,
    Expr,
    Loop,
    Model,
    Multi,
    Operation,
    Process,
    Seq,
    Split,
    Sub,
    Task,
    Value,
    Var,
    blocks,
)
from tests.property.reference import Path, Reference

Step = tuple[Path, dict[str, Value]]


def _user(name: str, *sets: str) -> Task:
    return Task(name, sets=tuple((each, "number") for each in sets))


def _model(*items: Block, called: tuple[Process, ...] = (), **variables: Value) -> Model:
    return Model(Process("main", Seq(items)), {process.id: process for process in called}, variables)


def _less(name: str, limit: int) -> Expr:
    return Operation(Var(name), "<", Const(limit))


def _add(name: str, variable: str) -> Task:
    return Task(name, "service", result=(variable, Operation(Var(variable), "+", Const(1))))


MODELS: dict[str, Model] = {
    "tasks in a row": _model(_user("first", "x"), _add("add", "x"), _user("second"), x=0),
    "a join in a loop": _model(
        Loop(
            "loop",
            Seq(
                (
                    Split(
                        "both", "and", (Branch(Seq((_user("left"), _add("add", "n")))), Branch(Seq((_user("right"),))))
                    ),
                )
            ),
            _less("n", 2),
        ),
        n=0,
    ),
    "an inclusive join": _model(
        Split(
            "some",
            "or",
            (
                Branch(Seq((_user("left", "y"),)), _less("x", 5)),
                Branch(Seq((Sub("inside", Seq((_user("right"),)), inputs=(("local", Var("x")),)),)), _less("x", 7)),
                Branch(Seq((_user("never"),))),
            ),
        ),
        _user("last"),
        x=3,
        y=0,
    ),
    "a called process": _model(
        Call("call", "child", (("given", Var("x")),), (("x", "given"),)),
        _user("after"),
        called=(Process("child", Seq((_add("add", "given"), _user("within"), _add("again", "given")))),),
        x=1,
    ),
    "parallel instances": _model(
        Multi(
            _user("each"),
            sequential=False,
            count=Const(3),
            until=Operation(Var("nrOfCompletedInstances"), ">=", Const(2)),
        ),
        _user("last"),
    ),
}


def steps(model: Model) -> list[Step]:
    """All the tasks to complete until the process ends, each with what is entered into it."""
    tasks = {
        block.id: block for process in model.processes for block in blocks(process.body) if isinstance(block, Task)
    }
    reference = Reference(model)
    found: list[Step] = []
    while not reference.finished:
        path = max(reference.ready(), key=repr)
        values: dict[str, Value] = {name: len(found) + 3 for name, _ in tasks[path[-1][0]].sets}
        found.append((path, values))
        reference.step(path, values)
    return found


def reference_after(model: Model, count: int) -> Reference:
    """The reference when so many tasks have been completed."""
    reference = Reference(model)
    for step in steps(model)[:count]:
        reference.step(*step)
    return reference
