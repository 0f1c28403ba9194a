"""Search and suggestions on the wire."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from app.articles.schemas import ArticleCard
from app.changes.models import Noun
from app.changes.schemas import Drafts, WholeNumber
from app.notes.schemas import NoteCard
from app.sources.schemas import SourceOut
from app.tags.schemas import TagOut
from app.web.fields import Id, Slug
from app.web.queries import Searched, comma_list

LONGEST_TYPED: Final = 100
_NOUN: Final = Field(
    default=None,
    description="Only these: `article`, `note`, `source`, `tag`; comma-separated.",
    examples=["tag,source"],
)
# Collections are found by their slug: they have no texts but their names.
SearchedNoun = Literal["tag", "source", "note", "article"]
Nouns = Annotated[tuple[SearchedNoun, ...], comma_list(SearchedNoun)]


class SearchQuery(Drafts):
    """What is looked for, in all that there is."""

    q: str = Field(
        description="Words in any order, each in any of its forms: as `q` of `/v1/articles`.", examples=["tram bridge"]
    )
    noun: Nouns | None = _NOUN
    limit: WholeNumber = Field(default=20, ge=1, le=100, description="Items on a page.", examples=[5])
    cursor: str | None = Field(default=None, description="From `next` of a page with the same `q` and `noun`.")


_OF_NOUN: Final = Field(description="The kind of object that was found.")
_REF: Final = Field(description="Id of an article, slug of the others.")


class _Result(BaseModel):
    """What was found."""

    score: float = Field(
        ge=0, le=1, description="How telling the places of the words are: 1 for a whole name, else 0.5 at most."
    )
    snippet_html: str | None = Field(
        description="A part of the text as inline HTML, with `mark` around what was sought."
    )


class ArticleResult(_Result):
    """An article that was found."""

    noun: Annotated[Literal["article"], _OF_NOUN]
    ref: Annotated[Id, _REF]
    card: ArticleCard


class NoteResult(_Result):
    """A reference note that was found."""

    noun: Annotated[Literal["note"], _OF_NOUN]
    ref: Annotated[Slug, _REF]
    card: NoteCard


class SourceResult(_Result):
    """A source that was found."""

    noun: Annotated[Literal["source"], _OF_NOUN]
    ref: Annotated[Slug, _REF]
    card: SourceOut


class TagResult(_Result):
    """A tag that was found."""

    noun: Annotated[Literal["tag"], _OF_NOUN]
    ref: Annotated[Slug, _REF]
    card: TagOut


Result = Annotated[ArticleResult | NoteResult | SourceResult | TagResult, Field(discriminator="noun")]


class SearchPage(Searched):
    """One page of what was found, the best first."""

    items: list[Result]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class SuggestQuery(Drafts):
    """What was typed so far."""

    q: str = Field(
        max_length=LONGEST_TYPED, description="What was typed so far: words, the last of them begun.", examples=["tra"]
    )
    noun: Nouns | None = _NOUN


class Suggestion(BaseModel):
    """What may be meant."""

    noun: Noun = Field(description="The kind of object that may be meant.")
    ref: Annotated[str, _REF]
    text: str = Field(description="The name or headline that has the words.")
    language: str | None = Field(description="Of the text; null for an alias of a source.")


class Suggestions(BaseModel):
    """What may be meant, at most ten."""

    items: list[Suggestion]
