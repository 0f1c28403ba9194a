"""The tables of articles: the stories, the addresses they ever had, and the lists they stand in."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.changes.models import TERM
from app.db import Base, Json, Name


class Article(Base):
    """One story as the desk has it. Other nouns appear by reference only."""

    __tablename__ = "articles"

    id: Mapped[str] = mapped_column(Name, primary_key=True, doc="A UUIDv7 in its canonical form.")
    slug: Mapped[str] = mapped_column(Name, unique=True)
    language: Mapped[str] = mapped_column(String(35))
    headline: Mapped[str] = mapped_column(String(500))
    kicker: Mapped[str | None] = mapped_column(String(500))
    standfirst: Mapped[str | None] = mapped_column(Text)
    byline: Mapped[str | None] = mapped_column(String(500))
    body: Mapped[list[Any]] = mapped_column(Json)
    section: Mapped[str | None] = mapped_column(Name, ForeignKey("tags.slug", ondelete="RESTRICT"))
    tags: Mapped[list[Any]] = mapped_column(Json)
    attributions: Mapped[list[Any]] = mapped_column(Json)
    image: Mapped[dict[str, Any] | None] = mapped_column(Json)
    relations: Mapped[list[Any]] = mapped_column(Json)
    translation_of: Mapped[str | None] = mapped_column(Name, ForeignKey("articles.id", ondelete="RESTRICT"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    publish_at: Mapped[datetime | None]
    first_published_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    origin: Mapped[dict[str, Any] | None] = mapped_column(Json)
    corrections: Mapped[list[Any]] = mapped_column(Json)
    editors_note: Mapped[str | None] = mapped_column(Text)
    ednote: Mapped[str | None] = mapped_column(Text)
    withdrawal: Mapped[dict[str, Any] | None] = mapped_column(Json)
    revision: Mapped[int]
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]


class Address(Base):
    """A slug that leads, or once led, to an article. What was ever public is reserved for it for ever."""

    __tablename__ = "addresses"

    slug: Mapped[str] = mapped_column(Name, primary_key=True)
    ref: Mapped[str] = mapped_column(Name, ForeignKey("articles.id", ondelete="RESTRICT"), index=True)
    public: Mapped[bool] = mapped_column(Boolean, doc="Whether the public ever knew it.")


class Listed(Base):
    """An article stands in a view's list of a term, with what the list sorts by and is narrowed by copied in.

    Terms: `all`; `tag:x` for its section, its tags and all their ancestors; `source:x` and, for each role,
    `source.said_by:x`; `note:x`; `translation:id` for translations of that original.
    """

    __tablename__ = "listed"
    __table_args__ = (
        Index(None, "view", "term", "language", "published_at", "ref"),
        Index("ix_listed_updated_at", "view", "term", "updated_at", "ref"),
        {"sqlite_with_rowid": False},
    )

    view: Mapped[str] = mapped_column(String(10), primary_key=True)
    term: Mapped[str] = mapped_column(TERM, primary_key=True)
    published_at: Mapped[datetime] = mapped_column(
        primary_key=True, doc="Of an article that has none (desk): when it was made."
    )
    ref: Mapped[str] = mapped_column(Name, primary_key=True)
    language: Mapped[str] = mapped_column(String(35))
    updated_at: Mapped[datetime]
    direct: Mapped[bool] = mapped_column(Boolean, doc="Named by the article itself, not by way of a descendant.")
