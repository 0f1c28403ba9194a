"""The table of tags. Their texts stand in the revisions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Name


class Tag(Base):
    """One label. Its slug never changes."""

    __tablename__ = "tags"
    __table_args__ = (Index(None, "type", "slug"),)

    slug: Mapped[str] = mapped_column(Name, primary_key=True)
    type: Mapped[str] = mapped_column(String(20))
    parent: Mapped[str | None] = mapped_column(Name, ForeignKey("tags.slug", ondelete="RESTRICT"), index=True)
    order: Mapped[int | None] = mapped_column(doc="Its place among others, the lowest first.")
    revision: Mapped[int]
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]
