"""What a preview shows, of an article or a note: its newest state, with the drafts that it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from app.articles import store as articles
from app.articles.query_schemas import INCLUDABLE, ArticleShape
from app.articles.schemas import ArticleOut
from app.changes.models import Noun
from app.changes.schemas import WholeNumber
from app.changes.views import EVERYONE, NEWEST
from app.db import Reader
from app.formats.rendered_fields import BESIDE_RENDERED, RENDERED_FIELDS, with_rendered_fields
from app.formats.story import Beside, Site, StoryNoun
from app.notes import store as notes
from app.notes.schemas import NoteOut, NoteShape
from app.paging import Included
from app.publishing import previews
from app.publishing.previews import Preview
from app.web.queries import Parameters, names_schema

FIELDS: Final = tuple(dict.fromkeys((*ArticleOut.model_fields, *NoteOut.model_fields, *RENDERED_FIELDS)))


class PreviewQuery(Parameters):
    """How the previewed article or note is to be shown, and whether to wait for its next state."""

    fields: Annotated[str, names_schema(FIELDS)] | None = Field(
        default=None,
        description="Only these fields (and `slug`, of an article `id` too), comma-separated; `body_html` and"
        " `body_text` are the body as HTML and as plain text, `renditions` its pictures in other widths and formats.",
        examples=["headline,body"],
    )
    include: Annotated[str, names_schema(INCLUDABLE)] | None = Field(
        default=None,
        description="Of `tags`, `sources`, and for an article `notes`, `relations` and `translations`: the objects that"
        " it names, drafts too, beside it in `included`; comma-separated.",
        examples=["tags,sources"],
    )
    wait: WholeNumber = Field(
        default=0,
        ge=0,
        le=30,
        description="Seconds to wait for another state while what `If-None-Match` names is still current.",
        examples=[15],
    )

    def shape(self, noun: Noun) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes). Raises: Invalid, for names that this noun does not have."""
        if noun == "note":
            return NoteShape(fields=self.fields, include=self.include).shape()
        return ArticleShape(fields=self.fields, include=self.include).shape()


@dataclass(frozen=True, slots=True)
class ShownPreview:
    """The state that a preview shows. `document` is its JSON, without what only the desk sees of it."""

    revision: int
    document: str
    fields: tuple[str, ...]
    included: Included | None


async def beside_preview(read: Reader, preview: Preview, document: str, include: Sequence[str]) -> Beside:
    """What a rendition of the previewed document shows beside it: drafts too, and nothing that was withdrawn."""
    if preview.noun == "note":
        return notes.without_gone(await notes.named(read, NEWEST, [document], ("tag", "source", "article")))
    return (await articles.included_in_preview(read, document, include)).groups


async def shown(read: Reader, preview: Preview, query: PreviewQuery, site: Site) -> ShownPreview:
    """What the preview shows now.

    Cost: one statement, and those of `include`. Raises: Invalid; Gone, for what was withdrawn; NotFound.
    """
    fields, include = query.shape(preview.noun)
    included: Included | None = None
    async with read.snapshot() as snapshot:
        store = notes if preview.noun == "note" else articles
        state = await store.previewed(snapshot, preview.ref)
        document = state.document(EVERYONE)
        previews.check_same_object(preview, document)
        if include and preview.noun == "note":
            included = await notes.included(snapshot, NEWEST, [document], include)
        elif include:
            included = await articles.included_in_preview(snapshot, document, include)
        if not RENDERED_FIELDS.keys().isdisjoint(fields):
            beside = await beside_preview(snapshot, preview, document, BESIDE_RENDERED)
            noun: StoryNoun = "note" if preview.noun == "note" else "article"
            (document,), _ = await with_rendered_fields(noun, [document], beside, site, fields)
    return ShownPreview(state.revision, document, fields, included)
