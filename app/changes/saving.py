"""What every noun does when it saves a state: whether it is new, what follows from what is stored, how to refuse it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from app.changes.models import Noun
from app.errors import Conflict, Fault, Invalid, Refusal
from app.web.fields import Slug

State = TypeVar("State")
Outcome = Literal["created", "updated", "unchanged"]
# Codes of faults where nothing is wrong with what was sent, but something else stands in the way: a conflict.
IN_USE: Final = "in-use"
TAKEN: Final = "taken"
# The code of the fault that a story has two versions in one language; imports answer it with a warning.
SHARED_LANGUAGE: Final = "shared-language"
# So many of the objects that stand in the way are named.
NAMED_USERS: Final = 5
# What is different in each revision although the content is the same.
BOOKKEEPING: Final = frozenset({"revision", "created_at", "modified_at"})


@dataclass(frozen=True, slots=True)
class ToSave(Generic[State]):
    """A state that is to be saved. `stated` names the dates that are stored as they are in it.

    The other dates hold for a new object only; of an object that exists they are computed from what is stored.
    """

    state: State
    stated: frozenset[str] = frozenset()


def same_content(old: Mapping[str, Any], new: Mapping[str, Any], ignored: Collection[str]) -> bool:
    """Whether two documents differ in nothing but their bookkeeping and the ignored fields."""
    names = old.keys() | new.keys()
    return all(old.get(name) == new.get(name) for name in names if name not in BOOKKEEPING and name not in ignored)


# --- refusals ----------------------------------------------------------------------------------------------------

_SLUG: Final = TypeAdapter(Slug)


def refuse(faults: Collection[Fault]) -> None:
    """Raises: Invalid, where there are faults."""
    if faults:
        first = next(iter(faults))
        raise Invalid(f"{first.pointer}: {first.detail}", *faults)


def refusal_of_single(refusal: Invalid) -> Refusal:
    """The refusal of a batch of one as that of the object itself: pointers begin there, and what is in use, or taken,
    is a conflict."""
    faults = [Fault(f.detail, f.code, pointer=(f.pointer or "").removeprefix("/0")) for f in refusal.faults]
    kind = Conflict if all(fault.code in {IN_USE, TAKEN} for fault in faults) else Invalid
    return kind(f"{faults[0].pointer}: {faults[0].detail}", *faults)


def slug_taken(noun: Noun, slug: str) -> Conflict:
    """The refusal of a new object whose slug another one has."""
    return Conflict(f"There is a {noun} {slug!r} already.", Fault("is taken", TAKEN, pointer="/slug"))


def check_slug_of_address(slug: str, slug_in_body: str | None) -> None:
    """Raises: Invalid, where the address holds no slug, or the body names another one."""
    try:
        _SLUG.validate_python(slug)
    except ValidationError:
        detail = "is not a slug: lower-case Latin letters and digits, joined by single hyphens (river-flood)"
        raise Invalid("There can be nothing at this address.", Fault(detail, parameter="slug")) from None
    if slug_in_body not in {None, slug}:
        raise Invalid("A slug never changes.", Fault("is not the slug of this address", pointer="/slug"))
