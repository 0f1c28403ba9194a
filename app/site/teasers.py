"""Cards of articles as pages show them: a headline with what stands around it, and a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from app.formats.images import Resizer, SourceSet
from app.formats.story import Site, direction
from app.site import addresses, dates

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, and its other widths and formats. `x` and `y` are the tenths of its width and height that must stay in
    view."""

    url: str
    alt_text: str
    width: int | None
    height: int | None
    x: int
    y: int
    sources: Sequence[SourceSet] = ()


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


def picture(image: Json | None, resizer: Resizer) -> Picture | None:
    """The picture of a card or document; None where there is none, or it is a video."""
    if image is None or image["url"] is None or image["media"] == "video":
        return None
    point = image["focal_point"] or {"x": 0.5, "y": 0.5}
    x, y = round(point["x"] * 10), round(point["y"] * 10)
    sources = resizer.source_sets(image)
    return Picture(image["url"], image["alt_text"] or "", image["width"], image["height"], x, y, sources)


def teaser(card: Json, sections: Mapping[str, str], site: Site, quotes: Sequence[Json] = ()) -> Teaser:
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
        day=dates.local_day(at, card["language"], site.zone),
        picture=picture(card["image"], site.resizer),
        quotes=quotes,
    )


def teasers(cards: Sequence[str], sections: Mapping[str, str], site: Site) -> list[Teaser]:
    """Shape: cards are JSON."""
    return [teaser(from_json(card), sections, site) for card in cards]
