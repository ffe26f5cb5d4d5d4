"""The unit of work: what it knows, what it asks for, and that undoing a step leaves no trace."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.state import (
    ROW_TYPES,
    ElementInstance,
    IdentityLink,
    Job,
    ProcessInstance,
    Subscription,
    UserTask,
    Variable,
)
from engine.core.unit_of_work import (
    Children,
    Instance,
    Jobs,
    Links,
    NotLoaded,
    Spine,
    Task,
    UnitOfWork,
    Variables,
    Whole,
)
from tests.core.kit import NOON, picture

ROOT = 1


def instance(id=ROOT):
    return ProcessInstance(id=id, root_id=ROOT, definition_id=9, started_at=NOON)


def element(id, scope=ROOT):
    return ElementInstance(
        id=id,
        process_instance_id=ROOT,
        root_id=ROOT,
        definition_id=9,
        scope_id=scope,
        execution_id=id,
        element_id="a",
        element_kind="task",
        created_at=NOON,
    )


def variable(id, name="x", scope=ROOT, value=1):
    return Variable(
        id=id, name=name, scope_id=scope, process_instance_id=ROOT, root_id=ROOT, value=value, created_at=NOON
    )


def task(id):
    return UserTask(id=id, root_id=ROOT, process_instance_id=ROOT, created_at=NOON)


def link(id, of):
    return IdentityLink(id=id, user_task_id=of, user_id="ann", created_at=NOON)


def job(id, of):
    return Job(id=id, kind="async-before", element_instance_id=of, root_id=ROOT, created_at=NOON)


# ---------------------------------------------------------------- what is not here is asked for


@pytest.mark.parametrize(
    ("ask", "need"),
    [
        (lambda uow: uow.instance(1), Instance(1)),
        (lambda uow: uow.scope(5), Spine(5)),
        (lambda uow: uow.element(5), Spine(5)),
        (lambda uow: uow.children(element(5)), Children(5)),
        (lambda uow: uow.variables(5, ROOT), Variables(5)),
        (lambda uow: uow.task(6), Task(6)),
        (lambda uow: uow.links(task(6)), Links(6)),
        (lambda uow: uow.jobs_of(element(5)), Jobs(5)),
        (lambda uow: uow.require_whole(ROOT), Whole(ROOT)),
    ],
)
def test_rows_that_are_not_here_are_asked_for(ask, need):
    with pytest.raises(NotLoaded) as missing:
        ask(UnitOfWork())
    assert missing.value.needs == (need,)


def test_a_whole_tree_needs_no_asking():
    uow = UnitOfWork()
    rows = [instance(), element(2), variable(3), job(4, 2)]
    uow.load(rows)
    uow.loaded(whole=[ROOT])
    assert uow.children(rows[0]) == [rows[1]]
    assert uow.children(rows[1]) == []
    assert uow.variables(ROOT, ROOT) == {"x": rows[2]}
    assert uow.variables(2, ROOT) == {}
    assert uow.jobs_of(rows[1]) == [rows[3]]
    uow.require_whole(ROOT)


def test_what_is_new_is_known_to_be_empty():
    uow = UnitOfWork()
    uow.begin()
    root, inner, made = uow.add(instance()), uow.add(element(2)), uow.add(task(3))
    assert uow.children(root) == [inner]
    assert (uow.children(inner), uow.variables(2, ROOT), uow.jobs_of(inner)) == ([], {}, [])
    assert (uow.links(made), uow.variables(3, ROOT)) == ([], {})
    uow.require_whole(ROOT)


def test_children_come_in_the_order_of_their_ids_and_without_the_ended():
    uow = UnitOfWork()
    uow.load([element(5), element(3), element(4)])
    uow.loaded(children=[ROOT])
    uow.ended(uow.element(4))
    assert [row.id for row in uow.children(instance())] == [3, 5]


def test_loading_again_keeps_what_is_here():
    uow = UnitOfWork()
    uow.load([element(2), variable(3), task(4), link(5, 4), job(6, 2), instance()])
    uow.begin()
    uow.touch(uow.element(2))
    uow.element(2).tokens = 7
    uow.load([element(2), variable(3, value=2), task(4), link(5, 4), job(6, 2), instance()])
    uow.loaded(variables=[ROOT], links=[4])
    assert uow.element(2).tokens == 7
    assert uow.variables(ROOT, ROOT)["x"].value == 1


def test_ended_links_and_jobs_are_left_out():
    uow = UnitOfWork()
    uow.begin()
    of_task, of_element = uow.add(task(2)), uow.add(element(3))
    for row in (uow.add(link(4, 2)), uow.add(job(5, 3))):
        row.ended_at = NOON
    assert (uow.links(of_task), uow.jobs_of(of_element)) == ([], [])


def test_closed_scope_has_no_variables():
    uow = UnitOfWork()
    uow.begin()
    uow.add(instance())
    uow.add(variable(2))
    assert uow.has_variables(ROOT, ROOT)
    uow.close(ROOT, NOON)
    assert uow.variables(ROOT, ROOT) == {}
    assert uow.changes().closed_scopes == {ROOT: NOON}


def test_scope_that_is_not_loaded_may_have_variables():
    uow = UnitOfWork()
    assert uow.has_variables(5, ROOT)
    uow.loaded(variables=[5])
    assert not uow.has_variables(5, ROOT)


# ---------------------------------------------------------------- what is written


def test_new_rows_are_inserted_and_loaded_ones_updated_once():
    uow = UnitOfWork()
    old = element(2)
    uow.load([old])
    uow.begin()
    new = uow.add(element(3))
    uow.touch(new)
    uow.touch(old)
    old.tokens = 1
    uow.touch(old)
    changes = uow.changes()
    assert (changes.inserted, changes.updated) == ({ElementInstance: [new]}, {ElementInstance: [old]})


def test_only_what_differs_is_written():
    uow = UnitOfWork()
    moved, ended, as_it_was, kept = element(2), element(3), element(4), variable(5)
    uow.load([moved, ended, as_it_was, kept])
    for tokens in (1, 0):
        uow.begin()
        for row in (moved, ended, as_it_was, kept):
            uow.touch(row)
        moved.tokens = 1
        ended.ended_at = NOON
        as_it_was.tokens = tokens
    changes = uow.changes()
    assert changes.updated == {ElementInstance: [moved, ended], Variable: [kept]}
    assert changes.fields == {ElementInstance: {"tokens", "ended_at"}, Variable: {"value"}}


def test_changes_of_several_steps_add_up():
    uow = UnitOfWork()
    old = element(2)
    uow.load([old])
    for value in (1, 2):
        uow.begin()
        uow.touch(old)
        old.tokens = value
        uow.add(variable(10 + value, name=f"x{value}"))
    changes = uow.changes()
    assert changes.updated == {ElementInstance: [old]}
    assert [row.name for row in changes.inserted[Variable]] == ["x1", "x2"]


def test_undoing_a_step_keeps_those_before():
    uow = UnitOfWork()
    old = element(2)
    uow.load([old])
    uow.begin()
    uow.touch(old)
    old.tokens = 1
    first = uow.add(element(3))
    uow.begin()
    uow.touch(old)
    uow.touch(first)
    old.tokens, first.tokens = 2, 3
    uow.close(3, NOON)
    uow.undo()
    assert (old.tokens, first.tokens) == (1, 0)
    changes = uow.changes()
    assert (changes.inserted, changes.updated) == ({ElementInstance: [first]}, {ElementInstance: [old]})
    assert changes.closed_scopes == {}


def test_variable_made_again_after_it_was_removed_is_undone_to_the_removed_one():
    uow = UnitOfWork()
    old = variable(2)
    uow.load([instance(), old])
    uow.loaded(variables=[ROOT])
    uow.begin()
    uow.touch(old)
    old.ended_at = NOON
    uow.add(variable(3))
    uow.add(variable(4))
    uow.undo()
    assert uow.variables(ROOT, ROOT) == {"x": old}
    assert old.ended_at is None


# ---------------------------------------------------------------- random steps

MOVES = ("add", "touch", "end", "close", "set")


def everything(uow):
    """All that can be told of a unit of work from outside."""
    changes = uow.changes()
    scopes = [*uow.instances.values(), *uow.elements.values()]
    return (
        {kind.__name__: picture(rows) for kind, rows in changes.inserted.items()},
        {kind.__name__: picture(rows) for kind, rows in changes.updated.items()},
        changes.closed_scopes,
        picture([*scopes, *uow.tasks.values(), *uow.jobs.values()]),
        {scope.id: [child.id for child in uow.children(scope)] for scope in scopes if scope.ended_at is None},
        {scope.id: picture(uow.variables(scope.id, ROOT).values()) for scope in scopes},
        {row.id: picture(uow.links(row)) for row in uow.tasks.values()},
        {row.id: picture(uow.jobs_of(row)) for row in uow.elements.values()},
    )


@st.composite
def steps(draw):
    """Steps, each a list of (move, which row, a number)."""
    move = st.tuples(st.sampled_from(MOVES), st.integers(0, 30), st.integers(0, 30))
    return draw(st.lists(st.tuples(st.booleans(), st.lists(move, max_size=12)), min_size=1, max_size=4))


class Walk:
    """Makes moves on a unit of work, as the core makes them."""

    def __init__(self):
        self.uow = UnitOfWork()
        self.next = 100
        self.uow.load([instance(), element(2), element(3, scope=2), variable(4), variable(5, "y", 3), task(6)])
        self.uow.load([link(7, 6), job(8, 3)])
        self.uow.loaded(whole=[ROOT], links=[6])

    def new_id(self):
        self.next += 1
        return self.next

    def living(self):
        uow = self.uow
        return [row for row in (*uow.instances.values(), *uow.elements.values()) if row.ended_at is None]

    def move(self, kind, which, number):
        uow, scopes = self.uow, self.living()
        scope = scopes[which % len(scopes)]
        if kind == "add":
            id = self.new_id()
            makers = (
                lambda: element(id, scope.id),
                lambda: task(id),
                lambda: link(id, sorted(uow.tasks)[which % len(uow.tasks)]),
                lambda: job(id, sorted(uow.elements)[which % len(uow.elements)]),
            )
            uow.add(makers[number % len(makers)]())
        elif kind == "touch":
            uow.touch(scope)
            scope.tokens = number
        elif kind == "end" and isinstance(scope, ElementInstance) and not uow.children(scope):
            uow.touch(scope)
            scope.ended_at = NOON
            uow.ended(scope)
        elif kind == "close":
            uow.close(scope.id, NOON)
        elif kind == "set":
            self.set(scope, f"v{number % 3}", which)

    def set(self, scope, name, value):
        """Set a variable, or remove it and make it again."""
        if scope.id in self.uow.changes().closed_scopes:
            return
        known = self.uow.variables(scope.id, ROOT).get(name)
        if known is None or known.ended_at is not None:
            self.uow.add(variable(self.new_id(), name, scope.id, value))
        else:
            self.uow.touch(known)
            known.value = value
            known.ended_at = NOON if value % 2 else None


@settings(max_examples=150)
@given(steps())
def test_undo_restores_everything(plan):
    walk = Walk()
    for kept, moves in plan:
        before = everything(walk.uow)
        walk.uow.begin()
        for move in moves:
            walk.move(*move)
        if not kept:
            walk.uow.undo()
            assert everything(walk.uow) == before


def test_every_kind_of_row_can_be_restored():
    """A step changes every column of a row of every kind that is ever changed."""
    changed = [instance(), element(2), variable(3), task(4), link(5, 4), job(6, 2)]
    uow = UnitOfWork()
    uow.load(changed)
    before = picture(changed)
    uow.begin()
    for row in changed:
        uow.touch(row)
        for column in fields(row):
            if column.name != "id":
                setattr(row, column.name, "changed")
    uow.undo()
    assert picture(changed) == before
    assert {type(row) for row in changed} < set(ROW_TYPES)


def test_what_was_moved_is_moved_back():
    uow = UnitOfWork()
    waiting = Subscription(
        id=21,
        kind="message",
        scope_id=11,
        process_instance_id=ROOT,
        root_id=ROOT,
        definition_id=9,
        element_id="m",
        created_at=NOON,
    )
    uow.load([instance(), element(11), element(12, 11), waiting])
    uow.loaded(whole=[ROOT])
    uow.begin()
    for row in (uow.elements[12], waiting):
        uow.touch(row)
        uow.move(row, ROOT)
    assert [row.id for row in uow.children(uow.instances[ROOT])] == [11, 12]
    assert uow.subscriptions_inside(uow.instances[ROOT], ROOT) == [waiting]
    uow.undo()
    assert (uow.elements[12].scope_id, waiting.scope_id) == (11, 11)
    assert [row.id for row in uow.children(uow.elements[11])] == [12]
    assert [row.id for row in uow.children(uow.instances[ROOT])] == [11]
    assert uow.subscriptions_inside(uow.instances[ROOT], 11) == [waiting]
    assert uow.subscriptions_inside(uow.instances[ROOT], ROOT) == []
