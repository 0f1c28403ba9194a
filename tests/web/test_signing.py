"""Signed tokens, and the cursors that are made of them."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.paging import Position
from app.web.cursors import Cursors, list_name
from app.web.signing import Signer

SIGNER = Signer(b"secret", b"purpose\0", 12)
# Written before tokens had a class of their own.
EARLIER = "B1lUUMNn8vmzUcklWzEsIjIwMjUtMDEtMjJUMTI6MzU6MDAuMDAwWiIsImZsb29kIl0"


@given(payload=st.binary(min_size=1, max_size=200))
def test_a_token_opens_to_its_payload(payload: bytes) -> None:
    token = SIGNER.sign(payload)

    assert SIGNER.open(token) == payload
    assert not {*token} & {*"+/="}


@given(token=st.text(max_size=60) | st.binary(max_size=40).map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_a_token_of_others_does_not_open(token: str) -> None:
    assert SIGNER.open(token) is None


@pytest.mark.parametrize(
    "other",
    [Signer(b"another", b"purpose\0", 12), Signer(b"secret", b"other\0", 12), Signer(b"secret", b"purpose\0", 16)],
)
def test_a_token_opens_only_for_its_secret_and_purpose(other: Signer) -> None:
    assert other.open(SIGNER.sign(b"payload of some length")) is None


@given(payload=st.binary(min_size=1, max_size=8), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_token_with_another_bit_does_not_open(payload: bytes, place: int, bit: int) -> None:
    token = SIGNER.sign(payload)
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[place % len(raw)] ^= 1 << bit

    assert SIGNER.open(base64.urlsafe_b64encode(raw).rstrip(b"=").decode()) is None


def test_a_token_has_one_spelling() -> None:
    """The last character of base64 may hold bits that stand for nothing."""
    token = SIGNER.sign(b"1")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    respelled = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]

    def decoded(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    assert decoded(respelled) == decoded(token)
    for other in (respelled, token + "=", token + "==", token + "\n", " " + token):
        assert SIGNER.open(other) is None, other


def test_a_cursor_of_an_earlier_version_still_opens() -> None:
    name = list_name("/v1/articles", {"tag": ["a,b", "c"], "section": None, "note": [], "sort": "-published_at"})
    cursors = Cursors(b"secret", name)
    position = Position(("2025-01-22T12:35:00.000Z", "flood"), backward=True)

    assert name == b'["/v1/articles",{"sort":"-published_at","tag":["a,b","c"]}]'
    assert cursors.write(position) == EARLIER
    assert cursors.read(EARLIER) == position


def test_a_cursor_holds_instants_as_text() -> None:
    cursors = Cursors(b"secret", b"list")
    position = Position((datetime(2025, 1, 22, tzinfo=UTC), 7))

    assert cursors.read(cursors.write(position)) == Position(("2025-01-22T00:00:00Z", 7))


def test_a_cursor_of_another_list_is_refused() -> None:
    cursor = Cursors(b"secret", list_name("/v1/tags", {"type": "topic"})).write(Position(("a",)))

    with pytest.raises(Invalid) as caught:
        Cursors(b"secret", list_name("/v1/tags", {"type": "place"})).read(cursor)
    assert caught.value.faults[0].code == "foreign-cursor"
    assert Cursors(b"secret", b"list").read(None) is None
