"""The shrinker: makes a model that fails smaller, as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.property.model import (
    AdHoc,
    Block,
    Call,
    Caught,
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
    blocks,
)

ACTIVITY = Task | Sub | Call | Multi | Repeat | AdHoc | Race


def shrink(model: Model, fails: Callable[[Model], bool]) -> Model:
    """A smallest model that fails, or nearly; `fails` must be true of `model` and run it the same way every time."""
    while True:
        for smaller in _smaller_models(model):
            if smaller != model and fails(smaller):
                model = smaller
                break
        else:
            return model


def _smaller_models(model: Model) -> Iterator[Model]:
    used = {block.process for process in model.processes for block in blocks(process.body) if isinstance(block, Call)}
    if model.called.keys() - used:
        yield replace(model, called={key: process for key, process in model.called.items() if key in used})
    for body in _smaller(model.main.body):
        yield replace(model, main=replace(model.main, body=body))
    for key, process in model.called.items():
        for body in _smaller(process.body):
            yield replace(model, called={**model.called, key: replace(process, body=body)})


def _smaller(seq: Seq) -> Iterator[Seq]:
    """The sequence without one of its blocks, or with one of them made smaller."""
    items = seq.items
    for index in range(len(items)):
        yield _spliced(items, index, ())
    for index, item in enumerate(items):
        for smaller in _smaller_blocks(item):
            yield _spliced(items, index, (smaller,))


def _spliced(items: tuple[Block, ...], index: int, middle: tuple[Block, ...]) -> Seq:
    """A split that has lost the activity before it needs a gateway."""
    kept = [*items[:index], *middle, *items[index + 1 :]]
    for position, item in enumerate(kept):
        before = kept[position - 1] if position else None
        if isinstance(item, Split) and not item.gateway and not isinstance(before, ACTIVITY):
            kept[position] = replace(item, gateway=True)
    return Seq(tuple(kept))


def _smaller_blocks(block: Block) -> Iterator[Block]:
    match block:
        case Seq():
            yield from _smaller(block)
        case Split(branches=branches):
            yield from (branch.body for branch in branches)
            for index, branch in enumerate(branches):
                if len(branches) > 2 and (block.kind == "and" or branch.condition is not None):
                    yield replace(block, branches=branches[:index] + branches[index + 1 :])
            for index, branch in enumerate(branches):
                for body in _smaller(branch.body):
                    yield replace(
                        block, branches=(*branches[:index], replace(branch, body=body), *branches[index + 1 :])
                    )
        case Loop(body=body):
            yield body
            yield from (replace(block, body=smaller, gateway=True) for smaller in _smaller(body))
        case Sub(body=body):
            yield body
            if block.outputs:
                yield replace(block, outputs=())
            if block.event_sub is not None:
                yield replace(block, event_sub=None)
                if block.event_sub.interrupting:
                    smaller_events = (replace(block.event_sub, body=each) for each in _smaller(block.event_sub.body))
                    yield from (replace(block, event_sub=each) for each in smaller_events)
            yield from (replace(block, body=smaller) for smaller in _smaller(body))
        case First(branches=branches):
            yield from (body for _, body in branches)
            for index, (event, body) in enumerate(branches):
                if len(branches) > 2:
                    yield replace(block, branches=branches[:index] + branches[index + 1 :])
                for smaller in _smaller(body):
                    changed = (*branches[:index], (event, smaller), *branches[index + 1 :])
                    yield replace(block, branches=changed)
        case Caught(inner=inner, body=body):
            yield body
            if block.interrupting:
                yield from (replace(block, body=smaller) for smaller in _smaller(body))
            yield from (replace(block, inner=smaller) for smaller in _smaller_blocks(inner) if isinstance(smaller, Sub))
        case Multi(inner=inner):
            yield inner
            if block.until is not None:
                yield replace(block, until=None)
            yield from (
                replace(block, inner=smaller)
                for smaller in _smaller_blocks(inner)
                if isinstance(smaller, Task | Sub | Call)
            )
        case Repeat(inner=inner):
            yield inner
            if block.maximum > 1:
                yield replace(block, maximum=block.maximum - 1)
            if block.again is not None:
                yield replace(block, again=None)
            yield from (
                replace(block, inner=smaller)
                for smaller in _smaller_blocks(inner)
                if isinstance(smaller, Task | Sub | Call)
            )
        case AdHoc(flows=flows):
            for index, flow in enumerate(flows):
                if len(flows) > 1:
                    yield replace(block, flows=flows[:index] + flows[index + 1 :])
                if len(flow) > 1:
                    yield replace(block, flows=(*flows[:index], flow[:-1], *flows[index + 1 :]))
        case Race(branches=branches, body=body):
            yield body
            yield from branches
            for index, branch in enumerate(branches):
                if len(branches) > 2:
                    fewer = branches[:index] + branches[index + 1 :]
                    yield replace(block, branches=fewer, needed=min(block.needed, len(fewer)))
                for smaller in _smaller(branch):
                    yield replace(block, branches=(*branches[:index], smaller, *branches[index + 1 :]))
            yield from (replace(block, body=smaller) for smaller in _smaller(body))
        case Held(inner=inner, timer=timer):
            yield inner
            for smaller in (replace(block, before=False), replace(block, after=False), replace(block, timer=None)):
                if smaller != block:
                    yield smaller
            if timer is not None and not timer.repeats:
                yield from (replace(block, timer=replace(timer, body=body)) for body in _smaller(timer.body))
            yield from (
                replace(block, inner=smaller) for smaller in _smaller_blocks(inner) if isinstance(smaller, ACTIVITY)
            )
        case Task() if block.inputs or block.outputs or block.sets:
            yield replace(block, inputs=(), outputs=())
            yield replace(block, sets=())
