"""Stories related to one: those that its editors named, then those with which it shares tags, sources, notes or words.

What few stories have says most. So of the lists that the story stands in the rarest are looked through for their newest
stories, and for stories with some of the words of its headline. Each thing in common counts the more the fewer have it.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import combinations, product
from math import log
from typing import Any, Final, Literal, NamedTuple

from pydantic_core import from_json
from sqlalchemy import ColumnElement, CompoundSelect, Integer, String, bindparam, literal, select, union_all
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import FromClause

from app.articles.filters import EVERYTHING
from app.articles.list_names import NOTE, SOURCE, TAG
from app.changes.models import View
from app.changes.views import VIEWS, Kind, Perspective, not_overlaid
from app.db import SHAPES, Reader, Row
from app.index.hits import Conditions, Walk, nearest
from app.index.keys import AllOf, AnyOf, HasKey
from app.index.states import states
from app.lists import store as lists
from app.lists.models import List, ListEntry
from app.publishing.placement import placement_of_document
from app.words.analysis import Word, analyse, load_dictionaries

LISTS_AT_MOST: Final = 8
NEWEST_OF_EACH: Final = 20
# Of a headline the longest words are sought, two of them at least, in stories of about the same time.
SHORTEST_WORD: Final = 4
WORDS_AT_MOST: Final = 6
SHARED_WORDS: Final = 2
AROUND: Final = timedelta(days=365)
# What a word in common counts; a tag that one of a hundred stories has counts 4.6.
WORD_WEIGHT: Final = 1.0
# Those who made it are no informants.
MAKERS: Final = frozenset({"author", "photographer"})

Reason = Mapping[str, Any]
_KINDS: Final = {TAG: "tag", SOURCE: "source", NOTE: "note"}


class RelatedStory(NamedTuple):
    """A related story: its card as JSON, who related it, and why."""

    card: str
    by: Literal["editor", "automatic"]
    because: list[Reason]


async def related(read: Reader, perspective: Perspective, document: str, limit: int) -> list[RelatedStory]:
    """Stories related to the one with this document: none of its own versions, and only what the perspective sees.

    Those that share something are in its language.
    Order: the editors' own, then by how much is shared, newest first among equals.
    Cost: three statements, and those of `nearest` for each view where the headline has words enough.
    """
    story = from_json(document)
    await load_dictionaries()
    headline = _headline_words(story["headline"])
    names = _lists_of(story)
    sizes = await lists.counts(read, VIEWS[perspective.kind], [*EVERYTHING, *names])
    rarest = sorted((name for name in names if sizes[name] > 1), key=lambda name: (sizes[name], name))[:LISTS_AT_MOST]
    weights = {name: log(1 + sizes[EVERYTHING[0]] / sizes[name]) for name in rarest}
    listed = await _listed(read, perspective, rarest, story["language"])
    alike = await _with_words(read, perspective, story, headline)
    named = _named_by_editors(story)
    shown = await states(read, perspective, sorted({*named, *listed, *alike}), with_body=False)
    cards = {id: from_json(state.card) for id, state in shown.items()}
    cards = {id: card for id, card in cards.items() if not _is_version(story, card)}
    found = {id: card for id, card in cards.items() if id not in named}
    shared_words = _shared_words(headline, found)
    in_common = {
        id: _InCommon(listed.get(id, frozenset()) | (_lists_of(card) & weights.keys()), shared_words[id])
        for id, card in found.items()
    }
    others = sorted(
        (id for id, common in in_common.items() if common.lists or common.words),
        key=lambda id: (in_common[id].weight(weights), placement_of_document((), cards[id]).published_at, id),
        reverse=True,
    )
    return [
        *(RelatedStory(shown[id].card, "editor", [{"relation": kind}]) for id, kind in named.items() if id in cards),
        *(RelatedStory(shown[id].card, "automatic", in_common[id].reasons(rarest)) for id in others),
    ][:limit]


class _InCommon(NamedTuple):
    """What a story has in common with the one that was asked for: lists of both, and words of both headlines."""

    lists: Set[str]
    words: list[str]

    def weight(self, weights: Mapping[str, float]) -> float:
        return sum(weights[name] for name in sorted(self.lists)) + WORD_WEIGHT * len(self.words)

    def reasons(self, rarest: Sequence[str]) -> list[Reason]:
        """The rarest first, words last."""
        reasons: list[Reason] = []
        for name in sorted(self.lists, key=rarest.index):
            reasons += [{kind: name.removeprefix(prefix)} for prefix, kind in _KINDS.items() if name.startswith(prefix)]
        return [*reasons, {"words": self.words}] if self.words else reasons


def _named_by_editors(story: Mapping[str, Any]) -> dict[str, str]:
    """Ids of articles that the story relates to, in its body too, each with the first kind of relation."""
    relations = [*story["relations"], *(block for block in story["body"] if block["type"] == "related")]
    named: dict[str, str] = {}
    for relation in relations:
        if relation["article"] is not None:
            named.setdefault(relation["article"], relation["relation"])
    return named


def _is_version(story: Mapping[str, Any], card: Mapping[str, Any]) -> bool:
    """Whether both are versions of one story."""
    originals: set[str] = {each["translation_of"] or each["id"] for each in (story, card)}
    return len(originals) == 1


def _lists_of(card: Mapping[str, Any]) -> set[str]:
    """Lists of what may make stories related: tags but for sections, informants, reference notes."""
    informants = {named["source"] for named in card["attributions"] if named["role"] not in MAKERS}
    return {
        *(TAG + slug for slug in card["tags"]),
        *(SOURCE + slug for slug in informants),
        *(NOTE + slug for slug in card["notes"]),
    }


# --- words -------------------------------------------------------------------------------------------------------


class _HeadlineWord(NamedTuple):
    """A word of the headline as it is written, and its keys."""

    text: str
    keys: frozenset[str]


def _headline_words(headline: str) -> list[_HeadlineWord]:
    """The longest words, in the order of the headline; none where it has not enough of them."""
    words: dict[frozenset[str], _HeadlineWord] = {}
    for word in analyse(headline):
        text = headline[word.start : word.end]
        if len(text) >= SHORTEST_WORD and not text[0].isdigit():
            words.setdefault(word.keys, _HeadlineWord(text, word.keys))
    longest = sorted(words.values(), key=lambda word: -len(word.text))[:WORDS_AT_MOST]
    return [word for word in words.values() if word in longest] if len(longest) >= SHARED_WORDS else []


def _shared_words(headline: Sequence[_HeadlineWord], cards: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """By id, the words of the headline that those of the cards have too; none where they are too few to say much."""
    shared: dict[str, list[str]] = {}
    for id, card in cards.items():
        words: list[Word] = analyse(card["headline"]) if headline else []
        keys = {key for word in words for key in word.keys}
        texts = [word.text for word in headline if not keys.isdisjoint(word.keys)]
        shared[id] = texts if len(texts) >= SHARED_WORDS else []
    return shared


async def _with_words(
    read: Reader, perspective: Perspective, story: Mapping[str, Any], headline: Sequence[_HeadlineWord]
) -> set[str]:
    """Ids of the newest stories in its language whose headlines have SHARED_WORDS of these words."""
    if not headline:
        return set()
    words = [AnyOf(tuple(HasKey(key, "headline") for key in sorted(word.keys))) for word in headline]
    condition = AnyOf(tuple(AllOf(some) for some in combinations(words, SHARED_WORDS)))
    at = placement_of_document((), story).published_at
    ids: set[str] = set()
    for view in VIEWS[perspective.kind]:
        walk = Walk(
            noun="article",
            view=view,
            condition=condition,
            conditions=_in_language(perspective.kind, view),
            parameters={**perspective.parameters, "language": story["language"]},
            since=_moved(at, -AROUND),
            until=_moved(at, AROUND),
        )
        ids |= {hit.object for hit in (await nearest(read, walk, None, NEWEST_OF_EACH)).hits}
    return ids


def _moved(at: datetime, span: timedelta) -> datetime | None:
    """None beyond the ends of time."""
    try:
        return at + span
    except OverflowError:
        return None


@cache
def _in_language(kind: Kind, view: View) -> Conditions:
    def conditions(hits: FromClause) -> list[ColumnElement[bool]]:
        is_in_language = hits.c.language == bindparam("language", type_=String())
        return [is_in_language, *not_overlaid(hits, view, kind, hits.c.object)]

    return conditions


# --- lists -------------------------------------------------------------------------------------------------------


async def _listed(
    read: Reader, perspective: Perspective, names: Sequence[str], language: str
) -> dict[str, frozenset[str]]:
    """Ids of the newest articles of each list in this language, with the lists where they were found."""
    if not names:
        return {}
    values = {f"list_{n}": name for n, name in enumerate(names)} | {"language": language}
    found: dict[str, frozenset[str]] = {}
    statement = _newest_of_each(perspective.kind, len(names))
    for number, id in await read.rows(statement, {**values, **perspective.parameters}):
        found[id] = found.get(id, frozenset()) | {names[number]}
    return found


@lru_cache(SHAPES)
def _newest_of_each(kind: Kind, count: int) -> CompoundSelect[*Row]:
    """(number of the list, id of an article) of the newest in each of so many lists."""
    branches = []
    for view, n in product(VIEWS[kind], range(count)):
        entry = aliased(ListEntry)
        query = select(literal(n, Integer).label("number"), entry.object.label("object")).where(
            entry.list == lists.list_id(view, bindparam(f"list_{n}", type_=List.name.type)),
            entry.language == bindparam("language", type_=String()),
            *not_overlaid(entry, view, kind, entry.object),
        )
        query = query.order_by(entry.published_at.desc(), entry.object.desc()).limit(NEWEST_OF_EACH)
        branches.append(select(query.subquery()))
    return union_all(*branches)
