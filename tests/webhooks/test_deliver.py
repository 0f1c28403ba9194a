"""Delivery: which events are sent where, their signatures, order and retries, and what is recorded."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select

from app.changes import log
from app.changes.models import Change
from app.changes.stored import stored
from app.db import Database
from app.errors import Unavailable
from app.settings import Settings
from app.web.purge_keys import purge_key
from app.webhooks import claims, deliver, deliveries
from app.webhooks import store as webhooks
from app.webhooks.deliver import RETRY_DELAYS, Deliverer, sign
from app.webhooks.models import Delivery, Webhook
from tests.conftest import Load
from tests.contents import changes, rows
from tests.factories import article, draft, note, section, source, tag
from tests.webhooks.conftest import Clock, CreateWebhook, Receiver, change, deliver_to, state, until


def verified(secret: str, request: httpx.Request) -> bool:
    """Whether one of the signatures was made with the secret. Shares no code with the application.

    Source: Standard Webhooks, "Signature scheme".
    """
    key = base64.b64decode(secret.split("_", 1)[1])
    headers = request.headers
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), request.content])
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return expected in [signature.removeprefix("v1,") for signature in headers["webhook-signature"].split(" ")]


async def recorded(database: Database) -> list[Any]:
    """(position, attempt, status, error, dead) of all deliveries, oldest first."""
    columns = (Delivery.position, Delivery.attempt, Delivery.status, Delivery.error, Delivery.dead)
    return [tuple(row) for row in await rows(database, select(*columns).order_by(Delivery.id))]


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_a_signature_is_that_of_the_published_example() -> None:
    """Source: the example in the documentation of the first implementation of the scheme."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_receiver_in_the_manual_accepts_signed_events_and_nothing_else() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
    names: dict[str, Any] = {}
    exec(manual.split("```python\n")[1].split("```")[0], names)
    now, secret, body = int(time.time()), b"s" * 32, b'{"seq":1}'
    encoded_secret = webhooks.encode_secret(secret)

    def accepted(key: bytes, at: int, received: bytes = body) -> bool:
        signature = f"{sign(b'former', 'a-1', at, body)} {sign(key, 'a-1', at, body)}"
        headers = {"webhook-id": "a-1", "webhook-timestamp": str(at), "webhook-signature": signature}
        valid: bool = names["verified"](encoded_secret, headers, received)
        return valid

    assert accepted(secret, now)
    assert not accepted(b"t" * 32, now)
    assert not accepted(secret, now - 301)
    assert not accepted(secret, now, body + b" ")


async def test_every_public_change_is_sent_once_in_order_and_signed(
    database: Database,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
    clock: Clock,
) -> None:
    webhook = await create_webhook()
    await load(tag("rivers"), draft("secret"), article("flood", tags=["rivers"]), article("ebb"))

    await deliverer.run_once()
    await deliverer.run_once()

    public_changes = [entry for entry in await changes(database) if entry.public_seq is not None]
    assert len(public_changes) >= 3
    assert receiver.seqs() == [entry.public_seq for entry in public_changes] == [*range(1, len(public_changes) + 1)]
    for event, entry in zip(receiver.events(), public_changes, strict=True):
        assert [*event] == ["seq", "at", "op", "noun", "ref", "revision", "keys", "reason"]
        assert (event["op"], event["noun"], event["ref"]) == (entry.op, entry.noun, entry.ref)
        assert (event["revision"], event["reason"]) == (entry.revision, entry.reason)
        assert event["keys"] == sorted(map(purge_key, [*entry.keys, "changes"]))
        assert event["at"].endswith("Z")
    for request in receiver.requests:
        assert (request.method, request.url.host, request.headers["host"]) == ("POST", "93.184.215.14", "one.example")
        assert request.extensions["sni_hostname"] == "one.example"
        assert request.headers["content-type"] == "application/json"
        assert int(request.headers["webhook-timestamp"]) == int(clock.now.timestamp())
        assert verified(webhook.secret, request)
        assert not verified("whsec_" + base64.b64encode(b"x" * 32).decode(), request)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == len(public_changes)
    assert "secret" not in str([request.content for request in receiver.requests])
    assert (await state(database, webhook.id)).lag == 0


async def test_a_webhook_for_drafts_is_sent_every_change_with_its_number_in_the_complete_log(
    database: Database, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, receiver: Receiver
) -> None:
    await create_webhook(perspective="drafts")
    await load(tag("rivers"), draft("secret"), article("flood"))

    await deliverer.run_once()

    assert receiver.seqs() == [entry.seq for entry in await changes(database)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"water", "rivers", "town", "wire", "dam", "flood", "povin"}),
        ({"nouns": ["article"]}, {"flood", "povin"}),
        ({"nouns": ["tag", "note"]}, {"water", "rivers", "town", "dam"}),
        ({"tags": ["rivers"]}, {"rivers", "dam", "flood"}),
        ({"tags": ["water"]}, {"water", "dam", "flood"}),
        ({"tags": ["town"]}, {"town", "povin"}),
        ({"tags": ["river"]}, set()),
        ({"languages": ["uk"], "nouns": ["article", "note"]}, {"povin"}),
        ({"languages": ["uk"]}, {"water", "rivers", "town", "wire", "povin"}),
        ({"languages": ["uk"], "tags": ["rivers"]}, {"rivers"}),
    ],
)
async def test_only_changes_that_the_filters_select_are_sent(
    database: Database,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
    fields: Any,
    expected: set[str],
) -> None:
    webhook = await create_webhook(**fields)
    flood, povin = article("flood", tags=["rivers"]), article("povin", language="uk", section="town")
    await load(tag("water"), tag("rivers", parent="water"), section("town"), source("wire"))
    await load(note("dam", tags=["rivers"], attributions=[{"source": "wire", "role": "data"}]), flood, povin)

    await deliverer.run_once()

    names = {flood["id"]: "flood", povin["id"]: "povin"}
    assert {names.get(event["ref"], event["ref"]) for event in receiver.events()} == expected
    assert (await state(database, webhook.id)).lag == 0


async def test_a_story_that_stops_matching_the_filters_or_is_deleted_is_sent_too(
    database: Database, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, receiver: Receiver
) -> None:
    await load(tag("rivers"), article("flood", tags=["rivers"]))
    await create_webhook(tags=["rivers"], nouns=["article"], languages=["en"])
    await create_webhook("two.example", tags=["rivers"], nouns=["article"], languages=["uk"])
    await load(article("flood", language="uk"))
    ref = article("flood")["id"]
    async with log.transaction(database, actor="test", zone=Settings().zone) as transaction:
        before = (await stored(transaction.connection, "article", [ref]))[ref]
        log.delete_object(transaction, "article", ref, before, ["articles", "articles:tag:rivers"])

    await deliverer.run_once()

    assert [event["revision"] for event in receiver.events()] == [1, 2]
    assert [event["revision"] for event in receiver.events("two.example")] == [2, 3]


async def test_a_change_that_was_rolled_back_is_never_sent(
    database: Database, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, receiver: Receiver
) -> None:
    await load(article("flood"))
    webhook = await create_webhook(after=(await changes(database))[-1].public_seq)
    ref = article("flood")["id"]
    with suppress(ZeroDivisionError):
        async with log.transaction(database, actor="test", zone=Settings().zone) as transaction:
            before = (await stored(transaction.connection, "article", [ref]))[ref]
            log.delete_object(transaction, "article", ref, before, [])
            raise ZeroDivisionError

    await deliverer.run_once()

    assert receiver.requests == []
    assert (await state(database, webhook.id)).lag == 0


# --- receivers that fail ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (500, 500, "status"),
        (302, 302, "status"),
        (404, 404, "status"),
        (httpx.ConnectError("no"), None, "connect"),
        (httpx.ReadTimeout("no"), None, "timeout"),
        (httpx.RemoteProtocolError("no"), None, "broken"),
    ],
    ids=["500", "302", "404", "connect", "timeout", "broken"],
)
async def test_a_failed_event_is_sent_again_later_with_the_same_id_before_any_other(
    database: Database, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, receiver: Receiver,
    clock: Clock, answer: Any, status: int | None, error: str,
) -> None:  # fmt: skip
    webhook = await create_webhook()
    await load(article("flood"), article("ebb"))
    receiver.answers["one.example"] = [204, answer, answer]
    await deliverer.run_once()
    waiting = await state(database, webhook.id)
    assert (waiting.position, waiting.attempts, waiting.next_try_at) == (1, 1, clock.now + RETRY_DELAYS[0])
    clock.move(seconds=4)
    await deliverer.run_once()
    assert receiver.seqs() == [1, 2]

    clock.move(seconds=2)
    await deliverer.run_once()
    assert (await state(database, webhook.id)).next_try_at == clock.now + RETRY_DELAYS[1]
    clock.move(seconds=31)
    await deliverer.run_once()

    assert receiver.seqs() == [1, 2, 2, 2]
    retries = receiver.requests[1:]
    assert len({request.headers["webhook-id"] for request in retries}) == 1
    assert len({request.headers["webhook-timestamp"] for request in retries}) == 3
    assert len({request.content for request in retries}) == 1
    assert all(verified(webhook.secret, request) for request in receiver.requests)
    assert {request.headers["host"] for request in receiver.requests} == {"one.example"}
    assert await recorded(database) == [
        (1, 1, 204, None, False), (2, 1, status, error, False), (2, 2, status, error, False), (2, 3, 204, None, False),
    ]  # fmt: skip
    assert (await state(database, webhook.id)).attempts == 0


async def test_a_clock_that_is_set_back_stops_no_delivery(
    load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    await create_webhook()
    await load(article("flood"))
    clock.move(days=2)
    await deliverer.run_once()
    clock.move(days=-2)
    await load(article("ebb"))
    await deliverer.run_once()
    assert receiver.seqs() == [1, 2]


async def test_an_event_that_fails_for_three_days_becomes_a_dead_letter_and_the_next_is_sent(
    database: Database,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
    clock: Clock,
) -> None:
    webhook, other = await create_webhook(), await create_webhook("two.example")
    await load(article("flood"), article("ebb"))
    receiver.answers["one.example"] = [500] * (len(RETRY_DELAYS) + 1)
    start = clock.now
    await deliverer.run_once()
    for delay in RETRY_DELAYS:
        assert (await state(database, webhook.id)).dead_letters == 0
        clock.now += delay
        await deliverer.run_once()

    assert timedelta(days=2.8) < clock.now - start < timedelta(days=3.2)
    assert receiver.seqs() == [1] * 13 + [2]
    after = await state(database, webhook.id)
    assert (after.position, after.lag, after.attempts, after.dead_letters) == (2, 0, 0, 1)
    assert receiver.seqs("two.example") == [1, 2]
    assert (await state(database, other.id)).dead_letters == 0
    (dead,) = await deliveries.newest(database.reader(), webhook.id, limit=5, dead=True)
    assert (dead.position, dead.attempt, dead.status, dead.dead) == (1, 13, 500, True)

    await webhooks.replay(database, webhook.id, 0)
    assert (await state(database, webhook.id)).dead_letters == 0
    await deliverer.run_once()
    assert receiver.seqs()[-2:] == [1, 2]
    assert len({sent.headers["webhook-id"] for sent in receiver.requests if sent.headers["host"] == "one.example"}) == 2


async def test_retry_delays_have_jitter(
    database: Database, load: Load, create_webhook: CreateWebhook, receiver: Receiver, clock: Clock
) -> None:
    await load(article("flood"))
    receiver.always = {f"h{n}.example": 500 for n in range(8)}
    ids = [(await create_webhook(host)).id for host in receiver.always]

    await deliver_to(database, receiver, clock=clock).run_once()

    retries_at = [(await state(database, id)).next_try_at for id in ids]
    delays = {at - clock.now for at in retries_at if at is not None}
    assert len(delays) > 1
    assert all(timedelta(seconds=4) <= delay <= timedelta(seconds=6) for delay in delays)


async def test_410_disables_the_webhook_and_enabling_it_continues_with_the_same_event(
    database: Database,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
    clock: Clock,
) -> None:
    webhook = await create_webhook()
    await load(article("flood"), article("ebb"))
    receiver.answers["one.example"] = [204, 410]
    await deliverer.run_once()
    clock.move(days=9)
    await deliverer.run_once()

    assert receiver.seqs() == [1, 2]
    disabled = await webhooks.get(database.reader(), webhook.id)
    assert (disabled.enabled, disabled.disabled_reason, disabled.revision) == (False, "gone", 2)
    await change(database, webhook.id, enabled=True)
    await deliverer.run_once()
    assert receiver.seqs() == [1, 2, 2]


async def test_a_new_address_is_sent_the_failed_event_immediately(
    database: Database,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
    clock: Clock,
) -> None:
    webhook = await create_webhook()
    await load(article("flood"))
    receiver.answers["one.example"] = [500]
    await deliverer.run_once()
    await change(database, webhook.id, url="https://two.example/")

    await deliverer.run_once()

    assert (receiver.seqs(), receiver.seqs("two.example")) == ([1], [1])


async def test_nothing_is_sent_to_a_host_that_now_has_a_private_address(
    database: Database, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, receiver: Receiver
) -> None:
    await create_webhook("inside.example")
    await create_webhook("nowhere.example")
    await load(article("flood"))

    await deliverer.run_once()

    assert receiver.requests == []
    assert {error for _, _, _, error, _ in await recorded(database)} == {"not-allowed", "broken"}


async def test_the_number_of_recorded_attempts_is_bounded(
    database: Database, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "KEPT_ATTEMPTS", 5)
    await create_webhook()
    await create_webhook("two.example")
    await load(*(tag(f"t{n}") for n in range(12)), article("flood", tags=[f"t{n}" for n in range(12)]))

    await deliverer.run_once()

    kept = await rows(database, select(Delivery.webhook, Delivery.position).order_by(Delivery.position))
    assert len(kept) == 10
    assert sorted({row.position for row in kept}) == [9, 10, 11, 12, 13]


async def test_changes_that_were_trimmed_from_the_log_become_a_dead_letter_and_the_rest_is_sent(
    database: Database, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, receiver: Receiver
) -> None:
    webhook = await create_webhook()
    await load(article("flood"), article("ebb"), article("dam"))
    async with database.begin() as connection:
        await connection.execute(delete(Change).where(Change.public_seq <= 2))

    await deliverer.run_once()

    assert receiver.seqs() == [3]
    assert await recorded(database) == [(2, 1, None, "trimmed", True), (3, 1, 204, None, False)]
    assert (await state(database, webhook.id)).dead_letters == 1


async def test_a_retry_delay_that_was_due_to_trimmed_changes_does_not_count_for_the_next_event(
    database: Database,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
    clock: Clock,
) -> None:
    webhook = await create_webhook()
    await load(article("flood"), article("ebb"))
    receiver.always = {"one.example": 500}
    await deliverer.run_once()
    clock.move(seconds=6)
    await deliverer.run_once()
    async with database.begin() as connection:
        await connection.execute(delete(Change).where(Change.public_seq <= 1))

    clock.move(seconds=31)
    await deliverer.run_once()

    waiting = await state(database, webhook.id)
    assert (waiting.position, waiting.attempts, waiting.next_try_at) == (1, 1, clock.now + RETRY_DELAYS[0])


# --- secrets ---------------------------------------------------------------------------------------------------------


async def test_after_a_rotation_both_secrets_sign_for_a_day(
    database: Database,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
    clock: Clock,
) -> None:
    webhook = await create_webhook()
    rotated = await webhooks.rotate_secret(database, webhook.id)
    assert rotated.secret != webhook.secret
    for slug, hours, both in (("flood", 0, True), ("ebb", 23.9, True), ("dam", 0.2, False)):
        clock.move(hours=hours)
        await load(article(slug))
        await deliverer.run_once()
        assert verified(rotated.secret, receiver.requests[-1])
        assert verified(webhook.secret, receiver.requests[-1]) == both
    assert [len(request.headers["webhook-signature"].split(" ")) for request in receiver.requests] == [2, 2, 1]


async def test_no_secret_is_logged(
    database: Database, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, receiver: Receiver,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    webhook = await create_webhook(url="https://one.example/hook?token=hush-hush")
    await load(article("flood"))
    receiver.answers["one.example"] = [500]

    await deliverer.run_once()

    output = "".join(capsys.readouterr())
    assert webhook.id in output
    assert webhook.secret[6:] not in output
    assert "hush-hush" not in output
    assert receiver.requests[0].headers["webhook-signature"] not in output


# --- several deliverers ----------------------------------------------------------------------------------------------


async def test_two_deliverers_send_each_event_once(
    database: Database, database_url: str, load: Load, create_webhook: CreateWebhook, receiver: Receiver
) -> None:
    for n in range(6):
        await create_webhook(f"h{n}.example")
    slugs = [f"a{n}" for n in range(15)]
    second = Database(database_url)
    running = [asyncio.create_task(deliver_to(each, receiver).run()) for each in (database, second)]
    for slug in slugs:
        await load(article(slug))

    async def up_to_date() -> bool:
        return not any(webhook.lag for webhook in await webhooks.all_webhooks(database.reader()))

    await until(up_to_date, 30)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    await second.close()
    for n in range(6):
        assert receiver.seqs(f"h{n}.example") == [*range(1, 16)]


async def test_when_the_claim_of_a_killed_deliverer_expires_another_continues(
    database: Database,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
    clock: Clock,
) -> None:
    webhook = await create_webhook()
    await load(article("flood"))
    (lost,) = await claims.claim_due(database, clock.now, until=clock.now + deliver.CLAIM_DURATION, most=9)
    await deliverer.run_once()
    assert receiver.requests == []

    clock.now += deliver.CLAIM_DURATION
    await deliverer.run_once()

    assert receiver.seqs() == [1]
    assert not await claims.release(database, lost, due_at=clock.now, position=0)
    assert (await state(database, webhook.id)).position == 1


async def test_a_cancelled_deliverer_releases_its_claims(
    database: Database,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
    clock: Clock,
) -> None:
    await create_webhook()
    await load(article("flood"))
    started = asyncio.Event()

    async def never(request: httpx.Request) -> httpx.Response:
        started.set()
        await asyncio.sleep(60)
        raise AssertionError

    running = asyncio.create_task(deliver_to(database, never, clock=clock).run())
    await asyncio.wait_for(started.wait(), 5)
    running.cancel()
    await asyncio.wait([running])

    await deliverer.run_once()
    assert receiver.seqs() == [1]


async def test_a_receiver_that_never_answers_delays_no_other(
    database: Database, load: Load, create_webhook: CreateWebhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "ATTEMPT_SECONDS", 1.0)
    slow, quick = await create_webhook("slow.example"), await create_webhook("quick.example")
    await load(article("flood"), article("ebb"))

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["host"] == "slow.example":
            await asyncio.sleep(60)
        return await receiver(request)

    deliverer = deliver_to(database, answer)
    await deliverer.start_due()

    async def quick_is_up_to_date() -> bool:
        return (await state(database, quick.id)).lag == 0

    await until(quick_is_up_to_date, 0.9)
    assert (await state(database, slow.id)).lag == 2
    await deliverer.run_once()
    assert (2, 1, None, "timeout", False) not in await recorded(database)
    assert (1, 1, None, "timeout", False) in await recorded(database)


async def test_a_deliverer_continues_after_faults_of_the_database(
    database: Database, load: Load, create_webhook: CreateWebhook, deliverer: Deliverer, receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(deliver, "POLL_SECONDS", 0.01)
    await create_webhook()
    await load(article("flood"))
    faults: list[type[Exception]] = [Unavailable, RuntimeError]
    start_due = deliverer.start_due

    async def failing() -> None:
        if faults:
            raise faults.pop()
        await start_due()

    monkeypatch.setattr(deliverer, "start_due", failing)
    running = asyncio.create_task(deliverer.run())

    async def delivered() -> bool:
        return receiver.seqs() == [1]

    await until(delivered, 5)
    running.cancel()
    await asyncio.wait([running])


async def test_a_replay_during_a_delivery_is_not_overwritten(
    database: Database, load: Load, create_webhook: CreateWebhook, clock: Clock, receiver: Receiver
) -> None:
    webhook = await create_webhook()
    await load(article("flood"), article("ebb"))

    async def answer(request: httpx.Request) -> httpx.Response:
        if len(receiver.requests) == 1:
            await webhooks.replay(database, webhook.id, 0)
        return await receiver(request)

    deliverer = deliver_to(database, answer, clock=clock)
    await deliverer.run_once()
    assert receiver.seqs() == [1, 2]
    clock.move(seconds=1)
    await deliverer.run_once()
    assert receiver.seqs() == [1, 2, 1, 2]
    assert json.dumps(receiver.events()[:2]) == json.dumps(receiver.events()[2:])
    assert (await rows(database, select(Webhook.position))) == [(2,)]
