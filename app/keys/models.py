"""The table of API keys."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Name
from app.web.caller import Scope


class Key(Base):
    """One API key. The secret is not stored, only its SHA-256 digest, by which the row is looked up.

    Ids are UUIDv7, so they sort by creation time.
    """

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    name: Mapped[str] = mapped_column(String(500))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[list[Scope]] = mapped_column(Json)
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(
        String(500), doc="Name of the key that created it; null for the command line."
    )
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
