"""The http connector: one HTTP request to a host that the operator allowed, within bounds of time and size.

Source: the Camunda 7 manual, "Connectors" (``http-connector``; inputs url, method, headers, payload; outputs
statusCode, headers, response). The rules against server-side request forgery: the host is on an allow-list; its name is
resolved once, all its addresses are checked (:mod:`engine.connectors.addresses`) and the connection goes to a checked
address, so that a name that changes its address in between gains nothing; the name stays in ``Host`` and in the TLS
handshake, where the certificate is verified against it; redirects are not followed; proxies of the environment are not
used.

Built on the standard library's ``http.client``: it connects nowhere by itself (it is given a connected socket), and has
no redirects, proxies, retries or decompression that would have to be switched off.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from engine.connectors.addresses import AllowedHosts, AllowedNetworks, normal_host
from engine.connectors.contract import ConnectorFailed, ConnectorRefused
from engine.values import Integer, InvalidValue, JsonValue, ObjectValue, XmlValue

__all__ = ["MAX_BYTES", "TIMEOUT", "HttpConnector", "Resolver", "Response", "system_resolver"]

TIMEOUT = 30.0
"""How many seconds a call may take, from the connection to the last byte of the answer."""

MAX_BYTES = 2 * 1024 * 1024
"""How many bytes the body of an answer may have."""

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host name for a port. Raises OSError when it has none."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_URL = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~\[\]]{1,8192}")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]{0,8192}")
_OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: its status, its headers (a repeated one joined by a comma) and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body in the charset that the answer names, else in UTF-8; what cannot be read becomes U+FFFD."""
        content_type = next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")
        charset = re.search(r"""charset=["']?([\w.:-]+)""", content_type, re.IGNORECASE)
        try:
            return self.body.decode(charset[1] if charset else "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses that the operating system knows, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class HttpConnector:
    """Calls allowed hosts. Without any allowed host it is off, and says so.

    ``allowed_hosts``: patterns ``api.example.org``, ``*.example.org``, ``api.example.org:8443``; without a port, 80 and
    443 are meant. ``allowed_networks``: networks such as ``10.1.0.0/16`` whose addresses allowed hosts may have though
    they are not public. ``tls``: what certificates are verified with, by default the system's authorities. Raises
    ValueError for a bad pattern or network. May be used by many threads at once.
    """

    def __init__(
        self,
        allowed_hosts: Collection[str] = (),
        *,
        allowed_networks: Collection[str] = (),
        timeout: float = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        resolver: Resolver = system_resolver,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = AllowedHosts(allowed_hosts)
        self._networks = AllowedNetworks(allowed_networks)
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._resolver = resolver
        self._tls = tls or ssl.create_default_context()

    def __call__(self, inputs: Mapping[str, object]) -> dict[str, object]:
        """Camunda's form: url, method, headers, payload in; statusCode, headers, response (a text) out.

        Every answer is a result, also one with an error status; the model decides what it means. Other inputs are for
        the model's own use. Raises ConnectorRefused, ConnectorFailed.
        """
        url, method = inputs.get("url"), inputs.get("method")
        if not isinstance(url, str) or not isinstance(method, str):
            raise ConnectorRefused("The http connector needs the inputs 'url' and 'method', both texts")
        headers = _read_headers(inputs.get("headers"))
        payload, media_type = _read_payload(inputs.get("payload"))
        if media_type is not None and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = media_type
        response = self.call(url.strip(), method.strip().upper(), headers, payload)
        return {
            "statusCode": Integer(response.status),
            "headers": dict(response.headers),
            "response": response.text,
        }

    def call(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        payload: bytes | None = None,
        *,
        timeout: float | None = None,
        max_bytes: int | None = None,
    ) -> Response:
        """Send one request and read the answer. ``timeout`` is in seconds, for the whole call.

        Raises ConnectorRefused before anything is sent, ConnectorFailed when there is no whole answer in time.
        """
        target = self._read_url(url)
        if method not in _METHODS:
            raise ConnectorRefused(
                f"The http connector knows no method '{method[:100]}'; use {', '.join(sorted(_METHODS))}"
            )
        headers = dict(headers or {})
        for name, value in headers.items():
            _check_header(name, value)
        call = f"{method} {target.scheme}://{target.authority}"
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        addresses = self._addresses(target, call)
        connection = HTTPConnection(target.host, target.port)
        connection.auto_open = 0  # never connects by itself, and so never to another address
        try:
            with _connected(target, addresses, deadline, self._tls) as connection.sock:
                connection.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
                sent = {"Host": target.authority, "Accept": "*/*", "User-Agent": "baton"}
                given = {name.lower() for name in headers}
                sent = {name: value for name, value in sent.items() if name.lower() not in given} | headers
                for name, value in sent.items():
                    connection.putheader(name, value)
                connection.putheader("Accept-Encoding", "identity")
                connection.putheader("Connection", "close")
                if payload is not None or method in ("POST", "PUT", "PATCH"):
                    connection.putheader("Content-Length", str(len(payload or b"")))
                connection.endheaders(payload)
                with connection.getresponse() as answer:
                    return _read(answer, self._max_bytes if max_bytes is None else max_bytes, call)
        except TimeoutError:
            raise ConnectorFailed(f"{call}: no whole answer in time") from None
        except ssl.SSLCertVerificationError as error:
            raise ConnectorFailed(f"{call}: the certificate was not accepted: {error.verify_message}") from None
        except (OSError, HTTPException, ValueError) as error:
            # Not the error's own text: it may quote what was sent or answered.
            reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise ConnectorFailed(f"{call}: the call failed: {reason}") from None

    def _read_url(self, url: str) -> "_Target":
        if not self._hosts:
            raise ConnectorRefused("The http connector is off: the operator of this engine has allowed no hosts")
        if not _URL.fullmatch(url):
            raise ConnectorRefused("The url of an http connector has characters that must be percent-encoded, or none")
        try:
            parts = urlsplit(url)
            port = parts.port
            host = normal_host(_written_host(parts))
        except ValueError as error:
            raise ConnectorRefused(f"The url of an http connector has no usable host: {error}") from None
        if parts.scheme not in ("http", "https"):
            raise ConnectorRefused(f"The http connector calls http and https, not '{parts.scheme[:20]}'")
        if "@" in parts.netloc:
            raise ConnectorRefused("The url of an http connector has a user or password; use a header for it")
        port = port if port is not None else 443 if parts.scheme == "https" else 80
        if not self._hosts.allow(host, port):
            raise ConnectorRefused(
                f"The http connector may not call '{host}' at port {port}: it is not an allowed host"
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return _Target(parts.scheme, host, port, path)

    def _addresses(self, target: "_Target", call: str) -> list[str]:
        """The addresses of a host, looked up once; refused as a whole when one of them is not allowed."""
        try:
            found = [ip_address(target.host)]
        except ValueError:
            try:
                found = [ip_address(text) for text in self._resolver(target.host, target.port)]
            except (OSError, UnicodeError):
                raise ConnectorFailed(f"{call}: the host name has no address now") from None
        if not found:
            raise ConnectorFailed(f"{call}: the host name has no address now")
        for address in found:
            if not self._networks.allow(address):
                raise ConnectorRefused(f"{call}: the host has the address {address}, which is not public")
        return [str(address) for address in found]


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a request goes: host in normal form, path with query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the header ``Host`` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def _written_host(parts: SplitResult) -> str:
    """The host as the URL writes it, with the brackets that ``hostname`` drops."""
    authority = parts.netloc.rpartition("@")[2]
    return authority[: authority.index("]") + 1] if authority.startswith("[") else authority.partition(":")[0]


@contextmanager
def _connected(
    target: _Target, addresses: Sequence[str], deadline: float, tls: ssl.SSLContext
) -> Iterator[socket.socket]:
    """A connection to the first address that takes it, cut at the deadline whatever it is doing then."""
    connected: socket.socket = _connect(target, addresses, deadline)
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            socket.socket.shutdown(connected, socket.SHUT_RDWR)

    # A timeout of the socket alone would begin anew with every byte of a slow answer.
    watch = threading.Timer(max(deadline - time.monotonic(), 0), cut)
    watch.daemon = True
    watch.start()
    try:
        if target.scheme == "https":
            # The handshake comes after, because wrapping takes the connection away from the socket that `cut` knows.
            connected = wrapped = tls.wrap_socket(connected, server_hostname=target.host, do_handshake_on_connect=False)
            wrapped.do_handshake()
        yield connected
    except Exception:
        if late.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()
        connected.close()
    if late.is_set():
        raise TimeoutError


def _connect(target: _Target, addresses: Sequence[str], deadline: float) -> socket.socket:
    failure = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, target.port), timeout=_left(deadline))
        except TimeoutError:
            raise
        except OSError as error:
            failure = error
    raise failure


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _read(answer: HTTPResponse, max_bytes: int, call: str) -> Response:
    encoding = answer.getheader("Content-Encoding", "identity")
    if encoding.strip().lower() not in ("identity", ""):
        raise ConnectorFailed(f"{call}: the answer is compressed, which was not asked for")
    if answer.length is not None and answer.length > max_bytes:
        raise ConnectorFailed(f"{call}: the answer is longer than {max_bytes} bytes")
    body = bytearray()
    while chunk := answer.read(min(_CHUNK, max_bytes + 1 - len(body))):
        body += chunk
        if len(body) > max_bytes:
            raise ConnectorFailed(f"{call}: the answer is longer than {max_bytes} bytes")
    if answer.length:
        raise ConnectorFailed(f"{call}: the answer ended too early")
    headers: dict[str, str] = {}
    for name, value in answer.getheaders():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Response(answer.status, headers, bytes(body))


def _check_header(name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise ConnectorRefused("A header of an http connector has a name that is no name of a header")
    if name.lower() in _OWN_HEADERS or name.lower().startswith("proxy-"):
        raise ConnectorRefused(f"The http connector sets the header '{name}' itself; leave it out")
    if not _HEADER_VALUE.fullmatch(value):
        raise ConnectorRefused(f"The value of the header '{name}' of an http connector has characters it must not have")


def _read_headers(value: object) -> dict[str, str]:
    """The input ``headers``: nothing, or a map of names to texts, numbers or booleans."""
    if isinstance(value, JsonValue | ObjectValue):
        try:
            value = value.node
        except InvalidValue as error:
            raise ConnectorRefused(f"The input 'headers' of an http connector is no JSON data: {error}") from None
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConnectorRefused("The input 'headers' of an http connector must be a map")
    headers = {}
    for name, item in value.items():
        if not isinstance(name, str) or not isinstance(item, str | int | float):
            raise ConnectorRefused("The input 'headers' of an http connector must map names to texts")
        headers[name] = str(item).lower() if isinstance(item, bool) else str(item)
    return headers


def _read_payload(value: object) -> tuple[bytes | None, str | None]:
    """The input ``payload`` as bytes and the media type it implies: a text, bytes, or data that is sent as JSON."""
    if value is None:
        return None, None
    if isinstance(value, bytes):
        return value, None
    if isinstance(value, str):
        return _encoded(value), None
    if isinstance(value, XmlValue):
        return _encoded(value.text), "application/xml"
    if isinstance(value, list | dict):
        try:
            value = JsonValue.of(value)
        except InvalidValue as error:
            raise ConnectorRefused(f"The input 'payload' of an http connector is no JSON data: {error}") from None
    if isinstance(value, JsonValue | ObjectValue):
        return _encoded(value.text), "application/json"
    raise ConnectorRefused("The input 'payload' of an http connector must be a text, bytes, a list or a map")


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ConnectorRefused("The input 'payload' of an http connector has characters that are no Unicode") from None
