"""Addresses as URIs."""

import re
from typing import Final

# What a URI may hold as it is. Source: RFC 3986, 2.
_NOT_IN_URI: Final = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})")


def as_uri(url: str) -> str:
    """The address as a URI: what no URI may hold is percent-encoded. Source: RFC 3987, 3.1."""
    return _NOT_IN_URI.sub(_percent_encoded, url)


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
