"""Reading by id against the usual way of doing it, and a page with what stands beside it against reading by id."""

import asyncio
import json
import os
from collections.abc import Iterator

from sqlalchemy import select

from app.changes.models import PUBLIC, Revision, ViewEntry
from app.changes.stored import document_of
from app.changes.views import shown_state
from app.db import Database
from benchmarks import content, databases, naive, newsroom, servers
from benchmarks.goals import Goal, Options, median

SIZE = 1_000
CHEAPER, PAGE_TIMES = 8.0, 3.0
READS, USUAL_READS, PAGES = 4_000, 800, 1_500
PAGE = "/v1/articles?include=tags,sources"


def measure(options: Options) -> Iterator[Goal]:
    everywhere = os.sched_getaffinity(0)
    server_core, *client_cores = sorted(everywhere)
    try:
        if client_cores:
            os.sched_setaffinity(0, client_cores)
        for database in options.databases:
            url = databases.fresh(options.url(database, "reads"))
            content.load(url, content.file(options, SIZE, long=True))
            asyncio.run(_fill(url))
            yield from asyncio.run(_measure(database, url, server_core, options.rounds))
            databases.remove(url)
    finally:
        os.sched_setaffinity(0, everywhere)


async def _fill(url: str) -> None:
    """Gives the other application the same articles."""
    database = Database(url)
    query = select(ViewEntry.noun, Revision.card, Revision.body).join(Revision, shown_state())
    rows = await database.reader().rows(query.where(ViewEntry.view == PUBLIC))
    await database.close()
    documents: dict[str, list[dict[str, object]]] = {"tag": [], "source": [], "article": []}
    for noun, card, body in rows:
        documents[noun].append(json.loads(document_of(card, body)))
    await naive.fill(url, documents["tag"], documents["article"])


async def _measure(database: str, url: str, core: int, rounds: int) -> list[Goal]:
    paths = [f"/v1/articles/{newsroom.identity(number, SIZE)}" for number in range(SIZE)]
    ours, usual, pages = [], [], []
    with servers.dovidka(url, core=core) as server, servers.naive(url, core=core) as other:
        for one in (server, other):
            await one.wait(paths[0])
            await one.cost(paths, 200)
        await server.cost([PAGE], 100)
        for _ in range(rounds):
            ours.append(await server.cost(paths, READS))
            usual.append(await other.cost(paths, USUAL_READS))
            pages.append(await server.cost([PAGE], PAGES))
    cheaper = median([one / other for one, other in zip(usual, ours, strict=True)])
    dearer = median([one / other for one, other in zip(pages, ours, strict=True)])
    told = f"{median(ours):.0f} us against {median(usual):.0f} us of CPU"
    told_page = f"{median(pages):.0f} us for 20 articles against {median(ours):.0f} us for one"
    return [
        Goal(f"{database}: by id, cheaper than the usual way", cheaper, CHEAPER, at_least=True, told=told),
        Goal(f"{database}: page of 20 with tags and sources, dearer", dearer, PAGE_TIMES, told=told_page),
    ]
