"""Whom we may call: the addresses on the open internet, and none inside anybody's house. Pure.

Python's ``is_private`` and ``is_global`` both let some through that are not of the open internet (RELIABILITY.md,
THREAT-6), so that each range is named here: those of IANA's registries of special purposes (IPv4 and IPv6, read in
November 2026), and those that carry an IPv4 address inside an IPv6 one.
"""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

PORTS: Final = frozenset({80, 443})
LONGEST: Final = 500

CLOSED: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by a provider's customers
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/128",
        "::1/128",
        "::/96",  # IPv4 inside, deprecated
        "::ffff:0:0/96",  # IPv4 inside
        "::ffff:0:0:0/96",  # IPv4 inside, translated
        "64:ff9b::/96",  # IPv4 inside, NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/23",  # Teredo, ORCHID and others of IETF's
        "2001:db8::/32",
        "2002::/16",  # IPv4 inside, 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


class BadDestination(Exception):
    """This is no address that news can be sent to; the message says why."""


def is_open(address: str) -> bool:
    """Say whether an IP address is one of the open internet."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return not any(found.version == network.version and found in network for network in CLOSED)


def require_readable(url: str) -> str:
    """Give an address back that can be called, as far as its letters say; what it leads to is judged at each call.

    Raises ``BadDestination``.
    """
    try:
        place = urlsplit(url)
        port = place.port
    except ValueError:
        raise BadDestination("This is no address.") from None
    is_plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST
    if not is_plain or place.scheme not in {"http", "https"} or not place.hostname:
        raise BadDestination("An address looks like https://shop.example.com/news.")
    if place.username is not None or place.password is not None or place.fragment:
        raise BadDestination("An address has neither a password nor a fragment.")
    if port is not None and port not in PORTS:
        raise BadDestination("News go to the ports 80 and 443.")
    return url
