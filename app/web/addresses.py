"""Whose address a request comes from, behind proxies of one's own too, and what counts as one client."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Whoever has one address of such a network can usually take any other of it.
IPV6_PREFIX_BITS: Final = 64
UNKNOWN: Final = "unknown"
# What is read of X-Forwarded-For: some ten addresses, more than anybody has proxies.
MOST_FORWARDED_BYTES: Final = 400


class ClientAddresses:
    """Finds the client of a request. `trusted` are the networks of the proxies whose X-Forwarded-For is believed."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)
        # Kept for clients that come again: to take addresses apart costs more than to count.
        self._known = lru_cache(maxsize=10_000)(self._find)

    def client(self, scope: Scope) -> str:
        """The client's IPv4 address, or the /64 network of its IPv6 address.

        X-Forwarded-For is read from its end, where our own proxies write, and only as far as they go: the address in
        front of the last of them is the client's. What stands before it the client may have written itself. An entry
        that is no address ends the reading too.
        """
        peer = scope["client"][0] if scope.get("client") else ""
        values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"] if self._trusted else ()
        forwarded_for = b",".join(values)
        if len(forwarded_for) > MOST_FORWARDED_BYTES:  # whole addresses from the end
            forwarded_for = forwarded_for[-MOST_FORWARDED_BYTES:].partition(b",")[2]
        return self._known(peer, forwarded_for)

    def _find(self, peer: str, forwarded_for: bytes) -> str:
        address = _address(peer)
        if address is None:
            return UNKNOWN
        if self._is_trusted(address):
            for entry in reversed(forwarded_for.decode("latin-1").split(",")):
                forwarded = _address(entry.strip())
                if forwarded is None:
                    break
                address = forwarded
                if not self._is_trusted(address):
                    break
        return _group(address)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _address(text: str) -> Address | None:
    """The address, IPv4 where it is one that is written as IPv6; None for what is none. A port may stand behind it."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _group(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, IPV6_PREFIX_BITS), strict=False))
