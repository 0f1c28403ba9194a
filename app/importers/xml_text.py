"""The bytes of an XML file as text: the encoding that they declare, and the characters that XML has not."""

import codecs
import re
from typing import Final

from lxml import etree

UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
DECLARATION: Final = re.compile(r"\s*<\?xml\s[^<>]*\?>")
_NAMED_ENCODING: Final = re.compile(r"encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


class DamagedExport(Exception):
    """The file cannot be read as what it was taken for; the message says why."""


def encoding_of(head: bytes) -> str:
    """The encoding that the file's mark or declaration names. Raises: DamagedExport, for one that nobody knows."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declaration = DECLARATION.match(head[:200].decode("latin-1").removeprefix("\xef\xbb\xbf"))
    named = _NAMED_ENCODING.search(declaration[0]) if declaration is not None else None
    name = named[1] if named is not None else "utf-8"
    try:
        # The look-up alone would find codecs that make no text, such as `hex`.
        b"<".decode(name, errors="replace")
        return codecs.lookup(name).name
    except (LookupError, UnicodeError):
        raise DamagedExport(f"is written in the encoding {name!r}, which is not known") from None


def damages_of(encoding: str, wrong_bytes: int, removed: int) -> list[str]:
    """What is to be told of characters that were not as they should be."""
    damages = [f"{wrong_bytes} characters are not {encoding}, and stand as \ufffd"] if wrong_bytes else []
    return [*damages, f"{removed} control characters are removed"] if removed else damages


def local_name(element: etree._Element) -> str:
    """The name without its namespace, or without a prefix that is not declared."""
    return element.tag.rpartition("}")[2].rpartition(":")[2]
