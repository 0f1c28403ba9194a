"""How much of a rush caches answer, and how many cores what is left takes: a simulation over costs measured first.

A million readers come within ten minutes. Each reads four pages: the front page, sections, and stories, of which a
million are there, drawn by Zipf's law. Every second a story is edited or published, which touches the front page, its
section and itself, as purge keys say. A CDN keeps everything and hears of a change within the second: 20 places, which
ask the servers each by itself, or one that all places ask (a shield). A server keeps `CACHE_BYTES`. What an answer
costs from memory, and computed, is measured on this machine. For other traffic change the constants.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from app.settings import Settings
from app.web.kept_answers import Answer, KeptAnswers
from benchmarks import content, newsroom, servers
from benchmarks.goals import Goal, Options

READERS, SECONDS, PAGES = 1_000_000, 600, 4
STORIES, SECTIONS = 1_000_000, 12
FRONT_SHARE, SECTION_SHARE = 0.3, 0.2  # of all pages; the rest are stories
PUBLISHED_SHARE = 0.2  # of the changes; the others are edits
ANSWER_BYTES = 8_000
WARM_UP_SECONDS = 60  # in which the caches fill; figures are of the seconds behind it
SIZE = 1_000  # stories of the newsroom on which costs are measured
REQUESTS = 4_000
# Of each way to serve: its places, and the limits of what it leaves to the servers in the busiest second.
WAYS = {"without a CDN": (0, 2.0), "behind 20 places": (20, 1.0), "behind a shield": (1, 0.5)}
ALL_REQUESTS = READERS * PAGES // SECONDS * (SECONDS - WARM_UP_SECONDS)
FRONT = -1  # addresses: stories are 0 to STORIES - 1, sections follow


@dataclass
class Load:
    """What reaches the servers in each second: answers from memory, and computed ones."""

    from_memory: Counter[int] = field(default_factory=Counter)
    computed: Counter[int] = field(default_factory=Counter)

    def busiest(self, cost: Callable[[int, int], float]) -> float:
        return max(cost(self.from_memory[second], self.computed[second]) for second in range(WARM_UP_SECONDS, SECONDS))

    def requests(self) -> int:
        return sum(self.from_memory[second] + self.computed[second] for second in range(WARM_UP_SECONDS, SECONDS))


def measure(options: Options) -> Iterator[Goal]:
    loads = {name: simulate(places) for name, (places, _) in WAYS.items()}
    for database in options.databases:
        url = content.kept(options, database, SIZE)
        memory_us, computed_us = asyncio.run(_costs(url))

        def cores(
            from_memory: int, computed: int, memory_us: float = memory_us, computed_us: float = computed_us
        ) -> float:
            return (from_memory * memory_us + computed * computed_us) / 1e6

        costs = f"{memory_us:.0f} us from memory, {computed_us:.0f} us computed"
        for name, (_, limit) in WAYS.items():
            load = loads[name]
            busiest = load.busiest(lambda kept, computed: kept + computed)
            told = f"{busiest:,.0f} requests, {load.requests() / ALL_REQUESTS:.3f} of all; {costs}"
            yield Goal(f"{database}: busiest second {name}", load.busiest(cores), limit, "cores", told=told)


async def _costs(url: str) -> tuple[float, float]:
    """Microseconds of the server's CPU time for a story from memory, and computed."""
    everywhere = os.sched_getaffinity(0)
    core, *client_cores = sorted(everywhere)
    paths = [f"/v1/articles/{newsroom.identity(number, SIZE)}" for number in range(SIZE)]
    costs = []
    try:
        os.sched_setaffinity(0, client_cores or everywhere)
        for cache_bytes in (Settings().cache_bytes, 0):
            with servers.dovidka(url, core=core, cache_bytes=cache_bytes) as server:
                await server.wait()
                await server.cost(paths, 2 * SIZE)
                costs.append(await server.cost(paths, REQUESTS))
    finally:
        os.sched_setaffinity(0, everywhere)
    return costs[0], costs[1]


def simulate(places: int) -> Load:
    """What the servers are asked, behind a CDN of so many places; all of it where there is none."""
    random = Random(2026)
    changed: dict[int, int] = {}  # the second in which an address last changed
    edges: list[dict[int, int]] = [{} for _ in range(places)]
    memory = KeptAnswers(Settings().cache_bytes)
    load = Load()
    for second in range(SECONDS):
        for _ in range(READERS * PAGES // SECONDS):
            address = _page(random)
            last = changed.get(address, -1)
            if places:
                edge = edges[int(random.random() * places)]
                if edge.get(address, -1) > last:
                    continue
                edge[address] = second
            key = (b"/v1/articles/%d" % address, b"", "gzip", ())
            kept = memory.get(key)
            if kept is not None and kept.position > last:
                load.from_memory[second] += 1
            else:
                load.computed[second] += 1
                memory.put(key, _answer(second))
        for address in _change(random):
            changed[address] = second
    return load


def _page(random: Random) -> int:
    which = random.random()
    if which < FRONT_SHARE:
        return FRONT
    if which < FRONT_SHARE + SECTION_SHARE:
        return STORIES + int(random.random() * SECTIONS)
    return _story(random)


def _story(random: Random) -> int:
    """By Zipf's law with the exponent 1: of the rank r with a chance in proportion to 1/r."""
    return min(STORIES - 1, int(STORIES ** random.random()) - 1)


def _change(random: Random) -> tuple[int, ...]:
    """The addresses that a change touches: a new story none of its own, since nobody has asked for it yet."""
    lists = (FRONT, STORIES + int(random.random() * SECTIONS))
    return lists if random.random() < PUBLISHED_SHARE else (*lists, _story(random))


def _answer(second: int) -> Answer:
    return Answer(
        status=200, headers=[], headers_304=None, body=bytes(ANSWER_BYTES), etag=b"", keys=(), position=second,
        checked_at=0.0, stale_seconds=0.0,
    )  # fmt: skip
