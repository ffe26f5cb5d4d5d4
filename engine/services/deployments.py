"""Deployments: files in, definitions of processes and decisions out; all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, timedelta, tzinfo
from typing import Any, TypeVar

from bpmn.check import check_all
from bpmn.model import NOWHERE, Binding, Definitions, Implementation, Place, Process
from bpmn.problems import InvalidModel, Problem, Severity, error, warning
from bpmn.rules import HISTORY_TIME_TO_LIVE_REQUIRED, RULES, history_time_to_live
from engine.authorization import Resource
from engine.bell import Bells
from engine.clock import Clock
from engine.core.commands.instances import DeleteInstance
from engine.core.definition import Identity, bind, job_sources, wait_to_start
from engine.core.graph import Definition
from engine.core.state import Changes, Job, JobDefinition, ProcessInstance, Row, Subscription
from engine.core.step import Step
from engine.core.subscriptions import MESSAGE
from engine.core.unit_of_work import UnitOfWork
from engine.core.work import CONNECTORS
from engine.decision import DecisionRequirements, is_dmn, read_together
from engine.decision.reader import DMN_FILE_NAMES
from engine.definitions import DefinitionCache, DefinitionsInTransaction
from engine.errors import BadRequest, Conflict, NotFound
from engine.executor import Executor
from engine.expression import CompiledScript, ScriptRunner, ScriptsUnavailable
from engine.failpoints import failpoint
from engine.forms.schema import InvalidSchema, read_schema
from engine.iso8601 import InvalidISO8601, parse_duration
from engine.news import ANYTHING, News, NewsDesk
from engine.services.deployed_forms import ENDING
from engine.services.operation_log import OPERATOR, Change, Entry, OperationLog
from engine.store import authorizations
from engine.store import deployments as store
from engine.store import messages as message_store
from engine.store.database import Database
from engine.store.decisions import DECISIONS, REQUIREMENTS, DecisionRow, RequirementsRow, insert_decisions
from engine.store.deletion import count_living, delete_decisions_by, waiting_callers
from engine.store.deployments import PROCESSES, DefinitionRow, DeploymentRow, ResourceRow, StarterRow
from engine.store.ids import IdAllocator
from engine.store.transaction import ReadTransaction, WriteTransaction

PICTURES = (".png", ".svg", ".jpg", ".jpeg", ".gif")
"""Files of a deployment that picture the process whose file name they share (Camunda manual, "Deployments")."""
CANCELLED_AT_ONCE = 500
"""Instances that are cancelled in one transaction before their definitions are deleted."""
_RESTORED = 100
"""Ids that it may take to let the start events of an older version wait again."""
UNBOUND = Identity(id=0, key="", version=0, version_tag=None, deployment_id=0, tenant_id="")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checked:
    """The files of a deployment, read: its models of processes, its files of decisions, and what is told of them."""

    models: Sequence[Definitions]
    decisions: Mapping[str, DecisionRequirements]
    """By the names of their files."""
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What a deployment made; where the duplicate filter found nothing new, the earlier one and no definitions."""

    deployment: DeploymentRow
    process_definitions: tuple[DefinitionRow, ...] = ()
    decision_definitions: tuple[DecisionRow, ...] = ()
    requirements_definitions: tuple[RequirementsRow, ...] = ()
    warnings: tuple[Problem, ...] = ()


class Deployments:
    """Deploy, deploy again, delete."""

    def __init__(
        self,
        database: Database,
        cache: DefinitionCache,
        ids: IdAllocator,
        clock: Clock,
        executor: Executor,
        log: OperationLog,
        news: NewsDesk,
        bell: Bells,
        *,
        zone: tzinfo = UTC,
        scripts: ScriptRunner | None = None,
        history_time_to_live_required: bool = False,
        history_time_to_live: timedelta | None = None,
    ) -> None:
        """`history_time_to_live`, in days, is that of whatever its model says nothing of: then none must say it."""
        self._zone, self._scripts, self._news = zone, scripts, news
        self._database, self._cache, self._ids, self._clock = database, cache, ids, clock
        self._executor, self._log, self._bell = executor, log, bell
        self._time_to_live = None if history_time_to_live is None else history_time_to_live.days
        required = history_time_to_live_required and history_time_to_live is None
        self._rules = (*RULES, HISTORY_TIME_TO_LIVE_REQUIRED) if required else RULES
        self._time_to_live_required = required

    def deploy(
        self,
        files: Mapping[str, bytes],
        *,
        name: str | None = None,
        source: str | None = None,
        tenant_id: str | None = None,
        enable_duplicate_filtering: bool = False,
        deploy_changed_only: bool = False,
        code: Callable[[], None] | None = None,
    ) -> Deployed:
        """Deploy files by name. BPMN files become process definitions, DMN files decision definitions; others are kept
        beside them.

        With `enable_duplicate_filtering` nothing is deployed that the last deployment of this name holds unchanged;
        with `deploy_changed_only` the unchanged files are left out one by one. `code` is called for models that hold
        scripts or call web services, and raises what keeps these from being deployed.

        Raises `bpmn.problems.InvalidModel` with all problems of all files, BadRequest without files.
        """
        if not files:
            raise BadRequest("No deployment resources contained to deploy: give at least one file")
        checked = self.check(files)
        models, warnings = checked.models, checked.warnings
        if code is not None and self._hold_code(models, files):
            code()
        hashes = {file: hashlib.sha256(data).hexdigest() for file, data in files.items()}
        processes = [process for model in models for process in model.processes]
        starters = sum(len(each.candidate_starter_users) + len(each.candidate_starter_groups) for each in processes)
        elements = sum(10 + 3 * len(process.elements) for process in processes)
        decided = sum(1 + len(each.decisions) for each in checked.decisions.values())

        def attempt() -> Deployed:
            tenant = tenant_id or ""
            with self._database.write() as tx:
                store.lock_deployments(tx)
                wanted = set(files)
                if enable_duplicate_filtering or deploy_changed_only:
                    earlier = store.last_resource_hashes(tx, name, tenant)
                    changed = {file for file in files if earlier.get(file) != hashes[file]}
                    if not changed:
                        return Deployed(deployment=_present(store.last_deployment(tx, name, tenant)), warnings=warnings)
                    wanted = changed if deploy_changed_only else wanted
                deployment = DeploymentRow(
                    id=self._ids.next(), name=name, source=source, tenant_id=tenant, deployed_at=self._clock()
                )
                resources = {
                    file: ResourceRow(
                        id=self._ids.next(), deployment_id=deployment.id, name=file, data=data, sha256=hashes[file]
                    )
                    for file, data in files.items()
                    if file in wanted
                }
                kept = [model for model in models if model.resource in wanted]
                bound, rows = self._bind(tx, deployment, resources, kept, warnings)
                store.insert_deployment(tx, deployment, list(resources.values()), rows)
                store.insert_starters(tx, self._starters(rows, kept))
                requirements, decisions = self._decisions(tx, deployment, resources, checked.decisions)
                insert_decisions(tx, requirements, decisions)
                self._wait_for_jobs(tx, bound)
                duplicates = Change("duplicateFilterEnabled", None, enable_duplicate_filtering)
                changed_only = Change("deployChangedOnly", None, deploy_changed_only)
                self._note(tx, "Create", deployment, duplicates, changed_only)
                failpoint("deploy.before_commit")
            failpoint("deploy.after_commit")
            for definition in bound:
                self._cache.keep(definition)
            made, to_decide = frozenset(row.id for row in rows), frozenset(row.id for row in decisions)
            self._news.tell(News(definitions=made, decisions=to_decide, deployments=frozenset([deployment.id])))
            return Deployed(
                deployment=deployment,
                process_definitions=tuple(rows),
                decision_definitions=tuple(decisions),
                requirements_definitions=tuple(requirements),
                warnings=warnings,
            )

        return self._ids.insist(100 + len(files) + starters + elements + decided, attempt)

    def check(self, files: Mapping[str, bytes]) -> Checked:
        """Read and judge files as `deploy` does, and keep nothing.

        Raises `bpmn.problems.InvalidModel` with all problems if there is an error among them.
        """
        models, problems = check_all(files.items(), self._rules)
        decisions, others = self._read_decisions(files)
        problems.extend(others)
        problems.extend(_check_forms(models, files))
        problems.extend(_check_decision_references(models, decisions))
        for model in models:
            for process in model.processes:
                problems.extend(
                    bind(
                        process,
                        replace(UNBOUND, key=process.id),
                        model.resource,
                        model.errors,
                        self._check_script,
                        files.get,
                    )[1]
                )
        if any(problem.severity is Severity.ERROR for problem in problems):
            raise InvalidModel(problems)
        return Checked(models, decisions, tuple(problems))

    def _read_decisions(self, files: Mapping[str, bytes]) -> tuple[Mapping[str, DecisionRequirements], list[Problem]]:
        """What the DMN files hold, by their names, and all that is wrong with them.

        A key may be used only once in a deployment (rule "dmn.duplicate_key").
        """
        try:
            found = read_together({file: data for file, data in files.items() if is_dmn(file)}, examines=True)
        except InvalidModel as invalid:
            return {}, list(invalid.problems)
        problems = [problem for model in found.values() for problem in model.warnings]
        keys: dict[tuple[str, str], str] = {}

        def claim(kind: str, key: str, file: str, place: Place) -> None:
            if (other := keys.setdefault((kind, key), file)) != file:
                told = (
                    f"the deployment contains {kind} with the same key '{key}' (id attribute), which is not allowed: "
                    f"here and in '{other}'"
                )
                problems.append(error(file, "dmn.duplicate_key", told, place, key))

        for file, model in found.items():
            if len(model.decisions) > 1:
                claim("decision requirements", model.id, file, NOWHERE)
            for decision in model.decisions.values():
                claim("decisions", decision.id, file, decision.place)
                written, place = decision.history_time_to_live, decision.place
                problems.extend(history_time_to_live.judge(file, "decision", decision.id, written, place))
                if not written and self._time_to_live_required:
                    problems.append(history_time_to_live.missing(file, "decision", decision.id, place))
        return found, problems

    @staticmethod
    def _hold_code(models: Iterable[Definitions], files: Mapping[str, bytes]) -> bool:
        """Is there a script in a model, or something that calls a web service?"""
        scripts: list[CompiledScript] = []
        for model in models:
            for process in model.processes:
                bind(process, replace(UNBOUND, key=process.id), model.resource, model.errors, scripts.append, files.get)
                if scripts or any(map(_calls_out, _implementations(process))):
                    return True
        return False

    def _check_script(self, script: CompiledScript) -> None:
        """Raise ExpressionSyntaxError for what is no script, ScriptsUnavailable where none can be run."""
        if self._scripts is None:
            raise ScriptsUnavailable("scripts are switched off; use an expression, or a handler")
        self._scripts.check(script.language, script.source)

    def _bind(
        self,
        tx: WriteTransaction,
        deployment: DeploymentRow,
        resources: Mapping[str, ResourceRow],
        models: Collection[Definitions],
        warnings: Collection[Problem],
    ) -> tuple[list[Definition], list[DefinitionRow]]:
        """Bind what is deployed. Raises InvalidModel for what was not told of all files together: a script in one that
        is left out."""
        processes = [(model, process) for model in models for process in model.processes]
        versions = store.next_versions(tx, PROCESSES, [process.id for _, process in processes], deployment.tenant_id)
        bound, rows = [], []
        for model, process in processes:
            file = model.resource
            row = _definition_row(process, self._ids.next(), versions[process.id], deployment, resources, file)
            row = replace(row, category=model.target_namespace)
            if row.history_time_to_live is None:
                row = replace(row, history_time_to_live=self._time_to_live)
            identity = Identity(row.id, row.key, row.version, row.version_tag, deployment.id, deployment.tenant_id)
            definition, problems = bind(
                process, identity, file, model.errors, files=lambda name: _data(resources, name)
            )
            if missing := [problem for problem in problems if problem not in warnings]:
                raise InvalidModel([replace(problem, severity=Severity.ERROR) for problem in missing])
            bound.append(definition)
            rows.append(row)
        return bound, rows

    def _decisions(
        self,
        tx: WriteTransaction,
        deployment: DeploymentRow,
        resources: Mapping[str, ResourceRow],
        files: Mapping[str, DecisionRequirements],
    ) -> tuple[list[RequirementsRow], list[DecisionRow]]:
        """The definitions that the deployed files make: one of each decision, and one of a file with several.

        Raises InvalidModel for files that import others which are left out.
        """
        kept = {file: each for file, each in files.items() if file in resources}
        if len(kept) < len(files):
            read_together({file: resources[file].data for file in kept})
        whole = [each.id for each in kept.values() if len(each.decisions) > 1]
        keys = [key for each in kept.values() for key in each.decisions]
        of_whole = store.next_versions(tx, REQUIREMENTS, whole, deployment.tenant_id)
        versions = store.next_versions(tx, DECISIONS, keys, deployment.tenant_id)
        requirements: list[RequirementsRow] = []
        rows: list[DecisionRow] = []
        for file, found in kept.items():
            in_file: dict[str, Any] = {
                "category": found.namespace,
                "deployment_id": deployment.id,
                "resource_id": resources[file].id,
                "resource_name": file,
                "tenant_id": deployment.tenant_id,
                "created_at": deployment.deployed_at,
            }
            if len(found.decisions) > 1:
                picture = _picture_of(file, found.id, resources)
                row = RequirementsRow(
                    id=self._ids.next(),
                    key=found.id,
                    version=of_whole[found.id],
                    name=found.name,
                    diagram_name=picture,
                    **in_file,
                )
                requirements.append(row)
                in_file |= {"requirements_id": row.id, "requirements_key": row.key}
            for decision in found.decisions.values():
                days = _days(decision.history_time_to_live)
                rows.append(
                    DecisionRow(
                        id=self._ids.next(),
                        key=decision.id,
                        version=versions[decision.id],
                        name=decision.title,
                        version_tag=decision.version_tag,
                        diagram_name=_picture_of(file, decision.id, resources),
                        history_time_to_live=self._time_to_live if days is None else days,
                        **in_file,
                    )
                )
        return requirements, rows

    def _starters(self, rows: Collection[DefinitionRow], models: Collection[Definitions]) -> list[StarterRow]:
        """Who may start the new definitions by their models."""
        by_key = {process.id: process for model in models for process in model.processes}
        users = [(row.id, user) for row in rows for user in dict.fromkeys(by_key[row.key].candidate_starter_users)]
        groups = [(row.id, group) for row in rows for group in dict.fromkeys(by_key[row.key].candidate_starter_groups)]
        return [
            *(StarterRow(id=self._ids.next(), definition_id=id, user_id=user) for id, user in users),
            *(StarterRow(id=self._ids.next(), definition_id=id, group_id=group) for id, group in groups),
        ]

    def _wait_for_jobs(self, tx: WriteTransaction, bound: Collection[Definition]) -> None:
        """Keep what makes jobs in new definitions; their start events wait instead of those of older versions."""
        now = self._clock()
        kept: list[Row] = []
        for definition in bound:
            known: dict[tuple[str, str], int] = {}
            for source in job_sources(definition):
                row = JobDefinition(
                    id=self._ids.next(),
                    definition_id=definition.id,
                    element_id=source.element_id,
                    kind=source.kind,
                    configuration=source.configuration,
                    created_at=now,
                )
                kept.append(row)
                known[source.element_id, source.job_kind] = row.id
            definition.job_definitions = known
        tx.write(Changes(inserted={JobDefinition: kept}))
        store.end_start_events(tx, [(definition.key, definition.tenant_id) for definition in bound], now)
        self.wait_to_start(tx, bound)

    def wait_to_start(self, tx: WriteTransaction, definitions: Iterable[Definition]) -> None:
        """Let the start events of definitions wait for what starts instances.

        Raises Conflict where another definition of the tenant waits for the same message already.
        """
        step = Step(
            uow=UnitOfWork(),
            next_id=self._ids.next,
            now=self._clock(),
            definitions=DefinitionsInTransaction(self._cache),
            zone=self._zone,
        )
        for definition in definitions:
            wait_to_start(step, definition)
        made = step.uow.made(Subscription)
        _ensure_one_each(tx, made)
        tx.write(step.uow.changes())
        tx.ring(self._bell, step.uow.made(Job))
        if names := {each.name for each in made if each.kind == MESSAGE and each.name is not None}:
            tx.ring(self._bell, message_store.look_now(tx, names, step.now))

    def insist_on_deletion(self, delete: Callable[[], T]) -> T:
        """Do what deletes definitions and calls `restore_start_events`, in one transaction; again, where others took
        the ids that this needs, or a deadlock with a step was resolved at its cost.

        Raises SerializationFailure when the database has done that too often.
        """
        return self._ids.insist(_RESTORED, lambda: self._database.insist(delete))

    def restore_start_events(self, tx: WriteTransaction, keys: Collection[tuple[str, str]]) -> None:
        """After definitions were deleted: let the start events of the versions that are the latest now wait again."""
        now = self._clock()
        for key, tenant_id in keys:
            row = PROCESSES.latest(tx, key, tenant_id)
            if row is not None and not store.has_start_events(tx, row.id):
                definition = self._cache.load(tx, [row.id])[row.id]
                store.end_start_events(tx, [(key, tenant_id)], now)
                self.wait_to_start(tx, [definition])

    def redeploy(
        self,
        deployment_id: int,
        *,
        resource_ids: Collection[int] = (),
        resource_names: Collection[str] = (),
        source: str | None = None,
        code: Callable[[], None] | None = None,
    ) -> Deployed:
        """Deploy files of an earlier deployment again: those named by id or name, or all. Raises NotFound."""
        with self._database.read() as tx:
            earlier = store.find_deployment(tx, deployment_id)
            if earlier is None:
                raise NotFound("deployment", deployment_id)
            resources = store.resources_of(tx, deployment_id)
        for missing in set(resource_ids) - {each.id for each in resources}:
            raise NotFound("deployment resource", missing)
        for missing_name in set(resource_names) - {each.name for each in resources}:
            raise NotFound("deployment resource", missing_name)
        named = bool(resource_ids or resource_names)
        files = {
            each.name: each.data
            for each in resources
            if not named or each.id in resource_ids or each.name in resource_names
        }
        tenant = earlier.tenant_id
        return self.deploy(files, name=earlier.name, source=source or earlier.source, tenant_id=tenant, code=code)

    def delete(
        self,
        deployment_id: int,
        *,
        cascade: bool = False,
        skip_listeners: bool = False,
        skip_io_mappings: bool = False,
    ) -> None:
        """Delete a deployment with its definitions, and the history of their ended instances.

        With `cascade` running instances go too, as `cancel_all` says, and what was decided by its decisions. Raises
        NotFound, and Conflict where instances are running.
        """
        if cascade:
            with self._database.read() as reader:
                doomed = [row.id for row in PROCESSES.of_deployment(reader, deployment_id)]
            self.cancel_all(doomed, skip_listeners=skip_listeners, skip_io_mappings=skip_io_mappings)
        self._log.prepare()

        def attempt() -> tuple[list[int], list[int]]:
            with self._database.write() as tx:
                store.lock_deployments(tx)
                deployment = store.find_deployment(tx, deployment_id)
                if deployment is None:
                    raise NotFound("deployment", deployment_id, f"Deployment with id '{deployment_id}' does not exist")
                rows = PROCESSES.of_deployment(tx, deployment_id)
                definition_ids = [row.id for row in rows]
                ensure_unused(tx, definition_ids, cascade=cascade)
                decision_ids = [row.id for row in DECISIONS.of_deployment(tx, deployment_id)]
                if cascade:
                    delete_decisions_by(tx, decision_ids)
                store.delete_deployment(tx, deployment_id)
                authorizations.remove_about(tx, Resource.DEPLOYMENT, [str(deployment_id)])
                self._note(tx, "Delete", deployment, Change("cascade", None, cascade))
                self.restore_start_events(tx, {(row.key, row.tenant_id) for row in rows})
            return definition_ids, decision_ids

        definition_ids, decision_ids = self.insist_on_deletion(attempt)
        self._cache.forget(definition_ids)
        self._cache.decisions.forget(decision_ids)
        self._news.tell(ANYTHING)

    def cancel_all(self, definition_ids: Collection[int], *, skip_listeners: bool, skip_io_mappings: bool) -> None:
        """Cancel the running instances of definitions that are about to be deleted, with their listeners and mappings.

        All of up to CANCELLED_AT_ONCE are cancelled or none, and the first error is raised. Where both are skipped
        there is nothing to run, and nothing is done: instances are deleted with their definitions.

        Raises Conflict where instances of other definitions wait for them, ExecutionFailed.
        """
        if skip_listeners and skip_io_mappings:
            return
        with self._database.read() as reader:
            ensure_unused(reader, definition_ids, cascade=True)
            # Who called an instance is doomed too, so that all of them hang at roots that are.
            roots = sorted({row.root_id for row in reader.select(ProcessInstance, "definition_id", definition_ids)})
        for start in range(0, len(roots), CANCELLED_AT_ONCE):
            some = roots[start : start + CANCELLED_AT_ONCE]
            self._executor.execute(
                [
                    DeleteInstance(id=each, skip_listeners=skip_listeners, skip_io_mappings=skip_io_mappings)
                    for each in some
                ],
                together=True,
            )

    def _note(self, tx: WriteTransaction, type: str, deployment: DeploymentRow, *changes: Change) -> None:
        references = {"deployment_id": deployment.id, "tenant_id": deployment.tenant_id}
        self._log.note(tx, Entry(type, "Deployment", OPERATOR, changes, references=references))


def _ensure_one_each(tx: WriteTransaction, made: Collection[Subscription]) -> None:
    """A message starts one instance: no two definitions of a tenant may wait for it."""
    named = [(each.name, each.tenant_id) for each in made if each.kind == MESSAGE and each.name is not None]
    taken = {name for name, tenant in named if named.count((name, tenant)) > 1} or store.awaited_to_start(tx, named)
    if taken:
        raise Conflict(
            f"Cannot deploy process definition: there already is a message event subscription for the message with "
            f"name '{min(taken)}': only one definition may be started by it"
        )


def _check_forms(models: Iterable[Definitions], files: Mapping[str, bytes]) -> Iterator[Problem]:
    """What is wrong with the files that are forms, and with what refers to forms of the same deployment."""
    known: set[str | None] = set()
    for name, data in files.items():
        if not name.endswith(ENDING):
            continue
        try:
            schema, warnings = read_schema(data, name)
        except InvalidSchema as invalid:
            yield from invalid.problems
            continue
        yield from warnings
        known.add(schema.id)
    for model in models:
        for process in model.processes:
            for text in process.embedded_forms.values():
                yield from _check_embedded(model, process, text)
        for _, element in model.elements():
            form = element.form if element.user_task is None else element.user_task.form
            reference = None if form is None else form.reference
            if reference is None or reference.binding is not Binding.DEPLOYMENT or "{" in reference.key.text:
                continue
            if reference.key.text not in known:
                message = f"the form '{reference.key.text}' of '{element.id}' is not among the files that are deployed"
                yield warning(model.resource, "camunda.form_reference", message, element.place, element.id)


def _check_decision_references(
    models: Iterable[Definitions], decisions: Mapping[str, DecisionRequirements]
) -> Iterator[Problem]:
    """What asks decisions of the same deployment that are not there."""
    known = {key for file in decisions.values() for key in file.decisions}
    for model in models:
        for _, element in model.elements():
            asked = None if element.implementation is None else element.implementation.decision
            if asked is None or asked.reference.binding is not Binding.DEPLOYMENT:
                continue
            key = asked.reference.key
            if key.text not in known and key.language != "feel" and "{" not in key.text:
                message = f"the decision '{key.text}' of '{element.id}' is not among the files that are deployed"
                yield warning(model.resource, "camunda.decision_reference", message, element.place, element.id)


def _implementations(part: object) -> Iterator[Implementation]:
    """All that a part of a model names to be run."""
    if isinstance(part, Implementation):
        yield part
    elif is_dataclass(part):
        for each in fields(part):
            yield from _implementations(getattr(part, each.name))
    elif isinstance(part, Mapping):
        yield from _implementations(tuple(part.values()))
    elif isinstance(part, tuple):
        for member in part:
            yield from _implementations(member)


def _calls_out(implementation: Implementation) -> bool:
    """Is it a connector, by whichever name, or may it be one: a topic that only an instance can tell?"""
    topic = "" if implementation.topic is None else implementation.topic.text
    bean = "" if implementation.delegate_expression is None else implementation.delegate_expression.text.strip("$#{} ")
    named = {implementation.connector_id, implementation.class_name, implementation.built_in, topic.strip(), bean}
    return implementation.connector_id is not None or not CONNECTORS.isdisjoint(named) or "{" in topic


def _check_embedded(model: Definitions, process: Process, text: str) -> Iterator[Problem]:
    """What is wrong with a form in a model: at the place of its process, as its lines are not those of the file."""
    try:
        problems: Iterable[Problem] = read_schema(text.encode(), model.resource)[1]
    except InvalidSchema as invalid:
        problems = invalid.problems
    for problem in problems:
        ids = (process.id, *problem.element_ids)
        yield replace(problem, line=process.place.line, column=process.place.column, element_ids=ids)


def _data(resources: Mapping[str, ResourceRow], name: str) -> bytes | None:
    found = resources.get(name)
    return None if found is None else found.data


def ensure_unused(tx: ReadTransaction, definition_ids: Collection[int], *, cascade: bool) -> None:
    """Raise Conflict if something still runs on these definitions that would be lost or left waiting."""
    if not definition_ids:
        return
    if not cascade and (living := count_living(tx, definition_ids)):
        raise Conflict(f"{living} process instances are still running; delete them first, or delete with cascade=true")
    if callers := waiting_callers(tx, definition_ids):
        shown = ", ".join(map(str, callers[:5]))
        raise Conflict(
            f"Process instances of other definitions wait for instances of these: {shown}; delete them first"
        )


def _present(found: DeploymentRow | None) -> DeploymentRow:
    if found is None:
        raise NotFound("deployment", "last")
    return found


def _definition_row(
    process: Process,
    id: int,
    version: int,
    deployment: DeploymentRow,
    resources: Mapping[str, ResourceRow],
    resource: str,
) -> DefinitionRow:
    start = next((each for each in process.start_events() if not each.events), None)
    form = None if start is None else start.form
    reference = None if form is None else form.reference
    wanted_version = None if reference is None else reference.version or reference.version_tag
    return DefinitionRow(
        id=id,
        key=process.id,
        version=version,
        name=process.name,
        version_tag=process.version_tag,
        deployment_id=deployment.id,
        resource_id=resources[resource].id,
        resource_name=resource,
        diagram_name=_picture_of(resource, process.id, resources),
        tenant_id=deployment.tenant_id,
        history_time_to_live=_days(process.history_time_to_live),
        startable_in_tasklist=process.is_startable_in_tasklist,
        description=process.documentation,
        start_form_key=None if form is None or form.key is None else form.key.text,
        start_form_ref=None if reference is None else reference.key.text,
        start_form_ref_binding=None if reference is None else str(reference.binding),
        start_form_ref_version=None if wanted_version is None else wanted_version.text,
        created_at=deployment.deployed_at,
    )


def _picture_of(resource: str, key: str, resources: Mapping[str, ResourceRow]) -> str | None:
    stem = resource
    for suffix in (".bpmn20.xml", ".bpmn2.xml", ".bpmn", *DMN_FILE_NAMES):
        stem = stem.removesuffix(suffix)
    candidates = [f"{stem}.{key}{ending}" for ending in PICTURES] + [stem + ending for ending in PICTURES]
    return next((each for each in candidates if each in resources), None)


def _days(text: str | None) -> int | None:
    """Days of a history time to live, which is written in days or as an ISO 8601 duration of whole days."""
    if not text:
        return None
    if text.isdigit():
        return int(text)
    try:
        duration = parse_duration(text)
    except InvalidISO8601:
        return None
    return duration.months * 30 + duration.rest.days
