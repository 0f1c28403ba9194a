"""XML from elements: escaped, in UTF-8, and well-formed whatever the texts hold.

Characters that XML 1.0 cannot hold at all, as most control characters, are left out. Source: XML 1.0, 2.2.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
# The prefixes that readers know these namespaces by; some compare prefixes instead of namespaces.
_PREFIXES: Final = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "at": "http://purl.org/atompub/tombstones/1.0",
}
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

for _prefix, _namespace in _PREFIXES.items():
    register_namespace(_prefix, _namespace)


def qualified(prefix: str, name: str) -> str:
    """The name of an element in the namespace of one of the known prefixes."""
    return f"{{{_PREFIXES[prefix]}}}{name}"


def xml_text(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_IN_XML.sub("", text)


def add(parent: Element, name: str, text: str | None = None, attributes: Mapping[str, str] | None = None) -> Element:
    """Adds an element with this text and these attributes at the end of another; returns it."""
    element = SubElement(parent, name, {key: xml_text(value) for key, value in (attributes or {}).items()})
    if text is not None:
        element.text = xml_text(text)
    return element


def document(root: Element) -> bytes:
    """The element as a document in UTF-8, with its declaration."""
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
