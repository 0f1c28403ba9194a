"""The columns of everything that can be published."""

from datetime import datetime

from sqlalchemy import String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Name

# The condition of the partial indexes on `publish_at`, by which what is due is found.
SCHEDULED = text("status = 'scheduled'")


class Publishable:
    """The lifecycle of the newest state, and what a 410 tells while it is withdrawn."""

    status: Mapped[str] = mapped_column(String(20))
    publish_at: Mapped[datetime | None]
    first_published_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None] = mapped_column(String(20))
    withdrawal_note: Mapped[str | None] = mapped_column(Text, doc="What readers are told.")
    replacement: Mapped[str | None] = mapped_column(Name, doc="What to read instead: id of an article, slug of a note.")
