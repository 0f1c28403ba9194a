"""Tables of the index: an entry for each state that a view shows, and how far the index has come."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Uuid16


class IndexEntry(Base):
    """The words of an object's state in a view, by their keys (`app.words`).

    Of articles and notes each view has an entry of its own, as in the lists. Tags and sources have no two states: their
    only entry is one of the desk, and the view entries tell who sees it. On SQLite the keys stand in the table
    `index_words` under the same place too: that one finds entries by keys, this one knows which keys to take out of it.
    """

    __tablename__ = "index_entries"
    # The migration makes the index of the keys too, where the database has one for them.
    __table_args__ = (Index("ix_index_entries_place", "place"),)

    object: Mapped[str] = mapped_column(Uuid16, primary_key=True)
    view: Mapped[str] = mapped_column(String(10), primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, doc="Noun, view and date in one number: see `places`.")
    published_at: Mapped[datetime] = mapped_column(doc="The date that its entries in lists are sorted by.")
    language: Mapped[str] = mapped_column(String(35), doc="Empty for tags and sources, which have many.")
    keys: Mapped[bytes] = mapped_column(LargeBinary().with_variant(TSVECTOR(), "postgresql"))


class IndexState(Base):
    """The one row that tells which version of the analysis made the index, and how far another one has come."""

    __tablename__ = "index_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[str | None] = mapped_column(
        String(200), doc="Of the analysis that made all entries; null while there may be states without any."
    )
    next_version: Mapped[str | None] = mapped_column(String(200), doc="Of the analysis that is making them anew.")
    last_view: Mapped[str | None] = mapped_column(String(10), doc="With `last_object`: what it has done last.")
    last_object: Mapped[str | None] = mapped_column(Uuid16)
