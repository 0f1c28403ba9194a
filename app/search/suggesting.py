"""Suggestions while somebody types: tags, sources, notes and stories by the words of their names or headlines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from app.changes.models import Noun
from app.changes.views import Perspective
from app.db import Reader
from app.index.asking import check_made
from app.index.keys import MARKS, AllOf, AnyOf, Condition, HasKey
from app.index.marks import BEGINNING
from app.index.states import states
from app.search.schemas import Suggestion
from app.search.walks import NOUNS, newest_hits
from app.words.analysis import asked_keys, load_dictionaries, written_keys
from app.words.beginnings import begins, indexed_beginning, plain_letters, typed_words
from app.words.spelling import script
from app.words.tokens import token_texts

MOST_ITEMS: Final = 10
# So many of the newest objects of each noun whose words have the indexed beginning are read and compared.
LOOKED_AT: Final = 20


class _TypedWord(NamedTuple):
    """A word as it was typed, whole or begun, and the keys by which other forms of it are found."""

    text: str
    keys: frozenset[str]

    def is_in(self, name: str) -> bool:
        words = token_texts(name)
        return any(begins(word, self.text) for word in words) or any(
            not self.keys.isdisjoint(written_keys(word)) for word in words
        )


async def suggestions(read: Reader, perspective: Perspective, text: str, nouns: Sequence[Noun]) -> list[Suggestion]:
    """At most MOST_ITEMS that have all words of the text in one name or headline, each whole or begun.

    Of several such names the first in the alphabet of the text is shown.
    Order: first what begins with the first word; then tags, sources, notes, articles; then the newest.
    Cost: one or two statements for each noun, one for their cards; LOOKED_AT cards of each noun at most.
    Raises: Unavailable.
    """
    await check_made(read)
    await load_dictionaries()
    words = [_TypedWord(word, asked_keys(word)) for word in typed_words(text) if plain_letters(word)]
    if not words:
        return []
    condition = AllOf(tuple(map(_has_word, words)))
    objects = [
        (noun, hit.object)
        for noun in NOUNS
        if noun in nouns
        for hit in await newest_hits(read, noun, perspective, condition, LOOKED_AT)
    ]
    cards = await states(read, perspective, [object_id for _, object_id in objects], with_body=False)
    items: list[tuple[bool, Suggestion]] = []
    for noun, object_id in objects:
        card = from_json(cards[object_id].card)
        names = [(name, language) for name, language in _names(noun, card) if all(word.is_in(name) for word in words)]
        if names:
            name, language = min(names, key=lambda each: script(each[0]) != script(text))
            ref = object_id if noun == "article" else card["slug"]
            items.append((_begins(name, words[0]), Suggestion(noun=noun, ref=ref, text=name, language=language)))
    return [item for _, item in sorted(items, key=lambda each: not each[0])[:MOST_ITEMS]]


def _has_word(word: _TypedWord) -> Condition:
    begun = HasKey(BEGINNING + indexed_beginning(plain_letters(word.text)), MARKS)
    return AnyOf((begun, *(HasKey(key, "headline") for key in sorted(word.keys))))


def _begins(name: str, word: _TypedWord) -> bool:
    first, *_ = typed_words(name)
    return begins(first, word.text)


def _names(noun: Noun, card: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """(name or headline, its language) of an object; an alias is in no language."""
    match noun:
        case "article":
            yield card["headline"], card["language"]
        case "note":
            yield card["heading"], card["language"]
        case "tag":
            yield from ((label, language) for language, label in card["labels"].items())
        case "source":
            yield from ((name, language) for language, name in card["names"].items())
            yield from ((alias, None) for alias in card["aliases"])
