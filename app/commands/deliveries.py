"""The commands about webhooks: list them, show their deliveries, and send events again."""

from contextlib import aclosing
from typing import Annotated

import typer

from app.commands.console import err, escape, exit_on_refusal, print_table
from app.commands.database import command_settings, run_with_database
from app.db import Database
from app.outbound import Outbound
from app.web.fields import format_instant
from app.webhooks import deliveries
from app.webhooks import store as webhooks
from app.webhooks.deliver import Deliverer
from app.webhooks.schemas import WebhookDeliveryOut, WebhookState

WebhookId = Annotated[str, typer.Argument(help="Id of a webhook, as shown by `deliveries list`.", show_default=False)]


def list_webhooks() -> None:
    """List all webhooks, newest first: how far each is, and how many events were given up."""
    with command_settings() as settings:
        states = run_with_database(settings, lambda database: webhooks.all_webhooks(database.reader()))
        print_table(("id", "name", "url", "position", "lag", "dead letters", "state"), map(_webhook_row, states))


def _webhook_row(webhook: WebhookState) -> tuple[object, ...]:
    progress = (webhook.position, webhook.lag, webhook.dead_letters, _progress(webhook))
    return webhook.id, webhook.name, webhook.url, *progress


def _progress(webhook: WebhookState) -> str:
    if not webhook.enabled:
        return "disabled: the receiver answered 410" if webhook.disabled_reason else "disabled"
    if webhook.next_try_at is not None:
        return f"failed {webhook.attempts} times, next try {format_instant(webhook.next_try_at)}"
    return "behind" if webhook.lag else "up to date"


def show_deliveries(
    id: WebhookId,
    limit: Annotated[int, typer.Option(help="Maximum number of deliveries.", min=1, max=1_000)] = 20,
    dead: Annotated[bool, typer.Option("--dead", help="Only events that were given up.")] = False,
) -> None:
    """Show the latest delivery attempts of a webhook, newest first."""

    async def work(database: Database) -> list[WebhookDeliveryOut]:
        await webhooks.get(database.reader(), id)
        return await deliveries.newest(database.reader(), id, limit=limit, dead=dead)

    with command_settings() as settings, exit_on_refusal():
        rows = map(_delivery_row, run_with_database(settings, work))
        print_table(("at", "position", "try", "ms", "outcome"), rows)


def _delivery_row(delivery: WebhookDeliveryOut) -> tuple[object, ...]:
    position = "test" if delivery.position is None else delivery.position
    at = format_instant(delivery.at)
    return at, position, delivery.attempt, delivery.duration_milliseconds, _outcome(delivery)


def _outcome(delivery: WebhookDeliveryOut) -> str:
    outcome: str = delivery.error or "delivered"
    if delivery.status is not None:
        outcome += f" {delivery.status}"
    return f"{outcome}, given up" if delivery.dead else outcome


def replay_webhook(
    id: WebhookId,
    after: Annotated[int, typer.Option(help="The position after which to start.", min=0, show_default=False)],
) -> None:
    """Send events again, starting after a position; the server does so within a second."""
    with command_settings() as settings, exit_on_refusal():
        run_with_database(settings, lambda database: webhooks.replay(database, id, after))
        err.print(f"The events after position {after} will be sent to the webhook {escape(id)}.")


def test_webhook(id: WebhookId) -> None:
    """Send a test event now, from this machine, and print the outcome."""
    with command_settings() as settings, exit_on_refusal():

        async def work(database: Database) -> WebhookDeliveryOut:
            async with aclosing(Outbound(settings.allowed_hosts)) as outbound:
                return await Deliverer(database, outbound).send_test(id)

        delivery = run_with_database(settings, work)
        err.print(f"{_outcome(delivery)}, in {delivery.duration_milliseconds} ms")
        if delivery.error == "not-allowed":
            err.print("This command uses its own WEBHOOK_ALLOWED_HOSTS, which may differ from the server's.")
        raise typer.Exit(1 if delivery.error else 0)
