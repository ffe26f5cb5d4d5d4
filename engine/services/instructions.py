"""Modification instructions as JSON can hold them: for batches, which do them later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.core import payload
from engine.core.commands.modification import Cancel, Instruction, Start, StartAfter, StartBefore, StartTransition

_STARTS: Mapping[str, type[Start]] = {
    "before": StartBefore,
    "after": StartAfter,
    "transition": StartTransition,
}
_CANCEL = "cancel"


def dump(instructions: Sequence[Instruction]) -> list[dict[str, Any]]:
    """What JSON can hold of instructions. Raises InvalidValue."""
    return [_dump(each) for each in instructions]


def load(dumped: Sequence[Mapping[str, Any]]) -> tuple[Instruction, ...]:
    """The instructions that `dump` took apart."""
    return tuple(
        _load_start(each) if each["do"] in _STARTS else Cancel(**{name: each[name] for name in _CANCELLED})
        for each in dumped
    )


def load_starts(dumped: Sequence[Mapping[str, Any]]) -> tuple[Start, ...]:
    """As `load`, of instructions that only start something."""
    return tuple(_load_start(each) for each in dumped)


_CANCELLED = ("element_id", "element_instance_id", "only_former")


def _dump(instruction: Instruction) -> dict[str, Any]:
    if isinstance(instruction, Cancel):
        return {"do": _CANCEL, **{name: getattr(instruction, name) for name in _CANCELLED}}
    do = next(name for name, kind in _STARTS.items() if isinstance(instruction, kind))
    return {
        "do": do,
        "at": instruction.flow_id if isinstance(instruction, StartTransition) else instruction.element_id,
        "ancestor": instruction.ancestor_id,
        "variables": payload.dump(instruction.variables),
        "local": payload.dump(instruction.local),
    }


def _load_start(dumped: Mapping[str, Any]) -> Start:
    kind = _STARTS[dumped["do"]]
    where = {"flow_id" if kind is StartTransition else "element_id": dumped["at"]}
    return kind(
        **where,
        ancestor_id=dumped["ancestor"],
        variables=payload.load(dumped["variables"]),
        local=payload.load(dumped["local"]),
    )
