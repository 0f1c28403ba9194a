"""What follows from a stored document: the entry of its view, its lists, what it names. Needs no database."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from app.articles import list_names as articles
from app.articles.rendering import render
from app.articles.schemas import ArticleState, Withdrawal
from app.changes.log import DUE_ANY_TIME
from app.changes.models import PUBLIC, Noun, View
from app.changes.stored import desk_document_of, document_of
from app.collections import saving as collections
from app.collections.schemas import CollectionState
from app.lists.store import Placement
from app.notes import saving as notes
from app.notes.facts import fact_placements
from app.notes.schemas import NoteState
from app.publishing.placement import placement_of_document
from app.publishing.store import WithdrawalRow, withdrawal_fields
from app.sources.schemas import SourceOut
from app.tags.schemas import TagOut

# Lists whose names end in what the document names, by the noun of that.
NAMES: Final[tuple[tuple[str, Noun], ...]] = (
    (articles.TAG, "tag"), (articles.SOURCE, "source"), (articles.NOTE, "note"), (articles.RELATED, "article"),
    (articles.TRANSLATION, "article"), ("notes:tag:", "tag"), ("notes:source:", "source"),
    (articles.PINNED, "article"),
)  # fmt: skip


class ShownState(NamedTuple):
    """An entry of a view, and the text of the revision that it shows: no card where that is not there."""

    view: View
    object: str
    noun: Noun
    ref: str | None
    revision: int
    slug: str
    modified_at: datetime
    listed_at: datetime | None
    due_at: datetime | None
    expires_at: datetime | None
    story: str | None
    lists: list[str]
    card: str | None
    body: str | None
    private: str | None

    @property
    def place(self) -> str:
        return f"{self.noun} {self.ref or self.object} ({self.view})"


@dataclass(frozen=True, slots=True)
class DerivedState:
    """What follows from a document: the values of its view entry, and its entries in lists."""

    card: Mapping[str, Any]
    slug: str
    modified_at: datetime
    listed_at: datetime | None
    due_at: datetime | None
    expires_at: datetime | None
    story: str | None
    lists: list[str]
    placements: tuple[Placement, ...]

    def differences(self, state: ShownState) -> Iterator[str]:
        """The columns of the view entry that hold something else."""
        for name in ("slug", "modified_at", "listed_at", "due_at", "expires_at", "story", "lists"):
            stored, derived = getattr(state, name), getattr(self, name)
            if stored != derived:
                yield f"{name} is {_shown(stored)}, and follows as {_shown(derived)}"

    def references(self) -> Iterator[tuple[Noun, str]]:
        """(noun, ref) of all that the document names, and of ancestors of its tags."""
        for name in self.lists:
            for prefix, noun in NAMES:
                if name.startswith(prefix):
                    yield noun, name.removeprefix(prefix)


class Undocumented(Exception):
    """The stored text is no document of its noun; the message says why."""


def derived(state: ShownState, parents: Mapping[str, str | None], withdrawal: WithdrawalRow) -> DerivedState:
    """What follows from what the entry shows. `parents`: of all tags. Raises: Undocumented."""
    if state.card is None:
        raise Undocumented(f"its revision {state.revision} is not there")
    try:
        card = from_json(state.card)
        names = _list_names(state, parents, withdrawal)
        placements = _placements(state.noun, names, card)
    except ValidationError as error:
        fault = error.errors()[0]
        where = "/".join(map(str, fault["loc"]))
        raise Undocumented(f"revision {state.revision} is no {state.noun}: {where}: {fault['msg']}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Undocumented(f"revision {state.revision} is no {state.noun}: {error!r}") from None
    if card["revision"] != state.revision:
        raise Undocumented(f"revision {state.revision} calls itself {card['revision']}")
    own_name = card["id"] if state.noun == "article" else card["slug"]
    if own_name != state.ref:
        raise Undocumented(f"revision {state.revision} is of {state.noun} {own_name}")
    is_listed = bool(placements)
    return DerivedState(
        card, card["slug"], datetime.fromisoformat(card["modified_at"]),
        placements[0].published_at if is_listed else None,
        _instant(card["publish_at"]) if is_listed else DUE_ANY_TIME, _instant(card.get("expires_at")),
        (card["translation_of"] or card["id"]) if state.noun == "article" else None, sorted(names), placements,
    )  # fmt: skip


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _list_names(state: ShownState, parents: Mapping[str, str | None], withdrawal: WithdrawalRow) -> set[str]:
    """Raises: ValidationError, ValueError, where the text is no document."""
    assert state.card is not None
    document = desk_document_of(document_of(state.card, state.body), state.private)
    if state.noun == "article":
        article = ArticleState.model_validate_json(document)
        if article.status == "withdrawn" and (fields := withdrawal_fields(withdrawal)) is not None:
            article.withdrawal = Withdrawal.model_validate(fields)
        rendered = render(article)
        named = {*rendered.tags, *([] if rendered.section is None else [rendered.section])}
        tags = {name for slug in named for name in (slug, *ancestors(parents, slug))}
        return articles.list_names(rendered) | {articles.TAG + slug for slug in tags}
    if state.noun == "note":
        return notes.list_names(NoteState.model_validate_json(document))
    if state.noun == "collection":
        return collections.list_names(CollectionState.model_validate_json(document))
    (TagOut if state.noun == "tag" else SourceOut).model_validate_json(document)
    return set()


def ancestors(parents: Mapping[str, str | None], slug: str) -> Iterable[str]:
    """From the nearest to the farthest; each once, also where they lead back to it."""
    found: dict[str, None] = {}
    parent = parents.get(slug)
    while parent is not None and parent not in found:
        found[parent] = None
        parent = parents.get(parent)
    return found


def _placements(noun: Noun, names: set[str], card: Mapping[str, Any]) -> tuple[Placement, ...]:
    """The first is that of the document, the others of its facts; none for what stands in no lists."""
    if noun in {"tag", "source"}:
        return ()
    facts = fact_placements(card).values() if noun == "note" else ()
    return placement_of_document(names, card), *facts


def fitting_view(state: ShownState, card: Mapping[str, Any]) -> bool:
    """Whether the view is the one that shows documents of this status. Tags and sources have none."""
    return "status" not in card or (card["status"] == "published") == (state.view == PUBLIC)


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return ", ".join(value) if isinstance(value, list) else str(value)
