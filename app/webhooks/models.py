"""Tables of the webhooks: subscribers, each with its place in the log, and the last of what was sent to them."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.changes.models import Noun
from app.db import Base, Json, Name

Perspective = Literal["public", "drafts"]


class Webhook(Base):
    """One subscriber. All up to `position` is settled with it: delivered, given up, or none of its business.

    Positions are those of the public log, or for `drafts` of the whole. `revision` counts its settings alone.
    """

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    name: Mapped[str] = mapped_column(String(500))
    url: Mapped[str] = mapped_column(String(2000))
    nouns: Mapped[list[Noun]] = mapped_column(Json)
    tags: Mapped[list[str]] = mapped_column(Json)
    languages: Mapped[list[str]] = mapped_column(Json)
    perspective: Mapped[Perspective] = mapped_column(String(10))
    enabled: Mapped[bool] = mapped_column(Boolean)
    disabled_reason: Mapped[str | None] = mapped_column(String(20), doc="Why it is not enabled, where that was us.")
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]
    revision: Mapped[int]
    secret: Mapped[bytes] = mapped_column(LargeBinary(32), doc="Signs; so it is kept as it is.")
    former_secret: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    former_until: Mapped[datetime | None] = mapped_column(doc="Until when the former secret signs too.")
    position: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(doc="How often the next event was tried in vain.")
    due_at: Mapped[datetime] = mapped_column(doc="Who delivers may take it from then on; who takes it moves this on.")
    holder: Mapped[str | None] = mapped_column(Name, doc="Who took it. Whose name is not here may settle nothing.")


class Delivery(Base):
    """One try to deliver an event, or one event that was given up (`dead`). Of each subscriber only the last."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index(None, "webhook", "dead", "id"),)

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    webhook: Mapped[str] = mapped_column(Name, ForeignKey("webhooks.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    position: Mapped[int | None] = mapped_column(BigInteger, doc="Null for a test.")
    attempt: Mapped[int]
    dead: Mapped[bool] = mapped_column(Boolean)
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(20), doc="The kind of failure: never what the receiver said.")
    duration_milliseconds: Mapped[int]
