"""The builtin functions: one table, put together from one file for each family."""

from engine.expression.feel.builtins.calendar import CALENDAR
from engine.expression.feel.builtins.chance import CHANCE
from engine.expression.feel.builtins.contexts import CONTEXTS
from engine.expression.feel.builtins.conversion import CONVERSION
from engine.expression.feel.builtins.lists import LISTS
from engine.expression.feel.builtins.numbers import NUMBERS_BUILTINS
from engine.expression.feel.builtins.presence import PRESENCE
from engine.expression.feel.builtins.ranges import RANGES
from engine.expression.feel.builtins.strings import STRINGS
from engine.expression.feel.functions import Builtin

__all__ = ["BUILTINS", "STANDARD"]

_FAMILIES = (CALENDAR, CHANCE, CONTEXTS, CONVERSION, LISTS, NUMBERS_BUILTINS, PRESENCE, RANGES, STRINGS)

BUILTINS: dict[str, Builtin] = {
    name: Builtin(name, *signatures) for family in _FAMILIES for name, signatures in family.items()
}
"""Every function by its name."""

_EXTENSIONS = frozenset(
    {
        "and", "assert", "cycle", "duplicate values", "extract", "from base64", "from json", "fromAi", "get or else",
        "is blank", "is defined", "is empty", "last day of month", "or", "partition", "put", "put all", "random number",
        "to base64", "to json", "trim", "uuid",
    }
)  # fmt: skip

STANDARD = {name: builtin for name, builtin in BUILTINS.items() if name not in _EXTENSIONS}
"""Those of DMN, without Camunda's."""
