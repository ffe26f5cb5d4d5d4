"""Transactions: found, locked, read and written in bulk, all or nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, insert, select

from engine.core.lifecycle import InstanceState
from engine.core.state import (
    Changes,
    Comment,
    ElementInstance,
    Job,
    ProcessInstance,
    UserTask,
    Variable,
)
from engine.store import tables
from engine.store.database import Database
from engine.store.errors import RowConflict, StoreError
from tests.store.samples import IN_A_TREE, LATER, NOW, Tree, a_tree, contents, ids, inserting, save, updating


def end(tree: Tree) -> None:
    for row in (tree.element, tree.task):
        row.ended_at = LATER
    tree.instance.ended_at = LATER
    tree.instance.state = InstanceState.COMPLETED


def test_locate_finds_the_root_of_what_is_alive(db: Database) -> None:
    parent = a_tree()
    child, ended = a_tree(parent=parent), a_tree()
    end(ended)
    save(db, *parent.rows, *child.rows, *ended.rows)
    root = parent.instance.id
    with db.read() as tx:
        assert tx.locate(UserTask, [parent.task.id, child.task.id, ended.task.id, 5]) == {
            parent.task.id: (root, parent.task.element_instance_id),
            child.task.id: (root, child.task.element_instance_id),
        }
        assert tx.locate(ProcessInstance, [child.instance.id, ended.instance.id]) == {child.instance.id: (root, None)}
        assert tx.locate(ElementInstance, [child.element.id]) == {child.element.id: (root, None)}
        assert tx.locate(Variable, [child.variable.id]) == {
            child.variable.id: (root, child.variable.element_instance_id)
        }
        job = next(row for row in child.others if isinstance(row, Job))
        assert tx.locate(Job, [row.id for row in child.others]) == {job.id: (root, job.element_instance_id)}
        comment = next(row for row in ended.others if isinstance(row, Comment))
        assert tx.locate(Comment, [row.id for row in ended.others]) == {comment.id: (ended.instance.id, None)}
        assert tx.locate(UserTask, []) == {}


def test_a_task_of_no_instance_has_no_root(db: Database) -> None:
    task, other = UserTask(id=next(ids), created_at=NOW), a_tree()
    save(db, task, *other.rows)
    with db.write() as tx:
        assert tx.locate(UserTask, [task.id]) == {task.id: (None, None)}
        assert [found.id for found in tx.lock_tasks([other.task.id, task.id, 5])] == [task.id]
        assert tx.lock_tasks([]) == []


def test_lock_roots_gives_living_roots_in_the_order_of_ids(db: Database) -> None:
    trees = [a_tree() for _ in range(3)]
    end(trees[1])
    save(db, *(row for tree in trees for row in tree.rows))
    with db.write() as tx:
        roots = tx.lock_roots([tree.instance.id for tree in reversed(trees)])
        assert [contents(root) for root in roots] == [contents(trees[0].instance), contents(trees[2].instance)]
        assert tx.lock_roots([]) == []


def test_select_finds_by_any_column(db: Database) -> None:
    one, other, ended = a_tree(), a_tree(), a_tree()
    end(ended)
    ended.instance.business_key = one.instance.business_key = "order, 1"
    save(db, *one.rows, *other.rows, *ended.rows)
    with db.read() as tx:
        assert [e.id for e in tx.select(ElementInstance, "scope_id", [other.instance.id, one.instance.id])] == [
            one.element.id,
            other.element.id,
        ]
        assert [i.id for i in tx.select(ProcessInstance, "business_key", ["order, 1", "x"])] == [one.instance.id]
        assert len(tx.select(UserTask, "id", [one.task.id, one.task.id])) == 1
        found = tx.select(ProcessInstance, "business_key", ["order, 1"], alive=False)
        assert [i.id for i in found] == [one.instance.id, ended.instance.id]
        assert tx.select(Variable, "name", []) == []


def test_the_spine_climbs_to_the_top_and_takes_no_siblings(db: Database) -> None:
    tree = a_tree()
    outer = tree.element

    def child_of(scope: ElementInstance) -> ElementInstance:
        row = ElementInstance(**{**contents(scope), "id": next(ids), "scope_id": scope.id})
        save(db, row)
        return row

    save(db, *tree.rows)
    inner = child_of(outer)
    leaves = [child_of(inner) for _ in range(5)]
    with db.read() as tx:
        spine = tx.spine([leaves[1].id, leaves[3].id])
        assert [row.id for row in spine] == [outer.id, inner.id, leaves[1].id, leaves[3].id]
        assert contents(spine[0]) == contents(outer)
        assert tx.spine([]) == []
        assert tx.spine([tree.instance.id]) == []
    leaves[1].ended_at = LATER
    with db.write() as tx:
        tx.write(updating(leaves[1]))
        assert [row.id for row in tx.spine([leaves[1].id])] == [outer.id, inner.id]


def test_closing_scopes_ends_the_variables_that_live_in_them(db: Database) -> None:
    closed, open_, gone = a_tree(), a_tree(), a_tree()
    gone.variable.ended_at, gone.variable.deleted = NOW, True
    save(db, *closed.rows, *open_.rows, *gone.rows)
    born_late = Variable(id=next(ids), **{k: v for k, v in contents(closed.variable).items() if k != "id"})
    changes = inserting(born_late)
    changes.closed_scopes = {closed.instance.id: LATER, gone.instance.id: LATER, 5: LATER}
    with db.write() as tx:
        tx.write(changes)
        variables = tx.select(Variable, "scope_id", [tree.instance.id for tree in (closed, open_, gone)], alive=False)
    assert {variable.id: variable.ended_at for variable in variables} == {
        closed.variable.id: LATER,
        born_late.id: LATER,
        open_.variable.id: None,
        gone.variable.id: NOW,
    }


@pytest.mark.parametrize("count", [1, 200])
def test_statements_depend_on_the_kinds_of_rows_and_not_on_their_number(db: Database, count: int) -> None:
    trees = [a_tree() for _ in range(count)]
    rows = [row for tree in trees for row in tree.rows]
    with db.count_statements() as counter:
        save(db, *rows)
    assert counter.count == len(IN_A_TREE) + 1, counter.log
    changes = updating(*rows)
    changes.closed_scopes = {tree.instance.id: LATER for tree in trees}
    with db.count_statements() as counter, db.write() as tx:
        located = tx.locate(UserTask, [tree.task.id for tree in trees])
        roots = tx.lock_roots({root for root, _ in located.values() if root})
        tx.select(ElementInstance, "root_id", [root.id for root in roots])
        tx.spine([tree.element.id for tree in trees])
        assert counter.count == 4
        tx.write(changes)
    assert counter.count == 4 + len(IN_A_TREE) + 1 + 1, counter.log
    assert counter.log[-1] == "COMMIT"


def test_an_update_writes_the_fields_that_differ(db: Database) -> None:
    tree = a_tree()
    save(db, *tree.rows)
    tree.element.tokens, tree.element.ended_at = 5, LATER
    tree.variable.value, tree.variable.revision = "new", 9
    changes = updating(tree.element, tree.variable)
    changes.fields = {ElementInstance: frozenset(["tokens"]), Variable: frozenset(["value"])}
    with db.write() as tx:
        tx.write(changes)
        (element,) = tx.select(ElementInstance, "id", [tree.element.id])
        (variable,) = tx.select(Variable, "id", [tree.variable.id])
    assert (element.tokens, element.ended_at) == (5, None)
    assert (variable.value, variable.revision) == ("new", 0)


def test_no_changes_are_no_statements(db: Database) -> None:
    with db.count_statements() as counter, db.write() as tx:
        tx.write(Changes())
    # On PostgreSQL a transaction begins with the first statement it has.
    assert counter.log == (["COMMIT"] if db.dialect == "sqlite" else [])


def test_core_queries_share_the_transaction_and_the_count(db: Database) -> None:
    tree = a_tree()
    with db.count_statements() as counter, db.write() as tx:
        tx.write(inserting(tree.instance))
        count = select(func.count()).select_from(tables.process_instance)
        assert tx.connection.execute(count).scalar_one() == 1
        found = tx.connection.execute(select(tables.process_instance)).one()
        assert (found.state, found.started_at) == (InstanceState.ACTIVE, NOW)
    assert counter.count == 4


def test_an_exception_undoes_everything(db: Database) -> None:
    tree = a_tree()

    def write_and_fail() -> None:
        with db.write() as tx:
            tx.write(inserting(*tree.rows))
            tx.connection.execute(insert(tables.id_block).values(name="other", next_id=1))
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        write_and_fail()
    with db.read() as tx:
        assert tx.select(ProcessInstance, "id", [tree.instance.id]) == []
        assert tx.connection.execute(select(func.count()).select_from(tables.id_block)).scalar_one() == 1


def test_a_row_written_twice_is_a_conflict_that_undoes_everything(db: Database) -> None:
    tree, other = a_tree(), a_tree()
    save(db, *tree.rows)
    with pytest.raises(RowConflict, match="exists already"):
        save(db, other.instance, tree.task, *other.others)
    with db.write() as tx:
        assert tx.lock_roots([other.instance.id]) == []


def test_a_reader_cannot_write(database_url: str) -> None:
    database = Database.open(database_url)
    database.upgrade()
    with pytest.raises(StoreError, match="read-only"), database.read() as tx:
        tx.connection.execute(insert(tables.id_block).values(name="other", next_id=1))
    database.close()


def test_a_reader_sees_one_moment_and_nothing_uncommitted(db: Database) -> None:
    tree = a_tree()
    count = select(func.count()).select_from(tables.process_instance)
    with db.read() as before:
        assert before.connection.execute(count).scalar_one() == 0
        with db.write() as writer:
            writer.write(inserting(tree.instance))
            with db.read() as meanwhile:
                assert meanwhile.connection.execute(count).scalar_one() == 0
        with db.read() as after:
            assert after.connection.execute(count).scalar_one() == 1
        assert before.connection.execute(count).scalar_one() == 0


def run_together(*tasks: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(tasks)) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()


def test_the_root_is_a_lock(db: Database) -> None:
    """Without the lock, increments that overlap would be lost."""
    tree = a_tree()
    save(db, tree.instance)
    second = Database.open(db_url(db)) if db.dialect == "postgresql" else db

    def increment(database: Database) -> Callable[[], None]:
        def run() -> None:
            for _ in range(25):
                with database.write() as tx:
                    (root,) = tx.lock_roots([tree.instance.id])
                    root.tokens += 1
                    tx.write(updating(root))

        return run

    run_together(*(increment(database) for database in (db, db, second, second)))
    with db.read() as tx:
        (root,) = tx.select(ProcessInstance, "id", [tree.instance.id])
    assert root.tokens == 100
    second.close()


def db_url(db: Database) -> str:
    with db.read() as tx:
        return tx.connection.engine.url.render_as_string(hide_password=False)


def test_two_processes_on_one_sqlite_file_queue_for_the_write_lock(sqlite_url: str) -> None:
    databases = [Database.open(sqlite_url), Database.open(sqlite_url)]
    databases[0].upgrade()
    tree = a_tree()
    save(databases[0], tree.instance)
    rounds = 20

    def increment(database: Database) -> Callable[[], None]:
        def run() -> None:
            for _ in range(rounds):
                with database.write() as tx:
                    (root,) = tx.lock_roots([tree.instance.id])
                    root.tokens += 1
                    tx.write(updating(root))

        return run

    run_together(*(increment(database) for database in databases))
    with databases[1].read() as tx:
        assert tx.select(ProcessInstance, "id", [tree.instance.id])[0].tokens == 2 * rounds
    for database in databases:
        database.close()


class TestInMemory:
    """`sqlite://` is one connection for everybody."""

    def database(self) -> Database:
        database = Database.open("sqlite://")
        database.upgrade()
        return database

    def test_a_reader_within_a_writers_block_sees_what_it_wrote(self) -> None:
        database, tree = self.database(), a_tree()
        with database.write() as writer:
            writer.write(inserting(tree.instance))
            with database.read() as reader:
                assert reader.locate(ProcessInstance, [tree.instance.id])
        with database.read() as reader:
            assert reader.locate(ProcessInstance, [tree.instance.id])

    def test_an_exception_after_such_a_reader_undoes_everything(self) -> None:
        database, tree = self.database(), a_tree()

        def write_and_fail() -> None:
            with database.write() as writer:
                writer.write(inserting(tree.instance))
                with database.read():
                    pass
                raise RuntimeError

        with pytest.raises(RuntimeError):
            write_and_fail()
        with database.read() as reader:
            assert reader.locate(ProcessInstance, [tree.instance.id]) == {}

    def test_threads_take_turns(self) -> None:
        database = self.database()
        started = threading.Barrier(4)

        def write() -> None:
            started.wait()
            for _ in range(10):
                save(database, *a_tree().rows)
                with database.read() as tx:
                    tx.select(Variable, "name", ["amount"])

        run_together(*[write] * 4)
        with database.read() as tx:
            assert len(tx.select(Variable, "name", ["amount"])) == 40


def read_half(db: Database, kept: list[object]) -> None:
    with db.read() as tx:
        cursor = tx.connection.execute(select(tables.process_instance.c.id))
        kept += [cursor, cursor.fetchone()]
        raise LookupError("half way")


def test_a_reader_that_failed_in_the_middle_of_a_query_holds_nobody_to_what_it_saw(db: Database) -> None:
    first, second = a_tree(), a_tree()
    save(db, *first.rows, *second.rows)
    kept: list[object] = []
    for _ in range(20):
        with pytest.raises(LookupError, match="half way"):
            read_half(db, kept)
    third = a_tree()
    save(db, *third.rows)
    for _ in range(20):
        with db.read() as tx:
            assert [found.id for found in tx.select(ProcessInstance, "id", [third.instance.id])] == [third.instance.id]
