"""Which hosts and addresses may be called."""

from ipaddress import ip_address

import pytest

from engine.connectors.addresses import AllowedHosts, AllowedNetworks, is_public, normal_host


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:808:808::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))
    assert not AllowedNetworks([]).allow(ip_address(text))


def test_a_network_can_be_allowed() -> None:
    networks = AllowedNetworks(["10.1.0.0/16", "::1/128"])
    assert networks.allow(ip_address("10.1.2.3"))
    assert networks.allow(ip_address("::ffff:10.1.2.3"))
    assert networks.allow(ip_address("::1"))
    assert networks.allow(ip_address("8.8.8.8"))
    assert not networks.allow(ip_address("10.2.0.1"))
    assert not networks.allow(ip_address("64:ff9b::a01:203"))


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("API.Example.org", "api.example.org"),
        ("api.example.org.", "api.example.org"),
        ("my_service", "my_service"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[0:0::FFFF:a9fe:A9FE]", "::ffff:a9fe:a9fe"),
    ],
)
def test_the_normal_form_of_hosts(text: str, host: str) -> None:
    assert normal_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.01",
        "127.0.0.0x1",
        "1.2.3.4.5",
        "256.1.1.1",
        "example.0x",
        "::1",
        "[::1",
        "[127.0.0.1]",
        "[fe80::1%eth0]",
        "bücher.example",
        "a..b",
        "-a.example",
        "a b",
        "a%2eb",
        "x" * 64 + ".example",
        "a." * 127 + "example",
    ],
)
def test_hosts_that_are_not_plainly_one_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        normal_host(text)


def test_the_allow_list_of_hosts() -> None:
    hosts = AllowedHosts(["api.example.org", "*.Example.net", "localhost:8080", "*.corp:8443", "[::1]:80", "10.0.0.1"])
    for host, port in [
        ("api.example.org", 443),
        ("api.example.org", 80),
        ("a.example.net", 443),
        ("b.a.example.net", 80),
        ("localhost", 8080),
        ("x.corp", 8443),
        ("::1", 80),
        ("10.0.0.1", 80),
    ]:
        assert hosts.allow(host, port), (host, port)
    for host, port in [
        ("api.example.org", 8080),
        ("x.api.example.org", 443),
        ("example.net", 443),
        ("evilexample.net", 443),
        ("api.example.org.evil.test", 443),
        ("localhost", 80),
        ("x.corp", 443),
        ("::1", 443),
        ("10.0.0.2", 80),
    ]:
        assert not hosts.allow(host, port), (host, port)
    assert hosts
    assert not AllowedHosts([])


@pytest.mark.parametrize(
    "text", ["", "*", "*.", "a.*.b", "http://a.example", "a.example:0", "a:99999", "a.example/x", "[::1"]
)
def test_patterns_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        AllowedHosts([text])


def test_one_text_is_no_list() -> None:
    with pytest.raises(ValueError, match="list of patterns"):
        AllowedHosts("api.example.org")
    with pytest.raises(ValueError, match="list of networks"):
        AllowedNetworks("10.0.0.0/8")


def test_a_network_must_be_one() -> None:
    with pytest.raises(ValueError):
        AllowedNetworks(["10.0.0.1/8"])
