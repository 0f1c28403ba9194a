"""Every public article and note in one of the formats of `app.formats`, each as a file."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import Final, NamedTuple

from app.articles import store as articles
from app.changes.models import PUBLIC
from app.changes.stored import document_of
from app.changes.views import EVERYONE
from app.db import Reader
from app.formats import markdown, ninjs
from app.formats.story import Beside, Site, Story, StoryNoun, stories
from app.importers.export import article_rows, slugged_rows
from app.notes import store as notes

NAMED_BY_NOTES: Final = ("tag", "source", "article")


class FileFormat(NamedTuple):
    """A format of files: the ending of their names, and what a story shows beside it, as in `include=`."""

    ending: str
    render: Callable[[Story], bytes]
    include: tuple[str, ...]


NINJS: Final = FileFormat(".json", ninjs.render, ("tags", "sources", "notes", "relations", "translations"))
MARKDOWN: Final = FileFormat(".md", markdown.render, ("tags", "sources", "notes", "relations"))


async def renditions(read: Reader, site: Site, format: FileFormat) -> AsyncGenerator[tuple[str, bytes], None]:
    """(path, content) of each public note and article: `notes/dam.md`, `articles/the-river-rose.md`.

    Cost: memory for a portion of stories; some four statements for each portion.
    """
    async for rows in read.stream(slugged_rows("note", (PUBLIC,))):
        documents = [document_of(card, body) for card, body, *_ in rows]
        beside: Beside = await notes.named(read, EVERYONE, documents, NAMED_BY_NOTES)
        for file in _files("note", documents, beside, site, format):
            yield file
    for translations in (False, True):
        async for rows in read.stream(article_rows(PUBLIC, translations=translations)):
            documents = [document_of(card, body) for _, _, card, body, *_ in rows]
            beside = await articles.beside(read, EVERYONE, documents, format.include)
            for file in _files("article", documents, beside, site, format):
                yield file


def _files(
    noun: StoryNoun, documents: Sequence[str], beside: Beside, site: Site, format: FileFormat
) -> Iterator[tuple[str, bytes]]:
    for story in stories(noun, documents, beside, site):
        yield f"{noun}s/{story.document['slug']}{format.ending}", format.render(story)
