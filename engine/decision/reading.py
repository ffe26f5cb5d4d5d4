"""What the readers of one DMN file share: the problems found so far, its types, and how expressions compile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bpmn.problems import Problem, error, warning
from bpmn.xml import Node
from engine.decision.course import Failure, JuelContext, Run, of_variable
from engine.decision.types import ANY, CAMUNDA_TYPES, FEEL_TYPES, DataType, ItemType
from engine.expression import EvaluationError, ExpressionLimit, ExpressionSyntaxError
from engine.expression.feel import FeelExpression, KnownNames, Types, compile_feel, compile_unary_tests
from engine.expression.feel.builtins import BUILTINS
from engine.expression.feel.evaluation import Evaluation, Refused, Scope
from engine.expression.feel.types import Type
from engine.expression.feel.values import Value
from engine.expression.juel import compile_juel_script

__all__ = ["Names", "Reading", "identity", "source_of"]

Names = frozenset[str]
"""The names in scope that are known when an expression is compiled."""

MOST_NAMES = 5_000
"""How many names one expression may know."""
MOST_NAMES_OF_ALL = 300_000
"""How many names the expressions of one file may know together, where those that know the same count once."""
_NO_NAMES = KnownNames()

_FEEL_NAMESPACES = ("http://www.omg.org/spec/FEEL/", "http://www.omg.org/spec/DMN/", "https://www.omg.org/spec/DMN/")


def identity(node: Node) -> str | None:
    """The id of an element."""
    return node.get("id")


@dataclass(slots=True)
class Reading:
    """One file being read.

    ``by_standard``: what DMN gives no value is null, rather than a failure; types are those of DMN alone, without
    Camunda's conversions; and what is wrong with one element refuses nothing but that: its value is null. ``examines``:
    what the rules of its tables leave open, and where they meet, is told.
    """

    resource: str
    by_standard: bool
    examines: bool = False
    language: str = "feel"
    inside: str | None = None
    """The id of the element of the graph that is being read."""
    problems: list[Problem] = field(default_factory=list)
    types: dict[str, DataType] = field(default_factory=dict)
    """The item definitions by name, those of imported models with the import's name before it."""
    member_names: Names = frozenset()
    """The names of the components of item definitions."""
    feel_types: Types = field(default_factory=lambda: Types({}))
    """The item definitions as expressions name them."""
    _special_names: dict[Names, KnownNames] = field(default_factory=dict)
    _known: int = 0
    """How many names have been made known to expressions."""
    _is_too_much: bool = False

    def error(self, rule: str, message: str, node: Node, *element_ids: str | None) -> None:
        """Note what refuses the deployment."""
        tell = warning if self.by_standard else error
        self.problems.append(tell(self.resource, rule, message, node.place, *self._about(node, element_ids)))

    def warning(self, rule: str, message: str, node: Node, *element_ids: str | None) -> None:
        """Note what is only told."""
        self.problems.append(warning(self.resource, rule, message, node.place, *self._about(node, element_ids)))

    def _about(self, node: Node, element_ids: Iterable[str | None]) -> Iterable[str]:
        """The ids that a problem is told with: of the node, of what it stands in, and of the element of the graph."""
        return dict.fromkeys(each for each in (identity(node), *element_ids, self.inside) if each)

    # --- expressions ---

    def expression(self, node: Node, names: Names, owner: str | None) -> Run | None:
        """The expression in the ``text`` of a node; None where there is none. ``owner`` is the id it is told by."""
        if (imported := node.child("dmn:importedValues")) is not None:
            self.error("dmn.unsupported", "values imported from other files are not supported", imported, owner)
        source = source_of(node)
        if not source:
            return None
        language = self._language(node, owner)
        if language == "juel":
            return self._juel(source, node, owner)
        if language is None:
            return None
        compiled = self._compiled(compile_feel, source, names, node, owner)
        return None if compiled is None else self.guarded(compiled.value_in, identity(node) or owner)

    def test(self, node: Node, names: Names, owner: str | None) -> Run | None:
        """The unary tests in the ``text`` of a node; None where they are always fulfilled."""
        source = source_of(node)
        if source in ("", "-"):
            return None
        language = self._language(node, owner)
        if language == "juel":
            return self._juel(source, node, owner)
        compiled = None
        if language is not None:
            compiled = self._compiled(compile_unary_tests, source, names, node, owner)
        if compiled is None:
            return lambda _: None
        return self.guarded(compiled.value_in, identity(node) or owner)

    def unary_tests(self, node: Node, owner: str | None) -> FeelExpression | None:
        """The tests that a node's ``text`` holds for values of a type or clause; None where there are none."""
        source = source_of(node)
        if source in ("", "-"):
            return None
        return self._compiled(compile_unary_tests, source, frozenset(), node, owner)

    def listed(self, node: Node) -> list[Value] | None:
        """The values that unary tests list (``"a", "b"``); None where they are tests of another kind."""
        try:
            compiled = compile_feel(f"[{source_of(node)}]")
            found = compiled.apply({}).value if compiled.is_constant else None
        except (ExpressionSyntaxError, EvaluationError):
            return None
        return found if isinstance(found, list) else None

    def _compiled(
        self, compiler: Callable[..., FeelExpression], source: str, names: Names, node: Node, owner: str | None
    ) -> FeelExpression | None:
        try:
            return compiler(source, self._special(names, node), types=self.feel_types)
        except ExpressionSyntaxError as cause:
            self.error("expression.syntax", str(cause), node, owner)
            return None

    def know_members(self, names: Iterable[str]) -> None:
        """Know names that may stand behind a dot."""
        self.member_names |= {name for name in names if not name.isidentifier() and name not in BUILTINS}
        self._special_names.clear()

    def _special(self, names: Names, node: Node) -> KnownNames:
        """Those names that FEEL would not take for what they are by itself: with signs in them, or of functions."""
        if self._is_too_much:
            return _NO_NAMES
        found = self._special_names.get(names)
        if found is None:
            self._known += len(names) + len(self.member_names)
            if len(names) > MOST_NAMES or self._known > MOST_NAMES_OF_ALL:
                self.refuse_names(node)
                return _NO_NAMES
            special = {name for name in names if not name.isidentifier() or name in BUILTINS}
            found = self._special_names[names] = KnownNames(special | self.member_names)
        return found

    def refuse_names(self, node: Node) -> None:
        """Note, once, that there are too many names to read expressions with; from now on none is known."""
        if not self._is_too_much:
            self._is_too_much = True
            message = f"there are more than {MOST_NAMES} names for one expression, or too many for all of them"
            self.problems.append(error(self.resource, "dmn.limit", message, node.place))

    def _juel(self, source: str, node: Node, owner: str | None) -> Run | None:
        try:
            compiled = compile_juel_script(source)
        except ExpressionSyntaxError as cause:
            self.error("expression.syntax", str(cause), node, owner)
            return None

        def run(scope: Scope) -> Value:
            return of_variable(compiled.evaluate(JuelContext(scope)))

        return self.guarded(run, identity(node) or owner)

    def _language(self, node: Node, owner: str | None) -> str | None:
        written = node.get("expressionLanguage")
        if written is None:
            return self.language
        language = language_of(written)
        if language is None:
            self.error(
                "dmn.language",
                f"the expression language '{written}' is not supported; use feel or juel",
                node,
                owner,
            )
        return language

    def guarded(self, run: Run, element_id: str | None) -> Run:
        """An expression whose failure is that of the decision; by the standard its value is null, if it has any."""
        by_standard = self.by_standard

        def guard(scope: Scope) -> Value:
            try:
                return run(scope)
            except ExpressionLimit as limit:
                raise Failure(element_id, str(limit)) from None
            except EvaluationError as cause:
                if by_standard:
                    return scope.evaluation.null(cause)
                raise Failure(element_id, str(cause)) from None

        return guard

    # --- types ---

    def type_of(self, node: Node, attribute: str = "typeRef", *, of_camunda: bool = False) -> DataType | None:
        """The type that an attribute names; None where it says nothing. ``of_camunda``: as in its decision tables."""
        written = (node.get(attribute) or "").strip()
        return self.type_named(written, node, of_camunda=of_camunda) if written else None

    def type_named(self, written: str, node: Node, *, of_camunda: bool = False) -> DataType | None:
        """The type of a name that an element gives."""
        local = written.rpartition(":")[2] or written
        for name in (written, local):
            if name in self.types:
                return self.types[name]
        if of_camunda and not self.by_standard and local.lower() in CAMUNDA_TYPES:
            return CAMUNDA_TYPES[local.lower()]
        if local in FEEL_TYPES:
            return FEEL_TYPES[local]
        self.warning("dmn.type", f"there is no type '{written}': its values are not checked", node)
        return None

    def converted(self, run: Run, type_: DataType | None, element_id: str | None) -> Run:
        """An expression whose value is converted to a type: what cannot be is a failure, or null by the standard."""
        if type_ is None or type_ is ANY:
            return run

        def convert(scope: Scope) -> Value:
            return self.convert(run(scope), type_, scope, element_id)

        return convert

    def convert(self, value: Value, type_: DataType, scope: Scope, element_id: str | None) -> Value:
        """A value converted to a type. Raises Failure, unless by the standard: then it is null."""
        try:
            return type_.convert(value, scope.evaluation)
        except Refused as why:
            if self.by_standard:
                return scope.evaluation.null(why)
            raise Failure(element_id, str(why)) from None

    # --- item definitions ---

    def read_types(self, nodes: Iterable[Node]) -> None:
        """Read the item definitions of the file, which may refer to each other in any order."""
        nodes = list(nodes)
        members: set[str] = set()
        for node in nodes:
            name = node.get("name")
            if name:
                self.types[name] = ItemType(name)
            else:
                self.error("dmn.name", "an item definition has no name", node)
        for node in nodes:
            found = self.types.get(node.get("name") or "")
            if isinstance(found, ItemType):
                self._fill(found, node, members)
        self._refuse_circles(nodes)
        self.know_members(members)
        self.feel_types = Types({name: Type(name, fits=_instance_of(type_)) for name, type_ in self.types.items()})

    def _fill(self, type_: ItemType, node: Node, members: set[str]) -> None:
        type_.is_collection = node.get("isCollection") == "true"
        components: dict[str, DataType] = {}
        for component in node.all("dmn:itemComponent"):
            name = component.get("name")
            if not name:
                self.error("dmn.name", "an item component has no name", component)
                continue
            members.add(name)
            inner = ItemType(f"{type_.name}.{name}")
            self._fill(inner, component, members)
            components[name] = inner
        type_.components = components
        if (reference := node.child("dmn:typeRef")) is not None and reference.text.strip():
            type_.base = self.type_named(reference.text.strip(), reference)
        if (function := node.child("dmn:functionItem")) is not None:
            type_.parameters = [parameter.get("name") or "" for parameter in function.all("dmn:parameters")]
        if (allowed := node.child("dmn:allowedValues")) is not None:
            type_.allowed = self.unary_tests(allowed, node.get("name"))
            type_.listed = self.listed(allowed)
        if (constraint := node.child("dmn:typeConstraint")) is not None:
            type_.constraint = self.unary_tests(constraint, node.get("name"))

    def _refuse_circles(self, nodes: Iterable[Node]) -> None:
        """Refuse types that are restrictions of themselves; one whose components are of the type is fine."""
        by_name = {node.get("name") or "": node for node in nodes}
        fine: set[int] = set()
        for name in by_name:
            type_, path = self.types.get(name), set[int]()
            while isinstance(type_, ItemType) and id(type_) not in fine:
                if id(type_) in path:
                    message = f"the type '{type_.name}' is a restriction of itself"
                    self.error("dmn.circle", message, by_name[type_.name])
                    type_.base = None
                    break
                path.add(id(type_))
                type_ = type_.base
            fine |= path


def _instance_of(type_: DataType) -> Callable[[Value, Evaluation], bool]:
    return lambda value, evaluation: type_.fits(value, evaluation, complete=True)


def language_of(written: str) -> str | None:
    """The expression language that a model names: "feel", "juel", or None for another."""
    name = written.strip().lower()
    if name == "feel" or (written.startswith(_FEEL_NAMESPACES) and "feel" in name):
        return "feel"
    return "juel" if name == "juel" else None


def source_of(node: Node | None) -> str:
    """What is written in the ``text`` of a node, if there is one."""
    text = None if node is None else node.child("dmn:text")
    return "" if text is None else text.text.strip()
