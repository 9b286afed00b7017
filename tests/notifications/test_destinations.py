from ipaddress import ip_network

import pytest

from notifications import destinations
from notifications.destinations import CLOSED, BadDestination


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.255",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "shop.example.com",
        "",
        "127.1",
        "0x7f000001",
    ],
)
def test_what_is_not_of_the_open_internet_is_not_called(address: str) -> None:
    assert not destinations.is_open(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])
def test_the_open_internet_is(address: str) -> None:
    assert destinations.is_open(address)


@pytest.mark.parametrize("network", [str(network) for network in CLOSED])
def test_each_range_is_closed_from_its_first_address_to_its_last(network: str) -> None:
    closed = ip_network(network)

    assert not destinations.is_open(str(closed[0]))
    assert not destinations.is_open(str(closed[-1]))


@pytest.mark.parametrize(
    "url",
    ["https://shop.example.com/news?from=doorstep", "http://shop.example.com", "https://shop.example.com:443/a/b"],
)
def test_an_address_that_can_be_called_is_taken(url: str) -> None:
    assert destinations.require_readable(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example.com",
        "ftp://shop.example.com/",
        "file:///etc/passwd",
        "https://",
        "https://shop.example.com:8443/",
        "https://shop.example.com:0/",
        "https://user:secret@shop.example.com/",
        "https://shop.example.com/#part",
        "https://shop.example.com/a b",
        "https://shop.example.com/\r\nHost: x",
        "https://kauppa.example/ä",
        "https://[::1",
        "https://shop.example.com/" + "a" * 500,
    ],
)
def test_what_cannot_be_called_is_refused(url: str) -> None:
    with pytest.raises(BadDestination):
        destinations.require_readable(url)
