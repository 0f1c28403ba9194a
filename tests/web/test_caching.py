"""ETag, 304, Cache-Control and compression: what a cache or a browser relies on."""

import gzip
import time
from typing import Any

import pytest
from httpx import AsyncClient, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.web.caching import PUBLIC, accepts_gzip, is_known
from tests.conftest import Load
from tests.factories import article, tag, words

STORY = "/v1/articles/chytalnia-shcho-ne-spyt"
READS = [
    *("/v1/articles", "/v1/articles?include=tags,sources,notes&count=true", STORY, f"{STORY}?fields=headline"),
    *(
        f"{STORY}/revisions",
        f"{STORY}/revisions/1",
        "/v1/tags",
        "/v1/tags/city?include=counts",
        "/v1/sources",
        "/v1/notes",
    ),
    *("/v1/archive", "/v1/notes/zgharivskyi-tramvai-dovidka", "/v1/sources/tramvai-na-zviazku", "/v1/tags/city"),
]
EACH = pytest.mark.parametrize("path", READS)
PLAIN = {"Accept-Encoding": "identity"}


@EACH
async def test_every_read_has_a_strong_etag_and_may_be_cached(newsroom: AsyncClient, path: str) -> None:
    answer = await newsroom.get(path)
    etag = answer.headers["etag"]
    assert etag.startswith('"')
    assert etag.endswith('"')
    assert answer.headers["cache-control"] == PUBLIC
    assert answer.headers["vary"] == "Accept-Encoding, Authorization"


@EACH
@pytest.mark.parametrize(
    "written", ["{}", "W/{}", "*", ' "a" , {} ', '"a", W/{}', '"", {}, *'], ids=lambda written: written
)
async def test_what_the_client_has_is_not_sent_again(newsroom: AsyncClient, path: str, written: str) -> None:
    first = await newsroom.get(path)
    again = await newsroom.get(path, headers={"If-None-Match": written.format(first.headers["etag"])})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary", "link"):
        assert again.headers.get(name) == first.headers.get(name)


@EACH
async def test_what_the_client_has_not_is_sent(newsroom: AsyncClient, path: str) -> None:
    first = await newsroom.get(path)
    for other in ('"0"', first.headers["etag"].strip('"'), '"*"', f"x{first.headers['etag']}", '"'):
        assert (await newsroom.get(path, headers={"If-None-Match": other})).status_code == 200


async def test_the_document_of_an_object_has_its_revision_as_etag(newsroom: AsyncClient) -> None:
    path = "/v1/articles/tramvai-bez-skhodynok-skilky-yikh-naspravdi-i-koly-vystachyt-na-vsikh"
    answer = await newsroom.get(path, headers=PLAIN)
    assert (answer.json()["revision"], answer.headers["etag"]) == (2, '"2"')
    assert (await newsroom.get(path)).headers["etag"] == '"2-gzip"'
    assert len((await newsroom.get(f"{path}?fields=headline")).headers["etag"]) > 20


async def test_the_etag_of_one_encoding_is_not_that_of_the_other(newsroom: AsyncClient) -> None:
    plain, packed = [await newsroom.get("/v1/articles", headers=one) for one in (PLAIN, {"Accept-Encoding": "gzip"})]
    assert packed.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
    other = {"Accept-Encoding": "identity", "If-None-Match": packed.headers["etag"]}
    assert (await newsroom.get("/v1/articles", headers=other)).status_code == 200


async def test_long_bodies_are_compressed_and_short_ones_are_not(newsroom: AsyncClient) -> None:
    long, short = await newsroom.get("/v1/articles"), await newsroom.get("/v1/tags/city")
    assert long.headers["content-encoding"] == "gzip"
    assert int(long.headers["content-length"]) < len(long.content) / 2
    assert "content-encoding" not in short.headers
    plain = await newsroom.get("/v1/articles", headers=PLAIN)
    assert "content-encoding" not in plain.headers
    assert plain.content == long.content


async def test_compression_gives_the_same_bytes_each_time(newsroom: AsyncClient) -> None:
    bodies = set()
    for _ in range(3):
        async with newsroom.stream("GET", "/v1/articles?limit=100") as answer:
            bodies.add(b"".join([part async for part in answer.aiter_raw()]))
    (body,) = bodies
    assert len(gzip.decompress(body)) > len(body)


@pytest.mark.parametrize("header", ["gzip", "GZIP", "br, gzip", "*", "gzip;q=0.001", "x-gzip", "br;q=1.0, *;q=0.1"])
def test_gzip_is_taken_where_the_client_takes_it(header: str) -> None:
    assert accepts_gzip(header)


@pytest.mark.parametrize("header", ["", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *", "identity"])
def test_gzip_is_not_sent_to_who_does_not_take_it(header: str) -> None:
    assert not accepts_gzip(header)


@EACH
async def test_head_is_get_without_the_body(newsroom: AsyncClient, path: str) -> None:
    full, head = await newsroom.get(path), await newsroom.head(path)
    assert (head.status_code, head.content) == (200, b"")
    varying = {"server-timing", "x-request-id"}
    assert {k: v for k, v in head.headers.items() if k not in varying} == {
        k: v for k, v in full.headers.items() if k not in varying
    }
    assert (await newsroom.head(path, headers={"If-None-Match": full.headers["etag"]})).status_code == 304


async def test_a_refusal_is_never_stored_and_has_no_validator(newsroom: AsyncClient) -> None:
    for path in ("/v1/articles/nowhere", "/v1/articles/roof/revisions", "/v1/tags?x=1"):
        answer = await newsroom.get(path, headers={"If-None-Match": "*"})
        assert answer.status_code >= 400
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
        assert "last-modified" not in answer.headers


async def test_a_header_of_many_etags_is_answered_at_once(newsroom: AsyncClient) -> None:
    etag = (await newsroom.get("/v1/tags/city")).headers["etag"]
    many = ", ".join([f'W/"{n}"' for n in range(1_500)] + [etag])
    begun = time.process_time()
    answer = await newsroom.get("/v1/tags/city", headers={"If-None-Match": many})
    assert answer.status_code == 304
    assert time.process_time() - begun < 0.5


@given(st.lists(st.text('abW/"*, -', max_size=6), max_size=4), st.text("ab-", min_size=1, max_size=3))
def test_a_tag_is_known_where_it_stands_in_the_list_and_nowhere_else(others: list[str], inside: str) -> None:
    """Against RFC 9110, 13.1.2: entity tags parsed one by one, compared weakly."""
    listed = [f'"{part.replace(chr(34), "").replace(",", "").strip()}"' for part in others]
    etag = f'"{inside}"'
    header = ", ".join(listed)
    assert is_known(header, etag) == (etag in listed)
    assert is_known(f"{header}, W/{etag}", etag)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_etags_are_equal_if_and_only_if_bodies_are(api: AsyncClient, load: Load, data: Any) -> None:
    """One address, asked before and after a write that may or may not concern it."""
    paths = ["/v1/articles", "/v1/articles?tag=river", "/v1/articles/flood", "/v1/articles/flood?fields=headline"]
    paths += ["/v1/articles/flood?include=tags", "/v1/tags", "/v1/tags/river", "/v1/tags/river?include=counts"]
    paths += ["/v1/articles/flood/revisions", "/v1/archive", "/v1/articles?count=true&limit=1"]
    kinds = st.sampled_from(["flood", "drought"])
    headline = st.sampled_from(["Water rises", "Water falls"])
    asked: dict[tuple[str, str], dict[str, bytes]] = {}
    await load(tag("river"), article("flood", tags=["river"]))
    for _ in range(3):
        slug, text = data.draw(kinds), data.draw(headline)
        labels = {"en": data.draw(st.sampled_from(["River", "Stream"]))}
        await load(tag("river", labels=labels), article(slug, tags=["river"], headline=text, body=[words(text * 90)]))
        for path in paths:
            for encoding in ("gzip", "identity"):
                answer: Response = await api.get(path, headers={"Accept-Encoding": encoding})
                assert answer.status_code == 200
                known = asked.setdefault((path, encoding), {})
                etag = answer.headers["etag"]
                assert known.get(etag, answer.content) == answer.content
                assert etag in known or answer.content not in known.values()
                known[etag] = answer.content
