"""Whose address a request comes from."""

from ipaddress import ip_network

import pytest

from app.web.addresses import UNKNOWN, ClientAddresses

PROXIES = ClientAddresses([ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48")])


def client(addresses: ClientAddresses, peer: str | None, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return addresses.client({"client": peer and (peer, 4711), "headers": headers})


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "127.0.0.1"])
def test_without_trusted_proxies_no_header_is_believed(peer: str) -> None:
    assert client(ClientAddresses([]), peer, "198.51.100.9") == peer


def test_a_stranger_is_not_believed_where_there_are_trusted_proxies() -> None:
    assert client(PROXIES, "192.0.2.7", "198.51.100.9") == "192.0.2.7"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        (["198.51.100.9"], "198.51.100.9"),
        (["198.51.100.9, 10.0.0.2"], "198.51.100.9"),
        (["203.0.113.1, 198.51.100.9"], "198.51.100.9"),
        (["203.0.113.1", "198.51.100.9, 10.1.1.1"], "198.51.100.9"),
        (["10.9.9.9, 10.0.0.2"], "10.9.9.9"),
        (["198.51.100.9:5173"], "198.51.100.9"),
        (["[2001:db8:1:2:3::4]:5173"], "2001:db8:1:2::/64"),
        (["::ffff:198.51.100.9"], "198.51.100.9"),
        (["198.51.100.9, nonsense"], "10.0.0.1"),
        (["198.51.100.9, é"], "10.0.0.1"),
        (["203.0.113.1, " * 1_000 + "198.51.100.9"], "198.51.100.9"),
        (["198.51.100.9, " + "10.0.0.2, " * 1_000 + "10.0.0.3"], "10.0.0.2"),
        ([""], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_behind_a_trusted_proxy_the_last_address_that_is_no_proxy_is_the_client(
    forwarded: list[str], expected: str
) -> None:
    assert client(PROXIES, "10.0.0.1", *forwarded) == expected


def test_a_proxy_that_is_written_as_ipv6_is_trusted_as_its_ipv4_address() -> None:
    assert client(PROXIES, "::ffff:10.0.0.1", "198.51.100.9") == "198.51.100.9"


@pytest.mark.parametrize("peer", ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1:2::1%eth0"])
def test_the_addresses_of_one_ipv6_prefix_are_one_client(peer: str) -> None:
    assert client(PROXIES, peer) == "2001:db8:1:2::/64"


@pytest.mark.parametrize("peer", [None, "", "testclient"])
def test_a_client_without_an_address_is_still_a_client(peer: str | None) -> None:
    assert client(PROXIES, peer, "198.51.100.9") == UNKNOWN
