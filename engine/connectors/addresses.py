"""Which hosts and network addresses a model may make the engine call, so that it is no way into the network it runs in.

Two gates, and both must be open: the host is on the allow-list, and every address its name has is a public one (or in a
network that is allowed by name). Names of hosts are read strictly: the forms of IPv4 addresses that only some libraries
understand (``2130706433``, ``0177.0.0.1``, ``127.1``) are refused.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = ["AllowedHosts", "AllowedNetworks", "is_public", "normal_host"]

Address = IPv4Address | IPv6Address

_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_DEFAULT_PORTS = frozenset({80, 443})

# What `is_global` of some Python versions takes for public, or what is reached by a public address but is inside.
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # the platform service of Azure's virtual machines
        "::/96",  # IPv4-compatible
        "64:ff9b:1::/48",  # local NAT64
        "2001::/23",  # protocol assignments, Teredo
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)
_NAT64 = ip_network("64:ff9b::/96")


def normal_host(text: str) -> str:
    """The host of a URL in lower case, without brackets and last dot. Raises ValueError when it is not plainly one."""
    if text.startswith("["):
        address = ip_address(text.removeprefix("[").removesuffix("]"))
        if not text.endswith("]") or not isinstance(address, IPv6Address) or address.scope_id is not None:
            raise ValueError(f"'{text[:100]}' is no IPv6 address")
        return address.compressed
    host = text.lower().removesuffix(".")
    if not _NAME.fullmatch(host):
        raise ValueError(f"'{text[:100]}' is no host name; write international names in their form with xn--")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2]):
        return IPv4Address(host).compressed
    return host


def is_public(address: Address) -> bool:
    """Whether an address is one host of the public internet; one that embeds an IPv4 address, only if both are."""
    if isinstance(address, IPv6Address) and (inner := _embedded(address)) is not None:
        if address.ipv4_mapped is not None:
            return is_public(inner)
        if not is_public(inner):
            return False
    if address.is_multicast or address.is_loopback or (address.is_reserved and address not in _NAT64):
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True, slots=True)
class _Pattern:
    host: str
    with_subdomains_of: bool
    port: int | None

    def matches(self, host: str, port: int) -> bool:
        if port not in (_DEFAULT_PORTS if self.port is None else (self.port,)):
            return False
        return host.endswith(f".{self.host}") if self.with_subdomains_of else host == self.host


class AllowedHosts:
    """The allow-list of hosts: ``api.example.org``, ``*.example.org`` (not itself), each perhaps with a ``:port``.

    Without a port, 80 and 443 are meant. Raises ValueError for a pattern that is none of these.
    """

    def __init__(self, patterns: Collection[str]) -> None:
        if isinstance(patterns, str):
            raise ValueError(f"The allowed hosts must be a list of patterns, not the text '{patterns}'")  # noqa: TRY004
        self._patterns = tuple(_pattern(text) for text in patterns)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def allow(self, host: str, port: int) -> bool:
        """Whether a host, in its normal form, may be called at a port."""
        return any(pattern.matches(host, port) for pattern in self._patterns)


def _pattern(text: str) -> _Pattern:
    match = re.fullmatch(r"(\*\.)?(\[[^\]]*\]|[^:\[\]*]+)(?::([0-9]{1,5}))?", text.strip())
    if match is None:
        raise ValueError(f"'{text}' is no pattern of hosts such as api.example.org, *.example.org or localhost:8080")
    port = None if match[3] is None else int(match[3])
    if port is not None and not 1 <= port <= 65535:
        raise ValueError(f"'{text}': there is no port {port}")
    return _Pattern(normal_host(match[2]), match[1] is not None, port)


class AllowedNetworks:
    """The networks whose addresses may be called though they are not public. Raises ValueError for a bad network."""

    def __init__(self, networks: Collection[str]) -> None:
        if isinstance(networks, str):
            raise ValueError(f"The allowed networks must be a list of networks, not the text '{networks}'")  # noqa: TRY004
        self._networks: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(text.strip()) for text in networks)

    def allow(self, address: Address) -> bool:
        """Whether an address may be called: it is public, or in one of the networks."""
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return is_public(address) or any(address in network for network in self._networks)
