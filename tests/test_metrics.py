"""What Prometheus reads."""

from httpx import AsyncClient

from tests.answers import bearing, refusal
from tests.conftest import Make


async def test_metrics_tell_how_far_behind_each_webhook_is(desk: AsyncClient) -> None:
    webhook = {"name": "Archive", "url": "https://8.8.8.8/hook"}
    made = await desk.post("/v1/webhooks", json=webhook)
    answer = await desk.get("/metrics")

    assert made.status_code == 201, made.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["cache-control"] == "no-store"
    lines = answer.text.splitlines()
    assert f'dovidka_webhook_lag{{webhook="{made.json()["id"]}"}} 0' in lines
    assert "dovidka_streams_open 0" in lines
    assert "Archive" not in answer.text


async def test_metrics_tell_of_webhooks_with_drafts_to_who_reads_drafts(desk: AsyncClient, key: Make) -> None:
    webhook = {"name": "Desk", "url": "https://8.8.8.8/hook", "perspective": "drafts"}
    made = (await desk.post("/v1/webhooks", json=webhook)).json()["id"]
    more = await desk.get("/metrics")
    less = await desk.get("/metrics", headers=bearing(await key("webhooks")))
    assert (less.status_code, made in more.text, made in less.text) == (200, True, False)


async def test_metrics_are_not_for_everybody(api: AsyncClient) -> None:
    refusal(await api.get("/metrics"), 401, "unauthorized")


async def test_a_flag_may_be_named_and_no_more(api: AsyncClient) -> None:
    assert (await api.get("/readyz?verbose")).json() == {"status": "ready", "dead_letters": 0}
    refusal(await api.get("/readyz?verbose="), 422, "invalid")
