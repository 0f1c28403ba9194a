"""The timeline: all dated facts that a plain scan of the notes finds, by date, and no others."""

import random
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.lists.models import List, ListEntry
from app.notes import timeline
from app.web.caller import SCOPES
from app.words.analysis import analyse
from app.words.matching import matches
from app.words.queries import parse
from tests.answers import bearing, blamed, get, refusal
from tests.conftest import Load, serving
from tests.contents import rows
from tests.factories import Line, credit, note, source, tag
from tests.openapi import check_answer

PATH: Final = "/v1/timeline"
ANY: Final = {"If-Match": "*"}
WORDS: Final = ("млин", "млина", "гребля", "dam", "mills", "tram", "збудовано", "дітей")
DATES: Final = (
    "1811",
    "1811-01",
    "1811-01-01",
    "1811-05-16",
    "2022",
    "2022-05",
    "2022-05-16",
    "0001",
    "9999-12-31",
    None,
)
NAMES: Final = {"wire": "Зграйський дріт", "office": "Olena Verboliz"}
# Tags with their parents.
TAGS: Final = {"water": None, "rivers": "water", "mills": None}


def _facts(dice: random.Random) -> list[Line]:
    return [
        {
            "on": (on := dice.choice(DATES)),
            "to": "2024-08-24" if on and dice.random() < 0.3 else None,
            "year_inferred": dice.random() < 0.3,
            "text": " ".join(dice.choices(WORDS, k=3)),
            "attributions": [credit(dice.choice([*NAMES]))] if dice.random() < 0.3 else [],
        }
        for _ in range(dice.randint(0, 6))
    ]


def _note(dice: random.Random, number: int) -> Line:
    return note(
        f"note-{number}",
        language=dice.choice(["uk", "en"]),
        facts=_facts(dice),
        tags=dice.sample([*TAGS], dice.randint(0, 2)),
        attributions=[credit(dice.choice([*NAMES]))] if dice.random() < 0.2 else [],
        **({"status": "draft"} if dice.random() < 0.2 else {}),
    )


@pytest.fixture(scope="module")
async def town(module_url: str) -> AsyncIterator[AsyncClient]:
    """Thirty notes, some of which the desk has changed, published, taken down or erased since."""
    dice = random.Random(3)
    notes = [_note(dice, number) for number in range(30)]
    database = Database(module_url)
    key = (await keys.create(database, KeyIn(name="Tester", scopes=[*SCOPES]), created_by=None)).key
    await database.close()
    tags = [tag(slug, parent=parent) for slug, parent in TAGS.items()]
    sources = [source(slug, names={"uk": name}) for slug, name in NAMES.items()]
    async with serving(module_url, *tags, *sources, *notes) as api:
        api.headers.update(bearing(key))
        for line in notes[:15]:
            await _change(api, dice, f"/v1/notes/{line['slug']}", line.get("status"))
        yield api


async def _change(api: AsyncClient, dice: random.Random, path: str, status: str | None) -> None:
    match status, dice.randrange(4):
        case "published", 0:
            answer = await api.post(f"{path}/withdraw", json={"reason": "legal"})
            answer = await api.post(f"{path}/erase", json={"reason": "legal"})
        case "published", 1:
            answer = await api.post(f"{path}/unpublish")
        case "published", _:
            answer = await api.patch(path, json={"facts": _facts(dice), "tags": ["rivers"]}, headers=ANY)
        case _:
            answer = await api.post(f"{path}/publish", json={})
    assert answer.status_code == 200, answer.text


async def _all(api: AsyncClient, path: str, limit: int = 100, **parameters: Any) -> list[Any]:
    """Items of all pages, by `next`."""
    items: list[Any] = []
    cursor: Line = {}
    while True:
        page = await get(api, path, limit=limit, **parameters, **cursor)
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}


def _beginning(period: str) -> str:
    return (period + "-01-01")[:10]


def _named(*attributions: Line) -> set[str]:
    return {attribution["source"] for attribution in attributions}


def _fits(asked: Line, document: Line, fact: Line) -> bool:
    """With all words of the fact analysed: no index, no list and no short cut has a part in it."""
    sources = _named(*document["attributions"], *fact["attributions"])
    lineage = {*document["tags"], *(TAGS[slug] for slug in document["tags"])}
    names = [name for slug in sorted(sources) for name in (NAMES[slug], slug)]
    texts = {"body": [analyse(fact["text"])], "source": [analyse(name) for name in names]}
    begins = _beginning(fact["on"])
    return (
        all(not lineage.isdisjoint(slugs.split(",")) for slugs in asked.get("tag", ()))
        and all(not sources.isdisjoint(slugs.split(",")) for slugs in asked.get("source", ()))
        and ("language" not in asked or document["language"] == asked["language"])
        and ("from" not in asked or begins >= _beginning(asked["from"]))
        and ("to" not in asked or begins[: len(asked["to"])] <= asked["to"])
        and ("q" not in asked or matches(parse(asked["q"]), texts))
    )


def _timeline(notes: list[Line], asked: Line) -> list[Line]:
    """The facts that are asked for. Of facts with one beginning those of the same note stand together."""
    shown = [
        {
            **{name: fact[name] for name in ("on", "to", "year_inferred", "text")},
            "note": document["slug"],
            "article": None,
            "language": document["language"],
        }
        for document in notes
        for fact in document["facts"]
        if fact["on"] is not None and _fits(asked, document, fact)
    ]
    return sorted(shown, key=lambda fact: (_beginning(fact["on"]), fact["note"]))


_filters = st.fixed_dictionaries(
    {},
    optional={
        "tag": st.sampled_from([["water"], ["rivers"], ["mills,rivers"], ["mills", "water"], ["nothing"]]),
        "source": st.sampled_from([["wire"], ["wire,office"], ["wire", "office"], ["nobody"]]),
        "language": st.just("uk"),
        "from": st.sampled_from(["1811-05", "1811", "2022-05-16"]),
        "to": st.sampled_from(["1811", "1811-01-01", "2022-05", "9999"]),
        "q": st.sampled_from(
            ["млини", "mill", "млин гребля", "dam OR дитина", "tram -mill", '"збудовано млина"', "source:дріт", "літак"]
        ),
        "perspective": st.just("drafts"),
    },
)


@given(_filters, st.integers(1, 7), st.booleans())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.anyio
async def test_the_timeline_is_what_a_plain_scan_finds(
    town: AsyncClient, asked: Line, limit: int, is_frequent: bool
) -> None:
    seen = {name: asked[name] for name in asked.keys() & {"perspective"}}
    notes = await _all(town, "/v1/notes", **seen)

    with pytest.MonkeyPatch.context() as patched:
        if is_frequent:  # then lists are walked instead of the notes that have the words
            patched.setattr(timeline, "NOTES_AT_MOST", 1)
        facts = await _all(town, PATH, limit, **asked)

    assert sorted(facts, key=lambda fact: (_beginning(fact["on"]), fact["note"])) == _timeline(notes, asked)
    assert [_beginning(fact["on"]) for fact in facts] == sorted(_beginning(fact["on"]) for fact in facts)


@pytest.mark.parametrize("asked", [{}, {"tag": "water"}, {"source": "wire"}, {"language": "uk"}])
async def test_pages_that_end_early_lead_on(town: AsyncClient, monkeypatch: pytest.MonkeyPatch, asked: Line) -> None:
    whole = await _all(town, PATH, perspective="drafts", **asked)
    assert whole

    monkeypatch.setattr(timeline, "LOOKED_AT", 1)

    assert await _all(town, PATH, 2, perspective="drafts", **asked) == whole


async def test_a_tag_with_more_descendants_than_lists_are_walked_shows_the_same(
    town: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await _all(town, PATH, tag="water")
    assert whole

    monkeypatch.setattr(timeline, "MOST_LISTS", 1)

    assert await _all(town, PATH, tag="water") == whole


# --- single questions --------------------------------------------------------------------------------------------

DAM: Final = note(
    "dam",
    tags=["rivers"],
    facts=[
        {"on": "2022-05-16", "text": "A sluice is opened."},
        {"on": "2022", "to": "2024-03", "year_inferred": True, "text": "The dam is mended.",
         "attributions": [credit("wire")]},
        {"on": "2022-05", "text": "The basin is drained."},
        {"on": None, "text": "It leaks."},
    ],
)  # fmt: skip


@pytest.fixture
async def dam(load: Load) -> None:
    await load(tag("rivers"), source("wire"), DAM)


async def test_a_fuzzy_date_stays_fuzzy_and_stands_at_its_beginning(dam: None, api: AsyncClient) -> None:
    answer = await api.get(PATH)

    check_answer(answer)
    assert [fact["on"] for fact in answer.json()["items"]] == ["2022", "2022-05", "2022-05-16"]
    assert answer.json()["items"][0] == {
        "on": "2022",
        "to": "2024-03",
        "year_inferred": True,
        "text": "The dam is mended.",
        "note": "dam",
        "article": None,
        "language": "en",
    }


async def test_a_span_of_dates_holds_what_begins_in_it(dam: None, api: AsyncClient) -> None:
    asked = [{"from": "2022-05"}, {"to": "2022-05-01"}, {"from": "2022-05-02", "to": "2022"}, {"from": "2023"}]
    found = [[fact["on"] for fact in (await get(api, PATH, **span))["items"]] for span in asked]
    assert found == [["2022-05", "2022-05-16"], ["2022", "2022-05"], ["2022-05-16"], []]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        (f"{PATH}?q=headline:dam", "q"),
        (f"{PATH}?from=2022-13", "from"),
        (f"{PATH}?to=yesterday", "to"),
        (f"{PATH}?from_=2022", "from_"),
        (f"{PATH}?language=uk&language=en", "language"),
        (f"{PATH}?section=city", "section"),
        (f"{PATH}?limit=0", "limit"),
        (f"{PATH}?cursor=x", "cursor"),
    ],
)
async def test_what_is_not_understood_is_refused(api: AsyncClient, path: str, parameter: str) -> None:
    assert blamed(await api.get(path)) == {parameter}


async def test_drafts_take_a_key(api: AsyncClient) -> None:
    refusal(await api.get(f"{PATH}?perspective=drafts"), 401, "unauthorized")


async def _entries(database: Database) -> set[tuple[str, str, str]]:
    """(view, name, year) of all entries of lists of facts."""
    query = select(List.view, List.name, ListEntry.published_at).join(ListEntry, ListEntry.list == List.id)
    return {(view, name, str(at)[:4]) for view, name, at in await rows(database, query.where(List.name.like("facts%")))}


async def test_what_is_taken_down_or_erased_leaves_no_fact(dam: None, desk: AsyncClient, database: Database) -> None:
    names = {"facts", "facts:tag:rivers", "facts:source:wire"}
    assert await _entries(database) == {("public", name, "2022") for name in names}

    await desk.post("/v1/notes/dam/withdraw", json={"reason": "privacy"})
    assert (await get(desk, PATH))["items"] == []
    assert await _entries(database) == {("desk", name, "2022") for name in names}

    await desk.post("/v1/notes/dam/erase", json={"reason": "privacy"})
    assert (await get(desk, PATH, perspective="drafts"))["items"] == []
    assert await _entries(database) == set()


async def test_a_deleted_note_leaves_no_fact(dam: None, desk: AsyncClient, database: Database) -> None:
    assert (await desk.delete("/v1/notes/dam", headers=ANY)).status_code == 204
    assert await _entries(database) == set()
