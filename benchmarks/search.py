"""What words cost: queries over many stories, the import with and without the index, and how large the index is.

The stories are invented from words of the dictionaries, in all their forms, as often as ranks have it (Zipf); one word
in twenty is in no dictionary, as names are. Five words are planted, so that it is known which stories have them.
"""

import asyncio
import json
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from functools import cache, partial
from itertools import accumulate
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg

from app.articles import facets, listing
from app.articles.facet_schemas import FACETS
from app.articles.query_schemas import ArticleQuery
from app.articles.search import query_of_articles
from app.changes.views import EVERYONE
from app.db import Database, Reader
from app.errors import Invalid
from app.search import ranking, suggesting
from app.search.walks import NOUNS
from app.words.forms import _dictionary
from benchmarks import content, databases, newsroom
from benchmarks.goals import Goal, Options, median

ZONE = ZoneInfo("Europe/Kyiv")
VOCABULARY = 60_000
WARMING, CALLS = 3, 20
# In one of so many stories stands each of these, whatever else does; both words of the phrase do, seldom as one.
PLANTED: Final[dict[str, int]] = {
    "трамвай": 10, "переправа": 10, "паровоз": 1_000, "тимчасовий міст": 100, "міст, тимчасовий": 20,
}  # fmt: skip
# What is asked, and the most milliseconds on SQLite and on PostgreSQL.
QUERIES: Final[dict[str, tuple[str, float, float]]] = {
    "common word": ("трамваями", 5, 10),
    "absent word": ("згурлозавру", 20, 20),
    "rare word": ("паровозів", 20, 20),
    "two common words": ("трамваї переправи", 20, 20),
    "phrase": ('"тимчасового мосту"', 20, 20),
    "phrase that no story has": ('"трамвай переправа"', 20, 20),
    "prefix": ("трам*", 100, 100),
    "prefix of many words": ("про*", 100, 100),
    "common word without another": ("трамвай -переправа", 20, 20),
}
COUNTED_MILLISECONDS = 100.0
# Ranked, counted by all facets, in one list with the other nouns, and suggested: the most milliseconds on both.
RANKED, FACETS_OF_LIST, ALL_NOUNS, SUGGESTED = 30.0, 30.0, 30.0, 5.0
TYPED = "тра"
SPEED, SIZE = 0.5, 1.0
# Processes that parse are forked, so that they do not analyse either: others would load the module anew.
WITHOUT_SEARCH = """
from multiprocessing import get_context
from app.importers import ndjson
from app.index.store import IndexChanges
async def write(self, connection): pass
IndexChanges.write = write
ndjson.parse_and_analyse = ndjson.parse
ndjson.get_context = lambda method: get_context("fork")
from app.__main__ import cli
cli()
"""


def measure(options: Options) -> Iterator[Goal]:
    path = options.folder / f"stories-{options.stories}.ndjson"
    if not path.exists():
        _write(path, options.stories)
    text_bytes = _text_bytes(path)
    for database in options.databases:
        url = options.url(database, "search")
        without = content.load(databases.fresh(url), path, program=("-c", WITHOUT_SEARCH))
        took = content.load(databases.fresh(url), path)
        databases.analyse(url)
        told = f"{took.seconds:.1f} s against {without.seconds:.1f}; {took.cpu_seconds:.1f} s of CPU against"
        told += f" {without.cpu_seconds:.1f}"
        name = f"{database}: import of {options.stories:,}, of its speed without"
        yield Goal(name, without.seconds / took.seconds, SPEED, at_least=True, told=told)
        index_bytes = _index_bytes(url)
        told = f"{index_bytes / 1e6:.1f} MB against {text_bytes / 1e6:.1f} MB"
        yield Goal(f"{database}: index against the text", index_bytes / text_bytes, SIZE, told=told)
        yield from asyncio.run(_queries(database, url))
        databases.remove(url)


async def _queries(dialect: str, url: str) -> list[Goal]:
    """Of the newest 20 with highlights, the median of what each query takes: on SQLite of CPU time, for it runs in our
    process; on PostgreSQL by the clock."""
    goals = []
    clock = time.process_time if dialect == "sqlite" else time.perf_counter
    database = Database(url)
    try:
        read = database.reader()
        for name, (text, *limits) in QUERIES.items():
            taken, told = await _timed(clock, partial(_page, read, text, ArticleQuery()))
            limit = limits[dialect == "postgresql"]
            goals.append(Goal(f"{dialect}: {name}", taken, limit, "ms", told=f"{text}: {told}"))
        common = QUERIES["common word"][0]
        others: dict[str, tuple[float, Callable[[], Awaitable[str]]]] = {
            f"count of {name}": (
                COUNTED_MILLISECONDS, partial(_page, read, QUERIES[name][0], ArticleQuery(count=True, limit=1))
            )
            for name in ("common word", "phrase")
        }  # fmt: skip
        others |= {
            "common word by relevance": (
                RANKED, partial(_page, read, common, ArticleQuery(q=common, sort="relevance"))
            ),
            "all facets of a common word": (FACETS_OF_LIST, partial(_facets, read, common)),
            "common word in all nouns": (ALL_NOUNS, partial(_all_nouns, read, common)),
            "suggestions": (SUGGESTED, partial(_suggestions, read, TYPED)),
        }  # fmt: skip
        for name, (limit, ask) in others.items():
            taken, told = await _timed(clock, ask)
            goals.append(Goal(f"{dialect}: {name}", taken, limit, "ms", told=told))
    finally:
        await database.close()
    return goals


async def _timed(clock: Callable[[], float], ask: Callable[[], Awaitable[str]]) -> tuple[float, str]:
    """(milliseconds, what was found)."""
    taken, told = [], ""
    for _ in range(WARMING + CALLS):
        begun = clock()
        told = await ask()
        taken.append((clock() - begun) * 1_000)
    return median(taken[WARMING:]), told


async def _page(read: Reader, text: str, query: ArticleQuery) -> str:
    """As `GET /v1/articles?q=` makes it, with highlights; the count where it is asked for."""
    try:
        words = await query_of_articles(read, EVERYONE, text)
    except Invalid as error:
        return f"refused: {error}"
    page = await listing.newest(read, EVERYONE, query, None, ZONE, words=words, highlight=True)
    return str(page.count) if query.count else f"{len(page.items)} on the page"


async def _facets(read: Reader, text: str) -> str:
    words = await query_of_articles(read, EVERYONE, text)
    counted = await facets.count_facets(read, EVERYONE, ArticleQuery(), [*FACETS], ZONE, words=words)
    return f"{len(counted.members)} facets"


async def _all_nouns(read: Reader, text: str) -> str:
    queries = await ranking.queries_by_noun(read, EVERYONE, text, NOUNS)
    page = await ranking.ranked_page(read, EVERYONE, queries, None, ArticleQuery().limit)
    return f"{len(page.items)} on the page"


async def _suggestions(read: Reader, text: str) -> str:
    return f"{text}: {len(await suggesting.suggestions(read, EVERYONE, text, NOUNS))}"


def _index_bytes(url: str) -> int:
    if url.startswith("postgresql"):
        return asyncio.run(_postgres_bytes(url))
    pages = "SELECT sum(pgsize) FROM dbstat WHERE name GLOB '*index_entries*' OR name GLOB 'index_words*'"
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return int(connection.execute(pages).fetchone()[0])


async def _postgres_bytes(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT pg_total_relation_size('index_entries')"))
    finally:
        await connection.close()


# --- stories -----------------------------------------------------------------------------------------------------


def _write(path: Path, size: int) -> None:
    aside = path.with_suffix(".part")
    with aside.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(size))
    aside.replace(path)


def _lines(size: int) -> Iterator[dict[str, object]]:
    chance = random.Random(size)
    for number in range(size):
        language = "uk" if chance.random() < 0.7 else "en"
        planted = [words for words, one_of in PLANTED.items() if chance.randrange(one_of) == 0]
        body = [_text(chance, language, chance.randint(20, 70)) for _ in range(chance.randint(3, 9))]
        body += [f"{_text(chance, language, 5)} {words.capitalize()}." for words in planted]
        yield {
            "noun": "article",
            "id": newsroom.identity(number, size),
            "slug": f"story-{number}",
            "language": language,
            "headline": _text(chance, language, 8)[:-1],
            "standfirst": _text(chance, language, 25),
            "status": "published",
            "published_at": newsroom.moment(number, size).isoformat(),
            "tags": [],
            "attributions": [],
            "body": [{"type": "paragraph", "html": text} for text in body],
        }


def _text(chance: random.Random, language: str, words: int) -> str:
    """Sentences of so many words in all."""
    sentences = []
    while words > 0:
        length = min(words, chance.randint(6, 18))
        sentence = " ".join(chance.choices(_vocabulary(language), cum_weights=_shares(), k=length))
        sentences.append(sentence[:1].upper() + sentence[1:] + ".")
        words -= length
    return " ".join(sentences)


@cache
def _vocabulary(language: str) -> list[str]:
    """Forms of words by rank, the most frequent first."""
    chance = random.Random(language)
    known = sorted(form for form in _dictionary(language) if form.isalpha() and form.islower() and len(form) > 1)
    forms = chance.sample(known, VOCABULARY)
    for rank in range(10, VOCABULARY, 20):
        forms[rank] = "".join(chance.choices(newsroom.SYLLABLES[language], k=3)).capitalize()
    return forms


@cache
def _shares() -> list[float]:
    return [*accumulate(1 / (rank + 5) ** 1.1 for rank in range(VOCABULARY))]


def _text_bytes(path: Path) -> int:
    total = 0
    with path.open(encoding="utf-8") as file:
        for line in file:
            story = json.loads(line)
            texts = [story["headline"], story["standfirst"], *(block["html"] for block in story["body"])]
            total += sum(len(text.encode()) for text in texts)
    return total
