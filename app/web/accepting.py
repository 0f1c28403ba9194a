"""The Accept header: whether a client takes an answer of a media type. Source: RFC 9110, 12.5.1."""

from functools import lru_cache
from typing import Final

JSON: Final = "application/json"
_NEVER: Final = {"0", "0.0", "0.00", "0.000"}


@lru_cache(1_000)
def takes(accept: bytes, media_type: str) -> bool:
    """Whether the header takes the media type: by the most specific range that it has for it.

    A header in which nothing is a range takes everything.
    """
    kind = media_type.partition("/")[0]
    ranges = {name: is_taken for part in accept.split(b",") if (name := _name(part)) for is_taken in [_is_taken(part)]}
    for name in (media_type, f"{kind}/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return not ranges


def _name(part: bytes) -> str | None:
    """The media range of an element of the header, without parameters; None for what is no range."""
    name = part.partition(b";")[0].strip().lower().decode("latin-1")
    return name if "/" in name else None


def _is_taken(part: bytes) -> bool:
    weights = [value.strip() for value in part.lower().split(b";")[1:] if value.strip().startswith(b"q=")]
    return not weights or weights[0].removeprefix(b"q=").decode("latin-1") not in _NEVER
