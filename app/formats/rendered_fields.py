"""Fields that are made of a document when it is answered: its body in other formats, its pictures in other sizes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pydantic_core import to_json

from app.formats import html, text
from app.formats.images import ImageRenditions
from app.formats.story import Beside, Site, Story, StoryNoun, stories


def _renditions(story: Story) -> ImageRenditions:
    """Of each picture that has some, by its `url`."""
    resizer = story.site.resizer
    return {image["url"]: made for _, image in story.images if (made := resizer.renditions(image))}


RENDERED_FIELDS: Final[Mapping[str, Callable[[Story], object]]] = {
    "body_html": html.body,
    "body_text": text.body,
    "renditions": _renditions,
}
# What bodies show beside their document, as in `include=`.
BESIDE_RENDERED: Final = ("sources", "notes", "relations")


async def with_rendered_fields(
    noun: StoryNoun, documents: Sequence[str], beside: Beside, site: Site, fields: Sequence[str]
) -> tuple[list[str], list[str]]:
    """(the documents with those of RENDERED_FIELDS that are among `fields`, surrogate keys of what they name).

    Shape: documents are JSON, with their `body`. Rendered in a thread: a page may hold a hundred.
    """
    writers = {name: write for name, write in RENDERED_FIELDS.items() if name in fields}
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
