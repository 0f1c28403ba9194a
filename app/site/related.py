"""What the page of related stories shows: their teasers, and why each is related."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pydantic_core import from_json

from app.articles.filters import EVERYTHING
from app.articles.related import Reason, related
from app.changes import views
from app.changes.models import Noun
from app.changes.views import EVERYONE
from app.db import Reader
from app.formats.story import Site, in_language
from app.index.asking import check_made
from app.site import addresses
from app.site.stories import Named
from app.site.teasers import Json, Teaser, teaser

MOST_SHOWN: Final = 5
_NOUNS: Final[tuple[Noun, ...]] = ("tag", "source", "note")


class RelatedTeaser(NamedTuple):
    """A related story: the kind of relation that an editor gave it, else what both stories have in common."""

    teaser: Teaser
    relation: str | None
    in_common: list[Named]


class RelatedStories(NamedTuple):
    """At most MOST_SHOWN related stories, and the names of what they depend on, as the log of changes has them."""

    stories: list[RelatedTeaser]
    names: list[str]


async def related_stories(
    read: Reader, site: Site, document: str, sections: Mapping[str, str], language: str
) -> RelatedStories:
    """The stories related to the one with this document. `sections` are names of sections by slug.

    Order and cost: those of `related`, and one statement for the names of what they have in common.
    Raises: Unavailable, while the index is being made.
    """
    await check_made(read)
    found = await related(read, EVERYONE, document, MOST_SHOWN)
    reasons = [reason for story in found for reason in story.because]
    refs = {noun: [*dict.fromkeys(reason[noun] for reason in reasons if noun in reason)] for noun in _NOUNS}
    cards = await views.cards(read, EVERYONE, refs)
    named = {
        (noun, slug): _named(noun, from_json(card), language)
        for noun, of_noun in cards.items()
        for slug, card in of_noun.items()
    }
    stories = [
        RelatedTeaser(
            teaser(from_json(story.card), sections, site),
            story.because[0]["relation"] if story.by == "editor" else None,
            _in_common(story.because, named),
        )
        for story in found
    ]
    return RelatedStories(stories, [*EVERYTHING, *(f"{noun}:{slug}" for noun, slugs in refs.items() for slug in slugs)])


def _named(noun: Noun, card: Json, language: str) -> Named:
    match noun:
        case "tag":
            return Named(in_language(card["labels"], language), addresses.of_tag(card, language))
        case "source":
            return Named(in_language(card["names"], language), addresses.of("sources", card["slug"], language))
        case _:
            return Named(card["heading"], addresses.of("notes", card["slug"]))


def _in_common(because: Sequence[Reason], named: Mapping[tuple[Noun, str], Named]) -> list[Named]:
    """The rarest first; words of the headline last. A note that was withdrawn is left out."""
    refs = [(noun, reason[noun]) for reason in because for noun in _NOUNS if noun in reason]
    shared = [named[ref] for ref in refs if ref in named]
    words = [Named(f"«{word}»") for reason in because for word in reason.get("words", ())]
    return [*shared, *words]
