"""Imports web pages for `import WHAT…`, saved ones and those at addresses, and prints what became of each."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.commands.console import err, escape, print_message
from app.db import Database
from app.errors import Fault, Invalid, Raced
from app.importers.html import saving
from app.importers.html.fetching import FetchedPage, Fetcher
from app.importers.html.given import Given
from app.importers.html.reading import Reader
from app.importers.html.saved import MOST_BYTES
from app.outbound import Outbound
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one page. `outcome` is created, updated, unchanged, read (where nothing is written) or error.

    `facts` says of each fact where the page tells it, `left_out` how many parts of which kind are not in the story.
    """

    place: str
    outcome: str
    title: str = ""
    slug: str | None = None
    status: str | None = None
    facts: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Import:
    """One import of pages; without a database nothing is written."""

    database: Database | None
    settings: Settings
    given: Given
    publish: bool

    async def pages(self, files: Sequence[Path], addresses: Sequence[str]) -> AsyncIterator[Account]:
        """Imports each page, and yields an account of it. One that is refused does not affect the others."""
        with Reader(self.given) as reader:
            for file in files:
                yield await self._account(str(file), reader, lambda file=file: _read_file(file))  # type: ignore[misc]
            if addresses:
                async with aclosing(Outbound(self.settings.allowed_hosts)) as outbound:
                    fetcher = Fetcher(outbound)
                    for url in addresses:
                        yield await self._account(url, reader, lambda url=url: fetcher.fetch(url))  # type: ignore[misc]

    async def _account(self, place: str, reader: Reader, get: Callable[[], Awaitable[FetchedPage]]) -> Account:
        try:
            fetched = await get()
            page = await asyncio.to_thread(reader.read, fetched.data, fetched.url or None, fetched.charset)
            now = self.given.imported_at
            if self.database is None:
                story = saving.check(page, now, publish=self.publish)
            else:
                story = await saving.save(self.database, self.settings.zone, page, now, publish=self.publish)
        except (Invalid, Raced) as refusal:
            faults = refusal.faults or (Fault(refusal.detail, pointer=""),)
            return Account(place, "error", errors=[fault.message for fault in faults])
        except OSError as error:
            return Account(place, "error", errors=[f"cannot be read: {error.strerror}"])
        notes = list(dict.fromkeys([*page.notes, *story.notes]))
        title = page.article["headline"]
        return Account(place, story.outcome, title, story.slug, story.status, page.facts, page.left_out, notes)


async def _read_file(file: Path) -> FetchedPage:
    """The bytes of a file, of one that is too large no more than show that. Raises: OSError."""

    def read() -> bytes:
        with file.open("rb") as page:
            return page.read(MOST_BYTES + 1)

    return FetchedPage(await asyncio.to_thread(read), "", None)


def print_account(account: Account) -> None:
    """Prints what became of a page, on standard error."""
    for message in account.errors:
        print_message(f"{account.place}: {message}")
    for note in account.notes:
        print_message(f"{account.place}: {note}", "warning")
    if not account.errors:
        outcome = (
            "would be imported" if account.outcome == "read" else f"{account.outcome}: /v1/articles/{account.slug}"
        )
        left_out = ", ".join(f"{count} {kind}" for kind, count in sorted(account.left_out.items()))
        err.print(f"{escape(account.place)}: {escape(account.title)}: {outcome}, {account.status}")
        if left_out:
            err.print(f"{escape(account.place)}: left out: {left_out}")
