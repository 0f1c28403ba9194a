"""What a story holds: pictures and videos are told apart, and a credit alone is neither."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from app.content.blocks import Body, Image
from app.content.holdings import holdings

PICTURE = {"type": "image", "url": "/a.svg"}
VIDEO = {**PICTURE, "media": "video"}


def embed(provider: str, url: str = "https://maps.example/1") -> dict[str, Any]:
    return {"type": "embed", "provider": provider, "url": url}


@pytest.mark.parametrize(
    ("block", "held"),
    [
        ({"type": "paragraph", "html": "It rose."}, set()),
        ({"type": "quote", "html": "It rose."}, {"quote"}),
        ({"type": "reference_note", "note": "mill"}, {"note"}),
        ({"type": "table", "rows": []}, {"table"}),
        (PICTURE, {"image"}),
        ({**PICTURE, "media": "drawing"}, {"image"}),
        (VIDEO, {"video"}),
        ({"type": "image", "credit_line": "Photo: Kit"}, set()),
        (embed("YouTube"), {"video"}),
        (embed("JW Player"), {"video"}),
        (embed("Somewhere", "https://player.vimeo.com:443/video/1"), {"video"}),
        (embed("Somewhere", "https://youtu.be/1"), {"video"}),
        (embed("Somewhere", "https://notvimeo.com/1"), set()),
        (embed("Somewhere", "https://maps.example/youtube.com"), set()),
        (embed("Somewhere", "/videos/1"), set()),
    ],
    ids=str,
)
def test_a_block_holds_what_it_is(block: dict[str, Any], held: set[str]) -> None:
    assert holdings(TypeAdapter(Body).validate_python([block]), None) == held


def test_the_lead_picture_counts() -> None:
    assert holdings([], Image(url="/a.svg")) == {"image"}
    assert holdings([], Image(url="/a.mp4", media="video")) == {"video"}
    assert holdings([], Image(credit_line="Photo: Kit")) == set()
