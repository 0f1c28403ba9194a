"""Tables of the log: its head, the changes, the objects with every state that was saved, and what each view shows."""

from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Name, Uuid16

View = Literal["public", "desk"]
Noun = Literal["tag", "source", "note", "article", "collection"]
Op = Literal["created", "updated", "published", "unpublished", "withdrawn", "expired", "deleted", "corrected"]

PUBLIC: Final[View] = "public"
DESK: Final[View] = "desk"

# Articles are listed by `list_entries`; the other nouns are listed by the view entries themselves.
LISTED_BY_SLUG: Final = text("noun <> 'article'")
# Yet the desk lists articles too by what changed last, and by when they are due.
ARTICLES: Final = text("noun = 'article'")
DUE: Final = text("due_at IS NOT NULL")
# Changes after which readers see an object no more.
REMOVED: Final = text("op IN ('withdrawn', 'expired', 'unpublished', 'deleted')")
# The condition of the partial index by which what has expired is found.
EXPIRING: Final = text("expires_at IS NOT NULL")
# Those of articles, each a version of a story.
OF_STORIES: Final = text("story IS NOT NULL")


class Head(Base):
    """The one row that numbers the log. Updating it is the lock that makes the order of `seq` the order of commits."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    public_seq: Mapped[int] = mapped_column(BigInteger)
    secret: Mapped[bytes] = mapped_column(LargeBinary(32), doc="Signs cursors and previews; the same on every server.")
    zone: Mapped[str | None] = mapped_column(String(64), doc="The zone whose days are counted, since the first write.")
    last_mended: Mapped[str | None] = mapped_column(
        Uuid16, doc="The object up to which `migrate` has mended what an earlier release stored; null once all is."
    )


class Change(Base):
    """One entry of the log: what happened to which object. Rows are added, never changed."""

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_removed", "at", postgresql_where=REMOVED, sqlite_where=REMOVED),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    public_seq: Mapped[int | None] = mapped_column(
        BigInteger, unique=True, doc="Its number among the changes that the public may know of, without gaps."
    )
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    op: Mapped[str] = mapped_column(String(20))
    noun: Mapped[str] = mapped_column(String(20))
    ref: Mapped[str] = mapped_column(Name, doc="Id of an article, slug of the others.")
    revision: Mapped[int]
    keys: Mapped[list[str]] = mapped_column(
        Json, doc="Names of the objects and lists it touches, before and after: purge keys in their long form."
    )
    reason: Mapped[str | None] = mapped_column(String(20))


class Object(Base):
    """Anything that has revisions. The other tables of the log name it by `id`, which is smaller than noun and ref."""

    __tablename__ = "objects"
    __table_args__ = (UniqueConstraint("noun", "ref"),)

    id: Mapped[str] = mapped_column(Uuid16, primary_key=True, doc="A UUIDv7; of an article its own id.")
    noun: Mapped[str] = mapped_column(String(20))
    ref: Mapped[str] = mapped_column(Name, doc="Id of an article, slug of the others.")


class Revision(Base):
    """One state of an object that was saved: the only place where its text is stored.

    The document that readers get is `card`, with `body` as its last member where there is one.
    """

    __tablename__ = "revisions"

    object: Mapped[str] = mapped_column(Uuid16, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    op: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str | None] = mapped_column(String(200), doc="Who saved it; null where that was not recorded.")
    kind: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    public_from: Mapped[datetime | None]
    public_to: Mapped[datetime | None]
    private: Mapped[str | None] = mapped_column(Text, doc="JSON members of the document that only the desk sees.")
    card: Mapped[str] = mapped_column(Text, doc="JSON: the document as lists show it, without the body.")
    body: Mapped[str | None] = mapped_column(Text, doc="JSON: the blocks; null where the noun has no body.")


class ViewEntry(Base):
    """Which revision of an object a view shows.

    What everyone sees stands under `public`, once; under `desk` stands only what the desk sees differently, or alone.
    The desk's view is both, its own entries first. The lists of the views work the same way (`app.lists`).
    """

    __tablename__ = "view_entries"
    __table_args__ = (
        Index("ix_view_entries_slug", "view", "noun", "slug",
              postgresql_where=LISTED_BY_SLUG, sqlite_where=LISTED_BY_SLUG),
        Index("ix_view_entries_modified_at", "view", "noun", "modified_at", "slug",
              postgresql_where=LISTED_BY_SLUG, sqlite_where=LISTED_BY_SLUG),
        Index("ix_view_entries_articles_modified_at", "view", "modified_at", "object",
              postgresql_where=ARTICLES, sqlite_where=ARTICLES),
        Index("ix_view_entries_due_at", "view", "noun", "due_at", postgresql_where=DUE, sqlite_where=DUE),
        Index("ix_view_entries_story", "view", "story", postgresql_where=OF_STORIES, sqlite_where=OF_STORIES),
        Index("ix_view_entries_expiring", "view", "expires_at", postgresql_where=EXPIRING, sqlite_where=EXPIRING),
    )  # fmt: skip

    view: Mapped[str] = mapped_column(String(10), primary_key=True)
    object: Mapped[str] = mapped_column(Uuid16, primary_key=True)
    noun: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int]
    slug: Mapped[str] = mapped_column(Name, doc="Its address in this view.")
    modified_at: Mapped[datetime]
    listed_at: Mapped[datetime | None] = mapped_column(doc="The date that its entries in lists are sorted by.")
    due_at: Mapped[datetime | None] = mapped_column(
        doc="When this state becomes public. For nouns that are never scheduled, the beginning of time: they become"
        " public by being named."
    )
    expires_at: Mapped[datetime | None] = mapped_column(
        doc="Until when this state is public, once it is; null: for ever."
    )
    story: Mapped[str | None] = mapped_column(
        Uuid16, doc="Of an article the original, which all versions of a story share: itself, or what it translates."
    )
    lists: Mapped[list[str]] = mapped_column(Json, doc="Names of the lists that the object stands in in this view.")


class IdempotencyKey(Base):
    """A POST that was sent with an Idempotency-Key: whose it was, what it asked for, and how it was answered."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "at"),)

    caller: Mapped[str] = mapped_column(Name, primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), doc="Of the method, the address and the body.")
    at: Mapped[datetime]
    status: Mapped[int | None] = mapped_column(doc="Null until the transaction that answers it ends.")
    noun: Mapped[str | None] = mapped_column(String(20))
    ref: Mapped[str | None] = mapped_column(Name)
    revision: Mapped[int | None]
    location: Mapped[str | None] = mapped_column(Text)
    warnings: Mapped[list[Any] | None] = mapped_column(Json)
