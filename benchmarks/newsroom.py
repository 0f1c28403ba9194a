"""Invents newsrooms of any size as NDJSON, the same for the same size. Knows the form of a line, no database."""

import json
import random
from bisect import bisect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from uuid import UUID

TAGS = 2_000
SOURCES = 200
LANGUAGES = ("uk", "en", "pl")
SHARES = (0.6, 0.9, 1.0)
SYLLABLES = {
    "uk": "ба ве ґо жи зу кра лів мен ний оста пло рік сто та уль фір хо ца чер шо щи юн як ень ість".split(),
    "en": "ba ver gro lith mor nan ost pel quin ras ster tal und vor wick yar zen ing ed ly ness".split(),
    "pl": "ba cze dło gą kra łów mię nia owa prze rze sta szy ta wi zło że ość ów ać".split(),
}
NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
YEARS = 12
# Tags that never stand together, though each has many articles: the hardest pair for a list that wants both.
APART = ("tag-4", "tag-5")


def tag(rank: int) -> str:
    """The slug of a tag; the lower its rank, from 1, the more articles it has (Zipf)."""
    return f"tag-{rank}"


def moment(number: int, size: int) -> datetime:
    """When article `number` of `size` was published: evenly spread over the years, the last one newest."""
    return NEWEST - timedelta(seconds=(size - number) * (YEARS * 365 * 86_400 // size))


def identity(number: int, size: int) -> str:
    """The id of article `number`: a UUIDv7 of the instant it was published at."""
    at = int(moment(number, size).timestamp() * 1_000)
    return str(UUID(int=at << 80 | 7 << 76 | 2 << 62 | number))


def write(path: Path, size: int, *, long: bool) -> None:
    """Writes a newsroom of so many articles with three tags each; `long` ones have 2 to 4 kB, and a quote."""
    aside = path.with_suffix(".part")
    with aside.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines(size, long=long))
    aside.replace(path)


def lines(size: int, *, long: bool) -> Iterator[dict[str, object]]:
    at = moment(0, size).isoformat()
    dated = {"created_at": at, "modified_at": at}
    for rank in range(1, TAGS + 1):
        yield {"noun": "tag", "slug": tag(rank), "type": "topic", "labels": {"en": f"Tag {rank}"}, **dated}
    for number in range(SOURCES):
        name = {"en": f"Source {number}"}
        yield {"noun": "source", "slug": f"source-{number}", "type": "organisation", "names": name, **dated}
    chance = random.Random(size)
    sentences = {language: [_sentence(chance, language) for _ in range(3_000)] for language in LANGUAGES}
    shares = [*accumulate(1 / rank for rank in range(1, TAGS + 1))]
    before: dict[str, object] = {}
    for number in range(size):
        article = _article(chance, number, size, sentences, shares, long=long)
        if number % 3 == 2 and article["language"] != before["language"]:  # a translation of the one before
            article["translation_of"] = before["id"]
        yield article
        before = article


def _article(
    chance: random.Random,
    number: int,
    size: int,
    sentences: dict[str, list[str]],
    shares: list[float],
    *,
    long: bool,
) -> dict[str, object]:
    language = LANGUAGES[bisect(SHARES, chance.random())]
    some = sentences[language]

    def text(least: int, most: int) -> str:
        return " ".join(chance.choices(some, k=chance.randint(least, most)))

    tags: dict[str, None] = {}
    while len(tags) < 3:
        one = tag(bisect(shares, chance.random() * shares[-1]) + 1)
        if one not in APART or not tags.keys() & APART:
            tags[one] = None
    body: list[dict[str, object]] = [{"type": "paragraph", "html": text(1, 2)}]
    attributions = [{"source": f"source-{number % SOURCES}", "role": "published_by", "channel": "website"}]
    found: dict[str, object] = {
        "noun": "article",
        "id": identity(number, size),
        "slug": f"story-{number}",
        "language": language,
        "headline": chance.choice(some)[:-1],
        "status": "published",
        "published_at": moment(number, size).isoformat(),
        "tags": list(tags),
        "attributions": attributions,
        "body": body,
    }
    if long:
        found |= {"standfirst": text(1, 2), "byline": "Desk", "kicker": "Report"}
        body += [{"type": "paragraph", "html": f"<b>{chance.choice(some)}</b> {text(1, 4)}"} for _ in range(3)]
        speaker = {"source": f"source-{(number * 7 + 1) % SOURCES}", "attribution": "a speaker"}
        body.append({"type": "quote", "html": text(1, 2), **speaker})
        body.append({"type": "heading", "text": chance.choice(some)[:-1]})
        body.append({"type": "list", "items": [chance.choice(some) for _ in range(3)]})
        body += [{"type": "paragraph", "html": text(1, 4)} for _ in range(2)]
    return found


def _sentence(chance: random.Random, language: str) -> str:
    words = ["".join(chance.choices(SYLLABLES[language], k=chance.randint(1, 3))) for _ in range(chance.randint(4, 11))]
    return " ".join(words).capitalize() + "."
