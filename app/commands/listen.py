"""The command that sends what a server publishes to a program that is being written, as a webhook would."""

import time
from collections.abc import Callable, Iterable
from functools import partial
from secrets import token_bytes
from typing import Annotated, Final

import typer
from pydantic_core import to_json

from app.commands.console import err, escape, failure, out
from app.follow import CannotFollow, Entry, connect, follow, last_position, post
from app.webhooks.deliver import ATTEMPT_SECONDS, sign
from app.webhooks.store import decode_secret, encode_secret

_SECRET_BYTES: Final = 32


def listen(
    url: Annotated[str, typer.Argument(help="Address of the server, such as https://news.example.")],
    to: Annotated[str, typer.Option("--forward-to", help="Where events are sent, such as http://localhost:3000/hook.")],
    after: Annotated[
        int | None, typer.Option("--after", min=0, help="The position to begin behind; by default it begins now.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option("--secret", help="What events are signed with (whsec_…); by default a new one.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop when all that is there has been sent.")] = False,
) -> None:
    """Send each public change of a server to a program on this machine, signed like a webhook.

    Nothing is created on the server. An event that is not taken is told of, and not sent again.
    """
    try:
        key = token_bytes(_SECRET_BYTES) if secret is None else decode_secret(secret)
    except ValueError as error:
        raise failure(f"--secret {error}", 2) from None
    try:
        client, receiver = connect(url), connect(to)
    except ValueError as error:
        raise failure(f"{url!r} or {to!r} is no address: {error}", 2) from None
    with client, receiver:
        try:
            send = partial(post, receiver, to, ATTEMPT_SECONDS)
            forwarder = _Forwarder(send, key, last_position(client) if after is None else after)
            out.print(f"Events behind position {forwarder.position} are sent to {escape(to)}.")
            out.print(f"They are signed with {encode_secret(key)}")
            follow(client, forwarder, lambda message: err.print(escape(message)), once=once)
        except KeyboardInterrupt:
            err.print("Stopped.")
        except CannotFollow as error:
            raise failure(error, 1) from None


class _Forwarder:
    """What `follow` keeps up to date: here a program that is sent each entry. `send` tells what became of one."""

    def __init__(self, send: Callable[[bytes, dict[str, str]], str], key: bytes, position: int) -> None:
        self.position = position
        self._send = send
        self._key = key

    def apply(self, entries: list[Entry]) -> None:
        for entry in entries:
            outcome = self._send_signed({name: value for name, value in entry.items() if name != "document"})
            out.print(escape(f"{entry['seq']} {entry['noun']}.{entry['op']} {entry['ref']} → {outcome}"))
            self.position = entry["seq"]

    def replace(self, entries: Iterable[Entry], position: int) -> None:
        """The log no longer holds what came next: goes on behind it."""
        self.position = position

    def close(self) -> None:
        """Does nothing: the client that sends is closed by whoever opened it."""

    def _send_signed(self, event: Entry) -> str:
        id, timestamp, body = f"listen-{event['seq']}", int(time.time()), to_json(event)
        signature = sign(self._key, id, timestamp, body)
        return self._send(body, {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": signature})
