"""Cards of articles as pages show them: a headline with what stands around it, and a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import from_json

from app.formats.story import direction
from app.site import addresses, dates

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture. `x` and `y` are the tenths of its width and height that must stay in view."""

    url: str
    alt_text: str
    width: int | None
    height: int | None
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Teaser:
    """A story as a list shows it. `kicker` is its own, else the name of its section."""

    address: str
    section: str | None
    language: str
    direction: str
    kicker: str | None
    headline: str
    excerpt: str | None
    byline: str | None
    at: str
    day: str
    picture: Picture | None
    quotes: Sequence[Json] = ()


def picture(image: Json | None) -> Picture | None:
    """The picture of a card or document; None where there is none, or it is a video."""
    if image is None or image["url"] is None or image["media"] == "video":
        return None
    point = image["focal_point"] or {"x": 0.5, "y": 0.5}
    x, y = round(point["x"] * 10), round(point["y"] * 10)
    return Picture(image["url"], image["alt_text"] or "", image["width"], image["height"], x, y)


def teaser(card: Json, sections: Mapping[str, str], zone: ZoneInfo, quotes: Sequence[Json] = ()) -> Teaser:
    """The teaser of a public card. `sections` are names of sections by slug."""
    at = card["first_published_at"] or card["published_at"]
    return Teaser(
        address=addresses.of("stories", card["slug"]),
        section=card["section"],
        language=card["language"],
        direction=direction(card["language"]),
        kicker=card["kicker"] or sections.get(card["section"] or ""),
        headline=card["headline"],
        excerpt=card["excerpt"],
        byline=card["byline"],
        at=at,
        day=dates.local_day(at, card["language"], zone),
        picture=picture(card["image"]),
        quotes=quotes,
    )


def teasers(cards: Sequence[str], sections: Mapping[str, str], zone: ZoneInfo) -> list[Teaser]:
    """Shape: cards are JSON."""
    return [teaser(from_json(card), sections, zone) for card in cards]
