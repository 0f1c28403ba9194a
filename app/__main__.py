"""The command line: python -m app serve | migrate | backup | restore | check | import | export | …"""

from collections.abc import Callable

import typer
from typer.core import TyperGroup

from app.commands.backup import backup, restore
from app.commands.check import check
from app.commands.database import migrate
from app.commands.deliveries import list_webhooks, replay_webhook, show_deliveries, test_webhook
from app.commands.exporting import export_markdown, export_ndjson, export_ninjs
from app.commands.follow import follow
from app.commands.import_anything import ANYTHING, ImportGroup, import_anything
from app.commands.importing import import_ndjson, seed
from app.commands.keys import create_key, list_keys, revoke_key
from app.commands.listen import listen
from app.commands.pages import import_page
from app.commands.reindexing import reindex
from app.commands.serve import openapi, serve

cli = typer.Typer(
    help="Dovidka: a content API for newsrooms. DATABASE_URL names the database, dovidka.db by default."
    " Exit codes: 0 done, 1 something was refused (the rest is done), 2 wrong usage, 3 the database cannot be used.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (serve, migrate, backup, restore, check, reindex, seed, follow, listen, openapi):
    cli.command()(command)


def _add_group(name: str, help: str, kind: type[TyperGroup] = TyperGroup, **commands: Callable[..., None]) -> None:
    """Adds commands that share a first word, each by its second word."""
    group = typer.Typer(cls=kind, help=help, no_args_is_help=True)
    for second_word, function in commands.items():
        group.command(second_word)(function)
    cli.add_typer(group, name=name)


_add_group(
    "import",
    "Import content: import WHAT… takes files of any known kind, and says what each is.",
    ImportGroup,
    **{ANYTHING: import_anything},
    ndjson=import_ndjson,
    page=import_page,
)
_add_group("export", "Export content.", ndjson=export_ndjson, ninjs=export_ninjs, markdown=export_markdown)
_add_group("key", "Create, list and revoke API keys.", create=create_key, list=list_keys, revoke=revoke_key)
_add_group(
    "deliveries",
    "Show what was sent to webhooks, and send it again.",
    list=list_webhooks,
    show=show_deliveries,
    replay=replay_webhook,
    test=test_webhook,
)

if __name__ == "__main__":
    cli()
