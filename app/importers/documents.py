"""A document as importers hand it on, `{"noun": …, fields}`: checked, completed and rendered. Needs no database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from app.articles.prepared import Prepared, derived, prepare
from app.articles.schemas import ArticleIn, ArticleState, Correction, Origin, Withdrawal
from app.changes.models import Noun
from app.content import blocks, release
from app.content.blocks import Part
from app.content.release import Status
from app.db import new_id
from app.errors import Fault
from app.notes.schemas import NoteIn, NoteState
from app.notes.schemas import Withdrawal as NoteWithdrawal
from app.sources.schemas import SourceIn, SourceOut
from app.tags.schemas import TagIn, TagOut
from app.web.fields import Id, Instant, Language, Line, Slug
from app.web.problems import faults_in

# A clock may be a little ahead of ours; a story of tomorrow is not published, it is scheduled.
AHEAD: Final = timedelta(minutes=5)


class Restored(Part):
    """What an export tells of every object besides its content."""

    revision: int = Field(default=1, ge=1, le=2_000_000_000, strict=True)
    created_at: Instant | None = None
    modified_at: Instant | None = None


class TagLine(TagIn, Restored):
    noun: Literal["tag"]


class SourceLine(SourceIn, Restored):
    noun: Literal["source"]


class Released(Restored):
    """What an export tells of what can be published."""

    status: Status = "draft"
    publish_at: Instant | None = None
    first_published_at: Instant | None = None
    published_at: Instant | None = None
    updated_at: Instant | None = None
    withdrawal: release.Withdrawal | None = None

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
State = TagOut | SourceOut | NoteState | Prepared


@dataclass(slots=True)
class Item:
    """One document on its way in: where it came from, and its state, or what is wrong with it.

    `identified` is false for an article whose line names no id: its slug says which one it is.
    """

    line: int
    noun: Noun | None = None
    ref: str | None = None
    identified: bool = True
    state: State | None = None
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
        found = LINES[noun].model_validate(document)
    except ValidationError as error:
        return Item(line, noun=noun, faults=faults_in(error, document))  # type: ignore[arg-type]
    match found:
        case TagLine():
            return Item(line, "tag", found.slug, state=TagOut.model_construct(_given(found), **_dated(found, now)))
        case SourceLine():
            return Item(
                line, "source", found.slug, state=SourceOut.model_construct(_given(found), **_dated(found, now))
            )
        case NoteLine():
            return _note(found, now, line)
        case ArticleLine():
            return _article(found, now, line)
    raise AssertionError(noun)


def _given(found: Restored) -> set[str]:
    """What the line says; null says nothing."""
    return {name for name in found.model_fields_set if getattr(found, name) is not None}


def _dated(found: Restored, now: datetime) -> dict[str, Any]:
    fields = dict(found)
    del fields["noun"]
    fields["created_at"] = found.created_at or now
    fields["modified_at"] = found.modified_at or found.created_at or now
    return fields


def _released(found: Released, now: datetime) -> dict[str, Any]:
    fields = dict(found)
    del fields["noun"]
    published = found.published_at if found.status in {"published", "withdrawn"} else None
    fields["first_published_at"] = found.first_published_at or published
    fields["updated_at"] = found.updated_at or published
    fields["created_at"] = found.created_at or found.published_at or now
    fields["modified_at"] = found.modified_at or fields["updated_at"] or fields["created_at"]
    return fields


def _untimely(found: Released, now: datetime) -> list[Fault]:
    wrong = [
        Fault("lies in the future", pointer=f"/{name}")
        for name in ("created_at", "modified_at", "updated_at", "first_published_at")
        if (at := getattr(found, name)) is not None and at > now + AHEAD
    ]
    if found.status == "published" and found.published_at is not None and found.published_at > now + AHEAD:
        detail = "lies in the future; give status `scheduled` and `publish_at` instead"
        wrong.append(Fault(detail, pointer="/published_at"))
    if found.first_published_at and found.published_at and found.first_published_at > found.published_at:
        wrong.append(Fault("is later than `published_at`", pointer="/first_published_at"))
    return wrong


def _settled(body: list[Any]) -> tuple[list[Fault], list[Fault]]:
    """(faults, what sanitising removed), with pointers into the document."""
    found = [Fault(one.detail, one.code, pointer=f"/body{one.pointer}") for one in blocks.settle(body)]
    return [one for one in found if one.code != "removed"], [one for one in found if one.code == "removed"]


def _note(found: NoteLine, now: datetime, line: int) -> Item:
    wrong, removed = _settled(found.body)
    wrong += _untimely(found, now)
    fields = _released(found, now)
    fields["attributions"] = blocks.attributions(found.attributions, found.body)
    state = NoteState.model_construct(_given(found), **fields)
    return Item(line, "note", found.slug, state=None if wrong else state, faults=wrong, removed=removed)


def _article(found: ArticleLine, now: datetime, line: int) -> Item:
    wrong, removed = _settled(found.body)
    wrong += _untimely(found, now)
    fields = _released(found, now)
    fields["id"] = found.id or new_id()
    following, faults = derived(found)
    fields |= following
    wrong += faults
    ref = str(fields["id"])
    if wrong:
        return Item(line, "article", ref, faults=wrong, removed=removed)
    state = prepare(ArticleState.model_construct(_given(found), **fields))
    return Item(line, "article", ref, found.id is not None, state, removed=removed)
