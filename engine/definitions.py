"""Bound process definitions, and decisions: found by key or id within a transaction, read from their resource once,
and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from typing import Generic, TypeVar

from bpmn.problems import InvalidModel, Severity
from bpmn.reader import read
from engine.core.definition import Identity, JobSource, bind
from engine.core.graph import DecisionDefinition, Definition
from engine.core.unit_of_work import DecisionBy, DefinitionBy, NotLoaded
from engine.decision import is_dmn, read_decisions, read_together
from engine.errors import BadRequest, NotFound
from engine.store import deployments, jobs
from engine.store.decisions import DECISIONS, DecisionRow
from engine.store.deployments import PROCESSES, DefinitionRow
from engine.store.transaction import ReadTransaction, WriteTransaction
from engine.store.versions import V, Versions

D = TypeVar("D", Definition, DecisionDefinition)


class _Kept(Generic[D]):
    """The most recently used definitions. A definition never changes, so that it never expires."""

    def __init__(self, capacity: int = 1000) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._known: OrderedDict[int, D] = OrderedDict()

    def get(self, definition_id: int) -> D | None:
        """The definition, if it is here."""
        with self._lock:
            found = self._known.get(definition_id)
            if found is not None:
                self._known.move_to_end(definition_id)
            return found

    def keep(self, definition: D) -> None:
        """Take a definition, and let the least recently used one go if there are too many."""
        with self._lock:
            self._known[definition.id] = definition
            self._known.move_to_end(definition.id)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)

    def forget(self, definition_ids: Collection[int]) -> None:
        """Let deleted definitions go."""
        with self._lock:
            for each in definition_ids:
                self._known.pop(each, None)


class DecisionCache(_Kept[DecisionDefinition]):
    """The most recently used decisions."""

    def load(self, tx: ReadTransaction, rows: Collection[DecisionRow]) -> dict[int, DecisionDefinition]:
        """The decisions of these rows by id; those that are not here are read, and all that are in the same files."""
        found: dict[int, DecisionDefinition] = {}
        for row in rows:
            known = found.get(row.id) or self.get(row.id)
            if known is not None:
                found[row.id] = known
            else:
                for definition in _bind_file(tx, row):
                    self.keep(definition)
                    found[definition.id] = definition
        return found


def _bind_file(tx: ReadTransaction, row: DecisionRow) -> list[DecisionDefinition]:
    """The decision definitions that were made of the file of one of them."""
    file, beside = row.resource_name, DECISIONS.of_deployment(tx, row.deployment_id)
    try:
        requirements = read_decisions(deployments.resource_data(tx, row.resource_id) or b"", file)
    except InvalidModel:  # by itself: it may import others
        resources = deployments.resources_of(tx, row.deployment_id)
        requirements = read_together({each.name: each.data for each in resources if is_dmn(each.name)})[file]
    ids = {each.key: each.id for each in beside}
    return [
        DecisionDefinition(
            id=row.id,
            key=row.key,
            version=row.version,
            deployment_id=row.deployment_id,
            tenant_id=row.tenant_id,
            requirements_id=row.requirements_id,
            requirements_key=row.requirements_key,
            decision=requirements.decisions[row.key],
            ids=ids,
        )
        for row in beside
        if row.resource_name == file
    ]


class DefinitionCache(_Kept[Definition]):
    """The most recently used bound process definitions, and decisions."""

    def __init__(self, capacity: int = 1000) -> None:
        super().__init__(capacity)
        self.decisions = DecisionCache(capacity)

    def load(self, tx: ReadTransaction, definition_ids: Collection[int]) -> dict[int, Definition]:
        """The definitions by id; those that are not here are read and bound. Raises NotFound for an unknown id."""
        found = {each: definition for each in definition_ids if (definition := self.get(each)) is not None}
        missing = set(definition_ids) - found.keys()
        if not missing:
            return found
        rows = {row.id: row for row in PROCESSES.find_many(tx, missing)}
        known: dict[int, dict[tuple[str, str], int]] = {}
        for each in jobs.job_definitions_of(tx, missing):
            source = JobSource(each.element_id or "", each.kind)
            known.setdefault(each.definition_id or 0, {})[source.element_id, source.job_kind] = each.id
        for definition_id in sorted(missing):
            row = rows.get(definition_id)
            if row is None:
                raise NotFound("process definition", definition_id)
            definition = _bind_row(tx, row)
            definition.job_definitions = known.get(definition_id, {})
            self.keep(definition)
            found[definition_id] = definition
        return found


def _bind_row(tx: ReadTransaction, row: DefinitionRow) -> Definition:
    data = deployments.resource_data(tx, row.resource_id)
    definitions, problems = read(data or b"", row.resource_name)
    process = next((each for each in definitions.processes if each.id == row.key), None) if definitions else None
    if process is None or definitions is None:
        raise InvalidModel([problem for problem in problems if problem.severity is Severity.ERROR])
    identity = Identity(row.id, row.key, row.version, row.version_tag, row.deployment_id, row.tenant_id)
    definition, refused = bind(
        process,
        identity,
        row.resource_name,
        definitions.errors,
        files=lambda name: deployments.resource_named(tx, row.deployment_id, name),
    )
    if any(problem.is_error for problem in refused):
        raise InvalidModel(refused)
    return definition


def _of_only_tenant(tx: ReadTransaction, versions: Versions[V], key: str, kind: str) -> V | None:
    """The latest version where no tenant was named, and only one has the key."""
    tenants = versions.tenants_of_key(tx, key)
    if len(tenants) > 1:
        raise BadRequest(f"{kind} definitions with key '{key}' are deployed for several tenants; name the tenant")
    return versions.latest(tx, key, tenants[0]) if tenants else None


class DefinitionsInTransaction:
    """The definitions as one transaction knows them: bound ones from the cache, and answers to what a key means now."""

    def __init__(self, cache: DefinitionCache) -> None:
        self._cache = cache
        self._answers: dict[DefinitionBy, tuple[int, bool] | None] = {}
        self._decisions: dict[DecisionBy, DecisionDefinition | None] = {}
        self.decisions_kept: dict[int, int | None] = {}
        """By the id of a decision that was found: for how many days it is kept that it was made."""
        self._at_hand: dict[int, Definition] = {}
        """What was loaded or asked for: until the transaction ends it does not matter that the cache may let it go."""

    def get(self, definition_id: int) -> Definition | None:
        """The bound definition, if it is at hand."""
        found = self._at_hand.get(definition_id)
        if found is None:
            found = self._cache.get(definition_id)
            if found is not None:
                self._at_hand[definition_id] = found
        return found

    def find(self, wanted: DefinitionBy) -> tuple[Definition, bool] | None:
        """The definition that is meant now, and whether it is suspended; None if there is none. Raises NotLoaded."""
        if wanted not in self._answers:
            raise NotLoaded(wanted)
        answer = self._answers[wanted]
        if answer is None:
            return None
        definition = self.get(answer[0])
        if definition is None:
            raise NotLoaded(wanted)
        return definition, answer[1]

    def load(self, tx: WriteTransaction, needs: Collection[DefinitionBy]) -> None:
        """Find out what is meant; what is found is neither suspended nor deleted until the transaction ends."""
        latest = [need for need in needs if need.definition_id is None and not _is_narrow(need)]
        answers = deployments.share_latest(tx, {(need.key or "", need.tenant_id or "") for need in latest})
        found: dict[DefinitionBy, int] = {}
        for need in needs:
            answer = answers.get((need.key or "", need.tenant_id or "")) if need in latest else None
            if answer is not None:
                self._answers[need] = answer
            else:
                row_id = _narrow(tx, need)
                if row_id is not None:
                    found[need] = row_id
        shared = deployments.share_definitions(tx, set(found.values())) if found else {}
        for need in needs:
            if need not in self._answers:
                row = shared.get(found.get(need, 0))
                self._answers[need] = None if row is None else (row.id, row.suspended)
        self.load_bound(tx, [answer[0] for answer in map(self._answers.get, needs) if answer is not None])

    def load_bound(self, tx: ReadTransaction, definition_ids: Collection[int]) -> None:
        """Have these definitions at hand. Raises NotFound for an unknown id."""
        self._at_hand.update(self._cache.load(tx, definition_ids))

    def find_decision(self, wanted: DecisionBy) -> DecisionDefinition | None:
        """The decision definition that is meant now; None if there is none. Raises NotLoaded."""
        if wanted not in self._decisions:
            raise NotLoaded(wanted)
        return self._decisions[wanted]

    def load_decisions(self, tx: ReadTransaction, needs: Collection[DecisionBy]) -> None:
        """Find out which decision definitions are meant. What is latest of keys takes one statement for all."""
        if not needs:
            return
        given = {need.decision_id for need in needs if need.decision_id is not None}
        latest = {need: (need.key or "", need.tenant_id or "") for need in needs if _is_latest(need)}
        by_id = {row.id: row for row in DECISIONS.find_many(tx, given)} if given else {}
        by_key = DECISIONS.latest_of_each(tx, set(latest.values()))
        found = {need: by_id.get(need.decision_id or 0) or by_key.get(latest.get(need, ("", ""))) for need in needs}
        for need, row in found.items():
            if row is None and need.decision_id is None:
                found[need] = _narrow_row(tx, DECISIONS, need, "Decision")
        rows = {row.id: row for row in found.values() if row is not None}
        self.decisions_kept.update((row.id, row.history_time_to_live) for row in rows.values())
        read = self._cache.decisions.load(tx, rows.values())
        self._decisions.update((need, None if row is None else read[row.id]) for need, row in found.items())


def _is_latest(need: DecisionBy) -> bool:
    return need.decision_id is None and not _is_narrow(need)


def _is_narrow(need: DefinitionBy | DecisionBy) -> bool:
    return need.deployment_id is not None or need.version is not None or need.version_tag is not None


def _narrow(tx: ReadTransaction, need: DefinitionBy) -> int | None:
    """The id of the one definition that is meant, by id, by version, or by a key without a tenant."""
    if need.definition_id is not None:
        return need.definition_id
    row = _narrow_row(tx, PROCESSES, need, "Process")
    return None if row is None else row.id


def _narrow_row(tx: ReadTransaction, versions: Versions[V], need: DefinitionBy | DecisionBy, kind: str) -> V | None:
    key, tenant = need.key or "", need.tenant_id or ""
    if not _is_narrow(need):
        return _of_only_tenant(tx, versions, key, kind) if need.tenant_id is None else None
    if need.deployment_id is not None:
        return versions.by_deployment(tx, key, need.deployment_id, tenant)
    if need.version is not None:
        return versions.by_version(tx, key, need.version, tenant)
    return versions.by_version_tag(tx, key, need.version_tag or "", tenant)
