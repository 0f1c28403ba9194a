"""Previews: a URL that opens the newest state of one object to whoever holds it, for a time. Nothing is stored."""

import base64
import binascii
import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from pydantic_core import from_json, to_json

from app.changes.models import Noun
from app.content.release import PreviewIn
from app.db import from_milliseconds, milliseconds, utcnow
from app.errors import NotFound
from app.web.caching import PRIVATE
from app.web.fields import show_instant

MAC_BYTES: Final = 16
PURPOSE: Final = b"preview\0"


def made(request: Request, noun: Noun, ref: str, document: str, sent: PreviewIn) -> Response:
    """The answer that hands a preview of this document out."""
    expires_at = utcnow() + timedelta(seconds=sent.expires_in_seconds)
    payload = to_json([noun, ref, _life(document), milliseconds(expires_at)])
    token = _token(_mac(request, payload) + payload)
    url = f"/v1/previews/{token}"
    return Response(
        to_json({"url": url, "expires_at": show_instant(expires_at)}),
        201,
        {"Location": url, "Cache-Control": PRIVATE},
        media_type="application/json",
    )


def opened(request: Request, token: str) -> tuple[Noun, str, str]:
    """(noun, ref, life) that the token opens. Raises: NotFound, for one that is not ours or has expired."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
    if payload and token == _token(raw) and hmac.compare_digest(mac, _mac(request, payload)):
        found: tuple[Any, str, str, int] = from_json(payload)
        noun, ref, life, until = found
        if from_milliseconds(until) > utcnow():
            return noun, ref, life
    raise _missing()


def check(document: str, life: str) -> None:
    """Raises: NotFound, where the document is of another object, which took the slug of the deleted one."""
    if _life(document) != life:
        raise _missing()


def _token(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _life(document: str) -> str:
    """What tells an object from a later one of the same slug."""
    created_at: str = from_json(document)["created_at"]
    return created_at


def _missing() -> NotFound:
    return NotFound("There is no such preview, or it has expired.")


def _mac(request: Request, payload: bytes) -> bytes:
    return hmac.digest(request.app.state.secret, PURPOSE + payload, sha256)[:MAC_BYTES]
