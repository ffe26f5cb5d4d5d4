"""Deployments and definitions: versions, duplicates, look-ups and deletion, also with several deployers at once."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.core.state import Changes, ProcessInstance
from engine.store import deployments
from engine.store.database import Database
from engine.store.deletion import count_living, waiting_callers
from engine.store.deployments import PROCESSES, DefinitionRow, DeploymentRow, ResourceRow
from engine.store.errors import RowConflict
from engine.store.transaction import WriteTransaction
from tests.store.samples import NOW, a_tree, ids, inserting, save


def deploy(
    tx: WriteTransaction, *keys: str, name: str | None = "test", tenant_id: str = "", version_tag: str | None = None
) -> list[DefinitionRow]:
    """Deploy one resource for each key."""
    deployment = DeploymentRow(id=next(ids), name=name, source="test", tenant_id=tenant_id, deployed_at=NOW)
    versions = deployments.next_versions(tx, PROCESSES, keys, tenant_id)
    resources = [
        ResourceRow(
            id=next(ids),
            deployment_id=deployment.id,
            name=f"{key}.bpmn",
            data=key.encode(),
            sha256=hashlib.sha256(key.encode()).hexdigest(),
        )
        for key in keys
    ]
    definitions = [
        DefinitionRow(
            id=next(ids),
            key=key,
            version=versions[key],
            version_tag=version_tag,
            deployment_id=deployment.id,
            resource_id=resource.id,
            resource_name=resource.name,
            tenant_id=tenant_id,
            created_at=NOW,
        )
        for key, resource in zip(keys, resources, strict=True)
    ]
    deployments.insert_deployment(tx, deployment, resources, definitions)
    return definitions


def test_a_deployment_comes_back_as_it_was_written(db: Database) -> None:
    deployment = DeploymentRow(id=next(ids), name="Ünit", source=None, tenant_id="t", deployed_at=NOW)
    files = [
        ResourceRow(id=next(ids), deployment_id=deployment.id, name=name, data=data, sha256="0" * 64, generated=made)
        for name, data, made in (("b.bpmn", b"\x00\xff<xml/>", False), ("a.png", b"", True))
    ]
    definition = DefinitionRow(
        id=next(ids),
        key="order",
        version=3,
        name="Order",
        version_tag="1.0",
        deployment_id=deployment.id,
        resource_id=files[0].id,
        resource_name="b.bpmn",
        diagram_name="a.png",
        tenant_id="t",
        suspended=True,
        history_time_to_live=30,
        startable_in_tasklist=False,
        description="Long",
        start_form_key="embedded:app:form.html",
        start_form_ref="form",
        start_form_ref_binding="version",
        start_form_ref_version="2",
        created_at=NOW,
    )
    with db.write() as tx:
        deployments.insert_deployment(tx, deployment, files, [definition])
    with db.read() as tx:
        assert deployments.find_deployment(tx, deployment.id) == deployment
        assert deployments.resources_of(tx, deployment.id) == files
        assert deployments.find_resource(tx, files[0].id) == files[0]
        assert deployments.resource_data(tx, files[0].id) == b"\x00\xff<xml/>"
        assert PROCESSES.find(tx, definition.id) == definition
        assert PROCESSES.of_deployment(tx, deployment.id) == [definition]
        assert PROCESSES.find_many(tx, [definition.id, 5]) == [definition]


def test_what_is_not_there_is_none(db: Database) -> None:
    with db.read() as tx:
        assert deployments.find_deployment(tx, 5) is None
        assert deployments.find_resource(tx, 5) is None
        assert deployments.resource_data(tx, 5) is None
        assert PROCESSES.find(tx, 5) is None
        assert PROCESSES.latest(tx, "order") is None
        assert PROCESSES.latest_of_each(tx, [("order", "")]) == {}
        assert PROCESSES.latest_of_each(tx, []) == {}
        assert deployments.last_deployment(tx, "test") is None
        assert deployments.last_resource_hashes(tx, "test") == {}


def test_definitions_are_found_by_version_tag_and_deployment(db: Database) -> None:
    with db.write() as tx:
        (first,) = deploy(tx, "order", version_tag="stable")
        (second,) = deploy(tx, "order", version_tag="stable")
        (third,) = deploy(tx, "order")
        (foreign,) = deploy(tx, "order", tenant_id="t")
        (other,) = deploy(tx, "claim")
    with db.read() as tx:
        assert [first.version, second.version, third.version, foreign.version, other.version] == [1, 2, 3, 1, 1]
        assert PROCESSES.latest(tx, "order") == third
        assert PROCESSES.latest(tx, "order", "t") == foreign
        assert PROCESSES.latest_of_each(tx, [("order", ""), ("order", "t"), ("claim", ""), ("claim", "t")]) == {
            ("order", ""): third,
            ("order", "t"): foreign,
            ("claim", ""): other,
        }
        assert PROCESSES.by_version(tx, "order", 2) == second
        assert PROCESSES.by_version(tx, "order", 4) is None
        assert PROCESSES.by_version_tag(tx, "order", "stable") == second
        assert PROCESSES.by_version_tag(tx, "order", "stable", "t") is None
        assert PROCESSES.by_deployment(tx, "order", first.deployment_id) == first
        assert PROCESSES.by_deployment(tx, "claim", first.deployment_id) is None
        assert PROCESSES.tenants_of_key(tx, "order") == ["", "t"]


def test_a_version_cannot_be_taken_twice(db: Database) -> None:
    with db.write() as tx:
        (definition,) = deploy(tx, "order")
    deployment = DeploymentRow(id=next(ids), name=None, source=None, deployed_at=NOW)
    again = dataclasses.replace(definition, id=next(ids))
    with pytest.raises(RowConflict), db.write() as tx:
        deployments.insert_deployment(tx, deployment, [], [again])
    with db.read() as tx:
        assert deployments.find_deployment(tx, deployment.id) is None


def test_concurrent_deployments_get_consecutive_versions(db: Database) -> None:
    started = threading.Barrier(4)

    def run() -> list[int]:
        started.wait()
        versions = []
        for _ in range(5):
            with db.write() as tx:
                versions.append(deploy(tx, "order")[0].version)
        return versions

    with ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(run) for _ in range(4)]]
    assert sorted(version for result in results for version in result) == list(range(1, 21))


def test_identical_deployments_at_once_leave_one_behind(db: Database) -> None:
    wanted = {"order.bpmn": hashlib.sha256(b"order").hexdigest()}
    started = threading.Barrier(4)

    def run() -> int:
        started.wait()
        with db.write() as tx:
            deployments.lock_deployments(tx)
            if deployments.last_resource_hashes(tx, "test") == wanted:
                return 0
            return len(deploy(tx, "order"))

    with ThreadPoolExecutor(4) as pool:
        assert sum(future.result() for future in [pool.submit(run) for _ in range(4)]) == 1


def test_duplicates_are_sought_in_the_last_deployment_of_that_name_and_tenant(db: Database) -> None:
    with db.write() as tx:
        deploy(tx, "a", "b", name="one")
        (last,) = deploy(tx, "c", name="one")
        deploy(tx, "d", name="two")
        deploy(tx, "e", name="one", tenant_id="t")
        deploy(tx, "f", name=None)
    with db.read() as tx:
        assert list(deployments.last_resource_hashes(tx, "one")) == ["c.bpmn"]
        assert list(deployments.last_resource_hashes(tx, "one", "t")) == ["e.bpmn"]
        assert list(deployments.last_resource_hashes(tx, None)) == ["f.bpmn"]
        found = deployments.last_deployment(tx, "one")
        assert found is not None
        assert found.id == last.deployment_id


def test_suspension_and_time_to_live_are_set(db: Database) -> None:
    with db.write() as tx:
        one, other = deploy(tx, "one", "other")
        deployments.set_suspended(tx, [one.id], suspended=True)
        PROCESSES.set_history_time_to_live(tx, other.id, 5)
    with db.read() as tx:
        assert PROCESSES.find_many(tx, [one.id, other.id]) == [
            dataclasses.replace(one, suspended=True),
            dataclasses.replace(other, history_time_to_live=5),
        ]
    with db.write() as tx:
        deployments.set_suspended(tx, [one.id, other.id], suspended=False)
        PROCESSES.set_history_time_to_live(tx, other.id, None)
        assert PROCESSES.find_many(tx, [one.id, other.id]) == [one, other]


def somebody_waits(db: Database) -> bool:
    """Does a transaction on PostgreSQL wait for another one?"""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with db.read() as tx:
        return bool(tx.run(asked, []).fetchone()[0])


def test_nothing_starts_after_a_suspension_is_acknowledged(db: Database) -> None:
    """A start that shares the definition ends before the suspension; one that comes later sees it."""
    with db.write() as tx:
        (definition,) = deploy(tx, "order")
    shared, events = threading.Event(), []

    def suspend() -> None:
        shared.wait()
        with db.write() as tx:
            deployments.set_suspended(tx, [definition.id], suspended=True)
            events.append("suspended")

    thread = threading.Thread(target=suspend)
    thread.start()
    with db.write() as tx:
        assert not deployments.share_definitions(tx, [definition.id, 5])[definition.id].suspended
        shared.set()
        while db.dialect == "postgresql" and thread.is_alive() and not somebody_waits(db):
            pass
        tx.write(inserting(a_tree(definition.id).instance))
        events.append("started")
    thread.join()
    assert events == ["started", "suspended"]
    with db.write() as tx:
        assert deployments.share_definitions(tx, [definition.id])[definition.id].suspended


def test_deleting_a_deployment_takes_its_instances_with_it(db: Database) -> None:
    with db.write() as tx:
        one, two = deploy(tx, "one", "two")
        (kept,) = deploy(tx, "one")
    gone, called, stays = a_tree(one.id), a_tree(two.id), a_tree(kept.id)
    for tree in (gone, called, stays):
        save(db, *tree.rows)
    with db.write() as tx:
        assert count_living(tx, [one.id, two.id]) == 2
        deployments.delete_deployment(tx, one.deployment_id)
    with db.read() as tx:
        assert deployments.find_deployment(tx, one.deployment_id) is None
        assert deployments.resources_of(tx, one.deployment_id) == []
        assert PROCESSES.of_deployment(tx, one.deployment_id) == []
        assert PROCESSES.find(tx, kept.id) == kept
        living = tx.locate(ProcessInstance, [tree.instance.id for tree in (gone, called, stays)])
        assert list(living) == [stays.instance.id]
        assert count_living(tx, [one.id, two.id]) == 0


def test_callers_that_would_wait_in_vain_are_known(db: Database) -> None:
    caller, ended = a_tree(1), a_tree(1)
    callee, late = a_tree(2, parent=caller), a_tree(2, parent=ended)
    nested = a_tree(2, parent=callee)
    late.instance.ended_at = NOW
    save(db, *(tree.instance for tree in (caller, ended, callee, late, nested)))
    with db.read() as tx:
        assert waiting_callers(tx, [2]) == [caller.instance.id]
        assert waiting_callers(tx, [1]) == []
        assert waiting_callers(tx, [1, 2]) == []


def test_deleting_nothing_is_nothing(db: Database) -> None:
    with db.write() as tx:
        deployments.delete_deployment(tx, 5)
        deployments.delete_definitions(tx, [])
        tx.write(Changes())
