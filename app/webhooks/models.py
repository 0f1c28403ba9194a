"""Tables of webhooks: subscribers, each with its position in the log, the latest delivery attempts, and WebSub hubs."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.changes.models import Noun
from app.db import Base, Json, Name

Perspective = Literal["public", "drafts"]


class Webhook(Base):
    """One subscriber. Every change up to `position` is finished: delivered, given up, or excluded by the filters.

    Positions are numbers of the public log; with the perspective `drafts`, of the complete log.
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
    disabled_reason: Mapped[str | None] = mapped_column(
        String(20), doc="Why the server disabled it; null if a user did, or if it is enabled."
    )
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(doc="Counts changes of the settings, not of the position.")
    secret: Mapped[bytes] = mapped_column(LargeBinary(32), doc="Signs events, so it is stored in plain form.")
    former_secret: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    former_until: Mapped[datetime | None] = mapped_column(doc="Until when events are also signed with former_secret.")
    position: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(doc="Failed attempts to deliver the next event.")
    due_at: Mapped[datetime] = mapped_column(doc="When a claim or a retry delay ends; a claim moves it forward.")
    holder: Mapped[str | None] = mapped_column(Name, doc="Id of the claim that may deliver and move the position.")


class Delivery(Base):
    """One delivery attempt, or one event that was given up (`dead`). Only the latest of each webhook are kept."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index(None, "webhook", "dead", "id"),)

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    webhook: Mapped[str] = mapped_column(Name, ForeignKey("webhooks.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    position: Mapped[int | None] = mapped_column(BigInteger, doc="Null for a test event.")
    attempt: Mapped[int]
    dead: Mapped[bool] = mapped_column(Boolean)
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(20), doc="The kind of failure; never text from the receiver.")
    duration_milliseconds: Mapped[int]


class WebSubHub(Base):
    """A hub that is told when feeds change. It was told of every change up to `position` of the public log."""

    __tablename__ = "websub_hubs"

    hub: Mapped[str] = mapped_column(String(2000), primary_key=True, doc="Its address.")
    position: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(doc="Failed attempts to tell of what follows.")
    due_at: Mapped[datetime] = mapped_column(doc="When a claim, a pause or a retry delay ends.")
