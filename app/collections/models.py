"""The table of collections. Their texts and pins stand in the revisions."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Name
from app.publishing.models import SCHEDULED, Publishable


class Collection(Publishable, Base):
    """One collection, as its newest state is. Its slug never changes."""

    __tablename__ = "collections"
    __table_args__ = (Index("ix_collections_due", "publish_at", postgresql_where=SCHEDULED, sqlite_where=SCHEDULED),)

    slug: Mapped[str] = mapped_column(Name, primary_key=True)
    revision: Mapped[int]
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]
