"""One DMN file in, its compiled decisions out, or all that is wrong with it (DMN 1.1 to 1.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from bpmn.problems import InvalidModel, Problem, error
from bpmn.xml import PREFIXES, Limits, Node, Refused, parse
from engine.decision.boxed import BOXED, BoxedReader, boxed_in, read_parameters
from engine.decision.coverage import examine
from engine.decision.reading import MOST_NAMES, Names, Reading, identity, language_of
from engine.decision.requirements import (
    Decision,
    DecisionRequirements,
    Element,
    InputData,
    KnowledgeModel,
    Requirement,
    Service,
)
from engine.decision.tables import DecisionTable, read_table
from engine.decision.types import DataType, ItemType
from engine.expression.feel.builtins import BUILTINS

__all__ = ["DMN_FILE_NAMES", "is_dmn", "read_decisions", "read_together"]

DMN_FILE_NAMES = (".dmn", ".dmn11.xml")
"""How the name of a file ends that is read as DMN (Camunda's DMN_RESOURCE_SUFFIXES)."""

NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
"""The namespaces of DMN, and the version that each is of."""

_PREFIXES = {
    **PREFIXES,
    **dict.fromkeys(NAMESPACES, "dmn:"),
    "http://camunda.org/schema/1.0/dmn": "camunda:",
    "http://operaton.org/schema/1.0/dmn": "camunda:",
}
_LIMITS = Limits(elements=200_000)
_NO_MODELS: Mapping[str, DecisionRequirements] = MappingProxyType({})

_ELEMENTS = frozenset({"dmn:decision", "dmn:inputData", "dmn:businessKnowledgeModel", "dmn:decisionService"})
_DESCRIBING = """
    description extensionElements question allowedAnswers variable informationRequirement knowledgeRequirement
    authorityRequirement supportedObjective impactedPerformanceIndicator decisionMaker decisionOwner usingProcess
    usingTask encapsulatedLogic outputDecision encapsulatedDecision inputDecision inputData
"""
_BESIDE = """
    description extensionElements import itemDefinition knowledgeSource elementCollection performanceIndicator
    organizationUnit textAnnotation association group
"""
_IN_ELEMENTS, _IN_MODELS = (frozenset(f"dmn:{name}" for name in names.split()) for names in (_DESCRIBING, _BESIDE))
"""What stands in an element beside its expression, and in a model beside its elements."""


def is_dmn(resource: str) -> bool:
    """Is the file read as DMN, by its name?"""
    return resource.lower().endswith(DMN_FILE_NAMES)


def read_decisions(
    source: bytes,
    resource: str,
    *,
    imported: Mapping[str, DecisionRequirements] = _NO_MODELS,
    by_standard: bool = False,
) -> DecisionRequirements:
    """Read and compile a file. ``imported`` are the models that it may import, by namespace.

    In the usual way its decisions work as in Camunda 7 and fail loudly; ``by_standard`` they work as DMN 1.5 defines
    it, where what has no value is null. Raises InvalidModel.
    """
    return _read(_root(source, resource), resource, imported, by_standard=by_standard)


def read_together(
    sources: Mapping[str, bytes], *, by_standard: bool = False, examines: bool = False
) -> Mapping[str, DecisionRequirements]:
    """Read files that may import each other, by their names. Raises InvalidModel with the problems of all.

    When it ``examines`` them, warnings tell where the rules of tables meet and what they leave open.
    """
    roots: dict[str, Node] = {}
    problems: list[Problem] = []
    for resource, source in sources.items():
        try:
            roots[resource] = _root(source, resource)
        except InvalidModel as invalid:
            problems += invalid.problems
    models: dict[str, DecisionRequirements] = {}
    by_namespace: dict[str, DecisionRequirements] = {}
    for resource in _imported_first(roots):
        try:
            model = _read(roots[resource], resource, by_namespace, by_standard=by_standard, examines=examines)
            models[resource] = by_namespace[model.namespace] = model
        except InvalidModel as invalid:
            problems += invalid.problems
    if problems:
        raise InvalidModel(problems)
    return {resource: models[resource] for resource in sources}


def _imported_first(roots: Mapping[str, Node]) -> list[str]:
    """The files in an order in which each comes after those that it imports; in a circle somewhere one does not."""
    providers = {root.get("namespace"): resource for resource, root in roots.items()}
    order: dict[str, None] = {}
    begun: set[str] = set()
    pending = list(roots)[::-1]
    while pending:
        resource = pending[-1]
        needed = (providers.get(each.get("namespace")) for each in roots[resource].all("dmn:import"))
        missing = [each for each in needed if each is not None and each not in order and each not in begun]
        begun.add(resource)
        if missing:
            pending += missing
        else:
            order.setdefault(pending.pop())
    return list(order)


def _root(source: bytes, resource: str) -> Node:
    try:
        root = parse(source, resource, _LIMITS, _PREFIXES).root
    except Refused as refused:
        raise InvalidModel([refused.problem]) from None
    if root.tag != "dmn:definitions":
        raise InvalidModel([_not_dmn(resource, root)])
    return root


def _read(
    root: Node,
    resource: str,
    imported: Mapping[str, DecisionRequirements],
    *,
    by_standard: bool,
    examines: bool = False,
) -> DecisionRequirements:
    reader = _Reader(root, Reading(resource, by_standard, examines), imported)
    found = reader.read()
    if any(problem.is_error for problem in reader.reading.problems):
        raise InvalidModel(reader.reading.problems)
    return found


def _not_dmn(resource: str, root: Node) -> Problem:
    message = f"the file is not DMN: its root is <{root.tag}>, and should be <definitions> in '{list(NAMESPACES)[-1]}'"
    return error(resource, "dmn.namespace", message, root.place)


class _Reader:
    """Reads one file in three rounds: the types, the elements with their names, and then what is inside of them."""

    def __init__(self, root: Node, reading: Reading, imported: Mapping[str, DecisionRequirements]) -> None:
        self.root = root
        self.reading = reading
        self.imported = imported
        self.namespace = root.get("namespace") or ""
        self.prefixes: dict[str, str | None] = {}
        """The names of the imports by namespace."""
        self.elements: dict[str, Element] = {}
        self.nodes: list[tuple[Element, Node]] = []
        self.shared_names: Names = frozenset()
        """The names that any decision may use in Camunda's way."""

    def read(self) -> DecisionRequirements:
        """The model; the problems are in the reading."""
        root, reading = self.root, self.reading
        self._check_root()
        for node in root.all("dmn:import"):
            self._import(node)
        reading.read_types(root.all("dmn:itemDefinition"))
        for node in root.children:
            if node.tag in _ELEMENTS:
                self._declare(node)
            elif node.tag.startswith("dmn:") and node.tag not in _IN_MODELS:
                reading.error("dmn.unknown", f"there is no <{node.tag[4:]}> in a model of DMN", node)
        for element, node in self.nodes:
            self._require(element, node)
        if not self._refuse_circles():
            shared = _names(self.elements.values()) | set(_output_names(root))
            if len(shared) > MOST_NAMES:
                reading.refuse_names(root)
            else:
                self.shared_names = frozenset(name for name in shared if name not in BUILTINS)
            for element, node in self.nodes:
                reading.inside = element.id
                self._fill(element, node)
        decisions = {
            each.id: each for each in self.elements.values() if isinstance(each, Decision) and each.logic is not None
        }
        return DecisionRequirements(
            root.get("id") or "",
            root.get("name"),
            self.namespace,
            MappingProxyType(decisions),
            MappingProxyType(self.elements),
            MappingProxyType(reading.types),
            tuple(problem for problem in reading.problems if not problem.is_error),
            reading.by_standard,
        )

    def _check_root(self) -> None:
        wanted = ("namespace",) if self.reading.by_standard else ("id", "name", "namespace")
        for attribute in wanted:
            if not self.root.get(attribute):
                self.reading.error("dmn.name", f"the definitions have no {attribute}", self.root)
        if (written := self.root.get("expressionLanguage")) is not None:
            language = language_of(written)
            if language is None:
                message = f"the expression language '{written}' is not supported; use feel or juel"
                self.reading.error("dmn.language", message, self.root)
            else:
                self.reading.language = language

    def _import(self, node: Node) -> None:
        namespace, name = node.get("namespace") or "", node.get("name") or ""
        kind = node.get("importType") or ""
        model = self.imported.get(namespace)
        if kind not in NAMESPACES:
            self.reading.error("dmn.import", f"imports of the type '{kind}' are not supported, only those of DMN", node)
        elif model is None:
            message = f"the imported model '{namespace}' is not among the models that are deployed together"
            self.reading.error("dmn.import", message, node)
        else:
            self.prefixes[namespace] = name or None
            for type_name, type_ in model.types.items():
                self.reading.types.setdefault(f"{name}.{type_name}" if name else type_name, type_)
            self.reading.know_members({name, *_names(model.elements.values())})

    # --- elements and their requirements ---

    def _declare(self, node: Node) -> None:
        name, variable = node.get("name"), node.child("dmn:variable")
        element_id = identity(node)
        if element_id is None and self.reading.by_standard:
            element_id = name
        if not name or element_id is None:
            self.reading.error("dmn.name", f"the {node.tag[4:]} needs an id and a name", node)
            return
        if element_id in self.elements:
            self.reading.error("dmn.name", f"two elements have the id '{element_id}'", node)
            return
        variable_name = name if variable is None else variable.get("name") or name
        element = self._element(node, element_id, variable_name)
        if variable is not None:
            element.type = self.reading.type_of(variable, of_camunda=isinstance(element, Decision))
        self.elements[element_id] = element
        self.nodes.append((element, node))

    def _element(self, node: Node, element_id: str, name: str) -> Element:
        if node.tag == "dmn:inputData":
            return InputData(element_id, name, self.namespace)
        if node.tag == "dmn:businessKnowledgeModel":
            return KnowledgeModel(element_id, name, self.namespace)
        if node.tag == "dmn:decisionService":
            return Service(element_id, name, self.namespace)
        logic = boxed_in(node)
        return Decision(
            element_id,
            name,
            self.namespace,
            title=node.get("name") or name,
            kind="" if logic is None else logic.tag[4:],
            version_tag=_version_tag(node),
            history_time_to_live=node.get("camunda:historyTimeToLive"),
            by_standard=self.reading.by_standard,
            place=node.place,
        )

    def _require(self, element: Element, node: Node) -> None:
        found = [
            requirement
            for tag, wanted in _REQUIREMENTS
            for each in node.all(tag)
            for reference in each.children
            if reference.tag in wanted and (requirement := self._resolved(reference, element)) is not None
        ]
        element.requirements = tuple(found)
        if isinstance(element, Decision):
            element.requires = tuple(each.target.id for each in found if isinstance(each.target, Decision))
        elif isinstance(element, Service):
            element.outputs = tuple(self._decisions(node, "dmn:outputDecision", element))
            data = [self._resolved(each, element) for each in node.all("dmn:inputData")]
            element.inputs = (
                *(each.target for each in data if each is not None),
                *self._decisions(node, "dmn:inputDecision", element),
            )
            if not element.outputs:
                self.reading.error("dmn.reference", "the decision service has no output decision", node)

    def _decisions(self, node: Node, tag: str, element: Element) -> Iterator[Decision]:
        for reference in node.all(tag):
            requirement = self._resolved(reference, element)
            if requirement is not None and isinstance(requirement.target, Decision):
                yield requirement.target

    def _resolved(self, reference: Node, element: Element) -> Requirement | None:
        """The element that a reference is to."""
        href = reference.get("href") or ""
        namespace, _, target_id = href.rpartition("#")
        prefix = None
        if not namespace or namespace == self.namespace:
            target = self.elements.get(target_id)
        else:
            prefix = self.prefixes.get(namespace)
            model = self.imported.get(namespace) if namespace in self.prefixes else None
            target = None if model is None else model.elements.get(target_id)
        if target is None:
            self.reading.error(
                "dmn.reference", f"there is no element '{href}', which is required", reference, element.id
            )
            return None
        wanted = _TARGETS[reference.tag]
        if not isinstance(target, wanted):
            self.reading.error("dmn.reference", f"'{href}' is no {reference.tag[4:]}", reference, element.id)
            return None
        return Requirement(target, prefix)

    def _refuse_circles(self) -> bool:
        """Whether elements require each other in a circle, which is told."""
        done: set[Element] = set()
        for element, node in self.nodes:
            path: dict[Element, Iterator[Element]] = {element: _needed(element)}
            while path:
                top = next(reversed(path))
                following = next((each for each in path[top] if each not in done), None)
                if following is None:
                    done.add(top)
                    del path[top]
                elif following in path and not (following is top and isinstance(top, KnowledgeModel)):
                    names = [each.id for each in path]
                    circle = names[names.index(following.id) :]
                    self.reading.error("dmn.circle", f"they require each other: {', '.join(circle)}", node, *circle)
                    return True
                elif following not in path:
                    path[following] = _needed(following)
        return False

    # --- what is inside ---

    def _fill(self, element: Element, node: Node) -> None:
        for child in node.children:
            if child.tag.startswith("dmn:") and child.tag not in _IN_ELEMENTS and child.tag not in BOXED:
                message = f"there is no <{child.tag[4:]}> in a {node.tag[4:]}"
                self.reading.error("dmn.unknown", message, child, element.id)
        if isinstance(element, Decision):
            self._fill_decision(element, node)
        elif isinstance(element, KnowledgeModel):
            self._fill_model(element, node)

    def _fill_decision(self, decision: Decision, node: Node) -> None:
        logic = boxed_in(node)
        if logic is None:
            return
        names = self._names_for(decision)
        if logic.tag == "dmn:decisionTable":
            decision.logic = self._table(decision, logic, names)
            return
        is_literal = logic.tag == "dmn:literalExpression"
        if is_literal and node.child("dmn:variable") is None and not self.reading.by_standard:
            message = "a decision that is a literal expression needs a variable, which names its result"
            self.reading.error("dmn.name", message, node)
        decision.logic = BoxedReader(self.reading, decision.id).read(logic, names, of_camunda=is_literal)

    def _table(self, decision: Decision, logic: Node, names: Names) -> DecisionTable:
        table = read_table(logic, names, self.reading, decision.id)
        if self.reading.examines:
            examine(table, logic, self.reading, decision.id)
        type_ = self.reading.type_of(logic)
        if decision.type is None and self.reading.by_standard:
            decision.type = type_
        return table

    def _fill_model(self, model: KnowledgeModel, node: Node) -> None:
        function = node.child("dmn:encapsulatedLogic")
        if function is None:
            return
        kind = (function.get("kind") or "FEEL").upper()
        if kind != "FEEL":
            self.reading.error("dmn.unsupported", f"functions of the kind '{kind}' are not called", function, model.id)
            return
        model.parameters = read_parameters(function, self.reading)
        names = self._names_for(model) | {model.name} | {parameter.name for parameter in model.parameters}
        boxed = BoxedReader(self.reading, model.id)
        body = boxed.inside(function, names, function)
        for type_ in (self.reading.type_of(function), model.type):
            body = self.reading.converted(body, _of_result(type_), model.id)
        model.body = body

    def _names_for(self, element: Element) -> Names:
        """The names in the scope of an element's logic."""
        required = {requirement.prefix or requirement.target.name for requirement in element.requirements}
        if self.reading.by_standard:
            return frozenset(required)
        # Most need nothing beside what all may use: what has the same names then shares them.
        return self.shared_names if required <= self.shared_names else self.shared_names | required


_REQUIREMENTS = (
    ("dmn:informationRequirement", ("dmn:requiredInput", "dmn:requiredDecision")),
    ("dmn:knowledgeRequirement", ("dmn:requiredKnowledge",)),
)
_TARGETS: dict[str, type[Element] | tuple[type[Element], ...]] = {
    "dmn:requiredInput": InputData,
    "dmn:requiredDecision": Decision,
    "dmn:requiredKnowledge": (KnowledgeModel, Service),
    "dmn:outputDecision": Decision,
    "dmn:inputDecision": Decision,
    "dmn:inputData": InputData,
}


def _needed(element: Element) -> Iterator[Element]:
    """What an element needs for its value."""
    yield from (requirement.target for requirement in element.requirements)
    if isinstance(element, Service):
        yield from (output for output in element.outputs if output not in element.inputs)


def _of_result(type_: DataType | None) -> DataType | None:
    """The type of a function's result: that of a function itself says nothing about it."""
    return None if isinstance(type_, ItemType) and type_.parameters is not None else type_


def _names(elements: Iterable[Element]) -> set[str]:
    return {each.name for each in elements}


def _output_names(root: Node) -> Iterator[str]:
    for decision in root.all("dmn:decision"):
        for table in decision.all("dmn:decisionTable"):
            yield from (name for output in table.all("dmn:output") if (name := output.get("name")))


def _version_tag(node: Node) -> str | None:
    extensions = node.child("dmn:extensionElements")
    zeebe = None if extensions is None else extensions.child("zeebe:versionTag")
    return node.get("camunda:versionTag") if zeebe is None else zeebe.get("value")
