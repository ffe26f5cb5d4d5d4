"""The builtins of lists (DMN 1.5, 10.3.4.4 and 10.3.4.7), and Camunda's."""

import functools
import itertools
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from engine.expression.feel import arithmetic
from engine.expression.feel.comparison import compare, same
from engine.expression.feel.evaluation import Evaluation, Refused
from engine.expression.feel.functions import Parameter, Signature, any_value, optional
from engine.expression.feel.values import NUMBERS, Function, Value, kind_of, whole

__all__ = ["LISTS"]

List = list[Value]


def _contains(evaluation: Evaluation, items: List, element: Value) -> bool:
    evaluation.spend(len(items))
    return any(same(item, element, evaluation) for item in items)


def _extreme(sign: int) -> Callable[[Evaluation, List], Value]:
    """The item that comes first (``-1``) or last (``1``)."""

    def run(evaluation: Evaluation, items: List) -> Value:
        evaluation.spend(len(items))
        best = None
        for index, item in enumerate(items):
            if index == 0:
                compare(item, item)
                best = item
            elif compare(item, best) * sign > 0:
                best = item
        return best

    return run


def _numbers(evaluation: Evaluation, items: List) -> list[Decimal]:
    evaluation.spend(len(items))
    for item in items:
        if not isinstance(item, Decimal):
            raise Refused(f"Numbers are needed, not a {kind_of(item)}")
    return items


def _sum(evaluation: Evaluation, items: List) -> Value:
    if not items:
        return None
    evaluation.spend(len(items))
    first, *rest = items
    if not isinstance(first, Decimal) and not hasattr(first, "nanoseconds") and not hasattr(first, "months"):
        raise Refused(f"A {kind_of(first)} cannot be added up")
    return functools.reduce(arithmetic.add, rest, first)


def _mean(evaluation: Evaluation, items: List) -> Value:
    total = _sum(evaluation, items)
    return None if total is None else arithmetic.divide(total, Decimal(len(items)))


def _product(evaluation: Evaluation, items: List) -> Value:
    numbers = _numbers(evaluation, items)
    return functools.reduce(arithmetic.multiply, numbers) if numbers else None


def _median(evaluation: Evaluation, items: List) -> Value:
    numbers = sorted(_numbers(evaluation, items))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return NUMBERS.divide(NUMBERS.add(numbers[middle - 1], numbers[middle]), Decimal(2))


def _deviation(evaluation: Evaluation, items: List) -> Value:
    """The standard deviation of a sample."""
    numbers = _numbers(evaluation, items)
    if len(numbers) < 2:
        raise Refused("The standard deviation of less than two numbers is not defined")
    mean = _mean(evaluation, items)
    squares = [arithmetic.power(arithmetic.subtract(number, mean), Decimal(2)) for number in numbers]
    return NUMBERS.sqrt(arithmetic.divide(functools.reduce(arithmetic.add, squares), Decimal(len(numbers) - 1)))


def _mode(evaluation: Evaluation, items: List) -> List:
    groups = [list(group) for _, group in itertools.groupby(sorted(_numbers(evaluation, items)))]
    most = max((len(group) for group in groups), default=0)
    return [group[0] for group in groups if len(group) == most]


def _decided(decides: bool) -> Callable[[Evaluation, List], bool | None]:
    def run(evaluation: Evaluation, items: List) -> bool | None:
        evaluation.spend(len(items))
        if any(item is decides for item in items):
            return decides
        return not decides if all(isinstance(item, bool) for item in items) else None

    return run


def _position(items: List, position: Decimal, *, beyond: int = 0) -> int:
    """The index that a position means: from 1, or from -1 at the end. Raises Refused."""
    index = whole(position)
    if index == 0 or index > len(items) + beyond or -index > len(items):
        raise Refused(f"A list of {len(items)} items has no position {index}")
    return index - 1 if index > 0 else len(items) + index


def _sublist(_: Evaluation, items: List, start: Decimal, length: Decimal | None = None) -> List:
    begin = _position(items, start)
    if length is None:
        return items[begin:]
    count = whole(length)
    if count < 0 or begin + count > len(items):
        raise Refused(f"There are no {count} items from position {whole(start)}")
    return items[begin : begin + count]


def _append(evaluation: Evaluation, items: List, more: List) -> List:
    evaluation.spend(len(items) + len(more))
    return [*items, *more]


def _concatenate(evaluation: Evaluation, lists: list[List]) -> List:
    found = list(itertools.chain.from_iterable(lists))
    evaluation.spend(len(found))
    return found


def _insert_before(evaluation: Evaluation, items: List, position: Decimal, item: Value) -> List:
    index = _position(items, position)
    evaluation.spend(len(items))
    return [*items[:index], item, *items[index:]]


def _remove(evaluation: Evaluation, items: List, position: Decimal) -> List:
    index = _position(items, position)
    evaluation.spend(len(items))
    return [*items[:index], *items[index + 1 :]]


def _replace_at(evaluation: Evaluation, items: List, position: Decimal, item: Value) -> List:
    index = _position(items, position)
    evaluation.spend(len(items))
    return [*items[:index], item, *items[index + 1 :]]


def _replace_matching(evaluation: Evaluation, items: List, match: Function, item: Value) -> List:
    return [item if _asked(evaluation, match, old, item) else old for old in items]


def _asked(evaluation: Evaluation, function: Function, *arguments: Value) -> bool:
    answer = function.call(evaluation, arguments)
    if not isinstance(answer, bool):
        raise Refused(f"The function has to give a boolean, not a {kind_of(answer)}")
    return answer


def _reverse(evaluation: Evaluation, items: List) -> List:
    evaluation.spend(len(items))
    return items[::-1]


def _index_of(evaluation: Evaluation, items: List, match: Value) -> List:
    evaluation.spend(len(items))
    return [Decimal(index) for index, item in enumerate(items, start=1) if same(item, match, evaluation)]


def _distinct(evaluation: Evaluation, items: List) -> List:
    found: List = []
    for item in items:
        if not _contains(evaluation, found, item):
            found.append(item)
    return found


def _duplicates(evaluation: Evaluation, items: List) -> List:
    return [item for item in _distinct(evaluation, items) if len(_index_of(evaluation, items, item)) > 1]


def _union(evaluation: Evaluation, lists: list[List]) -> List:
    return _distinct(evaluation, _concatenate(evaluation, lists))


def _flatten(evaluation: Evaluation, items: List) -> List:
    evaluation.spend(len(items))
    found: List = []
    for item in items:
        found.extend(_flatten(evaluation, item) if isinstance(item, list) else [item])
    return found


def _sort(evaluation: Evaluation, items: List, precedes: Function) -> List:
    def order(left: Value, right: Value) -> int:
        if _asked(evaluation, precedes, left, right):
            return -1
        return 1 if _asked(evaluation, precedes, right, left) else 0

    return sorted(items, key=functools.cmp_to_key(order))


def _partition(evaluation: Evaluation, items: List, size: Decimal) -> List:
    count = whole(size)
    if count < 1:
        raise Refused("The parts of a list have at least one item")
    evaluation.spend(len(items))
    return [items[begin : begin + count] for begin in range(0, len(items), count)]


_LIST = Parameter("list", (list,))
_ITEM = any_value("newItem")
_POSITION = Parameter("position", (Decimal,))


def _of_list(run: Callable[[Evaluation, List], Any]) -> tuple[Signature, ...]:
    """A function of one list, or of items in its place."""
    return (Signature((_LIST,), run), Signature((any_value("item"),), run, variadic=True))


LISTS: Mapping[str, tuple[Signature, ...]] = {
    "list contains": (Signature((_LIST, any_value("element")), _contains),),
    "count": (Signature((_LIST,), lambda _, items: Decimal(len(items))),),
    "min": _of_list(_extreme(-1)),
    "max": _of_list(_extreme(1)),
    "sum": _of_list(_sum),
    "mean": _of_list(_mean),
    "product": _of_list(_product),
    "median": _of_list(_median),
    "stddev": _of_list(_deviation),
    "mode": _of_list(_mode),
    "all": _of_list(_decided(decides=False)),
    "and": _of_list(_decided(decides=False)),
    "any": _of_list(_decided(decides=True)),
    "or": _of_list(_decided(decides=True)),
    "sublist": (Signature((_LIST, Parameter("start position", (Decimal,)), optional("length", Decimal)), _sublist),),
    "append": (Signature((_LIST, any_value("item")), _append, variadic=True),),
    "concatenate": (Signature((_LIST,), _concatenate, variadic=True),),
    "insert before": (Signature((_LIST, _POSITION, _ITEM), _insert_before),),
    "remove": (Signature((_LIST, _POSITION), _remove),),
    "list replace": (
        Signature((_LIST, _POSITION, _ITEM), _replace_at),
        Signature((_LIST, Parameter("match", (Function,)), _ITEM), _replace_matching),
    ),
    "reverse": (Signature((_LIST,), _reverse),),
    "index of": (Signature((_LIST, any_value("match")), _index_of),),
    "union": (Signature((_LIST,), _union, variadic=True),),
    "distinct values": (Signature((_LIST,), _distinct),),
    "duplicate values": (Signature((_LIST,), _duplicates),),
    "flatten": (Signature((_LIST,), _flatten),),
    "sort": (Signature((_LIST, Parameter("precedes", (Function,))), _sort),),
    "partition": (Signature((_LIST, Parameter("size", (Decimal,))), _partition),),
    "is empty": (Signature((_LIST,), lambda _, items: not items),),
}
"""The functions by name."""
