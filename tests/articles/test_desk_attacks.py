"""Bodies that no client means well with, and writers who come at the same moment."""

import asyncio

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from app.db import Database
from app.lists.models import List, ListEntry
from tests.answers import get
from tests.conftest import Load
from tests.contents import changes, dense, everything, head, rows
from tests.desk import PATH, address, change, drop, newest, publish, send, write
from tests.factories import source, tag, words
from tests.openapi import check_answer

DEEP = b"[" * 500 + b"]" * 500
BODIES: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"\xef\xbb\xbf{}", 400),
    ('{"language": "en"}'.encode("utf-16"), 400),
    (b'{"language": "en", "headline": "\xff"}', 400),
    (b'{"language": "en", "headline": "a", "headline": "b"}', 400),
    (b'{"language": "en", "body": [{"type": "heading", "text": "x", "text": "y"}]}', 400),
    (b'{"language": "en", "image": {"width": NaN}}', 400),
    (b'{"language": "en", "image": {"focal_point": {"x": 1e999, "y": 0}}}', 400),
    (b'{"language": "en", "headline": "\\ud800"}', 400),
    (b'{"language": "en", "body": ' + DEEP + b"}", 400),
    (b'{"language": "en", "headline": "\\u0000"}', 422),
    (b'{"language": "en", "headline": "two\\nlines"}', 422),
    (b"[]", 422),
    (b"null", 422),
    (b'"text"', 422),
    (b"7", 422),
    (b'{"language": "en", "headline": ["a"]}', 422),
    (b'{"language": "en", "headline": 7}', 422),
    (b'{"language": "english-text"}', 422),
    (b'{"language": "en", "__proto__": {}}', 422),
    (b'{"language": "en", "slug": "../etc"}', 422),
    (b'{"language": "en", "slug": "01948e3c-7a5b-7cc3-8000-0f1d2c3b4a59"}', 422),
    (b'{"language": "en", "slug": "a\\r\\nb"}', 422),
    (b'{"language": "en", "body": [{"type": "script", "html": "x"}]}', 422),
    (b'{"language": "en", "body": [{"html": "x"}]}', 422),
    (b'{"language": "en", "body": [{"type": "paragraph", "html": "x", "onclick": "y"}]}', 422),
    (b'{"language": "en", "body": [{"type": "paragraph", "html": "<p></p>"}]}', 422),
    (b'{"language": "en", "body": [{"type": "reference_note", "note": "x", "revision": 9223372036854775808}]}', 422),
    (b'{"language": "en", "body": [{"type": "embed", "provider": "x", "url": "javascript:alert(1)"}]}', 422),
    (b'{"language": "en", "image": {"url": "data:text/html,x", "width": -1}}', 422),
    (b'{"language": "en", "image": {"width": 1.5}}', 422),
    (b'{"language": "en", "relations": [{"relation": "friend"}]}', 422),
    (b'{"language": "en", "translation_of": "1"}', 422),
    (b'{"language": "en", "translation_of": "01948E3C-7A5B-7CC3-8000-0F1D2C3B4A59"}', 422),
    (b'{"language": "en", "tags": ' + b"[" + b'"a",' * 100 + b'"a"]}', 422),
    (b'{"language": "en", "tags": "river"}', 422),
    (b'{"language": "en", "body": [' + b'{"type": "divider"},' * 2000 + b'{"type": "divider"}]}', 422),
    (b'{"language": "en", "body": [{"type": "paragraph", "html": "' + b"&" * 20_000 + b'"}]}', 422),
    (b'{"language": "en", "body": [{"type": "paragraph", "html": "' + b"<b>" * 5_000 + b'x"}]}', 422),
    (b'{"language": "en", "headline": "' + b"x" * 501 + b'"}', 422),
    (b'{"language": "en", "headline": "' + b"x" * 3_000_000 + b'"}', 413),
]


@pytest.mark.parametrize("n", range(len(BODIES)))
async def test_a_bad_body_is_refused_and_changes_nothing(desk: AsyncClient, database: Database, n: int) -> None:
    body, status = BODIES[n]
    ref = (await write(desk))["id"]
    before = await everything(database)
    sent = {"content": body, "headers": {"Content-Type": "application/json", "If-Match": '"1"'}}
    for answer in (
        await desk.post(PATH, **sent),  # type: ignore[arg-type]
        await desk.patch(address(ref), **sent),  # type: ignore[arg-type]
    ):
        check_answer(answer)
        assert answer.status_code == status, answer.text
        if status == 422:
            assert all(one["pointer"].startswith("/") or body[:1] != b"{" for one in answer.json()["errors"])
    assert await everything(database) == before


async def test_the_same_tag_or_relation_twice_does_no_harm(desk: AsyncClient, load: Load) -> None:
    await load(tag("river"), source("mayor"))
    other = (await publish(desk, "Other"))["id"]
    twice = [{"relation": "background", "article": other}, {"relation": "background", "article": other}]
    credits = [{"source": "mayor", "role": "author"}, {"source": "mayor", "role": "author"}]
    found = await publish(desk, tags=["river", "river"], relations=twice, attributions=credits)
    assert (await get(desk, PATH, tag="river", source="mayor", count="true"))["count"]["value"] == 1
    await change(desk, found["id"], tags=[], relations=[], attributions=[])
    assert (await get(desk, PATH, tag="river", count="true"))["count"]["value"] == 0


HEADERS = ["7", "W/", '"', '"1', '"1" "2"', "*, *", '"1"' * 3, "é", ",", ""]


@pytest.mark.parametrize("given", HEADERS)
async def test_an_odd_condition_is_refused(desk: AsyncClient, given: str) -> None:
    ref = (await write(desk))["id"]
    headers = {b"If-Match": given.encode()}
    answer = await desk.patch(address(ref), json={"kicker": "x"}, headers=headers)
    assert answer.status_code in {400, 412, 428}, answer.text
    assert (await newest(desk, ref)).json()["revision"] == 1


@pytest.mark.parametrize("given", ['"2"', 'W/"1"', '"1-br"', '"01"', '"99999999999999999999"', '"abc"'])
async def test_a_condition_that_names_another_state_is_stale(desk: AsyncClient, given: str) -> None:
    ref = (await write(desk))["id"]
    answer = await desk.patch(address(ref), json={"kicker": "x"}, headers={"If-Match": given})
    assert (answer.status_code, answer.json()["revision"]) == (412, 1)


# --- at the same moment ----------------------------------------------------------------------------------------------


def statuses(answers: list[Response]) -> list[int]:
    for one in answers:
        check_answer(one)
    return sorted(one.status_code for one in answers)


async def test_of_two_editors_with_one_state_one_wins(desk: AsyncClient) -> None:
    ref = (await publish(desk))["id"]
    for revision in range(2, 8):
        seen = {"If-Match": f'"{revision}"'}
        patches = ({"headline": f"{revision} {who}"} for who in ("one", "other"))
        answers = await asyncio.gather(*(desk.patch(address(ref), json=one, headers=seen) for one in patches))
        assert statuses([*answers]) == [200, 412]
        (won,) = [one.json() for one in answers if one.status_code == 200]
        assert (await newest(desk, ref)).json()["headline"] == won["headline"]


async def test_many_writers_at_once_lose_nothing(desk: AsyncClient, load: Load, database: Database) -> None:
    await load(tag("river"), source("mayor"))
    shared = (await publish(desk, "Shared", tags=["river"]))["id"]
    refs = [(await publish(desk, f"Story {n}", tags=["river"]))["id"] for n in range(8)]
    done: list[Response] = []

    async def work(n: int) -> None:
        ref = refs[n]
        for turn in range(4):
            relations = [{"relation": "background", "article": refs[(n + 1 + turn) % 8]}]
            answers = [await send(desk, ref, headline=f"{n} {turn}", relations=relations)]
            answers.append(await desk.post(PATH, json={"language": "en", "headline": "Same", "tags": ["river"]}))
            answers.append(await desk.patch(address(shared), json={"kicker": f"{n} {turn}"}, headers={"If-Match": "*"}))
            answers.append(await send(desk, ref, "/draft", body=[words(f"{turn}")], tags=[]))
            answers.append(await desk.post(address(ref, "/publish")))
            answers.append(await send(desk, ref, tags=["river"]))
            done.extend(answers)

    await asyncio.gather(*(work(n) for n in range(8)))
    assert len(done) == 8 * 4 * 6
    failed = [one for one in done if one.status_code >= 300]
    assert {one.status_code for one in failed} <= {409, 412}, [one.text for one in failed]
    assert len(failed) < len(done) / 4, [one.text for one in failed]
    entries = await changes(database)
    assert dense([one.seq for one in entries])
    assert await head(database) == (len(entries), sum(one.public_seq is not None for one in entries))
    for ref in (*refs, shared):
        assert (await newest(desk, ref)).json()["tags"] == ["river"]
    for view in ({}, {"perspective": "drafts"}):
        page = await get(desk, PATH, tag="river", count="true", limit=100, **view)
        assert page["count"]["value"] == len(page["items"])


async def test_two_translations_into_a_language_are_not_made_at_once(desk: AsyncClient) -> None:
    for turn in range(4):
        original = (await publish(desk, f"Original {turn}"))["id"]
        new = {"language": "pl", "translation_of": original}
        answers = await asyncio.gather(*(desk.post(PATH, json={**new, "headline": f"{n} {turn}"}) for n in range(3)))
        assert [one.status_code for one in answers].count(201) == 1
        assert {one.status_code for one in answers} <= {201, 409, 422}


async def test_two_articles_do_not_become_translations_of_each_other(desk: AsyncClient) -> None:
    for turn in range(4):
        one, two = [(await write(desk, f"{n} {turn}"))["id"] for n in range(2)]
        answers = await asyncio.gather(
            send(desk, one, translation_of=two, language="pl"), send(desk, two, translation_of=one, language="pl")
        )
        assert [answer.status_code for answer in answers].count(200) == 1
        assert {answer.status_code for answer in answers} <= {200, 409, 422}


async def test_nobody_names_what_is_being_deleted(desk: AsyncClient, database: Database) -> None:
    for turn in range(4):
        gone, user = [(await write(desk, f"{n} {turn}"))["id"] for n in range(2)]
        deleted, named = await asyncio.gather(
            drop(desk, gone), send(desk, user, relations=[{"relation": "background", "article": gone}])
        )
        assert (deleted.status_code, named.status_code) in {(204, 422), (409, 200)}
        related = select(ListEntry.object).join(List, List.id == ListEntry.list)
        entries = await rows(database, related.where(List.name == f"articles:related:{gone}"))
        assert entries == ([(user,)] if named.status_code == 200 else [])


async def test_two_stories_related_to_each_other_are_written_at_once(desk: AsyncClient) -> None:
    one, two = [(await publish(desk, f"{n}"))["id"] for n in range(2)]
    for turn in range(4):
        answers = await asyncio.gather(
            *(
                send(desk, ref, kicker=f"{turn}", relations=[{"relation": "background", "article": other}])
                for ref, other in ((one, two), (two, one))
            )
        )
        assert statuses([*answers]) == [200, 200]


async def test_publishing_and_withdrawing_at_once_ends_in_one_of_both(desk: AsyncClient) -> None:
    for turn in range(3):
        ref = (await publish(desk, f"Story {turn}"))["id"]
        await change(desk, ref, "/draft", kicker="Copy")
        answers = await asyncio.gather(
            desk.post(address(ref, "/publish")),
            desk.post(address(ref, "/withdraw"), json={"reason": "legal"}),
            desk.post(address(ref, "/correct"), json={"kind": "correction", "text": "x"}),
        )
        assert {one.status_code for one in answers} <= {200, 409}
        assert (await newest(desk, ref)).json()["status"] == "withdrawn"
        assert (await desk.get(address(ref))).status_code == 410
