"""Statements that add up counters of lists of articles: how many they have, in which languages and periods."""

from functools import lru_cache

from sqlalchemy import ColumnElement, Integer, Select, String, and_, bindparam, func, literal, select

from app.articles.lookups import name_of_list
from app.changes.views import VIEWS, Kind
from app.db import SHAPES
from app.lists.models import Counter
from app.lists.store import list_id


@lru_cache(SHAPES)
def _counted(kind: Kind, only_sections: bool, languages: int) -> ColumnElement[bool]:
    """The counters of the list `list_0`, in so many languages."""
    ids = [list_id(view, name_of_list("list_0", only_sections)) for view in VIEWS[kind]]
    if not languages:
        return Counter.list.in_(ids)
    names = [bindparam(f"language_{n}", type_=String()) for n in range(languages)]
    return and_(Counter.list.in_(ids), Counter.language.in_(names))


@lru_cache(SHAPES)
def counter_statement(kind: Kind, only_sections: bool, languages: int) -> Select[int]:
    return select(func.sum(Counter.n)).where(_counted(kind, only_sections, languages), Counter.day == "")


@lru_cache(SHAPES)
def languages_statement(kind: Kind, only_sections: bool) -> Select[str, int]:
    """(language, number of articles) of the list `list_0`."""
    number = func.sum(Counter.n)
    query = select(Counter.language, number).where(_counted(kind, only_sections, 0), Counter.day == "")
    return query.group_by(Counter.language).having(number > 0)


@lru_cache(SHAPES)
def periods_statement(kind: Kind, length: int, only_sections: bool, languages: int) -> Select[str, int]:
    period = func.substr(Counter.day, literal(1, Integer), literal(length, Integer)).label("period")
    query = select(period, func.sum(Counter.n)).where(_counted(kind, only_sections, languages), Counter.day > "")
    return query.group_by(period).having(func.sum(Counter.n) > 0).order_by(period)
