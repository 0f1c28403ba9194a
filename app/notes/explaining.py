"""Says of a request for a list of notes what was asked, and which index answers it. Knows nothing of the answer."""

from typing import Final

from app.notes.schemas import NoteQuery
from app.web.explanations import filters_in_words

# What each filter asks of a note. A repeated filter asks it once for each time.
WORDING: Final = {
    "tag": "with the tag {}",
    "tag_not": "without the tag {}",
    "source": "resting on the source {}",
    "language": "in the language {}",
    "status": "with the status {}",
    "working_copy": "being working copies: {}",
    "date": "published in {}",
    "published_from": "published from {} on",
    "published_to": "published up to {}",
    "updated_since": "updated since {}",
    "modified_since": "changed since {}",
    "tz": "with dates read in {}",
    "q": "answering the words {}",
}
_ORDERS: Final = {
    "slug": "by slug",
    "-modified_at": "those changed last first",
    "publish_at": "those due next first",
}


def sentence(query: NoteQuery) -> str:
    """What is asked, in plain English."""
    subject = "Published notes" if query.perspective is None else "The newest states of all notes"
    if query.ids:
        return (
            f"{subject}, those with the {len(query.ids)} given slugs in their order{filters_in_words(query, WORDING)}."
        )
    return f"{subject}{filters_in_words(query, WORDING)}; {_ORDERS[query.sort]}, at most {query.limit} on a page."


def index(query: NoteQuery) -> str:
    """Which index answers the query."""
    text = f"Entries of notes by {'slug' if query.ids else query.sort.removeprefix('-')}"
    by_lists = (query.tag, query.tag_not, query.source, query.language, query.status, query.updated_since)
    looked_up = [
        *(["lists of notes"] if any(by_lists) else []),
        *(["the index of words"] if query.q is not None else []),
    ]
    return f"{text}; looked up in {' and '.join(looked_up)}." if looked_up else f"{text}."
