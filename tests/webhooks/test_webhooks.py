"""Webhooks over HTTP: which keys may manage them, what is refused, and what is shown only once."""

import base64
import json
from typing import Any, Final

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from app.db import Database, utcnow
from app.web.caching import PRIVATE
from app.web.caller import SCOPES
from app.webhooks import claims, deliveries
from app.webhooks import store as webhooks
from app.webhooks.deliver import Deliverer
from app.webhooks.models import Webhook
from app.webhooks.schemas import WebhookDeliveryOut
from tests.answers import bearing, blamed, get, refusal
from tests.conftest import Load, Make
from tests.contents import changes, rows
from tests.factories import article, draft
from tests.openapi import check_answer
from tests.webhooks.conftest import CreateWebhook, Receiver, deliver_to, state

NEW: Final[dict[str, Any]] = {"name": "Cache", "url": "https://one.example/purge", "tags": ["rivers"]}
NOBODY: Final = "01a2058d-a89b-7340-a748-d61240eaae1e"
ONE: Final = f"/v1/webhooks/{NOBODY}"
# Each route, with a valid body, and the status for a key with the scope.
ROUTES: Final = [
    ("GET", "/v1/webhooks", None, 200),
    ("POST", "/v1/webhooks", NEW, 201),
    ("GET", ONE, None, 404),
    ("PATCH", ONE, {"name": "x"}, 404),
    ("DELETE", ONE, None, 404),
    ("POST", f"{ONE}/secret", None, 404),
    ("POST", f"{ONE}/test", None, 404),
    ("POST", f"{ONE}/replay", {"after": 0}, 404),
    ("GET", f"{ONE}/deliveries", None, 404),
]
EACH = pytest.mark.parametrize(
    ("method", "path", "body", "status"), ROUTES, ids=[f"{r[0]} {r[1][35:]}" for r in ROUTES]
)


async def created(desk: AsyncClient, **fields: Any) -> Any:
    answer = await desk.post("/v1/webhooks", json={**NEW, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def pointers(answer: Response) -> set[str]:
    return {error["pointer"] for error in refusal(answer, 422, "invalid")["errors"]}


# --- scopes ----------------------------------------------------------------------------------------------------------


@EACH
async def test_a_route_needs_a_key_with_its_scope(
    api: AsyncClient, key: Make, database: Database, method: str, path: str, body: Any, status: int
) -> None:
    without = await key(*{*SCOPES} - {"webhooks"})

    refusal(await api.request(method, path, json=body), 401, "unauthorized")
    lacking = await api.request(method, path, headers=bearing(without), json=body)
    assert refusal(lacking, 403, "forbidden")["scope"] == "webhooks"
    assert await rows(database, select(Webhook.id)) == []

    allowed = await api.request(method, path, headers=bearing(await key("webhooks")), json=body)
    assert allowed.status_code == status
    check_answer(allowed)


async def test_a_webhook_for_drafts_is_managed_only_by_keys_that_read_drafts(
    api: AsyncClient, key: Make, create_webhook: CreateWebhook, database: Database
) -> None:
    headers = bearing(await key("webhooks"))
    refused = await api.post("/v1/webhooks", json={**NEW, "perspective": "drafts"}, headers=headers)
    assert refusal(refused, 403, "forbidden")["scope"] == "drafts:read"

    for_drafts, public = await create_webhook(perspective="drafts"), await create_webhook("two.example")
    path, conditional = f"/v1/webhooks/{for_drafts.id}", {**headers, "If-Match": '"1"'}
    for answer in (
        await api.get(path, headers=headers),
        await api.get(f"{path}/deliveries", headers=headers),
        await api.patch(path, json={"url": "https://two.example/"}, headers=conditional),
        await api.delete(path, headers=conditional),
        await api.post(f"{path}/secret", headers=headers),
        await api.post(f"{path}/test", headers=headers),
        await api.post(f"{path}/replay", json={"after": 0}, headers=headers),
    ):
        assert refusal(answer, 403, "forbidden")["scope"] == "drafts:read"
        check_answer(answer)
    assert (await state(database, for_drafts.id)).url == for_drafts.url

    both = bearing(await key("webhooks", "drafts:read"))
    for caller, ids in ((headers, [public.id]), (both, [public.id, for_drafts.id])):
        page = (await api.get("/v1/webhooks", params={"count": "true"}, headers=caller)).json()
        assert [item["id"] for item in page["items"]] == ids
        assert page["count"]["value"] == len(ids)


# --- creating --------------------------------------------------------------------------------------------------------


async def test_a_webhook_is_created_with_a_secret_that_is_shown_once(
    desk: AsyncClient, load: Load, database: Database
) -> None:
    await load(draft("secret"), article("flood"))
    answer = await desk.post("/v1/webhooks", json={**NEW, "nouns": ["article"], "languages": ["uk", "en"]})

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == PRIVATE
    body = answer.json()
    secret = body.pop("secret")
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret[6:], validate=True)) == 32
    assert (answer.headers["location"], answer.headers["etag"]) == (f"/v1/webhooks/{body['id']}", '"1"')
    shown = await desk.get(f"/v1/webhooks/{body['id']}")
    assert (shown.json(), shown.headers["etag"]) == (body, '"1"')
    check_answer(shown)
    check_answer(await desk.get("/v1/webhooks"))
    page = await get(desk, "/v1/webhooks", count="true")
    assert page["count"] == {"value": 1, "exact": True}
    assert page["items"] == [
        {**body, "position": 1, "head": 1, "lag": 0, "attempts": 0, "next_try_at": None, "dead_letters": 0}
    ]
    for path in ("/v1/webhooks", f"/v1/webhooks/{body['id']}", f"/v1/webhooks/{body['id']}/deliveries"):
        later = await desk.get(path)
        assert secret[6:] not in later.text
        assert later.headers["cache-control"] == PRIVATE


async def test_webhooks_are_paged_newest_first(desk: AsyncClient) -> None:
    ids = [(await created(desk, name=f"n{n}"))["id"] for n in range(5)]
    first = await get(desk, "/v1/webhooks", limit=2)
    second = await get(desk, "/v1/webhooks", limit=2, cursor=first["next"])
    back = await get(desk, "/v1/webhooks", limit=2, cursor=second["prev"])
    assert [item["id"] for item in first["items"] + second["items"]] == ids[:0:-1]
    assert back["items"] == first["items"]
    assert blamed(await desk.get("/v1/webhooks?name=x")) == {"name"}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"url": "hooks"}, "/url"),
        ({"url": "/hooks"}, "/url"),
        ({"url": "http://one.example/"}, "/url"),
        ({"url": "ftp://one.example/"}, "/url"),
        ({"url": "https://user:hush@one.example/"}, "/url"),
        ({"url": "https://inside.example/"}, "/url"),
        ({"url": "https://nowhere.example/"}, "/url"),
        ({"url": "https://one.example/" + "x" * 2000}, "/url"),
        ({"nouns": ["author"]}, "/nouns/0"),
        ({"tags": ["No Slug"]}, "/tags/0"),
        ({"languages": ["Ukrainian"]}, "/languages/0"),
        ({"perspective": "desk"}, "/perspective"),
        ({"after": -1}, "/after"),
        ({"after": 1}, "/after"),
        ({"after": 2**63}, "/after"),
        ({"after": True}, "/after"),
        ({"secret": "whsec_x"}, "/secret"),
        ({"enabled": None}, "/enabled"),
    ],
)
async def test_an_invalid_field_is_refused_and_named(
    desk: AsyncClient, database: Database, fields: Any, pointer: str
) -> None:
    refused = await desk.post("/v1/webhooks", json={**NEW, **fields})
    assert pointers(refused) == {pointer}
    assert "hush" not in refused.text
    assert await rows(database, select(Webhook.id)) == []


async def test_an_idempotency_key_is_refused(desk: AsyncClient) -> None:
    for path in ("/v1/webhooks", f"{ONE}/secret", f"{ONE}/test", f"{ONE}/replay"):
        refused = await desk.post(path, json=NEW, headers={"Idempotency-Key": "x"})
        assert blamed(refused) == {"Idempotency-Key"}


# --- changing --------------------------------------------------------------------------------------------------------


async def test_settings_are_changed_only_with_the_current_revision(desk: AsyncClient, database: Database) -> None:
    new = await created(desk)
    path = f"/v1/webhooks/{new['id']}"
    body = {"tags": None, "enabled": False}

    refusal(await desk.patch(path, json=body), 428, "if-match-required")
    changed = await desk.patch(path, json=body, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["tags"], changed.json()["enabled"], changed.json()["name"]) == ([], False, "Cache")
    refusal(await desk.patch(path, json=body, headers={"If-Match": '"1"'}), 412, "stale")
    same = await desk.patch(path, json=body, headers={"If-Match": '"2"'})
    assert (same.status_code, same.headers["etag"]) == (200, '"2"')
    for wrong, pointer in (
        ({"name": None}, "/name"),
        ({"url": "https://inside.example/"}, "/url"),
        ({"perspective": "drafts"}, "/perspective"),
        ({"position": 7}, "/position"),
        ({"secret": "x"}, "/secret"),
    ):
        assert pointers(await desk.patch(path, json=wrong, headers={"If-Match": '"2"'})) == {pointer}
    assert (await get(desk, path)) == changed.json()


async def test_a_webhook_is_deleted_with_its_deliveries(
    desk: AsyncClient, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, database: Database
) -> None:
    webhook = await create_webhook()
    await load(article("flood"))
    await deliverer.run_once()
    path = f"/v1/webhooks/{webhook.id}"

    refusal(await desk.delete(path), 428, "if-match-required")
    deleted = await desk.delete(path, headers={"If-Match": '"1"'})

    assert (deleted.status_code, deleted.content) == (204, b"")
    refusal(await desk.get(path), 404, "not-found")
    assert await deliveries.newest(database.reader(), webhook.id, limit=5) == []


async def test_a_secret_is_replaced_and_the_new_one_shown_once(desk: AsyncClient, database: Database) -> None:
    new = await created(desk)
    path = f"/v1/webhooks/{new['id']}"
    answer = await desk.post(f"{path}/secret")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == PRIVATE
    check_answer(answer)
    assert [*answer.json()] == ["secret", "former_until"]
    secret = answer.json()["secret"]
    webhook = await claims.get_without_claim(database.reader(), new["id"])
    signing = [webhooks.encode_secret(secret_bytes) for secret_bytes in webhook.signing_secrets(utcnow())]
    assert signing == [secret, new["secret"]]
    assert secret[6:] not in (await desk.get(path)).text + (await desk.get("/v1/webhooks")).text


# --- deliveries ------------------------------------------------------------------------------------------------------


async def test_a_test_event_is_sent_now_and_its_outcome_returned(
    desk: AsyncClient, create_webhook: CreateWebhook, receiver: Receiver
) -> None:
    webhook = await create_webhook()
    _use_receiver(desk, receiver)
    path = f"/v1/webhooks/{webhook.id}"
    receiver.answers["one.example"] = [204, 500]

    good, bad = await desk.post(f"{path}/test"), await desk.post(f"{path}/test")

    assert (good.status_code, good.json()["status"], good.json()["error"]) == (200, 204, None)
    assert (bad.status_code, bad.json()["status"], bad.json()["error"]) == (200, 500, "status")
    assert (good.json()["position"], good.json()["dead"]) == (None, False)
    event = json.loads(receiver.requests[0].content)
    assert [*event] == ["seq", "at", "op", "noun", "ref", "revision", "keys", "reason"]
    assert (event["op"], event["seq"]) == ("test", 0)
    assert receiver.requests[0].headers["webhook-id"].startswith("test-")
    check_answer(good)
    check_answer(await desk.get(f"{path}/deliveries"))
    listed = await get(desk, f"{path}/deliveries")
    assert listed == {"items": [bad.json(), good.json()]}
    assert await get(desk, f"{path}/deliveries", dead="true") == {"items": []}
    assert blamed(await desk.get(f"{path}/deliveries?limit=101")) == {"limit"}


def _use_receiver(desk: AsyncClient, receiver: Receiver) -> None:
    """Makes the application send events to the receiver."""
    app = desk._transport.app  # type: ignore[attr-defined]
    app.state.deliverer = deliver_to(app.state.database, receiver)


async def test_after_a_delivered_test_a_failed_event_is_sent_again_immediately(
    desk: AsyncClient,
    load: Load,
    create_webhook: CreateWebhook,
    receiver: Receiver,
    deliverer: Deliverer,
    database: Database,
) -> None:
    webhook = await create_webhook()
    _use_receiver(desk, receiver)
    await load(article("flood"))
    receiver.answers["one.example"] = [500, 500]
    await deliverer.run_once()
    await desk.post(f"/v1/webhooks/{webhook.id}/test")
    await deliverer.run_once()
    assert receiver.seqs() == [1, 0]

    await desk.post(f"/v1/webhooks/{webhook.id}/test")
    await deliverer.run_once()
    assert receiver.seqs() == [1, 0, 0, 1]
    assert (await state(database, webhook.id)).lag == 0


async def test_events_after_a_position_are_sent_again(
    desk: AsyncClient, load: Load, create_webhook: CreateWebhook, receiver: Receiver, deliverer: Deliverer
) -> None:
    webhook = await create_webhook()
    await load(article("flood"), article("ebb"))
    await deliverer.run_once()
    path = f"/v1/webhooks/{webhook.id}/replay"

    answer = await desk.post(path, json={"after": 1})
    assert (answer.status_code, answer.content) == (204, b"")
    await deliverer.run_once()

    assert receiver.seqs() == [1, 2, 2]
    assert pointers(await desk.post(path, json={"after": 3})) == {"/after"}
    assert pointers(await desk.post(path, json={})) == {"/after"}


async def test_readiness_counts_dead_letters_on_request(
    desk: AsyncClient, create_webhook: CreateWebhook, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.operations.READY_SECONDS", 0.0)
    id = (await create_webhook()).id
    assert await get(desk, "/readyz") == {"status": "ready"}
    assert await get(desk, "/readyz", verbose="true") == {"status": "ready", "dead_letters": 0}
    webhook = await claims.get_without_claim(database.reader(), id)
    dead = WebhookDeliveryOut(
        id="1", at=utcnow(), position=1, attempt=13, dead=True, status=500, error="status", duration_milliseconds=7
    )
    assert await claims.advance(database, webhook, dead, until=utcnow())
    assert await get(desk, "/readyz", verbose="true") == {"status": "ready", "dead_letters": 1}
    assert len(await changes(database)) == 0
