"""The commands about API keys: make, list and revoke."""

import sys
from typing import Annotated

import typer

from app.articles.schemas import InstantOrDay
from app.commands.console import err, escape, fail, option, print_table, refusals
from app.commands.database import usable, with_database
from app.db import utcnow
from app.keys import store as keys
from app.keys.schemas import Ahead, KeyIn, KeyOut, Scopes
from app.web.caller import SCOPES
from app.web.fields import DAY, Line, show_instant
from app.web.spans import since, until


def create_key(
    name: Annotated[str, typer.Option(help="What the key is for, or who will hold it.", show_default=False)],
    scopes: Annotated[
        list[str],
        typer.Option("--scope", help=f"What its holder may do: {', '.join(SCOPES)}. Repeat it.", show_default=False),
    ],
    expires: Annotated[
        str | None, typer.Option(help="Until when: an instant with offset, or a day, which counts whole.")
    ] = None,
) -> None:
    """Make an API key. Standard output is the key and nothing else; it is shown this once, and kept nowhere."""
    with usable() as settings:
        if unknown := {*scopes} - {*SCOPES}:
            raise fail(f"--scope {min(unknown)!r} is not a scope; there are {', '.join(SCOPES)}", 2)
        expires_at = None
        if expires is not None:
            end = until if DAY.fullmatch(option("expires", InstantOrDay, expires)) else since
            expires_at = option("expires", Ahead, end(expires, settings.zone))
        wanted = KeyIn(name=option("name", Line, name), scopes=option("scope", Scopes, scopes), expires_at=expires_at)
        made = with_database(settings, lambda database: keys.create(database, wanted, created_by=None))
        err.print(
            f"{escape(made.name)} ({made.id}): {', '.join(made.scopes)}; {_lifetime(made)}. The key is shown once:"
        )
        try:
            sys.stdout.write(f"{made.key}\n")
            sys.stdout.flush()
        except OSError as error:
            told = f"the key {made.id} cannot be written: {error.strerror}. Nobody has it; it is revoked"
            with_database(settings, lambda database: keys.revoke(database, made.id))
            raise fail(told, 1) from None


def list_keys() -> None:
    """List all API keys, the newest first, revoked and expired ones too. Secrets are kept nowhere, and not shown."""
    with usable() as settings:
        found = with_database(settings, lambda database: keys.everything(database.reader()))
        print_table(("id", "name", "scopes", "last used", "state"), map(_row, found))


def _row(one: KeyOut) -> tuple[str, ...]:
    used = show_instant(one.last_used_at) if one.last_used_at else "never"
    return one.id, one.name, ", ".join(one.scopes), used, _lifetime(one)


def _lifetime(made: KeyOut) -> str:
    if made.revoked_at is not None:
        return f"revoked {show_instant(made.revoked_at)}"
    if made.expires_at is None:
        return "never expires"
    return f"{'expires' if made.expires_at > utcnow() else 'expired'} {show_instant(made.expires_at)}"


def revoke_key(id: Annotated[str, typer.Argument(help="Its id, as `key list` has it.", show_default=False)]) -> None:
    """Revoke an API key: it opens nothing from the next request on. Revoking it again changes nothing."""
    with usable() as settings, refusals():
        with_database(settings, lambda database: keys.revoke(database, id))
        err.print(f"The key {id} opens nothing any more.")
