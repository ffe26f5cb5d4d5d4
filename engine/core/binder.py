"""Compiles the expressions of one process and collects what is wrong with them, or cannot be executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from bpmn.model import (
    NOWHERE,
    Error,
    Expression,
    Implementation,
    Listener,
    ListValue,
    MapValue,
    Parameter,
    ParameterValue,
    Place,
    Process,
)
from bpmn.problems import Problem, Severity
from engine.core.graph import BoundList, BoundListener, BoundMap, BoundParameter, BoundValue, Node
from engine.expression import (
    CompiledExpression,
    CompiledScript,
    ExpressionSyntaxError,
    FailingExpression,
    ScriptsUnavailable,
    UnknownFunction,
    UnsupportedLanguage,
    compile_expression,
    compile_script,
)

_NAME = re.compile(r"[$#]\{\s*([A-Za-z_][\w.]*)\s*\}")
_SCHEME = re.compile(r"^(deployment|classpath)://")
NOTHING = compile_expression("")
"""Stands for an expression that could not be compiled: its problem refuses the definition."""


class Binder:
    """Binds the elements of one process; `node` is the one being bound."""

    node: Node

    def __init__(
        self,
        process: Process,
        resource: str,
        errors: Mapping[str, Error],
        check: Callable[[CompiledScript], None] | None,
        files: Callable[[str], bytes | None],
    ) -> None:
        self.process, self.resource, self.errors, self._check, self._files = process, resource, errors, check, files
        self.problems: list[Problem] = []
        self.element_id = process.id

    @property
    def is_camunda_8(self) -> bool:
        """Is it a process of Camunda 8?"""
        return self.process.default_language == "feel"

    def refuse(self, message: str, *, place: Place = NOWHERE, rule: str = "bpmn.unsupported") -> None:
        """The element cannot be executed, and why."""
        self.problems.append(Problem(rule, message, self.resource, place.line, place.column, (self.element_id,)))

    def warn(self, message: str, *, place: Place = NOWHERE, rule: str = "bpmn.unsupported") -> None:
        """The element is executed otherwise than it asks for, and how."""
        self.problems.append(
            Problem(rule, message, self.resource, place.line, place.column, (self.element_id,), Severity.WARNING)
        )

    def failing(
        self, reason: str, source: str, *, place: Place = NOWHERE, rule: str = "bpmn.unsupported"
    ) -> CompiledExpression:
        """Warn of what cannot be executed here, and stand for it: it fails, with the reason, when it is reached."""
        self.warn(f"{reason}; it fails when it is reached", place=place, rule=rule)
        return FailingExpression(source, reason)

    def compile(self, expression: Expression) -> CompiledExpression:
        """The compiled expression; a problem is noted if it cannot be compiled."""
        if expression.resource is not None:
            text = self._text_of(expression.resource)
            if text is None:
                return self.failing(
                    f"The script of '{self.element_id}' is in the file '{expression.resource}', which is not in its "
                    "deployment (or no text in UTF-8): deploy it together with the model",
                    expression.text,
                    place=expression.place,
                    rule="camunda.resource",
                )
            expression = replace(expression, text=text, resource=None)
        try:
            compiled = (compile_script if expression.script else compile_expression)(
                expression.text, expression.language
            )
            if self._check is not None and isinstance(compiled, CompiledScript):
                self._check(compiled)
            return compiled
        except UnknownFunction as problem:
            return self.failing(str(problem), expression.text, place=expression.place, rule="expression.function")
        except ExpressionSyntaxError as problem:
            line, column = _place(expression, problem.position)
            self.problems.append(
                Problem("expression.syntax", str(problem), self.resource, line, column, (self.element_id,))
            )
        except ScriptsUnavailable as problem:
            self.refuse(f"The script of '{self.element_id}' cannot be run: {problem}", place=expression.place)
        except UnsupportedLanguage as problem:
            reason = (
                f"'{self.element_id}' uses the language '{expression.language}', which cannot be executed: "
                f"use one of {', '.join(problem.known)}"
            )
            return self.failing(reason, expression.text, place=expression.place, rule="expression.language")
        return NOTHING

    def _text_of(self, resource: str) -> str | None:
        """The text of a script file, which is deployed together with the model (`deployment://name`, or its name)."""
        data = self._files(_SCHEME.sub("", resource))
        if data is None:
            return None
        try:
            return data.decode()
        except UnicodeDecodeError:
            return None

    def optional(self, expression: Expression | None) -> CompiledExpression | None:
        """`compile`, or None for None."""
        return None if expression is None else self.compile(expression)

    def error_code(self, error_ref: str) -> str:
        """The code of the error with this id; what is no id is the code itself (Camunda takes it so)."""
        found = self.errors.get(error_ref)
        return error_ref if found is None or found.code is None else found.code

    @staticmethod
    def is_sound(expression: CompiledExpression) -> bool:
        """Could it be compiled?"""
        return expression is not NOTHING

    def constant(self, text: str) -> CompiledExpression:
        """A text that is no expression, whatever it looks like."""
        return compile_expression(text.replace("\\", "\\\\").replace("${", "\\${").replace("#{", "\\#{"))

    def text(self, text: str | None) -> CompiledExpression | None:
        """A text that may hold JUEL expressions, such as the name of a user task."""
        return None if text is None else self.compile(Expression(text, place=self.node.element.place))

    def parameters(self, parameters: Iterable[Parameter]) -> tuple[BoundParameter, ...]:
        """Input or output parameters."""
        return tuple(self._parameter(each) for each in parameters)

    def _parameter(self, parameter: Parameter) -> BoundParameter:
        name, *path = parameter.name.split(".") if self.is_camunda_8 else (parameter.name,)
        return BoundParameter(name, self._value(parameter.value), tuple(path))

    def _value(self, value: ParameterValue) -> BoundValue:
        match value:
            case None:
                return None
            case ListValue(items):
                return BoundList(tuple(self._value(item) for item in items))
            case MapValue(entries):
                return BoundMap(tuple((self.compile(key), self._value(item)) for key, item in entries))
            case Expression():
                return self.compile(value)

    def timeouts(self, listeners: Iterable[Listener]) -> tuple[tuple[str, Listener, BoundListener], ...]:
        """The task listeners for a time: id, the listener with its timer, and what it runs."""
        timed = [listener for listener in listeners if listener.timer is not None]
        bound = self.listeners(replace(listener, timer=None) for listener in timed)
        return tuple(
            (listener.id or str(number), listener, each)
            for number, (listener, each) in enumerate(zip(timed, bound, strict=False))
        )

    def listeners(self, listeners: Iterable[Listener]) -> tuple[BoundListener, ...]:
        """Execution or task listeners; a class or a delegate expression names the handler that they hand over to."""
        bound = []
        for listener in listeners:
            implementation = listener.implementation
            expression = implementation.expression or implementation.script
            if expression is not None:
                bound.append(BoundListener(listener.event, self.compile(expression)))
                continue
            topic = self.handler(implementation)
            if topic is None:
                bound.append(BoundListener(listener.event, self._unnamed(listener)))
            else:
                fields = tuple((each.name, self.compile(each.value)) for each in implementation.fields)
                bound.append(BoundListener(listener.event, None, topic, fields))
        return tuple(bound)

    def _unnamed(self, listener: Listener) -> CompiledExpression:
        implementation = listener.implementation
        given = implementation.delegate_expression
        shown = "" if given is None else given.text
        return self.failing(
            f"The delegate expression of the listener for '{listener.event}' of '{self.element_id}' must name a "
            f"handler, as in ${{chargeCard}}, and not be '{shown}'",
            shown,
            place=implementation.place,
        )

    def handler(self, implementation: Implementation) -> str | None:
        """The name of the handler that a class or a delegate expression means; None if the latter is no name."""
        if implementation.class_name is not None:
            return implementation.class_name
        given = implementation.delegate_expression
        name = None if given is None else _NAME.fullmatch(given.text.strip())
        return None if name is None else name[1]


def _place(expression: Expression, position: int) -> tuple[int, int]:
    """Where in the file an offset of an expression is, as well as its own place tells."""
    before = expression.text[:position]
    if "\n" in before:
        return expression.place.line + before.count("\n"), position - before.rindex("\n")
    return expression.place.line, expression.place.column
