"""Facts of a story with the place that tells them, as the report names it."""

from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")


class Fact(NamedTuple, Generic[Value]):
    """A value, and where it comes from, such as `JSON-LD datePublished`."""

    value: Value
    told_by: str
