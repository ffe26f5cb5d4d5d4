"""What each method of each service needs: the one table of who may do what. A method that is not here is nobody's.

A check gets the arguments of the call by name. It raises NotAuthorized, or NotFound for what belongs to another tenant;
and it may narrow the arguments down to what the actor may reach.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from engine import authorization as needs
from engine.authorization import ADMINISTRATORS, NotAuthorized, Rights, administer, create_batch
from engine.authorization import Resource as Thing
from engine.distinct import distinct
from engine.errors import NotFound
from engine.services.access import Access, Facts, Own, is_starter, started, takes_part, works
from engine.services.jobs import Selection
from engine.store import facts as fact_store
from engine.store import identity as identity_store
from engine.store.subscriptions import Starter

AT_ONCE: Final = 10_000
"""Of so many things at most the facts are in memory at once."""

Arguments = dict[str, Any]
Check = Callable[[Access, Arguments], None]


# ---------------------------------------------------------------- kinds of check


READS: Final[dict[Check, tuple[str, ...]]] = {}
"""The arguments that checks look at, so that a test finds those that a method has not."""


def _reading(check: Check, *names: str) -> Check:
    READS[check] = names
    return check


def anybody(_: Access, __: Arguments) -> None:
    """Whoever is signed in: it shows or changes nothing of anybody."""


def as_read(_: Access, __: Arguments) -> None:
    """Whoever could read the view that is given: it came from a list that shows what its reader may see."""


def needed(rights: Rights) -> Check:
    """The rights on all things of their kind."""
    return lambda access, _: access.require(rights)


def on(kind: str, rights: Rights, own: Own | None = None, name: str = "id") -> Check:
    """The rights on the thing whose id is the argument `name`, unless it is the actor's own."""

    def check(access: Access, arguments: Arguments) -> None:
        access.require_on(access.get(kind, arguments[name]), rights, own)

    return _reading(check, name)


def on_each(kind: str, rights: Rights, name: str = "ids", *, first: Check = anybody) -> Check:
    """The rights on all things whose ids are in the argument `name`; those that are not there for the actor are left
    out, or where nothing may be missing raise NotFound."""

    def check(access: Access, arguments: Arguments) -> None:
        first(access, arguments)
        ids = distinct(arguments[name])
        there: array[int] = array("q")
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            found = access.find(kind, part)
            for id in part:
                if id in found:
                    access.require(rights, found[id].things)
                    there.append(id)
                elif arguments.get("fail_if_gone", False):
                    raise NotFound(kind, id)
        arguments[name] = there

    return _reading(check, name)


def on_all(kind: str, rights: Rights, name: str, *, first: Check = anybody) -> Check:
    """As `on_each`, where each of the things must be there."""

    def check(access: Access, arguments: Arguments) -> None:
        first(access, arguments)
        ids = distinct(arguments[name])
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            found = access.find(kind, part)
            for id in part:
                if id not in found:
                    raise NotFound(kind, id)
                access.require(rights, found[id].things)

    return _reading(check, name)


def both(*checks: Check) -> Check:
    """All of the checks."""

    def check(access: Access, arguments: Arguments) -> None:
        for each in checks:
            each(access, arguments)

    return _reading(check, *(name for each in checks for name in READS.get(each, ())))


def on_named(resource: Thing, permission: str, name: str) -> Check:
    """The permission on the thing of that kind whose id as a text is the argument `name`."""
    rights = administer(resource, permission)

    def check(access: Access, arguments: Arguments) -> None:
        access.require(rights, {resource: str(arguments[name])})

    return _reading(check, name)


# ---------------------------------------------------------------- definitions and deployments


def _definitions(access: Access, definition_id: int | None, key: str | None, tenant_id: str | None) -> Iterable[Facts]:
    if definition_id is not None:
        return [access.get("process definition", definition_id)]
    return access.definitions(key or "", tenant_id)


def _of_definitions(rights: Rights, on_instances: Rights | None = None) -> Check:
    """The rights on a definition, or on all versions of a key, of the actor's tenants."""

    def check(access: Access, arguments: Arguments) -> None:
        found = _definitions(access, arguments["definition_id"], arguments["key"], arguments["tenant_id"])
        for facts in found:
            access.require_on(facts, rights)
            if on_instances is not None and arguments["include_instances"]:
                access.require_on(facts, on_instances)
        _narrow_tenants(access, arguments)

    return _reading(check, "definition_id", "key", "tenant_id", "tenants")


def _narrow_tenants(access: Access, arguments: Arguments) -> None:
    if arguments.get("definition_id") is None and arguments["tenant_id"] is None:
        arguments["tenants"] = ("", *sorted(access.actor.tenants))


def _deploy(access: Access, arguments: Arguments) -> None:
    access.require(needs.DEPLOY)
    if not access.is_own_tenant(arguments["tenant_id"]):
        raise NotFound("tenant", arguments["tenant_id"])
    arguments["code"] = _may_deploy_code(access)


def _may_deploy_code(access: Access) -> Callable[[], None]:
    return lambda: access.require(needs.DEPLOY_SCRIPT)


def _redeploy(access: Access, arguments: Arguments) -> None:
    access.require(needs.DEPLOY)
    access.require_on(access.get("deployment", arguments["deployment_id"]), needs.READ_DEPLOYMENT)
    arguments["code"] = _may_deploy_code(access)


def _file(access: Access, deployment_id: int, name: str | None) -> None:
    """Read a file of a deployment, or of a definition in it that may be read."""
    facts = access.get("deployment", deployment_id)
    if access.may(needs.READ_DEPLOYMENT, facts.things):
        return
    with access.database.read() as tx:
        names = fact_store.files_of_readable(tx, deployment_id, access.viewer)
    if name not in names:
        raise access.refusal(needs.READ_DEPLOYMENT, facts.things)


def _file_by_id(access: Access, arguments: Arguments) -> None:
    with access.database.read() as tx:
        name = fact_store.name_of_resource(tx, arguments["deployment_id"], arguments["resource_id"])
    _file(access, arguments["deployment_id"], name)


def _file_by_name(access: Access, arguments: Arguments) -> None:
    _file(access, arguments["deployment_id"], arguments["name"])


READS_DEFINITION: Final = on("process definition", needs.READ_DEFINITION, is_starter, "definition_id")


def _counted(access: Access, arguments: Arguments) -> None:
    READS_DEFINITION(access, arguments)
    facts = access.get("process definition", arguments["definition_id"])
    access.require_on(facts, needs.READ_INSTANCE)


# ---------------------------------------------------------------- instances


def _start(access: Access, arguments: Arguments) -> None:
    if arguments["definition_id"] is not None:
        facts = access.get("process definition", arguments["definition_id"])
    else:
        facts = access.latest(arguments["key"] or "", arguments["tenant_id"] or "")
    (_may_start_anywhere if arguments["instructions"] else _may_start)(access, facts)


def _may_start(access: Access, facts: Facts) -> None:
    if not facts.is_candidate:
        _may_start_anywhere(access, facts)


def _may_start_anywhere(access: Access, facts: Facts) -> None:
    """Begin at other places than the start event, behind an approval say: no model says that somebody may."""
    access.require(needs.CREATE_INSTANCE)
    access.require(needs.START, facts.things)


def _start_definition(access: Access, arguments: Arguments) -> None:
    _may_start(access, access.get("process definition", arguments["definition_id"]))


def _start_with_form(access: Access, arguments: Arguments) -> None:
    _may_start(access, access.get("process definition", arguments["definition"].id))


def _restart(access: Access, arguments: Arguments) -> None:
    facts = access.get("process definition", arguments["plan"].definition_id)
    access.require_on(facts, needs.READ_PROCESS_HISTORY)
    _may_start_anywhere(access, facts)
    on_all("process instance", needs.READ_PROCESS_HISTORY, "instance_ids")(access, arguments)


def _fork(access: Access, arguments: Arguments) -> None:
    """To read what there was of the origin, and to start an instance of what the fork is to be of."""
    plan = arguments["plan"]
    access.require_on(access.get("process instance", plan.instance_id), needs.READ_PROCESS_HISTORY)
    _may_start_anywhere(access, access.get("process definition", plan.definition_id))


def _plan(rights: Rights) -> Check:
    """The rights on both definitions of a migration plan."""

    def check(access: Access, arguments: Arguments) -> None:
        for id in (arguments["plan"].source_id, arguments["plan"].target_id):
            access.require_on(access.get("process definition", id), rights)

    return check


def _ends(access: Access, arguments: Arguments) -> None:
    for name in ("source_id", "target_id"):
        on("process definition", needs.READ_DEFINITION, name=name)(access, arguments)


def _modification(access: Access, arguments: Arguments) -> None:
    access.get("process definition", arguments["plan"].definition_id)


def _decide(access: Access, arguments: Arguments) -> None:
    if arguments["decision_id"] is not None:
        facts = access.get("decision definition", arguments["decision_id"])
    else:
        arguments["tenant_id"] = arguments["tenant_id"] or ""
        facts = access.latest(arguments["key"] or "", arguments["tenant_id"], "decision definition")
    access.require_on(facts, needs.DECIDE)


UPDATES_INSTANCE: Final = on("process instance", needs.UPDATE_INSTANCE)


def _set_variables(access: Access, arguments: Arguments) -> None:
    kind, facts = access.place(arguments["scope_id"])
    if kind == "task":
        access.require_on(facts, needs.SET_TASK_VARIABLES, works)
    else:
        access.require_on(facts, needs.SET_INSTANCE_VARIABLES)


def _read_variables(access: Access, arguments: Arguments) -> None:
    kind, facts = access.place(arguments["scope_id"])
    if kind == "task":
        access.require_on(facts, needs.READ_TASK_VARIABLES, takes_part)
    else:
        access.require_on(facts, needs.READ_INSTANCE, started)


def _execution(access: Access, arguments: Arguments) -> None:
    _, facts = access.place(arguments["execution_id"])
    access.require_on(facts, needs.UPDATE_INSTANCE)


# ---------------------------------------------------------------- tasks


def _claim(access: Access, arguments: Arguments) -> None:
    facts = access.get("task", arguments["id"])
    if arguments["assignee"] != access.actor.user_id:
        access.require_on(facts, needs.ASSIGN_TASK)
    else:
        access.require_on(facts, needs.WORK_ON_TASK, takes_part)


def _assign(access: Access, arguments: Arguments) -> None:
    """Others are given a task by those who may assign it; one may take for oneself what one may claim, or give back."""
    facts = access.get("task", arguments["id"])
    me, to = access.actor.user_id, arguments["assignee"]
    mine = facts.assignee == me and to in (me, None)
    free = facts.assignee is None and to == me and takes_part(facts, access.actor)
    if me is None or not (mine or free):
        access.require_on(facts, needs.ASSIGN_TASK)


def _delegate(access: Access, arguments: Arguments) -> None:
    access.require_on(access.get("task", arguments["id"]), needs.ASSIGN_TASK, works)


OF_WORKERS: Final = frozenset({"name", "description", "priority", "due_at", "follow_up_at"})
"""What those who have a task may change of it."""


def _update_task(access: Access, arguments: Arguments) -> None:
    facts = access.get("task", arguments["id"])
    fields = arguments["fields"]
    same = {"assignee": facts.assignee, "owner": facts.owner, "delegation_state": facts.delegation}
    more = {name for name, value in fields.items() if name not in OF_WORKERS and same.get(name, ...) != value}
    access.require_on(facts, needs.UPDATE_TASK, works if not more else None)


def _create_task(access: Access, arguments: Arguments) -> None:
    access.require(needs.CREATE_TASK)
    tenant = arguments["fields"].get("tenant_id")
    if not access.is_own_tenant(tenant):
        raise NotFound("tenant", tenant)
    parent = arguments["fields"].get("parent_task_id")
    if parent is not None:
        access.require_on(access.get("task", parent), needs.READ_TASK, takes_part)


def _values_of_tasks(access: Access, arguments: Arguments) -> None:
    """Of tasks that were read before, only those whose variables may be read as well."""
    facts = access.find("task", [task.id for task in arguments["tasks"]])
    readable = {
        id
        for id, each in facts.items()
        if takes_part(each, access.actor) or access.may(needs.READ_TASK_VARIABLES, each.things)
    }
    arguments["tasks"] = [task for task in arguments["tasks"] if task.id in readable]


WORKS: Final = on("task", needs.WORK_ON_TASK, works)
READS_TASK: Final = on("task", needs.READ_TASK, takes_part, "task_id")


def _may_look_at(access: Access, facts: Facts) -> None:
    """A process instance, running or ended, is seen by those who may see one or the other."""
    if not access.may(needs.READ_INSTANCE, facts.things):
        access.require_on(facts, needs.READ_PROCESS_HISTORY, started)


def _look_at_instance(access: Access, arguments: Arguments) -> None:
    """A process instance, running or ended."""
    _may_look_at(access, access.get("process instance", arguments["process_instance_id"]))


LOOKS_BACK: Final = on("process instance", needs.READ_PROCESS_HISTORY, started, "process_instance_id")


def _places(access: Access, arguments: Arguments) -> None:
    found = access.find("process instance", arguments["process_instance_ids"])
    for facts in found.values():
        _may_look_at(access, facts)
    arguments["process_instance_ids"] = list(found)


def _listen(access: Access, arguments: Arguments) -> None:
    """Of process instances those that may be seen, whatever others are named; `audience` decides about all else."""
    wanted, seen = arguments["topics"], set()
    for id, facts in access.find("process instance", wanted.instances).items():
        with suppress(needs.NotAuthorized):
            _may_look_at(access, facts)
            seen.add(id)
    arguments["topics"] = replace(wanted, instances=frozenset(seen))


# ---------------------------------------------------------------- messages, signals, conditions


def _receivers(access: Access, arguments: Arguments) -> None:
    """Among the actor's tenants; everybody who gets the message must be open to the actor."""
    wanted = arguments["wanted"]
    if wanted.tenant_id is not None and not access.is_own_tenant(wanted.tenant_id):
        raise NotFound("tenant", wanted.tenant_id)
    arguments["wanted"] = replace(wanted, tenants=frozenset({"", *access.actor.tenants}))

    def permit(found: Collection[Any]) -> None:
        instances = [each.process_instance_id for each in found if not isinstance(each, Starter)]
        for facts in access.find("process instance", instances).values():
            access.require_on(facts, needs.UPDATE_INSTANCE)
        definitions = [each.definition_id for each in found if isinstance(each, Starter)]
        for facts in access.find("process definition", definitions).values():
            _may_start(access, facts)

    arguments["permit"] = permit


def _publish(access: Access, arguments: Arguments) -> None:
    """A message may be kept for whoever comes later, so all instances must be open to the actor; it has one tenant."""
    wanted = arguments["wanted"]
    if not access.is_own_tenant(wanted.tenant_id):
        raise NotFound("tenant", wanted.tenant_id)
    access.require(needs.UPDATE_INSTANCE)
    access.require(needs.CREATE_INSTANCE)
    access.require(needs.START)
    if wanted.process_instance_id is not None:
        access.get("process instance", wanted.process_instance_id)
    elif wanted.tenant_id is None:
        arguments["wanted"] = replace(wanted, tenant_id="")


def _signal(access: Access, arguments: Arguments) -> None:
    """A signal goes to all who wait for it, so all of these, among the actor's tenants, must be open to the actor."""
    if arguments["tenant_id"] is not None and not access.is_own_tenant(arguments["tenant_id"]):
        raise NotFound("tenant", arguments["tenant_id"])
    tenants = ["", *sorted(access.actor.tenants)] if arguments["tenant_id"] is None else [arguments["tenant_id"]]
    arguments["tenants"] = frozenset(tenants)
    with access.database.read() as tx:
        closed = fact_store.closed_receiver(
            tx, arguments["name"], tenants, access.viewer, may_start=access.may(needs.CREATE_INSTANCE)
        )
    if closed is not None:
        rights = needs.START if closed[Thing.PROCESS_INSTANCE] is None else needs.UPDATE_INSTANCE
        raise access.refusal(rights, closed)


def _conditions(access: Access, arguments: Arguments) -> None:
    """Only definitions that the actor may start are asked."""
    if arguments["tenant_id"] is not None and not access.is_own_tenant(arguments["tenant_id"]):
        raise NotFound("tenant", arguments["tenant_id"])
    if arguments["definition_id"] is not None:
        _may_start(access, access.get("process definition", arguments["definition_id"]))

    def among(found: Iterable[Starter]) -> list[Starter]:
        starters = list(found)
        known = access.find("process definition", [each.definition_id for each in starters])
        for facts in known.values():
            _may_start(access, facts)
        return [each for each in starters if each.definition_id in known]

    arguments["among"] = among


# ---------------------------------------------------------------- jobs and work


def _selection(on_definitions: Rights, on_instances: Rights) -> Check:
    """The rights on what a selection of jobs or job definitions is of."""

    def check(access: Access, arguments: Arguments) -> None:
        chosen: Selection = arguments["chosen"]
        include = bool(arguments.get("include_jobs", False))
        if chosen.definition_key is not None:
            for facts in access.definitions(chosen.definition_key, chosen.tenant_id):
                access.require_on(facts, on_definitions)
                if include:
                    access.require_on(facts, on_instances)
            if chosen.tenant_id is None:
                arguments["chosen"] = replace(chosen, tenants=("", *sorted(access.actor.tenants)))
        for kind, id in (
            ("job", chosen.job_id),
            ("process instance", chosen.process_instance_id),
            ("job definition", chosen.job_definition_id),
            ("batch", chosen.batch_id),
            ("process definition", chosen.definition_id),
        ):
            if id is not None:
                facts = access.get(kind, id)
                rights = on_instances if kind in ("job", "process instance") else on_definitions
                access.require_on(facts, (*rights, *needs.UPDATE_BATCH) if Thing.BATCH in facts.things else rights)
                if include:
                    access.require_on(facts, (*on_instances, *needs.UPDATE_BATCH))

    return check


def _on_job(rights: Rights) -> Check:
    return on("job", (*rights, *needs.UPDATE_BATCH))


UPDATES_JOB: Final = _on_job(needs.UPDATE_INSTANCE)
WORKS_OUTSIDE: Final = on("job", needs.UPDATE_INSTANCE)


def _fetch(access: Access, arguments: Arguments) -> None:
    """Work of processes whose instances the actor may read and change, and of the actor's tenants."""
    reads = access.permissions.verdicts(Thing.PROCESS_DEFINITION, "READ_INSTANCE")
    writes = access.permissions.verdicts(Thing.PROCESS_DEFINITION, "UPDATE_INSTANCE")
    everything = all(
        access.permissions.verdicts(Thing.PROCESS_INSTANCE, permission).others for permission in ("READ", "UPDATE")
    )
    tenants = {"", *access.actor.tenants}
    narrowed = []
    for request in arguments["requests"]:
        keys = request.process_definition_keys
        if not everything:
            with access.database.read() as tx:
                known = set(fact_store.keys_of_definitions(tx) if keys is None else keys)
            keys = sorted(key for key in known if reads.of(key) and writes.of(key))
        wanted = tenants if request.tenant_ids is None else tenants & set(request.tenant_ids)
        narrowed.append(
            replace(
                request,
                process_definition_keys=keys,
                tenant_ids=None if request.without_tenant else sorted(wanted),
            )
        )
    arguments["requests"] = narrowed


# ---------------------------------------------------------------- people


def _self_or(resource: Thing, permission: str, name: str) -> Check:
    """Oneself, or the permission on the user with that id."""

    def check(access: Access, arguments: Arguments) -> None:
        if access.actor.user_id is None or arguments[name] != access.actor.user_id:
            access.require(administer(resource, permission), {resource: arguments[name]})

    return _reading(check, name)


def _no_administrator(name: str) -> Check:
    """Oneself, or somebody who is no administrator: else who may give others a password may do everything."""

    def check(access: Access, arguments: Arguments) -> None:
        if arguments[name] == access.actor.user_id:
            return
        with access.database.read() as tx:
            protected = identity_store.is_member(tx, arguments[name], ADMINISTRATORS)
        if protected:
            raise NotAuthorized(access.actor.user_id, (), f"Only administrators change the user '{arguments[name]}'")

    return _reading(check, name)


def _no_administrators(name: str) -> Check:
    """A group other than that of the administrators: who may put others into groups makes nobody one of them."""

    def check(access: Access, arguments: Arguments) -> None:
        if arguments[name] == ADMINISTRATORS:
            raise NotAuthorized(access.actor.user_id, (), f"Only administrators change the group '{ADMINISTRATORS}'")

    return _reading(check, name)


def _changes_user(name: str) -> Check:
    """Oneself, or the permission to change the user with that id, who is no administrator."""
    return both(_self_or(Thing.USER, "UPDATE", name), _no_administrator(name))


def _changes_group(resource: Thing, permission: str, name: str) -> Check:
    """The permission on the group with that id, which is not that of the administrators."""
    return both(on_named(resource, permission, name), _no_administrators(name))


def _member_or(resource: Thing, wholes: str) -> Check:
    """One's own group or tenant, or the permission to read it."""

    def check(access: Access, arguments: Arguments) -> None:
        if arguments["id"] not in getattr(access.actor, wholes):
            access.require(administer(resource, "READ"), {resource: arguments["id"]})

    return _reading(check, "id")


def _about_user(access: Access, arguments: Arguments) -> None:
    """What one may do oneself, or what others may by the permission to read authorizations."""
    if arguments["user_id"] != access.actor.user_id:
        access.require(needs.READ_AUTHORIZATION)


def _is_permitted(access: Access, arguments: Arguments) -> None:
    if arguments["actor"] != access.actor:
        access.require(needs.READ_AUTHORIZATION)


# ---------------------------------------------------------------- the table


def _of_comments(at_task: Check) -> Check:
    """What the comments of a task need; those of a whole process instance need the right to change that."""
    at_instance = on("process instance", needs.UPDATE_INSTANCE, name="owner_id")
    return lambda access, arguments: (at_instance if arguments["instance"] else at_task)(access, arguments)


CHECKS: Final[Mapping[str, Mapping[str, Check]]] = {
    "deployments": {
        "deploy": _deploy,
        "check": anybody,
        "redeploy": _redeploy,
        "delete": on("deployment", needs.DELETE_DEPLOYMENT, name="deployment_id"),
    },
    "process_definitions": {
        "set_suspended": _of_definitions(needs.SUSPEND_DEFINITION, needs.SUSPEND_INSTANCE),
        "delete": _of_definitions(needs.DELETE_DEFINITION),
        "set_history_time_to_live": on("process definition", needs.UPDATE_DEFINITION, name="definition_id"),
    },
    "definitions": {"get": READS_DEFINITION},
    "decisions": {
        "evaluate": _reading(_decide, "decision_id", "key", "tenant_id"),
        "set_history_time_to_live": on("decision definition", needs.UPDATE_DECISION, name="decision_id"),
        "delete_history": on_each(
            "historic decision instance",
            needs.DELETE_DECISION_HISTORY,
            first=needed(create_batch("DELETE_DECISION_INSTANCES")),
        ),
    },
    "process_instances": {
        "start": _start,
        "delete": on("process instance", needs.DELETE_INSTANCE),
        "set_suspended": on("process instance", needs.SUSPEND_INSTANCE),
        "set_all_suspended": on_all("process instance", needs.SUSPEND_INSTANCE, "ids"),
        "modify": UPDATES_INSTANCE,
        "signal": _execution,
        "delete_history": on("process instance", needs.DELETE_HISTORY),
    },
    "ad_hoc": {
        "active": on("process instance", needs.READ_INSTANCE, started, "process_instance_id"),
        "activate": on("element instance", needs.UPDATE_INSTANCE),
        "complete": on("element instance", needs.UPDATE_INSTANCE),
    },
    "modifications": {
        "execute": both(_modification, on_all("process instance", needs.UPDATE_INSTANCE, "instance_ids")),
        "preview": UPDATES_INSTANCE,
        "start_batch": on_each(
            "process instance",
            needs.UPDATE_INSTANCE,
            "instance_ids",
            first=both(_modification, needed(create_batch("MODIFY_PROCESS_INSTANCES"))),
        ),
    },
    "restarts": {
        "execute": _restart,
        "start_batch": both(needed(create_batch("RESTART_PROCESS_INSTANCES")), _restart),
    },
    "forks": {
        "execute": _fork,
        "preview": _fork,
    },
    "migrations": {
        "generate": _ends,
        "validate": _plan(needs.READ_DEFINITION),
        "execute": both(_plan(needs.MIGRATE), on_all("process instance", needs.MIGRATE, "instance_ids")),
        "check": both(_plan(needs.MIGRATE), on_each("process instance", needs.MIGRATE, "instance_ids")),
        "start_batch": both(
            needed(create_batch("MIGRATE_PROCESS_INSTANCES")),
            _plan(needs.MIGRATE),
            on_each("process instance", needs.MIGRATE, "instance_ids"),
        ),
    },
    "tasks": {
        "claim": _claim,
        "unclaim": WORKS,
        "complete": WORKS,
        "set_assignee": _assign,
        "delegate": _delegate,
        "resolve": WORKS,
        "update": _update_task,
        "add_identity_link": on("task", needs.ASSIGN_TASK),
        "delete_identity_link": on("task", needs.ASSIGN_TASK),
        "bpmn_error": WORKS,
        "bpmn_escalation": WORKS,
        "add_comment": WORKS,
        "add_attachment": WORKS,
        "create": _create_task,
        "delete": on("task", needs.DELETE_TASK),
    },
    "comments": {
        "change": _of_comments(on("task", needs.WORK_ON_TASK, works, "owner_id")),
        "remove": _of_comments(on("task", needs.WORK_ON_TASK, works, "owner_id")),
        "remove_all": _of_comments(on("task", needs.UPDATE_TASK, name="owner_id")),
    },
    "notices": {"mark_read": anybody},
    "attachments": {"remove": on("task", needs.WORK_ON_TASK, works, "task_id")},
    "variables": {"set": _set_variables},
    "messages": {
        "correlate": _receivers,
        "correlate_all": _receivers,
        "publish": _publish,
        "trigger": _execution,
        "start": _start_definition,
    },
    "signals": {"send": _signal, "send_to": _execution},
    "conditions": {"evaluate": _conditions},
    "suspensions": {
        "set_process_definitions_suspended": _of_definitions(needs.SUSPEND_DEFINITION, needs.SUSPEND_INSTANCE),
        "set_job_definitions_suspended": _selection(needs.UPDATE_DEFINITION, needs.SUSPEND_INSTANCE),
    },
    "jobs": {
        "execute": UPDATES_JOB,
        "set_retries": on_all("job", (*needs.RETRY_JOB, *needs.UPDATE_BATCH), "ids"),
        "set_priority": UPDATES_JOB,
        "set_due_date": UPDATES_JOB,
        "recalculate_due_date": UPDATES_JOB,
        "set_suspended": _on_job(needs.SUSPEND_INSTANCE),
        "delete": UPDATES_JOB,
        "set_all_suspended": _selection(needs.SUSPEND_INSTANCE, needs.SUSPEND_INSTANCE),
        "set_definitions_suspended": _selection(needs.UPDATE_DEFINITION, needs.SUSPEND_INSTANCE),
        "set_definitions_priority": _selection(needs.UPDATE_DEFINITION, needs.UPDATE_INSTANCE),
        "set_definitions_retries": _selection(needs.RETRY_JOB, needs.RETRY_JOB),
        "create_incident": _execution,
        "resolve_incident": on("incident", needs.UPDATE_INSTANCE),
        "annotate_incident": on("incident", needs.UPDATE_INSTANCE),
    },
    "external_tasks": {
        "fetch_and_lock": _fetch,
        "complete": WORKS_OUTSIDE,
        "fail": WORKS_OUTSIDE,
        "bpmn_error": WORKS_OUTSIDE,
        "lock": WORKS_OUTSIDE,
        "extend_lock": WORKS_OUTSIDE,
        "heartbeat": on_all("job", needs.UPDATE_INSTANCE, "leases"),
        "unlock": WORKS_OUTSIDE,
        "set_retries": on_all("job", needs.RETRY_JOB, "ids"),
        "set_priority": WORKS_OUTSIDE,
    },
    "long_polling": {"fetch_and_lock": _fetch},
    "batches": {
        "set_suspended": on("batch", needs.UPDATE_BATCH),
        "delete": on("batch", needs.DELETE_BATCH),
        "delete_history": on("batch", needs.DELETE_BATCH_HISTORY),
    },
    "bulk": {
        "set_job_retries": on_each("job", needs.RETRY_JOB, first=needed(create_batch("SET_JOB_RETRIES"))),
        "set_external_task_retries": on_each(
            "job", needs.RETRY_JOB, first=needed(create_batch("SET_EXTERNAL_TASK_RETRIES"))
        ),
        "delete_instances": on_each(
            "process instance", needs.DELETE_INSTANCE, first=needed(create_batch("DELETE_RUNNING_PROCESS_INSTANCES"))
        ),
        "set_instances_suspended": on_each(
            "process instance", needs.SUSPEND_INSTANCE, first=needed(create_batch("UPDATE_PROCESS_INSTANCES_SUSPEND"))
        ),
        "set_variables": on_each(
            "process instance", needs.SET_INSTANCE_VARIABLES, first=needed(create_batch("SET_VARIABLES"))
        ),
        "delete_history": on_each(
            "process instance", needs.DELETE_HISTORY, first=needed(create_batch("DELETE_FINISHED_PROCESS_INSTANCES"))
        ),
        "correlate_message": on_each(
            "process instance", needs.UPDATE_INSTANCE, first=needed(create_batch("CORRELATE_MESSAGE"))
        ),
    },
    "retention": {
        "set_removal_time": on_each(
            "process instance", needs.READ_HISTORY, first=needed(create_batch("SET_REMOVAL_TIME"))
        ),
        "set_decision_removal_time": on_each(
            "historic decision instance", needs.READ_DECISION_HISTORY, first=needed(create_batch("SET_REMOVAL_TIME"))
        ),
        "set_batch_removal_time": on_each(
            "batch", needs.READ_BATCH_HISTORY, first=needed(create_batch("SET_REMOVAL_TIME"))
        ),
        "clean_up": needed(needs.CLEAN_UP),
        "job": needed(needs.READ_SYSTEM),
        "state": needed(needs.READ_SYSTEM),
        "is_enabled": anybody,
        "window": anybody,
        "batch_time_to_live": anybody,
    },
    "history": {
        "delete_variable": on("variable", needs.DELETE_HISTORY),
        "delete_variables_of": on("process instance", needs.DELETE_HISTORY, name="process_instance_id"),
        "forget_task_workers": needed(needs.CLEAN_UP),
    },
    "monitor": {
        "read": needed(needs.READ_SYSTEM),
        "age": anybody,
        "database": needed(needs.READ_SYSTEM),
        "store": needed(needs.READ_SYSTEM),
        "schema_log": needed(needs.READ_SYSTEM),
    },
    "forms": {
        "start_form": as_read,
        "start_reference": as_read,
        "task_form": as_read,
        "deployed_start_form": as_read,
        "deployed_task_form": as_read,
        "start_fields": as_read,
        "task_fields": as_read,
        "submit_start": _start_with_form,
        "submit_task": WORKS,
    },
    "form_pages": {
        "of_task": on("task", needs.READ_TASK, takes_part),
        "of_start": as_read,
        "complete": WORKS,
        "start": _start_with_form,
    },
    "queries": {
        "definition": anybody,
        "latest_definition": anybody,
        "decision": anybody,
        "latest_decision": anybody,
        "requirements": anybody,
        "latest_requirements": anybody,
        "inputs_of_decisions": as_read,
        "outputs_of_decisions": as_read,
        "count_evaluations": anybody,
        "evaluated": anybody,
        "rule_hits": on("decision definition", needs.READ_DECISION_HISTORY, name="decision_id"),
        "called_definitions": as_read,
        "count_by_element": _counted,
        "count_by_definition": anybody,
        "resources": on("deployment", needs.READ_DEPLOYMENT, name="deployment_id"),
        "resource": _file_by_id,
        "resource_named": _file_by_name,
        "ids_of_instances": anybody,
        "ids_among": anybody,
        "ids": anybody,
        "failed_work": anybody,
        "activity_tree": on("process instance", needs.READ_INSTANCE, started, "process_instance_id"),
        "variables_of": _read_variables,
        "local_variables_of": _read_variables,
        "variables_of_tasks": as_read,
        "short_values": _values_of_tasks,
        "topic_names": anybody,
        "variables_of_elements": on_all("element instance", needs.READ_INSTANCE, "ids"),
        "identity_links": READS_TASK,
        "task_comments": READS_TASK,
        "process_instance_comments": _look_at_instance,
        "progress": _look_at_instance,
        "waits": _look_at_instance,
        "places": _places,
        "moments": LOOKS_BACK,
        "past": LOOKS_BACK,
        "lineage": LOOKS_BACK,
        "heat": on("process definition", needs.READ_PROCESS_HISTORY, name="definition_id"),
        "statistics": on("process definition", needs.READ_PROCESS_HISTORY, name="definition_id"),
        "trends": anybody,
        "incident_groups": anybody,
        "count_visits": on("process definition", needs.READ_PROCESS_HISTORY, name="definition_id"),
        "metric_sum": needed(needs.READ_SYSTEM),
        "measures": needed(needs.READ_SYSTEM),
        "durations_of_instances": anybody,
        "durations_of_tasks": anybody,
        "ended_tasks": anybody,
        "task_attachments": READS_TASK,
        "task_attachment": READS_TASK,
        "task_attachment_content": READS_TASK,
        "attached_tasks": as_read,
        "notices": _self_or(Thing.USER, "UPDATE", "user_id"),
        "commented_tasks": as_read,
        "surroundings_of": as_read,
        "count_by_candidate_group": anybody,
    },
    "drafts": {
        "of_task": READS_TASK,
        "keep_for_task": READS_TASK,
        "drop_for_task": READS_TASK,
        "of_start": as_read,
        "keep_for_start": as_read,
        "drop_for_start": as_read,
    },
    "model_drafts": {
        "all": as_read,
        "get": as_read,
        "create": anybody,
        "keep": anybody,
        "rename": anybody,
        "delete": anybody,
    },
    "live": {"listen": _listen, "is_over": anybody},
    "filters": {
        "create": needed(administer(Thing.FILTER, "CREATE")),
        "get": on_named(Thing.FILTER, "READ", "id"),
        "query": on_named(Thing.FILTER, "READ", "id"),
        "resolve": as_read,
        "update": on_named(Thing.FILTER, "UPDATE", "id"),
        "delete": on_named(Thing.FILTER, "DELETE", "id"),
    },
    "operation_log": {"annotate": on("operation", needs.ANNOTATE_OPERATIONS, name="operation_id")},
    "explanations": {
        "explain": _about_user,
        "is_permitted": _about_user,
    },
    "authorizations": {
        "create": needed(administer(Thing.AUTHORIZATION, "CREATE")),
        "grant": needed(administer(Thing.AUTHORIZATION, "CREATE")),
        "update": on_named(Thing.AUTHORIZATION, "UPDATE", "id"),
        "delete": on_named(Thing.AUTHORIZATION, "DELETE", "id"),
        "get": on_named(Thing.AUTHORIZATION, "READ", "id"),
        "is_permitted": _is_permitted,
    },
    "people": {
        "create_user": needed(administer(Thing.USER, "CREATE")),
        "update_user": _changes_user("id"),
        "delete_user": both(on_named(Thing.USER, "DELETE", "id"), _no_administrator("id")),
        "set_password": _changes_user("id"),
        "broken_rules": anybody,
        "require_good": anybody,
        "shortest_password": anybody,
        "user": _self_or(Thing.USER, "READ", "id"),
        "group": _member_or(Thing.GROUP, "groups"),
        "tenant": _member_or(Thing.TENANT, "tenants"),
        "fellows_of": _self_or(Thing.USER, "READ", "user_id"),
        "password_rules": anybody,
        "unlock": on_named(Thing.USER, "UPDATE", "id"),
        "groups_of": _self_or(Thing.USER, "READ", "user_id"),
        "create_group": both(needed(administer(Thing.GROUP, "CREATE")), _no_administrators("id")),
        "update_group": _changes_group(Thing.GROUP, "UPDATE", "id"),
        "delete_group": _changes_group(Thing.GROUP, "DELETE", "id"),
        "add_to_group": _changes_group(Thing.GROUP_MEMBERSHIP, "CREATE", "group_id"),
        "remove_from_group": _changes_group(Thing.GROUP_MEMBERSHIP, "DELETE", "group_id"),
        "create_tenant": needed(administer(Thing.TENANT, "CREATE")),
        "update_tenant": on_named(Thing.TENANT, "UPDATE", "id"),
        "delete_tenant": on_named(Thing.TENANT, "DELETE", "id"),
        "add_user_to_tenant": on_named(Thing.TENANT_MEMBERSHIP, "CREATE", "tenant_id"),
        "remove_user_from_tenant": on_named(Thing.TENANT_MEMBERSHIP, "DELETE", "tenant_id"),
        "add_group_to_tenant": on_named(Thing.TENANT_MEMBERSHIP, "CREATE", "tenant_id"),
        "remove_group_from_tenant": on_named(Thing.TENANT_MEMBERSHIP, "DELETE", "tenant_id"),
    },
    "credentials": {
        "sessions": _self_or(Thing.USER, "UPDATE", "user_id"),
        "end_session": _changes_user("user_id"),
        "end_sessions": _changes_user("user_id"),
        "tokens": _self_or(Thing.USER, "UPDATE", "user_id"),
        "create_token": _changes_user("user_id"),
        "delete_token": _changes_user("user_id"),
        "delete_tokens": _changes_user("user_id"),
    },
}

INTERNAL: Final[Mapping[str, frozenset[str]]] = {
    "deployments": frozenset({"wait_to_start", "cancel_all", "insist_on_deletion", "restore_start_events"}),
    "messages": frozenset({"delivery", "commands", "done"}),
    "suspensions": frozenset({"commands", "done"}),
    "retention": frozenset({"schedule", "clean_here", "commands", "done"}),
    "batches": frozenset({"register", "start", "commands", "done"}),
    "jobs": frozenset({"claim", "execute_claimed", "release", "next_due"}),
    "long_polling": frozenset({"close"}),
    "authorizations": frozenset({"permissions_of", "permissions_of_all", "changed", "forget", "noted_in"}),
    "queries": frozenset({"resource_contents", "resource_ids_ending", "seen_by"}),
    "operation_log": frozenset({"prepare", "note", "prepare_witness", "witness", "refuse"}),
    "live": frozenset({"close", "retire", "share", "listening"}),
    "credentials": frozenset(
        {
            "has_users",
            "has_administrator",
            "has_password",
            "uses_password",
            "person",
            "check",
            "prove",
            "vouched",
            "open_session",
            "session",
            "unseen_since",
            "token",
            "noted_in",
            "holding",
        }
    ),
    "people": frozenset({"create_first_administrator"}),
}
"""Methods that only the engine itself and those who run its jobs call: nobody who acts through a view may."""
