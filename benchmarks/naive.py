"""The usual way, to compare with: SQLAlchemy ORM objects, relationships loaded by `selectinload`, a response_model.

Serves the same articles as Dovidka, from tables of its own. The database's URL is in NAIVE_URL.
"""

import os
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


article_tags = Table(
    "naive_article_tags",
    Base.metadata,
    Column("article_id", ForeignKey("naive_articles.id"), primary_key=True),
    Column("tag_slug", ForeignKey("naive_tags.slug"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "naive_tags"

    slug: Mapped[str] = mapped_column(String(120), primary_key=True)
    type: Mapped[str] = mapped_column(String(20))
    labels: Mapped[dict[str, str]] = mapped_column(JSON)


class Attribution(Base):
    __tablename__ = "naive_attributions"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("naive_articles.id"), index=True)
    source: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str | None] = mapped_column(String(20))
    text: Mapped[str | None] = mapped_column(Text)
    block: Mapped[str | None] = mapped_column(String(40))


class Block(Base):
    __tablename__ = "naive_blocks"

    article_id: Mapped[str] = mapped_column(ForeignKey("naive_articles.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(40))
    type: Mapped[str] = mapped_column(String(20))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class Article(Base):
    __tablename__ = "naive_articles"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    language: Mapped[str] = mapped_column(String(35))
    headline: Mapped[str] = mapped_column(String(500))
    kicker: Mapped[str | None] = mapped_column(String(500))
    standfirst: Mapped[str | None] = mapped_column(Text)
    excerpt: Mapped[str | None] = mapped_column(Text)
    byline: Mapped[str | None] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(20))
    published_at: Mapped[str] = mapped_column(String(40))
    updated_at: Mapped[str] = mapped_column(String(40))
    modified_at: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[str] = mapped_column(String(40))
    revision: Mapped[int]
    word_count: Mapped[int]
    reading_minutes: Mapped[int]

    tags: Mapped[list[Tag]] = relationship(secondary=article_tags)
    attributions: Mapped[list[Attribution]] = relationship()
    body: Mapped[list[Block]] = relationship(order_by=Block.number)


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TagOut(Out):
    slug: str
    type: str
    labels: dict[str, str]


class AttributionOut(Out):
    source: str
    role: str
    channel: str | None
    text: str | None
    block: str | None


class BlockOut(Out):
    id: str
    type: str
    content: dict[str, Any]


class ArticleOut(Out):
    id: str
    slug: str
    language: str
    headline: str
    kicker: str | None
    standfirst: str | None
    excerpt: str | None
    byline: str | None
    status: str
    published_at: datetime
    updated_at: datetime
    modified_at: datetime
    created_at: datetime
    revision: int
    word_count: int
    reading_minutes: int
    tags: list[TagOut]
    attributions: list[AttributionOut]
    body: list[BlockOut]


def _driver(url: str) -> str:
    return url.replace("sqlite:", "sqlite+aiosqlite:").replace("postgresql:", "postgresql+asyncpg:")


async def fill(url: str, tags: Sequence[dict[str, Any]], documents: Sequence[dict[str, Any]]) -> None:
    """Makes the tables and puts the documents into them."""
    engine = create_async_engine(_driver(url))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine)() as session:
        known = {one["slug"]: Tag(slug=one["slug"], type=one["type"], labels=one["labels"]) for one in tags}
        session.add_all(known.values())
        plain = {column.key for column in Article.__table__.columns}
        for document in documents:
            article = Article(**{name: value for name, value in document.items() if name in plain})
            article.tags = [known[slug] for slug in document["tags"]]
            article.attributions = [
                Attribution(**{name: given[name] for name in ("source", "role", "channel", "text", "block")})
                for given in document["attributions"]
            ]
            article.body = [
                Block(number=number, id=block.pop("id"), type=block.pop("type"), content=block)
                for number, block in enumerate(document["body"])
            ]
            session.add(article)
        await session.commit()
    await engine.dispose()


def create_app() -> FastAPI:
    """The application, as a good tutorial would have it."""
    sessions = async_sessionmaker(create_async_engine(_driver(os.environ["NAIVE_URL"])), expire_on_commit=False)
    api = FastAPI()

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    @api.get("/v1/articles/{ref}", response_model=ArticleOut)
    async def get_article(ref: str, session: Annotated[AsyncSession, Depends(session)]) -> Article:
        query = (
            select(Article)
            .where(Article.id == ref)
            .options(selectinload(Article.tags), selectinload(Article.attributions), selectinload(Article.body))
        )
        found = (await session.execute(query)).scalar_one_or_none()
        if found is None:
            raise HTTPException(404)
        return found

    return api
