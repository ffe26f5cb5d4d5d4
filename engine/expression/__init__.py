"""Expressions of process models: source in, value out, safe by construction; one table of languages."""

from collections.abc import Callable

from engine.expression.contract import (
    CompiledExpression,
    ErrorThrown,
    EvaluationContext,
    EvaluationError,
    Explaining,
    ExpressionError,
    ExpressionLimit,
    ExpressionSyntaxError,
    HostObject,
    ScriptCall,
    ScriptContext,
    ScriptError,
    ScriptObject,
    ScriptResult,
    ScriptRunner,
    ScriptsUnavailable,
    UnknownFunction,
    UnknownMethod,
    UnknownName,
    UnknownProperty,
    UnsupportedLanguage,
    VariableSink,
)
from engine.expression.failing import FailingExpression
from engine.expression.feel import compile_feel
from engine.expression.juel import compile_juel, compile_juel_script
from engine.expression.script import ALIASES, CompiledScript, compile_javascript, compile_python

__all__ = [
    "LANGUAGES",
    "SCRIPT_LANGUAGES",
    "CompiledExpression",
    "CompiledScript",
    "ErrorThrown",
    "EvaluationContext",
    "EvaluationError",
    "Explaining",
    "ExpressionError",
    "ExpressionLimit",
    "ExpressionSyntaxError",
    "FailingExpression",
    "HostObject",
    "ScriptCall",
    "ScriptContext",
    "ScriptError",
    "ScriptObject",
    "ScriptResult",
    "ScriptRunner",
    "ScriptsUnavailable",
    "UnknownFunction",
    "UnknownMethod",
    "UnknownName",
    "UnknownProperty",
    "UnsupportedLanguage",
    "VariableSink",
    "compile_expression",
    "compile_script",
]

Compiler = Callable[[str], CompiledExpression]

_SCRIPTS: dict[str, Compiler] = {
    "javascript": compile_javascript,
    "python": compile_python,
    **dict.fromkeys(ALIASES["javascript"], compile_javascript),
}

LANGUAGES: dict[str, Compiler] = {"feel": compile_feel, "juel": compile_juel, **_SCRIPTS}
"""Expression languages by the name a model gives in ``language`` (compared in lower case)."""

SCRIPT_LANGUAGES: dict[str, Compiler] = {"feel": compile_feel, "juel": compile_juel_script, **_SCRIPTS}
"""Script formats: those that are evaluated as one expression, and those that a ScriptRunner runs."""


def compile_expression(source: str, language: str = "juel") -> CompiledExpression:
    """Compile an expression of a model. Raises UnsupportedLanguage, ExpressionSyntaxError."""
    return _compile(source, language, LANGUAGES)


def compile_script(source: str, script_format: str) -> CompiledExpression:
    """Compile a script. Raises UnsupportedLanguage, ExpressionSyntaxError."""
    return _compile(source, script_format, SCRIPT_LANGUAGES)


def _compile(source: str, language: str, table: dict[str, Compiler]) -> CompiledExpression:
    compiler = table.get(language.strip().lower())
    if compiler is None:
        other_names = {alias for aliases in ALIASES.values() for alias in aliases}
        raise UnsupportedLanguage(language, table.keys() - other_names)
    return compiler(source)
