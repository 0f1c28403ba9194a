"""What requests for articles may ask: which of them, in which order, and how they are shown."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from app.articles.facet_schemas import FACETS
from app.articles.origins import checked_key, list_value
from app.articles.schemas import ArticleOut
from app.changes.schemas import Drafts, Seen, drafts_or_instant
from app.content.blocks import Role
from app.content.descriptors import ContentFlag, Genre
from app.content.holdings import Holding
from app.formats.rendered_fields import RENDERED_FIELDS
from app.publishing.dates import DateFilters
from app.publishing.statuses import DUE_FIRST, DeskFilters
from app.web.fields import Id, Language, Slug
from app.web.highlights import HIGHLIGHTED
from app.web.queries import (
    Flag,
    PageQuery,
    Parameters,
    check_number_of_values,
    chosen_names,
    comma_list,
    conflict,
    names_schema,
)


def in_languages(names: Iterable[str], languages: Iterable[str] | None) -> list[str]:
    """The names of these lists narrowed to languages, such as `articles:tag:trams~uk`; as they are without any."""
    narrowed = [f"{name}~{language}" for name in names for language in languages or ()]
    return narrowed or [*names]


RELEVANCE: Final = "relevance"
CHANGED_LAST: Final = "-modified_at"
# Orders that only the desk may ask for.
DESK_SORTS: Final = (CHANGED_LAST, DUE_FIRST)
# A list is read in one branch for each of its values and languages.
MOST_BRANCHES = 20
Includable = Literal["tags", "sources", "notes", "relations", "translations"]
INCLUDABLE: tuple[Includable, ...] = get_args(Includable)
Slugs = Annotated[tuple[str, ...], comma_list(Slug)]


class ArticleShape(Parameters):
    """Which parts of an article are to be shown, and what beside it."""

    fields: Annotated[str, names_schema([*ArticleOut.model_fields, *RENDERED_FIELDS])] | None = Field(
        default=None,
        description="Only these fields (and id and slug), comma-separated; `body_html` and `body_text` are the body as"
        " HTML and as plain text, `renditions` its pictures in other widths and formats.",
        examples=["headline,published_at"],
    )
    include: Annotated[str, names_schema(INCLUDABLE)] | None = Field(
        default=None,
        description="Of `tags`, `sources`, `notes`, `relations`, `translations`: the objects that the articles name,"
        " beside them in `included`; comma-separated.",
        examples=["tags,sources"],
    )

    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes). Raises: Invalid."""
        fields = chosen_names(self.fields, [*ArticleOut.model_fields, *RENDERED_FIELDS], "fields")
        return (("id", "slug", *fields) if fields else ()), chosen_names(self.include, INCLUDABLE, "include")


class ArticleFields(Seen, ArticleShape):
    """How an article is to be shown, and through whose eyes."""


class OneArticleQuery(ArticleFields):
    """How one article is to be shown, and in which language."""

    language: Language | None = Field(
        default=None,
        description="The version in this language of the story that the address names, whichever version that is; 404"
        " names the languages there are. Not with an instant in the past.",
        examples=["en"],
    )


class ArticleRevisionFields(Drafts, ArticleShape):
    """How a revision of an article is to be shown, and whether the desk's too."""


class ArticleFilters(DeskFilters, DateFilters, PageQuery):
    """Which articles, in which order."""

    perspective: Annotated[str, AfterValidator(drafts_or_instant)] | None = Field(
        default=None,
        description="`drafts`: the newest state of everything; an instant to come: what will be public then. Both need"
        " a key with `drafts:read`.",
        examples=["drafts"],
    )
    tag: list[Slugs] = Field(
        default=[],
        max_length=10,
        description="A comma means any of, repeating means all of: `tag=a,b&tag=c` is (a or b) and c."
        " A tag stands for itself and all its descendants; an unknown one matches nothing.",
        examples=[["trams"]],
    )
    tag_not: list[Slugs] = Field(
        default=[], max_length=10, description="None of these tags, nor of their descendants.", examples=[["weather"]]
    )
    source: list[Slugs] = Field(
        default=[],
        max_length=10,
        description="Rests on the source: comma and repetition as for `tag`.",
        examples=[["lev-shchedryk"]],
    )
    role: Role | None = Field(
        default=None, description="What the source did; narrows every `source`.", examples=["said_by"]
    )
    note: list[Slugs] = Field(
        default=[],
        max_length=10,
        description="Uses the reference note: comma and repetition as for `tag`.",
        examples=[["zghariv-trams"]],
    )
    has: Annotated[tuple[str, ...], comma_list(Literal["correction", Holding])] | None = Field(
        default=None,
        description="Any of these, comma-separated. `image` counts the lead picture; `video` is a picture of media"
        " `video`, or an embed of a video provider; `correction`: readers are told of one.",
        examples=["quote,table"],
    )
    genre: Annotated[tuple[str, ...], comma_list(Genre)] | None = Field(
        default=None, description="Any of these genres, comma-separated.", examples=["analysis,explainer"]
    )
    flag: Annotated[tuple[str, ...], comma_list(ContentFlag)] | None = Field(
        default=None, description="Any of these flags, comma-separated.", examples=["sensitive"]
    )
    ai: Annotated[tuple[str, ...], comma_list(Literal["none", "assisted", "generated"])] | None = Field(
        default=None,
        description="What part AI had in the text, as stated: any of these, comma-separated.",
        examples=["assisted,generated"],
    )
    origin: list[Annotated[str, AfterValidator(checked_key)]] = Field(
        default=[],
        max_length=20,
        description="Came from there: `system:id`; everything after the first colon is the id. Repeating means any of.",
        examples=[["lypka-courier.example:7"]],
    )
    section: Slugs | None = Field(
        default=None, description="Any of these sections, comma-separated.", examples=["city,science"]
    )
    language: Annotated[tuple[str, ...], comma_list(Language)] | None = Field(
        default=None, description="Any of these languages, comma-separated.", examples=["uk"]
    )
    fallback: Annotated[tuple[str, ...], comma_list(Language)] | None = Field(
        default=None,
        description="Show each story once: of its versions (the original and its translations) that meet all filters,"
        " the one in the `language`, which must be a single one, else in the first of these, comma-separated. Not with"
        " `ids`.",
        examples=["en,de"],
    )
    ids: Annotated[tuple[str, ...], comma_list(Id, most=100)] | None = Field(
        default=None,
        description="The articles with these ids, in this order; at most 100, comma-separated. What is not there is"
        " left out. Not with `cursor`, `sort` or `limit`.",
        examples=["019252c7-d180-77c7-9a55-11a354c096ee,0196a952-8640-7af9-9ede-1fa8797a5517"],
    )
    q: str | None = Field(
        default=None,
        description="Words in any order, each in any of its forms, in Ukrainian and English."
        ' `"a phrase"`, `-not`, `a OR b`, `begin*`; `headline:word`; `source:word` of a source with this word in its'
        " names, or with this slug. A label of a tag, or a name of a source, finds what names that, too.",
        examples=["tram -bridge"],
    )
    sort: Literal[
        "-published_at", "published_at", "-updated_at", "updated_at", "relevance", "-modified_at", "publish_at"
    ] = Field(
        default="-published_at",
        description="A minus puts the newest first. With `q` by `published_at`, or by `relevance`, which needs it and"
        " ranks the newest 2,000. With `perspective=drafts` also by `-modified_at`, the last change of any kind, and,"
        " of what is scheduled, by `publish_at`.",
        examples=["published_at"],
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.role is not None and not self.source:
            raise conflict("role", "narrows `source`, which is not given")
        self.check_dates()
        self._check_fallback()
        self.check_desk_filters(self.perspective, self.sort, DESK_SORTS)
        if self.q is not None and self.sort not in {"-published_at", "published_at", RELEVANCE}:
            raise conflict("sort", "is `-published_at`, `published_at` or `relevance` where `q` is given")
        if self.q is None and self.sort == RELEVANCE:
            raise conflict("sort", "ranks articles by the words of `q`, which is not given")
        lists = {"tag": self.tag, "tag_not": self.tag_not, "source": self.source, "note": self.note}
        facets = {name: [values] for name, values in self.traits()}
        check_number_of_values({**lists, **facets, "section": [self.section], "language": [self.languages]})
        headings = self.wanted_states().headings if self.status else ()
        any_of = (*self.tag, *self.source, *self.note, self.section or (), *(values for _, values in self.traits()))
        longest = max(map(len, (*any_of, headings)))
        if longest * len(self.languages) > MOST_BRANCHES:
            detail = f"times the values of the longest other filter are more than {MOST_BRANCHES}"
            raise conflict("language", detail, kind="too_many")
        return self

    def _check_fallback(self) -> None:
        """Raises: PydanticCustomError, where `fallback` does not fit the other parameters."""
        if self.fallback is None:
            return
        if self.language is None:
            raise conflict("fallback", "says what takes the place of `language`, which is not given")
        if len(self.language) > 1:
            raise conflict("language", "is a single language where `fallback` says which ones follow it")
        if self.language[0] in self.fallback:
            raise conflict("fallback", f"names {self.language[0]!r}, which `language` asks for already")
        if self.ids is not None:
            raise conflict("fallback", "cannot stand together with `ids`, which name single versions")

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of what can stand in the list; with a fallback the preferred one first."""
        return (*(self.language or ()), *(self.fallback or ()))

    def traits(self) -> list[tuple[str, tuple[str, ...]]]:
        """(name, values) of the filters by what a story states or holds, and by where it came from; the lists are
        `articles:name:value`."""
        facets = (("genre", self.genre), ("flag", self.flag), ("ai", self.ai), ("has", self.has))
        named = [(name, values) for name, values in facets if values is not None]
        return named + ([("origin", tuple(map(list_value, self.origin)))] if self.origin else [])

    def list_names(self, noun: str = "article") -> list[str]:
        """The names of what a page depends on: the lists of the first filter that is set, in these languages."""
        if self.ids:
            return super().list_names(noun)
        role = f".{self.role}" if self.role else ""
        sections = [self.section] if self.section else []
        named = [("tag", self.tag), ("tag", sections), (f"source{role}", self.source), ("note", self.note)]
        for kind, groups in (*named, *((name, [values]) for name, values in self.traits())):
            if groups:
                return in_languages([f"articles:{kind}:{slug}" for slug in groups[0]], self.languages)
        return in_languages(super().list_names(noun), self.languages)


class ArticleQuery(ArticleFilters, ArticleFields):
    """Which articles, in which order, and how they are shown."""

    highlight: Flag = Field(
        default=False,
        description="Add to each item where the words of `q` stand in it, and a snippet with marks.",
        examples=[True],
    )

    facets: Annotated[str, names_schema(FACETS)] | None = Field(
        default=None,
        description="Add `facets`: how many articles of the list have which values, comma-separated. Each ignores the"
        " filter of its own name. Not with `ids`.",
        examples=["section,month"],
    )
    explain: Flag = Field(
        default=False,
        description="Add `explain`: what was asked, which index answers it, what it cost. No cache keeps the answer.",
        examples=[True],
    )

    def facet_names(self) -> tuple[str, ...]:
        """Raises: Invalid."""
        return chosen_names(self.facets, FACETS, "facets")

    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes); with fields also what `highlight` adds. Raises: Invalid."""
        fields, include = super().shape()
        return (*fields, *HIGHLIGHTED) if fields and self.highlight else fields, include

    @model_validator(mode="after")
    def _adds_what_fits(self) -> Self:
        if self.highlight and self.q is None:
            raise conflict("highlight", "shows where the words of `q` stand, which is not given")
        if self.facets is not None and self.ids is not None:
            raise conflict("facets", "cannot stand together with `ids`")
        return self
