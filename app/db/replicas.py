"""Copies of a PostgreSQL database that reads may go to, while they are up and have what must be seen.

How far a copy is, its own log says: a replica has every commit up to the `seq` of its `log_head`, since it repeats what
the primary has written in the order of commits. So a replica that has once been seen at a position has it for ever, and
most reads need not ask. A replica that is behind, cut off, frozen or promoted is left alone, and the primary takes the
reads: no read waits to find out.
"""

import asyncio
import math
import re
import time
from collections.abc import Iterable, Sequence
from typing import Final

import structlog
from asyncpg import PostgresError
from sqlalchemy import Boolean, Integer, column, func, select, table

from app.db.compiled import DIALECTS, CompiledStatement
from app.db.faults import AWAY, database_faults
from app.db.pool import ConnectionPool, ReadConnection
from app.db.postgres import PostgresReadConnection
from app.db.url import DatabaseUrl
from app.errors import Raced, ReplicaFailed, Unavailable
from app.metrics import REPLICA_LAG

# A replica is looked at again after this time, in which it may have been promoted; while it is behind, sooner.
LOOK_SECONDS: Final = 0.5
BEHIND_SECONDS: Final = 0.02
# Longer ago, nothing is known of it any more.
KNOWN_SECONDS: Final = 1.5
# How long a replica that has failed is left alone.
REST_SECONDS: Final = 1.0
NOTHING: Final = -1
log: Final = structlog.get_logger("dovidka")
_LOOK: Final = CompiledStatement(
    select(column("seq", Integer), func.pg_is_in_recovery(type_=Boolean())).select_from(table("log_head")),
    DIALECTS["postgresql"],
)


class Replica:
    """One server that repeats the primary. `seq` is the position it is known to have, NOTHING where it is unusable."""

    def __init__(self, url: DatabaseUrl, connections: int) -> None:
        self.name = url.host
        self.seq = NOTHING
        self.pool = ConnectionPool(self._open, connections)
        self._url = url
        self._seen_at = self._look_from = -math.inf
        self._looking: asyncio.Task[None] | None = None
        self._lag = REPLICA_LAG.labels(self.name)

    def has(self, seq: int) -> bool:
        """Whether it is up and has the position, by what is known; where too little is, it is looked at meanwhile."""
        now = time.monotonic()
        is_known = now - self._seen_at < KNOWN_SECONDS
        has_it = is_known and self.seq >= seq
        may_look = now >= self._look_from and (self._looking is None or self._looking.done())
        if may_look and (not has_it or now - self._seen_at >= LOOK_SECONDS):
            self._looking = asyncio.create_task(self._look(seq))
        return has_it

    def failed(self) -> None:
        """Leaves it alone for a while: something it was asked went wrong."""
        self._set_unusable("failed")

    async def _open(self) -> ReadConnection:
        return await PostgresReadConnection.open(self._url.text)

    async def _look(self, seq: int) -> None:
        try:
            async with self.pool.connection() as connection:
                rows = _LOOK.read(await connection.fetch(_LOOK.sql, [], slow=False))
        except (*AWAY, PostgresError) as error:
            self._set_unusable(type(error).__name__)
            return
        ((self_seq, is_replica),) = rows
        if not is_replica:
            self._set_unusable("it has been promoted")
            return
        if self.seq == NOTHING:
            log.info("a replica is in use", replica=self.name)
        self.seq, self._seen_at = self_seq, time.monotonic()
        self._look_from = self._seen_at + (BEHIND_SECONDS if self_seq < seq else 0.0)
        self._lag.set(max(0, seq - self_seq))

    def _set_unusable(self, cause: str) -> None:
        if self.seq != NOTHING:
            log.warning("a replica is not in use", replica=self.name, cause=cause)
        self.seq, self._look_from = NOTHING, time.monotonic() + REST_SECONDS
        self._lag.set(math.inf)

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        self.pool.close()


class Replicas:
    """All replicas of a database."""

    def __init__(self, urls: Iterable[DatabaseUrl], connections: int) -> None:
        self._replicas = [Replica(url, connections) for url in urls]

    def choose(self, seq: int) -> Replica | None:
        """One that is up and has the position, in turns; None where the primary must be read."""
        chosen = next((replica for replica in self._replicas if replica.has(seq)), None)
        if chosen is not None and len(self._replicas) > 1:
            self._replicas.remove(chosen)
            self._replicas.append(chosen)
        return chosen

    async def close(self) -> None:
        for replica in self._replicas:
            await replica.close()


class replica_faults(database_faults):  # noqa: N801, as its parent
    """Turns whatever a replica may fail with into ReplicaFailed, and leaves the replica alone for a while."""

    __slots__ = ("_replica",)

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            super().__exit__(kind, error, trace)
        except (Unavailable, Raced) as refusal:  # raced: what was read was in the way of what the replica repeats
            self._replica.failed()
            raise ReplicaFailed from refusal


def replica_urls(text: str, primary: DatabaseUrl) -> Sequence[DatabaseUrl]:
    """The URLs in DATABASE_REPLICA_URLS, separated by commas. Raises: ValueError, which hides passwords."""
    if not text:
        return ()
    name = "DATABASE_REPLICA_URLS"
    if primary.path:
        raise ValueError(f"{name}: a SQLite database has no replicas; DATABASE_URL must be postgresql://…")
    urls = [DatabaseUrl(url, name) for url in re.split(r",(?=\w+://)", text)]
    for url in urls:
        if url.path or "," in url.text or not url.host:
            raise ValueError(f"{name}: {url} does not lead to one PostgreSQL server, by its host")
    return urls
