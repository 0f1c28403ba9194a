"""What the API is sent and answers. Made from the OpenAPI document by `make clients`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict


class AiOrigin(TypedDict):
    use: Literal["none", "assisted", "generated"]
    digital_source_type: (
        Literal[
            "digitalCapture",
            "computationalCapture",
            "negativeFilm",
            "positiveFilm",
            "print",
            "minorHumanEdits",
            "humanEdits",
            "algorithmicallyEnhanced",
            "softwareImage",
            "digitalArt",
            "digitalCreation",
            "dataDrivenMedia",
            "trainedAlgorithmicMedia",
            "algorithmicMedia",
            "screenCapture",
            "virtualRecording",
            "composite",
            "compositeCapture",
            "compositeSynthetic",
            "compositeWithTrainedAlgorithmicMedia",
        ]
        | None
    )
    reviewed: bool
    note: str | None


class AiOriginIn(TypedDict):
    use: Literal["none", "assisted", "generated"]
    digital_source_type: NotRequired[
        Literal[
            "digitalCapture",
            "computationalCapture",
            "negativeFilm",
            "positiveFilm",
            "print",
            "minorHumanEdits",
            "humanEdits",
            "algorithmicallyEnhanced",
            "softwareImage",
            "digitalArt",
            "digitalCreation",
            "dataDrivenMedia",
            "trainedAlgorithmicMedia",
            "algorithmicMedia",
            "screenCapture",
            "virtualRecording",
            "composite",
            "compositeCapture",
            "compositeSynthetic",
            "compositeWithTrainedAlgorithmicMedia",
        ]
        | None
    ]
    reviewed: NotRequired[bool]
    note: NotRequired[str | None]


class AiOriginPatch(TypedDict):
    use: NotRequired[Literal["none", "assisted", "generated"]]
    digital_source_type: NotRequired[
        Literal[
            "digitalCapture",
            "computationalCapture",
            "negativeFilm",
            "positiveFilm",
            "print",
            "minorHumanEdits",
            "humanEdits",
            "algorithmicallyEnhanced",
            "softwareImage",
            "digitalArt",
            "digitalCreation",
            "dataDrivenMedia",
            "trainedAlgorithmicMedia",
            "algorithmicMedia",
            "screenCapture",
            "virtualRecording",
            "composite",
            "compositeCapture",
            "compositeSynthetic",
            "compositeWithTrainedAlgorithmicMedia",
        ]
        | None
    ]
    reviewed: NotRequired[bool | None]
    note: NotRequired[str | None]


class ArchivePeriod(TypedDict):
    period: str
    count: int


class ArticleActionResult(TypedDict):
    ref: str
    outcome: Literal["updated", "unchanged", "error"]
    revision: int | None
    error: ArticleRefusal | None


class ArticleActionResults(TypedDict):
    items: list[ArticleActionResult]


class ArticleActionsIn(TypedDict):
    action: Literal["publish", "unpublish", "withdraw", "tag", "untag"]
    refs: list[str]
    at: NotRequired[str | None]
    expires_at: NotRequired[str | None]
    reason: NotRequired[Literal["legal", "privacy", "rights", "error", "embargo", "other"] | None]
    public_note: NotRequired[str | None]
    replacement: NotRequired[str | None]
    tags: NotRequired[list[str]]


class ArticleAnswer(TypedDict):
    id: str
    slug: str
    language: str
    headline: str
    kicker: str | None
    standfirst: str | None
    excerpt: str | None
    byline: str | None
    section: str | None
    tags: list[str]
    attributions: list[Attribution]
    notes: list[str]
    image: Image | None
    relations: list[StoryRelation]
    translation_of: str | None
    status: Literal["draft", "scheduled", "published", "withdrawn", "expired"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    word_count: int
    reading_minutes: int
    origin: ArticleOrigin | None
    corrections: list[ArticleCorrection]
    editors_note: str | None
    genre: (
        Literal[
            "news",
            "analysis",
            "opinion",
            "interview",
            "feature",
            "review",
            "live",
            "obituary",
            "explainer",
            "fact_check",
            "press_release",
            "sponsored",
        ]
        | None
    )
    dateline: str | None
    headlines: Headlines
    flags: list[Literal["sensitive", "graphic", "sponsored"]]
    ai: AiOrigin | None
    expires_at: str | None
    body: list[Block]
    ednote: NotRequired[str | None]
    working_copy: NotRequired[bool]
    body_html: NotRequired[str]
    body_text: NotRequired[str]
    renditions: NotRequired[dict[str, list[ImageRendition]]]
    included: NotRequired[ArticleIncluded]


class ArticleArchive(TypedDict):
    items: list[ArchivePeriod]


class ArticleCard(TypedDict):
    id: str
    slug: str
    language: str
    headline: str
    kicker: str | None
    standfirst: str | None
    excerpt: str | None
    byline: str | None
    section: str | None
    tags: list[str]
    attributions: list[Attribution]
    notes: list[str]
    image: Image | None
    relations: list[StoryRelation]
    translation_of: str | None
    status: Literal["draft", "scheduled", "published", "withdrawn", "expired"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    word_count: int
    reading_minutes: int
    origin: ArticleOrigin | None
    corrections: list[ArticleCorrection]
    editors_note: str | None
    genre: (
        Literal[
            "news",
            "analysis",
            "opinion",
            "interview",
            "feature",
            "review",
            "live",
            "obituary",
            "explainer",
            "fact_check",
            "press_release",
            "sponsored",
        ]
        | None
    )
    dateline: str | None
    headlines: Headlines
    flags: list[Literal["sensitive", "graphic", "sponsored"]]
    ai: AiOrigin | None
    expires_at: str | None


class ArticleCorrectIn(TypedDict):
    kind: Literal["correction", "clarification"]
    text: str


class ArticleCorrection(TypedDict):
    kind: Literal["correction", "clarification"]
    text: str
    at: str
    revision: int


class ArticleHighlights(TypedDict):
    headline: list[Highlight]
    kicker: list[Highlight]
    standfirst: list[Highlight]
    body: list[BlockHighlight]


class ArticleHit(TypedDict):
    id: str
    slug: str
    language: str
    headline: str
    kicker: str | None
    standfirst: str | None
    excerpt: str | None
    byline: str | None
    section: str | None
    tags: list[str]
    attributions: list[Attribution]
    notes: list[str]
    image: Image | None
    relations: list[StoryRelation]
    translation_of: str | None
    status: Literal["draft", "scheduled", "published", "withdrawn", "expired"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    word_count: int
    reading_minutes: int
    origin: ArticleOrigin | None
    corrections: list[ArticleCorrection]
    editors_note: str | None
    genre: (
        Literal[
            "news",
            "analysis",
            "opinion",
            "interview",
            "feature",
            "review",
            "live",
            "obituary",
            "explainer",
            "fact_check",
            "press_release",
            "sponsored",
        ]
        | None
    )
    dateline: str | None
    headlines: Headlines
    flags: list[Literal["sensitive", "graphic", "sponsored"]]
    ai: AiOrigin | None
    expires_at: str | None
    ednote: NotRequired[str | None]
    working_copy: NotRequired[bool]
    highlights: NotRequired[ArticleHighlights]
    snippet_html: NotRequired[str | None]


class ArticleIn(TypedDict):
    body: NotRequired[list[BlockIn]]
    body_html: NotRequired[str | None]
    slug: NotRequired[str | None]
    language: str
    headline: NotRequired[str]
    kicker: NotRequired[str | None]
    standfirst: NotRequired[str | None]
    byline: NotRequired[str | None]
    section: NotRequired[str | None]
    tags: NotRequired[list[str]]
    attributions: NotRequired[list[AttributionIn]]
    image: NotRequired[ImageIn | None]
    relations: NotRequired[list[StoryRelationIn]]
    translation_of: NotRequired[str | None]
    editors_note: NotRequired[str | None]
    ednote: NotRequired[str | None]
    genre: NotRequired[
        Literal[
            "news",
            "analysis",
            "opinion",
            "interview",
            "feature",
            "review",
            "live",
            "obituary",
            "explainer",
            "fact_check",
            "press_release",
            "sponsored",
        ]
        | None
    ]
    dateline: NotRequired[str | None]
    headlines: NotRequired[HeadlinesIn]
    flags: NotRequired[list[Literal["sensitive", "graphic", "sponsored"]]]
    ai: NotRequired[AiOriginIn | None]
    expires_at: NotRequired[str | None]


class ArticleIncluded(TypedDict):
    tags: NotRequired[dict[str, TagOut]]
    sources: NotRequired[dict[str, SourceOut]]
    notes: NotRequired[dict[str, NoteOut]]
    articles: NotRequired[dict[str, ArticleCard]]
    translations: NotRequired[dict[str, dict[str, ArticleTranslation]]]


class ArticleOrigin(TypedDict):
    system: str | None
    id: str | None
    url: str | None
    imported_at: str
    importer: str


class ArticlePage(TypedDict):
    did_you_mean: str | None
    items: list[ArticleAnswer | ArticleHit | ArticleSelection]
    next: str | None
    prev: str | None
    count: ListCount | None
    included: ArticleIncluded
    facets: NotRequired[dict[str, Facet]]
    explain: NotRequired[Explanation]


class ArticlePatch(TypedDict):
    body: NotRequired[list[BlockIn] | None]
    body_html: NotRequired[str | None]
    slug: NotRequired[str | None]
    language: NotRequired[str]
    headline: NotRequired[str | None]
    kicker: NotRequired[str | None]
    standfirst: NotRequired[str | None]
    byline: NotRequired[str | None]
    section: NotRequired[str | None]
    tags: NotRequired[list[str] | None]
    attributions: NotRequired[list[AttributionIn] | None]
    image: NotRequired[ImagePatch | None]
    relations: NotRequired[list[StoryRelationIn] | None]
    translation_of: NotRequired[str | None]
    editors_note: NotRequired[str | None]
    ednote: NotRequired[str | None]
    genre: NotRequired[
        Literal[
            "news",
            "analysis",
            "opinion",
            "interview",
            "feature",
            "review",
            "live",
            "obituary",
            "explainer",
            "fact_check",
            "press_release",
            "sponsored",
        ]
        | None
    ]
    dateline: NotRequired[str | None]
    headlines: NotRequired[HeadlinesPatch | None]
    flags: NotRequired[list[Literal["sensitive", "graphic", "sponsored"]] | None]
    ai: NotRequired[AiOriginPatch | None]
    expires_at: NotRequired[str | None]
    minor: NotRequired[bool | None]


class ArticlePublishIn(TypedDict):
    at: NotRequired[str | None]
    expires_at: NotRequired[str | None]


class ArticleRefusal(TypedDict):
    code: str
    detail: str
    errors: list[ProblemFault]


class ArticleResult(TypedDict):
    score: float
    snippet_html: str | None
    noun: Literal["article"]
    ref: str
    card: ArticleCard


class ArticleSelection(TypedDict):
    id: str
    slug: str
    language: NotRequired[str]
    headline: NotRequired[str]
    kicker: NotRequired[str | None]
    standfirst: NotRequired[str | None]
    excerpt: NotRequired[str | None]
    byline: NotRequired[str | None]
    section: NotRequired[str | None]
    tags: NotRequired[list[str]]
    attributions: NotRequired[list[Attribution]]
    notes: NotRequired[list[str]]
    image: NotRequired[Image | None]
    relations: NotRequired[list[StoryRelation]]
    translation_of: NotRequired[str | None]
    status: NotRequired[Literal["draft", "scheduled", "published", "withdrawn", "expired"]]
    publish_at: NotRequired[str | None]
    first_published_at: NotRequired[str | None]
    published_at: NotRequired[str | None]
    updated_at: NotRequired[str | None]
    modified_at: NotRequired[str]
    created_at: NotRequired[str]
    revision: NotRequired[int]
    word_count: NotRequired[int]
    reading_minutes: NotRequired[int]
    origin: NotRequired[ArticleOrigin | None]
    corrections: NotRequired[list[ArticleCorrection]]
    editors_note: NotRequired[str | None]
    genre: NotRequired[
        Literal[
            "news",
            "analysis",
            "opinion",
            "interview",
            "feature",
            "review",
            "live",
            "obituary",
            "explainer",
            "fact_check",
            "press_release",
            "sponsored",
        ]
        | None
    ]
    dateline: NotRequired[str | None]
    headlines: NotRequired[Headlines]
    flags: NotRequired[list[Literal["sensitive", "graphic", "sponsored"]]]
    ai: NotRequired[AiOrigin | None]
    expires_at: NotRequired[str | None]
    body: NotRequired[list[Block]]
    ednote: NotRequired[str | None]
    working_copy: NotRequired[bool]
    body_html: NotRequired[str]
    body_text: NotRequired[str]
    renditions: NotRequired[dict[str, list[ImageRendition]]]
    included: NotRequired[ArticleIncluded]
    highlights: NotRequired[ArticleHighlights]
    snippet_html: NotRequired[str | None]


class ArticleTranslation(TypedDict):
    id: str
    slug: str
    headline: str


class ArticleWithdrawIn(TypedDict):
    reason: Literal["legal", "privacy", "rights", "error", "embargo", "other"]
    public_note: NotRequired[str | None]
    replacement: NotRequired[str | None]


class ArticleWritten(TypedDict):
    id: str
    slug: str
    language: str
    headline: str
    kicker: str | None
    standfirst: str | None
    excerpt: str | None
    byline: str | None
    section: str | None
    tags: list[str]
    attributions: list[Attribution]
    notes: list[str]
    image: Image | None
    relations: list[StoryRelation]
    translation_of: str | None
    status: Literal["draft", "scheduled", "published", "withdrawn", "expired"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    word_count: int
    reading_minutes: int
    origin: ArticleOrigin | None
    corrections: list[ArticleCorrection]
    editors_note: str | None
    genre: (
        Literal[
            "news",
            "analysis",
            "opinion",
            "interview",
            "feature",
            "review",
            "live",
            "obituary",
            "explainer",
            "fact_check",
            "press_release",
            "sponsored",
        ]
        | None
    )
    dateline: str | None
    headlines: Headlines
    flags: list[Literal["sensitive", "graphic", "sponsored"]]
    ai: AiOrigin | None
    expires_at: str | None
    body: list[Block]
    ednote: str | None
    working_copy: bool
    warnings: list[WriteWarning]


class Attribution(TypedDict):
    source: str
    role: Literal[
        "author", "reported_by", "said_by", "published_by", "photographer", "document", "data", "editor", "translator"
    ]
    channel: Literal["telegram", "press_release", "interview", "social", "website", "broadcast"] | None
    url: str | None
    text: str | None
    block: str | None
    seen_at: str | None


class AttributionIn(TypedDict):
    source: str
    role: Literal[
        "author", "reported_by", "said_by", "published_by", "photographer", "document", "data", "editor", "translator"
    ]
    channel: NotRequired[Literal["telegram", "press_release", "interview", "social", "website", "broadcast"] | None]
    url: NotRequired[str | None]
    text: NotRequired[str | None]
    block: NotRequired[str | None]
    seen_at: NotRequired[str | None]


class BlockAdded(TypedDict):
    op: Literal["added"]
    id: str
    block: dict[str, JsonValue]


class BlockChanged(TypedDict):
    op: Literal["changed"]
    id: str
    type: JsonValue
    fields: list[FieldChange]


class BlockHighlight(TypedDict):
    start: int
    end: int
    block: str


class BlockKept(TypedDict):
    op: Literal["kept"]
    id: str


class BlockMoved(TypedDict):
    op: Literal["moved"]
    id: str
    type: JsonValue
    old_place: int
    new_place: int
    fields: list[FieldChange]


class BlockRemoved(TypedDict):
    op: Literal["removed"]
    id: str
    block: dict[str, JsonValue]


class ChangeEntry(TypedDict):
    at: str
    op: Literal["created", "updated", "published", "unpublished", "withdrawn", "expired", "deleted", "corrected"]
    noun: Literal["tag", "source", "note", "article", "collection"]
    ref: str
    revision: int
    keys: list[str]
    reason: str | None
    actor: NotRequired[str]
    seq: int
    document: dict[str, Any] | None


class ChangePage(TypedDict):
    items: list[ChangeEntry]
    head: int
    after: NotRequired[int]


class CodeBlock(TypedDict):
    id: str
    type: Literal["code"]
    language: str | None
    text: str


class CodeBlockIn(TypedDict):
    id: NotRequired[str]
    type: Literal["code"]
    language: NotRequired[str | None]
    text: str


class CollectionAnswer(TypedDict):
    slug: str
    labels: dict[str, str]
    description: dict[str, str]
    pinned: list[str]
    fill: str | None
    length: int
    status: Literal["draft", "scheduled", "published", "withdrawn"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    working_copy: NotRequired[bool]


class CollectionIn(TypedDict):
    slug: str
    labels: dict[str, str]
    description: NotRequired[dict[str, str]]
    pinned: NotRequired[list[str]]
    fill: NotRequired[str | None]
    length: NotRequired[int]


class CollectionItems(TypedDict):
    items: list[ArticleAnswer | ArticleHit | ArticleSelection]
    next: str | None
    prev: str | None
    count: ListCount | None
    included: ArticleIncluded


class CollectionPage(TypedDict):
    items: list[CollectionAnswer | CollectionSelection]
    next: str | None
    prev: str | None
    count: ListCount | None
    included: NothingIncluded


class CollectionPatch(TypedDict):
    slug: NotRequired[str]
    labels: NotRequired[dict[str, str | None]]
    description: NotRequired[dict[str, str | None] | None]
    pinned: NotRequired[list[str] | None]
    fill: NotRequired[str | None]
    length: NotRequired[int | None]


class CollectionPut(TypedDict):
    slug: NotRequired[str | None]
    labels: dict[str, str]
    description: NotRequired[dict[str, str]]
    pinned: NotRequired[list[str]]
    fill: NotRequired[str | None]
    length: NotRequired[int]


class CollectionSelection(TypedDict):
    slug: str
    labels: NotRequired[dict[str, str]]
    description: NotRequired[dict[str, str]]
    pinned: NotRequired[list[str]]
    fill: NotRequired[str | None]
    length: NotRequired[int]
    status: NotRequired[Literal["draft", "scheduled", "published", "withdrawn"]]
    publish_at: NotRequired[str | None]
    first_published_at: NotRequired[str | None]
    published_at: NotRequired[str | None]
    updated_at: NotRequired[str | None]
    modified_at: NotRequired[str]
    created_at: NotRequired[str]
    revision: NotRequired[int]
    working_copy: NotRequired[bool]


class CollectionWithdrawIn(TypedDict):
    reason: Literal["legal", "privacy", "rights", "error", "embargo", "other"]
    public_note: NotRequired[str | None]


class CollectionWritten(TypedDict):
    slug: str
    labels: dict[str, str]
    description: dict[str, str]
    pinned: list[str]
    fill: str | None
    length: int
    status: Literal["draft", "scheduled", "published", "withdrawn"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    working_copy: bool
    warnings: list[WriteWarning]


class DividerBlock(TypedDict):
    id: str
    type: Literal["divider"]


class DividerBlockIn(TypedDict):
    id: NotRequired[str]
    type: Literal["divider"]


class DocumentDifference(TypedDict):
    fields: list[FieldChange]
    body: list[BlockKept | BlockChanged | BlockMoved | BlockAdded | BlockRemoved] | None


class EditorsRelation(TypedDict):
    relation: Literal["previous_coverage", "follow_up", "background", "correction_of", "same_event"]


class EmbedBlock(TypedDict):
    id: str
    type: Literal["embed"]
    provider: str
    url: str
    html: str | None


class EmbedBlockIn(TypedDict):
    id: NotRequired[str]
    type: Literal["embed"]
    provider: str
    url: str
    html: NotRequired[str | None]


class EmptyBody(TypedDict):
    pass


class EraseIn(TypedDict):
    reason: Literal["legal", "privacy", "rights", "error", "embargo", "other"]


class Explanation(TypedDict):
    sentence: str
    index: str
    cost_ms: float


class Facet(TypedDict):
    values: list[FacetValue]
    exact: bool


class FacetValue(TypedDict):
    value: str
    count: int


class FactHighlight(TypedDict):
    start: int
    end: int
    fact: int


class FieldChange(TypedDict):
    old: NotRequired[JsonValue]
    new: NotRequired[JsonValue]
    words: list[TextPiece] | None
    items: list[ListItemChange] | None
    fields: list[FieldChange] | None
    field: str


class FocalPoint(TypedDict):
    x: float
    y: float


class FocalPointIn(TypedDict):
    x: float
    y: float


class FocalPointPatch(TypedDict):
    x: NotRequired[float]
    y: NotRequired[float]


class ForbiddenProblem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[ProblemFault]
    scope: str


class HeadingBlock(TypedDict):
    id: str
    type: Literal["heading"]
    level: Literal[2, 3, 4]
    text: str


class HeadingBlockIn(TypedDict):
    id: NotRequired[str]
    type: Literal["heading"]
    level: NotRequired[Literal[2, 3, 4]]
    text: str


class Headlines(TypedDict):
    seo: str | None
    social: str | None
    short: str | None


class HeadlinesIn(TypedDict):
    seo: NotRequired[str | None]
    social: NotRequired[str | None]
    short: NotRequired[str | None]


class HeadlinesPatch(TypedDict):
    seo: NotRequired[str | None]
    social: NotRequired[str | None]
    short: NotRequired[str | None]


class Highlight(TypedDict):
    start: int
    end: int


class Image(TypedDict):
    url: str | None
    media: Literal["photo", "video", "drawing"]
    alt_text: str | None
    caption: str | None
    credit_line: str | None
    photographer: str | None
    source: str | None
    copyright_notice: str | None
    width: int | None
    height: int | None
    focal_point: FocalPoint | None
    ai: AiOrigin | None


class ImageBlock(TypedDict):
    id: str
    url: str | None
    media: Literal["photo", "video", "drawing"]
    alt_text: str | None
    caption: str | None
    credit_line: str | None
    photographer: str | None
    source: str | None
    copyright_notice: str | None
    width: int | None
    height: int | None
    focal_point: FocalPoint | None
    ai: AiOrigin | None
    type: Literal["image"]


class ImageBlockIn(TypedDict):
    id: NotRequired[str]
    url: NotRequired[str | None]
    media: NotRequired[Literal["photo", "video", "drawing"]]
    alt_text: NotRequired[str | None]
    caption: NotRequired[str | None]
    credit_line: NotRequired[str | None]
    photographer: NotRequired[str | None]
    source: NotRequired[str | None]
    copyright_notice: NotRequired[str | None]
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    focal_point: NotRequired[FocalPointIn | None]
    ai: NotRequired[AiOriginIn | None]
    type: Literal["image"]


class ImageIn(TypedDict):
    url: NotRequired[str | None]
    media: NotRequired[Literal["photo", "video", "drawing"]]
    alt_text: NotRequired[str | None]
    caption: NotRequired[str | None]
    credit_line: NotRequired[str | None]
    photographer: NotRequired[str | None]
    source: NotRequired[str | None]
    copyright_notice: NotRequired[str | None]
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    focal_point: NotRequired[FocalPointIn | None]
    ai: NotRequired[AiOriginIn | None]


class ImagePatch(TypedDict):
    url: NotRequired[str | None]
    media: NotRequired[Literal["photo", "video", "drawing"] | None]
    alt_text: NotRequired[str | None]
    caption: NotRequired[str | None]
    credit_line: NotRequired[str | None]
    photographer: NotRequired[str | None]
    source: NotRequired[str | None]
    copyright_notice: NotRequired[str | None]
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    focal_point: NotRequired[FocalPointPatch | None]
    ai: NotRequired[AiOriginPatch | None]


class ImageRendition(TypedDict):
    url: str
    width: int
    height: int | None
    format: str | None


class ListBlock(TypedDict):
    id: str
    type: Literal["list"]
    ordered: bool
    items: list[str]


class ListBlockIn(TypedDict):
    id: NotRequired[str]
    type: Literal["list"]
    ordered: NotRequired[bool]
    items: list[str]


class ListCount(TypedDict):
    value: int
    exact: bool


class ListItemChange(TypedDict):
    old: NotRequired[JsonValue]
    new: NotRequired[JsonValue]
    words: list[TextPiece] | None
    items: list[ListItemChange] | None
    fields: list[FieldChange] | None
    op: Literal["equal", "change", "insert", "delete"]


class NoteAnswer(TypedDict):
    slug: str
    language: str
    heading: str
    facts: list[NoteFact]
    as_of: str | None
    tags: list[str]
    attributions: list[Attribution]
    translation_of: str | None
    status: Literal["draft", "scheduled", "published", "withdrawn"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    ai: AiOrigin | None
    body: list[Block]
    body_html: NotRequired[str]
    body_text: NotRequired[str]
    renditions: NotRequired[dict[str, list[ImageRendition]]]
    included: NotRequired[NoteIncluded]


class NoteCard(TypedDict):
    slug: str
    language: str
    heading: str
    facts: list[NoteFact]
    as_of: str | None
    tags: list[str]
    attributions: list[Attribution]
    translation_of: str | None
    status: Literal["draft", "scheduled", "published", "withdrawn"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    ai: AiOrigin | None


class NoteFact(TypedDict):
    on: str | None
    to: str | None
    year_inferred: bool
    text: str
    attributions: list[Attribution]


class NoteFactIn(TypedDict):
    on: NotRequired[str | None]
    to: NotRequired[str | None]
    year_inferred: NotRequired[bool]
    text: str
    attributions: NotRequired[list[AttributionIn]]


class NoteHighlights(TypedDict):
    heading: list[Highlight]
    body: list[BlockHighlight]
    facts: list[FactHighlight]


class NoteHit(TypedDict):
    slug: str
    language: str
    heading: str
    facts: list[NoteFact]
    as_of: str | None
    tags: list[str]
    attributions: list[Attribution]
    translation_of: str | None
    status: Literal["draft", "scheduled", "published", "withdrawn"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    ai: AiOrigin | None
    highlights: NotRequired[NoteHighlights]
    snippet_html: NotRequired[str | None]


class NoteIn(TypedDict):
    body: NotRequired[list[BlockIn]]
    body_html: NotRequired[str | None]
    slug: str
    language: str
    heading: str
    facts: NotRequired[list[NoteFactIn]]
    as_of: NotRequired[str | None]
    tags: NotRequired[list[str]]
    attributions: NotRequired[list[AttributionIn]]
    translation_of: NotRequired[str | None]
    ai: NotRequired[AiOriginIn | None]


class NoteIncluded(TypedDict):
    tags: NotRequired[dict[str, TagOut]]
    sources: NotRequired[dict[str, SourceOut]]


class NoteOut(TypedDict):
    slug: str
    language: str
    heading: str
    facts: list[NoteFact]
    as_of: str | None
    tags: list[str]
    attributions: list[Attribution]
    translation_of: str | None
    status: Literal["draft", "scheduled", "published", "withdrawn"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    ai: AiOrigin | None
    body: list[Block]


class NotePage(TypedDict):
    did_you_mean: str | None
    items: list[NoteAnswer | NoteHit | NoteSelection]
    next: str | None
    prev: str | None
    count: ListCount | None
    included: NoteIncluded
    explain: NotRequired[Explanation]


class NotePatch(TypedDict):
    body: NotRequired[list[BlockIn] | None]
    body_html: NotRequired[str | None]
    slug: NotRequired[str]
    language: NotRequired[str]
    heading: NotRequired[str]
    facts: NotRequired[list[NoteFactIn] | None]
    as_of: NotRequired[str | None]
    tags: NotRequired[list[str] | None]
    attributions: NotRequired[list[AttributionIn] | None]
    translation_of: NotRequired[str | None]
    ai: NotRequired[AiOriginPatch | None]
    minor: NotRequired[bool | None]


class NotePut(TypedDict):
    body: NotRequired[list[BlockIn]]
    body_html: NotRequired[str | None]
    slug: NotRequired[str | None]
    language: str
    heading: str
    facts: NotRequired[list[NoteFactIn]]
    as_of: NotRequired[str | None]
    tags: NotRequired[list[str]]
    attributions: NotRequired[list[AttributionIn]]
    translation_of: NotRequired[str | None]
    ai: NotRequired[AiOriginIn | None]


class NoteResult(TypedDict):
    score: float
    snippet_html: str | None
    noun: Literal["note"]
    ref: str
    card: NoteCard


class NoteSelection(TypedDict):
    slug: str
    language: NotRequired[str]
    heading: NotRequired[str]
    facts: NotRequired[list[NoteFact]]
    as_of: NotRequired[str | None]
    tags: NotRequired[list[str]]
    attributions: NotRequired[list[Attribution]]
    translation_of: NotRequired[str | None]
    status: NotRequired[Literal["draft", "scheduled", "published", "withdrawn"]]
    publish_at: NotRequired[str | None]
    first_published_at: NotRequired[str | None]
    published_at: NotRequired[str | None]
    updated_at: NotRequired[str | None]
    modified_at: NotRequired[str]
    created_at: NotRequired[str]
    revision: NotRequired[int]
    ai: NotRequired[AiOrigin | None]
    body: NotRequired[list[Block]]
    body_html: NotRequired[str]
    body_text: NotRequired[str]
    renditions: NotRequired[dict[str, list[ImageRendition]]]
    included: NotRequired[NoteIncluded]
    highlights: NotRequired[NoteHighlights]
    snippet_html: NotRequired[str | None]


class NoteWithdrawIn(TypedDict):
    reason: Literal["legal", "privacy", "rights", "error", "embargo", "other"]
    public_note: NotRequired[str | None]
    replacement: NotRequired[str | None]


class NoteWritten(TypedDict):
    slug: str
    language: str
    heading: str
    facts: list[NoteFact]
    as_of: str | None
    tags: list[str]
    attributions: list[Attribution]
    translation_of: str | None
    status: Literal["draft", "scheduled", "published", "withdrawn"]
    publish_at: str | None
    first_published_at: str | None
    published_at: str | None
    updated_at: str | None
    modified_at: str
    created_at: str
    revision: int
    ai: AiOrigin | None
    body: list[Block]
    warnings: list[WriteWarning]


class NothingIncluded(TypedDict):
    pass


class ObjectAddress(TypedDict):
    id: str | None
    slug: str
    language: str


class ParagraphBlock(TypedDict):
    id: str
    type: Literal["paragraph"]
    html: str


class ParagraphBlockIn(TypedDict):
    id: NotRequired[str]
    type: Literal["paragraph"]
    html: str


class PreviewIn(TypedDict):
    expires_in_seconds: NotRequired[int]


class PreviewOut(TypedDict):
    url: str
    expires_at: str


class ProblemDetails(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[ProblemFault]


class ProblemFault(TypedDict):
    parameter: NotRequired[str]
    pointer: NotRequired[str]
    code: str
    detail: str
    allowed: NotRequired[list[str]]


class PublishIn(TypedDict):
    at: NotRequired[str | None]


class QuoteBlock(TypedDict):
    id: str
    type: Literal["quote"]
    html: str
    source: str | None
    attribution: str | None
    verbatim: bool
    language: str | None


class QuoteBlockIn(TypedDict):
    id: NotRequired[str]
    type: Literal["quote"]
    html: str
    source: NotRequired[str | None]
    attribution: NotRequired[str | None]
    verbatim: NotRequired[bool]
    language: NotRequired[str | None]


class QuoteIncluded(TypedDict):
    articles: NotRequired[dict[str, ArticleCard]]


class QuoteOut(TypedDict):
    article: str
    block: str
    html: str
    text: str
    source: str | None
    attribution: str | None
    verbatim: bool
    language: str
    published_at: str | None


class QuotePage(TypedDict):
    items: list[QuoteOut]
    next: str | None
    included: QuoteIncluded


RedirectOut = TypedDict(
    "RedirectOut",
    {
        "noun": 'Literal["tag", "source", "note", "article", "collection"]',
        "from": "str",
        "to": "str",
        "language": "str",
        "at": "str",
    },
)


class RedirectPage(TypedDict):
    items: list[RedirectOut]
    next: str | None


class ReferenceNoteBlock(TypedDict):
    id: str
    type: Literal["reference_note"]
    note: str
    revision: int | None


class ReferenceNoteBlockIn(TypedDict):
    id: NotRequired[str]
    type: Literal["reference_note"]
    note: str
    revision: NotRequired[int | None]


class RelatedArticle(TypedDict):
    card: ArticleCard
    by: Literal["editor", "automatic"]
    because: list[EditorsRelation | SharedTag | SharedSource | SharedNote | SharedWords]


class RelatedArticles(TypedDict):
    items: list[RelatedArticle]


class RelatedBlock(TypedDict):
    id: str
    relation: Literal["previous_coverage", "follow_up", "background", "correction_of", "same_event"]
    article: str | None
    url: str | None
    text: str | None
    type: Literal["related"]


class RelatedBlockIn(TypedDict):
    id: NotRequired[str]
    relation: Literal["previous_coverage", "follow_up", "background", "correction_of", "same_event"]
    article: NotRequired[str | None]
    url: NotRequired[str | None]
    text: NotRequired[str | None]
    type: Literal["related"]


class RevisionOut(TypedDict):
    revision: int
    at: str
    op: Literal["created", "updated", "published", "unpublished", "withdrawn", "expired", "deleted", "corrected"]
    kind: str | None
    note: str | None
    actor: NotRequired[str | None]


class RevisionPage(TypedDict):
    items: list[RevisionOut]
    next: str | None


class SearchPage(TypedDict):
    did_you_mean: str | None
    items: list[ArticleResult | NoteResult | SourceResult | TagResult]
    next: str | None


class SharedNote(TypedDict):
    note: str


class SharedSource(TypedDict):
    source: str


class SharedTag(TypedDict):
    tag: str


class SharedWords(TypedDict):
    words: list[str]


class SourceIn(TypedDict):
    slug: str
    type: Literal["person", "organisation", "media", "channel", "document"]
    identity: NotRequired[Literal["named", "role_only", "withheld"]]
    names: dict[str, str]
    aliases: NotRequired[list[str]]
    description: NotRequired[dict[str, str]]
    urls: NotRequired[list[str]]
    parent: NotRequired[str | None]


class SourceIncluded(TypedDict):
    counts: NotRequired[dict[str, int]]


class SourceOut(TypedDict):
    slug: str
    type: Literal["person", "organisation", "media", "channel", "document"]
    identity: Literal["named", "role_only", "withheld"]
    names: dict[str, str]
    aliases: list[str]
    description: dict[str, str]
    urls: list[str]
    parent: str | None
    revision: int
    created_at: str
    modified_at: str


class SourcePage(TypedDict):
    items: list[SourceOut | SourceSelection]
    next: str | None
    prev: str | None
    count: ListCount | None
    included: SourceIncluded


class SourcePatch(TypedDict):
    slug: NotRequired[str]
    type: NotRequired[Literal["person", "organisation", "media", "channel", "document"]]
    identity: NotRequired[Literal["named", "role_only", "withheld"] | None]
    names: NotRequired[dict[str, str | None]]
    aliases: NotRequired[list[str] | None]
    description: NotRequired[dict[str, str | None] | None]
    urls: NotRequired[list[str] | None]
    parent: NotRequired[str | None]


class SourcePut(TypedDict):
    slug: NotRequired[str | None]
    type: Literal["person", "organisation", "media", "channel", "document"]
    identity: NotRequired[Literal["named", "role_only", "withheld"]]
    names: dict[str, str]
    aliases: NotRequired[list[str]]
    description: NotRequired[dict[str, str]]
    urls: NotRequired[list[str]]
    parent: NotRequired[str | None]


class SourceResult(TypedDict):
    score: float
    snippet_html: str | None
    noun: Literal["source"]
    ref: str
    card: SourceOut


class SourceSelection(TypedDict):
    slug: str
    type: NotRequired[Literal["person", "organisation", "media", "channel", "document"]]
    identity: NotRequired[Literal["named", "role_only", "withheld"]]
    names: NotRequired[dict[str, str]]
    aliases: NotRequired[list[str]]
    description: NotRequired[dict[str, str]]
    urls: NotRequired[list[str]]
    parent: NotRequired[str | None]
    revision: NotRequired[int]
    created_at: NotRequired[str]
    modified_at: NotRequired[str]


class SourceWritten(TypedDict):
    slug: str
    type: Literal["person", "organisation", "media", "channel", "document"]
    identity: Literal["named", "role_only", "withheld"]
    names: dict[str, str]
    aliases: list[str]
    description: dict[str, str]
    urls: list[str]
    parent: str | None
    revision: int
    created_at: str
    modified_at: str
    warnings: list[WriteWarning]


class StaleProblem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[ProblemFault]
    revision: int | None


class StoryRelation(TypedDict):
    relation: Literal["previous_coverage", "follow_up", "background", "correction_of", "same_event"]
    article: str | None
    url: str | None
    text: str | None


class StoryRelationIn(TypedDict):
    relation: Literal["previous_coverage", "follow_up", "background", "correction_of", "same_event"]
    article: NotRequired[str | None]
    url: NotRequired[str | None]
    text: NotRequired[str | None]


class StreamedChange(TypedDict):
    at: str
    op: Literal["created", "updated", "published", "unpublished", "withdrawn", "expired", "deleted", "corrected"]
    noun: Literal["tag", "source", "note", "article", "collection"]
    ref: str
    revision: int
    keys: list[str]
    reason: str | None
    actor: NotRequired[str]


class Suggestion(TypedDict):
    noun: Literal["tag", "source", "note", "article", "collection"]
    ref: str
    text: str
    language: str | None


class Suggestions(TypedDict):
    items: list[Suggestion]


class TableBlock(TypedDict):
    id: str
    type: Literal["table"]
    header: list[str]
    rows: list[list[str]]


class TableBlockIn(TypedDict):
    id: NotRequired[str]
    type: Literal["table"]
    header: NotRequired[list[str]]
    rows: list[list[str]]


class TagAnswer(TypedDict):
    slug: str
    type: Literal["topic", "section", "person", "organisation", "place", "event", "series"]
    labels: dict[str, str]
    description: dict[str, str]
    parent: str | None
    same_as: list[str]
    order: int | None
    revision: int
    created_at: str
    modified_at: str
    included: NotRequired[TagIncluded]


class TagIn(TypedDict):
    slug: str
    type: Literal["topic", "section", "person", "organisation", "place", "event", "series"]
    labels: dict[str, str]
    description: NotRequired[dict[str, str]]
    parent: NotRequired[str | None]
    same_as: NotRequired[list[str]]
    order: NotRequired[int | None]


class TagIncluded(TypedDict):
    counts: NotRequired[dict[str, int]]


class TagOut(TypedDict):
    slug: str
    type: Literal["topic", "section", "person", "organisation", "place", "event", "series"]
    labels: dict[str, str]
    description: dict[str, str]
    parent: str | None
    same_as: list[str]
    order: int | None
    revision: int
    created_at: str
    modified_at: str


class TagPage(TypedDict):
    items: list[TagOut | TagSelection]
    next: str | None
    prev: str | None
    count: ListCount | None
    included: TagIncluded


class TagPatch(TypedDict):
    slug: NotRequired[str]
    type: NotRequired[Literal["topic", "section", "person", "organisation", "place", "event", "series"]]
    labels: NotRequired[dict[str, str | None]]
    description: NotRequired[dict[str, str | None] | None]
    parent: NotRequired[str | None]
    same_as: NotRequired[list[str] | None]
    order: NotRequired[int | None]


class TagPut(TypedDict):
    slug: NotRequired[str | None]
    type: Literal["topic", "section", "person", "organisation", "place", "event", "series"]
    labels: dict[str, str]
    description: NotRequired[dict[str, str]]
    parent: NotRequired[str | None]
    same_as: NotRequired[list[str]]
    order: NotRequired[int | None]


class TagResult(TypedDict):
    score: float
    snippet_html: str | None
    noun: Literal["tag"]
    ref: str
    card: TagOut


class TagSelection(TypedDict):
    slug: str
    type: NotRequired[Literal["topic", "section", "person", "organisation", "place", "event", "series"]]
    labels: NotRequired[dict[str, str]]
    description: NotRequired[dict[str, str]]
    parent: NotRequired[str | None]
    same_as: NotRequired[list[str]]
    order: NotRequired[int | None]
    revision: NotRequired[int]
    created_at: NotRequired[str]
    modified_at: NotRequired[str]
    included: NotRequired[TagIncluded]


class TagWritten(TypedDict):
    slug: str
    type: Literal["topic", "section", "person", "organisation", "place", "event", "series"]
    labels: dict[str, str]
    description: dict[str, str]
    parent: str | None
    same_as: list[str]
    order: int | None
    revision: int
    created_at: str
    modified_at: str
    warnings: list[WriteWarning]


class TextPiece(TypedDict):
    op: Literal["equal", "insert", "delete"]
    text: str


class TimelineFact(TypedDict):
    on: str
    to: str | None
    year_inferred: bool
    text: str
    note: str | None
    article: str | None
    language: str


class TimelinePage(TypedDict):
    items: list[TimelineFact]
    next: str | None


class TrimmedProblem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[ProblemFault]
    head: int


class WebhookEvent(TypedDict):
    at: str
    op: Literal["created", "updated", "published", "unpublished", "withdrawn", "expired", "deleted", "corrected"]
    noun: Literal["tag", "source", "note", "article", "collection"]
    ref: str
    revision: int
    keys: list[str]
    reason: str | None
    actor: NotRequired[str]
    seq: int


class WebhookTestEvent(TypedDict):
    seq: Literal[0]
    at: str
    op: Literal["test"]
    noun: Literal["test"]
    ref: Literal["test"]
    revision: Literal[1]
    keys: list[str]
    reason: None


class WithdrawnProblem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[ProblemFault]
    reason: str
    public_note: str | None
    replacement: ObjectAddress | None


class WriteWarning(TypedDict):
    pointer: str
    detail: str


class ListArticlesQuery(TypedDict, total=False):
    include: (
        Literal["tags", "sources", "notes", "relations", "translations"]
        | Sequence[Literal["tags", "sources", "notes", "relations", "translations"]]
    )
    perspective: str
    limit: int
    cursor: str
    count: bool
    date: str
    published_from: str
    published_to: str
    updated_since: str
    modified_since: str
    tz: str
    status: (
        Literal["draft", "scheduled", "published", "withdrawn", "expired"]
        | Sequence[Literal["draft", "scheduled", "published", "withdrawn", "expired"]]
    )
    working_copy: bool
    tag: str | Sequence[str]
    tag_not: str | Sequence[str]
    source: str | Sequence[str]
    role: Literal[
        "author", "reported_by", "said_by", "published_by", "photographer", "document", "data", "editor", "translator"
    ]
    note: str | Sequence[str]
    has: (
        Literal["correction", "quote", "image", "video", "note", "table"]
        | Sequence[Literal["correction", "quote", "image", "video", "note", "table"]]
    )
    genre: (
        Literal[
            "news",
            "analysis",
            "opinion",
            "interview",
            "feature",
            "review",
            "live",
            "obituary",
            "explainer",
            "fact_check",
            "press_release",
            "sponsored",
        ]
        | Sequence[
            Literal[
                "news",
                "analysis",
                "opinion",
                "interview",
                "feature",
                "review",
                "live",
                "obituary",
                "explainer",
                "fact_check",
                "press_release",
                "sponsored",
            ]
        ]
    )
    flag: Literal["sensitive", "graphic", "sponsored"] | Sequence[Literal["sensitive", "graphic", "sponsored"]]
    ai: Literal["none", "assisted", "generated"] | Sequence[Literal["none", "assisted", "generated"]]
    origin: str | Sequence[str]
    section: str | Sequence[str]
    language: str | Sequence[str]
    fallback: str | Sequence[str]
    ids: str | Sequence[str]
    q: str
    sort: Literal[
        "-published_at", "published_at", "-updated_at", "updated_at", "relevance", "-modified_at", "publish_at"
    ]
    highlight: bool
    facets: (
        Literal["tag", "section", "source", "author", "genre", "language", "month"]
        | Sequence[Literal["tag", "section", "source", "author", "genre", "language", "month"]]
    )
    explain: bool


class GetArticleQuery(TypedDict, total=False):
    include: (
        Literal["tags", "sources", "notes", "relations", "translations"]
        | Sequence[Literal["tags", "sources", "notes", "relations", "translations"]]
    )
    perspective: str
    language: str


class ListArticleRevisionsQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    limit: int
    cursor: str


class GetArticleRevisionQuery(TypedDict, total=False):
    include: (
        Literal["tags", "sources", "notes", "relations", "translations"]
        | Sequence[Literal["tags", "sources", "notes", "relations", "translations"]]
    )
    perspective: Literal["drafts"]


class GetArticleDifferenceQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    from_: int
    to: int


class GetArchiveQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    by: Literal["year", "month", "day"]
    language: str | Sequence[str]
    section: str
    tag: str


class GetWorkingCopyQuery(TypedDict, total=False):
    include: (
        Literal["tags", "sources", "notes", "relations", "translations"]
        | Sequence[Literal["tags", "sources", "notes", "relations", "translations"]]
    )


class GetPreviewQuery(TypedDict, total=False):
    include: (
        Literal["tags", "sources", "notes", "relations", "translations"]
        | Sequence[Literal["tags", "sources", "notes", "relations", "translations"]]
    )
    wait: int


class ListRelatedArticlesQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    limit: int


class ListQuotesQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    source: str | Sequence[str]
    q: str
    language: str | Sequence[str]
    date: str
    include: Literal["articles"] | Sequence[Literal["articles"]]
    limit: int
    cursor: str


class ListRedirectsQuery(TypedDict, total=False):
    since: str
    limit: int
    cursor: str


class ListCollectionsQuery(TypedDict, total=False):
    limit: int
    cursor: str
    count: bool
    status: (
        Literal["draft", "scheduled", "published", "withdrawn", "expired"]
        | Sequence[Literal["draft", "scheduled", "published", "withdrawn", "expired"]]
    )
    working_copy: bool
    perspective: Literal["drafts"]
    ids: str | Sequence[str]
    sort: Literal["slug", "-modified_at", "publish_at"]


class GetCollectionQuery(TypedDict, total=False):
    perspective: str


class ListCollectionItemsQuery(TypedDict, total=False):
    include: (
        Literal["tags", "sources", "notes", "relations", "translations"]
        | Sequence[Literal["tags", "sources", "notes", "relations", "translations"]]
    )
    perspective: str
    language: str | Sequence[str]


class ListCollectionRevisionsQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    limit: int
    cursor: str


class GetCollectionRevisionQuery(TypedDict, total=False):
    perspective: Literal["drafts"]


class GetCollectionDifferenceQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    from_: int
    to: int


class GetCollectionWorkingCopyQuery(TypedDict, total=False):
    pass


class ListNotesQuery(TypedDict, total=False):
    include: Literal["tags", "sources"] | Sequence[Literal["tags", "sources"]]
    perspective: Literal["drafts"]
    limit: int
    cursor: str
    count: bool
    date: str
    published_from: str
    published_to: str
    updated_since: str
    modified_since: str
    tz: str
    status: (
        Literal["draft", "scheduled", "published", "withdrawn", "expired"]
        | Sequence[Literal["draft", "scheduled", "published", "withdrawn", "expired"]]
    )
    working_copy: bool
    tag: str | Sequence[str]
    tag_not: str | Sequence[str]
    source: str | Sequence[str]
    language: str | Sequence[str]
    ids: str | Sequence[str]
    q: str
    highlight: bool
    explain: bool
    sort: Literal["slug", "-modified_at", "publish_at"]


class GetNoteQuery(TypedDict, total=False):
    include: Literal["tags", "sources"] | Sequence[Literal["tags", "sources"]]
    perspective: str


class ListNoteRevisionsQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    limit: int
    cursor: str


class GetNoteRevisionQuery(TypedDict, total=False):
    include: Literal["tags", "sources"] | Sequence[Literal["tags", "sources"]]
    perspective: Literal["drafts"]


class GetNoteDifferenceQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    from_: int
    to: int


class ListTimelineQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    tag: str | Sequence[str]
    source: str | Sequence[str]
    language: str | Sequence[str]
    q: str
    from_: str
    to: str
    limit: int
    cursor: str


class ListSourcesQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    limit: int
    cursor: str
    count: bool
    include: Literal["counts"] | Sequence[Literal["counts"]]
    role: Literal[
        "author", "reported_by", "said_by", "published_by", "photographer", "document", "data", "editor", "translator"
    ]
    type: (
        Literal["person", "organisation", "media", "channel", "document"]
        | Sequence[Literal["person", "organisation", "media", "channel", "document"]]
    )
    identity: Literal["named", "role_only", "withheld"] | Sequence[Literal["named", "role_only", "withheld"]]
    parent: str | Sequence[str]
    ids: str | Sequence[str]
    sort: Literal["slug", "-modified_at"]


class GetSourceQuery(TypedDict, total=False):
    perspective: Literal["drafts"]


class ListSourceRevisionsQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    limit: int
    cursor: str


class GetSourceRevisionQuery(TypedDict, total=False):
    perspective: Literal["drafts"]


class ListTagsQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    include: Literal["counts"] | Sequence[Literal["counts"]]
    limit: int
    cursor: str
    count: bool
    type: (
        Literal["topic", "section", "person", "organisation", "place", "event", "series"]
        | Sequence[Literal["topic", "section", "person", "organisation", "place", "event", "series"]]
    )
    parent: str | Sequence[str]
    ids: str | Sequence[str]
    sort: Literal["slug", "-modified_at", "order"]


class GetTagQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    include: Literal["counts"] | Sequence[Literal["counts"]]


class ListTagRevisionsQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    limit: int
    cursor: str


class GetTagRevisionQuery(TypedDict, total=False):
    perspective: Literal["drafts"]


class SearchContentQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    q: str
    noun: Literal["tag", "source", "note", "article"] | Sequence[Literal["tag", "source", "note", "article"]]
    limit: int
    cursor: str


class SuggestContentQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    q: str
    noun: Literal["tag", "source", "note", "article"] | Sequence[Literal["tag", "source", "note", "article"]]


class ListChangesQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    after: int
    limit: int
    wait: int
    actor: str
    noun: (
        Literal["tag", "source", "note", "article", "collection"]
        | Sequence[Literal["tag", "source", "note", "article", "collection"]]
    )
    tag: str | Sequence[str]
    since: str


class StreamChangesQuery(TypedDict, total=False):
    perspective: Literal["drafts"]
    after: int


Block = (
    ParagraphBlock
    | HeadingBlock
    | QuoteBlock
    | ListBlock
    | ImageBlock
    | ReferenceNoteBlock
    | RelatedBlock
    | EmbedBlock
    | TableBlock
    | CodeBlock
    | DividerBlock
)
BlockIn = (
    ParagraphBlockIn
    | HeadingBlockIn
    | QuoteBlockIn
    | ListBlockIn
    | ImageBlockIn
    | ReferenceNoteBlockIn
    | RelatedBlockIn
    | EmbedBlockIn
    | TableBlockIn
    | CodeBlockIn
    | DividerBlockIn
)
JsonValue = Any
ProblemCode = Literal[
    "malformed",
    "unauthorized",
    "forbidden",
    "not-found",
    "method-not-allowed",
    "withdrawn",
    "trimmed",
    "not-acceptable",
    "conflict",
    "raced",
    "stale",
    "no-revision",
    "too-large",
    "uri-too-long",
    "unsupported-media-type",
    "invalid",
    "if-match-required",
    "too-many-requests",
    "headers-too-large",
    "internal-error",
    "unavailable",
    "behind",
]
ListArticlesField = Literal[
    "id",
    "slug",
    "language",
    "headline",
    "kicker",
    "standfirst",
    "excerpt",
    "byline",
    "section",
    "tags",
    "attributions",
    "notes",
    "image",
    "relations",
    "translation_of",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
    "word_count",
    "reading_minutes",
    "origin",
    "corrections",
    "editors_note",
    "genre",
    "dateline",
    "headlines",
    "flags",
    "ai",
    "expires_at",
    "body",
    "body_html",
    "body_text",
    "renditions",
]
GetArticleField = Literal[
    "id",
    "slug",
    "language",
    "headline",
    "kicker",
    "standfirst",
    "excerpt",
    "byline",
    "section",
    "tags",
    "attributions",
    "notes",
    "image",
    "relations",
    "translation_of",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
    "word_count",
    "reading_minutes",
    "origin",
    "corrections",
    "editors_note",
    "genre",
    "dateline",
    "headlines",
    "flags",
    "ai",
    "expires_at",
    "body",
    "body_html",
    "body_text",
    "renditions",
]
GetArticleRevisionField = Literal[
    "id",
    "slug",
    "language",
    "headline",
    "kicker",
    "standfirst",
    "excerpt",
    "byline",
    "section",
    "tags",
    "attributions",
    "notes",
    "image",
    "relations",
    "translation_of",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
    "word_count",
    "reading_minutes",
    "origin",
    "corrections",
    "editors_note",
    "genre",
    "dateline",
    "headlines",
    "flags",
    "ai",
    "expires_at",
    "body",
    "body_html",
    "body_text",
    "renditions",
]
GetWorkingCopyField = Literal[
    "id",
    "slug",
    "language",
    "headline",
    "kicker",
    "standfirst",
    "excerpt",
    "byline",
    "section",
    "tags",
    "attributions",
    "notes",
    "image",
    "relations",
    "translation_of",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
    "word_count",
    "reading_minutes",
    "origin",
    "corrections",
    "editors_note",
    "genre",
    "dateline",
    "headlines",
    "flags",
    "ai",
    "expires_at",
    "body",
    "body_html",
    "body_text",
    "renditions",
]
GetPreviewField = Literal[
    "id",
    "slug",
    "language",
    "headline",
    "kicker",
    "standfirst",
    "excerpt",
    "byline",
    "section",
    "tags",
    "attributions",
    "notes",
    "image",
    "relations",
    "translation_of",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
    "word_count",
    "reading_minutes",
    "origin",
    "corrections",
    "editors_note",
    "genre",
    "dateline",
    "headlines",
    "flags",
    "ai",
    "expires_at",
    "body",
    "heading",
    "facts",
    "as_of",
    "body_html",
    "body_text",
    "renditions",
]
ListCollectionsField = Literal[
    "slug",
    "labels",
    "description",
    "pinned",
    "fill",
    "length",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
]
GetCollectionField = Literal[
    "slug",
    "labels",
    "description",
    "pinned",
    "fill",
    "length",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
]
ListCollectionItemsField = Literal[
    "id",
    "slug",
    "language",
    "headline",
    "kicker",
    "standfirst",
    "excerpt",
    "byline",
    "section",
    "tags",
    "attributions",
    "notes",
    "image",
    "relations",
    "translation_of",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
    "word_count",
    "reading_minutes",
    "origin",
    "corrections",
    "editors_note",
    "genre",
    "dateline",
    "headlines",
    "flags",
    "ai",
    "expires_at",
    "body",
    "body_html",
    "body_text",
    "renditions",
]
GetCollectionRevisionField = Literal[
    "slug",
    "labels",
    "description",
    "pinned",
    "fill",
    "length",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
]
GetCollectionWorkingCopyField = Literal[
    "slug",
    "labels",
    "description",
    "pinned",
    "fill",
    "length",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
]
ListNotesField = Literal[
    "slug",
    "language",
    "heading",
    "facts",
    "as_of",
    "tags",
    "attributions",
    "translation_of",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
    "ai",
    "body",
    "body_html",
    "body_text",
    "renditions",
]
GetNoteField = Literal[
    "slug",
    "language",
    "heading",
    "facts",
    "as_of",
    "tags",
    "attributions",
    "translation_of",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
    "ai",
    "body",
    "body_html",
    "body_text",
    "renditions",
]
GetNoteRevisionField = Literal[
    "slug",
    "language",
    "heading",
    "facts",
    "as_of",
    "tags",
    "attributions",
    "translation_of",
    "status",
    "publish_at",
    "first_published_at",
    "published_at",
    "updated_at",
    "modified_at",
    "created_at",
    "revision",
    "ai",
    "body",
    "body_html",
    "body_text",
    "renditions",
]
ListSourcesField = Literal[
    "slug",
    "type",
    "identity",
    "names",
    "aliases",
    "description",
    "urls",
    "parent",
    "revision",
    "created_at",
    "modified_at",
]
GetSourceField = Literal[
    "slug",
    "type",
    "identity",
    "names",
    "aliases",
    "description",
    "urls",
    "parent",
    "revision",
    "created_at",
    "modified_at",
]
ListTagsField = Literal[
    "slug", "type", "labels", "description", "parent", "same_as", "order", "revision", "created_at", "modified_at"
]
GetTagField = Literal[
    "slug", "type", "labels", "description", "parent", "same_as", "order", "revision", "created_at", "modified_at"
]
