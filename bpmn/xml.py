"""Bytes of an XML file in, a light tree with exact places out; hostile input is refused before a tree is built.

Two passes. The first (expat, no tree) counts what the limits bound, notes the place of every start tag, and stops at
the first thing refused: a DOCTYPE (so no entity is ever declared, fetched or expanded), too many elements, too deep a
nesting, too long a text, a fault in the XML. The second (lxml, told to fetch and resolve nothing) builds the tree from
the same bytes. Both are given UTF-8, so they cannot differ about the encoding. Namespaces become short prefixes here
(`camunda:` for all dialects that share its words), so that readers compare plain strings. The diagram interchange is
checked for well-formedness and dropped: execution never depends on a drawing.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from lxml import etree

from bpmn.model import NOWHERE, Place
from bpmn.problems import Problem, error

BPMN_NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA_NAMESPACE = "http://camunda.org/schema/1.0/bpmn"
OPERATON_NAMESPACE = "http://operaton.org/schema/1.0/bpmn"
ACTIVITI_NAMESPACE = "http://activiti.org/bpmn"
FLOWABLE_NAMESPACE = "http://flowable.org/bpmn"
ZEEBE_NAMESPACE = "http://camunda.org/schema/zeebe/1.0"
JBPM_NAMESPACE = "http://www.jboss.org/drools"
DIAGRAM_NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/DI"
_DECISION_DIAGRAM_NAMESPACES = (
    "http://www.omg.org/spec/DMN/20180521/DMNDI/",
    "https://www.omg.org/spec/DMN/20191111/DMNDI/",
    "https://www.omg.org/spec/DMN/20211108/DMNDI/",
    "https://www.omg.org/spec/DMN/20230324/DMNDI/",
)

PREFIXES = {
    BPMN_NAMESPACE: "",
    CAMUNDA_NAMESPACE: "camunda:",
    OPERATON_NAMESPACE: "camunda:",
    ACTIVITI_NAMESPACE: "camunda:",
    FLOWABLE_NAMESPACE: "camunda:",
    ZEEBE_NAMESPACE: "zeebe:",
    "http://camunda.org/schema/modeler/1.0": "modeler:",
    DIAGRAM_NAMESPACE: "bpmndi:",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
}
"""Namespace to the prefix that readers see; the names of any other namespace are read as `{namespace}name`."""

_SEPARATOR = "\x1f"
"""Between namespace and name in what expat tells: a character that XML does not allow."""
_DIAGRAM_ELEMENTS = (
    (DIAGRAM_NAMESPACE, "BPMNDiagram"),
    *((namespace, "DMNDI") for namespace in _DECISION_DIAGRAM_NAMESPACES),
)
_DIAGRAMS = frozenset(f"{namespace}{_SEPARATOR}{name}" for namespace, name in _DIAGRAM_ELEMENTS)
_UTF_8 = "utf-8"
_ENCODINGS = (
    (codecs.BOM_UTF8, _UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
"""How a file begins that has an encoding whatever its first line says."""
_DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.\-]{0,40})["']""")
_CHARACTER_SETS = re.compile(
    r"(utf-16|iso8859|koi8|mac)(-\w+)?|ascii|(cp|gb)\w+|big5\w*|euc_\w+|shift_jis\w*|johab|tis-620"
)
"""The codecs, by Python's names, of the encodings beside UTF-8 that XML files have."""

_Start = tuple[int, int, int]
"""A start tag outside the diagrams: how many elements it stands in, its line and its column."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may contain. Sizes of texts, ids and names are in characters."""

    bytes: int = 5_000_000
    elements: int = 50_000
    """XML elements outside the diagram, which only `bytes` bounds."""
    depth: int = 100
    attributes: int = 64
    text: int = 1_000_000
    id: int = 255
    name: int = 1_000
    processes: int = 500


@dataclass(slots=True)
class Node:
    """One XML element: prefixed tag, attributes by prefixed name, child elements, own text, place of the start tag."""

    tag: str
    attributes: dict[str, str]
    place: Place
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def get(self, name: str) -> str | None:
        """An attribute by its prefixed name, None if absent."""
        return self.attributes.get(name)

    def child(self, tag: str) -> Node | None:
        """The first child element with the tag."""
        for child in self.children:
            if child.tag == tag:
                return child
        return None

    def all(self, tag: str) -> list[Node]:
        """The child elements with the tag, in document order."""
        return [child for child in self.children if child.tag == tag]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file: its root, the namespaces that its elements and attributes use, and those that the root declares."""

    root: Node
    namespaces: frozenset[str]
    declared: frozenset[str]


class Refused(Exception):
    """The file is no XML that may be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def parse(data: bytes, resource: str, limits: Limits, prefixes: Mapping[str, str] = PREFIXES) -> Document:
    """Read a whole file. Raises `Refused` (and nothing else) for whatever bytes cannot be read.

    `prefixes`: what becomes of the names of a namespace, as in PREFIXES.
    """
    if len(data) > limits.bytes:
        raise Refused(
            error(resource, "xml.limit", f"the file has {len(data)} bytes; the limit is {limits.bytes}", NOWHERE)
        )
    if not data.strip():
        raise Refused(error(resource, "xml.malformed", "the file is empty", NOWHERE))
    data = _as_utf_8(data, resource)
    return _tree(data, _Guard(resource, limits).pass_over(data), resource, prefixes)


def _as_utf_8(data: bytes, resource: str) -> bytes:
    encoding = _encoding(data)
    try:
        codec = codecs.lookup(encoding).name
        if codec == _UTF_8:
            return data
        if _CHARACTER_SETS.fullmatch(codec):
            return data.decode(codec).encode()
        told = f"its encoding '{encoding}' is not one of XML files; save it as UTF-8"
    except LookupError:
        told = f"its encoding '{encoding}' is not known; save it as UTF-8"
    except UnicodeError as cause:
        told = f"it is not {encoding}, as it says itself: {cause}"
    raise Refused(error(resource, "xml.malformed", f"the file cannot be read: {told}", NOWHERE))


def _encoding(data: bytes) -> str:
    """By the byte order mark, else by how the first `<` is written, else as declared (XML 1.0, appendix F)."""
    for start, encoding in _ENCODINGS:
        if data.startswith(start):
            return encoding
    declared = _DECLARED_ENCODING.match(data.lstrip()[:200])
    return _UTF_8 if declared is None else declared[1].decode("ascii")


class _Guard:
    """The handlers of one expat pass over UTF-8: they refuse, count and note places, and keep nothing else."""

    def __init__(self, resource: str, limits: Limits) -> None:
        self.resource = resource
        self.limits = limits
        self.parser = parser = expat.ParserCreate(_UTF_8, namespace_separator=_SEPARATOR)
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self.doctype
        self.starts: list[_Start] = []
        self.depth = 0
        self.diagram_depth = 0
        self.unchecked = min(limits.id, limits.name, limits.text)
        self.open: list[str] = []
        self.lengths: list[int] = []

    def pass_over(self, data: bytes) -> list[_Start]:
        """The start tags outside the diagram, in document order. Raises `Refused`."""
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as cause:
            message = f"the file is not well-formed XML: {expat.errors.messages.get(cause.code, cause)}"
            raise Refused(self.refusal("xml.malformed", message, Place(cause.lineno, cause.offset + 1))) from None
        if not self.starts:
            raise Refused(self.refusal("bpmn.namespace", "the file is no model: its root is a diagram"))
        return self.starts

    def refusal(self, rule: str, message: str, place: Place | None = None) -> Problem:
        here = Place(self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)
        return error(self.resource, rule, message, place or here)

    def doctype(self, *_: object) -> None:
        raise Refused(
            self.refusal("xml.doctype", "a document type declaration (<!DOCTYPE ...>) is not allowed: remove it")
        )

    def too_much(self, what: str, limit: int) -> Refused:
        return Refused(self.refusal("xml.limit", f"{what}; the limit is {limit}"))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > self.limits.depth:
            raise self.too_much("the elements are nested too deeply", self.limits.depth)
        if len(attributes) > self.limits.attributes:
            raise self.too_much(f"an element has {len(attributes)} attributes", self.limits.attributes)
        if self.diagram_depth:
            return
        if tag in _DIAGRAMS:
            self.diagram_depth = self.depth
            return
        parser, starts = self.parser, self.starts
        starts.append((len(self.open), parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))
        if len(starts) > self.limits.elements:
            raise self.too_much("the file has too many elements", self.limits.elements)
        for key, value in attributes.items():
            if len(value) > self.unchecked:
                self.check_length(key, value)
        self.open.append(tag)
        self.lengths.append(0)

    def check_length(self, key: str, value: str) -> None:
        limit = {"id": self.limits.id, "name": self.limits.name}.get(key, self.limits.text)
        if len(value) > limit:
            raise self.too_much(f"the attribute '{_local(key)}' has {len(value)} characters", limit)

    def end(self, _tag: str) -> None:
        if not self.diagram_depth:
            self.open.pop()
            self.lengths.pop()
        elif self.depth == self.diagram_depth:
            self.diagram_depth = 0
        self.depth -= 1

    def characters(self, text: str) -> None:
        if self.diagram_depth:
            return
        self.lengths[-1] += len(text)
        if self.lengths[-1] > self.limits.text:
            raise self.too_much(f"the text of <{_local(self.open[-1])}> is too long", self.limits.text)


def _local(qualified: str) -> str:
    return qualified.rpartition(_SEPARATOR)[2]


def _tree(data: bytes, starts: list[_Start], resource: str, prefixes: Mapping[str, str]) -> Document:
    """The nodes of a file that the guard let pass; `starts` are its start tags."""
    parser = etree.XMLParser(
        encoding=_UTF_8,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        # Reads past what libxml2 minds and XML does not, such as a namespace that is no URI; faults are fatal below.
        recover=True,
    )
    tree: etree._Element | None = etree.fromstring(data, parser)
    faults = [fault for fault in parser.error_log if fault.level == etree.ErrorLevels.FATAL]
    if tree is None or faults:
        told, place = (faults[0].message, Place(faults[0].line, faults[0].column)) if faults else ("no root", NOWHERE)
        raise Refused(error(resource, "xml.malformed", f"the file is not well-formed XML: {told}", place))
    etree.strip_elements(tree, *(f"{{{namespace}}}{name}" for namespace, name in _DIAGRAM_ELEMENTS), with_tail=False)
    elements, attributes = _Names("{}", prefixes), _Names("", prefixes)
    path: list[Node] = []
    for element, (depth, line, column) in zip(tree.iter(), starts, strict=True):
        node = Node(
            elements[str(element.tag)],
            {attributes[name]: value for name, value in element.items()},
            Place(line, column),
            text=element.text or "",
        )
        del path[depth:]
        if path:
            path[-1].children.append(node)
            if element.tail:
                path[-1].text += element.tail
        path.append(node)
    return Document(path[0], frozenset(elements.namespaces | attributes.namespaces), frozenset(tree.nsmap.values()))


class _Names(dict[str, str]):
    """lxml's names of elements or of attributes to the prefixed ones; `bare` stands before names of no namespace."""

    def __init__(self, bare: str, prefixes: Mapping[str, str]) -> None:
        super().__init__()
        self.bare = bare
        self.prefixes = prefixes
        self.namespaces: set[str] = set()

    def __missing__(self, name: str) -> str:
        namespace, _, local = name[1:].rpartition("}") if name.startswith("{") else ("", "", name)
        self.namespaces.add(namespace)
        prefix = self.prefixes.get(namespace, f"{{{namespace}}}") if namespace else self.bare
        short = self[name] = prefix + local
        return short
