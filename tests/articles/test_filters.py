"""Which articles a list holds: every filter alone and together, and the plain model that they must agree with."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.answers import get, pages, slugs
from tests.conftest import Load, serving
from tests.factories import Line, article, article_id, box, credit, note, said, section, source, tag

# water > river > flood; a section may stand under a section.
PARENTS = {
    "river": "water",
    "flood": "river",
    "water": None,
    "bridge": None,
    "town": None,
    "suburb": "town",
    "coast": None,
}
SECTIONS = {"town", "suburb", "coast"}
WORLD = [
    *(section(slug, parent=PARENTS[slug]) if slug in SECTIONS else tag(slug, parent=PARENTS[slug]) for slug in PARENTS),
    *(source(slug) for slug in ("mayor", "wire", "lab")),
    *(note(slug) for slug in ("mill", "dam")),
]


async def names(api: AsyncClient, **parameters: Any) -> set[str]:
    return {*await slugs(api, **parameters)}


@pytest.fixture(scope="module")
async def river(module_url: str) -> AsyncIterator[AsyncClient]:
    """Five stories: `a` to `e`, each an hour after the one before."""
    stories = [
        article("a", "2025-01-22T08:00:00Z", tags=["flood"], section="town", language="uk"),
        article(
            "b", "2025-01-22T09:00:00Z", tags=["river", "bridge"], section="suburb", attributions=[credit("mayor")]
        ),
        article("c", "2025-01-22T10:00:00Z", tags=["water"], section="coast", body=[said("mayor"), box("mill")]),
        article("d", "2025-01-22T11:00:00Z", tags=["bridge"], body=[box("mill"), box("dam")], language="pl"),
        article("e", "2025-01-22T12:00:00Z", attributions=[credit("wire"), credit("lab", "data")], language="uk"),
    ]
    async with serving(module_url, *WORLD, *stories) as api:
        yield api


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, "abcde"),
        ({"tag": "flood"}, "a"),
        ({"tag": "river"}, "ab"),
        ({"tag": "water"}, "abc"),
        ({"tag": "flood,bridge"}, "abd"),
        ({"tag": "flood,flood"}, "a"),
        ({"tag": ["water", "bridge"]}, "b"),
        ({"tag": ["flood,bridge", "water"]}, "ab"),
        ({"tag": ["river", "river"]}, "ab"),
        ({"tag": "nowhere"}, ""),
        ({"tag": "nowhere,flood"}, "a"),
        ({"tag": ["nowhere", "flood"]}, ""),
        ({"tag": "town"}, "ab"),
        ({"tag": "mayor"}, ""),
        ({"tag_not": "river"}, "cde"),
        ({"tag_not": "flood"}, "bcde"),
        ({"tag_not": "flood,bridge"}, "ce"),
        ({"tag_not": ["flood", "bridge"]}, "ce"),
        ({"tag_not": "nowhere"}, "abcde"),
        ({"tag_not": "town"}, "cde"),
        ({"tag": "water", "tag_not": "river"}, "c"),
        ({"tag": "water", "tag_not": "water"}, ""),
        ({"section": "town"}, "ab"),
        ({"section": "suburb"}, "b"),
        ({"section": "suburb,coast"}, "bc"),
        ({"section": "bridge"}, ""),
        ({"section": "bridge,coast"}, "c"),
        ({"section": "nowhere"}, ""),
        ({"section": "town", "tag": "river", "tag_not": "flood"}, "b"),
        ({"language": "uk"}, "ae"),
        ({"language": "uk,pl"}, "ade"),
        ({"language": "en"}, "bc"),
        ({"language": "fr"}, ""),
        ({"language": "uk", "tag": "water"}, "a"),
        ({"language": "uk,en", "tag": "water,bridge", "section": "town,coast"}, "abc"),
        ({"source": "mayor"}, "bc"),
        ({"source": "mayor,lab"}, "bce"),
        ({"source": ["wire", "lab"]}, "e"),
        ({"source": ["wire", "mayor"]}, ""),
        ({"source": "mayor", "role": "said_by"}, "c"),
        ({"source": "mayor", "role": "reported_by"}, "b"),
        ({"source": "mayor", "role": "data"}, ""),
        ({"source": ["wire", "lab"], "role": "data"}, ""),
        ({"source": "wire,lab,mayor", "role": "reported_by"}, "be"),
        ({"source": "nowhere"}, ""),
        ({"note": "mill"}, "cd"),
        ({"note": "mill,dam"}, "cd"),
        ({"note": ["mill", "dam"]}, "d"),
        ({"note": "nowhere"}, ""),
        ({"note": "mill", "source": "mayor", "tag": "water", "language": "en", "section": "coast"}, "c"),
    ],
    ids=str,
)
async def test_a_list_holds_what_the_filters_say(river: AsyncClient, parameters: Any, found: str) -> None:
    expected = [*reversed(found)]
    assert await slugs(river, **parameters) == expected
    assert await slugs(river, **parameters, sort="published_at") == [*found]
    counted = await get(river, "/v1/articles", **parameters, count="true", limit=1)
    assert counted["count"] == {"value": len(found), "exact": True}


async def test_counters_agree_with_lists(river: AsyncClient) -> None:
    included = (await get(river, "/v1/tags", include="counts", limit=100))["included"]["counts"]
    assert included == {slug: len(await slugs(river, tag=slug)) for slug in PARENTS}
    assert (await get(river, "/v1/tags/water", include="counts"))["included"] == {"counts": {"water": 3}}


async def test_ids_are_answered_in_the_order_given(river: AsyncClient) -> None:
    wanted = [article_id(slug) for slug in "dbxad"]
    page = await get(river, "/v1/articles", ids=",".join(wanted), count="true")
    assert [item["slug"] for item in page["items"]] == ["d", "b", "a"]
    assert (page["next"], page["prev"], page["count"]) == (None, None, {"value": 3, "exact": True})
    assert await slugs(river, ids=",".join(wanted), tag="water") == ["b", "a"]
    assert await slugs(river, ids=",".join(wanted), tag=["water", "bridge"], language="en") == ["b"]
    assert await slugs(river, ids=article_id("x")) == []


async def test_a_hundred_ids_fit_into_one_request(river: AsyncClient) -> None:
    many = [article_id(f"nowhere-{n}") for n in range(99)]
    assert await slugs(river, ids=",".join([*many, article_id("a")])) == ["a"]


@pytest.mark.parametrize(
    ("path", "ids", "filters", "found"),
    [
        ("/v1/tags", "river,town,nowhere,flood", {}, ["river", "town", "flood"]),
        ("/v1/tags", "river,town,flood", {"type": "section"}, ["town"]),
        ("/v1/tags", "flood,town,river", {"parent": "water,river"}, ["flood", "river"]),
        ("/v1/sources", "wire,lab", {"type": "person"}, []),
        ("/v1/sources", "wire,lab", {"identity": "named"}, ["wire", "lab"]),
        ("/v1/notes", "mill,dam", {}, ["mill", "dam"]),
        ("/v1/notes", "mill,dam", {"language": "uk"}, []),
    ],
)
async def test_ids_narrow_with_the_other_filters_in_every_list(
    river: AsyncClient, path: str, ids: str, filters: Any, found: list[str]
) -> None:
    assert await slugs(river, path, ids=ids, **filters) == found
    assert (await get(river, path, ids=ids, **filters, count="true"))["count"]["value"] == len(found)


async def test_sorting_by_update_and_publication_differ(api: AsyncClient, load: Load) -> None:
    await load(
        article("old", "2025-01-01T00:00:00Z", updated_at="2025-03-01T00:00:00Z"),
        article("new", "2025-02-01T00:00:00Z"),
        article("middle", "2025-01-15T00:00:00Z", updated_at="2025-01-20T00:00:00Z"),
    )
    assert await slugs(api) == ["new", "middle", "old"]
    assert await slugs(api, sort="-published_at") == ["new", "middle", "old"]
    assert await slugs(api, sort="published_at") == ["old", "middle", "new"]
    assert await slugs(api, sort="-updated_at") == ["old", "new", "middle"]
    assert await slugs(api, sort="updated_at") == ["middle", "new", "old"]
    assert await slugs(api, updated_since="2025-02-01T00:00:00Z") == ["new", "old"]
    assert await slugs(api, updated_since="2025-03-01T00:00:00.001Z") == []


async def test_a_change_of_any_kind_moves_modified_since_and_a_typo_moves_it_alone(
    api: AsyncClient, load: Load
) -> None:
    await load(article("typo", modified_at="2025-06-01T12:00:00Z"), article("untouched"))
    assert await slugs(api, modified_since="2025-06-01T12:00:00Z") == ["typo"]
    assert await slugs(api, modified_since="2025-06-01T12:00:00.001Z") == []
    assert await slugs(api, updated_since="2025-06-01T12:00:00Z") == []
    assert (await get(api, "/v1/articles", modified_since="2025-06-01", count="true"))["count"]["value"] == 1


async def test_counting_stops_at_ten_thousand_where_no_counter_is_kept(
    api: AsyncClient, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.changes.slug_lists.COUNTED_AT_MOST", 3)
    monkeypatch.setattr("app.articles.listing.COUNTED_AT_MOST", 3)
    await load(tag("river"), tag("bridge"), *(article(f"a{n}", tags=["river"]) for n in range(5)))
    counted = (await get(api, "/v1/articles", tag="river,bridge", count="true"))["count"]
    kept = (await get(api, "/v1/articles", tag="river", count="true"))["count"]
    assert counted == {"value": 3, "exact": False}
    assert kept == {"value": 5, "exact": True}


# --- against a model ----------------------------------------------------------------------------------------------

TAGS = sorted(PARENTS.keys() - SECTIONS)
LANGUAGES = ["uk", "en", "pl"]
SOURCES = ["mayor", "wire", "lab"]
ROLES = ["reported_by", "said_by", "data"]


def lineage(slug: str | None) -> set[str]:
    found = set()
    while slug is not None:
        found.add(slug)
        slug = PARENTS[slug]
    return found


def stories() -> list[Line]:
    """Sixty stories over a few days, many at the same instant; every combination of a few traits."""
    return [
        article(
            f"story-{n}",
            f"2025-01-{20 + n % 7:02}T{n % 3 * 8:02}:00:00Z",
            updated_at=f"2025-02-{1 + n * 5 % 9:02}T00:00:00Z",
            tags=[slug for place, slug in enumerate(TAGS) if n >> place & 1],
            section=[None, *sorted(SECTIONS)][n % 4],
            language=LANGUAGES[n * 7 % 3],
            attributions=[credit(SOURCES[n % 3], ROLES[n // 3 % 3]), credit(SOURCES[n // 2 % 3], ROLES[n % 3])],
            body=[box("mill")] if n % 5 == 0 else [box("dam"), box("mill")] if n % 7 == 0 else [said("lab")],
        )
        for n in range(60)
    ]


def matches(story: Line, wanted: dict[str, Any]) -> bool:
    """What API.md 3.1 says, in plain Python."""
    tags = set().union(*map(lineage, [*story["tags"], story["section"]]))
    given = [(one["source"], one["role"]) for one in story["attributions"]]
    given += [(block["source"], "said_by") for block in story["body"] if block["type"] == "quote"]
    sources = {name for name, role in given if wanted.get("role") in {None, role}}
    notes = {block["note"] for block in story["body"] if block["type"] == "reference_note"}

    def all_of(name: str, has: set[str]) -> bool:
        return all({*group.split(",")} & has for group in wanted.get(name, []))

    sections = {*wanted["section"].split(",")} & SECTIONS if "section" in wanted else None
    languages = wanted["language"].split(",") if "language" in wanted else LANGUAGES
    return (
        all_of("tag", tags)
        and all_of("source", sources)
        and all_of("note", notes)
        and not any({*group.split(",")} & tags for group in wanted.get("tag_not", []))
        and (sections is None or bool(lineage(story["section"]) & sections))
        and story["language"] in languages
        and wanted.get("published_from", "") <= story["published_at"] <= wanted.get("published_to", "9")
        and wanted.get("updated_since", "") <= story["updated_at"]
    )


def some(values: list[str], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most).map(",".join)


INSTANTS = st.builds("2025-01-{:02}T{:02}:00:00Z".format, st.integers(19, 27), st.sampled_from([0, 8, 16, 23]))
QUERIES = st.fixed_dictionaries(
    {"sort": st.sampled_from(["-published_at", "published_at", "-updated_at", "updated_at"])},
    optional={
        "tag": st.lists(some([*PARENTS, "nowhere"]), min_size=1, max_size=2),
        "tag_not": st.lists(some([*PARENTS, "nowhere"]), min_size=1, max_size=2),
        "source": st.lists(some([*SOURCES, "nowhere"]), min_size=1, max_size=2),
        "note": st.lists(some(["mill", "dam"]), min_size=1, max_size=2),
        "section": some([*PARENTS]),
        "language": some(LANGUAGES),
        "published_from": INSTANTS,
        "published_to": INSTANTS,
        "updated_since": st.builds("2025-02-{:02}T00:00:00Z".format, st.integers(1, 9)),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=QUERIES, role=st.sampled_from([None, *ROLES]), limit=st.sampled_from([2, 7, 50]))
async def test_every_combination_of_filters_agrees_with_the_model(
    api: AsyncClient, load: Load, wanted: dict[str, Any], role: str | None, limit: int
) -> None:
    if role and "source" in wanted:
        wanted["role"] = role
    if not await slugs(api):
        await load(*WORLD, *stories())
    by = wanted["sort"].removeprefix("-")
    expected = sorted(
        (story for story in stories() if matches(story, wanted)),
        key=lambda story: (story[by], story["id"]),
        reverse=wanted["sort"].startswith("-"),
    )
    found = await pages(api, **wanted, limit=limit)
    assert [slug for page in found for slug in page] == [story["slug"] for story in expected]
    assert all(len(page) == limit for page in found[:-1])
    counted = await get(api, "/v1/articles", **wanted, limit=1, count="true")
    assert counted["count"] == {"value": len(expected), "exact": True}


async def test_filters_that_multiply_into_too_many_branches_are_refused(api: AsyncClient) -> None:
    some, languages = ",".join(f"t-{n}" for n in range(11)), "uk,en"

    many = await api.get(f"/v1/articles?tag={some}&language={languages}")
    few = await api.get(f"/v1/articles?tag={some}&language=uk")

    assert (many.status_code, few.status_code) == (422, 200)
    assert [one["parameter"] for one in many.json()["errors"]] == ["language"]
