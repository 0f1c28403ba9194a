"""What `explain=true` adds to a list: the request in plain English, which index answers it, what that cost."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field


class Explanation(BaseModel):
    """What was asked of a list, and how it was answered."""

    sentence: str = Field(description="The request in plain English.")
    index: str = Field(description="Which index answers it.")
    cost_ms: float = Field(ge=0, description="How long the database was read for it, in milliseconds.")


def explanation(sentence: str, index: str, seconds: float) -> dict[str, object]:
    """The member of the page, as JSON values. `seconds` is how long the database was read."""
    return {"sentence": sentence, "index": index, "cost_ms": round(seconds * 1_000, 1)}


def filters_in_words(query: BaseModel, wording: Mapping[str, str]) -> str:
    """What the filters of a query ask, each behind a comma; in the order of the wording, which has a `{}` for values.

    Example: ", with the tag trams or bridges, in the language uk".
    """
    return "".join(
        f", {words.format(_in_words(value))}"
        for name, words in wording.items()
        for value in _values(getattr(query, name))
        if value is not None
    )


def _in_words(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return joined(value, "or") if isinstance(value, tuple) else value


def _values(parameter: object) -> Sequence[object]:
    """Those of a parameter that may be repeated, or its only one. Repeated texts are alternatives: one value."""
    if not isinstance(parameter, list):
        return [parameter]
    return [tuple(parameter)] if parameter and isinstance(parameter[0], str) else parameter


def joined(names: Sequence[str], conjunction: str) -> str:
    """Example: "a, b or c"."""
    return f"{', '.join(names[:-1])} {conjunction} {names[-1]}" if len(names) > 1 else names[0]
