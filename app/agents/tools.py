"""The tools for agents as plain data: what each takes, which address of the API answers it, what of that it gives.

Knows neither HTTP nor the protocol. Visibility, limits and most refusals are those of the API, which is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode

from pydantic import MISSING, BaseModel, ConfigDict, Field, ValidationError

from app.errors import Fault, Invalid
from app.web.faults import invalid

MOST_ITEMS: Final = 20
# Of a rendition in Markdown, in one answer: about 10,000 tokens.
MOST_CHARACTERS: Final = 40_000
CARD_FIELDS: Final = "id,slug,language,headline,standfirst,section,tags,published_at,updated_at,corrections"

Words = Annotated[str, Field(min_length=1, max_length=500)]
Slugs = Annotated[str, Field(min_length=1, max_length=1_000)]
Ref = Annotated[str, Field(min_length=1, max_length=200)]
Day = Annotated[str, Field(min_length=4, max_length=10, description="A year, month or day: 2025, 2025-05, 2025-05-16.")]
Language = Annotated[str, Field(min_length=2, max_length=100, description="Codes such as uk; a comma means any of.")]


class Arguments(BaseModel):
    """What a tool takes. The names are those of the API's parameters, so that its refusals name them too."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PageArguments(Arguments):
    """Which page of a list."""

    limit: int = Field(default=10, ge=1, le=MOST_ITEMS, description="At most so many items.")
    cursor: Ref | MISSING = Field(
        default=MISSING, description="`next` of the page before, with the same other arguments; null there is the end."
    )


class SearchArguments(PageArguments):
    """Which articles."""

    q: Words | MISSING = Field(
        default=MISSING, description='Words, in any of their forms: "exact phrase", -without, this OR that, begin*.'
    )
    tag: Slugs | MISSING = Field(default=MISSING, description="Slugs of tags; a comma means any of.")
    source: Slugs | MISSING = Field(default=MISSING, description="Slugs of sources; a comma means any of.")
    language: Language | MISSING = MISSING
    date: Day | MISSING = MISSING
    sort: Literal["-published_at", "published_at", "relevance"] | MISSING = Field(
        default=MISSING, description="Newest first by default; relevance needs q."
    )


class DocumentArguments(Arguments):
    """Which part of a document in Markdown."""

    offset: int = Field(
        default=0, ge=0, le=100_000_000, description="Characters to leave out: `next_offset` of the part before."
    )


class ArticleArguments(DocumentArguments):
    """Which article."""

    ref: Ref = Field(description="Its id or slug.")


class NoteArguments(DocumentArguments):
    """Which reference note, as of when."""

    slug: Ref = Field(description="Its slug.")
    perspective: Ref | MISSING = Field(
        default=MISSING,
        description="An instant such as 2025-05-16T12:00:00Z, or a day: the note as readers saw it then. `drafts` is"
        " for keys with drafts:read.",
    )


class QuoteArguments(PageArguments):
    """Whose quotes."""

    source: Slugs = Field(description="Slugs of those who said it; a comma means any of.")
    q: Words | MISSING = Field(default=MISSING, description="Words in the quote itself.")
    language: Language | MISSING = MISSING
    date: Day | MISSING = MISSING


class TimelineArguments(PageArguments):
    """Which dated facts."""

    tag: Slugs | MISSING = Field(default=MISSING, description="Slugs of tags of the notes; a comma means any of.")
    source: Slugs | MISSING = Field(default=MISSING, description="Slugs of sources; a comma means any of.")
    language: Language | MISSING = MISSING
    q: Words | MISSING = Field(default=MISSING, description="Words in the fact itself.")
    # `from` is a word of Python.
    from_: Day | MISSING = Field(default=MISSING, alias="from")
    to: Day | MISSING = MISSING


class ChangeArguments(Arguments):
    """Which part of the log."""

    after: int = Field(default=0, ge=0, le=2**63 - 1, description="The position up to which all is known; 0: nothing.")
    limit: int = Field(default=10, ge=1, le=MOST_ITEMS, description="At most so many changes.")
    noun: Literal["article", "note", "source", "tag", "collection"] | MISSING = Field(
        default=MISSING, description="Changes of these alone."
    )
    tag: Slugs | MISSING = Field(default=MISSING, description="Changes of what has one of these tags.")


@dataclass(frozen=True)
class Tool:
    """`path` has places for arguments; all other arguments but `offset` become the query, after `query`."""

    name: str
    title: str
    about: str
    arguments: type[Arguments]
    path: str
    query: Mapping[str, str]

    @property
    def is_document(self) -> bool:
        """Whether it answers with a document in Markdown, in parts; else with a page of a list."""
        return issubclass(self.arguments, DocumentArguments)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return self.arguments.model_json_schema()

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with defaults, those left out being absent. Raises: Invalid, with what would be right."""
        valid = [field.alias or name for name, field in self.arguments.model_fields.items()]
        unknown = [name for name in arguments if name not in valid]
        if unknown:
            detail = f"is no argument of {self.name}, which takes {', '.join(valid)}"
            faults = [Fault(detail, "unknown", pointer=f"/{name[:100]}", allowed=valid) for name in unknown[:10]]
            raise Invalid(f"{unknown[0][:100]!r} {detail}.", *faults)
        try:
            return self.arguments.model_validate(arguments).model_dump(by_alias=True)
        except ValidationError as error:
            raise invalid(error, arguments) from None

    def address(self, arguments: Mapping[str, Any]) -> str:
        """The path and query at which the API answers these checked arguments."""
        path, query = self.path, dict(self.query)
        for name, value in arguments.items():
            if f"{{{name}}}" in self.path:
                path = path.replace(f"{{{name}}}", quote(value, safe=""))
            elif name != "offset":
                query[name] = str(value)
        return f"{path}?{urlencode(query)}" if query else path


TOOLS: Final = {
    tool.name: tool
    for tool in (
        Tool(
            "search_articles",
            "Search articles",
            "Finds published articles by words, tags, sources, language and date. Gives cards without the text, as"
            " `items`, and `next`, the cursor of the next page; get_article has the text. `did_you_mean` corrects a"
            " mistyped query that finds nothing.",
            SearchArguments,
            "/v1/articles",
            {"fields": CARD_FIELDS},
        ),
        Tool(
            "get_article",
            "Read an article",
            "One article as Markdown, with byline, dates, reference notes, sources, corrections and its address, by"
            " which it is to be cited. Of a withdrawn or expired one the error says why (`reason`, `public_note`) and"
            " what replaces it. A long one comes in parts: go on at `next_offset`.",
            ArticleArguments,
            "/v1/articles/{ref}/markdown",
            {},
        ),
        Tool(
            "get_note",
            "Read a reference note",
            "One reference note (background, dated facts, sources) as Markdown: now, or with `perspective` as readers"
            " saw it at an earlier time. A long one comes in parts: go on at `next_offset`.",
            NoteArguments,
            "/v1/notes/{slug}/markdown",
            {},
        ),
        Tool(
            "list_quotes",
            "Quotes of a source",
            "What a source said, word for word, from published articles, newest first. Each quote has its speaker, its"
            " language, the id of its article, and whether it is verbatim.",
            QuoteArguments,
            "/v1/quotes",
            {},
        ),
        Tool(
            "get_timeline",
            "Dated facts",
            "What happened when: dated facts of the reference notes, oldest first, each with its note. A page may be"
            " short or empty while `next` is set.",
            TimelineArguments,
            "/v1/timeline",
            {},
        ),
        Tool(
            "list_changes",
            "Changes since a position",
            "What was published, changed or withdrawn after a position of the log, oldest first. Go on after `after`"
            " where the answer has it, else after the `seq` of the last item; all is read at `head`.",
            ChangeArguments,
            "/v1/changes",
            {},
        ),
    )
}


def part(markdown: str, offset: int) -> dict[str, Any]:
    """MOST_CHARACTERS of the document from the offset on; `next_offset` is null where it ends. Raises: Invalid."""
    if offset > len(markdown):
        detail = f"is behind the end of the document, which has {len(markdown)} characters"
        raise Invalid(f"offset {detail}.", Fault(detail, pointer="/offset"))
    end = offset + MOST_CHARACTERS
    rest = end if end < len(markdown) else None
    return {"markdown": markdown[offset:end], "characters": len(markdown), "next_offset": rest}
