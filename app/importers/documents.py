"""A document as importers hand it on, `{"noun": …, fields}`: checked, completed, ready to save. Needs no database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from app.articles.part_schemas import ArticleCorrection, ArticleOriginIn
from app.articles.rendering import DATES, derived_fields, render
from app.articles.saving import ArticleToSave
from app.articles.schemas import ArticleIn, ArticleState, Withdrawal
from app.changes.models import Noun
from app.changes.saving import ToSave
from app.collections.schemas import CollectionIn, CollectionState, CollectionStatus, CollectionWithdrawal
from app.content import blocks, lifecycle
from app.content.attributions import complete_attributions, unplace
from app.content.blocks import WireModel
from app.content.html_bodies import take_html, take_html_of
from app.content.lifecycle import GONE, Status
from app.content.mending import mend_texts
from app.content.sets import make_sets
from app.db import new_id
from app.errors import Fault, Invalid
from app.notes.schemas import NoteIn, NoteState, NoteStatus
from app.notes.schemas import Withdrawal as NoteWithdrawal
from app.sources.schemas import SourceIn, SourceOut
from app.tags.schemas import TagIn, TagOut
from app.web.faults import faults_in
from app.web.fields import Id, Instant, Language, LineOrEmpty, Slug, Translations
from app.web.strict_json import read_json

# Another clock may be a little ahead of ours; what is published later than this is scheduled instead.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
# A file may begin with it, and so may a line of files that were put together.
MARK: Final = b"\xef\xbb\xbf"


class Restored(WireModel):
    """Revision and dates, which every exported object has besides its content."""

    revision: int = Field(default=1, ge=1, le=2_000_000_000, strict=True)
    created_at: Instant | None = None
    modified_at: Instant | None = None


class TagLine(TagIn, Restored):
    noun: Literal["tag"]


class SourceLine(SourceIn, Restored):
    noun: Literal["source"]


class Released(Restored):
    """The lifecycle of what is exported and can be published."""

    status: Status = "draft"
    publish_at: Instant | None = None
    first_published_at: Instant | None = None
    published_at: Instant | None = None
    updated_at: Instant | None = None
    withdrawal: lifecycle.Withdrawal | None = None

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.status == "published" and self.published_at is None:
            raise PydanticCustomError("missing", "what is published needs `published_at`")
        if self.status == "scheduled" and self.publish_at is None:
            raise PydanticCustomError("missing", "what is scheduled needs `publish_at`")
        if self.status != "scheduled" and self.publish_at is not None:
            raise PydanticCustomError("conflict", "`publish_at` belongs to what is scheduled")
        if (self.status == "withdrawn") != (self.withdrawal is not None):
            raise PydanticCustomError("conflict", "status `withdrawn` and `withdrawal` go together")
        return self


class NoteLine(NoteIn, Released):
    noun: Literal["note"]
    status: NoteStatus = "draft"
    language: Language = "und"
    heading: LineOrEmpty = ""
    withdrawal: NoteWithdrawal | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Raises: PydanticCustomError. A draft may be empty, or its text erased, but the line says so."""
        for name in ("language", "heading", "body") if self.status != "withdrawn" else ():
            if name not in self.model_fields_set or (self.status != "draft" and not getattr(self, name)):
                raise PydanticCustomError("missing", "a note needs `{name}`", {"name": name})
        return self


class ArticleLine(ArticleIn, Released):
    """An article's line. Excerpt, notes, word_count and reading_minutes may stand there; they are derived anew."""

    noun: Literal["article"]
    id: Id | None = None
    language: Language = "und"
    origin: ArticleOriginIn | None = None
    corrections: list[ArticleCorrection] = Field(default=[], max_length=500)
    withdrawal: Withdrawal | None = None
    former_slugs: list[Slug] = Field(default=[], max_length=10_000)
    working_copy: bool = False
    excerpt: str | None = None
    notes: list[Slug] = []
    word_count: int = 0
    reading_minutes: int = 0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in ("language", "headline", "body") if self.status not in GONE else ():
            is_empty = name == "headline" and self.status != "draft" and not self.headline
            if name not in self.model_fields_set or is_empty:
                raise PydanticCustomError("missing", "an article needs `{name}`", {"name": name})
        return self


class CollectionLine(CollectionIn, Released):
    noun: Literal["collection"]
    status: CollectionStatus = "draft"
    labels: Translations = {}
    withdrawal: CollectionWithdrawal | None = None
    working_copy: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Raises: PydanticCustomError. A draft may be without a name, or its text erased, but the line says so."""
        if self.status != "withdrawn" and (
            "labels" not in self.model_fields_set or (self.status != "draft" and not self.labels)
        ):
            raise PydanticCustomError("missing", "a collection needs `labels`")
        return self


LINES: Final[dict[str, type[TagLine | SourceLine | NoteLine | ArticleLine | CollectionLine]]] = {
    "tag": TagLine,
    "source": SourceLine,
    "note": NoteLine,
    "article": ArticleLine,
    "collection": CollectionLine,
}


@dataclass(slots=True)
class Item:
    """One document on its way in: where it came from, and what is to be saved, or what is wrong with it.

    `is_identified` is false for an article whose line has no id: its slug says which article it is, or its origin where
    it has no slug either. Until then a slug that was left out is empty.
    """

    line: int
    noun: Noun | None = None
    ref: str | None = None
    is_identified: bool = True
    to_save: ToSave[Any] | ArticleToSave | None = None
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def is_blank_line(text: bytes) -> bool:
    """Whether a line of NDJSON holds no document: nothing, white space, or a byte order mark alone."""
    return not text.removeprefix(MARK).strip()


def read_line(text: bytes) -> Any:
    """The document of a line of NDJSON. A byte order mark before it, and CR at its end, are none of it.

    Raises: Malformed.
    """
    return read_json(text.removeprefix(MARK))


def read(document: Any, now: datetime, line: int = 1) -> Item:
    """The document as an item: everything that needs no database is checked, defaulted, sanitised and rendered.

    What earlier releases took and this one does not is mended, also in the document itself.
    """
    if not isinstance(document, dict):
        return Item(line, faults=[Fault("a line is one JSON object", pointer="")])
    noun = document.get("noun")
    if not isinstance(noun, str) or noun not in LINES:
        return Item(line, faults=[Fault("is not one of the nouns there are", pointer="/noun", allowed=[*LINES])])
    mended = mend_texts(document)
    try:
        mended += take_html_of(document)
        parsed = LINES[noun].model_validate(document)
    except Invalid as refusal:
        return Item(line, noun=noun, faults=[*refusal.faults])  # type: ignore[arg-type]
    except ValidationError as error:
        return Item(line, noun=noun, faults=faults_in(error, document))  # type: ignore[arg-type]
    if isinstance(parsed, NoteLine | ArticleLine):
        item = _publishable(parsed, now, line)
    elif isinstance(parsed, CollectionLine):
        item = _collection(parsed, now, line)
    else:
        item = _slugged(parsed, now, line)
    item.warnings[:0] = mended
    return item


def _slugged(parsed: TagLine | SourceLine, now: datetime, line: int) -> Item:
    warnings = make_sets(parsed)
    state = (TagOut if isinstance(parsed, TagLine) else SourceOut).model_construct(**_completed(parsed, now))
    return Item(line, parsed.noun, parsed.slug, to_save=ToSave(state, _stated_dates(parsed)), warnings=warnings)


def _collection(parsed: CollectionLine, now: datetime, line: int) -> Item:
    faults, warnings = _wrong_dates(parsed, now), make_sets(parsed)
    state = CollectionState.model_construct(**_completed(parsed, now))
    to_save = None if faults else ToSave(state, _stated_dates(parsed))
    return Item(line, "collection", parsed.slug, to_save=to_save, faults=faults, warnings=warnings)


def mend_content(content: NoteIn | ArticleIn) -> tuple[list[Fault], list[Fault]]:
    """Makes blocks of a body in HTML, sanitises the body, makes lists sets, and takes blocks off attributions that do
    not belong to them, in place.

    Returns (what is wrong, what is not stored as it was sent).
    """
    converted = take_html(content)
    faults, warnings = blocks.sanitise_body(content.body)
    warnings += unplace(content.attributions, content.body)
    for place, fact in enumerate(content.facts if isinstance(content, NoteIn) else ()):
        warnings += unplace(fact.attributions, content.body, f"/facts/{place}")
    return faults, converted + warnings + make_sets(content)


def without_original(fault: Fault) -> Fault:
    """The warning for a version of a story whose language another one has: it is taken in as a story of its own."""
    return Fault(f"{fault.detail}; it is stored without `translation_of`", "mended", pointer="/translation_of")


def _stated_dates(parsed: Restored) -> frozenset[str]:
    """The dates that the line states; null states nothing."""
    return frozenset(name for name in DATES & parsed.model_fields_set if getattr(parsed, name) is not None)


def _completed(parsed: Restored, now: datetime) -> dict[str, Any]:
    """The fields of the line. Dates that it does not state follow from those that it does."""
    fields = {**vars(parsed)}
    if isinstance(parsed, Released):
        published = parsed.published_at if parsed.status in {"published", *GONE} else None
        fields["first_published_at"] = parsed.first_published_at or published
        fields["updated_at"] = parsed.updated_at or published
    fields["created_at"] = parsed.created_at or fields.get("published_at") or now
    fields["modified_at"] = parsed.modified_at or fields.get("updated_at") or fields["created_at"]
    return fields


def _wrong_dates(parsed: Released, now: datetime) -> list[Fault]:
    latest = now + CLOCK_TOLERANCE
    faults = [
        Fault("lies in the future", pointer=f"/{name}")
        for name in ("created_at", "modified_at", "updated_at", "first_published_at")
        if (at := getattr(parsed, name)) is not None and at > latest
    ]
    if parsed.status == "published" and parsed.published_at is not None and parsed.published_at > latest:
        detail = "lies in the future; give status `scheduled` and `publish_at` instead"
        faults.append(Fault(detail, pointer="/published_at"))
    if parsed.first_published_at and parsed.published_at and parsed.first_published_at > parsed.published_at:
        faults.append(Fault("is later than `published_at`", pointer="/first_published_at"))
    if isinstance(parsed, ArticleLine) and parsed.expires_at is not None:
        name, public_at = (
            ("publish_at", parsed.publish_at) if parsed.publish_at else ("published_at", parsed.published_at)
        )
        if public_at is not None and parsed.expires_at <= public_at:
            faults.append(Fault(f"is not after `{name}`", pointer="/expires_at"))
    return faults


def _publishable(parsed: NoteLine | ArticleLine, now: datetime, line: int) -> Item:
    faults, warnings = mend_content(parsed)
    faults += _wrong_dates(parsed, now)
    fields, stated = _completed(parsed, now), _stated_dates(parsed)
    if isinstance(parsed, NoteLine):
        fields["attributions"] = complete_attributions(parsed.attributions, parsed.body)
        note = None if faults else ToSave(NoteState.model_construct(**fields), stated)
        return Item(line, "note", parsed.slug, to_save=note, faults=faults, warnings=warnings)
    fields |= {"id": parsed.id or new_id(), "slug": parsed.slug or ""}
    if parsed.origin is not None:
        fields["origin"] = parsed.origin.completed(now)
    derived, more = derived_fields(parsed, blocks.word_count(parsed.body))
    faults += more
    item = Item(line, "article", str(fields["id"]), parsed.id is not None, faults=faults, warnings=warnings)
    if not faults:
        article = render(ArticleState.model_construct(**fields | derived))
        was_public = article.first_published_at is not None or article.status in GONE
        item.to_save = ArticleToSave(
            article,
            stated,
            slug_is_public=was_public and not article.working_copy,
            byline_is_left_out="byline" not in parsed.model_fields_set,
            import_is_undated=parsed.origin is not None and parsed.origin.imported_at is None,
        )
    return item
