"""The table of reference notes. Their texts stand in the revisions."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Name
from app.publishing.models import SCHEDULED, Publishable


class Note(Publishable, Base):
    """One background box, as its newest state is. Its slug never changes."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_due", "publish_at", postgresql_where=SCHEDULED, sqlite_where=SCHEDULED),)

    slug: Mapped[str] = mapped_column(Name, primary_key=True)
    language: Mapped[str] = mapped_column(String(35))
    heading: Mapped[str] = mapped_column(String(500))
    as_of: Mapped[date | None]
    translation_of: Mapped[str | None] = mapped_column(Name, ForeignKey("notes.slug", ondelete="RESTRICT"), index=True)
    revision: Mapped[int]
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]
