"""The secrets of API keys: how they are generated, recognised and hashed. Knows no database."""

import re
import secrets
from hashlib import sha256
from string import ascii_letters, digits
from typing import Final
from zlib import crc32

PREFIX: Final = "dovidka_"
BASE62: Final = digits + ascii_letters
RANDOM_LENGTH: Final = 43  # 256 bits in base 62
CHECKSUM_LENGTH: Final = 6
PATTERN: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}")


def generate() -> str:
    """A new secret: a prefix, 256 random bits, and a checksum by which secret scanners recognise a leaked key."""
    text = PREFIX + _base62(secrets.randbits(256), RANDOM_LENGTH)
    return text + _checksum(text)


def is_well_formed(token: str) -> bool:
    """Whether the token has the format of a secret. Mistyped and truncated secrets almost never do."""
    return PATTERN.fullmatch(token) is not None and _checksum(token[:-CHECKSUM_LENGTH]) == token[-CHECKSUM_LENGTH:]


def digest(secret: str) -> bytes:
    """SHA-256. A slow password hash is not needed: a secret has 256 random bits."""
    return sha256(secret.encode()).digest()


def _checksum(text: str) -> str:
    return _base62(crc32(text.encode()), CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    text = ""
    for _ in range(length):
        number, digit = divmod(number, len(BASE62))
        text = BASE62[digit] + text
    return text
