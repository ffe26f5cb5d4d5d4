"""The http connector against real servers on loopback."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

import pytest

from engine.connectors import CONNECTOR_IDS, ConnectorError, ConnectorFailed, ConnectorRefused, built_in, run
from engine.connectors.http import HttpConnector, Response
from engine.values import Integer, JsonValue, ObjectValue, XmlValue
from tests.connectors.servers import Authority, RawServer, authority, serving

__all__ = ["authority"]

LOOPBACK = ["127.0.0.0/8"]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


def connector(server: RawServer, host: str = "127.0.0.1", **options: object) -> tuple[HttpConnector, str]:
    """A connector that may call the server under a name, which resolves to loopback, and the URL of it."""
    arguments: dict[str, object] = {"allowed_networks": LOOPBACK, "resolver": lambda *_: ["127.0.0.1"], **options}
    return HttpConnector([f"{host}:{server.port}"], **arguments), f"http://{host}:{server.port}"  # type: ignore[arg-type]


def lines(server: RawServer) -> list[bytes]:
    return server.requests[-1].partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_a_call_in_camundas_form() -> None:
    with serving(OK) as server:
        http, url = connector(server, "service.test")
        outputs = http(
            {
                "url": f"{url}/orders?state=open&n=1#part",
                "method": "post",
                "headers": {"Content-Type": "application/json", "X-Number": 7, "X-Flag": True},
                "payload": '{"a":"ü"}',
                "note": "an input for the model's own use",
            }
        )
    assert outputs == {
        "statusCode": 200,
        "headers": {"Content-Type": "text/plain", "Content-Length": "5"},
        "response": "hello",
    }
    assert type(outputs["statusCode"]) is Integer
    head = lines(server)
    assert head[0] == b"POST /orders?state=open&n=1 HTTP/1.1"
    assert f"Host: service.test:{server.port}".encode() in head
    assert {b"X-Number: 7", b"X-Flag: true", b"Content-Length: 10", b"Accept-Encoding: identity"} <= set(head)
    assert server.requests[0].endswith('{"a":"ü"}'.encode())


@pytest.mark.parametrize(
    ("payload", "sent", "media_type"),
    [
        ("text", b"text", None),
        (b"\x00\xff", b"\x00\xff", None),
        ({"a": [1, None]}, b'{"a":[1,null]}', b"application/json"),
        ([1], b"[1]", b"application/json"),
        (JsonValue('{"a": 1}'), b'{"a": 1}', b"application/json"),
        (ObjectValue('["x"]', "java.util.ArrayList"), b'["x"]', b"application/json"),
        (XmlValue("<a/>"), b"<a/>", b"application/xml"),
        ("", b"", None),
        (None, b"", None),
    ],
)
def test_payloads(payload: object, sent: bytes, media_type: bytes | None) -> None:
    with serving(OK) as server:
        http, url = connector(server)
        http({"url": url, "method": "PUT", "payload": payload})
    assert server.requests[0].endswith(b"\r\n\r\n" + sent)
    assert f"Content-Length: {len(sent)}".encode() in lines(server)
    types = [line for line in lines(server) if line.startswith(b"Content-Type")]
    assert types == ([b"Content-Type: " + media_type] if media_type else [])


def test_a_content_type_that_is_given_stays() -> None:
    with serving(OK) as server:
        http, url = connector(server)
        http(
            {
                "url": url,
                "method": "POST",
                "payload": {},
                "headers": JsonValue('{"content-type": "application/x+json"}'),
            }
        )
    assert [line for line in lines(server) if line.lower().startswith(b"content-type")] == [
        b"content-type: application/x+json"
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "PATCH"])
def test_methods(method: str) -> None:
    answer = b"HTTP/1.1 204 No Content\r\n\r\n" if method != "HEAD" else OK.removesuffix(b"hello")
    with serving(answer) as server:
        http, url = connector(server)
        response = http.call(url, method)
    assert response.body == b""
    assert lines(server)[0] == f"{method} / HTTP/1.1".encode()


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", "no"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Length: 1\r\n\r\n\xfc", "ü"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=klingon\r\nContent-Length: 2\r\n\r\n\xc3\xbc", "ü"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na\xff", "a\ufffd"),
    ],
)
def test_every_answer_is_a_result(answer: bytes, text: str) -> None:
    with serving(answer) as server:
        http, url = connector(server)
        outputs = http({"url": url, "method": "GET"})
    assert outputs["response"] == text
    assert outputs["statusCode"] == int(answer[9:12])


def test_repeated_headers_are_joined() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nVia: a\r\nVia: b\r\nContent-Length: 0\r\n\r\n") as server:
        http, url = connector(server)
        assert http.call(url).headers["Via"] == "a, b"


# ---------------------------------------------------------------- where it may go


def test_it_is_off_without_allowed_hosts() -> None:
    with serving(OK) as server, pytest.raises(ConnectorRefused, match="is off"):
        HttpConnector(allowed_networks=LOOPBACK).call(f"http://127.0.0.1:{server.port}")
    assert server.connections == 0


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://other.test/", "not an allowed host"),
        ("http://allowed.test:8080/", "not an allowed host"),
        ("http://allowed.test.evil.test/", "not an allowed host"),
        ("ftp://allowed.test/", "calls http and https"),
        ("file:///etc/passwd", "no usable host"),
        ("gopher://allowed.test:70/_x", "calls http and https"),
        ("//allowed.test/", "calls http and https"),
        ("allowed.test", "no usable host"),
        ("http://", "no usable host"),
        ("", "percent-encoded"),
        ("http://user:secret@allowed.test/", "user or password"),
        ("http://allowed.test@127.0.0.1/", "user or password"),
        ("http://allowed.test:99999/", "no usable host"),
        ("http://allowed.test:x/", "no usable host"),
        ("http://allowed.test\\@127.0.0.1/", "percent-encoded"),
        ("http://allowed.test/\r\nX: y", "percent-encoded"),
        ("http://allowed.test/a b", "percent-encoded"),
        ("http://allowed.test/ü", "percent-encoded"),
        ("http://allo\twed.test/", "percent-encoded"),
        ("http://2130706433/", "no usable host"),
        ("http://0177.0.0.1/", "no usable host"),
        ("http://0x7f.1/", "no usable host"),
        ("http://127.1/", "no usable host"),
        ("http://[::ffff:169.254.169.254]/", "not an allowed host"),
        ("http://127.0.0.1.nip.io/", "not public"),
        ("http://169.254.169.254/latest/meta-data", "not public"),
        ("http://[::1]/", "not public"),
        ("http://[fe80::1%25eth0]/", "no usable host"),
        ("http://metadata.allowed.test/", "not public"),
    ],
)
def test_where_it_does_not_go(url: str, message: str) -> None:
    addresses = {"127.0.0.1.nip.io": ["127.0.0.1"], "metadata.allowed.test": ["8.8.8.8", "::ffff:169.254.169.254"]}
    hosts = ["allowed.test", "*.allowed.test", "127.0.0.1.nip.io", "169.254.169.254", "[::1]", "127.0.0.1"]
    http = HttpConnector(hosts, resolver=lambda host, _: addresses[host])
    with pytest.raises(ConnectorRefused, match=message) as refused:
        http.call(url)
    assert "secret" not in str(refused.value)


def test_an_allowed_host_at_a_private_address_is_refused_before_connecting() -> None:
    with serving(OK) as server:
        http, url = connector(server, "service.test", allowed_networks=["10.0.0.0/8"])
        with pytest.raises(ConnectorRefused, match=r"address 127\.0\.0\.1, which is not public"):
            http.call(url)
    assert server.connections == 0


def test_a_name_is_resolved_once_and_the_connection_goes_to_that_address() -> None:
    """A name that changes its address between the check and the connection gains nothing."""
    asked = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with serving(OK) as server:
        http, url = connector(server, "service.test", resolver=rebinding)
        assert http.call(url).body == b"hello"
        assert asked == ["service.test"]
        with pytest.raises(ConnectorRefused, match=r"169\.254\.169\.254"):
            http.call(url)
    assert server.connections == 1


def test_the_next_address_is_tried_when_one_takes_no_connection() -> None:
    with serving(OK) as server:
        http, url = connector(server, "service.test", resolver=lambda *_: ["127.0.0.2", "127.0.0.1"])
        assert http.call(url).status == 200


def test_redirects_are_not_followed() -> None:
    with serving(OK) as other:
        answer = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other.port}/\r\nContent-Length: 0\r\n\r\n"
        with serving(answer.encode()) as server:
            http, url = connector(server)
            response = http.call(url)
    assert response.status == 302
    assert response.headers["Location"].endswith(f"{other.port}/")
    assert other.connections == 0


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(OK) as server, serving(OK) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        http, url = connector(server)
        assert http.call(url).status == 200
    assert proxy.connections == 0


# ---------------------------------------------------------------- TLS


def test_tls_verifies_the_name_while_connecting_to_the_checked_address(authority: Authority) -> None:
    with serving(OK, authority.server_side()) as server:
        http, url = connector(server, "service.test", tls=authority.client_side())
        assert http.call(url.replace("http:", "https:")).body == b"hello"
    assert server.server_names == ["service.test"]
    assert f"Host: service.test:{server.port}".encode() in lines(server)


@pytest.mark.parametrize("host", ["other.test", "service.test"])
def test_a_certificate_of_another_name_or_authority_is_not_accepted(authority: Authority, host: str) -> None:
    tls = authority.client_side() if host == "other.test" else None
    with serving(OK, authority.server_side()) as server:
        http, url = connector(server, host, tls=tls)
        with pytest.raises(ConnectorFailed, match="certificate was not accepted"):
            http.call(url.replace("http:", "https:"))
    assert server.requests == []


# ---------------------------------------------------------------- what may be sent


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X": "a\r\nEvil: 1"}, "characters it must not have"),
        ({"X": "a\nEvil: 1"}, "characters it must not have"),
        ({"X": "a\x00"}, "characters it must not have"),
        ({"X": "€"}, "characters it must not have"),
        ({"X\r\nEvil": "1"}, "no name of a header"),
        ({"X:": "1"}, "no name of a header"),
        ({"": "1"}, "no name of a header"),
        ({"Host": "evil.test"}, "sets the header 'Host' itself"),
        ({"content-length": "0"}, "sets the header 'content-length' itself"),
        ({"Transfer-Encoding": "chunked"}, "sets the header"),
        ({"Connection": "upgrade"}, "sets the header"),
        ({"Proxy-Authorization": "x"}, "sets the header"),
        ("X: 1", "must be a map"),
        ({"X": ["1"]}, "must map names to texts"),
        ({1: "1"}, "must map names to texts"),
        (JsonValue("[1]"), "must be a map"),
        (JsonValue("{"), "no JSON data"),
    ],
)
def test_headers_that_are_refused(headers: object, message: str) -> None:
    with serving(OK) as server:
        http, url = connector(server)
        with pytest.raises(ConnectorRefused, match=message):
            http({"url": url, "method": "GET", "headers": headers})
    assert server.connections == 0


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "needs the inputs 'url' and 'method'"),
        ({"url": "http://a.test"}, "needs the inputs"),
        ({"url": 1, "method": "GET"}, "needs the inputs"),
        ({"url": "http://a.test", "method": "TRACE"}, "knows no method"),
        ({"url": "http://a.test", "method": "GET / HTTP/1.1\r\nX:"}, "knows no method"),
        ({"url": "http://a.test", "method": "POST", "payload": 1}, "must be a text"),
        ({"url": "http://a.test", "method": "POST", "payload": {"a": object()}}, "no JSON data"),
        ({"url": "http://a.test", "method": "POST", "payload": "\ud800"}, "no Unicode"),
    ],
)
def test_inputs_that_are_refused(inputs: dict[str, object], message: str) -> None:
    with pytest.raises(ConnectorRefused, match=message):
        HttpConnector(["a.test"])(inputs)


# ---------------------------------------------------------------- bounds


def dripping(head: bytes) -> Callable[[socket.socket], None]:
    """An answer that never ends: one more byte again and again."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            threading.Event().wait(0.02)

    return answer


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\n"]
)
def test_a_call_ends_at_its_time(head: bytes) -> None:
    with serving(dripping(head)) as server:
        http, url = connector(server)
        with pytest.raises(ConnectorFailed, match="no whole answer in time"):
            http.call(url, timeout=0.3)


def test_a_tls_handshake_ends_at_its_time(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        http = HttpConnector([f"127.0.0.1:{port}"], allowed_networks=LOOPBACK, timeout=0.3, tls=authority.client_side())
        with pytest.raises(ConnectorFailed, match="no whole answer in time"):
            http.call(f"https://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + b"x" * 11, "longer than 10 bytes"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 11, "longer than 10 bytes"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" + b"x" * 11 + b"\r\n0\r\n\r\n",
            "longer than 10",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "ended too early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "the call failed"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "compressed"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n", "the call failed"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", "the call failed"),
        (b"not http at all\r\n\r\n", "the call failed"),
        (b"", "the call failed"),
    ],
)
def test_answers_that_are_no_use(answer: bytes, message: str) -> None:
    with serving(answer) as server:
        http, url = connector(server, max_bytes=10)
        with pytest.raises(ConnectorFailed, match=message):
            http.call(url)


def test_an_answer_may_be_as_long_as_allowed() -> None:
    with serving(OK) as server:
        http, url = connector(server)
        assert http.call(url, max_bytes=5) == Response(
            200, {"Content-Type": "text/plain", "Content-Length": "5"}, b"hello"
        )


def test_nobody_listens() -> None:
    with serving(OK) as server:
        http, url = connector(server)
    with pytest.raises(ConnectorFailed, match="the call failed: Connection refused"):
        http.call(url)


@pytest.mark.parametrize("addresses", [OSError(), []])
def test_a_name_without_address(addresses: object) -> None:
    def resolver(*_: object) -> list[str]:
        if isinstance(addresses, OSError):
            raise addresses
        return []

    with pytest.raises(ConnectorFailed, match="no address now"):
        HttpConnector(["a.test"], resolver=resolver).call("http://a.test")


def test_errors_and_logs_tell_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(b"secret") as server:
        http, url = connector(server)
        with pytest.raises(ConnectorError) as failed:
            http.call(f"{url}/hooks/secret?token=secret", "POST", {"Authorization": "Bearer secret"}, b"secret")
        assert b"Authorization: Bearer secret" in lines(server)
    assert str(failed.value).startswith(f"POST {url}: ")
    assert "secret" not in f"{failed.value!r} {failed.value.__cause__!r} {caplog.text}"


# ---------------------------------------------------------------- the registry


def test_connectors_are_run_by_id() -> None:
    with serving(OK) as server:
        connectors = built_in(allowed_hosts=[f"127.0.0.1:{server.port}"], allowed_networks=LOOPBACK)
        outputs = run(connectors, "http-connector", {"url": f"http://127.0.0.1:{server.port}", "method": "GET"})
        assert outputs["response"] == "hello"
    assert set(connectors) == CONNECTOR_IDS


def test_an_unknown_connector_is_refused() -> None:
    with pytest.raises(ConnectorRefused, match="no connector 'soap-http-connector'; there are: http-connector"):
        run(built_in(), "soap-http-connector", {})
