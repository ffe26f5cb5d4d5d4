"""JUEL, the expression language of Camunda 7 models: ``${...}`` and ``#{...}``, alone or inside of text.

Source: the Camunda 7 manual, "Expression Language". The language is the Unified Expression Language (EL 3.0, without
lambdas, assignments, collection literals and static members, as JUEL); ``operators`` tells of coercion.
"""

from engine.expression.contract import EvaluationContext, EvaluationError, ExpressionLimit
from engine.expression.juel.lexer import check_length, next_text, tokenize
from engine.expression.juel.operators import LONGEST_TEXT, to_text
from engine.expression.juel.parser import NO_CONTEXT, Code, Parser, constant, precompute
from engine.values import InvalidValue

__all__ = ["JuelExpression", "compile_juel", "compile_juel_script"]


class JuelExpression:
    """A compiled source (see ``CompiledExpression``)."""

    __slots__ = ("_run", "constant", "is_constant", "names", "source")

    def __init__(self, source: str, code: Code, names: frozenset[str]) -> None:
        self.source = source
        self.names = names
        self.is_constant = code.is_constant
        self._run = code.run
        self.constant = code.run(NO_CONTEXT) if code.is_constant else None

    def __repr__(self) -> str:
        return f"JuelExpression({self.source!r})"

    def evaluate(self, context: EvaluationContext) -> object:
        """The value in this context: a value of ``engine.values``, or a host object. Raises EvaluationError."""
        try:
            return self._run(context)
        except EvaluationError as error:
            if error.source is None:
                error.source = self.source
            raise
        except InvalidValue as error:
            failure = EvaluationError(str(error))
            failure.source = self.source
            raise failure from error


def compile_juel(source: str) -> JuelExpression:
    """Compile a text with ``${...}`` in it.

    One expression alone keeps the type of its value; expressions inside of text are coerced to text and joined; a text
    without an expression is a constant. Raises ExpressionSyntaxError.
    """
    names: set[str] = set()
    parts: list[Code] = []
    position, length = 0, 0
    while position < len(source):
        text, position = next_text(source, position)
        if text:
            parts.append(constant(text))
        if position < len(source):
            tokens = tokenize(source, position + 2, closed=True)
            length += tokens[-1].end - position
            check_length(length, position, source)
            parts.append(Parser(tokens, source, names).parse())
            position = tokens[-1].end + 1
    if not parts:
        parts.append(constant(""))
    code = parts[0] if len(parts) == 1 else _join(parts)
    return JuelExpression(source, code, frozenset(names))


def compile_juel_script(source: str) -> JuelExpression:
    """Compile a script of the format ``juel``: ``${...}`` as in Camunda, or the bare inside of it.

    Raises ExpressionSyntaxError.
    """
    script = source.strip()
    if "${" in script or "#{" in script:
        return compile_juel(script)
    names: set[str] = set()
    code = Parser(tokenize(script, 0, closed=False), script, names).parse()
    return JuelExpression(script, code, frozenset(names))


def _join(parts: list[Code]) -> Code:
    """The texts of all parts, one behind the other."""
    runs = [part.run for part in parts]

    def run(context: EvaluationContext) -> str:
        pieces: list[str] = []
        length = 0
        for part in runs:
            text = to_text(part(context))
            length += len(text)
            if length > LONGEST_TEXT:
                raise ExpressionLimit(f"A text result has more than {LONGEST_TEXT} characters")
            pieces.append(text)
        return "".join(pieces)

    return precompute(run, all(part.is_constant for part in parts))
