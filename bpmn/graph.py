"""A process element in, its graph out: flow nodes with their flows, scopes, boundary events and loops put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bpmn.activities import SPECIFICS, candidates, read_multi_instance, read_standard_loop
from bpmn.model import (
    EMPTY,
    INNER_INSTANCE,
    MULTI_INSTANCE_BODY,
    STANDARD_LOOP_BODY,
    SUB_PROCESSES,
    DataObject,
    DataReference,
    Element,
    Expression,
    Flow,
    Kind,
    Lane,
    MultiInstance,
    Process,
    StandardLoop,
    Trigger,
    written_id,
)
from bpmn.reading import Context, Parts, Reading, by_tag, extensions_of, frozen
from bpmn.vocabulary import camunda, zeebe
from bpmn.vocabulary.text import comma_separated, element_expression, flag, juel, local_name
from bpmn.vocabulary.zeebe import OF_AD_HOC
from bpmn.xml import Node

_ARROW = "->"
_BODIES = {
    "multiInstanceLoopCharacteristics": MULTI_INSTANCE_BODY,
    "standardLoopCharacteristics": STANDARD_LOOP_BODY,
}
"""The ways to repeat an activity, and the suffix of the body's id for each."""

_KINDS = {kind.value: kind for kind in SPECIFICS}
_EVENT_SUB_PROCESSES = (Kind.SUB_PROCESS, Kind.TRANSACTION)
"""Kinds that an event may start; an ad-hoc sub-process has no start event."""

_SILENT = frozenset(
    {
        "association",
        "auditing",
        "categoryValueRef",
        "completionCondition",
        "correlationSubscription",
        "dataInput",
        "dataInputAssociation",
        "dataOutput",
        "dataOutputAssociation",
        "dataStore",
        "dataStoreReference",
        "documentation",
        "extensionElements",
        "group",
        "humanPerformer",
        "incoming",
        "ioBinding",
        "ioSpecification",
        "laneSet",
        "monitoring",
        "multiInstanceLoopCharacteristics",
        "outgoing",
        "performer",
        "potentialOwner",
        "resourceRole",
        "sequenceFlow",
        "standardLoopCharacteristics",
        "supportedInterfaceRef",
        "supports",
        "textAnnotation",
    }
)
"""What a process or sub-process may contain beside flow nodes (BPMN 2.0.2, 10.3 and 10.4); read where execution needs
it."""


@dataclass(slots=True, eq=False)
class _Draft:
    """A flow node whose flows and boundary events are not known yet."""

    node: Node
    id: str
    kind: Kind
    scope: str | None
    parts: Parts
    extensions: Parts
    loop: Node | None
    """Its loop characteristics."""
    children: list[str] = field(default_factory=list)

    @property
    def outer_id(self) -> str:
        """The id under which flows and boundary events find it."""
        return self.id if self.loop is None else self.id + _BODIES[self.loop.tag]


def read_process(reading: Reading, node: Node, participant: str | None) -> Process:
    """Read one executable process."""
    return _GraphReader(reading).read(node, participant)


class _GraphReader:
    """Collects the flow nodes of a process, then links them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.drafts: dict[str, _Draft] = {}
        self.flow_nodes: list[Node] = []
        self.associations: list[Node] = []
        self.data_objects: list[DataObject] = []
        self.data_references: list[DataReference] = []
        self.lanes: list[Lane] = []
        self.flows: dict[str, Flow] = {}
        self.incoming: dict[str, list[str]] = {}
        self.outgoing: dict[str, list[str]] = {}
        self.boundary_events: dict[str, list[str]] = {}
        self.handlers: dict[str, str] = {}

    def read(self, node: Node, participant: str | None) -> Process:
        reading = self.reading
        identity = node.get("id")
        if not identity:
            reading.error("bpmn.missing_id", "an executable process must have an id", node.place)
        extensions = extensions_of(node)
        children = self.collect(node, None)
        for flow_node in self.flow_nodes:
            self.link(flow_node)
        self.attach()
        elements: dict[str, Element] = {}
        for draft in self.drafts.values():
            self.build(draft, elements)
        documentation = node.child("documentation")
        owner = identity or ""
        users, groups = candidates(extensions.get("camunda:potentialStarter", ()))
        for each in extensions.get("camunda:eventListener", ()):
            reading.warning(
                "bpmn.event_listener",
                f"the eventListener of '{owner}' is never called: use an executionListener or a taskListener",
                each.place,
                owner,
            )
        listeners = (
            *camunda.execution_listeners(reading, extensions, owner),
            *zeebe.listeners(extensions, "zeebe:executionListeners", "zeebe:executionListener"),
        )
        return Process(
            id=owner,
            name=node.get("name"),
            documentation=documentation.text.strip() if documentation is not None else None,
            version_tag=node.get("camunda:versionTag") or zeebe.version_tag(extensions),
            history_time_to_live=node.get("camunda:historyTimeToLive"),
            candidate_starter_users=_starters(node, "camunda:candidateStarterUsers", users),
            candidate_starter_groups=_starters(node, "camunda:candidateStarterGroups", groups),
            is_startable_in_tasklist=flag(node.get("camunda:isStartableInTasklist"), True),
            job_priority=camunda.optional(node, "camunda:jobPriority") or zeebe.job_priority(extensions),
            task_priority=camunda.optional(node, "camunda:taskPriority"),
            listeners=listeners,
            properties=frozen({**camunda.properties(extensions), **zeebe.properties(extensions)}),
            elements=MappingProxyType(elements),
            flows=MappingProxyType(self.flows),
            children=tuple(children),
            event_sub_processes=self.event_sub_processes(children),
            data_objects=tuple(self.data_objects),
            data_references=tuple(self.data_references),
            lanes=tuple(self.lanes),
            participant=participant,
            default_language=reading.language,
            embedded_forms=frozen(
                {form.get("id") or "": form.text for form in extensions.get("zeebe:userTaskForm", ())}
            ),
            place=node.place,
        )

    # ------------------------------------------------------------ first pass: what there is

    def collect(self, parent: Node, scope: str | None) -> list[str]:
        """Gather what stands in a process or sub-process; returns the (outer) ids of its flow nodes."""
        found = []
        for node in parent.children:
            tag = node.tag
            kind = _KINDS.get(tag)
            if kind is not None:
                draft = self.draft(node, kind, scope)
                if draft is not None:
                    found.append(draft.outer_id)
            elif tag == "sequenceFlow":
                self.flow_nodes.append(node)
            elif tag == "association":
                self.associations.append(node)
            elif tag == "laneSet":
                self.read_lanes(node)
            elif tag in ("dataObject", "property"):
                self.data_objects.append(self.data_object(node, scope))
            elif tag == "dataObjectReference":
                named = local_name(node.get("dataObjectRef"))
                self.data_references.append(DataReference(node.get("id") or "", named, node.place))
            elif tag not in _SILENT:
                self.unknown(node)
        return found

    def unknown(self, node: Node) -> None:
        identity = node.get("id")
        ids = (identity,) if identity else ()
        if ":" in node.tag or node.tag[0] == "{":
            name = node.tag.rpartition("}")[2]
            self.reading.warning(
                "bpmn.foreign_element", f"the element <{name}> is not BPMN 2.0 and is ignored", node.place, *ids
            )
        else:
            self.reading.error(
                "bpmn.unsupported", f"the element <{node.tag}> cannot be executed inside a process", node.place, *ids
            )

    def draft(self, node: Node, kind: Kind, scope: str | None) -> _Draft | None:
        identity = node.get("id")
        if not identity:
            self.reading.error("bpmn.missing_id", f"a <{node.tag}> must have an id", node.place)
            return None
        if identity in self.drafts or not self.is_free(identity, node):
            return None
        parts = by_tag(node.children)
        loops = [loop for tag in _BODIES for loop in parts.get(tag, ())]
        if len(loops) > 1:
            self.reading.error(
                "bpmn.loop", f"'{identity}' repeats in two ways, and must in one at most", loops[1].place, identity
            )
        draft = _Draft(node, identity, kind, scope, parts, extensions_of(node), loops[0] if loops else None)
        self.drafts[identity] = draft
        if kind in SUB_PROCESSES:
            draft.children = self.collect(node, identity)
        else:
            self.data_objects.extend(self.data_object(each, identity) for each in parts.get("property", ()))
        if kind is Kind.AD_HOC_SUB_PROCESS:
            for child in self.activated(draft):
                self.drafts[written_id(child)].scope = identity + INNER_INSTANCE
        return draft

    def activated(self, ad_hoc: _Draft) -> list[str]:
        """What is in an ad-hoc sub-process but its event sub-processes."""
        started_by_events = self.event_sub_processes(ad_hoc.children)
        return [child for child in ad_hoc.children if child not in started_by_events]

    def is_free(self, identity: str, node: Node) -> bool:
        """Ids are XML names (xsd:ID); those that are not could be mistaken for the ones given here."""
        for reserved in ("#", _ARROW):
            if reserved in identity:
                self.reading.error(
                    "bpmn.invalid_id", f"the id '{identity}' must not contain '{reserved}'", node.place, identity
                )
                return False
        return True

    def data_object(self, node: Node, scope: str | None) -> DataObject:
        value = None
        for tag, values in extensions_of(node).items():
            if tag == "camunda:value":
                value = values[0].text.strip() or None
        subject = local_name(node.get("itemSubjectRef"))
        return DataObject(
            node.get("id") or "",
            node.get("name"),
            scope,
            self.reading.roots.item_types.get(subject or "", subject),
            value,
            flag(node.get("isCollection")),
            node.place,
        )

    def read_lanes(self, lane_set: Node) -> None:
        for lane in lane_set.all("lane"):
            members = tuple(ref.text.strip() for ref in lane.all("flowNodeRef"))
            self.lanes.append(Lane(lane.get("id") or "", lane.get("name"), members))
            for nested in (*lane.all("childLaneSet"), *lane.all("laneSet")):
                self.read_lanes(nested)

    # ------------------------------------------------------------ second pass: flows, boundary events, handlers

    def outer(self, reference: str | None) -> str:
        identity = local_name(reference) or ""
        draft = self.drafts.get(identity)
        return draft.outer_id if draft is not None else identity

    def link(self, node: Node) -> None:
        source, target = self.outer(node.get("sourceRef")), self.outer(node.get("targetRef"))
        identity = node.get("id") or self.implicit_id(source, target)
        if identity in self.flows or not self.is_free(node.get("id") or "", node):
            return
        extensions = extensions_of(node)
        condition = node.child("conditionExpression")
        flow = Flow(
            identity,
            source,
            target,
            condition=element_expression(condition, self.reading.language),
            name=node.get("name"),
            listeners=camunda.execution_listeners(self.reading, extensions, identity, "take") if extensions else (),
            index=len(self.flows),
            place=node.place,
        )
        self.warn_of_skipping(node, identity)
        if condition is not None and flow.condition is None:
            self.reading.warning(
                "bpmn.empty_condition",
                f"the condition of sequence flow '{identity}' is empty, so the flow has none",
                node.place,
                identity,
            )
        self.flows[identity] = flow
        self.outgoing.setdefault(source, []).append(identity)
        self.incoming.setdefault(target, []).append(identity)

    def implicit_id(self, source: str, target: str) -> str:
        """An id that stays the same as long as the flow joins the same two nodes; no id in a file has such a form."""
        base = f"{source}{_ARROW}{target}"
        identity, count = base, 1
        while identity in self.flows:
            count += 1
            identity = f"{base}#{count}"
        return identity

    def attach(self) -> None:
        for draft in self.drafts.values():
            if draft.kind is Kind.BOUNDARY_EVENT:
                host = self.outer(draft.node.get("attachedToRef"))
                self.boundary_events.setdefault(host, []).append(draft.id)
        for association in self.associations:
            source = local_name(association.get("sourceRef")) or ""
            draft_ = self.drafts.get(source)
            if draft_ is not None and draft_.kind is Kind.BOUNDARY_EVENT:
                target = self.outer(association.get("targetRef"))
                if local_name(association.get("targetRef")) in self.drafts:
                    self.handlers.setdefault(source, target)

    # ------------------------------------------------------------ third pass: elements

    def event_sub_processes(self, children: list[str]) -> tuple[str, ...]:
        found = []
        for child in children:
            draft = self.drafts[written_id(child)]
            if draft.kind in _EVENT_SUB_PROCESSES and flag(draft.node.get("triggeredByEvent")):
                found.append(child)
        return tuple(found)

    def build(self, draft: _Draft, elements: dict[str, Element]) -> None:
        reading, node, extensions, identity = self.reading, draft.node, draft.extensions, draft.id
        attributes = node.attributes
        context = Context(reading, node, draft.parts, extensions, identity)
        specifics = SPECIFICS[draft.kind](context)
        if draft.kind is Kind.BOUNDARY_EVENT:
            specifics["attached_to"] = self.outer(specifics["attached_to"]) or None
            if any(event.trigger is Trigger.COMPENSATION for event in specifics["events"]):
                specifics["compensation_handler"] = self.handlers.get(identity)
        documentation = draft.parts.get("documentation")
        about: dict[str, Any] = {
            "name": attributes.get("name"),
            "documentation": documentation[0].text.strip() if documentation else None,
            "place": node.place,
            "job_priority": camunda.optional(node, "camunda:jobPriority"),
            "is_for_compensation": flag(attributes.get("isForCompensation")),
        }
        retry = camunda.retry_cycle(extensions) if extensions else None
        continuation: dict[str, Any] = {
            "async_before": flag(attributes.get("camunda:asyncBefore")) or flag(attributes.get("camunda:async")),
            "async_after": flag(attributes.get("camunda:asyncAfter")) or flag(attributes.get("camunda:asyncLeave")),
            "exclusive": flag(attributes.get("camunda:exclusive"), True),
            "retry_cycle": juel(retry, node.place) if retry else None,
        }
        flows: dict[str, Any] = {
            "incoming": tuple(self.incoming.get(draft.outer_id, ())),
            "outgoing": tuple(self.outgoing.get(draft.outer_id, ())),
            "default": local_name(attributes.get("default")),
            "boundary_events": tuple(self.boundary_events.get(draft.outer_id, ())),
        }
        if extensions:
            self.extend(draft, specifics)
        self.warn_of_skipping(node, identity)
        for child in node.children:
            if child.tag.startswith("camunda:") and child.tag != "camunda:field":
                self.reading.warning(
                    "bpmn.misplaced_extension",
                    f"the element <{child.tag}> of '{identity}' is ignored: it must stand in <extensionElements>",
                    child.place,
                    identity,
                )
        if draft.kind in SUB_PROCESSES:
            specifics["children"] = tuple(draft.children)
            specifics["event_sub_processes"] = self.event_sub_processes(draft.children)
        if draft.kind is Kind.AD_HOC_SUB_PROCESS:
            specifics["children"] = (identity + INNER_INSTANCE, *specifics["event_sub_processes"])
        if draft.loop is None:
            elements[identity] = Element(
                id=identity, kind=draft.kind, scope=draft.scope, **about, **continuation, **flows, **specifics
            )
        else:
            body, loop = draft.outer_id, self.loop(context, draft.loop)
            elements[body] = Element(
                id=body,
                kind=Kind.MULTI_INSTANCE if isinstance(loop, MultiInstance) else Kind.STANDARD_LOOP,
                scope=draft.scope,
                multi_instance=loop if isinstance(loop, MultiInstance) else None,
                standard_loop=loop if isinstance(loop, StandardLoop) else None,
                children=(identity,),
                **about,
                **continuation,
                **flows,
            )
            elements[identity] = Element(
                id=identity,
                kind=draft.kind,
                scope=body,
                async_before=loop.async_before,
                async_after=loop.async_after,
                exclusive=loop.exclusive,
                retry_cycle=_inner_retry_cycle(loop, continuation["retry_cycle"]),
                **about,
                **specifics,
            )
        if draft.kind is Kind.AD_HOC_SUB_PROCESS:
            elements[identity + INNER_INSTANCE] = Element(
                id=identity + INNER_INSTANCE,
                kind=Kind.AD_HOC_INSTANCE,
                scope=identity,
                name=attributes.get("name"),
                place=node.place,
                children=tuple(self.activated(draft)),
            )

    @staticmethod
    def loop(context: Context, node: Node) -> MultiInstance | StandardLoop:
        if node.tag == "multiInstanceLoopCharacteristics":
            return read_multi_instance(context, node)
        return read_standard_loop(context, node)

    def extend(self, draft: _Draft, specifics: dict[str, Any]) -> None:
        """What any flow node may have among its extension elements."""
        reading, extensions, identity = self.reading, draft.extensions, draft.id
        own = OF_AD_HOC if draft.kind is Kind.AD_HOC_SUB_PROCESS else frozenset[str]()
        of_zeebe = [tag for tag in extensions if tag.startswith("zeebe:") and tag not in own]
        of_camunda = [tag for tag in extensions if tag.startswith("camunda:")]
        if of_zeebe and of_camunda:
            reading.error(
                "bpmn.mixed_dialects",
                f"one element must not mix two dialects: <{of_camunda[0]}> and <{of_zeebe[0]}>",
                draft.node.place,
                identity,
            )
        specifics["io"] = camunda.input_output(reading, extensions, identity) or zeebe.input_output(extensions)
        specifics["listeners"] = (
            *camunda.execution_listeners(reading, extensions, identity),
            *zeebe.listeners(extensions, "zeebe:executionListeners", "zeebe:executionListener"),
        )
        specifics["properties"] = frozen({**camunda.properties(extensions), **zeebe.properties(extensions)}) or EMPTY

    def warn_of_skipping(self, node: Node, identity: str) -> None:
        """Flowable asks skip expressions only where a variable says so; here they are not asked."""
        if node.get("camunda:skipExpression"):
            self.reading.warning(
                "bpmn.skip_expression",
                f"the skipExpression of '{identity}' is not asked: nothing is skipped; use a gateway",
                node.place,
                identity,
            )


def _starters(process: Node, attribute: str, more: list[Expression]) -> tuple[str, ...]:
    return (*comma_separated(process.get(attribute) or ""), *(who.text for who in more))


def _inner_retry_cycle(loop: MultiInstance | StandardLoop, of_activity: Any) -> Expression | None:
    if loop.retry_cycle is not None:
        return juel(loop.retry_cycle, loop.place)
    return of_activity if isinstance(of_activity, Expression) else None
