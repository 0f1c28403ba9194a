"""What was, what will be, and what only the desk sees: revisions, differences, perspectives, previews."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from app.content.differences import DocumentDifference
from app.db import Database, utcnow
from app.web.fields import format_instant
from tests.answers import bearing, blamed, refusal, slugs
from tests.conftest import Clock, Load, Make
from tests.desk import PATH, act, address, change, drop, publish, write
from tests.differences import apply
from tests.factories import box, note, source, tag, words
from tests.openapi import check_answer

LATER = "2099-01-01T06:00:00.000Z"


async def told(api: AsyncClient, path: str, **parameters: Any) -> Any:
    """The body of a 200 that is as the OpenAPI document says."""
    answer = await api.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    check_answer(answer)
    return answer.json()


async def history(desk: AsyncClient) -> str:
    """An article with revisions of all kinds: 1 draft, 2 public, 3 and 4 a copy dropped, 5 a copy, 6 public."""
    ref: str = (await publish(desk, "One", ednote="Ask.", body=[words("First."), words("Second.")]))["id"]
    await change(desk, ref, "/draft", headline="Dropped")
    await change(desk, ref, "/draft", kicker="Dropped too")
    await drop(desk, ref, "/draft")
    await change(desk, ref, "/draft", headline="Two", body=[words("First, again."), words("Third.")], ednote=None)
    await act(desk, ref, "publish")
    return ref


async def test_the_public_has_the_history_of_what_was_public(desk: AsyncClient, api: AsyncClient) -> None:
    ref = await history(desk)
    public = (await told(api, address(ref, "/revisions")))["items"]
    assert [(one["revision"], one["op"]) for one in public] == [(6, "published"), (2, "published")]
    assert not any("actor" in one for one in public)
    desks = (await told(desk, address(ref, "/revisions"), perspective="drafts"))["items"]
    assert [one["revision"] for one in desks] == [6, 5, 4, 3, 2, 1]
    assert {one["actor"][:9] for one in desks} == {"Holder of"}
    for number in (1, 3, 4, 5, 7):
        refusal(await api.get(address(ref, f"/revisions/{number}")), 404, "not-found")
        refusal(await api.get(address(ref, "/diff"), params={"from": 2, "to": number}), 404, "not-found")
    assert (await told(desk, address(ref, "/revisions/4"), perspective="drafts"))["kicker"] == "Dropped too"
    assert (await told(desk, address(ref, "/revisions/1"), perspective="drafts"))["ednote"] == "Ask."
    assert "ednote" not in await told(desk, address(ref, "/revisions/2"))
    page = await told(desk, address(ref, "/revisions"), perspective="drafts", limit=4)
    rest = await told(desk, address(ref, "/revisions"), perspective="drafts", limit=4, cursor=page["next"])
    assert [one["revision"] for one in rest["items"]] == [2, 1]
    refusal(await api.get(address(ref, "/revisions"), params={"perspective": "drafts"}), 401, "unauthorized")


async def test_a_difference_makes_the_next_revision_of_the_one_before(desk: AsyncClient) -> None:
    ref = await history(desk)
    states = [await told(desk, address(ref, f"/revisions/{n}"), perspective="drafts") for n in range(1, 7)]
    for state in states:
        del state["ednote"], state["working_copy"]
    for n in range(1, 6):
        found = await told(desk, address(ref, "/diff"), **{"from": n, "to": n + 1, "perspective": "drafts"})
        assert apply(states[n - 1], DocumentDifference.model_validate(found)) == states[n]


async def test_the_past_is_as_the_public_saw_it_with_its_notes(
    desk: AsyncClient, api: AsyncClient, load: Load, database: Database
) -> None:
    await load(note("dam", heading="Then"))
    ref = (await publish(desk, "Then", body=[box("dam")], ednote="Ask."))["id"]
    await asyncio.sleep(0.01)
    then = format_instant(utcnow())
    await asyncio.sleep(0.01)
    await load(note("dam", heading="Now"))
    await change(desk, ref, headline="Now", slug="now")
    for client in (api, desk):
        past = await told(client, address(ref), perspective=then, include="notes")
        assert (past["headline"], past["revision"], past["included"]["notes"]["dam"]["heading"]) == ("Then", 2, "Then")
        assert "ednote" not in past
    refusal(await api.get(address(ref), params={"perspective": "2020-01-01T00:00:00Z"}), 404, "not-found")
    await act(desk, ref, "unpublish")
    refusal(await api.get(address(ref), params={"perspective": then}), 404, "not-found")
    assert (await told(desk, address(ref), perspective=then))["headline"] == "Then"
    between = format_instant(utcnow() - timedelta(milliseconds=1))
    await act(desk, ref, "publish")
    await act(desk, ref, "withdraw", reason="legal")
    refusal(await api.get(address(ref), params={"perspective": then}), 410, "withdrawn")
    assert (await told(desk, address(ref), perspective=then))["headline"] == "Then"
    assert between > then
    answer = await desk.get(address(ref), params={"perspective": then})
    assert answer.headers["cache-control"] == "private, no-store"


async def test_what_was_withdrawn_stays_out_of_the_public_history(desk: AsyncClient, api: AsyncClient) -> None:
    ref = (await publish(desk, "Flood", body=[words("kanarek")]))["id"]
    await asyncio.sleep(0.01)
    then = format_instant(utcnow())
    await asyncio.sleep(0.01)
    await act(desk, ref, "withdraw", reason="legal")
    await act(desk, ref, "unpublish")
    await change(desk, ref, body=[words("Clean.")])
    again = (await act(desk, ref, "publish"))["revision"]

    told_now = (await told(api, address(ref, "/revisions")))["items"]
    assert [one["revision"] for one in told_now] == [again]
    refusal(await api.get(address(ref, "/revisions/2")), 404, "not-found")
    refusal(await api.get(address(ref, f"/diff?from=2&to={again}")), 404, "not-found")
    refusal(await api.get(address(ref), params={"perspective": then}), 404, "not-found")
    assert "kanarek" not in (await api.get("/v1/changes")).text
    past = await told(desk, address(ref, "/revisions/2"), perspective="drafts")
    assert past["body"][0]["html"] == "kanarek"


async def test_the_past_is_that_of_one_article(desk: AsyncClient) -> None:
    assert blamed(await desk.get(PATH, params={"perspective": "2020-01-01T00:00:00Z"})) == {"perspective"}


async def test_the_future_is_what_the_public_will_see(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    await load(tag("river"), source("mayor"))
    now = await publish(desk, "Now", tags=["river"])
    copied = await publish(desk, "Copied", tags=["river"])
    hidden = await write(desk, "Hidden", tags=["river"])
    due = await write(desk, "Due", tags=["river"], ednote="kanarek")
    await act(desk, due["id"], "publish", at=LATER)
    await change(desk, copied["id"], "/draft", headline="Copied again", tags=[])
    await act(desk, copied["id"], "publish", at=LATER)
    for at, seen, listed in (
        (LATER, ["due", "copied", "now"], ["due", "now"]),
        ("2098-12-31T00:00:00Z", ["copied", "now"], ["copied", "now"]),
    ):
        found = await told(desk, PATH, perspective=at, count="true")
        assert [one["slug"] for one in found["items"]] == seen
        assert (found["count"]["value"], {one["status"] for one in found["items"]}) == (len(seen), {"published"})
        by_tag = await told(desk, PATH, perspective=at, tag="river", count="true")
        assert ([one["slug"] for one in by_tag["items"]], by_tag["count"]["value"]) == (listed, len(listed))
    single = await told(desk, address(due["id"]), perspective=LATER)
    assert (single["status"], single["publish_at"]) == ("published", None)
    assert single["published_at"] == single["first_published_at"] == single["updated_at"] == LATER
    assert (await told(desk, address(copied["id"]), perspective=LATER))["headline"] == "Copied again"
    assert (await told(desk, address(now["id"]), perspective=LATER))["headline"] == "Now"
    refusal(await desk.get(address(hidden["id"]), params={"perspective": LATER}), 404, "not-found")
    refusal(await desk.get(address(due["id"]), params={"perspective": "2098-12-31T00:00:00Z"}), 404, "not-found")
    for path in (PATH, address(due["id"])):
        refusal(await api.get(path, params={"perspective": LATER}), 401, "unauthorized")
        assert "kanarek" not in (await desk.get(path, params={"perspective": LATER})).text


async def test_the_future_has_articles_under_the_slugs_that_they_will_have(desk: AsyncClient) -> None:
    due = await write(desk, "Due")
    await act(desk, due["id"], "publish", at=LATER)
    copied = await publish(desk, "Copied")
    await change(desk, copied["id"], "/draft", slug="copied-again")
    await act(desk, copied["id"], "publish", at=LATER)
    for ref in ("due", "copied-again"):
        assert (await told(desk, address(ref), perspective=LATER))["status"] == "published"
        refusal(await desk.get(address(ref), params={"perspective": "2098-12-31T00:00:00Z"}), 404, "not-found")
    moved = await desk.get(address("copied"), params={"perspective": LATER})
    assert (moved.status_code, moved.headers["location"].partition("?")[0]) == (308, address("copied-again"))


async def test_the_desk_sees_the_newest_state_of_everything(desk: AsyncClient, api: AsyncClient, key: Make) -> None:
    await publish(desk, "Public")
    copied = await publish(desk, "Copied")
    await change(desk, copied["id"], "/draft", headline="Copy", language="pl")
    await write(desk, "Draft")
    gone = await publish(desk, "Gone")
    await act(desk, gone["id"], "withdraw", reason="legal")
    found = await told(desk, PATH, perspective="drafts", count="true")
    assert {one["headline"] for one in found["items"]} == {"Public", "Copy", "Draft", "Gone"}
    assert found["count"] == {"value": 4, "exact": True}
    assert (await told(desk, PATH, perspective="drafts", count="true", language="en"))["count"]["value"] == 3
    assert await slugs(desk, PATH, perspective="drafts", language="pl") == ["copied"]
    assert await slugs(desk) == ["copied", "public"]
    refusal(await api.get(PATH, params={"perspective": "drafts"}), 401, "unauthorized")
    lacking = bearing(await key("content:write", "content:publish"))
    for path in (PATH, address("draft"), address("copied", "/revisions")):
        answer = await api.get(path, params={"perspective": "drafts"}, headers=lacking)
        assert refusal(answer, 403, "forbidden")["scope"] == "drafts:read"


# --- previews --------------------------------------------------------------------------------------------------------


async def preview(desk: AsyncClient, ref: str, **sent: Any) -> Any:
    answer = await desk.post(address(ref, "/previews"), json=sent)
    assert answer.status_code == 201, answer.text
    check_answer(answer)
    assert answer.headers["location"] == answer.json()["url"]
    return answer.json()


async def test_a_preview_opens_the_newest_state_to_its_holder(desk: AsyncClient, api: AsyncClient) -> None:
    ref = (await write(desk, "Draft", ednote="kanarek"))["id"]
    url = (await preview(desk, ref))["url"]
    answer = await api.get(url)
    check_answer(answer)
    assert (answer.json()["headline"], answer.headers["cache-control"]) == ("Draft", "private, no-store")
    assert "kanarek" not in answer.text
    assert "ednote" not in answer.json()
    await change(desk, ref, headline="Changed")
    assert (await api.get(url)).json()["headline"] == "Changed"
    await act(desk, ref, "publish")
    await change(desk, ref, "/draft", headline="Copy")
    assert (await api.get(url)).json()["headline"] == "Copy"
    refusal(await api.get(address(ref), params={"perspective": "drafts"}), 401, "unauthorized")
    await act(desk, ref, "withdraw", reason="privacy", public_note="Gone.")
    assert refusal(await api.get(url), 410, "withdrawn")["public_note"] == "Gone."
    await drop(desk, ref)
    refusal(await api.get(url), 404, "not-found")


async def test_a_preview_ends(desk: AsyncClient, api: AsyncClient, clock: Clock) -> None:
    ref = (await write(desk))["id"]
    found = await preview(desk, ref, expires_in_seconds=60)
    now = utcnow()
    assert (
        format_instant(now + timedelta(seconds=55)) < found["expires_at"] < format_instant(now + timedelta(seconds=61))
    )
    clock.move(seconds=55)
    assert (await api.get(found["url"])).status_code == 200
    clock.move(seconds=7)
    refusal(await api.get(found["url"]), 404, "not-found")


async def test_a_preview_that_was_tampered_with_opens_nothing(desk: AsyncClient, api: AsyncClient) -> None:
    url = (await preview(desk, (await write(desk))["id"]))["url"]
    place = len("/v1/previews/")
    for n in range(place, len(url), 7):
        other = "A" if url[n] != "A" else "B"
        refusal(await api.get(f"{url[:n]}{other}{url[n + 1 :]}"), 404, "not-found")
    for token in ("x", "é", "%00", "A" * 500, url[place:] + "A", url[place:-4], "=", ".."):
        answer = await api.get(f"/v1/previews/{token}")
        assert answer.status_code in {400, 404}, (token, answer.text)


async def test_a_preview_has_one_address(desk: AsyncClient, api: AsyncClient) -> None:
    ref = (await write(desk))["id"]
    url = (await desk.post(address(ref, "/previews"))).json()["url"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [url[:-1] + one for one in alphabet if one != url[-1]] + [f"{url}=", f"{url}=="]
    assert {(await api.get(one)).status_code for one in others} == {404}
    assert (await api.get(url)).status_code == 200


@pytest.mark.parametrize("seconds", [0, -1, 30 * 86_400 + 1, 1.5, "60", True, 2**63])
async def test_a_preview_lasts_thirty_days_at_most(desk: AsyncClient, seconds: Any) -> None:
    ref = (await write(desk))["id"]
    answer = await desk.post(address(ref, "/previews"), json={"expires_in_seconds": seconds})
    assert [one["pointer"] for one in refusal(answer, 422, "invalid")["errors"]] == ["/expires_in_seconds"]
