"""Puts documents of earlier releases right, which took texts that are refused now. Plain JSON; used by imports and a
migration. What a reader can see is kept; of what nobody can see, each thing that goes is named."""

from html import unescape
from typing import Any, Final

from app.content import html
from app.errors import Fault
from app.web.faults import pointer
from app.web.fields import composed, is_blank

# Stands for a text that must be there, and of which nothing could be seen.
DASH: Final = "—"
# Such texts, by the list or object that they stand in; "" is the document itself.
_REQUIRED: Final = {
    "": {"headline", "heading"},
    "body": {"provider"},
    "corrections": {"text"},
    "facts": {"text"},
    "origin": {"importer"},
}
# Texts by language, of which one must be left; and those that may all go.
_NAMES: Final = {"labels", "names"}
_BY_LANGUAGE: Final = {*_NAMES, "description"}
# Blocks that are nothing without their text.
_TEXT_BLOCKS: Final = {"paragraph", "heading", "quote", "code"}
_CELLS: Final = {"header", "rows"}
_HTML: Final = {"html", "items"}
Steps = tuple[str | int, ...]


def mend_texts(document: dict[str, Any]) -> list[Fault]:
    """Composes all texts of a document (NFC), and takes out those of which nothing can be seen, in place.

    A required text becomes a dash, but the heading of a draft empty; a block without text is left out. Texts that are
    empty stay so. Returns a warning for each change.
    """
    warnings: list[Fault] = []
    headings = {name: text for name in ("headline", "heading") if isinstance(text := document.get(name), str)}
    _mend_object(document, (), "", warnings)
    if document.get("status", "draft") == "draft":
        document |= {name: "" for name, text in headings.items() if is_blank(text)}
    return warnings


def _mend(value: Any, steps: Steps, name: str, warnings: list[Fault]) -> Any:
    """The value, mended; None for a text, or a block, of which nothing could be seen. `name` is the nearest key."""
    if isinstance(value, dict):
        return _mend_object(value, steps, name, warnings)
    if isinstance(value, list):
        return _mend_list(value, steps, name, warnings)
    if not isinstance(value, str) or not value:
        return value
    if is_blank(unescape(html.without_tags(value)) if name in _HTML else value):
        warnings.append(Fault("held nothing that can be seen", "mended", pointer=pointer(steps)))
        return None
    right = html.composed_fragment(value) if name in _HTML else composed(value)
    if right != value:
        warnings.append(Fault("was not in composed letters (NFC)", "mended", pointer=pointer(steps)))
    return right


def _mend_object(value: dict[str, Any], steps: Steps, place: str, warnings: list[Fault]) -> dict[str, Any] | None:
    for name, member in [*value.items()]:
        mended = _mend(member, (*steps, name), name, warnings)
        if mended is not None or member is None:
            value[name] = mended
        elif place == "body" and (value.get("type") in _TEXT_BLOCKS or name == "items"):
            if name in {"html", "text", "items"}:
                return None
            value[name] = None
        elif place in _BY_LANGUAGE:
            del value[name]
            if place in _NAMES and not value:
                value[name] = DASH
        else:
            value[name] = DASH if name in _REQUIRED.get(place, ()) else None
    return value


def _mend_list(values: list[Any], steps: Steps, name: str, warnings: list[Fault]) -> list[Any] | None:
    """The entries that are left; cells of tables stay, empty. None where the items of a list are all gone."""
    mended = [_mend(value, (*steps, place), name, warnings) for place, value in enumerate(values)]
    if name in _CELLS:
        return ["" if new is None and old is not None else new for new, old in zip(mended, values, strict=True)]
    left = [new for new, old in zip(mended, values, strict=True) if new is not None or old is None]
    return None if name == "items" and values and not left else left
