"""What Prometheus reads."""

from httpx import AsyncClient, Response

from tests.answers import bearing, refusal
from tests.conftest import Make

WORKS = ("read", "write")


def values(answer: Response) -> dict[str, float]:
    """The values of an answer of `/metrics`, by name and labels."""
    assert answer.status_code == 200, answer.text
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def test_metrics_tell_how_far_behind_each_webhook_is(desk: AsyncClient) -> None:
    webhook = {"name": "Archive", "url": "https://8.8.8.8/hook"}
    made = await desk.post("/v1/webhooks", json=webhook)
    answer = await desk.get("/metrics")

    assert made.status_code == 201, made.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["cache-control"] == "no-store"
    lines = answer.text.splitlines()
    assert f'dovidka_webhook_lag{{webhook="{made.json()["id"]}"}} 0.0' in lines
    assert "dovidka_streams_open 0.0" in lines
    assert "Archive" not in answer.text


async def test_metrics_tell_of_webhooks_with_drafts_to_who_reads_drafts(desk: AsyncClient, key: Make) -> None:
    webhook = {"name": "Desk", "url": "https://8.8.8.8/hook", "perspective": "drafts"}
    made = (await desk.post("/v1/webhooks", json=webhook)).json()["id"]
    more = await desk.get("/metrics")
    less = await desk.get("/metrics", headers=bearing(await key("webhooks")))
    assert (less.status_code, made in more.text, made in less.text) == (200, True, False)


async def test_metrics_tell_how_long_requests_and_the_database_took(desk: AsyncClient) -> None:
    written = 'dovidka_request_seconds_count{cache="bypass",operation="create_tag",status="2xx"}'
    listed = 'dovidka_request_seconds_count{cache="bypass",operation="list_tags",status="2xx"}'
    refused = 'dovidka_request_seconds_count{cache="bypass",operation="list_tags",status="4xx"}'
    nowhere = 'dovidka_request_seconds_count{cache="bypass",operation="none",status="4xx"}'
    names = [written, listed, refused, nowhere, *(f'dovidka_database_seconds_count{{work="{w}"}}' for w in WORKS)]
    before = values(await desk.get("/metrics"))
    assert (await desk.post("/v1/tags", json={"slug": "rain", "type": "topic", "labels": {"en": "R"}})).is_success
    assert (await desk.get("/v1/tags")).is_success
    assert [(await desk.get(path)).status_code for path in ("/v1/tags?x=1", "/v1/nothing")] == [422, 404]
    after = values(await desk.get("/metrics"))

    assert [after.get(name, 0) - before.get(name, 0) for name in names[:4]] == [1, 1, 1, 1]
    assert all(after[name] > before.get(name, 0) for name in names[4:])
    assert f"{listed[:-1]}}}".replace("_count", "_sum") in after
    assert not [name for name in after if not name.startswith("dovidka_")]


async def test_requests_are_told_apart_by_what_the_cache_did(desk: AsyncClient, api: AsyncClient) -> None:
    def counted(answer: Response) -> dict[str, float]:
        name = 'dovidka_request_seconds_count{{cache="{}",operation="list_sources",status="2xx"}}'
        return {cache: values(answer).get(name.format(cache), 0) for cache in ("hit", "miss", "bypass")}

    before = counted(await desk.get("/metrics"))
    statuses = [(await api.get("/v1/sources")).headers["cache-status"] for _ in range(5)]
    assert statuses[-1] == "Dovidka; hit"
    assert (await desk.get("/v1/sources")).is_success
    after = counted(await desk.get("/metrics"))
    hits = statuses.count("Dovidka; hit")
    counts = {cache: after[cache] - before[cache] for cache in after}
    assert counts == {"hit": hits, "miss": 5 - hits, "bypass": 1}


async def test_metrics_are_not_for_everybody(api: AsyncClient) -> None:
    refusal(await api.get("/metrics"), 401, "unauthorized")


async def test_a_flag_may_be_named_and_no_more(api: AsyncClient) -> None:
    assert (await api.get("/readyz?verbose")).json() == {"status": "ready", "dead_letters": 0}
    refusal(await api.get("/readyz?verbose="), 422, "invalid")
