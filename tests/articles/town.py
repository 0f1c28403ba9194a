"""A newsroom of seventy stories in two languages, in every state: what a plain scan of it finds, an index must find."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from httpx import AsyncClient
from hypothesis import strategies as st

from app.articles.texts import searched_texts
from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.caller import SCOPES
from app.words.analysis import analyse
from app.words.matching import matches
from app.words.queries import Phrase, Query, parse
from tests import desk as acts
from tests.answers import bearing, get
from tests.conftest import serving
from tests.factories import (
    Line,
    article,
    box,
    credit,
    draft,
    note,
    said,
    scheduled,
    section,
    source,
    tag,
    withdrawn,
    words,
)

WORDS: Final = (
    "міст", "мосту", "мостами", "трамвай", "трамваї", "старого", "дитина", "дітей", "Київ", "Kyiv", "bridge", "bridges",
    "tram", "науково-популярний", "журнал", "15 000", "МКЧХ", "об’їзд",
)  # fmt: skip
NAMES: Final = {"wire": "Зграйський дріт", "depot": "Трамвайне депо", "mayor": "Olena Verboliz"}
LABELS: Final = {
    "trams": {"uk": "Трамваї", "en": "Trams"},
    "bridges": {"uk": "Старий міст"},
    "night": {"uk": "Нічний Київ"},
    "dusk": {"en": "Dusk"},
}
# Of the night says another tag that it is the same.
SAME: Final = ("night", "dusk")
TAGS: Final = ("trams", "bridges", "night")
NOTES: Final = {"rails": "Рейки поклали за трамваєм", "pier": "Причал біля старого журналу"}
# Two of a minute, two of the same instant; one that is in January in UTC, and in February in Kyiv.
INSTANTS: Final = (
    "2025-01-31T22:30:00.000Z",
    "2025-01-22T08:00:00.000Z",
    "2025-01-22T08:00:00.250Z",
    "2025-02-01T09:30:00.000Z",
    "2025-02-01T09:30:00.000Z",
    "1969-07-20T20:17:40.000Z",
)


def _text(dice: random.Random, size: int) -> str:
    return " ".join(dice.choices(WORDS, k=size))


def _story(dice: random.Random, number: int) -> Line:
    fields: Line = {
        "headline": _text(dice, 2),
        "standfirst": dice.choice([None, _text(dice, 2)]),
        "language": dice.choice(["uk", "en"]),
        "tags": dice.sample(TAGS, dice.randint(0, 2)),
        "section": dice.choice([None, "town", "harbour"]),
        "genre": (None, "news", "opinion")[number % 3],
        "attributions": [
            *([credit(dice.choice([*NAMES]))] if dice.random() < 0.4 else []),
            *([credit("mayor", "author")] if dice.random() < 0.3 else []),
        ],
        "body": [
            words(f"{_text(dice, 3)} <b>{_text(dice, 1)}</b>"),
            {"type": "list", "items": [_text(dice, 2), _text(dice, 1)]},
            *([said(dice.choice([*NAMES]), _text(dice, 3))] if dice.random() < 0.3 else []),
            *([box(dice.choice([*NOTES]))] if dice.random() < 0.3 else []),
        ],
    }
    slug = f"story-{number}"
    match dice.randrange(8):
        case 0:
            return draft(slug, **fields)
        case 1:
            return scheduled(slug, "2097-01-01T06:00:00.000Z", **fields)
        case 2:
            return withdrawn(slug, **fields)
    return article(slug, dice.choice(INSTANTS), **fields)


WORLD: Final = [
    *(
        tag(
            slug,
            labels=labels,
            parent="trams" if slug == "night" else None,
            same_as=["https://things.example/night"] if slug in SAME else [],
        )
        for slug, labels in LABELS.items()
    ),
    section("town", labels={"en": "Town"}),
    section("harbour", labels={"en": "Harbour"}, parent="town"),
    *(source(slug, names={"uk": name}) for slug, name in NAMES.items()),
    *(note(slug, body=[words(text)], tags=["dusk"]) for slug, text in NOTES.items()),
    note("plan", status="draft", body=[words("Літак")]),
]


@asynccontextmanager
async def newsroom(url: str) -> AsyncIterator[AsyncClient]:
    """The desk of the town: of some stories it has changed, published, taken down or erased the state since."""
    dice = random.Random(12)
    stories = [_story(dice, number) for number in range(70)]
    database = Database(url)
    key = (await keys.create(database, KeyIn(name="Tester", scopes=[*SCOPES]), created_by=None)).key
    await database.close()
    async with serving(url, *WORLD, *stories) as api:
        api.headers.update(bearing(key))
        for story in stories[:30]:
            await _change(api, dice, story)
        yield api


async def _change(api: AsyncClient, dice: random.Random, story: Line) -> None:
    id = story["id"]
    new: dict[str, Any] = {"headline": _text(dice, 2), "body": [words(_text(dice, 4))]}
    match story["status"], dice.randrange(4):
        case "published", 0:
            await acts.change(api, id, "/draft", **new)
        case "published", 1:
            await acts.act(api, id, "withdraw", reason="legal")
            await acts.act(api, id, "erase", reason="legal")
        case "published", 2:
            await acts.act(api, id, "unpublish")
        case "draft", 0 | 1:
            await acts.change(api, id, **new)
            await acts.act(api, id, "publish")
        case "draft", 2:
            assert (await acts.drop(api, id)).status_code == 204
        case "published" | "scheduled", _:
            await acts.change(api, id, **new)


@st.composite
def queries(draw: st.DrawFn) -> str:
    word = st.sampled_from(
        [*WORDS, "мости", "літак", "популярні", "children", "депо", "depot", "рейки", "dusk", "нічний"]
    )
    phrase = st.lists(word, min_size=2, max_size=3).map(lambda some: '"' + " ".join(some) + '"')
    prefix = st.sampled_from(["тра*", "bri*", "дит*", "журн*"])
    named = st.sampled_from(["source:депо", "source:wire", "source:Вербо*", 'source:"Зграйський дріт"', "source:міст"])
    whole = st.sampled_from(["старий міст", '"нічного Києва"', "Olena Verboliz", '"поклали за трамваєм"', "рейк*"])
    term = st.one_of(word, word, phrase, prefix, named, whole, word.map(lambda one: f"headline:{one}"))
    clauses = draw(st.lists(term, min_size=1, max_size=3))
    if draw(st.booleans()):
        clauses.insert(1, "OR")
        clauses.append(draw(term))
    if draw(st.booleans()):
        clauses.append("-" + draw(term))
    return " ".join(clauses)


filters = st.fixed_dictionaries(
    {},
    optional={
        "tag": st.sampled_from(["trams", "trams,night", ["trams", "night"]]),
        "tag_not": st.sampled_from(["bridges", "trams,night"]),
        "section": st.just("town"),
        "genre": st.sampled_from(["news", "news,opinion"]),
        "source": st.sampled_from(["wire", "mayor,depot"]),
        "language": st.sampled_from(["uk", "en,uk"]),
        "published_from": st.sampled_from(["2025-01-22T08:00:00.100Z", "2025-02-01"]),
        "published_to": st.sampled_from(["2025-01-31", "2025-02-01T09:30:00Z"]),
        "updated_since": st.just("2025-01-30"),
        "modified_since": st.just("2025-01-30"),
        "sort": st.sampled_from(["published_at", "-published_at"]),
        "perspective": st.sampled_from(["drafts", "2098-01-01T00:00:00Z"]),
    },
)


# The fields of a document that decide whether it answers.
READ: Final = "body,headline,kicker,standfirst,attributions,tags,section,notes"


def answers(query: str, document: Line) -> bool:
    """Whether a document answers, with all its words analysed: no index and no short cut has a part in it."""
    asked = parse(query)
    texts = searched_texts(document, document["body"])
    fields: dict[str, Any] = {name: [analyse(text) for text in of_field] for name, of_field in texts.fields.items()}
    sources = {attribution["source"] for attribution in document["attributions"]}
    fields["source"] = [analyse(name) for slug in sources for name in (NAMES[slug], slug)]
    notes = [analyse(text) for slug in document["notes"] for text in (NOTES[slug], f"For reference: {slug}")]
    named = _named_places(asked, document)
    return all(
        place in named
        or any(
            matches(Query(((term,),)), fields)
            or (term.field is None and any(matches(Query(((term,),)), {"body": [words]}) for words in notes))
            for term in alternatives
        )
        for place, alternatives in enumerate(asked.required)
    ) and not any(matches(Query(((term,),)), fields) for term in asked.excluded)


def _named_places(asked: Query, document: Line) -> set[int]:
    """The places of words that are, together with their neighbours, a whole name of what the document names."""
    tags = {*document["tags"], document["section"]} - {None}
    if not tags.isdisjoint(SAME):
        tags |= {*SAME}
    sources = {attribution["source"] for attribution in document["attributions"]}
    labels = {**LABELS, "town": {"en": "Town"}, "harbour": {"en": "Harbour"}}
    names = [
        *(name for slug in tags for name in (*labels[slug].values(), slug)),
        *(name for slug in sources for name in (NAMES[slug], slug)),
    ]
    places: set[int] = set()
    for name in map(analyse, names):
        keys = [word.keys for word in name]
        for first, alternatives in enumerate(asked.required):
            phrases = [term.words for term in alternatives if isinstance(term, Phrase) and term.field is None]
            if any(_are_alike(phrase, keys) for phrase in phrases):
                places.add(first)
            run = asked.required[first : first + len(keys)]
            singles = [terms[0] for terms in run if len(terms) == 1]
            words_of_run = [
                term.words[0]
                for term in singles
                if isinstance(term, Phrase) and not term.field and len(term.words) == 1
            ]
            if len(words_of_run) == len(run) and _are_alike(words_of_run, keys):
                places |= {*range(first, first + len(keys))}
    return places


def _are_alike(words: Sequence[frozenset[str]], keys: Sequence[frozenset[str]]) -> bool:
    return len(words) == len(keys) and all(not a.isdisjoint(b) for a, b in zip(words, keys, strict=True))


async def every_item(api: AsyncClient, limit: int = 100, **parameters: Any) -> list[Any]:
    """Items of all pages, by `next`."""
    items: list[Any] = []
    cursor: Line = {}
    while True:
        page = await get(api, "/v1/articles", limit=limit, **parameters, **cursor)
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}
