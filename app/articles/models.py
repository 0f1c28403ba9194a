"""The tables of articles: the stories, the addresses they ever had, and which of them name which."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Name

DUE = text("status = 'scheduled'")


class Article(Base):
    """One story as the desk has it. Other nouns appear by reference only."""

    __tablename__ = "articles"
    __table_args__ = (Index("ix_articles_due", "publish_at", postgresql_where=DUE, sqlite_where=DUE),)

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
    """A slug that leads, or once led, to an article. What was ever public is reserved for ever, for it alone."""

    __tablename__ = "addresses"

    slug: Mapped[str] = mapped_column(Name, primary_key=True)
    ref: Mapped[str | None] = mapped_column(Name, ForeignKey("articles.id", ondelete="SET NULL"), index=True)
    public: Mapped[bool] = mapped_column(Boolean, doc="Whether the public ever knew it.")


class Related(Base):
    """An article names another: in its relations or its body, or as what to read instead of it."""

    __tablename__ = "articles_related"
    __table_args__ = ({"sqlite_with_rowid": False},)

    article: Mapped[str] = mapped_column(Name, primary_key=True, doc="The one that is named.")
    ref: Mapped[str] = mapped_column(Name, primary_key=True, index=True, doc="The one that names it.")
