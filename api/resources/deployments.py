"""Deployments over REST (Camunda manual, REST API, "Deployment")."""

# ruff: noqa: N815  (the names are those of the JSON)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from mimetypes import guess_type
from typing import Annotated, Any, Protocol

from flask import request

from api.errors import NULL, ModelProblem, refuse, report
from api.routing import Body, Content, Form, Routes, ThingId
from api.shapes import (
    DecisionDefinition,
    Deployment,
    DeploymentResource,
    ProcessDefinition,
    RequirementsDefinition,
    show_decision,
    show_definition,
    show_deployment,
    show_requirements,
    show_resource,
)
from engine import Deployed, Engine
from engine.errors import NotFound
from engine.services.queries import DEPLOYMENTS as TABLE
from engine.services.queries import DeploymentView, parse_id

DEPLOYMENTS = Routes("Deployment")

DeploymentId = Annotated[int, ThingId("deployment")]
ResourceId = Annotated[int, ThingId("deployment resource")]

RESERVED = frozenset(
    {
        "deployment-name",
        "deployment-source",
        "enable-duplicate-filtering",
        "deploy-changed-only",
        "tenant-id",
        "deployment-activation-time",
    }
)
"""Parts of the upload that are no files."""

UPLOAD = {
    "type": "object",
    "properties": {
        "deployment-name": {"type": "string"},
        "deployment-source": {"type": "string"},
        "enable-duplicate-filtering": {"type": "boolean"},
        "deploy-changed-only": {"type": "boolean"},
        "tenant-id": {"type": "string"},
    },
    "additionalProperties": {"type": "string", "format": "binary"},
}


class DeploymentWithDefinitions(Deployment):
    """A deployment and what it made; null where it made nothing. `warnings` (not in Camunda 7) say by file what will
    not be executed as it is written."""

    deployedProcessDefinitions: dict[str, ProcessDefinition] | None
    deployedCaseDefinitions: None
    deployedDecisionDefinitions: dict[str, DecisionDefinition] | None
    deployedDecisionRequirementsDefinitions: dict[str, RequirementsDefinition] | None
    warnings: dict[str, list[ModelProblem]] | None


def _show(_: Engine, views: Sequence[DeploymentView], *__: Mapping[str, Any]) -> list[Deployment]:
    return [show_deployment(view) for view in views]


DEPLOYMENTS.collection(
    "/deployment", lambda queries: queries.deployments, TABLE, _show, list[Deployment], post=False, plural="deployments"
)


def _show_deployed(engine: Engine, deployed: Deployed) -> DeploymentWithDefinitions:
    definitions = [
        show_definition(engine.queries.process_definitions.get(each.id)) for each in deployed.process_definitions
    ]
    decisions = [
        show_decision(engine.queries.decision_definitions.get(each.id)) for each in deployed.decision_definitions
    ]
    requirements = [
        show_requirements(engine.queries.requirements_definitions.get(each.id))
        for each in deployed.requirements_definitions
    ]
    shown = show_deployment(engine.queries.deployments.get(deployed.deployment.id))
    href = f"{request.url_root.rstrip('/')}/engine-rest/deployment/{deployed.deployment.id}"
    warnings: dict[str, list[ModelProblem]] = {}
    for problem in deployed.warnings:
        warnings.setdefault(problem.resource, []).append(report(problem))
    return {
        **shown,
        "links": [{"method": "GET", "href": href, "rel": "self"}],
        "deployedProcessDefinitions": {str(each["id"]): each for each in definitions} or None,
        "deployedCaseDefinitions": None,
        "deployedDecisionDefinitions": {each["id"]: each for each in decisions} or None,
        "deployedDecisionRequirementsDefinitions": {each["id"]: each for each in requirements} or None,
        "warnings": warnings or None,
    }


@DEPLOYMENTS.post("/deployment/create", "Deploy files", form=UPLOAD)
def create_deployment(engine: Engine, form: Form) -> DeploymentWithDefinitions:
    files: dict[str, bytes] = {}
    for part, upload in form.files:
        if part in RESERVED:
            continue
        name = upload.filename or part
        if name in files:
            raise refuse(f"The file name '{name}' is twice in the upload")
        files[name] = upload.data
    if not files:
        raise refuse("No deployment resources contained in the form upload.")
    if form.text("deployment-activation-time") is not None:
        raise refuse("deployment-activation-time is not supported: deploy when the definitions are to be active")
    changed_only = form.flag("deploy-changed-only")
    deployed = engine.deployments.deploy(
        files,
        name=form.text("deployment-name"),
        source=form.text("deployment-source"),
        tenant_id=form.text("tenant-id"),
        enable_duplicate_filtering=form.flag("enable-duplicate-filtering") or changed_only,
        deploy_changed_only=changed_only,
    )
    return _show_deployed(engine, deployed)


@DEPLOYMENTS.get("/deployment/registered", "List the deployments that this engine runs")
def get_registered_deployments(engine: Engine) -> list[str]:
    return [str(view.id) for view in engine.queries.deployments.list()]


@DEPLOYMENTS.get("/deployment/{id}", "Get a deployment")
def get_deployment(engine: Engine, id: DeploymentId) -> Deployment:
    return show_deployment(engine.queries.deployments.get(id))


@DEPLOYMENTS.delete("/deployment/{id}", "Delete a deployment")
def delete_deployment(
    engine: Engine,
    id: DeploymentId,
    cascade: bool = False,
    skip_custom_listeners: bool = False,
    skip_io_mappings: bool = False,
) -> None:
    engine.deployments.delete(
        id, cascade=cascade, skip_listeners=skip_custom_listeners, skip_io_mappings=skip_io_mappings
    )


class Redeployment(Body):
    """What to deploy again; everything when neither ids nor names are given."""

    source: str | None = None
    resource_ids: list[str] | None = None
    resource_names: list[str] | None = None


@DEPLOYMENTS.post("/deployment/{id}/redeploy", "Deploy the files of a deployment again")
def redeploy(engine: Engine, id: DeploymentId, body: Redeployment) -> DeploymentWithDefinitions:
    resource_ids = []
    for text in body.resource_ids or ():
        number = parse_id(text)
        if number is None:
            raise NotFound("deployment resource", text)
        resource_ids.append(number)
    deployed = engine.deployments.redeploy(
        id, resource_ids=resource_ids, resource_names=body.resource_names or [], source=body.source
    )
    return _show_deployed(engine, deployed)


@DEPLOYMENTS.get("/deployment/{id}/resources", "List the files of a deployment")
def get_deployment_resources(engine: Engine, id: DeploymentId) -> list[DeploymentResource]:
    return [show_resource(view) for view in engine.queries.resources(id)]


@DEPLOYMENTS.get("/deployment/{id}/resources/{resource_id}", "Get a file of a deployment")
def get_deployment_resource(engine: Engine, id: DeploymentId, resource_id: ResourceId) -> DeploymentResource:
    view, _ = engine.queries.resource(id, resource_id)
    return show_resource(view)


@DEPLOYMENTS.get("/deployment/{id}/resources/{resource_id}/data", "Download a file of a deployment", fails=NULL)
def get_deployment_resource_data(engine: Engine, id: DeploymentId, resource_id: ResourceId) -> Content:
    view, data = engine.queries.resource(id, resource_id)
    return Content(data, media_type(view.name), view.name.rpartition("/")[2])


def text_of(data: bytes) -> str:
    """The text of an XML file: by its byte order mark, else UTF-8, which XML is unless it says otherwise."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding)
    head = data[:200].decode("ascii", "replace")
    declared = head.partition("encoding=")[2][1:].partition(head.partition("encoding=")[2][:1] or '"')[0]
    return data.decode(declared or "utf-8", "replace")


def picture_of(engine: Engine, definition: Pictured) -> Content | None:
    """The picture that was deployed with a definition; None if there is none."""
    name = definition.diagram_name
    data = None if name is None else engine.queries.resource_named(definition.deployment_id, name)
    return None if data is None or name is None else Content(data, media_type(name), name)


class Pictured(Protocol):
    """A definition of whatever kind."""

    @property
    def deployment_id(self) -> int: ...
    @property
    def diagram_name(self) -> str | None: ...


def media_type(name: str) -> str:
    """What a file's name says of its content."""
    if name.endswith((".bpmn", ".dmn", ".cmmn", ".bpmn20.xml", ".dmn11.xml")):
        return "application/xml"
    if name.endswith(".form"):
        return "application/json"
    return guess_type(name)[0] or "application/octet-stream"
