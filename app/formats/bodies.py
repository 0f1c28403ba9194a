"""Bodies as HTML and as text inside the JSON of documents: the fields `body_html` and `body_text`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pydantic_core import to_json

from app.formats import html, text
from app.formats.story import Beside, Site, Story, StoryNoun, stories

BODY_FIELDS: Final[Mapping[str, Callable[[Story], str]]] = {"body_html": html.body, "body_text": text.body}
# What bodies show beside their document, as in `include=`.
BESIDE_BODIES: Final = ("sources", "notes", "relations")


async def with_bodies(
    noun: StoryNoun, documents: Sequence[str], beside: Beside, site: Site, fields: Sequence[str]
) -> tuple[list[str], list[str]]:
    """(the documents with those of BODY_FIELDS that are among `fields`, surrogate keys of what they name).

    Shape: documents are JSON, with their `body`. Rendered in a thread: a page may hold a hundred.
    """
    writers = {name: write for name, write in BODY_FIELDS.items() if name in fields}
    if not writers:
        return [*documents], []

    def rendered() -> tuple[list[str], list[str]]:
        shown, keys = [], []
        for document, story in zip(documents, stories(noun, documents, beside, site), strict=True):
            members = "".join(f',"{name}":{to_json(write(story)).decode()}' for name, write in writers.items())
            shown.append(f"{document[:-1]}{members}}}")
            keys += story.keys
        return shown, keys

    return await asyncio.to_thread(rendered)
