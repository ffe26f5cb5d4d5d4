"""Reads one expression by operator precedence (a Pratt parser) and builds the closure that evaluates it.

Every node of the source is evaluated at most once, so an evaluation has no more steps than the source has characters.
Chains of equal precedence become one loop, so that the depth of calls is bounded by the nesting of the source.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from engine.expression.contract import (
    EvaluationContext,
    EvaluationError,
    ExpressionError,
    UnknownFunction,
    VariableSink,
)
from engine.expression.juel import operators
from engine.expression.juel.functions import FUNCTIONS
from engine.expression.juel.members import CHANGES, call, change, get_index, get_property
from engine.expression.tokens import Token, TokenReader

__all__ = ["NO_CONTEXT", "Code", "Parser", "constant", "precompute"]

DEEPEST_NESTING = 50
"""How deep brackets, arguments, prefixes and choices may be nested."""

DEEPEST_OPERANDS = 100
"""How many operators may be waiting for their right operand; both bounds together keep Python's stack small."""

Run = Callable[[EvaluationContext], object]
Apply = Callable[[object, object], object]


class Code(NamedTuple):
    """A compiled part of an expression: how to evaluate it, and whether that gives the same value everywhere."""

    run: Run
    is_constant: bool = False


class _Infix(NamedTuple):
    """A binary operator: the higher the precedence the tighter it binds; ``and`` and ``or`` have no function."""

    precedence: int
    apply: Apply | None


_OR, _AND = 1, 2
_INFIX = {
    "||": _Infix(_OR, None),
    "&&": _Infix(_AND, None),
    "==": _Infix(3, operators.equal),
    "!=": _Infix(3, operators.not_equal),
    "<": _Infix(4, operators.less),
    ">": _Infix(4, operators.greater),
    "<=": _Infix(4, operators.less_or_equal),
    ">=": _Infix(4, operators.greater_or_equal),
    "+=": _Infix(5, operators.concatenate),
    "+": _Infix(6, operators.add),
    "-": _Infix(6, operators.subtract),
    "*": _Infix(7, operators.multiply),
    "/": _Infix(7, operators.divide),
    "%": _Infix(7, operators.remainder),
}
_PREFIX: dict[str, Callable[[object], object]] = {
    "-": operators.negate,
    "!": lambda value: not operators.to_boolean(value),
    "empty": operators.is_empty,
}
_LITERALS: dict[str, object] = {"true": True, "false": False, "null": None}


class Parser(TokenReader):
    """The tokens of one expression, and how far they are read."""

    def __init__(self, tokens: list[Token], source: str, names: set[str]) -> None:
        super().__init__(source, tokens)
        self._names = names
        self._nesting = 0
        self._operands = 0

    def parse(self) -> Code:
        """The code of all the tokens; the identifiers it reads are added to ``names``. Raises ExpressionSyntaxError."""
        code = self._ternary()
        self._finish()
        return code

    def _nested(self, read: Callable[[], Code]) -> Code:
        self._nesting += 1
        if self._nesting > DEEPEST_NESTING:
            raise self._error(f"the expression is nested more than {DEEPEST_NESTING} deep", self._token)
        code = read()
        self._nesting -= 1
        return code

    # --- grammar ---

    def _ternary(self) -> Code:
        """``a ? b : c ? d : e``, from left to right."""
        choices: list[tuple[Run, Run]] = []
        code = self._binary(0)
        while self._accept("?"):
            then = self._nested(self._ternary)
            self._expect(":")
            choices.append((code.run, then.run))
            code = self._binary(0)
        return Code(_choose(choices, code.run)) if choices else code

    def _binary(self, above: int) -> Code:
        """Operands joined by operators of a precedence higher than ``above``."""
        self._operands += 1
        if self._operands > DEEPEST_OPERANDS:
            raise self._error(f"operators are nested more than {DEEPEST_OPERANDS} deep", self._token)
        code = self._prefix()
        while (infix := self._infix()) is not None and infix.precedence > above:
            code = self._chain(code, infix.precedence)
        self._operands -= 1
        return code

    def _infix(self) -> _Infix | None:
        token = self._token
        return _INFIX.get(token.text) if token.kind == "operator" else None

    def _chain(self, first: Code, precedence: int) -> Code:
        """``first`` and all that follows it with operators of exactly this precedence."""
        rest: list[tuple[Apply | None, Code]] = []
        while (infix := self._infix()) is not None and infix.precedence == precedence:
            self._advance()
            rest.append((infix.apply, self._binary(precedence)))
        if precedence == _AND:
            run = _all([first.run, *(code.run for _, code in rest)])
        elif precedence == _OR:
            run = _any([first.run, *(code.run for _, code in rest)])
        else:
            run = _fold(first, [(apply, code) for apply, code in rest if apply is not None])
        return precompute(run, first.is_constant and all(code.is_constant for _, code in rest))

    def _prefix(self) -> Code:
        token = self._token
        if token.kind != "operator" or token.text not in _PREFIX:
            return self._postfix()
        self._advance()
        operand = self._nested(self._prefix)
        return precompute(_unary(_PREFIX[token.text], operand.run), operand.is_constant)

    def _postfix(self) -> Code:
        begin = self._token
        code = self._primary()
        root = begin.text if begin.kind == "name" and self._tokens[self._next - 1] is begin else None
        steps: list[_Step] = []
        while True:
            base_text = self._source[begin.position : self._tokens[self._next - 1].end]
            if self._accept("."):
                if self._token.kind != "name":
                    raise self._unexpected("the name of a property or method")
                name = self._advance().text
                steps.append(self._method_step(name, base_text, root) or _property_step(name))
            elif self._accept("["):
                key = self._nested(self._ternary)
                self._expect("]")
                steps.append(self._indexed_method_step(key, base_text) or _index_step(key))
            else:
                break
            root = None
        return Code(_follow(code.run, steps)) if steps else code

    def _method_step(self, name: str, base_text: str, root: str | None) -> "_Step | None":
        if not self._at("("):
            return None
        arguments = self._arguments()
        if (name, len(arguments)) in CHANGES:
            return _change_step(name, arguments, base_text, root)
        return _call_step(name, arguments, base_text)

    def _indexed_method_step(self, key: Code, base_text: str) -> "_Step | None":
        """``a['name'](...)``; the name must be a constant text."""
        if not self._at("("):
            return None
        name = key.run(NO_CONTEXT) if key.is_constant else None
        if not isinstance(name, str):
            raise self._error("the name of a method in brackets must be a constant text", self._token)
        return _call_step(name, self._arguments(), base_text)

    def _arguments(self) -> list[Run]:
        self._expect("(")
        arguments: list[Run] = []
        if self._accept(")"):
            return arguments
        while True:
            arguments.append(self._nested(self._ternary).run)
            if self._accept(")"):
                return arguments
            if not self._accept(","):
                raise self._unexpected("',' or ')'")

    def _primary(self) -> Code:
        token = self._token
        if token.kind == "integer":
            return constant(self._integer(self._advance()))
        if token.kind == "float":
            return constant(float(self._advance().text))
        if token.kind == "string":
            return constant(self._advance().text)
        if token.kind == "name":
            self._advance()
            if self._at("("):
                return self._function(token, token.text)
            return self._prefixed_function(token) or self._identifier(token.text)
        if token.kind == "operator" and token.text in _LITERALS:
            return constant(_LITERALS[self._advance().text])
        if self._accept("("):
            code = self._nested(self._ternary)
            self._expect(")")
            return code
        raise self._unexpected("a value")

    def _integer(self, token: Token) -> int:
        digits = token.text.lstrip("0") or "0"
        if len(digits) > 19 or int(digits) >= 2**63:
            raise self._error(f"the integer {digits[:40]} is outside the range of a Long (64 bit)", token)
        return int(digits)

    def _identifier(self, name: str) -> Code:
        self._names.add(name)
        return Code(lambda context: context.lookup(name))

    def _prefixed_function(self, prefix: Token) -> Code | None:
        """``prefix:name(...)``, a function of a library; None where no such call follows."""
        colon, name, bracket = (*self._tokens[self._next : self._next + 3], *[self._tokens[-1]] * 3)[:3]
        if (colon.text, name.kind, bracket.text) != (":", "name", "(") or "string" in (colon.kind, bracket.kind):
            return None
        self._next += 2
        return self._function(prefix, f"{prefix.text}:{name.text}")

    def _function(self, token: Token, name: str) -> Code:
        arguments = self._arguments()
        function = FUNCTIONS.get((name, len(arguments)))
        if function is None:
            known = ", ".join(sorted(f"{name}({', '.join('x' * count)})" for name, count in FUNCTIONS))
            count = len(arguments)
            message = f"Could not resolve function '{name}' of {count} arguments; known are {known}"
            raise UnknownFunction(message, token.position, self._source)
        return Code(_call_function(function, arguments))


# --- closures -------------------------------------------------------------------------------------------------------

NO_CONTEXT: Any = None
"""Stands for the context where a constant is evaluated, which looks at none."""


def constant(value: object) -> Code:
    """The code of a value."""
    return Code(lambda _: value, is_constant=True)


def precompute(run: Run, is_constant: bool) -> Code:
    """The code of ``run``, replaced by its value when that is constant; one that fails must fail when evaluated."""
    if not is_constant:
        return Code(run)
    try:
        return constant(run(NO_CONTEXT))
    except ExpressionError:
        return Code(run)


def _unary(apply: Callable[[object], object], operand: Run) -> Run:
    return lambda context: apply(operand(context))


def _fold(first: Code, rest: list[tuple[Apply, Code]]) -> Run:
    begin = first.run
    if len(rest) == 1:
        apply, code = rest[0]
        return _binary_run(apply, begin, code)
    pairs = [(apply, code.run) for apply, code in rest]

    def run(context: EvaluationContext) -> object:
        value = begin(context)
        for apply, operand in pairs:
            value = apply(value, operand(context))
        return value

    return run


def _binary_run(apply: Apply, left: Run, right: Code) -> Run:
    operand = right.run
    if right.is_constant:
        value = operand(NO_CONTEXT)
        return lambda context: apply(left(context), value)
    return lambda context: apply(left(context), operand(context))


def _all(operands: list[Run]) -> Run:
    to_boolean = operators.to_boolean

    def run(context: EvaluationContext) -> bool:
        return all(to_boolean(operand(context)) for operand in operands)

    return run


def _any(operands: list[Run]) -> Run:
    to_boolean = operators.to_boolean

    def run(context: EvaluationContext) -> bool:
        return any(to_boolean(operand(context)) for operand in operands)

    return run


def _choose(choices: list[tuple[Run, Run]], otherwise: Run) -> Run:
    def run(context: EvaluationContext) -> object:
        for condition, then in choices:
            if operators.to_boolean(condition(context)):
                return then(context)
        return otherwise(context)

    return run


def _call_function(function: Callable[..., object], arguments: list[Run]) -> Run:
    return lambda context: function(context, *[argument(context) for argument in arguments])


_Step = Callable[[object, EvaluationContext], object]
"""What follows a value: a property, an index, a method call."""


def _follow(begin: Run, steps: list[_Step]) -> Run:
    if len(steps) == 1:
        step = steps[0]
        return lambda context: step(begin(context), context)

    def run(context: EvaluationContext) -> object:
        value = begin(context)
        for step in steps:
            value = step(value, context)
        return value

    return run


def _property_step(name: str) -> _Step:
    return lambda base, _: get_property(base, name)


def _index_step(key: Code) -> _Step:
    run = key.run
    return lambda base, context: get_index(base, run(context))


def _call_step(name: str, arguments: list[Run], base_text: str) -> _Step:
    def step(base: object, context: EvaluationContext) -> object:
        if base is None:
            raise _unreachable(base_text)
        return call(base, name, [argument(context) for argument in arguments])

    return step


def _change_step(name: str, arguments: list[Run], base_text: str, root: str | None) -> _Step:
    """A method that changes a collection: the variable gets a changed copy, so nothing else that holds it changes."""

    def step(base: object, context: EvaluationContext) -> object:
        if base is None:
            raise _unreachable(base_text)
        values = [argument(context) for argument in arguments]
        changed = change(base, name, values)
        if changed is None:
            return call(base, name, values)
        if root is None or not isinstance(context, VariableSink):
            raise EvaluationError(
                f"'{base_text}' cannot be changed here: '{name}' can be called on a variable by its name, "
                "where variables can be set; or set the variable to a new value"
            )
        collection, result = changed
        context.assign(root, collection)
        return result

    return step


def _unreachable(base_text: str) -> EvaluationError:
    return EvaluationError(f"Target unreachable, base expression '{base_text}' resolved to null")
