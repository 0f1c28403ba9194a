"""The filters of a list of articles as conditions on rows that something else walks: each is a look-up by key."""

from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, bindparam, literal, select
from sqlalchemy.sql.selectable import FromClause

from app.articles.filters import EVERYTHING, ArticleFilter
from app.articles.lookups import GroupShape, VersionShape, has_better_version, in_period, stands_in
from app.changes.models import View, ViewEntry
from app.changes.views import Kind, not_overlaid
from app.db import SHAPES, UtcDateTime, in_list, list_parameters, padded_size
from app.index.hits import Conditions
from app.lists.models import ListEntry
from app.lists.store import list_id


class ConditionShape(NamedTuple):
    """Which conditions there are on a row, whatever their values."""

    kind: Kind
    view: View
    languages: int
    probes: tuple[GroupShape, ...]
    without: tuple[int, ...]
    bounds: frozenset[str]
    versions: VersionShape | None

    @property
    def is_free(self) -> bool:
        """Whether every row is one of the list."""
        return not self.is_narrowed and self.kind == "public"

    @property
    def is_narrowed(self) -> bool:
        """Whether a row must meet more than being seen in this view."""
        return bool(self.languages or self.probes or self.without or self.bounds)


def condition_shape(
    articles: ArticleFilter, kind: Kind, view: View, engine: ModuleType | None = None
) -> ConditionShape:
    """The shape of the conditions that the filter puts on rows of a view; `engine`: where words are sought besides."""
    return ConditionShape(
        kind=kind,
        view=view,
        languages=padded_size(len(articles.languages)) if articles.languages else 0,
        probes=tuple(group.shape for group in articles.groups),
        without=tuple(padded_size(len(group.slugs)) for group in articles.without),
        bounds=frozenset(articles.bounds),
        versions=articles.versions(kind, engine),
    )


def condition_parameters(articles: ArticleFilter) -> dict[str, Any]:
    """Values for the conditions."""
    values: dict[str, Any] = {**articles.bounds, **articles.version_parameters()}
    if articles.languages:
        values |= list_parameters("language", padded_size(len(articles.languages)), articles.languages)
    for name, groups in (("probe", articles.groups), ("without", articles.without)):
        for n, group in enumerate(groups):
            values |= list_parameters(f"{name}_{n}", padded_size(len(group.slugs)), group.values)
    return values


@lru_cache(SHAPES)
def conditions_on(shape: ConditionShape) -> Conditions | None:
    """Makes the conditions on rows with the columns `object`, `published_at` and `language`; None for no conditions.

    Their parameters are those of `condition_parameters`.
    """

    def conditions(hits: FromClause) -> list[ColumnElement[bool]]:
        return [
            *not_overlaid(hits, shape.view, shape.kind, hits.c.object),
            *([in_list(hits.c.language, "language", shape.languages)] if shape.languages else []),
            *(bound for name, bound in _bounds(shape.view, hits).items() if name in shape.bounds),
            *(stands_in(shape.view, hits, f"probe_{n}", group).is_not(None) for n, group in enumerate(shape.probes)),
            *(
                stands_in(shape.view, hits, f"without_{n}", GroupShape(count, only_sections=False)).is_(None)
                for n, count in enumerate(shape.without)
            ),
            *([has_better_version(shape.versions, shape.view, hits).is_(None)] if shape.versions else []),
        ]

    return None if shape.is_free else conditions


def _bounds(view: View, hits: FromClause) -> dict[str, ColumnElement[bool]]:
    updated_at = select(ListEntry.updated_at).where(
        ListEntry.list == list_id(view, literal(EVERYTHING[0], String)),
        ListEntry.published_at == hits.c.published_at,
        ListEntry.object == hits.c.object,
    )
    modified_at = select(ViewEntry.modified_at).where(ViewEntry.view == view, ViewEntry.object == hits.c.object)
    return {
        **in_period(hits),
        "updated_since": updated_at.correlate(hits).scalar_subquery()
        >= bindparam("updated_since", type_=UtcDateTime()),
        "modified_since": modified_at.correlate(hits).scalar_subquery()
        >= bindparam("modified_since", type_=UtcDateTime()),
    }
