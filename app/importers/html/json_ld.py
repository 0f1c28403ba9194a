"""JSON-LD as pages have it: several blocks, graphs, broken JSON, escaped entities. Source: schema.org, JSON-LD 1.1."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from typing import Any, Final

MOST_NODES: Final = 5_000
Node = dict[str, Any]

_AROUND: Final = re.compile(
    r"^\s*(?:(?:/[/*])?\s*<!\[CDATA\[(?:\s*\*/)?|<!--)|(?:(?:/[/*])?\s*\]\]>(?:\s*\*/)?|-->)\s*$"
)
_TRAILING_COMMA: Final = re.compile(r",(?=\s*[}\]])")
_STORY: Final = re.compile(
    r"(?:[A-Za-z]*Article|BlogPosting|LiveBlogPosting|Report|[A-Za-z]*Review|SocialMediaPosting)$"
)


def nodes_of(texts: list[str]) -> list[Node]:
    """All objects in blocks of JSON-LD, outer ones first, in the order of the page. What is no JSON is passed over."""
    nodes: list[Node] = []
    for text in texts:
        value = _value(text)
        if value is not None:
            nodes += _walk(value, MOST_NODES - len(nodes))
    return nodes


def _value(text: str) -> Any:
    """What a block holds; a comma too many, rubbish behind it and escaped quotation marks are overlooked."""
    text = _AROUND.sub("", text).strip().rstrip(";")
    attempts = [text, _TRAILING_COMMA.sub("", text)]
    if "&quot;" in text[:200]:
        attempts.append(unescape(text))
    for attempt in attempts:
        with suppress(ValueError, RecursionError):
            return json.loads(attempt, strict=False)
    with suppress(ValueError, RecursionError):
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    return None


def _walk(value: Any, most: int) -> Iterator[Node]:
    """The objects within a value, level by level, at most so many."""
    level = [value]
    while level and most > 0:
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                most -= 1
                if most < 0:
                    return
                yield each
                inner += each.values()
            elif isinstance(each, list):
                inner += each
        level = inner


def types_of(node: Node) -> list[str]:
    """The types of a node, without the vocabulary before them."""
    return [type.rpartition("/")[2] for type in texts(node.get("@type"))]


def is_story(node: Node) -> bool:
    return any(_STORY.fullmatch(type) for type in types_of(node))


def texts(value: Any, depth: int = 4) -> list[str]:
    """The texts that a value is, or holds in a list, or under `@value` or `name`; entities are resolved."""
    if isinstance(value, str):
        text = " ".join(unescape(unescape(value)).split())  # some are escaped twice
        return [text] if text else []
    if depth and isinstance(value, list):
        return [text for each in value[:100] for text in texts(each, depth - 1)]
    if depth and isinstance(value, dict):
        return texts(value.get("@value") or value.get("name") or value.get("@id"), depth - 1)
    return []


def resolved(value: Any, nodes: list[Node]) -> list[Node]:
    """The objects that a property names, in place or by `@id`; a text counts as an object with this name."""
    found: list[Node] = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            found.append({"name": each})
        elif isinstance(each, dict):
            id = each.get("@id")
            if "name" not in each and isinstance(id, str):
                each = next((node for node in nodes if node.get("@id") == id and "name" in node), each)
            found.append(each)
    return found
