"""The command line: python -m app serve | migrate | seed | key | deliveries | import | export | follow | openapi."""

from collections.abc import Callable

import typer

from app.commands.database import migrate
from app.commands.deliveries import list_webhooks, replay_webhook, show_deliveries, test_webhook
from app.commands.exporting import export_ndjson
from app.commands.follow import follow
from app.commands.importing import import_ndjson, seed
from app.commands.keys import create_key, list_keys, revoke_key
from app.commands.pages import import_page
from app.commands.serve import openapi, serve

cli = typer.Typer(
    help="Dovidka: a content API for newsrooms. DATABASE_URL says where it is kept, dovidka.db by default."
    " Exit codes: 0 done, 1 something was refused (the rest is done), 2 wrong usage, 3 the database cannot be used.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (serve, migrate, seed, follow, openapi):
    cli.command()(command)


def group(name: str, about: str, **commands: Callable[..., None]) -> None:
    """Commands that share a first word."""
    made = typer.Typer(help=about, no_args_is_help=True)
    for second, command in commands.items():
        made.command(second)(command)
    cli.add_typer(made, name=name)


group(
    "import",
    "Bring content in. What is refused is named with file and line.",
    ndjson=import_ndjson,
    page=import_page,
)
group("export", "Take content out.", ndjson=export_ndjson)
group("key", "Make, list and revoke API keys.", create=create_key, list=list_keys, revoke=revoke_key)
group(
    "deliveries",
    "Look at what webhooks are sent, and send it again.",
    list=list_webhooks,
    show=show_deliveries,
    replay=replay_webhook,
    test=test_webhook,
)

if __name__ == "__main__":
    cli()
