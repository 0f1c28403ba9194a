"""What a newsroom states of a story besides its text: kept, listed, refused where wrong, hidden with the story."""

from typing import Any, Final

import pytest
from httpx import AsyncClient

from app.db import Database
from tests.answers import blamed, get, slugs
from tests.conftest import Load
from tests.contents import everything
from tests.desk import PATH, act, address, change, pointers, publish, send, write
from tests.factories import article, box, draft, note, said, source, words

CODES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
STATED: Final[dict[str, Any]] = {
    "genre": "analysis",
    "dateline": "Zghariv",
    "headlines": {"seo": "Trams of Zghariv", "social": "Nobody rides these", "short": "Trams"},
    "flags": ["sensitive", "graphic"],
    "ai": {
        "use": "assisted", "digital_source_type": "trainedAlgorithmicMedia", "reviewed": True, "note": "By a model."
    },
}  # fmt: skip
GENERATED: Final = {"use": "generated"}
VIDEO: Final = {"type": "image", "media": "video", "url": "/a.mp4"}
NOTHING: Final[dict[str, Any]] = {
    "genre": None,
    "dateline": None,
    "headlines": {"seo": None, "social": None, "short": None},
    "flags": [],
    "ai": None,
}


async def test_a_story_of_two_fields_states_nothing(desk: AsyncClient) -> None:
    made = await write(desk)
    assert {name: made[name] for name in NOTHING} == NOTHING


async def test_what_is_stated_is_kept_until_it_is_changed(desk: AsyncClient) -> None:
    made = await publish(desk, **STATED)
    assert {name: made[name] for name in STATED} == STATED
    changed = await change(desk, made["id"], headlines={"seo": "All trams", "short": None}, flags=["sponsored"])
    assert changed["headlines"] == {"seo": "All trams", "social": "Nobody rides these", "short": None}
    assert (changed["flags"], changed["genre"]) == (["sponsored"], "analysis")
    cleared = await change(desk, made["id"], "", **dict.fromkeys(STATED))
    assert {name: cleared[name] for name in NOTHING} == NOTHING
    difference = await get(desk, address(made["id"], "/diff"), **{"from": 2, "to": 4})
    assert {change["field"] for change in difference["fields"]} >= {*STATED}


async def test_a_flag_stands_once(desk: AsyncClient) -> None:
    made = await write(desk, flags=["graphic", "graphic"])
    assert made["flags"] == ["graphic"]
    assert [warning["pointer"] for warning in made["warnings"]] == ["/flags/1"]


WRONG: Final[list[tuple[dict[str, Any], str]]] = [
    ({"genre": "gossip"}, "/genre"),
    ({"genre": ""}, "/genre"),
    ({"genre": ["news"]}, "/genre"),
    ({"dateline": "One\nTwo"}, "/dateline"),
    ({"dateline": "x" * 501}, "/dateline"),
    ({"dateline": 7}, "/dateline"),
    ({"headlines": "short"}, "/headlines"),
    ({"headlines": {"print": "Trams"}}, "/headlines/print"),
    ({"headlines": {"seo": " "}}, "/headlines/seo"),
    ({"headlines": {"seo": "x" * 501}}, "/headlines/seo"),
    ({"flags": "graphic"}, "/flags"),
    ({"flags": ["violent"]}, "/flags/0"),
    ({"flags": ["graphic"] * 11}, "/flags"),
    ({"ai": "generated"}, "/ai"),
    ({"ai": {"reviewed": True}}, "/ai/use"),
    ({"ai": {"use": "partly"}}, "/ai/use"),
    ({"ai": {"use": None}}, "/ai/use"),
    ({"ai": {"use": "generated", "digital_source_type": "aiMagic"}}, "/ai/digital_source_type"),
    ({"ai": {"use": "generated", "digital_source_type": CODES + "trainedAlgorithmicMedia"}}, "/ai/digital_source_type"),
    ({"ai": {"use": "generated", "reviewed": "yes"}}, "/ai/reviewed"),
    ({"ai": {"use": "generated", "note": "x" * 5_001}}, "/ai/note"),
    ({"ai": {"use": "none", "digital_source_type": "trainedAlgorithmicMedia"}}, "/ai"),
    ({"image": {"ai": {"use": "partly"}}}, "/image/ai/use"),
    ({"body": [{"type": "image", "ai": {"use": "partly"}}]}, "/body/0/ai/use"),
    ({"attributions": [{"source": "kit", "role": "sub-editor"}]}, "/attributions/0/role"),
]


@pytest.mark.parametrize(("wrong", "pointer"), WRONG, ids=str)
async def test_what_cannot_be_stated_is_refused_with_its_place(
    desk: AsyncClient, database: Database, wrong: dict[str, Any], pointer: str
) -> None:
    made = await write(desk)
    before = await everything(database)
    assert pointers(await desk.post(PATH, json={"language": "en", "headline": "Other", **wrong})) == {pointer}
    assert pointers(await send(desk, made["id"], **wrong)) == {pointer}
    assert await everything(database) == before


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"genre": "news"}, "ab"),
        ({"genre": "news,opinion"}, "abc"),
        ({"genre": "live"}, ""),
        ({"flag": "graphic"}, "bc"),
        ({"flag": "graphic,sensitive"}, "abc"),
        ({"genre": "news", "flag": "graphic"}, "b"),
        ({"ai": "generated"}, "c"),
        ({"ai": "none,generated"}, "bc"),
        ({"ai": "generated", "flag": "graphic", "genre": "opinion"}, "c"),
        ({"genre": "news", "language": "uk"}, "a"),
        ({"genre": "opinion", "flag": "graphic", "language": "en", "q": "river"}, "c"),
    ],
    ids=str,
)
async def test_a_list_holds_the_stories_that_state_it(
    api: AsyncClient, load: Load, parameters: dict[str, str], found: str
) -> None:
    await load(
        article("a", "2025-01-01T08:00:00Z", genre="news", flags=["sensitive"], language="uk"),
        article("b", "2025-01-02T08:00:00Z", genre="news", flags=["graphic"], ai={"use": "none"}),
        article("c", "2025-01-03T08:00:00Z", genre="opinion", flags=["graphic", "sensitive"], ai=GENERATED),
        article("d", "2025-01-04T08:00:00Z"),
        draft("e", genre="news", flags=["graphic"], ai=GENERATED),
    )
    assert await slugs(api, **parameters, sort="published_at") == [*found]
    counted = await get(api, "/v1/articles", **parameters, count="true")
    assert counted["count"] == {"value": len(found), "exact": True}


@pytest.mark.parametrize(
    "parameters",
    [{"genre": "gossip"}, {"genre": ""}, {"flag": "violent"}, {"flag": "graphic,"}, {"ai": "true"}],
    ids=str,
)
async def test_a_filter_of_what_cannot_be_stated_is_refused(api: AsyncClient, parameters: dict[str, str]) -> None:
    assert blamed(await api.get(PATH, params=parameters)) == {*parameters}


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"has": "quote"}, "a"),
        ({"has": "image"}, "bc"),
        ({"has": "video"}, "c"),
        ({"has": "note"}, "a"),
        ({"has": "table"}, ""),
        ({"has": "quote,video"}, "ac"),
        ({"has": "image,video", "language": "uk"}, "c"),
        ({"has": "image", "q": "river"}, "b"),
    ],
    ids=str,
)
async def test_a_list_holds_the_stories_that_have_it(
    api: AsyncClient, load: Load, parameters: dict[str, str], found: str
) -> None:
    picture = {"url": "/a.svg"}
    await load(
        source("kit"),
        note("mill"),
        article("a", "2025-01-01T08:00:00Z", body=[said("kit"), box("mill")]),
        article("b", "2025-01-02T08:00:00Z", image=picture),
        article("c", "2025-01-03T08:00:00Z", image=picture, body=[VIDEO], language="uk"),
        draft("d", image=picture, body=[said("kit"), VIDEO, {"type": "table", "rows": []}]),
    )
    assert await slugs(api, **parameters, sort="published_at") == [*found]
    counted = await get(api, "/v1/articles", **parameters, count="true")
    assert counted["count"] == {"value": len(found), "exact": True}


async def test_a_filter_of_what_nothing_can_hold_is_refused_with_what_there_is(api: AsyncClient) -> None:
    answer = await api.get(PATH, params={"has": "audio"})
    assert blamed(answer) == {"has"}
    (error,) = answer.json()["errors"]
    assert {"quote", "image", "video", "note", "table"} <= {*error["allowed"]}


async def test_many_kinds_in_many_languages_are_refused(api: AsyncClient) -> None:
    has, language = "quote,image,video,note,table", "uk,en,pl,de,fr"
    assert blamed(await api.get(PATH, params={"has": has, "language": language})) == {"language"}


async def test_lists_follow_what_a_story_states(desk: AsyncClient, api: AsyncClient) -> None:
    made = await publish(desk, genre="news", flags=["graphic"])
    await change(desk, made["id"], "/draft", genre="opinion", flags=[])
    assert await slugs(api, genre="news", flag="graphic") == [made["slug"]]
    assert await slugs(api, genre="opinion") == []
    assert await slugs(desk, genre="opinion", perspective="drafts") == [made["slug"]]
    await act(desk, made["id"], "publish")
    assert await slugs(api, genre="news") == []
    assert await slugs(api, genre="opinion") == [made["slug"]]


async def test_a_change_of_the_genre_touches_both_lists(desk: AsyncClient, api: AsyncClient) -> None:
    """The answers are kept by the server, and dropped by their keys alone."""
    made = await publish(desk, genre="news")
    assert (await slugs(api, genre="news"), await slugs(api, genre="opinion")) == ([made["slug"]], [])
    await change(desk, made["id"], genre="opinion")
    assert (await slugs(api, genre="news"), await slugs(api, genre="opinion")) == ([], [made["slug"]])


async def test_erasing_leaves_nothing_stated(desk: AsyncClient) -> None:
    made = await publish(desk, **STATED)
    await act(desk, made["id"], "withdraw", reason="legal")
    erased = await act(desk, made["id"], "erase", reason="legal")
    assert {name: erased[name] for name in NOTHING} == NOTHING
    first = await get(desk, address(made["id"], "/revisions/1"), perspective="drafts")
    assert {name: first[name] for name in NOTHING} == NOTHING


async def test_a_note_and_a_picture_say_what_part_ai_had(desk: AsyncClient, api: AsyncClient) -> None:
    note = {"slug": "mill", "language": "en", "heading": "The mill", "body": [words("It grinds.")], "ai": GENERATED}
    assert (await desk.post("/v1/notes", json=note)).status_code == 201
    assert (await desk.post("/v1/notes/mill/publish")).status_code == 200
    full = {"use": "generated", "digital_source_type": None, "reviewed": False, "note": None}
    assert (await get(api, "/v1/notes/mill"))["ai"] == full
    cleared = await desk.patch("/v1/notes/mill", json={"ai": None}, headers={"If-Match": '"2"'})
    assert cleared.json()["ai"] is None
    refused = await desk.patch("/v1/notes/mill", json={"ai": {"use": "partly"}}, headers={"If-Match": '"3"'})
    assert pointers(refused) == {"/ai/use"}
    made = await publish(desk, image={"url": "/a.svg", "ai": GENERATED}, body=[{"type": "image", "ai": GENERATED}])
    assert (made["image"]["ai"], made["body"][0]["ai"], made["ai"]) == (full, full, None)
    assert await slugs(api, ai="generated") == []  # the text is meant, not its pictures


async def test_erasing_a_note_leaves_nothing_of_the_part_of_ai(desk: AsyncClient, load: Load) -> None:
    await load(note("mill", ai={"use": "assisted", "note": "By a model."}))
    for verb in ("withdraw", "erase"):
        answer = await desk.post(f"/v1/notes/mill/{verb}", json={"reason": "legal"})
        assert answer.status_code == 200, answer.text
    assert answer.json()["ai"] is None
    assert (await get(desk, "/v1/notes/mill/revisions/1", perspective="drafts"))["ai"] is None
