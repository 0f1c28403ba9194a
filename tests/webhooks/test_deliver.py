"""Delivery: what is sent to whom, signed how, in which order, how often, and what of it is kept."""

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

from app.changes.models import Change
from app.changes.store import deletion, known, writing
from app.db import Database
from app.errors import Unavailable
from app.outbound import Outbound
from app.settings import Settings
from app.webhooks import deliver
from app.webhooks import store as webhooks
from app.webhooks.deliver import WAITS, Deliverer, sign
from app.webhooks.models import Delivery, Webhook
from tests.conftest import Load
from tests.contents import changes, rows
from tests.factories import article, draft, note, section, source, tag
from tests.webhooks.conftest import Clock, Hook, Receiver, change, resolve, state, until


def verified(secret: str, request: httpx.Request) -> bool:
    """Whether one of the signatures is by the secret. After the text of Standard Webhooks; shares nothing with ours."""
    key = base64.b64decode(secret.split("_", 1)[1])
    head = request.headers
    signed = b".".join([head["webhook-id"].encode(), head["webhook-timestamp"].encode(), request.content])
    mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return mine in [one.removeprefix("v1,") for one in head["webhook-signature"].split(" ")]


async def errors(database: Database) -> list[Any]:
    told = (Delivery.position, Delivery.attempt, Delivery.status, Delivery.error, Delivery.dead)
    found = await rows(database, select(*told).order_by(Delivery.id))
    return [tuple(one) for one in found]


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_a_signature_is_that_of_the_published_example() -> None:
    """Source: the example in the documentation of the first implementation of the scheme."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_receiver_of_the_manual_takes_what_is_signed_and_nothing_else() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
    names: dict[str, Any] = {}
    exec(manual.split("```python\n")[1].split("```")[0], names)
    now, secret, body = int(time.time()), b"s" * 32, b'{"seq":1}'
    shown = webhooks.shown_secret(secret)

    def taken(key: bytes, at: int, sent: bytes = body) -> bool:
        signature = f"{sign(b'former', 'a-1', at, body)} {sign(key, 'a-1', at, body)}"
        headers = {"webhook-id": "a-1", "webhook-timestamp": str(at), "webhook-signature": signature}
        found: bool = names["verified"](shown, headers, sent)
        return found

    assert taken(secret, now)
    assert not taken(b"t" * 32, now)
    assert not taken(secret, now - 301)
    assert not taken(secret, now, body + b" ")


async def test_every_public_change_is_sent_once_in_order_and_signed(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    made = await hook()
    await load(tag("rivers"), draft("secret"), article("flood", tags=["rivers"]), article("ebb"))

    await deliverer.settled()
    await deliverer.settled()

    logged = [one for one in await changes(database) if one.public_seq is not None]
    assert len(logged) >= 3
    assert receiver.seqs() == [one.public_seq for one in logged] == [*range(1, len(logged) + 1)]
    for event, one in zip(receiver.events(), logged, strict=True):
        assert [*event] == ["seq", "at", "op", "noun", "ref", "revision", "keys", "reason"]
        assert (event["op"], event["noun"], event["ref"]) == (one.op, one.noun, one.ref)
        assert (event["revision"], event["keys"], event["reason"]) == (one.revision, one.keys, one.reason)
        assert event["at"].endswith("Z")
    for request in receiver.got:
        assert (request.method, request.url.host, request.headers["host"]) == ("POST", "93.184.215.14", "one.example")
        assert request.extensions["sni_hostname"] == "one.example"
        assert request.headers["content-type"] == "application/json"
        assert int(request.headers["webhook-timestamp"]) == int(clock.now.timestamp())
        assert verified(made.secret, request)
        assert not verified("whsec_" + base64.b64encode(b"x" * 32).decode(), request)
    assert len({request.headers["webhook-id"] for request in receiver.got}) == len(logged)
    assert "secret" not in str([one.content for one in receiver.got])
    assert (await state(database, made.id)).lag == 0


async def test_who_reads_drafts_is_sent_all_by_the_numbers_of_the_whole_log(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver
) -> None:
    await hook(perspective="drafts")
    await load(tag("rivers"), draft("secret"), article("flood"))

    await deliverer.settled()

    assert receiver.seqs() == [one.seq for one in await changes(database)]


@pytest.mark.parametrize(
    ("fields", "told"),
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
async def test_a_filter_leaves_what_was_asked_for(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, fields: Any, told: set[str]
) -> None:
    made = await hook(**fields)
    flood, povin = article("flood", tags=["rivers"]), article("povin", language="uk", section="town")
    await load(tag("water"), tag("rivers", parent="water"), section("town"), source("wire"))
    await load(note("dam", tags=["rivers"], attributions=[{"source": "wire", "role": "data"}]), flood, povin)

    await deliverer.settled()

    names = {flood["id"]: "flood", povin["id"]: "povin"}
    assert {names.get(one["ref"], one["ref"]) for one in receiver.events()} == told
    assert (await state(database, made.id)).lag == 0


async def test_a_story_that_leaves_a_filter_and_one_that_is_deleted_are_told_of_too(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver
) -> None:
    await load(tag("rivers"), article("flood", tags=["rivers"]))
    await hook(tags=["rivers"], nouns=["article"], languages=["en"])
    await hook("two.example", tags=["rivers"], nouns=["article"], languages=["uk"])
    await load(article("flood", language="uk"))
    ref = article("flood")["id"]
    async with writing(database, actor="test", zone=Settings().zone) as done:
        before = (await known(done, "article", [ref]))[ref]
        deletion(done, "article", ref, before, ["articles", "articles:tag:rivers"])

    await deliverer.settled()

    assert [one["revision"] for one in receiver.events()] == [1, 2]
    assert [one["revision"] for one in receiver.events("two.example")] == [2, 3]


async def test_what_was_rolled_back_is_never_sent(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver
) -> None:
    await load(article("flood"))
    made = await hook(after=(await changes(database))[-1].public_seq)
    ref = article("flood")["id"]
    with suppress(ZeroDivisionError):
        async with writing(database, actor="test", zone=Settings().zone) as done:
            deletion(done, "article", ref, (await known(done, "article", [ref]))[ref], [])
            raise ZeroDivisionError

    await deliverer.settled()

    assert receiver.got == []
    assert (await state(database, made.id)).lag == 0


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
async def test_an_event_that_failed_is_sent_again_later_under_the_same_id_before_any_other(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, clock: Clock,
    answer: Any, status: int | None, error: str,
) -> None:  # fmt: skip
    made = await hook()
    await load(article("flood"), article("ebb"))
    receiver.answers["one.example"] = [204, answer, answer]
    await deliverer.settled()
    found = await state(database, made.id)
    assert (found.position, found.attempts, found.next_try_at) == (1, 1, clock.now + WAITS[0])
    clock.move(seconds=4)
    await deliverer.settled()
    assert receiver.seqs() == [1, 2]

    clock.move(seconds=2)
    await deliverer.settled()
    assert (await state(database, made.id)).next_try_at == clock.now + WAITS[1]
    clock.move(seconds=31)
    await deliverer.settled()

    assert receiver.seqs() == [1, 2, 2, 2]
    assert len({one.headers["webhook-id"] for one in receiver.got[1:]}) == 1
    assert len({one.headers["webhook-timestamp"] for one in receiver.got[1:]}) == 3
    assert len({one.content for one in receiver.got[1:]}) == 1
    assert all(verified(made.secret, one) for one in receiver.got)
    assert {one.headers["host"] for one in receiver.got} == {"one.example"}
    assert await errors(database) == [
        (1, 1, 204, None, False), (2, 1, status, error, False), (2, 2, status, error, False), (2, 3, 204, None, False),
    ]  # fmt: skip
    assert (await state(database, made.id)).attempts == 0


async def test_a_clock_that_was_ahead_and_is_set_back_silences_no_webhook(
    load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    await hook()
    await load(article("flood"))
    clock.move(days=2)
    await deliverer.settled()
    clock.move(days=-2)
    await load(article("ebb"))
    await deliverer.settled()
    assert receiver.seqs() == [1, 2]


async def test_what_fails_for_three_days_becomes_a_dead_letter_and_the_next_is_sent(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    made, other = await hook(), await hook("two.example")
    await load(article("flood"), article("ebb"))
    receiver.answers["one.example"] = [500] * (len(WAITS) + 1)
    begun = clock.now
    await deliverer.settled()
    for wait in WAITS:
        assert (await state(database, made.id)).dead_letters == 0
        clock.now += wait
        await deliverer.settled()

    assert timedelta(days=2.8) < clock.now - begun < timedelta(days=3.2)
    assert receiver.seqs() == [1] * 13 + [2]
    found = await state(database, made.id)
    assert (found.position, found.lag, found.attempts, found.dead_letters) == (2, 0, 0, 1)
    assert receiver.seqs("two.example") == [1, 2]
    assert (await state(database, other.id)).dead_letters == 0
    dead = await webhooks.deliveries(database.reader(), made.id, limit=5, dead=True)
    assert [(one.position, one.attempt, one.status, one.dead) for one in dead] == [(1, 13, 500, True)]

    await webhooks.replay(database, made.id, 0)
    assert (await state(database, made.id)).dead_letters == 0
    await deliverer.settled()
    assert receiver.seqs()[-2:] == [1, 2]
    assert len({one.headers["webhook-id"] for one in receiver.got if one.headers["host"] == "one.example"}) == 2


async def test_waits_are_spread_by_chance(
    database: Database, load: Load, hook: Hook, receiver: Receiver, clock: Clock
) -> None:
    await load(article("flood"))
    receiver.always = {f"h{n}.example": 500 for n in range(8)}
    made = [await hook(host) for host in receiver.always]

    await Deliverer(database, Outbound(resolve=resolve, wire=httpx.MockTransport(receiver)), clock=clock).settled()

    found = [(await state(database, one.id)).next_try_at for one in made]
    waits = {at - clock.now for at in found if at is not None}
    assert len(waits) > 1
    assert all(timedelta(seconds=4) <= one <= timedelta(seconds=6) for one in waits)


async def test_410_disables_the_webhook_and_enabling_it_goes_on_with_the_same_event(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    made = await hook()
    await load(article("flood"), article("ebb"))
    receiver.answers["one.example"] = [204, 410]
    await deliverer.settled()
    clock.move(days=9)
    await deliverer.settled()

    assert receiver.seqs() == [1, 2]
    found = await webhooks.get(database.reader(), made.id)
    assert (found.enabled, found.disabled_reason, found.revision) == (False, "gone", 2)
    await change(database, made.id, enabled=True)
    await deliverer.settled()
    assert receiver.seqs() == [1, 2, 2]


async def test_a_new_address_is_sent_the_event_that_failed_at_once(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    made = await hook()
    await load(article("flood"))
    receiver.answers["one.example"] = [500]
    await deliverer.settled()
    await change(database, made.id, url="https://two.example/")

    await deliverer.settled()

    assert (receiver.seqs(), receiver.seqs("two.example")) == ([1], [1])


async def test_a_host_that_has_moved_inside_is_not_sent_to(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver
) -> None:
    await hook("inside.example")
    await hook("nowhere.example")
    await load(article("flood"))

    await deliverer.settled()

    assert receiver.got == []
    assert {one[3] for one in await errors(database)} == {"not-allowed", "broken"}


async def test_the_log_of_tries_is_bounded(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "KEPT", {False: 5, True: 2})
    await hook()
    await hook("two.example")
    await load(*(tag(f"t{n}") for n in range(12)), article("flood", tags=[f"t{n}" for n in range(12)]))

    await deliverer.settled()

    found = await rows(database, select(Delivery.webhook, Delivery.position).order_by(Delivery.position))
    assert len(found) == 10
    assert sorted({one.position for one in found}) == [9, 10, 11, 12, 13]


async def test_changes_that_the_log_no_longer_holds_are_a_dead_letter_and_the_rest_is_sent(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver
) -> None:
    made = await hook()
    await load(article("flood"), article("ebb"), article("dam"))
    async with database.begin() as connection:
        await connection.execute(delete(Change).where(Change.public_seq <= 2))

    await deliverer.settled()

    assert receiver.seqs() == [3]
    assert await errors(database) == [(2, 1, None, "trimmed", True), (3, 1, 204, None, False)]
    assert (await state(database, made.id)).dead_letters == 1


# --- secrets ---------------------------------------------------------------------------------------------------------


async def test_while_a_secret_is_replaced_both_sign_for_a_day(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    made = await hook()
    rotated = await webhooks.rotate(database, made.id)
    assert rotated.secret != made.secret
    for slug, hours, both in (("flood", 0, True), ("ebb", 23.9, True), ("dam", 0.2, False)):
        clock.move(hours=hours)
        await load(article(slug))
        await deliverer.settled()
        assert verified(rotated.secret, receiver.got[-1])
        assert verified(made.secret, receiver.got[-1]) == both
    assert [len(one.headers["webhook-signature"].split(" ")) for one in receiver.got] == [2, 2, 1]


async def test_no_secret_is_logged(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    made = await hook(url="https://one.example/hook?token=hush-hush")
    await load(article("flood"))
    receiver.answers["one.example"] = [500]

    await deliverer.settled()

    told = "".join(capsys.readouterr())
    assert made.id in told
    assert made.secret[6:] not in told
    assert "hush-hush" not in told
    assert receiver.got[0].headers["webhook-signature"] not in told


# --- one place -------------------------------------------------------------------------------------------------------


async def test_two_deliverers_send_each_event_from_one_place(
    database: Database, database_url: str, load: Load, hook: Hook, receiver: Receiver
) -> None:
    for n in range(6):
        await hook(f"h{n}.example")
    slugs = [f"a{n}" for n in range(15)]
    second = Database(database_url)
    wire = Outbound(resolve=resolve, wire=httpx.MockTransport(receiver))
    both = [Deliverer(one, wire) for one in (database, second)]
    running = [asyncio.create_task(one.run()) for one in both]
    for slug in slugs:
        await load(article(slug))

    async def done() -> bool:
        found = await webhooks.everything(database.reader())
        return not any(one.lag for one in found)

    await until(done, 30)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    await second.close()
    for n in range(6):
        assert receiver.seqs(f"h{n}.example") == [*range(1, 16)]


async def test_who_was_killed_is_followed_by_another_when_its_hold_ends(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    made = await hook()
    await load(article("flood"))
    (killed,) = await webhooks.take(database, clock.now, until=clock.now + deliver.HOLD, most=9)
    await deliverer.settled()
    assert receiver.got == []

    clock.now += deliver.HOLD
    await deliverer.settled()

    assert receiver.seqs() == [1]
    assert not await webhooks.settle(database, killed, None, position=0)
    assert (await state(database, made.id)).position == 1


async def test_who_is_told_to_stop_lets_go_of_what_is_on_its_way(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    await hook()
    await load(article("flood"))
    begun = asyncio.Event()

    async def never(request: httpx.Request) -> httpx.Response:
        begun.set()
        await asyncio.sleep(60)
        raise AssertionError

    stopped = Deliverer(database, Outbound(resolve=resolve, wire=httpx.MockTransport(never)), clock=clock)
    running = asyncio.create_task(stopped.run())
    await asyncio.wait_for(begun.wait(), 5)
    running.cancel()
    await asyncio.wait([running])

    await deliverer.settled()
    assert receiver.seqs() == [1]


async def test_a_receiver_that_never_answers_delays_no_other(
    database: Database, load: Load, hook: Hook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "DEADLINE_SECONDS", 1.0)
    slow, quick = await hook("slow.example"), await hook("quick.example")
    await load(article("flood"), article("ebb"))

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["host"] == "slow.example":
            await asyncio.sleep(60)
        return await receiver(request)

    one = Deliverer(database, Outbound(resolve=resolve, wire=httpx.MockTransport(answer)))
    await one.begin()

    async def done() -> bool:
        return (await state(database, quick.id)).lag == 0

    await until(done, 0.9)
    assert (await state(database, slow.id)).lag == 2
    await one.settled()
    assert (2, 1, None, "timeout", False) not in await errors(database)
    assert (1, 1, None, "timeout", False) in await errors(database)


async def test_a_database_that_is_away_stops_nobody_for_good(
    database: Database, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(deliver, "POLL_SECONDS", 0.01)
    await hook()
    await load(article("flood"))
    faults: list[type[Exception]] = [Unavailable, RuntimeError]
    begin = deliverer.begin

    async def failing() -> None:
        if faults:
            raise faults.pop()
        await begin()

    monkeypatch.setattr(deliverer, "begin", failing)
    running = asyncio.create_task(deliverer.run())

    async def done() -> bool:
        return receiver.seqs() == [1]

    await until(done, 5)
    running.cancel()
    await asyncio.wait([running])


async def test_settings_that_change_on_the_way_are_not_overwritten(
    database: Database, load: Load, hook: Hook, clock: Clock, receiver: Receiver
) -> None:
    """Who replays while an event is on its way is sent it again."""
    made = await hook()
    await load(article("flood"), article("ebb"))

    async def answer(request: httpx.Request) -> httpx.Response:
        if len(receiver.got) == 1:
            await webhooks.replay(database, made.id, 0)
        return await receiver(request)

    one = Deliverer(database, Outbound(resolve=resolve, wire=httpx.MockTransport(answer)), clock=clock)
    await one.settled()
    assert receiver.seqs() == [1, 2]
    clock.move(seconds=1)
    await one.settled()
    assert receiver.seqs() == [1, 2, 1, 2]
    assert json.dumps(receiver.events()[:2]) == json.dumps(receiver.events()[2:])
    assert (await rows(database, select(Webhook.position))) == [(2,)]
