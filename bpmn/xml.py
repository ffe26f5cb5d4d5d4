"""Bytes of an XML file in, a light tree with exact places out; hostile input is refused while it is read.

One pass of expat builds the tree, counts what the limits bound and stops at the first thing refused: a DOCTYPE (so no
entity is ever declared, fetched or expanded), too many elements, too deep a nesting, too long a text. Namespaces become
short prefixes here (`camunda:` for all dialects that share its words), so that readers compare plain strings. The
diagram interchange is checked for well-formedness and dropped: execution never depends on a drawing.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from xml.parsers import expat

from bpmn.model import NOWHERE, Place
from bpmn.problems import Problem, error

BPMN_NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA_NAMESPACE = "http://camunda.org/schema/1.0/bpmn"
OPERATON_NAMESPACE = "http://operaton.org/schema/1.0/bpmn"
ACTIVITI_NAMESPACE = "http://activiti.org/bpmn"
FLOWABLE_NAMESPACE = "http://flowable.org/bpmn"
ZEEBE_NAMESPACE = "http://camunda.org/schema/zeebe/1.0"

PREFIXES = {
    BPMN_NAMESPACE: "",
    CAMUNDA_NAMESPACE: "camunda:",
    OPERATON_NAMESPACE: "camunda:",
    ACTIVITI_NAMESPACE: "camunda:",
    FLOWABLE_NAMESPACE: "camunda:",
    ZEEBE_NAMESPACE: "zeebe:",
    "http://camunda.org/schema/modeler/1.0": "modeler:",
    "http://www.omg.org/spec/BPMN/20100524/DI": "bpmndi:",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
}
"""Namespace to the prefix that readers see; the names of any other namespace are read as `{namespace}name`."""

_DIAGRAM = "bpmndi:BPMNDiagram"
_DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.\-]{0,40})["']""")
_TRANSCODED = frozenset({"gb2312", "gbk", "gb18030", "big5", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949"})
"""Codecs (by Python's names) that expat does not read itself: the file is turned into UTF-8 first."""


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
    """A whole file: its root and the namespaces that its elements and attributes use."""

    root: Node
    namespaces: frozenset[str]


class Refused(Exception):
    """The file is no XML that may be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def parse(data: bytes, resource: str, limits: Limits) -> Document:
    """Read a whole file. Raises `Refused` (and nothing else) for whatever bytes cannot be read."""
    if len(data) > limits.bytes:
        raise Refused(
            error(resource, "xml.limit", f"the file has {len(data)} bytes; the limit is {limits.bytes}", NOWHERE)
        )
    if not data.strip():
        raise Refused(error(resource, "xml.malformed", "the file is empty", NOWHERE))
    encoding = None
    declared = _DECLARED_ENCODING.match(data.lstrip()[:200])
    if declared is not None and (codec := _transcoded(declared[1].decode("ascii"))) is not None:
        try:
            data, encoding = data.decode(codec).encode(), "utf-8"
        except UnicodeError as cause:
            raise Refused(
                error(resource, "xml.malformed", f"the file is not {codec}, as its first line says: {cause}", NOWHERE)
            ) from None
    return _Builder(resource, limits, encoding).parse(data)


def _transcoded(encoding: str) -> str | None:
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        return None
    return codec if codec in _TRANSCODED else None


class _Builder:
    """The handlers of one expat parse and what they gather."""

    def __init__(self, resource: str, limits: Limits, encoding: str | None) -> None:
        self.resource = resource
        self.limits = limits
        self.parser = parser = expat.ParserCreate(encoding, namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self.doctype
        self.tags: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        self.namespaces: set[str] = set()
        self.elements = 0
        self.depth = 0
        self.diagram_depth = 0
        self.unchecked = min(limits.id, limits.name, limits.text)
        self.root: Node | None = None
        self.open: list[Node] = []

    def parse(self, data: bytes) -> Document:
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as cause:
            message = f"the file is not well-formed XML: {expat.errors.messages.get(cause.code, cause)}"
            raise Refused(self.refusal("xml.malformed", message, Place(cause.lineno, cause.offset + 1))) from None
        except (LookupError, ValueError) as cause:
            raise Refused(self.refusal("xml.malformed", f"the file's encoding cannot be read: {cause}")) from None
        if self.root is None:
            raise Refused(self.refusal("bpmn.namespace", "the file is not BPMN 2.0: its root is a diagram"))
        return Document(self.root, frozenset(self.namespaces))

    def refusal(self, rule: str, message: str, place: Place | None = None) -> Problem:
        return error(self.resource, rule, message, place or self.place())

    def place(self) -> Place:
        return Place(self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def doctype(self, *_: object) -> None:
        raise Refused(
            self.refusal(
                "xml.doctype", "a document type declaration (<!DOCTYPE ...>) is not allowed; BPMN needs none: remove it"
            )
        )

    def too_much(self, what: str, limit: int) -> Refused:
        return Refused(self.refusal("xml.limit", f"{what}; the limit is {limit}"))

    def tag(self, qualified: str) -> str:
        namespace, _, local = qualified.rpartition(" ")
        self.namespaces.add(namespace)
        prefix = PREFIXES.get(namespace)
        short = f"{{{namespace}}}{local}" if prefix is None else prefix + local
        self.tags[qualified] = short
        return short

    def attribute(self, qualified: str) -> str:
        namespace, _, local = qualified.rpartition(" ")
        self.namespaces.add(namespace)
        prefix = PREFIXES.get(namespace) if namespace else ""
        short = f"{{{namespace}}}{local}" if prefix is None else prefix + local
        self.attributes[qualified] = short
        return short

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > self.limits.depth:
            raise self.too_much("the elements are nested too deeply", self.limits.depth)
        if len(attributes) > self.limits.attributes:
            raise self.too_much(f"an element has {len(attributes)} attributes", self.limits.attributes)
        if self.diagram_depth:
            return
        short = self.tags.get(tag) or self.tag(tag)
        if short == _DIAGRAM:
            self.diagram_depth = self.depth
            return
        self.elements += 1
        if self.elements > self.limits.elements:
            raise self.too_much("the file has too many elements", self.limits.elements)
        named: dict[str, str] = {}
        for key, value in attributes.items():
            name = self.attributes.get(key) or self.attribute(key)
            if len(value) > self.unchecked:
                self.check_length(name, value)
            named[name] = value
        node = Node(short, named, self.place())
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def check_length(self, key: str, value: str) -> None:
        limit = {"id": self.limits.id, "name": self.limits.name}.get(key, self.limits.text)
        if len(value) > limit:
            raise self.too_much(f"the attribute '{key}' has {len(value)} characters", limit)

    def end(self, _tag: str) -> None:
        if self.diagram_depth:
            if self.depth == self.diagram_depth:
                self.diagram_depth = 0
        else:
            self.open.pop()
        self.depth -= 1

    def characters(self, text: str) -> None:
        if self.diagram_depth:
            return
        node = self.open[-1]
        node.text += text
        if len(node.text) > self.limits.text:
            raise self.too_much(f"the text of <{node.tag}> is too long", self.limits.text)
