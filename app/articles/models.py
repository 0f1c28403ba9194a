"""The tables of articles: what is known of each besides its text, and the slugs that lead, or once led, to it."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Name
from app.publishing.models import SCHEDULED, Publishable

# The condition of the partial index on `redirected_at`, by which redirects are listed.
REDIRECTED = text("redirected_at IS NOT NULL")
# The condition of the partial index by which stories are found by their origin.
IMPORTED = text("origin_key IS NOT NULL")


class Article(Publishable, Base):
    """One story, as its newest state is. Its text stands in the revisions, its lists in the list entries.

    Headline, revision and dates are read by no statement: they are for people at an SQL prompt.
    """

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_due", "publish_at", postgresql_where=SCHEDULED, sqlite_where=SCHEDULED),
        Index("ix_articles_origin_key", "origin_key", unique=True, postgresql_where=IMPORTED, sqlite_where=IMPORTED),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Name, primary_key=True, doc="A UUIDv7 in its canonical form.")
    slug: Mapped[str] = mapped_column(Name, unique=True)
    language: Mapped[str] = mapped_column(String(35))
    headline: Mapped[str] = mapped_column(String(500))
    section: Mapped[str | None] = mapped_column(Name, ForeignKey("tags.slug", ondelete="RESTRICT"))
    translation_of: Mapped[str | None] = mapped_column(Name, ForeignKey("articles.id", ondelete="RESTRICT"), index=True)
    origin_key: Mapped[str | None] = mapped_column(String(401), doc="`system:id` of where it was imported from.")
    revision: Mapped[int]
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]


class ArticleSlug(Base):
    """A slug that leads, or once led, to an article. What was ever public is reserved for ever, for it alone."""

    __tablename__ = "article_slugs"
    __table_args__ = (
        Index("ix_article_slugs_redirected_at", "redirected_at", "slug",
              postgresql_where=REDIRECTED, sqlite_where=REDIRECTED),
    )  # fmt: skip

    slug: Mapped[str] = mapped_column(Name, primary_key=True)
    article: Mapped[str | None] = mapped_column(Name, ForeignKey("articles.id", ondelete="SET NULL"), index=True)
    is_public: Mapped[bool] = mapped_column(Boolean, doc="Whether the public ever knew it.")
    redirected_at: Mapped[datetime | None] = mapped_column(
        doc="Since when it has led to the present slug; null for that one, and while its article is not public."
    )
