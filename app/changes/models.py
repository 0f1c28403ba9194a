"""Tables of the log: its head, the changes, every state that was ever saved, what each view shows and lists now."""

from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, Boolean, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Name

View = Literal["public", "desk"]
Noun = Literal["tag", "source", "note", "article"]
Op = Literal["created", "updated", "published", "unpublished", "withdrawn", "deleted", "corrected"]

PUBLIC: Final[View] = "public"
DESK: Final[View] = "desk"


# Where an object is listed: `tag:` and a slug, say.
TERM: Final = String(160).with_variant(String(160, collation="C"), "postgresql")


class Head(Base):
    """The one row that numbers the log. Updating it is the lock that makes order of `seq` order of commit."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    public_seq: Mapped[int] = mapped_column(BigInteger)
    secret: Mapped[bytes] = mapped_column(LargeBinary(32), doc="Signs cursors; the same on every server.")
    zone: Mapped[str | None] = mapped_column(String(64), doc="The zone whose days are counted, since the first write.")


class Change(Base):
    """One entry of the log: what happened to which object. Rows are added, never changed."""

    __tablename__ = "changes"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    public_seq: Mapped[int | None] = mapped_column(
        BigInteger, unique=True, doc="Its number among the changes the public may know of, without gaps."
    )
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    op: Mapped[str] = mapped_column(String(20))
    noun: Mapped[str] = mapped_column(String(20))
    ref: Mapped[str] = mapped_column(Name, doc="Id of an article, slug of the others.")
    revision: Mapped[int]
    keys: Mapped[list[str]] = mapped_column(Json, doc="What answers it touches, before and after.")
    reason: Mapped[str | None] = mapped_column(String(20))


class Revision(Base):
    """One state that was saved. `document` is what any reader may see of it; `ednote` is the desk's."""

    __tablename__ = "revisions"

    noun: Mapped[str] = mapped_column(String(20), primary_key=True)
    ref: Mapped[str] = mapped_column(Name, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    op: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str | None] = mapped_column(String(200), doc="Who saved it; null where nobody took note.")
    kind: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    public_from: Mapped[datetime | None]
    public_to: Mapped[datetime | None]
    document: Mapped[str] = mapped_column(Text)
    ednote: Mapped[str | None] = mapped_column(Text)


class Shown(Base):
    """Which revision of an object a view shows, with its card: the document as lists show it.

    What everyone sees stands under `public`, once; under `desk` only what the desk sees otherwise or alone. The same
    holds of the rows in lists: the desk's view is both, its own rows first. Counters under `desk` say by how much its
    lists differ from the public ones.
    """

    __tablename__ = "shown"
    __table_args__ = (
        Index(None, "view", "noun", "modified_at", "ref", postgresql_where=text("noun <> 'article'"),
              sqlite_where=text("noun <> 'article'")),
        {"sqlite_with_rowid": False},
    )  # fmt: skip

    view: Mapped[str] = mapped_column(String(10), primary_key=True)
    noun: Mapped[str] = mapped_column(String(20), primary_key=True)
    ref: Mapped[str] = mapped_column(Name, primary_key=True)
    revision: Mapped[int]
    slug: Mapped[str] = mapped_column(Name, doc="Its address in this view.")
    modified_at: Mapped[datetime]
    listed_at: Mapped[datetime | None] = mapped_column(doc="The instant that its rows in lists sort by.")
    due_at: Mapped[datetime | None] = mapped_column(doc="When this state becomes public, where that is set.")
    language: Mapped[str | None] = mapped_column(String(35))
    terms: Mapped[list[Any]] = mapped_column(Json, doc="What the object is listed under in this view.")
    card: Mapped[str] = mapped_column(Text)


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


class NoteListed(Base):
    """A note stands in a view's list of a term: `tag:x` (ancestors too), `source:x`, `language:uk`."""

    __tablename__ = "notes_listed"
    __table_args__ = ({"sqlite_with_rowid": False},)

    view: Mapped[str] = mapped_column(String(10), primary_key=True)
    term: Mapped[str] = mapped_column(TERM, primary_key=True)
    slug: Mapped[str] = mapped_column(Name, primary_key=True)


class Counter(Base):
    """How many articles a view lists under a term in a language: on a day of the site's zone, or ("") in all."""

    __tablename__ = "counters"
    __table_args__ = ({"sqlite_with_rowid": False},)

    view: Mapped[str] = mapped_column(String(10), primary_key=True)
    term: Mapped[str] = mapped_column(TERM, primary_key=True)
    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    n: Mapped[int]


class IdempotencyKey(Base):
    """A POST that was sent with an Idempotency-Key: whose, what it asked for, and what it was answered."""

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
