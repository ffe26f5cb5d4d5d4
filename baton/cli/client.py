"""The command line's side of the REST API: requests out, answers or failures back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from baton.cli.failure import CONFLICT, FAILED, NOT_ALLOWED, NOT_FOUND, Failure
from baton.settings import NONE, Settings

Command = TypeVar("Command", bound=Callable[..., Any])
TIMEOUT = 60.0
CAMUNDA, OWN = "/engine-rest", "/api/v1"
"""Where the two APIs are, below the same address."""
EXIT_CODES = {401: NOT_ALLOWED, 403: NOT_ALLOWED, 404: NOT_FOUND, 409: CONFLICT}
UNAUTHORIZED = 401
HINTS = {
    True: "Look at BATON_TOKEN, or BATON_USER and BATON_PASSWORD.",
    False: "Set BATON_TOKEN, or BATON_USER and BATON_PASSWORD; `baton token create` makes a token.",
}
"""What to do when the server does not know who asks: they said who they are, or did not."""
KINDS = {
    "TaskAlreadyClaimedException": CONFLICT,
    "OptimisticLockingException": CONFLICT,
    "NotFoundException": NOT_FOUND,
    "NullValueException": NOT_FOUND,
}
"""What the type of an error says, where the status does not: Camunda's commands find nothing with 400 or 500."""


class Rejected(Failure):
    """The server answered with an error; `status` is the HTTP status and `body` the error object."""

    def __init__(self, status: int, body: Mapping[str, Any], *, signed: bool = True) -> None:
        """`signed`: the request said who asks."""
        kind = str(body.get("type", ""))
        code = KINDS.get(kind) or EXIT_CODES.get(status, FAILED)
        message = str(body.get("message") or f"The server answered with HTTP status {status}")
        hint = "" if status != UNAUTHORIZED else HINTS[signed]
        super().__init__(message, hint, exit_code=code)
        self.status = status
        self.body = body


class Client:
    """Speaks to the REST API at `url`, for example http://127.0.0.1:8080/engine-rest."""

    def __init__(self, url: str, authorization: str | None = None) -> None:
        """`authorization` is the header that says who asks."""
        self.url, self._authorization = url.rstrip("/"), authorization

    def own(self) -> Client:
        """The same server's own API, below /api/v1. Raises Failure where the URL does not tell where that is."""
        server, engine, _ = self.url.rpartition(CAMUNDA)
        if not engine:
            raise Failure(
                f"{self.url} does not tell where Baton's own API is.",
                f"Let the URL end in {CAMUNDA}, as BATON_URL does.",
            )
        return Client(server + OWN, self._authorization)

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """The JSON answer to a GET request; raises Rejected, or Failure when no server answers."""
        return self._send("GET", self._with_query(path, query or {}))

    def post(self, path: str, body: object) -> Any:
        """The JSON answer to a POST request with a JSON body, None when there is none; raises like `get`."""
        return self._send("POST", path, json.dumps(body).encode(), "application/json")

    def upload(self, path: str, values: Mapping[str, str], files: Mapping[str, bytes]) -> Any:
        """The JSON answer to a multipart form with text fields and files, each file named as its field."""
        boundary = secrets.token_hex(16)
        parts = [(_part_head(name), text.encode()) for name, text in values.items()]
        parts += [(_part_head(name, name), content) for name, content in files.items()]
        body = b"".join(b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary.encode(), head, content) for head, content in parts)
        content_type = f"multipart/form-data; boundary={boundary}"
        return self._send("POST", path, body + f"--{boundary}--\r\n".encode(), content_type)

    def _with_query(self, path: str, query: Mapping[str, object]) -> str:
        from urllib.parse import urlencode

        given = {name: value for name, value in query.items() if value is not None}
        return f"{path}?{urlencode(given)}" if given else path

    def _send(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> Any:
        from urllib.error import HTTPError, URLError
        from urllib.request import Request, urlopen

        headers = {"Accept": "application/json"} | ({"Content-Type": content_type} if content_type else {})
        if self._authorization is not None:
            headers["Authorization"] = self._authorization
        try:
            request = Request(self.url + path, data=body, headers=headers, method=method)  # noqa: S310 - http(s) is checked with the option
            with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                content = answer.read()
        except HTTPError as error:
            with error:
                raise Rejected(error.code, _error_body(error.read()), signed=self._authorization is not None) from None
        except (URLError, TimeoutError, ConnectionError) as reason:
            cause = getattr(reason, "reason", reason)
            hint = "Start one with `baton dev`, or name another with --url or BATON_URL."
            raise Failure(f"No Baton server answers at {self.url} ({cause}).", hint) from None
        return json.loads(content) if content else None


def remote(command: Command) -> Command:
    """Adds `--url` to a command and gives it the Client as its parameter `client`."""

    def connect(context: click.Context, _: click.Parameter, url: str | None) -> Client:
        settings = context.find_root().obj.settings
        chosen = url or settings.url
        if not chosen.startswith(("http://", "https://")):
            raise click.BadParameter(f"{chosen!r} is not a URL like http://127.0.0.1:8080/engine-rest")
        return Client(chosen, _authorization(settings))

    return click.option("--url", "client", callback=connect, help="The server's REST API. [default: BATON_URL]")(
        command
    )


def _authorization(settings: Settings) -> str | None:
    """The header by which the settings say who asks; None if they do not."""
    from base64 import b64encode

    if settings.token != NONE:
        return f"Bearer {settings.token}"
    if NONE in (settings.user, settings.password):
        return None
    return "Basic " + b64encode(f"{settings.user}:{settings.password}".encode()).decode()


def path_of(*parts: str) -> str:
    """A path whose parts may hold any characters."""
    from urllib.parse import quote

    return "".join("/" + quote(part, safe="") for part in parts)


def _part_head(name: str, filename: str | None = None) -> bytes:
    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

    file = f'; filename="{quoted(filename)}"\r\nContent-Type: application/octet-stream' if filename else ""
    return f'Content-Disposition: form-data; name="{quoted(name)}"{file}'.encode()


def _error_body(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
