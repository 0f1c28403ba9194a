"""The table of reference notes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Name

DUE = text("status = 'scheduled'")


class Note(Base):
    """One background box as the desk has it. Its slug never changes."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_due", "publish_at", postgresql_where=DUE, sqlite_where=DUE),)

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
    withdrawal: Mapped[dict[str, Any] | None] = mapped_column(Json)
    revision: Mapped[int]
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]
