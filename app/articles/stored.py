"""Reads, within a write transaction, what is stored of articles before they are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Select, select

from app.articles.models import Article, ArticleSlug
from app.changes.log import Transaction
from app.changes.models import DESK, PUBLIC, View
from app.changes.stored import StoredObject, StoredState, portions, stored
from app.db import Row, fetch, in_list, list_parameters, padded_size
from app.lists.store import Placement
from app.publishing.placement import placement_of_document
from app.publishing.store import NOT_WITHDRAWN, WithdrawalRow, withdrawal_columns


@dataclass(frozen=True, slots=True)
class StoredRow:
    """What is stored of an article beside its states."""

    withdrawal: WithdrawalRow = NOT_WITHDRAWN
    former_slugs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Before:
    """An article that exists: its states, its row, and the fields of each state's card."""

    stored: StoredObject
    row: StoredRow
    cards: Mapping[View, Mapping[str, Any]]

    @classmethod
    def of(cls, article: StoredObject, row: StoredRow) -> "Before":
        return cls(article, row, {view: from_json(state.card) for view, state in article.states.items()})

    def compared_with(self, view: View) -> tuple[StoredState, Mapping[str, Any]]:
        """The state that a new one in this view takes the place of, with the fields of its card."""
        shown_in = view if view in self.stored.states else DESK if DESK in self.stored.states else PUBLIC
        return self.stored.states[shown_in], self.cards[shown_in]

    def placements(self) -> dict[View, Placement]:
        """Where each view lists it."""
        return {
            view: placement_of_document(state.lists, self.cards[view]) for view, state in self.stored.states.items()
        }


@cache
def _rows(count: int) -> Select[*Row]:
    """A row for each former slug of an article; one without where it has none."""
    former_slug = (ArticleSlug.article == Article.id) & ArticleSlug.is_public & (ArticleSlug.slug != Article.slug)
    query = select(Article.id, ArticleSlug.slug, *withdrawal_columns(Article)).outerjoin(ArticleSlug, former_slug)
    query = query.where(in_list(Article.id, "id", count)).order_by(Article.id)
    return query.with_for_update(of=Article, key_share=True)


async def stored_rows(transaction: Transaction, ids: Sequence[str]) -> dict[str, StoredRow]:
    """What is stored of these articles beside their states, locked. Cost: one statement for each thousand."""
    slugs: dict[str, set[str]] = {}
    withdrawals: dict[str, WithdrawalRow] = {}
    for portion in portions(ids):
        count = padded_size(len(portion))
        rows = await fetch(transaction.connection, _rows(count), list_parameters("id", count, portion))
        for id, slug, reason, note, at, replacement in rows:
            slugs.setdefault(id, set()).update({slug} - {None})
            withdrawals[id] = (reason, note, at, replacement)
    return {id: StoredRow(withdrawal, frozenset(slugs[id])) for id, withdrawal in withdrawals.items()}


async def stored_articles(transaction: Transaction, ids: Sequence[str]) -> dict[str, Before]:
    """Those of the articles that exist, locked until the end of this transaction.

    Locked first and read then: another transaction may discard a working copy meanwhile, which takes no new revision.
    Cost: two statements for each thousand.
    """
    rows = await stored_rows(transaction, ids)
    articles = await stored(transaction.connection, "article", [*rows])
    return {id: Before.of(article, rows[id]) for id, article in articles.items()}
