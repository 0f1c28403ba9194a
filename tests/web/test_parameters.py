"""Whatever a client writes into a parameter or a path is read, or refused and named; never ignored, never a 500."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from fastapi.routing import iter_route_contexts
from httpx import AsyncClient, Response

from app.main import create_app
from app.settings import Settings
from app.web.parameters import strict_query
from tests.answers import blamed, refusal

STORY = "chytalnia-shcho-ne-spyt"
PLACES = {
    "/v1/articles/{ref}": f"/v1/articles/{STORY}",
    "/v1/notes/{slug}": "/v1/notes/zgharivskyi-tramvai-dovidka",
    "/v1/sources/{slug}": "/v1/sources/tramvai-na-zviazku",
    "/v1/tags/{slug}": "/v1/tags/city",
    "/v1/collections/{slug}": "/v1/collections/long-reads",
}
NO_TEXT = ["", "%00", "a%00b", "%0A", "%0D%0AX-Evil:1", "%FF", "%C3", "%ED%A0%80", "a" * 8_001, "%F4%90%80%80"]
NUMBERS = "0 -1 101 9223372036854775808 18446744073709551617 1_0 %2B1 %201 1%20 01 1.0 1e1 0x1 １０ ٣ true x"
NUMBERS += " " + "9" * 5_000
FLAGS = "1 0 yes True TRUE null x"
SLUGS = "A a_b -a a- a--b a,,b , a, %20a a%20 a'b a%22b a;b %EF%BD%81 %D1%81 01948e3c-7a5b-7cc3-8000-0f1d2c3b4a59 ../a"
SLUGS += f" {'a' * 121} {','.join('abcdefghijklmnopqrstu')}"
LANGUAGES = "english-text- x u uk,, uk_UA %D1%83%D0%BA"
NAMES = "x headline, ,headline headline,,slug Headline ednote withdrawal body.html tags.parent * -headline"
DAYS = "x 2025-1-1 2025-01-32 2025-02-29 0000 2025-13 2025-00 +2025 -2025 25 20250122 now 2025-01-22T 17375493 ２０２５"
MOMENTS = DAYS + " 2025 2025-01 2025-01-22T12:35:00 2025-01-22T12:35Z 2025-01-22T25:00:00Z 2025-01-22T12:35:60Z"
MOMENTS += " 2025-01-22T12:35:00%2B25:00 2025-02-30T00:00:00Z 0001-01-01T00:00:00%2B14:00 9999-12-31T23:59:59-12:00"
WRONG: dict[str, str] = {
    "limit": NUMBERS,
    "cursor": "x %2B%2B AAAAAAAAAAAAAAAAAAAAAAAA null 0 é" + " " + "A" * 2_000,
    "count": FLAGS,
    "fields": NAMES,
    "include": "x tags, ,tags Tags everything tags.parent * body",
    "sort": "x published_at;drop -slug%20desc modified_at ednote -id relevance -published_at,slug",
    "tag": SLUGS,
    "tag_not": SLUGS,
    "source": SLUGS,
    "note": SLUGS,
    "section": SLUGS,
    "parent": SLUGS,
    "type": "x Topic topic, topic,x,place",
    "identity": "x named,",
    "role": "x author,said_by Author",
    "language": LANGUAGES,
    "fallback": LANGUAGES,
    "date": DAYS,
    "published_from": MOMENTS,
    "published_to": MOMENTS,
    "updated_since": MOMENTS,
    "modified_since": MOMENTS,
    "since": MOMENTS,
    "tz": "x Europe/Nowhere europe/kyiv %2B02:00 UTC%2B2 ../../etc/passwd Europe/Kyiv/ US/Pacific-New",
    "ids": f"x, a,,b , A {'%20'} a_b {','.join(['a'] * 101)}",
    "by": "x Month week month,day",
    "from": NUMBERS,
    "to": NUMBERS,
    "actor": "x import",  # whose names are not for everyone
    "noun": "x Article articles article, article,x",
    "after": "-1 x 1_0 %2B1 007 1.0 9999999999999999999",
    "wait": "-1 x 31 1_0 007 1.0",
    "verbose": FLAGS,
    "has": "x corrections Correction correction,x Quote correction,",
    "genre": "x News news,x opinion,",
    "flag": "x Graphic graphic,x",
    "ai": "x Generated none,x",
    "origin": f"x :7 wire.example: %20:7 wire.example:%E2%80%8B {'a' * 101}:7 a:{'b' * 301}",
    "version": "x 1.6 3.0 3.1, 3.10 latest",
    "q": "%22a -x OR a%20OR OR%20a x:y a*b ab* " + "a" * 401,
    "highlight": FLAGS,
    "facets": "x Tag tag, tag,,month tag,x genres",
    "explain": FLAGS,
    "status": "x draft Draft draft, draft,x draft,,published",
    "working_copy": f"{FLAGS} true",
    "perspective": "x Drafts draft public DRAFTS drafts, " + MOMENTS,
}
REPEATABLE = {"tag", "tag_not", "source", "note", "origin"}
# Where these too take one value.
SINGLE = {"/v1/archive", "/v1/quotes", "/v1/changes"}
STRANGERS = "statuses state preview versions draft query ednote Limit limit%20 tag[] tag[$ne]".split()
STRANGERS += "filters[ednote] sort[0] page offset %00 %ED%A0%80 %D1%82 fields%5B%5D".split()


# Some open by a token of the server's own, the others need a parameter or two: they have their own tests.
ELSEWHERE = {
    "get_preview",
    "get_article_difference",
    "get_note_difference",
    "get_collection_difference",
    "search_content",
    "suggest_content",
}
ELSEWHERE |= {f"get_preview_{name}" for name in ("html", "text", "markdown", "jsonld", "ninjs")}
# What it answers has no end, and this client waits for it: it has its own tests, on a real server.
ENDLESS = "/v1/changes/stream"


class Operation(NamedTuple):
    path: str
    parameters: list[str]


def operations() -> Iterator[Operation]:
    """Every public operation under an address of the sample where something is. What takes a key has its own tests."""
    document = create_app(Settings()).openapi()
    for template, methods in document["paths"].items():
        public = {method: one for method, one in methods.items() if {} in one.get("security", [{}])}
        assert {*public} <= {"get"}, f"{template} can be written to without a key"
        for operation in public.values():
            if operation["operationId"] in ELSEWHERE:
                continue
            path = template.replace("{revision}", "1")
            for place, example in PLACES.items():
                path = path.replace(place, example)
            assert "{" not in path, f"say in PLACES where {template} leads to something"
            parameters = [_resolved(document, one) for one in operation.get("parameters", [])]
            yield Operation(path, [one["name"] for one in parameters if one["in"] == "query"])


def _resolved(document: Any, one: Any) -> Any:
    return document["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one


OPERATIONS = list(operations())
EACH = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.path)
TAKING = pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.parameters], ids=lambda one: one.path)


def excerpt(answer: Response) -> str:
    return f"{answer.request.url.raw_path!r}: {answer.status_code} {answer.text[:300]}"


def names(answer: Response) -> set[str]:
    assert answer.status_code == 422, excerpt(answer)
    return blamed(answer)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.path != ENDLESS], ids=lambda one: one.path)
async def test_every_example_of_an_address_leads_to_something(newsroom: AsyncClient, operation: Operation) -> None:
    assert (await newsroom.get(operation.path)).status_code == 200


@TAKING
async def test_a_wrong_value_is_named(newsroom: AsyncClient, operation: Operation) -> None:
    for name in operation.parameters:
        for value in (*NO_TEXT, *WRONG[name].split(" ")):
            if (operation.path, value) == ("/v1/changes", "101"):  # its pages are longer
                continue
            answer = await newsroom.get(f"{operation.path}?{name}={value}")
            assert names(answer) == {name}, excerpt(answer)


@TAKING
async def test_a_parameter_that_takes_one_value_is_not_given_twice(newsroom: AsyncClient, operation: Operation) -> None:
    for name in operation.parameters:
        answer = await newsroom.get(f"{operation.path}?{name}=1&{name}=1")
        if name not in REPEATABLE or operation.path in SINGLE:
            assert name in names(answer)
            (error, *_) = [each for each in answer.json()["errors"] if each["code"] == "repeated"]
            repeatable = sorted(REPEATABLE & {*operation.parameters}) if operation.path not in SINGLE else []
            assert error.get("allowed", []) == repeatable


@EACH
async def test_an_unknown_parameter_is_refused_with_those_there_are(
    newsroom: AsyncClient, operation: Operation
) -> None:
    for stranger in STRANGERS:
        for query in (f"{stranger}=1", stranger, f"{stranger}=1&{stranger}=2"):
            answer = await newsroom.get(f"{operation.path}?{query}")
            (error, *_) = refusal(answer, 422, "invalid")["errors"]
            assert (error["code"], error["allowed"]) == ("unknown-parameter", sorted(operation.parameters)), query


@pytest.mark.parametrize("path", "/docs /docs/start.js /openapi.json /problems/stale /sample/bakery.svg".split())
async def test_pages_beside_the_api_take_no_parameters(newsroom: AsyncClient, path: str) -> None:
    (error,) = refusal(await newsroom.get(f"{path}?theme=dark"), 422, "invalid")["errors"]

    assert (error["parameter"], error["code"], error["allowed"]) == ("theme", "unknown-parameter", [])
    assert (await newsroom.get(path)).status_code == 200


def test_every_address_checks_its_parameters() -> None:
    """Those that are no route of FastAPI's, the drawings, do so themselves; what is explored, the API does."""
    contexts = [context for context in iter_route_contexts(create_app(Settings()).router.routes) if context.methods]

    assert len(contexts) > 100
    unchecked = [(context.methods, context.path) for context in contexts if not is_checked(context.dependant)]
    assert unchecked == [({"GET"}, "/explore")]


def is_checked(dependant: Any) -> bool:
    return dependant.call is strict_query or any(map(is_checked, dependant.dependencies))


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules"])
async def test_a_file_of_this_machine_is_no_zone(newsroom: AsyncClient, zone: str) -> None:
    assert blamed(await newsroom.get(f"/v1/articles?date=2025-01&tz={zone}")) == {"tz"}


@pytest.mark.parametrize("path", ["/v1/articles?language=", "/v1/notes?language=", "/v1/archive?language="])
async def test_a_language_is_the_same_in_any_case(newsroom: AsyncClient, path: str) -> None:
    plain = (await newsroom.get(f"{path}en,uk")).json()

    assert plain["items"]
    assert (await newsroom.get(f"{path}EN,Uk,en")).json() == plain


async def test_a_parameter_that_is_named_in_a_refusal_cannot_break_the_answer(newsroom: AsyncClient) -> None:
    name = '</script>"\u202e' + "x" * 500
    (error,) = refusal(await newsroom.get("/v1/tags", params={name: "1"}), 422, "invalid")["errors"]
    assert len(error["parameter"]) <= 80
    assert error["parameter"].isprintable()


async def test_all_faults_are_named_at_once(newsroom: AsyncClient) -> None:
    assert blamed(await newsroom.get("/v1/articles?limit=0&count=1&tz=x&date=2025-02-30&tag=A")) == {
        "limit",
        "count",
        "tz",
        "date",
        "tag",
    }
    assert blamed(await newsroom.get("/v1/articles?limit=&colour=x&count=")) == {"limit", "colour", "count"}


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        (
            "sort",
            ["-published_at", "published_at", "-updated_at", "updated_at", "relevance", "-modified_at", "publish_at"],
        ),
        ("count", ["true", "false"]),
        ("include", ["tags", "sources", "notes", "relations", "translations"]),
        ("facets", ["tag", "section", "source", "author", "genre", "language", "month"]),
        (
            "role",
            [
                "author",
                "reported_by",
                "said_by",
                "published_by",
                "photographer",
                "document",
                "data",
                "editor",
                "translator",
            ],
        ),
    ],
)
async def test_a_refused_value_comes_with_those_that_are_right(
    newsroom: AsyncClient, name: str, allowed: list[str]
) -> None:
    (error,) = refusal(await newsroom.get(f"/v1/articles?{name}=x&source=a"), 422, "invalid")["errors"]
    assert error["allowed"] == allowed


WRONG_PATHS = (
    "%00 a%00 %0D%0ALocation:x %ED%A0%80 %FF %D0%BA %EF%BC%91 A a_b a%20 %20 -1 0 1_0 %2B1 a'-- a%22 %2e%2e".split()
)
WRONG_PATHS += "9223372036854775808 ..%2f..%2fetc%2fpasswd a;b a,b null undefined %F0%9F%90%88 %7F %C2%85".split()
WRONG_PATHS += "01948E3C-7A5B-7CC3-8000-0F1D2C3B4A59 01948e3c-7a5b-7cc3-8000-0f1d2c3b4a59".split()
WRONG_PATHS += ["x" * 121, "x" * 5_000]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("rest", ["", "/revisions", "/revisions/1"])
async def test_a_reference_that_leads_nowhere_is_404(newsroom: AsyncClient, place: str, rest: str) -> None:
    for wrong in WRONG_PATHS:
        answer = await newsroom.get(f"{place.partition('{')[0]}{wrong}{rest}")
        assert answer.status_code == 404, excerpt(answer)
        refusal(answer, 404, "not-found")


@pytest.mark.parametrize("example", PLACES.values())
async def test_a_number_that_is_no_revision_is_404(newsroom: AsyncClient, example: str) -> None:
    for wrong in [*WRONG_PATHS, "2", "01", "1.0", "2147483647", "2147483648", "1" * 5_000]:
        answer = await newsroom.get(f"{example}/revisions/{wrong}")
        assert answer.status_code == 404, excerpt(answer)
        refusal(answer, 404, "not-found")


@pytest.mark.parametrize("path", "//v1/tags /v1//tags /v1/tags/ /V1/tags /v1/Tags /v1/tags/city/ /v1 /v2/tags".split())
async def test_an_address_has_one_spelling(newsroom: AsyncClient, path: str) -> None:
    refusal(await newsroom.get(path), 404, "not-found")
    evil = await newsroom.get(path, headers={"Host": "evil.example"})
    assert evil.status_code == 404
    assert "evil" not in evil.text + str(evil.headers)


async def test_an_address_may_be_written_with_percent_signs(newsroom: AsyncClient) -> None:
    assert (await newsroom.get("/v1/%74ags/c%69ty")).content == (await newsroom.get("/v1/tags/city")).content


@pytest.mark.parametrize(
    "query",
    [
        "ids={id}&limit=5",
        "ids={id}&cursor=x",
        "ids={id}&sort={sort}",
    ],
)
@pytest.mark.parametrize(
    ("path", "ref", "sort"),
    [
        ("/v1/articles", "019c0a88-7140-72e4-b11c-c57d0221c51d", "published_at"),
        ("/v1/tags", "city", "slug"),
        ("/v1/sources", "tramvai-na-zviazku", "slug"),
        ("/v1/notes", "zgharivskyi-tramvai-dovidka", "slug"),
    ],
)
async def test_ids_stand_without_cursor_sort_and_limit(
    newsroom: AsyncClient, path: str, ref: str, sort: str, query: str
) -> None:
    asked = query.format(id=ref, sort=sort)
    assert blamed(await newsroom.get(f"{path}?{asked}")) == {asked.partition("&")[2].partition("=")[0]}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("role=author", "role"),
        ("tz=Europe/Kyiv", "tz"),
        ("date=2025&published_from=2025-01-01", "date"),
        ("date=2025&published_to=2025-01-01", "date"),
    ],
)
async def test_a_parameter_that_could_do_nothing_is_refused(newsroom: AsyncClient, query: str, parameter: str) -> None:
    assert blamed(await newsroom.get(f"/v1/articles?{query}")) == {parameter}


async def test_the_archive_takes_a_section_or_a_tag(newsroom: AsyncClient) -> None:
    assert blamed(await newsroom.get("/v1/archive?section=city&tag=trams")) == {"section"}


async def test_a_query_of_many_values_is_answered_or_refused_at_once(newsroom: AsyncClient) -> None:
    """Each value costs the planner something: an address of a few hundred bytes must not buy seconds of work."""
    some = ",".join(f"t{n}" for n in range(20))
    every = f"language={','.join(f'a{letter}' for letter in 'abcdefghijklmnopqrst')}"
    every += "".join(f"&{name}={some}" for name in ("tag", "tag_not", "source", "note") for _ in range(10))
    (error, *_) = refusal(await newsroom.get(f"/v1/articles?{every}&section={some}"), 422, "invalid")["errors"]
    assert error["code"] == "too-many"


async def test_include_takes_each_name_once_however_often_it_stands(newsroom: AsyncClient) -> None:
    many = ",".join(["tags"] * 300)
    once: Any = (await newsroom.get("/v1/articles?include=tags")).json()
    assert (await newsroom.get(f"/v1/articles?include={many}")).json() == once
