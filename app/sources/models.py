"""The table of sources. Their texts stand in the revisions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Name


class Source(Base):
    """Who gave information. Its slug never changes; a withheld name is stored nowhere."""

    __tablename__ = "sources"
    __table_args__ = (Index(None, "type", "slug"),)

    slug: Mapped[str] = mapped_column(Name, primary_key=True)
    type: Mapped[str] = mapped_column(String(20))
    identity: Mapped[str] = mapped_column(String(20))
    parent: Mapped[str | None] = mapped_column(Name, ForeignKey("sources.slug", ondelete="RESTRICT"), index=True)
    revision: Mapped[int]
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]
