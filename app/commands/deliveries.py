"""The commands about webhooks: what each was sent, and how to send it again."""

from contextlib import aclosing
from typing import Annotated

import typer

from app.commands.console import err, escape, print_table, refusals
from app.commands.database import usable, with_database
from app.db import Database
from app.outbound import Outbound
from app.web.fields import show_instant
from app.webhooks import store as webhooks
from app.webhooks.deliver import Deliverer
from app.webhooks.schemas import DeliveryOut, WebhookState

Hook = Annotated[str, typer.Argument(help="Id of a webhook, as `deliveries list` has it.", show_default=False)]


def list_webhooks() -> None:
    """List all webhooks, the newest first: how far each is, and how many events were given up."""
    with usable() as settings:
        found = with_database(settings, lambda database: webhooks.everything(database.reader()))
        print_table(
            ("id", "name", "url", "position", "lag", "dead letters", "state"),
            ((one.id, one.name, one.url, one.position, one.lag, one.dead_letters, _progress(one)) for one in found),
        )


def _progress(one: WebhookState) -> str:
    if not one.enabled:
        return "disabled: the receiver answered 410" if one.disabled_reason else "disabled"
    if one.next_try_at is not None:
        return f"failed {one.attempts} times, next try {show_instant(one.next_try_at)}"
    return "behind" if one.lag else "up to date"


def show_deliveries(
    id: Hook,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1_000)] = 20,
    dead: Annotated[bool, typer.Option("--dead", help="Only events that were given up.")] = False,
) -> None:
    """Show the last tries of a webhook, the newest first."""

    async def work(database: Database) -> list[DeliveryOut]:
        await webhooks.get(database.reader(), id)
        return await webhooks.deliveries(database.reader(), id, limit=limit, dead=dead)

    with usable() as settings, refusals():
        print_table(("at", "position", "try", "ms", "outcome"), map(_row, with_database(settings, work)))


def _row(one: DeliveryOut) -> tuple[object, ...]:
    position = "test" if one.position is None else one.position
    return show_instant(one.at), position, one.attempt, one.duration_milliseconds, _outcome(one)


def _outcome(one: DeliveryOut) -> str:
    said = one.error or "delivered"
    told = said if one.status is None else f"{said} {one.status}"
    return f"{told}, given up" if one.dead else told


def replay_webhook(
    id: Hook, after: Annotated[int, typer.Option(help="The position to begin behind.", min=0, show_default=False)]
) -> None:
    """Send events again, from behind a position on; the server does so within a second."""
    with usable() as settings, refusals():
        with_database(settings, lambda database: webhooks.replay(database, id, after))
        err.print(f"The webhook {escape(id)} is sent what comes behind {after}.")


def test_webhook(id: Hook) -> None:
    """Send a test event now, from here, and say how that went."""
    with usable() as settings, refusals():

        async def work(database: Database) -> DeliveryOut:
            async with aclosing(Outbound(settings.allowed_hosts)) as outbound:
                return await Deliverer(database, outbound).test(id)

        found = with_database(settings, work)
        err.print(f"{_outcome(found)}, in {found.duration_milliseconds} ms")
        if found.error == "not-allowed":
            err.print("This command goes by the WEBHOOK_ALLOWED_HOSTS that it is given, whatever the server was given.")
        raise typer.Exit(1 if found.error else 0)
