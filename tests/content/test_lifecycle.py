"""What each step of publishing does to status and dates, from every state that it may find."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from app.content.blocks import WireModel
from app.content.lifecycle import Lifecycle, Status, Withdrawal, as_published
from app.errors import Conflict, Invalid
from app.web.fields import Instant


def day(number: int) -> datetime:
    return datetime(2025, 3, number, 12, tzinfo=UTC)


FIRST, UPDATED, AGAIN, DUE, NOW = day(1), day(2), day(3), day(20), day(10)
WITHDRAWAL: Final = Withdrawal(reason="legal", public_note="A court has ordered it.", at=day(4))
PUBLIC: Final = Lifecycle("published", first_published_at=FIRST, published_at=AGAIN, updated_at=UPDATED)

# Every state that an article or a note can be in. A working copy stands beside what is public.
STATES: Final = {
    "new": Lifecycle("draft"),
    "scheduled": Lifecycle("scheduled", publish_at=DUE),
    "published": PUBLIC,
    "working copy": replace(PUBLIC, status="draft"),
    "scheduled working copy": replace(PUBLIC, status="scheduled", publish_at=DUE),
    "unpublished": replace(PUBLIC, status="draft", published_at=None),
    "withdrawn": replace(PUBLIC, status="withdrawn", withdrawal=WITHDRAWAL),
}


def published(first: datetime, at: datetime, updated: datetime) -> Lifecycle:
    return Lifecycle("published", first_published_at=first, published_at=at, updated_at=updated)


@pytest.mark.parametrize(
    ("name", "at", "now", "is_public", "expected"),
    [
        ("new", NOW, NOW, False, published(NOW, NOW, NOW)),
        ("scheduled", DUE, DUE, False, published(DUE, DUE, DUE)),
        ("scheduled", NOW, NOW, False, published(NOW, NOW, NOW)),
        ("unpublished", NOW, NOW, False, published(FIRST, NOW, NOW)),
        ("working copy", NOW, NOW, True, published(FIRST, AGAIN, NOW)),
        ("scheduled working copy", DUE, DUE, True, published(FIRST, AGAIN, DUE)),
        ("withdrawn", NOW, NOW, False, published(FIRST, NOW, NOW)),
        # The due time and the time of writing differ: the first publication is dated by the due time alone.
        ("new", NOW, DUE, False, published(NOW, NOW, NOW)),
        ("unpublished", NOW, DUE, False, published(FIRST, NOW, DUE)),
    ],
)
def test_publishing_dates_a_first_publication_and_keeps_one_in_force(
    name: str, at: datetime, now: datetime, is_public: bool, expected: Lifecycle
) -> None:
    assert STATES[name].publish(at, now, is_public=is_public) == expected


@pytest.mark.parametrize("name", STATES)
def test_scheduling_sets_status_and_due_time_and_ends_a_withdrawal(name: str) -> None:
    state = STATES[name]

    assert state.schedule(DUE, NOW) == replace(state, status="scheduled", publish_at=DUE, withdrawal=None)


@pytest.mark.parametrize("at", [NOW, FIRST])
def test_only_an_instant_in_the_future_can_be_scheduled(at: datetime) -> None:
    with pytest.raises(Invalid, match="only be scheduled for later") as refused:
        STATES["new"].schedule(at, NOW)

    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == ("/at", "past")
    assert fault.detail.startswith("is not in the future; it is 2025-03-10T12:00:00.000Z here.")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("scheduled", "new"), ("scheduled working copy", "working copy")],
)
def test_unscheduling_makes_a_draft_and_keeps_the_dates_of_what_is_public(name: str, expected: str) -> None:
    assert STATES[name].unschedule() == STATES[expected]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("new", "new"),
        ("scheduled", "new"),
        ("published", "unpublished"),
        ("working copy", "unpublished"),
        ("scheduled working copy", "unpublished"),
        ("unpublished", "unpublished"),
        ("withdrawn", "unpublished"),
    ],
)
def test_unpublishing_makes_a_draft_and_keeps_the_first_publication_on_record(name: str, expected: str) -> None:
    assert STATES[name].unpublish() == STATES[expected]


@pytest.mark.parametrize("name", ["published", "working copy", "scheduled working copy", "unpublished", "withdrawn"])
def test_withdrawing_keeps_the_dates_of_publication(name: str) -> None:
    state = STATES[name]
    second = Withdrawal(reason="privacy", at=NOW)

    assert state.withdraw(second) == replace(state, status="withdrawn", publish_at=None, withdrawal=second)


@pytest.mark.parametrize("name", ["new", "scheduled"])
def test_what_was_never_public_cannot_be_withdrawn(name: str) -> None:
    with pytest.raises(Conflict, match="Only what was public can be withdrawn"):
        STATES[name].withdraw(WITHDRAWAL)


class Stored(WireModel):
    """A state as a noun stores it: the fields of a lifecycle among others."""

    headline: str
    status: Status
    publish_at: Instant | None = None
    first_published_at: Instant | None = None
    published_at: Instant | None = None
    updated_at: Instant | None = None
    withdrawal: Withdrawal | None = None


@pytest.mark.parametrize("name", STATES)
def test_a_lifecycle_is_read_from_a_state_and_laid_over_it_again(name: str) -> None:
    stored = Stored(headline="Water", **STATES[name].values())

    assert Lifecycle.of(stored) == STATES[name]
    assert {*STATES[name].values()} == {*Stored.model_fields} - {"headline"}


@pytest.mark.parametrize(("name", "is_public"), [("scheduled", False), ("scheduled working copy", True)])
def test_a_scheduled_document_is_shown_as_publishing_it_on_time_makes_it(name: str, is_public: bool) -> None:
    scheduled = Stored(headline="Water", **STATES[name].values())
    released = STATES[name].publish(DUE, DUE, is_public=is_public)

    document: dict[str, Any] = as_published(scheduled.model_dump(mode="json"))

    assert document == Stored(headline="Water", **released.values()).model_dump(mode="json")
