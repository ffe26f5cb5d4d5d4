"""The tables of lives, and the one function that changes a state."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest

import engine
from engine.core.lifecycle import (
    ELEMENT,
    INSTANCE,
    LIFECYCLES,
    ElementState,
    IllegalTransition,
    InstanceState,
    fire,
)


@dataclass
class Thing:
    state: StrEnum
    id: int = 7


def states_of(lifecycle):
    """All states that the enumeration of a life has."""
    (kind,) = {type(state) for state in lifecycle.transitions if state is not None}
    return list(kind)


def names(lifecycle):
    return lifecycle.name


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=names)
def test_every_state_has_a_row_and_can_be_reached(lifecycle):
    states = set(states_of(lifecycle))
    assert set(lifecycle.transitions) == states | {None}
    reached, front = set(), [None]
    while front:
        for state in lifecycle.transitions[front.pop()] - reached:
            reached.add(state)
            front.append(state)
    assert reached == states


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=names)
def test_every_life_can_end(lifecycle):
    def ends(state, seen=frozenset()):
        following = lifecycle.transitions[state]
        return not following or any(ends(each, seen | {state}) for each in following if each not in seen)

    assert all(ends(state) for state in states_of(lifecycle))


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=names)
def test_transitions_of_the_table_are_fired_and_no_others(lifecycle):
    for current in states_of(lifecycle):
        for wanted in states_of(lifecycle):
            thing = Thing(current)
            if wanted in lifecycle.transitions[current]:
                fire(lifecycle, thing, wanted)
                assert thing.state is wanted
            else:
                with pytest.raises(IllegalTransition, match=f"{lifecycle.name} 7 cannot go from {current} to {wanted}"):
                    fire(lifecycle, thing, wanted)
                assert thing.state is current


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=names)
def test_births(lifecycle):
    for state in states_of(lifecycle):
        thing = Thing(state)
        if state in lifecycle.transitions[None]:
            fire(lifecycle, thing, state, born=True)
        else:
            with pytest.raises(IllegalTransition, match=f"cannot go from nothing to {state}"):
                fire(lifecycle, thing, state, born=True)


def test_final_states():
    assert ELEMENT.is_final(ElementState.COMPLETED)
    assert not ELEMENT.is_final(ElementState.TERMINATING)
    assert not INSTANCE.is_final(InstanceState.SUSPENDED)
    assert INSTANCE.is_final(InstanceState.INTERNALLY_TERMINATED)


def test_no_other_statement_of_the_engine_assigns_a_state():
    """`row.state = ...` stands in `fire` alone; a row is made in its first state by its constructor."""
    found = []
    for path in Path(engine.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets):
                found.append(path.name)
    assert found == ["lifecycle.py"]
