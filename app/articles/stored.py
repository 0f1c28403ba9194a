"""Reads, within a write transaction, what is stored of articles before they are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Select, select

from app.articles.models import Article, ArticleSlug
from app.articles.schemas import ArticleState, Withdrawal
from app.changes.log import Transaction
from app.changes.models import DESK, View
from app.changes.stored import StoredObject, StoredState, portions, stored
from app.content.lifecycle import Status
from app.db import Row, fetch, in_list, list_parameters, padded_size
from app.lists.store import Placement
from app.publishing.placement import placement_of_document
from app.publishing.store import WithdrawalRow, withdrawal_columns, withdrawal_fields


@dataclass(frozen=True, slots=True)
class StoredArticle(StoredObject):
    """An article that nobody else can change before this transaction ends; also the fields of each state's card."""

    withdrawal: WithdrawalRow
    former_slugs: frozenset[str]
    cards: Mapping[View, Mapping[str, Any]]

    @property
    def is_withdrawn(self) -> bool:
        return withdrawal_fields(self.withdrawal) is not None

    @property
    def status(self) -> Status:
        """That of the newest state."""
        status: Status = self.compared_with(DESK)[1]["status"]
        return status

    def state(self, view: View | None = None) -> ArticleState:
        """The newest state, or the one that a view shows."""
        stored_state = self.newest if view is None else self.states[view]
        state = ArticleState.model_validate_json(stored_state.desk_document)
        if (withdrawal := withdrawal_fields(self.withdrawal)) is not None:
            state.withdrawal = Withdrawal.model_validate(withdrawal)
        return state

    def compared_with(self, view: View) -> tuple[StoredState, Mapping[str, Any]]:
        """The state that a new one in this view takes the place of, with the fields of its card."""
        shown_in = self.replaced_in(view)
        return self.states[shown_in], self.cards[shown_in]

    def placements(self) -> dict[View, Placement]:
        """Where each view lists it."""
        return {view: placement_of_document(state.lists, self.cards[view]) for view, state in self.states.items()}


@cache
def _rows(count: int) -> Select[*Row]:
    """A row for each former slug of an article; one without where it has none."""
    former_slug = (ArticleSlug.article == Article.id) & ArticleSlug.is_public & (ArticleSlug.slug != Article.slug)
    query = select(Article.id, ArticleSlug.slug, *withdrawal_columns(Article)).outerjoin(ArticleSlug, former_slug)
    query = query.where(in_list(Article.id, "id", count)).order_by(Article.id)
    # Others may go on naming the articles meanwhile; whoever deletes one locks it against that too.
    return query.with_for_update(of=Article, key_share=True)


async def stored_articles(transaction: Transaction, ids: Sequence[str]) -> dict[str, StoredArticle]:
    """Those of the articles that exist, locked until the end of this transaction.

    Locked first and read then: another transaction may discard a working copy meanwhile, which takes no new revision.
    Cost: two statements for each thousand.
    """
    slugs: dict[str, set[str]] = {}
    withdrawals: dict[str, WithdrawalRow] = {}
    for portion in portions(ids):
        count = padded_size(len(portion))
        rows = await fetch(transaction.connection, _rows(count), list_parameters("id", count, portion))
        for id, slug, reason, note, at, replacement in rows:
            slugs.setdefault(id, set()).update({slug} - {None})
            withdrawals[id] = (reason, note, at, replacement)
    articles: dict[str, StoredArticle] = {}
    for id, article in (await stored(transaction.connection, "article", [*withdrawals])).items():
        cards = {view: from_json(state.card) for view, state in article.states.items()}
        former_slugs = frozenset(slugs[id])
        articles[id] = StoredArticle(id, article.states, article.last_revision, withdrawals[id], former_slugs, cards)
    return articles
