"""A document as importers hand it on, `{"noun": …, fields}`: checked, completed, ready to save. Needs no database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from app.articles.rendering import DATES, derived_fields, render
from app.articles.saving import ArticleToSave
from app.articles.schemas import ArticleIn, ArticleState, Correction, Origin, Withdrawal
from app.changes.models import Noun
from app.changes.saving import ToSave
from app.content import blocks, lifecycle
from app.content.blocks import WireModel
from app.content.lifecycle import Status
from app.db import new_id
from app.errors import Fault
from app.notes.schemas import NoteIn, NoteState
from app.notes.schemas import Withdrawal as NoteWithdrawal
from app.sources.schemas import SourceIn, SourceOut
from app.tags.schemas import TagIn, TagOut
from app.web.faults import faults_in
from app.web.fields import Id, Instant, Language, Line, Slug

# Another clock may be a little ahead of ours; what is published later than this is scheduled instead.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


class Restored(WireModel):
    """What an export holds of every object besides its content."""

    revision: int = Field(default=1, ge=1, le=2_000_000_000, strict=True)
    created_at: Instant | None = None
    modified_at: Instant | None = None


class TagLine(TagIn, Restored):
    noun: Literal["tag"]


class SourceLine(SourceIn, Restored):
    noun: Literal["source"]


class Released(Restored):
    """What an export holds besides of what can be published."""

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
    language: Language = "und"
    heading: Line | Literal[""] = ""
    withdrawal: NoteWithdrawal | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in ("language", "heading", "body"):
            if self.status != "withdrawn" and not (getattr(self, name) and name in self.model_fields_set):
                raise PydanticCustomError("missing", "a note needs `{name}`", {"name": name})
        return self


class ArticleLine(ArticleIn, Released):
    """An article's line. Excerpt, notes, word_count and reading_minutes may stand there; they are derived anew."""

    noun: Literal["article"]
    id: Id | None = None
    slug: Slug
    language: Language = "und"
    origin: Origin | None = None
    corrections: list[Correction] = Field(default=[], max_length=500)
    withdrawal: Withdrawal | None = None
    former_slugs: list[Slug] = Field(default=[], max_length=10_000)
    working_copy: bool = False
    excerpt: str | None = None
    notes: list[Slug] = []
    word_count: int = 0
    reading_minutes: int = 0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.status != "withdrawn":
            for name in ("language", "headline", "body"):
                if name not in self.model_fields_set or (
                    name == "headline" and not self.headline and self.status != "draft"
                ):
                    raise PydanticCustomError("missing", "an article needs `{name}`", {"name": name})
        return self


LINES: Final[dict[str, type[BaseModel]]] = {
    "tag": TagLine,
    "source": SourceLine,
    "note": NoteLine,
    "article": ArticleLine,
}


@dataclass(slots=True)
class Item:
    """One document on its way in: where it came from, and what is to be saved, or what is wrong with it.

    `is_identified` is false for an article whose line has no id: its slug says which article it is.
    """

    line: int
    noun: Noun | None = None
    ref: str | None = None
    is_identified: bool = True
    to_save: ToSave[Any] | ArticleToSave | None = None
    faults: list[Fault] = field(default_factory=list)
    removed: list[Fault] = field(default_factory=list)


def read(document: Any, now: datetime, line: int = 1) -> Item:
    """The document as an item: everything that needs no database is checked, defaulted, sanitised and rendered."""
    if not isinstance(document, dict):
        return Item(line, faults=[Fault("a line is one JSON object", pointer="")])
    noun = document.get("noun")
    if not isinstance(noun, str) or noun not in LINES:
        return Item(line, faults=[Fault("is not one of the nouns there are", pointer="/noun", allowed=[*LINES])])
    try:
        parsed = LINES[noun].model_validate(document)
    except ValidationError as error:
        return Item(line, noun=noun, faults=faults_in(error, document))  # type: ignore[arg-type]
    match parsed:
        case TagLine():
            tag = TagOut.model_construct(**_with_dates(parsed, now))
            return Item(line, "tag", parsed.slug, to_save=ToSave(tag, _stated_dates(parsed)))
        case SourceLine():
            source = SourceOut.model_construct(**_with_dates(parsed, now))
            return Item(line, "source", parsed.slug, to_save=ToSave(source, _stated_dates(parsed)))
        case NoteLine():
            return _note(parsed, now, line)
        case ArticleLine():
            return _article(parsed, now, line)
    raise AssertionError(noun)


def _stated_dates(parsed: Restored) -> frozenset[str]:
    """The dates that the line states; null states nothing."""
    return frozenset(name for name in DATES & parsed.model_fields_set if getattr(parsed, name) is not None)


def _with_dates(parsed: Restored, now: datetime) -> dict[str, Any]:
    fields = dict(parsed)
    del fields["noun"]
    fields["created_at"] = parsed.created_at or now
    fields["modified_at"] = parsed.modified_at or parsed.created_at or now
    return fields


def _with_lifecycle(parsed: Released, now: datetime) -> dict[str, Any]:
    fields = dict(parsed)
    del fields["noun"]
    published = parsed.published_at if parsed.status in {"published", "withdrawn"} else None
    fields["first_published_at"] = parsed.first_published_at or published
    fields["updated_at"] = parsed.updated_at or published
    fields["created_at"] = parsed.created_at or parsed.published_at or now
    fields["modified_at"] = parsed.modified_at or fields["updated_at"] or fields["created_at"]
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
    return faults


def _note(parsed: NoteLine, now: datetime, line: int) -> Item:
    faults, removed = blocks.sanitise_body(parsed.body)
    faults += _wrong_dates(parsed, now)
    fields = _with_lifecycle(parsed, now)
    fields["attributions"] = blocks.complete_attributions(parsed.attributions, parsed.body)
    to_save = ToSave(NoteState.model_construct(**fields), _stated_dates(parsed))
    return Item(line, "note", parsed.slug, to_save=None if faults else to_save, faults=faults, removed=removed)


def _article(parsed: ArticleLine, now: datetime, line: int) -> Item:
    faults, removed = blocks.sanitise_body(parsed.body)
    faults += _wrong_dates(parsed, now)
    fields = _with_lifecycle(parsed, now)
    fields["id"] = parsed.id or new_id()
    following, more = derived_fields(parsed)
    faults += more
    ref = str(fields["id"])
    if faults:
        return Item(line, "article", ref, faults=faults, removed=removed)
    article = render(ArticleState.model_construct(**fields | following))
    was_public = article.first_published_at is not None or article.status == "withdrawn"
    to_save = ArticleToSave(article, _stated_dates(parsed), slug_is_public=was_public and not article.working_copy)
    return Item(line, "article", ref, parsed.id is not None, to_save, removed=removed)
