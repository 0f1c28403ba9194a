"""Lists that are sets: of equal entries the first stays. One rule for every such list that comes in."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, Final, TypeVar, get_args

from pydantic import AfterValidator, BaseModel
from pydantic_core import to_json

from app.errors import Fault, Refusal

Entry = TypeVar("Entry")


def made_one(entries: Sequence[Entry]) -> list[Entry]:
    """The distinct entries, in the order of their first places."""
    return [entries[place] for place in _first_places(entries).values()]


def _first_places(entries: Sequence[Any]) -> dict[Hashable, int]:
    places: dict[Hashable, int] = {}
    for place, entry in enumerate(entries):
        places.setdefault(to_json(entry) if isinstance(entry, BaseModel) else entry, place)
    return places


class Distinct:
    """Marks a list field of a model as a set whose repetitions `make_sets` names: `Annotated[list[Slug], DISTINCT]`."""


DISTINCT: Final = Distinct()
REPEATED: Final = "repeated"
# For a list of an object whose answers have no warnings.
MADE_ONE: Final = AfterValidator(made_one)


def make_sets(content: BaseModel, pointer: str = "") -> list[Fault]:
    """Makes the fields that are marked DISTINCT sets, in place, also those of the entries of lists.

    Returns a warning for each entry that is left out, with its pointer below `pointer`.
    """
    warnings: list[Fault] = []
    sets, lists = _fields(type(content))
    for name in sets:
        entries = getattr(content, name)
        if len(entries) < 2:
            continue
        kept = _first_places(entries)
        warnings += [
            Fault("is in this list before, and stands in it once", REPEATED, pointer=f"{pointer}/{name}/{place}")
            for place in sorted({*range(len(entries))} - {*kept.values()})
        ]
        setattr(content, name, [entries[place] for place in kept.values()])
    for name in lists:
        for place, entry in enumerate(getattr(content, name)):
            warnings += make_sets(entry, f"{pointer}/{name}/{place}")
    return warnings


def as_sent(faults: Iterable[Fault], warnings: Iterable[Fault]) -> list[Fault]:
    """The faults with pointers into the lists as they were sent. `make_sets` gave these warnings, and others may be
    among them; the pointers of the faults lead into the sets that it left."""
    removed: dict[str, list[int]] = {}
    for warning in warnings:
        if warning.code == REPEATED and warning.pointer is not None:
            list_pointer, _, place = warning.pointer.rpartition("/")
            removed.setdefault(list_pointer, []).append(int(place))
    return [replace(fault, pointer=_sent_pointer(fault.pointer, removed)) for fault in faults]


def _sent_pointer(pointer: str | None, removed: Mapping[str, list[int]]) -> str | None:
    """The pointer with the index that an entry had before the entries at the `removed` places were left out."""
    for list_pointer, places in removed.items():
        if pointer is not None and pointer.startswith(f"{list_pointer}/"):
            step, slash, rest = pointer.removeprefix(f"{list_pointer}/").partition("/")
            index = int(step)
            for place in sorted(places):
                index += place <= index
            return f"{list_pointer}/{index}{slash}{rest}"
    return pointer


@contextmanager
def pointing_as_sent(warnings: Sequence[Fault]) -> Iterator[None]:
    """Within it, refusals point into the lists as they were sent, although `make_sets` has made them sets."""
    try:
        yield
    except Refusal as refusal:
        faults = as_sent(refusal.faults, warnings)
        if faults == [*refusal.faults]:
            raise
        raise type(refusal)(f"{faults[0].pointer}: {faults[0].detail}", *faults) from None


@cache
def _fields(model: type[BaseModel]) -> tuple[list[str], list[str]]:
    """Names of the fields that are sets, and of lists whose entries have such fields."""
    fields = model.model_fields.items()
    sets = [name for name, field in fields if DISTINCT in field.metadata]
    return sets, [name for name, field in fields if _has_sets(next(iter(get_args(field.annotation)), None))]


def _has_sets(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel) and any(_fields(kind))
