"""Expressions of process models: source in, value out, safe by construction; one table of languages."""

from collections.abc import Callable

from engine.expression.contract import (
    CompiledExpression,
    EvaluationContext,
    EvaluationError,
    ExpressionError,
    ExpressionLimit,
    ExpressionSyntaxError,
    HostObject,
    UnknownMethod,
    UnknownName,
    UnknownProperty,
    UnsupportedLanguage,
    VariableSink,
)
from engine.expression.juel import compile_juel, compile_juel_script

__all__ = [
    "LANGUAGES",
    "SCRIPT_LANGUAGES",
    "CompiledExpression",
    "EvaluationContext",
    "EvaluationError",
    "ExpressionError",
    "ExpressionLimit",
    "ExpressionSyntaxError",
    "HostObject",
    "UnknownMethod",
    "UnknownName",
    "UnknownProperty",
    "UnsupportedLanguage",
    "VariableSink",
    "compile_expression",
    "compile_script",
]

Compiler = Callable[[str], CompiledExpression]

LANGUAGES: dict[str, Compiler] = {"juel": compile_juel}
"""Expression languages by the name a model gives in ``language`` (compared in lower case)."""

SCRIPT_LANGUAGES: dict[str, Compiler] = {"juel": compile_juel_script}
"""Script formats that are evaluated as one expression."""


def compile_expression(source: str, language: str = "juel") -> CompiledExpression:
    """Compile an expression of a model. Raises UnsupportedLanguage, ExpressionSyntaxError."""
    return _compile(source, language, LANGUAGES)


def compile_script(source: str, script_format: str) -> CompiledExpression:
    """Compile a script that is one expression. Raises UnsupportedLanguage, ExpressionSyntaxError."""
    return _compile(source, script_format, SCRIPT_LANGUAGES)


def _compile(source: str, language: str, table: dict[str, Compiler]) -> CompiledExpression:
    compiler = table.get(language.strip().lower())
    if compiler is None:
        raise UnsupportedLanguage(language, table)
    return compiler(source)
