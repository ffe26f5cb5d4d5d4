"""Routes: a handler's signature says what it reads and what it answers, for serving and for the document.

    @routes.post("/task/{id}/claim", "Claim a task", fails=...)
    def claim(engine: Engine, id: TaskId, body: UserBody) -> None: ...

A parameter is read by its name and type: `engine`; `authentication`; a name in the path; `body`, a pydantic
model read from JSON; `form`, the parts of a multipart body; any other is a query parameter (required unless it has a
default). The answer's schema is the return type; None is answered with 204, a `Content` as it is, everything else as
JSON.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from werkzeug.datastructures import MultiDict

from api.authentication import Authentication
from api.errors import Answer, refuse
from engine import Engine
from engine.errors import NotFound
from engine.services.queries import Filter, Listing, Queries, Query, Resource, Sorting, parse_id
from engine.values import InvalidValue, parse_date

Handler = TypeVar("Handler", bound=Callable[..., Any])

JSON = "application/json"
CSV = ("text/csv", "application/csv")
MULTIPART = "multipart/form-data"


FLAGS = frozenset({"deserializeValues", "itemCount"})
"""The flags among the query parameters that handlers read in ways of their own."""


class Body(BaseModel):
    """A JSON body: members in camel case; unknown ones are ignored, as Camunda does."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True, coerce_numbers_to_str=True
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, data: Any) -> Any:
        """A member that is null is as good as none: some clients send all that they know."""
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data


@dataclass(frozen=True)
class Content:
    """An answer that is no JSON: its bytes, media type, and the file name to save it under (None: shown in place)."""

    data: bytes
    mimetype: str = "application/octet-stream"
    filename: str | None = None


@dataclass(frozen=True)
class Stream:
    """An answer that comes bit by bit, for as long as the client listens."""

    chunks: Iterator[bytes]
    mimetype: str = "text/event-stream"


@dataclass(frozen=True)
class Download:
    """A file that is made bit by bit while the client takes it."""

    chunks: Iterator[bytes]
    mimetype: str
    filename: str


@dataclass(frozen=True)
class Upload:
    """A file of a multipart body."""

    filename: str
    mimetype: str | None
    data: bytes


@dataclass(frozen=True)
class Form:
    """The parts of a multipart body: plain fields, and files in their order."""

    fields: Mapping[str, str]
    files: Sequence[tuple[str, Upload]]

    def text(self, name: str) -> str | None:
        """The field of that name; an empty one is as good as none."""
        return self.fields.get(name) or None

    def flag(self, name: str) -> bool:
        """Is the field of that name "true"?"""
        return (self.text(name) or "").lower() == "true"


@dataclass(frozen=True)
class ThingId:
    """Annotates an `int` in a path: the id of a thing of that kind. Any other text names nothing."""

    kind: str


@dataclass(frozen=True)
class Call:
    """One request, as far as routes care about it. Body and form are read when a route asks for them."""

    engine: Engine
    path: Mapping[str, str]
    query: MultiDict[str, str]
    mimetype: str
    """The media type of the body, without its parameters."""
    read_json: Callable[[], Any]
    read_form: Callable[[], Form]
    authentication: Authentication


Reader = Callable[[Call], Any]
"""Takes one argument of a handler from a request."""


@dataclass(frozen=True)
class Parameter:
    """A part of the path or the query string, for the document."""

    name: str
    where: str
    schema: Mapping[str, Any]
    required: bool
    description: str = ""


@dataclass(frozen=True)
class Route:
    """One method on one path."""

    method: str
    path: str
    summary: str
    tag: str
    name: str
    serve: Callable[[Call], Any]
    status: int = 200
    fails: Mapping[type[Exception], Answer] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    """The type of the JSON body, or a ready JSON Schema; None if there is none."""
    form: Mapping[str, Any] | None = None
    """A JSON Schema of the multipart body."""
    answer: Any = None
    """The type of the JSON answer; None for an empty one, `Content`, `Stream` or `Download` for another media type."""
    open: bool = False
    """May anybody send it, also who is not signed in?"""
    changes: bool = True
    """Does it change something? What does not is also for those who may only read."""
    collection: Collection | None = None
    """What it lists, if it is the list of a resource."""
    csv: str | None = None
    """The name of the file that clients get who want a list as CSV; None: it is given as JSON only."""


@dataclass(frozen=True)
class Collection:
    """How a resource is listed: whose listing it is, how its views are shown, and filters that always hold."""

    listing: Callable[[Queries], Listing[Any]]
    resource: Resource[Any]
    render: Callable[[Engine, Sequence[Any], Mapping[str, Any], Mapping[str, str]], Any]
    narrow: Callable[[Call], Mapping[str, Any]]


class Routes:
    """Routes of one tag, collected by decorators."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Route] = []

    def get(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that reads."""
        return self._route("GET", path, summary, changes=False, **options)

    def options(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that tells what can be done at a path, and what of it by whom is asking."""
        return self._route("OPTIONS", path, summary, changes=False, **options)

    def post(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that changes something, or reads with a body."""
        return self._route("POST", path, summary, **options)

    def put(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that sets something."""
        return self._route("PUT", path, summary, **options)

    def delete(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that removes something."""
        return self._route("DELETE", path, summary, **options)

    def _route(
        self,
        method: str,
        path: str,
        summary: str,
        *,
        fails: Mapping[type[Exception], Answer] | None = None,
        form: Mapping[str, Any] | None = None,
        body: Any = None,
        found: Mapping[str, Reader] | None = None,
        name: str | None = None,
        open: bool = False,
        changes: bool = True,
        csv: str | None = None,
        reads: Sequence[str] = (),
    ) -> Callable[[Handler], Handler]:
        """`found` are parameters that are read in ways of their own; `name` is the operation's, if not the handler's.

        `reads` are the query parameters of those, for the document. `body` is for it too, where one of `found` is what
        reads the body. `open`, `changes` and `csv` are as in Route.
        """

        def decorate(handler: Handler) -> Handler:
            route = _make_route(self.tag, method, path, summary, handler, fails or {}, form, found or {})
            body_type, called = route.body or body, name or route.name
            route = replace(route, parameters=(*route.parameters, *map(_read_otherwise, reads)))
            self.all.append(replace(route, name=called, body=body_type, open=open, changes=changes, csv=csv))
            return handler

        return decorate

    def collection(
        self,
        path: str,
        listing: Callable[[Queries], Listing[Any]],
        resource: Resource[Any],
        render: Callable[[Engine, Sequence[Any], Mapping[str, Any], Mapping[str, str]], Any],
        answer: Any,
        *,
        post: bool = True,
        post_count: bool | None = None,
        plural: str,
        narrow: Callable[[Call], Mapping[str, Any]] = lambda _: {},
        reads: Sequence[str] = (),
    ) -> None:
        """The routes that list and count a resource, with its filters in the query string or in a JSON body.

        `render` gets the engine, the views of one page, the filters and the whole query string. `narrow` gives filters
        that hold whatever is asked for. `reads` are further query parameters, which `render` gets.
        """
        otherwise = tuple(map(_read_otherwise, reads))
        page = (
            Parameter("firstResult", "query", {"type": "integer", "minimum": 0}, required=False),
            Parameter("maxResults", "query", {"type": "integer", "minimum": 0}, required=False),
        )
        sorting = (
            Parameter("sortBy", "query", {"type": "string", "enum": list(resource.sorts)}, required=False),
            Parameter("sortOrder", "query", {"type": "string", "enum": ["asc", "desc"]}, required=False),
        )
        filters = tuple(
            Parameter(name, "query", _text_schema(line), required=False)
            for name, line in resource.filters.items()
            if line.kind.name != "expression"
        )

        def narrowed(call: Call, query: Query) -> Query:
            return replace(query, filters={**query.filters, **narrow(call)})

        def rows(call: Call, query: Query) -> Any:
            found = listing(call.engine.queries).query(narrowed(call, query))
            return render(call.engine, found, query.filters, call.query.to_dict())

        def count(call: Call, query: Query) -> Any:
            return {"count": listing(call.engine.queries).count(narrowed(call, query))}

        def add(method: str, where: str, summary: str, name: str, serve: Callable[[Call], Any], **rest: Any) -> None:
            self.all.append(Route(method, where, summary, self.tag, name, serve, changes=False, **rest))

        noun = plural.replace(" ", "_")
        add(
            "GET",
            path,
            f"List {plural}",
            f"get_{noun}",
            lambda call: rows(call, _from_query_string(resource, call)),
            parameters=(*filters, *sorting, *page, *otherwise),
            answer=answer,
            collection=Collection(listing, resource, render, narrow),
        )
        add(
            "GET",
            f"{path}/count",
            f"Count {plural}",
            f"count_{noun}",
            lambda call: count(call, _from_query_string(resource, call, paged=False)),
            parameters=filters,
            answer=CountAnswer,
        )
        if post:
            add(
                "POST",
                path,
                f"List {plural}, with a body",
                f"query_{noun}",
                lambda call: rows(call, _from_body(resource, call)),
                parameters=(*page, *otherwise),
                body=query_schema(resource),
                answer=answer,
            )
        if post if post_count is None else post_count:
            add(
                "POST",
                f"{path}/count",
                f"Count {plural}, with a body",
                f"query_{noun}_count",
                lambda call: count(call, _from_body(resource, call)),
                body=query_schema(resource),
                answer=CountAnswer,
            )


class CountAnswer(BaseModel):
    """How many there are."""

    count: int


# ---------------------------------------------------------------- queries


def _read_otherwise(name: str) -> Parameter:
    return Parameter(name, "query", {"type": "boolean" if name in FLAGS else "string"}, required=False)


def _text_schema(line: Filter) -> Mapping[str, Any]:
    """The schema of a filter in a query string, where lists are separated by commas."""
    if line.kind.schema.get("type") == "array":
        return {"type": "string", "description": "separated by commas"}
    return line.kind.schema or {"type": "string"}


def query_schema(resource: Resource[Any]) -> dict[str, Any]:
    """The JSON Schema of a body that `query_of` reads."""
    own = {name: dict(line.kind.schema) for name, line in resource.filters.items() if line.kind.name != "expression"}
    parameters = {"type": "object", "properties": {"variable": {"type": "string"}, "type": {"type": "string"}}}
    sorting = {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["sortBy", "sortOrder"],
            "properties": {
                "sortBy": {"type": "string", "enum": list(resource.sorts)},
                "sortOrder": {"type": "string", "enum": ["asc", "desc"]},
                "parameters": parameters,
            },
        },
    }
    any_of = {"type": "array", "items": {"type": "object", "properties": own}}
    return {"type": "object", "properties": {**own, "orQueries": any_of, "sorting": sorting}}


def _page(call: Call) -> tuple[int, int | None]:
    return _page_number(call, "firstResult") or 0, _page_number(call, "maxResults")


def _page_number(call: Call, name: str) -> int | None:
    text = call.query.get(name)
    return _read_integer(name, text) if text else None


def _read_integer(name: str, text: str) -> int:
    """The whole number in a query parameter. Raises Refused: in Camunda there is nothing at such an address."""
    if not re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII):
        message = f"Cannot set query parameter '{name}' to value '{text[:100]}': it needs a whole number"
        raise refuse(message, status=404, type="QueryParamException")
    return int(text)


def known_filters(resource: Resource[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The filters of the resource among what is given; the rest is ignored, as Camunda does."""
    return {name: value for name, value in given.items() if name in resource.filters}


def _asked(query: Query, resource: Resource[Any]) -> Query:
    """The query of a list without filters that say nothing: empty lists in a body, and empty texts where dates are due.

    What is done to all that a query finds takes them as they are: an empty list is nothing there.
    """

    def says_something(name: str, value: object) -> bool:
        schema = resource.filters[name].kind.schema
        if value == []:
            return "minItems" in schema  # of such a list none is not all
        return value != "" or schema.get("format") != "date-time"

    def kept(group: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in group.items() if says_something(name, value)}

    return replace(query, filters=kept(query.filters), any_of=tuple(map(kept, query.any_of)))


def _from_query_string(resource: Resource[Any], call: Call, *, paged: bool = True) -> Query:
    filters = known_filters(resource, call.query)
    sorting = _sorting(call.query.get("sortBy"), call.query.get("sortOrder"), None)
    return _asked(Query(filters, (), sorting, *(_page(call) if paged else ())), resource)


def _sorting(key: object, order: object, parameters: object) -> tuple[Sorting, ...]:
    if key is None and order is None:
        return ()
    if key is None or order is None:
        raise refuse("Only a single sorting parameter specified. sortBy and sortOrder required")
    return (Sorting(str(key), str(order), parameters if isinstance(parameters, dict) else {}),)


def _from_body(resource: Resource[Any], call: Call) -> Query:
    body = call.read_json()
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise refuse("The body must be a JSON object")
    return _asked(query_of(resource, body, _page(call)), resource)


def query_of(resource: Resource[Any], body: Mapping[str, Any], page: tuple[int, int | None] = (0, None)) -> Query:
    """The query that a JSON object describes. Raises Refused."""
    groups, orders = body.get("orQueries") or [], body.get("sorting") or []
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise refuse("orQueries: must be a list of objects")
    if not isinstance(orders, list) or not all(isinstance(each, dict) for each in orders):
        raise refuse("sorting: must be a list of objects with sortBy and sortOrder")
    first = _sorting(body.get("sortBy"), body.get("sortOrder"), None)
    any_of = tuple(_typed_filters(resource, group) for group in groups)
    further = [_further_sorting(resource, order) for order in orders]
    return Query(_typed_filters(resource, body), any_of, (*first, *further), *page)


def _typed_filters(resource: Resource[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The filters in a JSON object, where a list is a list: texts with commas are for query strings."""
    known = known_filters(resource, given)
    for name, value in known.items():
        if isinstance(value, str) and resource.filters[name].kind.schema.get("type") == "array":
            raise refuse(f"{name}: must be a list")
    return known


def _further_sorting(resource: Resource[Any], order: Mapping[str, Any]) -> Sorting:
    """One of the sortings in a body. Camunda looks at them when it asks the query, and says so by another type."""
    key, direction, parameters = order.get("sortBy"), order.get("sortOrder"), order.get("parameters")
    if not isinstance(key, str) or key not in resource.sorts or direction not in ("asc", "desc"):
        known = ", ".join(resource.sorts)
        raise refuse(
            f"sorting: needs sortBy (one of {known}) and sortOrder (asc or desc)", type="NotValidException", code=0
        )
    return Sorting(key, direction, parameters if isinstance(parameters, dict) else {})


# ---------------------------------------------------------------- handlers


def _make_route(
    tag: str,
    method: str,
    path: str,
    summary: str,
    handler: Callable[..., Any],
    fails: Mapping[type[Exception], Answer],
    form: Mapping[str, Any] | None,
    found: Mapping[str, Reader],
) -> Route:
    hints = get_type_hints(handler, include_extras=True)
    answer = hints.pop("return")
    in_path = set(re.findall(r"{(\w+)}", path))
    readers: list[tuple[str, Reader]] = []
    parameters = [Parameter(name, "path", {"type": "string"}, required=True) for name in sorted(in_path)]
    body: Any = None
    for name, parameter in inspect.signature(handler).parameters.items():
        hint = hints[name]
        if name == "engine":
            readers.append((name, _read_engine))
        elif name == "authentication":
            readers.append((name, lambda call: call.authentication))
        elif name in found:
            readers.append((name, found[name]))
        elif name in in_path:
            readers.append((name, _path_reader(name, hint)))
        elif name == "body":
            body = hint
            readers.append((name, _body_reader(hint)))
        elif name == "form":
            readers.append((name, lambda call: call.read_form()))
        else:
            required = parameter.default is inspect.Parameter.empty
            rest_name = to_camel(name)
            readers.append((name, _query_reader(rest_name, hint, parameter.default)))
            parameters.append(Parameter(rest_name, "query", _schema_of(hint), required=required))
    if not found and (missing := in_path - {name for name, _ in readers}):
        raise TypeError(f"{handler.__name__} does not take {missing} of {path}")

    def serve(call: Call) -> Any:
        return handler(**{name: read(call) for name, read in readers})

    return Route(
        method=method,
        path=path,
        summary=summary,
        tag=tag,
        name=handler.__name__,
        serve=serve,
        status=204 if answer is type(None) else 200,
        fails=fails,
        parameters=tuple(parameters),
        body=body,
        form=form,
        answer=_answer_type(answer),
    )


def _answer_type(hint: Any) -> Any:
    """The type of the answer, without the None that says that it may be empty (204)."""
    return None if hint is type(None) else _plain_type(hint)


def _read_engine(call: Call) -> Engine:
    return call.engine


def _path_reader(name: str, hint: Any) -> Reader:
    thing = next((each for each in get_args(hint)[1:] if isinstance(each, ThingId)), None)
    if thing is None:
        return lambda call: call.path[name]

    def read(call: Call) -> int:
        text = call.path[name]
        number = parse_id(text)
        if number is None:
            raise NotFound(thing.kind, text)
        return number

    return read


def _body_reader(hint: Any) -> Reader:
    adapter: TypeAdapter[Any] = TypeAdapter(hint)

    def read(call: Call) -> Any:
        data = call.read_json()
        try:
            return adapter.validate_python({} if data is None else data)
        except ValidationError as error:
            raise refuse(_explain(error)) from None

    return read


def _explain(error: ValidationError) -> str:
    """What is wrong with a body, by the paths of its members."""
    found = error.errors(include_url=False, include_context=False)
    told = [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in found[:5]]
    return "Cannot read the body: " + "; ".join(told)


def _plain_type(hint: Any) -> Any:
    """The type without Annotated and without None."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in (Union, types.UnionType):
        members = [each for each in get_args(hint) if each is not type(None)]
        return _plain_type(members[0]) if len(members) == 1 else hint
    return hint


def _schema_of(hint: Any) -> dict[str, Any]:
    plain = _plain_type(hint)
    return {bool: {"type": "boolean"}, int: {"type": "integer"}}.get(plain, {"type": "string"})


def _read_flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("it needs true or false")
    return text.lower() == "true"


def _query_reader(name: str, hint: Any, default: Any) -> Reader:
    plain = _plain_type(hint)
    convert: Callable[[str], Any] = _read_flag if plain is bool else _checked_text
    if get_origin(plain) is list:
        convert = _read_list

    def read(call: Call) -> Any:
        text = call.query.get(name)
        if text is None or (text == "" and default is not inspect.Parameter.empty):
            if default is inspect.Parameter.empty:
                raise refuse(f"The query parameter '{name}' is required")
            return default
        if plain is int:
            return _read_integer(name, text)
        try:
            return convert(text)
        except ValueError as error:
            raise refuse(f"Cannot set query parameter '{name}' to value '{text[:100]}': {error}") from None

    return read


def _checked_text(text: str) -> str:
    if "\0" in text:
        raise ValueError("it must not contain the NUL character")
    return text


def _read_list(text: str) -> list[str]:
    return _checked_text(text).split(",")


def read_date(text: str | None, name: str) -> Any:
    """A date of a body, or None. Raises Refused, naming the member."""
    if text is None:
        return None
    try:
        return parse_date(text)
    except InvalidValue as error:
        raise refuse(f"{name}: {error}") from None


def all_routes(groups: Iterable[Routes]) -> list[Route]:
    """The routes of all groups. A method that is there twice on a path is a mistake."""
    routes = [route for group in groups for route in group.all]
    seen: set[tuple[str, str]] = set()
    for route in routes:
        shape = route.method, re.sub(r"{\w+}", "{}", route.path)
        if shape in seen:
            raise ValueError(f"{route.method} {route.path} is routed twice")
        seen.add(shape)
    return routes
