"""What fills a collection behind its pins: the query string of a list of articles, in the grammar of such lists."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from app.articles.query_schemas import DESK_SORTS, ArticleFilters, ArticleQuery
from app.errors import Invalid
from app.web.faults import faults
from app.web.query_strings import check_query, parameter_types, parameter_values

LONGEST_FILL: Final = 2_000
_LENGTH: Final = "a collection is one page, and `length` says how many stories it has"
_SHAPE: Final = "says how an answer is shown: that is asked of `…/items`"
_PERSPECTIVE: Final = "whoever reads the collection says through whose eyes: a fill is the same for all"
# The parameters of `/v1/articles` that a fill does not take, and why.
REFUSED: Final[dict[str, str]] = {
    **dict.fromkeys(("cursor", "limit", "count"), _LENGTH),
    **dict.fromkeys(("fields", "include", "highlight", "facets", "explain"), _SHAPE),
    **dict.fromkeys(("perspective", "status", "working_copy"), _PERSPECTIVE),
    "fallback": "in which language a reader sees a collection, `…/items` is asked",
    "ids": "single stories are named in `pinned`",
}
_TYPES: Final = {name: kind for name, kind in parameter_types(ArticleQuery).items() if name not in REFUSED}
# A language whose place in the fill is kept for readers, who may ask for the items in one.
_ANY_LANGUAGE: Final = "und"


def check_fill(fill: str) -> str:
    """The query string itself. Raises: PydanticCustomError, naming all that is wrong with it."""
    given = dict(parse_qsl(fill, keep_blank_values=True))
    refused = [f"`{name}`: {REFUSED[name]}" for name in given if name in REFUSED]
    if (sort := given.get("sort")) in DESK_SORTS:
        refused.append(f"`sort` is `{sort}` in the desk's view alone, and a fill is the same for all")
    if refused:
        raise _wrong(refused)
    try:
        query = parsed_fill(fill)
        if query.language is None:
            in_language(query, (_ANY_LANGUAGE,))
    except Invalid as refusal:
        raise _wrong([f"`{fault.parameter}` {fault.detail}" for fault in refusal.faults]) from None
    except ValidationError as error:
        findings = [{**finding, "loc": ("query", *finding["loc"])} for finding in error.errors(include_url=False)]
        raise _wrong([f"`{fault.parameter}` {fault.detail}" for fault in faults(findings)]) from None
    return fill


def _wrong(details: Sequence[str]) -> PydanticCustomError:
    return PydanticCustomError("broken_fill", "{detail}", {"detail": "; ".join(details)})


@lru_cache(1_000)
def parsed_fill(fill: str) -> ArticleFilters:
    """The list that the query string asks for. Raises: Invalid, ValidationError."""
    check_query(fill.encode(), _TYPES)
    return ArticleFilters.model_validate(parameter_values(parse_qsl(fill, keep_blank_values=True), _TYPES))


def in_language(query: ArticleFilters, languages: Sequence[str]) -> ArticleFilters | None:
    """The list narrowed to these languages; None where it asks for none of them.

    Raises: ValidationError, for more languages than the list can be read in at once.
    """
    narrowed = [language for language in languages if query.language is None or language in query.language]
    if not narrowed:
        return None
    given = query.model_dump(exclude_unset=True, exclude={"language"})
    return ArticleFilters.model_validate({**given, "language": ",".join(narrowed)})
