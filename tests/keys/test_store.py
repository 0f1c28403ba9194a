"""The form of a key, what is kept of it, and whose a token is."""

import re
import string
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from zlib import crc32

import pytest
from sqlalchemy import Executable, select, text

from app.db import Base, Database, utcnow
from app.db.statements import Prepared
from app.errors import Unauthorized, Unavailable
from app.keys import store as keys
from app.keys.models import Key
from app.keys.schemas import KeyIn, KeyMade
from app.web.caller import SCOPES, Caller
from tests.conftest import Fresh
from tests.contents import rows

DIGITS: Final = string.digits + string.ascii_letters
MINUTE: Final = timedelta(minutes=1)


class Clock:
    """The time that the store reads, moved by hand."""

    def __init__(self) -> None:
        self.now = utcnow()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(keys, "utcnow", found)
    return found


async def make(database: Database, expires_at: datetime | None = None) -> KeyMade:
    wanted = KeyIn(name="Night desk", scopes=["drafts:read", "keys"], expires_at=expires_at)
    return await keys.create(database, wanted, created_by=None)


async def last_used(database: Database) -> datetime | None:
    ((found,),) = await rows(database, select(Key.last_used_at))
    used: datetime | None = found
    return used


# --- the form --------------------------------------------------------------------------------------------------------


def test_a_key_is_a_prefix_256_random_bits_and_their_checksum() -> None:
    made = {keys.new_secret() for _ in range(200)}

    assert len(made) == 200
    for one in made:
        assert re.fullmatch("dovidka_[0-9A-Za-z]{49}", one)
        number = 0
        for digit in one[-6:]:
            number = number * 62 + DIGITS.index(digit)
        assert number == crc32(one[:-6].encode())
        assert keys.is_secret(one)


@pytest.mark.parametrize("number", [0, 1, 2**256 - 1])
def test_every_number_makes_a_key_of_one_length(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr("secrets.randbits", lambda bits: number)
    found = keys.new_secret()

    assert len(found) == 57
    assert keys.is_secret(found)


def test_a_key_with_one_wrong_character_has_not_the_form_of_a_key() -> None:
    right = keys.new_secret()
    for place, was in enumerate(right):
        for other in ("0", "Z", "é", "\n", ""):
            assert keys.is_secret(f"{right[:place]}{other}{right[place + 1 :]}") == (other == was)
    for wrong in ("", "dovidka_", right + "\n", f" {right}", right.upper(), right[:-6], right * 2):
        assert not keys.is_secret(wrong)


@pytest.mark.parametrize(
    "token", ["", "not-a-key", "dovidka_" + "0" * 49, "dovidka_" + "é" * 49, "\ud800", "x" * 9_999]
)
async def test_what_has_not_the_form_of_a_key_is_refused_without_asking_the_database(token: str) -> None:
    nowhere = Database("sqlite:////nowhere/none.db")

    with pytest.raises(Unauthorized):
        await keys.identify(nowhere, token)
    with pytest.raises(Unavailable):
        await keys.identify(nowhere, keys.new_secret())
    await nowhere.close()


# --- what is kept ----------------------------------------------------------------------------------------------------


async def test_only_the_digest_of_a_key_is_in_the_database(database: Database) -> None:
    made = await make(database)

    ((digest,),) = await rows(database, select(Key.digest))
    assert digest == sha256(made.key.encode()).digest()
    for table in Base.metadata.sorted_tables:
        for row in await rows(database, select(*table.columns)):
            for value in row:
                shown = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                assert made.key[8:20] not in shown, table.name


async def test_who_made_a_key_is_kept(database: Database) -> None:
    wanted = KeyIn(name="Agency", scopes=["content:write"])
    await keys.create(database, wanted, created_by="Night desk")

    assert await rows(database, select(Key.name, Key.created_by)) == [("Agency", "Night desk")]


# --- whose it is -----------------------------------------------------------------------------------------------------


async def test_a_key_names_its_holder_and_what_it_may(database: Database) -> None:
    made = await make(database)

    assert await keys.identify(database, made.key) == Caller(made.id, "Night desk", frozenset({"drafts:read", "keys"}))


async def test_a_key_opens_until_its_expiry_and_not_from_then_on(database: Database, clock: Clock) -> None:
    end = clock.now + 10 * MINUTE
    made = await make(database, end)

    clock.now = end - timedelta(milliseconds=1)
    await keys.identify(database, made.key)
    for clock.now in (end, end + 10 * MINUTE):
        with pytest.raises(Unauthorized, match="has expired"):
            await keys.identify(database, made.key)


async def test_asking_whose_a_key_is_costs_one_statement(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await make(database)
    await keys.identify(database, made.key)
    asked: list[object] = []
    prepare = Database.prepare

    def counted(self: Database, statement: Executable) -> Prepared:
        asked.append(statement)
        return prepare(self, statement)

    monkeypatch.setattr(Database, "prepare", counted)
    monkeypatch.delattr(Database, "begin")

    await keys.identify(database, made.key)

    assert len(asked) == 1


async def test_use_is_noted_once_in_five_minutes(database: Database, clock: Clock) -> None:
    made = await make(database)
    assert await last_used(database) is None
    first = clock.now
    for passed, noted in ((0, 0), (1, 0), (4.999, 0), (5, 5), (9.999, 5), (20, 20)):
        clock.now = first + passed * MINUTE
        await keys.identify(database, made.key)
        assert await last_used(database) == first + noted * MINUTE


async def test_of_two_that_note_the_same_use_one_writes(database: Database, clock: Clock) -> None:
    """Both have read the row before either wrote."""
    made = await make(database)
    first = clock.now
    await keys._note_use(database, made.id)
    clock.now += MINUTE
    await keys._note_use(database, made.id)

    assert await last_used(database) == first


async def test_a_refused_key_notes_no_use(database: Database) -> None:
    made = await make(database)
    await keys.revoke(database, made.id)
    with pytest.raises(Unauthorized, match="has been revoked"):
        await keys.identify(database, made.key)

    assert await last_used(database) is None


async def test_a_database_that_cannot_be_written_to_refuses_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make(database)

    def away(self: Database) -> None:
        raise Unavailable

    monkeypatch.setattr(Database, "begin", away)
    assert (await keys.identify(database, made.key)).id == made.id
    assert await last_used(database) is None


@pytest.fixture
def server_url(postgresql: Fresh) -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.mark.parametrize("fault", ["read-only", "no connection left"])
async def test_nor_does_a_server_that_takes_no_writes_just_then(server_url: str, fault: str) -> None:
    database = Database(server_url)
    made = await make(database)
    if fault == "read-only":
        name = server_url.split("?")[0].rpartition("/")[2]
        async with database.begin() as connection:
            await connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        await database.engine.dispose()
    async with AsyncExitStack() as held:
        for _ in range(0 if fault == "read-only" else 15):
            await held.enter_async_context(database.engine.connect())
        assert (await keys.identify(database, made.key)).id == made.id
    assert await last_used(database) is None
    await database.close()


def test_every_scope_can_be_given() -> None:
    assert set(KeyIn(name="All", scopes=[*SCOPES]).scopes) == set(SCOPES)
