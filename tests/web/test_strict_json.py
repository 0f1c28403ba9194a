"""JSON within bounds. How a body that is not strict JSON is refused is in test_bodies."""

import json
import time
from contextlib import suppress

import pytest

from app.errors import Malformed
from app.web.strict_json import DEPTH, read_json


@pytest.mark.parametrize("text", [b"[" * DEPTH + b"]" * DEPTH, b'{"a":' * (DEPTH - 1) + b"{}" + b"}" * (DEPTH - 1)])
def test_a_document_may_be_nested_to_the_limit(text: bytes) -> None:
    assert read_json(text) == json.loads(text)
    with pytest.raises(Malformed):
        read_json(b"[" + text + b"]")


def test_strict_json_is_read_as_the_standard_library_reads_it() -> None:
    text = '{"вода": [1, -0.5, 1e2, true, null, "\\ud83d\\ude00"], "": 9223372036854775808}'

    assert read_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        b"[%s]" % b",".join([b"[1]"] * 500_000),
        b"[%s]" % b",".join([b"1"] * 1_000_000),
        b"[" * 63 + b",".join([b"1"] * 999_000) + b",1e999" + b"]" * 63,
        b'"' + b"\\u0000" * 340_000 + b'"',
    ],
    ids=["lists", "numbers", "deep", "escapes"],
)
def test_no_body_takes_long_to_parse(text: bytes) -> None:
    begun = time.process_time()
    with suppress(Malformed):
        read_json(text)
    assert time.process_time() - begun < 10
