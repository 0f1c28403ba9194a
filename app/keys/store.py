"""Every statement about keys, and the form that their secrets have."""

import re
import secrets
from datetime import timedelta
from hashlib import sha256
from string import ascii_letters, digits
from typing import Final
from zlib import crc32

from sqlalchemy import bindparam, func, insert, or_, select, update

from app.changes.unlogged import Newest
from app.db import Database, Reader, Row, new_id, utcnow
from app.errors import NotFound, Unavailable
from app.keys.models import Key
from app.keys.schemas import KeyIn, KeyMade, KeyOut, KeyQuery
from app.web.caller import Caller, refused
from app.web.pages import Position, Slice

PREFIX: Final = "dovidka_"
BASE62: Final = digits + ascii_letters
CHECKSUM: Final = 6
FORM: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{43}}[0-9A-Za-z]{{{CHECKSUM}}}")
# How exact `last_used_at` is: no key costs more than one write in this time.
USE: Final = timedelta(minutes=5)


# --- secrets ----------------------------------------------------------------------------------------------------


def new_secret() -> str:
    """A key: 256 random bits, between a prefix and a checksum by which scanners of code tell it from other words."""
    text = PREFIX + _base62(secrets.randbits(256), 43)
    return text + _checksum(text)


def is_secret(token: str) -> bool:
    """Whether it has the form of a key. Most that was mistyped or cut short has not."""
    return FORM.fullmatch(token) is not None and _checksum(token[:-CHECKSUM]) == token[-CHECKSUM:]


def _checksum(text: str) -> str:
    return _base62(crc32(text.encode()), CHECKSUM)


def _base62(number: int, length: int) -> str:
    found = ""
    for _ in range(length):
        number, place = divmod(number, len(BASE62))
        found = BASE62[place] + found
    return found


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


# --- reading ----------------------------------------------------------------------------------------------------


async def identify(database: Database, token: str) -> Caller:
    """Whose key the token is. Nothing is remembered, so that a key revoked anywhere opens nothing from then on.

    Cost: one statement; none for what has not the form of a key; once in five minutes a write.
    Raises: Unauthorized, for a key that is unknown, revoked or expired; Unavailable.
    """
    if not is_secret(token):
        raise refused("The key in Authorization has not the form of a key of this API. Was it copied whole?")
    row = await database.reader().row(_BY_DIGEST, {"digest": _digest(token)})
    if row is None:
        raise refused("The key in Authorization is not known here.")
    id, name, scopes, expires_at, revoked_at, last_used_at = row
    now = utcnow()
    if revoked_at is not None:
        raise refused("The key in Authorization has been revoked.")
    if expires_at is not None and expires_at <= now:
        raise refused("The key in Authorization has expired.")
    if last_used_at is None or last_used_at <= now - USE:
        await _note_use(database, id)
    return Caller(id, name, frozenset(scopes), expires_at)


_BY_DIGEST: Final = select(
    Key.id, Key.name, Key.scopes, Key.expires_at, Key.revoked_at, Key.last_used_at
).where(Key.digest == bindparam("digest"))  # fmt: skip


async def _note_use(database: Database, id: str) -> None:
    """Notes that the key is used now. A database that cannot be written to just then does not refuse the request."""
    now = utcnow()
    stale = or_(Key.last_used_at.is_(None), Key.last_used_at <= now - USE)
    try:
        async with database.begin() as connection:
            await connection.execute(update(Key).where(Key.id == id, stale).values(last_used_at=now))
    except Unavailable:
        pass


SHOWN: Final = (Key.id, Key.name, Key.scopes, Key.created_at, Key.expires_at, Key.revoked_at, Key.last_used_at)


def _shown(row: Row) -> KeyOut:
    return KeyOut.model_construct(**dict(zip(KeyOut.model_fields, row, strict=True)))


async def get(read: Reader, id: str) -> KeyOut:
    """The key, without its secret. Cost: one statement. Raises: NotFound."""
    row = await read.row(_BY_ID, {"id": id})
    if row is None:
        raise _missing(id)
    return _shown(row)


_BY_ID: Final = select(*SHOWN).where(Key.id == bindparam("id"))


def _missing(id: str) -> NotFound:
    return NotFound(f"There is no key {id!r}.")


async def listed(read: Reader, wanted: KeyQuery, position: Position | None) -> Slice:
    """Keys, revoked and expired ones among them, the newest first; one page. Cost: as of `Newest`."""
    return await _NEWEST.page(read, wanted, position)


async def everything(read: Reader) -> list[KeyOut]:
    """All keys there ever were, the newest first. Cost: one statement."""
    return await _NEWEST.all(read)


_NEWEST: Final = Newest(select(*SHOWN), Key.id, _shown)


# --- writing ----------------------------------------------------------------------------------------------------


async def create(database: Database, wanted: KeyIn, *, created_by: str | None) -> KeyMade:
    """Makes a key. What is returned is all there ever is of its secret. Raises: Unavailable."""
    made = KeyMade(
        **wanted.model_dump(), id=str(new_id()), created_at=utcnow(), revoked_at=None, last_used_at=None,
        key=new_secret(),
    )  # fmt: skip
    row = {**made.model_dump(exclude={"key"}), "digest": _digest(made.key), "created_by": created_by}
    async with database.begin() as connection:
        await connection.execute(insert(Key).values(row))
    return made


async def revoke(database: Database, id: str) -> None:
    """Makes the key open nothing any more; it stays in the list. Doing so twice is as once. Raises: NotFound."""
    at = func.coalesce(Key.revoked_at, bindparam("now", type_=Key.revoked_at.type))
    query = update(Key).where(Key.id == id).values(revoked_at=at).returning(Key.id)
    async with database.begin() as connection:
        if (await connection.execute(query, {"now": utcnow()})).first() is None:
            raise _missing(id)
