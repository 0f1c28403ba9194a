"""The text of `q=` as a query; refuses what is broken, and all of it while the index is being made."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sqlalchemy import select

from app.db import Reader
from app.errors import Fault, Invalid, Unavailable
from app.index.keys import HasKey
from app.index.models import IndexState
from app.index.store import engine_of
from app.words.analysis import load_dictionaries
from app.words.mistyped import corrected
from app.words.queries import Prefix, Query, QueryError, parse

_VERSION: Final = select(IndexState.version)


async def check_made(read: Reader) -> None:
    """Checks that the index is there. Cost: one statement.

    Raises: Unavailable, while the index, and with it the lists of quotes and facts, is made for the first time.
    """
    row = await read.row(_VERSION)
    if row is None or row[0] is None:
        raise Unavailable("The index of words is being made; nothing can be sought before it is there.")


def check_has_no_headline(query: Query, noun: str) -> None:
    """Raises: Invalid, where the query seeks in headlines, and what is searched, such as quotes, has none."""
    terms = (*(term for alternatives in query.required for term in alternatives), *query.excluded)
    if any(term.field == "headline" for term in terms):
        detail = f"seeks in headlines, and {noun} have none"
        raise Invalid(f"Parameter 'q' {detail}.", Fault(detail, "broken-query", parameter="q"))


async def parsed_query(read: Reader, text: str) -> Query:
    """The query that the text of `q=` is.

    Cost: one statement, and one for each beginning of a word; in a process that has analysed no word yet also the
    loading of the dictionaries.

    Raises: Invalid, with the place where the query is broken, or for a beginning that too many words have;
    Unavailable, as `check_made`.
    """
    await check_made(read)
    try:
        await load_dictionaries()
        query = parse(text)
    except QueryError as error:
        raise Invalid(f"Parameter 'q': {error}.", Fault(str(error), "broken-query", parameter="q")) from None
    for term in (*(term for alternatives in query.required for term in alternatives), *query.excluded):
        if isinstance(term, Prefix):
            await _check_beginnings(read, term)
    return query


async def _check_beginnings(read: Reader, prefix: Prefix) -> None:
    # Words behind `source:` are sought in the names of sources, which count as headlines.
    field = "headline" if prefix.field == "source" else prefix.field
    for beginning in prefix.beginnings:
        if await engine_of(read).has_many_words(read, HasKey(beginning, field, is_prefix=True)):
            detail = f"has {beginning}*, and too many words here begin so: more letters must stand before *"
            raise Invalid(f"Parameter 'q' {detail}.", Fault(detail, "too-many", parameter="q"))


async def did_you_mean(text: str, public_texts: Sequence[str], finds: Callable[[str], Awaitable[bool]]) -> str | None:
    """What a query meant that finds nothing: the query with its mistyped words corrected, if that finds something.

    `public_texts` are the only words that are given away. Cost: that of `corrected`, in a thread, and of `finds`.
    """
    meant = await asyncio.to_thread(corrected, text, public_texts)
    try:
        return meant if meant is not None and await finds(meant) else None
    except Invalid:  # it may be longer than a query may be
        return None
