"""The format of a secret, what is stored of a key, and how a token is identified."""

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

from app.db import Base, CompiledStatement, Database, utcnow
from app.db.postgres import WRITERS
from app.errors import Unauthorized, Unavailable
from app.keys import secrets
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
    clock = Clock()
    monkeypatch.setattr(keys, "utcnow", clock)
    return clock


async def create(database: Database, expires_at: datetime | None = None) -> KeyMade:
    key = KeyIn(name="Night desk", scopes=["drafts:read", "keys"], expires_at=expires_at)
    return await keys.create(database, key, created_by=None)


async def last_used(database: Database) -> datetime | None:
    ((last_used_at,),) = await rows(database, select(Key.last_used_at))
    assert last_used_at is None or isinstance(last_used_at, datetime)
    return last_used_at


# --- the format ------------------------------------------------------------------------------------------------------


def test_a_secret_is_a_prefix_256_random_bits_and_their_checksum() -> None:
    generated = {secrets.generate() for _ in range(200)}

    assert len(generated) == 200
    for secret in generated:
        assert re.fullmatch("dovidka_[0-9A-Za-z]{49}", secret)
        number = 0
        for digit in secret[-6:]:
            number = number * 62 + DIGITS.index(digit)
        assert number == crc32(secret[:-6].encode())
        assert secrets.is_well_formed(secret)


@pytest.mark.parametrize("number", [0, 1, 2**256 - 1])
def test_secrets_of_all_numbers_have_the_same_length(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr("secrets.randbits", lambda bits: number)
    secret = secrets.generate()

    assert len(secret) == 57
    assert secrets.is_well_formed(secret)


def test_a_secret_with_one_wrong_character_is_malformed() -> None:
    secret = secrets.generate()
    for index, character in enumerate(secret):
        for other in ("0", "Z", "é", "\n", ""):
            assert secrets.is_well_formed(f"{secret[:index]}{other}{secret[index + 1 :]}") == (other == character)
    for wrong in ("", "dovidka_", secret + "\n", f" {secret}", secret.upper(), secret[:-6], secret * 2):
        assert not secrets.is_well_formed(wrong)


@pytest.mark.parametrize(
    "token", ["", "not-a-key", "dovidka_" + "0" * 49, "dovidka_" + "é" * 49, "\ud800", "x" * 9_999]
)
async def test_a_malformed_token_is_refused_without_a_query(token: str) -> None:
    nowhere = Database("sqlite:////nowhere/none.db")

    with pytest.raises(Unauthorized):
        await keys.identify(nowhere, token)
    with pytest.raises(Unavailable):
        await keys.identify(nowhere, secrets.generate())
    await nowhere.close()


# --- what is stored --------------------------------------------------------------------------------------------------


async def test_only_the_digest_of_a_secret_is_in_the_database(database: Database) -> None:
    created = await create(database)

    ((digest,),) = await rows(database, select(Key.digest))
    assert digest == sha256(created.key.encode()).digest()
    for table in Base.metadata.sorted_tables:
        for row in await rows(database, select(*table.columns)):
            for value in row:
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                assert created.key[8:20] not in text, table.name


async def test_the_name_of_the_creator_is_stored(database: Database) -> None:
    key = KeyIn(name="Agency", scopes=["content:write"])
    await keys.create(database, key, created_by="Night desk")

    assert await rows(database, select(Key.name, Key.created_by)) == [("Agency", "Night desk")]


# --- identification --------------------------------------------------------------------------------------------------


async def test_a_key_identifies_its_holder_and_scopes(database: Database) -> None:
    created = await create(database)

    assert await keys.identify(database, created.key) == Caller(
        created.id, "Night desk", frozenset({"drafts:read", "keys"})
    )


async def test_a_key_is_valid_before_its_expiry_and_refused_from_then_on(database: Database, clock: Clock) -> None:
    end = clock.now + 10 * MINUTE
    created = await create(database, end)

    clock.now = end - timedelta(milliseconds=1)
    await keys.identify(database, created.key)
    for clock.now in (end, end + 10 * MINUTE):
        with pytest.raises(Unauthorized, match="has expired"):
            await keys.identify(database, created.key)


async def test_identifying_a_key_costs_one_statement(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    created = await create(database)
    await keys.identify(database, created.key)
    statements: list[object] = []
    compiled = Database.compiled

    def counted(self: Database, statement: Executable) -> CompiledStatement:
        statements.append(statement)
        return compiled(self, statement)

    monkeypatch.setattr(Database, "compiled", counted)
    monkeypatch.delattr(Database, "begin")

    await keys.identify(database, created.key)

    assert len(statements) == 1


async def test_use_is_recorded_at_most_once_in_five_minutes(database: Database, clock: Clock) -> None:
    created = await create(database)
    assert await last_used(database) is None
    first = clock.now
    for minutes, recorded in ((0, 0), (1, 0), (4.999, 0), (5, 5), (9.999, 5), (20, 20)):
        clock.now = first + minutes * MINUTE
        await keys.identify(database, created.key)
        assert await last_used(database) == first + recorded * MINUTE


async def test_of_two_requests_that_record_the_same_use_one_writes(database: Database, clock: Clock) -> None:
    """Both have read the row before either writes it."""
    created = await create(database)
    first = clock.now
    await keys._record_use(database, created.id)
    clock.now += MINUTE
    await keys._record_use(database, created.id)

    assert await last_used(database) == first


async def test_no_use_of_a_refused_key_is_recorded(database: Database) -> None:
    created = await create(database)
    await keys.revoke(database, created.id)
    with pytest.raises(Unauthorized, match="has been revoked"):
        await keys.identify(database, created.key)

    assert await last_used(database) is None


async def test_a_key_is_identified_while_the_database_takes_no_writes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = await create(database)

    def unavailable(self: Database) -> None:
        raise Unavailable

    monkeypatch.setattr(Database, "begin", unavailable)
    assert (await keys.identify(database, created.key)).id == created.id
    assert await last_used(database) is None


@pytest.fixture
def server_url(postgresql: Fresh) -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.mark.parametrize("fault", ["read-only", "no connection left"])
async def test_a_key_is_identified_while_a_database_server_takes_no_writes(server_url: str, fault: str) -> None:
    database = Database(server_url)
    created = await create(database)
    if fault == "read-only":
        name = server_url.split("?")[0].rpartition("/")[2]
        async with database.begin() as connection:
            await connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        await database.writer.close()
    async with AsyncExitStack() as connections:
        for _ in range(0 if fault == "read-only" else WRITERS):
            await connections.enter_async_context(database.begin())
        assert (await keys.identify(database, created.key)).id == created.id
    assert await last_used(database) is None
    await database.close()


def test_a_key_can_have_every_scope() -> None:
    assert set(KeyIn(name="All", scopes=[*SCOPES]).scopes) == set(SCOPES)
