"""Purge keys: what an answer depends on, in the header by which caches and CDNs know what to drop.

The log names what a change touches: objects (`article:<uuid>`) and lists (`articles:tag:trams`, narrowed to a language
`articles:tag:trams~uk`). A key is such a name in the short form that answers, events and `/v1/changes` show. An answer
can change only when a change touches one of its keys. Keys are tokens (RFC 9110, 5.6.2): Akamai takes no others.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from uuid import UUID

# The names that the header may have, with what separates its keys.
SEPARATORS: Final = {"Surrogate-Key": " ", "xkey": " ", "Cache-Tag": ",", "Edge-Cache-Tag": ","}
# CloudFront reads 50 keys of an answer. A stock nginx takes heads of 4,096 bytes.
MOST_KEYS: Final = 50
MOST_BYTES: Final = 1_900
LONGEST_KEY: Final = 64
# Every public change touches it: the key of the log itself.
CHANGES: Final = "changes"
_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOUN: Final = re.compile("[a-z]+")


@lru_cache(50_000)
def purge_key(name: str) -> str:
    """The key of a name: colons are dots, ids take 22 characters, and what is still too long ends in a digest.

    Example: `articles:tag:trams~uk` is `articles.tag.trams~uk`.
    """
    key = _UUID.sub(lambda id: _base64(UUID(id[0]).bytes), name).replace(":", ".")
    if len(key) <= LONGEST_KEY:
        return key
    head, _, last = key.rpartition(".")
    return f"{head}.{_base64(blake2b(last.encode(), digest_size=12).digest())}"


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


@lru_cache(50_000)
def every(name: str) -> str:
    """The coarser name that every change of the same noun touches: `articles` for `article:…` and `articles:tag:…`."""
    noun = _NOUN.match(name)
    assert noun is not None, "a name begins with a noun"
    return f"{noun[0].removesuffix('s')}s"


def purge_keys(names: Iterable[str]) -> list[str]:
    """The distinct keys of these names, in their order; so few that they fit into the header.

    Where they do not fit, the keys of the noun that has most of them give way to the one of all its objects.
    """
    keys = {purge_key(name): every(name) for name in names}
    while len(keys) > MOST_KEYS or sum(map(len, keys)) + len(keys) > MOST_BYTES:
        sizes: dict[str, int] = {}
        for key, coarse in keys.items():
            sizes[coarse] = sizes.get(coarse, 0) + len(key) + 1
        most = max(sizes, key=lambda coarse: sizes[coarse])
        keys = {most if coarse == most else key: coarse for key, coarse in keys.items()}
    return [*keys]
