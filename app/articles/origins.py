"""Where an imported story came from, as a key: `system:id`, of which no two articles have the same.

Everything after the first colon is the id: the name of a system has none.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from app.web.fields import ForeignId, SystemName, fault_message

_PARTS: Final[dict[str, TypeAdapter[str]]] = {"system": TypeAdapter(SystemName), "id": TypeAdapter(ForeignId)}


def origin_key(system: str | None, id: str | None) -> str | None:
    """The key; None where the story has none."""
    return None if system is None or id is None else f"{system}:{id}"


def key_in_card(card: Mapping[str, Any]) -> str | None:
    """The key of a document, from its JSON values."""
    origin = card["origin"]
    return None if origin is None else origin_key(origin["system"], origin["id"])


def checked_key(text: str) -> str:
    """The key as it is stored. Raises: ValueError, for a text without a colon, a part that is blank or too long."""
    system, colon, id = text.partition(":")
    if not colon:
        raise ValueError("is not `system:id`, such as example.com:42")
    values = {"system": system, "id": id}
    try:
        return ":".join(adapter.validate_python(values[name]) for name, adapter in _PARTS.items())
    except ValidationError as error:
        raise ValueError(f"is not `system:id`: a part of it {fault_message(error.errors()[0])}") from None


def list_value(key: str) -> str:
    """The end of the name of its list, `articles:origin:…`. A digest: an id may hold any characters, and the names of
    lists are purge keys, which may not."""
    return blake2b(key.encode(), digest_size=16).hexdigest()
