"""Pages cut from one row more than they hold."""

from hypothesis import given
from hypothesis import strategies as st

from app.paging import Position, cut


@given(size=st.integers(0, 30), limit=st.integers(1, 10), place=st.integers(0, 30), backward=st.booleans())
def test_a_page_is_the_stretch_of_the_list_beside_its_position(
    size: int, limit: int, place: int, backward: bool
) -> None:
    """`place` is how many items stand before the position."""
    items = [(number,) for number in range(size)]
    place = min(place, size)
    before, after = items[:place], items[place:]
    read = (before[::-1] if backward else after)[: limit + 1]

    rows, has_before, has_after = cut(read, limit, Position((place,), backward))

    assert rows == (before[-limit:] if backward else after[:limit])
    if backward:
        assert (has_before, has_after) == (len(before) > limit, True)
    else:
        assert (has_before, has_after) == (True, len(after) > limit)


def test_nothing_stands_before_the_first_page() -> None:
    assert cut([(1,), (2,), (3,)], 2, None) == ([(1,), (2,)], False, True)
    assert cut([(1,)], 2, None) == ([(1,)], False, False)
