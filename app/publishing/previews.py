"""Previews: tokens that open the newest state of one object to whoever holds them, for a time. Nothing is stored."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from app.changes.models import Noun
from app.db import from_milliseconds, milliseconds
from app.errors import NotFound
from app.web.signing import Signer

MAC_BYTES: Final = 16
PURPOSE: Final = b"preview\0"


class Preview(NamedTuple):
    """What a token opens. `created_at` tells the object from a later one that takes its name."""

    noun: Noun
    ref: str
    created_at: str
    expires_at: datetime


def token_for(secret: bytes, noun: Noun, ref: str, document: str, expires_at: datetime) -> str:
    """A token that opens this object until it expires."""
    payload = to_json([noun, ref, _created_at(document), milliseconds(expires_at)])
    return Signer(secret, PURPOSE, MAC_BYTES).sign(payload)


def open_token(secret: bytes, token: str, now: datetime) -> Preview:
    """What the token opens. Raises: NotFound, for a token that is not ours or has expired."""
    payload = Signer(secret, PURPOSE, MAC_BYTES).open(token)
    if payload is None:
        raise _not_found()
    values: tuple[Any, str, str, int] = from_json(payload)
    noun, ref, created_at, expires_at = values
    preview = Preview(noun, ref, created_at, from_milliseconds(expires_at))
    if preview.expires_at <= now:
        raise _not_found()
    return preview


def check_same_object(preview: Preview, document: str) -> None:
    """Raises: NotFound, where the document is of another object, which took the slug of a deleted one."""
    if _created_at(document) != preview.created_at:
        raise _not_found()


def _created_at(document: str) -> str:
    created_at: str = from_json(document)["created_at"]
    return created_at


def _not_found() -> NotFound:
    return NotFound("There is no such preview, or it has expired.")
