"""The tables of reference notes: the notes, and what their lists are filtered by."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.changes.models import TERM
from app.db import Base, Json, Name


class Note(Base):
    """One background box as the desk has it. Its slug never changes."""

    __tablename__ = "notes"

    slug: Mapped[str] = mapped_column(Name, primary_key=True)
    language: Mapped[str] = mapped_column(String(35))
    heading: Mapped[str] = mapped_column(String(500))
    body: Mapped[list[Any]] = mapped_column(Json)
    facts: Mapped[list[Any]] = mapped_column(Json)
    as_of: Mapped[date | None]
    tags: Mapped[list[Any]] = mapped_column(Json)
    attributions: Mapped[list[Any]] = mapped_column(Json)
    translation_of: Mapped[str | None] = mapped_column(Name, ForeignKey("notes.slug", ondelete="RESTRICT"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    publish_at: Mapped[datetime | None]
    first_published_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    revision: Mapped[int]
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]


class NoteListed(Base):
    """A note stands in a view's list of a term: `tag:x` (ancestors too), `source:x`, `language:uk`."""

    __tablename__ = "notes_listed"
    __table_args__ = ({"sqlite_with_rowid": False},)

    view: Mapped[str] = mapped_column(String(10), primary_key=True)
    term: Mapped[str] = mapped_column(TERM, primary_key=True)
    slug: Mapped[str] = mapped_column(Name, primary_key=True)
