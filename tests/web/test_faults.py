"""Pointers into a body, from the locations that Pydantic gives."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.errors import Fault
from app.web.faults import faults_in, pointer, sentence


def test_a_union_without_a_tag_has_no_steps_in_pointers() -> None:
    kind: TypeAdapter[Any] = TypeAdapter(list[int | dict[str, int]])
    document = [1, {"a": "x"}, "y"]
    with pytest.raises(ValidationError) as caught:
        kind.validate_python(document)

    assert [fault.pointer for fault in faults_in(caught.value, document)] == ["/1", "/1/a", "/2"]


def test_a_pointer_escapes_tildes_and_slashes() -> None:
    """Source: RFC 6901, 5."""
    assert pointer(["a/b", "m~n", 0, ""]) == "/a~1b/m~0n/0/"
    assert pointer([]) == ""


def test_a_sentence_names_the_first_fault_and_counts_the_others() -> None:
    fault = Fault("is missing", pointer="/a")

    assert sentence([fault]) == "/a: is missing"
    assert sentence([fault, fault, fault]) == "/a: is missing (2 more)"
    assert sentence([Fault("is empty", pointer="")]) == "The body: is empty"
    assert sentence([Fault("is empty", parameter="tag")]) == "Parameter 'tag': is empty"
