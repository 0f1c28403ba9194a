"""Tables of the log: its head, the changes, every state that was ever saved, and what each view shows now."""

from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text, text
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
    kind: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    public_from: Mapped[datetime | None]
    public_to: Mapped[datetime | None]
    document: Mapped[str] = mapped_column(Text)
    ednote: Mapped[str | None] = mapped_column(Text)


class Shown(Base):
    """Which revision of an object a view shows, with its card: the document as lists show it.

    What everyone sees stands under `public`, once; under `desk` only what the desk sees otherwise or alone. The same
    holds of the rows in lists and of the counters: the desk's view is both, its own rows first.
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
    language: Mapped[str | None] = mapped_column(String(35))
    terms: Mapped[list[Any]] = mapped_column(Json, doc="What the object is listed under in this view.")
    card: Mapped[str] = mapped_column(Text)


class Counter(Base):
    """How many articles a view lists under a term in a language: on a day of the site's zone, or ("") in all."""

    __tablename__ = "counters"
    __table_args__ = ({"sqlite_with_rowid": False},)

    view: Mapped[str] = mapped_column(String(10), primary_key=True)
    term: Mapped[str] = mapped_column(TERM, primary_key=True)
    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    n: Mapped[int]
