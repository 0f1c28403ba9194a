"""Suggests a corrected `q` for a list of notes that is empty."""

from typing import Final
from zoneinfo import ZoneInfo

from pydantic_core import from_json

from app.changes.slug_lists import SlugListRequest, slug_list
from app.changes.views import EVERYONE, Perspective
from app.db import Reader
from app.index import asking
from app.notes import listing
from app.notes.schemas import NoteQuery
from app.sources.naming import public_names, query_with_names

PUBLIC_HEADINGS: Final = 500
# The lists on which the suggestion depends: purge keys of an answer with one.
PUBLIC_LISTS: Final = ("notes", "sources", "tags")


async def public_headings(read: Reader) -> list[str]:
    """The headings of the notes that changed last. Cost: one statement."""
    request = SlugListRequest(PUBLIC_HEADINGS, None, by_slug=False, ids=(), counted=False)
    return [from_json(card)["heading"] for card in (await slug_list(read, EVERYONE, "note", request)).items]


async def did_you_mean(
    read: Reader, perspective: Perspective, query: NoteQuery, text: str, zone: ZoneInfo
) -> str | None:
    """The text of `q` as it may have been meant, if notes with these filters have that. See `asking.did_you_mean`."""

    async def finds(meant: str) -> bool:
        words = await query_with_names(read, perspective, meant)
        first = query.model_copy(update={"limit": 1, "count": False})
        page = await listing.page(read, perspective, first, None, zone=zone, words=words, with_body=False)
        return bool(page.items)

    texts = [*await public_headings(read), *await public_names(read)]
    return await asking.did_you_mean(text, texts, finds)
