"""Serves the routes: finds the route of a request, reads its body within limits, and writes the answer or the error."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from io import BytesIO
from typing import Any, get_args, get_type_hints
from urllib.parse import quote

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.routing import Map, MapAdapter, Rule

from api import openapi
from api.authentication import Authentication
from api.errors import Refused, describe, describe_model, find_answer, refuse
from api.identity import current_actor
from api.interfaces import CAMUNDA, INTERFACES, Interface
from api.routing import CSV, JSON, MULTIPART, Call, Content, Download, Form, Route, Stream, Upload
from api.strict_json import InvalidJson, loads
from bpmn.problems import InvalidModel
from engine import Engine

log = logging.getLogger("baton.api")

ENGINE = "default"
"""The name of the one engine, which may also stand in the path: `/engine-rest/engine/default/...`."""


@dataclass(frozen=True)
class Limits:
    """How much one request may bring, in bytes and parts. What is more is refused with 413."""

    json_bytes: int = 2 * 1024 * 1024
    upload_bytes: int = 16 * 1024 * 1024
    form_parts: int = 1_000


SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
DOCS_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def create_blueprint(
    engine: Engine, limits: Limits | None = None, authentication: Authentication | None = None
) -> Blueprint:
    """The REST API of `engine`, for a Flask application: it serves everything below `/engine-rest` and `/api/v1`.

    Without an `authentication` nobody has to sign in, and everybody may do everything.
    """
    gate = authentication or Authentication(engine, required=False)
    blueprint = Blueprint("rest", __name__)
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    for interface in INTERFACES:
        api = RestApi(engine, limits or Limits(), interface, gate)
        for rule in ("", "/", "/<path:path>"):
            blueprint.add_url_rule(
                interface.prefix + rule,
                interface.name,
                api.serve,
                methods=methods,
                provide_automatic_options=False,
                strict_slashes=False,
            )
    return blueprint


@cache
def _map(interface: Interface, pages: tuple[str, ...]) -> Map:
    """The routes by path: endpoints are their numbers, and the paths of pages.

    It takes long to make and never changes, so that all applications of a process share it.
    """
    routes = [
        Rule(route.path.replace("{", "<").replace("}", ">"), endpoint=number, methods=[route.method])
        for number, route in enumerate(interface.routes)
    ]
    return Map(
        routes + [Rule(path, endpoint=path, methods=["GET"]) for path in pages],
        strict_slashes=False,
        merge_slashes=False,
        redirect_defaults=False,
    )


class RestApi:
    """The routes of one interface by path, over one engine."""

    def __init__(self, engine: Engine, limits: Limits, interface: Interface, authentication: Authentication) -> None:
        self._engine = engine
        self._limits = limits
        self._interface = interface
        self._authentication = authentication
        self._pages: Mapping[str, Callable[[], Response]] = {
            "/openapi.json": self._openapi,
            "/docs": self._docs,
            "/docs/style.css": self._style,
        }
        self._adapter: MapAdapter = _map(interface, tuple(self._pages)).bind("")

    # ---------------------------------------------------------------- serving

    def serve(self, path: str = "") -> Response:
        """The answer to the current request, whatever it is."""
        try:
            response = self._dispatch("/" + path)
        except HTTPException as error:
            response = _http_error(error)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    def _dispatch(self, path: str) -> Response:
        if self._interface is CAMUNDA:
            path = _without_engine(path)
        if request.method == "OPTIONS" and not self._adapter.test(path, "OPTIONS"):
            return _allow(sorted({*self._adapter.allowed_methods(path), "OPTIONS"}))
        method = "GET" if request.method == "HEAD" else request.method
        endpoint, arguments = self._adapter.match(path, method)
        if isinstance(endpoint, str):
            return self._pages[endpoint]()
        return self._answer(self._interface.routes[endpoint], {name: str(value) for name, value in arguments.items()})

    def _answer(self, route: Route, path: Mapping[str, str]) -> Response:
        try:
            _check_texts(path, request)
            if not route.open:
                self._authentication.admit(changes=route.changes)
            call = Call(
                self._engine.acting_as(current_actor()),
                path,
                request.args,
                request.mimetype,
                self._read_json,
                self._read_form,
                self._authentication,
            )
            return _success(route, route.serve(call))
        except InvalidModel as error:
            status, body = describe_model(error)
            return _json(body, status)
        except HTTPException:
            raise
        except Exception as error:  # every answer is one of the API's, also to what nobody foresaw
            answer = find_answer(error, route.fails)
            if answer is None:
                log.exception("%s %s failed", route.method, route.path)
                return _json(
                    {"type": "InternalError", "message": "Something went wrong in the server", "code": None}, 500
                )
            if answer.status >= 500 and not isinstance(error, Refused):
                log.info("%s %s: %s", route.method, route.path, error)
            response = _json(describe(error, answer, path), answer.status)
            response.headers.update(dict(answer.headers))
            return response

    # ---------------------------------------------------------------- reading

    def _read_json(self) -> Any:
        """The JSON body; None when there is none."""
        request.max_content_length = self._limits.json_bytes
        data = request.get_data(cache=False)
        if not data:
            return None
        if request.mimetype != JSON and not request.mimetype.endswith("+json"):
            raise refuse(
                f"The body must be {JSON}, not {request.mimetype or 'unnamed'}",
                status=415,
                type="NotSupportedException",
            )
        try:
            return loads(data)
        except InvalidJson as error:
            raise refuse(str(error)) from None

    def _read_form(self) -> Form:
        """The parts of the multipart body."""
        if request.mimetype != MULTIPART:
            raise refuse(
                f"The body must be {MULTIPART}, not {request.mimetype or 'unnamed'}",
                status=415,
                type="NotSupportedException",
            )
        request.max_content_length = self._limits.upload_bytes
        parser = FormDataParser(
            stream_factory=lambda *_, **__: BytesIO(),  # the parts are bounded, and no file is left behind when refused
            max_form_memory_size=self._limits.upload_bytes,
            max_form_parts=self._limits.form_parts,
        )
        _, values, parts = parser.parse(
            request.stream, request.mimetype, request.content_length, request.mimetype_params
        )
        fields = values.to_dict()
        for text in (*fields, *fields.values(), *(part.filename or "" for part in parts.values())):
            if "\0" in text:
                raise refuse("A part of the body must not contain the NUL character")
        files = [
            (name, Upload(part.filename or "", part.mimetype or None, part.stream.read()))
            for name, part in parts.items(multi=True)
        ]
        return Form(fields, files)

    # ---------------------------------------------------------------- the document

    @cached_property
    def _document(self) -> dict[str, Any]:
        return openapi.document(self._interface)

    def _openapi(self) -> Response:
        return _json(self._document)

    def _docs(self) -> Response:
        response = Response(openapi.page(self._document, self._interface.prefix), mimetype="text/html")
        response.headers["Content-Security-Policy"] = DOCS_POLICY
        return response

    def _style(self) -> Response:
        return Response(openapi.STYLE, mimetype="text/css")


# ---------------------------------------------------------------- parts


def _without_engine(path: str) -> str:
    """The path without `/engine/default`; another engine's name is refused."""
    parts = path.split("/", 3)
    if len(parts) < 4 or parts[1] != "engine":
        return path
    if parts[2] != ENGINE:
        raise _NoSuchEngine
    return "/" + parts[3]


class _NoSuchEngine(NotFound):
    code = 400
    description = "No process engine available"


def _check_texts(path: Mapping[str, str], received: Request) -> None:
    for text in (*path.values(), *received.args.keys(), *received.args.values()):
        if "\0" in text:
            raise refuse("The URL must not contain the NUL character")


def _success(route: Route, result: Any) -> Response:
    if isinstance(result, Content):
        return _file(result)
    if isinstance(result, Download):
        headers = {"Content-Disposition": _saved_as(result.filename), "X-Accel-Buffering": "no"}
        return Response(result.chunks, mimetype=result.mimetype, headers=headers)
    if isinstance(result, Stream):
        return Response(result.chunks, mimetype=result.mimetype, headers={"X-Accel-Buffering": "no"})
    if result is None:
        return Response(status=204)
    if route.csv is None:
        return _json(result, route.status)
    wanted = request.accept_mimetypes.best_match([JSON, *CSV], JSON)
    response = _json(result, route.status) if wanted == JSON else _as_csv(route, result, wanted)
    response.headers["Vary"] = "Accept"
    return response


def _file(content: Content) -> Response:
    response = Response(content.data, mimetype=content.mimetype)
    if content.filename is not None:
        response.headers["Content-Disposition"] = _saved_as(content.filename)
    return response


def _as_csv(route: Route, rows: Sequence[Mapping[str, Any]], mimetype: str) -> Response:
    """A list of numbers and names as CSV, headed by the names of the members as Camunda writes them: `PERIOD_UNIT`."""
    members = list(get_type_hints(get_args(route.answer)[0]))
    names = [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", each).upper() for each in members]
    lines = [names, *([str(row[each]) for each in members] for row in rows)]
    return _file(Content("\n".join(map(",".join, lines)).encode(), mimetype, route.csv))


def _saved_as(filename: str) -> str:
    name = "".join(each for each in filename if not _is_hidden(each))
    plain = name.encode("ascii", "replace").decode().replace("\\", "_").replace('"', "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def _is_hidden(character: str) -> bool:
    """Is it a control character, or one that turns text around, by which a name looks as if it had another ending?"""
    turns = unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    return turns or unicodedata.category(character) in ("Cc", "Zl", "Zp")


def _json(data: Any, status: int = 200) -> Response:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(text, status, mimetype=JSON)


def _allow(methods: list[str]) -> Response:
    if methods == ["OPTIONS"]:
        raise NotFound
    return Response(status=204, headers={"Allow": ", ".join(methods)})


_TYPES: Mapping[int, str] = {
    400: "InvalidRequestException",
    404: "NotFoundException",
    405: "NotAllowedException",
    413: "RequestEntityTooLargeException",
}


def _http_error(error: HTTPException) -> Response:
    """An error that is about HTTP and not about the engine, in the same shape."""
    status = error.code or 500
    message = error.description if status not in (404, 405) else f"HTTP {status} {error.name}"
    if isinstance(error, RequestEntityTooLarge):
        message = "The body is larger than this server accepts"
    response = _json({"type": _TYPES.get(status, "RestException"), "message": message, "code": None}, status)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted({*error.valid_methods, "OPTIONS"}))
    return response
