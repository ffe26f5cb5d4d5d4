"""One BPMN file in, its token-flow graphs out, with everything that could not be read told as problems.

Reading is liberal where the meaning is clear: children stand in any order, flows need no ids, `incoming` and `outgoing`
are taken from the flows, foreign extensions are passed over. It never raises, whatever the bytes. What is well written
but makes no sense is left to `bpmn.rules`.
"""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.events import read_roots
from bpmn.graph import read_process
from bpmn.model import Definitions, Dialect, Process
from bpmn.problems import Problem, error
from bpmn.reading import Reading
from bpmn.vocabulary.text import flag, local_name
from bpmn.vocabulary.zeebe import OF_AD_HOC
from bpmn.xml import (
    ACTIVITI_NAMESPACE,
    BPMN_NAMESPACE,
    CAMUNDA_NAMESPACE,
    FLOWABLE_NAMESPACE,
    JBPM_NAMESPACE,
    OPERATON_NAMESPACE,
    ZEEBE_NAMESPACE,
    Document,
    Limits,
    Node,
    Refused,
    parse,
)

BPMN_FILE_NAMES = (".bpmn", ".bpmn20.xml", ".bpmn2.xml")
"""How the name of a file ends that is read as BPMN (Camunda's BPMN_RESOURCE_SUFFIXES and one older)."""

_CAMUNDA_8 = "Camunda Cloud"
_DEFAULT_LIMITS = Limits()

_OTHER_STANDARDS = {
    "http://schema.omg.org/spec/BPMN/2.0": "a draft of BPMN 2.0, whose namespace never became the standard",
    "http://www.omg.org/spec/CMMN/": "CMMN",
    "http://www.omg.org/spec/DMN/": "DMN",
    "https://www.omg.org/spec/DMN/": "DMN",
    "http://www.wfmc.org/": "XPDL",
    "http://docs.oasis-open.org/wsbpel/": "WS-BPEL",
    "http://jbpm.org/": "jPDL",
}


def is_bpmn(resource: str) -> bool:
    """Is the file read as BPMN, by its name?"""
    return resource.lower().endswith(BPMN_FILE_NAMES)


def read(data: bytes, resource: str, limits: Limits = _DEFAULT_LIMITS) -> tuple[Definitions | None, list[Problem]]:
    """Read a file. Definitions are None when nothing in it can be understood as BPMN; with any problem that is an
    error they are good for finding more problems, not for running."""
    try:
        document = parse(data, resource, limits)
    except Refused as refused:
        return None, [refused.problem]
    root = document.root
    if root.tag != "definitions":
        return None, [_not_bpmn(resource, root)]
    reading = Reading(resource, _dialect(document), _script_language(document))
    definitions = _read_definitions(reading, root, limits)
    return definitions, reading.problems


def _not_bpmn(resource: str, root: Node) -> Problem:
    namespace = root.tag[1 : root.tag.index("}")] if root.tag.startswith("{") else BPMN_NAMESPACE
    local = root.tag.rpartition("}")[2]
    found = f"<{local}> in namespace '{namespace}'" if namespace else f"<{local}> without a namespace"
    for prefix, standard in _OTHER_STANDARDS.items():
        if namespace.startswith(prefix):
            found += f" ({standard})"
    return error(
        resource,
        "bpmn.namespace",
        f"the file is not BPMN 2.0: its root is {found}, and should be <definitions> in '{BPMN_NAMESPACE}'",
        root.place,
    )


def _dialect(document: Document) -> Dialect:
    """What the modeler says it is for, else whose extensions the file uses, else could use."""
    platform = document.root.get("modeler:executionPlatform")
    if platform is not None:
        return Dialect.CAMUNDA_8 if platform == _CAMUNDA_8 else Dialect.CAMUNDA_7
    for namespace, dialect in _DIALECTS.items():
        if namespace in document.namespaces and not (dialect is Dialect.CAMUNDA_8 and _borrows(document)):
            return dialect
    for namespace, dialect in _DIALECTS.items():
        if namespace in document.declared and dialect is not Dialect.CAMUNDA_8:
            return dialect
    return Dialect.CAMUNDA_7


def _borrows(document: Document) -> bool:
    """Is a file, which uses the words of another dialect too, of Camunda 8 in nothing but ad-hoc sub-processes?"""
    if not any(namespace in document.namespaces for namespace in _DIALECTS if namespace != ZEEBE_NAMESPACE):
        return False
    stack = [document.root]
    while stack:
        node = stack.pop()
        if node.tag.startswith("zeebe:"):
            return False
        stack.extend(_but_for_ad_hoc(node))
    return True


def _but_for_ad_hoc(node: Node) -> Iterator[Node]:
    """The children of a node, and of its extension elements those that are no words for ad-hoc sub-processes."""
    for child in node.children:
        if node.tag == "adHocSubProcess" and child.tag == "extensionElements":
            yield from (each for each in child.children if each.tag not in OF_AD_HOC)
        else:
            yield child


_DIALECTS = {
    ZEEBE_NAMESPACE: Dialect.CAMUNDA_8,
    CAMUNDA_NAMESPACE: Dialect.CAMUNDA_7,
    OPERATON_NAMESPACE: Dialect.CAMUNDA_7,
    FLOWABLE_NAMESPACE: Dialect.FLOWABLE,
    ACTIVITI_NAMESPACE: Dialect.ACTIVITI,
}


def _script_language(document: Document) -> str:
    """jBPM's scripts are Java if they do not say what they are, those of other engines JUEL."""
    root = document.root
    of_jbpm = (
        JBPM_NAMESPACE in document.namespaces
        or root.get("typeLanguage") == "http://www.java.com/javaTypes"
        or root.get("expressionLanguage") == "http://www.mvel.org/2.0"
    )
    return "java" if of_jbpm else "juel"


def _read_definitions(reading: Reading, root: Node, limits: Limits) -> Definitions:
    _check_ids(reading, root)
    _check_imports(reading, root)
    read_roots(reading, root)
    roots = reading.roots
    pools = {
        local_name(participant.get("processRef")) or "": participant.get("name")
        for collaboration in root.children
        if collaboration.tag in ("collaboration", "globalConversation")
        for participant in collaboration.all("participant")
    }
    nodes = root.all("process")
    if len(nodes) > limits.processes:
        reading.error(
            "xml.limit",
            f"the file has {len(nodes)} processes; the limit is {limits.processes}",
            nodes[limits.processes].place,
        )
        nodes = nodes[: limits.processes]
    processes: list[Process] = []
    ignored: list[Node] = []
    for node in nodes:
        if _is_executable(reading, node):
            processes.append(read_process(reading, node, pools.get(node.get("id") or "")))
        else:
            ignored.append(node)
    if processes:
        for node in ignored:
            reading.warning(
                "bpmn.not_executable",
                f"the process '{node.get('id') or ''}' is ignored: {_why_not_executable(node)}",
                node.place,
                *_ids(node),
            )
    else:
        _no_executable(reading, root, ignored)
    return Definitions(
        resource=reading.resource,
        target_namespace=root.get("targetNamespace"),
        exporter=root.get("exporter"),
        exporter_version=root.get("exporterVersion"),
        execution_platform=root.get("modeler:executionPlatform"),
        execution_platform_version=root.get("modeler:executionPlatformVersion"),
        dialect=reading.dialect,
        processes=tuple(processes),
        messages=roots.messages,
        signals=roots.signals,
        errors=roots.errors,
        escalations=roots.escalations,
        ignored_processes=tuple(node.get("id") or "" for node in ignored),
    )


def _is_executable(reading: Reading, node: Node) -> bool:
    """Camunda 7 runs what says isExecutable="true"; for Activiti and Flowable, and so in their files, that is the
    default."""
    written = node.get("isExecutable")
    if written is None:
        return reading.dialect in (Dialect.ACTIVITI, Dialect.FLOWABLE)
    return flag(written)


def _why_not_executable(node: Node) -> str:
    written = node.get("isExecutable")
    return 'it has no isExecutable="true"' if written is None else f'it says isExecutable="{written}"'


def _no_executable(reading: Reading, root: Node, ignored: list[Node]) -> None:
    if ignored:
        for node in ignored:
            reading.error(
                NO_EXECUTABLE,
                f"the file has no executable process: '{node.get('id') or ''}' is not, as {_why_not_executable(node)}",
                node.place,
                *_ids(node),
            )
        return
    others = sorted({child.tag for child in root.children if child.tag in _DIAGRAMS_OF_OTHER_KINDS})
    reading.error(
        NO_EXECUTABLE,
        f"the file has no process to execute, only {', '.join(f'<{tag}>' for tag in others)}"
        if others
        else "the file has no process",
        root.place,
    )


NO_EXECUTABLE = "bpmn.no_executable"
"""The rule that a file is to have something to execute."""
_DIAGRAMS_OF_OTHER_KINDS = frozenset({"collaboration", "choreography", "globalChoreographyTask", "globalConversation"})


def _ids(node: Node) -> tuple[str, ...]:
    identity = node.get("id")
    return (identity,) if identity else ()


def _check_ids(reading: Reading, root: Node) -> None:
    """Ids are unique in a file (BPMN 2.0.2, 8.3.1); both places are named."""
    seen: dict[str, Node] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        identity = node.attributes.get("id")
        if identity is not None:
            first = seen.setdefault(identity, node)
            if first is not node:
                reading.error(
                    "bpmn.duplicate_id",
                    f"multiple elements with id '{identity}': a <{first.tag}> at line {first.place.line} and a "
                    f"<{node.tag}> at line {node.place.line}",
                    node.place,
                    identity,
                )
        stack.extend(child for child in reversed(node.children) if _has_global_id(child.tag))


def _has_global_id(tag: str) -> bool:
    """Not so what vendors put into extension elements, such as form fields."""
    return tag != "extensionElements" and ":" not in tag and tag[0] != "{"


def _check_imports(reading: Reading, root: Node) -> None:
    for node in root.children:
        if node.tag == "import" and node.get("location"):
            reading.warning(
                "bpmn.import",
                f"'{node.get('location')}' is not imported: nothing is fetched; deploy what is called beside this file",
                node.place,
            )
