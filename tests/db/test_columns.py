"""Instants to the millisecond, and ids."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import hypothesis
from hypothesis import strategies as st

from app.db import from_milliseconds, milliseconds, new_id, utcnow


@hypothesis.given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_kept_to_the_millisecond(value: datetime) -> None:
    kept = from_milliseconds(milliseconds(value))

    assert timedelta(0) <= value - kept < timedelta(milliseconds=1)
    assert milliseconds(kept) == milliseconds(value)


def test_now_is_in_utc_and_to_the_millisecond() -> None:
    assert utcnow().tzinfo is UTC
    assert utcnow().microsecond % 1000 == 0


def test_ids_sort_by_when_they_were_made() -> None:
    made = [new_id() for _ in range(1_000)]

    assert sorted(made) == made
    assert {one.version for one in made} == {7}
    assert {type(one) for one in made} == {UUID}
