"""The texts of objects of any noun: those that are searched, and those that a snippet is cut from."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.articles import texts as articles
from app.changes.models import Noun
from app.index import highlighting
from app.index.highlighting import Passage
from app.index.keys import IndexedTexts
from app.notes import texts as notes
from app.sources import store as sources
from app.tags import store as tags
from app.words.matching import Finder

Card = Mapping[str, Any]
Blocks = Sequence[Mapping[str, Any]]


def searched_texts(noun: Noun, card: Card, body: Blocks) -> IndexedTexts:
    """The texts by which words find an object of this noun, as its own folder tells."""
    match noun:
        case "article":
            return articles.searched_texts(card, body)
        case "note":
            return notes.searched_texts(card, body)
        case "source":
            return sources.searched_texts(card)
        case "tag":
            return tags.searched_texts(card)
        case "collection":
            raise ValueError("no word finds a collection")


def snippet(finder: Finder, noun: Noun, card: Card, body: Blocks) -> str | None:
    """Inline HTML with `mark` around the words; without marks if only the headline or a name has the words."""
    match noun:
        case "article":
            passages = [*articles.card_passages(card), *articles.body_passages(body)]
            return highlighting.snippet(finder, passages, card["excerpt"])
        case "note":
            passages = [*notes.body_passages(body), *notes.fact_passages(card)]
        case "source" | "tag":
            passages = [Passage(language, "body", [text]) for language, text in card["description"].items()]
    first = next((piece for passage in passages for piece in passage.pieces), None)
    return highlighting.snippet(finder, passages, first)
