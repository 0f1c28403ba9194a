"""What an article looks like on the wire."""

from typing import Annotated, Final

from pydantic import MISSING, BaseModel, ConfigDict, Field, StringConstraints

from app.articles.facet_schemas import FACETS, Facet
from app.articles.highlight_schemas import ArticleHighlighted
from app.articles.part_schemas import (
    OTHER_STORIES,
    VARIANTS,
    ArticleCorrection,
    ArticleOrigin,
    ArticleTranslation,
    Byline,
    CorrectionKind,
    CorrectionText,
    Dateline,
    EditorsNote,
    Expiry,
    InLanguage,
    Kicker,
    LeadImage,
    Standfirst,
    StatedGenre,
)
from app.changes.schemas import WriteWarning
from app.content import lifecycle
from app.content.blocks import AiOrigin, Attribution, Body, StoryRelation, WireModel
from app.content.descriptors import ContentFlag, Headlines
from app.content.html_bodies import WithBody
from app.content.lifecycle import Reason, Status
from app.content.sets import DISTINCT
from app.formats.images import ImageRenditions
from app.formats.rendered_fields import RENDERED_FIELDS
from app.notes.schemas import NoteOut
from app.sources.schemas import SourceOut
from app.tags.schemas import TagOut
from app.web.explanations import Explanation
from app.web.fields import SLUG, Id, Instant, Language, LineOrEmpty, Slug, Text
from app.web.highlights import HIGHLIGHTED
from app.web.queries import Page, Searched, if_asked, only_required

NoteRef = Annotated[str, StringConstraints(pattern=f"^{SLUG.pattern}(@[1-9][0-9]*)?$")]


class Withdrawal(lifecycle.Withdrawal):
    """Why a story was taken down, and what may be said of it."""

    replacement: Id | None = Field(default=None, description="The article to read instead.")


class ArticleWithdrawIn(WireModel):
    """Why the story is to be taken down, and what readers are told."""

    reason: Reason = Field(description="Why, in a word.")
    public_note: Text | None = Field(default=None, description="What readers are told.")
    replacement: Id | None = Field(default=None, description="Id of the article to read instead.")


class ArticlePublishIn(lifecycle.PublishIn):
    """When the story is to be public, and until when."""

    expires_at: Instant | MISSING | None = Field(
        default=MISSING,
        description="When it is to be taken out; null: never. Where it is left out, its `expires_at` stays, and a story"
        " that has expired does so no more.",
    )


class ArticleCorrectIn(WireModel):
    """A correction or clarification to be shown with the story."""

    kind: CorrectionKind
    text: CorrectionText


class ArticleIn(WithBody):
    """What a client may set of an article."""

    slug: Slug | None = Field(default=None, description="Made from the headline where it is left out.")
    language: InLanguage
    headline: LineOrEmpty = Field(default="", description="A draft may have none yet. Plain text.")
    kicker: Kicker = None
    standfirst: Standfirst = None
    byline: Byline = None
    section: Slug | None = Field(default=None, description="The one tag of type section that it stands in.")
    tags: Annotated[list[Slug], DISTINCT] = Field(
        default=[], max_length=100, description="Other tags; none of type section."
    )
    attributions: Annotated[list[Attribution], DISTINCT] = Field(
        default=[], max_length=1_000, description="Those that do not follow from the body and the pictures."
    )
    image: LeadImage = None
    relations: Annotated[list[StoryRelation], DISTINCT] = Field(default=[], max_length=200, description=OTHER_STORIES)
    translation_of: Id | None = Field(default=None, description="Id of the original; null for an original.")
    editors_note: EditorsNote = None
    ednote: Text | None = Field(default=None, description="A note to the desk; no reader ever sees it.")
    genre: StatedGenre = None
    dateline: Dateline = None
    headlines: Headlines = Field(default=Headlines(), description=VARIANTS)
    flags: Annotated[list[ContentFlag], DISTINCT] = Field(
        default=[], max_length=10, description="What readers are to know before they read."
    )
    ai: AiOrigin | None = Field(default=None, description="What part AI had in it; null where nothing was said.")
    expires_at: Expiry = None


class ArticleEdit(ArticleIn):
    """What a client may change of an article, and how the change is to be taken."""

    minor: bool = Field(
        default=False, strict=True, description="A typo fix: `modified_at` moves, and `updated_at` does not."
    )


class ArticleCard(WireModel):
    """An article without its body, as lists show it."""

    id: Id = Field(description="Never changes.")
    slug: Slug = Field(description="Its present name in addresses.")
    language: InLanguage
    headline: str = Field(description="Plain text; empty where a draft has none yet, or it was erased.")
    kicker: Kicker
    standfirst: Standfirst
    excerpt: str | None = Field(description="The standfirst, else the first paragraph, cut at a word. Plain text.")
    byline: Byline
    section: Slug | None = Field(
        description="Slug of the one tag of type section that it stands in; `tags` does not repeat it."
    )
    tags: list[Slug] = Field(description="Slugs of its other tags.")
    attributions: Annotated[
        list[Attribution], Field(description="Complete: speakers of quotes and sources of pictures are in it.")
    ]
    notes: list[Slug] = Field(description="Slugs of the reference notes in the body, in reading order.")
    image: LeadImage
    relations: list[StoryRelation] = Field(description=OTHER_STORIES)
    translation_of: Id | None = Field(description="Id of the original; null for an original.")
    status: Status = Field(description="What the public reads is `published`.")
    publish_at: Instant | None = Field(description="When a scheduled article is due.")
    first_published_at: Instant | None = Field(description="Never moves once set.")
    published_at: Instant | None = Field(description="The due time of the release in force.")
    updated_at: Instant | None = Field(description="The last substantial change.")
    modified_at: Instant = Field(description="The last change of any kind.")
    created_at: Instant = Field(description="When it was first saved.")
    revision: int = Field(ge=1, description="How often it was saved.")
    word_count: int = Field(ge=0, description="Of the body.")
    reading_minutes: int = Field(ge=0, description="At 200 words a minute, rounded up.")
    origin: ArticleOrigin | None = Field(description="Where it was imported from; null for what was written here.")
    corrections: list[ArticleCorrection] = Field(description="Corrections that readers are told of.")
    editors_note: EditorsNote
    genre: StatedGenre
    dateline: Dateline
    headlines: Headlines = Field(description=VARIANTS)
    flags: list[ContentFlag] = Field(description="What readers are to know before they read.")
    ai: AiOrigin | None = Field(description="What part AI had in it; null where nothing was said.")
    expires_at: Expiry


class ArticleOut(ArticleCard):
    """One article."""

    body: Body = Field(description="The text, in blocks.")


class ArticleIncluded(BaseModel):
    """What `include` asked for, each object once: what the articles name, and what the notes beside them name."""

    tags: dict[Slug, TagOut] | MISSING = Field(default=MISSING, description="By slug: tags and sections.")
    sources: dict[Slug, SourceOut] | MISSING = Field(
        default=MISSING, description="By slug: the sources that attributions, quotes and pictures name."
    )
    notes: dict[NoteRef, NoteOut] | MISSING = Field(
        default=MISSING,
        description="By slug: the reference notes in the bodies. One that is embedded at a pinned revision stands under"
        " `slug@revision` too, as it was.",
    )
    articles: dict[Id, ArticleCard] | MISSING = Field(
        default=MISSING,
        description="By id: the articles that relations, and `related` blocks where bodies are shown, name."
        " Asked for as `relations`.",
    )
    translations: dict[Id, dict[Language, ArticleTranslation]] | MISSING = Field(
        default=MISSING, description="By id of an article: its versions in other languages, by language."
    )


FOR_THE_DESK: Final = ("ednote", "working_copy")


class ArticleForDesk(BaseModel):
    """What only the desk sees of an article."""

    ednote: Text | MISSING | None = Field(default=MISSING, description="A note to the desk, for the desk alone.")
    working_copy: bool | MISSING = Field(
        default=MISSING, description="Whether something else of it is public; for the desk alone."
    )


class ArticleSeen(ArticleForDesk, ArticleOut):
    """One article, with what only the desk sees where the desk reads it."""

    model_config = ConfigDict(json_schema_extra=if_asked(*FOR_THE_DESK))


class ArticleAnswer(ArticleSeen):
    """One article, with what `include` asked for."""

    model_config = ConfigDict(json_schema_extra=if_asked(*RENDERED_FIELDS, "included", *FOR_THE_DESK))

    body_html: str | MISSING = Field(default=MISSING, description="The body as HTML; where `fields` names it.")
    body_text: str | MISSING = Field(default=MISSING, description="The body as plain text; where `fields` names it.")
    renditions: ImageRenditions | MISSING = Field(
        default=MISSING, description="Other widths and formats of its pictures, by `url`; where `fields` names it."
    )
    included: ArticleIncluded | MISSING = MISSING


class ArticleWritten(ArticleOut):
    """The article as it is after the write."""

    ednote: Text | None = Field(description="A note to the desk; no reader ever sees it.")
    working_copy: bool = Field(description="Whether something else of it is public; no reader ever sees it.")
    warnings: list[WriteWarning] = Field(description="What is not stored as it was sent, such as removed elements.")


class ArticleHit(ArticleHighlighted, ArticleForDesk, ArticleCard):
    """An article in a list, without its body."""

    model_config = ConfigDict(json_schema_extra=if_asked(*HIGHLIGHTED, *FOR_THE_DESK))


class ArticleSelection(ArticleHighlighted, ArticleAnswer):
    """Those fields of an article that `fields` named; id and slug are always there."""

    model_config = ConfigDict(json_schema_extra=only_required("id", "slug"))


# The article with its body comes first, for a client that takes the first that fits: `fields` may name all there is.
class ArticlePage(Page[ArticleAnswer | ArticleHit | ArticleSelection, ArticleIncluded], Searched):
    """One page of articles: cards, or what `fields` selected."""

    model_config = ConfigDict(json_schema_extra=if_asked("facets", "explain"))

    facets: dict[str, Facet] | MISSING = Field(
        default=MISSING,
        description=f"What `facets` asked for, by name: of {', '.join(f'`{name}`' for name in FACETS)}.",
        json_schema_extra={"propertyNames": {"enum": [*FACETS]}},
    )
    explain: Explanation | MISSING = Field(default=MISSING, description="Asked for by `explain=true`.")


class ArticleState(ArticleOut):
    """All that is stored of an article: its document, and what only the desk or a 410 tells of it."""

    ednote: Text | None = None
    withdrawal: Withdrawal | None = None
    former_slugs: list[Slug] = Field(default=[], max_length=10_000, description="Slugs it was public under before.")
    working_copy: bool = Field(default=False, description="What is public goes on beside it.")
