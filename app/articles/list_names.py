"""The names of the lists in which articles stand. What each list is for: `app/lists/models.py`."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from app.articles.rendering import RenderedArticle
from app.lists.store import Placement
from app.publishing.statuses import heading

ALL_ARTICLES: Final = "articles"
TAG: Final = "articles:tag:"
SOURCE: Final = "articles:source:"
NOTE: Final = "articles:note:"
RELATED: Final = "articles:related:"
# Of collections, by the article that they pin.
PINNED: Final = "collections:article:"
TRANSLATION: Final = "articles:translation:"
QUOTING: Final = "articles:has:quote"
QUOTING_IN: Final = "articles:quote:"
STATUS: Final = "articles:status:"
# Lists that no public page shows.
UNSEEN: Final = (RELATED, STATUS)
# Lists that have an archive: their entries are counted by day too.
ARCHIVED: Final = re.compile(f"{ALL_ARTICLES}|{TAG}.*")


def list_names(article: RenderedArticle) -> set[str]:
    """The lists that the article stands in, without those of tags."""
    names = {ALL_ARTICLES, *(NOTE + note.slug for note in article.notes), *(RELATED + id for id in article.related)}
    names |= {f"articles:{facet}" for facet in article.facets}
    for source in article.sources:
        names |= {SOURCE + source.slug, f"articles:source.{source.role}:{source.slug}"}
    if article.translation_of is not None:
        names.add(TRANSLATION + article.translation_of)
    if desk_heading := heading(article.status, is_working_copy=article.working_copy):
        names.add(STATUS + desk_heading)
    return names | quote_lists(article.quote_languages)


def quote_lists(languages: Sequence[str]) -> set[str]:
    """The lists of a story with quotes in these languages."""
    return {QUOTING, *(QUOTING_IN + language for language in languages)} if languages else set()


def purge_names(placements: Iterable[Placement]) -> set[str]:
    """The names of the lists there that readers can ask for, also narrowed to the language: `articles:tag:trams~uk`."""
    names = {(name, of.language) for of in placements for name in of.names if not name.startswith(UNSEEN)}
    return {each for name, language in names for each in (name, f"{name}~{language}")}
