"""The table of API keys."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Name
from app.web.caller import Scope


class Key(Base):
    """One key. Its secret is not here: only the SHA-256 of it, by which it is found.

    Ids are UUIDv7, so they sort by when they were made. `created_by` is the name of the key that made it, null for the
    command line.
    """

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    name: Mapped[str] = mapped_column(String(500))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[list[Scope]] = mapped_column(Json)
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(String(500))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
