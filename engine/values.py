"""What a process variable's value is: Camunda 7's types as Python objects, their REST form and their stored form.

=============  ==========================================================================================
REST type      Python value
=============  ==========================================================================================
Null           ``None``
Boolean        ``bool``
Short          :class:`Short` (an ``int``; arithmetic on it gives a plain ``int``)
Integer        :class:`Integer` (an ``int``; arithmetic on it gives a plain ``int``)
Long           ``int``, at most 64 bit
Double         ``float``, finite
String         ``str``
Date           ``datetime``, aware, millisecond precision
Bytes          ``bytes``
File           :class:`FileValue`
Json           :class:`JsonValue`
Xml            :class:`XmlValue`
Object         :class:`ObjectValue`, or a ``list`` or ``dict`` that the engine itself made
=============  ==========================================================================================

The rules of validity live here, in Python, so that every database stores the same set of values. Source: the Camunda 7
manual, "Process Variables" and the REST API's "VariableValueDto".
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple, NoReturn

__all__ = [
    "MAX_DEPTH",
    "FileValue",
    "Integer",
    "InvalidValue",
    "JsonValue",
    "ObjectValue",
    "Short",
    "Stored",
    "XmlValue",
    "decode",
    "encode",
    "format_date",
    "from_json",
    "from_rest",
    "parse_date",
    "to_rest",
    "type_name",
]

MAX_DEPTH = 50
"""How many lists and objects may be nested in one value."""

JSON_FORMAT = "application/json"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INTEGER_RANGES = {"Short": (-(2**15), 2**15 - 1), "Integer": (-(2**31), 2**31 - 1), "Long": (-(2**63), 2**63 - 1)}
_LOWEST_LONG, _HIGHEST_LONG = _INTEGER_RANGES["Long"]


class InvalidValue(ValueError):
    """A value that no process variable may hold, or a REST body that describes none; the message says why."""


class Short(int):
    """A 16-bit integer (Camunda's ``Short``)."""

    __slots__ = ()


class Integer(int):
    """A 32-bit integer (Camunda's ``Integer``)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FileValue:
    """A file: its name, media type, text encoding (both may be unknown) and content."""

    filename: str
    mimetype: str | None
    encoding: str | None
    content: bytes


@dataclass(frozen=True, slots=True)
class XmlValue:
    """An XML document, kept as its text."""

    text: str


_UNPARSED: Any = Ellipsis
"""Stands for what no JSON means, also in a copy."""


class _JsonText:
    """A JSON text and what it means, each made from the other when first asked for; the node must not be mutated."""

    __slots__ = ("_node", "_text")

    def __init__(self, text: str | None, node: Any = _UNPARSED) -> None:
        self._text = text
        self._node = node

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = _to_json_text(self._node)
        return self._text

    @property
    def node(self) -> Any:
        """The parsed JSON; integers are :class:`Integer` up to 32 bit. Raises InvalidValue when the text is no JSON."""
        if self._node is _UNPARSED:
            self._node = _parse_json(self.text)
        return self._node


class JsonValue(_JsonText):
    """A JSON document (Camunda's ``Json``, a Spin JSON node in expressions); equal when the parsed nodes are equal."""

    __slots__ = ()

    @classmethod
    def of(cls, node: object) -> "JsonValue":
        """The document that means ``node``: lists, dicts, scalars, or values of this module, which become JSON."""
        return cls(None, _to_node(node))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JsonValue):
            return NotImplemented
        return bool(self.node == other.node)

    def __hash__(self) -> int:
        return hash(_to_json_text(self.node))

    def __repr__(self) -> str:
        return f"JsonValue({self.text!r})"


class ObjectValue(_JsonText):
    """A serialized object (Camunda's ``Object``): its text, the name of its class and the format of the text."""

    __slots__ = ("object_type_name", "serialization_format")

    def __init__(
        self,
        text: str | None,
        object_type_name: str,
        serialization_format: str = JSON_FORMAT,
        node: Any = _UNPARSED,
    ) -> None:
        super().__init__(text, node)
        self.object_type_name = object_type_name
        self.serialization_format = serialization_format

    @classmethod
    def of(cls, node: object, object_type_name: str) -> "ObjectValue":
        """The object of class ``object_type_name`` whose JSON form is ``node``."""
        return cls(None, object_type_name, node=_to_node(node))

    def _key(self) -> tuple[str, str, str]:
        return self.text, self.object_type_name, self.serialization_format

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ObjectValue):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"ObjectValue({self.text!r}, {self.object_type_name!r}, {self.serialization_format!r})"


# --- validity -------------------------------------------------------------------------------------------------------


def _check_text(text: str) -> str:
    """``text``, or InvalidValue when a database could not store it."""
    if "\0" in text:
        raise InvalidValue(f"A text must not contain the NUL character (found at index {text.index(chr(0))})")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidValue(f"A text must not contain a lone surrogate (found at index {error.start})") from None
    return text


def _check_integer(number: int, kind: str = "Long") -> int:
    lowest, highest = _INTEGER_RANGES[kind]
    if not lowest <= number <= highest:
        raise InvalidValue(f"An integer is outside the range of type '{kind}' ({lowest} to {highest})")
    return number


def _check_float(number: float) -> float:
    if not math.isfinite(number):
        raise InvalidValue(f"A number must be finite, not {number}")
    return number


def _check_date(date: datetime) -> datetime:
    if date.tzinfo is None:
        raise InvalidValue(f"A date needs a time zone: {date.isoformat()}")
    return date


# --- JSON -----------------------------------------------------------------------------------------------------------


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidValue(f"JSON has no number {name}")


def _parse_json_integer(digits: str) -> int:
    if len(digits) > 20:
        raise InvalidValue(f"An integer of {len(digits)} digits is outside the range of type 'Long'")
    return _narrow(_check_integer(int(digits)))


def _narrow(number: int) -> int:
    lowest, highest = _INTEGER_RANGES["Integer"]
    return Integer(number) if lowest <= number <= highest else number


def _parse_json_float(digits: str) -> float:
    return _check_float(float(digits))


def _parse_json(text: str) -> Any:
    """The value of a JSON text. Raises InvalidValue: no JSON, too deep, or holding what a variable may not hold."""
    try:
        node = json.loads(
            text, parse_constant=_refuse_constant, parse_int=_parse_json_integer, parse_float=_parse_json_float
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise InvalidValue(f"Not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    _check_node(node)
    return node


def _check_node(node: object) -> None:
    """Raise InvalidValue when a parsed JSON is nested too deeply or holds a text that cannot be stored."""
    pending = [(node, 1)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, list | dict):
            if depth > MAX_DEPTH:
                raise _too_deep()
            if isinstance(value, dict):
                pending.extend((key, depth) for key in value)
                pending.extend((item, depth + 1) for item in value.values())
            else:
                pending.extend((item, depth + 1) for item in value)


def _too_deep() -> InvalidValue:
    return InvalidValue(f"Lists and objects are nested more than {MAX_DEPTH} deep")


def _to_node(value: object, depth: int = 0) -> Any:
    """A value as JSON data: collections are copied, dates become text, bytes become base64.

    Raises InvalidValue for what has no JSON form, and for a collection that is too deep or contains itself.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _check_text(value)
    if isinstance(value, int):
        return _check_integer(value)
    if isinstance(value, float):
        return _check_float(value)
    if isinstance(value, datetime):
        return format_date(_check_date(value))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, _JsonText):
        value = value.node
    if isinstance(value, list | dict) and depth >= MAX_DEPTH:
        raise _too_deep()
    if isinstance(value, list):
        return [_to_node(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_to_key(key): _to_node(item, depth + 1) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise _unstorable(value)


def _to_key(key: object) -> str:
    if not isinstance(key, str):
        raise InvalidValue(f"The keys of a map must be texts, not {type(key).__name__}")
    return _check_text(key)


def _to_json_text(node: object) -> str:
    return json.dumps(node, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _unstorable(value: object) -> InvalidValue:
    return InvalidValue(
        f"A value of Python type '{type(value).__name__}' cannot be a process variable; "
        "use None, bool, int, float, str, bytes, an aware datetime, or lists and dicts of these"
    )


# --- dates ----------------------------------------------------------------------------------------------------------

_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:(Z)|([+-])(\d\d):?(\d\d)?)?", re.ASCII
)


def format_date(date: datetime) -> str:
    """A date in Camunda's REST form, in UTC: ``2024-01-01T10:00:00.000+0000``."""
    utc = date.astimezone(UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}+0000"


def parse_date(text: str) -> datetime:
    """The date, in UTC, that a REST text means: ``yyyy-MM-dd'T'HH:mm:ss.SSSZ``.

    Read liberally: the zone may be ``Z``, may have a colon, or may be missing (then UTC); seconds and milliseconds may
    be missing; what is finer than a millisecond is cut off. Raises InvalidValue for anything else.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise InvalidValue(f"'{_shorten(text)}' is no date of the form yyyy-MM-dd'T'HH:mm:ss.SSSZ")
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    fraction, _, sign, zone_hours, zone_minutes = match.groups()[6:]
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        microsecond = int((fraction or "")[:3].ljust(3, "0")) * 1000
        return datetime(year, month, day, hour, minute, second, microsecond, zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidValue(f"'{_shorten(text)}' is no date: {error}") from None


def _to_milliseconds(date: datetime) -> int:
    return (date - _EPOCH) // _MILLISECOND


def _shorten(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 1000:
        return f"an integer of {value.bit_length()} bits"  # Python refuses to write very long integers
    text = str(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


# --- stored form ----------------------------------------------------------------------------------------------------


class Stored(NamedTuple):
    """A value as a database row holds it: ``type`` is the REST type name, and what is not used is None.

    ``long``: Boolean (0 or 1), Short, Integer, Long, Date (milliseconds since 1970 UTC); ``double``: Double; ``text``:
    String, Json, Xml, Object; ``data``: Bytes and the content of a File; ``meta``: the valueInfo of a File or an Object
    as a JSON text.
    """

    type: str
    long: int | None = None
    double: float | None = None
    text: str | None = None
    data: bytes | None = None
    meta: str | None = None


def _encode_collection(value: list[Any] | dict[str, Any]) -> Stored:
    return _encode_object(ObjectValue.of(value, _collection_class(value)))


def _collection_class(value: object) -> str:
    return "java.util.ArrayList" if isinstance(value, list) else "java.util.LinkedHashMap"


def _encode_object(value: ObjectValue) -> Stored:
    return Stored("Object", text=_check_text(value.text), meta=_to_json_text(_value_info(value)))


def _encode_file(value: FileValue) -> Stored:
    info = _to_node(_value_info(value))
    return Stored("File", data=value.content, meta=_to_json_text(info))


_ENCODERS: dict[type, Callable[[Any], Stored]] = {
    type(None): lambda _: Stored("Null"),
    bool: lambda value: Stored("Boolean", long=int(value)),
    Short: lambda value: Stored("Short", long=int(_check_integer(value, "Short"))),
    Integer: lambda value: Stored("Integer", long=int(_check_integer(value, "Integer"))),
    int: lambda value: Stored("Long", long=int(_check_integer(value))),
    float: lambda value: Stored("Double", double=float(_check_float(value))),
    str: lambda value: Stored("String", text=str(_check_text(value))),
    datetime: lambda value: Stored("Date", long=_to_milliseconds(_check_date(value))),
    bytes: lambda value: Stored("Bytes", data=value),
    FileValue: _encode_file,
    JsonValue: lambda value: Stored("Json", text=_check_text(value.text)),
    XmlValue: lambda value: Stored("Xml", text=_check_text(value.text)),
    ObjectValue: _encode_object,
    list: _encode_collection,
    dict: _encode_collection,
}


def encode(value: object) -> Stored:
    """The stored form of a value. Raises InvalidValue when the value may not be a process variable."""
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        encoder = next((_ENCODERS[base] for base in type(value).__mro__ if base in _ENCODERS), None)
        if encoder is None:
            raise _unstorable(value)
    return encoder(value)


def _decode_file(stored: Stored) -> FileValue:
    info = json.loads(stored.meta or "{}")
    return FileValue(info["filename"], info.get("mimeType"), info.get("encoding"), bytes(stored.data or b""))


def _decode_object(stored: Stored) -> ObjectValue:
    info = json.loads(stored.meta or "{}")
    return ObjectValue(stored.text or "", info["objectTypeName"], info["serializationDataFormat"])


_DECODERS: dict[str, Callable[[Stored], object]] = {
    "Null": lambda _: None,
    "Boolean": lambda stored: bool(stored.long),
    "Short": lambda stored: Short(stored.long or 0),
    "Integer": lambda stored: Integer(stored.long or 0),
    "Long": lambda stored: stored.long,
    "Double": lambda stored: stored.double,
    "String": lambda stored: stored.text,
    "Date": lambda stored: _EPOCH + timedelta(milliseconds=stored.long or 0),
    "Bytes": lambda stored: bytes(stored.data or b""),
    "File": _decode_file,
    "Json": lambda stored: JsonValue(stored.text or ""),
    "Xml": lambda stored: XmlValue(stored.text or ""),
    "Object": _decode_object,
}


def decode(stored: Stored) -> object:
    """The value that :func:`encode` stored; a list or dict comes back as an :class:`ObjectValue` with that node."""
    return _DECODERS[stored.type](stored)


# --- REST form ------------------------------------------------------------------------------------------------------


def type_name(value: object) -> str:
    """The REST type name of a value, such as ``Integer``. Raises InvalidValue when no variable may hold the value."""
    for base in type(value).__mro__:
        if base in _TYPE_NAMES:
            return _TYPE_NAMES[base]
    raise _unstorable(value)


_TYPE_NAMES: dict[type, str] = {
    type(None): "Null",
    bool: "Boolean",
    Short: "Short",
    Integer: "Integer",
    int: "Long",
    float: "Double",
    str: "String",
    datetime: "Date",
    bytes: "Bytes",
    FileValue: "File",
    JsonValue: "Json",
    XmlValue: "Xml",
    ObjectValue: "Object",
    list: "Object",
    dict: "Object",
}


def _value_info(value: object) -> dict[str, Any]:
    """The ``valueInfo`` of a value; empty for all but files and objects."""
    if isinstance(value, FileValue):
        info = {"filename": value.filename, "mimeType": value.mimetype, "encoding": value.encoding}
        return {key: item for key, item in info.items() if item is not None}
    if isinstance(value, ObjectValue):
        return {"objectTypeName": value.object_type_name, "serializationDataFormat": value.serialization_format}
    if isinstance(value, list | dict):
        return {"objectTypeName": _collection_class(value), "serializationDataFormat": JSON_FORMAT}
    return {}


def to_rest(value: object, deserialize: bool = True) -> dict[str, Any]:
    """A value as REST shows it: ``{"value", "type", "valueInfo"}``.

    An Object is its JSON data when ``deserialize`` is true, else its serialized text. Json and Xml are always text,
    Bytes are base64, and the content of a File is left out (``null``): it has an endpoint of its own.
    """
    shown: Any = value
    if isinstance(value, datetime):
        shown = format_date(value)
    elif isinstance(value, bytes):
        shown = base64.b64encode(value).decode()
    elif isinstance(value, FileValue):
        shown = None
    elif isinstance(value, JsonValue | XmlValue):
        shown = value.text
    elif isinstance(value, ObjectValue):
        shown = value.node if deserialize else value.text
    elif isinstance(value, list | dict):
        shown = _to_node(value) if deserialize else _to_json_text(_to_node(value))
    return {"value": shown, "type": type_name(value), "valueInfo": _value_info(value)}


def from_json(node: object) -> object:
    """The value that untyped JSON data means: an integer of 32 bit is an Integer, a longer one a Long.

    Raises InvalidValue when it is too deep, or holds a number or text that cannot be stored.
    """
    if type(node) is int:
        return _narrow(_check_integer(node))
    return _to_node(node)


def _bad_value(value: object, kind: str) -> InvalidValue:
    return InvalidValue(f"Cannot convert value '{_shorten(value)}' of type '{kind}'")


def _read_integer(kind: str, make: Callable[[int], int]) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, str) and len(value) <= 20 and re.fullmatch(r"[+-]?[0-9]+", value):
            value = int(value)
        if type(value) is not int:
            raise _bad_value(value, kind)
        return make(_check_integer(value, kind))

    return read


def _read_double(value: Any) -> float:
    if type(value) not in (int, float, str):
        raise _bad_value(value, "Double")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise _bad_value(value, "Double") from None
    return _check_float(number)


def _read_boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise _bad_value(value, "Boolean")


def _read_string(value: Any) -> str:
    if isinstance(value, str):
        return _check_text(value)
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise _bad_value(value, "String")


def _read_date(value: Any) -> datetime:
    if not isinstance(value, str):
        raise _bad_value(value, "Date")
    return parse_date(value)


def _read_base64(value: Any, kind: str) -> bytes:
    if not isinstance(value, str):
        raise InvalidValue(f"The value of type '{kind}' must be a base64 text")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidValue(f"The value of type '{kind}' is not base64: {error}") from None


def _read_bytes(value: Any) -> bytes:
    return _read_base64(value, "Bytes")


def _read_file(value: Any, info: Mapping[str, Any]) -> FileValue:
    filename = _read_info(info, "filename")
    if not filename:
        raise InvalidValue("Cannot create file without filename: set it in valueInfo with key 'filename'")
    content = b"" if value is None else _read_base64(value, "File")
    return FileValue(filename, _read_info(info, "mimeType"), _read_info(info, "encoding"), content)


def _read_info(info: Mapping[str, Any], key: str) -> str | None:
    text = info.get(key)
    if text is not None and not isinstance(text, str):
        raise InvalidValue(f"valueInfo '{key}' must be a text")
    return None if text is None else _check_text(text)


def _read_serialized(value: Any, kind: str) -> str:
    if not isinstance(value, str):
        raise InvalidValue(f"Must provide 'null' or String value for value of SerializableValue type '{kind}'.")
    return _check_text(value)


def _read_json(value: Any) -> JsonValue:
    document = JsonValue(_read_serialized(value, "Json"))
    _parse_now(document)
    return document


def _parse_now(document: _JsonText) -> None:
    """Parse a document that came from outside, so that it is refused here and not when first used."""
    _ = document.node


def _read_xml(value: Any) -> XmlValue:
    return XmlValue(_read_serialized(value, "Xml"))


def _read_object(value: Any, info: Mapping[str, Any]) -> ObjectValue:
    text = _read_serialized(value, "Object")
    name = _read_info(info, "objectTypeName")
    if not name:
        raise InvalidValue("An Object needs its class in valueInfo, with key 'objectTypeName'")
    form = _read_info(info, "serializationDataFormat") or JSON_FORMAT
    if form == "application/x-java-serialized-object":
        raise InvalidValue(f"Java serialization format is prohibited; use serializationDataFormat {JSON_FORMAT}")
    if form != JSON_FORMAT:
        raise InvalidValue(f"Cannot read serializationDataFormat '{_shorten(form)}'; use {JSON_FORMAT}")
    document = ObjectValue(text, name, form)
    _parse_now(document)
    return document


_READERS: dict[str, Callable[[Any], object]] = {
    "Null": lambda _: None,
    "Boolean": _read_boolean,
    "Short": _read_integer("Short", Short),
    "Integer": _read_integer("Integer", Integer),
    "Long": _read_integer("Long", int),
    "Double": _read_double,
    "String": _read_string,
    "Date": _read_date,
    "Bytes": _read_bytes,
    "Json": _read_json,
    "Xml": _read_xml,
}


def from_rest(body: Mapping[str, Any]) -> object:
    """The value that a REST body ``{"value", "type", "valueInfo"}`` describes; without a type, what the JSON means.

    As in Camunda the first letter of the type may be small, a number or boolean may be given as text, and ``null`` is a
    value of every type but File. Raises InvalidValue (unknown type, wrong value for the type, not storable).
    """
    value, kind, info = body.get("value"), body.get("type"), body.get("valueInfo") or {}
    if not isinstance(info, Mapping):
        raise InvalidValue("valueInfo must be an object")
    if info.get("transient"):
        raise InvalidValue("Transient variables are not supported; leave out 'transient' in valueInfo")
    if kind is None:
        return from_json(value)
    name = kind[:1].upper() + kind[1:] if isinstance(kind, str) else ""
    if name == "File":
        return _read_file(value, info)
    if name == "Object":
        return None if value is None else _read_object(value, info)
    if name not in _READERS:
        raise InvalidValue(f"Unsupported value type '{_shorten(kind)}'")
    return None if value is None else _READERS[name](value)
