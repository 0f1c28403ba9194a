"""Which items two sequences share: the example of the module, and properties of any two sequences."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.content.alignment import align, longest_increasing

items = st.lists(st.sampled_from("abcde"), max_size=12)


def test_ends_and_landmarks_are_shared_and_the_gaps_differ() -> None:
    old = "the tram stops here today".split()
    new = "the old tram never stops there today".split()

    runs = [(run.is_equal, old[run.old], new[run.new]) for run in align(old, new)]

    assert runs == [
        (True, ["the"], ["the"]),
        (False, [], ["old"]),
        (True, ["tram"], ["tram"]),
        (False, [], ["never"]),
        (True, ["stops"], ["stops"]),
        (False, ["here"], ["there"]),
        (True, ["today"], ["today"]),
    ]


def test_of_two_landmarks_that_changed_places_one_is_shared() -> None:
    old, new = ["a", "b"], ["b", "a"]

    runs = [(run.is_equal, old[run.old], new[run.new]) for run in align(old, new)]

    assert runs == [(False, [], ["b"]), (True, ["a"], ["a"]), (False, ["b"], [])]


def test_a_large_gap_of_repetitions_differs_as_a_whole() -> None:
    old, new = ["x", *["a", "a", "b", "b"] * 20, "y"], ["z", *["b", "b", "a", "a"] * 20, "w"]

    assert [run.is_equal for run in align(old, new)] == [False]


@given(items, items)
def test_the_runs_take_turns_and_cover_both_sequences(old: list[str], new: list[str]) -> None:
    runs = [*align(old, new)]

    assert [item for run in runs for item in old[run.old]] == old
    assert [item for run in runs for item in new[run.new]] == new
    assert [run for run in runs if run.is_equal != (old[run.old] == new[run.new])] == []
    assert [run for run, following in pairwise(runs) if run.is_equal == following.is_equal] == []


@given(st.permutations(range(7)))
def test_no_increasing_subsequence_is_longer(numbers: list[int]) -> None:
    chosen = longest_increasing(numbers)

    longest = max(
        size
        for size in range(1, 8)
        for subsequence in combinations(numbers, size)
        if list(subsequence) == sorted(subsequence)
    )
    assert chosen == sorted(chosen)
    assert [numbers[index] for index in chosen] == sorted(numbers[index] for index in chosen)
    assert len(chosen) == longest


def test_nothing_increases_in_an_empty_sequence() -> None:
    assert longest_increasing([]) == []
