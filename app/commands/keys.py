"""The commands about API keys: create, list and revoke."""

import sys
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from app.commands.console import err, escape, exit_on_refusal, failure, parse_option, print_table
from app.commands.database import command_settings, run_with_database
from app.db import utcnow
from app.keys import store as keys
from app.keys.schemas import FutureInstant, KeyIn, KeyMade, KeyOut, Scopes
from app.settings import Settings
from app.web.caller import SCOPES
from app.web.fields import DAY, Line, format_instant
from app.web.spans import InstantOrDay, since, until


def create_key(
    name: Annotated[str, typer.Option(help="What the key is for, or who will hold it.", show_default=False)],
    scopes: Annotated[
        list[str],
        typer.Option("--scope", help=f"What its holder may do: {', '.join(SCOPES)}. Repeat it.", show_default=False),
    ],
    expires: Annotated[
        str | None, typer.Option(help="When it expires: an instant with offset, or a day, which is included.")
    ] = None,
) -> None:
    """Create an API key. Standard output is the key and nothing else. It is shown only this once, and not stored."""
    with command_settings() as settings:
        if unknown := {*scopes} - {*SCOPES}:
            raise failure(f"--scope {min(unknown)!r} is not a scope; there are {', '.join(SCOPES)}", 2)
        key = KeyIn(
            name=parse_option("name", Line, name),
            scopes=parse_option("scope", Scopes, scopes),
            expires_at=None if expires is None else _parse_expiry(expires, settings.zone),
        )
        created = run_with_database(settings, lambda database: keys.create(database, key, created_by=None))
        err.print(
            f"{escape(created.name)} ({created.id}): {', '.join(created.scopes)}; {_lifetime(created)}."
            " The key is shown once:"
        )
        _write_secret(settings, created)


def _parse_expiry(text: str, zone: ZoneInfo) -> datetime:
    """The end of a day, or an instant. Raises: typer.Exit."""
    bound = until if DAY.fullmatch(parse_option("expires", InstantOrDay, text)) else since
    expires_at: datetime = parse_option("expires", FutureInstant, bound(text, zone))
    return expires_at


def _write_secret(settings: Settings, key: KeyMade) -> None:
    """Writes the secret to standard output; revokes the key if that fails. Raises: typer.Exit."""
    try:
        sys.stdout.write(f"{key.key}\n")
        sys.stdout.flush()
    except OSError as error:
        run_with_database(settings, lambda database: keys.revoke(database, key.id))
        message = f"the key {key.id} cannot be written: {error.strerror}. It has been revoked"
        raise failure(message, 1) from None


def list_keys() -> None:
    """List all API keys, newest first, including revoked and expired ones. Secrets are not stored, and not shown."""
    with command_settings() as settings:
        all_keys = run_with_database(settings, lambda database: keys.all_keys(database.reader()))
        print_table(("id", "name", "scopes", "last used", "state"), map(_row, all_keys))


def _row(key: KeyOut) -> tuple[str, ...]:
    last_used = format_instant(key.last_used_at) if key.last_used_at else "never"
    return key.id, key.name, ", ".join(key.scopes), last_used, _lifetime(key)


def _lifetime(key: KeyOut) -> str:
    if key.revoked_at is not None:
        return f"revoked {format_instant(key.revoked_at)}"
    if key.expires_at is None:
        return "never expires"
    return f"{'expires' if key.expires_at > utcnow() else 'expired'} {format_instant(key.expires_at)}"


def revoke_key(id: Annotated[str, typer.Argument(help="Its id, as shown by `key list`.", show_default=False)]) -> None:
    """Revoke an API key: it is refused from the next request on. Revoking it again changes nothing."""
    with command_settings() as settings, exit_on_refusal():
        run_with_database(settings, lambda database: keys.revoke(database, id))
        err.print(f"The key {id} is revoked.")
