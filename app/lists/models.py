"""Tables of the lists: their names, their entries, and counters."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Uuid16

ListName = String(200).with_variant(String(200, collation="C"), "postgresql")


class List(Base):
    """A list of one view. Its name is also the key by which caches purge it.

    Names begin with what is listed: `articles` (all of them), `articles:tag:trams` (section, tags and all their
    ancestors), `articles:source:wire`, `articles:source.said_by:wire`, `articles:note:dam`, `articles:translation:ID`,
    `articles:related:ID`, `articles:has:quote`, `articles:quote:uk` (a quote in Ukrainian), `articles:genre:news`,
    `articles:flag:graphic`, `articles:ai:generated`, `articles:origin:DIGEST` (of where it came from);
    `notes:tag:trams` (tags themselves only), `notes:source:wire`, `notes:language:uk`; `facts`, `facts:tag:trams`,
    `facts:source:wire` (of notes, each once for every date of its facts, by which these are sorted).
    No purge keys: `collections:article:ID` (that pin it).
    Of the desk's view alone, and no purge keys: `articles:status:draft`, `notes:status:scheduled`.
    """

    __tablename__ = "lists"
    __table_args__ = (UniqueConstraint("view", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    view: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(ListName)


class ListEntry(Base):
    """An object stands in a list, with copies of what the list is sorted by, narrowed by and shows."""

    __tablename__ = "list_entries"
    __table_args__ = (
        Index("ix_list_entries_language", "list", "language", "published_at", "object"),
        Index("ix_list_entries_updated_at", "list", "updated_at", "object"),
        {"sqlite_with_rowid": False},
    )

    list: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(doc="The one that the view shows: pages are read without the view entries.")
    published_at: Mapped[datetime] = mapped_column(
        primary_key=True,
        doc="Of what has no such date (desk): when it is due, else when it was made. Of facts: when they begin.",
    )
    object: Mapped[str] = mapped_column(Uuid16, primary_key=True)
    language: Mapped[str] = mapped_column(String(35))
    updated_at: Mapped[datetime]


class Counter(Base):
    """How many entries a list has in a language: on a day of the site's zone, or ("") in all.

    Counters of the desk's lists say by how much they differ from the public ones.
    """

    __tablename__ = "counters"
    __table_args__ = ({"sqlite_with_rowid": False},)

    list: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    n: Mapped[int]
