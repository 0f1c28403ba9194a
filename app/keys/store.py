"""Every SQL statement about API keys."""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, func, insert, or_, select, update

from app.db import Database, Reader, Row, new_id, utcnow
from app.db.newest import NewestFirst
from app.errors import NotFound, Unavailable
from app.keys import secrets
from app.keys.models import Key
from app.keys.schemas import KeyIn, KeyMade, KeyOut
from app.web.caller import Caller, refused

# Precision of `last_used_at`: a key causes at most one write in this time.
LAST_USED_PRECISION: Final = timedelta(minutes=5)


async def identify(database: Database, token: str) -> Caller:
    """The holder of the key. Caches nothing, so a revoked key is refused from the next request on, in every process.

    Cost: one statement, none for a malformed token; one write per key in five minutes.
    Raises: Unauthorized, for a key that is unknown, revoked or expired; Unavailable.
    """
    if not secrets.is_well_formed(token):
        raise refused("The key in Authorization is malformed. Was it copied completely?")
    row = await database.reader().row(_BY_DIGEST, {"digest": secrets.digest(token)})
    if row is None:
        raise refused("The key in Authorization is unknown.")
    id, name, scopes, expires_at, revoked_at, last_used_at = row
    now = utcnow()
    if revoked_at is not None:
        raise refused("The key in Authorization has been revoked.")
    if expires_at is not None and expires_at <= now:
        raise refused("The key in Authorization has expired.")
    if last_used_at is None or last_used_at <= now - LAST_USED_PRECISION:
        await _record_use(database, id)
    return Caller(id, name, frozenset(scopes), expires_at)


_BY_DIGEST: Final = select(
    Key.id, Key.name, Key.scopes, Key.expires_at, Key.revoked_at, Key.last_used_at
).where(Key.digest == bindparam("digest"))  # fmt: skip


async def _record_use(database: Database, id: str) -> None:
    """Sets `last_used_at` to now, unless another request did. A database that takes no writes refuses no request."""
    now = utcnow()
    outdated = or_(Key.last_used_at.is_(None), Key.last_used_at <= now - LAST_USED_PRECISION)
    with suppress(Unavailable):
        async with database.begin() as connection:
            await connection.execute(update(Key).where(Key.id == id, outdated).values(last_used_at=now))


def _key_out(row: Row) -> KeyOut:
    return KeyOut.model_construct(**dict(zip(KeyOut.model_fields, row, strict=True)))


_OUT: Final = select(*(getattr(Key, name) for name in KeyOut.model_fields))
_BY_ID: Final = _OUT.where(Key.id == bindparam("id"))
# Revoked and expired ones included.
NEWEST: Final = NewestFirst(_OUT, Key.id, _key_out)


async def get(read: Reader, id: str) -> KeyOut:
    """The key, without its secret. Cost: one statement. Raises: NotFound."""
    row = await read.row(_BY_ID, {"id": id})
    if row is None:
        raise _not_found(id)
    return _key_out(row)


def _not_found(id: str) -> NotFound:
    return NotFound(f"There is no key {id!r}.")


async def all_keys(read: Reader) -> list[KeyOut]:
    """All keys, revoked and expired ones included, newest first. Cost: one statement."""
    return await NEWEST.all(read)


async def create(database: Database, key: KeyIn, *, created_by: str | None) -> KeyMade:
    """Creates a key. The secret in the result is stored nowhere else. Raises: Unavailable."""
    created = KeyMade(
        **key.model_dump(), id=str(new_id()), created_at=utcnow(), revoked_at=None, last_used_at=None,
        key=secrets.generate(),
    )  # fmt: skip
    row = {**created.model_dump(exclude={"key"}), "digest": secrets.digest(created.key), "created_by": created_by}
    async with database.begin() as connection:
        await connection.execute(insert(Key).values(row))
    return created


async def revoke(database: Database, id: str) -> None:
    """Revokes the key; it stays in the list. Revoking it again changes nothing. Raises: NotFound."""
    revoked_at = func.coalesce(Key.revoked_at, bindparam("now", type_=Key.revoked_at.type))
    statement = update(Key).where(Key.id == id).values(revoked_at=revoked_at).returning(Key.id)
    async with database.begin() as connection:
        if (await connection.execute(statement, {"now": utcnow()})).first() is None:
            raise _not_found(id)
