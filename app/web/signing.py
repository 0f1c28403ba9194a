"""Cursors and previews: tokens that only this server can make, a payload behind its authentication code (RFC 2104).

Events of webhooks are signed elsewhere, in `app/webhooks/deliver.py`.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs payloads for one purpose, so that a token for one purpose does not open for another.

    The code is the first `mac_bytes` bytes of HMAC-SHA-256 over the purpose and the payload.
    """

    secret: bytes
    purpose: bytes
    mac_bytes: int

    def sign(self, payload: bytes) -> str:
        """A token that carries the payload. Shape: code and payload, URL-safe base64 without padding."""
        return _encode(self._mac(payload) + payload)

    def open(self, token: str) -> bytes | None:
        """The payload of a token; None if `sign` did not make exactly this token from it."""
        try:
            signed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        mac, payload = signed[: self.mac_bytes], signed[self.mac_bytes :]
        # Base64 has several spellings for the same bytes; only the one that `sign` writes is accepted.
        if not payload or token != _encode(signed) or not hmac.compare_digest(mac, self._mac(payload)):
            return None
        return payload

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self.secret, self.purpose + payload, sha256)[: self.mac_bytes]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
