"""What a form was filled in with: judged by the rules of its schema, and made into variables.

The rules are those that form-js applies in the browser, and they are applied again because nobody has to use one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.expression import ExpressionError
from engine.expression.regex import found_in
from engine.forms.conditions import NotUnderstood, evaluate, holds
from engine.forms.generated import InvalidForm
from engine.forms.schema import DYNAMIC_LIST, GROUP, OPTIONS, SEVERAL, Component, FormSchema
from engine.values import FileValue, JsonValue, from_json

MOST_ITEMS = 1_000
"""How many items a list may have."""
MOST_VISITS = 100_000
"""How many fields, those of list items counted one by one, are looked at in one submission."""

Files = Mapping[str, Sequence[FileValue]]
"""Files that were sent along, by the text that stands for them in the data."""


def fill(
    schema: FormSchema, data: Mapping[str, Any], seen: Mapping[str, Any], files: Files, now: datetime
) -> dict[str, object]:
    """The variables that a person's data sets.

    `seen` are the values that the form showed, as plain JSON. What is hidden, read-only, disabled or not in the form at
    all is not taken. Raises InvalidForm with the messages by field, fields of list items being told as
    `list[0].field`.
    """
    filling = _Filling(files, now)
    context = dict(seen)
    _overlay(schema.components, data, context)
    context = _settled(schema.components, context, now)
    taken: dict[str, Any] = {}
    filling.take(schema.components, _Place(data, seen, context, taken, ""))
    if filling.errors:
        labels = {".".join(each.path): each.label for each in schema.walk()}
        told = [f"{labels.get(name, name)}: {messages[0]}" for name, messages in list(filling.errors.items())[:5]]
        raise InvalidForm("The form was not accepted. " + "; ".join(told), filling.errors)
    return {name: _value(_merged(seen.get(name), value)) for name, value in taken.items()} | filling.files


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the data we are: what was given, what was shown, what expressions see, and what is taken."""

    given: Mapping[str, Any]
    seen: Mapping[str, Any]
    context: Mapping[str, Any]
    taken: dict[str, Any]
    prefix: str


_ABSENT: Any = object()


class _Filling:
    """Walks through a schema and the data along with it."""

    def __init__(self, files: Files, now: datetime) -> None:
        self._uploads, self._now = files, now
        self._visits = 0
        self.errors: dict[str, list[str]] = {}
        self.files: dict[str, object] = {}

    def take(self, components: Sequence[Component], place: _Place, *, surely: bool = True) -> None:
        """Judge the components and take their values; not `surely` where nobody knows whether they are shown."""
        for component in components:
            self._visits += 1
            if self._visits > MOST_VISITS:
                raise InvalidForm(f"The form was not accepted: it has more than {MOST_VISITS} fields with their rows")
            hidden = _is_hidden(component, place.context, self._now)
            if hidden is True:
                continue
            certain = surely and hidden is not None
            if component.type == GROUP:
                self.take(component.children, place, surely=certain)
            elif not component.properties.get("disabled") and (
                _truth(component.properties.get("readonly"), place.context, self._now) is not True
            ):
                self._field(component, place, surely=certain)

    def _field(self, component: Component, place: _Place, *, surely: bool) -> None:
        if component.type == DYNAMIC_LIST:
            self._list(component, place, surely=surely)
        elif component.type == "filepicker":
            self._upload(component, place, surely=surely)
        elif component.type == "expression":
            self._computed(component, place)
        else:
            self._plain(component, place, surely=surely)

    def _plain(self, component: Component, place: _Place, *, surely: bool) -> None:
        given = _answer(component, place.given, place.seen)
        value = _get(place.seen, component.path) if given is _ABSENT else given
        if value is _ABSENT:
            value = None
        wrong = self._judge(component, value, place.context, surely=surely)
        if wrong:
            self._refuse(place, component, wrong)
        elif given is not _ABSENT:
            _set(place.taken, component.path, given)

    def _judge(self, component: Component, value: Any, context: Mapping[str, Any], *, surely: bool) -> list[str]:
        rules = component.rules
        if value is None or value in ("", []) or (value is False and component.type == "checkbox"):
            required = surely and rules.get("required")
            return ["Must be checked" if component.type == "checkbox" else "Must be filled in"] if required else []
        if component.type in OPTIONS:
            return _judge_choice(component, value, context, self._now)
        return _JUDGES[component.type](component, value, context, self._now)

    def _list(self, component: Component, place: _Place, *, surely: bool) -> None:
        items = _get(place.given, component.path)
        if items is _ABSENT or items is None:
            return
        if not isinstance(items, list) or len(items) > MOST_ITEMS:
            self._refuse(place, component, [f"Must be a list of at most {MOST_ITEMS} items"])
            return
        name = place.prefix + ".".join(component.path)
        fixed = component.properties.get("allowAddRemove") is False
        shown = _get(place.seen, component.path)
        taken: list[Any] = []
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                self.errors[f"{name}[{index}]"] = ["Must be an object with the fields of the list"]
                continue
            before = shown[index] if fixed and isinstance(shown, list) and index < len(shown) else {}
            known = before if isinstance(before, dict) else {}
            # Nothing but fields of the list: else a row could bring other values for what its expressions name.
            own = dict(known)
            _overlay(component.children, item, own, all_fields=not fixed)
            context = _settled(
                component.children, {**place.context, **own, "this": own, "parent": place.context}, self._now
            )
            row: dict[str, Any] = {}
            self.take(component.children, _Place(item, known, context, row, f"{name}[{index}]."), surely=surely)
            taken.append(_merged(known, row))
        _set(place.taken, component.path, taken)

    def _upload(self, component: Component, place: _Place, *, surely: bool) -> None:
        reference = _get(place.given, component.path)
        files = self._uploads.get(reference, ()) if isinstance(reference, str) else ()
        if not files:
            missing = _get(place.seen, component.path) in (_ABSENT, None, "")
            if surely and missing and component.rules.get("required"):
                self._refuse(place, component, ["Must be filled in"])
            return
        if len(files) > 1 and _truth(component.properties.get("multiple"), place.context, self._now) is False:
            self._refuse(place, component, ["Must be one file"])
            return
        accepted = component.properties.get("accept")
        if isinstance(accepted, str) and not accepted.startswith("="):
            kinds = [kind.strip().lower() for kind in accepted.split(",") if kind.strip()]
            if kinds and not all(any(_is_of(file, kind) for kind in kinds) for file in files):
                self._refuse(place, component, [f"Must be a file of one of the kinds {', '.join(kinds)}"])
                return
        name = re.sub(r"\W+", "_", place.prefix) + "_".join(component.path)
        for number, file in enumerate(files, start=1):
            self.files[name if number == 1 else f"{name}_{number}"] = file

    def _computed(self, component: Component, place: _Place) -> None:
        """A field that is computed: here if that can be, else in the browser."""
        try:
            value = evaluate(str(component.properties.get("expression") or ""), place.context, self._now)
        except NotUnderstood:
            value = _get(place.given, component.path)
        if value is not _ABSENT:
            _set(place.taken, component.path, value)

    def _refuse(self, place: _Place, component: Component, messages: list[str]) -> None:
        self.errors[place.prefix + ".".join(component.path)] = messages


# ---------------------------------------------------------------- data


def _get(data: object, path: Sequence[str]) -> Any:
    for name in path:
        if not isinstance(data, Mapping) or name not in data:
            return _ABSENT
        data = data[name]
    return data


def _answer(component: Component, given: Mapping[str, Any], seen: Mapping[str, Any]) -> Any:
    """What was given for a field; where nothing was given or shown, its default value, as browsers have it."""
    value = _get(given, component.path)
    if value is _ABSENT and "defaultValue" in component.properties and _get(seen, component.path) is _ABSENT:
        return component.properties["defaultValue"]
    return value


def _set(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        inner = data.get(name)
        data[name] = data = inner if isinstance(inner, dict) else {}
    data[path[-1]] = value


def _overlay(
    components: Sequence[Component], data: Mapping[str, Any], context: dict[str, Any], *, all_fields: bool = False
) -> None:
    """Put what was given over what was shown, for expressions; what is never taken from people is not, but in rows of
    which nobody but the browser knows what was shown (`all_fields`)."""
    for component in components:
        properties = component.properties
        if component.type == GROUP:
            _overlay(component.children, data, context, all_fields=all_fields)
        elif all_fields or (properties.get("readonly") is not True and not properties.get("disabled")):
            value = _answer(component, data, context)
            if value is not _ABSENT:
                _replace(context, component.path, value)


def _replace(context: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a value in what is no copy deeper down."""
    for depth in range(1, len(path)):
        inner = _get(context, path[:depth])
        _set(context, path[:depth], dict(inner) if isinstance(inner, Mapping) else {})
    _set(context, path, value)


def _without_hidden(components: Sequence[Component], context: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What expressions see: the values of hidden fields are null to them, hidden being judged once with all values."""
    seen = dict(context)
    pending = [(component, False) for component in components]
    while pending:
        component, inside = pending.pop()
        hidden = inside or _is_hidden(component, context, now) is True
        if component.type == GROUP:
            pending.extend((child, hidden) for child in component.children)
        elif hidden and _get(seen, component.path) is not _ABSENT:
            _replace(seen, component.path, None)
    return seen


def _settled(components: Sequence[Component], context: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What expressions see in the end: computed fields have the values that they are computed to, whatever was given
    for them, and hidden ones none."""
    _compute(components, context, now)
    seen = _without_hidden(components, context, now)
    _compute(components, seen, now)
    return seen


def _compute(components: Sequence[Component], context: dict[str, Any], now: datetime) -> None:
    """Put the values of computed fields into what expressions see, where they are understood."""
    for component in components:
        if component.type == GROUP:
            _compute(component.children, context, now)
        elif component.type == "expression":
            with suppress(NotUnderstood):
                value = evaluate(str(component.properties.get("expression") or ""), context, now)
                _replace(context, component.path, value)


def _merged(before: Any, taken: Any) -> Any:
    """An object keeps the members that the form does not set."""
    if not isinstance(before, dict) or not isinstance(taken, dict):
        return taken
    return {**before, **{name: _merged(before.get(name), value) for name, value in taken.items()}}


def _value(node: Any) -> object:
    return JsonValue.of(node) if isinstance(node, dict | list) else from_json(node)


def _is_hidden(component: Component, context: Mapping[str, Any], now: datetime) -> bool | None:
    """Does its condition hide it? None if that is not understood."""
    condition = component.hide
    if not isinstance(condition, str) or not condition.startswith("="):
        return False
    try:
        return holds(condition, context, now)
    except NotUnderstood:
        return None


def _truth(given: object, context: Mapping[str, Any], now: datetime) -> bool | None:
    """Does a property hold? It may be an expression, which begins with `=`; None if that is not understood."""
    if not isinstance(given, str) or not given.startswith("="):
        return given is True
    try:
        return evaluate(given, context, now) is True
    except NotUnderstood:
        return None


# ---------------------------------------------------------------- rules


def _number(given: object, context: Mapping[str, Any], now: datetime) -> Decimal | None:
    """The number of a rule, which may be an expression; None if there is none or it is not understood."""
    if isinstance(given, str) and given.startswith("="):
        try:
            given = evaluate(given, context, now)
        except NotUnderstood:
            return None
    if isinstance(given, int | float) and not isinstance(given, bool):
        return Decimal(str(given))
    return Decimal(given) if isinstance(given, str) and _DECIMAL.fullmatch(given) else None


_DECIMAL = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?", re.ASCII)
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*", re.ASCII)
"""A valid e-mail address of the HTML Standard (4.10.5.1.5), as browsers have it."""
_PHONE = re.compile(r"(?:\+|00)[1-9][0-9]{2,30}$", re.ASCII)


def _judge_text(component: Component, value: Any, context: Mapping[str, Any], now: datetime) -> list[str]:
    if not isinstance(value, str):
        return ["Must be a text"]
    rules, wrong = component.rules, []
    least, most = _number(rules.get("minLength"), context, now), _number(rules.get("maxLength"), context, now)
    length = len(value.strip().encode("utf-16-le", "surrogatepass")) // 2  # as browsers count
    if least is not None and length < least:
        wrong.append(f"Must have at least {least} characters")
    if most is not None and length > most:
        wrong.append(f"Must have at most {most} characters")
    kind = rules.get("validationType")
    if kind == "email" and not _EMAIL.fullmatch(value):
        wrong.append("Must be an e-mail address")
    if kind == "phone" and not _PHONE.search(value):
        wrong.append("Must be a telephone number with its country, such as +49301234567")
    pattern = rules.get("pattern")
    if isinstance(pattern, str) and pattern and not _fits(pattern, value):
        wrong.append(_told(rules, f"Must match the pattern {pattern}"))
    return wrong


def _told(rules: Mapping[str, Any], otherwise: str) -> str:
    message = rules.get("patternErrorMessage")
    return message if isinstance(message, str) and message else otherwise


def _fits(pattern: str, value: str) -> bool:
    try:
        return found_in(pattern, value)
    except ExpressionError:
        return True  # the deployment was warned that only browsers check it


def _judge_number(component: Component, value: Any, context: Mapping[str, Any], now: datetime) -> list[str]:
    as_text = component.properties.get("serializeToString") is True
    if as_text and isinstance(value, str) and _DECIMAL.fullmatch(value):
        number = Decimal(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(str(value))
    else:
        return ["Must be a number"]
    wrong = []
    least, most = _number(component.rules.get("min"), context, now), _number(component.rules.get("max"), context, now)
    if least is not None and number < least:
        wrong.append(f"Must be at least {least}")
    if most is not None and number > most:
        wrong.append(f"Must be at most {most}")
    digits = component.properties.get("decimalDigits")
    if isinstance(digits, int) and _decimal_digits(number) > digits:
        wrong.append("Must be a whole number" if digits == 0 else f"Must have at most {digits} decimal digits")
    step = _number(component.properties.get("increment"), context, now)
    if step is not None and step > 0 and not _is_multiple(number, step):
        wrong.append(f"Must be a multiple of {step}")
    return wrong


def _decimal_digits(number: Decimal) -> int:
    _, _, fraction = format(number, "f").partition(".")
    return len(fraction.rstrip("0"))


def _is_multiple(number: Decimal, step: Decimal) -> bool:
    try:
        return not number % step
    except InvalidOperation:  # of numbers so far apart nobody can tell
        return True


def _judge_checkbox(_: Component, value: Any, __: Mapping[str, Any], ___: datetime) -> list[str]:
    return [] if isinstance(value, bool) else ["Must be true or false"]


_ZONE = r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?" + _ZONE
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MOMENTS: Mapping[str, tuple[re.Pattern[str], Callable[[str], object], str]] = {
    "date": (re.compile(_DATE, re.ASCII), date.fromisoformat, "Must be a date such as 2026-03-01"),
    "time": (re.compile(_TIME, re.ASCII), time.fromisoformat, "Must be a time such as 14:30"),
    "datetime": (
        re.compile(f"{_DATE}T{_TIME}", re.ASCII),
        datetime.fromisoformat,
        "Must be a date and time such as 2026-03-01T14:30",
    ),
}


def _judge_datetime(component: Component, value: Any, _: Mapping[str, Any], now: datetime) -> list[str]:
    subtype = str(component.properties.get("subtype") or "date")
    pattern, read, message = _MOMENTS.get(subtype, _MOMENTS["datetime"])
    if not isinstance(value, str) or not pattern.fullmatch(value):
        return [message]
    try:
        moment = read(value)
    except ValueError:
        return [message]
    day = moment.date() if isinstance(moment, datetime) else moment
    past = isinstance(day, date) and day < now.date() - timedelta(
        days=1
    )  # it may still be yesterday where the person is
    return ["Must not be in the past"] if past and component.properties.get("disallowPassedDates") is True else []


_Judge = Callable[[Component, Any, Mapping[str, Any], datetime], list[str]]
_JUDGES: Mapping[str, _Judge] = {
    "textfield": _judge_text,
    "textarea": _judge_text,
    "number": _judge_number,
    "checkbox": _judge_checkbox,
    "datetime": _judge_datetime,
}


def _judge_choice(component: Component, value: Any, context: Mapping[str, Any], now: datetime) -> list[str]:
    several = component.type in SEVERAL
    if several and (not isinstance(value, list) or len(value) > MOST_ITEMS):
        return [f"Must be a list of at most {MOST_ITEMS} choices"]
    choices = _choices(component, context, now)
    if choices is None or all(_mark(each) in choices for each in (value if several else [value])):
        return []
    return ["Must be some of the choices" if several else "Must be one of the choices"]


def _choices(component: Component, context: Mapping[str, Any], now: datetime) -> set[str] | None:
    """What may be chosen; None if that is not known here."""
    options: Any = component.properties.get("values")
    key, expression = component.properties.get("valuesKey"), component.properties.get("valuesExpression")
    if isinstance(key, str) and key:
        options = _get(context, key.split("."))
    elif isinstance(expression, str) and expression:
        try:
            options = evaluate(expression, context, now)
        except NotUnderstood:
            return None
    if not isinstance(options, list):
        return set()
    return {_mark(each["value"] if isinstance(each, dict) and "value" in each else each) for each in options}


def _mark(value: Any) -> str:
    """The same text for the same JSON, and another for any other."""
    return json.dumps(value, sort_keys=True)


def _is_of(file: FileValue, kind: str) -> bool:
    """Is it of a kind as `accept` of HTML's file inputs names them?"""
    if kind.startswith("."):
        return file.filename.lower().endswith(kind)
    given = (file.mimetype or "").lower()
    return kind in ("*/*", given) or (kind.endswith("/*") and given.startswith(kind[:-1]))
